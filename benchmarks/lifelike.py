"""Planted ratings that look like real ones in what a solver feels: sizes, skew, offsets, noise and rounding.

`datasets.planted` has exactly low-rank ratings, on which every method soon reaches the noise. Here users and items also have
offsets, few people rate much and few items are rated much, and ratings are half stars; so that the errors of the mean, of
biases and of the best factorisation lie about as far apart as on MovieLens 100K (1.13, 0.94, 0.92).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.ratings import Ratings

# Ratings, users and items of the three MovieLens sets; sizes in between lie on lines through their logarithms.
SHAPES = ((100_000, 943, 1_682), (1_000_000, 6_040, 3_706), (10_000_000, 69_878, 10_677))
SCALE = (0.5, 5.0)
MEAN = 3.65  # before clipping, which takes more from above
USER_OFFSET, ITEM_OFFSET, NOISE = 0.30, 0.30, 0.92  # standard deviations, in rating points
TASTE = 1.10  # that of the low-rank part, which holds offsets too
RANK, DECAY = 8, 0.6  # features, and each one's strength beside that of the one before
ACTIVITY, POPULARITY = 1.0, 1.3  # sigma of the lognormal laws
LEAST_ACTIVE = 0.2  # of the mean activity: MovieLens has people with 20 ratings or more only
QUALITY_SELLS = 0.4  # correlation of an item's popularity with its offset
MOST_LIKED = 2.0  # standard deviations of liking, above which more liking draws no more ratings
BATCH = 1 << 20  # cells drawn at a time

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]


def shape_of(n_ratings: int) -> tuple[int, int]:
    """Users and items that so many ratings would have in MovieLens.

    >>> shape_of(100_000), shape_of(1_000_000), shape_of(10_000_000)
    ((943, 1682), (6040, 3706), (69878, 10677))
    """
    known = np.log([row[0] for row in SHAPES])
    at, k = np.log(n_ratings), int(n_ratings > SHAPES[1][0])  # the line below 100k is that up to 1m, and so on above
    along = (at - known[k]) / (known[k + 1] - known[k])
    n_users, n_items = (round(SHAPES[k][c] * (SHAPES[k + 1][c] / SHAPES[k][c]) ** along) for c in (1, 2))
    return n_users, n_items


def lifelike(n_ratings: int, seed: int = 0, *, pull: float = 0.0) -> Ratings:
    """`n_ratings` half stars from 0.5 to 5, every user and item with one or more; the same arguments give the same ratings.

    Args:
        n_ratings: 1,000 or more; users and items follow (`shape_of`).
        seed: 0 or more.
        pull: how much people rate what they like: the chance that a cell is rated grows with activity × popularity ×
            exp(pull · liking), liking being the low-rank part in its own standard deviations. 0: blanks say nothing.
    """
    n_users, n_items = shape_of(n_ratings)
    rng = Generator(PCG64(SeedSequence((seed, n_ratings))))
    activity = LEAST_ACTIVE + (1 - LEAST_ACTIVE) * np.exp(ACTIVITY * rng.standard_normal(n_users) - ACTIVITY**2 / 2)
    known = rng.standard_normal(n_items)
    popularity = np.exp(POPULARITY * known)
    user_offset = USER_OFFSET * rng.standard_normal(n_users)
    own = np.sqrt(1 - QUALITY_SELLS**2) * rng.standard_normal(n_items)
    item_offset = ITEM_OFFSET * (QUALITY_SELLS * known + own)
    taste = _Taste(rng, n_users, n_items)

    cells = _rated(rng, n_ratings, activity, popularity, taste, pull)
    u, i = cells // n_items, cells % n_items
    values = user_offset[u] + item_offset[i] + TASTE * taste.liking(u, i) + NOISE * rng.standard_normal(n_ratings)
    values += MEAN - values.mean()
    values = np.clip(np.rint(2 * values) / 2, *SCALE)
    V = sparse.csr_array((values.astype(np.float32), (u, i)), shape=(n_users, n_items))
    return Ratings(V, _ids("u", n_users), _ids("i", n_items), SCALE)


class _Taste:
    """Non-negative W and H, and how much their product lies above its mean, in its standard deviations."""

    def __init__(self, rng: Generator, n_users: int, n_items: int) -> None:
        self.W = rng.exponential(size=(n_users, RANK)) * DECAY ** np.arange(RANK)
        self.Ht = rng.exponential(size=(n_items, RANK))
        self.mean = float(self.W.mean(axis=0) @ self.Ht.mean(axis=0))
        squares = np.sum((self.W.T @ self.W) * (self.Ht.T @ self.Ht)) / (n_users * n_items)
        self.spread = float(np.sqrt(squares - self.mean**2))

    def liking(self, u: Cells, i: Cells) -> Floats:
        """(len(u),) a batch at a time, so that memory stays small."""
        scores = np.empty(len(u))
        for start in range(0, len(u), BATCH):
            part = slice(start, start + BATCH)
            scores[part] = np.einsum("kf,kf->k", self.W[u[part]], self.Ht[i[part]])
        return (scores - self.mean) / self.spread


def _rated(rng: Generator, n: int, activity: Floats, popularity: Floats, taste: _Taste, pull: float) -> Cells:
    """n distinct cells (as u · n_items + i) in order: one of each user and item, then as they are drawn.

    Drawing with replacement and passing over what was drawn before is drawing without, each cell by its weight; and unlike a
    race of all cells, as in `datasets.planted`, it never visits the blanks.
    """
    n_users, n_items = len(activity), len(popularity)
    by_activity, by_popularity = (np.cumsum(w) / w.sum() for w in (activity, popularity))

    def draw(steps: Floats, size: int) -> Cells:
        return np.minimum(np.searchsorted(steps, rng.random(size), side="right"), len(steps) - 1)

    first = np.concatenate(
        [
            np.arange(n_users) * n_items + draw(by_popularity, n_users),
            draw(by_activity, n_items) * n_items + np.arange(n_items),
        ]
    )
    cells = np.unique(first)
    while len(cells) < n:
        drawn = []
        wanted = n - len(cells)
        size = min(BATCH, 4 * wanted)
        for _ in range(max(1, wanted // size)):
            u, i = draw(by_activity, size), draw(by_popularity, size)
            if pull:
                chance = np.exp(pull * (np.minimum(taste.liking(u, i), MOST_LIKED) - MOST_LIKED))
                kept = rng.random(size) < chance
                u, i = u[kept], i[kept]
            drawn.append(u * n_items + i)
        new, at = np.unique(np.concatenate(drawn), return_index=True)
        fresh = ~np.isin(new, cells, assume_unique=True)
        new, at = new[fresh], at[fresh]
        if len(new) > wanted:  # those that were drawn first
            new = new[np.argpartition(at, wanted)[:wanted]]
        cells = np.sort(np.concatenate([cells, new]))
    return cells


def _ids(what: str, n: int) -> pd.Index:
    """What1, What2, …"""
    return pd.Index([f"{what}{k}" for k in range(1, n + 1)], dtype="str")
