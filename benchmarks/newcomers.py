"""Somebody new after five answers: `python -m benchmarks.newcomers [--ratings FILE] [--ranks 10] [--people 220] [--seeds 1]`.

So many people are not in the fit. Half of the ratings of each, drawn at random, are what they can answer with; the other half are
what is to be foretold. They are asked about one item after the other, out of the 100 with most ratings, until five are answered
(who has not rated an item among the answerable ones says so and is asked on): the most popular first; in random order; those that
tell most (`items_to_ask`); or they choose five times between two shelves (`next_choice`), for the one of which they rated more in
the upper 30 % of the scale among the answerable ones, "neither" where that is a tie. Then they are folded in, and judged by
NDCG@10 (relevant: the other half's ratings in the upper 30 % of the scale; candidates: all items but their answerable ones, for
every way of asking, since an item that was asked about can be no hit) and by RMSE on the other half. Beside each NDCG, its paired
difference from asking the most popular.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.few import PASSES, REAL, TOL
from benchmarks.lifelike import lifelike
from nmf_core import Factorization, Ratings, factorize, read_ratings
from nmf_core.fit.fold_in import fold_in_rows
from nmf_core.interpret.newcomer import WELL_KNOWN, Choice, as_ratings, items_to_ask, next_choice
from nmf_core.metrics import RELEVANT, ndcg

ANSWERS, TOP, FEWEST = 5, 10, 30  # answers; length of a list; ratings of a person who is judged
Own = dict[str, float]
Way = Callable[[Factorization, Ratings, Own, int], tuple[Own, int]]


def by_order(order: Callable[[Ratings, int], NDArray[np.int64]]) -> Way:
    """Asking about well known items in an order that does not hang on the answers."""

    def ask(fit: Factorization, training: Ratings, can: Own, seed: int) -> tuple[Own, int]:
        items = training.items[order(training, seed)].tolist()
        known = [place for place, item in enumerate(items) if item in can][:ANSWERS]
        asked = known[-1] + 1 if len(known) == ANSWERS else len(items)
        return {items[place]: can[items[place]] for place in known}, asked

    return ask


def popular(training: Ratings, seed: int) -> NDArray[np.int64]:
    """The well known items, most ratings first."""
    return np.argsort(-training.item_counts, kind="stable")[:WELL_KNOWN]


def shuffled(training: Ratings, seed: int) -> NDArray[np.int64]:
    """The well known items in random order."""
    return np.random.default_rng(seed).permutation(popular(training, seed))


def informative(fit: Factorization, training: Ratings, can: Own, seed: int) -> tuple[Own, int]:
    """Asking what tells most, given what was answered."""
    own: Own = {}
    passed: list[str] = []
    while len(own) < ANSWERS and len(own) + len(passed) < WELL_KNOWN:
        found = items_to_ask(fit, training, own, passed=passed)
        if not found:
            break
        if found[0] in can:
            own[found[0]] = can[found[0]]
        else:
            passed.append(found[0])
    return own, len(own) + len(passed)


def shelves(fit: Factorization, training: Ratings, can: Own, seed: int) -> tuple[Own, int]:
    """Choosing between two shelves."""
    low, high = training.scale
    liked = {item for item, rating in can.items() if rating >= low + RELEVANT * (high - low)}
    answers: list[tuple[Choice, str]] = []
    while len(answers) < ANSWERS:
        choice = next_choice(fit, training, [asked for asked, _ in answers])
        if choice is None:
            break
        this, that = len(liked & set(choice.this)), len(liked & set(choice.that))
        answers.append((choice, "this" if this > that else "that" if that > this else "neither"))
    return as_ratings(training, answers), len(answers)


WAYS: dict[str, Way] = {
    "nothing asked": lambda fit, training, can, seed: ({}, 0),
    "most popular": by_order(popular),
    "random": by_order(shuffled),
    "tells most": informative,
    "five shelves": shelves,
}


def halves(ratings: Ratings, u: int, seed: int) -> tuple[Own, Own]:
    """Half of somebody's ratings, and the other half."""
    own = list(ratings.of_user(ratings.users[u]).items())
    order = np.random.default_rng((seed, u)).permutation(len(own))
    half = len(own) // 2
    return dict(own[k] for k in order[:half]), dict(own[k] for k in order[half:])


