"""What separates the cells of a text, and its records by Python's strict reader, which names the line of what is wrong."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO

from nmf_core.errors import RatingsError, shown
from nmf_core.formats.base import Data, opened, whole
from nmf_core.formats.utf8 import pieces
from nmf_core.tables.base import MAX_CELL, Head
from nmf_core.tables.heads import LOOKED_AT, names_of, says
from nmf_core.tables.titles import MOST_TITLES, n_titles
from nmf_core.words import many, noun

DELIMITERS = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
    "|": "bars",
    "::": "double colons",
    " ": "spaces",
    "  ": "two and more spaces",
    " +": "spaces in any number",
}
# Separators of any length, and the spaces outside of all cells.
_RUNS = {"  ": re.compile(rb" {2,}|\t"), " +": re.compile(rb"[ \t]+")}
_OUTER = re.compile(rb"^[ \t]+|[ \t]+(?=\r?$)", re.MULTILINE)
_HEAD = 1 << 16
_RULE = re.compile(r"(?m)^[ \t|+:=-]*-{2,}[ \t|+:=-]*\r?$")  # the line under a header of bars
_TAIL, _MOST_BELOW = 4096, 8  # bytes and lines at the end among which remarks are looked for
_MARKED = re.compile(rb"[-*#(\[]|\xe2\x80\xbb|[A-Za-z ]+:")
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
        records: the first records, by which a header is found.
        said_of_head: notes on a header that is not simply the first record.
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
    records: tuple[Record, ...] = ()
    said_of_head: tuple[str, ...] = ()
    said_of_end: tuple[str, ...] = ()


def opened_text(data: Data, name: str, separator: str | None = None) -> DelimitedText:
    """The text with its delimiter and first record found.

    Args:
        separator: one of `DELIMITERS`, where it is known.
    """
    with lines_of(data) as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise RatingsError(f"{name} is empty. Choose a file with ratings.")
    if "\0" in head:
        line = head.count("\n", 0, head.index("\0")) + 1
        raise nul_error(name, line)
    told = re.match(r"sep=(.)\r?\n", head)
    if told and told[1] in DELIMITERS:  # Excel's own hint
        delimiter, hint_lines = separator or told[1], 1
    else:
        delimiter, hint_lines = separator or _delimiter(head, name), 0
    said = DELIMITERS[delimiter]
    if delimiter in _RUNS:
        text = _apart(whole(data)) if delimiter == "  " else whole(data)
        data, delimiter = _RUNS[delimiter].sub(_UNIT.encode(), _OUTER.sub(b"", text)), _UNIT
    elif len(delimiter) > 1:
        data, delimiter = whole(data).replace(delimiter.encode(), _UNIT.encode()), _UNIT
    if delimiter == "|" and _RULE.search(head):
        data = _without_frame(whole(data))
    data, remarks = _without_remarks(data, delimiter, head)
    data, below = _without_footer(data, delimiter)
    quoted = has_quotes(data) and not (delimiter == "\t" and _are_no_quotes(head))
    records = _first_records(data, delimiter, name, hint_lines, quoted)
    n = _n_titles(records)
    first, last, header = records[n]
    above = tuple((line, tuple(row)) for line, _, row in records[:n])
    return DelimitedText(
        data,
        name,
        delimiter,
        said,
        tuple(header),
        first,
        last,
        quoted,
        above,
        records=tuple(records),
        said_of_end=(*remarks, *below),
    )


def under(text: DelimitedText, head: Head) -> DelimitedText:
    """The same text under another header."""
    records = text.records
    below = head.above + head.lines
    end = records[below - 1][1] if below else 0
    rows = [row for _, _, row in records[head.above : below]]
    if head.lines:
        width = max(map(len, rows)) + head.row_names
        padded = [[*[""] * head.row_names, *row, *[""] * (width - len(row) - head.row_names)] for row in rows]
        header = names_of(padded, head)
    else:
        header = tuple(f"column {k + 1}" for k in range(len(records[below][2])))
    return replace(
        text,
        header=header,
        header_line=records[head.above][0],
        header_end=end,
        titles=(),
        said_of_head=says([(line, row) for line, _, row in records], head, "line"),
    )


def _apart(data: bytes) -> bytes:
    """Text in columns of fixed width whose first line has two spaces where it has one between columns: all lines are blank there.

    >>> _apart(b"Who  Rum Cola\\nAnn    4    5\\nBob    2    3\\n").splitlines()[0]
    b'Who  Rum  Cola'
    """
    head, mark, below = data.partition(b"\n")
    lines = [line.decode("utf-8", "replace") for line in below.splitlines() if line.strip()][:LOOKED_AT]
    first = head.decode("utf-8", "replace")
    single = [k for k in range(1, len(first) - 1) if first[k] == " " and first[k - 1] != " " != first[k + 1]]
    between = [
        k for k in single if lines and all(k < len(line) and line[k] == " " and line[:k].strip() for line in lines)
    ]
    cells = [len(re.split(r" {2,}|\t", line.strip())) for line in (first, *lines)]
    if not between or cells[0] + len(between) > max(cells[1:]):
        return data
    made = "".join("  " if k in between else c for k, c in enumerate(first))
    return made.encode() + mark + below


def _without_frame(data: bytes) -> bytes:
    """A table as people draw one with bars, without the bars around it and the lines of dashes under its header."""
    rules = re.sub(rb"(?m)^[ \t|+:=-]*-{2,}[ \t|+:=-]*(?=\r?$)", b"", data)
    return re.sub(rb"(?m)^[ \t]*\||\|[ \t]*(?=\r?$)", b"", rules)


def _without_remarks(data: Data, delimiter: str, head: str) -> tuple[Data, tuple[str, ...]]:
    """The text with blank lines in place of remarks between its rows, begun by a mark and of one cell; and a note of them."""
    remark = re.compile(rb"(?m)(?<=\n)(#|//)[^\n" + re.escape(delimiter.encode()) + rb"]*(?=\n)")
    begin = next((at for at, c in enumerate(head) if c == delimiter), len(head))
    if '"' in head or not re.search(r"\n(#|//)", head[begin:]):
        return data, ()
    text = whole(data)
    begin = text.index(delimiter.encode())
    said = [found[0].decode("utf-8", "replace").strip() for found in remark.finditer(text, begin)]
    if not said:
        return data, ()
    note = f"{many(len(said), 'line')} between the rows {noun(len(said), 'was', 'were')} passed over: {shown(said[0])}."
    return text[:begin] + remark.sub(b"", text[begin:]), (note,)


def _without_footer(data: Data, delimiter: str) -> tuple[Data, tuple[str, ...]]:
    """The text without a few last lines that are no rows: remarks under a blank line, or begun by a mark; and a note of them."""
    with opened(data) as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - _TAIL))
        end = file.read()
    lines = end.splitlines(keepends=True)[1 if size > _TAIL else 0 :]
    at, mark = len(lines), delimiter.encode()
    while at > 0 and len(lines) - at < _MOST_BELOW and mark not in lines[at - 1] and b'"' not in lines[at - 1]:
        at -= 1
    if at == len(lines):
        at = _summed_up(lines, mark)
        if at < len(lines):
            mark = b""  # they have cells as rows have
    below = [line for line in lines[at:] if line.strip()]
    # The last line above may be a row that was cut off: that is an error, and no remark.
    if not below or at < 2 or mark not in lines[at - 1] or (lines[at].strip() and not _MARKED.match(lines[at])):
        return data, ()
    text = " ".join(line.decode("utf-8", "replace").strip() for line in below)
    return whole(data)[: size - sum(map(len, lines[at:]))], (
        f"What stands under the table was passed over: {shown(text)}.",
    )


def _summed_up(lines: Sequence[bytes], mark: bytes) -> int:
    """Where last lines begin that stand under a blank line and sum the table up: each of fewer cells, the first with a colon.

    >>> _summed_up([b"ann,x,5", b"", b"Total:,1", b"Mean:,5"], b","), _summed_up([b"ann,x,5", b"", b"bob,x"], b",")
    (1, 3)
    """
    at = len(lines)
    while at > 0 and len(lines) - at < _MOST_BELOW and lines[at - 1].strip():
        cells = lines[at - 1].rstrip(b"\r\n").split(mark)
        if not cells[0].strip().endswith(b":") or b'"' in lines[at - 1]:
            return len(lines)
        at -= 1
    if at < 2 or at == len(lines) or lines[at - 1].strip():
        return len(lines)
    above = next((line for line in reversed(lines[: at - 1]) if line.strip()), b"")
    return at - 1 if all(line.count(mark) < above.count(mark) for line in lines[at:]) else len(lines)


def _are_no_quotes(head: str) -> bool:
    """Whether quotes are part of what people wrote: all lines have as many tabs, and some cell has one quote at one end."""
    lines = [line for line in head.splitlines()[:-1] if line.strip()][:200]
    if len({line.count("\t") for line in lines}) != 1:
        return False
    cells = [cell.strip() for line in lines for cell in line.split("\t")]
    return any((cell[0] == '"') != (cell[-1] == '"') for cell in cells if cell)


def _first_records(data: Data, delimiter: str, name: str, hint_lines: int, quoted: bool) -> list[Record]:
    """As many of the first records as the header is found by."""
    found = records_of(data, delimiter, name, hint_lines, quoted)
    records = list(itertools.islice(found, 1))
    if not records:
        raise RatingsError(f"{name} is empty. Choose a file with ratings.")
    with suppress(RatingsError):  # what is wrong below is said when it is read
        records.extend(itertools.islice(found, LOOKED_AT - 1))
    return records


def _n_titles(records: Sequence[Record]) -> int:
    """How many of the first records are titles."""
    if sum(bool(cell.strip()) for cell in records[0][2]) != 1:
        return 0
    return n_titles([row for _, _, row in records[: MOST_TITLES + 1]])


def _delimiter(head: str, name: str) -> str:
    """The delimiter that cuts most of the first rows into equally many cells, at least two."""
    sample = head[: head.rindex("\n") + 1] if len(head) == _HEAD and "\n" in head else head
    best, best_score = "", (0.0, 0)
    # Strictly first: else `"","a;b"` also has two cells between semicolons.
    for strict, delimiter in itertools.product((True, False), DELIMITERS):
        if best and (not strict or delimiter[0] == " "):  # names hold spaces: only where nothing else separates
            continue
        counts = _counts(sample, delimiter, strict)
        if not counts:
            continue
        usual = max(Counter(counts).items(), key=lambda pair: (pair[1], pair[0]))[0]
        if usual < 2:
            continue
        score = (sum(n == usual for n in counts) / len(counts), usual)
        if delimiter[0] == " ":
            first_short = counts[0] == usual - 1  # R's header, which names no rows
            least = 3 if delimiter == " " else 2
            if usual < least or len(counts) < 2 or counts.count(usual) < len(counts) - first_short:
                continue
        if score > best_score:
            best, best_score = delimiter, score
    if not best:
        first = next(line for line in head.splitlines() if line.strip())
        raise RatingsError(
            f"{name}: the header {shown(first)} is one column; none of {', '.join(DELIMITERS.values())} separates it. "
            "Give a header and rows such as: user,item,rating."
        )
    return best


def _counts(sample: str, delimiter: str, strict: bool) -> list[int]:
    """Numbers of cells of the first rows under a delimiter."""
    counts: list[int] = []
    if delimiter in _RUNS:
        sample = _RUNS[delimiter].sub(_UNIT.encode(), _OUTER.sub(b"", sample.encode())).decode()
        delimiter = _UNIT
    elif len(delimiter) > 1:
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


def records_of(data: Data, delimiter: str, name: str, above: int, quoted: bool = True) -> Iterator[Record]:
    """The records below so many lines; blank lines are no records."""
    with lines_of(data) as file:
        for _ in range(above):
            file.readline()
        reader = csv.reader(
            file, delimiter=delimiter, strict=True, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
        )
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
