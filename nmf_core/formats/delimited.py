"""Delimited text: CSV, TSV and their kin. Cells stay text, so that 007 stays 007 and an item NA stays an item."""

from __future__ import annotations

import csv
import io
import itertools
import re

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from nmf_core.errors import RatingsError, shown
from nmf_core.formats.base import Format, Table, check_width, kind_of, table_of_rows, text_of
from nmf_core.ratings import Change

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# The longest cell that Python's csv module takes unless told otherwise; far beyond any name.
MAX_CELL = 131_072
# Byte order marks; UTF-32's little-endian mark begins with that of UTF-16.
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def read(data: bytes, name: str) -> Table:
    """A Table of text cells from the bytes of a delimited file."""
    text, notes = _text(data, name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise RatingsError(f"{name} is empty. Choose a file with ratings.")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise RatingsError(
            f"{name}, line {line}: there is a NUL character, which text never holds. Remove it, or check that this is a "
            "text file; UTF-16 needs a byte order mark."
        )
    text, delimiter = _delimiter(text, name)
    table = _regular(text, delimiter, name) or _any(text, delimiter, name)
    check_width(name, len(table.header))
    return Table(table.name, table.header, table.cells, table.lines, table.header_line, notes=notes, neutral=True)


def _text(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """The decoded text, and notes on what had to be settled for it."""
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")
    try:
        # Lone surrogates pass, so that one broken name does not make the whole file unreadable.
        text = data.decode(encoding or "utf-8", "surrogatepass").removeprefix("\ufeff")
    except UnicodeDecodeError as e:
        if encoding:
            line = data.count(b"\n", 0, e.start) + 1
            raise RatingsError(
                f"{name}, line {line}: the file is marked as {encoding.upper()} but is broken there. Save it again as UTF-8."
            ) from e
        return _old_text(data, name)
    clean, count = re.subn("[\ud800-\udfff]", "�", text)
    words = "1 broken character was" if count == 1 else f"{count} broken characters were"
    return clean, (Change(f"{words} replaced by �."),) if count else ()


def _old_text(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Text that is not UTF-8, as Latin-1 with Windows' additions."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as e:
        raise RatingsError(
            f"{name}, line {data.count(bytes([10]), 0, e.start) + 1}: byte {data[e.start]:#04x} is no text in UTF-8, UTF-16 or "
            "Latin-1. Save the file as UTF-8."
        ) from e
    note = (
        "The file is not UTF-8; it was read as Latin-1 (Windows-1252). Check names with accents, or save it as UTF-8."
    )
    return text, (note,)


def _delimiter(text: str, name: str) -> tuple[str, str]:
    """The text and the delimiter that cuts its first rows into most like columns, at least two."""
    told = re.match(r"sep=(.)\n", text)
    if told and told[1] in DELIMITERS:
        # Excel's own hint; an empty line in its place keeps the line numbers.
        return text[told.end() - 1 :], told[1]
    sample = text[:65_536]
    if len(text) > len(sample) and "\n" in sample:
        sample = sample[: sample.rindex("\n")]
    best, best_score = "", (0.0, 0)
    # Strictly first: else `"","a;b"` also has two cells between semicolons.
    for strict, delimiter in itertools.product((True, False), DELIMITERS):
        if best and not strict:
            break
        counts = _counts(sample, delimiter, strict)
        if counts and counts[0] > 1:
            score = (sum(n == counts[0] for n in counts) / len(counts), counts[0])
            if score > best_score:
                best, best_score = delimiter, score
    if not best:
        first = next(line for line in text.split("\n") if line.strip())
        raise RatingsError(
            f"{name}: the header {shown(first)} is one column; none of {', '.join(DELIMITERS.values())} separates it. "
            "Give a header and rows such as: user,item,rating."
        )
    return text, best


def _counts(sample: str, delimiter: str, strict: bool) -> list[int]:
    """Numbers of cells of the first rows under a delimiter."""
    counts: list[int] = []
    try:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, strict=strict)
        for row in itertools.islice(reader, 50):
            if any(cell.strip() for cell in row):
                counts.append(len(row))
    except csv.Error:  # reported with its line when the whole is read
        return counts
    return counts


def _regular(text: str, delimiter: str, name: str) -> Table | None:
    """The table read at full speed, if no cell is quoted and all rows are equally long; else None."""
    if '"' in text:
        return None
    data = text.encode()
    lines = _regular_lines(np.frombuffer(data, dtype=np.uint8), ord(delimiter))
    if lines is None:
        return None
    first = next(line for line in text.split("\n", int(lines[0])) if line)
    header = first.split(delimiter)
    check_width(name, len(header))
    names = [str(k) for k in range(len(header))]
    try:
        cells = pyarrow.csv.read_csv(
            pa.BufferReader(data),
            read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=max(1 << 24, MAX_CELL * 64)),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, quote_char=False, double_quote=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    frame = cells.slice(1).to_pandas().set_axis(range(len(header)), axis=1)
    if len(frame) != len(lines) - 1:
        return None
    return Table(name, tuple(text_of(cell) for cell in header), frame, lines[1:], int(lines[0]))


def _regular_lines(data: NDArray[np.uint8], delimiter: int) -> NDArray[np.int64] | None:
    """Numbers of the lines that are not empty, if all of them have equally many delimiters; else None."""
    ends = np.flatnonzero(data == ord("\n"))
    if data[-1] != ord("\n"):
        ends = np.append(ends, len(data))
    lengths = np.diff(ends, prepend=-1) - 1
    cuts = np.diff(np.searchsorted(np.flatnonzero(data == delimiter), ends), prepend=0)[lengths > 0]
    if lengths.max() > MAX_CELL or cuts.min() != cuts.max() or cuts.min() == 0:
        return None
    return np.flatnonzero(lengths > 0).astype(np.int64) + 1


def _any(text: str, delimiter: str, name: str) -> Table:
    """The table read row by row, with an error for the first row that is not like the header."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            if len(row) > 1 or (row and row[0].strip()):
                rows.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as e:
        raise RatingsError(
            f"{name}, line {start}: {e}. A quoted cell must end with a quote, a quote inside it is written twice, and a cell "
            f"holds at most {MAX_CELL} characters. Correct the row that begins there."
        ) from e
    width = len(rows[0])
    wrong = [k for k, row in enumerate(rows) if len(row) != width]
    if wrong:
        raise _uneven(rows, lines, wrong, delimiter, name)
    return table_of_rows(rows, lines, name=name)


def _uneven(rows: list[list[str]], lines: list[int], wrong: list[int], delimiter: str, name: str) -> RatingsError:
    """The error for rows that are longer or shorter than the header."""
    first, width = wrong[0], len(rows[0])
    n_cells = len(rows[first])
    which = "and so are all other rows" if len(wrong) == len(rows) - 1 > 1 else f"one of {len(wrong)} such rows"
    if len(wrong) == 1:
        which = "the only such row"
    step = (
        "Put quotes around a name that holds the separator, use a decimal point, or name the further columns in the header."
        if n_cells > width
        else "Fill in what is missing, or remove that row."
    )
    return RatingsError(
        f"{name}, line {lines[first]}: the row has {n_cells} cells, {which}; the header in line {lines[0]} has {width}, "
        f"separated by {DELIMITERS[delimiter]}. {step}"
    )


DELIMITED = Format("csv", "CSV or TSV", ("csv", "tsv", "tab", "psv", "txt"), lambda head, name: not kind_of(head), read)
