"""What separates the cells of a text, and its records by Python's strict reader, which names the line of what is wrong."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from nmf_core.errors import RatingsError, shown
from nmf_core.formats.base import Data, opened, whole
from nmf_core.formats.utf8 import pieces
from nmf_core.tables.base import MAX_CELL
from nmf_core.tables.titles import MOST_TITLES, n_titles

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "::": "double colons", " ": "spaces"}
_HEAD = 1 << 16
# What stands in for a delimiter of two characters, which no reader takes: Unicode's own separator of units.
_UNIT = "\x1f"
# The lines on which a record begins and ends, and its cells.
Record = tuple[int, int, list[str]]


@dataclass(frozen=True, eq=False)
class DelimitedText:
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


def opened_text(data: Data, name: str) -> DelimitedText:
    """The text with its delimiter and first record found."""
    with lines_of(data) as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise RatingsError(f"{name} is empty. Choose a file with ratings.")
    if "\0" in head:
        line = head.count("\n", 0, head.index("\0")) + 1
        raise nul_error(name, line)
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
    return DelimitedText(data, name, delimiter, said, tuple(header), first, last, has_quotes(data), above)


def _header(data: Data, delimiter: str, name: str, hint_lines: int) -> tuple[Record, list[Record]]:
    """The first record that is not blank and no title, and the titles above it."""
    found = records_of(data, delimiter, name, hint_lines)
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


def lines_of(data: Data) -> IO[str]:
    """The text as a file whose line ends are as they are."""
    raw = opened(data)
    return io.TextIOWrapper(raw, encoding="utf-8", newline="")


def records_of(data: Data, delimiter: str, name: str, above: int) -> Iterator[Record]:
    """The records below so many lines; blank lines are no records."""
    with lines_of(data) as file:
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


def has_quotes(data: Data) -> bool:
    """Whether a quote stands anywhere."""
    return any(b'"' in piece for piece in pieces(data))


def nul_error(name: str, line: int) -> RatingsError:
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
