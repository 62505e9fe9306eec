"""Titles that spreadsheets have above their header."""

from __future__ import annotations

from collections.abc import Sequence

from nmf_core.errors import shown
from nmf_core.tables.numbers import is_number

MOST_TITLES = 8


def n_titles(rows: Sequence[Sequence[object]]) -> int:
    """How many of the first rows are titles above a header: words, before a row of more words that reaches as far to the left.

    Blank rows between them count.

    >>> n_titles([["Our films, 2026"], ["user", "Alien", "Heat"]]), n_titles([["user", ""], ["ann", "5"]])
    (1, 0)
    >>> n_titles([["Sum of rating", "Film", ""], ["Person", "Alien", "Heat"], ["ann", 5, 3]])
    1
    """
    above = 0
    for k, row in enumerate(rows):
        filled = [column for column, cell in enumerate(row) if str(cell).strip()]
        if len(filled) > 1:
            numbers = [is_number(row[column]) for column in filled]
            headless = filled == [*range(len(row))] and numbers in ([False, False, True], [False, False, True, True])
            if any(numbers) and not headless:
                return above
            if headless or not _is_below(row, rows[k + 1 :]):
                return k
            above = k + 1
        elif filled != [0] and (filled or k == 0) or filled and is_number(row[0]):
            return 0
    return 0


def _is_below(row: Sequence[object], rows: Sequence[Sequence[object]]) -> bool:
    """Whether the header is rather the next of `rows`: words too, with more cells, as far to the left, and above numbers."""
    if len(rows) < 2 or not any(map(is_number, rows[1])):
        return False
    filled, below = ([k for k, cell in enumerate(cells) if str(cell).strip()] for cells in (row, rows[0]))
    return len(below) > len(filled) and below[0] <= filled[0] and not any(is_number(rows[0][k]) for k in below)


def said(row: Sequence[object]) -> str:
    """What a row says."""
    return " ".join(str(cell).strip() for cell in row if str(cell).strip())


def said_titles(rows: Sequence[tuple[int, Sequence[object]]], place: str) -> tuple[str, ...]:
    """Notes on titles that were passed over: where each stands, and what it says."""
    return tuple(
        f"{place.capitalize()} {at} was taken for a title: {shown(said(row))}." for at, row in rows if said(row)
    )
