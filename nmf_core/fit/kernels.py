"""The hot loops: arrays in, arrays out, nothing checked. Each updates one side's weights with the other side fixed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.fit.losses import TINY, Loss
from nmf_core.fit.problem import Array, Problem, Side, gram, objective, observed_scores

COMPILED_FROM = 60_000  # ratings × rank: below, NumPy is done before numba is loaded
PASS_TOL = 1e-3  # a row's passes end once no weight moves by more than this share of its largest
NEWTON_STEPS = 30  # towards a balance with L1 penalties: more than are ever needed
BLOCK_BYTES = 64 << 20  # normal matrices held at once


_compiled_from: ContextVar[int | None] = ContextVar("compiled_from", default=None)


def worth_compiling(n_ratings: int, rank: int) -> bool:
    """Whether compiled kernels (`compiled.py`) are faster here; below, a first fit must not wait for a compiler."""
    least = _compiled_from.get()
    return n_ratings * rank >= (COMPILED_FROM if least is None else least)


@contextmanager
def compiled_from(least: int | None) -> Iterator[None]:
    """Let fits of so many ratings × ranks be compiled within, where many small ones are worth what one is not; None: as usual."""
    token = _compiled_from.set(least)
    try:
        yield
    finally:
        _compiled_from.reset(token)


@dataclass(frozen=True)
class GramSweeps:
    """Sweeps of HALS in NumPy and SciPy: for small grids, and the oracle of the compiled ones."""

    problem: Problem

    def padded(self, A: Array) -> Array:
        """A as it is: nothing needs padding here."""
        return A

    def measure(self, W: Array, Ht: Array) -> tuple[float, float | None]:
        """The objective; the KKT residual, which is not to be had on the way here, is left to whoever wants it."""
        return objective(self.problem, W, Ht.T), None

    def sweep(self, W: Array, Ht: Array, *, passes: int) -> tuple[Array, Array, Array, float, float | None]:
        """New W, new Ht, what each feature of W was multiplied and of Ht divided by, and `measure` of them."""
        problem = self.problem
        W = hals_rows(problem.users, W, Ht, passes=passes, tol=PASS_TOL)
        scale = balance(problem, W, Ht)
        W = W * scale
        Ht = hals_rows(problem.items, Ht / scale, W, passes=passes, tol=PASS_TOL)
        return W, Ht, scale, *self.measure(W, Ht)


@cache
def _upper(rank: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the upper half of a (rank, rank) matrix stands; asked for in every half-sweep of a small grid."""
    return np.triu_indices(rank)


