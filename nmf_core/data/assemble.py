"""How cells become the observed cells of V: ratings as checked numbers, one a cell, in CSR; and their scale and metadata."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from nmf_core.data.notes import DataNote
from nmf_core.errors import RatingsError, shown
from nmf_core.words import many

Scale = tuple[float, float]
# Scales in common use; the first that holds every rating is the guess when none is given.
COMMON_SCALES: tuple[Scale, ...] = ((1, 5), (0.5, 5), (0, 5), (1, 10), (0, 10), (0, 100))
# Within these bounds a float32 rating, its square and sums of squares stay finite and normal.
SMALLEST_RATING, LARGEST_RATING = 1e-15, 1e15
DUPLICATE_RULES = ("last", "mean", "refuse")


def numbers_of(values: ArrayLike) -> NDArray[np.float64]:
    """Ratings as float64; text or complex numbers are an error that names the value."""
    array = np.asarray(values)
    if array.dtype.kind in "fiu" and array.ndim == 1:
        return array.astype(np.float64)
    if array.dtype.kind in "cb" or array.ndim != 1:
        raise RatingsError(
            f"The ratings are of type {array.dtype} with {array.ndim} dimensions; they must be real numbers in one column. "
            "Convert them to numbers."
        )
    numbers = np.empty(len(array))
    for k, value in enumerate(array.tolist()):
        if value is None or value is pd.NA or (isinstance(value, float) and value != value):
            numbers[k] = np.nan
            continue
        try:
            if isinstance(value, bool | bytes | complex):
                raise TypeError
            numbers[k] = float(value)
        except (TypeError, ValueError, OverflowError) as e:
            raise RatingsError(
                f"Rating number {k + 1} is {shown(value)}; it must be a number, or blank. Correct that cell."
            ) from e
    return numbers


def check_values(ratings: NDArray, u: NDArray, i: NDArray, users: pd.Index, items: pd.Index) -> None:
    """Refuse infinite, negative and unrepresentable ratings, naming the first cells."""
    low, high = float(ratings.min()), float(ratings.max())
    if low >= 0 and high <= LARGEST_RATING and not ((ratings < SMALLEST_RATING) & (ratings > 0)).any():
        return
    magnitude = np.abs(ratings)
    wrong = {
        "infinite": ~np.isfinite(ratings),
        "negative": ratings < 0,
        f"larger than {LARGEST_RATING:g}": magnitude > LARGEST_RATING,
        f"not zero but smaller than {SMALLEST_RATING:g}": (ratings != 0) & (magnitude < SMALLEST_RATING),
    }
    for what, bad in wrong.items():
        if bad.any():
            cells = ", ".join(f"{users[u[k]]} × {items[i[k]]} = {ratings[k]:g}" for k in np.nonzero(bad)[0][:3])
            more = f" and {int(bad.sum()) - 3} more" if bad.sum() > 3 else ""
            raise RatingsError(
                f"A rating is {what}: {cells}{more}. Ratings must be finite numbers from 0 up "
                f"(to {LARGEST_RATING:g}). Correct, shift or rescale them."
            )


def csr_of(
    u: NDArray, i: NDArray, values: NDArray, shape: tuple[int, int], dtype: type = np.float32
) -> sparse.csr_array:
    """Cells as CSR with rising columns; a cell given twice is there twice, in the order given.

    Two conversions, each a counting sort that keeps the order of equals: by item, then by user.
    """
    cells = sparse.coo_array((values.astype(dtype, copy=False), (u, i)), shape=shape)
    cells.has_canonical_format = True  # else SciPy would add up the ratings of a cell given twice
    by_item = cells.tocsc()
    del cells
    V = by_item.tocsr()
    V.has_sorted_indices = True
    return V


def settle_duplicates(
    V: sparse.csr_array, users: pd.Index, items: pd.Index, rule: str, said: list[str]
) -> sparse.csr_array:
    """One rating a cell, by the rule; what was settled is counted in `said`."""
    if rule not in DUPLICATE_RULES:
        raise RatingsError(f"duplicates is {shown(rule)}; it must be one of {', '.join(DUPLICATE_RULES)}.")
    again = np.zeros(V.nnz, dtype=bool)
    np.equal(V.indices[1:], V.indices[:-1], out=again[1:])
    starts = V.indptr[:-1]
    again[starts[starts < V.nnz]] = False  # the first of a row repeats nothing
    n_twice = int(again.sum())
    if not n_twice:
        return V
    k = int(np.argmax(again))
    where = f"{users[int(np.searchsorted(V.indptr, k, side='right')) - 1]} × {items[V.indices[k]]}"
    if rule == "refuse":
        raise RatingsError(
            f"{n_twice} cells are rated more than once, the first of them {where}. Keep one rating a user and item.",
            script="Or read with duplicates='last' or duplicates='mean'.",
        )
    word = "the last rating counts" if rule == "last" else "their mean counts"
    repeat = many(n_twice, "rating repeats", "ratings repeat")
    said.append(DataNote(f"{repeat} a user and item (such as {where}); {word}."))
    first = np.flatnonzero(~again)
    if rule == "mean":
        values = np.add.reduceat(V.data.astype(np.float64), first) / np.diff(np.append(first, V.nnz))
    else:
        values = V.data[np.append(first[1:], V.nnz) - 1]
    rows = np.repeat(np.arange(V.shape[0]), np.diff(V.indptr))[first]
    return csr_of(rows.astype(V.indices.dtype), V.indices[first], values, V.shape)


def times_of_cells(u: NDArray, i: NDArray, times: NDArray, shape: tuple[int, int]) -> NDArray[np.float64]:
    """(n_ratings,) the time of each cell in the order of V; of a cell given twice that of the last."""
    T = csr_of(u, i, times, shape, np.float64)
    rows = np.repeat(np.arange(shape[0], dtype=T.indices.dtype), np.diff(T.indptr))
    last = np.append((np.diff(T.indices) != 0) | (np.diff(rows) != 0), True)
    return T.data[last]


def checked_scale(scale: Scale | None, V: sparse.csr_array, users: pd.Index, items: pd.Index, said: list[str]) -> Scale:
    """The given scale, checked, or a guess."""
    if scale is None:
        return guess_scale(V.data)
    try:
        low, high = (float(x) for x in scale if not isinstance(x, str))
    except (TypeError, ValueError, OverflowError):  # no pair, or not of numbers
        low = high = np.nan
    if not (np.isfinite([low, high]).all() and low < high):
        raise RatingsError(
            f"The scale is {shown(scale)}; it must be two finite numbers, the low end below the high end. Give (low, high)."
        )
    outside = (V.data < low) | (V.data > high)
    if outside.any():
        k = int(np.argmax(outside))
        user = users[int(np.searchsorted(V.indptr, k, side="right")) - 1]
        lie = many(int(outside.sum()), "rating lies", "ratings lie")
        said.append(
            f"{lie} outside the scale {low:g}–{high:g} (such as {user} × {items[V.indices[k]]} = {V.data[k]:g})."
        )
    return (low, high)


def guess_scale(values: NDArray[np.floating]) -> Scale:
    """The first common rating scale that holds every value, else the values' own range."""
    # The shortest decimal that is the same number: 7.3 as a float32 is a little more than 7.3.
    low, high = (float(str(end)) for end in (values.min(), values.max()))
    if high <= 1 and low >= 0 and not (low == high == 1):
        return (0.0, 1.0)
    for scale in COMMON_SCALES:
        if scale[0] <= low and high <= scale[1]:
            return (float(scale[0]), float(scale[1]))
    return (min(low, 0.0), high)


def aligned_info(info: pd.DataFrame | None, items: pd.Index) -> pd.DataFrame | None:
    """Item metadata with one row an item, in the items' order."""
    if info is None:
        return None
    info = info.copy()
    info.index = pd.Index([str(x) for x in info.index], dtype="str")
    return info[~info.index.duplicated()].reindex(items)
