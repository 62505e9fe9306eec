"""Matrix Market: a matrix of users × items by row and column numbers, without names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.notes import DataNote
from nmf_core.errors import RatingsError, shown
from nmf_core.formats.base import Data, Format, opened
from nmf_core.tables.base import MAX_GRID_CELLS, Column, Table, table_of_columns
from nmf_core.words import many

_HEAD = 1 << 16
_BANNER = "%%MatrixMarket matrix coordinate real general"
_LAYOUTS, _FIELDS = ("coordinate", "array"), ("real", "double", "integer", "unsigned-integer", "pattern")
_SYMMETRIES = ("general", "symmetric")
_LEAST_BYTES = {"coordinate": 4, "array": 2}  # that an entry takes: "1 1" or "5", and its line end
_MOST_IDS = 1 << 31
_PIECE = 1 << 22
_IN_NUMBERS, _LONGEST = b"0123456789.eE+- \t\r\n", 64
_ENTRY = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class _Head:
    """What the lines above the entries say; `lines`: how many they are."""

    grid: bool
    pattern: bool
    symmetric: bool
    n_rows: int
    n_columns: int
    n_entries: int
    lines: int


def read(data: Data, name: str) -> Table:
    """A Table of user, item and rating: rows are users by number, columns items.

    Raises:
        RatingsError: a matrix that holds no ratings, more entries than the file has room for, or a line that is none.
    """
    head = _checked_head(data, name)
    width = 1 if head.grid else 2 if head.pattern else 3
    entries = _entries(data, name, head, width)
    rows, columns = _grid_places(head) if head.grid else _places(entries, name, head)
    values = np.ones(len(entries)) if head.pattern else entries[:, -1]
    numbers = np.arange(len(entries))
    notes = [DataNote("Rows of the matrix were read as users, columns as items, by their numbers.")]
    if head.pattern:
        notes.append(DataNote("The matrix says which cells there are and not how high: each counts 1."))
    if head.symmetric:
        notes.append(DataNote("The file keeps one half of a symmetric matrix; the other half was filled in from it."))
        other = np.append(numbers, numbers[rows != columns])
        rows, columns = np.append(rows, columns[rows != columns]), np.append(columns, rows[rows != columns])
        numbers, values = other, values[other]
    order = np.lexsort((columns, rows))
    cells = (rows[order], columns[order], values[order])
    header, lines = ("user", "item", "rating"), cast(Sequence[int], numbers[order] + 1)
    return table_of_columns(
        header, [Column(cell) for cell in cells], lines, name=name, place="entry", notes=tuple(notes)
    )


def _entries(data: Data, name: str, head: _Head, width: int) -> NDArray[np.float64]:
    """(n_entries, width) the numbers below the head. SciPy's reader ends the process for some damaged files."""
    found, at, line = np.empty((head.n_entries, width)), 0, head.lines + 1
    with opened(data) as file:
        for _ in range(head.lines):
            file.readline()
        while piece := file.read(_PIECE) + file.readline():
            lines = piece.split(b"\n")
            rows = [row for row in map(bytes.split, lines) if row]
            words, n = [word for row in rows for word in row], len(rows)
            uneven = any(len(row) != width for row in rows) or max(map(len, words), default=0) > _LONGEST
            if uneven or piece.translate(None, _IN_NUMBERS) or at + n > len(found):
                raise _bad_line(lines, line, name, width, head.n_entries - at)
            try:
                found[at : at + n] = np.asarray(words).astype(np.float64).reshape(n, width) if n else 0.0
            except ValueError:
                raise _bad_line(lines, line, name, width, head.n_entries - at) from None
            at, line = at + n, line + len(lines) - 1
    if at < head.n_entries:
        raise RatingsError(
            f"{name} has {many(at, 'entry', 'entries')}, and its line of sizes announces {head.n_entries:,}. It was "
            "cut off; fetch or write it anew."
        )
    return found


def _bad_line(lines: list[bytes], first: int, name: str, width: int, left: int) -> RatingsError:
    """The error for the first of some lines that holds no entry, or one more than was announced."""
    what = {1: "a number", 2: "row and column", 3: "row, column and rating"}[width]
    for number, line in enumerate(lines, first):
        words = line.split()
        left -= bool(words)
        if words and (
            len(words) != width or not all(_ENTRY.fullmatch(word) and len(word) <= _LONGEST for word in words)
        ):
            text = line.decode("latin-1").strip()
            return RatingsError(
                f"{name}, line {number}: {shown(text)} is not {what}, apart by blanks. Correct that line."
            )
        if left < 0:
            break
    return RatingsError(f"{name}, line {number}: there are more entries than the line of sizes announces. Correct it.")


