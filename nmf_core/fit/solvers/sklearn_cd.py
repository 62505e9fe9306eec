"""scikit-learn's coordinate descent, continued sweep by sweep so that it has a history."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nmf_core.fit.problem import Array, Problem, Side, gram
from nmf_core.fit.solvers.base import Solver, Sweep
from nmf_core.fit.solvers.sklearn_sweep import sweep

ROUNDING = (
    4 * np.finfo(np.float64).eps
)  # of the terms of a gradient: where it is 0, about half an epsilon of them is left


def run(problem: Problem, W: Array, H: Array, tol: float, threads: int) -> Iterator[Sweep]:
    """scikit-learn's sweeps, ended by scikit-learn's rule: the summed violation falls to `tol` of the first sweep's.

    Or else the violation is nothing but rounding. A fit that starts at its answer, as one of exact rank does from an SVD, has
    rounding for its first violation too, and whether that ever falls to a part of itself is up to the processor.
    """
    first = None
    yield Sweep(W, H)
    while True:
        new_W, new_H = sweep(problem, W, H, "cd")
        of_users, users_terms = _violation(problem.users, W, H.T, new_W)
        of_items, items_terms = _violation(problem.items, H.T, new_W, new_H.T)
        violation = of_users + of_items
        W, H = new_W, new_H
        yield Sweep(W, H)
        first = violation if first is None else first
        if violation <= max(tol * first, ROUNDING * (users_terms + items_terms)):
            return


def _violation(side: Side, A: Array, B: Array, new: Array) -> tuple[float, float]:
    """The summed |projected gradient| that coordinate descent met on its way from A to `new`, and the size of its terms.

    scikit-learn stops by this sum but does not hand it out. Each weight's gradient is taken when its turn comes: features
    before it are new by then, those after it still old.
    """
    S, wanted = gram(B), side.V @ B
    lasso, ridge = side.l1 * side.counts, side.l2 * side.counts
    path, total, terms = A.copy(), 0.0, 0.0
    for f in range(A.shape[1]):
        given = path @ S[f] + ridge * path[:, f] + lasso
        slope = given - wanted[:, f]
        total += float(np.abs(np.where(path[:, f] == 0, np.minimum(slope, 0.0), slope)).sum())
        terms += float(given.sum() + wanted[:, f].sum())
        path[:, f] = new[:, f]
    return total, terms


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
