"""About how long a rank survey takes, before it is begun."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from nmf_core.data.ratings import Ratings
from nmf_core.fit.settings import Settings, resolve_blanks


class _Cost(NamedTuple):
    """Seconds of a rank k: base + some · (n of `SOME` ratings) + size · (once + rank · k), size being ratings + ROW for each user
    and item; and of the rest."""

    base: float
    some: float
    once: float
    rank: float
    rest: float  # for each rating


# Read off `python -m benchmarks.ranks --time` on the machine that `fit/cost.py` has its figures from.
_COSTS = {False: _Cost(0.35, 0.32, 6.0e-6, 0.95e-6, 0.0), True: _Cost(0.42, 0.55, 10.5e-6, 1.0e-6, 4e-5)}
SOME = 6_000  # ratings: up to so many, short fits are mostly what surrounds them
ROW = 4  # ratings that a user or an item costs as much as
WHOLE, BEYOND = (
    100_000,
    0.5,
)  # ratings, and what more of them count: halves of many are samples, and fewer folds are dealt anew
USUAL_FOLDS = 5


def survey_seconds(ratings: Ratings, settings: Settings, ranks: Iterable[int], folds: int = USUAL_FOLDS) -> float:
    """About how many seconds a survey of these ranks takes on such a machine, mostly within a third.

    >>> from nmf_core import datasets
    >>> survey_seconds(datasets.movie_night(), Settings(), range(1, 9)) < 5
    True
    """
    counted = resolve_blanks(settings.blanks, ratings).weight > 0
    cost = _COSTS[counted]
    n = ratings.n_ratings
    size = min(n, WHOLE) + BEYOND * max(0, n - WHOLE) + ROW * (ratings.n_users + ratings.n_items)
    base = cost.base + cost.some * min(1.0, n / SOME)
    each = [base + size * (cost.once + cost.rank * k) for k in ranks]
    return sum(each) * (0.5 + 0.5 * folds / USUAL_FOLDS) + cost.rest * min(n, WHOLE)
