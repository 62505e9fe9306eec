"""One sweep of scikit-learn's NMF from a given W and H: what its solvers here share."""

from __future__ import annotations

import numpy as np

from nmf_core.fit.problem import Array, Penalty, Problem


def penalties(penalty: Penalty) -> dict[str, float]:
    """Our penalties as scikit-learn's, which splits one weight a side by one L1 ratio for both."""
    alpha_W, alpha_H = penalty.l2_W + penalty.l1_W, penalty.l2_H + penalty.l1_H
    total = alpha_W + alpha_H
    return {
        "alpha_W": alpha_W,
        "alpha_H": alpha_H,
        "l1_ratio": (penalty.l1_W + penalty.l1_H) / total if total else 0.0,
    }


def sweep(problem: Problem, W: Array, H: Array, solver: str) -> tuple[Array, Array]:
    """W and H after one sweep of scikit-learn's `solver`."""
    from sklearn.decomposition import non_negative_factorization

    if not (W.any() and H.any()):
        return W, H  # a penalty has emptied them: scikit-learn refuses such a start, and no sweep could leave it
    # "mu" takes the root of its error, which nobody reads: a difference, and by rounding below 0 where the fit is exact.
    with np.errstate(invalid="ignore"):
        W, H, _ = non_negative_factorization(
            problem.V,
            W=W.copy(),
            H=H.copy(),
            n_components=W.shape[1],
            init="custom",
            solver=solver,
            max_iter=1,
            tol=0,  # one sweep is not meant to converge, and no warning is to say so
            **penalties(problem.penalty),
        )
    return W, H
