#!/usr/bin/env python3
"""kills.py BIN [--kills N] [--seed S]

kill -9 of a process that stores documents, at a random moment each time; after each, everything that it acknowledged has to
be there, and the vault has to open by itself.
"""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import time

AGED = 25  # Kills of one vault, before a new one: looking at all of it takes longer each time.


def check(tools, data, acks):
    run = subprocess.run([tools / "vault_load", "check", data, acks], capture_output=True, text=True, timeout=120)
    return run.stdout.strip() or f"DIED {run.returncode}"


def main():
    words = argparse.ArgumentParser()
    words.add_argument("bin", type=pathlib.Path)
    words.add_argument("--kills", type=int, default=1000)
    words.add_argument("--seed", type=int, default=1)
    options = words.parse_args()
    chance, bad, acknowledged, done = random.Random(options.seed), 0, 0, 0
    while done < options.kills:
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            data, acks = pathlib.Path(folder) / "data", pathlib.Path(folder) / "acks"
            acks.touch()
            for _ in range(min(AGED, options.kills - done)):
                load = subprocess.Popen([options.bin / "vault_load", "write", data, acks, "1000000", "4"],
                                        stdout=subprocess.DEVNULL)
                time.sleep(chance.uniform(0, 0.2))
                load.kill()
                load.wait()
                done += 1
                said = check(options.bin, data, acks)
                if not said.startswith("ok"):
                    bad += 1
                    print(f"kill {done}: {said}", flush=True)
            acknowledged += acks.stat().st_size // 32
    print(f"{done} kills, {acknowledged} documents acknowledged, {bad} times something was missing")
    return 1 if bad or acknowledged == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
