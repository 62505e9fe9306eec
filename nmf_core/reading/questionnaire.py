"""Grids with other columns among the ratings, as surveys have them: what names the rows, and which columns are no ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nmf_core.tables.base import Column, Table
from nmf_core.tables.contents import are_dates, are_words, are_years, number_of, top
from nmf_core.tables.headers import has_role, plain
from nmf_core.tables.numbers import is_number, says_blank

# What columns of numbers are called that are no ratings. The whole header: "Ice Age" is a film.
_ABOUT = frozenset(
    (
        *(
            "age",
            "year",
            "date",
            "time",
            "timestamp",
            "day",
            "month",
            "count",
            "no",
            "nr",
            "id",
            "number",
            "row",
            "index",
        ),
        *(
            "zip",
            "zipcode",
            "postcode",
            "price",
            "height",
            "weight",
            "income",
            "birthyear",
            "yearofbirth",
            "releaseyear",
        ),
        *("alter", "jahr", "datum", "uhrzeit", "geburtsjahr", "âge", "année", "edad", "año", "fecha"),
    )
)
_NAMES = frozenset(("name", "yourname", "fullname", "email", "emailaddress", "mail", "emailaddresse", "nombre", "nom"))
_SIZE = 4  # a column that reaches so many times as far as most is on another scale
_MOST_COLUMNS = 500  # that are looked through
_FEW_ROWS = 5


@dataclass(frozen=True)
class Questionnaire:
    """What the columns of a grid are.

    Attributes:
        down: the column that names the rows; None where none names each row differently.
        skip: columns that are no ratings, but for that one.
        n_ratings: how many are left.
        named: whether the column that names the rows is called a name.
        likely: whether this is a grid rather than a list of ratings.
    """

    down: int | None
    skip: tuple[int, ...]
    n_ratings: int
    named: bool
    likely: bool


def questionnaire_of(table: Table) -> Questionnaire | None:
    """What the columns are, where others than the first are no ratings, or the first names no rows; else None."""
    n = len(table.header)
    if not 3 <= n <= _MOST_COLUMNS or not any(table.header):
        return None
    columns = table.take(range(n))
    if len(columns[0]) == 0:
        return None
    ratings = _ratings(table.header, columns)
    others = [k for k in range(n) if k not in ratings]
    if others == [0] and _differs(columns[0]):
        return None
    down = _naming(table.header, columns, others)
    skip = tuple(k for k in others if k != down)
    # Words that differ in each row are who answered; and where nothing but dates stands beside numbers, these are no ids.
    who = down is not None and are_words(columns[down]) and not are_dates(columns[down])
    only_dates = all(are_dates(columns[k]) for k in others)
    likely = len(ratings) >= (2 if who or only_dates else 3)
    return Questionnaire(down, skip, len(ratings), down is not None and _is_called_name(table.header[down]), likely)


def _ratings(header: Sequence[str], columns: Sequence[Column]) -> list[int]:
    """The columns of numbers on one scale."""
    found = [
        k
        for k, column in enumerate(columns)
        if not are_words(column)  # a wrong cell makes no column of words
        and plain(header[k]) not in _ABOUT
        and not (are_years(column) or _is_running(column))
        and not (k == 0 and (not header[0] or has_role(header[:1], "user") or has_role(header[:1], "item")))
    ]
    tops = {k: top(columns[k]) for k in found}
    usual = float(np.median(list(tops.values()))) if found else 0.0
    return [k for k in found if not 0 < _SIZE * usual < tops[k]]


def _is_running(column: Column) -> bool:
    """Whether a column counts its rows; a few ratings may rise by one as well."""
    cells = column.coded().cells
    if len(cells) < max(len(column), _FEW_ROWS) or not all(map(is_number, cells)):
        return False
    steps = np.diff([number_of(cell) for cell in cells])
    return bool((steps == 1).all())


def _naming(header: Sequence[str], columns: Sequence[Column], others: Sequence[int]) -> int | None:
    """The column that names the rows: of those that are no ratings and differ in each row, the one most like names."""
    differing = [k for k in others if _differs(columns[k])]

    def unlike(k: int) -> tuple[bool, bool, int]:
        return not _is_called_name(header[k]), not are_words(columns[k]) or are_dates(columns[k]), k

    return min(differing, key=unlike, default=None)


def _is_called_name(header: str) -> bool:
    """Whether a column is called the name of people."""
    return has_role([header], "user") or plain(header) in _NAMES


def _differs(column: Column) -> bool:
    """Whether a column has a name for each row, and no name twice."""
    cells = column.coded().cells
    return len(cells) == len(column) and not any(map(says_blank, cells))
