"""Lists by default beside the best of others: `python -m benchmarks.lists [--quality] [--speed] [--penalties] [--values] …`.

`--quality`: NDCG@10 among all unrated items, over all five folds of a deal of the ratings, of `list_fit` with nothing set, beside
the best of a grid of EASE, item-kNN and `implicit`'s iALS at ranks to 320, and popularity. Each peer has, of the three settings
that are best on the first fold, the one that is best over all, by the very ratings it is judged by, which favours them; chance and
the fit that is read stand beside. Differences are of the same people on the same folds, their standard errors over people.
`--speed`: whole calls of `list_fit` at a given rank, λ found in the call, beside `implicit`'s ALS, with as many threads, in turn.
`--penalties`: NDCG@10 by rank and λ. `--popular`: with blanks that weigh more the more popular an item is, (popularity / mean)^α.
`--values`: NDCG@10, and the share of dislikes among the rated in the lists, by what a blank counts: weight and value.
Without any of these: quality and speed. Peers that are not installed are left out (`pip install implicit`).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.few import REAL, ease, item_knn
from benchmarks.few_fit import normal_equations
from benchmarks.lifelike import lifelike
from nmf_core import Factorization, Ratings, factorize, fold_features, list_fit, read_ratings
from nmf_core.fit.fold_in import list_weights
from nmf_core.fit.kernels import _coordinate_passes
from nmf_core.fit.settings import default_rank
from nmf_core.metrics import LOW, RELEVANT, ndcg
from nmf_core.study.split import held_out_folds

Array = NDArray[np.floating]
TOP, FOLDS = 10, 5
FINALISTS = 3  # settings of a peer that are tried on all folds
MINUS, PENALTIES = (0.0, 0.5, 1.0, 2.0), (300.0, 1_000.0, 3_000.0, 10_000.0)
NEIGHBOURS = (20, 50, 100, 200)
WEIGHTS, VALUES = (0.05, 0.1, 0.2, 0.3), (-0.125, 0.0, 0.125, 0.25)  # values: as shares of the scale above its low end
RANKS, ALPHAS, RIDGES = (20, 80, 160, 320), (0.25, 1.0), (5.0, 20.0, 60.0)


class Judge:
    """NDCG@`TOP` on the ratings that are held out: one fold of a deal."""

    def __init__(self, ratings: Ratings, seed: int, fold: int = 0) -> None:
        self.ratings = ratings = ratings.by_name
        out = held_out_folds(ratings, folds=FOLDS, seed=seed) == fold
        self.seen, held = ratings.keep(~out), ratings.keep(out)
        low, high = ratings.scale
        self.held, self.low = held.V.toarray(), low + LOW * (high - low)
        self.relevant = (self.held >= low + RELEVANT * (high - low)) & (self.held != 0)
        self.rated = self.seen.V.toarray() != 0

    def __call__(self, scores: Array) -> float:
        """Of scores (n_users, n_items)."""
        return float(np.nanmean(self.each(scores)))

    def each(self, scores: Array) -> Array:
        """(n_users,) of each person; NaN where nothing relevant is held out."""
        scores = np.array(scores, dtype=float)
        scores[self.rated] = -np.inf
        return ndcg(scores, self.relevant, TOP)

    def scores(self, fit: Factorization) -> Array:
        """Of a fit, as lists are made."""
        return list_weights(fit, self.seen, slice(0, self.seen.n_users)) @ fit.H

    def of(self, fit: Factorization) -> float:
        """Of a fit, as lists are made."""
        return self(self.scores(fit))

    def disliked(self, scores: Array) -> float:
        """Share of those rated low among all held-out ratings whose items are listed."""
        scores = np.where(self.rated, -np.inf, scores)
        listed = np.argpartition(-scores, TOP, axis=1)[:, :TOP]
        rated = np.take_along_axis(self.held, listed, 1)
        return float((rated[rated != 0] <= self.low).mean())


def sets() -> Iterator[tuple[str, Ratings, int]]:
    """Ratings with their names and the seed of what is held out."""
    if REAL.exists():
        real = read_ratings(REAL)
        for seed in range(4):  # the last was dealt when all was chosen
            yield f"latest small, {seed}", real, seed
    for n in (20_000, 100_000):
        for seed in range(2):
            yield f"lifelike, {n // 1000}k, {seed}", lifelike(n, seed=seed, pull=1.0), seed


def judged(wanted: str) -> Iterator[tuple[str, Judge]]:
    """The sets with this in their names, each with its judge."""
    for name, ratings, seed in sets():
        if wanted in name:
            yield name, Judge(ratings, seed)


def ials(training: Ratings, rank: int, alpha: float, ridge: float, *, cholesky: bool = False) -> Array:
    """Scores of `implicit`'s ALS, a rated cell weighing 1 + α."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    V = training.V
    weights = sparse.csr_matrix((np.full(V.nnz, 1 + alpha, np.float32), V.indices, V.indptr), shape=V.shape)
    model = AlternatingLeastSquares(
        factors=rank,
        alpha=1.0,
        regularization=ridge,
        iterations=15,
        num_threads=2,
        random_state=0,
        use_cg=not cholesky,
    )
    with threadpool_limits(1, "blas"):  # as it asks for: its own threads call BLAS
        model.fit(weights, show_progress=False)
    return model.user_factors @ model.item_factors.T


