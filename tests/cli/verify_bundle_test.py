"""Facts, evidence bundles and replays by the edocvault program itself.

    verify_bundle_test.py EDOCVAULT CORPUS [STEP]

CORPUS may be absent: then only refused documents are bundled, and the test says so. STEP: every
STEP-th document of the corpus (20; 1 takes minutes).
"""
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

program = pathlib.Path(sys.argv[1]).resolve()
corpus = pathlib.Path(sys.argv[2]).resolve()
step = int(sys.argv[3]) if len(sys.argv) > 3 else 20
failures = []
AT = ("--at", "2026-12-01T00:00:00Z")
# Another machine, as far as one machine can be one.
ABROAD = dict(os.environ, TZ="Pacific/Kiritimati", LANG="lv_LV.UTF-8", LC_ALL="tr_TR.UTF-8", HOME="/nonexistent")


def run(*arguments, folder, env=None, umask=-1):
    return subprocess.run([program, *map(str, arguments)], cwd=folder, capture_output=True, env=env, umask=umask)


def expect(what, actual, wanted):
    if actual != wanted:
        failures.append(f"{what}: {actual!r}, not {wanted!r}")


def code_of(done):
    """The reason of a failed run with --json."""
    return json.loads(done.stdout or "{}").get("error", {}).get("code")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def audit(what, bundle):
    """What docs/formats/evidence-bundle.md tells an auditor to do without us."""
    with zipfile.ZipFile(bundle) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
        expect(f"{what}: order of members", archive.namelist(), sorted(archive.namelist()))
    manifest = json.loads(members.pop("bundle.json"))
    expect(f"{what}: members", {entry["member"] for entry in manifest["members"]}, set(members))
    for entry in manifest["members"]:
        data = members[entry["member"]]
        expect(f"{what}: {entry['member']}", (entry["sha256"], entry["size"]), (sha256(data), len(data)))
    facts, report = json.loads(members["facts.json"]), json.loads(members["report.json"])
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    expect(f"{what}: canonical facts", members["facts.json"], canonical.encode())
    expect(f"{what}: digest of the document", sha256(members["document"]), report["document"]["sha256"])
    expect(f"{what}: digest of the policy", sha256(members["policy.json"]), report["policy"]["sha256"])
    expect(f"{what}: trust snapshot", facts["byTrust"]["snapshot"], report["trust"]["snapshot"])
    for word in ("verdict", "indication", "policy.json"):
        expect(f"{what}: '{word}' in the facts", f'"{word}"' in members["facts.json"].decode(), False)
    return manifest, members


def bundle_and_replay(what, document, trust, home, abroad):
    """Bundles twice, replays the first elsewhere; returns the bundle's path or None."""
    words = ("verify", document, *AT, *(word for path in trust for word in ("--trust", path)))
    bundle, again = home / "bundle.zip", abroad / "again.zip"
    for path in (bundle, again):
        path.unlink(missing_ok=True)
    plain = run(*words, "--format", "json", folder=home)
    made = run(*words, "--format", "json", "--bundle", bundle, folder=home)
    if b"input.too-costly" in made.stderr:
        return None  # Nothing comes out of walls whose limit was passed.
    expect(f"{what}: bundling", (made.returncode, made.stdout), (plain.returncode, plain.stdout))
    if not bundle.exists():
        failures.append(f"{what}: no bundle; {made.stdout[:300]!r}")
        return None
    turned = tuple(word for path in reversed(trust) for word in ("--trust", path))
    run("verify", document, *AT, *turned, "--bundle", again, folder=abroad, env=ABROAD, umask=0o077)
    expect(f"{what}: the same bundle again", sha256(again.read_bytes()), sha256(bundle.read_bytes()))
    replayed = run("verify", "--replay", again, "--format", "json", folder=abroad, env=ABROAD, umask=0o002)
    expect(f"{what}: replay", (replayed.returncode, replayed.stdout), (plain.returncode, plain.stdout))
    facts = run("verify", "--replay", again, "--format", "facts", folder=abroad, env=ABROAD)
    expect(f"{what}: facts", facts.stdout, run(*words, "--format", "facts", folder=home).stdout)
    audit(what, bundle)
    return bundle


def forge(bundle, member, change):
    """The bundle with one member changed and its digest corrected, written as we write them."""
    with zipfile.ZipFile(bundle) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[member] = change(members[member])
    manifest = json.loads(members["bundle.json"])
    for entry in manifest["members"]:
        if entry["member"] == member:
            entry.update(sha256=sha256(members[member]), size=len(members[member]))
    members["bundle.json"] = (json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                              + "\n").encode()
    out, directory = io.BytesIO(), b""
    for name in sorted(members):
        data, place = members[name], out.tell()
        shared = b"".join(number.to_bytes(size, "little") for number, size in (
            (10, 2), (0x800, 2), (0, 2), (0, 2), (0x21, 2), (zipfile.crc32(data), 4), (len(data), 4),
            (len(data), 4), (len(name), 2), (0, 2)))
        out.write(b"PK\3\4" + shared + name.encode() + data)
        directory += b"PK\1\2\n\0" + shared + bytes(10) + place.to_bytes(4, "little") + name.encode()
    end = b"".join(number.to_bytes(size, "little") for number, size in (
        (0, 4), (len(members), 2), (len(members), 2), (len(directory), 4), (out.tell(), 4), (0, 2)))
    return out.getvalue() + directory + b"PK\5\6" + end


