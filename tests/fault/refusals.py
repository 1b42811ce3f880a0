#!/usr/bin/env python3
"""refusals.py BIN [--positions N]

What the kernel may answer instead of writing: EIO and ENOSPC, and SIGKILL in place of any answer, at the N first calls of
each kind; and a disk that is really full. The vault refuses or stops, opens again by itself, and has all it acknowledged.
Needs strace, and for the full disk root and loop devices; skips visibly without.
"""
import argparse
import collections
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
CALLS = ("fdatasync", "pwrite64", "writev", "write")
FAULTS = ("error=EIO", "error=ENOSPC", "signal=KILL")
ENDS = {0: "nothing noticed", 3: "not opened", 4: "refused", 137: "killed", -9: "killed"}


def check(tools, data, acks):
    run = subprocess.run([tools / "vault_load", "check", data, acks], capture_output=True, text=True, timeout=120)
    return run.stdout.strip() or f"DIED {run.returncode}"


def inject(tools, call, fault, position):
    """How the load ended, and what is found afterwards."""
    with tempfile.TemporaryDirectory(prefix="refusals-") as folder:
        data, acks = pathlib.Path(folder) / "data", pathlib.Path(folder) / "acks"
        acks.touch()
        words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={position}"]
        load = subprocess.run([*words, tools / "vault_load", "write", data, acks, "60", "3"], capture_output=True, timeout=120)
        return load.returncode, check(tools, data, acks)


def injections(tools, positions):
    bad = 0
    for call in CALLS:
        for fault in FAULTS:
            ends = collections.Counter()
            for position in range(1, positions + 1):
                end, said = inject(tools, call, fault, position)
                ends[ENDS.get(end, f"exit {end}")] += 1
                if end in ENDS and said.startswith("ok"):
                    continue
                bad += 1
                print(f"{call} {position} {fault}: exit {end}, then {said}", flush=True)
            print(f"{call} {fault}: " + ", ".join(f"{count} {end}" for end, count in ends.items()), flush=True)
    return bad


def full_disk(tools):
    """Fills a small disk, twice; then there is room again."""
    with tempfile.TemporaryDirectory(prefix="refusals-") as folder:
        work = pathlib.Path(folder)
        image, top, acks = work / "image", work / "top", work / "acks"
        top.mkdir()
        acks.touch()
        with open(image, "wb") as file:
            file.truncate(24 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        subprocess.run(["mount", "-o", "loop", image, top], check=True)
        try:
            for name in ("first", "second"):
                (top / name).write_bytes(bytes(2 << 20))
            for room in (False, False, True):
                if room:
                    (top / "first").unlink()
                load = subprocess.run([tools / "vault_load", "write", top / "data", acks, "100000", "3"],
                                      capture_output=True, text=True, timeout=300)
                if room:  # It was filled again.
                    (top / "second").unlink()
                said = check(tools, top / "data", acks)
                print(f"full disk: exit {load.returncode}, {load.stdout.splitlines()[:1]}, then {said}", flush=True)
                # Without any room it may not even open; with room all has to be there.
                opens = said.startswith("ok") or (not room and said.startswith("REFUSED"))
                if load.returncode not in (3, 4) or not opens:
                    return 1
        finally:
            subprocess.run(["umount", top], check=True)
    return 0


def main():
    words = argparse.ArgumentParser()
    words.add_argument("bin", type=pathlib.Path)
    words.add_argument("--positions", type=int, default=20)
    options = words.parse_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if not shutil.which("strace"):
        print("SKIPPED: no strace")
        return SKIPPED
    bad = injections(options.bin, options.positions)
    if os.geteuid() == 0 and os.path.exists("/dev/loop-control") and shutil.which("mkfs.ext4"):
        bad += full_disk(options.bin)
    else:
        print("full disk SKIPPED: needs root and loop devices")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
