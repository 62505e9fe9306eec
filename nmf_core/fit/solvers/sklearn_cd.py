"""scikit-learn's coordinate descent, continued sweep by sweep so that it has a history."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nmf_core.fit.problem import Array, Problem, Side, gram
from nmf_core.fit.solvers.base import Solver, Sweep
from nmf_core.fit.solvers.sklearn_sweep import sweep


def run(problem: Problem, W: Array, H: Array, tol: float, threads: int) -> Iterator[Sweep]:
    """scikit-learn's sweeps, ended by scikit-learn's rule: the summed violation falls to `tol` of the first sweep's."""
    first = None
    yield Sweep(W, H)
    while True:
        new_W, new_H = sweep(problem, W, H, "cd")
        violation = _violation(problem.users, W, H.T, new_W) + _violation(problem.items, H.T, new_W, new_H.T)
        W, H = new_W, new_H
        yield Sweep(W, H)
        first = violation if first is None else first
        if first == 0 or violation / first <= tol:
            return


def _violation(side: Side, A: Array, B: Array, new: Array) -> float:
    """The summed |projected gradient| that coordinate descent met on its way from A to `new`.

    scikit-learn stops by this sum but does not hand it out. Each weight's gradient is taken when its turn comes: features
    before it are new by then, those after it still old.
    """
    S = gram(B)
    right = side.V @ B - (side.l1 * side.counts)[:, None]
    ridge = side.l2 * side.counts
    path, total = A.copy(), 0.0
    for f in range(A.shape[1]):
        slope = path @ S[f] + ridge * path[:, f] - right[:, f]
        total += float(np.abs(np.where(path[:, f] == 0, np.minimum(slope, 0.0), slope)).sum())
        path[:, f] = new[:, f]
    return total


SOLVER = Solver(
    name="sklearn-cd",
    title="scikit-learn CD",
    summary="scikit-learn's coordinate descent, as in the notebook: every blank is a rating of 0.",
    run=run,
    cost=2.0,
    blanks=("zero",),
    when="to repeat the notebook's own run (`cd` for short)",
    one_l1_share=True,
    stops_itself=True,
)
