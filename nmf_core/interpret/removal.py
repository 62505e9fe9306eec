"""The fewest own ratings without which another item comes first, where no change of a single one puts it there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.ratings import Ratings
from nmf_core.errors import whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.problem import Array
from nmf_core.interpret.contest import NOTHING, Contest, contest_of
from nmf_core.interpret.row_problem import require_squares

MOST = 10  # ratings taken away: more are no reason that anybody can follow
TRIES = 2_000  # sets that are folded in again, and of these how many of one size among the likeliest
LIKELIEST = 300
RIVALS, NEAR = 5, 50  # items that are tried to be put first, of so many with the best scores
AT_ONCE = 500  # sets

Sets = list[tuple[int, ...]]


@dataclass(frozen=True)
class Removal:
    """Own ratings without which another item is first: without `items`, `before` gives way to `after`.

    Attributes:
        items: as few as were found, in the order of names.
        certain: whether all smaller sets were tried; else those that promised most.
    """

    items: tuple[str, ...]
    before: str
    after: str
    certain: bool


def shortest_removal(
    fit: Factorization,
    ratings: Ratings,
    user: object,
    *,
    half_at: float | None = None,
    least: int | None = None,
    most: int = MOST,
    tries: int = TRIES,
) -> Removal | None:
    """The fewest of a user's ratings without which another item is recommended first; None where none up to `most` were found.

    Each rating is taken away alone, and what is taken is a blank then: the person is folded in anew. From what each does alone
    follows which together should put another item first; these are tried by folding in, and then all smaller sets, or where these
    are too many those that promise most. Items whose ratings are taken away do not count as recommended.

    Args:
        fit, ratings: the features, of the loss "frobenius", and the ratings that were fitted.
        user: an id or, of somebody who was not in the fit, a mapping from item to rating.
        half_at, least: as for `recommend`.
        most: ratings to take away, 1 to 50.
        tries: sets that are folded in beyond each rating alone.

    Raises:
        NmfError: an unknown user or item, another loss, or numbers out of range.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.movie_night()
    >>> fit = factorize(ratings, rank=3, blanks="weak")
    >>> len(shortest_removal(fit, ratings, "Keiko").items)
    1
    """
    require_squares(fit)
    most, tries = whole_number("most", most, 1, 50), whole_number("tries", tries, 0, 10_000_000)
    contest = contest_of(fit, ratings, user, half_at=half_at, least=least)
    if contest is None or contest.first == NOTHING:
        return None
    alone = _Alone.of(contest)
    if alone.flips:
        return _removal(contest, (alone.flips[0],), certain=True)
    n = len(contest.problem.columns)
    found = _first_flip(contest, _prefixes(alone, min(most, n - 1)))
    certain, size = True, 2
    while size < (len(found) if found else min(most, n - 1) + 1):
        if comb(n, size) <= tries:
            tries -= comb(n, size)
            shorter = _first_flip(contest, combinations(range(n), size))
        else:
            certain = False
            shorter = _first_flip(contest, _likeliest(alone, size))
        if shorter:
            found = shorter
            break
        size += 1
    return _removal(contest, found, certain) if found else None


@dataclass(frozen=True, eq=False)
class _Alone:
    """What each rating does alone.

    Attributes:
        flips: places of the ratings without which another item is first, by name.
        gains: (rivals, ratings) by how much an item comes nearer to the first without each rating.
        behind: (rivals,) how far it is behind.
    """

    flips: list[int]
    gains: Array
    behind: Array

    @classmethod
    def of(cls, contest: Contest) -> _Alone:
        """Try each."""
        places, first = contest.problem.columns, contest.first
        weights = contest.without([(k,) for k in range(len(places))])
        after = contest.firsts(weights)
        flips = np.flatnonzero((after != first) & (after != NOTHING))
        by_name = flips[np.argsort(contest.problem.fit.item_places[places[flips]])]
        rivals = np.argsort(-contest.scores, kind="stable")[: NEAR + 1]
        rivals = rivals[rivals != first]
        behind = contest.scores[first] - contest.scores[rivals]
        left = (weights @ contest.H[:, [first]] - weights @ contest.H[:, rivals]).T
        return cls(by_name.tolist(), behind[:, None] - left, behind)

    def nearest(self) -> NDArray[np.int64]:
        """The rivals that the fewest ratings should put first, if each did together what it does alone."""
        total = np.cumsum(-np.sort(-self.gains, axis=1), axis=1)
        needed = (total <= self.behind[:, None]).sum(axis=1)
        return np.lexsort((self.behind - total[:, -1], needed))[:RIVALS]


def _prefixes(alone: _Alone, most: int) -> Sets:
    """Sets of the ratings that bring each of the nearest rivals nearer, most first; the smallest sets first."""
    orders = [np.argsort(-alone.gains[rival], kind="stable").tolist() for rival in alone.nearest()]
    return [tuple(sorted(order[:size])) for size in range(2, most + 1) for order in orders]


def _likeliest(alone: _Alone, size: int) -> Sets:
    """Sets of one size among the ratings that bring the nearest rivals nearer, as many as `LIKELIEST` for each."""
    m = size
    while comb(m + 1, size) <= LIKELIEST and m < alone.gains.shape[1]:
        m += 1
    tops = [np.argsort(-alone.gains[rival], kind="stable")[:m].tolist() for rival in alone.nearest()]
    return list(dict.fromkeys(tuple(sorted(one)) for top in tops for one in combinations(top, size)))


def _first_flip(contest: Contest, sets: Sets | Iterator[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The first of some sets of ratings without which another item is first."""
    rest = iter(sets)
    while some := list(islice(rest, AT_ONCE)):
        after = contest.firsts(contest.without(some))
        flips = np.flatnonzero((after != contest.first) & (after != NOTHING))
        if len(flips):
            return some[flips[0]]
    return None


def _removal(contest: Contest, gone: tuple[int, ...], certain: bool) -> Removal:
    """A set of ratings by name, and what comes first without it."""
    after = int(contest.firsts(contest.without([gone]))[0])
    places = contest.problem.fit.item_places[contest.problem.columns[list(gone)]]
    items = tuple(contest.own_name(gone[k]) for k in np.argsort(places))
    return Removal(items, contest.name(contest.first), contest.name(after), certain)
