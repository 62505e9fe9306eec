"""The first items of many people's lists at once: those of `best.first_items`, person for person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.fit.exact_rows import processors
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.problem import Array
from nmf_core.interpret.best import MARGIN, added_up, evened, first_items

COMPILED_SCORES = 100_000_000  # people × items × rank from which compiled code is worth waiting for
MOST_COMPILED = 200  # items of a list; longer ones are sorted whole
BLOCK = 8  # people that a thread takes at once
Columns = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Lister:
    """What all lists of a fit have in common.

    Attributes:
        ids: columns that may be listed.
        later: (n_items,) as `first_items` takes it.
        n: items of a list.
        compiled: whether compiled code finds those that can be among the first.
    """

    fit: Factorization
    ids: Columns
    later: NDArray[np.integer]
    n: int
    compiled: bool

    @classmethod
    def of(cls, fit: Factorization, ids: Columns, later: NDArray[np.integer], n: int) -> Lister:
        """With compiled code where there are many scores."""
        many = len(fit.users) * fit.H.size >= COMPILED_SCORES
        return cls(fit, ids, later, n, many and n <= MOST_COMPILED)

    def lists(self, weights: Array, rated: sparse.csr_array) -> list[Columns]:
        """The columns of each person's list, best first, by `weights` (n_people, rank), less what they have `rated`."""
        found: list[Columns] = [np.zeros(0, np.int64)] * len(weights)
        whole = list(range(len(weights)))
        if self.compiled:
            found, whole = self._by_compiled_code(weights, rated)
        may = np.zeros(len(self.later), dtype=bool)
        for row in whole:
            own = rated.indices[rated.indptr[row] : rated.indptr[row + 1]]
            may[self.ids] = True
            may[own] = False
            found[row] = first_items(self.fit, weights[row], np.flatnonzero(may), self.later, self.n)
        return found

    @cached_property
    def _order(self) -> Columns:
        """The columns that may be listed, those that come first before all others, and then by what they score on the whole."""
        on_the_whole = np.einsum("f,fi->i", self.fit.mean_weights, self.fit.H[:, self.ids])
        return self.ids[np.lexsort((-on_the_whole, self.later[self.ids] > 0))]

    @cached_property
    def _items(self) -> tuple[Array, Array, NDArray[np.int32], int]:
        """H in that order, its largest weights by tile, where each column is in it, and how many of them come first."""
        from nmf_core.interpret.compiled_lists import TILE

        H = np.ascontiguousarray(self.fit.H[:, self._order])
        tops = np.maximum.reduceat(H, np.arange(0, H.shape[1], TILE), axis=1)
        places = np.full(len(self.later), -1, np.int32)
        places[self._order] = np.arange(len(self._order))
        return H, tops, places, int((self.later[self.ids] == 0).sum())

    def _by_compiled_code(self, weights: Array, rated: sparse.csr_array) -> tuple[list[Columns], list[int]]:
        """The lists, and the rows that must be looked at whole: they have too few items that come first, or too many ties."""
        from nmf_core.fit.compiled import Kernels
        from nmf_core.interpret.compiled_lists import ROOM, shortlists

        H, tops, places, n_first = self._items
        weights = np.ascontiguousarray(weights)
        short = np.empty((len(weights), self.n + ROOM), np.int32)
        counts, top = np.empty(len(weights), np.int64), np.empty(len(weights), np.int64)
        blocks = np.append(np.arange(0, len(weights), BLOCK), len(weights))
        indptr, cells = rated.indptr.astype(np.int64), places[rated.indices]
        with Kernels(self.fit.rank, processors()) as kernels:
            given = (weights, H, tops, indptr, cells, n_first, self.n, MARGIN, blocks, short, counts, top)
            kernels._run(shortlists, *given[:-1], given[-1], last=None)
        counts = np.maximum(counts, 0)
        rows = np.repeat(np.arange(len(weights)), counts)
        columns = self._order[short[np.arange(short.shape[1]) < counts[:, None]]]
        exact = added_up(weights[rows].T * self.fit.H[:, columns])
        largest = added_up(weights.T * self.fit.H[:, self._order[np.maximum(top, 0)]])
        best = np.lexsort((self.fit.item_places[columns], -evened(exact, largest[rows]), rows))
        ends = np.cumsum(counts)
        lists = [columns[best[start : start + self.n]] for start in (ends - counts).tolist()]
        return lists, np.flatnonzero(counts < self.n).tolist()