def hals_rows(side: Side, A: Array, B: Array, *, passes: int, tol: float = 0.0) -> Array:
    """Exact coordinate descent on every row of A, B fixed; at most `passes` times over the features.

    Row i minimises ½ a·G a − r·a with G = (1−ω) Σ_Ω b bᵀ + ω BᵀB + λ c, r = Σ_Ω (v − ω b₀) b + ω b₀ Σ b − μ c, where weights are
    drawn with d more on the diagonal of G and d s t more in r: a non-negative least-squares problem in Gram form, so that blanks
    cost nothing. Rows do not touch each other. With `tol`, passes end once no weight moves by more than `tol` of the largest.
    """
    counted, value = side.blanks.weight > 0, side.blanks.value
    n, rank = A.shape
    upper = _upper(rank)
    right = side.with_data(side.V.data - side.omega[side.rows] * value) @ B if counted else side.V @ B
    right = right - (side.l1 * side.counts)[:, None]
    if side.pull is not None:
        right += side.pull.toward(A)
    everywhere = gram(B)
    if counted:
        right += side.omega[:, None] * value * B.sum(axis=0)
    whole = side.blanks.weight == 1 and side.row_weights is None
    if not whole:
        # Pairs of features of the columns that are rated at all: of one person they are few.
        rated = np.unique(side.V.indices) if side.V.nnz < len(B) else np.arange(len(B))
        pairs = B[rated][:, upper[0]] * B[rated][:, upper[1]]
        pattern = side.pattern if len(rated) == len(B) else side.pattern[:, rated]
    out = np.empty_like(A)
    block = max(1, BLOCK_BYTES // (8 * rank * rank))
    for start in range(0, n, block):
        rows = slice(start, min(n, start + block))
        G = np.empty((rank, rank, rows.stop - start))
        if whole:
            G[:] = everywhere[:, :, None]
        else:
            part = pattern if block >= n else pattern[rows]
            half = (part @ pairs).T * (1.0 - side.omega[rows])
            G[upper] = half
            G[upper[::-1]] = half
            if counted:
                G += side.omega[rows] * everywhere[:, :, None]
        if side.l2:
            G[np.arange(rank), np.arange(rank)] += side.l2 * side.counts[rows]
        if side.pull is not None:
            G[np.arange(rank), np.arange(rank)] += side.pull.weight[rows].T
        out[rows] = _coordinate_passes(G, right[rows].T, A[rows].T.copy(), passes, tol).T
    return out


def _coordinate_passes(G: Array, right: Array, A: Array, passes: int, tol: float) -> Array:
    """Passes over the features for a block of rows at once; G (rank, rank, n), right and A (rank, n), A in place."""
    curvature = np.einsum("ffn->fn", G)
    shrink = np.divide(1.0, curvature, out=np.zeros_like(curvature), where=curvature > 0)
    for _ in range(passes):
        moved = 0.0
        for f in range(len(A)):
            new = A[f] + (right[f] - np.einsum("gn,gn->n", G[f], A)) * shrink[f]
            np.maximum(new, 0.0, out=new)
            if tol:
                moved = max(moved, float(np.abs(new - A[f]).max(initial=0.0)))
            A[f] = new
        if tol and moved <= tol * float(A.max(initial=0.0)):
            break
    return A


def balance(problem: Problem, W: Array, Ht: Array) -> Array:
    """(width,) what to multiply each feature of W by, and divide that of Ht by, so that the penalties are least.

    Scaling feature f by d in W and 1/d in H costs ½ a d² + ½ b d⁻² + p d + q d⁻¹, a and b being the L2 penalties of its two
    halves, p and q the L1 penalties; the product stays as it is. Coordinate descent alone finds this balance very slowly
    when the penalties are small. Convex in log d, where Newton's steps are at most 1 long.
    """
    users, items = problem.users, problem.items
    scale = np.ones(W.shape[1], W.dtype)
    if not ((users.l2 or users.l1) and (items.l2 or items.l1)):
        return scale
    a, p = _penalties(users, W)
    b, q = _penalties(items, Ht)
    alive = (a + p > 0) & (b + q > 0)
    a, b, p, q = a[alive], b[alive], p[alive], q[alive]
    with np.errstate(divide="ignore"):
        t = np.where((a > 0) & (b > 0), np.log(b / np.where(a > 0, a, 1)) / 4, np.log(q / np.where(p > 0, p, 1)) / 2)
    t = np.where(np.isfinite(t), t, 0.0)
    if users.l1 or items.l1:
        for _ in range(NEWTON_STEPS):
            up, down = np.exp(t), np.exp(-t)
            slope = a * up**2 - b * down**2 + p * up - q * down
            t -= slope / (2 * a * up**2 + 2 * b * down**2 + p * up + q * down)
    scale[alive] = np.exp(t)
    return scale


def _penalties(side: Side, A: Array) -> tuple[Array, Array]:
    """(width,) the L2 penalty, twice over, and the L1 penalty of each feature of one side."""
    ridge = side.l2 * np.einsum("i,if,if->f", side.counts, A, A) if side.l2 else np.zeros(A.shape[1])
    lasso = side.l1 * np.einsum("i,if->f", side.counts, A) if side.l1 else np.zeros(A.shape[1])
    if side.pull is not None:  # the size that it wants is the best one, so it scales as an L2 penalty does
        drawn = side.pull.by_feature(A[:, : side.pull.weight.shape[1]])
        ridge[: len(drawn)] += drawn
    return ridge, lasso


class Products:
    """The products that an SVD start needs, by NumPy and SciPy; no BLAS, whose threads get into each other's way."""

    def prepared(self, V: sparse.csr_array) -> Any:
        """V as `sparse` takes it."""
        return V

    def sparse(self, V: Any, X: Array) -> Array:
        """V X."""
        return V @ X

    def gram(self, X: Array) -> Array:
        """XᵀX."""
        return gram(X)

    def small(self, X: Array, M: Array) -> Array:
        """X M for a small square M."""
        return np.einsum("nk,kf->nf", X, M)


def multiplicative_rows(loss: Loss, side: Side, A: Array, B: Array) -> Array:
    """One multiplicative update of every row of A over the observed cells, B fixed: the loss never rises.

    a ← a · (Σ_Ω v y^(β−2) b / Σ_Ω y^(β−1) b)^γ, γ = 1 for β of 1 and 2 and ½ for 0 (Févotte & Idier 2011). The L1 penalty joins
    the denominator; L2 enters the surrogate that the update minimises, which stays solvable for β of 1 and 2.
    """
    v = side.V.data
    scores = np.maximum(observed_scores(side, A, B), TINY)
    wanted = side.with_data(v * scores ** (loss.beta - 2)) @ B
    given = side.with_data(scores ** (loss.beta - 1)) @ B + (side.l1 * side.counts)[:, None]
    ridge = (side.l2 * side.counts)[:, None]
    if loss.beta == 2:
        given = given + ridge * A
    elif loss.beta == 1 and side.l2:
        # The surrogate −wanted·a·log x + given·x + ½ ridge x² is smallest at the positive root of a quadratic.
        root = np.sqrt(given * given + 4.0 * ridge * wanted * A)
        return np.divide(2.0 * wanted * A, given + root, out=A.copy(), where=given + root > 0)
    ratio = np.divide(wanted, given, out=np.ones_like(A), where=given > 0)
    return A * (np.sqrt(ratio) if loss.beta == 0 else ratio)
