#!/usr/bin/env python3
"""A 5 GiB file through `edocvault sign`: the most memory that its processes had at once, and the time.

    bench/large_seal.py BIN_DIR [FOLDER [GIB]]

Needs twice the size in FOLDER (default: a temporary one), which it removes again. Starts an appliance of its own, which
gets the digest alone. Prints one BENCH line.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/flow"))
from appliance import Appliance  # noqa: E402
from large_container import processes_under, resident_kib  # noqa: E402


def main():
    gibibytes = float(sys.argv[3]) if len(sys.argv) > 3 else 5
    folder = pathlib.Path(tempfile.mkdtemp(dir=sys.argv[2] if len(sys.argv) > 2 else None))
    appliance = Appliance(sys.argv[1])
    try:
        large, out = folder / "large.bin", folder / "large.edoc"
        with open(large, "wb") as file:
            piece = os.urandom(1 << 20)
            for _ in range(int(gibibytes * 1024)):
                file.write(piece)
        assert appliance.serve().startswith("ready")
        began = time.monotonic()
        sign = subprocess.Popen([appliance.bin / "edocvault", "sign", large, "--level", "LT", "--out", out, "--home",
                                 appliance.home, "--json"])
        most = 0
        while sign.poll() is None:
            most = max(most, sum(resident_kib(pid) for pid in processes_under(sign.pid)))
            time.sleep(0.005)
        took = time.monotonic() - began
        assert sign.returncode == 0, sign.returncode
        report = appliance.run("verify", out, timeout=300).json
        assert report["signatures"][0]["intact"] and report["signatures"][0]["format"] == "XAdES-BASELINE-LT"
        print(f"BENCH sign.large_memory ratio={most / 1024 / 64:.3f} min=- max=- value={most / 1024:.1f} unit=MiB "
              f"reference=64-MiB seconds={took:.1f}")
    finally:
        appliance.remove()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
