#!/usr/bin/env python3
"""A 5 GiB container through `edocvault verify`: memory of all its processes, and CPU beside inflate+SHA-256 alone.

    bench/large_container.py EDOCVAULT [FOLDER [GIB]]

Needs about 3.5 GB in FOLDER (default: a temporary one), which it removes again. Prints two BENCH lines.
"""

import hashlib
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib

SIGNATURE = """<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"><ds:Signature
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="S1"><ds:SignedInfo><ds:CanonicalizationMethod
 Algorithm="http://www.w3.org/2006/12/xml-c14n11"/><ds:SignatureMethod
 Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"/><ds:Reference URI="large.txt"><ds:DigestMethod
 Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>
</ds:SignedInfo><ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature></asic:XAdESSignatures>"""


def make(path, gibibytes):
    # Text of a small alphabet: it deflates to about three fifths, as documents do.
    random.seed(1)
    piece = bytes(random.choice(b"abcdefgh 0123456789\n") for _ in range(1 << 20))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1, allowZip64=True) as archive:
        archive.writestr("mimetype", "application/vnd.etsi.asic-e+zip", compress_type=zipfile.ZIP_STORED)
        archive.writestr("META-INF/signatures0.xml", SIGNATURE)
        with archive.open("large.txt", "w", force_zip64=True) as member:
            for _ in range(int(gibibytes * 1024)):
                member.write(piece)


def processes_under(pid):
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as children:
                for child in children.read().split():
                    found += processes_under(int(child))
    except OSError:
        pass
    return found


def resident_kib(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            return sum(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    except OSError:
        return 0


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def verify(program, path):
    before = cpu_of_children()
    run = subprocess.Popen([program, "verify", "--format", "json", path], stdout=subprocess.PIPE)
    peak = 0
    while run.poll() is None:
        peak = max(peak, sum(resident_kib(pid) for pid in processes_under(run.pid)))
        time.sleep(0.02)
    report = run.stdout.read()
    if b'"indication"' not in report:
        sys.exit("the container was not read: " + report.decode()[:500])
    return peak / 1024, cpu_of_children() - before


def floor(path):
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("large.txt")
    before = time.process_time()
    with open(path, "rb") as file:
        file.seek(member.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))
        file.seek(member.header_offset + 30 + name + extra)
        inflate, digest, left = zlib.decompressobj(-15), hashlib.sha256(), member.compress_size
        while left:
            piece = file.read(min(1 << 16, left))
            left -= len(piece)
            digest.update(inflate.decompress(piece))
    return time.process_time() - before


def main():
    program = sys.argv[1]
    gibibytes = float(sys.argv[3]) if len(sys.argv) > 3 else 5
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        path = os.path.join(folder, "large.asice")
        make(path, gibibytes)
        ratios, peaks = [], []
        for _ in range(3):
            alone = floor(path)
            peak, cost = verify(program, path)
            ratios.append(alone / cost)
            peaks.append(peak)
    ratios.sort()
    print(f"BENCH verify.large_speed ratio={ratios[1]:.3f} min={ratios[0]:.3f} max={ratios[2]:.3f} "
          f"value={gibibytes:.1f} unit=GiB reference=inflate+SHA-256")
    print(f"BENCH verify.large_memory ratio={max(peaks) / 64:.3f} min={min(peaks) / 64:.3f} max={max(peaks) / 64:.3f} "
          f"value={max(peaks):.1f} unit=MiB reference=64-MiB")


if __name__ == "__main__":
    main()
