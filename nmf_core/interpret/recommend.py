"""Scores turned into recommendations, each the sum of its features' contributions; people placed without a refit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError, real_number, shown, whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.kernels import hals_rows, multiplicative_rows
from nmf_core.fit.losses import LOSSES, Loss
from nmf_core.fit.problem import Array, Side
from nmf_core.interpret.enough import enough_items, enough_users
from nmf_core.interpret.features import Labels, cosine, feature_names, taste, warnings_for
from nmf_core.words import told_apart

FOLD_IN_TOL, FOLD_IN_PASSES = 1e-10, 2_000


def recommend(
    fit: Factorization,
    ratings: Ratings,
    user: object,
    *,
    n: int = 10,
    labels: Labels = None,
    least: int | None = None,
) -> pd.DataFrame:
    """The unrated items that a user scores highest.

    Items with too few ratings to tell anything come after all others, those that nobody rated last; too few is fewer than
    `enough.least_ratings` says of these ratings. Where `least` is given, items with fewer ratings than that are not listed at all.

    Returns:
        A frame, best first, with the columns item, score, prediction (the score clipped to the scale), ratings (how many
        the item has), warning (or ""), and one contribution column a feature, named by its label; they add up to the
        score. Items that nobody rated come last.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> recommend(factorize(ratings, rank=2), ratings, "User5")["item"].tolist()
    ['Movie1']
    """
    fit.check_ratings(ratings)
    return recommend_weights(
        fit, ratings, fit.W[ratings.row(user)], rated=ratings.of_user(user), n=n, labels=labels, least=least
    )


def recommend_weights(
    fit: Factorization,
    ratings: Ratings,
    weights: Array,
    *,
    rated: Mapping[str, float] | None = None,
    n: int = 10,
    labels: Labels = None,
    least: int | None = None,
) -> pd.DataFrame:
    """`recommend` for a row of weights (rank,), such as `fold_in` gives; items in `rated` are left out."""
    n = whole_number("n", n, 1, 1_000_000)
    parts = weights[:, None] * fit.H
    scores = parts.sum(axis=0)
    candidate = np.ones(len(fit.items), dtype=bool)
    candidate[positions(fit.items, rated or [], "item")] = False
    enough = enough_items(ratings, fit.rank, len(fit.items), least)
    ids = np.nonzero(candidate if least is None else candidate & enough)[0]
    order = ids[np.lexsort((ids, -scores[ids], ~enough[ids], ratings.item_counts[ids] == 0))][:n]
    warned = warnings_for(fit, ratings)
    frame = pd.DataFrame(
        {
            "item": fit.items[order],
            "score": scores[order],
            "prediction": np.clip(scores[order], *fit.scale),
            "ratings": ratings.item_counts[order],
            "warning": [warned.get(str(fit.items[i]), "") for i in order],
        }
    )
    names = contribution_columns(fit.rank, labels)
    return pd.concat([frame, pd.DataFrame(parts[:, order].T, columns=names)], axis=1)


def contribution_columns(rank: int, labels: Labels = None) -> list[str]:
    """The names of the contribution columns; a label that is one of the other columns' names gets its number."""
    return told_apart(feature_names(rank, labels), ("item", "score", "prediction", "ratings", "warning"))


def explain(fit: Factorization, user: object, item: object, *, labels: Labels = None) -> pd.DataFrame:
    """The sum behind one score: columns feature, user_weight, item_weight, contribution, share; largest part first.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.notebook(), rank=2)
    >>> parts = explain(fit, "User1", "Movie1")
    >>> bool(abs(parts["contribution"].sum() - fit.score(["User1"], ["Movie1"])[0]) < 1e-12)
    True
    """
    u = int(positions(fit.users, [user], "user")[0])
    i = int(positions(fit.items, [item], "item")[0])
    return explain_weights(fit, fit.W[u], i, labels=labels)


def explain_weights(fit: Factorization, weights: Array, column: int, *, labels: Labels = None) -> pd.DataFrame:
    """`explain` for a row of weights (rank,) and an item's column index."""
    parts = weights * fit.H[:, column]
    total = float(parts.sum())
    frame = pd.DataFrame(
        {
            "feature": feature_names(fit.rank, labels),
            "user_weight": weights,
            "item_weight": fit.H[:, column],
            "contribution": parts,
            "share": parts / total if total > 0 else np.zeros_like(parts),
        },
        index=pd.RangeIndex(fit.rank),
    )
    return frame.sort_values("contribution", ascending=False, kind="stable")


