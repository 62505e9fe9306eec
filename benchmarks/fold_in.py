"""What folding people in costs: `python -m benchmarks.fold_in [--ranks 20,160]`.

A planted set of the size of MovieLens latest small (600 people, 9,000 items, 100,000 ratings), blanks weak and unknown: the
whole public call for one person of 50 ratings, all people at once, and beside them `scipy.optimize.nnls` on all cells of one
person, whose answer ours must be. The fits are of three sweeps: how good they are says nothing here.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from scipy.optimize import nnls

from nmf_core import Factorization, Ratings, datasets, factorize, fold_in
from nmf_core.fit.fold_in import fold_in_rows

OWN, TURNS = 50, 30


def fastest(work: Callable[[], object], turns: int = TURNS) -> float:
    """Milliseconds of the fastest of some turns, after one that does not count."""
    work()
    took = []
    for _ in range(turns):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return 1e3 * min(took)


def by_scipy(fit: Factorization, values: np.ndarray) -> np.ndarray:
    """(rank,) the weights of a person with `values` (n_items,), 0 in blanks, by SciPy over all cells."""
    mask = values > 0
    weight = np.sqrt(np.where(mask, 1.0, fit.blanks.weight))
    ridge = np.sqrt(fit.penalty.l2_W * (weight**2).sum()) * np.eye(fit.rank)
    left = np.vstack([weight[:, None] * (fit.H.T * fit.column_scale), ridge])
    wanted = weight * np.where(mask, values, fit.blanks.value)
    return nnls(left, np.concatenate([wanted, np.zeros(fit.rank)]))[0] * fit.column_scale


def measured(ratings: Ratings, rank: int, blanks: str) -> tuple[float, float, float, float]:
    """Milliseconds of one person, of all of them, of SciPy for one, and how far one is from SciPy's."""
    fit = factorize(ratings, rank=rank, blanks=blanks, penalty=0.03, max_sweeps=3).canonical()
    row = int(np.argmin(np.abs(ratings.user_counts - OWN)))
    own = ratings.of_user(ratings.users[row])
    values = ratings.V[[row]].toarray()[0].astype(float)
    one = fastest(lambda: fold_in(fit, own, half_at=0))
    everybody = fastest(lambda: fold_in_rows(fit, ratings.V.astype(np.float64), half_at=0), 3)
    scipys = fastest(lambda: by_scipy(fit, values), 1)
    apart = float(np.abs(fold_in(fit, own, half_at=0) - by_scipy(fit, values)).max())
    return one, everybody, scipys, apart


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ranks", default="20,160", help="with commas between them")
    ranks = [int(rank) for rank in parser.parse_args().ranks.split(",")]
    ratings = datasets.planted(600, 9_000, 8, 100_000 / 600 / 9_000, 0.5, 0, biased_blanks=1.0)
    print(f"{ratings.n_users} people, {ratings.n_items} items, {ratings.n_ratings} ratings; milliseconds")
    print(f"{'blanks':8} {'rank':>4} {'one person':>11} {'everybody':>10} {'SciPy, one':>11} {'apart':>8}")
    for blanks in ("weak", "unknown"):
        for rank in ranks:
            one, everybody, scipys, apart = measured(ratings, rank, blanks)
            print(f"{blanks:8} {rank:4} {one:11.2f} {everybody:10.0f} {scipys:11.1f} {apart:8.0e}", flush=True)


if __name__ == "__main__":
    main()
