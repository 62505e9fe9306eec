"""Orders for the rows and columns of a picture, and which of many to show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage

from nmf_core.errors import NmfError, shown
from nmf_core.fit.problem import Array

Order = NDArray[np.int64]
ORDERS = ("as given", "by feature", "clustered")
CLUSTERED_ROWS = 3_000  # clustering takes the square of this


def arrange(weights: Array, how: str) -> Order:
    """An order of the rows of `weights` (n, rank).

    Args:
        how: "as given"; "by feature", each row under its strongest feature, strongest first; or "clustered", alike rows
            side by side (average linkage on cosine distance, leaves in their best order).

    Raises:
        NmfError: another word.

    >>> arrange(np.array([[0, 1.0], [2, 0], [0, 3]]), "by feature").tolist()
    [1, 2, 0]
    """
    if how not in ORDERS:
        raise NmfError(f"how is {shown(how)}; it must be one of {', '.join(ORDERS)}. Pick one of these.")
    n = len(weights)
    if how == "as given" or n < 3:
        return np.arange(n)
    strongest = weights.argmax(axis=1)
    if how == "by feature" or n > CLUSTERED_ROWS:
        return np.lexsort((np.arange(n), -weights.max(axis=1), strongest)).astype(np.int64)
    size = np.linalg.norm(weights, axis=1, keepdims=True)
    unit = np.divide(weights, size, out=np.zeros_like(weights), where=size > 0)
    # Distances between unit vectors order pairs as cosines do, and are defined for rows of zeros too.
    return leaves_list(linkage(unit, "average", optimal_ordering=n <= 500)).astype(np.int64)


def most_informative(weights: Array, n: int) -> Order:
    """The `n` rows that tell most of the features: each feature's strongest row, then each one's second, and so on.

    In ascending order of index.

    >>> most_informative(np.array([[0, 1.0], [2, 0], [0, 3], [1, 0]]), 2).tolist()
    [1, 2]
    """
    if n >= len(weights):
        return np.arange(len(weights))
    by_feature = np.argsort(-weights, axis=0, kind="stable")  # (n, rank): row k holds each feature's k-th strongest
    _, first = np.unique(by_feature.ravel(), return_index=True)
    return np.sort(by_feature.ravel()[np.sort(first)[:n]]).astype(np.int64)
