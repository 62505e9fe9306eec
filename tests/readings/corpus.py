"""Tables as people keep them, each with its right reading, and what the reader makes of it.

`cases.json` in each folder has an entry a file: its kind, the shape (users, items, ratings) of the right reading and some of its
cells, or null where it holds no ratings or nobody could tell; `plain` where a person with only the file would ask nothing.
`lists` and `grids` are the half by which the weights of the evidence were set; `held` was made by somebody who did not know the
reader, and is the half by which it is judged. `third`, `fourth` and `fifth` were made later, each by somebody else again: each
was judged once as it came, and then the causes of what was wrong were mended. Where another reading is right as well,
`cells_alt`, `cells_alt2` and `shape_alt` say which.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmf_core import NmfError, preview_ratings
from nmf_core.reading.read import Preview

HERE = Path(__file__).parent
SET, HELD, THIRD, FOURTH, FIFTH = ("lists", "grids"), ("held",), ("third",), ("fourth",), ("fifth",)
# What came out, the best first: right without a question; right, but asked; another reading offered first, but asked; refused
# though it can be read; wrong without a question. And of tables without ratings: asked or refused.
OUTCOMES = ("right", "right, asked", "other, asked", "refused", "wrong, sure", "asked or refused")


@dataclass(frozen=True)
class Case:
    """One table: its file, kind, shape and cells (None where there are no ratings to be read), and whether it is plain.

    Where several readings are right, `shapes` and `cells` have each; any of them will do.
    """

    path: Path
    kind: str
    shape: tuple[int, int, int] | None
    cells: tuple[tuple[tuple[str, str, float], ...], ...]
    plain: bool
    shapes: tuple[tuple[int, ...], ...] = ()


def cases(folders: tuple[str, ...]) -> list[Case]:
    """The cases of some folders."""
    found = []
    for folder in folders:
        for entry in json.loads((HERE / folder / "cases.json").read_text("utf-8")):
            cells = [entry[key] for key in ("cells", "cells_alt", "cells_alt2") if entry.get(key)]
            shape = tuple(entry["shape"]) if entry["shape"] else None
            found.append(
                Case(
                    HERE / folder / entry["file"],
                    entry["kind"],
                    shape,
                    tuple(tuple((str(u), str(i), float(r)) for u, i, r in some) for some in cells),
                    bool(entry["plain"]),
                    tuple(tuple(entry[key]) for key in ("shape", "shape_alt") if entry.get(key)),
                )
            )
    return found


def outcome(case: Case) -> str:
    """One of `OUTCOMES`."""
    found = preview_ratings(case.path)
    asked = not all(question.sure for question in found.questions)
    if case.shape is None:
        return "asked or refused" if asked or found.error is not None else "wrong, sure"
    if found.error is not None:
        return "refused"
    if _right(found, case):
        return "right, asked" if asked else "right"
    return "other, asked" if asked else "wrong, sure"


def _right(found: Preview, case: Case) -> bool:
    """Whether the ratings are those meant."""
    ratings = found.ratings
    assert ratings is not None
    if (ratings.n_users, ratings.n_items, ratings.n_ratings) not in case.shapes:
        return False
    return any(_has(ratings, cells) for cells in case.cells)


def _has(ratings: Any, cells: tuple[tuple[str, str, float], ...]) -> bool:
    """Whether users gave items these ratings; on a scale that begins below zero, all shifted alike."""
    more = [_rating(ratings, user, item) - rating for user, item, rating in cells]
    shift = max(0, round(more[0])) if any(rating < 0 for _, _, rating in cells) and more[0] == more[0] else 0
    return all(abs(one - shift) < 1e-4 for one in more)


def _rating(ratings: Any, user: str, item: str) -> float:
    """What a user gave an item; NaN where there is none."""
    try:
        return float(ratings.of_user(user).get(item, float("nan")))
    except NmfError:
        return float("nan")
