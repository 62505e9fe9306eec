"""Excel workbooks: the values of one sheet. No formula is computed, no macro or link is followed."""

from __future__ import annotations

import io
import logging
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import IO, Any

import python_calamine

from nmf_core.data.notes import DataNote
from nmf_core.errors import NmfError, RatingsError, shown
from nmf_core.formats.base import MAX_UNPACKED_BYTES, Data, Format, whole
from nmf_core.formats.kinds import ZIP, kind_at
from nmf_core.tables.base import MAX_GRID_CELLS, Table, check_width, table_of_rows
from nmf_core.tables.headers import ROLES, has_role
from nmf_core.tables.titles import MOST_TITLES, n_titles, said, said_titles
from nmf_core.words import many, noun

LOG = logging.getLogger(__name__)

_CHUNK = 1 << 20
# What can be taken for a row's or a cell's place, such as r="12" or r="C12"; of long numbers as much as shows that they are.
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)(\d{1,9})""")
_ROW_OR_CELL = re.compile(rb"<(?:[^\s<>/:]*:)?(row|c)(?=[\s/>])")
_ROW_ENDS = re.compile(rb"</(?:[^\s<>/:]*:)?row(?=[\s>])")
# A row or cell that says plainly where it stands; how it ends tells whether it is empty.
_ATTRIBUTE = rb"""\s+(?!r\s*=)[^\s=<>"']+\s*=\s*(?:"[^"<>]*"|'[^'<>]*')"""
_PLACED = re.compile(
    rb"<(?:[^\s<>/:]*:)?(row|c)(?:%b)*\s+r\s*=\s*[\"'][A-Za-z]{0,3}\d{1,7}[\"'](?:%b)*\s*(/?)>"
    % (_ATTRIBUTE, _ATTRIBUTE)
)
_VISIBLE = python_calamine.SheetVisibleEnum.Visible
_MOST_ROWS, _MOST_COLUMNS = 1 << 20, 1 << 14  # of a sheet, by Excel's own rules
# A formula that no value follows: nobody computed it.
_UNCOMPUTED = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:</c>|<v\s*/>|<v>\s*</v>)")
# A cell with an error, such as #REF!
_ERROR = re.compile(rb"""<(?:[^\s<>/:]*:)?c\s[^<>]*\bt\s*=\s*["']e["']""")
# The name of the first part, which stands behind 30 bytes of a zip file.
_FIRST = re.compile(rb".{30}/?(xl/|_rels/|docProps/|customXml/|\[Content_Types\])", re.DOTALL | re.IGNORECASE)


_Row = tuple[int, list[Any]]  # where it stands, and its cells


def read(data: Data, name: str) -> Table:
    """A Table of values from the first sheet in sight that names users, items and ratings, or else the first with a table."""
    data = whole(data)
    odd = _check_archive(data, name)
    with _refused(name):
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    names = workbook.sheet_names
    if not names:
        raise _not_excel(name)
    rows_of = cache(partial(_rows, workbook, name=name))  # a sheet that is looked through is not read again
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
    return replace(sheets[names[first or 0]](), sheets=sheets)


@contextmanager
def _refused(name: str) -> Iterator[None]:
    """What calamine cannot read, as our error."""
    try:
        yield
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as e:
        raise _not_excel(name) from e
    except BaseException as e:
        if type(e).__name__ != "PanicException":  # Rust's panics are no Exceptions, and have no class to import
            raise
        raise _not_excel(name) from e


