"""Every reason of an Error has its sentence in both languages, and no sentence is orphaned."""
import pathlib
import re
import sys

REASON = r'"([a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+)"'
FOLDERS = ["base", "hsm", "vault", "signing", "trust", "archive-policy", "hardening", "emulator", "api", "cli"]

root = pathlib.Path(sys.argv[1])
table = (root / "base/error_text.cc").read_text()
rows = re.findall(r'\{"([^"]+)",\s*((?:"[^"]*"\s*)+),\s*((?:"[^"]*"\s*)+)\}', table)
known = {reason for reason, _, _ in rows}

source = ""
used = {}
for folder in FOLDERS:
    for path in sorted((root / folder).rglob("*.cc")) + sorted((root / folder).rglob("*.h")):
        if path.name == "error_text.cc":
            continue
        text = path.read_text()
        source += text
        for match in re.finditer(r"ErrorCode::k\w+,\s*" + REASON, text):
            used.setdefault(match[1], path.relative_to(root))

wrong = [f"{path}: reason {reason} has no sentence" for reason, path in used.items() if reason not in known]
wrong += [f"{reason}: no code gives it" for reason in known if f'"{reason}"' not in source]
wrong += [f"{reason}: listed twice" for reason in known if [r for r, _, _ in rows].count(reason) > 1]
wrong += [f"{r}: not a full sentence" for r, lv, en in rows for t in (lv, en) if not t.strip().endswith('."')]
print("\n".join(wrong) or f"{len(known)} reasons, each with its sentence in lv and en")
sys.exit(bool(wrong))
