"""Multiplicative updates over the observed cells: slow, simple, and the one that serves every loss."""

from __future__ import annotations

from collections.abc import Iterator

from nmf_core.fit.kernels import multiplicative_rows
from nmf_core.fit.problem import Array, Problem
from nmf_core.fit.solvers.base import Solver, Sweep


def run(problem: Problem, W: Array, H: Array, tol: float, threads: int) -> Iterator[Sweep]:
    """W, then H, each multiplied by the ratio of what is wanted to what is given (Lee & Seung 2001)."""
    yield Sweep(W, H)
    while True:
        W = multiplicative_rows(problem.divergence, problem.users, W, H.T)
        H = multiplicative_rows(problem.divergence, problem.items, H.T, W).T
        yield Sweep(W, H)


SOLVER = Solver(
    name="mu",
    title="Multiplicative updates",
    summary="Lee and Seung's rule on the observed cells, for squared error, Kullback–Leibler or Itakura–Saito. For teaching.",
    run=run,
    cost=12.0,
    blanks=("unknown",),
    when="to teach, and for a loss other than squared error",
    losses=("frobenius", "kl", "is"),
    positive_start=True,
)