def peers() -> Iterator[tuple[str, Callable[[Ratings], Array]]]:
    """Name and scores of each peer at each setting of its grid."""
    yield "chance", lambda seen: np.random.default_rng(0).random(seen.V.shape)
    yield "popular", lambda seen: np.tile(seen.item_counts.astype(float), (seen.n_users, 1))
    for k in NEIGHBOURS:
        yield "item-kNN", partial(_of_items, item_knn, 0.0, k)
    for minus, penalty in product(MINUS, PENALTIES):
        yield "EASE", partial(_of_items, ease, minus, penalty)
    if find_spec("implicit"):
        for rank, alpha, ridge in product(RANKS, ALPHAS, RIDGES):
            yield "iALS", partial(ials, rank=rank, alpha=alpha, ridge=ridge)


def _of_items(model: Callable[..., Any], minus: float, setting: float, seen: Ratings) -> Array:
    """Scores of a model of items, fitted to ratings less `minus`."""
    X = seen.V.astype(np.float64)
    X.data -= minus
    return np.asarray(model(X, setting)(X))


def best_peers(judges: list[Judge]) -> dict[str, Array]:
    """(folds, n_users) NDCG of each peer, at the setting that is best over all folds, of the few that are best on the first one."""
    tried: dict[str, list[tuple[Array, Callable[[Ratings], Array]]]] = {}
    for name, model in peers():
        tried.setdefault(name, []).append((judges[0].each(model(judges[0].seen)), model))
    best = {}
    for name, found in tried.items():
        few = sorted(found, key=lambda one: -np.nanmean(one[0]))[:FINALISTS]
        of_folds = [np.stack([first, *(judge.each(model(judge.seen)) for judge in judges[1:])]) for first, model in few]
        best[name] = max(of_folds, key=np.nanmean)
    return best


def ahead(ours: Array, theirs: Array) -> tuple[float, float]:
    """The mean difference of (folds, n_users), and its standard error over people, whose folds are not independent."""
    by = ours - theirs
    mean = np.nanmean(by)
    return float(mean), float(np.sqrt((np.nansum(by - mean, axis=0) ** 2).sum()) / np.isfinite(by).sum())


