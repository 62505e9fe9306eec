"""About how long a fit takes, before it is begun: from ratings, rank, what blanks count, and what a machine was measured to do."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from nmf_core.data.datasets import planted
from nmf_core.data.ratings import Ratings
from nmf_core.fit.exact_rows import processors
from nmf_core.fit.factorize import fit_settings
from nmf_core.fit.penalty import LISTS_RANK, repeats
from nmf_core.fit.settings import Settings, resolve_blanks
from nmf_core.fit.solvers import SOLVERS


@dataclass(frozen=True)
class _Work:
    """Seconds of one processor that a fit takes: base + of_rank·k + n·(of_rating + of_weight·k) + rows·k²·of_square.

    `chosen`: by how much less it is where the penalty is given rather than chosen; where blanks count, that is done at a low rank
    whatever the rank asked for.
    """

    base: float
    of_rank: float
    of_rating: float
    of_weight: float
    of_square: float
    chosen: float


# Read off `python -m benchmarks.cost`, which fits 3,000 to a million lifelike ratings at ranks of 2 to 50.
_WORK = {
    "unknown": _Work(0.05, 0.007, 2.6e-6, 0.40e-6, 1.3e-7, 0.2),
    "weak": _Work(0.05, 0.010, 9.0e-6, 0.25e-6, 2e-7, 0.5),
    "zero": _Work(0.01, 0.005, 0.3e-6, 0.40e-6, 1e-7, 0.0),
}
_USUAL_SWEEPS = 200  # at most, in these figures
_ALONE = 0.2  # the share of a fit that one thread does
_PROBE = 0.0100  # seconds of one processor that `measured` took on the machine of these figures


@dataclass(frozen=True)
class Machine:
    """What a machine does: its speed beside the one of the figures here, and how many threads fits may use."""

    speed: float = 1.0
    threads: int = 2


def estimate(ratings: Ratings, settings: Settings, machine: Machine | None = None) -> float:
    """About how many seconds a fit takes on a machine that has nothing else to do; mostly right within a factor of 2.

    >>> from nmf_core import datasets
    >>> small = estimate(datasets.notebook(), Settings(rank=2))
    >>> small < estimate(datasets.movie_night(), Settings(rank=8)) < 2
    True
    """
    machine = machine or Machine()
    solver, blanks = SOLVERS[settings.solver], resolve_blanks(settings.blanks, ratings)
    work = _WORK[blanks.name if blanks.name in _WORK else "weak"]
    n, rows = ratings.n_ratings, ratings.n_users + ratings.n_items

    def seconds(k: int) -> float:
        """At a rank."""
        of_weights = n * (work.of_rating + work.of_weight * k)
        return work.base + work.of_rank * k + of_weights + min(rows, 2 * n) * k**2 * work.of_square

    searched = min(settings.rank, LISTS_RANK) if blanks.weight else settings.rank
    chosen = work.chosen * seconds(searched) if settings.penalty is None else 0.0
    swept = (1 - work.chosen) * seconds(settings.rank) * min(1.0, settings.max_sweeps / _USUAL_SWEEPS)
    threads = settings.threads or machine.threads
    alone = _ALONE + (1 - _ALONE) / threads
    return float((swept + chosen * repeats(n, blanks)) * solver.cost * alone / machine.speed)


def measured() -> Machine:
    """What this machine does, by a fit that takes a moment; processor time, so that what else it is doing counts little."""
    ratings = planted(150, 100, 4, 0.5, 0.3, 0)
    probe = Settings(rank=10, penalty=0.1, max_sweeps=8, tol=0.0, threads=1)
    times = []
    for _ in range(3):
        began = time.process_time()
        fit_settings(ratings, probe)
        times.append(time.process_time() - began)
    return Machine(float(np.clip(_PROBE / max(min(times), 1e-6), 0.1, 10.0)), processors())
