"""Which rows of a table count: not those that are blank, say nothing, or sum up the others without a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nmf_core.errors import RatingsError, shown
from nmf_core.reading.totals import is_summary, sums_up
from nmf_core.tables.base import Column, Table, text_of
from nmf_core.tables.numbers import read_numbers, says_blank

_FOOTNOTE = re.compile(
    r"\s*([*†‡¹²³]\W*\w|(source|sources|note|notes|quelle|quellen|hinweis|anmerkung|legende|legend|key|fuente|nota|notas"
    r"|fonte|remarque|remarques|bron|kilde|källa|lähde|źródło|zdroj|stand|as of|printed|exported|generated|erstellt) ?:)",
    re.IGNORECASE,
)


def filled_rows(
    table: Table, columns: Sequence[Column], notes: list[str], *, telling: int | None = None
) -> tuple[Table, tuple[Column, ...]]:
    """The table and columns without the rows that are blank in all of these columns, or in the first `telling` of them."""
    empty = columns[0].blank()
    for column in columns[1:telling]:
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


def without_footnotes(
    table: Table, first: Column, columns: Sequence[Column], notes: list[str]
) -> tuple[Table, Column, Sequence[Column]]:
    """The rows of a grid without last ones that say in their first cell where the table is from, and nothing else."""
    blank = np.logical_and.reduce([column.blank() for column in columns])
    n = len(first)
    while n > 1 and blank[n - 1] and _FOOTNOTE.match(text_of(first.cell(n - 1) or "")):
        n -= 1
    if n == len(first):
        return table, first, columns
    said = [shown(text_of(first.cell(row))) for row in range(n, len(first))]
    notes.append(f"Below the table stands {' and '.join(said)}: left out.")
    return table, first.first(n), [column.first(n) for column in columns]


def without_unnamed_sums(
    first: Column, columns: Sequence[Column], decimal: str, notes: list[str]
) -> tuple[Column, Sequence[Column]]:
    """The rows of a grid without a last one that has no name and sums up the others."""
    n = len(first)
    if n < 4 or not first.blank()[n - 1]:
        return first, columns
    grids = [read_numbers(columns, mark).matrix() for mark in ([".", ","] if decimal == "auto" else [decimal])]
    if not any(sums_up(grid[-1], grid[:-1]) for grid in grids):
        return first, columns
    notes.append("The last row has no name, and its numbers sum up the others: it was left out.")
    return first.first(n - 1), [column.first(n - 1) for column in columns]


def below_first(table: Table, first: Column, columns: Sequence[Column]) -> tuple[Table, Column, Sequence[Column]]:
    """All rows but the first."""
    below, line = np.arange(1, len(first)), table.line
    return replace(table, line=lambda row: line(row + 1)), first.rows(below), [column.rows(below) for column in columns]
