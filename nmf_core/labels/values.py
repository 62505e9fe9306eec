"""Cells of item metadata as values: the parts of a list, the decade of a year, low and high of numbers, the words of a text."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.labels.label import LONGEST_TEXT, can_be_seen, one_line

Values = list[tuple[str, ...]]  # of each item; none where nothing is known

LONGEST_CELL, LARGEST = 5_000, 1e300  # characters of a cell that are read, and a number
_UNKNOWN = frozenset({"", "nan", "none", "n/a", "unknown", "(no genres listed)"})
_YEAR = re.compile(r"(?<!\d)(1\d|20|21)\d\d(?!\d)")
_NUMBER = re.compile(r"\s*(-?\d{1,9}(?:\.\d{1,9})?)\s*(?:[^\W\d_]{1,8}\.?)?\s*")  # with a unit, such as "142 min"
# ['Action', 'Crime'], or [{"id": 28, "name": "Action"}].
_WRITTEN = re.compile(r"\s*\[[\"'{].*\]\s*", re.DOTALL)
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_NAMED = re.compile(r"[\"']name[\"']\s*:\s*(?:\"([^\"]*)\"|'([^']*)')")
_WORD = re.compile(r"[^\W\d_]{3,}|\n")
# These words tell nothing of a text, though they lean somewhere by luck or by style.
_EVERYWHERE = frozenset(
    """about after all also and any are aux avec back been before being but can das degli del della delle dem den der des did
    die does down ein eine einer for from get gets goes had has have her here him his how into its just las les los more
    most new not now off one only other our out over para por pour she some than that the their them then there these they
    this through too two und under une until very via von was were what when where which while who whose will with you
    your zum zur""".split()
)


def listed(cells: Sequence[object], *, separators: tuple[str, ...]) -> Values:
    """The values in each cell of texts or lists; none where a cell is blank or says unknown."""
    split = cache(partial(_split, separators=separators))  # texts repeat, so each is taken apart once
    return [
        split(cell[:LONGEST_CELL])
        if isinstance(cell, str)
        else _distinct(str(one) for one in cell if not is_blank(one))
        if isinstance(cell, list | tuple | np.ndarray)
        else _distinct(sorted(str(one) for one in cell if not is_blank(one)))
        if isinstance(cell, set | frozenset)
        else ()
        for cell in cells
    ]


def _split(text: str, *, separators: tuple[str, ...]) -> tuple[str, ...]:
    """The values in a text: those of a list as programs write it, else at the first of the separators that is in it."""
    if _WRITTEN.fullmatch(text):
        named = _NAMED.findall(text) or ([] if "{" in text else _QUOTED.findall(text))
        return _distinct(double or single for double, single in named)
    separator = next((s for s in separators if s in text), None)
    return _distinct(text.split(separator) if separator else [text])


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Clean values, each once, that can be a label's text."""
    clean = (one_line(v) for v in values)
    return tuple(
        dict.fromkeys(v for v in clean if v.lower() not in _UNKNOWN and len(v) <= LONGEST_TEXT and can_be_seen(v))
    )


def decades(cells: Sequence[object]) -> Values:
    """The decade of each year, or of each date's year."""
    return [(f"{int(year) // 10 * 10}s",) if 1000 <= year < 3000 else () for year in map(_year, cells)]


def _year(cell: object) -> float:
    """The year that a cell tells; 0 for none."""
    if isinstance(cell, int | float):
        return float(cell) if 0 < cell < 10_000 else 0.0
    if isinstance(cell, datetime.date):
        return float(cell.year) if cell == cell else 0.0  # pandas' blank is a date that is not itself
    found = _YEAR.search(cell[:40]) if isinstance(cell, str) else None
    return float(found[0]) if found else 0.0


def lengths(cells: Sequence[object]) -> Values:
    """Long for the top quarter, short for the bottom quarter, medium between."""
    return _quarters(cells, "Short (up to {:g})", "Medium length", "Long ({:g} or more)")


def amounts(cells: Sequence[object], *, called: str) -> Values:
    """High for the top quarter of a number of any kind, low for the bottom quarter."""
    name = called.replace("{", "{{").replace("}", "}}")
    return _quarters(cells, f"Low {name} (up to {{:,g}})", f"Medium {name}", f"High {name} ({{:,g}} or more)")


def _quarters(cells: Sequence[object], low: str, middle: str, high: str) -> Values:
    """A name for numbers in the lowest and in the highest quarter, and for those between."""
    values = numbers(cells)
    known = values[np.isfinite(values)]
    bottom, top = np.quantile(known, [0.25, 0.75], method="closest_observation") if len(known) else (0.0, 0.0)
    if not bottom < top:
        return [()] * len(values)
    of_low, of_middle, of_high = (
        _distinct([name.format(end)]) for name, end in ((low, bottom), (middle, 0), (high, top))
    )
    return [
        () if not math.isfinite(x) else of_high if x >= top else of_low if x <= bottom else of_middle
        for x in values.tolist()
    ]


def numbers(cells: Sequence[object]) -> NDArray[np.float64]:
    """Cells as float64, a unit behind them taken off; NaN where a cell is no number."""
    plain = [
        float(cell)
        if isinstance(cell, int | float) and abs(cell) < LARGEST
        else float(found[1])
        if isinstance(cell, str) and (found := _NUMBER.fullmatch(cell[:40]))
        else math.nan
        for cell in cells
    ]
    return np.array(plain, dtype=np.float64)


def words(cells: Sequence[object]) -> Values:
    """The words of each text that tell something, each once."""
    found: list[dict[str, None]] = [{}]
    texts = [" ".join(cell[:LONGEST_CELL].split()) if isinstance(cell, str) else "" for cell in cells]
    for word in _WORD.findall(
        unicodedata.normalize("NFC", "\n".join(texts)).casefold()
    ):  # all at once: titles are many and short
        if word == "\n":
            found.append({})
        elif word not in _EVERYWHERE and len(word) <= LONGEST_TEXT:
            found[-1][word] = None
    shown = {word: word.capitalize() for cell in found for word in cell}
    return [tuple([shown[word] for word in cell]) for cell in found]


def is_blank(cell: object) -> bool:
    """Whether a cell tells nothing: it is empty, says unknown, or is no text, number, date or list of them."""
    if isinstance(cell, str):
        return cell.strip().lower() in _UNKNOWN
    if isinstance(cell, int | float):
        return not abs(cell) < LARGEST
    if isinstance(cell, list | tuple | set | frozenset | np.ndarray):
        return len(cell) == 0
    return not isinstance(cell, datetime.date) or cell is pd.NaT
