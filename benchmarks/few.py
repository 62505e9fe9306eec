"""Lists for people with few ratings: `python -m benchmarks.few [--ratings FILE] [--ranks 10,20,40] [--seeds 5]`.

A quarter of the people are not in the fit. Of each, 5, 10, 20 or 50 ratings drawn at random are told; relevant are the ratings
in the upper 30 % of the scale among the others, ranked are all items but those told. Only people with ten ratings more than
are told are judged. Ours as lists are made (`list_fit`), and at ranks with a blank counting as in the fit
(c = 0), with the default, and with other c; item-kNN and EASE each with the one setting of its grid that is best on average, found
on these same people, which favours them; popular; chance.

Then people in the fit: a fifth of all ratings is held out, and people are judged by how many ratings they have left.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.lifelike import lifelike
from nmf_core import Factorization, Ratings, factorize, list_fit, read_ratings
from nmf_core.fit.fold_in import default_half_at, fold_in_rows, list_weights
from nmf_core.metrics import RELEVANT, ndcg
from nmf_core.study.split import held_out_folds

Array = NDArray[np.floating]
Scores = Callable[[sparse.csr_array], Array]
TOLD, LEFT, TOP = (5, 10, 20, 50), 10, 10
HALF_AT = (15.0, 30.0, 60.0, 120.0)  # tried beside 0 and the default
NEIGHBOURS = (50, 100, 200, 400)
PENALTIES = (300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0)
GROUPS = ((1, 20), (21, 50), (51, 100), (101, 10**9))  # of people in the fit, by their ratings
PASSES, TOL = 200, 1e-6
REAL = Path(__file__).parents[2] / "shared" / "real" / "ml-latest-small" / "ratings.csv"


def told_and_relevant(
    ratings: Ratings, people: NDArray, n: int, seed: int
) -> tuple[sparse.csr_array, NDArray[np.bool_]]:
    """Of people (rows of V) with at least n + `LEFT` ratings: n of their ratings, and which items are relevant besides."""
    rng = np.random.default_rng((seed, n))
    low, high = ratings.scale
    columns, values, relevant = [], [], []
    for u in people[ratings.user_counts[people] >= n + LEFT]:
        cells = rng.permutation(np.arange(ratings.V.indptr[u], ratings.V.indptr[u + 1]))
        told, rest = np.sort(cells[:n]), cells[n:]
        wanted = np.zeros(ratings.n_items, dtype=bool)
        wanted[ratings.V.indices[rest[ratings.V.data[rest] >= low + RELEVANT * (high - low)]]] = True
        if wanted.any():
            columns.append(ratings.V.indices[told])
            values.append(ratings.V.data[told].astype(float))
            relevant.append(wanted)
    parts = (np.concatenate(values), np.concatenate(columns), np.arange(len(relevant) + 1) * n)
    return sparse.csr_array(parts, shape=(len(relevant), ratings.n_items)), np.array(relevant)


def item_knn(V: sparse.csr_array, nearest: int) -> Scores:
    """Each item by the ratings of its `nearest` items by cosine, weighted by it."""
    length = np.sqrt(V.multiply(V).sum(axis=0))
    cosine = (V.T @ V).toarray() / np.maximum(np.outer(length, length), 1e-12)
    np.fill_diagonal(cosine, 0.0)
    if nearest < len(cosine):
        cosine[cosine < np.partition(cosine, -nearest, axis=1)[:, [-nearest]]] = 0.0
    return lambda X: X @ cosine.T


def ease(V: sparse.csr_array, penalty: float) -> Scores:
    """EASE (`peer_models.ease`) without its n_items × n_items matrix: the inverse by Woodbury's identity over people."""
    dense = V.toarray()
    inner = np.linalg.inv(dense @ dense.T + penalty * np.eye(len(dense))) @ dense
    diagonal = (1.0 - np.einsum("ui,ui->i", dense, inner)) / penalty
    return lambda X: X.toarray() - (X.toarray() - (X @ V.T) @ inner) / penalty / diagonal


def models(training: Ratings, ranks: list[int]) -> Iterator[tuple[str, str, Scores]]:
    """Name, setting and scores of what is compared."""
    V = training.V.astype(np.float64)
    counts = training.item_counts.astype(float)
    yield "chance", "", lambda X: np.random.default_rng(0).random(X.shape)
    yield "popular", "", lambda X: np.repeat(counts[None, :], X.shape[0], axis=0)
    for nearest in NEIGHBOURS:
        yield "item-kNN", f"{nearest} nearest", item_knn(V, nearest)
    for penalty in PENALTIES:
        yield "EASE", f"λ {penalty:g}", ease(V, penalty)
    fine = list_fit(training)
    yield "list_fit", "", folded(fine, default_half_at(fine))
    for rank in ranks:
        fit = factorize(training, rank=rank, blanks="weak")
        default = default_half_at(fit)
        for half_at in (0.0, default, *HALF_AT):
            name = f"rank {rank}, c {half_at:g}" if half_at != default else f"rank {rank}, default"
            yield name, f"c {half_at:.0f}", folded(fit, half_at)


