"""The map: where people and items lie in two features, or in the two directions in which tastes differ most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.problem import Array
from nmf_core.interpret.features import check_feature, taste, taste_of
from nmf_core.interpret.items import item_shares

Numbers = NDArray[np.int64]
BLOCK = 100_000  # ratings whose weights are gathered at once


@dataclass(frozen=True, eq=False)
class Places:
    """Where people and items lie.

    Attributes:
        users, items: (n_users, 2), (n_items, 2).
        axes: what the two directions are, in words.
        spread: (2,) which part of the differences between tastes each direction has, 0…1; None where the two are features.
    """

    users: Array
    items: Array
    axes: tuple[str, str]
    spread: tuple[float, float] | None = None


def in_two_features(fit: Factorization, across: int, up: int, names: list[str]) -> Places:
    """People by the shares of two features in their taste, items by those in what they are made of (`item_shares`).

    Raises:
        NmfError: a feature that is not there.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.notebook(), rank=2).canonical()
    >>> places = in_two_features(fit, 0, 1, ["Action", "Story"])
    >>> places.users.shape, bool(np.allclose(places.users.sum(axis=1), 1))
    ((5, 2), True)
    """
    pair = [check_feature(fit, across), check_feature(fit, up)]
    axes = (f"share of {names[pair[0]]}", f"share of {names[pair[1]]}")
    return Places(taste(fit)[:, pair], item_shares(fit)[:, pair], axes)


def projected(fit: Factorization, names: list[str]) -> Places:
    """People and items in the two directions in which people's tastes differ most.

    Tastes are shares of features; their roots lie on a sphere (Hellinger's distance), which the principal directions of
    people's roots less their mean lay flat. Items go into the same plane by what they are made of. A direction's sign is such
    that its largest part is positive, and sums go by names: the order of rows says nothing.

    >>> from nmf_core import datasets, factorize
    >>> places = projected(factorize(datasets.movie_night(), rank=4).canonical(), ["a", "b", "c", "d"])
    >>> places.users.shape[1], places.items.shape[1], 0 < sum(places.spread) <= 1
    (2, 2, True)
    """
    roots = np.sqrt(taste(fit))
    by_name = roots[np.argsort(fit.user_places)]
    by_name = by_name[by_name.any(axis=1)]
    mean, directions, spread = _directions(by_name, fit.rank)
    axes = tuple(_words(direction, names) for direction in directions)
    users, items = ((rows - mean) @ directions.T for rows in (roots, np.sqrt(item_shares(fit))))
    return Places(users, items, (axes[0], axes[1]), spread)


def place_of(fit: Factorization, weights: Array, pair: tuple[int, int] | None = None) -> Array:
    """(2,) where somebody with these weights (rank,) lies in the same plane, who need not be in the fit: a newcomer.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.notebook(), rank=2).canonical()
    >>> bool(np.allclose(place_of(fit, fit.W[3]), projected(fit, ["a", "b"]).users[3]))
    True
    """
    shares = taste_of(fit, weights[None, :])
    if pair is not None:
        return shares[0, list(pair)]
    roots = np.sqrt(taste(fit))[np.argsort(fit.user_places)]
    mean, directions, _ = _directions(roots[roots.any(axis=1)], fit.rank)
    found: Array = ((np.sqrt(shares) - mean) @ directions.T)[0]
    return found


def _directions(roots: Array, rank: int) -> tuple[Array, Array, tuple[float, float]]:
    """The mean of rows, the two directions (2, rank) in which they differ most, and the part of the differences that each has."""
    mean = roots.mean(axis=0) if len(roots) else np.zeros(rank)
    apart = roots - mean
    size, vectors = np.linalg.eigh(apart.T @ apart)
    two = vectors[:, ::-1][:, :2].T
    two = two * np.where(two[np.arange(len(two)), np.abs(two).argmax(axis=1)] < 0, -1.0, 1.0)[:, None]
    two = np.vstack([two, np.zeros((2 - len(two), rank))])
    total = max(float(size.sum()), 1e-300)
    largest = [*size[::-1][:2].clip(min=0.0), 0.0][:2]
    return mean, two, (float(largest[0]) / total, float(largest[1]) / total)


def _words(direction: Array, names: list[str]) -> str:
    """A direction in words: the features that it leads to, and those that it leads away from."""
    order = np.argsort(-np.abs(direction), kind="stable")[:3]
    more = [names[f] for f in order if direction[f] > 0.3]
    less = [names[f] for f in order if direction[f] < -0.3]
    if not more:
        return "no difference"
    return f"more {' and '.join(more)}" + (f", less {' and '.join(less)}" if less else "")


def largest_features(fit: Factorization) -> tuple[Numbers, Numbers]:
    """(n_users,), (n_items,) the feature with the largest share in each person's taste and in each item; −1 where nothing is known.

    >>> from nmf_core import datasets, factorize
    >>> users, items = largest_features(factorize(datasets.notebook(), rank=2).canonical())
    >>> users.tolist()
    [1, 1, 0, 0, 0]
    """
    return _largest(taste(fit)), _largest(item_shares(fit))


def _largest(shares: Array) -> Numbers:
    """(n,) the column with the largest share in each row; −1 where there is none."""
    found: Numbers = np.where(shares.any(axis=1), shares.argmax(axis=1), -1)
    return found


def reached(fit: Factorization, ratings: Ratings) -> Array:
    """(n_users,) how well a person is served by the fit: the share of their own ratings that their scores reach, at most 1.

    1 − Σ(v − ŷ)² / Σv² over the ratings that the fit knew, so of one's own past, not of hidden ones; NaN for somebody without any.
    Scores that count blanks are lower than ratings, and the more so the less of a taste the features hold.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> bool((reached(factorize(ratings, rank=2), ratings) > 0.9).all())
    True
    """
    fit.check_ratings(ratings)
    V = ratings.V
    rows = np.repeat(np.arange(ratings.n_users), ratings.user_counts)
    values = V.data.astype(float)
    scores = np.concatenate(
        [
            np.einsum("nf,fn->n", fit.W[rows[part]], fit.H[:, V.indices[part]])
            for part in (slice(k, k + BLOCK) for k in range(0, V.nnz, BLOCK))
        ]
    )
    missed = np.bincount(rows, (values - scores) ** 2, minlength=ratings.n_users)
    given = np.bincount(rows, values**2, minlength=ratings.n_users)
    return np.where(given > 0, 1 - np.divide(missed, given, out=np.zeros_like(given), where=given > 0), np.nan)


@dataclass(frozen=True, eq=False)
class Together:
    """What a set of people or of items has in common.

    Attributes:
        taste: (rank,) the mean share of each feature.
        rated: of people, a row an item: item, by (how many of the set rated it), usual (how many would, were the set like
            everybody), rating (the mean of theirs). Of items, a row a person: user, by (how many of the set they rated), usual and
            rating likewise.
    """

    taste: Array
    rated: pd.DataFrame


def people_together(fit: Factorization, ratings: Ratings, users: Iterable[object], *, n: int = 10) -> Together:
    """What some people have in common: their mean taste, and the items that more of them rated than people elsewhere.

    Items come by how many standard errors the share of the set that rated them lies above that of all.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> found = people_together(factorize(ratings, rank=2).canonical(), ratings, ["User3", "User4"])
    >>> found.rated.columns.tolist()
    ['item', 'by', 'usual', 'rating']
    """
    rows = np.unique(positions(ratings.users, users, "user"))
    usual = len(rows) * ratings.item_counts / ratings.n_users
    rated = _rated_more(ratings.V[rows], usual, fit.item_places, n)
    rated.insert(0, "item", ratings.items[rated.index])
    return Together(_mean(taste(fit)[rows]), rated.reset_index(drop=True))


def items_together(fit: Factorization, ratings: Ratings, items: Iterable[object], *, n: int = 10) -> Together:
    """What some items have in common: what they are made of on average, and the people who rated more of them than of others.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> items_together(factorize(ratings, rank=2).canonical(), ratings, ["Movie1", "Movie2"]).rated.columns.tolist()
    ['user', 'by', 'usual', 'rating']
    """
    columns = np.unique(positions(ratings.items, items, "item"))
    usual = len(columns) * ratings.user_counts / ratings.n_items
    rated = _rated_more(ratings.Vt[columns], usual, fit.user_places, n)
    rated.insert(0, "user", ratings.users[rated.index])
    return Together(_mean(item_shares(fit, columns)), rated.reset_index(drop=True))


def _mean(shares: Array) -> Array:
    """The mean row; zeros where there is no row."""
    found: Array = shares.mean(axis=0) if len(shares) else np.zeros(shares.shape[1])
    return found


def _rated_more(part: sparse.csr_array, usual: Array, places: Numbers, n: int) -> pd.DataFrame:
    """The columns in which more of these rows have a rating than is usual, by their index: by, usual, rating."""
    by = np.bincount(part.indices, minlength=part.shape[1])
    total = np.bincount(part.indices, part.data.astype(float), minlength=part.shape[1])
    order = _most_unusual(by, usual, part.shape[0], places)[:n]
    return pd.DataFrame({"by": by[order], "usual": usual[order], "rating": total[order] / by[order]}, index=order)


def _most_unusual(by: Numbers, usual: Array, size: int, places: Numbers) -> Numbers:
    """Which counts lie most standard errors above the usual ones, those above 0 alone; ties by name."""
    share = usual / max(size, 1)
    error = np.sqrt(np.maximum(usual * (1 - share), 0.25))
    order: Numbers = np.lexsort((places, -np.round((by - usual) / error, 9)))
    return order[by[order] > 0]
