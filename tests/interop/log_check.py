"""A second verifier of receipts and of the log, written from docs/formats alone; it shares no code with ours.

    log_check.py receipt FILE --key VKEY [--witness VKEY]... [--document FILE]
    log_check.py tiles FOLDER --key VKEY [--witness VKEY]...
    log_check.py pages DOCS_FORMATS

VKEY is a verifier key or a file with one. `tiles` recomputes what `edocvault log export` wrote. `pages` holds the
worked examples of receipt.md and checkpoint.md to this file. Needs Python's standard library and the openssl program.
"""
import argparse
import base64
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ED25519, COSIGNATURE = 1, 4
DASH = "\u2014 "


class Wrong(Exception):
    pass


def require(good, what):
    if not good:
        raise Wrong(what)


def sha256(data):
    return hashlib.sha256(data).digest()


def unbase64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Wrong(f"not base64: {text[:40]}") from error
    require(base64.b64encode(data).decode() == text, "base64 with another spelling")
    return data


def number(text):
    require(re.fullmatch(r"0|[1-9][0-9]*", text), f"not a number: {text}")
    return int(text)


def verifies(public_key, message, signature):
    """Ed25519 (RFC 8032), by openssl."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    with tempfile.TemporaryDirectory() as folder:
        key, text, value = (pathlib.Path(folder) / name for name in ("key", "text", "value"))
        key.write_bytes(bytes.fromhex("302a300506032b6570032100") + public_key)  # SubjectPublicKeyInfo.
        text.write_bytes(message)
        value.write_bytes(signature)
        run = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key, "-rawin",
                              "-in", text, "-sigfile", value], capture_output=True)
    return run.returncode == 0


class VerifierKey:
    """NAME+KEYID+base64(type || key)"""

    def __init__(self, text, kind):
        path = pathlib.Path(text)
        if "+" not in text or path.exists():
            text = path.read_text().strip()
        match = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+(.+)", text)
        require(match, f"no verifier key: {text}")
        self.name, typed = match[1], unbase64(match[3])
        self.id = sha256(self.name.encode() + b"\n" + typed)[:4]
        require(self.id.hex() == match[2], "the key id is of another name or key")
        require(typed[0] == kind and len(typed) == 33, "a key of another type")
        self.kind, self.key = kind, typed[1:]


class Note:
    def __init__(self, text):
        head, blank, lines = text.rpartition("\n\n")
        require(blank and lines.endswith("\n"), "not a signed note")
        self.text = head + "\n"
        self.lines = []
        for line in lines[:-1].split("\n"):
            match = re.fullmatch(DASH + r"(\S+) (\S+)", line)
            require(match, "not a signature line")
            value = unbase64(match[2])
            self.lines.append((match[1], value[:4], value[4:]))

    def check(self, key):
        """None, or the time of a cosignature. Every line of the key has to verify."""
        values = [value for name, key_id, value in self.lines if (name, key_id) == (key.name, key.id)]
        require(values, f"not signed by {key.name}")
        seconds = None
        for value in values:
            message = self.text.encode()
            if key.kind == COSIGNATURE:
                require(len(value) == 72, "a cosignature of another length")
                seconds = int.from_bytes(value[:8], "big")
                message = f"cosignature/v1\ntime {seconds}\n".encode() + message
                value = value[8:]
            require(verifies(key.key, message, value), f"bad signature of {key.name}")
        return seconds


def checkpoint(text, key, witnesses):
    """Size and root, after every signature that was asked for verified."""
    note = Note(text)
    note.check(key)
    for witness in witnesses:
        print(f"cosigned by {witness.name} at {note.check(witness)}")
    lines = note.text.split("\n")
    require(len(lines) >= 4 and lines[0] == key.name, "a checkpoint of another log")
    root = unbase64(lines[2])
    require(len(root) == 32, "a root of another length")
    return number(lines[1]), root


def leaf_hash(data):
    return sha256(b"\0" + data)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


def tree_hash(hashes):
    """MTH of RFC 6962, 2.1, over leaf hashes."""
    if not hashes:
        return sha256(b"")
    while len(hashes) > 1:
        pairs = [node_hash(*hashes[i:i + 2]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + ([hashes[-1]] if len(hashes) % 2 else [])
    return hashes[0]


def root_of(leaf, index, size, path):
    """RFC 6962, 2.1.1, from the leaf up: at each level the node is a left or right child, or has no sibling."""
    require(index < size, "an entry beyond the log")
    node, last, rest = index, size - 1, list(path)
    value = leaf
    while last > 0:
        if node % 2 == 1:
            require(rest, "the path is too short")
            value = node_hash(rest.pop(0), value)
        elif node < last:
            require(rest, "the path is too short")
            value = node_hash(value, rest.pop(0))
        node, last = node // 2, last // 2
    require(not rest, "the path is too long")
    return value


def record_of(entry):
    """What record.md says of a document: its commitment."""
    require(len(entry) > 75 and entry[0] == 1, "a record of another version")
    kind, commitment, agency = entry[1], entry[42:74], entry[74]
    at = 75 + agency + {2: 56, 3: 16, 5: 32, 6: 16}.get(kind, 0) + 4
    sealed = int.from_bytes(entry[at:at + 2], "big")
    require(len(entry) == at + 2 + sealed, "a record that does not end where it should")
    return kind, commitment


def check_receipt(text, key, witnesses, document):
    lines, blank, note = text.partition("\n\n")
    require(blank, "no checkpoint")
    first, extra, index, *path = lines.split("\n")
    require(first == "c2sp.org/tlog-proof@v1", "not a tlog-proof")
    require(extra.startswith("extra ") and index.startswith("index "), "no extra or index line")
    extra = json.loads(unbase64(extra[6:]))
    entry, salt = unbase64(extra["entry"]), unbase64(extra["salt"])
    size, root = checkpoint(note, key, witnesses)
    index = number(index[6:])
    require(root_of(leaf_hash(entry), index, size, [unbase64(line) for line in path]) == root, "not in the log")
    kind, commitment = record_of(entry)
    if document is not None:
        require(kind == 2 and commitment == sha256(salt + sha256(document)), "another document")
    print(f"entry {index} of {size} in {key.name}")


def tile_path(index, width):
    path = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        path = f"x{index % 1000:03}/{path}"
    return path + ("" if width == 256 else f".p/{width}")


def rows(count):
    """Widths of the tiles over so many hashes."""
    return [256] * (count // 256) + ([count % 256] if count % 256 else [])


def check_tiles(folder, key, witnesses):
    size, root = checkpoint((folder / "checkpoint").read_text(), key, witnesses)
    hashes = []
    for index, width in enumerate(rows(size)):
        bundle, at = (folder / "tile/entries" / tile_path(index, width)).read_bytes(), 0
        for _ in range(width):
            length = int.from_bytes(bundle[at:at + 2], "big")
            hashes.append(leaf_hash(bundle[at + 2:at + 2 + length]))
            at += 2 + length
        require(at == len(bundle), f"bundle {index} does not end where it should")
    require(tree_hash(hashes) == root, "the entries have another root")
    level = 0
    while hashes:
        for index, width in enumerate(rows(len(hashes))):
            tile = (folder / "tile" / str(level) / tile_path(index, width)).read_bytes()
            require(tile == b"".join(hashes[index * 256:index * 256 + width]), f"tile {level}/{index} differs")
        hashes = [tree_hash(hashes[i:i + 256]) for i in range(0, len(hashes) - 255, 256)]
        level += 1
    print(f"{size} entries in {key.name}")


def example(page, after):
    """The indented block behind the line that ends with `after`, without its indent."""
    lines = page.split(after + "\n\n", 1)[1].split("\n")
    block = []
    for line in lines:
        if line and not line.startswith("    "):
            break
        block.append(line[4:])
    return "\n".join(block).strip("\n") + "\n"


def check_pages(folder):
    page = (folder / "receipt.md").read_text()
    key = VerifierKey(example(page, "Verifier key:").strip(), ED25519)
    check_receipt(example(page, "Receipt:"), key, [], None)
    page = (folder / "checkpoint.md").read_text()
    key = VerifierKey(example(page, "The log's key:").strip(), ED25519)
    witness = VerifierKey(example(page, "The witness's key:").strip(), COSIGNATURE)
    note = example(page, "The note:")
    require(checkpoint(note, key, [witness]) == (3, tree_hash([leaf_hash(b) for b in (b"a", b"b", b"c")])),
            "the example has another root")
    for old, new in (("\n3\n", "\n4\n"), ("NmQu", "NmQv"), ("riga", "rigb"), (" ynGn", " ynGo")):
        try:
            checkpoint(note.replace(old, new), key, [witness])
        except Wrong:
            continue
        raise Wrong(f"a changed note is taken: {old!r}")
    signed = "\n".join(note.split("\n")[:5]) + "\n"
    require(sha256(signed.encode()).hex() in page, "the page stamps something else")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("receipt", "tiles", "pages"))
    parser.add_argument("path", type=pathlib.Path)
    parser.add_argument("--key")
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--document", type=pathlib.Path)
    words = parser.parse_args()
    try:
        if words.what == "pages":
            return check_pages(words.path)
        key = VerifierKey(words.key, ED25519)
        witnesses = [VerifierKey(text, COSIGNATURE) for text in words.witness]
        if words.what == "tiles":
            return check_tiles(words.path, key, witnesses)
        document = words.document.read_bytes() if words.document else None
        return check_receipt(words.path.read_text(), key, witnesses, document)
    except (Wrong, OSError, ValueError, KeyError) as error:
        sys.exit(f"refused: {error}")


if __name__ == "__main__":
    main()
