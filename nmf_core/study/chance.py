"""The same ratings without tastes: what a number would be by chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.ratings import Ratings
from nmf_core.study.baselines import biases

TRADES = 5  # a row, on average: by then as few of its cells are still its own as after any more


def shuffled_within_items(ratings: Ratings, seed: int) -> Ratings:
    """The same cells with each item's ratings dealt anew among its raters: items keep their ratings, tastes are gone."""
    return replace(ratings, V=_with_data(ratings.V, _dealt_within_items(ratings.V, ratings.V.data, seed)))


def shuffled_beside_effects(ratings: Ratings, seed: int) -> Ratings:
    """The same cells, each with what user and item effects say of it and what another rating of its item had beside that.

    People who rate high and items that are rated high stay, as does the spread; whatever tells tastes apart is gone.
    """
    V = ratings.V
    mean, user, item = biases(ratings)
    usual = mean + user[np.repeat(np.arange(V.shape[0]), np.diff(V.indptr))] + item[V.indices]
    values = usual + _dealt_within_items(V, V.data - usual, seed)
    return replace(ratings, V=_with_data(V, np.clip(values, *ratings.scale).astype(V.dtype)))


def rewired(ratings: Ratings, seed: int) -> Ratings:
    """Who rated what, drawn anew with as many ratings of everybody and everything as before; items keep their ratings.

    By trades (the curveball algorithm, Strona et al. 2014): two rows, of users or of items, put what only one of them has
    into one heap, and each takes as much from it as it gave.
    """
    rng = np.random.default_rng(seed)
    upright = ratings.n_users <= ratings.n_items
    V = ratings.V if upright else ratings.Vt
    rows = [V.indices[V.indptr[k] : V.indptr[k + 1]] for k in range(V.shape[0])]
    for _ in range(2 * TRADES):
        order = rng.permutation(len(rows))
        for a, b in zip(order[::2].tolist(), order[1::2].tolist(), strict=False):
            rows[a], rows[b] = _traded(rows[a], rows[b], rng)
    wired = sparse.csr_array((np.ones(V.nnz, V.dtype), np.concatenate(rows), V.indptr), shape=V.shape)
    wired.sort_indices()
    if not upright:
        wired = wired.T.tocsr()
        wired.sort_indices()
    # An item's column has as many cells as before: its ratings are dealt among them.
    wired.data[np.argsort(wired.indices, kind="stable")] = _by_item(ratings.V, ratings.V.data, rng)
    return replace(ratings, V=wired, times=None)


def _traded(a: NDArray, b: NDArray, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Two rows' columns after a trade."""
    both = np.intersect1d(a, b, assume_unique=True)
    of_a, of_b = (np.setdiff1d(one, both, assume_unique=True) for one in (a, b))
    heap = rng.permutation(np.concatenate([of_a, of_b]))
    return np.concatenate([both, heap[: len(of_a)]]), np.concatenate([both, heap[len(of_a) :]])


def _dealt_within_items(V: sparse.csr_array, values: NDArray, seed: int) -> NDArray:
    """(nnz,) each item's values dealt anew among its cells."""
    dealt = np.empty_like(values)
    dealt[np.argsort(V.indices, kind="stable")] = _by_item(V, values, np.random.default_rng(seed))
    return dealt


def _by_item(V: sparse.csr_array, values: NDArray, rng: np.random.Generator) -> NDArray:
    """(nnz,) the values item by item, those of each in a drawn order."""
    found: NDArray = values[np.lexsort((rng.random(V.nnz), V.indices))]
    return found


def _with_data(V: sparse.csr_array, data: NDArray) -> sparse.csr_array:
    """The same cells with other ratings."""
    other = V.copy()
    other.data = data
    return other
