"""What the reader makes of tables as people keep them: `python -m benchmarks.readings [--kinds] [--wrong]`.

Prints, for the half by which the weights were set, for the half by which they are judged and for three later sets, how many
tables came out how: the confusion of what they are and what was made of them. `--kinds`: a line for each kind;
`--wrong`: the files not right.
"""

from __future__ import annotations

import argparse
from collections import Counter

from tests.readings.corpus import FIFTH, FOURTH, HELD, OUTCOMES, SET, THIRD, Case, cases, outcome

_LATER = "made later by somebody else; as it came, before anything was changed for it: {}"
_SETS = (
    ("by which the weights were set", SET),
    ("by which they are judged", HELD),
    (_LATER.format("right 74.7%, asked or refused though plain 35.6%, wrong and sure 10"), THIRD),
    (_LATER.format("right 61.8%, asked or refused though plain 56.0%, wrong and sure 1"), FOURTH),
    (_LATER.format("right 75.8%, asked or refused though plain 33.3%, wrong and sure 3"), FIFTH),
)


def told(name: str, found: list[tuple[Case, str]]) -> None:
    """Print the table of one set."""
    print(f"\n{name}: {len(found)} tables in {len({case.kind for case, _ in found})} kinds")
    print(f"{'':34}" + "".join(f"{word:>18}" for word in OUTCOMES))
    rows = {
        "plain to a person": [f for case, f in found if case.shape and case.plain],
        "readable, but to be asked about": [f for case, f in found if case.shape and not case.plain],
        "no ratings, or nobody can tell": [f for case, f in found if not case.shape],
    }
    for what, outcomes in rows.items():
        count = Counter(outcomes)
        print(f"{what:34}" + "".join(f"{count[word]:18}" for word in OUTCOMES))
    readable = Counter(f for case, f in found if case.shape)
    plain = Counter(f for case, f in found if case.shape and case.plain)
    right = (readable["right"] + readable["right, asked"]) / max(1, sum(readable.values()))
    asked = 1 - plain["right"] / max(1, sum(plain.values()))
    wrong = sum(f == "wrong, sure" for _, f in found)
    print(f"right at first guess {right:.1%}, asked or refused though plain {asked:.1%}, wrong and sure {wrong}")


def main() -> None:
    """Judge and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", action="store_true", help="a line for each kind")
    parser.add_argument("--wrong", action="store_true", help="the files that are not right")
    asked = parser.parse_args()
    for name, folders in _SETS:
        found = [(case, outcome(case)) for case in cases(folders)]
        told(name, found)
        for kind in sorted({case.kind for case, _ in found}) if asked.kinds else ():
            count = Counter(f for case, f in found if case.kind == kind)
            print(f"  {kind:30}" + "".join(f"  {word} {count[word]}" for word in OUTCOMES if count[word]))
        for case, f in found if asked.wrong else ():
            if f not in ("right", "right, asked", "asked or refused"):
                print(f"  {f:14} {case.path.parent.name}/{case.path.name}")


if __name__ == "__main__":
    main()
