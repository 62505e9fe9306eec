"""Planted grids of a known rank, for `python -m benchmarks.ranks` and the tests: easy ones, hard ones, and ones without tastes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import sparse

from nmf_core import Ratings, datasets

SCALE = (0.0, 6.0)
TOP = 5.0  # where the 99.5th percentile of the signal lies: what is cut at an end of the scale is of no rank
MAKERS = ("planted", "gamma", "beta")  # `datasets.planted`; W and H of gamma, or of beta draws
FEWEST_A_WEIGHT = 2.0  # ratings for each weight of W and H in the easy tier: with fewer, nobody could tell

Floats = NDArray[np.float64]
Size = tuple[int, int, int, float]  # users, items, rank, density


def easy(k: int) -> tuple[Ratings, int]:
    """Ratings and their rank: 60–400 users, 40–200 items, rank 2–8, 20–60 % observed, noise up to a third of the signal."""
    rng = np.random.default_rng((k, 1))
    while True:
        n, m, rank, density = _size(rng, (60, 400), (40, 200), (0.2, 0.6))
        if n * m * density >= FEWEST_A_WEIGHT * (n + m) * rank:
            break
    noise, skew, maker = rng.uniform(0.05, 1 / 3), rng.uniform(0.2, 0.6), MAKERS[k % len(MAKERS)]
    if maker == "planted":
        W, H = datasets.planted_factors(n, m, rank, seed=k)
        return datasets.planted(n, m, rank, density, noise * float((W @ H).std()), k, skew=skew), rank
    W, H = _factors(rng, n, m, rank, maker)
    X = W @ H
    return _rated(rng, X * _to_scale(X), density, noise, skew), rank


def hard(k: int, larger: int = 1) -> tuple[Ratings, int]:
    """The same of 400–1,500 users and 300–900 items, 4–10 % observed, noise as wide as the signal, features of unequal strength;
    `larger`: times as many users and items."""
    W, H, density, rng = _hard(k, larger)
    return _rated(rng, W @ H, density, 1.0, rng.uniform(0.2, 0.6)), len(H)


def hard_factors(k: int, larger: int = 1) -> tuple[Floats, Floats]:
    """W and H that `hard` has its ratings from, before the noise."""
    W, H, _, _ = _hard(k, larger)
    return W, H


def _hard(k: int, larger: int) -> tuple[Floats, Floats, float, Generator]:
    """W and H on the scale, how much is observed, and the draws that come next."""
    rng = np.random.default_rng((k, 2))
    n, m, rank, density = _size(rng, (400, 1500), (300, 900), (0.04, 0.10))
    W, H = _factors(rng, larger * n, larger * m, rank, MAKERS[1 + k % 2])
    W = W * np.sort(rng.uniform(0.5, 1, rank))[::-1]
    return W * _to_scale(W @ H), H, density, rng


def without_tastes(k: int) -> tuple[Ratings, int]:
    """Noise around one rating, or around effects of users and items; rank 1."""
    rng = np.random.default_rng((k, 3))
    n, m, _, density = _size(rng, (60, 400), (40, 200), (0.2, 0.6))
    X = np.full((n, m), 3.2)
    if k % 2:
        X = X + 0.4 * rng.standard_normal((n, 1)) + 0.5 * rng.standard_normal((1, m))
    return _rated(rng, X + 0.7 * rng.standard_normal((n, m)), density, 0.0, 0.3), 1


def _size(rng: Generator, users: tuple[int, int], items: tuple[int, int], filled: tuple[float, float]) -> Size:
    """Users, items, rank and density."""
    n, m = int(rng.integers(users[0], users[1] + 1)), int(rng.integers(items[0], items[1] + 1))
    return n, m, int(rng.integers(2, 9)), float(rng.uniform(*filled))


def _factors(rng: Generator, n: int, m: int, rank: int, maker: str) -> tuple[Floats, Floats]:
    """W and H, with many weights near 0."""
    draw = (
        (lambda *size: rng.gamma(0.6, size=size)) if maker == "gamma" else (lambda *size: rng.beta(0.5, 1, size=size))
    )
    return draw(n, rank), draw(rank, m)


def _to_scale(X: Floats) -> float:
    """What a signal is multiplied by to lie on the scale."""
    return float(TOP / np.quantile(X, 0.995))


def _rated(rng: Generator, X: Floats, density: float, noise: float, skew: float) -> Ratings:
    """Half stars of a signal with noise, in its own standard deviations, where people rate: few people much, few items often."""
    n, m = X.shape
    chance = np.outer((1 - rng.random(n)) ** -skew, (1 - rng.random(m)) ** -skew)
    for _ in range(20):
        chance = np.minimum(1, chance * (density * n * m / chance.sum()))
    seen = rng.random((n, m)) < chance
    for u in np.flatnonzero(seen.sum(axis=1) < 2):
        seen[u, rng.choice(m, 2, replace=False)] = True
    for i in np.flatnonzero(seen.sum(axis=0) < 2):
        seen[rng.choice(n, 2, replace=False), i] = True
    u, i = np.nonzero(seen)
    values = X[u, i] + noise * X.std() * rng.standard_normal(len(u))
    values = np.clip(np.rint(2 * values) / 2, *SCALE).astype(np.float32)
    names = (pd.Index([f"{what}{k}" for k in range(size)], dtype="str") for what, size in (("u", n), ("i", m)))
    return Ratings(sparse.csr_array((values, (u, i)), shape=(n, m)), *names, SCALE)
