"""Hierarchical alternating least squares over the whole dial for blanks: the default solver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import numpy as np

from nmf_core.fit.kernels import GramSweeps, worth_compiling
from nmf_core.fit.problem import Array, Problem
from nmf_core.fit.solvers.base import Solver, Sweep

FEW_PASSES, PASSES = 3, 8  # over the features a half-sweep, at most: before momentum, and with it
WARM_UP = 3  # sweeps without momentum: the first ones turn about too much for it, and need no exact halves, as it does


class Sweeps(Protocol):
    """How a sweep is computed: in NumPy (`kernels.GramSweeps`) or compiled (`compiled.CompiledSweeps`)."""

    def padded(self, A: Array) -> Array:
        """Weights (n, rank) as these sweeps hold them."""

    def measure(self, W: Array, Ht: Array) -> tuple[float, float | None]:
        """The objective, and the KKT residual where it is to be had on the way."""

    def sweep(self, W: Array, Ht: Array, *, passes: int) -> tuple[Array, Array, Array, float, float | None]:
        """New W, new Ht, what each feature of W was multiplied and of Ht divided by, and `measure` of them."""


def run(problem: Problem, W: Array, H: Array, tol: float, threads: int) -> Iterator[Sweep]:
    """W, then H, each by exact coordinate descent, with momentum on H (Nesterov's, restarted where it would do harm).

    Coordinate descent after Cichocki & Phan 2009, with weighted blanks after He et al. 2016; momentum for NMF after Ang &
    Gillis 2019, here on H alone, since W follows from H. A sweep that momentum makes worse is taken back and done without, so
    the objective never rises.
    """
    rank = W.shape[1]
    with _sweeps(problem, rank, tol, threads) as sweeps:
        W, Ht = sweeps.padded(W), sweeps.padded(H.T)
        value, kkt = sweeps.measure(W, Ht)
        yield Sweep(W[:, :rank], Ht[:, :rank].T, value, kkt)
        before, least, run_up, done = Ht, value, 0, 0
        while True:
            momentum = (run_up - 1) / (run_up + 2) if done >= WARM_UP and run_up > 1 else 0.0
            ahead = np.maximum(Ht + Ht.dtype.type(momentum) * (Ht - before), 0) if momentum else Ht
            new_W, new_Ht, scale, value, kkt = sweeps.sweep(W, ahead, passes=FEW_PASSES if done < WARM_UP else PASSES)
            if value > least:
                if not momentum:
                    return  # as low as rounding lets it be
                run_up, before = 0, Ht
                continue
            before = Ht / scale.astype(Ht.dtype)
            W, Ht, least = new_W, new_Ht, value
            run_up, done = run_up + 1, done + 1
            yield Sweep(W[:, :rank], Ht[:, :rank].T, value, kkt)


def _sweeps(problem: Problem, rank: int, tol: float, threads: int) -> AbstractContextManager[Sweeps]:
    """Compiled sweeps where they pay for the half second that numba takes to load."""
    if worth_compiling(problem.V.nnz, rank):
        from nmf_core.fit.compiled import CompiledSweeps

        return CompiledSweeps(problem, rank, threads, tol)
    return nullcontext(GramSweeps(problem))


SOLVER = Solver(
    name="hals",
    title="HALS",
    summary="Exact coordinate descent; blanks may count anything from unknown to zero. The default.",
    run=run,
    blanks=("unknown", "weak", "zero"),
    when="always, unless there is a reason for another",
    compiled=True,
    steers=True,
)
