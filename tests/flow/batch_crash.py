"""Batches whose processes are killed at random moments: one released signature a document, every call on record.

    batch_crash.py BIN_DIR SHIM [--kills 200] [--items 1000] [--seed N]

SHIM is the PKCS#11 module of tests/fakes/token_shim.cc; it counts what the token really signed.
"""
import argparse
import base64
import collections
import hashlib
import json
import os
import pathlib
import random
import re
import signal
import sys
import time

from appliance import Appliance, descendants

CHUNK = 256
VICTIMS = ("front", "keyholder", "inspector", "all")


class Trial:
    def __init__(self, bin_dir, shim, items, rng):
        self.items, self.rng = items, rng
        self.appliance = Appliance(bin_dir)
        self.counts = self.appliance.work / "shim"
        self.counts.mkdir()
        config = self.appliance.home / "edocvaultd.toml"
        text = config.read_text()
        real = re.search(r'module = "([^"]+)"', text)[1]
        shim = pathlib.Path(shim).resolve()
        text = text.replace(f'module = "{real}"', f'module = "{shim}"').replace(
            "[hsm.environment]\n",
            f'[hsm.environment]\nTOKEN_SHIM_MODULE = "{real}"\nTOKEN_SHIM_DIR = "{self.counts}"\n')
        config.write_text(text.replace("unattended_per_hour = 1000000", "unattended_per_hour = 100000000"))
        self.serve()

    def serve(self):
        line = self.appliance.serve()
        assert line.startswith("ready"), line

    def sealed_by_token(self):
        """Calls of the token that made a seal, whatever became of them."""
        path = self.counts / "seals"
        return path.stat().st_size if path.exists() else 0

    def call(self, path, *options):
        """Until there is an answer: the service may be starting anew."""
        for _ in range(300):
            status, body = self.appliance.curl(path, *options)
            if status in (200, 202, 404):
                return status, json.loads(body)
            time.sleep(0.1)
        raise AssertionError(f"no answer to {path}: {status} {body}")

    def order(self, name):
        digests = [hashlib.sha256(f"{name}/{i}".encode()).hexdigest() for i in range(self.items)]
        order = {"items": [{"documents": [{"name": f"decision {i}.pdf", "mediaType": "application/pdf", "sha256": digest}]}
                           for i, digest in enumerate(digests)]}
        file = self.appliance.write("order.json", json.dumps(order))
        post = ["/v1/batches?key=seal-p256&level=B", "-H", "Content-Type: application/json",
                "-H", f"Idempotency-Key: {name}", "--data-binary", f"@{file}"]
        return digests, post

    def released(self, batch):
        """What can be had now: signature or problem, by item."""
        found = {}
        for chunk in range((self.items + CHUNK - 1) // CHUNK):
            status, page = self.call(f"/v1/batches/{batch}/signatures?chunk={chunk}")
            if status == 200:
                found.update({item["index"]: item.get("signature") or item["problem"]["code"] for item in page["items"]})
        return found

    def kill(self, victim):
        if victim == "all":
            server = self.appliance.server
            for pid in [*descendants(server.pid), server.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass  # It ended with its parent.
            server.wait()
            server.stdout.close()
            server.stderr.close()
            self.serve()
            return
        pid = self.appliance.role(victim)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def wait(self, batch):
        for _ in range(60):
            _, progress = self.call(f"/v1/batches/{batch}", "-H", "Prefer: wait=10")
            if progress["state"] == "done":
                return progress
        raise AssertionError(f"not done: {progress}")

    def run(self, name, victim=None, within=0.0):
        digests, post = self.order(name)
        before = self.sealed_by_token()
        started = time.monotonic()
        batch = self.call(*post)[1]["id"]
        seen = {}
        if victim:
            moment = started + self.rng.uniform(0, within)
            while time.monotonic() < moment:
                time.sleep(min(0.02, max(0.0, moment - time.monotonic())))
                if self.rng.random() < 0.1:
                    seen.update(self.released(batch))
            self.kill(victim)
            assert self.call(*post)[1]["id"] == batch, "the same order is the same batch"
        progress = self.wait(batch)
        duration = time.monotonic() - started
        assert (progress["sealed"], progress["failed"]) == (self.items, 0), progress
        self.check(batch, digests, seen, self.sealed_by_token() - before)
        return duration, self.reasons

    def check(self, batch, digests, seen, by_token):
        signatures = self.released(batch)
        assert sorted(signatures) == list(range(self.items))
        assert len(set(signatures.values())) == self.items
        for index, signature in signatures.items():
            assert seen.get(index, signature) == signature, f"item {index} was released twice"
            xml = base64.b64decode(signature).decode()
            digest = base64.b64encode(bytes.fromhex(digests[index])).decode()
            assert xml.count("<ds:SignatureValue") == 1 and f">{digest}<" in xml, f"item {index} has another's signature"
        on_record = 0
        self.reasons = collections.Counter()
        for chunk in range((self.items + CHUNK - 1) // CHUNK):
            sealings = self.call(f"/v1/batches/{batch}/sealings?chunk={chunk}")[1]["sealings"]
            on_record += sum(one["count"] for one in sealings)
            assert sealings[0]["reason"] == "ordered", sealings
            for again in sealings[1:]:
                assert again["reason"] in ("interrupted", "token-lost", "refused"), again
                self.reasons[again["reason"]] += 1
        assert self.items <= by_token <= on_record, (self.items, by_token, on_record)
        self.reasons["extra signatures by the token"] += by_token - self.items

    def verify_one(self, name):
        """A released signature of the batch, by the command line, as an auditor would."""
        digests, post = self.order(name)
        batch = self.call(*post)[1]["id"]
        index = self.rng.randrange(self.items)
        file = self.appliance.write("signature.xml", base64.b64decode(self.released(batch)[index]))
        known = self.appliance.write("digests", f"{digests[index]}  decision {index}.pdf\n")
        report = self.appliance.run("verify", file, "--digests", known).json
        assert report["signatures"][0]["intact"], report


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin_dir")
    parser.add_argument("shim")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    trial = Trial(arguments.bin_dir, arguments.shim, arguments.items, random.Random(arguments.seed))
    total = collections.Counter()
    try:
        undisturbed = min(trial.run(f"undisturbed-{i}")[0] for i in range(2))
        for i in range(arguments.kills):
            victim = VICTIMS[i % len(VICTIMS)]
            _, reasons = trial.run(f"killed-{i}", victim, undisturbed)
            total.update(reasons)
            if i % 10 == 0:
                trial.verify_one(f"killed-{i}")
                print(f"{i + 1} killed, {victim} last: {dict(total)}", flush=True)
    finally:
        trial.appliance.remove()
    print(f"{arguments.kills} kills in batches of {arguments.items} (undisturbed {undisturbed:.2f} s): one released "
          f"signature each, every call on record: {dict(total)}")


if __name__ == "__main__":
    sys.exit(main())
