"""`list_fit`: a fit at the rank that lists want, which is more than anybody can read."""

from __future__ import annotations

from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.factorize import OnSweep, fit_settings
from nmf_core.fit.settings import BlanksSetting, Settings, default_rank

FEWEST = (
    2_000  # ratings: below, hidden ones cannot tell one rank from another, and lists are made at the rank that is read
)
RANK = 80


def list_fit(
    ratings: Ratings, *, blanks: BlanksSetting = "weak", seed: int = 0, on_sweep: OnSweep | None = None
) -> Factorization:
    """A fit at the rank that lists want.

    >>> from nmf_core import datasets
    >>> list_fit(datasets.movie_night()).rank
    4
    """
    require_ratings(ratings)
    rank = default_rank(ratings) if ratings.n_ratings < FEWEST else min(RANK, ratings.n_users, ratings.n_items)
    return fit_settings(ratings, Settings(rank, blanks=blanks, seed=seed), on_sweep=on_sweep).canonical()