def fold_in(fit: Factorization, ratings: Mapping[str, float]) -> Array:
    """Weights (rank,) of a person who was not in the fit: the row of W that their ratings would have, H as it is.

    The problem is convex and solved to convergence, with the fit's blanks, penalty and loss; of a fit in canonical form it
    is the same problem, and the weights come in that form. A person without ratings gets the mean weights of the fit where
    blanks are unknown, and what the blanks alone say where they count.

    Raises:
        NmfError: an unknown item, or a rating that is none.

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
    return fold_in_rows(fit, row)[0]


def fold_in_rows(fit: Factorization, V: sparse.csr_array) -> Array:
    """`fold_in` of many people at once: V (n, n_items) float64 CSR of their ratings; weights (n, rank)."""
    loss = LOSSES[fit.settings.loss]
    if not loss.takes_zeros and (V.data == 0).any():
        raise RatingsError(f"A rating is 0, which the loss {fit.settings.loss!r} cannot take. Leave it blank instead.")
    side = Side(V, fit.blanks, fit.penalty.l2_W, fit.penalty.l1_W)
    # A penalty depends on how scale is shared between W and H: solve as it was at the fit, whatever the form since.
    mean = fit.W.mean(axis=0) / fit.column_scale
    A = np.repeat(np.maximum(mean, 1e-12)[None, :], V.shape[0], axis=0)
    B = np.ascontiguousarray((fit.H * fit.column_scale[:, None]).T)
    weights = solve_rows(loss, side, A, B)
    weights[side.counts == 0] = mean
    return weights * fit.column_scale


def solve_rows(loss: Loss, side: Side, A: Array, B: Array) -> Array:
    """Every row of A (n, rank) at its own minimum, B (m, rank) fixed: a convex problem a row, so the start matters little."""
    if loss.beta == 2:
        return hals_rows(side, A, B, passes=FOLD_IN_PASSES, tol=FOLD_IN_TOL)
    for _ in range(FOLD_IN_PASSES):
        weights = multiplicative_rows(loss, side, A, B)
        if np.abs(weights - A).max() <= FOLD_IN_TOL * max(float(weights.max()), 1e-300):
            break
        A = weights
    return weights


@dataclass(frozen=True)
class Flip:
    """One own rating whose change puts another item first: `item` from `old` to `new` rating, `before` gives way to `after`."""

    item: str
    old: float
    new: float
    before: str
    after: str


def smallest_flip(fit: Factorization, ratings: Ratings, user: object, *, least: int | None = None) -> Flip | None:
    """The smallest change of one of a user's ratings after which another item is recommended first; None if there is none.

    Every rating of the user is moved to every step of the scale, the person is folded in anew with H as it is, and the
    unrated items are ordered again, as `recommend` does with this `least`. Of equally small changes, the first item's counts.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> smallest_flip(factorize(ratings, rank=2), ratings, "User5") is None  # only one movie is unrated
    True
    """
    fit.check_ratings(ratings)
    u = ratings.row(user)
    cells = slice(ratings.V.indptr[u], ratings.V.indptr[u + 1])
    columns, values = ratings.V.indices[cells], ratings.V.data[cells].astype(float)
    steps = scale_steps(ratings)
    enough = enough_items(ratings, fit.rank, ratings.n_items, least) & (ratings.item_counts > 0)
    unrated = np.setdiff1d(np.nonzero(enough)[0], columns)
    if len(columns) == 0 or len(unrated) < 2:
        return None
    which, new = (x.ravel() for x in np.meshgrid(np.arange(len(columns)), steps, indexing="ij"))
    moved = new != values[which]
    if not LOSSES[fit.settings.loss].takes_zeros:
        moved &= new > 0
    which, new = which[moved], new[moved]
    trials = np.repeat(values[None, :], len(which) + 1, axis=0)  # the first row is the user as they are
    trials[np.arange(1, len(which) + 1), which] = new
    V = sparse.csr_array(
        (trials.ravel(), np.tile(columns, len(trials)), np.arange(len(trials) + 1) * len(columns)),
        shape=(len(trials), ratings.n_items),
    )
    first = unrated[np.argmax(fold_in_rows(fit, V) @ fit.H[:, unrated], axis=1)]
    flips = np.nonzero(first[1:] != first[0])[0]
    if len(flips) == 0:
        return None
    k = flips[np.lexsort((which[flips], np.abs(new - values[which])[flips]))[0]]
    return Flip(
        item=str(ratings.items[columns[which[k]]]),
        old=float(values[which[k]]),
        new=float(new[k]),
        before=str(ratings.items[first[0]]),
        after=str(ratings.items[first[k + 1]]),
    )


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
    fit: Factorization, user: object, *, n: int = 5, ratings: Ratings | None = None, least: int | None = None
) -> pd.DataFrame:
    """The users whose taste is most alike: columns user, similarity (cosine of their rows of W in rating points).

    Where the ratings are given, nobody with fewer than `least` is called alike (by default `enough.least_ratings`), and somebody
    with fewer is alike to nobody: too few to tell.
    """
    u = int(positions(fit.users, [user], "user")[0])
    shares = taste(fit)
    alike = cosine(shares[u : u + 1], shares)[0]
    enough = enough_users(ratings, fit.rank, len(alike), least)
    candidates = np.flatnonzero(enough & (np.arange(len(alike)) != u)) if enough[u] else np.zeros(0, dtype=np.int64)
    order: NDArray[np.int64] = candidates[np.argsort(-alike[candidates], kind="stable")[:n]]
    return pd.DataFrame({"user": fit.users[order], "similarity": alike[order]})
