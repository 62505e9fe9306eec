"""Zip files with a workbook in them: what no one may unpack or lay out is refused before anything is made of it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from nmf_core.errors import NmfError, RatingsError
from nmf_core.formats import base, ole
from nmf_core.formats.biff import Damaged, Encrypted, Reach, checked_xls, xlsb_reach
from nmf_core.formats.open_document import sheets_of
from nmf_core.tables.base import MAX_GRID_CELLS

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
_MOST_ROWS, _MOST_COLUMNS = 1 << 20, 1 << 14  # of a sheet, by Excel's own rules
# A formula that no value follows: nobody computed it.
_UNCOMPUTED = re.compile(rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:</c>|<v\s*/>|<v>\s*</v>)")
# A cell with an error, such as #REF!
_ERROR = re.compile(rb"""<(?:[^\s<>/:]*:)?c\s[^<>]*\bt\s*=\s*["']e["']""")
_TARGET = re.compile(rb"""\bTarget\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_XLSX, _XLSB, _ODS = "xl/workbook.xml", "xl/workbook.bin", "content.xml"
_WORKBOOKS = {_XLSX, _XLSB, _ODS}
_RELATIONS, _MANIFEST = "xl/_rels/workbook.bin.rels", "meta-inf/manifest.xml"
_SHEET_FOLDERS = ("worksheets", "chartsheets", "dialogsheets")
# Other documents in such containers, by a stream that each has.
_DOCUMENTS = {
    "WordDocument": "a Word document",
    "PowerPoint Document": "a PowerPoint file",
    "__properties_version1.0": "an Outlook message",
}
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError),
    *(Damaged, OverflowError, IndexError),
)


def checked_parts(data: bytes, name: str, refusal: Callable[[], RatingsError]) -> Counter[str]:
    """Refuse what is no workbook, unpacks to too much, or puts a cell so far out that the sheet would not fit in memory.

    Args:
        data: a zip file.
        name: its name for errors.
        refusal: the error for a file that is no workbook, or a damaged one.

    Returns:
        How many "formulas" have no value, and how many cells hold "errors".
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > base.MAX_UNPACKED_BYTES:
                raise RatingsError(
                    f"{name} unpacks to more than {base.MAX_UNPACKED_BYTES // 1_000_000} MB. Save the ratings alone, as CSV."
                )
            there = {member.filename.lower().lstrip("/"): member for member in members}
            if not _WORKBOOKS & there.keys():
                raise refusal()
            # Reading every member also finds sizes that lie: the checksum fails where the declared size ends.
            odd = Counter[str]()
            for member in members:
                odd += _xml_odd(archive, member, name, refusal) if _XLSX in there else _unpacked(archive, member)
            # Whatever the file's name is, the reader tries one kind of workbook after the other.
            for part in _bin_sheets(archive, there):
                odd += _spanned([xlsb_reach(archive.read(part))], name)
            if _ODS in there:
                odd += _ods_odd(archive, there, name)
            return odd
    except NmfError:
        raise
    except _DAMAGE as e:
        raise refusal() from e


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Counter[str]:
    """Unpack a member to nowhere."""
    with archive.open(member) as stream:
        while stream.read(_CHUNK):
            pass
    return Counter()


def _bin_sheets(archive: zipfile.ZipFile, there: dict[str, zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """The parts of an .xlsb that can be sheets: whatever its relations name and lies there."""
    if _XLSB not in there or _RELATIONS not in there:
        return []
    names = {(a or b).decode("utf-8", "replace").lower() for a, b in _TARGET.findall(archive.read(there[_RELATIONS]))}
    paths = (f"xl/{name}" for name in sorted(names) if name.partition("/")[0] in _SHEET_FOLDERS)
    return [there[path] for path in paths if path in there]


def _ods_odd(archive: zipfile.ZipFile, there: dict[str, zipfile.ZipInfo], name: str) -> Counter[str]:
    """The odd cells of an OpenDocument spreadsheet; its sheets are all read at once."""
    if _MANIFEST in there and b"encryption-data" in archive.read(there[_MANIFEST]):
        raise with_password(name)
    with archive.open(there[_ODS]) as stream:
        reaches, laid, n_bytes = sheets_of(stream)
    odd = _spanned(reaches, name)
    if laid > MAX_GRID_CELLS or n_bytes > base.MAX_UNPACKED_BYTES:
        raise Damaged
    return odd


def _spanned(reaches: Sequence[Reach], name: str) -> Counter[str]:
    """The odd cells of sheets that are read at once, unless there would be too many cells."""
    for reach in reaches:
        _check_span(reach.rows, reach.columns, name)
    if sum(reach.rows * reach.columns for reach in reaches) > MAX_GRID_CELLS:
        raise RatingsError(
            f"{name}: its {len(reaches)} sheets span more than {MAX_GRID_CELLS} cells together, the most that can be read. Keep "
            "the sheet with the ratings, or save it as CSV."
        )
    return sum((reach.odd for reach in reaches), Counter[str]())


def checked_old(data: bytes, name: str, refusal: Callable[[], RatingsError]) -> tuple[bytes, Counter[str]]:
    """An .xls in a container that was made anew, and how many cells hold "errors"; what is no .xls or too large is refused."""
    try:
        container = ole.Container(data)
        if any(stream.lower() in ("encryptedpackage", "encryptioninfo") for stream in container.streams):
            raise with_password(name)
        stream = next((container.streams[one] for one in ("Workbook", "Book") if one in container.streams), None)
        if stream is None:
            other = next((what for one, what in _DOCUMENTS.items() if one in container.streams), "")
            step = "Copy its table into a spreadsheet program and save it as .xlsx or CSV."
            raise RatingsError(f"{name} is {other}, which cannot be read. {step}") if other else refusal()
        content, reaches = checked_xls(container.content(stream))
        odd = _spanned(reaches, name)
        return ole.container("Workbook", content), odd
    except Encrypted as e:
        raise with_password(name) from e
    except NmfError:
        raise
    except (ole.Damaged, Damaged, struct.error, MemoryError) as e:
        raise refusal() from e


def with_password(name: str) -> RatingsError:
    """The error for a workbook with a password."""
    return RatingsError(
        f"{name} has a password or is encrypted otherwise, so that it cannot be read. Open it in a spreadsheet program and save "
        "it without, or as CSV."
    )


def _xml_odd(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, refusal: Callable[[], RatingsError]
) -> Counter[str]:
    """Unpack one member piece by piece; refuse a sheet that spans too many cells. Gives its cells without a value.

    What spans too much would end the process, for memory that is not there cannot be refused in Rust. Any member may be a sheet:
    the workbook says which is. Where a row or cell does not plainly say its place, more is counted rather than less.
    """
    rows_named = columns_named = n_rows = n_columns = in_row = open_rows = 0
    odd = Counter[str]()
    with archive.open(member) as stream:
        for piece in _whole_tags(stream, refusal):
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
    _check_span(n_rows, n_columns, name)
    return odd


def _check_span(n_rows: int, n_columns: int, name: str) -> None:
    """Refuse a sheet that spans too many cells."""
    if n_rows > _MOST_ROWS or n_columns > _MOST_COLUMNS or n_rows * n_columns > MAX_GRID_CELLS:
        raise RatingsError(
            f"{name}: a sheet spans {n_rows} rows × {n_columns} columns; at most {MAX_GRID_CELLS} cells can be read. "
            "Remove stray cells far out, or save the ratings as a long table in CSV."
        )


def _whole_tags(stream: IO[bytes], refusal: Callable[[], RatingsError]) -> Iterator[bytes]:
    """The content piece by piece, cut only before a tag."""
    tail = b""
    while chunk := stream.read(_CHUNK):
        piece = tail + chunk
        cut = piece.rfind(b"<")
        if cut < 0:
            tail = b""  # nothing but text so far: no tag is cut
            continue
        if len(piece) - cut > _CHUNK:
            raise refusal()
        yield piece[:cut]
        tail = piece[cut:]
    yield tail


def _column_number(letters: bytes) -> int:
    """The number of a column from its letters, A being 1."""
    number = 0
    for letter in letters.upper()[:9]:
        number = number * 26 + letter - ord("A") + 1
    return number
