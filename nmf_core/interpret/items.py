"""An item by itself: who would like it, what is alike, which features carry it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.errors import whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.fold_in import list_weights
from nmf_core.fit.problem import Array
from nmf_core.interpret.best import evened
from nmf_core.interpret.enough import enough_items, enough_users
from nmf_core.interpret.features import Labels, feature_names
from nmf_core.labels.apart import unit_rows

WEIGHED = 20  # people whose scores are those of their own lists, of whom the first are told
PASSES, TOL = 100, 1e-5  # nobody reads more digits of a score that only orders
STRATUM = 50  # items of about the same weight, whose weights are shuffled among each other for chance
DRAWS = 4  # of items with shuffled features, to see how alike chance makes the most alike


def would_like(
    fit: Factorization, ratings: Ratings, item: object, *, n: int = 10, least: int | None = None
) -> pd.DataFrame:
    """The people who have not rated an item and score it highest: columns user, score, ratings (how many they gave).

    The twenty with the highest scores by their rows of W are scored as their own lists are (`weights_of`); people with fewer than
    `least` ratings, by default `enough.least_ratings`, are left out: too few to tell.

    Raises:
        NmfError: an item that is not there.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> would_like(factorize(ratings, rank=2), ratings, "Movie3")["user"].tolist()
    ['User3', 'User4', 'User1', 'User2']
    """
    n, i = whole_number("n", n, 1, WEIGHED), ratings.column(item)
    fit.check_ratings(ratings)
    candidate = enough_users(ratings, fit.rank, ratings.n_users, least) & (ratings.user_counts > 0)
    candidate[ratings.Vt.indices[ratings.Vt.indptr[i] : ratings.Vt.indptr[i + 1]]] = False
    rows = np.flatnonzero(candidate)
    near = rows[np.lexsort((fit.user_places[rows], -_evened(fit.W[rows] @ fit.H[:, i])))][:WEIGHED]
    scores = list_weights(fit, ratings, near, passes=PASSES, tol=TOL) @ fit.H[:, i]
    first = np.lexsort((fit.user_places[near], -_evened(scores)))[:n]
    return pd.DataFrame(
        {"user": fit.users[near[first]], "score": scores[first], "ratings": ratings.user_counts[near[first]]}
    )


def alike_items(
    fit: Factorization, ratings: Ratings, item: object, *, n: int = 10, least: int | None = None
) -> pd.DataFrame:
    """The items made of the same features: columns item, similarity (−1…1), ratings; most alike first.

    Alike is the cosine of what sets items apart: each column of H (a row weighing what people have of it) at length 1, less
    the mean of all, since every item of real ratings is mostly what everybody rates. `.attrs["chance"]` is how alike the most
    alike item is on average where each feature's weights are shuffled among items of about the same weight: what is not above
    it may be chance.
    Items with fewer than `least` ratings, by default `enough.least_ratings`, are left out.

    Raises:
        NmfError: an item that is not there.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.movie_night()
    >>> found = alike_items(factorize(ratings, rank=4).canonical(), ratings, "Aliens", n=2)
    >>> found.columns.tolist(), found.attrs["chance"] < 1
    (['item', 'similarity', 'ratings'], True)
    """
    n, i = whole_number("n", n, 1, 1_000_000), ratings.column(item)
    fit.check_ratings(ratings)
    enough = enough_items(ratings, fit.rank, ratings.n_items, least)
    order = np.argsort(fit.item_places)  # sums in the order of names: the order of columns settles no digit
    H = fit.H[:, order] * np.sqrt(np.maximum((fit.W**2).mean(axis=0), 0.0))[:, None]
    at = int(np.flatnonzero(order == i)[0])
    similarity = np.empty(ratings.n_items)
    similarity[order] = _to_one(H, H[:, at])
    others = enough.copy()
    others[i] = False
    places = np.flatnonzero(others)
    first = places[np.lexsort((fit.item_places[places], -np.round(similarity[places], 9)))][:n]
    frame = pd.DataFrame(
        {"item": fit.items[first], "similarity": similarity[first], "ratings": ratings.item_counts[first]}
    )
    frame.attrs["chance"] = _chance(H, H[:, at], others[order])
    return frame


def item_parts(fit: Factorization, item: object, *, labels: Labels = None) -> pd.DataFrame:
    """What an item is made of: columns feature, weight (in H), share (of the average person's score), largest first.

    Raises:
        NmfError: an item that is not there.

    >>> from nmf_core import datasets, factorize
    >>> parts = item_parts(factorize(datasets.notebook(), rank=2).canonical(), "Movie1")
    >>> round(float(parts["share"].sum()), 9)
    1.0
    """
    i = int(positions(fit.items, [item], "item")[0])
    shares = item_shares(fit, np.array([i]))[0]
    frame = pd.DataFrame({"feature": feature_names(fit.rank, labels), "weight": fit.H[:, i], "share": shares})
    return frame.iloc[np.argsort(-shares, kind="stable")]


def item_shares(fit: Factorization, columns: NDArray[np.int64] | slice = slice(None)) -> Array:
    """(n, rank) the share of each feature in the score that the average person gives to some items; rows sum to 1, or to 0."""
    by_name = np.argsort(fit.user_places)
    parts = fit.H[:, columns].T * fit.W[by_name].mean(axis=0)
    total = parts.sum(axis=1, keepdims=True)
    return np.divide(parts, total, out=np.zeros_like(parts), where=total > 0)


def _to_one(H: Array, one: Array) -> Array:
    """(n,) the centred cosine of each column of H to one."""
    unit = _unit(H.T)
    mean = unit.mean(axis=0)
    return _unit(unit - mean) @ _unit(_unit(one[None, :]) - mean)[0]


def _chance(H: Array, one: Array, among: NDArray[np.bool_]) -> float:
    """How alike the most alike of `among` is on average where features are shuffled among items of about the same weight."""
    rng = np.random.default_rng(0)
    by_weight = np.argsort(np.linalg.norm(H, axis=0), kind="stable")
    most = []
    for _ in range(DRAWS if among.any() else 0):
        shuffled = np.empty_like(H)
        for start in range(0, H.shape[1], STRATUM):
            stratum = by_weight[start : start + STRATUM]
            shuffled[:, stratum] = rng.permuted(H[:, stratum], axis=1)
        most.append(_to_one(shuffled, one)[among].max())
    return float(np.mean(most)) if most else float("nan")


def _unit(rows: Array) -> Array:
    """Rows at length 1; one of what rounding left becomes zeros."""
    return unit_rows(rows, 1e-12)


def _evened(scores: Array) -> Array:
    """`best.evened` over the largest of them."""
    return evened(scores, float(scores.max(initial=0.0)))