def _rows(workbook: python_calamine.CalamineWorkbook, sheet: int, name: str) -> list[_Row]:
    """The rows of a sheet that are not blank, without blank columns at their left."""
    with _refused(name):
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
    titles, rows = rows[:n], rows[n:]
    end = _end(rows)
    below, rows = rows[end:], rows[:end]
    which = f"sheet {shown(title)}" if sheet else f"first sheet, {shown(title)},"
    n_sheets = len(names)
    only = (DataNote(f"Only the {which} of {n_sheets} was read."),) if n_sheets > 1 else ()
    notes: tuple[str, ...] = (
        *only,
        *said_titles(titles, "row"),
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
    lines, cells = [line for line, _ in rows], [row for _, row in rows]
    return table_of_rows(cells, lines, name=name, place="row", notes=notes, formulas_escaped=True, sheet=title)


def _end(rows: Sequence[_Row]) -> int:
    """Where a table ends that remarks follow: after a blank row, rows of words in the first cell alone."""
    end = len(rows)
    while end > 2 and isinstance(rows[end - 1][1][0], str) and sum(cell != "" for cell in rows[end - 1][1]) == 1:
        end -= 1
        if rows[end][0] > rows[end - 1][0] + 1:
            return end
    return len(rows)


def _not_excel(name: str) -> RatingsError:
    """The error for bytes that are no workbook."""
    return RatingsError(
        f"{name} is not an Excel file that can be read (.xlsx or .xlsm, without a password). "
        "Open it in a spreadsheet program and save it as .xlsx or CSV."
    )


def _check_archive(data: bytes, name: str) -> Counter[str]:
    """Refuse what is no workbook, unpacks to too much, or puts a cell so far out that the sheet would not fit in memory.

    Returns:
        How many "formulas" have no value, and how many cells hold "errors".
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if not any(member.filename.lower().lstrip("/") == "xl/workbook.xml" for member in members):
                raise _not_excel(name)
            if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
                raise RatingsError(
                    f"{name} unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB. Save the ratings alone, as CSV."
                )
            # Reading every member also finds sizes that lie: the checksum fails where the declared size ends.
            return sum((_check_member(archive, member, name) for member in members), Counter[str]())
    except NmfError:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as e:
        raise _not_excel(name) from e


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Counter[str]:
    """Unpack one member piece by piece; refuse a sheet that spans too many cells. Gives its cells without a value.

    What spans too much would end the process, for memory that is not there cannot be refused in Rust. Any member may be a sheet:
    the workbook says which is. Where a row or cell does not plainly say its place, more is counted rather than less.
    """
    rows_named = columns_named = n_rows = n_columns = in_row = open_rows = 0
    odd = Counter[str]()
    with archive.open(member) as stream:
        for piece in _whole_tags(stream, name):
            places = _PLACE.findall(piece)
            rows_named = max([rows_named, *(int(digits) for _, digits in places)])
            columns_named = max([columns_named, *map(_column_number, {letters for letters, _ in places})])
            tags = _ROW_OR_CELL.findall(piece)
            placed = _PLACED.findall(piece)
            open_rows += placed.count((b"row", b"")) - len(_ROW_ENDS.findall(piece))
            if len(placed) < len(tags):  # without a place, one comes after the other
                for tag in tags:
                    n_rows += tag == b"row"
                    in_row = 0 if tag == b"row" else in_row + 1
                    n_columns = max(n_columns, in_row)
            odd["formulas"] += len(_UNCOMPUTED.findall(piece))
            odd["errors"] += len(_ERROR.findall(piece))
    # An end without a beginning ends a row all the same.
    n_rows, n_columns = rows_named + max(n_rows, -open_rows), columns_named + n_columns
    if n_rows > _MOST_ROWS or n_columns > _MOST_COLUMNS or n_rows * n_columns > MAX_GRID_CELLS:
        raise RatingsError(
            f"{name}: a sheet spans {n_rows} rows × {n_columns} columns; at most {MAX_GRID_CELLS} cells can be read. "
            "Remove stray cells far out, or save the ratings as a long table in CSV."
        )
    return odd


def _whole_tags(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """The content piece by piece, cut only before a tag."""
    tail = b""
    while chunk := stream.read(_CHUNK):
        piece = tail + chunk
        cut = piece.rfind(b"<")
        if cut < 0:
            tail = b""  # nothing but text so far: no tag is cut
            continue
        if len(piece) - cut > _CHUNK:
            raise _not_excel(name)
        yield piece[:cut]
        tail = piece[cut:]
    yield tail


def _column_number(letters: bytes) -> int:
    """The number of a column from its letters, A being 1."""
    number = 0
    for letter in letters.upper()[:9]:
        number = number * 26 + letter - ord("A") + 1
    return number


def _sniff(head: bytes, name: str) -> bool:
    """Whether a zip file is named as a workbook, or begins with a part that only Office's files have."""
    named = name.lower().endswith((".xlsx", ".xlsm"))
    return kind_at(head) is ZIP and (named or bool(_FIRST.match(head)))


def _example() -> bytes:
    """A small workbook."""
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    for row in (("user", "item", "rating"), ("ann", "x", 5), ("ann", "y", 3), ("bob", "x", 4)):
        book.active.append(row)
    book.save(file)
    return file.getvalue()


FORMAT = Format(
    "excel",
    "Excel",
    ("xlsx", "xlsm"),
    _sniff,
    read,
    summary="workbooks; nothing in the file is run",
    when="for a sheet kept by hand",
    example=_example,
)
