"""Reading features: names, top items and users, what sets a feature apart, people in words, features matched between fits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.errors import whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.problem import Array
from nmf_core.interpret.enough import enough_items, enough_users
from nmf_core.interpret.match import cosine
from nmf_core.words import many, told_apart

Labels = Mapping[int, str] | None

# Shares of a person's taste, and the word for each from that share on.
WORDS = ((0.65, "strongly"), (0.4, "clearly"), (0.2, "somewhat"), (0.08, "a little"), (0.0, "hardly"))


def feature_names(rank: int, labels: Labels = None) -> list[str]:
    """A name for each feature, no two alike: its label, else "Feature 1" and so on; a name used twice gets its number.

    >>> feature_names(3, {1: "Action"})
    ['Feature 1', 'Action', 'Feature 3']
    >>> feature_names(2, {0: "Action", 1: "Action"})
    ['Action (1)', 'Action (2)']
    """
    return told_apart([(labels or {}).get(f) or f"Feature {f + 1}" for f in range(rank)])


def top_items(
    fit: Factorization, feature: int, *, n: int = 10, ratings: Ratings | None = None, least: int | None = None
) -> pd.DataFrame:
    """The items with the largest weights on a feature: columns item, weight, apart.

    `apart` is the item's weight here less its largest weight on any other feature, both in canonical form (0…1): near 1 is
    an item that only this feature explains. Items without weight here are not among them; where the ratings are given, nor are
    those with fewer than `least`, by default `enough.least_ratings` of them.

    >>> from nmf_core import datasets, factorize
    >>> top_items(factorize(datasets.notebook(), rank=2).canonical(), 0, n=2)["item"].tolist()
    ['Movie3', 'Movie4']
    """
    return relevant_items(fit, feature, 0.0, n=n, ratings=ratings, least=least)


def distinctive_items(
    fit: Factorization, feature: int, *, n: int = 10, ratings: Ratings | None = None, least: int | None = None
) -> pd.DataFrame:
    """The items that set a feature apart, those that have more of it than of any other: columns item, weight, apart (above 0).

    None where there is no such item. `ratings` and `least` are as for `top_items`.
    """
    return relevant_items(fit, feature, 1.0, n=n, ratings=ratings, least=least)


def relevant_items(
    fit: Factorization,
    feature: int,
    balance: float,
    *,
    n: int = 10,
    ratings: Ratings | None = None,
    least: int | None = None,
) -> pd.DataFrame:
    """The items that tell most of a feature: columns item, weight, apart.

    By weight at a balance of 0 (`top_items`), by what sets them apart at 1 (`distinctive_items`), and by a mean of both between, as
    terms are by relevance (Sievert & Shirley 2014).

    >>> from nmf_core import datasets, factorize
    >>> relevant_items(factorize(datasets.notebook(), rank=2).canonical(), 0, 0.5, n=1)["item"].tolist()
    ['Movie3']
    """
    f = check_feature(fit, feature)
    top, leader, first, second = fit.largest_weights
    weight = fit.H[f] / top[f] if top[f] > 0 else np.zeros_like(fit.H[f])
    apart = weight - np.where(leader == f, second, first)
    by = (1 - balance) * weight + balance * apart
    there = np.flatnonzero((by > 0) & enough_items(ratings, fit.rank, len(by), least))
    order = there[np.lexsort((fit.item_places[there], -by[there]))][:n]
    return pd.DataFrame({"item": fit.items[order], "weight": weight[order], "apart": apart[order]})


def where_is(
    fit: Factorization, item: object, *, ratings: Ratings | None = None, least: int | None = None
) -> pd.DataFrame:
    """Where an item stands in every feature, the largest weight first: columns feature, weight, place, apart.

    `weight` and `apart` are as in `top_items`; `apart` is below 0 where another feature has more of the item. `place` is 1 for the
    item with most of the feature; equals share one. Where the ratings are given, only items with `least` ratings or more, as in
    `top_items`, stand before it.

    Raises:
        NmfError: an item that is not in the fit.

    >>> from nmf_core import datasets, factorize
    >>> where_is(factorize(datasets.notebook(), rank=2).canonical(), "Movie3")["feature"].tolist()
    [0, 1]
    """
    i = int(positions(fit.items, [item], "item")[0])
    weights = _relative(fit.H)
    own, others = weights[:, i], np.sort(weights[:, i])[::-1]
    next_to = np.where(np.arange(fit.rank) == own.argmax(), others[1:2].sum(), others[0])
    enough = enough_items(ratings, fit.rank, len(fit.items), least)
    place = 1 + (weights[:, enough] > own[:, None]).sum(axis=1)
    frame = pd.DataFrame({"feature": np.arange(fit.rank), "weight": own, "place": place, "apart": own - next_to})
    return frame.sort_values(["weight", "feature"], ascending=[False, True], ignore_index=True)


def top_users(
    fit: Factorization, feature: int, *, n: int = 10, ratings: Ratings | None = None, least: int | None = None
) -> pd.DataFrame:
    """The users with the largest weights on a feature: columns user, weight (rating points in canonical form), share.

    `share` is the part of the user's taste that the feature is, 0…1. Users without weight here are not among them; `ratings` and
    `least` are as for `top_items`.
    """
    f = check_feature(fit, feature)
    frame = pd.DataFrame({"user": fit.users, "weight": fit.W[:, f], "share": taste(fit)[:, f]})
    there = (fit.W[:, f] > 0) & enough_users(ratings, fit.rank, len(frame), least)
    order = np.lexsort((fit.user_places, -fit.W[:, f]))
    return frame.iloc[order[there[order]][:n]].reset_index(drop=True)


def taste(fit: Factorization) -> Array:
    """(n_users, rank) the share of each feature in a user's weights, in canonical form; rows sum to 1, or to 0."""
    return taste_of(fit, fit.W)