def _places(entries: NDArray[np.float64], name: str, head: _Head) -> tuple[NDArray[Any], NDArray[Any]]:
    """The row and column of each entry, counted from 1 as in the file."""
    places = entries[:, :2].astype(np.int64)
    most = np.array([head.n_rows, head.n_columns])
    wrong = ((places != entries[:, :2]) | (places < 1) | (places > most)).any(axis=1)
    if wrong.any():
        k = int(np.argmax(wrong))
        raise RatingsError(
            f"{name}, entry {k + 1}: it is in row {entries[k, 0]:g}, column {entries[k, 1]:g}; there are {head.n_rows} rows and "
            f"{head.n_columns} columns, counted from 1. Correct it."
        )
    return places[:, 0], places[:, 1]


def _grid_places(head: _Head) -> tuple[NDArray[Any], NDArray[Any]]:
    """The row and column of each cell of a grid, which is written column by column."""
    columns, rows = np.indices((head.n_columns, head.n_rows)).reshape(2, -1) + 1
    kept = rows >= columns if head.symmetric else slice(None)
    return rows[kept], columns[kept]


def _checked_head(data: Data, name: str) -> _Head:
    """What the head says; what cannot be ratings or cannot be there is refused before an entry is read."""
    head, n_bytes = _head(data)
    lines = [line.rstrip("\r") for line in head.decode("latin-1").split("\n")]
    words = lines[0].lower().split()
    if len(words) != 5 or words[1] != "matrix":
        raise RatingsError(
            f"{name}, line 1: the header is {shown(lines[0])}; it must be such as {_BANNER}. Correct it."
        )
    for word, allowed in zip(words[2:], (_LAYOUTS, _FIELDS, _SYMMETRIES), strict=True):
        if word not in allowed:
            raise RatingsError(
                f"{name}, line 1: the matrix is {word}; ratings are one of {', '.join(allowed)}. Write it anew as one of them."
            )
    at = next((k for k, line in enumerate(lines) if k and line.strip() and not line.startswith("%")), None)
    sizes = lines[at].split() if at is not None else []
    n_sizes = 3 if words[2] == "coordinate" else 2
    if at is None or len(sizes) != n_sizes or not all(re.fullmatch(r"\d{1,18}", size, re.ASCII) for size in sizes):
        where = f", line {at + 1}" if at is not None else ""
        said = shown(lines[at]) if at is not None else "missing"
        what = "rows, columns and entries" if n_sizes == 3 else "rows and columns"
        raise RatingsError(f"{name}{where}: the line of sizes is {said}; it must be the numbers of {what}. Correct it.")
    n_rows, n_columns, *rest = map(int, sizes)
    n_cells = rest[0] if rest else n_rows * n_columns
    if not n_rows * n_columns * n_cells:
        raise RatingsError(
            f"{name}, line {at + 1}: the matrix has no ratings: its sizes are {lines[at].strip()}. Choose another."
        )
    if words[4] == "symmetric" and n_rows != n_columns:
        raise RatingsError(
            f"{name}, line {at + 1}: the matrix is symmetric but has {n_rows} rows and {n_columns} columns. Write it as general."
        )
    if max(n_rows, n_columns) >= _MOST_IDS or (not rest and n_cells > MAX_GRID_CELLS):
        raise RatingsError(
            f"{name}, line {at + 1}: the matrix has {n_rows} rows × {n_columns} columns; at most {MAX_GRID_CELLS} cells of a "
            f"grid, or {_MOST_IDS - 1} rows and columns of coordinates, can be read. Write fewer."
        )
    symmetric = words[4] == "symmetric"
    stored = n_rows * (n_rows + 1) // 2 if symmetric and not rest else n_cells
    if stored * _LEAST_BYTES[words[2]] > n_bytes + 1:
        raise RatingsError(
            f"{name}, line {at + 1}: {stored} entries are announced, more than {n_bytes} bytes hold. The file is cut off or "
            "the line of sizes is wrong; write it anew."
        )
    return _Head(not rest, words[3] == "pattern", symmetric, n_rows, n_columns, stored, at + 1)


def _head(data: Data) -> tuple[bytes, int]:
    """The first bytes, and how many there are in all."""
    if isinstance(data, Path):
        with data.open("rb") as file:
            return file.read(_HEAD), data.stat().st_size
    return data[:_HEAD], len(data)


FORMAT = Format(
    "matrix-market",
    "Matrix Market",
    ("mtx",),
    lambda head, name: head.startswith(b"%%MatrixMarket"),
    read,
    summary="a matrix of users × items by number, as coordinates or as a grid",
    when="for what a numerical program wrote",
    example=lambda: b"%%MatrixMarket matrix coordinate integer general\n2 2 3\n1 1 5\n1 2 3\n2 1 4\n",
    has_ids=False,
)
