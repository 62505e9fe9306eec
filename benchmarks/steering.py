"""Do features obey, and at what price? `python -m benchmarks.steering [--seeds 3] [--planted]`.

Planted ratings and MovieLens latest small, blanks weak and unknown. *Kept*: a feature of a fit is pinned, and 95 % of the
ratings are fitted anew from a random start; printed is the least cosine of its rows, free and pinned. *Started*: a feature is
started from four items of one planted feature or one genre, from four that set a feature apart of a fit to half of the people,
and from four at random, all with ratings enough to be listed; printed are the shares of trials in which all four are in the
top 15 of a feature that explains something, free and steered, and in which it is said that the ratings do not support it,
with what the objective without the pull has more than that of the free fit. *Price*: error and lists on held-out ratings at each
stop for a feature of another fit. Real ratings lie as for `benchmarks.few`.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.few import REAL
from nmf_core import Factorization, Ratings, datasets, factorize, fit_settings, read_ratings
from nmf_core.fit.factorize import problem_of
from nmf_core.fit.problem import objective
from nmf_core.fit.steer import Steer, Wish
from nmf_core.interpret.enough import enough_items
from nmf_core.interpret.features import distinctive_items, top_items
from nmf_core.interpret.match import cosine
from nmf_core.interpret.steering import LEAST_PART, TOP, keep, start_from, started
from nmf_core.study.price import price_of_a_name

GENRES = ("Animation", "Horror", "Western", "War", "Film-Noir", "Sci-Fi", "Romance", "Children", "Musical", "Crime")
FOUR, POPULAR = 4, 40  # items that a feature is started from, among so many of a kind
Kinds = dict[str, NDArray[np.int64]]  # items that belong together, by column


def planted(seed: int) -> tuple[Ratings, Kinds]:
    """Planted ratings, and which items each planted feature is the main one of."""
    shape = {"n_users": 400, "n_items": 300, "rank": 6, "density": 0.15, "noise": 0.4, "seed": seed}
    ratings = datasets.planted(**shape, biased_blanks=0.5)
    main = datasets.planted_factors(**shape)[1].argmax(axis=0)
    return ratings, {f"planted {f}": np.flatnonzero(main == f) for f in range(6)}


def real() -> tuple[Ratings, Kinds]:
    """MovieLens latest small, and the films of some genres."""
    ratings = read_ratings(REAL)
    with (REAL.parent / "movies.csv").open(encoding="utf-8") as file:
        genres = {row["movieId"]: row["genres"].split("|") for row in csv.DictReader(file)}
    return ratings, {
        genre: np.array([i for i, item in enumerate(ratings.items) if genre in genres.get(item, ())])
        for genre in GENRES
    }


def kept(ratings: Ratings, fit: Factorization, seed: int) -> tuple[float, float]:
    """The cosine of a feature with the nearest one of a refit, free, and with itself, pinned."""
    f = seed % fit.rank
    some = ratings.keep(np.random.default_rng(seed).random(ratings.n_ratings) < 0.95)
    asked = replace(fit.settings, init="random", seed=seed, penalty=fit.penalty)
    loose = fit_settings(some, asked)
    pinned = fit_settings(some, replace(asked, steer=Steer((*[None] * f, Wish(fit.H[f], 1.0)))))
    own = fit.H[f : f + 1]
    return float(cosine(own, loose.H).max()), float(cosine(own, pinned.H[f : f + 1])[0, 0])


def shelves(ratings: Ratings, blanks: str, rank: int, seed: int) -> Kinds:
    """The items that set the features apart of a fit to half of the people."""
    half = np.random.default_rng(seed).random(ratings.n_users) < 0.5
    some = ratings.keep(np.repeat(half, ratings.user_counts))
    fit = factorize(some, rank=rank, blanks=blanks).canonical()
    tops = [distinctive_items(fit, f, n=TOP, ratings=some)["item"] for f in range(rank)]
    return {f"shelf {f}": fit.items.get_indexer(top) for f, top in enumerate(tops)}


def trials(ratings: Ratings, kinds: Kinds, rank: int, seed: int) -> Iterator[tuple[str, list[str]]]:
    """Items to start from: of each kind, and as many times at random."""
    rng = np.random.default_rng(seed)
    enough = enough_items(ratings, rank, ratings.n_items)
    for name, columns in kinds.items():
        listed = columns[enough[columns]]
        popular = listed[np.argsort(-ratings.item_counts[listed], kind="stable")][:POPULAR]
        if len(popular) >= FOUR:
            what = "of a shelf" if name.startswith("shelf") else "of a kind"
            yield what, ratings.items[rng.choice(popular, FOUR, replace=False)].tolist()
        yield "at random", ratings.items[rng.choice(np.flatnonzero(enough), FOUR, replace=False)].tolist()


def begun(ratings: Ratings, fit: Factorization, items: list[str], feature: int) -> tuple[bool, bool, bool, float]:
    """Whether all items are in one feature's top 15 as it is, and in that of the steered one; whether they are said to be
    unsupported; and what the objective has more, as a share."""
    tops = [set(top_items(fit, f, n=TOP, ratings=ratings)["item"]) for f in range(fit.rank)]
    steered = fit_settings(ratings, start_from(fit, ratings, feature, items))
    (found,) = started(steered, ratings)
    problem = problem_of(ratings, replace(steered.settings, steer=None))
    more = objective(problem, steered.W, steered.H) / fit.objective - 1
    return (
        any(top.issuperset(items) for top in tops),
        len(found.there) == len(items) and found.part >= LEAST_PART,
        not found.supported,
        more,
    )


def run(name: str, ratings: Ratings, kinds: Kinds, ranks: list[int], seeds: int) -> None:
    """Measure and print one set."""
    for blanks in ("weak", "unknown"):
        for rank in ranks:
            fit = factorize(ratings, rank=rank, blanks=blanks).canonical()
            head = f"{name:12} {blanks:8} rank {rank:2}"
            cosines = np.array([kept(ratings, fit, seed) for seed in range(2 * seeds)]).min(axis=0)
            print(f"{head}  kept: least cosine {cosines[0]:.3f} free, {cosines[1]:.4f} pinned", flush=True)
            told: dict[str, list[tuple[bool, bool, bool, float]]] = {}
            for seed in range(seeds):
                of_half = shelves(ratings, blanks, rank, seed)
                for what, items in trials(ratings, kinds | of_half, rank, seed):
                    told.setdefault(what, []).append(begun(ratings, fit, items, seed % rank))
            for what, found in told.items():
                before, there, unsupported, more = (
                    np.array(column, dtype=float) for column in zip(*found, strict=True)
                )
                bar = np.mean((there == 1) | (unsupported == 1))
                print(
                    f"{head}  started {what}: {len(found)} trials, all on top {before.mean():4.0%} free, {there.mean():4.0%} "
                    f"steered; said to be unsupported {unsupported.mean():4.0%}; one of both {bar:4.0%}; "
                    f"objective {np.median(more):+.2%}",
                    flush=True,
                )


def prices(name: str, ratings: Ratings, rank: int) -> None:
    """Print the price of a feature from a fit of other people, where held-out ratings were not seen."""
    for blanks in ("weak", "unknown"):
        fit = factorize(ratings, rank=rank, blanks=blanks)
        other = factorize(ratings, rank=rank + 3, blanks=blanks, penalty=fit.penalty, init="random", seed=1)
        asked = keep(replace(fit, H=np.concatenate([other.H[:1], fit.H[1:]])), 0)
        table = price_of_a_name(ratings, asked, folds=3)
        print(f"{name}, blanks {blanks}, rank {rank}")
        print(table.round(4).to_string(), flush=True)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--planted", action="store_true", help="leave the real ratings out")
    given = asked.parse_args()
    for seed in range(2):
        run(f"planted {seed}", *planted(seed), [4, 6, 9], given.seeds)
    if not given.planted:
        ratings, kinds = real()
        run("latest small", ratings, kinds, [8, 20], given.seeds)
        prices("latest small", ratings, 8)


if __name__ == "__main__":
    main()
