"""How much of what is relevant to a person their list has, and how high."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmf_core.metrics.base import Array, Metric
from nmf_core.metrics.lists import Lists


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
    return discounted(Lists(scores, relevant, top_n))


def discounted(lists: Lists) -> Array:
    """`ndcg` of lists."""
    discount = 1.0 / np.log2(np.arange(2, lists.k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(lists.n_relevant, lists.k)]
    return _over((lists.gains * discount).sum(axis=1), ideal)


def recall(lists: Lists) -> Array:
    """The share of what is relevant among the best `top_n`, of as much as these could hold; NaN where nothing is.

    >>> recall(Lists(np.array([[3.0, 2.0, 1.0]]), np.array([[False, True, True]]), 2)).tolist()
    [0.5]
    """
    return _over(lists.gains.sum(axis=1), np.minimum(lists.n_relevant, lists.k))


def precision(lists: Lists) -> Array:
    """The share of the best `top_n` that is relevant, also where there are fewer candidates; NaN where nothing is relevant.

    >>> precision(Lists(np.array([[3.0, 2.0, 1.0]]), np.array([[False, True, True]]), 2)).tolist()
    [0.5]
    """
    return np.where(lists.n_relevant > 0, lists.gains.sum(axis=1) / lists.top_n, np.nan)


def average_precision(lists: Lists) -> Array:
    """Precision at each relevant place, added up over as many as there could be; NaN where nothing is relevant.

    Of items of one score it is the mean over their orders: two of a group of m, r of them relevant, are both relevant with a
    chance of r (r − 1) / (m (m − 1)); items of different groups do not depend on each other.

    >>> average_precision(Lists(np.array([[3.0, 2.0, 1.0]]), np.array([[False, True, True]]), 3)).round(3).tolist()
    [0.583]
    >>> average_precision(Lists(np.array([[1.0, 1.0]]), np.array([[False, True]]), 2)).tolist()  # halfway from 1/2 to 1
    [0.75]
    """
    first, size, found = lists.groups
    place = np.arange(lists.k)
    gained = np.concatenate([np.zeros((len(found), 1)), np.cumsum(lists.gains, axis=1)], axis=1)
    above = np.take_along_axis(gained, first, axis=1)  # what is relevant in the groups before
    beside = (place - first) * np.maximum(found - 1, 0) / np.maximum(size - 1, 1)  # in its own, of those before it
    gains = lists.gains * (above + beside + 1) / (place + 1)
    return _over(gains.sum(axis=1), np.minimum(lists.n_relevant, lists.k))


def _over(found: Array, most: Array) -> Array:
    """What was found of what there could be; NaN where there could be nothing."""
    return np.divide(found, most, out=np.full(len(found), np.nan), where=most > 0)


OF_LISTS = (
    Metric(
        "ndcg",
        "NDCG@{top_n}",
        "How high what people rated highly stands in their lists, from 0 to 1.",
        of_lists=discounted,
        higher_is_better=True,
    ),
    Metric(
        "recall",
        "Recall@{top_n}",
        "How much of what people rated highly is in their lists, from 0 to 1.",
        of_lists=recall,
        higher_is_better=True,
    ),
    Metric(
        "precision",
        "Precision@{top_n}",
        "How much of a list people rated highly, from 0 to 1.",
        of_lists=precision,
        higher_is_better=True,
    ),
    Metric(
        "map",
        "MAP@{top_n}",
        "Mean average precision: how much of a list down to each item rated highly was, from 0 to 1.",
        of_lists=average_precision,
        higher_is_better=True,
    ),
)