def measured(ratings: Ratings, rank: int, n_people: int, seed: int, blanks: str) -> dict[str, list[tuple[float, ...]]]:
    """Way → for each person NDCG, squared error, questions and answers."""
    order = np.random.default_rng(seed).permutation(ratings.n_users)
    new, old = np.sort(order[:n_people]), np.sort(order[n_people:])
    training = Ratings(ratings.V[old], ratings.users[old], ratings.items, ratings.scale)
    fit = factorize(training, rank=rank, blanks=blanks).canonical()
    low, high = ratings.scale
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in WAYS}
    for u in new[ratings.user_counts[new] >= FEWEST]:
        can, rest = halves(ratings, int(u), seed)
        test = ratings.items.get_indexer(list(rest))
        given = np.array(list(rest.values()))
        relevant = np.zeros((1, ratings.n_items), dtype=bool)
        relevant[0, test[given >= low + RELEVANT * (high - low)]] = True
        for name, ask in WAYS.items():
            own, asked = ask(fit, training, can, int(u))
            scores = fold_in_rows(fit, _row(ratings, own), passes=PASSES, tol=TOL) @ fit.H
            error = float(((np.clip(scores[0, test], low, high) - given) ** 2).mean())
            scores[0, ratings.items.get_indexer(list(can))] = -np.inf
            found[name].append((float(ndcg(scores, relevant, TOP)[0]), error, asked, len(own)))
    return found


def _row(ratings: Ratings, own: Own) -> sparse.csr_array:
    """One person's ratings as a row."""
    columns = ratings.items.get_indexer(list(own))
    values = np.array(list(own.values()), dtype=float)
    order = np.argsort(columns)
    return sparse.csr_array((values[order], columns[order], [0, len(own)]), shape=(1, ratings.n_items))


def told(found: dict[str, list[tuple[float, ...]]]) -> None:
    """Print one table."""
    base = np.array(found["most popular"])[:, 0]
    print(f"{'':14} {'NDCG@10':>8} {'less popular':>17} {'RMSE':>7} {'asked':>7} {'answers':>8}")
    for name, rows in found.items():
        table = np.array(rows)
        apart = table[:, 0] - base
        apart = apart[np.isfinite(apart)]
        error = apart.std() / np.sqrt(max(1, len(apart)))
        rmse = np.sqrt(table[:, 1]).mean()
        print(
            f"{name:14} {np.nanmean(table[:, 0]):8.3f} {f'{apart.mean():+.3f} ± {error:.3f}':>17} {rmse:7.3f} "
            f"{table[:, 2].mean():7.1f} {table[:, 3].mean():8.1f}",
            flush=True,
        )


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--ratings", type=Path, help="a file; else MovieLens latest small, or lifelike ratings")
    asked.add_argument("--ranks", default="10")
    asked.add_argument("--people", type=int, default=220)
    asked.add_argument("--seeds", type=int, default=1)
    asked.add_argument("--blanks", default="weak")
    given = asked.parse_args()
    file = given.ratings or (REAL if REAL.exists() else None)
    ratings = read_ratings(file) if file else lifelike(100_000, pull=1.0)
    for rank in (int(rank) for rank in given.ranks.split(",")):
        found: dict[str, list[tuple[float, ...]]] = {name: [] for name in WAYS}
        for seed in range(given.seeds):
            for name, rows in measured(
                ratings, rank, min(given.people, ratings.n_users // 3), seed, given.blanks
            ).items():
                found[name] += rows
        print(f"\nrank {rank}, blanks {given.blanks}, {len(found['random'])} people")
        told(found)


if __name__ == "__main__":
    main()
