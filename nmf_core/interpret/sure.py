"""How sure a list is: scores over resampled ratings of one person, and how often each item stays in the list."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.errors import real_number, whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.nnls import least as least_squares
from nmf_core.fit.problem import Array
from nmf_core.interpret.enough import enough_items
from nmf_core.interpret.row_problem import RowProblem, require_squares, row_problem

DRAWS, CAUTION = 50, 1.0
FEWEST = (
    10  # ratings: fewer, drawn anew, are the same few each time, and seem surer than they are (one rating: quite sure)
)
TOO_FEW = "too few ratings to tell"
# Shares of draws in which an item stays in the list, and the words for each from that share on.
WORDS = (
    (0.95, "almost surely"),
    (0.75, "very likely"),
    (0.5, "more likely than not"),
    (0.25, "perhaps"),
    (0.0, "hardly"),
)


def how_sure(
    fit: Factorization,
    ratings: Ratings,
    user: object,
    items: list[str] | None = None,
    *,
    n: int = 10,
    half_at: float | None = None,
    least: int | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """How much scores hang on which ratings a person happened to give, and how often items stay in their list.

    As many ratings as they gave are drawn from these, with replacement, `draws` times; the person is folded in with each draw, a
    rating drawn twice counting twice and one not drawn nothing (it is no blank: they rated it), their blanks as they are. That is
    what this person's ratings leave open; what H leaves open, as of an item that few rated, it does not show.

    Args:
        fit, ratings: the features, of the loss "frobenius", and the ratings that were fitted.
        user: an id or, of somebody who was not in the fit, a mapping from item to rating.
        items: whose scores; the first `n` of their list if None.
        n: how long the list is.
        half_at, least: as for `recommend`.
        draws: how many, 2 to 10,000.
        seed: of the draws.

    Returns:
        A frame in the order of `items`: item, score (as they are), spread (standard deviation over draws, in rating points), low
        and high (between which nine in ten draws lie), stays (share of draws in which the item is among the first `n`), said
        (in words; with fewer than ten ratings that these are too few to tell).

    Raises:
        NmfError: an unknown user or item, another loss, or numbers out of range.

    Source: the bootstrap (Efron 1979).

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.movie_night()
    >>> found = how_sure(factorize(ratings, rank=3, blanks="weak"), ratings, "Keiko", n=3)
    >>> len(found), found.columns.tolist()
    (3, ['item', 'score', 'spread', 'low', 'high', 'stays', 'said'])
    """
    require_squares(fit)
    fit.check_ratings(ratings)
    n, draws = whole_number("n", n, 1, 1_000_000), whole_number("draws", draws, 2, 10_000)
    problem = row_problem(fit, user if isinstance(user, Mapping) else ratings.of_user(user), half_at)
    listed = np.setdiff1d(np.flatnonzero(enough_items(ratings, fit.rank, ratings.n_items, least)), problem.columns)
    listed = listed[np.argsort(fit.item_places[listed])]
    weights = problem.weights()
    order = listed[np.argsort(-(weights @ problem.items(listed)), kind="stable")]
    columns = order[:n] if items is None else positions(fit.items, items, "item")
    drawn = drawn_weights(problem, draws, seed)
    entry = _entries(drawn @ problem.items(listed), n)
    scores = drawn @ problem.items(columns)
    stays = (scores >= entry[:, None]).mean(axis=0)
    return pd.DataFrame(
        {
            "item": fit.items[columns],
            "score": weights @ problem.items(columns),
            "spread": scores.std(axis=0),
            "low": np.quantile(scores, 0.05, axis=0),
            "high": np.quantile(scores, 0.95, axis=0),
            "stays": stays,
            "said": [said(share) if len(problem.columns) >= FEWEST else TOO_FEW for share in stays],
        }
    )


def cautious_ratings(
    fit: Factorization,
    own: Mapping[str, float],
    items: list[str],
    *,
    weights: Array | None = None,
    caution: float = CAUTION,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Expected ratings, and what is left of them once doubt is taken off: columns item, expected, spread, cautious.

    Sorted by expected rating, a list is headed by those that are expected too high by chance: of many guesses, the largest is most
    likely one that erred upwards. So an order by expected rating goes by `cautious`, the expected rating less `caution` times
    its spread over resampled ratings of the person (`how_sure`); of somebody with fewer than ten ratings, over all people.

    Args:
        fit: one with blanks unknown, whose scores are expected ratings.
        own: item id → rating, all that the person rated.
        items: whose ratings to expect.
        weights: (rank,) of the person, such as their row of W; `fold_in`'s if None.
        caution: standard deviations taken off, 0 to 10.
        draws, seed: as for `how_sure`.

    Source: lower confidence bounds; the winner's curse (Smith & Winkler 2006).

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.movie_night()
    >>> found = cautious_ratings(factorize(ratings, rank=2), ratings.of_user("Keiko"), ["Inception", "Aliens"])
    >>> bool((found["cautious"] <= found["expected"]).all())
    True
    """
    require_squares(fit)
    caution, draws = real_number("caution", caution, 0, 10), whole_number("draws", draws, 2, 10_000)
    problem = row_problem(fit, own)
    H = problem.items(positions(fit.items, items, "item"))
    settled = problem.weights() if weights is None else weights / fit.column_scale
    few = len(problem.columns) < FEWEST
    people = fit.W / fit.column_scale if few else drawn_weights(problem, draws, seed)
    spread = np.clip(people @ H, *fit.scale).std(axis=0)
    expected = np.clip(settled @ H, *fit.scale)
    return pd.DataFrame(
        {"item": items, "expected": expected, "spread": spread, "cautious": expected - caution * spread}
    )


def drawn_weights(problem: RowProblem, draws: int, seed: int) -> Array:
    """(draws, rank) the weights of a person with their ratings drawn anew, each counted as often as it was drawn."""
    count = len(problem.columns)
    weights = problem.weights()
    if count == 0:
        return np.repeat(weights[None, :], draws, axis=0)
    G, right = problem.system()
    rng = np.random.default_rng(seed)
    times = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    own, free = problem.own, weights > 0
    found = np.empty((draws, len(weights)))
    for k, more in enumerate(times - 1):  # what each rating counts more than once, or less
        moved = np.flatnonzero(more)
        rows, counted = own[moved], more[moved]
        found[k] = least_squares(
            G + (rows * counted[:, None]).T @ rows, right + (counted * problem.values[moved]) @ rows, free
        )
    return found


def said(share: float) -> str:
    """A share of draws in words.

    >>> said(1.0), said(0.3)
    ('almost surely', 'perhaps')
    """
    return next(word for least, word in WORDS if share >= least)


def _entries(scores: Array, n: int) -> NDArray[np.floating]:
    """(draws,) the score of the n-th item of each row: with as much, an item is in the list."""
    place = scores.shape[1] - min(n, scores.shape[1])
    return np.asarray(
        np.partition(scores, place, axis=1)[:, place] if scores.shape[1] else np.full(len(scores), -np.inf)
    )
