"""What the compiled solver costs, by itself: `python -m benchmarks.solver [--quick]`.

Ratios in one run, medians of several turns: weak blanks against unknown ones, ten times the ratings, two threads against
one; flops of a half-sweep against those of the machine's matrix product; peak memory of a fit over 8 million ratings, blanks
weak and zero on a grid of 70,000 × 10,000 in the same bounds; and the first fit of the notebook's grid in a fresh process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.lifelike import lifelike
from nmf_core import Ratings, factorize
from nmf_core.fit.compiled import CompiledSide, Kernels, padded
from nmf_core.fit.factorize import problem_of
from nmf_core.fit.settings import Settings

TURNS = 9
RANK, SWEEPS = 16, 5


def sweep_seconds(ratings: Ratings, blanks: str, threads: int, rank: int = 10) -> float:
    """Seconds a sweep, start and end of the fit left out."""
    fit = factorize(ratings, rank=rank, blanks=blanks, penalty=0.1, tol=1e-5, max_sweeps=SWEEPS, threads=threads)
    seconds = fit.history["seconds"]
    return float(seconds.iloc[-1] - seconds.iloc[0]) / SWEEPS


def medians(cases: dict[str, tuple[Ratings, str, int]]) -> dict[str, float]:
    """Median seconds a sweep of each case, measured in turns."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(TURNS):
        for name, (ratings, blanks, threads) in cases.items():
            taken[name].append(sweep_seconds(ratings, blanks, threads))
    return {name: statistics.median(values) for name, values in taken.items()}


def flops(ratings: Ratings) -> tuple[float, float]:
    """10⁹ useful operations a second of one thread: of half-sweeps with one pass, and of a matrix product of 1,024³."""
    problem = problem_of(ratings, Settings(rank=RANK, penalty=0.1))
    side = CompiledSide(problem.users, np.float32)
    rng = np.random.default_rng(0)
    W, Ht = (padded(0.5 + rng.random((n, RANK)), np.float32) for n in problem.V.shape)
    # A rating's share of the gradient (score, residual, sum) and of the symmetric G; a row's one pass over the features.
    useful = problem.V.nnz * (4 * RANK + RANK * (RANK + 1)) + len(W) * 2 * RANK**2
    ours, out = [], np.empty_like(W)
    with Kernels(RANK, 1) as kernels:
        for _ in range(TURNS + 1):
            start = time.perf_counter()
            kernels.half_sweep(side, W, Ht, out, passes=1, tol=0.0)
            ours.append(time.perf_counter() - start)
    A = rng.random((1024, 1024)).astype(np.float32)
    product = []
    with threadpool_limits(1):
        for _ in range(TURNS + 1):
            start = time.perf_counter()
            A @ A
            product.append(time.perf_counter() - start)
    return useful / statistics.median(ours[1:]) / 1e9, 2 * 1024**3 / statistics.median(product[1:]) / 1e9


MEMORY = """
import json, resource, sys
import numpy as np
from scipy import sparse
import pandas as pd
from nmf_core import Ratings, factorize
from nmf_core.fit import compiled
users, items, count = 70_000, 10_000, int(sys.argv[1])
rng = np.random.default_rng(0)
compiled.warm_up()
counts = np.minimum(rng.lognormal(0, 1, users), 20)
indptr = np.concatenate([[0], np.cumsum(np.maximum(1, counts / counts.sum() * count).astype(np.int64))]).astype(np.int32)
indices = np.empty(indptr[-1], np.int32)
for u in range(users):
    n = indptr[u + 1] - indptr[u]
    indices[indptr[u]:indptr[u + 1]] = np.sort((rng.integers(items) + np.arange(n) * max(1, items // n)) % items)
data = rng.integers(1, 11, len(indices)).astype(np.float32) / 2
V = sparse.csr_array((data, indices, indptr), shape=(users, items))
ratings = Ratings(V, pd.Index([str(k) for k in range(users)]), pd.Index([str(k) for k in range(items)]), (0.5, 5))
ratings.Vt
def now():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1])
open("/proc/self/clear_refs", "w").write("5")
before = now()
factorize(ratings, rank=16, blanks=sys.argv[2], max_sweeps=3)
peak = int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
print(json.dumps((peak - before) / 1024))
"""


def peak_megabytes(count: int, blanks: str) -> float:
    """MB that a fit takes beyond its ratings, defaults untouched but for three sweeps. Linux only."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(count), blanks], check=True, capture_output=True, text=True
    )
    return float(json.loads(done.stdout))


FIRST = """
import time, nmf_core as nc
ratings = nc.datasets.notebook()
start = time.perf_counter()
nc.factorize(ratings, rank=2)
print(time.perf_counter() - start)
"""


def first_fit_seconds() -> float:
    """The notebook's grid in a fresh process, imports left out."""
    done = subprocess.run([sys.executable, "-c", FIRST], check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> None:
    """Measure and print."""
    quick = "--quick" in sys.argv
    large, small = (lifelike(100_000), lifelike(20_000)) if quick else (lifelike(1_000_000), lifelike(100_000))
    taken = medians(
        {
            "one thread": (large, "unknown", 1),
            "unknown": (large, "unknown", 2),
            "weak": (large, "weak", 2),
            "zero": (large, "zero", 2),
            "fewer": (small, "unknown", 2),
        }
    )
    print(f"{large.n_ratings:,} ratings, rank 10, two threads: {taken['unknown'] * 1e3:.1f} ms a sweep")
    print(
        f"weak / unknown: {taken['weak'] / taken['unknown']:.2f} (bar 1.6); zero / unknown: {taken['zero'] / taken['unknown']:.2f}"
    )
    more = large.n_ratings / small.n_ratings
    print(
        f"{more:.0f} times the ratings: {taken['unknown'] / taken['fewer']:.1f} times the seconds a sweep (bar 11 for 10)"
    )
    print(f"two threads against one: {taken['one thread'] / taken['unknown']:.2f} times as fast (bar 1.7)")
    ours, product = flops(large)
    print(f"flops, rank {RANK}: {ours:.1f} of {product:.1f} · 10⁹ a second, {ours / product:.0%} (bar 25 %)")
    print(
        f"first fit of the notebook's grid: {statistics.median(first_fit_seconds() for _ in range(TURNS)):.3f} s (bar 0.2)"
    )
    for blanks in ("unknown", "weak", "zero"):
        count = 800_000 if quick else 8_000_000
        print(f"peak memory over {count:,} ratings, blanks {blanks}: {peak_megabytes(count, blanks):.0f} MB (bar 300)")


if __name__ == "__main__":
    main()
