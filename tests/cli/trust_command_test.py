"""The trust verbs of the edocvault program, with the trusted lists of the shared corpus."""
import json
import pathlib
import subprocess
import sys
import tempfile

program = pathlib.Path(sys.argv[1]).resolve()
lists = pathlib.Path(sys.argv[2]) / "trust" / "tl"
signers = pathlib.Path(sys.argv[2]) / "trust" / "certs" / "lotl"
failures = []


def run(*arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)


def expect(what, actual, wanted):
    if actual != wanted:
        failures.append(f"{what}: {actual!r}, not {wanted!r}")


def trust_in_doctor(home):
    checks = json.loads(run("doctor", "--home", home, "--json").stdout)["checks"]
    return next((check for check in checks if check["check"] == "trust"), {})


with tempfile.TemporaryDirectory() as folder:
    expect("age of nothing", run("trust", "age", "--dir", folder).returncode, 6)
    expect("a pin of nothing", run("trust", "pin", "--dir", folder).returncode, 64)
    expect("show of nothing", run("trust", "show", "latest", "--dir", folder).returncode, 4)
    note = pathlib.Path(folder, "note.txt")
    expect("doctor without trust", trust_in_doctor(folder).get("warnings", [{}])[0].get("code"),
           "trust.nothing-in-use")
    note.write_text("no list\n")
    expect("a file that is no trust", run("trust", "import", note, "--dir", folder).returncode, 3)
    if not lists.is_dir():
        print("SKIPPED: the shared corpus is absent")
    else:
        unsigned = run("trust", "import", lists / "LV-2019.xml", "--dir", folder, "--json")
        expect("a list nobody vouches for", json.loads(unsigned.stdout)["error"]["code"],
               "trust.import-unverified")
        chain = [lists / name for name in ("EU-LOTL-2023.xml", "EU-LOTL-pivot-282.xml",
                                           "EU-LOTL-pivot-300.xml", "LV-2023.xml")]
        signer = ["--lotl-signer", signers / "lotl-signers-2019.pem"]
        done = run("trust", "import", *chain, *signer, "--dir", folder, "--json")
        expect("an import", (done.returncode, done.stdout if done.returncode else ""), (0, ""))
        first = json.loads(done.stdout).get("id", "")
        shown = json.loads(done.stdout).get("description", {})
        expect("signers of lists that are trusted for more",
               [one["subject"] for one in shown.get("certificates", [{"subject": "?", "anchor": True}])
                if one["anchor"]], [])
        expect("an old list has expired", run("trust", "age", "--dir", folder).returncode, 2)
        doctored = trust_in_doctor(folder)
        expect("doctor with expired trust and no appliance",
               (doctored["code"], doctored["summary"].split(",")[0]), ("trust.stale", f"snapshot {first}"))
        more = run("trust", "import", *chain, lists / "LT-2023.xml", *signer, "--dir", folder, "--json")
        expect("another import", more.returncode, 0)
        older = run("trust", "import", *chain[1:3], *signer, "--dir", folder, "--json")
        expect("a list from before", json.loads(older.stdout)["error"]["code"], "trust.import-older")
        difference = json.loads(run("trust", "diff", first, "latest", "--dir", folder, "--json").stdout)
        expect("the list that came", [one["territory"] for one in difference["lists"]["added"]], ["LT"])
        expect("a pin", run("trust", "pin", first[:12], "--dir", folder).returncode, 0)
        rows = json.loads(run("trust", "list", "--dir", folder, "--json").stdout)["snapshots"]
        expect("what is in use", [row["id"] for row in rows if row["current"]], [first])
        report = json.loads(run("verify", "--json", "--trust-snapshot", "current", "--trust-dir", folder,
                                note).stdout)
        expect("a refusal still", report["verdict"] if "verdict" in report else "refused", "refused")
        expect("a snapshot that is none", run("verify", "--trust-snapshot", "0" * 64, "--trust-dir", folder,
                                              note).returncode, 4)
        expect("no trust before the first import",
               run("verify", "--trust-at", "2000-01-01T00:00:00Z", "--trust-dir", folder,
                   note).returncode, 4)
        expect("a time that is none", run("verify", "--trust-at", "then", "--trust-dir", folder,
                                          note).returncode, 64)

print("\n".join(failures) or "the trust verbs answer as documented")
sys.exit(bool(failures))
