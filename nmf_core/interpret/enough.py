"""How many ratings an item or a user must have before anything is claimed of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.ratings import Ratings
from nmf_core.errors import whole_number

A_FEATURE = 2  # ratings for each feature: with fewer, weights follow single ratings
FEWEST_LEFT = 10  # items, or users, that must have enough
Mask = NDArray[np.bool_]


def least_ratings(counts: NDArray[np.integer], rank: int) -> int:
    """The least number of ratings that tells something of an item (or user), given all their numbers of ratings.

    Two for each feature; but never so many that those who have them hold less than half of all ratings, or are fewer than ten, so
    that a small grid is not emptied.

    >>> least_ratings(np.array([300, 200, 90, 80, 70, 60, 50, 40, 30, 25, 9, 2, 1, 0]), rank=5)
    10
    >>> least_ratings(np.array([4, 3, 1, 5]), rank=2)
    1
    """
    most_first = np.sort(counts[counts > 0])[::-1]
    if len(most_first) == 0:
        return 1
    half = int(np.searchsorted(np.cumsum(most_first), most_first.sum() / 2)) + 1
    left = min(max(half, FEWEST_LEFT), len(most_first))
    return int(max(1, min(A_FEATURE * rank, most_first[left - 1])))


def enough_items(ratings: Ratings | None, rank: int, size: int, least: int | None = None) -> Mask:
    """(n_items,) which items have ratings enough: `least`, or `least_ratings` if None; all where the ratings are not known."""
    return np.ones(size, dtype=bool) if ratings is None else _enough(ratings.item_counts, rank, least)


def enough_users(ratings: Ratings | None, rank: int, size: int, least: int | None = None) -> Mask:
    """(n_users,) which users have ratings enough, as for items."""
    return np.ones(size, dtype=bool) if ratings is None else _enough(ratings.user_counts, rank, least)


def _enough(counts: NDArray[np.integer], rank: int, least: int | None) -> Mask:
    """Which counts reach the least number."""
    return counts >= (least_ratings(counts, rank) if least is None else whole_number("least", least, 0, 2**31))
