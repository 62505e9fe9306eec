"""Counterfactuals held against brute force: `python -m benchmarks.flips [--ratings FILE] [--people 200] [--rank 160]`.

For people of planted sets, whose blanks are not at random, and of latest small (or FILE): whether each change found does put the
item first that it says, by `fold_in_rows`; whether any smaller half-star change does, all of them folded in; whether any shorter
set of ratings does, all of them up to `--brute` sets a person, in random order where there are more. And how long it took.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.few import REAL
from benchmarks.lifelike import lifelike
from nmf_core import Factorization, Ratings, Settings, fit_settings, read_ratings, shortest_removal, smallest_flip
from nmf_core.fit.fold_in import fold_in_rows
from nmf_core.interpret.contest import EVEN, Contest, contest_of
from nmf_core.interpret.recommend import scale_steps

Array = NDArray[np.floating]
AT_ONCE = 256


@dataclass
class Tally:
    """What was found, and what was wrong with it.

    Attributes:
        flips, removals, neither: of how many people one rating changed, some taken away, or nothing found puts another item first.
        sizes: of the removals.
        false: changes that do not do what they say.
        smaller: people of whom a smaller change, or set, does it, too.
        partly: people whose smaller sets were too many to try all.
        seconds: for each person, of flip and removal together.
    """

    flips: int = 0
    removals: int = 0
    neither: int = 0
    sizes: list[int] = field(default_factory=list)
    false: int = 0
    smaller: int = 0
    partly: int = 0
    seconds: list[float] = field(default_factory=list)


def firsts(contest: Contest, rows: Array) -> list[int]:
    """The place of what comes first for each row of own ratings (NaN for one that is gone), by `fold_in_rows`; −1 for nothing."""
    fit, columns = contest.problem.fit, contest.problem.columns
    there = ~np.isnan(rows)
    ends = np.append(0, np.cumsum(there.sum(axis=1)))
    cells = (rows[there], np.broadcast_to(columns, rows.shape)[there], ends)
    V = sparse.csr_array(cells, shape=(len(rows), len(fit.items)))
    scores = fold_in_rows(fit, V) @ fit.H[:, contest.candidates]
    best = scores.max(axis=1, keepdims=True)
    even = np.round(scores / np.where(best > 0, best, 1), EVEN).argmax(axis=1)
    return np.where(best[:, 0] > 1e-12 * best.max(), even, -1).tolist()


def any_flips(contest: Contest, rows: Array) -> bool:
    """Whether one of some rows puts another item first."""
    for start in range(0, len(rows), AT_ONCE):
        if any(place not in (-1, contest.first) for place in firsts(contest, rows[start : start + AT_ONCE])):
            return True
    return False


def smaller_changes(contest: Contest, ratings: Ratings, below: float) -> Array:
    """The own ratings with one of them moved, by less than `below`: a row for each way."""
    own = contest.problem.values
    rows = [own]
    for k, old in enumerate(own):
        for new in scale_steps(ratings):
            if 0 < abs(new - old) < below - 1e-9:
                row = own.copy()
                row[k] = new
                rows.append(row)
    return np.array(rows[1:]).reshape(-1, len(own))


def shorter_sets(contest: Contest, below: int, brute: int, rng: np.random.Generator) -> tuple[Array, bool]:
    """The own ratings without each set of fewer than `below`; whether these are all of them, or as many as `brute` a size."""
    own, rows, whole = contest.problem.values, [], True
    for size in range(1, below):
        if comb(len(own), size) <= brute:
            sets = [list(gone) for gone in combinations(range(len(own)), size)]
        else:
            whole = False
            sets = [rng.choice(len(own), size, replace=False).tolist() for _ in range(brute)]
        for gone in sets:
            row = own.copy()
            row[gone] = np.nan
            rows.append(row)
    return np.array(rows).reshape(-1, len(own)), whole


def judge(fit: Factorization, ratings: Ratings, user: str, tally: Tally, brute: int, rng: np.random.Generator) -> None:
    """Find the counterfactual of one person, and hold it against brute force."""
    began = time.perf_counter()
    flip = smallest_flip(fit, ratings, user)
    removal = shortest_removal(fit, ratings, user) if flip is None else None
    tally.seconds.append(time.perf_counter() - began)
    contest = contest_of(fit, ratings, user)
    if contest is None:
        return
    own, place = contest.problem.values, {contest.own_name(k): k for k in range(len(contest.problem.columns))}
    changed = own.copy()
    if flip is not None:
        tally.flips += 1
        changed[place[flip.item]] = flip.new
        tally.smaller += any_flips(contest, smaller_changes(contest, ratings, abs(flip.new - flip.old)))
    else:
        tally.smaller += any_flips(contest, smaller_changes(contest, ratings, np.inf))
    if removal is not None:
        tally.removals += 1
        tally.sizes.append(len(removal.items))
        changed[[place[item] for item in removal.items]] = np.nan
        rows, whole = shorter_sets(contest, len(removal.items), brute, rng)
        tally.smaller += any_flips(contest, rows)
        tally.partly += not whole
    found = flip or removal
    if found is None:
        tally.neither += 1
    else:
        before, now = firsts(contest, np.array([own, changed]))
        tally.false += (contest.name(before), contest.name(now)) != (found.before, found.after)


def run(name: str, ratings: Ratings, rank: int, people: int, brute: int) -> Tally:
    """Judge some people of one set of ratings, and print."""
    fit = fit_settings(ratings, Settings(rank=rank, blanks="weak", penalty=0.02, max_sweeps=6)).canonical()
    rng, tally = np.random.default_rng(0), Tally()
    with_ratings = ratings.users[ratings.user_counts > 0]
    for user in with_ratings[rng.choice(len(with_ratings), min(people, len(with_ratings)), replace=False)]:
        judge(fit, ratings, str(user), tally, brute, rng)
    sizes = " ".join(f"{size}:{tally.sizes.count(size)}" for size in sorted(set(tally.sizes)))
    seconds = np.quantile(tally.seconds, [0.5, 0.95])
    print(
        f"{name:14} rank {rank:3}: {tally.flips} flips, {tally.removals} removals ({sizes}), {tally.neither} neither; "
        f"{tally.false} false, {tally.smaller} with a smaller one (of {tally.partly} a part of the sets was tried); "
        f"median {seconds[0]:.2f} s, 95 % {seconds[1]:.2f} s",
        flush=True,
    )
    return tally


def main() -> None:
    """Planted sets, then real ratings where they are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratings", type=Path, default=REAL)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--rank", type=int, default=160)
    parser.add_argument("--brute", type=int, default=2_000, help="sets of each size that are tried at most")
    asked = parser.parse_args()
    for seed in range(4):
        planted = lifelike(20_000, seed, pull=1.0)
        run(f"planted {seed}", planted, min(40, asked.rank), asked.people // 4, asked.brute)
    if asked.ratings.is_file():
        run("real", read_ratings(asked.ratings), asked.rank, asked.people, asked.brute)


if __name__ == "__main__":
    main()
