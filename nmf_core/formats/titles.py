"""Titles that spreadsheets have above their header."""

from __future__ import annotations

from collections.abc import Sequence

from nmf_core.errors import shown
from nmf_core.formats.numbers import is_number

MOST_TITLES = 8


def n_titles(rows: Sequence[Sequence[object]]) -> int:
    """How many of the first rows are titles above a header: words in their first cell alone, before a row of several words.

    Blank rows between them count.

    >>> n_titles([["Our films, 2026"], ["user", "Alien", "Heat"]]), n_titles([["user", ""], ["ann", "5"]])
    (1, 0)
    """
    for k, row in enumerate(rows):
        filled = [column for column, cell in enumerate(row) if str(cell).strip()]
        if len(filled) > 1:
            numbers = [is_number(row[column]) for column in filled]
            headless = filled == [*range(len(row))] and numbers in ([False, False, True], [False, False, True, True])
            return k if headless or not any(numbers) else 0
        if filled != [0] and (filled or k == 0) or filled and is_number(row[0]):
            return 0
    return 0


def said_titles(places: Sequence[tuple[int, str]], place: str) -> tuple[str, ...]:
    """Notes on titles that were passed over: where each stands, and what it says."""
    return tuple(f"{place.capitalize()} {at} was taken for a title: {shown(title)}." for at, title in places if title)
