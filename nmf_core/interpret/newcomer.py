"""Somebody new: which items to ask them about, or which two shelves to let them choose between, so that few answers tell most.

What is known of a newcomer's weights is taken for normal: before any answer, the mean and the covariance of the people in the fit;
an answer about an item with the column h narrows the covariance A to A − A h hᵀ A / (σ² + h·A h), σ the fit's error on a rating
(the Kalman filter; Bayesian D-optimal design, Chaloner & Verdinelli 1995). The next question is the one that narrows it most, as
far as it is likely to be answered. Placing them is `fold_in`, by exact non-negative least squares; only what is asked goes by this.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.errors import whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.problem import Array

WELL_KNOWN = 100  # items that are asked about: those with most ratings
KNOWN_POWER = 0.5  # of the share of people who know an item; `python -m benchmarks.newcomers`
ON_A_SHELF = 4  # items
SHELVED = 200  # items that shelves are filled from
LIKED = 0.75  # of the way up the scale: the rating that an item on a shelf counts which somebody chose


@dataclass(frozen=True)
class Choice:
    """Two shelves to choose between.

    Attributes:
        feature: the feature in which they differ most.
        this: items that have much of it.
        that: items that have little of it and, all in all, as much of the others.
    """

    feature: int
    this: tuple[str, ...]
    that: tuple[str, ...]


def items_to_ask(
    fit: Factorization,
    ratings: Ratings,
    own: Mapping[str, float],
    *,
    passed: Collection[str] = (),
    n: int = 1,
) -> list[str]:
    """The well known items whose ratings would tell most of somebody's weights, given those they have rated; the best first.

    An item's worth is log(1 + h·A h / σ²), by which an answer lowers the uncertainty of the weights, times the root of the share
    of people who have rated it, since who has not seen it cannot answer.

    Args:
        own: item → rating so far.
        passed: items that they have not seen: not asked again.
        n: how many.

    Raises:
        NmfError: an item that is not there.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.movie_night()
    >>> fit = factorize(ratings, rank=3).canonical()
    >>> first = items_to_ask(fit, ratings, {})
    >>> first == items_to_ask(fit, ratings, {first[0]: 4.0}, n=3)[:1]
    False
    """
    n = whole_number("n", n, 1, WELL_KNOWN)
    fit.check_ratings(ratings)
    asked = np.concatenate([positions(fit.items, list(own), "item"), positions(fit.items, list(passed), "item")])
    bank = np.setdiff1d(_well_known(fit, ratings, WELL_KNOWN), asked.astype(np.int64))
    bank = bank[np.argsort(fit.item_places[bank])]
    A = _narrowed(fit, positions(fit.items, list(own), "item"))
    gain = np.log1p(np.einsum("fi,fg,gi->i", fit.H[:, bank], A, fit.H[:, bank]) / _noise(fit))
    worth = gain * (ratings.item_counts[bank] / ratings.n_users) ** KNOWN_POWER
    return fit.items[bank[np.argsort(-np.round(worth, 12), kind="stable")[:n]]].tolist()


def next_choice(fit: Factorization, ratings: Ratings, asked: Sequence[Choice] = ()) -> Choice | None:
    """The two shelves whose choice tells most after those that were asked; None where there are not items enough, or one feature.

    An answer is taken for one about the difference of the shelves' mean columns of H; no item is shown twice.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.movie_night()
    >>> choice = next_choice(factorize(ratings, rank=3).canonical(), ratings)
    >>> len(choice.this), len(choice.that), set(choice.this) & set(choice.that)
    (4, 4, set())
    """
    fit.check_ratings(ratings)
    shown = [item for choice in asked for item in (*choice.this, *choice.that)]
    bank = np.setdiff1d(_well_known(fit, ratings, SHELVED), positions(fit.items, shown, "item"))
    bank = bank[np.argsort(fit.item_places[bank])]
    if fit.rank < 2 or len(bank) < 2 * ON_A_SHELF:
        return None
    A = _covariance(fit)
    for choice in asked:
        A = _less(A, _difference(fit, choice), _noise(fit) / ON_A_SHELF)
    H = _weighed(fit)[:, bank]
    offered = [_shelves(fit, H, bank, f) for f in range(fit.rank)]
    worth = [float(d @ A @ d) for d in (_difference(fit, choice) for choice in offered)]
    return offered[int(np.argmax(np.round(worth, 12)))]


def as_ratings(ratings: Ratings, answers: Sequence[tuple[Choice, str]]) -> dict[str, float]:
    """What answers count as: each item on a shelf that was chosen is rated three quarters up the scale, the other left blank.

    Args:
        answers: a choice and "this", "that" or "neither", which counts nothing.

    >>> from nmf_core import datasets
    >>> as_ratings(datasets.notebook(), [(Choice(0, ("Movie1",), ("Movie4",)), "that")])
    {'Movie4': 4.0}
    """
    low, high = ratings.scale
    liked = low + LIKED * (high - low)
    chosen = {"this": lambda choice: choice.this, "that": lambda choice: choice.that}
    return {item: liked for choice, answer in answers if answer in chosen for item in chosen[answer](choice)}


def _shelves(fit: Factorization, H: Array, bank: NDArray[np.int64], f: int) -> Choice:
    """The items with most of a feature beyond all others, and those with least of it whose mean is nearest to these but for it."""
    rest = np.delete(np.arange(fit.rank), f)
    high = np.argsort(-np.round(H[f] - H[rest].max(axis=0), 12), kind="stable")[:ON_A_SHELF]
    low = np.argsort(np.round(H[f] / np.maximum(H.sum(axis=0), 1e-12), 12), kind="stable")
    low = low[~np.isin(low, high)][: max(2 * ON_A_SHELF, len(bank) // 4)]
    others, taken = H[rest], list[int]()
    goal, total = others[:, high].mean(axis=1), np.zeros(len(rest))
    for k in range(1, ON_A_SHELF + 1):
        off = (((total[:, None] + others[:, low]) / k - goal[:, None]) ** 2).sum(axis=0)
        best = int(np.argmin(np.round(off, 12)))
        taken.append(int(low[best]))
        total += others[:, low[best]]
        low = np.delete(low, best)
    this, that = (tuple(fit.items[bank[list(side)]].tolist()) for side in (high, taken))
    return Choice(f, this, that)


def _weighed(fit: Factorization) -> Array:
    """H with each row weighing what people have of it, so that features can be compared."""
    return fit.H * np.sqrt((fit.W[np.argsort(fit.user_places)] ** 2).mean(axis=0))[:, None]


def _difference(fit: Factorization, choice: Choice) -> Array:
    """(rank,) the mean column of H on one shelf less that on the other."""
    this, that = (fit.H[:, positions(fit.items, side, "item")].mean(axis=1) for side in (choice.this, choice.that))
    found: Array = this - that
    return found


def _narrowed(fit: Factorization, columns: NDArray[np.int64]) -> Array:
    """The covariance of the weights after answers about some items."""
    A = _covariance(fit)
    for i in np.sort(columns):
        A = _less(A, fit.H[:, i], _noise(fit))
    return A


def _less(A: Array, h: Array, noise: float) -> Array:
    """The covariance after one more answer."""
    Ah = A @ h
    found: Array = A - np.outer(Ah, Ah) / (noise + float(h @ Ah))
    return found


def _covariance(fit: Factorization) -> Array:
    """The covariance of the weights of people in the fit; sums go by names."""
    W = fit.W[np.argsort(fit.user_places)]
    return np.atleast_2d(np.cov(W.T)) if len(W) > 1 else np.eye(fit.rank)


def _noise(fit: Factorization) -> float:
    """The variance of a rating around its score."""
    return max(float(fit.rmse) ** 2, 1e-6)


def _well_known(fit: Factorization, ratings: Ratings, n: int) -> NDArray[np.int64]:
    """The items with most ratings, of equals the first by name; none without."""
    order = np.lexsort((fit.item_places, -ratings.item_counts))[:n]
    return order[ratings.item_counts[order] > 0].astype(np.int64)
