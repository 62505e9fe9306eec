"""Data made from known factors, dense with NaN for blanks and sparse."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def planted(seed, shape=(60, 30), rank=3, blank=0.0, noise=0.0):
    """Data made from known W and H, with a share of NaN."""
    rng = np.random.default_rng(seed)
    X = rng.exponential(size=(shape[0], rank)) @ rng.exponential(size=(rank, shape[1]))
    X += noise * rng.random(shape)
    X[rng.random(shape) < blank] = np.nan
    return X


def as_sparse(X):
    """The observed cells of X stored, zeros too."""
    rows, columns = np.nonzero(~np.isnan(X))
    return sparse.csr_array((X[rows, columns], (rows, columns)), shape=X.shape)
