"""Everybody's lists together: which items they hold, how well known these are, and how many of them people rated low."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmf_core.metrics.lists import Lists

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Everybody:
    """What is known of the lists of several people, added up.

    Attributes:
        people: of how many people the lists are.
        rated_by: (n_items,) by how many people each item was rated, of those ratings that models have seen; 0 is no candidate.
        raters: how many people there are in these ratings.
        listed: (n_items,) in how many lists each item is; of equal scores, on average.
        unlisted: (n_items,) the logarithm of the chance that an item is in none.
        rated, low: how many held-out ratings the lists hold, and how many of them are in the lower 30 % of the scale.
        explained, kept: of how many listed items the scores are sums of parts, and how many of these are still listed where a
            score is but the parts that a receipt names first.
    """

    people: int
    rated_by: NDArray[np.int64]
    raters: int
    listed: Array
    unlisted: Array
    rated: float
    low: float
    explained: float = 0.0
    kept: float = 0.0


def of_block(lists: Lists, rated: Mask, low: Mask, rated_by: NDArray[np.int64], raters: int) -> Everybody:
    """`Everybody` of some people: which items of each are held-out ratings, and which of these low, (n, n_items)."""
    listed = lists.listed
    rows, columns = np.nonzero(listed)
    with np.errstate(divide="ignore"):
        never = np.log1p(-np.minimum(listed[rows, columns], 1.0))
    unlisted = np.bincount(columns, never, listed.shape[1]).astype(float)
    return Everybody(
        len(listed),
        rated_by,
        raters,
        listed.sum(axis=0),
        unlisted,
        float(listed[rated].sum()),
        float(listed[low].sum()),
    )


def together(parts: Iterable[Everybody]) -> Everybody:
    """Several people and several more, of the same ratings."""
    every = list(parts)

    def added(name: str) -> float:
        return float(sum(getattr(part, name) for part in every))

    return Everybody(
        sum(part.people for part in every),
        every[0].rated_by,
        every[0].raters,
        np.sum([part.listed for part in every], axis=0),
        np.sum([part.unlisted for part in every], axis=0),
        *(added(name) for name in ("rated", "low", "explained", "kept")),
    )
