"""Verifiers that others wrote judge containers that we sealed, good ones and changed ones.

    interop.py BIN_DIR

Peers: xmlsec1 on the signature (always there, from packages.txt); the npm package edockit; EU DSS and
digidoc4j from Maven, on our containers and on the corpus. A peer that cannot be had is named as absent.
Differences from the Java peers are counted by rule against differences.tsv; docs/conformance.md explains them.
The last line is "N passed, N failed", after the peers with their versions.
"""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "flow"))
from appliance import Appliance  # noqa: E402
import corpus_jobs  # noqa: E402
import differences  # noqa: E402
from java_peer import JavaPeer  # noqa: E402

BUILD = pathlib.Path("build/interop").resolve()
EDOCKIT = "0.3.0"
MOST_UNANSWERED = 5  # A slow machine may let a few time out; a broken peer may not pass for one that agrees.
CASES = [(key, level) for key in ("seal-p256", "seal-rsa3072") for level in ("B", "T", "LT")]
SIGNED_PROPERTIES = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"


class Tally:
    def __init__(self):
        self.passed = self.failed = 0
        self.peers = []

    def peer(self, name, version):
        print(f"\npeer: {name} {version}")
        self.peers.append(f"{name} {version}")

    def check(self, name, ok, why=""):
        self.passed += ok
        self.failed += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {name}{'' if ok else ': ' + why}")


def rewrite(container, target, change):
    with zipfile.ZipFile(container) as source, zipfile.ZipFile(target, "w") as out:
        for item in source.infolist():
            out.writestr(item, change(item.filename, source.read(item)))
    return target


def changed_value(name, data):
    """One bit of the signature value."""
    if "signatures" not in name:
        return data
    match = re.search(rb"(<ds:SignatureValue[^>]*>)([^<]+)", data)
    value = bytearray(base64.b64decode(match[2]))
    value[5] ^= 1
    return data.replace(match[2], base64.b64encode(bytes(value)))


CHANGES = {
    "data": lambda name, data: data.replace(b"Nr. 1", b"Nr. 3") if name.endswith(".txt") else data,
    "properties": lambda name, data: re.sub(rb"(<xades:SigningTime>\d\d\d)\d", rb"\g<1>1", data),
    "value": changed_value,
}


def xmlsec1(appliance, container, folder):
    """Whether xmlsec1 verifies the signature, with the documents beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(container) as archive:
        archive.extractall(folder)
    signature = next((folder / "META-INF").glob("*signatures*.xml"))
    authority = appliance.home / "authority"
    run = subprocess.run(["xmlsec1", "--verify", "--id-attr:Id", SIGNED_PROPERTIES, "--trusted-der",
                          authority / "root.der", "--untrusted-der", authority / "issuing.der", signature.relative_to(folder)],
                         cwd=folder, capture_output=True, text=True)
    return run.returncode == 0 and "OK" in run.stdout + run.stderr, (run.stdout + run.stderr).strip()[:300]


def install_edockit(folder):
    """Path of a folder from which edockit loads, or None."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules/edockit/package.json").exists():
        run = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", folder,
                              f"edockit@{EDOCKIT}", "@xmldom/xmldom"], capture_output=True, text=True)
        if run.returncode != 0:
            print(run.stderr[-500:], file=sys.stderr)
            return None
    return folder


def ask_edockit(folder, containers):
    script = pathlib.Path(__file__).with_name("edockit_check.mjs")
    run = subprocess.run(["node", script, folder, *containers], capture_output=True, text=True)
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


def judge_xmlsec(tally, appliance, good, bad):
    version = subprocess.run(["xmlsec1", "--version"], capture_output=True, text=True).stdout.strip()
    tally.peer("xmlsec1", version.split()[1])
    for name, container in good.items():
        ok, said = xmlsec1(appliance, container, appliance.work / "xmlsec")
        tally.check(f"xmlsec1 accepts {name}", ok, said)
    for name, container in bad.items():
        ok, said = xmlsec1(appliance, container, appliance.work / "xmlsec")
        tally.check(f"xmlsec1 refuses {name}", not ok, said)


