"""What a model is that `evaluate` judges, and what a baseline says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.ratings import Ratings
from nmf_core.fit.problem import Array

GoOn = Callable[[], bool]  # asked now and then while a model is fitted; False means: end now


@dataclass(frozen=True, eq=False)
class People:
    """Some people whose lists are judged, by what is known of them.

    Attributes:
        rows: (n,) their rows in the ratings that the model was fitted to.
        V: (n, n_items) float64 CSR, the ratings that are known of them.
        new: (n,) whether the fit has seen none of these ratings.
    """

    rows: NDArray[np.int64]
    V: sparse.csr_array
    new: NDArray[np.bool_]


@dataclass(frozen=True)
class Scorer:
    """A fitted model.

    Attributes:
        scores: (n, n_items) of people, by which their lists are ordered.
        predicted: ratings of cells, each the place of a person among these people and an item's column; None where the model
            gives no ratings.
        last: (n_items,) which items are listed after all others, whatever their scores; None for none.
        parts: weights (n, rank) and H (rank, n_items) whose products add up to a score; None where it is no such sum.
    """

    scores: Callable[[People], Array]
    predicted: Callable[[People, NDArray, NDArray], Array] | None = None
    parts: Callable[[People], tuple[Array, Array]] | None = None
    last: NDArray[np.bool_] | None = None


Model = Callable[[Ratings, GoOn], Scorer]


@dataclass(frozen=True)
class Baseline:
    """A model to stand beside a fit, at its one good setting.

    Attributes:
        name: what tables call it; `spoken` what sentences do, where that is something else.
        summary: one sentence, with the setting.
        fit: the model.
        seconds: about how long a fold takes, fit and lists.
        gigabytes: about how much memory it needs.
    """

    name: str
    summary: str
    fit: Model
    seconds: Callable[[Ratings], float] = lambda ratings: 0.0
    gigabytes: Callable[[Ratings], float] = lambda ratings: 0.0
    spoken: str = ""
