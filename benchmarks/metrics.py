"""Our metrics of lists beside those of `ranx`: `python -m benchmarks.metrics [--cases 200]`; `pip install ranx` first.

Random scores without ties, random relevant items, some of them none. Prints the largest difference of each metric, and what `ranx`
divides by where that is something else: then ours is compared under its definition.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from nmf_core.metrics import METRICS, Lists

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]


def cases(n: int, seed: int = 0) -> list[Lists]:
    """Lists of 40 people over 5 to 60 items, of 1 to 20 places."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        n_items = int(rng.integers(5, 61))
        relevant = rng.random((40, n_items)) < rng.uniform(0.02, 0.5)
        relevant = relevant[relevant.any(axis=1)]
        made.append(Lists(rng.random(relevant.shape), relevant, int(rng.integers(1, 21))))
    return [lists for lists in made if len(lists.scores)]


def by_ranx(lists: Lists) -> dict[str, Array]:
    """Each person's figures as `ranx` has them."""
    from ranx import Qrels, Run, evaluate

    people = [f"u{k:03}" for k in range(len(lists.scores))]
    wanted = {u: {f"i{i}": 1 for i in np.flatnonzero(row)} for u, row in zip(people, lists.relevant, strict=True)}
    ranked = {
        u: {f"i{i}": float(score) for i, score in enumerate(row)} for u, row in zip(people, lists.scores, strict=True)
    }
    qrels, run = Qrels(wanted), Run(ranked)
    names = {"ndcg": "ndcg", "recall": "recall", "precision": "precision", "map": "map"}
    asked = [f"{name}@{lists.top_n}" for name in names.values()]
    found = evaluate(qrels, run, asked, return_mean=False)
    return {ours: found[f"{theirs}@{lists.top_n}"] for ours, theirs in names.items()}


# What ours is multiplied by to have what `ranx` divides by.
THEIRS = {
    "recall": (
        "all that is relevant, not what a list can hold",
        lambda lists: np.minimum(lists.n_relevant, lists.k) / lists.n_relevant,
    ),
    "map": (
        "all that is relevant, not what a list can hold",
        lambda lists: np.minimum(lists.n_relevant, lists.k) / lists.n_relevant,
    ),
}


def main() -> None:
    """Compare and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--cases", type=int, default=200)
    given = asked.parse_args()
    made = cases(given.cases)
    apart: dict[str, list[tuple[float, float]]] = {}
    for lists in made:
        for name, theirs in by_ranx(lists).items():
            judge = METRICS[name].of_lists
            assert judge is not None
            ours = judge(lists)
            under = ours * THEIRS[name][1](lists) if name in THEIRS else ours
            apart.setdefault(name, []).append((float(np.abs(ours - theirs).max()), float(np.abs(under - theirs).max())))
    print(f"largest difference over {len(made)} random cases, {sum(len(lists.scores) for lists in made):,} lists")
    for name, found in apart.items():
        as_they_are, under = np.array(found).max(axis=0)
        said = f" (as they are {as_they_are:.3g}; theirs is over {THEIRS[name][0]})" if name in THEIRS else ""
        print(f"  {name:10} {under:.1e}{said}")


if __name__ == "__main__":
    main()
