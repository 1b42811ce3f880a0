"""Each rule of the reference, L1-L28 and T1-T25, has a test that is named after it."""
import pathlib
import re
import sys

RULES = [f"L{n}" for n in range(1, 29)] + [f"T{n}" for n in range(1, 26)]
NAMED = r"\bTEST(?:_F|_P)?\(\s*\w+,\s*([LT][0-9]+)_\w+\s*\)"


def rules_without_test(sources):
    named = {rule for text in sources for rule in re.findall(NAMED, text)}
    return [rule for rule in RULES if rule not in named]


def notices():
    """The check itself: a rule in a comment, or one that only begins alike, is not a test."""
    sources = [f"TEST_F(Rules,\n       {rule}_Holds) {{" for rule in RULES if rule not in ("L1", "T2")]
    return rules_without_test(sources + ["// TEST: L1, T2", "L1_Holds"]) == ["L1", "T2"]


root = pathlib.Path(sys.argv[1])
missing = rules_without_test(path.read_text() for path in sorted((root / "tests").rglob("*_test.cc")))
wrong = [f"{rule}: no test is named after it" for rule in missing]
if not notices():
    wrong.append("this check does not notice a rule without a test")
print("\n".join(wrong) or f"{len(RULES)} rules, each with a test named after it")
sys.exit(bool(wrong))