def folded(fit: Factorization, half_at: float) -> Scores:
    """The scores of people folded in."""
    return lambda X: fold_in_rows(fit, X, half_at=half_at, passes=PASSES, tol=TOL) @ fit.H


def judged(scores: Array, told: sparse.csr_array, relevant: NDArray[np.bool_]) -> tuple[float, float]:
    """NDCG@`TOP`, and how many different items are in the lists of all."""
    scores[told.nonzero()] = -np.inf
    lists = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    return float(np.nanmean(ndcg(scores, relevant, TOP))), float(len(np.unique(lists)))


def new_people(ratings: Ratings, ranks: list[int], seeds: int) -> None:
    """People who are not in the fit: measure and print."""
    found: dict[str, dict[str, list[list[tuple[float, float]]]]] = defaultdict(lambda: defaultdict(list))
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(ratings.n_users)
        new, old = np.sort(order[: ratings.n_users // 4]), np.sort(order[ratings.n_users // 4 :])
        training = Ratings(ratings.V[old], ratings.users[old], ratings.items, ratings.scale)
        asked = [told_and_relevant(ratings, new, n, seed) for n in TOLD]
        for name, setting, scores in models(training, ranks):
            found[name][setting].append([judged(np.array(scores(X), float), X, relevant) for X, relevant in asked])
        print(f"  seed {seed}: judged are {', '.join(str(X.shape[0]) for X, _ in asked)} people", flush=True)
    print(f"\nNDCG@{TOP} ± its spread over seeds, and different items in all lists, of new people by ratings told")
    print(f"{'':18} {'setting':>12}" + "".join(f"{n:>22}" for n in TOLD))
    for name, settings in found.items():
        setting, results = max(settings.items(), key=lambda s: float(np.mean([[x[0] for x in run] for run in s[1]])))
        table = np.array(results)  # seeds × told × (NDCG, different)
        cells = [
            f"{table[:, k, 0].mean():.3f} ± {table[:, k, 0].std():.3f} {table[:, k, 1].mean():5.0f}" for k in range(4)
        ]
        print(f"{name:18} {setting:>12}" + "".join(f"{cell:>22}" for cell in cells))


def people_in_the_fit(ratings: Ratings, ranks: list[int], seeds: int) -> None:
    """People in the fit by how many ratings they have: measure and print."""
    low, high = ratings.scale
    print(f"\nNDCG@{TOP}, different items in all lists, and how many share the first item, of people in the fit")
    print(f"{'':18}" + "".join(f"{f'{a} to {b}' if b < 10**9 else f'{a} and more':>22}" for a, b in GROUPS))
    for rank in ranks:
        rows: dict[str, list[list[tuple[float, float, float]]]] = defaultdict(list)
        for seed in range(seeds):
            fold = held_out_folds(ratings, folds=5, seed=seed)
            seen, held = ratings.keep(fold != 0), ratings.keep(fold == 0)
            good = held.V.copy()
            good.data = (good.data >= low + RELEVANT * (high - low)).astype(np.float32)
            relevant = good.toarray() > 0
            fit = factorize(seen, rank=rank, blanks="weak")
            for name, half_at in (("W of the fit", 0.0), ("folded in again", None)):
                everybody = slice(0, seen.n_users)
                scores = list_weights(fit, seen, everybody, half_at=half_at, passes=PASSES, tol=TOL) @ fit.H
                row = []
                for a, b in GROUPS:
                    some = np.flatnonzero((seen.user_counts >= a) & (seen.user_counts <= b))
                    quality, different = judged(scores[some].copy(), seen.V[some], relevant[some])
                    unrated = np.where(seen.V[some].toarray() != 0, -np.inf, scores[some])
                    row.append((quality, different, np.bincount(unrated.argmax(axis=1)).max() / max(1, len(some))))
                rows[f"{rank}, {name}"].append(row)
        for name, results in rows.items():
            table = np.array(results).mean(axis=0)
            print(f"{name:18}" + "".join(f"{f'{q:.3f} {d:6.0f} {s:7.0%}':>22}" for q, d, s in table), flush=True)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument(
        "--ratings", type=Path, help="a file; else MovieLens latest small, or lifelike ratings without it"
    )
    asked.add_argument("--ranks", default="10,20,40")
    asked.add_argument("--seeds", type=int, default=5)
    given = asked.parse_args()
    file = given.ratings or (REAL if REAL.exists() else None)
    ratings = read_ratings(file) if file else lifelike(100_000, pull=1.0)
    print(f"{file.parent.name + '/' + file.name if file else 'lifelike, 100k'}: {ratings.n_users} × {ratings.n_items}")
    ranks = [int(rank) for rank in given.ranks.split(",")]
    new_people(ratings, ranks, given.seeds)
    people_in_the_fit(ratings, ranks, given.seeds)


if __name__ == "__main__":
    main()
