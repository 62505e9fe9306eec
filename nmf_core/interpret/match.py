"""Which feature of one fit is which of another."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from nmf_core.errors import NmfError
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.losses import Array


def match_features(old_fit: Factorization, new_fit: Factorization) -> pd.DataFrame:
    """Which feature of one fit is which of another: columns old, new, similarity (cosine of their rows of H, 0…1).

    Features are paired one to one so that the summed similarity is largest (the Hungarian method), over the items that both
    fits have. Of fits of different rank, the smaller side is matched whole.

    Raises:
        NmfError: the fits share no item.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.notebook(), rank=2)
    >>> match_features(fit, fit)["new"].tolist()
    [0, 1]
    """
    shared = old_fit.items.intersection(new_fit.items, sort=False)
    if len(shared) == 0:
        raise NmfError(
            "The two fits share no item, so their features cannot be matched. Fit ratings of the same items."
        )
    old = old_fit.H[:, old_fit.items.get_indexer(shared)]
    new = new_fit.H[:, new_fit.items.get_indexer(shared)]
    similarity = cosine(old, new)
    rows, columns = linear_sum_assignment(-similarity)
    return pd.DataFrame({"old": rows, "new": columns, "similarity": similarity[rows, columns]})


def unit_rows(rows: Array, least: float = 0.0) -> Array:
    """Rows at length 1; one of zeros, or not longer than `least`, becomes zeros."""
    size = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.divide(rows, size, out=np.zeros_like(rows), where=size > least)


def cosine(A: Array, B: Array) -> Array:
    """(a, b) cosines between the rows of A (a, n) and of B (b, n); 0 for a row of zeros."""
    sizes = np.linalg.norm(A, axis=1)[:, None] * np.linalg.norm(B, axis=1)[None, :]
    dots = A @ B.T
    return np.clip(np.divide(dots, sizes, out=np.zeros_like(dots), where=sizes > 0), 0.0, 1.0)
