"""People placed among the features without a refit: each row of W anew, H as it is.

Where blanks are weak evidence, a blank of somebody who has rated little says little: they have not come to most items yet. So
a blank's weight follows how much of a person is known, ω · n / (n + c) for n ratings: `half_at`, c, is the number of ratings
at which a blank counts half of what it counted in the fit.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError, real_number
from nmf_core.fit.exact_rows import Columns, exact_rows, worth_compiling_rows
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.kernels import multiplicative_rows
from nmf_core.fit.losses import LOSSES, Loss
from nmf_core.fit.problem import Array, Blanks, Side

FOLD_IN_TOL, FOLD_IN_PASSES = 1e-10, 2_000  # of multiplicative updates; rows of the Frobenius loss are solved exactly
HALF_AT = 0.75  # times the root of the number of items; `python -m benchmarks.few` and docs/decisions.md
MOST_HALF_AT = 1e9


def default_half_at(fit: Factorization) -> float:
    """The ratings at which a blank counts half, where no number is given: more of them the more items there are.

    0 where blanks are no weak evidence: unknown they count nothing anyhow, and as zeros they are what somebody asked for.

    >>> from nmf_core import datasets, factorize
    >>> round(default_half_at(factorize(datasets.movie_night(), rank=2, blanks="weak")), 2)
    4.11
    """
    return usual_half_at(fit.blanks, len(fit.items))


def usual_half_at(blanks: Blanks, n_items: int) -> float:
    """`default_half_at` of a fit with these blanks to so many items."""
    return HALF_AT * math.sqrt(n_items) if blanks.name == "weak" else 0.0


def weights_by_ratings(blanks: Blanks, counts: NDArray, half_at: float) -> Array:
    """(n,) `blank_weights` of a fit with these blanks."""
    known = np.asarray(counts, dtype=float)
    return blanks.weight * (known / (known + half_at) if half_at else np.ones_like(known))


def blank_weights(fit: Factorization, counts: NDArray, half_at: float | None = None) -> Array:
    """(n,) what a blank of people with `counts` ratings weighs, 0…1; `half_at` 0 for the fit's weight in all of them.

    Raises:
        SettingsError: a `half_at` below 0, or no number.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.notebook(), rank=2, blanks="weak")
    >>> blank_weights(fit, np.array([0, 5, 15]), half_at=5).round(3).tolist()
    [0.0, 0.1, 0.15]
    """
    half_at = default_half_at(fit) if half_at is None else real_number("half_at", half_at, 0, MOST_HALF_AT)
    return weights_by_ratings(fit.blanks, counts, half_at)


def fold_in_rows(
    fit: Factorization,
    V: sparse.csr_array,
    *,
    half_at: float | None = None,
    passes: int = FOLD_IN_PASSES,
    tol: float = FOLD_IN_TOL,
) -> Array:
    """`interpret.recommend.fold_in` of many people at once: V (n, n_items) float64 CSR of their ratings; weights (n, rank)."""
    loss = LOSSES[fit.settings.loss]
    if not loss.takes_zeros and (V.data == 0).any():
        raise RatingsError(f"A rating is 0, which the loss {fit.settings.loss!r} cannot take. Leave it blank instead.")
    of_rows = blank_weights(fit, np.diff(V.indptr), half_at)
    differ = bool((of_rows != fit.blanks.weight).any())
    side = Side(V, fit.blanks, fit.penalty.l2_W, fit.penalty.l1_W, of_rows if differ else None)
    # A penalty depends on how scale is shared between W and H: solve as it was at the fit, whatever the form since.
    mean = fit.mean_weights / fit.column_scale
    if loss.beta == 2:
        columns = Columns.of(V, fit.H, fit.column_scale, fit.blank_sums if fit.blanks.weight else None)
        weights = exact_rows(side, columns, compiled=worth_compiling_rows(fit.W.size + fit.H.size, fit.rank))
    else:
        A = np.repeat(np.maximum(mean, 1e-12)[None, :], V.shape[0], axis=0)
        weights = solve_rows(loss, side, A, (fit.H * fit.column_scale[:, None]).T, passes=passes, tol=tol)
    weights[side.counts == 0] = mean
    return weights * fit.column_scale


def list_weights(
    fit: Factorization,
    ratings: Ratings,
    rows: slice | NDArray[np.int64],
    *,
    half_at: float | None = None,
    passes: int = FOLD_IN_PASSES,
    tol: float = FOLD_IN_TOL,
) -> Array:
    """(n, rank) the weights that lists of people in the fit are made with.

    Where blanks are weak evidence, these people folded in with what their own blanks count, so that somebody in the fit and
    somebody who comes with the same ratings get the same list; else, or with `half_at` 0, their rows of W.
    """
    half_at = default_half_at(fit) if half_at is None else half_at
    if fit.blanks.weight == 0 or half_at == 0:
        return fit.W[rows]
    return fold_in_rows(fit, ratings.V[rows].astype(np.float64), half_at=half_at, passes=passes, tol=tol)


def solve_rows(
    loss: Loss, side: Side, A: Array, B: Array, *, passes: int = FOLD_IN_PASSES, tol: float = FOLD_IN_TOL
) -> Array:
    """Every row of A (n, rank) at its own minimum, B (m, rank) fixed: a convex problem a row.

    Exact for the Frobenius loss, wherever A is; `passes` and `tol` are of multiplicative updates, which begin there.
    """
    if loss.beta == 2:
        return exact_rows(side, Columns.all_of(side.V, B), compiled=worth_compiling_rows(A.size + B.size, B.shape[1]))
    for _ in range(passes):
        weights = multiplicative_rows(loss, side, A, B)
        if np.abs(weights - A).max() <= tol * max(float(weights.max()), 1e-300):
            break
        A = weights
    return weights
