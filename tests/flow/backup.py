"""A vault is backed up by the real programs, lost, and recovered as a new log; and what an attacker tries meanwhile.

    backup.py BIN_DIR
"""
import json
import shutil
import sys

from appliance import Appliance

READ = ["-H", "Edocvault-Purpose: a test reads", "-H", "Edocvault-Official: test"]
OLD, NEW = "dev.edocvault.test/log", "dev.edocvault.test/log2"


class Trial:
    def __init__(self, bin_dir):
        self.appliance = Appliance(bin_dir)
        self.failures = []
        self.set = self.appliance.work / "volume"
        self.set.mkdir()
        self.config = self.appliance.home / "edocvaultd.toml"
        # The token's memory of the last checkpoint does not lie with the data.
        self.configure("[hsm]\n", f'[hsm]\ncheckpoint_mark = "{self.appliance.work / "mark"}"\n')
        self.config.write_text(self.config.read_text() + f'\n[backup]\nto = "{self.set}"\nevery_minutes = 0\n')
        self.old_key = shutil.copy(self.appliance.home / "vault.vkey", self.appliance.work / "old.vkey")

    def configure(self, old, new):
        text = self.config.read_text()
        assert old in text, old
        self.config.write_text(text.replace(old, new))

    def serve(self):
        line = self.appliance.serve()
        assert line.startswith("ready"), line

    def expect(self, what, actual, wanted):
        if actual != wanted:
            self.failures.append(f"{what}: {actual!r}, not {wanted!r}")

    def store(self, text):
        receipt = self.appliance.work / f"{text}.receipt"
        run = self.appliance.run("store", self.appliance.write(f"{text}.txt", text), "--client", "PK:320000-55555", "--receipt", receipt)
        assert run.exit == 0, run.out
        return run.json["id"]

    def read(self, document):
        return self.appliance.curl(f"/v1/documents/{document}/content", *READ)

    def verify(self, *words, folder=None):
        run = self.appliance.run("backup", "--verify-only", folder or self.set, "--key", self.old_key, *words)
        return "whole" if run.exit == 0 else run.code

    def restore(self, *words, erased=""):
        return self.appliance.run("restore", "--from", self.set, "--key", self.old_key, "--erased",
                                  self.appliance.write("erased", erased), *words)


def back_up(trial):
    appliance = trial.appliance
    trial.serve()
    kept = [trial.store(f"kept-{i}") for i in range(3)]
    trial.expect("nobody may name a folder", appliance.curl("/v1/backups?to=/tmp", "-X", "POST", "-d", "", profile="agency")[0], 403)
    first = appliance.run("backup")
    trial.expect("backed up", (first.exit, first.json["number"], first.json["documents"]), (0, 1, 3))
    trial.expect("nothing new", appliance.run("backup").json["nothingNew"], True)
    kept.append(trial.store("kept-3"))
    second = appliance.run("backup").json
    trial.expect("only the new one", (second["number"], second["from"], second["documents"]), (2, first.json["to"], 1))
    trial.expect("whole", trial.verify(), "whole")
    stranger = appliance.write("stranger.vkey", "dev.edocvault.test/log+00000000+AAAA\n")
    run = appliance.run("backup", "--verify-only", trial.set, "--key", stranger)
    trial.expect("a stranger's key", run.code, "receipt.bad-verifier-key")
    return kept


def erase(trial, victim):
    """The old root key goes when the new tree is on the volume, and not before."""
    appliance = trial.appliance
    away = trial.set.rename(trial.appliance.work / "away")
    run = appliance.run("erase", "--ids", appliance.write("ids", victim), "--reason", "a test")
    trial.expect("erased, but the volume is away", (run.exit, run.json.get("complete")), (0, False))
    trial.expect("it is not served all the same", trial.read(victim)[0], 410)
    roots = lambda: sorted(key["key"] for key in appliance.run("key", "list").json["keys"] if key["purpose"] == "root")
    trial.expect("and a backup", appliance.run("backup").code, "backup.no-folder")
    trial.expect("warned", json.loads(appliance.curl("/health/ready")[1]).get("warning"), "backup.failing")
    trial.expect("both root keys", roots(), ["vault-root", "vault-root-2"])
    away.rename(trial.set)
    appliance.until(lambda: roots() == ["vault-root-2"])
    trial.expect("whole after the erasure", trial.verify(), "whole")


