"""Held-out cells: observed ratings hidden from a fit, so that its predictions can be checked against them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.ids import places_of
from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import RatingsError, whole_number


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