def quality(wanted: str) -> None:
    """Measure and print."""
    print(
        f"NDCG@{TOP} over {FOLDS} folds; in brackets by how much ours is ahead; 'read' is the fit at the rank that opens"
    )
    for name, ratings, seed in sets():
        if wanted not in name:
            continue
        judges = [Judge(ratings, seed, fold) for fold in range(FOLDS)]
        fits = [list_fit(judge.seen) for judge in judges]
        ours = np.stack([judge.each(judge.scores(fit)) for judge, fit in zip(judges, fits, strict=True)])
        named = [factorize(judge.seen, rank=default_rank(judge.ratings), blanks="weak") for judge in judges]
        read = np.stack([judge.each(judge.scores(fit)) for judge, fit in zip(judges, named, strict=True)])
        pairs = zip(fits, named, strict=True)
        finer = np.mean([fold_features(fine, few)["named"].isna().mean() for fine, few in pairs])
        ranks, strengths = sorted(fit.rank for fit in fits), sorted(fit.penalty.l2_W for fit in fits)
        how = f"ranks {ranks}, λ {strengths[0]:.3f} to {strengths[-1]:.3f}, {finer:.0%} finer"
        print(f"{name:18} ours {np.nanmean(ours):.4f} ({how})", end="", flush=True)
        for other, theirs in ({f"read (rank {named[0].rank})": read} | best_peers(judges)).items():
            by, error = ahead(ours, theirs)
            print(f"  {other} {np.nanmean(theirs):.4f} ({by:+.4f} ± {error:.4f})", end="", flush=True)
        print(flush=True)


def timed(work: Callable[..., Any], *args: Any, **more: Any) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    done = work(*args, **more)
    return time.perf_counter() - began, done


def speed(wanted: str) -> None:
    """Measure and print."""
    factorize(lifelike(2_000), rank=64, blanks="weak", max_sweeps=2)  # compiles
    given: list[tuple[str, Ratings]] = [("lifelike, 100k", lifelike(100_000, pull=1.0))]
    if REAL.exists():
        given.append(("latest small", read_ratings(REAL)))
    for name, ratings in given:
        if wanted in name:
            _speed_of(name, Judge(ratings, 0))
    if wanted in "lifelike, 1m":
        few, many = (timed(list_fit, lifelike(n, pull=1.0), rank=128, threads=2)[0] for n in (100_000, 1_000_000))
        print(f"rank 128, 100k {few:.2f} s, 1m {many:.2f} s: ratio {many / few:.1f}")


def _speed_of(name: str, judge: Judge) -> None:
    """Of one set, rank by rank, ours and theirs in turn."""
    for rank in (10, 160, 320):
        seconds, fit = min(
            (timed(list_fit, judge.seen, rank=rank, threads=2) for _ in range(2)), key=lambda one: one[0]
        )
        row = f"{name:15} rank {rank:3}: {seconds:6.2f} s, NDCG {judge.of(fit):.4f}"
        if rank == 160:
            longest = factorize(judge.seen, rank=160, blanks="weak", penalty=fit.penalty, max_sweeps=40)
            row += f" (after 40 sweeps {judge.of(longest):.4f})"
            whole, found = timed(list_fit, judge.seen, threads=2)
            row += f"; its rank found too {whole:.2f} s (rank {found.rank}, {judge.of(found):.4f})"
        if rank >= 160 and find_spec("implicit"):
            for kind in ("Cholesky", "CG") if rank == 160 else ("CG",):
                theirs, _ = timed(ials, judge.seen, rank, 1.0, 50.0, cholesky=kind == "Cholesky")
                row += f"; implicit, {kind} {theirs:.2f} s: ratio {seconds / theirs:.2f}"
        print(row, flush=True)


def penalties(wanted: str) -> None:
    """Measure and print."""
    lams = (0.02, 0.03, 0.04, 0.055, 0.08, 0.11, 0.15)
    print(f"NDCG@{TOP} after 9 sweeps, by rank and λ: {'  '.join(f'{lam:6}' for lam in lams)}")
    for name, judge in judged(wanted):
        for rank in (10, 20, 40, 80, 160):
            fits = [factorize(judge.seen, rank=rank, blanks="weak", penalty=lam, max_sweeps=9) for lam in lams]
            print(f"{name:18} {rank:4}  " + "  ".join(f"{judge.of(fit):.4f}" for fit in fits), flush=True)


