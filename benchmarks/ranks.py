"""Which rank is told, beside the rules of others: `python -m benchmarks.ranks [--rules] [--hard] [--real] [--null] [--time]`.

`--rules`: 40 easy planted grids (`rank_grids`), 20 without tastes: how many ranks are told rightly and within one, by our survey
and by elbow, plain minimum of held-out error, cophenetic correlation, silhouette over restarts (as cNMF has it) and silhouette
over resampled ratings (as SigProfilerExtractor has it). `--hard`: 40 hard grids, and as many of three times the users and items;
beside them in how many a fit that is begun at what was planted predicts better than all of lower rank.
`--real`: MovieLens latest small, blanks weak and unknown. `--null`: features that are called found again of ratings without tastes.
`--time`: whole surveys, and the time to the first points. Without any of these: all but `--hard`.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_samples

from benchmarks import rank_grids
from benchmarks.few import REAL
from benchmarks.lifelike import lifelike
from nmf_core import Ratings, Settings, datasets, read_ratings, survey_ranks
from nmf_core.fit.factorize import minimise, problem_of
from nmf_core.fit.kernels import compiled_from
from nmf_core.study.chance import rewired, shuffled_within_items
from nmf_core.study.split import held_out_folds

TRIED = tuple(range(1, 13))
RESTARTS, SWEEPS = 10, 30
PENALTIES = (0.03, 0.06, 0.12, 0.2, 0.35, 0.6)
WHOLE, LEAST = 0.8, 0.2  # SigProfilerExtractor's bounds on silhouettes
Shapes = NDArray[np.float64]  # (restarts, rank, n_items)


def shapes(ratings: Ratings, rank: int, resampled: bool) -> Shapes:
    """Unit rows of H of fits from random starts, to the ratings or to as many drawn of them."""
    rows = []
    for seed in range(RESTARTS):
        used = ratings
        if resampled:
            rng = np.random.default_rng((seed, rank))
            used = ratings.keep(rng.random(ratings.n_ratings) < 0.8)
        settings = Settings(rank=rank, seed=seed, init="random", penalty=0.03, max_sweeps=SWEEPS)
        H = minimise(problem_of(used, settings), settings).H
        rows.append(H / np.maximum(np.linalg.norm(H, axis=1, keepdims=True), 1e-12))
    return np.array(rows)


def silhouettes(found: Shapes) -> NDArray[np.float64]:
    """(rank,) the mean silhouette of each cluster of features."""
    rank = found.shape[1]
    flat = found.reshape(-1, found.shape[2])
    cluster = KMeans(rank, n_init=3, random_state=0).fit_predict(flat)
    if len(np.unique(cluster)) < 2:
        return np.zeros(rank)
    values = silhouette_samples(flat, cluster)
    return np.array([values[cluster == k].mean() if (cluster == k).any() else -1.0 for k in range(rank)])


def cophenetic(found: Shapes) -> float:
    """Cophenetic correlation of how often two items share their largest feature (Brunet et al. 2004)."""
    together = np.mean([top[:, None] == top[None, :] for top in found.argmax(axis=1)], axis=0)
    apart = squareform(1 - together, checks=False)
    return float(cophenet(linkage(apart, "average"), apart)[0]) if apart.any() else 1.0


def rules(ratings: Ratings) -> dict[str, int]:
    """The rank by each rule."""
    survey = survey_ranks(ratings, TRIED)
    fitted, held_out = (survey.table[name].to_numpy() for name in ("fitted", "held_out"))
    x = np.linspace(0, 1, len(TRIED))
    chord = fitted[0] + (fitted[-1] - fitted[0]) * x
    told = {"ours": survey.suggested_rank, "elbow": TRIED[int(np.argmax(chord - fitted))]}
    told["least held-out"] = TRIED[int(held_out.argmin())]
    with compiled_from(0):
        again = {rank: shapes(ratings, rank, False) for rank in TRIED[1:]}
        other = {rank: shapes(ratings, rank, True) for rank in TRIED[1:]}
    told["cophenetic"] = max(again, key=lambda rank: (round(cophenetic(again[rank]), 3), rank))
    told["silhouette"] = max(again, key=lambda rank: (round(float(silhouettes(again[rank]).mean()), 3), rank))
    stable = [rank for rank, one in other.items() if (s := silhouettes(one)).mean() >= WHOLE and s.min() >= LEAST]
    told["resampled"] = max(stable, default=1)
    return told


def tell(name: str, grids: list[tuple[Ratings, int]], of: Callable[[Ratings], dict[str, int]]) -> None:
    """How many ranks each rule tells rightly, and within one."""
    right, near = Counter[str](), Counter[str]()
    for ratings, rank in grids:
        for rule, told in of(ratings).items():
            right[rule] += told == rank
            near[rule] += abs(told - rank) <= 1
    for rule in near.keys() | right.keys():
        print(f"{name:24} {rule:16} right {right[rule]:2} of {len(grids)}, within one {near[rule]:2}", flush=True)


def from_the_truth(k: int) -> bool:
    """Whether a fit begun at what was planted predicts hidden ratings better than any of a lower rank: else no rule by prediction
    can find it. λ is the best of a grid for either."""
    ratings, rank = rank_grids.hard(k)
    W, H = rank_grids.hard_factors(k)
    fold = held_out_folds(ratings, folds=5, seed=0)
    seen, held = ratings.keep(fold != 0), ratings.keep(fold == 0)
    rows = np.repeat(np.arange(held.n_users), held.user_counts)

    def error(tried: int, init: object) -> float:
        """The least held-out error of a rank."""
        found = []
        for penalty in PENALTIES:
            settings = Settings(rank=tried, init=init, penalty=penalty, max_sweeps=25)
            least = minimise(problem_of(seen, settings), settings)
            scores = np.einsum("kf,fk->k", least.W[rows], least.H[:, held.V.indices])
            found.append(float(np.mean((held.V.data - np.clip(scores, *ratings.scale)) ** 2)))
        return min(found)

    return error(rank, (W, H)) < min(error(lower, "svd") for lower in range(1, rank))


def real() -> None:
    """Latest small: verdicts."""
    for blanks in ("weak", "unknown"):
        survey = survey_ranks(read_ratings(REAL), TRIED, settings=Settings(blanks=blanks))
        print(f"latest small, {blanks}: {survey.verdict}")
        print(survey.table.drop(columns=["mean_squared_error", "reconstruction_err"]).round(3).to_string(index=False))


def null(seeds: int) -> None:
    """How many features, and surveys, of small grids without tastes are called found again."""
    for name, without, blanks in (("shuffled", shuffled_within_items, "unknown"), ("rewired", rewired, "weak")):
        features, called, surveys = 0, 0, 0
        for seed in range(seeds):
            ratings = without(datasets.planted(120, 80, 4, 0.25, 0.5, seed, biased_blanks=1.0), seed)
            table = survey_ranks(ratings, (2, 4, 6), settings=Settings(blanks=blanks), seed=seed).features
            found = table["found"]
            features, called, surveys = features + len(table), called + int(found.sum()), surveys + bool(found.any())
        print(
            f"{name}: {called} of {features} features found again ({called / features:.1%}), in {surveys} of {seeds} surveys"
        )


def timed(name: str, ratings: Ratings, ranks: range, **more: Any) -> None:
    """Seconds of a survey, and to its first points."""
    began, points = time.perf_counter(), list[float]()
    survey_ranks(ratings, ranks, on_rank=lambda survey: points.append(time.perf_counter() - began), **more)
    print(f"{name:34} {time.perf_counter() - began:6.2f} s, first points after {points[0]:.2f} s", flush=True)


def times() -> None:
    """Whole surveys."""
    weak = {"settings": Settings(blanks="weak")}
    timed("(loading)", datasets.movie_night(), range(1, 3))
    timed("notebook, ranks 1 to 4", datasets.notebook(), range(1, 5))
    for name, more in (("unknown", {}), ("weak", weak)):
        timed(f"movie night, 1 to 8, {name}", datasets.movie_night(), range(1, 9), **more)
        timed(f"lifelike 100k, 1 to 12, {name}", lifelike(100_000, pull=1.0), range(1, 13), **more)
        if REAL.exists():
            timed(f"latest small, 1 to 12, {name}", read_ratings(REAL), range(1, 13), **more)
    timed("lifelike 100k, 1 to 6", lifelike(100_000, pull=1.0), range(1, 7))
    timed("lifelike 300k, 1 to 6", lifelike(300_000, pull=1.0), range(1, 7))


def main() -> None:
    """Measure and print what is asked for."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("rules", "hard", "real", "null", "time"):
        asked.add_argument(f"--{name}", action="store_true")
    asked.add_argument("--seeds", type=int, default=100, help="of --null")
    asked.add_argument("--grids", type=int, default=40, help="of each tier")
    given = asked.parse_args()
    every = not any((given.rules, given.hard, given.real, given.null, given.time))
    if given.rules or every:
        tell("easy", [rank_grids.easy(k) for k in range(given.grids)], rules)
        tell("without tastes", [rank_grids.without_tastes(k) for k in range(given.grids // 2)], rules)
    if given.hard:
        for larger in (1, 3):
            grids = [rank_grids.hard(k, larger) for k in range(given.grids)]
            tell(
                f"hard, {larger} × as large",
                grids,
                lambda r: {"ours": survey_ranks(r, TRIED, restarts=0).suggested_rank},
            )
    if (given.real or every) and REAL.exists():
        real()
    if given.null or every:
        null(given.seeds)
    if given.time or every:
        times()


if __name__ == "__main__":
    main()
