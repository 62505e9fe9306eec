"""What stands in a file, before anything is made of it: `Column`, `Table`, and what is too large for them."""

from __future__ import annotations

import numbers
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.escape import clean
from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError

MAX_COLUMNS = 50_000
_BREAKS = re.compile(r"\s*[\r\n\v\f]+\s*")
# The longest cell that Python's csv module takes unless told otherwise; far beyond any name.
MAX_CELL = 131_072
MAX_GRID_CELLS = 20_000_000


@dataclass(frozen=True, eq=False)
class Column:
    """The cells of one column of a table.

    Attributes:
        cells: (n_distinct,) objects: each distinct cell once, in order of first appearance; or, where `codes` is None,
            (n_rows,) numbers.
        codes: (n_rows,) int32: where in `cells` a row's cell is; -1 is a missing cell.
    """

    cells: NDArray[Any]
    codes: NDArray[np.int32] | None = None

    @classmethod
    def of(cls, cells: Sequence[object] | pd.Series) -> Column:
        """A column from its cells, missing ones being None or NaN."""
        if isinstance(cells, list) and all(cell is None or isinstance(cell, str) for cell in cells):
            known: dict[str, int] = {}  # pandas would take longer to begin with than most columns of wide tables take
            texts = [-1 if cell is None else known.setdefault(cell, len(known)) for cell in cells]
            return cls(np.array([*known, None], dtype=object)[:-1], np.array(texts, dtype=np.int32))
        column: pd.Series = cells if isinstance(cells, pd.Series) else pd.Series(list(cells), dtype=object)
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
            return cls(column.to_numpy())
        if column.dtype.kind == "b" or (column.dtype == object and not _all_text(column)):
            column = pd.Series([_plain(cell) for cell in column.astype(object)], dtype=object)
        codes, distinct = pd.factorize(column)
        named = [_moment(cell) for cell in distinct] if column.dtype.kind == "M" else distinct
        return cls(np.asarray(named, dtype=object), codes.astype(np.int32))

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.cells if self.codes is None else self.codes)

    def coded(self) -> Column:
        """The same with codes, whether it had any."""
        if self.codes is not None:
            return self
        codes, distinct = pd.factorize(self.cells)
        return Column(np.asarray(distinct.tolist(), dtype=object), codes.astype(np.int32))

    def used(self) -> Column:
        """The same with codes, and without cells that no row has."""
        coded = self.coded()
        assert coded.codes is not None
        seen = np.zeros(len(coded.cells) + 1, dtype=bool)
        seen[coded.codes] = True  # a missing cell marks the last
        kept = np.flatnonzero(seen[:-1])
        if len(kept) == len(coded.cells):
            return coded
        new = np.full(len(seen), -1, dtype=np.int32)
        new[kept] = np.arange(len(kept), dtype=np.int32)
        return Column(coded.cells[kept], new[coded.codes])

    def rows(self, rows: NDArray[Any]) -> Column:
        """The column with some of its rows, by a mask or indices."""
        return Column(self.cells[rows]) if self.codes is None else Column(self.cells, self.codes[rows])

    def first(self, n: int) -> Column:
        """The column's first n rows, or as many as there are."""
        return self.rows(np.arange(min(n, len(self))))

    def after(self, cell: str) -> Column:
        """The column with one more cell before its first."""
        coded = self.coded()
        assert coded.codes is not None
        others = coded.cells != cell
        to_new = np.append(np.where(others, np.cumsum(others), 0), -1).astype(np.int32)
        cells = np.concatenate([np.array([cell], dtype=object), coded.cells[others]])
        return Column(cells, np.insert(to_new[coded.codes], 0, np.int32(0)))

    def cell(self, row: int) -> object:
        """One cell as a Python value; None where it is missing."""
        if self.codes is None:
            return self.cells[row].item()
        return None if self.codes[row] < 0 else self.cells[self.codes[row]]

    def blank(self) -> NDArray[np.bool_]:
        """(n_rows,) where cells are missing or hold nothing but white space."""
        if self.codes is None:
            return np.isnan(self.cells) if self.cells.dtype.kind == "f" else np.zeros(len(self), dtype=bool)
        try:
            if all(self.cells) and not any(map(str.isspace, self.cells)):
                return self.codes < 0
        except TypeError:  # not all are text
            pass
        return self.where([isinstance(cell, str) and not cell.strip() for cell in self.cells], missing=True)

    def where(self, distinct: Sequence[bool], *, missing: bool = False) -> NDArray[np.bool_]:
        """(n_rows,) a truth value of each distinct cell, told of each row."""
        assert self.codes is not None
        return np.array([*distinct, missing], dtype=bool)[self.codes]


