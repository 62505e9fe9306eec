"""scikit-learn's NMF as tutorials use it: every blank a rating of 0."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.ratings import Ratings
from nmf_core.fit.problem import Array
from nmf_core.study.baselines.base import Baseline, GoOn, People, Scorer

RANK = 20


def _zeros(training: Ratings, go_on: GoOn) -> Scorer:
    """The fit of its coordinate descent from its usual start; people by its own transform."""
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    V = training.V.astype(np.float64)
    model = NMF(min(RANK, *V.shape), init="nndsvda", random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(V)
    H = model.components_

    def weights(people: People) -> Array:
        placed: Array = model.transform(people.V)
        return placed

    def predicted(people: People, r: NDArray, i: NDArray) -> Array:
        scores = np.einsum("kf,kf->k", weights(people)[r], H[:, i].T)
        return np.clip(scores, *training.scale)

    return Scorer(lambda people: weights(people) @ H, predicted)


BASELINES = (
    Baseline(
        "NMF on zeros",
        f"scikit-learn's NMF of rank {RANK} with every blank a 0",
        _zeros,
        seconds=lambda ratings: 3e-5 * ratings.n_ratings + 1e-4 * (ratings.n_users + ratings.n_items),
    ),
)
