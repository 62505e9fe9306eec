"""Baselines that know no tastes: the mean, items' means, user and item effects, and what most people rate."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from nmf_core.data.ratings import Ratings
from nmf_core.fit.problem import Array
from nmf_core.study.baselines.base import Baseline, GoOn, People, Scorer

SHRINK = 5.0  # pseudo-ratings that pull a user's or item's mean to the grand mean


def biases(training: Ratings) -> tuple[float, Array, Array]:
    """Grand mean, user effects (n_users,) and item effects (n_items,), each shrunk towards 0 by `SHRINK` pseudo-ratings."""
    return effects(training.V, training.mean)


def effects(V: sparse.csr_array, mean: float) -> tuple[float, Array, Array]:
    """`biases` of the observed cells of a grid, and of their mean."""
    counts = np.diff(V.indptr)
    rows, rest = np.repeat(np.arange(V.shape[0]), counts), V.data.astype(np.float64) - mean
    rated = np.bincount(V.indices, minlength=V.shape[1])
    item = np.bincount(V.indices, rest, V.shape[1]) / (rated + SHRINK)
    user = np.bincount(rows, rest - item[V.indices], V.shape[0]) / (counts + SHRINK)
    return mean, user, item


def user_effects(people: People, mean: float, item: Array) -> Array:
    """(n,) the effects of people by what is known of them, as in `biases`."""
    counts = np.diff(people.V.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    rest = people.V.data - mean - item[people.V.indices]
    return np.bincount(rows, rest, len(counts)) / (counts + SHRINK)


def same_for_all(people: People, scores: Array) -> Array:
    """(n, n_items) one order of the items for everybody."""
    return np.repeat(scores[None, :], len(people.rows), axis=0)


def _mean(training: Ratings, go_on: GoOn) -> Scorer:
    """Everything is the mean rating, so lists come in any order."""
    none = np.zeros(training.n_items)
    return Scorer(lambda people: same_for_all(people, none), lambda people, r, i: np.full(len(r), training.mean))


def _item_means(training: Ratings, go_on: GoOn) -> Scorer:
    """Each item's own mean, as it is: of an item with a single rating that rating."""
    totals = np.bincount(training.V.indices, training.V.data.astype(np.float64), training.n_items)
    rated = training.item_counts
    means = np.divide(totals, rated, out=np.full(len(rated), training.mean), where=rated > 0)
    return Scorer(lambda people: same_for_all(people, means), lambda people, r, i: means[i])


def _biases(training: Ratings, go_on: GoOn) -> Scorer:
    """Mean plus user and item effects."""
    mean, _, item = biases(training)
    return Scorer(
        lambda people: same_for_all(people, mean + item),
        lambda people, r, i: np.clip(mean + user_effects(people, mean, item)[r] + item[i], *training.scale),
    )


def _popular(training: Ratings, go_on: GoOn) -> Scorer:
    """The items with most ratings first; as a rating, the item's mean, shrunk."""
    mean, _, item = biases(training)
    counts = training.item_counts.astype(float)
    return Scorer(
        lambda people: same_for_all(people, counts),
        lambda people, r, i: np.clip(mean + item[i], *training.scale),
    )


BASELINES = (
    Baseline(
        "mean", "the mean rating for everything, so lists in any order: the chance line", _mean, spoken="the mean"
    ),
    Baseline("item means", "each item's mean rating, as it is", _item_means, spoken="the items' means"),
    Baseline(
        "biases",
        f"the mean, and effects of users and items, shrunk by {SHRINK:g} ratings each",
        _biases,
        spoken="user and item effects",
    ),
    Baseline("most popular", "what most people rated first, the same list for all", _popular, spoken="popularity"),
)
