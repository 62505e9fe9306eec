"""`held_out_scorer`: how well a model predicts cells that it does not see, for scikit-learn's searches."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import check_array

from nmf_core.errors import RatingsError, SettingsError, real_number, whole_number
from nmf_core.estimator.cells import Cells, observed_cells

ROWS = 4096  # rows whose scores are held at once by the scorer


def held_out_scorer(fraction: float = 0.2, seed: int = 0) -> Callable[..., float]:
    """A scorer for `GridSearchCV` and its kind: how well a model predicts cells that it does not see.

    Of each row that it is given, the scorer hides a part of the observed cells (at least one, and never all), places the
    row by the rest with `transform`, and compares the scores from `inverse_transform` with what is hidden ("speckled"
    hold-outs, Wold 1978). So rows are new to the model, and cells are new to the row. Fitted error always falls with
    n_components; this does not. Where the model counts blanks, hidden cells count as blanks too.

    Args:
        fraction: the part of each row to hide, above 0 and below 1.
        seed: which cells; the same seed hides the same cells of the same rows.

    Returns:
        scorer(estimator, X, y=None): minus the root mean squared error on hidden cells; more is better. X is dense with NaN
        for blanks, or sparse.

    Raises:
        SettingsError: a fraction or seed outside its range.
        RatingsError: by the scorer, where no row has two observed cells.

    >>> from sklearn.model_selection import GridSearchCV
    >>> from nmf_core import MaskedNMF
    >>> X = np.random.default_rng(0).random((40, 2)) @ np.random.default_rng(1).random((2, 12))
    >>> search = GridSearchCV(MaskedNMF(), {"n_components": [1, 2]}, scoring=held_out_scorer(), cv=3)
    >>> search.fit(X).best_params_
    {'n_components': 2}
    """
    fraction = real_number("fraction", fraction, 0, 1)
    if fraction in (0, 1):
        raise SettingsError(f"fraction is {fraction:g}; it must be above 0 and below 1. Set it to 0.2, say.")
    return partial(_held_out_score, fraction=fraction, seed=whole_number("seed", seed, 0, 2**32 - 1))


def _held_out_score(estimator: Any, X: Cells, y: object = None, *, fraction: float, seed: int) -> float:
    """`held_out_scorer`'s score; a function of the module, so that it can be sent to other processes."""
    frame = X if isinstance(X, pd.DataFrame) else None
    X = check_array(X, accept_sparse="csr", dtype=[np.float64, np.float32], ensure_all_finite="allow-nan")
    V = observed_cells(X)
    counts = np.diff(V.indptr)
    hidden_counts = np.where(counts > 1, np.clip(np.round(fraction * counts), 1, np.maximum(counts - 1, 1)), 0)
    if not hidden_counts.any():
        raise RatingsError("No row of X has two observed cells, so none can be hidden. Give rows with more cells.")
    rows = np.repeat(np.arange(V.shape[0]), counts)
    shuffled = np.lexsort((np.random.default_rng(seed).random(V.nnz), rows))
    place = np.empty(V.nnz, dtype=np.int64)  # of each cell in its row, shuffled
    place[shuffled] = np.arange(V.nnz) - np.repeat(V.indptr[:-1], counts)
    hidden = place < hidden_counts[rows]
    columns, values = V.indices, V.data
    seen: Any
    if sparse.issparse(X):
        kept = ~hidden
        seen = sparse.csr_array((values[kept].astype(X.dtype), (rows[kept], columns[kept])), shape=X.shape)
    else:
        seen = X.copy()
        seen[rows[hidden], columns[hidden]] = np.nan
        if frame is not None:  # the model was fitted to these names
            seen = pd.DataFrame(seen, index=frame.index, columns=frame.columns)
    weights = estimator.transform(seen)
    total = 0.0
    for first in range(0, V.shape[0], ROWS):
        scores = np.asarray(estimator.inverse_transform(weights[first : first + ROWS]))
        cells = hidden & (rows >= first) & (rows < first + ROWS)
        total += float(((scores[rows[cells] - first, columns[cells]] - values[cells]) ** 2).sum())
    return -float(np.sqrt(total / hidden.sum()))
