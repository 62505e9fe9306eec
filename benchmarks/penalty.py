"""How near the default penalty is to the best one: `python -m benchmarks.penalty [PART OF A NAME]`.

For planted sets of different size, density, noise and scale, and MovieLens latest small where its file lies at hand: a fifth of
the ratings is held out, and the held-out RMSE of `factorize(ratings, rank=10)` stands beside the least that any of a grid of
penalties reaches with everything else untouched. The least of many is partly luck: which of several near minima a fit ends in
counts too, so the grid's errors are also read off a smooth curve through them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from scipy import sparse

from benchmarks.few import REAL
from benchmarks.lifelike import lifelike
from nmf_core import Factorization, Ratings, datasets, factorize, read_ratings

STRENGTHS = 0.01 * 2 ** np.arange(0, 6.01, 0.5)  # λ in standard deviations of the ratings
WIDTH = 0.6  # of the smooth curve's window, in doublings of λ


def sets() -> Iterator[tuple[str, Ratings]]:
    """Planted ratings, and real ones where they are there, with their names."""
    if REAL.exists():
        yield "latest small", read_ratings(REAL)
    for users, items in ((200, 100), (600, 300), (1500, 800)):
        for density in (0.05, 0.2, 0.5):
            for noise in (0.2, 0.6, 1.0):
                name = f"{users} x {items}, {density:.0%}, noise {noise}"
                yield name, datasets.planted(users, items, 5, density, noise, 1)
    yield "scale 0.5-5", datasets.planted(600, 300, 5, 0.1, 0.5, 2, scale=(0.5, 5))
    yield "scale 0-100", datasets.planted(600, 300, 5, 0.1, 15, 3, scale=(0, 100), rounded=1.0)
    yield "scale 0-100, little noise", datasets.planted(600, 300, 8, 0.2, 5, 3, scale=(0, 100), rounded=None)
    yield "lifelike, 20k", lifelike(20_000)
    yield "lifelike, 100k", lifelike(100_000)


def halves(ratings: Ratings, seed: int = 5) -> tuple[Ratings, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Four fifths to fit, and the cells (u, i, rating) of the rest."""
    cells = ratings.V.tocoo()
    out = np.random.default_rng(seed).random(cells.nnz) < 0.2
    u, i = cells.coords
    V = sparse.csr_array((cells.data[~out], (u[~out], i[~out])), shape=cells.shape)
    return Ratings(V, ratings.users, ratings.items, ratings.scale), (u[out], i[out], cells.data[out])


def rmse(fit: Factorization, cells: tuple[np.ndarray, np.ndarray, np.ndarray]) -> float:
    """Of clipped scores, on held-out cells."""
    u, i, values = cells
    scores = np.clip(np.einsum("kf,kf->k", fit.W[u], fit.H[:, i].T), *fit.scale)
    return float(np.sqrt(np.mean((scores - values) ** 2)))


def smooth(errors: np.ndarray, strength: float) -> float:
    """The grid's error at any λ: a cubic in log λ, nearer points counting more."""
    far = np.log2(STRENGTHS / strength)
    return float(np.polyfit(far, errors, 3, w=np.exp(-((far / WIDTH) ** 2) / 4))[-1])


def excess(ratings: Ratings) -> tuple[float, float, float, float, float]:
    """λ by default and the best λ, both over the spread; the default's RMSE; its share above the best, and so on the curve."""
    training, held_out = halves(ratings)
    spread = float(training.V.data.std(dtype=np.float64))
    fit = factorize(training, rank=10)
    ours, default = rmse(fit, held_out), fit.penalty.l2_W / spread
    grid = np.array([rmse(factorize(training, rank=10, penalty=float(s * spread)), held_out) for s in STRENGTHS])
    curve = min(smooth(grid, s) for s in np.geomspace(STRENGTHS[0], STRENGTHS[-1], 100))
    at = smooth(grid, float(np.clip(default, STRENGTHS[0], STRENGTHS[-1])))
    return default, float(STRENGTHS[grid.argmin()]), ours, max(0.0, ours / grid.min() - 1), max(0.0, at / curve - 1)


def main() -> None:
    """Measure and print."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    over = []
    print(f"{'set':30} {'ratings':>8} {'default':>8} {'best':>6} {'RMSE':>8} {'above the best':>15} {'on a curve':>11}")
    for name, ratings in sets():
        if wanted in name:
            default, best, error, *above = excess(ratings)
            over.append(above)
            told = f"{name:30} {ratings.n_ratings:8} {default:8.3f} {best:6.3f} {error:8.4f}"
            print(f"{told} {above[0]:15.2%} {above[1]:11.2%}", flush=True)
    for what, above in zip(("above the best", "on a curve"), np.transpose(over), strict=True):
        within = ", ".join(f"within {share:.1%} on {(above <= share).sum()}" for share in (0.002, 0.005))
        print(f"{what}: {within} of {len(above)}; most {above.max():.2%}, mean {above.mean():.2%}")


if __name__ == "__main__":
    main()
