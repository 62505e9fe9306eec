"""Delimited text: CSV, TSV and their kin. Cells stay text, so that 007 stays 007 and an item NA stays an item.

Files of any size are streamed through Arrow's reader, which keeps each distinct cell once. It forgives what must not be
forgiven in silence, so whatever is not plainly regular is read once more by Python's strict one, which names the line.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv

from nmf_core.data.notes import DataNote
from nmf_core.errors import RatingsError, shown
from nmf_core.formats.base import Data, Format, kind_of, whole
from nmf_core.formats.encodings import ENCODINGS, guessed
from nmf_core.tables.arrow import column_of, give_back
from nmf_core.tables.base import MAX_CELL, Column, Table, check_width, text_of
from nmf_core.tables.titles import MOST_TITLES, n_titles, said_titles

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "::": "double colons", " ": "spaces"}
_BLOCK = 1 << 23
_AT_EASE = 500_000_000  # bytes of text that may stand in memory once more until its distinct cells are found
# A column with at most so many different cells in so many first rows most likely has few in all.
_MANY_ROWS, _FEW_CELLS = 2000, 200
_MANY_COLUMNS = 20  # beyond which looking at first rows costs more than it saves
_HEAD = 1 << 16
# What stands in for a delimiter of two characters, which no reader takes: Unicode's own separator of units.
_UNIT = "\x1f"
# Byte order marks; UTF-32's little-endian mark begins with that of UTF-16.
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


# The lines on which a record begins and ends, and its cells.
_Record = tuple[int, int, list[str]]


class _Irregular(Exception):
    """Arrow's reader stumbled, or read something that Python's strict reader might not: it decides."""


@dataclass(frozen=True, eq=False)
class _Text:
    """UTF-8 text with one character between cells, and how its first record reads.

    Attributes:
        data: the text, or the path of it.
        name: as errors show it.
        delimiter, said: one character, and the word for it.
        header: the first record.
        header_line, header_end: the lines on which it begins and ends.
        quoted: whether the text has quotes anywhere.
        titles: the lines of titles above the header, and their cells.
    """

    data: Data
    name: str
    delimiter: str
    said: str
    header: tuple[str, ...]
    header_line: int
    header_end: int
    quoted: bool
    titles: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, eq=False)
class _Utf8:
    """A file as UTF-8 without a mark.

    Attributes:
        data: the text, or the path of it.
        notes: what had to be settled for it.
        encoding, sure: the older encoding that it was in, if it was in one, and whether there is little doubt of that.
    """

    data: Data
    notes: tuple[str, ...] = ()
    encoding: str = ""
    sure: bool = True


def read(data: Data, name: str, encoding: str | None = None) -> Table:
    """A Table of text cells from a delimited file; columns are read when they are asked for."""
    found = _utf8(data, name, encoding)
    text = _opened(found.data, name)
    check_width(name, len(text.header))
    return Table(
        name,
        tuple(text_of(cell) for cell in text.header),
        partial(_take, text),
        partial(_line, text),
        text.header_line,
        notes=(*found.notes, *said_titles(text.titles, "line")),
        formulas_escaped=True,
        encoding=found.encoding,
        encodings={one: partial(read, data, name, one) for one in ENCODINGS} if found.encoding else {},
        sure_of_encoding=found.sure,
    )


def _take(text: _Text, positions: Sequence[int], rows: int | None = None) -> tuple[Column, ...]:
    """Columns of the text, each distinct cell once."""
    if rows is not None:
        return _first(text, positions, rows)
    try:
        try:
            columns = _streamed(text, positions)
        except pa.ArrowMemoryError:
            raise
        except (_Irregular, pa.ArrowException):
            columns = _careful(text, positions)
    except UnicodeDecodeError as e:  # it was UTF-8 when it was opened
        raise RatingsError(f"{text.name} was changed while it was read. Read it again.") from e
    _check_cells(text, columns)
    return columns


# --- what the bytes are -----------------------------------------------------------------------------------------------


def _utf8(data: Data, name: str, asked: str | None) -> _Utf8:
    """The file as UTF-8; `asked`: which older encoding it is in, if it is not."""
    if isinstance(data, Path):
        with data.open("rb") as file:
            head = file.read(_HEAD)
        if not any(head.startswith(mark) for mark, _ in _MARKS) and _is_utf8(data):
            return _Utf8(data)
        data = whole(data)
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")
    if encoding in ("", "utf-8"):
        plain = data.removeprefix(b"\xef\xbb\xbf")
        if _is_utf8(plain):
            return _Utf8(plain)
        if not encoding:
            return _old_text(plain, name, asked)
    try:
        text = data.decode(encoding, "surrogatepass").removeprefix("\ufeff")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        raise RatingsError(
            f"{name}, line {line}: the file is marked as {encoding.upper()} but is broken there. Save it again as UTF-8."
        ) from e
    return _Utf8(*_without_surrogates(text))


def _is_utf8(data: Data) -> bool:
    """Whether a whole file is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in _pieces(data):
            if not piece.isascii() or decoder.getstate()[0]:
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _old_text(data: bytes, name: str, asked: str | None) -> _Utf8:
    """Text that is not UTF-8: with lone surrogates, or in an older encoding."""
    if asked is None:
        try:
            return _Utf8(*_without_surrogates(data.decode("utf-8", "surrogatepass")))
        except UnicodeDecodeError:
            pass
    encoding, sure = guessed(data) if asked is None else (asked, True)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as e:
        tried = "UTF-8, UTF-16 or Latin-1" if asked is None else ENCODINGS[asked]
        raise RatingsError(
            f"{name}, line {data.count(bytes([10]), 0, e.start) + 1}: byte {data[e.start]:#04x} is no text in {tried}. Save the "
            "file as UTF-8, or say what it is in by encoding=."
        ) from e
    step = "" if asked is not None else " Check names with accents, or save it as UTF-8."
    note = f"The file is not UTF-8; it was read as {ENCODINGS[encoding]}.{step}"
    return _Utf8(text.encode(), (note,), encoding, sure)