def judge_edockit(tally, good, bad):
    folder = install_edockit(BUILD)
    if folder is None:
        tally.peer("edockit", "absent (no npm here, or the package could not be installed)")
        return
    version = json.loads((folder / "node_modules/edockit/package.json").read_text())["version"]
    tally.peer("edockit", version)
    answers = {a["file"]: a for a in ask_edockit(folder, [*good.values(), *bad.values()])}
    for name, container in good.items():
        answer = answers.get(str(container), {"signatures": []})
        ok = len(answer["signatures"]) == 1 and all(
            s["signature"] and s["checksums"] and s["timestamp"] is not False for s in answer["signatures"])
        tally.check(f"edockit accepts {name}", ok, json.dumps(answer))
    for name, container in bad.items():
        if name.endswith("properties"):  # It does not look at the digest of SignedProperties.
            continue
        answer = answers.get(str(container), {"signatures": []})
        accepted = any(s["signature"] and s["checksums"] for s in answer["signatures"])
        tally.check(f"edockit refuses {name}", bool(answers) and not accepted, json.dumps(answer))


def judge_ours(tally, appliance, good, bad):
    print("\npeer: our own verifier")
    for name, container in good.items():
        run = appliance.run("verify", container)
        tally.check(f"edocvault finds {name} intact", run.exit == 2 and run.json["signatures"][0]["intact"], str(run.out))
    for name, container in bad.items():
        run = appliance.run("verify", container)
        tally.check(f"edocvault refuses {name}", run.exit == 1, str(run.out))


def own_jobs(appliance, containers):
    authority = appliance.home / "authority"
    return [dict(id=name, set="own", file=path, at=None, data=None, trust=[authority / "root.der"], policy="eu-ades")
            for name, path in containers.items()]


def judge_java(tally, appliance, containers):
    """EU DSS and digidoc4j beside ours, on our containers and on the corpus."""
    shared = pathlib.Path(os.environ.get("EDOCVAULT_SHARED", "../shared")).resolve()
    peers = [peer for peer in (JavaPeer(name, BUILD) for name in ("dss", "digidoc4j")) if present(tally, peer)]
    if not peers:
        return
    jobs = own_jobs(appliance, containers) + corpus_jobs.corpus_jobs(shared, appliance.work)
    if not any(job["set"] == "corpus" for job in jobs):
        print("corpus: absent, only our own containers are compared")
    ours = corpus_jobs.ask_ours(appliance.bin / "edocvault", jobs, appliance.work / "empty")
    found = {}
    for peer in peers:
        asked = jobs if peer.name == "dss" else [job for job in jobs if is_zip(job["file"])]
        answers = peer.ask(asked)
        compare = ((differences.our_answer, differences.dss_answer) if peer.name == "dss"
                   else (differences.our_validity, differences.validity))
        found.update(differences.count(peer.name, asked, ours, answers, *compare))
        silent = [job["id"] for job in asked if differences.unanswered(answers.get(job["id"]))]
        tally.check(f"{peer.name} answered {len(asked) - len(silent)} of {len(asked)} questions",
                    len(silent) <= MOST_UNANSWERED, ", ".join(silent[:5]))
    differences.judge(tally, found, [peer.name for peer in peers])
    differences.write(BUILD / "differences.json", found)


def present(tally, peer):
    tally.peer(peer.name, peer.version if peer.absent is None else f"absent ({peer.absent})")
    return peer.absent is None


def is_zip(path):
    with open(path, "rb") as f:
        return f.read(2) == b"PK"


def main():
    appliance = Appliance(sys.argv[1])
    tally = Tally()
    try:
        started = appliance.serve()
        if not started.startswith("ready"):
            raise SystemExit("the appliance did not start: " + started)
        documents = [appliance.write("decision.txt", "Decision Nr. 1\n"), appliance.write("annex.csv", "a;b\n")]
        good, bad = {}, {}
        for key, level in CASES:
            target = appliance.work / f"{key}-{level}.edoc"
            run = appliance.run("sign", *documents, "--key", key, "--level", level, "--out", target)
            tally.check(f"sealed by {key} at {level}", run.exit == 0, run.out.decode())
            good[f"{key} {level}"] = target
        for what, change in CHANGES.items():
            for key in ("seal-p256", "seal-rsa3072"):
                target = appliance.work / f"bad-{what}-{key}.edoc"
                bad[f"{key} T with changed {what}"] = rewrite(good[f"{key} T"], target, change)
        judge_ours(tally, appliance, good, bad)
        judge_xmlsec(tally, appliance, good, bad)
        judge_edockit(tally, good, bad)
        judge_java(tally, appliance, {**good, **bad})
    finally:
        appliance.remove()
    print("\npeers: " + "; ".join(tally.peers))
    print(f"{tally.passed} passed, {tally.failed} failed")
    return tally.failed > 0


if __name__ == "__main__":
    sys.exit(main())
