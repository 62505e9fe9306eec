"""`list_fit`: a fit at the rank that lists want, which is more than anybody can read.

The penalty is found at a low rank, since the λ that ranks best is about the same at every one; the rank is doubled until
hidden ratings rank worse; and the fit ends when lists no longer change, long before the last weight is still.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.factorize import OnSweep, fit_settings, problem_of, threads_of
from nmf_core.fit.held_out import GoOn, Trial, trial
from nmf_core.fit.problem import Problem
from nmf_core.fit.settings import MAX_RANK, BlanksSetting, Settings, default_rank

# Ratings: with fewer, hidden ones cannot tell one rank from another, and lists are made at the rank that is read.
FEWEST = 2_000
LOWEST, HIGHEST, FURTHER = 40, 160, 240  # the last one is not tried: a trial of it would cost as much as the fit
BETTER = 0.002  # of NDCG: what is more than luck where a rank is doubled, and what some more sweeps must bring
# Of NDCG: ranks that differ by no more are as good, and the highest is taken, since λ keeps it from harm.
AS_GOOD = 0.001
JUDGED = (6, 9)  # sweeps of a trial after which its lists are judged


def list_fit(
    ratings: Ratings,
    *,
    blanks: BlanksSetting = "weak",
    rank: int | None = None,
    seed: int = 0,
    threads: int | None = None,
    on_sweep: OnSweep | None = None,
) -> Factorization:
    """A fit at the rank that lists want, in canonical form; `fold_features` takes its features back to those with names.

    Args:
        ratings: the observed cells.
        blanks: what a blank counts, as for `factorize`; with blanks unknown a fit makes poor lists at any rank.
        rank: the rank, where it is known; else 40, 80 or 160, doubled until hidden ratings rank worse, and 240 where they
            rank better still at 160. Fewer than 2,000 ratings cannot tell, and get the rank that they are read with.
        seed, threads: as for `factorize`.
        on_sweep: called as on_sweep(sweep, objective, kkt), and with sweep 0 and NaN while penalty and rank are found;
            returning False ends the fit within a sweep.

    >>> from nmf_core import datasets
    >>> list_fit(datasets.movie_night()).rank
    4
    """
    require_ratings(ratings)
    asked = Settings(
        default_rank(ratings) if rank is None else whole_number("rank", rank, 1, MAX_RANK),
        blanks=blanks,
        seed=seed,
        threads=threads,
    )

    def go_on() -> bool:
        return on_sweep is None or on_sweep(0, math.nan, math.nan) is not False

    problem = problem_of(ratings.by_name, asked, on_sweep=on_sweep)
    asked = replace(asked, penalty=problem.penalty)
    if ratings.n_ratings < FEWEST or not problem.blanks.weight:
        return fit_settings(ratings, asked, on_sweep=on_sweep).canonical()
    found = _enough(problem, threads_of(asked), go_on) if rank is None else Enough(rank, JUDGED[-1])
    fit = fit_settings(ratings, replace(asked, rank=found.rank, max_sweeps=found.sweeps), on_sweep=on_sweep)
    settled = replace(fit, stopped="lists", notes=()) if fit.stopped == "max_sweeps" else fit
    return settled.canonical()


def rank_for_lists(problem: Problem, threads: int, go_on: GoOn) -> int | None:
    """The rank that `list_fit` finds; None where it takes the one that is read: of few ratings, and where blanks say nothing."""
    if problem.V.nnz < FEWEST or not problem.blanks.weight:
        return None
    return _enough(problem, threads, go_on).rank


@dataclass(frozen=True)
class ListSettings:
    """A fit for lists, where a fit's `Settings` could stand: what `list_fit` is asked for, and at which rank its lists are read."""

    blanks: BlanksSetting = "weak"
    seed: int = 0
    read_at: int | None = None

    def fit(self, ratings: Ratings, on_sweep: OnSweep | None = None) -> Factorization:
        """`list_fit` of ratings."""
        return list_fit(ratings, blanks=self.blanks, seed=self.seed, on_sweep=on_sweep)


@dataclass(frozen=True)
class Enough:
    """The rank that lists want, and the sweeps after which they no longer change."""

    rank: int
    sweeps: int


def _enough(problem: Problem, threads: int, go_on: GoOn) -> Enough:
    """The rank is doubled until that does harm: one doubling that brings nothing may be luck, and the next one may."""
    lowest, highest = (min(rank, *problem.V.shape) for rank in (LOWEST, HIGHEST))
    unit = 2.0**problem.exponent
    tried, penalty = trial(problem.divided(unit), HIGHEST, threads), problem.penalty.l2_W / unit
    if tried is None:
        return Enough(lowest, JUDGED[-1])
    found = [_judged(tried, lowest, penalty, go_on)]
    gains: list[float] = []
    while 2 * found[-1][0].rank <= highest and go_on():
        found.append(_judged(tried, 2 * found[-1][0].rank, penalty, go_on))
        gains.append(found[-2][1] - found[-1][1])
        if gains[-1] < -BETTER:
            break
    if len(found) > 1 and found[-1][0].rank == HIGHEST and gains[-1] >= BETTER:
        return Enough(min(FURTHER, *problem.V.shape), found[-1][0].sweeps)  # lists were still becoming better
    least = min(error for _, error in found)
    return next(one for one, error in reversed(found) if error <= least + AS_GOOD)


def _judged(tried: Trial, rank: int, penalty: float, go_on: GoOn) -> tuple[Enough, float]:
    """A rank with the sweeps after which lists no longer become better, and their error."""
    error = math.inf
    for number, (W, H) in enumerate(tried.sweeps(tried.start(rank), penalty, go_on), 1):
        if number in JUDGED:
            before, error = error, min(error, float(tried.judge(W, H, penalty).mean()))
            if before - error < BETTER or number == JUDGED[-1]:
                return Enough(rank, number), error
    return Enough(rank, JUDGED[0]), error  # told to end, or as low as can be
