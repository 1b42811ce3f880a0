"""Where a peer's answer differs from ours, by rule; a new rule, or more of a known one, fails.

The table differences.tsv holds: peer, set of files, rule, the most that may be, class. docs/conformance.md
explains each class.
A rule is "<ours> | <theirs>", the two answers without any name of a file or person.
"""
import collections
import csv
import json
import pathlib

# What digidoc4j says, and the word of it that a rule keeps.
REASONS = {"next-update time of the trusted list is in the past": "list expired", "Container mime type": "mimetype"}
TABLE = pathlib.Path(__file__).with_name("differences.tsv")


def our_answer(run):
    report = run["report"]
    if report is None:
        return "no report"
    if report["verdict"] == "refused":
        return "refused"
    return _spell((s["indication"].replace("-", "_"), s.get("subIndication")) for s in report["signatures"])


def unanswered(answer):
    return answer is None or answer["error"] == "timeout"


def dss_answer(answer):
    if unanswered(answer):
        return "timeout"
    if answer["error"]:
        return "refused"
    return _spell((s["indication"], s["subIndication"]) for s in answer["signatures"])


def validity(answer):
    """digidoc4j states no indication for its own rules, so only valid or not is compared with it."""
    if unanswered(answer):
        return "timeout"
    if answer["valid"] and answer["signatures"]:
        return "valid"
    said = " ".join([answer["error"] or "", *(e for s in answer["signatures"] for e in s["errors"])])
    return "not valid" + next((f": {word}" for phrase, word in REASONS.items() if phrase in said), "")


def our_validity(run):
    return "valid" if run["report"] and run["report"]["verdict"] == "valid" else "not valid"


def differ(left, right):
    """What was not answered is not compared; two ways of "not valid" are one."""
    if right == "timeout":
        return False
    return left != right and not (left == "not valid" and right.startswith("not valid"))


def _spell(pairs):
    """Each different pair once: how many signatures a file has is no rule."""
    return " + ".join(sorted({i + (f"/{s}" if s else "") for i, s in pairs})) or "no signature"


def count(peer, jobs, ours, answers, mine, theirs):
    """(peer, set, rule) -> ids; a job's `set` tells the corpus from our own containers."""
    found = collections.defaultdict(list)
    for job in jobs:
        left, right = mine(ours[job["id"]]), theirs(answers.get(job["id"]))
        if differ(left, right):
            found[peer, job["set"], f"{left} | {right}"].append(job["id"])
    return found


def known():
    with open(TABLE, encoding="utf-8", newline="") as f:
        return {(r["peer"], r["set"], r["rule"]): int(r["most"]) for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)}


def judge(tally, found, peers):
    """One check for each rule: found now, or in the table for a peer that answered."""
    limits = known()
    for key in sorted(set(found) | {k for k in limits if k[0] in peers}):
        here, most = len(found.get(key, [])), limits.get(key, 0)
        name = f"{key[0]} {key[1]}: {key[2]}: {here} of at most {most}"
        tally.check(name, here <= most, "new or more: " + ", ".join(found.get(key, [])[:5]))


def write(path, found):
    """Which files stand behind each rule, for whoever has to explain one; it stays in build/."""
    path.write_text(json.dumps([dict(peer=p, set=s, rule=r, files=ids) for (p, s, r), ids in sorted(found.items())], indent=1))
