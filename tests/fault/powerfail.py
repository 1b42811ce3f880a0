#!/usr/bin/env python3
"""powerfail.py BIN [--cuts N] [--seeds N] [--filesystem ext4|xfs|both] [--documents N] [--no-controls]

Cuts the power, block by block: the vault runs on a file system whose disk is recorded (block_recorder). Then the disk is
made as a cut at N random points would have left it: all up to the last flush is there, of the writes behind it none, all,
some, or some sectors of 512 bytes; it is mounted, and the vault has to open and hold all that was acknowledged by then.
The controls leave one sync out on purpose, and have to be caught. Needs root, FUSE and loop devices, and skips without.
"""
import argparse
import collections
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
ENTRY = struct.Struct("<8sQQ")
SECTOR = 512
KEPT = ("none", "all", "some", "torn")
CONTROLS = ("without-segment-sync", "without-ledger-sync", "without-meta-sync")


def run(*words, check=True):
    return subprocess.run([str(word) for word in words], check=check, capture_output=True, text=True)


def missing():
    """What a machine lacks for this, or nothing."""
    if os.geteuid() != 0:
        return "not root"
    for device in ("/dev/fuse", "/dev/loop-control"):
        if not os.path.exists(device):
            return f"no {device}"
    for program in ("mkfs.ext4", "mkfs.xfs", "losetup", "fusermount3"):
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            return f"no {program}"
    return ""


class CannotRecord(Exception):
    """The machine has what it takes, but does not let us."""


class Filesystem:
    def __init__(self, name, megabytes, make):
        self.name, self.size, self.make = name, megabytes << 20, make

    def format(self, image):
        with open(image, "wb") as file:
            file.truncate(self.size)
        run(*self.make, image)


