"""Tables for spreadsheets: CSV and Excel bytes in which no name can act as a formula."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from nmf_core.data.escape import escape_formulas
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, shown
from nmf_core.export.recipe import checked_labels
from nmf_core.export.workbook import workbook
from nmf_core.fit.factorization import Factorization
from nmf_core.interpret.features import Labels, feature_names
from nmf_core.tables.headers import role_of
from nmf_core.words import told_apart

EXCEL_ROWS, EXCEL_COLUMNS, EXCEL_TEXT = 1_048_576, 16_384, 32_767  # what a sheet and a cell hold

neutral = escape_formulas  # by this name notebooks that were exported earlier call it
_SHEET_FORBIDS = re.compile(r"[\[\]:*?/\\'\t\r\n]")


def csv(frame: pd.DataFrame) -> bytes:
    r"""A frame as CSV: UTF-8, commas, all text quoted, blanks empty; the index first, unless it only counts rows.

    It begins with a byte order mark: without one Excel reads names in the wrong encoding; `read_ratings` and pandas skip it.

    >>> import pandas as pd
    >>> csv(pd.DataFrame({"item": ["=1+1"], "weight": [0.5]})).decode("utf-8-sig")
    '"item","weight"\r\n"\'=1+1",0.5\r\n'
    """
    import csv as csv_module  # here, since this function bears its name

    text = _neutral_frame(frame).to_csv(index=False, quoting=csv_module.QUOTE_NONNUMERIC, lineterminator="\r\n")
    return text.encode("utf-8-sig")


def excel(sheets: pd.DataFrame | Mapping[str, pd.DataFrame]) -> bytes:
    """A frame, or frames by sheet name, as an .xlsx workbook; a sheet's name is cut to what Excel allows.

    Raises:
        NmfError: more rows, columns or characters in a cell than Excel holds, or no sheet.

    >>> import pandas as pd
    >>> excel(pd.DataFrame({"item": ["Alien"], "weight": [0.5]}))[:2]
    b'PK'
    """
    named = {"Sheet1": sheets} if isinstance(sheets, pd.DataFrame) else dict(sheets)
    if not named:
        raise NmfError("There is no table to write; an Excel file has at least one sheet. Give at least one table.")
    flat: dict[str, pd.DataFrame] = {}
    for name, frame in named.items():
        flat[_sheet_name(str(name), flat)] = _fitting(str(name), _neutral_frame(frame))
    return workbook(flat)


def _sheet_name(name: str, taken: Collection[str]) -> str:
    """A name that Excel allows, unlike those taken in more than case; 28 characters leave room for the number."""
    base = _SHEET_FORBIDS.sub(" ", escape_formulas(name))[:28].strip() or "Sheet"
    used = {one.casefold() for one in taken}
    return next(one for one in (base, *(f"{base}{k}" for k in range(1, 1_000))) if one.casefold() not in used)


def w_table(fit: Factorization, labels: Labels = None) -> pd.DataFrame:
    """W with names: one row a user (the index), one column a feature.

    >>> from nmf_core import datasets, factorize
    >>> w_table(factorize(datasets.notebook(), rank=2), {0: "Action"}).columns.tolist()
    ['Action', 'Feature 2']
    """
    names = feature_names(fit.rank, checked_labels(labels, fit.rank))
    return pd.DataFrame(fit.W, index=fit.users.rename("user"), columns=names)


def h_table(fit: Factorization, labels: Labels = None) -> pd.DataFrame:
    """H with names: one row a feature (the index), one column an item. Its transpose suits a sheet where items are many.

    >>> from nmf_core import datasets, factorize
    >>> h_table(factorize(datasets.notebook(), rank=2)).shape
    (2, 4)
    """
    names = feature_names(fit.rank, checked_labels(labels, fit.rank))
    return pd.DataFrame(fit.H, index=pd.Index(names, name="feature"), columns=fit.items)


def user_table(fit: Factorization, ratings: Ratings, labels: Labels = None) -> pd.DataFrame:
    """W to take along: a row a user (the index), with the number of their ratings and a column a feature.

    Weights of whoever has no ratings are blank: what the fit has there is no knowledge.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> user_table(factorize(ratings, rank=2), ratings, {0: "Action"}).columns.tolist()
    ['ratings', 'Action', 'Feature 2']
    """
    fit.check_ratings(ratings)
    counts = pd.DataFrame({"ratings": ratings.user_counts}, index=fit.users.rename("user"))
    return _beside(counts, fit.W, fit, labels)


def item_table(fit: Factorization, ratings: Ratings, labels: Labels = None) -> pd.DataFrame:
    """H to take along, items down: id and metadata beside each item (the index), the number of its ratings, a column a feature.

    Weights of items without ratings are blank, as in `user_table`.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.movie_night()
    >>> item_table(factorize(ratings, rank=2), ratings).columns.tolist()
    ['year', 'genres', 'director', 'ratings', 'Feature 1', 'Feature 2']
    """
    fit.check_ratings(ratings)
    known = info_beside(ratings, ("item", "ratings"))
    counts = pd.DataFrame({"ratings": ratings.item_counts}, index=fit.items.rename("item"))
    return _beside(pd.concat([known, counts], axis=1), fit.H.T, fit, labels)


def info_beside(ratings: Ratings, taken: Collection[str]) -> pd.DataFrame:
    """What is known of the items, a row an item: ids and metadata, less what only repeats the name.

    A column called as one of `taken`, or as users and ratings are called, is said to be metadata: no reader takes it for ratings.

    >>> info = pd.DataFrame({"title": ["Heat"], "rating": [8.3], "id": ["6"]}, index=["Heat"])
    >>> info_beside(Ratings.from_cells(["ann"], ["Heat"], [4], item_info=info), ("item", "rating")).columns.tolist()
    ['id', 'rating in metadata']
    """
    index = ratings.items.rename("item")
    if ratings.item_info is None:
        return pd.DataFrame(index=index)
    info = ratings.item_info.set_axis(index)
    info = info.loc[:, [not _repeats(info.iloc[:, k], ratings.items) for k in range(info.shape[1])]]
    info = info.iloc[:, np.argsort([column != "id" for column in info.columns], kind="stable")]
    names = [
        f"{column} in metadata" if column in taken or role_of(column)[0] in ("user", "rating") else column
        for column in map(str, info.columns)
    ]
    return info.set_axis(told_apart(names, taken), axis=1)


def _repeats(column: pd.Series, items: pd.Index) -> bool:
    """Whether a column holds the items' names: half of them or more, and of the others the beginning, as of "Emma [2]"."""
    texts = ["" if _is_blank(value) else str(value) for value in column]
    same = sum(text == item for text, item in zip(texts, items, strict=True))
    return same >= len(texts) / 2 and all(item.startswith(text) for text, item in zip(texts, items, strict=True))


