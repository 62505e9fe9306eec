"""How good predictions and orders are: pure functions of arrays, and `METRICS`, which `evaluate` goes through.

Adding one: a function here, and its line in `METRICS`; evaluation, the pages and the tests follow by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
RELEVANT = 0.7  # of the scale's span: 4 and 5 on a scale of 1 to 5


def rmse(actual: Array, predicted: Array) -> float:
    """Root mean squared error, in rating points.

    >>> rmse(np.array([1.0, 3.0]), np.array([2.0, 3.0])).__round__(3)
    0.707
    """
    return float(np.sqrt(np.mean((actual - predicted) ** 2)))


def mae(actual: Array, predicted: Array) -> float:
    """Mean absolute error, in rating points.

    >>> mae(np.array([1.0, 3.0]), np.array([2.0, 3.0]))
    0.5
    """
    return float(np.mean(np.abs(actual - predicted)))


def ndcg(scores: Array, relevant: NDArray[np.bool_], top_n: int) -> Array:
    """Normalised discounted cumulative gain of the best `top_n` by score, a value a row; NaN for rows with nothing relevant.

    Items of one score share their gain: it is what any order of them gives on average (McSherry & Najork 2008).

    Args:
        scores: (n, n_items), −inf for items that are no candidates.
        relevant: (n, n_items).

    >>> ndcg(np.array([[3.0, 2.0, 1.0]]), np.array([[False, True, False]]), 10).round(3).tolist()
    [0.631]
    >>> ndcg(np.array([[1.0, 1.0]]), np.array([[False, True]]), 10).round(3).tolist()  # halfway from 0.631 to 1
    [0.815]
    """
    k = min(top_n, scores.shape[1])
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    gained = (gains(scores, relevant, k) * discount).sum(axis=1)
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(relevant.sum(axis=1), k)]
    return np.divide(gained, ideal, out=np.full(len(scores), np.nan), where=ideal > 0)


def recall(scores: Array, relevant: NDArray[np.bool_], top_n: int) -> Array:
    """The share of what is relevant among the best `top_n` by score, of as much as these could hold; NaN as in `ndcg`.

    >>> recall(np.array([[3.0, 2.0, 1.0]]), np.array([[False, True, True]]), 2).tolist()
    [0.5]
    """
    k = min(top_n, scores.shape[1])
    found = gains(scores, relevant, k).sum(axis=1)
    most = np.minimum(relevant.sum(axis=1), k)
    return np.divide(found, most, out=np.full(len(scores), np.nan), where=most > 0)


def gains(scores: Array, relevant: NDArray[np.bool_], k: int) -> Array:
    """(n, k) how likely what stands at each of the first k places is relevant, where equal scores come in any order.

    >>> gains(np.array([[2.0, 1.0, 1.0]]), np.array([[False, True, False]]), 2).tolist()
    [[0.0, 0.5]]
    """
    columns = _best(scores, k)
    values = np.take_along_axis(scores, columns, axis=1)
    found = np.take_along_axis(relevant, columns, axis=1).astype(float)
    tied = np.flatnonzero((values[:, 1:] == values[:, :-1]).any(axis=1))
    if len(tied):
        new = np.ones((len(tied), values.shape[1]), dtype=bool)
        new[:, 1:] = values[tied, 1:] != values[tied, :-1]
        group = np.cumsum(new).reshape(new.shape) - 1
        found[tied] = (np.bincount(group.ravel(), found[tied].ravel()) / np.bincount(group.ravel()))[group]
    last = values[:, -1:]
    cut = np.flatnonzero((scores == last).sum(axis=1) > (values == last).sum(axis=1))
    if len(cut):  # some of those that share the last place are below the list
        equal = scores[cut] == last[cut]
        share = (equal & relevant[cut]).sum(axis=1, keepdims=True) / equal.sum(axis=1, keepdims=True)
        found[cut] = np.where(values[cut] == last[cut], share, found[cut])
    return np.where(np.isneginf(values), 0.0, found)


def _best(scores: Array, k: int) -> NDArray[np.intp]:
    """The columns of the k highest scores of each row, the highest first; of equal ones the first.

    Only those k are put in order: sorting whole rows of thousands of items was half the time of choosing a penalty.
    """
    below = -scores
    if k >= scores.shape[1]:
        return np.argsort(below, axis=1, kind="stable")
    last = np.partition(below, k - 1, axis=1)[:, k - 1 : k]
    better, equal = below < last, below == last
    missing = k - better.sum(axis=1, keepdims=True)
    among = better | (equal & (np.cumsum(equal, axis=1) <= missing))
    columns = np.nonzero(among)[1].reshape(len(scores), k)
    order = np.argsort(np.take_along_axis(below, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


@dataclass(frozen=True)
class Metric:
    """A figure that tells how good a model is on held-out cells.

    Attributes:
        name, title: its key, and what people call it; a title may name `{top_n}`.
        summary: one sentence.
        of_ratings: a number of (actual, predicted) ratings; None where lists are judged.
        of_lists: a value a user of (scores, relevant, top_n), NaN where nothing is relevant; None where ratings are judged.
        higher_is_better: which way is up.
    """

    name: str
    title: str
    summary: str
    of_ratings: Callable[[Array, Array], float] | None = None
    of_lists: Callable[[Array, NDArray[np.bool_], int], Array] | None = None
    higher_is_better: bool = False


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("rmse", "RMSE", "Root mean squared error of predicted ratings, in rating points.", of_ratings=rmse),
        Metric("mae", "MAE", "Mean absolute error of predicted ratings, in rating points.", of_ratings=mae),
        Metric(
            "ndcg",
            "NDCG@{top_n}",
            "How high what people rated highly stands in their lists, from 0 to 1.",
            of_lists=ndcg,
            higher_is_better=True,
        ),
        Metric(
            "recall",
            "Recall@{top_n}",
            "How much of what people rated highly is in their lists, from 0 to 1.",
            of_lists=recall,
            higher_is_better=True,
        ),
    )
}
