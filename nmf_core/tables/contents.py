"""What a column seems to hold: numbers, words, dates or years."""

from __future__ import annotations

import re

import numpy as np

from nmf_core.tables.base import Column
from nmf_core.tables.numbers import DATE, are_digits, is_number, says_blank


def are_dates(column: Column) -> bool:
    """Whether most of a column's distinct cells are dates."""
    cells = column.coded().cells
    dates = sum(isinstance(cell, str) and bool(DATE.fullmatch(cell.strip())) for cell in cells)
    return 2 * dates > len(cells)


def are_years(column: Column) -> bool:
    """Whether all numbers of a column could be years."""
    texts = [str(cell).strip() for cell in column.coded().cells if is_number(cell)]
    return all(re.fullmatch(r"(19|20)\d\d(\.0)?", text) for text in texts)


def are_words(column: Column) -> bool:
    """Whether most of a column's distinct cells are words, rather than numbers or blanks."""
    words = [not is_number(cell) for cell in column.coded().cells if not says_blank(cell)]
    return 2 * sum(words) > len(words)


def is_numeric(column: Column) -> bool:
    """Whether a column's cells are numbers, or nearly all."""
    if column.codes is None:
        return True
    cells = [cell for cell in column.cells if not says_blank(cell)]
    return len(cells) > 0 and bool(np.mean([is_number(cell) for cell in cells]) > 0.9)


def number_of(cell: object) -> float:
    """A cell that is a number as one, whatever its decimal mark; of two marks the last one is it.

    >>> number_of("4,5"), number_of("1.204,50"), number_of("1,204,500")
    (4.5, 1204.5, 1204500.0)
    """
    if isinstance(cell, str) and are_digits(cell):
        return float(cell)
    text = str(cell).strip()  # Python strips signs between records as well, and cannot read them
    marks = [mark for mark in text if mark in ".,"]
    if len(marks) > 1:
        last = marks[-1] if marks.count(marks[-1]) == 1 else ""
        text = "".join(c for c in text if c not in ".," or c == last)
    return float(text.replace(",", "."))


def top(column: Column) -> float:
    """The largest number in a column; 0 if there is none."""
    return max((number_of(cell) for cell in column.coded().cells if is_number(cell)), default=0.0)
