"""Keys of records are erased by the real programs: who tries without approval, and who kills them meanwhile.

    erasure.py BIN_DIR [--kills 6] [--seed N]
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

from appliance import Appliance

READ = ["-H", "Edocvault-Purpose: a test reads", "-H", "Edocvault-Official: test"]


class Trial:
    def __init__(self, bin_dir):
        self.appliance = Appliance(bin_dir)
        self.failures = []
        self.serve()

    def serve(self):
        line = self.appliance.serve()
        assert line.startswith("ready"), line

    def expect(self, what, actual, wanted):
        if actual != wanted:
            self.failures.append(f"{what}: {actual!r}, not {wanted!r}")

    def store(self, count):
        ids = []
        for i in range(count):
            text = self.appliance.write(f"text-{i}.txt", f"text {i}")
            run = self.appliance.run("store", text, "--client", "PK:320000-55555")
            assert run.exit == 0, run.out
            ids.append(run.json["id"])
        return ids

    def read(self, document):
        """200, 410, or whatever else when the service does not come to itself."""
        for _ in range(300):
            status, body = self.appliance.curl(f"/v1/documents/{document}/content", *READ)
            if status not in (0, 500, 503):
                break
            time.sleep(0.1)
        return status

    def erase(self, ids, *words):
        return self.appliance.run("erase", "--ids", self.appliance.write("ids", "\n".join(ids)), "--reason", "a test", *words)

    def roots(self):
        keys = self.appliance.run("key", "list").json["keys"]
        return [key["key"] for key in keys if key["purpose"] == "root"]


def without_custodians(trial):
    first, second, third = trial.store(3)
    done = trial.erase([first])
    trial.expect("erased", (done.exit, done.json.get("rootAfter"), done.json.get("complete")), (0, 2, True))
    trial.expect("its content", trial.read(first), 410)
    trial.expect("the command", trial.appliance.run("get", first, "--purpose", "a test", "--out", trial.appliance.work / "x").code,
                 "key.erased")
    trial.expect("others", (trial.read(second), trial.read(third)), (200, 200))
    trial.expect("again", trial.erase([first]).code, "erasure.nothing-left")
    trial.expect("unknown", trial.erase(["0" * 32]).code, "record.unknown")
    trial.expect("root keys", trial.roots(), ["vault-root-2"])
    history = trial.appliance.run("history", "--client", "PK:320000-55555", "--purpose", "a test").json["items"]
    trial.expect("history", sorted((item["id"] in (first,), item["erased"]) for item in history),
                 [(False, False), (False, False), (True, True)])
    agency = trial.appliance.write("order", json.dumps({"records": [second], "reason": "mine"}))
    trial.expect("an agency", trial.appliance.curl("/v1/erasures", "-H", "Content-Type: application/json",
                                                   "--data-binary", f"@{agency}")[0], 403)
    trial.appliance.stop()
    trial.serve()
    trial.expect("after a restart", (trial.read(first), trial.read(second)), (410, 200))


def by_custodians(trial):
    home = trial.appliance.home
    for name in ("alice", "bob", "mallory"):
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                        home / f"{name}.key"], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", home / f"{name}.key", "-pubout", "-out", home / f"{name}.pub"],
                       check=True, capture_output=True)
    config = home / "edocvaultd.toml"
    config.write_text(config.read_text().replace(
        "[ceremony]\nquorum = 0\n", '[ceremony]\ncustodians = ["alice.pub", "bob.pub"]\nquorum = 2\n'))
    trial.appliance.stop()
    trial.serve()
    mine, other = trial.store(2)
    work = trial.appliance.work
    drafted = trial.erase([mine], "--draft", work / "order.json")
    trial.expect("drafted", drafted.exit, 0)

    def approved(name):
        run = trial.appliance.run("key", "approve", work / "order.json", "--custodian-key", home / f"{name}.key",
                                  "-o", work / f"{name}.jws")
        trial.expect(f"{name} approves", run.exit, 0)
        return ["--approval", work / f"{name}.jws"]

    alice, bob, mallory = approved("alice"), approved("bob"), approved("mallory")
    roots = trial.roots()
    trial.expect("nobody", trial.erase([mine]).code, "ceremony.too-few")
    trial.expect("one", trial.erase([mine], *alice).code, "ceremony.too-few")
    trial.expect("one twice", trial.erase([mine], *alice, *alice).code, "ceremony.too-few")
    trial.expect("a stranger", trial.erase([mine], *alice, *mallory).code, "ceremony.not-custodian")
    trial.expect("other records", trial.erase([other], *alice, *bob).code, "ceremony.other-order")
    trial.expect("more records", trial.erase([mine, other], *alice, *bob).code, "ceremony.other-order")
    trial.expect("nothing was erased", (trial.read(mine), trial.read(other), trial.roots()), (200, 200, roots))
    trial.expect("two", trial.erase([mine], *alice, *bob).exit, 0)
    trial.expect("erased", (trial.read(mine), trial.read(other)), (410, 200))


def through_kills(trial, kills, rng):
    """Kills a role, or all, while an erasure runs; then all of it is done or nothing."""
    erased = 0
    for number in range(kills):
        ids = trial.store(3)
        victim = ("front", "keyholder", "all")[number % 3]
        process = threading.Thread(target=trial.erase, args=(ids[:2],))
        process.start()
        time.sleep(rng.uniform(0.02, 0.25))  # Somewhere in the command's life.
        if victim == "all":
            for role in ("front", "keyholder"):
                pid = trial.appliance.role(role)
                if pid is not None:
                    os.kill(pid, signal.SIGKILL)
        else:
            pid = trial.appliance.role(victim)
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
        process.join()
        found = [trial.read(one) for one in ids]
        trial.expect(f"kill {number} of {victim}", found in ([200, 200, 200], [410, 410, 200]) or found, True)
        erased += found[0] == 410
        # What a killed process left is ended within the service's next tries.
        trial.appliance.until(lambda: len(trial.roots()) == 1)
    return erased


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    if shutil.which("openssl") is None or shutil.which("curl") is None:
        print("SKIPPED: no openssl or no curl")
        return 0
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    trial = Trial(options.bin)
    try:
        without_custodians(trial)
        erased = through_kills(trial, options.kills, random.Random(seed))
        by_custodians(trial)
    finally:
        trial.appliance.remove()
    print(json.dumps({"seed": seed, "kills": options.kills, "erasedInSpite": erased, "failures": trial.failures}, indent=1))
    return bool(trial.failures)


if __name__ == "__main__":
    sys.exit(main())
