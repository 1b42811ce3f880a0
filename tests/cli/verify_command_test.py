"""The edocvault program itself: exit codes and one report on standard output."""
import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

program = pathlib.Path(sys.argv[1]).resolve()
failures = []


def run(*arguments, folder):
    return subprocess.run([program, *map(str, arguments)], cwd=folder, capture_output=True, text=True)


def expect(what, actual, wanted):
    if actual != wanted:
        failures.append(f"{what}: {actual!r}, not {wanted!r}")


with tempfile.TemporaryDirectory() as folder:
    empty = pathlib.Path(folder, "empty.edoc")
    empty.write_bytes(b"")
    refused = run("verify", "--json", empty, folder=folder)
    expect("exit code of a refusal", refused.returncode, 3)
    report = json.loads(refused.stdout)
    expect("schema", report["schema"], "edocvault.verification/1")
    expect("refusal code", report["refusal"]["code"], "container.empty")
    expect("document name", report["document"]["name"], "empty.edoc")
    expect("--format json", run("verify", "--format", "json", "--at", report["validationTime"], empty,
                                folder=folder).stdout, refused.stdout)
    latvian = run("verify", "--lang", "lv", empty, folder=folder)
    expect("Latvian text", "NEPIEŅEMTS" in latvian.stdout, True)
    page = run("verify", "--format", "html", "--lang", "lv", empty, folder=folder)
    expect("exit code with a page", page.returncode, 3)
    expect("a page", page.stdout.startswith("<!DOCTYPE html>\n<html lang=\"lv\">"), True)
    etsi = run("verify", "--format", "etsi", empty, folder=folder)
    expect("exit code with a validation report", etsi.returncode, 3)
    root = xml.etree.ElementTree.fromstring(etsi.stdout)
    expect("a validation report", root.tag, "{http://uri.etsi.org/19102/v1.4.1#}ValidationReport")
    expect("a missing file", run("verify", "none.edoc", folder=folder).returncode, 4)
    expect("a missing trust file", run("verify", "--trust", "none", empty, folder=folder).returncode, 4)
    expect("a missing evidence record",
           run("verify", "--evidence-record", "none", empty, folder=folder).returncode, 4)
    expect("no file", run("verify", folder=folder).returncode, 64)
    expect("no verb", run(folder=folder).returncode, 64)
    expect("an unknown option", run("verify", "--nonsense", empty, folder=folder).returncode, 64)
    expect("an unknown policy", run("verify", "--policy", "none", empty, folder=folder).returncode, 64)
    expect("a time that is none", run("verify", "--at", "today", empty, folder=folder).returncode, 64)
    expect("a format that is none", run("verify", "--format", "pdf", empty, folder=folder).returncode, 64)
    expect("help", run("--help", folder=folder).returncode, 0)
    broken = pathlib.Path(folder, "digests")
    broken.write_text("not a digest\n")
    expect("a broken list of digests", run("verify", "--digests", broken, empty, folder=folder).returncode, 3)

print("\n".join(failures) or "the program answers as documented")
sys.exit(bool(failures))
