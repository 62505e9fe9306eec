"""How well the time of a fit is estimated before it: `python -m benchmarks.cost [--most 300000]`.

Lifelike ratings of several sizes are fitted at several ranks, for each stop of the dial; beside the time that a fit took stand the
estimate of `nmf_core.fit.cost`, on this machine as it was measured, and what the simplest rule would say, the mean of all. Prints
how far each is off, as a factor: 1 is right, 2 is half or twice as long.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.lifelike import lifelike
from nmf_core import Settings, fit_settings
from nmf_core.fit.compiled import warm_up
from nmf_core.fit.cost import estimate, measured
from nmf_core.fit.settings import BLANK_PRESETS

SIZES, RANKS = (3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000), (2, 5, 10, 20, 50)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=300_000, help="ratings of the largest set")
    most = parser.parse_args().most
    warm_up()
    machine = measured()
    print(f"this machine: {machine.speed:.2f} times as fast as the one of the figures, {machine.threads} threads")
    print(f"{'ratings':>9} {'blanks':8} {'rank':>4} {'took':>8} {'estimate':>8}")
    took, told = [], []
    for size in (size for size in SIZES if size <= most):
        ratings = lifelike(size)
        for blanks in BLANK_PRESETS:
            for rank in RANKS:
                settings = Settings(rank=rank, blanks=blanks)
                began = time.perf_counter()
                fit_settings(ratings, settings)
                took.append(time.perf_counter() - began)
                told.append(estimate(ratings, settings, machine))
                print(f"{size:9,} {blanks:8} {rank:4} {took[-1]:6.2f} s {told[-1]:6.2f} s")
    off = np.abs(np.log2(np.array(told) / np.array(took)))
    flat = np.abs(np.log2(np.exp(np.mean(np.log(took))) / np.array(took)))
    for name, far in (("estimate", off), ("the mean of all", flat)):
        middle, most_are_within = 2 ** np.median(far), 2 ** np.quantile(far, 0.9)
        print(f"{name}: off by a factor of {middle:.1f} in the median, {most_are_within:.1f} in nine of ten")
    asks, slow = np.array(told) > 2, np.array(took) > 2
    print(f"{slow.sum()} of {len(took)} fits took more than 2 s; asked before were {(slow & asks).sum()} of them")
    print(f"and {(asks & ~slow).sum()} of the others")


if __name__ == "__main__":
    main()
