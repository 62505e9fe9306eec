"""How well weak blanks rank by default: `python -m benchmarks.weak [PART OF A NAME]`.

NDCG@10 among all unrated items, on planted sets in which people rate what they like: `factorize(ratings, rank, blanks="weak")`
beside `implicit`'s iALS at the same rank and EASE, each the best of the grid in `benchmarks/peer_models.py`, which favours them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.lifelike import lifelike
from benchmarks.peer_models import RANKERS, How
from benchmarks.peers import Split, ranking_quality, split_of
from nmf_core import Ratings, datasets, factorize

RANKS = (10, 20)


def sets() -> Iterator[tuple[str, Ratings]]:
    """Planted ratings with blanks that are not at random, with their names."""
    yield "lifelike, 20k", lifelike(20_000, pull=1.0)
    yield "lifelike, 100k", lifelike(100_000, pull=1.0)
    for density in (0.03, 0.1, 0.25):
        yield f"planted, {density:.0%}", datasets.planted(800, 500, 6, density, 0.5, 0, biased_blanks=1.0)
    yield "planted, 6%, 0.5-5", datasets.planted(800, 500, 6, 0.06, 0.5, 1, biased_blanks=1.5, scale=(0.5, 5))
    yield (
        "planted, 6%, 0-100",
        datasets.planted(800, 500, 6, 0.06, 12, 1, biased_blanks=1.5, scale=(0, 100), rounded=1.0),
    )


def best(name: str, split: Split, how: How) -> float:
    """The best NDCG@10 of a peer's grid."""
    ranker = RANKERS[name]
    return max(ranking_quality(ranker.fit(split, setting, how)[0], split) for setting in ranker.grid)


def main() -> None:
    """Measure and print."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    peers = [name for name in RANKERS if "iALS" in name or "EASE" in name]
    print(f"{'set':22} {'rank':>4} {'weak':>8} {'λ':>7}" + "".join(f"{name:>22}" for name in peers))
    for name, ratings in sets():
        if wanted not in name:
            continue
        split = split_of(ratings)
        for rank in RANKS:
            fit = factorize(split.training, rank=rank, blanks="weak")
            ours = ranking_quality(lambda rows, fit=fit: fit.W[rows] @ fit.H, split)
            theirs = [best(peer, split, How(rank=rank, threads=2)) for peer in peers]
            print(
                f"{name:22} {rank:4} {ours:8.4f} {fit.penalty.l2_W:7.3f}" + "".join(f"{x:22.4f}" for x in theirs),
                flush=True,
            )


if __name__ == "__main__":
    main()
