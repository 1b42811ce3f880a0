#!/usr/bin/env python3
"""flips.py BIN [--flips N] [--seed S]

One flipped bit at a time anywhere in the files of a vault at rest; then everything is read. An error is well, a wrong answer
or a death never.
"""
import argparse
import collections
import pathlib
import random
import subprocess
import sys
import tempfile

DOCUMENTS = 40


def outcome(tools, data, acks):
    run = subprocess.run([tools / "vault_load", "check", data, acks], capture_output=True, text=True, timeout=60)
    said = run.stdout.strip().splitlines()
    if run.returncode not in (0, 2) or not said:
        return f"DIED {run.returncode}"
    if said[-1].startswith("ok"):
        return "unnoticed, all answers right"
    return "WRONG " + said[-1] if "other bytes" in said[-1] else "error"


def main():
    words = argparse.ArgumentParser()
    words.add_argument("bin", type=pathlib.Path)
    words.add_argument("--flips", type=int, default=10_000)
    words.add_argument("--seed", type=int, default=1)
    options = words.parse_args()
    chance, total = random.Random(options.seed), collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory(prefix="flips-") as folder:
        good, acks = pathlib.Path(folder) / "good", pathlib.Path(folder) / "acks"
        subprocess.run([options.bin / "vault_load", "write", good, acks, str(DOCUMENTS), "2"], check=True)
        contents = {path.relative_to(good): path.read_bytes() for path in good.rglob("*") if path.is_file() and path.stat().st_size}
        names, sizes = list(contents), [len(content) for content in contents.values()]
        data = pathlib.Path(folder) / "data"
        subprocess.run(["cp", "-a", good, data], check=True)
        for number in range(options.flips):
            # Each file as often as the next: most bits are in the documents, most harm is elsewhere.
            name = chance.choice(names) if number % 2 else chance.choices(names, sizes)[0]
            at, bit = chance.randrange(len(contents[name])), 1 << chance.randrange(8)
            changed = bytearray(contents[name])
            changed[at] ^= bit
            (data / name).write_bytes(changed)
            what = outcome(options.bin, data, acks)
            total[str(name)][what] += 1
            if what.startswith(("WRONG", "DIED")):
                print(f"{name} byte {at} ^ {bit}: {what}", flush=True)
            # Whoever opens it may write: the index is made anew.
            for other, content in contents.items():
                (data / other).write_bytes(content)
    for name, counts in total.items():
        print(f"{name}: " + ", ".join(f"{count} {what}" for what, count in counts.most_common()))
    return 1 if any(what.startswith(("WRONG", "DIED")) for counts in total.values() for what in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
