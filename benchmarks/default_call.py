"""A whole default call beside LIBMF: `python -m benchmarks.default_call [--repeats 5]`.

`factorize(ratings, rank=10)`, which finds its penalty on the way, is given the fewest sweeps with which it is as good on held-out
ratings as LIBMF (`do_nmf`) is at the best of its grid, which it is given. They take turns in one process each, on the same
threads. Lifelike ratings, and MovieLens latest small where its file lies at hand. Comes with requirements-bench.txt.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator

from benchmarks.few import REAL
from benchmarks.lifelike import lifelike
from benchmarks.peer_models import OURS, RATERS, How, Split, said
from benchmarks.peers import WORKER, Curve, best_settings, fitted, split_of
from nmf_core import factorize, read_ratings
from nmf_core.fit.compiled import warm_up

HOW = How(rank=10, threads=2)
LIBMF = RATERS["LIBMF"]


def splits() -> Iterator[tuple[str, Split]]:
    """Four fifths of each set to fit, and the rest."""
    yield "lifelike, 100k", split_of(lifelike(100_000))
    if REAL.exists():
        yield "latest small", split_of(read_ratings(REAL))


def report(name: str, split: Split, repeats: int) -> None:
    """Find LIBMF's best and our sweeps to its error, then time both in turns; a line for its best, and for its fastest near it."""
    λ = factorize(split.training, rank=HOW.rank, threads=HOW.threads, max_sweeps=1).penalty.l2_W
    for theirs, target in best_settings(LIBMF, split, HOW):
        sweeps = Curve(split, HOW, λ).first(target)
        if sweeps is None:
            print(f"{name}: LIBMF {target:.4f} at {said(theirs)}, which the default does not reach")
            continue
        ours, libmf, ratios = [], [], []
        for _ in range(repeats):
            ours.append(fitted(OURS, split, {"sweeps": sweeps}, HOW)[0])
            libmf.append(fitted(LIBMF, split, theirs, HOW)[0])
            ratios.append(libmf[-1] / ours[-1])
        least, middle, most = min(ratios), statistics.median(ratios), max(ratios)
        print(
            f"{name}: to {target:.4f}, ours {statistics.median(ours):.3f} s (λ found, {sweeps} sweeps), "
            f"LIBMF {statistics.median(libmf):.3f} s ({said(theirs)}): {middle:.1f}× as fast ({least:.1f}–{most:.1f})",
            flush=True,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    warm_up()
    try:
        for name, split in splits():
            report(name, split, repeats)
    finally:
        WORKER.end()


if __name__ == "__main__":
    main()
