#!/usr/bin/env python3
"""A large document through `edocvault store` and `get`: the most memory that any process had, and the time.

    bench/large_store.py BIN_DIR [FOLDER [GIB]]

Needs four times the size (default 4 GiB) in FOLDER (default: a temporary one), which it removes again. The appliance is
one of its own, and its data lies there too. The reference is the same number of bytes appended to a plain file there in
pieces of 8 MiB, each synced as it is written. Prints one BENCH line for memory, and one for each way.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/flow"))
from appliance import Appliance  # noqa: E402
from large_container import processes_under, resident_kib  # noqa: E402

PIECE = 8 << 20


class Watch:
    """The most that each process under the given ones has had, by what it is."""

    def __init__(self, *pids):
        self.most, self.pids, self.stopped = {}, list(pids), threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.stopped.wait(0.01):
            for pid in [found for top in self.pids for found in processes_under(top)]:
                try:
                    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
                except OSError:
                    continue
                if not any(words):
                    continue  # It has just ended.
                name = words[words.index("--role") + 1] if "--role" in words else " ".join(words[1:2])
                self.most[name] = max(self.most.get(name, 0), resident_kib(pid))

    def stop(self):
        self.stopped.set()
        self.thread.join()


def timed(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


def append(path, size):
    piece = os.urandom(PIECE)
    with open(path, "wb", buffering=0) as file:
        for _ in range(size // PIECE):
            file.write(piece)
            os.fdatasync(file.fileno())
    path.unlink()


def command(appliance, watch, *words):
    run = subprocess.Popen([appliance.bin / "edocvault", *words, "--home", appliance.home, "--json"],
                           stdout=subprocess.PIPE)
    watch.pids.append(run.pid)
    out, _ = run.communicate()
    watch.pids.remove(run.pid)
    if run.returncode:
        sys.exit(f"{words[0]} failed: {out.decode()}")
    return out


def main():
    gibibytes = float(sys.argv[3]) if len(sys.argv) > 3 else 4
    size = int(gibibytes * (1 << 30)) // PIECE * PIECE
    folder = pathlib.Path(tempfile.mkdtemp(dir=sys.argv[2] if len(sys.argv) > 2 else None))
    appliance = Appliance(sys.argv[1], data_on=folder / "data")
    try:
        large, back = folder / "large.bin", folder / "back.bin"
        with open(large, "wb") as file:
            for _ in range(size // PIECE):
                file.write(os.urandom(PIECE))
        assert appliance.serve().startswith("ready")
        raw = timed(lambda: append(folder / "raw", size))
        watch = Watch(appliance.server.pid)
        stored = []
        store = timed(lambda: stored.append(command(appliance, watch, "store", large, "--client", "PK:320000-00000")))
        identity = json.loads(stored[0])["id"]
        get = timed(lambda: command(appliance, watch, "get", identity, "--out", back, "--purpose", "a bench reads"))
        watch.stop()
        subprocess.run(["cmp", large, back], check=True)
        most = max(watch.most.values())
        each = ", ".join(f"{name} {kib / 1024:.0f}" for name, kib in sorted(watch.most.items()))
        print(f"BENCH store.large_memory ratio={most / 1024 / 64:.3f} min=- max=- value={most / 1024:.1f} unit=MiB "
              f"reference=64-MiB each=({each})")
        for name, took in (("store.large", store), ("get.large", get)):
            print(f"BENCH {name} ratio={raw / took:.3f} min=- max=- value={size / took / 1e6:.0f} unit=MB/s "
                  f"reference=append-8MiB+fdatasync {size / raw / 1e6:.0f} MB/s")
    finally:
        appliance.remove()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
