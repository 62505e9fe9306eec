"""A DataFrame as a table."""

from __future__ import annotations

import pandas as pd

from nmf_core.errors import RatingsError
from nmf_core.tables.base import Column, Table, table_of_columns, text_of
from nmf_core.tables.headers import has_role


def table_of_frame(frame: pd.DataFrame) -> Table:
    """A DataFrame as a Table; an index that holds ids becomes the first column."""
    header = [text_of(column) for column in frame.columns]
    plain = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    starts_with_users = len(header) > 0 and (has_role(header[:1], "user") or _is_text(frame.iloc[:, 0]))
    columns = [frame.iloc[:, k].reset_index(drop=True) for k in range(frame.shape[1])]
    if not (plain and starts_with_users):
        levels = [frame.index.get_level_values(k) for k in range(frame.index.nlevels)]
        columns = [pd.Series(level.array) for level in levels] + columns
        header = [text_of(name) if name is not None else "" for name in frame.index.names] + header
    if not columns:
        raise RatingsError("The DataFrame has no columns. Give one with user, item and rating, or with users as index.")
    return table_of_columns(
        header, [Column.of(column) for column in columns], range(1, len(frame) + 1), name="The DataFrame", place="row"
    )


def _is_text(cells: pd.Series) -> bool:
    """Whether a column holds text rather than numbers."""
    return not pd.api.types.is_numeric_dtype(cells) and pd.api.types.infer_dtype(cells) in ("string", "categorical")
