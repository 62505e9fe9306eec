"""Hierarchical alternating least squares over the whole dial for blanks: the default solver."""

from __future__ import annotations

from collections.abc import Iterator

from nmf_core.kernels import balanced, hals_rows
from nmf_core.problem import Array, Problem
from nmf_core.solvers.base import Solver

PASSES = 4  # over the features a half-sweep: the normal matrices cost more than a pass, so use them well


def run(problem: Problem, W: Array, H: Array, tol: float) -> Iterator[tuple[Array, Array]]:
    """W, then H, each by exact coordinate descent (Cichocki & Phan 2009; with weighted blanks, He et al. 2016)."""
    while True:
        W = hals_rows(problem.users, W, H.T, passes=PASSES)
        H = hals_rows(problem.items, H.T, W, passes=PASSES).T
        W, H = balanced(problem, W, H)
        yield W, H


SOLVER = Solver(
    name="hals",
    title="HALS",
    summary="Exact coordinate descent; blanks may count anything from unknown to zero. The default.",
    run=run,
    blanks=("unknown", "weak", "zero"),
)
