"""Workbooks of any kind, once they were found sound: the values of one sheet. No formula is computed, no macro or link followed."""

from __future__ import annotations

import io
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any

import python_calamine

from nmf_core.data.notes import DataNote
from nmf_core.errors import RatingsError, shown
from nmf_core.tables.base import Head, Table, check_width, table_of_rows, text_of
from nmf_core.tables.headers import ROLES, has_role
from nmf_core.tables.heads import LOOKED_AT, names_of, says
from nmf_core.tables.titles import MOST_TITLES, n_titles, said, said_titles
from nmf_core.words import many, noun

LOG = logging.getLogger(__name__)

_VISIBLE = python_calamine.SheetVisibleEnum.Visible
_Row = tuple[int, list[Any]]  # where it stands, and its cells


def table_of_workbook(data: bytes, name: str, odd: Counter[str], refusal: Callable[[], RatingsError]) -> Table:
    """A Table of values from the first sheet in sight that names users, items and ratings, or else the first with a table.

    Args:
        data: the workbook, found sound.
        name: its name for errors.
        odd: how many "formulas" have no value, and how many cells hold "errors".
        refusal: the error for a workbook that cannot be read.
    """
    with _refused(refusal):
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    names = workbook.sheet_names
    if not names:
        raise refusal()
    rows_of = cache(partial(_rows, workbook, refusal=refusal))  # a sheet that is looked through is not read again
    sheets = {one: partial(_on_sheet, names, k, name, odd, rows_of) for k, one in enumerate(names)}
    shown_ones = [k for k, sheet in enumerate(workbook.sheets_metadata) if sheet.visible is _VISIBLE]
    first: int | None = None
    for k in shown_ones or range(len(names)):
        rows: list[_Row] = []
        try:
            rows = rows_of(k)
        except RatingsError:  # a sheet of charts alone, say
            LOG.debug("a sheet that cannot be read is passed over")
        if _names_roles(rows):
            first = k
            break
        if first is None and _holds_table(rows):
            first = k
    hidden = frozenset(names) - {names[k] for k in shown_ones} if shown_ones else frozenset()
    return replace(sheets[names[first or 0]](), sheets=sheets, hidden_sheets=hidden)


@contextmanager
def _refused(refusal: Callable[[], RatingsError]) -> Iterator[None]:
    """What calamine cannot read, as our error."""
    try:
        yield
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as e:
        raise refusal() from e
    except BaseException as e:
        if type(e).__name__ != "PanicException":  # Rust's panics are no Exceptions, and have no class to import
            raise
        raise refusal() from e


def _rows(workbook: python_calamine.CalamineWorkbook, sheet: int, refusal: Callable[[], RatingsError]) -> list[_Row]:
    """The rows of a sheet that are not blank, without blank columns at their left."""
    with _refused(refusal):
        rows: list[list[Any]] = workbook.get_sheet_by_index(sheet).to_python(skip_empty_area=False)
    filled = [(k + 1, row) for k, row in enumerate(rows) if any(cell != "" for cell in row)]
    left = min((_first_filled(row) for _, row in filled), default=0)
    # A grid whose users were forgotten begins with a blank column too, but no words stand right of it.
    words = sum(isinstance(row[left], str) and bool(row[left].strip()) for _, row in filled)
    roles = any(has_role([row[left]], role) for _, row in filled[: MOST_TITLES + 1] for role in ROLES)
    return [(line, row[left:]) for line, row in filled] if left and (words > 1 or roles) else filled


def _first_filled(row: Sequence[object]) -> int:
    """Where the first cell of a row stands that is not blank."""
    return next(k for k, cell in enumerate(row) if cell != "")


def _holds_table(rows: Sequence[_Row]) -> bool:
    """Whether at least two rows have more than one cell."""
    return sum(sum(cell != "" for cell in row) > 1 for _, row in rows[:100]) > 1


def _names_roles(rows: Sequence[_Row]) -> bool:
    """Whether one of the first rows names the columns of a list of ratings."""
    return any(all(has_role(row, role) for role in ROLES) for _, row in rows[: MOST_TITLES + 1])


def _on_sheet(
    names: Sequence[str], sheet: int, name: str, odd: Counter[str], rows_of: Callable[[int], list[_Row]]
) -> Table:
    """A Table of the values on one of the sheets that are so named; `odd`: cells of the workbook without a value."""
    title = names[sheet]
    rows: Sequence[_Row] = rows_of(sheet)
    if not rows:
        which = "first sheet" if sheet == 0 else "sheet"
        raise RatingsError(f"{name} is empty: its {which} {shown(title)} has no cells. Put the ratings on that sheet.")
    check_width(name, len(rows[0][1]))
    n = n_titles([row for _, row in rows[: MOST_TITLES + 1]])
    end = n + _end(rows[n:])
    titles, below, rows = rows[:n], rows[end:], rows[:end]
    which = f"sheet {shown(title)}" if sheet else f"first sheet, {shown(title)},"
    n_sheets = len(names)
    only = (DataNote(f"Only the {which} of {n_sheets} was read."),) if n_sheets > 1 else ()
    notes: tuple[str, ...] = (
        *only,
        *(DataNote(f"Row {line} below the table was left out: {shown(said(row))}.") for line, row in below),
    )
    if odd["formulas"]:
        words = many(odd["formulas"], "cell holds a formula", "cells hold formulas")
        computed = f"{words} without a value, read as blank. Open the file in a spreadsheet program and save it again."
        notes = (*notes, DataNote(computed))
    if odd["errors"]:
        words = many(odd["errors"], "cell holds an error", "cells hold errors")
        notes = (
            *notes,
            DataNote(f"{words} such as #REF!, read as blank. Correct {noun(odd['errors'], 'it', 'them')} if need be."),
        )
    first_rows = tuple((line, tuple(map(text_of, row))) for line, row in rows[:LOOKED_AT])
    rest = {"name": name, "place": "row", "formulas_escaped": True, "sheet": title, "first_rows": first_rows}
    made = _table(rows[n:], {**rest, "notes": (*notes, *said_titles(titles, "row"))})
    return replace(made, under=partial(_under, rows, {**rest, "notes": notes}))


def _table(rows: Sequence[_Row], rest: dict[str, Any]) -> Table:
    """The rows as a table, the first being the header."""
    return table_of_rows([row for _, row in rows], [line for line, _ in rows], **rest)


def _under(rows: Sequence[_Row], rest: dict[str, Any], head: Head) -> Table:
    """The rows as a table under another header."""
    below = head.above + head.lines
    first_rows = rest["first_rows"]
    if head.lines:
        names: Sequence[str] = names_of([row for _, row in first_rows[head.above : below]], head)
    else:
        names = [f"column {k + 1}" for k in range(len(rows[0][1]))]
    notes = (*rest["notes"], *says(first_rows, head, "row"))
    made = _table([(rows[head.above][0], list(names)), *rows[below:]], {**rest, "notes": notes})
    return replace(made, head=head, headless=head.lines == 0, under=partial(_under, rows, rest))


def _end(rows: Sequence[_Row]) -> int:
    """Where a table ends that remarks follow: after a blank row, rows of words in the first cell alone."""
    end = len(rows)
    while end > 2 and isinstance(rows[end - 1][1][0], str) and sum(cell != "" for cell in rows[end - 1][1]) == 1:
        end -= 1
        if rows[end][0] > rows[end - 1][0] + 1:
            return end
    return len(rows)
