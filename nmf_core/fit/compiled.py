"""The compiled kernels as the solver calls them: one side of a problem in blocks of rows, half-sweeps on threads, sweeps.

Rows do not touch each other and sums are kept by block and added in order, so that any number of threads gives the same bits.
Threads are Python's own: the kernels let go of the interpreter, and numba's threading layer, which ends the process when two
threads enter it at once, is never started. Imported only for ratings that are worth compiled code: numba takes half a second.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.fit import compiled_kernels as jitted
from nmf_core.fit.kernels import PASS_TOL, Products, balance
from nmf_core.fit.llvm import PAD
from nmf_core.fit.problem import Array, Blanks, Penalty, Problem, Side

BLOCKS = 128  # of rows, with about as many ratings each: more than the threads of any machine worth having
FLOAT32_TOL = 1e-5  # of a fit: below, weights are float64


@dataclass(frozen=True)
class HalfSweep:
    """What a half-sweep saw, at the weights it was given (`_before`) and at those it left (`_after`).

    Attributes:
        loss: Σ_Ω (v − y)² + ω Σ_blank (b₀ − y)² at the weights given; without the factor ½.
        ridge_before, ridge_after: Σ c a².
        lasso_before, lasso_after: Σ c |a|.
        step_before, step_after: the step that all weights of this side would still take, relative to their size.
        passes: over the features, all rows together.
    """

    loss: float
    ridge_before: float
    ridge_after: float
    lasso_before: float
    lasso_after: float
    step_before: float
    step_after: float
    passes: float


class CompiledSide:
    """One side of a problem as the kernels take it, its rows cut into blocks with about as many ratings each."""

    def __init__(self, side: Side, dtype: type[np.floating]) -> None:
        V = side.V
        self.indptr = V.indptr.astype(np.int64)
        self.indices = V.indices.astype(np.int32, copy=False)
        self.data = V.data.astype(dtype, copy=False)
        self.counts = side.counts.astype(dtype)
        self.l2, self.l1 = dtype(side.l2), dtype(side.l1)
        self.omega, self.value = dtype(side.blanks.weight), dtype(side.blanks.value)
        # A row costs its ratings and, whatever they are, about thirty more for its normal equations.
        cost = self.indptr + 30 * np.arange(len(self.indptr))
        cuts = np.searchsorted(cost, np.linspace(0, cost[-1], BLOCKS + 1))
        self.blocks = np.unique(np.concatenate([cuts, [0, V.shape[0]]]))
        self.sums = np.zeros((len(self.blocks) - 1, jitted.N_SUMS))
        self.n_rows = V.shape[0]
        self.pull = side.pull


def _even_blocks(A: Array) -> NDArray[np.int64]:
    """Where blocks of as many rows each start, and the last ends."""
    return np.linspace(0, len(A), min(len(A), BLOCKS) + 1).astype(np.int64)


def padded(A: Array, dtype: type[np.floating]) -> Array:
    """A (n, rank) as the kernels take it: contiguous, its rows padded with zeros."""
    out = np.zeros((A.shape[0], -(-A.shape[1] // PAD) * PAD), dtype)
    out[:, : A.shape[1]] = A
    return out


class Kernels:
    """The compiled half-sweeps of a fit, with its threads; use it in a `with`."""

    def __init__(self, rank: int, threads: int) -> None:
        self.rank, self.threads = rank, threads
        self.pool = ThreadPoolExecutor(threads - 1) if threads > 1 else None

    def __enter__(self) -> Kernels:
        return self

    def __exit__(self, *error: object) -> None:
        if self.pool is not None:
            self.pool.shutdown()

    def _run(self, kernel: Callable[..., None], *args: object, last: object) -> None:
        """The kernel on every thread; each takes the next block that no other has taken, this thread too."""
        counter = np.zeros(1, np.int64)
        others = [self.pool.submit(kernel, *args, counter, last) for _ in range(self.threads - 1)] if self.pool else []
        try:
            kernel(*args, counter, last)
        finally:
            for other in others:
                other.result()

    def gram(self, B: Array, rank: int) -> Array:
        """BᵀB of the first `rank` columns, float64, added up in order; zeros beyond."""
        starts = _even_blocks(B)
        grams = np.empty((len(starts) - 1, B.shape[1], B.shape[1]), B.dtype)
        self._run(jitted.gram_blocks, B, np.arange(len(B), dtype=np.int32), rank, starts, last=grams)
        return grams.sum(axis=0, dtype=np.float64)

    def gradients(self, side: CompiledSide, A: Array, B: Array) -> HalfSweep:
        """What a half-sweep would see of A and B, without one; its `_after` is its `_before`."""
        self._run(jitted.gradients, *self._arrays(side, A, B), side.blocks, last=side.sums)
        total = side.sums.sum(axis=0)
        total[[jitted.RIDGE_1, jitted.LASSO_1, jitted.STEP_1, jitted.SIZE_1]] = total[
            [jitted.RIDGE_0, jitted.LASSO_0, jitted.STEP_0, jitted.SIZE_0]
        ]
        return _seen(side, total)

    def product(self, side: CompiledSide, B: Array) -> Array:
        """V B, (n_rows, width) for B (n_columns, width)."""
        out = np.empty((side.n_rows, B.shape[1]), B.dtype)
        self._run(jitted.products, side.indptr, side.indices, side.data, B, out, side.blocks, last=None)
        return out

    def small_product(self, A: Array, M: Array) -> Array:
        """A M, (n, width), for M (width, width)."""
        out = np.empty_like(A)
        self._run(jitted.small_products, A, M.astype(A.dtype), out, _even_blocks(A), last=None)
        return out

    def removed(self, side: CompiledSide, A: Array, B: Array) -> tuple[float, NDArray[np.float64]]:
        """Σ r² over the observed cells, and by how much each feature lowers it, (rank,)."""
        sums = np.empty((len(side.blocks) - 1, 1 + A.shape[1]))
        self._run(jitted.removed, side.indptr, side.indices, side.data, A, B, side.blocks, last=sums)
        total = sums.sum(axis=0)
        return float(total[0]), total[1 : 1 + self.rank]

    def half_sweep(self, side: CompiledSide, A: Array, B: Array, out: Array, *, passes: int, tol: float) -> HalfSweep:
        """Every row of A improved with B fixed, into `out`, by up to `passes` passes over the features.

        A row's passes end once none of its weights moves by more than `tol` of the largest.
        """
        self._run(
            jitted.half_sweep,
            *self._arrays(side, A, B, out),
            passes,
            A.dtype.type(tol),
            side.blocks,
            last=side.sums,
        )
        return _seen(side, side.sums.sum(axis=0))

    def _arrays(self, side: CompiledSide, A: Array, B: Array, *out: Array) -> tuple[object, ...]:
        """What the kernels take, in their order."""
        dtype = A.dtype.type
        if side.omega:
            S, s = self.gram(B, self.rank).astype(dtype), B.sum(axis=0, dtype=np.float64).astype(dtype)
        else:
            S, s = np.zeros((1, 1), dtype), np.zeros(1, dtype)
        cells = (side.indptr, side.indices, side.data)
        drawn = toward = np.zeros((0, A.shape[1]), dtype)
        if side.pull is not None:
            drawn = padded(side.pull.weight, dtype)
            toward = padded(side.pull.toward(A[:, : self.rank].astype(np.float64)), dtype)
        counts = (side.counts, side.l2, side.l1, side.omega, side.value)
        return (*cells, A, B, *out, *counts, S, s, self.rank, drawn, toward)


def _seen(side: CompiledSide, total: NDArray[np.float64]) -> HalfSweep:
    """The sums over all blocks, named."""
    return HalfSweep(
        loss=float(total[jitted.LOSS] + float(side.omega) * total[jitted.EVERYWHERE]),
        ridge_before=float(total[jitted.RIDGE_0]),
        ridge_after=float(total[jitted.RIDGE_1]),
        lasso_before=float(total[jitted.LASSO_0]),
        lasso_after=float(total[jitted.LASSO_1]),
        step_before=_relative(total[jitted.STEP_0], total[jitted.SIZE_0]),
        step_after=_relative(total[jitted.STEP_1], total[jitted.SIZE_1]),
        passes=float(total[jitted.PASSES]),
    )


class CompiledProducts(Products):
    """`kernels.Products` on the compiled kernels, for float32 or float64. Use it in a `with`."""

    def __init__(self, threads: int) -> None:
        self.kernels = Kernels(0, threads)

    def __enter__(self) -> CompiledProducts:
        return self

    def __exit__(self, *error: object) -> None:
        self.kernels.__exit__(*error)

    def prepared(self, V: sparse.csr_array) -> CompiledSide:
        """V as `sparse` takes it."""
        return CompiledSide(Side(V, Blanks(0.0, 0.0), 0.0, 0.0), V.dtype.type)

    def sparse(self, V: CompiledSide, X: Array) -> Array:
        """V X for X (n_columns, width), width a multiple of 8."""
        return self.kernels.product(V, X)

    def gram(self, X: Array) -> Array:
        """XᵀX, float64, added up in order."""
        return self.kernels.gram(X, X.shape[1])

    def small(self, X: Array, M: Array) -> Array:
        """X M for M (width, width)."""
        return self.kernels.small_product(X, M)


class CompiledSweeps:
    """Sweeps of HALS on the compiled kernels; what `kernels.GramSweeps` does in NumPy. Use it in a `with`."""

    def __init__(self, problem: Problem, rank: int, threads: int, tol: float) -> None:
        # Rounding in float32 stops the steps of weights at about 1e-6 of their size.
        self.dtype = np.float32 if tol >= FLOAT32_TOL else np.float64
        self.problem = problem
        self.users, self.items = CompiledSide(problem.users, self.dtype), CompiledSide(problem.items, self.dtype)
        self.kernels = Kernels(rank, threads)

    def __enter__(self) -> CompiledSweeps:
        return self

    def __exit__(self, *error: object) -> None:
        self.kernels.__exit__(*error)

    def padded(self, A: Array) -> Array:
        """A (n, rank) as the kernels take it."""
        return padded(A, self.dtype)

    def sweep(self, W: Array, Ht: Array, *, passes: int) -> tuple[Array, Array, Array, float, float]:
        """New W, new Ht, what each feature of W was multiplied and of Ht divided by, the objective, the KKT residual."""
        kernels, users, items = self.kernels, self.users, self.items
        new_W, new_Ht = np.empty_like(W), np.empty_like(Ht)
        kernels.half_sweep(users, W, Ht, new_W, passes=passes, tol=PASS_TOL)
        scale = balance(self.problem, new_W, Ht)
        new_W *= scale
        of_items = kernels.half_sweep(items, Ht / scale, new_W, new_Ht, passes=passes, tol=PASS_TOL)
        value, of_users_step = self._seen_from_users(new_W, new_Ht, of_items.ridge_after, of_items.lasso_after)
        return new_W, new_Ht, scale, value, max(of_users_step, of_items.step_after)

    def measure(self, W: Array, Ht: Array) -> tuple[float, float]:
        """The objective and the KKT residual."""
        of_items = self.kernels.gradients(self.items, Ht, W)
        value, step = self._seen_from_users(W, Ht, of_items.ridge_after, of_items.lasso_after)
        return value, max(step, of_items.step_after)

    def _seen_from_users(self, W: Array, Ht: Array, ridge: float, lasso: float) -> tuple[float, float]:
        """The objective, given the items' Σ c h² and Σ c |h|, and the step that the users' weights would still take."""
        users, items = self.users, self.items
        seen = self.kernels.gradients(users, W, Ht)
        value = 0.5 * seen.loss + 0.5 * (float(users.l2) * seen.ridge_before + float(items.l2) * ridge)
        if items.pull is not None:
            value += 0.5 * float(items.pull.by_feature(Ht[:, : self.kernels.rank].astype(np.float64)).sum())
        return value + float(users.l1) * seen.lasso_before + float(items.l1) * lasso, seen.step_before


def _relative(step: float, size: float) -> float:
    """The root of step² over size², 0 where all weights are 0."""
    return float(np.sqrt(step / size)) if size > 0 else 0.0


def warm_up() -> None:
    """Compile the kernels of a fit, or fetch them from disk, so that the first large fit need not wait for it."""
    V = sparse.csr_array(np.ones((2, 2), np.float32))
    problem = Problem(V, V, Blanks(0.5, 1.0), Penalty.of(0.1))
    with CompiledSweeps(problem, 1, 1, 1e-4) as sweeps, CompiledProducts(1) as products:
        W = sweeps.padded(np.ones((2, 1)))
        sweeps.measure(W, W)
        sweeps.sweep(W, W, passes=1)
        products.small(products.sparse(products.prepared(V), W), np.eye(PAD))
        exact = padded(W, np.float64)
        sweeps.kernels.removed(CompiledSide(problem.users, np.float64), exact, exact)
