"""Scores turned into recommendations, each the sum of its features' contributions; people placed without a refit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError, real_number, shown, whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.fold_in import fold_in_rows, list_weights
from nmf_core.fit.problem import Array
from nmf_core.interpret.best import added_up, first_items
from nmf_core.interpret.enough import enough_items, enough_users
from nmf_core.interpret.features import Labels, cosine, feature_names, taste, taste_of, warnings_for
from nmf_core.interpret.shelves import Shelves, shelves_of
from nmf_core.words import told_apart

_EVEN_DIGITS = 12  # digits of a similarity that are no accident of the order of sums
CANDIDATES = 200  # people that are folded in to find those most alike
ALIKE_PASSES, ALIKE_TOL = 100, 1e-5  # nobody reads more digits of a similarity


def recommend(
    fit: Factorization,
    ratings: Ratings,
    user: object,
    *,
    n: int = 10,
    labels: Labels = None,
    half_at: float | None = None,
    least: int | None = None,
    under: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The unrated items that a user scores highest.

    Where blanks are weak evidence, the user is folded in with what blanks count of somebody with so many ratings
    (`fold_in`), so scores are not those of the fit's own row of W; `half_at=0` takes that row.

    Items with too few ratings to tell anything come after all others, those that nobody rated last; too few is fewer than
    `enough.least_ratings` says of these ratings. Where `least` is given, items with fewer ratings than that are not listed at all.

    `under` is `fold_features(fit, named)`: the contributions are then added up under the features of the named fit, whose labels
    these are, with what is finer than any name in a column of its own.

    Returns:
        A frame, best first, with the columns item, score, prediction (the score clipped to the scale), ratings (how many
        the item has), warning (or ""), and one contribution column a feature, named by its label; they add up to the
        score. Items that nobody rated come last, items with equal scores in the order of their names.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> recommend(factorize(ratings, rank=2), ratings, "User5")["item"].tolist()
    ['Movie1']
    """
    weights = weights_of(fit, ratings, user, half_at=half_at)
    rated = ratings.of_user(user)
    return recommend_weights(fit, ratings, weights, rated=rated, n=n, labels=labels, least=least, under=under)


def weights_of(fit: Factorization, ratings: Ratings, user: object, *, half_at: float | None = None) -> Array:
    """(rank,) the weights that a user's list is made with: theirs in the fit, or where blanks are weak evidence `fold_in`'s.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.movie_night()
    >>> fit = factorize(ratings, rank=2, blanks="weak")
    >>> bool(np.allclose(weights_of(fit, ratings, "Keiko"), fold_in(fit, ratings.of_user("Keiko"))))
    True
    """
    fit.check_ratings(ratings)
    row = ratings.row(user)
    return list_weights(fit, ratings, slice(row, row + 1), half_at=half_at)[0]