def _without_surrogates(text: str) -> tuple[bytes, tuple[str, ...]]:
    """Lone surrogates pass as �, so that one broken name does not make the whole file unreadable."""
    clean, count = re.subn("[\ud800-\udfff]", "�", text)
    words = "1 broken character was" if count == 1 else f"{count} broken characters were"
    return clean.encode(), (DataNote(f"{words} replaced by �."),) if count else ()


# --- what separates the cells -----------------------------------------------------------------------------------------


def _opened(data: Data, name: str) -> _Text:
    """The text with its delimiter and first record found."""
    with _lines(data) as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise RatingsError(f"{name} is empty. Choose a file with ratings.")
    if "\0" in head:
        line = head.count("\n", 0, head.index("\0")) + 1
        raise _nul(name, line)
    told = re.match(r"sep=(.)\r?\n", head)
    if told and told[1] in DELIMITERS:  # Excel's own hint
        delimiter, hint_lines = told[1], 1
    else:
        delimiter, hint_lines = _delimiter(head, name), 0
    said = DELIMITERS[delimiter]
    if len(delimiter) > 1:
        data, delimiter = whole(data).replace(delimiter.encode(), _UNIT.encode()), _UNIT
    (first, last, header), titles = _header(data, delimiter, name, hint_lines)
    above = tuple((line, tuple(row)) for line, _, row in titles)
    return _Text(data, name, delimiter, said, tuple(header), first, last, _has_quotes(data), above)


def _header(data: Data, delimiter: str, name: str, hint_lines: int) -> tuple[_Record, list[_Record]]:
    """The first record that is not blank and no title, and the titles above it."""
    found = _records(data, delimiter, name, hint_lines)
    records = list(itertools.islice(found, 1))
    if not records:
        raise RatingsError(f"{name} is empty. Choose a file with ratings.")
    if sum(bool(cell.strip()) for cell in records[0][2]) == 1:
        with suppress(RatingsError):  # what is wrong below is said when it is read
            records.extend(itertools.islice(found, MOST_TITLES))
    n = n_titles([row for _, _, row in records])
    return records[n], records[:n]


def _delimiter(head: str, name: str) -> str:
    """The delimiter that cuts the first rows into most like columns, at least two."""
    sample = head[: head.rindex("\n") + 1] if len(head) == _HEAD and "\n" in head else head
    best, best_score = "", (0.0, 0)
    # Strictly first: else `"","a;b"` also has two cells between semicolons.
    for strict, delimiter in itertools.product((True, False), DELIMITERS):
        if best and (not strict or delimiter == " "):  # names hold spaces: only where nothing else separates
            continue
        counts = _counts(sample, delimiter, strict)
        if counts and counts[0] > 1:
            score = (sum(n == counts[0] for n in counts) / len(counts), counts[0])
            if delimiter == " " and (score[0] < 1 or len(counts) < 2 or counts[0] < 3):
                continue
            if score > best_score:
                best, best_score = delimiter, score
    if not best:
        best = _delimiter_below_titles(sample)
    if not best:
        first = next(line for line in head.splitlines() if line.strip())
        raise RatingsError(
            f"{name}: the header {shown(first)} is one column; none of {', '.join(DELIMITERS.values())} separates it. "
            "Give a header and rows such as: user,item,rating."
        )
    return best