FILESYSTEMS = {
    "ext4": Filesystem("ext4", 224, ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"]),
    "xfs": Filesystem("xfs", 384, ["mkfs.xfs", "-q", "-f"]),
}


def mount(device, where):
    """True, unless the file system itself does not mount."""
    options = ["-o", "loop"] if os.path.isfile(device) else []
    return run("mount", *options, device, where, check=False).returncode == 0


def record(tools, filesystem, work, documents, left_out):
    """Runs the load on a recorded disk. The disk before it, and the journal."""
    image, before, journal, fuse, top = (work / name for name in ("image", "before", "journal", "fuse", "top"))
    for folder in (fuse, top):
        folder.mkdir(exist_ok=True)
    filesystem.format(image)
    run("cp", "--sparse=always", image, before)
    recorder = subprocess.Popen([tools / "block_recorder", image, journal, str(filesystem.size), fuse])
    try:
        for _ in range(200):
            if (fuse / "disk").exists():
                break
            time.sleep(0.05)
        looped = run("losetup", "-f", "--show", fuse / "disk", check=False)
        if looped.returncode:
            raise CannotRecord(f"losetup: {looped.stderr.strip()}")
        loop = looped.stdout.strip()
        try:
            if not mount(loop, top):
                raise CannotRecord("the recorded disk does not mount")
            words = [left_out] if left_out else []
            run(tools / "vault_load", "write", top / "data", fuse / "mark", documents, 4, *words)
        finally:
            run("umount", top, check=False)
            run("losetup", "-d", loop, check=False)
    finally:
        time.sleep(0.2)
        run("fusermount3", "-u", fuse, check=False)
        recorder.wait(20)
    return before, journal


class Journal:
    """Kind, offset, length, and where the bytes are in `data`."""

    def __init__(self, path):
        self.data = path.read_bytes()
        self.entries, at = [], 0
        while at + ENTRY.size <= len(self.data):
            kind, offset, length = ENTRY.unpack_from(self.data, at)
            at += ENTRY.size
            kind = kind[:1].decode()
            self.entries.append((kind, offset, length, at))
            if kind in "WM":
                at += length

    def apply(self, disk, entry, keep=None):
        kind, offset, length, at = entry
        if kind == "Z":
            os.pwrite(disk, bytes(length), offset)
        elif kind == "W" and keep is None:
            os.pwrite(disk, self.data[at:at + length], offset)
        elif kind == "W":
            for sector in range(0, length, SECTOR):
                if keep():
                    os.pwrite(disk, self.data[at + sector:at + min(sector + SECTOR, length)], offset + sector)

    def acknowledged(self, end):
        return b"".join(self.data[at:at + length] for kind, _, length, at in self.entries[:end] if kind == "M")


def replay(tools, work, before, journal, cuts, seed):
    """Counts the outcomes of so many cuts, with an example of each."""
    chance = random.Random(seed)
    points = sorted(chance.sample(range(1, len(journal.entries) + 1), min(cuts, len(journal.entries))))
    durable, cut, top, acks = (work / name for name in ("durable", "cut", "cut-top", "acks"))
    top.mkdir(exist_ok=True)
    run("cp", "--sparse=always", before, durable)
    outcomes, examples, done = collections.Counter(), {}, 0
    flushes = [number for number, entry in enumerate(journal.entries) if entry[0] == "F"]
    for point in points:
        through = max((flush for flush in flushes if flush < point), default=-1)
        disk = os.open(durable, os.O_RDWR)
        for entry in journal.entries[done:through + 1]:
            journal.apply(disk, entry)
        os.close(disk)
        done = max(done, through + 1)
        run("cp", "--sparse=always", durable, cut)
        kept = chance.choice(KEPT)
        disk = os.open(cut, os.O_RDWR)
        for entry in journal.entries[done:point]:
            if kept == "all" or (kept == "some" and chance.random() < 0.5):
                journal.apply(disk, entry)
            elif kept == "torn":
                journal.apply(disk, entry, lambda: chance.random() < 0.5)
        os.close(disk)
        acks.write_bytes(journal.acknowledged(point))
        outcome = examine(tools, cut, top, acks)
        word = outcome.split()[0]
        outcomes[word] += 1
        examples.setdefault(word, f"cut at {point} of {len(journal.entries)}, {kept}: {outcome}")
    return outcomes, examples


def examine(tools, cut, top, acks):
    if not mount(cut, top):
        return "UNMOUNTABLE"
    try:
        checked = subprocess.run([tools / "vault_load", "check", top / "data", acks], capture_output=True, text=True, timeout=60)
        said = checked.stdout.strip().splitlines()
        return said[-1] if said else f"DIED {checked.returncode}"
    except subprocess.TimeoutExpired:
        return "HANGS"
    finally:
        run("umount", top)


def trial(tools, filesystem, documents, cuts, seeds, left_out=""):
    with tempfile.TemporaryDirectory(prefix="powerfail-") as folder:
        work = pathlib.Path(folder)
        before, path = record(tools, filesystem, work, documents, left_out)
        journal = Journal(path)
        total, shown = collections.Counter(), {}
        for seed in range(seeds):
            outcomes, examples = replay(tools, work, before, journal, cuts, seed)
            total += outcomes
            shown = examples | shown
    name = f"{filesystem.name} {left_out or 'as it is'}"
    print(f"{name}: {sum(total.values())} cuts, " + ", ".join(f"{count} {word}" for word, count in total.most_common()), flush=True)
    for word, example in shown.items():
        if word != "ok":
            print("   ", example, flush=True)
    return total


def main():
    words = argparse.ArgumentParser()
    words.add_argument("bin", type=pathlib.Path)
    words.add_argument("--cuts", type=int, default=200)
    words.add_argument("--seeds", type=int, default=4)
    words.add_argument("--filesystem", choices=("ext4", "xfs", "both"), default="both")
    words.add_argument("--documents", type=int, default=1500)
    words.add_argument("--no-controls", action="store_true")
    options = words.parse_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if missing():
        print("SKIPPED:", missing())
        return SKIPPED
    try:
        return trials(options)
    except CannotRecord as reason:
        print("SKIPPED:", reason)
        return SKIPPED


def trials(options):
    bad = False
    for name, filesystem in FILESYSTEMS.items():
        if options.filesystem not in (name, "both"):
            continue
        total = trial(options.bin, filesystem, options.documents, options.cuts, options.seeds)
        bad |= set(total) - {"ok", "UNBORN"} != set()
        for control in () if options.no_controls else CONTROLS:
            caught = trial(options.bin, filesystem, options.documents, options.cuts, 1, control)
            if not set(caught) & {"LOST", "BYTES", "KEY", "REFUSED", "TREE", "HALF"}:
                print(f"    a vault {control} is not caught: this trial proves nothing")
                bad = True
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
