"""What scikit-learn takes as data, and which of its cells are observed."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

Cells = Any  # what scikit-learn takes: an array, nested lists, a data frame, a sparse matrix


def observed_cells(X: Any) -> sparse.csr_array:
    """The observed cells of validated X as float64 CSR of its own, zeros stored."""
    if not sparse.issparse(X):
        rows, columns = np.nonzero(~np.isnan(X))
        return sparse.csr_array((X[rows, columns].astype(np.float64), (rows, columns)), shape=X.shape)
    V = sparse.csr_array(X, dtype=np.float64, copy=True)
    V.sum_duplicates()
    missing = np.isnan(V.data)
    if not missing.any():
        return V
    cells = V.tocoo()
    kept = ~missing
    return sparse.csr_array((cells.data[kept], (cells.row[kept], cells.col[kept])), shape=V.shape)
