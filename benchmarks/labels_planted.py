"""Planted features and their names through refits, for `python -m benchmarks.labels` and the tests.

Ratings are planted with known features, which are named where a fit has them. Then they are fitted again after something changed,
and each name that attaches by itself is right if the feature it hangs on is the planted one that was named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from nmf_core import Factorization, Ratings, datasets, factorize
from nmf_core.interpret.carry import feature_shapes, labels_in
from nmf_core.labels import Label, StoredLabel
from nmf_core.labels.apart import shapes
from nmf_core.labels.shape import from_json, to_json

PLAIN, GONE = 0.8, 0.5  # from which similarity a feature is plainly a planted one, and below which none is
PULL = {"unknown": 0.0, "weak": 1.5}  # where blanks count they must tell something of tastes

Change = tuple[str, Ratings, Factorization]


@dataclass(frozen=True)
class Grid:
    """What is planted: users, items, rank, density, seed, and what blanks count in its fits."""

    n_users: int
    n_items: int
    rank: int
    density: float
    seed: int
    blanks: str

    def ratings(self) -> Ratings:
        """The ratings."""
        size = (self.n_users, self.n_items, self.rank, self.density, 0.3, self.seed)
        return datasets.planted(*size, biased_blanks=PULL[self.blanks])

    def factors(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """W and H behind them."""
        return datasets.planted_factors(self.n_users, self.n_items, self.rank, seed=self.seed)

    def without(self, ratings: Ratings, g: int) -> Ratings:
        """The same cells rated by people who have nothing of one planted feature."""
        W, H = self.factors()
        rest = np.delete(W, g, axis=1)
        rest *= (W.sum(axis=1) / rest.sum(axis=1))[:, None]
        rows, columns = ratings.V.nonzero()
        scores = np.einsum("kf,kf->k", rest[rows], np.delete(H, g, axis=0).T[columns])
        noise = 0.3 * np.random.default_rng(self.seed).standard_normal(len(scores))
        values = np.clip(np.rint(2 * (scores + noise)) / 2, *ratings.scale).astype(np.float32)
        return Ratings(
            sparse.csr_array((values, (rows, columns)), shape=ratings.V.shape),
            ratings.users,
            ratings.items,
            ratings.scale,
        )


def grids(n: int, blanks: str) -> Iterator[Grid]:
    """n grids of 60 to 2,000 items with ratings enough for their features to be told."""
    for seed in range(n):
        rng = np.random.default_rng((seed, 14))
        n_items = int(np.exp(rng.uniform(np.log(60), np.log(2000))))
        n_users, rank = int(rng.integers(240, 900)), int(rng.integers(3, 8))
        density = float(np.clip(rng.uniform(6, 15) * (n_users + n_items) * rank / (n_users * n_items), 0.05, 0.6))
        yield Grid(n_users, n_items, rank, density, seed, blanks)


def refits(grid: Grid) -> tuple[Factorization, Ratings, list[Change]]:
    """A first fit of five of six users, their ratings, and what is done then: its name, the ratings after it, and the other fit."""
    whole, rng = grid.ratings(), np.random.default_rng((grid.seed, 7))
    rows = np.repeat(np.arange(whole.n_users), whole.user_counts)
    first = whole.keep(rows < whole.n_users * 5 // 6)
    fewer = first.keep(rng.random(first.n_ratings) < 0.95)
    old = _fit(first, grid.rank, grid.blanks, 1)
    penalty = old.penalty.l2_W
    other = {"solver": "mu", "max_sweeps": 2000} if grid.blanks == "unknown" else {"init": "nndsvd"}
    made = [
        ("another seed", first, _fit(first, grid.rank, grid.blanks, 2, penalty)),
        ("another solver or start", first, _fit(first, grid.rank, grid.blanks, 1, penalty, **other)),
        ("5 % of ratings gone", fewer, _fit(fewer, grid.rank, grid.blanks, 1, penalty)),
        ("20 % more users", whole, _fit(whole, grid.rank, grid.blanks, 1, penalty)),
        ("rank + 1", first, _fit(first, grid.rank + 1, grid.blanks, 1, penalty)),
        ("rank − 1", first, _fit(first, grid.rank - 1, grid.blanks, 1, penalty)),
    ]
    if grid.blanks == "unknown":  # where blanks count, who rated what tells of the feature still
        gone = grid.without(first, grid.seed % grid.rank)
        made.append(("a feature is gone", gone, _fit(gone, grid.rank - 1, grid.blanks, 1, penalty)))
    return old, first, made


def _fit(
    ratings: Ratings, rank: int, blanks: str, seed: int, penalty: float | None = None, **asked: Any
) -> Factorization:
    """A fit in canonical form from a random start."""
    start = {"init": "random", **asked}
    return factorize(ratings, rank=rank, blanks=blanks, penalty=penalty, seed=seed, **start).canonical()


def to_truth(fit: Factorization, grid: Grid, ratings: Ratings) -> NDArray[np.floating]:
    """(rank, planted rank) how alike the features of a fit are to the planted ones."""
    counts = ratings.item_counts
    _, H = grid.factors()
    found: NDArray[np.floating] = shapes(fit.H, counts) @ shapes(H, counts).T
    return found


def stored(fit: Factorization, names: dict[int, str]) -> list[StoredLabel]:
    """Labels of a fit's features as the store gives them back."""
    found, now = feature_shapes(fit), datetime.now(UTC)
    return [StoredLabel(f + 1, 1, Label(name), from_json(to_json(found[f])), now) for f, name in names.items()]


def judged(grid: Grid) -> Iterator[tuple[str, Counter[str]]]:
    """What was done, and of its labels how many attached, how many of these rightly, how many features persist and kept theirs, how
    many vanished and how many of these are in the tray."""
    old, first, made = refits(grid)
    before = to_truth(old, grid, first)
    pairs = zip(*linear_sum_assignment(-before), strict=True)
    named = {int(f): int(g) for f, g in pairs if before[f, g] >= PLAIN}
    labels = stored(old, {f: str(g) for f, g in named.items()})
    for name, ratings, new in made:
        after = to_truth(new, grid, ratings)
        known = labels_in(new, labels)
        kept = {int(text): f for f, text in known.texts.items()}
        told: Counter[str] = Counter(attached=len(kept))
        told["right"] = sum(after[f].argmax() == g and after[:, g].argmax() == f for g, f in kept.items())
        best = {int(g): int(f) for f, g in zip(*linear_sum_assignment(-after), strict=True) if after[f, g] >= PLAIN}
        persist = [g for g in named.values() if g in best]
        told["persist"], told["kept"] = len(persist), sum(kept.get(g) == best[g] for g in persist)
        vanished = [g for g in named.values() if after[:, g].max() < GONE]
        told["vanished"], told["in the tray"] = len(vanished), sum(g not in kept for g in vanished)
        yield name, told