def taste_of(fit: Factorization, weights: Array) -> Array:
    """`taste` of rows of weights (n, rank), such as lists are made with."""
    points = weights * fit.H.max(axis=1)
    total = points.sum(axis=1, keepdims=True)
    return np.divide(points, total, out=np.zeros_like(points), where=total > 0)


MOST_NAMED = 3  # features in a sentence about a person


def narrate_user(fit: Factorization, user: object, *, labels: Labels = None, weights: Array | None = None) -> str:
    """A user's taste in words, strongest first: of their row of W, or of the weights (rank,) that their list is made with.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.notebook(), rank=2).canonical()
    >>> narrate_user(fit, "User3", labels={0: "Action", 1: "Story"})
    'User3: strongly Action, hardly Story'
    """
    u = int(positions(fit.users, [user], "user")[0])
    shares = taste_of(fit, (fit.W[u] if weights is None else weights)[None, :])[0]
    return f"{user}: {narrate_weights(shares, feature_names(fit.rank, labels))}"


def narrate_weights(shares: Array, names: list[str]) -> str:
    """Shares of features in words, strongest first: the three that matter most; of those hardly there only the first is named."""
    if not shares.any():
        return "no taste that these features can tell"
    parts, hardly = [], 0
    for f in np.argsort(-shares, kind="stable"):
        word = next(word for share, word in WORDS if shares[f] >= share)
        hardly += word == "hardly"
        if word != "hardly" or hardly == 1:
            parts.append(f"{word} {names[f]}")
    if len(parts) <= MOST_NAMED:
        return ", ".join(parts)
    more = len(parts) - MOST_NAMED - (hardly > 0)
    return ", ".join(parts[:MOST_NAMED]) + (f", and {more} more" if more else "")


def niche_items(
    fit: Factorization, *, below: float = 0.25, ratings: Ratings | None = None, least: int | None = None
) -> list[str]:
    """Items that no feature explains, by name: every weight under `below` of the feature's strongest item.

    Where the ratings are given, an item with fewer than `least` is not called so: too few to tell.
    """
    enough = enough_items(ratings, fit.rank, len(fit.items), least)
    niche = np.flatnonzero((_relative(fit.H).max(axis=0) < below) & enough)
    return fit.items[niche[np.argsort(fit.item_places[niche])]].tolist()


def alike_features(fit: Factorization, *, above: float = 0.98) -> list[list[int]]:
    """Groups of features that are made of the same items: rows of H whose cosine with the group's first is at least `above`.

    Such features say one thing in several: the ratings, what a blank counts or the penalty let no more be told apart.

    >>> from nmf_core import datasets, factorize
    >>> alike_features(factorize(datasets.notebook(), rank=2))
    []
    """
    similar = cosine(fit.H, fit.H) >= above
    groups: list[list[int]] = []
    for f in range(fit.rank):
        if not any(f in group for group in groups):
            groups.append([f, *(g for g in range(f + 1, fit.rank) if similar[f, g])])
    return [group for group in groups if len(group) > 1]


def warnings_for(
    fit: Factorization, ratings: Ratings, columns: NDArray[np.integer] | None = None, *, rank: int | None = None
) -> dict[str, str]:
    """Item id → warning, for the items whose scores rest on too little: of all, or of those in some columns alone.

    With fewer ratings than features, infinitely many columns of H fit them equally well. `rank` is the number of features that are
    read, where fine ones are folded under them; the fit's own if None.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> warnings_for(factorize(ratings, rank=2), ratings)
    {'Movie3': 'Movie3 has 1 rating, fewer than the 2 features: its weights are a guess.'}
    """
    fit.check_ratings(ratings)
    rank = fit.rank if rank is None else rank
    asked = np.arange(len(fit.items)) if columns is None else columns
    few = asked[ratings.item_counts[asked] < rank]
    counts = ratings.item_counts[few].tolist()
    return {item: _too_few(item, count, rank) for item, count in zip(fit.items[few], counts, strict=True)}


def user_warning(fit: Factorization, ratings: Ratings, user: object) -> str | None:
    """A warning where a user has fewer ratings than there are features, else None."""
    count = int(ratings.user_counts[ratings.row(user)])
    return _too_few(str(user), count, fit.rank) if count < fit.rank else None


def _too_few(name: str, count: int, rank: int) -> str:
    """What few ratings mean."""
    if count == 0:
        return f"{name} has no ratings: nothing is known of it, and its weights say nothing."
    return f"{name} has {many(count, 'rating')}, fewer than the {rank} features: its weights are a guess."


def check_feature(fit: Factorization, feature: int) -> int:
    """A feature's index, checked."""
    return whole_number("feature", feature, 0, fit.rank - 1)


def _relative(H: Array) -> Array:
    """H with each row's largest weight at 1."""
    top = H.max(axis=1, keepdims=True)
    return np.divide(H, top, out=np.zeros_like(H), where=top > 0)