def _delimiter_below_titles(sample: str) -> str:
    """The delimiter that cuts all rows but the first, which are one cell, into equally many; "" if none does."""
    for delimiter in DELIMITERS:
        counts = _counts(sample, delimiter, strict=True)
        below = list(itertools.dropwhile(lambda n: n == 1, counts))
        if delimiter != " " and len(below) > 1 and len(counts) - len(below) <= MOST_TITLES and set(below) == {below[0]}:
            return delimiter
    return ""


def _counts(sample: str, delimiter: str, strict: bool) -> list[int]:
    """Numbers of cells of the first rows under a delimiter."""
    counts: list[int] = []
    if len(delimiter) > 1:
        sample, delimiter = sample.replace(delimiter, _UNIT), _UNIT
    try:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=strict)
        for row in itertools.islice(reader, 50):
            if any(cell.strip() for cell in row):
                counts.append(len(row))
    except csv.Error:  # reported with its line when the whole is read
        return counts
    return counts


# --- reading at full speed --------------------------------------------------------------------------------------------


def _streamed(text: _Text, positions: Sequence[int]) -> tuple[Column, ...]:
    """Columns read by Arrow, in several threads; _Irregular or ArrowInvalid where it takes more than it should."""
    if text.quoted:
        _check_quotes(text)
    names = [str(k) for k in range(len(text.header))]
    wanted = [str(k) for k in dict.fromkeys(positions)]
    # read_csv refuses to skip all there is.
    if _ends_with_header(text):
        return tuple(Column.of([]) for _ in positions)
    size = _size(text.data)
    table = pyarrow.csv.read_csv(
        pa.BufferReader(text.data) if isinstance(text.data, bytes) else str(text.data),
        read_options=pyarrow.csv.ReadOptions(
            column_names=names, skip_rows=text.header_end, block_size=_BLOCK, use_threads=size > _BLOCK
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=text.delimiter,
            quote_char='"' if text.quoted else False,
            double_quote=text.quoted,
            newlines_in_values=text.quoted,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=_kinds(text, wanted, size),
            include_columns=wanted,
            strings_can_be_null=False,
            check_utf8=False,  # the whole text was found to be UTF-8
        ),
    )
    give_back()
    left = table.columns[::-1]
    del table
    with ThreadPoolExecutor(2 if size > _BLOCK else 1) as pool:
        found = {name: pool.submit(column_of, left.pop()) for name in wanted}  # popped, so that Arrow's copy is let go
    columns = {name: column.result() for name, column in found.items()}
    give_back()
    return tuple(columns[str(k)] for k in positions)


def _kinds(text: _Text, wanted: Sequence[str], size: int) -> dict[str, pa.DataType]:
    """How Arrow is to keep each column: with each distinct cell once in every block, or as plain text.

    Where many cells differ, plain text whose distinct cells are found after parsing, column beside column, takes less time.
    """
    few = pa.dictionary(pa.int32(), pa.string())
    if size > _AT_EASE:
        return dict.fromkeys(wanted, few)
    if size <= _BLOCK or len(wanted) > _MANY_COLUMNS:
        return dict.fromkeys(wanted, pa.string())
    first = _first(text, [int(name) for name in wanted], _MANY_ROWS)
    return {
        name: few if len(column.cells) <= _FEW_CELLS else pa.string()
        for name, column in zip(wanted, first, strict=True)
    }


def _ends_with_header(text: _Text) -> bool:
    """Whether nothing but line ends follows the first record."""
    with _lines(text.data) as file:
        for _ in range(text.header_end):
            file.readline()
        while piece := file.read(1 << 16):
            if piece.strip("\r\n"):
                return False
    return True


def _size(data: Data) -> int:
    """Bytes of the text."""
    return len(data) if isinstance(data, bytes) else data.stat().st_size


def _has_quotes(data: Data) -> bool:
    """Whether a quote stands anywhere."""
    return any(b'"' in piece for piece in _pieces(data))


def _pieces(data: Data) -> Iterator[bytes]:
    """The bytes piece by piece; pieces that stay in the processor's cache."""
    with io.BytesIO(data) if isinstance(data, bytes) else data.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def _check_quotes(text: _Text) -> None:
    """_Irregular unless each quoted cell begins after a delimiter or line end, and ends before one."""
    neighbours = np.zeros(256, dtype=bool)
    neighbours[[ord(text.delimiter), ord("\n"), ord("\r"), ord('"')]] = True
    inside, before, pending = False, ord("\n"), False
    for piece in _pieces(text.data):
        cells = np.frombuffer(piece, dtype=np.uint8)
        if pending and not neighbours[cells[0]]:  # the piece before ended with a closing quote
            raise _Irregular
        at = np.flatnonzero(cells == ord('"'))
        opening = at[int(inside) :: 2]
        closing = at[1 - int(inside) :: 2]
        previous = np.where(opening > 0, cells[opening - 1], before)
        following = cells[np.minimum(closing + 1, len(cells) - 1)]
        last = len(cells) - 1
        if not neighbours[previous].all() or not neighbours[following[closing < last]].all():
            raise _Irregular
        inside ^= bool(len(at) % 2)
        pending = bool(len(closing)) and closing[-1] == last
        before = int(cells[-1])
    if inside:
        raise _Irregular


