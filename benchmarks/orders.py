"""Does the order of rows, users and items say anything? `python -m benchmarks.orders [--quick | --cost] [folder]`.

Twenty data sets, each in five other orders (the rows of its list, its users and its items shuffled), fitted with blanks unknown and
weak: for how many of all people the lists are the same, how far λ, W and H are from those of the first order, and whether features,
health check, folds and the suggested rank are the same. Last, MovieLens latest small, where its folder is given or lies at
`../shared/real/ml-latest-small` beside the project.
`--cost`: the processor seconds that putting 10 million ratings in the order of names takes, beside those of their fit.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import nmf_core as nc
from benchmarks.lifelike import lifelike
from nmf_core.data.health import check_health
from nmf_core.interpret.counterfactual import smallest_flip
from nmf_core.interpret.features import distinctive_items, niche_items, top_items, top_users
from nmf_core.interpret.recommend import neighbours
from nmf_core.study.split import held_out_folds

ORDERS, LISTED = 5, 10
BLANKS = ("unknown", "weak")
LATEST_SMALL = Path(__file__).parents[2] / "shared" / "real" / "ml-latest-small"


def reordered(ratings: nc.Ratings, seed: int) -> nc.Ratings:
    """The same ratings, their rows, users and items shuffled."""
    rng = np.random.default_rng(seed)
    rows = ratings.to_table().sample(frac=1, random_state=rng)
    return nc.Ratings.from_cells(
        rows["user"],
        rows["item"],
        rows["rating"],
        all_users=rng.permutation(ratings.users.to_numpy()),
        all_items=rng.permutation(ratings.items.to_numpy()),
        scale=ratings.scale,
        item_info=ratings.item_info,
    )


def lists(fit: nc.Factorization, ratings: nc.Ratings, people: int | None = None) -> dict[str, list[str]]:
    """The list of each user, or of the first so many by name."""
    return {
        user: nc.recommend(fit, ratings, user, n=LISTED)["item"].tolist() for user in sorted(ratings.users)[:people]
    }


def folds_of(ratings: nc.Ratings) -> dict[tuple[str, str], int]:
    """The fold of each observed cell, by user and item."""
    table = ratings.to_table()
    return dict(zip(zip(table["user"], table["item"], strict=True), held_out_folds(ratings).tolist(), strict=True))


def said(fit: nc.Factorization, ratings: nc.Ratings) -> list[object]:
    """What is read of a fit and of its ratings beside the lists: features, items that none explains, people alike, health."""
    features = [(top_items(fit, f), distinctive_items(fit, f), top_users(fit, f)) for f in range(fit.rank)]
    first = min(ratings.users)
    return [
        [[frame.iloc[:, 0].tolist() for frame in frames] for frames in features],
        niche_items(fit),
        neighbours(fit, first)["user"].tolist(),
        smallest_flip(fit, ratings, first),
        check_health(ratings, fit.rank),
    ]


@dataclass(frozen=True)
class Kept:
    """What another order left as it was.

    Attributes:
        lists: the share of people whose list is the same, 0…1.
        penalty, weights: the largest difference of λ and of a weight, of their own size.
        said: whether all that is read of the fit is the same.
    """

    lists: float
    penalty: float
    weights: float
    said: bool


def compared(ratings: nc.Ratings, settings: nc.Settings, seeds: range, people: int | None = None) -> Iterator[Kept]:
    """What each other order leaves; lists of the first so many people by name alone, if given."""
    first = nc.fit_settings(ratings, settings).canonical()
    shown = lists(first, ratings, people)
    told, λ = said(first, ratings), first.penalty.l2_W
    for seed in seeds:
        other = reordered(ratings, seed)
        fit = nc.fit_settings(other, settings).canonical()
        W = fit.W[fit.users.get_indexer(ratings.users)]
        H = fit.H[:, fit.items.get_indexer(ratings.items)]
        now = lists(fit, other, people)
        yield Kept(
            lists=float(np.mean([now[user] == shown[user] for user in shown])),
            penalty=abs(fit.penalty.l2_W - λ) / λ if λ else float(fit.penalty.l2_W != 0),
            weights=max(float(np.abs(a - b).max() / b.max()) for a, b in ((W, first.W), (H, first.H))),
            said=said(fit, other) == told,
        )


def likes() -> nc.Ratings:
    """All ratings are 1."""
    planted = nc.datasets.planted(120, 60, rank=3, density=0.3, seed=5)
    high = planted.to_table().query("rating >= 3")
    return nc.Ratings.from_cells(high["user"], high["item"], np.ones(len(high)), scale=(0, 1))


def counts() -> nc.Ratings:
    """Counts over orders of magnitude."""
    table = nc.datasets.planted(150, 80, rank=3, density=0.3, seed=6).to_table()
    return nc.Ratings.from_cells(table["user"], table["item"], np.round(np.exp(1.5 * table["rating"])))


def twins() -> nc.Ratings:
    """Each item there twice with the same ratings, each user too: ties everywhere."""
    table = nc.datasets.planted(30, 20, rank=2, density=0.5, seed=7).to_table()
    doubled = pd.concat([table.assign(user=table["user"] + u, item=table["item"] + i) for u in "ab" for i in "ab"])
    return nc.Ratings.from_cells(doubled["user"], doubled["item"], doubled["rating"], scale=(1, 5))


def parted() -> nc.Ratings:
    """Two parts that share no rating, and users and items without any."""
    parts = [nc.datasets.planted(40, 25, rank=2, density=0.3, seed=seed).to_table() for seed in (8, 9)]
    both = pd.concat(
        [part.assign(user=part["user"] + k, item=part["item"] + k) for part, k in zip(parts, "xy", strict=True)]
    )
    users, items = [*both["user"].unique(), "nobody", "no one"], [*both["item"].unique(), "nothing", "naught"]
    return nc.Ratings.from_cells(both["user"], both["item"], both["rating"], all_users=users, all_items=items)


def planted(n_users: int, n_items: int, rank: int, density: float, noise: float, seed: int) -> Callable[[], nc.Ratings]:
    """One of the planted grids."""
    return lambda: nc.datasets.planted(n_users, n_items, rank=rank, density=density, noise=noise, seed=seed)


SETS: dict[str, tuple[Callable[[], nc.Ratings], int]] = {
    "notebook": (nc.datasets.notebook, 2),
    "movie night": (nc.datasets.movie_night, 4),
    "likes": (likes, 3),
    "counts": (counts, 3),
    "twins": (twins, 2),
    "parted": (parted, 3),
    "planted 8 × 6": (planted(8, 6, 2, 0.6, 0.3, 0), 2),
    "planted 12 × 30": (planted(12, 30, 3, 0.4, 0.3, 1), 3),
    "planted 30 × 12": (planted(30, 12, 3, 0.4, 0.3, 2), 3),
    "planted 60 × 40": (planted(60, 40, 4, 0.3, 0.5, 3), 4),
    "planted 40 × 60, no noise": (planted(40, 60, 4, 0.3, 0.0, 4), 4),
    "planted 100 × 80": (planted(100, 80, 5, 0.2, 0.5, 5), 5),
    "planted 80 × 200": (planted(80, 200, 5, 0.1, 0.5, 6), 5),
    "planted 200 × 80, much noise": (planted(200, 80, 5, 0.1, 1.5, 7), 5),
    "planted 300 × 100": (planted(300, 100, 6, 0.1, 0.5, 8), 10),
    "planted 100 × 300, full": (planted(100, 300, 4, 0.9, 0.5, 9), 6),
    "lifelike 2,000": (lambda: lifelike(2_000, seed=1), 3),
    "lifelike 5,000": (lambda: lifelike(5_000, seed=2, pull=1.0), 5),
    "lifelike 10,000": (lambda: lifelike(10_000, seed=3, pull=1.0), 8),
    "lifelike 30,000": (lambda: lifelike(30_000, seed=4, pull=1.0), 10),
}


def cost(n_ratings: int = 10_000_000) -> None:
    """Print processor seconds of the order and of a fit at rank 10 with the default penalty."""
    made = lifelike(n_ratings)
    rng = np.random.default_rng(0)
    users, items = rng.permutation(made.n_users), rng.permutation(made.n_items)
    cells = (users[np.repeat(np.arange(made.n_users), made.user_counts)], items[made.V.indices], made.V.data)
    names = {"users": made.users[np.argsort(users)], "items": made.items[np.argsort(items)]}
    ratings = nc.Ratings.from_indices(*cells, **names, scale=made.scale)
    for what, work in (("order", lambda: ratings.by_name), ("fit", lambda: nc.factorize(ratings, rank=10))):
        start = time.process_time()
        work()
        print(f"{what}: {time.process_time() - start:.1f} s", flush=True)


def main(arguments: list[str]) -> None:
    """Print a line a set and stop of the dial."""
    if "--cost" in arguments:
        cost()
        return
    quick = "--quick" in arguments
    folder = Path(next((word for word in arguments if not word.startswith("-")), LATEST_SMALL))
    sets = dict(list(SETS.items())[:6]) if quick else dict(SETS)
    if folder.is_dir() and not quick:
        files = {kind: folder / f"{kind}.csv" for kind in ("ratings", "movies")}
        sets["MovieLens latest small"] = (lambda: nc.read_ratings(files["ratings"]), 10)
    elif not quick:
        print(f"{folder} is not there: without MovieLens latest small.")
    print(f"{'':30} {'blanks':8} {'people':>7} {'same lists':>10} {'λ differs':>10} {'W, H differ':>11}  all else")
    for name, (make, rank) in sets.items():
        ratings = make()
        same_folds = all(folds_of(reordered(ratings, seed)) == folds_of(ratings) for seed in range(1, 1 + ORDERS))
        for blanks in BLANKS:
            kept = list(compared(ratings, nc.Settings(rank=rank, blanks=blanks), range(1, 1 + ORDERS)))
            alike = same_folds and all(one.said for one in kept)
            print(
                f"{name:30} {blanks:8} {ratings.n_users:7} {min(one.lists for one in kept):10.1%} "
                f"{max(one.penalty for one in kept):10.1g} {max(one.weights for one in kept):11.1g}  "
                f"{'the same' if alike else 'DIFFERS'}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
