"""Fails when an include breaks the arrows, the front doors or the library owners.

The tables below are docs/ARCHITECTURE.md in a form a program can check. With the libraries
installed system-wide, the compiler would let any folder include any of them.
"""
import pathlib
import re
import sys

# Folder -> the folders of ours it may include.
ARROWS = {
    "base": set(),
    "hsm": {"base"},
    "vault": {"base"},
    "hardening": {"base"},
    "signing": {"base", "hsm"},
    "archive-policy": {"base", "vault"},
    "trust": {"base", "signing", "hardening"},
    "emulator": {"base", "signing", "hsm", "vault"},
    "api": {"base", "hsm", "vault", "signing", "trust", "archive-policy", "hardening"},
    "cli": {"base", "hsm", "vault", "signing", "trust", "archive-policy", "hardening", "emulator"},
}

# The only headers of a folder that other folders may include; base is all front door.
FRONT_DOORS = {
    "hsm": {"approval.h", "ceremony.h", "seal_rule.h", "signer.h", "signed_info.h", "vault_keys.h", "provisioner.h", "keyholder.h"},
    "vault": {"backup.h", "recovery.h", "key_store.h", "ledger.h", "record.h", "segments.h", "receipt.h", "tile.h", "witnessing.h", "audit.h"},
    "signing": {"verifier.h", "xml_gate.h", "xades_writer.h", "signing_place.h", "extender.h", "unsigned_properties.h", "container_writer.h", "copy_statement.h", "stored_container.h", "evidence.h",
                "evidence_bundle.h", "evidence_record_writer.h", "report_pages.h", "checked_signatures.h",
                "trust_material.h"},
    "trust": {"store.h", "snapshot.h", "material.h", "import.h", "pem.h", "freshness.h", "difference.h"},
    "hardening": {"walls.h", "zygote.h"},
    "emulator": {"emulator.h"},
    "archive-policy": set(),
    "api": set(),
    "cli": set(),
}
# signing sees of the token only the interface that seals; so does the emulator. Its witness reads
# notes and checks proofs, and has nothing of a vault.
NARROW_DOORS = {("signing", "hsm"): {"signer.h", "signed_info.h"}, ("emulator", "hsm"): {"signer.h"},
                ("emulator", "vault"): {"signed_note.h", "proof.h"}}

# Third-party header -> the folders that may include it.
OWNERS = {
    r"openssl/": {"base", "hsm", "signing", "emulator", "api"},
    r"lmdb\.h": {"vault"},
    r"libp11\.h|p11-kit/|pkcs11": {"hsm"},
    r"libxml/|xmlsec/|xercesc/|zip\.h|zipconf\.h|zlib\.h": {"signing"},
    r"seccomp\.h|linux/seccomp": {"hardening"},
    r"Poco/": {"api", "cli", "emulator"},
    r"CLI/": {"cli"},
    r"toml": {"api", "cli", "archive-policy"},
    r"nlohmann/": {"base"},
    r"prometheus/": {"api"},
}

# Code that runs with no network and no disk says so by what it does not include.
FORBIDDEN = {
    "signing": r"sys/socket\.h|netdb\.h|netinet/|arpa/|fstream|filesystem|fcntl\.h",
}


def complaints(root):
    for folder, allowed in ARROWS.items():
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".h", ".cc"}:
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
                if match:
                    for what in judge(folder, allowed, match[1]):
                        yield f"{path.relative_to(root)}:{number}: {what}"


def judge(folder, allowed, header):
    target, _, rest = header.partition("/")
    if target in ARROWS and rest and target != folder:
        if target not in allowed:
            yield f"{folder} may not include {target}"
        doors = NARROW_DOORS.get((folder, target), FRONT_DOORS.get(target))
        if doors is not None and rest not in doors:
            yield f"{header} is private to {target}"
    for pattern, owners in OWNERS.items():
        if re.match(pattern, header) and target not in ARROWS and folder not in owners:
            yield f"{header} belongs behind {'/'.join(sorted(owners))}"
    if folder in FORBIDDEN and re.fullmatch(FORBIDDEN[folder], header):
        yield f"{folder} has no network and no disk, so not {header}"


def documented(root):
    """Whether docs/ARCHITECTURE.md has the same front doors, and each of them is there."""
    page = root / "docs/ARCHITECTURE.md"
    if not page.exists():
        return
    rows = re.findall(r"^\| ([\w-]+) \|[^|]*\| ([^|]*) \|", page.read_text(), re.MULTILINE)
    told = {folder: set(re.findall(r"\S+\.h\b", doors)) for folder, doors in rows if doors.strip() != "all"}
    for folder, doors in FRONT_DOORS.items():
        for door in sorted(doors):
            if not (root / folder / door).exists():
                yield f"{folder}/{door} is a front door and not there"
        for door in sorted(doors ^ told.get(folder, set())):
            yield f"docs/ARCHITECTURE.md and the rule differ on {folder}/{door}"


def main():
    root = pathlib.Path(sys.argv[1])
    found = list(complaints(root)) + list(documented(root))
    print("\n".join(found) or "arrows, front doors and owners hold")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
