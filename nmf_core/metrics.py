"""How good predictions and orders are: pure functions of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

RELEVANT = 0.7  # of the scale's span: 4 and 5 on a scale of 1 to 5


def ndcg(scores: Array, relevant: NDArray[np.bool_], top_n: int) -> Array:
    """Normalised discounted cumulative gain of the best `top_n` by score, a value a row; NaN for rows with nothing relevant.

    Args:
        scores: (n, n_items), −inf for items that are no candidates.
        relevant: (n, n_items).
    """
    k = min(top_n, scores.shape[1])
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    gained = (np.take_along_axis(relevant, best, axis=1) * discount).sum(axis=1)
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(relevant.sum(axis=1), k)]
    return np.divide(gained, ideal, out=np.full(len(scores), np.nan), where=ideal > 0)


def rmse(actual: Array, predicted: Array) -> float:
    """Root mean squared error, in rating points.

    >>> rmse(np.array([1.0, 3.0]), np.array([2.0, 3.0])).__round__(3)
    0.707
    """
    return float(np.sqrt(np.mean((actual - predicted) ** 2)))


def mae(actual: Array, predicted: Array) -> float:
    """Mean absolute error, in rating points."""
    return float(np.mean(np.abs(actual - predicted)))