# --- reading with care ------------------------------------------------------------------------------------------------


def _lines(data: Data) -> IO[str]:
    """The text as a file whose line ends are as they are."""
    raw = io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")
    return io.TextIOWrapper(raw, encoding="utf-8", newline="")


def _records(data: Data, delimiter: str, name: str, above: int) -> Iterator[_Record]:
    """The records below so many lines; blank lines are no records."""
    with _lines(data) as file:
        for _ in range(above):
            file.readline()
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        begins = above + 1
        try:
            for row in reader:
                if len(row) > 1 or (row and row[0].strip()):
                    yield begins, above + reader.line_num, row
                begins = above + reader.line_num + 1
        except csv.Error as e:
            raise _strict(name, begins, e) from e


def _rows(text: _Text) -> Iterator[_Record]:
    """The records below the header."""
    return _records(text.data, text.delimiter, text.name, text.header_end)


def _careful(text: _Text, positions: Sequence[int]) -> tuple[Column, ...]:
    """Columns read by Python's strict reader, with an error for the first record that is not like the header."""
    width = len(text.header)
    wrong: tuple[int, int] | None = None
    n_wrong = n_rows = 0
    known: list[dict[str, int]] = [{} for _ in positions]
    codes = [array("i") for _ in positions]
    for line, _, row in _rows(text):
        n_rows += 1
        if len(row) != width:
            wrong, n_wrong = wrong or (line, len(row)), n_wrong + 1
            continue
        for k, cells, found in zip(positions, known, codes, strict=True):
            found.append(cells.setdefault(row[k], len(cells)))
    if wrong is not None:
        raise _uneven(text, wrong, n_wrong, n_rows)
    return tuple(
        Column(np.array([*cells, None], dtype=object)[:-1], np.array(found, dtype=np.int32))
        for cells, found in zip(known, codes, strict=True)
    )


def _first(text: _Text, positions: Sequence[int], rows: int) -> tuple[Column, ...]:
    """The first rows as they stand, even where they are not like the header: reading them all says what is wrong."""
    found = [row for _, _, row in itertools.islice(_rows(text), rows)]
    return tuple(Column.of([row[k] if k < len(row) else "" for row in found]) for k in positions)


def _line(text: _Text, row: int) -> int:
    """The line on which a row begins."""
    return next(itertools.islice(_rows(text), row, None))[0]


def _check_cells(text: _Text, columns: Sequence[Column]) -> None:
    """Refuse what no name or number holds: NUL characters, and cells of a size that no name has."""
    for column in columns:
        for k, cell in enumerate(column.cells):
            if len(cell) > MAX_CELL or "\0" in cell:
                assert column.codes is not None
                line = _line(text, int(np.argmax(column.codes == k)))
                if "\0" in cell:
                    raise _nul(text.name, line)
                raise RatingsError(
                    f"{text.name}, line {line}: a cell holds {len(cell)} characters; at most {MAX_CELL} can be read. Shorten it."
                )


def _nul(name: str, line: int) -> RatingsError:
    """The error for a NUL character."""
    return RatingsError(
        f"{name}, line {line}: there is a NUL character, which text never holds. Remove it, or check that this is a "
        "text file; UTF-16 needs a byte order mark."
    )


def _strict(name: str, line: int, error: csv.Error) -> RatingsError:
    """The error for a record that breaks the rules of quoting."""
    return RatingsError(
        f"{name}, line {line}: {error}. A quoted cell must end with a quote, a quote inside it is written twice, and a cell "
        f"holds at most {MAX_CELL} characters. Correct the row that begins there."
    )


def _uneven(text: _Text, first: tuple[int, int], n_wrong: int, n_rows: int) -> RatingsError:
    """The error for rows that are longer or shorter than the header."""
    line, n_cells = first
    width = len(text.header)
    which = "and so are all other rows" if n_wrong == n_rows > 1 else f"one of {n_wrong} such rows"
    if n_wrong == 1:
        which = "the only such row"
    step = (
        "Put quotes around a name that holds the separator, use a decimal point, or name the further columns in the header."
        if n_cells > width
        else "Fill in what is missing, or remove that row."
    )
    return RatingsError(
        f"{text.name}, line {line}: the row has {n_cells} cells, {which}; the header in line {text.header_line} has {width}, "
        f"separated by {text.said}. {step}"
    )


DELIMITED = Format(
    "csv",
    "CSV or TSV",
    ("csv", "tsv", "tab", "psv", "txt", "data", "dat"),
    lambda head, name: not kind_of(head),
    read,
    takes=("encoding",),
)