def _all_text(column: pd.Series) -> bool:
    """Whether all cells but the missing ones are text."""
    return pd.api.types.infer_dtype(column, skipna=True) == "string"


def _moment(cell: pd.Timestamp) -> str:
    """A date and time as text; Python's own calendar ends with the year 9999, a file's does not."""
    try:
        return str(cell)
    except NotImplementedError:
        return str(cell.to_numpy())


def _plain(cell: object) -> object:
    """A cell that can be hashed and that equals nothing it should not: True is not 1."""
    if isinstance(cell, str | float):
        return cell
    if isinstance(cell, bool | np.bool_):
        return str(cell).upper()
    if cell is None or cell is pd.NA or cell is pd.NaT or isinstance(cell, numbers.Real):
        return cell
    return str(cell)


@dataclass(frozen=True)
class Head:
    """Where a header stands.

    Attributes:
        above: rows above it that are passed over.
        lines: rows that it takes; 0 where there is none.
        row_names: whether it has one cell less than the rows, the first of which names the row.
    """

    above: int = 0
    lines: int = 1
    row_names: bool = False


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in a file, before anything is made of it; its columns are read when they are asked for.

    Attributes:
        name: the file, as errors show it.
        header: (n_columns,) text of the first row; a blank header is "".
        take: the columns at some positions; given a number of rows too, those of about so many first rows, which is cheap.
        line: where a row (from 0) stands, counted from 1 as an editor or Excel does.
        header_line: where the header stands.
        place: "line" or "row", the word for what `line` counts.
        notes: what was settled while reading, in words.
        headless: whether the first row was no header; `header` then numbers the columns.
        formulas_escaped: whether names may bear the apostrophe that exports put before what looks like a formula.
        items: metadata that came with the ratings, one row an item, indexed by item id; or None.
        exact: the ratings themselves, where the file holds them as we wrote them and nothing is to be found out.
        sheet: of a workbook: the name of the sheet that the table stands on.
        sheets: of a workbook: every sheet by its name, and how to read the table on it.
        hidden_sheets: the names of those that are hidden.
        encoding: of text that is not UTF-8: what it was read as.
        encodings: of such text: what else it could be read as, and how.
        sure_of_encoding: whether there is little doubt of that.
        separator, separators: of text: what stands between the cells; what could stand there, and how to read it so.
        n_bytes: of a file that is streamed: its size; else 0.
        whole: the table before rows were left out, where some were.
        head: where the header stands among `first_rows`.
        first_rows: the first rows as they stand, each after the number of its line; none where a header is no matter of rows.
        under: the table with its header at another place.
    """

    name: str
    header: tuple[str, ...]
    take: Callable[..., tuple[Column, ...]]
    line: Callable[[int], int]
    header_line: int = 1
    place: str = "line"
    notes: tuple[str, ...] = ()
    headless: bool = False
    formulas_escaped: bool = False
    items: pd.DataFrame | None = None
    exact: Ratings | None = None
    sheet: str = ""
    sheets: Mapping[str, Callable[[], Table]] = field(default_factory=dict)
    hidden_sheets: frozenset[str] = frozenset()
    n_bytes: int = 0
    encoding: str = ""
    encodings: Mapping[str, Callable[[], Table]] = field(default_factory=dict)
    sure_of_encoding: bool = True
    separator: str = ""
    separators: Mapping[str, Callable[[], Table]] = field(default_factory=dict)
    whole: Table | None = None
    head: Head = Head()
    first_rows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    under: Callable[[Head], Table] | None = None

    def without_header(self) -> Table:
        """The table with what was taken for its header as its first row."""
        if self.headless:
            return self
        first, take, line, header_line = self.header, self.take, self.line, self.header_line

        def taken(columns: Sequence[int], rows: int | None = None) -> tuple[Column, ...]:
            return tuple(column.after(first[k]) for k, column in zip(columns, take(columns, rows), strict=True))

        return replace(
            self,
            header=tuple(f"column {k + 1}" for k in range(len(first))),
            take=taken,
            line=lambda row: header_line if row == 0 else line(row - 1),
            headless=True,
        )

    def remembering(self) -> Table:
        """The table with its columns kept once they are read, under any header: no second look costs another reading of a file."""
        take, known = self.take, dict[tuple[int, int | None], Column]()

        def taken(positions: Sequence[int], rows: int | None = None) -> tuple[Column, ...]:
            missing = [k for k in dict.fromkeys(positions) if (k, rows) not in known]
            if missing:
                found = take(missing) if rows is None else take(missing, rows)
                known.update(zip([(k, rows) for k in missing], found, strict=True))
            return tuple(known[k, rows] for k in positions)

        under = self.under
        again = None if under is None else cache(lambda head: under(head).remembering())
        return replace(self, take=taken, under=again)

    def only(self, kept: Sequence[int]) -> Table:
        """The table with some of its columns, in the order given."""
        take, kept = self.take, list(kept)
        return replace(
            self,
            header=tuple(self.header[k] for k in kept),
            take=lambda positions, rows=None: take([kept[k] for k in positions], rows),
        )

    def numbered(self, title: str) -> Table:
        """The table after a column that numbers its rows from 1."""
        take = self.take

        def taken(positions: Sequence[int], rows: int | None = None) -> tuple[Column, ...]:
            columns = take([k - 1 for k in positions if k > 0] or [0], rows)
            others, n_rows = iter(columns), len(columns[0])
            numbers = Column(
                np.array([str(k + 1) for k in range(n_rows)], dtype=object), np.arange(n_rows, dtype=np.int32)
            )
            return tuple(next(others) if k > 0 else numbers for k in positions)

        return replace(self, header=(title, *self.header), take=taken)

    def at(self, row: int) -> str:
        """Where a row stands, for an error: "films.csv, line 3"."""
        return f"{self.name}, {self.place} {self.line(row)}"


def table_of_columns(header: Sequence[str], columns: Sequence[Column], lines: Sequence[int], **rest: Any) -> Table:
    """A Table of columns that are all at hand; `lines` has where each row stands."""
    return Table(
        header=tuple(header),
        take=lambda positions, rows=None: tuple(
            columns[k] if rows is None else columns[k].first(rows) for k in positions
        ),
        line=lambda row: int(lines[row]),
        **rest,
    )


def table_of_rows(rows: Sequence[Sequence[object]], lines: Sequence[int], **rest: Any) -> Table:
    """A Table of equally long rows, the first of which is the header."""
    header = tuple(text_of(cell) for cell in rows[0])
    columns = [Column.of([row[k] for row in rows[1:]]) for k in range(len(header))]
    return table_of_columns(header, columns, lines[1:], header_line=lines[0], **rest)


def text_of(cell: object) -> str:
    """A cell as trimmed text in one line, whole floats without .0, control characters and lone surrogates replaced by �."""
    if not isinstance(cell, str) and isinstance(cell, float | np.floating) and float(cell).is_integer():
        cell = int(cell)
    return clean(_BREAKS.sub(" ", str(cell).strip()))


def texts_of(cells: Iterable[object]) -> list[str]:
    """Cells as `text_of` gives them; plain text of any number without a look at each character."""
    cells = list(cells)
    if _plain_text(cells):
        return list(map(str.strip, cells))  # type: ignore[arg-type]
    return [text_of(cell) for cell in cells]


def _plain_text(cells: Sequence[object]) -> bool:
    """Whether cells are text without a character that is replaced or breaks a line."""
    try:
        return "".join(cells).isprintable()  # type: ignore[arg-type]
    except TypeError:
        return False


def check_width(name: str, n_columns: int) -> None:
    """Refuse a table with more columns than can be handled."""
    if n_columns > MAX_COLUMNS:
        raise RatingsError(
            f"{name} has {n_columns} columns; at most {MAX_COLUMNS} can be read. "
            "Give the ratings as a long table: one row a rating, with the columns user, item and rating."
        )
