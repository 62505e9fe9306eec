"""Ratings set cell by cell, as numbers or as somebody types them, and their scale."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.assemble import LARGEST_RATING, SMALLEST_RATING, Scale
from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError, SettingsError, real_number, shown
from nmf_core.tables.base import Column
from nmf_core.tables.numbers import read_numbers

# --- ratings ----------------------------------------------------------------------------------------------------


def set_rating(ratings: Ratings, user: object, item: object, value: float | None) -> Ratings:
    """The ratings with one cell set, or blanked where `value` is None.

    Raises:
        RatingsError: an unknown user or item, a value outside the scale, or no rating left.

    >>> from nmf_core import datasets
    >>> set_rating(datasets.notebook(), "User1", "Movie1", 2).of_user("User1")
    {'Movie1': 2.0, 'Movie2': 3.0, 'Movie4': 1.0}
    """
    return set_cells(ratings, [user], [item], [value])


def set_ratings(ratings: Ratings, user: object, values: Mapping[object, float | None]) -> Ratings:
    """The ratings with some of a user's: item → rating, or None for a blank.

    Raises:
        RatingsError: as `set_rating`.

    >>> from nmf_core import datasets
    >>> set_ratings(datasets.notebook(), "User1", {"Movie3": 4, "Movie4": None}).of_user("User1")
    {'Movie1': 5.0, 'Movie2': 3.0, 'Movie3': 4.0}
    """
    return set_cells(ratings, [user] * len(values), list(values), list(values.values()))


def set_item_ratings(ratings: Ratings, item: object, values: Mapping[object, float | None]) -> Ratings:
    """The ratings with some of an item's: user → rating, or None for a blank.

    Raises:
        RatingsError: as `set_rating`.

    >>> from nmf_core import datasets
    >>> set_item_ratings(datasets.notebook(), "Movie3", {"User1": 4, "User5": None}).of_user("User5")
    {'Movie2': 1.0, 'Movie4': 4.0}
    """
    return set_cells(ratings, list(values), [item] * len(values), list(values.values()))


def set_cells(
    ratings: Ratings, users: Sequence[object], items: Sequence[object], values: Sequence[float | None]
) -> Ratings:
    """The ratings with cells set: user, item and rating by place; None or NaN is a blank, and the last word on a cell counts.

    Raises:
        RatingsError: as `set_rating`.

    >>> from nmf_core import datasets
    >>> set_cells(datasets.notebook(), ["User1", "User2"], ["Movie3", "Movie3"], [4, 5]).n_ratings
    15
    """
    if not len(users) == len(items) == len(values):
        raise RatingsError(
            f"There are {len(users)} users, {len(items)} items and {len(values)} ratings; the three must be equally long. "
            "Give one user, one item and one rating for each cell."
        )
    cells = np.array(
        [_value(v, f"{u} × {i}", ratings) for u, i, v in zip(users, items, values, strict=True)], dtype=float
    )
    return with_cells(ratings, positions(ratings.users, users, "user"), positions(ratings.items, items, "item"), cells)


def set_typed(ratings: Ratings, cells: Sequence[tuple[object, object, object]]) -> Ratings:
    """The ratings with cells set as people type them: (user, item, text), where a blank text is a blank.

    A number is read as in files, each by itself: 4,5 is 4.5, and 1,500 is refused.

    Raises:
        RatingsError: text that is no number, else as `set_rating`.

    >>> from nmf_core import datasets
    >>> set_typed(datasets.notebook(), [("User1", "Movie3", "4,5"), ("User1", "Movie1", "")]).of_user("User1")
    {'Movie2': 3.0, 'Movie3': 4.5, 'Movie4': 1.0}
    """
    known: dict[str, float] = {}
    values: list[float | None] = []
    for user, item, text in cells:
        typed = _trimmed(text)
        if typed not in known:
            known[typed], why = _read_typed(ratings, typed)
            if why:
                raise RatingsError(f"{user} × {item}: {why}")
        values.append(known[typed])
    return set_cells(ratings, [user for user, _, _ in cells], [item for _, item, _ in cells], values)


def why_refused(ratings: Ratings, text: object) -> str:
    """Why a text cannot be typed as a rating, in a sentence; "" if it can.

    >>> from nmf_core import datasets
    >>> why_refused(datasets.notebook(), "9")
    "'9' lies outside the scale. A rating here is a number from 1 to 5, or blank. Correct that cell."
    >>> why_refused(datasets.notebook(), "4,5"), why_refused(datasets.notebook(), None)
    ('', '')
    """
    return _read_typed(ratings, _trimmed(text))[1]


def _trimmed(text: object) -> str:
    """What was typed into a cell, without blanks around it."""
    return "" if text is None else str(text).strip()


def _read_typed(ratings: Ratings, typed: str) -> tuple[float, str]:
    """A typed text as a rating, and why it is none."""
    low, high = bounds(ratings)
    read = read_numbers([Column.of([typed])])
    value = float(read.matrix()[0, 0])
    no_number = read.wrong[3] if read.wrong and np.isnan(value) else ""
    if not no_number and not (value < low or value > high):
        return value, ""
    return value, (
        f"{shown(typed)} {no_number or 'lies outside the scale'}. A rating here is a number from {low:g} to {high:g}, or blank. "
        "Correct that cell."
    )


def bounds(ratings: Ratings) -> Scale:
    """The lowest and highest rating that can be given: the scale, within what ratings can be at all."""
    return max(ratings.scale[0], 0.0), min(ratings.scale[1], LARGEST_RATING)


def _value(value: object, where: str, ratings: Ratings) -> float:
    """A rating within the scale, or NaN for a blank."""
    if value is None or value is pd.NA or (isinstance(value, numbers.Real) and value != value):
        return np.nan
    low, high = bounds(ratings)
    number = isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)
    # The scale comes first: float() of a whole number too large for it would raise.
    if not number or not low <= value <= high or 0 < abs(float(value)) < SMALLEST_RATING:  # type: ignore
        value = value.item() if isinstance(value, np.generic) else value
        raise RatingsError(
            f"{where} is {shown(value)}; a rating here is a number from {low:g} to {high:g}. Correct that cell."
        )
    return float(value)  # type: ignore[arg-type]


def with_cells(
    ratings: Ratings, rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.float64]
) -> Ratings:
    """The ratings with cells set; NaN blanks them. Only the rows between the first and the last are looked into."""
    if len(rows) == 0:
        return ratings
    V, width = ratings.V, ratings.n_items
    indptr: NDArray[np.int64] = np.asarray(V.indptr)
    where: NDArray[np.int64] = rows * width + columns
    cells, last = np.unique(where[::-1], return_index=True)
    values = values[::-1][last]
    start, end = int(cells[0]) // width, int(cells[-1]) // width + 1
    low, high = int(indptr[start]), int(indptr[end])
    keys = np.repeat(np.arange(start, end) * width, np.diff(indptr[start : end + 1])) + V.indices[low:high]
    at = np.searchsorted(keys, cells)
    known = np.append(keys, -1)[at] == cells
    blank = np.isnan(values)
    at = at + low

    data, indices, times = V.data.copy(), V.indices, ratings.times
    data[at[known & ~blank]] = values[known & ~blank]
    if times is not None:  # when a cell was set by hand is not kept
        times = times.copy()
        times[at[known & ~blank]] = np.nan
    gone, new = at[known & blank], ~known & ~blank
    if len(gone):
        data, indices = np.delete(data, gone), np.delete(indices, gone)
        times = None if times is None else np.delete(times, gone)
    if new.any():
        places = at[new] - np.searchsorted(gone, at[new])
        data = np.insert(data, places, values[new])
        indices = np.insert(indices, places, cells[new] % width)
        times = None if times is None else np.insert(times, places, np.nan)
    if len(data) == 0:
        raise RatingsError("That would leave no ratings; there must be at least one. Rate another cell first.")
    counts = np.diff(indptr)
    counts += np.bincount(cells[new] // width, minlength=len(counts)).astype(counts.dtype)
    counts -= np.bincount(cells[known & blank] // width, minlength=len(counts)).astype(counts.dtype)
    return made(ratings, data, indices, counts, ratings.users, ratings.items, times)


def made(
    ratings: Ratings,
    data: NDArray,
    indices: NDArray,
    counts: NDArray,
    users: pd.Index,
    items: pd.Index,
    times: NDArray | None,
) -> Ratings:
    """Ratings of row-wise cells, the number in each row and their times; what is known of the items follows them."""
    indptr = np.concatenate([[0], np.cumsum(counts)])
    V = sparse.csr_array((data, indices, indptr), shape=(len(users), len(items)), dtype=np.float32)
    info = ratings.item_info
    if info is not None and items is not ratings.items:
        info = info.reindex(items)
    return Ratings(V, users, items, ratings.scale, info, times=times)


# --- users and items --------------------------------------------------------------------------------------------


def set_scale(ratings: Ratings, low: float, high: float) -> Ratings:
    """The ratings on another scale; their values stay as they are.

    Raises:
        RatingsError: ends that are no numbers, or in the wrong order, or between which not all ratings lie.

    >>> from nmf_core import datasets
    >>> set_scale(datasets.notebook(), 0, 10).scale
    (0.0, 10.0)
    """
    try:
        ends = (
            real_number("the low end", low, 0, LARGEST_RATING),
            real_number("the high end", high, 0, LARGEST_RATING),
        )
    except SettingsError as e:
        raise RatingsError(str(e)) from e
    least, most = float(ratings.V.data.min()), float(ratings.V.data.max())
    if not ends[0] < ends[1] or least < ends[0] or most > ends[1]:
        raise RatingsError(
            f"The scale would be {ends[0]:g} to {ends[1]:g}; it must rise, and hold all ratings, which lie from {least:g} to "
            f"{most:g}. Choose a wider scale, or change the ratings first."
        )
    return replace(ratings, scale=ends, notes=())
