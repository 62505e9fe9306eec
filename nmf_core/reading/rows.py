"""Which rows of a table count: not those that are blank, say nothing, or sum up the others without a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nmf_core.errors import RatingsError, shown
from nmf_core.reading.totals import is_summary
from nmf_core.tables.base import Column, Table, text_of
from nmf_core.tables.numbers import says_blank


def filled_rows(table: Table, columns: Sequence[Column], notes: list[str]) -> tuple[Table, tuple[Column, ...]]:
    """The table and columns without the rows that are blank in all of these columns."""
    empty = columns[0].blank()
    for column in columns[1:]:
        if not empty.any():
            break
        empty &= column.blank()
    if empty.all():  # no rows at all, too
        raise RatingsError(f"{table.name} has a header but no ratings. Add at least one row below the header.")
    if not empty.any():
        return table, tuple(columns)
    kept, line = np.flatnonzero(~empty), table.line
    notes.append(f"{int(empty.sum())} blank rows were skipped.")
    table = replace(table, line=lambda row: line(int(kept[row])))
    return table, tuple(column.rows(kept) for column in columns)


def named_rows(table: Table, first: Column, columns: Sequence[Column]) -> tuple[Table, Column, Sequence[Column]]:
    """The rows that have a name or say anything: not those of a spreadsheet's errors alone."""
    silent = first.blank()
    for column in columns:
        if not silent.any():
            return table, first, columns
        coded = column.coded()
        silent = silent & coded.where([says_blank(cell) for cell in coded.cells], missing=True)
    if not silent.any() or silent.all():
        return table, first, columns
    kept, line = np.flatnonzero(~silent), table.line
    return replace(table, line=lambda row: line(int(kept[row]))), first.rows(kept), [c.rows(kept) for c in columns]


def without_sums(columns: Sequence[Column], notes: list[str]) -> Sequence[Column]:
    """Users, items and ratings without a last row that is called a total and names no user or no item."""
    n = len(columns[0])
    last = [column.cell(n - 1) for column in columns]
    named = [text_of(cell).strip() for cell in last[:2] if cell is not None]
    if n < 3 or all(named) and len(named) == 2 or not any(map(is_summary, named)):
        return columns
    notes.append(f"The last row, {shown(next(filter(None, named)))}, names no user and item: it was left out.")
    return [column.first(n - 1) for column in columns]


def below_first(table: Table, first: Column, columns: Sequence[Column]) -> tuple[Table, Column, Sequence[Column]]:
    """All rows but the first."""
    below, line = np.arange(1, len(first)), table.line
    return replace(table, line=lambda row: line(row + 1)), first.rows(below), [column.rows(below) for column in columns]
