"""What sets the features of a fit apart, whatever is popular: by this they are told from each other and found again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Array = NDArray[np.floating]

TOGETHER = 20  # items of about the same popularity, among which a row is centred
DRAWN, BEYOND = 20, 0.95  # fits by chance, and how many of them a similarity must pass


def shapes(H: Array, popularity: NDArray) -> Array:
    """What sets each feature apart, whatever is popular: unit rows of H less their mean, and less their mean among items of
    about the same popularity, such as their number of ratings; at length 1.

    Without the latter, fits of ratings whose tastes were taken out find the same features in any half: "what everybody rates"
    and "what few do" (`docs/decisions.md`).
    """
    return unit_rows(apart(np.asarray(H, dtype=float), strata(-np.asarray(popularity), TOGETHER)), least=1e-9)


def own_popularity(H: Array) -> Array:
    """(n_items,) how popular the items are as far as a fit tells: its mean row at length 1."""
    popularity: Array = unit_rows(H).mean(axis=0)
    return popularity


def strata(key: NDArray, size: int) -> NDArray[np.int64]:
    """(n,) which of the items stand together: groups of `size`, in the order of a key."""
    stratum = np.empty(len(key), dtype=np.int64)
    stratum[np.argsort(key, kind="stable")] = np.arange(len(key)) // size
    return stratum


def apart(H: Array, stratum: NDArray[np.int64]) -> Array:
    """What sets the rows of H apart: at length 1, less their mean row, less each one's mean over the items of a stratum."""
    unit = unit_rows(H)
    rest = unit - unit.mean(axis=0) if len(H) > 1 else unit
    n = np.bincount(stratum)
    return rest - np.array([(np.bincount(stratum, row) / n)[stratum] for row in rest])


def by_chance(A: Array, B: Array, popularity: NDArray) -> float:
    """The largest similarity, A · B, that 19 of 20 fits reach in which items of about the same popularity have changed places."""
    rng, order = np.random.default_rng(0), np.argsort(-np.asarray(popularity), kind="stable")
    left, right = A[:, order], np.ascontiguousarray(B[:, order].T)  # so that a draw moves whole rows
    first = np.arange(len(order)) // TOGETHER * TOGETHER
    most = []
    for _ in range(DRAWN):
        between = left @ right[np.argsort(first + TOGETHER * rng.random(len(order)))]
        most.append(between[linear_sum_assignment(-between)].max(initial=0.0))
    return float(np.quantile(most, BEYOND))


def shuffled_within(rows: Array, stratum: NDArray[np.int64], rng: np.random.Generator) -> Array:
    """Rows whose items have changed places within each stratum, all rows alike."""
    out = np.empty_like(rows)
    out[:, np.argsort(stratum, kind="stable")] = rows[:, np.lexsort((rng.random(len(stratum)), stratum))]
    return out


def unit_rows(rows: Array, least: float = 0.0) -> Array:
    """Rows at length 1; one of zeros, or not longer than `least`, becomes zeros."""
    size = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.divide(rows, size, out=np.zeros_like(rows), where=size > least)
