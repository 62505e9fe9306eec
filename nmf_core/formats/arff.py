"""ARFF, Weka's text: what the columns are above, their cells apart by commas below. Cells stay text, as in CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from nmf_core.errors import RatingsError, shown
from nmf_core.formats.base import Data, Format, whole
from nmf_core.formats.encodings import ENCODINGS
from nmf_core.formats.kinds import ARFF, kind_at
from nmf_core.formats.utf8 import as_utf8
from nmf_core.tables.base import Column, Table, check_width, table_of_columns, text_of
from nmf_core.words import many, noun

_TYPES = ("numeric", "real", "integer", "string", "date")
_NAME = r"""'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"|[^\s'"{},%]\S*+"""
_ATTRIBUTE = re.compile(rf"@attribute\s+({_NAME})\s*(\{{.*\}}|\w[^%]*)\s*(?:%[^}}]*)?", re.IGNORECASE)
# A cell up to its comma or the line's end, where a remark may stand.
_CELL = re.compile(r"""\s*+(?:'((?:[^'\\]|\\.)*+)'|"((?:[^"\\]|\\.)*+)"|([^,'"%]*+))\s*+(?:,|(%.*)?\Z)""")
_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def read(data: Data, name: str, encoding: str | None = None) -> Table:
    """A Table of the attributes; a cell of ? is missing.

    Raises:
        RatingsError: a line that is no attribute or has other cells than the attributes say; rows that are written sparse.
    """
    found = as_utf8(data, name, encoding)
    lines = enumerate(whole(found.data).decode("utf-8").replace("\r\n", "\n").split("\n"), 1)
    header, allowed, begins = _attributes(lines, name)
    check_width(name, len(header))
    columns: list[list[str | None]] = [[] for _ in header]
    places = []
    for number, line in lines:
        if (stripped := line.strip()) and not stripped.startswith("%"):
            for column, cell in zip(columns, _row(stripped, allowed, f"{name}, line {number}"), strict=True):
                column.append(cell)
            places.append(number)
    return table_of_columns(
        header,
        [Column.of(column) for column in columns],
        places,
        name=name,
        header_line=begins,
        notes=found.notes,
        encoding=found.encoding,
        encodings={one: partial(read, data, name, one) for one in ENCODINGS} if found.encoding else {},
        sure_of_encoding=found.sure,
    )


def _attributes(
    lines: Iterator[tuple[int, str]], name: str
) -> tuple[tuple[str, ...], tuple[frozenset[str] | None, ...], int]:
    """The attributes' names, the words that each allows (None: any), and the line of the first."""
    names, allowed, begins = list[str](), list[frozenset[str] | None](), 0
    for number, line in lines:
        text = line.strip().lstrip("\ufeff")
        word = text.split(maxsplit=1)[0].lower() if text else "%"
        if word == "@data":
            if not names:
                raise RatingsError(f"{name}, line {number}: no @attribute stands above @data. Name the columns there.")
            return tuple(text_of(one) for one in names), tuple(allowed), begins
        if word.startswith("%") or word == "@relation":
            continue
        matched = _ATTRIBUTE.fullmatch(text)
        kind = matched[2].strip() if matched else ""
        if matched is None or not (kind.startswith("{") or kind.split()[0].lower() in _TYPES):
            raise RatingsError(
                f"{name}, line {number}: {shown(text)} cannot be read; above @data stand lines such as @attribute rating numeric, "
                f"of the types {', '.join(_TYPES)} or {{words}}. Correct that line."
            )
        begins = begins or number
        names.append(_unquoted(matched[1]))
        words = _cells(kind[1:-1], f"{name}, line {number}") if kind.startswith("{") else None
        allowed.append(None if words is None else frozenset(word for word in words if word is not None))
    raise RatingsError(
        f"{name} has no line @data, below which the ratings stand. It was cut off; fetch or write it anew."
    )


def _row(line: str, allowed: tuple[frozenset[str] | None, ...], place: str) -> list[str | None]:
    """The cells of a row, as many as there are attributes and in the words that those allow."""
    if line.startswith("{"):
        raise RatingsError(
            f"{place}: the row {shown(line)} is written sparse, by index and value. Write it with every cell: in Weka, by the "
            "filter SparseToNonSparse."
        )
    cells = _cells(line, place)
    if len(cells) != (n := len(allowed)):
        raise RatingsError(
            f"{place}: the row has {many(len(cells), 'cell')}; there {noun(n, 'is', 'are')} {many(n, 'attribute')}. Put quotes "
            "around a name that holds a comma, and write ? for what is missing."
        )
    for cell, words in zip(cells, allowed, strict=True):
        if cell is not None and words is not None and cell not in words:
            raise RatingsError(
                f"{place}: {shown(cell)} is none of the words that its attribute allows: {shown(', '.join(sorted(words)))}. "
                "Correct the cell, or add the word to the attribute."
            )
    return cells


def _cells(line: str, place: str) -> list[str | None]:
    """The cells between commas, without quotes; ? is missing."""
    if not any(mark in line for mark in "'\"%\\"):
        return [None if cell == "?" else cell for cell in map(str.strip, line.split(","))]
    cells: list[str | None] = []
    at = 0
    while True:
        found = _CELL.match(line, at)
        if found is None:
            raise RatingsError(
                f"{place}: the quotes in {shown(line[at:])} do not fit. A cell that holds a quote or a comma stands in quotes, "
                "and a quote inside it behind a backslash. Correct that line."
            )
        single, double, bare = found[1], found[2], found[3]
        quoted = single if single is not None else double
        plain = bare.strip() if bare is not None else ""
        cells.append(_unescaped(quoted) if quoted is not None else None if plain == "?" else plain)
        if not found[0].endswith(",") or found[4] is not None:
            return cells
        at = found.end()


def _unquoted(word: str) -> str:
    """A word without the quotes around it."""
    return _unescaped(word[1:-1]) if word[:1] in ("'", '"') else word


def _unescaped(text: str) -> str:
    """A quoted text with what stands behind backslashes."""
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), text) if "\\" in text else text


FORMAT = Format(
    "arff",
    "ARFF",
    ("arff",),
    lambda head, name: kind_at(head) is ARFF,
    read,
    takes=("encoding",),
    summary="Weka's text: `@attribute` names the columns, below `@data` a row a line",
    when="for what Weka wrote",
    example=lambda: (
        b"@relation ratings\n@attribute user string\n@attribute item {x,y}\n@attribute rating numeric\n"
        b"@data\nann,x,5\nann,y,3\nbob,x,4\n"
    ),
)
