"""Receipts: one score as a sum, by fine feature under a name, and by what somebody rated and left blank."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.errors import whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.problem import Array
from nmf_core.interpret.enough import least_ratings
from nmf_core.interpret.features import distinctive_items, top_items
from nmf_core.interpret.recommend import score_parts
from nmf_core.interpret.row_problem import RowProblem, require_squares, row_problem
from nmf_core.interpret.shelves import shelves_of

RATING, BLANKS, PENALTY, REST = "rating", "blanks", "penalty", "rest"
SETTLED = 1e-8  # of all parts' sizes: by more, the weights are not those that the ratings settle


def own_parts(
    fit: Factorization,
    ratings: Mapping[str, float],
    item: object,
    *,
    half_at: float | None = None,
    weights: Array | None = None,
) -> pd.DataFrame:
    """One score as a sum over what a person rated, and one part for all that they left blank.

    Which features a person has any of is settled by all of their ratings; given these, weights are linear in the ratings, so the
    score divides exactly: each rating gives its value times what a point of it moves the score by, and all blanks together give
    what they count. A part may be negative. It is not what would change without the rating: *which* items are rated says how
    much each rating counts, so without one all other parts are others, too (`smallest_flip` and `shortest_removal` try that).

    Args:
        fit: the features, of the loss "frobenius".
        ratings: item id → rating, all that the person rated.
        item: whose score.
        half_at: as for `fold_in`.
        weights: (rank,) the weights that the score is of, where these are not `fold_in`'s, such as the person's own row of W.

    Returns:
        A frame with the columns kind, item, rating and part (rating points): the ratings (kind "rating"), largest part first,
        equal ones by name; then "blanks", where blanks count; "penalty", where there is an L1 penalty; "rest", where `weights`
        are not settled by the ratings (a fit stopped early, or somebody without ratings, who gets mean weights). With `math.fsum`
        the parts add up to the score that `recommend` and `explain` give, within its last digits (of parts that nearly cancel,
        within the last digit of the smallest).

    Raises:
        NmfError: an unknown item, a rating that is none, or another loss.

    Source: the active set of non-negative least squares (Lawson & Hanson 1974), held fixed; docs/mathematics.md.

    >>> from nmf_core import datasets, factorize, fold_in
    >>> ratings = datasets.movie_night()
    >>> fit, own = factorize(ratings, rank=3, blanks="weak"), ratings.of_user("Keiko")
    >>> parts = own_parts(fit, own, "Inception")
    >>> score = fold_in(fit, own) @ fit.H[:, fit.items.get_loc("Inception")]
    >>> bool(abs(parts["part"].sum() - score) < 1e-9), parts["kind"].iloc[-1]
    (True, 'blanks')
    """
    require_squares(fit)
    column = int(positions(fit.items, [item], "item")[0])
    problem = row_problem(fit, ratings, half_at)
    settled = problem.weights()
    given = settled * fit.column_scale if weights is None else weights
    total = float(score_parts(fit, given, np.array([column]))[1][0])
    kinds, parts = _shares(problem, settled, column)
    frame = pd.DataFrame(
        {
            "kind": kinds,
            "item": [*fit.items[problem.columns], *[""] * (len(kinds) - len(problem.columns))],
            "rating": np.append(problem.values, np.full(len(kinds) - len(problem.columns), np.nan)),
            "part": parts,
        }
    )
    left = total - math.fsum(parts)
    if abs(left) > SETTLED * max(math.fsum(np.abs(parts)), abs(total)):
        rest = pd.DataFrame({"kind": [REST], "item": [""], "rating": [np.nan], "part": [left]})
        frame = pd.concat([frame, rest], ignore_index=True)
    frame["part"] = _rounded(frame["part"].to_numpy(float), total, frame["kind"].to_numpy())
    rated = frame["kind"].to_numpy() == RATING
    place = np.append(fit.item_places[problem.columns], np.zeros(len(frame) - rated.sum(), dtype=np.int64))
    after = np.where(rated, 0, np.arange(len(frame)))
    return frame.iloc[np.lexsort((place, -frame["part"], after))].reset_index(drop=True)


def _shares(problem: RowProblem, weights: Array, column: int) -> tuple[list[str], Array]:
    """What each rating gives to an item's score, and the blanks and the penalty: h_A · G_AA⁻¹ times the terms of r.

    The rated items' h without b: what is rated is no blank, so that "blanks" are those cells alone that are left blank.
    """
    fit, free = problem.fit, np.flatnonzero(weights > 0)
    count = len(problem.columns)
    omega = problem.omega(count)
    cells = problem.cells(omega, count)
    G, _ = problem.system()
    moved = _solved(G[np.ix_(free, free)], problem.items(np.array([column]))[free, 0])
    a_point = problem.own[:, free] @ moved  # what one point more of each rating gives the score
    kinds, parts = [RATING] * count, [np.asarray(problem.values * a_point)]
    if omega and fit.blanks.value:
        blank = fit.blank_sums[1] - problem.own.sum(axis=0)
        kinds.append(BLANKS)
        parts.append(omega * fit.blanks.value * blank[None, free] @ moved)
    if fit.penalty.l1_W and cells:
        kinds.append(PENALTY)
        parts.append(np.array([-fit.penalty.l1_W * cells * math.fsum(moved)]))
    return kinds, np.concatenate(parts)


def _solved(G: Array, h: Array) -> Array:
    """G⁻¹ h, with one step of refinement; of features that cannot be told apart, the shortest solution."""
    try:
        found = np.linalg.solve(G, h)
        return np.asarray(found + np.linalg.solve(G, h - G @ found))
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(G, hermitian=True) @ h)


def _rounded(parts: Array, total: float, kinds: NDArray[np.str_]) -> Array:
    """Parts that add up to the score: what rounding left goes to the blanks, else the largest part; then to the smallest.

    The smallest takes what the last digit of a large part cannot hold.
    """
    parts = parts.copy()
    if len(parts) == 0:
        return parts
    blanks = np.flatnonzero(kinds == BLANKS)
    first = int(blanks[0]) if len(blanks) else int(np.abs(parts).argmax())
    for place in (first, int(np.abs(parts).argmin())):
        parts[place] += math.fsum([total, *-parts])
    return parts


def fine_parts(
    fit: Factorization,
    weights: Array,
    item: object,
    under: pd.DataFrame,
    part: int,
    *,
    ratings: Ratings | None = None,
    n: int = 5,
    n_items: int = 3,
) -> pd.DataFrame:
    """What stands under one name in a score: its fine features with the largest contributions, each known by its items.

    Args:
        fit: the fine fit.
        weights: (rank,) the weights that the score is of.
        item: whose score.
        under: `fold_features(fit, named)`.
        part: the named feature; as many as there are named features for what is finer than any name.
        ratings: where given, items with too few ratings tell no feature.
        n: how many fine features.
        n_items: how many items each is known by: its most distinctive ones, then those it has most of.

    Returns:
        A frame, largest first: fine, items (a list of ids), user_weight, item_weight, contribution. Fine features that give
        nothing are left out. `.attrs["left"]` is what all further ones give together, `.attrs["n_left"]` how many they are.

    >>> from nmf_core import datasets, factorize, fold_features
    >>> ratings = datasets.movie_night()
    >>> fine, named = factorize(ratings, rank=6, blanks="weak"), factorize(ratings, rank=3, blanks="weak")
    >>> fine_parts(fine, fine.W[0], "Inception", fold_features(fine, named), 0).columns.tolist()
    ['fine', 'items', 'user_weight', 'item_weight', 'contribution']
    """
    shelves = shelves_of(under)
    part = whole_number("part", part, 0, shelves.named)
    column = int(positions(fit.items, [item], "item")[0])
    inside = np.flatnonzero(shelves.of == part)
    parts = weights[inside] * fit.H[inside, column]
    order = np.argsort(-parts, kind="stable")
    order = order[parts[order] > 0]
    shown = inside[order[:n]]
    enough = None if ratings is None else least_ratings(ratings.item_counts, shelves.named)  # what is read is the names
    frame = pd.DataFrame(
        {
            "fine": shown,
            "items": [known_by(fit, int(f), ratings=ratings, least=enough, n=n_items) for f in shown],
            "user_weight": weights[shown],
            "item_weight": fit.H[shown, column],
            "contribution": parts[order[:n]],
        }
    )
    frame.attrs["left"] = math.fsum(parts[order[n:]])
    frame.attrs["n_left"] = len(order[n:])
    return frame


def known_by(
    fit: Factorization, feature: int, *, ratings: Ratings | None = None, least: int | None = None, n: int = 3
) -> list[str]:
    """The items that a feature without a name is known by: the most distinctive ones, then those it has most of.

    >>> from nmf_core import datasets, factorize
    >>> known_by(factorize(datasets.notebook(), rank=2), 0, n=1)
    ['Movie3']
    """
    found = (of(fit, feature, n=n, ratings=ratings, least=least)["item"] for of in (distinctive_items, top_items))
    return list(dict.fromkeys(str(item) for items in found for item in items))[:n]