def _beside(known: pd.DataFrame, weights: NDArray[np.floating], fit: Factorization, labels: Labels) -> pd.DataFrame:
    """What is known of users or items, and beside it their weights, blank for whoever has no ratings."""
    names = feature_names(fit.rank, checked_labels(labels, fit.rank))
    names = told_apart(names, (str(known.index.name), *known.columns))
    shown = np.where(known["ratings"].to_numpy()[:, None] > 0, weights, np.nan)
    return pd.concat([known, pd.DataFrame(shown, index=known.index, columns=names)], axis=1)


def _neutral_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its index as first columns, and every name in it, headers included, neutral."""
    if not (isinstance(frame.index, pd.RangeIndex) and frame.index.name is None):
        frame = frame.reset_index(allow_duplicates=True)
    columns = [neutral_column(frame.iloc[:, k]) for k in range(frame.shape[1])]
    flat = pd.concat(columns, axis=1) if columns else frame.copy()
    flat.columns = pd.Index([escape_formulas(str(name)) for name in frame.columns])
    return flat


def neutral_column(column: pd.Series) -> pd.Series:
    """Numbers, truth values and dates as they are; of anything else the text, neutral, and blanks as None."""
    if types.is_numeric_dtype(column.dtype) or types.is_datetime64_any_dtype(column.dtype):
        return column
    if isinstance(column.dtype, pd.StringDtype):  # names repeat: each distinct one is looked at once
        return column.map({name: escape_formulas(name) for name in column.dropna().unique()}).astype(object)
    values = [
        value if _stays_number(value) else None if _is_blank(value) else escape_formulas(str(value)) for value in column
    ]
    return pd.Series(values, index=column.index, dtype=object)


def _stays_number(value: object) -> bool:
    """Whether a value is a number of its own, not text that looks like one."""
    return isinstance(value, int | float | np.number) and value == value


def _is_blank(value: object) -> bool:
    """Whether a value is missing."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


def _fitting(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A frame as it is, if a sheet holds it."""
    if len(frame) + 1 > EXCEL_ROWS or frame.shape[1] > EXCEL_COLUMNS:
        raise NmfError(
            f"The table {shown(name)} has {len(frame):,} rows and {frame.shape[1]:,} columns; an Excel sheet holds "
            f"{EXCEL_ROWS - 1:,} and {EXCEL_COLUMNS:,}. Export it as CSV."
        )
    texts = [frame.iloc[:, k] for k in range(frame.shape[1]) if types.is_object_dtype(frame.iloc[:, k].dtype)]
    for value in set(frame.columns).union(*texts):
        if isinstance(value, str) and len(value) > EXCEL_TEXT:
            raise NmfError(
                f"A cell of the table {shown(name)} has {len(value):,} characters ({shown(value)}); an Excel cell holds "
                f"{EXCEL_TEXT:,}. Export it as CSV."
            )
    return frame
