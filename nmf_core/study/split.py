"""Held-out cells: observed ratings hidden from a fit, so that its predictions can be checked against them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.ids import places_of
from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import RatingsError, SettingsError, shown, whole_number

SPLITS = ("random", "time")


def checked_split(split: object) -> str:
    """One of `SPLITS`.

    >>> checked_split("time")
    'time'
    """
    if not isinstance(split, str) or split not in SPLITS:
        raise SettingsError(f"split is {shown(split)}; it must be one of {', '.join(SPLITS)}. Pick one of these.")
    return split


def held_out_folds(ratings: Ratings, *, folds: int = 5, seed: int = 0) -> NDArray[np.int64]:
    """The fold (0…folds−1) in which each observed cell is held out, (n_ratings,); −1 where it never is.

    Cells are dealt at random ("speckled" hold-outs, Wold 1978), in the order of names: the same for the same ratings in any
    order. Every user and item keeps a rating in every fold's training
    part: where a fold would take all of one's ratings, one of them is never held out.

    Raises:
        RatingsError: every cell is the only one of its user or item, so none can be hidden.

    >>> from nmf_core import datasets
    >>> folds = held_out_folds(datasets.notebook(), folds=3)
    >>> len(folds), int(folds.max())
    (13, 2)
    """
    require_ratings(ratings)
    folds = whole_number("folds", folds, 2, 50)
    seed = whole_number("seed", seed, 0, 2**32 - 1)
    ordered = ratings.by_name
    dealt = np.random.default_rng(seed).permutation(ratings.n_ratings) % folds
    fold = dealt.astype(np.int64)
    for axis, size in ((_rows(ordered), ratings.n_users), (ordered.V.indices, ratings.n_items)):
        _keep_one(fold, axis, size)
    if (fold < 0).all():
        raise RatingsError(
            f"None of the {ratings.n_ratings} ratings can be held out: each is the only one of its user or item. "
            "Add ratings, so that users and items have two or more."
        )
    if ordered is ratings:
        return fold
    u, i = places_of(ratings.user_order)[_rows(ratings)], places_of(ratings.item_order)[ratings.V.indices]
    as_given = np.empty_like(fold)
    as_given[np.lexsort((i, u))] = fold
    return as_given


FITTED, TOLD, HELD_OUT, LEFT_OUT = range(4)  # what becomes of a cell when ratings are split in time
LATEST = 0.2  # of all ratings are held out then


def split_in_time(ratings: Ratings) -> NDArray[np.int8]:
    """What becomes of each observed cell, (n_ratings,), where the latest fifth of all is held out: one cut for everybody.

    `FITTED` are those before the cut, and those without a time. Of somebody who begins after it, the first half is `TOLD`: known
    when they are judged, but no part of the fit; the rest is `HELD_OUT`, as is what others rated after the cut. `LEFT_OUT` are
    items that nobody rated before it, and people of whom nothing is known.

    Raises:
        RatingsError: no times, or all alike.

    >>> from dataclasses import replace
    >>> from nmf_core import datasets
    >>> ratings = datasets.notebook()
    >>> split_in_time(replace(ratings, times=np.arange(13.0))).tolist()
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 2]
    """
    require_ratings(ratings)
    if ratings.times is None or np.isnan(ratings.times).all():
        raise RatingsError(
            "These ratings have no times, so there is no last fifth of them.",
            script="Use split='random', or read a file with a column of times.",
        )
    times = ratings.times
    known = np.unique(times[~np.isnan(times)])
    if len(known) < 2:
        raise RatingsError(
            "All times of these ratings are alike, so there is no last fifth of them.", script="Use split='random'."
        )
    cuts = _near(known, times)
    held = times >= cuts[np.abs([(times >= cut).mean() - LATEST for cut in cuts]).argmin()]
    u, i = _rows(ratings), ratings.V.indices
    parts = np.where(held, HELD_OUT, FITTED).astype(np.int8)
    seen_items = np.bincount(i[~held], minlength=ratings.n_items) > 0
    parts[held & ~seen_items[i]] = LEFT_OUT
    begins_later = np.bincount(u[~held], minlength=ratings.n_users) == 0
    of_new = np.flatnonzero((parts == HELD_OUT) & begins_later[u])
    order = of_new[np.lexsort((times[of_new], u[of_new]))]
    counts = np.bincount(u[order], minlength=ratings.n_users)
    place = np.arange(len(order)) - (np.cumsum(counts) - counts)[u[order]]
    parts[order[place < counts[u[order]] // 2]] = TOLD
    parts[order[counts[u[order]] < 2]] = LEFT_OUT
    return parts


def _near(known: NDArray[np.float64], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The times at which a cut holds out about `LATEST` of the ratings: the last one below and the first one above it."""
    wanted = np.nanquantile(times, 1 - LATEST)
    place = int(np.searchsorted(known, wanted))
    return known[max(1, place - 1) : place + 2]


def _rows(ratings: Ratings) -> NDArray[np.int64]:
    """(n_ratings,) row of each observed cell."""
    return np.repeat(np.arange(ratings.n_users), ratings.user_counts)


def _keep_one(fold: NDArray[np.int64], axis: NDArray, size: int) -> None:
    """Take back to training, in place, the first cell of every row whose cells are all held out in one fold."""
    low = np.full(size, np.iinfo(np.int64).max)
    high = np.full(size, -2)
    np.minimum.at(low, axis, fold)
    np.maximum.at(high, axis, fold)
    whole = (low == high) & (low >= 0)
    cells, first = np.unique(axis, return_index=True)
    fold[first[whole[cells]]] = -1
