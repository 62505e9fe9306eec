"""What each part of the default solver saves: `python -m benchmarks.ablation [--size 100000]`.

Held-out RMSE and objective a rating, by sweep, for each start; and with momentum, passes over the features and balancing taken
away one at a time, each from the default start.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np

from benchmarks.lifelike import lifelike
from benchmarks.penalty import halves
from nmf_core.fit.factorize import problem_of
from nmf_core.fit.init import INITS
from nmf_core.fit.problem import Array, Problem
from nmf_core.fit.settings import Settings
from nmf_core.fit.solvers import hals

LOOKS = (1, 2, 4, 8, 15, 30, 60, 120)
RANK, PENALTY = 10, 0.12


@contextmanager
def without(**changes: object) -> Iterator[None]:
    """The solver with some of its constants or functions changed."""
    with patch.multiple(hals, **changes):
        yield


def run(name: str, problem: Problem, start: tuple[Array, Array], cells: tuple[np.ndarray, ...]) -> None:
    """Print a line: at each look the held-out RMSE and the objective over the number of ratings."""
    u, i, values = cells
    said = []
    for sweep, state in enumerate(hals.run(problem, *start, 1e-4, 2)):
        if sweep in LOOKS:
            scores = np.einsum("kf,kf->k", state.W[u], state.H[:, i].T)
            error = np.sqrt(np.mean((np.clip(scores, 0.5, 5) - values) ** 2))
            said.append(f"{error:.4f}/{(state.objective or 0.0) / problem.V.nnz:.5f}")
        if sweep >= LOOKS[-1]:
            break
    print(f"{name:34}" + "  ".join(f"{x:>14}" for x in said), flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    training, cells = halves(lifelike(parser.parse_args().size))
    problem = problem_of(training, Settings(rank=RANK, penalty=PENALTY))
    starts = {name: INITS[name](problem, RANK, 0, 2) for name in INITS if name != "nndsvd"}
    print(f"{'sweep':34}" + "  ".join(f"{x:>14}" for x in LOOKS))
    for name, start in starts.items():
        run(f"start {name}", problem, start, cells)
    changes: dict[str, dict[str, object]] = {
        "no momentum": {"WARM_UP": 10**9, "FEW_PASSES": hals.PASSES},
        "no momentum, 1 pass": {"WARM_UP": 10**9, "FEW_PASSES": 1},
        "momentum, 1 pass": {"PASSES": 1},
        "momentum, 3 passes": {"PASSES": 3},
        "momentum, 20 passes": {"PASSES": 20},
        "momentum from the first sweep on": {"WARM_UP": 0},
    }
    for name, change in changes.items():
        with without(**change):
            run(name, problem, starts["svd"], cells)


if __name__ == "__main__":
    main()
