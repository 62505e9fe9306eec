"""Do names stay with their features? `python -m benchmarks.labels [--seeds 3] [--planted 200]`.

MovieLens latest small, blanks weak and unknown: labels of all features of a fit are carried to one with a feature or two more,
from another random start, and to one of 95 % of the ratings. Printed are shares of labels by their status (`carry_labels`), the
share that the pages attach, which know of the first fit only what is kept with a label (`matched_labels`), and the similarity of
matched features; and the same to fits of ratings without tastes, shuffled within items or rewired, where none should stay.

With `--planted` so many grids with known features instead, fitted again after each of several changes (`labels_planted.py`).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator

import numpy as np

from benchmarks.few import REAL
from benchmarks.labels_planted import grids, judged, stored
from nmf_core import Factorization, Ratings, carry_labels, factorize, match_features, read_ratings
from nmf_core.interpret.carry import labels_in
from nmf_core.labels import STATUSES
from nmf_core.study.chance import rewired, shuffled_within_items

Change = tuple[str, Factorization, Factorization]


def fitted(ratings: Ratings, rank: int, blanks: str, penalty: float, seed: int | None = None) -> Factorization:
    """A fit in canonical form; from a random start where a seed is given."""
    start = "auto" if seed is None else "random"
    return factorize(ratings, rank=rank, blanks=blanks, penalty=penalty, init=start, seed=seed or 0).canonical()


def changes(ratings: Ratings, blanks: str, penalty: float, seeds: int) -> Iterator[Change]:
    """What is done to a fit, it and the other one."""
    base = {rank: fitted(ratings, rank, blanks, penalty) for rank in range(5, 10)}
    for old, new in ((5, 6), (5, 7), (6, 5), (8, 9)):
        yield f"rank {old} to {new}", base[old], base[new]
    without = shuffled_within_items if blanks == "unknown" else rewired
    for seed in range(seeds):
        for rank in (5, 8):
            drawn = (fitted(ratings, rank, blanks, penalty, seed) for seed in (2 * seed, 2 * seed + 1))
            yield (f"another start, rank {rank}", *drawn)
            kept = np.random.default_rng(seed).random(ratings.n_ratings) < 0.95
            yield f"95 % of the ratings, rank {rank}", base[rank], fitted(ratings.keep(kept), rank, blanks, penalty)
            yield "without tastes", base[rank], fitted(without(ratings, seed), rank, blanks, penalty)


def real(seeds: int) -> None:
    """Measure latest small and print."""
    ratings = read_ratings(REAL).by_name
    for blanks in ("weak", "unknown"):
        penalty = factorize(ratings, rank=8, blanks=blanks).penalty.l2_W
        told: dict[str, Counter[str]] = {}
        alike: dict[str, list[float]] = {}
        for name, old, new in changes(ratings, blanks, penalty, seeds):
            named = {f: f"name {f}" for f in range(old.rank)}
            known = labels_in(new, stored(old, named))
            carried = carry_labels(named, old, new)
            told.setdefault(name, Counter(attached=0)).update(carried["status"])
            told[name]["attached"] += len(known.by_feature)
            alike.setdefault(name, []).extend(match_features(old, new)["similarity"])
        for name, counts in told.items():
            of = counts.total() - counts["attached"]
            shares = "  ".join(f"{status} {counts[status] / of:4.0%}" for status in STATUSES)
            low, middle = np.quantile(alike[name], (0.1, 0.5))
            pages = f"pages {counts['attached'] / of:4.0%}"
            print(
                f"{blanks:8} {name:28} {shares}  {pages}   similarity {middle:.2f}, a tenth below {low:.2f}", flush=True
            )


def planted(n: int) -> None:
    """Measure n planted grids and print."""
    for blanks in ("unknown", "weak"):
        told: dict[str, Counter[str]] = {"all": Counter()}
        for grid in grids(n, blanks):
            for name, counts in judged(grid):
                told.setdefault(name, Counter()).update(counts)
                told["all"].update(counts)
        for name, counts in sorted(told.items()):
            right, kept = counts["right"] / max(counts["attached"], 1), counts["kept"] / max(counts["persist"], 1)
            print(
                f"{blanks:8} {name:24} attached {counts['attached']:5}, right {right:6.1%}   persisting {counts['persist']:5}, "
                f"kept {kept:6.1%}   vanished {counts['vanished']:4}, in the tray {counts['in the tray']:4}",
                flush=True,
            )


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--planted", type=int, default=0, metavar="GRIDS")
    options = asked.parse_args()
    if options.planted:
        planted(options.planted)
    else:
        real(options.seeds)


if __name__ == "__main__":
    main()
