"""Ratings from arrays and sparse matrices, which have no names: rows and columns are numbered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.assemble import Scale
from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError


def ratings_of_array(source: Any, zeros: str, scale: Scale | None) -> Ratings:
    """Ratings from a 2-D array."""
    try:
        masked = isinstance(source, np.ma.MaskedArray)
        array = source.astype(float).filled(np.nan) if masked else np.asarray(source)
    except (ValueError, TypeError) as e:
        raise RatingsError("The rows of the array are not equally long, or not numbers. Give a 2-D array.") from e
    _check_array(array.dtype, array.shape)
    grid = pd.DataFrame(array.astype(float), index=_numbered(array.shape[0]), columns=_numbered(array.shape[1]))
    return Ratings.from_grid(grid, zeros=zeros, scale=scale)


def ratings_of_sparse(source: Any, duplicates: str, scale: Scale | None) -> Ratings:
    """Ratings from a sparse array or matrix, whose stored cells are observed."""
    _check_array(source.dtype, source.shape)
    cells = source.tocoo()
    rows, columns = (_numbered(n) for n in cells.shape)
    n_zeros = int((cells.data == 0).sum())
    return Ratings.from_cells(
        rows[cells.row],
        columns[cells.col],
        cells.data,
        all_users=rows,
        all_items=columns,
        scale=scale,
        duplicates=duplicates,
        notes=[f"{n_zeros} stored zeros count as ratings."] if n_zeros else [],
    )


def _check_array(dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Refuse an array that is not a grid of real numbers."""
    if len(shape) != 2 or 0 in shape:
        raise RatingsError(
            f"The array has the shape {shape}; it must be users × items with at least one of each. Give a 2-D array."
        )
    if dtype.kind not in "fiu":
        raise RatingsError(
            f"The array is of type {dtype}; ratings are real numbers, with NaN for a blank. Convert it to float."
        )


def _numbered(n: int) -> NDArray[np.object_]:
    """Ids "0", "1", … as an array."""
    return np.arange(n).astype(str).astype(object)
