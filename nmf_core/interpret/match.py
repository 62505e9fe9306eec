"""Which feature of one fit is which of another."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from nmf_core.errors import NmfError
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.losses import Array
from nmf_core.labels.apart import by_chance, own_popularity, shapes


def match_features(old_fit: Factorization, new_fit: Factorization) -> pd.DataFrame:
    """Which feature of one fit is which of another: columns old, new, similarity, chance.

    Similar is what sets features apart, whatever is popular (`shapes`), −1…1: a plain cosine of rows of H is mostly what everybody
    rates, and as high between fits of shuffled ratings. `chance` is the largest similarity that 19 of 20 fits reach in which
    items of about the same popularity have changed places. Features are paired one to one so that all together are most alike (the
    Hungarian method), over the items that both fits have; of fits of different rank, the smaller side is matched whole.

    Raises:
        NmfError: the fits share no item.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.movie_night(), rank=3)
    >>> match_features(fit, fit)[["new", "similarity"]].round(6).values.tolist()
    [[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]]
    """
    similarity, chance = similarities(old_fit, new_fit)
    rows, columns = linear_sum_assignment(-similarity)
    return pd.DataFrame(
        {"old": rows, "new": columns, "similarity": similarity[rows, columns], "chance": np.full(len(rows), chance)}
    )


def similarities(old_fit: Factorization, new_fit: Factorization) -> tuple[Array, float]:
    """(old rank, new rank) how alike the features of two fits are, as in `match_features`, and what chance reaches.

    Raises:
        NmfError: the fits share no item.
    """
    shared = old_fit.items.intersection(new_fit.items, sort=False)
    if len(shared) == 0:
        raise NmfError(
            "The two fits share no item, so their features cannot be matched. Fit ratings of the same items."
        )
    old = old_fit.H[:, old_fit.items.get_indexer(shared)]
    new = new_fit.H[:, new_fit.items.get_indexer(shared)]
    if min(len(old), len(new)) == 1:  # a single feature is what everybody rates, and set apart from nothing
        return cosine(old, new), 1.0
    # What is popular is told by the fits themselves; both alike, so that either may be the older.
    popularity = own_popularity(old) + own_popularity(new)
    A, B = shapes(old, popularity), shapes(new, popularity)
    return A @ B.T, by_chance(A, B, popularity)


def alike(A: Array, B: Array, popularity: NDArray) -> Array:
    """(a, b) how alike the shapes of two fits' features are, −1…1."""
    similarity: Array = shapes(A, popularity) @ shapes(B, popularity).T
    return similarity


def assigned(similarity: Array) -> NDArray[np.int64]:
    """For each row its column, one to one, so that all together are most alike (the Hungarian method)."""
    _, columns = linear_sum_assignment(-similarity)
    found: NDArray[np.int64] = columns
    return found


def cosine(A: Array, B: Array) -> Array:
    """(a, b) cosines between the rows of A (a, n) and of B (b, n); 0 for a row of zeros."""
    sizes = np.linalg.norm(A, axis=1)[:, None] * np.linalg.norm(B, axis=1)[None, :]
    dots = A @ B.T
    return np.clip(np.divide(dots, sizes, out=np.zeros_like(dots), where=sizes > 0), 0.0, 1.0)
