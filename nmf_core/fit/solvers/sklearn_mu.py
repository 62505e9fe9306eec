"""scikit-learn's multiplicative updates, continued sweep by sweep so that they have a history."""

from __future__ import annotations

from collections.abc import Iterator

from nmf_core.fit.problem import Array, Problem
from nmf_core.fit.solvers.base import Solver, Sweep
from nmf_core.fit.solvers.sklearn_sweep import sweep


def run(problem: Problem, W: Array, H: Array, tol: float, threads: int) -> Iterator[Sweep]:
    """scikit-learn's sweeps for the Frobenius loss; the loop decides when to stop."""
    yield Sweep(W, H)
    while True:
        W, H = sweep(problem, W, H, "mu")
        yield Sweep(W, H)


SOLVER = Solver(
    name="sklearn-mu",
    title="scikit-learn MU",
    summary="scikit-learn's multiplicative updates: every blank is a rating of 0.",
    run=run,
    cost=4.0,
    blanks=("zero",),
    when="to compare the two rules on the same problem",
    one_l1_share=True,
    positive_start=True,
)
