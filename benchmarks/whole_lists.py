"""What everybody's list costs: `python -m benchmarks.whole_lists [--ratings 10000000] [--rank 16] [--blanks unknown]`.

Lifelike ratings (10 million are of 70,000 people and 10,000 items), fitted for three sweeps: how good they are says nothing
here. In one run, in turns: the bare blocked product of W and H with `argpartition` for ten of each row, which knows no ties,
leaves nothing out and writes nothing; and `recommend_all` to CSV and Parquet, with a column a feature and without. Memory is
that of a process of its own, which opens ratings and fit from disk and writes the lists: its largest, and what it had before.
"""

from __future__ import annotations

import argparse
import pickle
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.lifelike import lifelike
from nmf_core import Factorization, Ratings, factorize, recommend_all

BLOCK, N, TURNS = 512, 10, 2
WAYS = (("CSV", ".csv", True), ("Parquet", ".parquet", True), ("CSV", ".csv", False), ("Parquet", ".parquet", False))


def bare(W: np.ndarray, H: np.ndarray) -> None:
    """The blocked product, and the ten largest of each row in no order."""
    for start in range(0, len(W), BLOCK):
        np.argpartition(W[start : start + BLOCK] @ H, -N, axis=1)[:, -N:]


def times(fit: Factorization, ratings: Ratings, folder: Path) -> dict[str, float]:
    """Seconds of the bare product in float64 and float32, and of each way to write the lists; the faster of two turns."""
    W, H = fit.W.astype(np.float32), fit.H.astype(np.float32)
    works = {"bare, float64": lambda: bare(fit.W, fit.H), "bare, float32": lambda: bare(W, H)}
    for name, ending, contributions in WAYS:
        with_what = "with parts" if contributions else "without"
        works[f"{name}, {with_what}"] = lambda ending=ending, contributions=contributions: recommend_all(
            fit, ratings, folder / f"lists{ending}", n=N, contributions=contributions
        )
    took: dict[str, float] = {}
    for _ in range(TURNS):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            took[name] = min(took.get(name, np.inf), time.perf_counter() - began)
    return took


def memory(fit: Factorization, ratings: Ratings, folder: Path) -> tuple[float, float]:
    """Megabytes of a process that writes CSV with parts: before, and at the most."""
    fresh = (replace(fit), replace(ratings))  # less what they have come to know of themselves
    (folder / "opened").write_bytes(pickle.dumps(fresh))
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.whole_lists", "--writes", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    before, most = map(float, ran.stdout.split())
    return before, most


def writes(folder: Path) -> None:
    """Write the lists of what lies in a folder, and print what memory there was."""
    with (folder / "opened").open("rb") as file:
        fit, ratings = pickle.load(file)  # noqa: S301 - written by this program a moment ago
    before = largest()
    recommend_all(fit, ratings, folder / "lists.csv", n=N)
    print(before, largest())


def largest() -> float:
    """The most megabytes that this process has had; what `resource` tells begins with those of the one that started it."""
    return int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]) / 1024


def report(n_ratings: int, rank: int, blanks: str) -> None:
    """Measure and print."""
    ratings = lifelike(n_ratings)
    fit = factorize(ratings, rank=rank, blanks=blanks, penalty=0.03, max_sweeps=3).canonical()
    print(
        f"{ratings.n_users} people, {ratings.n_items} items, {ratings.n_ratings} ratings, rank {rank}, blanks {blanks}"
    )
    with tempfile.TemporaryDirectory() as name:
        took = times(fit, ratings, Path(name))
        fastest = min(seconds for what, seconds in took.items() if what.startswith("bare"))
        for what, seconds in took.items():
            print(f"{what:20} {seconds:7.2f} s {seconds / fastest:6.2f} of the bare product", flush=True)
        before, most = memory(fit, ratings, Path(name))
    print(f"memory {most:.0f} MB at the most, {before:.0f} MB before")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=int, default=10_000_000)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--blanks", default="unknown", help="unknown, weak or zero")
    parser.add_argument("--writes", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.writes:
        writes(asked.writes)
    else:
        report(asked.ratings, asked.rank, asked.blanks)


if __name__ == "__main__":
    main()
