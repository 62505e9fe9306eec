"""Ratings as CSV and Excel bytes, from which `read_ratings` makes the same ratings again."""

from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray
from pandas.api import types

from nmf_core.data.escape import escape_formulas
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.export import tables
from nmf_core.tables.base import MAX_COLUMNS, MAX_GRID_CELLS

_MARK = b"\xef\xbb\xbf"  # without it Excel reads names in the wrong encoding
LIST = ("user", "item", "rating")  # the columns of a list
# What a reader could take for the end of a cell, in a file with this delimiter or another.
_SEPARATES = re.compile('[",;|\t]')


def ratings_csv(ratings: Ratings) -> bytes:
    r"""The ratings as a list in CSV: user, item, rating, then what is known of the item; UTF-8 with a byte order mark.

    A user or item without ratings has a row with a blank rating, and so is not lost. A name that a spreadsheet would run
    gets an apostrophe, which `read_ratings` takes off. A rating is the shortest number that is the same in float32. Read it
    with `zeros="rating"` if a 0 is a rating.

    >>> ratings = Ratings.from_cells(["ann", "=1+1"], ["Alien", "Heat"], [4, 3.5], all_items=["Alien", "Heat", "Up"])
    >>> ratings_csv(ratings).decode("utf-8-sig")
    "user,item,rating\nann,Alien,4\n'=1+1,Heat,3.5\nann,Up,\n"
    """
    users, items, values = _rows(ratings)
    info = tables.info_beside(ratings, LIST)
    known = [_known(info.iloc[:, k]) for k in range(info.shape[1])]
    texts = [
        text for column in known if pa.types.is_large_string(column.type) for text in column.drop_null().to_pylist()
    ]
    columns = [_names(ratings.users).take(users), _names(ratings.items).take(items), pa.array(values, from_pandas=True)]
    columns += [column.take(items) for column in known]
    return _csv([*LIST, *info.columns], columns, [*ratings.users, *ratings.items, *texts])


def ratings_excel(ratings: Ratings) -> bytes:
    """The ratings as a list in an .xlsx workbook; the rows are those of `ratings_csv`.

    Beside the item stands its id where it has one; metadata are on a second sheet, each once, or the workbook would be of twice the
    size.

    Raises:
        NmfError: more rows, or a longer name, than Excel holds; CSV holds them.

    >>> ratings_excel(Ratings.from_cells(["ann"], ["Alien"], [4]))[:2]
    b'PK'
    """
    users, items, values = _rows(ratings)
    columns = (ratings.users[users], ratings.items[items], _shortest(values))
    table = pd.DataFrame(dict(zip(LIST, columns, strict=True)))
    info = tables.info_beside(ratings, LIST)
    if "id" in info.columns:
        table["id"] = tables.neutral_column(info["id"]).to_numpy()[items]
    return tables.excel({"ratings": table} | ({"items": info} if info.shape[1] else {}))


def grid_csv(ratings: Ratings) -> bytes:
    r"""The ratings as a grid in CSV, users down and items across, blanks empty; names and numbers as in `ratings_csv`.

    Raises:
        NmfError: more columns or cells than `read_ratings` takes as a grid; a list holds them.

    >>> ratings = Ratings.from_cells(["ann", "bob"], ["Alien", "Heat"], [4, 3.5])
    >>> grid_csv(ratings).decode("utf-8-sig")
    ',Alien,Heat\nann,4,\nbob,,3.5\n'
    """
    grid = _grid(ratings)
    columns = [_names(ratings.users), *(pa.array(column, from_pandas=True) for column in grid.T)]
    # The first header cell is blank, which is how a reader knows a grid.
    return _csv(["", *ratings.items], columns, ratings.users)


def grid_excel(ratings: Ratings) -> bytes:
    """The ratings as a grid in an .xlsx workbook, users down and items across.

    Raises:
        NmfError: more rows, columns or cells than Excel or `read_ratings` hold, or a longer name; the message says what does.

    >>> grid_excel(Ratings.from_cells(["ann"], ["Alien"], [4]))[:2]
    b'PK'
    """
    grid = pd.DataFrame(_shortest(_grid(ratings)), columns=ratings.items)
    grid.insert(0, "", ratings.users)
    return tables.excel({"ratings": grid})


def _rows(ratings: Ratings) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Rows, columns and ratings of a list in which each user and item stands; where it has no rating, beside a NaN."""
    users, items = np.flatnonzero(ratings.user_counts == 0), np.flatnonzero(ratings.item_counts == 0)
    # One blank row serves a user and an item; whoever is left over stands beside the first.
    n_blank = max(len(users), len(items))
    users, items = (np.pad(ids, (0, n_blank - len(ids))) for ids in (users, items))
    rated = np.repeat(np.arange(ratings.n_users), ratings.user_counts)
    values = np.concatenate([ratings.V.data, np.full(n_blank, np.nan, dtype=np.float32)])
    return np.concatenate([rated, users]), np.concatenate([ratings.V.indices, items]), values


def _grid(ratings: Ratings) -> NDArray[np.float32]:
    """The dense grid, blanks NaN, if it can be read again."""
    if ratings.n_users * ratings.n_items > MAX_GRID_CELLS or ratings.n_items >= MAX_COLUMNS:
        raise NmfError(
            f"A grid of {ratings.n_users:,} users × {ratings.n_items:,} items is larger than can be read again: "
            f"{MAX_GRID_CELLS:,} cells and {MAX_COLUMNS - 1:,} items. Export the ratings as a list."
        )
    grid = np.full(ratings.V.shape, np.nan, dtype=np.float32)
    grid[np.repeat(np.arange(ratings.n_users), ratings.user_counts), ratings.V.indices] = ratings.V.data
    return grid


def _names(ids: pd.Index) -> pa.Array:
    """Neutral names; each distinct one is looked at once."""
    return pa.array([escape_formulas(name) for name in ids], pa.large_string())


def _known(column: pd.Series) -> pa.Array:
    """A column of metadata: numbers as they are, of anything else the text, neutral."""
    neutral = tables.neutral_column(column)
    if types.is_numeric_dtype(neutral.dtype):
        return pa.array(neutral, from_pandas=True)
    texts = [None if value is None or value is pd.NaT else str(value) for value in neutral]
    return pa.array(texts, pa.large_string())


def _csv(header: list[str], columns: list[pa.Array], names: list[str] | pd.Index) -> bytes:
    """A table of names and float32 numbers as CSV, all names in quotes if one needs them: without, it is read faster."""
    quoted = any(_SEPARATES.search(name) for name in [*header, *names])
    heads = [escape_formulas(name) for name in header]
    out = io.BytesIO()
    out.write(_MARK)
    out.write(",".join('"' + head.replace('"', '""') + '"' if quoted else head for head in heads).encode() + b"\n")
    style = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed" if quoted else "none")
    pyarrow.csv.write_csv(pa.table(columns, names=[str(k) for k in range(len(columns))]), out, style)
    return out.getvalue()


def _shortest(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """The numbers with the fewest digits that are these in float32: 0.1 rather than 0.10000000149."""
    texts = pa.array(values.ravel()).cast(pa.string())
    return texts.cast(pa.float64()).to_numpy().reshape(values.shape)
