"""Excel workbooks: the values of the first sheet. No formula is computed, no macro or link is followed."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

import python_calamine

from nmf_core.errors import RatingsError, shown
from nmf_core.formats.base import (
    MAX_GRID_CELLS,
    MAX_UNPACKED_BYTES,
    Data,
    Format,
    Table,
    check_width,
    table_of_rows,
    whole,
)
from nmf_core.formats.titles import MOST_TITLES, n_titles, said_titles
from nmf_core.ratings import Change

_CHUNK = 1 << 22
# A row's or a cell's place, such as r="12" or r="C12".
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,4})(\d{1,9})["']""")
# A formula that no value follows: nobody computed it.
_UNCOMPUTED = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:</c>|<v\s*/>|<v>\s*</v>)")
# The name of the first part, which stands behind 30 bytes of a zip file.
_FIRST = re.compile(rb".{30}/?(xl/|_rels/|docProps/|customXml/|\[Content_Types\])", re.DOTALL | re.IGNORECASE)


def read(data: Data, name: str) -> Table:
    """A Table of the first sheet's values from a workbook."""
    data = whole(data)
    n_uncomputed = _check_archive(data, name)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as e:
        raise _not_excel(name) from e
    sheets = workbook.sheet_names
    filled = [(k + 1, row) for k, row in enumerate(rows) if any(cell != "" for cell in row)]
    if not filled:
        raise RatingsError(
            f"{name} is empty: its first sheet {shown(sheets[0])} has no cells. Put the ratings on that sheet."
        )
    check_width(name, len(filled[0][1]))
    n = n_titles([row for _, row in filled[: MOST_TITLES + 1]])
    titles, filled = filled[:n], filled[n:]
    only = Change(f"Only the first sheet, {shown(sheets[0])}, of {len(sheets)} was read.")
    notes = (*((only,) if len(sheets) > 1 else ()), *said_titles([(line, str(row[0])) for line, row in titles], "row"))
    if n_uncomputed:
        words = "1 cell holds a formula" if n_uncomputed == 1 else f"{n_uncomputed} cells hold formulas"
        computed = Change(
            f"{words} without a value, read as blank. Open the file in a spreadsheet program and save it again."
        )
        notes = (*notes, computed)
    lines = [line for line, _ in filled]
    return table_of_rows([row for _, row in filled], lines, name=name, place="row", notes=notes, neutral=True)


def _not_excel(name: str) -> RatingsError:
    """The error for bytes that are no workbook."""
    return RatingsError(
        f"{name} is not an Excel file that can be read (.xlsx or .xlsm, without a password). "
        "Open it in a spreadsheet program and save it as .xlsx or CSV."
    )


def _check_archive(data: bytes, name: str) -> int:
    """Refuse what is no workbook, unpacks to too much, or puts a cell so far out that the sheet would not fit in memory.

    Returns:
        How many formulas have no value.
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
            return sum(_check_member(archive, member, name) for member in members)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as e:
        if isinstance(e, RatingsError):
            raise
        raise _not_excel(name) from e


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> int:
    """Unpack one member piece by piece; refuse a sheet that spans too many cells. Gives its formulas without a value."""
    n_rows = n_columns = n_uncomputed = 0
    tail = b""
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            if not member.filename.lower().lstrip("/").startswith("xl/worksheets/"):
                continue
            places = _PLACE.findall(tail + chunk)
            n_rows = max([n_rows, *(int(digits) for _, digits in places)])
            n_columns = max([n_columns, *map(_column_number, {letters for letters, _ in places})])
            n_uncomputed += len(_UNCOMPUTED.findall(chunk))
            tail = chunk[-64:]
    if n_rows * n_columns > MAX_GRID_CELLS:
        raise RatingsError(
            f"{name}: a sheet spans {n_rows} rows × {n_columns} columns; at most {MAX_GRID_CELLS} cells can be read. "
            "Remove stray cells far out, or save the ratings as a long table in CSV."
        )
    return n_uncomputed


def _column_number(letters: bytes) -> int:
    """The number of a column from its letters, A being 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _sniff(head: bytes, name: str) -> bool:
    """Whether a zip file is named as a workbook, or begins with a part that only Office's files have."""
    return head.startswith(b"PK\x03\x04") and (name.lower().endswith((".xlsx", ".xlsm")) or bool(_FIRST.match(head)))


EXCEL = Format("excel", "Excel", ("xlsx", "xlsm"), _sniff, read)
