"""How far predicted ratings are from those that people gave."""

from __future__ import annotations

import numpy as np

from nmf_core.metrics.base import Array, Metric


def rmse(actual: Array, predicted: Array) -> float:
    """Root mean squared error, in rating points.

    >>> rmse(np.array([1.0, 3.0]), np.array([2.0, 3.0])).__round__(3)
    0.707
    """
    return float(np.sqrt(np.mean((actual - predicted) ** 2)))


def mae(actual: Array, predicted: Array) -> float:
    """Mean absolute error, in rating points.

    >>> mae(np.array([1.0, 3.0]), np.array([2.0, 3.0]))
    0.5
    """
    return float(np.mean(np.abs(actual - predicted)))


OF_RATINGS = (
    Metric("rmse", "RMSE", "Root mean squared error of predicted ratings, in rating points.", of_ratings=rmse),
    Metric("mae", "MAE", "Mean absolute error of predicted ratings, in rating points.", of_ratings=mae),
)