def recommend_weights(
    fit: Factorization,
    ratings: Ratings,
    weights: Array,
    *,
    rated: Mapping[str, float] | None = None,
    n: int = 10,
    labels: Labels = None,
    least: int | None = None,
    under: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """`recommend` for a row of weights (rank,), such as `fold_in` gives; items in `rated` are left out."""
    n = whole_number("n", n, 1, 1_000_000)
    shelves = None if under is None else shelves_of(under)
    candidate = np.ones(len(fit.items), dtype=bool)
    candidate[positions(fit.items, rated or [], "item")] = False
    rank = fit.rank if shelves is None else shelves.named  # what is read is what ratings must be enough for
    enough = enough_items(ratings, rank, len(fit.items), least)
    ids = np.flatnonzero(candidate if least is None else candidate & enough)
    order = first_items(fit, weights, ids, listed_later(ratings, enough), n)
    parts, scores = score_parts(fit, weights, order, shelves)
    warned = warnings_for(fit, ratings, order, rank=rank)
    frame = pd.DataFrame(
        {
            "item": fit.items[order],
            "score": scores,
            "prediction": np.clip(scores, *fit.scale),
            "ratings": ratings.item_counts[order],
            "warning": [warned.get(str(item), "") for item in fit.items[order]],
        }
    )
    return pd.concat([frame, pd.DataFrame(parts.T, columns=contribution_columns(rank, labels, shelves))], axis=1)


def score_parts(
    fit: Factorization, weights: Array, columns: NDArray[np.integer], shelves: Shelves | None = None
) -> tuple[Array, Array]:
    """(parts, n) what each feature, or each name, gives to the scores of some items, and (n,) these scores.

    Both are sums that lose no digits on the way (`best.added_up`), so that parts add up to the score at any rank.
    """
    parts = weights[:, None] * fit.H[:, columns]
    return parts if shelves is None else shelves.added(parts), added_up(parts)


def listed_later(ratings: Ratings, enough: NDArray[np.bool_]) -> NDArray[np.int8]:
    """(n_items,) 0 for items that come first, 1 for those with too few ratings, 2 and 3 for those that nobody rated."""
    return ((ratings.item_counts == 0) * np.int8(2) + ~enough).astype(np.int8)


def contribution_columns(rank: int, labels: Labels = None, shelves: Shelves | None = None) -> list[str]:
    """The names of the contribution columns; a label that is one of the other columns' names gets its number."""
    names = feature_names(rank, labels)
    return told_apart(
        names if shelves is None else shelves.names(names), ("item", "score", "prediction", "ratings", "warning")
    )


def explain(
    fit: Factorization,
    user: object,
    item: object,
    *,
    ratings: Ratings | None = None,
    labels: Labels = None,
    half_at: float | None = None,
    under: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The sum behind one score: columns feature, user_weight, item_weight, contribution, share; largest part first.

    Of the fit's own score W[u] · H[:, i]; with `ratings`, of the score in `recommend`'s list with the same `half_at`. With
    `under`, as for `recommend`, the parts under each name: columns feature, fine (how many fine features give something),
    contribution, share; `receipts.fine_parts` opens one.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.notebook(), rank=2)
    >>> parts = explain(fit, "User1", "Movie1")
    >>> bool(abs(parts["contribution"].sum() - fit.score(["User1"], ["Movie1"])[0]) < 1e-12)
    True
    """
    u = int(positions(fit.users, [user], "user")[0])
    i = int(positions(fit.items, [item], "item")[0])
    weights = fit.W[u] if ratings is None else weights_of(fit, ratings, user, half_at=half_at)
    return explain_weights(fit, weights, i, labels=labels, under=under)


def explain_weights(
    fit: Factorization, weights: Array, column: int, *, labels: Labels = None, under: pd.DataFrame | None = None
) -> pd.DataFrame:
    """`explain` for a row of weights (rank,) and an item's column index; the index is the feature's, or the part's."""
    shelves = None if under is None else shelves_of(under)
    found, sums = score_parts(fit, weights, np.array([column]), shelves)
    parts, total = found[:, 0], float(sums[0])
    share = parts / total if total > 0 else np.zeros_like(parts)
    if shelves is None:
        products: dict[str, NDArray] = {"user_weight": weights, "item_weight": fit.H[:, column]}
        names = feature_names(fit.rank, labels)
    else:
        fine = weights * fit.H[:, column] > 0
        products = {"fine": np.bincount(shelves.of[fine], minlength=len(parts))[: len(parts)]}
        names = shelves.names(feature_names(shelves.named, labels))
    frame = pd.DataFrame({"feature": names, **products, "contribution": parts, "share": share})
    return frame.sort_values("contribution", ascending=False, kind="stable")


def fold_in(fit: Factorization, ratings: Mapping[str, float], *, half_at: float | None = None) -> Array:
    """Weights (rank,) of a person who was not in the fit: the row of W that their ratings would have, H as it is.

    The problem is convex and solved to convergence, with the fit's blanks, penalty and loss; of a fit in canonical form it
    is the same problem, and the weights come in that form.

    Args:
        fit: the features.
        ratings: item id → rating.
        half_at: where blanks are weak evidence, the ratings at which one of this person's blanks counts half of what it
            counted in the fit: with n ratings it weighs ω · n / (n + half_at), for who has rated little has not come to most
            items yet. None for a number from the catalogue's size (`fit.fold_in.default_half_at`); 0 for ω, as in the fit.

    A person without ratings gets the mean weights of the fit; where blanks count in full, what the blanks alone say.

    Raises:
        NmfError: an unknown item, a rating that is none, or a `half_at` below 0.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.notebook(), rank=2)
    >>> fold_in(fit, {"Movie1": 5}).shape
    (2,)
    """
    if not isinstance(ratings, Mapping):
        raise RatingsError(
            f"The ratings are {shown(ratings)}; they must be a mapping from item to rating. Give {{item: rating}}."
        )
    columns = positions(fit.items, list(ratings), "item")
    values = np.array([real_number(f"the rating of {item}", v, 0, 1e15) for item, v in ratings.items()])
    order = np.argsort(columns)
    row = sparse.csr_array(
        (values[order], columns[order], [0, len(columns)]), shape=(1, len(fit.items)), dtype=np.float64
    )
    return fold_in_rows(fit, row, half_at=half_at)[0]


def scale_steps(ratings: Ratings) -> Array:
    """The ratings that can be given: whole or half steps of the scale where all ratings are such, else 21 even steps.

    >>> from nmf_core import datasets
    >>> scale_steps(datasets.notebook())
    array([1., 2., 3., 4., 5.])
    """
    low, high = ratings.scale
    for step in (1.0, 0.5):
        if (
            high - low <= 100 * step
            and not ((ratings.V.data.astype(float) - low) % step).any()
            and (high - low) % step == 0
        ):
            return np.arange(low, high + step / 2, step)
    return np.linspace(low, high, 21)


def neighbours(
    fit: Factorization,
    user: object,
    *,
    n: int = 5,
    ratings: Ratings | None = None,
    half_at: float | None = None,
    least: int | None = None,
) -> pd.DataFrame:
    """The users whose taste is most alike: columns user, similarity (cosine of their rows of W in rating points).

    With `ratings`, tastes are those that lists are made with, of the 200 users that are most alike in W, and a column
    `shared` counts the items that both have rated: tastes can be alike without one, and then rest on the features alone.
    Nobody with fewer ratings than `least` is called alike then (by default `enough.least_ratings`), and somebody with fewer is
    alike to nobody: too few to tell.
    """
    u = int(positions(fit.users, [user], "user")[0])
    shares = taste(fit)
    enough = enough_users(ratings, fit.rank, len(fit.users), least)
    if ratings is None:
        alike = cosine(shares[u : u + 1], shares)[0]
        order = _most_alike(fit, alike, u, n, enough)
        return pd.DataFrame({"user": fit.users[order], "similarity": alike[order]})
    own = taste_of(fit, weights_of(fit, ratings, user, half_at=half_at)[None, :])
    near = _most_alike(fit, cosine(own, shares)[0], u, CANDIDATES, enough)
    weights = list_weights(fit, ratings, near, half_at=half_at, passes=ALIKE_PASSES, tol=ALIKE_TOL)
    alike = np.round(cosine(own, taste_of(fit, weights))[0], _EVEN_DIGITS)
    first = np.lexsort((fit.user_places[near], -alike))[:n]
    order = near[first]
    rated = [ratings.V.indices[ratings.V.indptr[row] : ratings.V.indptr[row + 1]] for row in (u, *order)]
    shared = [len(np.intersect1d(rated[0], other)) for other in rated[1:]]
    return pd.DataFrame({"user": fit.users[order], "similarity": alike[first], "shared": shared})


def _most_alike(fit: Factorization, alike: Array, u: int, n: int, enough: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The `n` users with enough ratings that are most alike to the user u, without u; ties, but for the last digits, by name."""
    if not enough[u]:
        return np.zeros(0, dtype=np.int64)
    order: NDArray[np.int64] = np.lexsort((fit.user_places, -np.round(alike, _EVEN_DIGITS)))
    return order[(order != u) & enough[order]][:n]