def check_refusals(home, bundle):
    """Files that are there already, words that do not go together, bundles that are none."""
    document = home / "empty.edoc"
    kept = bundle.read_bytes()
    words = ("verify", "--json", document, *AT, "--bundle", bundle)
    expect("the same bundle over itself", run(*words, folder=home).returncode, 3)
    expect("mode of a bundle", bundle.stat().st_mode & 0o777, 0o600)
    other = home / "other.zip"
    other.write_bytes(b"mine")
    taken = run("verify", "--json", document, *AT, "--bundle", other, folder=home)
    expect("over another file", (taken.returncode, code_of(taken)), (8, "bundle.exists"))
    expect("the other file", other.read_bytes(), b"mine")
    expect("nothing is left beside", sorted(p.name for p in home.glob("*.zip.*")), [])
    nowhere = run("verify", "--json", document, "--bundle", home / "none/x.zip", folder=home)
    expect("into no folder", (nowhere.returncode, code_of(nowhere)), (6, "disk.unwritable"))
    for words in (("--replay", bundle, document), ("--replay", bundle, "--policy", "eu-qes"), ("--replay", bundle, *AT),
                  ("--replay", bundle, "--bundle", other), (document, "--bundle-digests"), ()):
        expect(f"usage of {words}", run("verify", *words, folder=home).returncode, 64)
    expect("no bundle", run("verify", "--replay", home / "none", folder=home).returncode, 4)
    none = run("verify", "--json", "--replay", other, folder=home)
    expect("not a bundle", (none.returncode, code_of(none)), (3, "zip.malformed"))
    expect("the bundle", bundle.read_bytes(), kept)
    latvian = run("verify", "--lang", "lv", "--replay", other, folder=home)
    expect("in Latvian", "bojāts" in latvian.stderr.decode() or "arhīv" in latvian.stderr.decode().lower(), True)


def check_forgeries(home, bundle):
    forged = home / "forged.zip"
    forged.write_bytes(forge(bundle, "facts.json", lambda data: data))
    expect("forged without change", forged.read_bytes(), bundle.read_bytes())
    forged.write_bytes(forge(bundle, "report.json", lambda data: data.replace(b'"refused"', b'"valid"')))
    lied = run("verify", "--json", "--replay", forged, folder=home)
    expect("a report that lies", (lied.returncode, code_of(lied)), (70, "bundle.differs"))
    expect("where it lies", json.loads(lied.stdout)["error"]["detail"], "report.json: /verdict")
    forged.write_bytes(forge(bundle, "document", lambda data: data + b"x"))
    changed = run("verify", "--json", "--replay", forged, folder=home)
    expect("another document", json.loads(changed.stdout)["error"]["detail"], "facts.json: /document/sha256")
    inside = run("verify", "--json", bundle, "--bundle", home / "twice.zip", folder=home)
    expect("a bundle as a document", inside.returncode, 3)
    expect("a bundle in a bundle", run("verify", "--replay", home / "twice.zip", folder=home).returncode, 3)


def check_corpus(home, abroad):
    if not corpus.is_dir():
        print(f"SKIPPED: no corpus at {corpus}; only refused documents were bundled")
        return
    trust = [path for path in (corpus / "trust/certs", corpus / "trust/tl") if path.is_dir()]
    rows = [line.split("\t") for line in (corpus / "manifest.tsv").read_text().splitlines()[1:]]
    documents = [row[0] for row in rows[::step] if (corpus / row[0]).is_file()]
    verdicts = {}
    for name in documents:
        bundle = bundle_and_replay(name, corpus / name, trust, home, abroad)
        if bundle is None:
            verdict = "none"
        else:
            verdict = json.loads(zipfile.ZipFile(bundle).read("report.json"))["verdict"]
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    print(f"{len(documents)} documents of the corpus bundled and replayed: {dict(sorted(verdicts.items()))}")
    expect("verdicts of all kinds", {"valid", "invalid", "indeterminate"} <= verdicts.keys(), True)


with tempfile.TemporaryDirectory() as folder:
    home, abroad = pathlib.Path(folder, "home"), pathlib.Path(folder, "ārzemēs")
    home.mkdir()
    abroad.mkdir()
    (home / "empty.edoc").write_bytes(b"")
    (abroad / "other").mkdir()
    first = bundle_and_replay("an empty file", home / "empty.edoc", [], home, abroad)
    shutil.move(first, home / "empty.zip")
    check_refusals(home, home / "empty.zip")
    check_forgeries(home, home / "empty.zip")
    check_corpus(home, abroad)

print("\n".join(failures) or "bundles say the same again")
sys.exit(bool(failures))
