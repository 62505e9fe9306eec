"""scikit-learn's mini-batch NMF: a pass over the users in batches is a sweep."""

from __future__ import annotations

from collections.abc import Iterator

from nmf_core.fit.problem import Array, Problem
from nmf_core.fit.solvers.base import Solver, Sweep
from nmf_core.fit.solvers.sklearn_sweep import penalties

BATCH = 1024  # users in a batch, scikit-learn's own default
TRANSFORM_SWEEPS = 200  # of W given H, after each pass


def run(problem: Problem, W: Array, H: Array, tol: float, threads: int) -> Iterator[Sweep]:
    """Online updates of H over batches of users, then W for all users with H fixed."""
    from sklearn.decomposition import MiniBatchNMF

    yield Sweep(W, H)
    n = problem.V.shape[0]
    model = MiniBatchNMF(
        n_components=W.shape[1],
        init="custom",
        batch_size=min(BATCH, n),
        tol=1e-6,  # of W given H: a looser W would raise the objective from sweep to sweep
        transform_max_iter=TRANSFORM_SWEEPS,
        **penalties(problem.penalty),
    )
    batches = [slice(start, min(start + BATCH, n)) for start in range(0, n, BATCH)]
    model.partial_fit(problem.V[batches[0]], W=W[batches[0]].copy(), H=H.copy())
    turn = batches[1:]
    while True:
        for batch in turn:
            model.partial_fit(problem.V[batch])
        turn = batches
        # W of the whole grid by scikit-learn's own transform
        yield Sweep(model.transform(problem.V), model.components_.copy())


SOLVER = Solver(
    name="sklearn-minibatch",
    title="scikit-learn mini-batch",
    summary="scikit-learn's online NMF over batches of users: every blank is a rating of 0.",
    run=run,
    cost=20.0,
    blanks=("zero",),
    when="to compare; the loop keeps only sweeps that lower the objective",
    one_l1_share=True,
    monotone=False,
    positive_start=True,
)
