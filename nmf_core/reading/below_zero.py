"""Ratings below zero, as scales from -10 to 10 have them: shifted to start at 0, or taken as no answer; that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from nmf_core.data.notes import DataNote
from nmf_core.reading.options import CHOSEN, NEGATIVE, Question, ReadOptions
from nmf_core.tables.base import Column
from nmf_core.tables.contents import number_of
from nmf_core.tables.numbers import is_number
from nmf_core.words import many, noun

_FEWEST = 2  # cells below zero that make a scale; fewer are slips of the pen, which an error names
_LONGER = 4  # a side that reaches so many times as far as the other is none of one scale


def shifted(
    columns: Sequence[Column], options: ReadOptions, notes: list[str], questions: list[Question]
) -> tuple[Sequence[Column], bool]:
    """The columns without numbers below zero, where these are one side of a scale; and whether all were shifted."""
    if not any(map(_reaches_below, columns)):
        return columns, False
    numbers, told = _numbers(columns), options.negative != "auto"
    if not (told or _has_two_sides(numbers)):
        return columns, False
    low, high, n = float(numbers.min()), float(numbers.max()), int((numbers < 0).sum())
    by = ceil(max(-low, high)) if -low > high / _LONGER else ceil(-low)
    reason = f"{many(n, 'number')} of {len(numbers)} lie below zero, down to {low:g}, and the others reach {high:g}"
    choice = options.negative if told else "shift"
    questions.append(Question("negative", choice, NEGATIVE, CHOSEN if told else reason, told))
    if choice == "blank":
        notes.append(DataNote(f"{many(n, 'cell')} below zero {noun(n, 'was', 'were')} taken as no answer."))
        return [_changed(column, None) for column in columns], False
    notes.append(
        DataNote(f"There are ratings below zero, so {by} was added to each: what was {-by} is 0, and 0 is {by}.")
    )
    return [_changed(column, by) for column in columns], True


def _reaches_below(column: Column) -> bool:
    """Whether one of a column's distinct cells is a number below zero."""
    if column.codes is None:
        return bool((column.cells < 0).any())
    texts = [str(cell) for cell in column.cells if not isinstance(cell, str) or "-" in cell]
    return any(is_number(text) and number_of(text) < 0 for text in texts)


def _numbers(columns: Sequence[Column]) -> np.ndarray:
    """(n_numbers,) the cells that are numbers, each as often as it stands there."""
    found = []
    for column in columns:
        if column.codes is None:
            found.append(column.cells[~np.isnan(column.cells.astype(np.float64))].astype(np.float64))
            continue
        values = np.array([number_of(cell) if is_number(cell) else np.nan for cell in column.cells] + [np.nan])
        found.append(values[column.codes][~np.isnan(values[column.codes])])
    return np.concatenate(found) if found else np.zeros(0)


def _has_two_sides(numbers: np.ndarray) -> bool:
    """Whether numbers are on a scale with two sides: several different ones lie below zero, and not far beyond the others."""
    below, above = numbers[numbers < 0], numbers[numbers > 0]
    if len(below) < _FEWEST or not len(above) or not np.isfinite(numbers).all():
        return False
    one = len(np.unique(below)) < 2 and (below == np.round(below)).all()
    if one and below.min() != -above.max():  # but 1 and -1 are thumbs up and down
        return False
    return bool(-below.min() <= _LONGER * above.max() and above.max() <= _LONGER * 5)


def _changed(column: Column, by: int | None) -> Column:
    """The column with something added to each number; or with those below zero missing, where that is None."""
    if column.codes is None:
        values = column.cells.astype(np.float64)
        return Column(np.where(values < 0, np.nan, values) if by is None else values + by)
    below = [is_number(cell) and number_of(cell) < 0 for cell in column.cells]
    if by is None:
        gone = column.where(below)
        return Column(column.cells, np.where(gone, np.int32(-1), column.codes))
    cells = [round(number_of(cell) + by, 9) if is_number(cell) else cell for cell in column.cells]
    return Column(np.array([*cells, None], dtype=object)[:-1], column.codes)