def by_popularity(seen: Ratings, start: Factorization, alpha: float, penalty: float) -> Array:
    """Scores of a fit, in plain NumPy, in which a blank of item i weighs ω (popularity / mean)^α, at most 1; people folded in."""
    V, Vt = seen.V.astype(np.float64), seen.Vt.astype(np.float64)
    omega, b = start.blanks.weight, start.blanks.value
    more = np.minimum((seen.item_counts / seen.item_counts.mean()) ** alpha, 1 / omega)
    W, Ht = start.W.copy(), start.H.T.copy()
    half_at = 0.75 * np.sqrt(seen.n_items)
    known = seen.user_counts / (seen.user_counts + half_at)
    diagonal = np.arange(start.rank)

    def people(of: Array, W: Array, Ht: Array, passes: int) -> Array:
        """New W where a blank weighs `of` (n_users,) times its item's weight."""
        S, s = (Ht.T * more) @ Ht, more @ Ht
        G, right = normal_equations(
            V, Ht, 1.0 - np.repeat(of, seen.user_counts) * more[V.indices], S[:, :, None] * of, 0.0, b
        )
        right += b * np.outer(s, of)
        G[diagonal, diagonal] += penalty * (seen.user_counts + of * (more.sum() - (V != 0) @ more))
        return _coordinate_passes(G, right, W.T.copy(), passes, 0.0).T

    for _ in range(8):
        W = people(np.full(seen.n_users, omega), W, Ht, 4)
        of = omega * more
        G, right = normal_equations(
            Vt, W, 1.0 - np.repeat(of, seen.item_counts), (W.T @ W)[:, :, None] * of, np.outer(W.sum(axis=0), of), b
        )
        G[diagonal, diagonal] += penalty * (seen.item_counts + of * (seen.n_users - seen.item_counts))
        Ht = _coordinate_passes(G, right, Ht.T.copy(), 4, 0.0).T
    return people(omega * known, W, Ht, 60) @ Ht.T


def popular(wanted: str) -> None:
    """Measure and print."""
    print(f"NDCG@{TOP} at rank 20, the best of λ 0.5, 0.7, 1, 1.4 and 2 × the default, by α: 0, 0.25, 0.5")
    for name, judge in judged(wanted):
        start = factorize(judge.seen, rank=20, blanks="weak", max_sweeps=4)
        grid = [start.penalty.l2_W * k for k in (0.5, 0.7, 1.0, 1.4, 2.0)]
        best = [max(judge(by_popularity(judge.seen, start, a, lam)) for lam in grid) for a in (0.0, 0.25, 0.5)]
        print(f"{name:18} " + "  ".join(f"{x:.4f}" for x in best), flush=True)


def values(wanted: str) -> None:
    """Measure and print."""
    print(f"NDCG@{TOP} and the share of dislikes, list_fit at rank 80, by weight and value of a blank")
    for name, judge in judged(wanted):
        low, high = judge.ratings.scale
        for weight in WEIGHTS:
            row = f"{name:18} weight {weight:.2f}:"
            for share in VALUES:
                value = max(0.0, low + share * (high - low))
                scores = judge.scores(list_fit(judge.seen, blanks=(weight, value), rank=80))
                row += f"  {value:.2f}: {judge(scores):.4f} {judge.disliked(scores):.1%}"
            print(row, flush=True)


def main() -> None:
    """Measure and print what is asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = {"quality": quality, "speed": speed, "penalties": penalties, "popular": popular, "values": values}
    for name in parts:
        asked.add_argument(f"--{name}", action="store_true")
    asked.add_argument("--only", default="", help="sets with this in their names")
    given = asked.parse_args()
    chosen = [name for name in parts if getattr(given, name)] or ["quality", "speed"]
    for name in chosen:
        parts[name](given.only)


if __name__ == "__main__":
    main()
