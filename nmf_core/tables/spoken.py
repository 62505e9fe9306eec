"""Ratings as people write them: "4/5", "★★★☆☆", "5 - loved it"."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from nmf_core.tables.base import Column
from nmf_core.tables.numbers import is_number, says_blank

_NUMBER = r"(\d{1,3}(?:[.,]\d{1,2})?)"
_WAYS = (
    re.compile(rf"{_NUMBER}\s*(?:/|of|out of|von|sur|de|auf)\s*\d{{1,3}}(?:\.0)?(?:\s+[^\W\d]+)?", re.IGNORECASE),
    re.compile(rf"{_NUMBER}\s*(?:%|\*|stars?|points?|pts\.?|sterne?|punkte?|étoiles?|estrellas?|★|⭐)", re.IGNORECASE),
    re.compile(rf"{_NUMBER}\s*[-–—:=.)]\s*[^\W\d].*"),
    re.compile(rf"{_NUMBER}\s*\([^\d)].*\)"),
    re.compile(rf"[^\W\d][^\d()]*\(\s*{_NUMBER}\s*\)"),
)
_STARS = re.compile(r"([★⭐*]\ufe0f?)*[½⯨]?[☆✩]*")


def spoken_number(text: str) -> float | None:
    """The rating that a text says; None where it says none.

    >>> [spoken_number(text) for text in ("4/5", "★★★☆☆", "5 - loved it", "3,5 Sterne", "2 (poor)", "good")]
    [4.0, 3.0, 5.0, 3.5, 2.0, None]
    """
    text = text.strip()
    for way in _WAYS:
        if found := way.fullmatch(text):
            return float(found[1].replace(",", "."))
    if text.strip("½⯨") and _STARS.fullmatch(text):
        return text.count("★") + text.count("⭐") + text.count("*") + 0.5 * (text.count("½") + text.count("⯨"))
    return None


def are_spoken(cells: Sequence[object]) -> bool:
    """Whether cells that are no numbers say one, all of them."""
    texts = [cell for cell in cells if isinstance(cell, str) and not is_number(cell) and not says_blank(cell)]
    return bool(texts) and all(spoken_number(text) is not None for text in texts)


def as_numbers(column: Column) -> Column:
    """The column with what its cells say as numbers."""
    if column.codes is None:
        return column
    cells = [
        found if isinstance(cell, str) and not is_number(cell) and (found := spoken_number(cell)) is not None else cell
        for cell in column.cells
    ]
    made = np.array([*cells, None], dtype=object)[:-1]
    return Column(made, column.codes)
