"""Implicit alternating least squares: who rated what, with a confidence that grows with the rating (Hu, Koren & Volinsky 2008)."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from nmf_core.data.ratings import Ratings
from nmf_core.fit.problem import Array
from nmf_core.study.baselines.base import Baseline, GoOn, Scorer

RANK, ALPHA, SWEEPS = 32, 1.0, 10
PENALTY = 0.012  # of what the cells of a row weigh, people's and items' in the geometric mean
ROWS = 1_024  # solved at a time


def _ials(training: Ratings, go_on: GoOn) -> Scorer:
    """Both factors in turn, each row at its exact minimum."""
    more = confidence(training.V)
    transposed = more.T.tocsr()
    rng = np.random.default_rng(0)
    B = rng.normal(0.0, 0.1, (training.n_items, RANK)) / np.sqrt(RANK)
    total = more.data.sum()
    penalty = PENALTY * float(
        np.sqrt((training.n_items + total / training.n_users) * (training.n_users + total / training.n_items))
    )
    for _ in range(SWEEPS):
        if not go_on():
            break
        A = solved(more, B, penalty)
        B = solved(transposed, A, penalty)
    return Scorer(lambda people: solved(confidence(people.V), B, penalty) @ B.T)


def confidence(V: sparse.csr_array) -> sparse.csr_array:
    """By how much more a rated cell weighs than a blank, which weighs 1: α times the rating."""
    more: sparse.csr_array = V.astype(np.float64)
    more.data = ALPHA * np.maximum(more.data, 1e-3)
    return more


def solved(more: sparse.csr_array, B: Array, penalty: float) -> Array:
    """(n, rank) each row of A where Σ (1 + more)(rated − a·b)² + λ a·a is least, over all columns, B (m, rank) fixed."""
    n, rank = more.shape[0], B.shape[1]
    gram = B.T @ B + penalty * np.eye(rank)
    A = np.zeros((n, rank))
    for start in range(0, n, ROWS):
        block = range(start, min(start + ROWS, n))
        left, right = np.repeat(gram[None], len(block), axis=0), np.zeros((len(block), rank, 1))
        for k, row in enumerate(block):
            cells = slice(more.indptr[row], more.indptr[row + 1])
            of_row, weight = B[more.indices[cells]], more.data[cells, None]
            left[k] += of_row.T @ (weight * of_row)
            right[k] = of_row.T @ (1.0 + weight)
        A[block.start : block.stop] = np.linalg.solve(left, right)[:, :, 0]
    return A


def _seconds(ratings: Ratings) -> float:
    """About how long a fold takes: a matrix a row, and a product a rating."""
    rows = ratings.n_users + ratings.n_items
    return SWEEPS * (3e-5 * rows + 5e-7 * ratings.n_ratings)


BASELINES = (
    Baseline(
        "iALS",
        f"implicit alternating least squares of rank {RANK}: a rating weighs 1 + {ALPHA:g} times itself, a blank 1; "
        f"λ is {PENALTY:g} of what a row weighs",
        _ials,
        seconds=_seconds,
    ),
)
