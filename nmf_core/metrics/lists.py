"""`Lists`: who stands where in people's lists, equal scores in any order.

No figure may hang on the order of columns. Items of one score share what each of their places would give: it is what all orders
of them give on average (McSherry & Najork 2008).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Lists:
    """The best `top_n` items of some people by score.

    Attributes:
        scores: (n, n_items), −inf for items that are no candidates.
        relevant: (n, n_items).
        top_n: how long a list is.

    >>> lists = Lists(np.array([[2.0, 1.0, 1.0]]), np.array([[False, True, False]]), 2)
    >>> lists.gains.tolist(), lists.listed.tolist()
    ([[0.0, 0.5]], [[1.0, 0.5, 0.5]])
    """

    scores: Array
    relevant: Mask
    top_n: int

    @property
    def k(self) -> int:
        """Places in a list: `top_n`, or all items where these are fewer."""
        return min(self.top_n, self.scores.shape[1])

    @cached_property
    def n_relevant(self) -> NDArray[np.int64]:
        """(n,) how many items are relevant."""
        counts: NDArray[np.int64] = self.relevant.sum(axis=1)
        return counts

    @cached_property
    def columns(self) -> NDArray[np.intp]:
        """(n, k) the item at each place; of equal scores the first column."""
        return best(self.scores, self.k)

    @cached_property
    def values(self) -> Array:
        """(n, k) the score at each place, −inf where no candidate is left."""
        return np.take_along_axis(self.scores, self.columns, axis=1)

    @cached_property
    def groups(self) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
        """(n, k) each: the first place of the items of the same score, how many these are, and how many of them are relevant."""
        values = self.values
        places = np.broadcast_to(np.arange(self.k), values.shape)
        begins = np.ones(values.shape, dtype=bool)
        begins[:, 1:] = values[:, 1:] != values[:, :-1]
        first = np.maximum.accumulate(np.where(begins, places, 0), axis=1)
        size = np.ones(values.shape, dtype=np.int64)
        found = np.take_along_axis(self.relevant, self.columns, axis=1).astype(float)
        tied = np.flatnonzero(~begins.all(axis=1))
        if len(tied):
            group = (np.cumsum(begins[tied]) - 1).reshape(len(tied), self.k)
            size[tied] = np.bincount(group.ravel())[group]
            found[tied] = np.bincount(group.ravel(), found[tied].ravel())[group]
        last = values[:, -1:]
        for u in np.flatnonzero((self.scores == last).sum(axis=1) > (values == last).sum(axis=1)):
            equal, where = self.scores[u] == last[u], values[u] == last[u]  # some of these are below the list
            size[u, where], found[u, where] = equal.sum(), (equal & self.relevant[u]).sum()
        return first, size, np.where(np.isneginf(values), 0.0, found)

    @cached_property
    def gains(self) -> Array:
        """(n, k) how likely what stands at each place is relevant."""
        _, size, found = self.groups
        return found / size

    @cached_property
    def listed(self) -> Array:
        """(n, n_items) how likely each item is in the list, 0…1; they add up to the length of the list."""
        chance = np.zeros(self.scores.shape)
        np.put_along_axis(chance, self.columns, (~np.isneginf(self.values)).astype(float), axis=1)
        first, size, _ = self.groups
        cut = np.flatnonzero((first[:, -1] + size[:, -1] > self.k) & ~np.isneginf(self.values[:, -1]))
        for u in cut:
            equal = self.scores[u] == self.values[u, -1]
            chance[u, equal] = (self.k - first[u, -1]) / size[u, -1]
        return chance


def best(scores: Array, k: int) -> NDArray[np.intp]:
    """The columns of the k highest scores of each row, the highest first; of equal ones the first.

    Only those k are put in order: sorting whole rows of thousands of items was half the time of choosing a penalty.
    """
    below = -scores
    if k >= scores.shape[1]:
        return np.argsort(below, axis=1, kind="stable")
    last = np.partition(below, k - 1, axis=1)[:, k - 1 : k]
    better, equal = below < last, below == last
    missing = k - better.sum(axis=1, keepdims=True)
    among = better | (equal & (np.cumsum(equal, axis=1) <= missing))
    columns = np.nonzero(among)[1].reshape(len(scores), k)
    order = np.argsort(np.take_along_axis(below, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)
