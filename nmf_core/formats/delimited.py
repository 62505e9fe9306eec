"""Delimited text: CSV, TSV and their kin. Cells stay text, so that 007 stays 007 and an item NA stays an item.

Files of any size are streamed through Arrow's reader, which keeps each distinct cell once. It forgives what must not be
forgiven in silence, so whatever is not plainly regular is read once more by Python's strict one, which names the line.
"""

from __future__ import annotations

import itertools
import logging
from array import array
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from nmf_core.errors import RatingsError
from nmf_core.formats.base import Data, Format, kind_of
from nmf_core.formats.delimited_text import (
    DELIMITERS,
    DelimitedText,
    Record,
    lines_of,
    nul_error,
    opened_text,
    records_of,
    under,
)
from nmf_core.formats.encodings import ENCODINGS
from nmf_core.formats.utf8 import as_utf8, pieces
from nmf_core.tables.arrow import column_of, give_back, whole_numbers
from nmf_core.tables.base import MAX_CELL, Column, Head, Table, check_width, text_of
from nmf_core.tables.titles import said_titles

LOG = logging.getLogger(__name__)

_BLOCK = 1 << 23
_AT_EASE = 500_000_000  # bytes of text that may stand in memory once more until its distinct cells are found
# A column with at most so many different cells in so many first rows most likely has few in all.
_MANY_ROWS, _FEW_CELLS = 2000, 200
_LONG_COLUMN = 1000  # rows from which on it pays to look whether a column holds long numbers
_MANY_COLUMNS = 20  # beyond which looking at first rows costs more than it saves


class _Irregular(Exception):
    """Arrow's reader stumbled, or read something that Python's strict reader might not: it decides."""


def read(data: Data, name: str, encoding: str | None = None, separator: str | None = None) -> Table:
    """A Table of text cells from a delimited file; columns are read when they are asked for."""
    found = as_utf8(data, name, encoding)
    try:
        text = opened_text(found.data, name, separator)
    except UnicodeDecodeError as e:
        raise _changed(name) from e
    check_width(name, len(text.header))
    return _table(
        text,
        notes=(*found.notes, *said_titles(text.titles, "line"), *text.said_of_end),
        encoding=found.encoding,
        encodings={one: partial(read, data, name, one) for one in ENCODINGS} if found.encoding else {},
        sure_of_encoding=found.sure,
        separator=next(one for one, said in DELIMITERS.items() if said == text.said),
        separators={one: partial(read, data, name, encoding, one) for one in DELIMITERS},
    )


def _table(text: DelimitedText, **rest: Any) -> Table:
    """The text as a table."""
    return Table(
        text.name,
        tuple(text_of(cell) for cell in text.header),
        partial(_take, text),
        partial(_line, text),
        text.header_line,
        formulas_escaped=True,
        n_bytes=_size(text.data),
        first_rows=tuple((line, tuple(row)) for line, _, row in text.records),
        under=partial(_under, text, rest),
        **rest,
    )


def _under(text: DelimitedText, rest: dict[str, Any], head: Head) -> Table:
    """The table under another header."""
    other = under(text, head)
    check_width(text.name, len(other.header))
    found = _table(other, **{**rest, "notes": (*rest["notes"], *other.said_of_head)})
    return replace(found, headless=head.lines == 0, head=head)


def _take(text: DelimitedText, positions: Sequence[int], rows: int | None = None) -> tuple[Column, ...]:
    """Columns of the text, each distinct cell once."""
    try:
        if rows is not None:
            return _first(text, positions, rows)
        try:
            columns = _streamed(text, positions)
        except pa.ArrowMemoryError:
            raise
        except (_Irregular, pa.ArrowException) as e:
            LOG.debug("a text is read with care, which takes longer: %s", type(e).__name__)
            columns = _careful(text, positions)
            _check_cells(text, columns)
    except UnicodeDecodeError as e:
        raise _changed(text.name) from e
    return columns


def _changed(name: str) -> RatingsError:
    """The error for text that was UTF-8 when it was opened, and is not any more."""
    return RatingsError(f"{name} was changed while it was read. Read it again.")


# --- reading at full speed --------------------------------------------------------------------------------------------


