"""The smallest change of one own rating after which another item comes first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.ratings import Ratings
from nmf_core.data.spread import are_likes
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.problem import Array
from nmf_core.interpret.contest import NOTHING, Contest, contest_of
from nmf_core.interpret.recommend import scale_steps

AT_ONCE = 4_000_000  # scores held at once


@dataclass(frozen=True)
class Flip:
    """One own rating whose change puts another item first: `item` from `old` to `new` rating, `before` gives way to `after`."""

    item: str
    old: float
    new: float
    before: str
    after: str


def smallest_flip(
    fit: Factorization, ratings: Ratings, user: object, *, half_at: float | None = None, least: int | None = None
) -> Flip | None:
    """The smallest change of one of a user's ratings after which another item is recommended first; None if there is none.

    Every rating of the user is moved to every step of the scale, or taken away where all ratings are likes (`new` is 0 then);
    the person is folded in anew with H as it is, and the unrated items are ordered again, as `recommend` does with this
    `least`. Of equally small changes, that of the first item by name counts; one after which nothing speaks for any item does not.

    `user` is an id or, of somebody who was not in the fit, a mapping from item to rating.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> smallest_flip(factorize(ratings, rank=2), ratings, "User5") is None  # only one movie is unrated
    True
    """
    contest = contest_of(fit, ratings, user, half_at=half_at, least=least)
    if contest is None:
        return None
    likes = are_likes(ratings.V.data, ratings.scale)
    steps = (
        np.zeros(1) if likes else scale_steps(ratings)
    )  # there is no dislike to give: without a like, a cell is blank
    columns, values = contest.problem.columns, contest.problem.values
    which, new = (x.ravel() for x in np.meshgrid(np.arange(len(columns)), steps, indexing="ij"))
    change = new - values[which]
    order = np.lexsort((fit.item_places[columns[which]], np.abs(change)))
    order = order[(change[order] != 0) & ((new[order] > 0) | likes | LOSSES[fit.settings.loss].takes_zeros)]
    block = max(1, AT_ONCE // len(contest.candidates))
    for start in range(0, len(order), block):
        trials = order[start : start + block]
        weights = _changed(contest, which[trials], change[trials], likes)
        after = contest.firsts(weights)
        flips = np.flatnonzero((after != contest.first) & (after != NOTHING))
        if len(flips):
            k, place = trials[flips[0]], int(after[flips[0]])
            item, old = contest.own_name(which[k]), float(values[which[k]])
            return Flip(item, old, float(new[k]), contest.name(contest.first), contest.name(place))
    return None


def _changed(contest: Contest, which: NDArray[np.int64], change: Array, likes: bool) -> Array:
    """(n, rank) the weights with one rating changed in each, or taken away where it is a like.

    Under the squared loss a change moves r and leaves G alone, so all of them are one system with many right-hand sides.
    """
    if likes:
        return contest.without(which[:, None].tolist())
    problem = contest.problem
    if problem.squares:
        return contest.moved(which, change)
    trials = np.repeat(problem.values[None, :], len(which), axis=0)
    trials[np.arange(len(which)), which] += change
    return problem.folded(trials)