def lose_and_recover(trial, kept, victim):
    appliance = trial.appliance
    lost = trial.store("lost")
    status, checkpoint = appliance.curl("/v1/log/checkpoint")
    late = appliance.write("late.checkpoint", checkpoint)
    trial.expect("a later checkpoint tells an older backup", trial.verify("--checkpoint", late), "backup.older")
    also = kept[2]
    appliance.stop()
    trial.expect("the same name", trial.restore().code, "recovery.same-origin")
    trial.configure(f'log_origin = "{OLD}"', f'log_origin = "{NEW}"')
    trial.expect("a folder that is in use", trial.restore().code, "recovery.folder-in-use")
    (appliance.home / "data").rename(appliance.work / "old-data")

    # A changed byte anywhere in the set is found, and nothing is left behind.
    part = trial.set / "00000001" / "log"
    content = part.read_bytes()
    part.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    trial.expect("a changed part", trial.restore().code, "backup.damaged")
    part.write_bytes(content)
    trial.expect("nothing was made", (appliance.home / "data").exists(), False)

    run = trial.restore("--checkpoint", late, erased=also + "\n")
    trial.expect("recovered", run.exit, 0)
    size = int(checkpoint.split("\n")[1])
    trial.expect("what is lost", (run.json["lostTo"], run.json["lostFrom"] < size, run.json["erased"]), (size, True, 1))
    trial.serve()
    for i, document in enumerate(kept):
        wanted = (410, None) if document in (victim, also) else (200, f"kept-{i}")
        status, body = trial.read(document)
        trial.expect(f"kept-{i}", (status, body if status == 200 else None), wanted)
    trial.expect("what is lost is unknown", trial.read(lost)[0], 404)
    new = trial.store("new")
    trial.expect("it goes on", trial.read(new), (200, "new"))
    status, checkpoint = appliance.curl("/v1/log/checkpoint")
    trial.expect("under its new name", checkpoint.split("\n")[0], NEW)
    new_key = appliance.write("new.vkey", appliance.curl("/v1/log/key")[1])
    for name, key, wanted in (("kept-0", trial.old_key, 0), ("lost", trial.old_key, 0), ("new", new_key, 0), ("new", trial.old_key, 1)):
        run = appliance.run("receipt", "verify", appliance.work / f"{name}.receipt", "--key", key,
                            "--document", appliance.work / f"{name}.txt")
        trial.expect(f"receipt of {name} by {key}", run.exit, wanted)
    history = appliance.run("history", "--client", "PK:320000-55555", "--purpose", "a test")
    trial.expect("history", sorted(item["id"] for item in history.json["items"]), sorted([*kept, new]))
    trial.expect("the old set is another log's", appliance.run("backup").code, "backup.other-vault")
    appliance.stop()


def go_back(trial):
    """Neither the old name nor the old folder is served again."""
    appliance = trial.appliance
    trial.configure(f'log_origin = "{NEW}"', f'log_origin = "{OLD}"')
    trial.expect("the old name", appliance.serve().startswith("ready"), False)
    (appliance.home / "data").rename(appliance.work / "new-data")
    shutil.copytree(appliance.work / "old-data", appliance.home / "data")
    trial.expect("the old folder", appliance.serve().startswith("ready"), False)
    trial.expect("the anchor knows", "anchor.damaged" in appliance.log(), True)
    (appliance.home / "anchor").unlink()
    trial.expect("the old folder without the anchor", appliance.serve().startswith("ready"), False)
    trial.expect("the token knows", "checkpoint.origin-closed" in appliance.log(), True)


def older_than_an_erasure(trial):
    """A backup from before an erasure opens nothing: the token has its root key no more."""
    appliance = trial.appliance
    older = appliance.work / "older"
    older.mkdir()
    shutil.copytree(trial.set / "00000001", older / "00000001")
    shutil.rmtree(appliance.home / "data")
    trial.configure(f'log_origin = "{OLD}"', 'log_origin = "dev.edocvault.test/log3"')
    run = appliance.run("restore", "--from", older, "--key", trial.old_key, "--erased", appliance.write("none", ""))
    trial.expect("recovered", run.exit, 0)
    trial.expect("it is not served", appliance.serve().startswith("ready"), False)
    trial.expect("why not the older backup", "key.root-unknown" in appliance.log(), True)


def main():
    if shutil.which("curl") is None:
        print("SKIPPED: no curl")
        return 0
    trial = Trial(sys.argv[1])
    try:
        kept = back_up(trial)
        erase(trial, kept[1])
        lose_and_recover(trial, kept, kept[1])
        go_back(trial)
        older_than_an_erasure(trial)
    finally:
        trial.appliance.remove()
    print(json.dumps({"failures": trial.failures}, indent=1))
    return bool(trial.failures)


if __name__ == "__main__":
    sys.exit(main())