def _streamed(text: DelimitedText, positions: Sequence[int]) -> tuple[Column, ...]:
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
    if any(_has_no_name(chunk) for column in table.columns for chunk in column.chunks):
        raise _Irregular
    left = table.columns[::-1]
    del table
    with ThreadPoolExecutor(2 if size > _BLOCK else 1) as pool:
        found = {name: pool.submit(_column, left.pop()) for name in wanted}  # popped, so that Arrow's copy is let go
    columns = {name: column.result() for name, column in found.items()}
    give_back()
    return tuple(columns[str(k)] for k in positions)


def _column(chunks: pa.ChunkedArray) -> Column:
    """A column of text; or of whole numbers, where there are many and long ones, as times are: as text each is an object."""
    if len(chunks) >= _LONG_COLUMN and pa.types.is_string(chunks.type):
        numbers = whole_numbers(chunks)
        if numbers is not None:
            return Column(numbers)
    return column_of(chunks)


def _kinds(text: DelimitedText, wanted: Sequence[str], size: int) -> dict[str, pa.DataType]:
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


def _has_no_name(chunk: pa.Array) -> bool:
    """Whether a cell holds what no name or number does, for `_check_cells` to say where."""
    texts = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
    if not len(texts):
        return False
    ends = np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    characters = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)[ends[0] : ends[-1]]
    return bool(np.diff(ends).max() > MAX_CELL or not characters.all())


def _ends_with_header(text: DelimitedText) -> bool:
    """Whether nothing but line ends follows the first record."""
    with lines_of(text.data) as file:
        for _ in range(text.header_end):
            file.readline()
        while piece := file.read(1 << 16):
            if piece.strip("\r\n"):
                return False
    return True


def _size(data: Data) -> int:
    """Bytes of the text."""
    return len(data) if isinstance(data, bytes) else data.stat().st_size


def _check_quotes(text: DelimitedText) -> None:
    """_Irregular unless each quoted cell begins after a delimiter or line end, and ends before one."""
    neighbours = np.zeros(256, dtype=bool)
    neighbours[[ord(text.delimiter), ord("\n"), ord("\r"), ord('"')]] = True
    inside, before, pending = False, ord("\n"), False
    for piece in pieces(text.data):
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


def _rows(text: DelimitedText) -> Iterator[Record]:
    """The records below the header."""
    return records_of(text.data, text.delimiter, text.name, text.header_end, text.quoted)


def _careful(text: DelimitedText, positions: Sequence[int]) -> tuple[Column, ...]:
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


def _first(text: DelimitedText, positions: Sequence[int], rows: int) -> tuple[Column, ...]:
    """The first rows as they stand, even where they are not like the header: reading them all says what is wrong."""
    found: list[list[str]] = [[] for _ in positions]
    for _, _, row in itertools.islice(_rows(text), rows):
        for k, cells in zip(positions, found, strict=True):
            cells.append(row[k] if k < len(row) else "")
    return tuple(map(Column.of, found))


def _line(text: DelimitedText, row: int) -> int:
    """The line on which a row begins."""
    return next(itertools.islice(_rows(text), row, None))[0]


def _check_cells(text: DelimitedText, columns: Sequence[Column]) -> None:
    """Refuse what no name or number holds: NUL characters, and cells of a size that no name has."""
    for column in columns:
        if max(map(len, column.cells), default=0) <= MAX_CELL and "\0" not in "".join(column.cells):
            continue
        for k, cell in enumerate(column.cells):
            if len(cell) > MAX_CELL or "\0" in cell:
                assert column.codes is not None
                line = _line(text, int(np.argmax(column.codes == k)))
                if "\0" in cell:
                    raise nul_error(text.name, line)
                raise RatingsError(
                    f"{text.name}, line {line}: a cell holds {len(cell)} characters; at most {MAX_CELL} can be read. Shorten it."
                )


def _uneven(text: DelimitedText, first: tuple[int, int], n_wrong: int, n_rows: int) -> RatingsError:
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


FORMAT = Format(
    "csv",
    "CSV or TSV",
    ("csv", "tsv", "tab", "psv", "txt", "data", "dat"),
    lambda head, name: not kind_of(head),
    read,
    takes=("encoding", "separator"),
    summary="comma, semicolon, tab, pipe, `::` or spaces between the columns",
    when="for nearly everything",
    example=lambda: b"user,item,rating\nann,x,5\nann,y,3\nbob,x,4\n",
)
