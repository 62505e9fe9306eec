"""What a rank does on hidden ratings: the same ratings hidden from every rank, and a rank's errors person by person."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError
from nmf_core.fit.factorize import minimise, problem_of, threads_of
from nmf_core.fit.held_out import GoOn, Judged, Trial, prediction_error, ranking_error
from nmf_core.fit.init import INITS, usual
from nmf_core.fit.penalty import LEAST, walk_of, walked
from nmf_core.fit.problem import Array, Blanks, Penalty, Problem
from nmf_core.fit.settings import Settings, default_rank
from nmf_core.fit.solvers import SOLVERS
from nmf_core.study.baselines.effects import effects
from nmf_core.study.chance import rewired, shuffled_within_items
from nmf_core.study.found_again import Half
from nmf_core.study.split import HELD_OUT, LEFT_OUT, held_out_folds, split_in_time

SMALL = 50  # ratings: up to so many, each is hidden by itself, and no deal of them into folds decides
SWEEPS, LIST_SWEEPS = 24, 9  # until hidden ratings are predicted, or ranked, no better
SLOW = 5  # times as many of them by solvers other than the usual one
CHANCE_FOLDS = ((SMALL, 8), (20_000, 50), (200_000, 2))  # up to so many ratings, folds without tastes; beyond, one
HALF_SWEEPS = 20
IN_TIME, OUT = "time", -2  # how ratings are split, and the fold of a cell that is never looked at

Judges = Callable[[Problem, sparse.csr_array], Judged | None]


@dataclass(frozen=True, eq=False)
class Cases:
    """Errors of one rank on hidden ratings, added up by person: `total` (n_users,) of `count` (n_users,) cases."""

    total: Array
    count: Array

    @property
    def mean(self) -> float:
        """Over all cases."""
        return float(self.total.sum() / self.count.sum())

    @property
    def se(self) -> float:
        """Standard error of the mean; a person's cases hang together, so people are what is drawn."""
        return _spread(self.total - self.mean * self.count) / float(self.count.sum())

    def above(self, other: Cases) -> tuple[float, float]:
        """By how much the mean lies above that of another rank on the same cases, and the standard error of that difference."""
        more = Cases(self.total - other.total, self.count)
        return more.mean, more.se


def _spread(deviations: Array) -> float:
    """The standard error of a sum, from what each person adds to it."""
    n = int((deviations != 0).sum())
    return float(np.sqrt((deviations**2).sum() * n / max(n - 1, 1))) if n else 0.0


@dataclass(frozen=True, eq=False)
class Trials:
    """The ratings with some hidden, as often as there are folds; and the same without tastes.

    Attributes:
        problem: all ratings, in the units of `unit`; its penalty is the one that is held at every rank.
        real, chance: a trial a fold.
        hide: the trials of other ratings of the same cells, given for each fold.
        lists: whether lists are judged (1 − NDCG@10) rather than predictions (squared error).
        n_folds: how often something is hidden.
        settings: of all fits.
    """

    problem: Problem
    real: list[Trial]
    chance: list[Trial]
    hide: Callable[[Callable[[int], Ratings]], list[Trial]]
    lists: bool
    n_folds: int
    unit: float
    settings: Settings

    @property
    def threads(self) -> int:
        """How many may work on a fit."""
        return threads_of(self.settings)

    @property
    def solver(self) -> str:
        """HALS, which has the same minima as any other under the Frobenius loss and is there sooner; else the solver asked for."""
        return self.real[0].solver

    def errors(self, rank: int, go_on: GoOn) -> tuple[Cases, Penalty]:
        """Of fits to the ratings, and their penalty: the one given, or the one that predicts best."""
        penalty = self.problem.penalty
        free = self.settings.penalty is None and self.settings.loss == "frobenius" and not self.problem.blanks.weight
        if free and self.problem.V.nnz >= LEAST:
            spread = float(self.problem.V.data.std(dtype=np.float64))
            found = walked(self.real, spread, rank, walk_of(self.problem.V.nnz, rank), go_on)
            return self._cases(self.real, found.errors), Penalty.of(spread * found.strength)
        return self._judged(self.real, rank, penalty, go_on), penalty

    def chances(self, rank: int, penalty: Penalty, go_on: GoOn, trials: list[Trial] | None = None) -> Cases:
        """Of fits to the ratings without tastes, or to others."""
        return self._judged(self.chance if trials is None else trials, rank, penalty, go_on)

    def of_mean(self) -> Cases:
        """Of the mean rating for everything."""
        return self._known(lambda V: (np.full((V.shape[0], 1), V.data.mean()), np.ones((1, V.shape[1]))))

    def of_effects(self) -> Cases:
        """Of user and item effects alone."""

        def factors(V: sparse.csr_array) -> tuple[Array, Array]:
            mean, user, item = effects(V, float(V.data.mean(dtype=np.float64)))
            return np.column_stack([mean + user, np.ones(V.shape[0])]), np.stack([np.ones(V.shape[1]), item])

        return self._known(factors)

    def of_popular(self) -> Cases:
        """Of the items with most ratings for everybody."""
        return self._known(
            lambda V: (np.ones((V.shape[0], 1)), np.bincount(V.indices, minlength=V.shape[1])[None].astype(float))
        )

    def _known(self, factors: Callable[[sparse.csr_array], tuple[Array, Array]]) -> Cases:
        """Of what is not fitted: its scores as W and H."""
        return self._cases(self.real, [one.judge(*factors(one.seen.V), 0.0) for one in self.real])

    def fitted(self, rank: int, go_on: GoOn) -> tuple[Array, Array]:
        """W and H of all ratings, with the penalty that is held, in rating points.

        Where blanks are zeros it is the fit that the settings ask for, whole: its error is what notebooks draw against rank.
        """
        if self.problem.blanks == Blanks(1.0, 0.0):
            whole = self.problem.divided(1 / self.unit)
            least = minimise(whole, replace(self.settings, rank=rank), on_sweep=lambda *_: go_on())
            return least.W, least.H
        W, H = self._swept(self.problem, rank, self.sweeps, go_on, self.threads)
        root = float(np.sqrt(self.unit))
        return W * root, H * root

    def of_halves(self, halves: list[Half], rank: int, go_on: GoOn) -> Iterator[Array]:
        """H of fits to some of the people each: as many at a time as there are threads, since each is too small to share out."""
        sweeps, context = self._times(HALF_SWEEPS), contextvars.copy_context()

        def fitted(half: Half) -> Array:
            problem = replace(self.problem, V=half[0], Vt=half[1])
            return context.copy().run(self._swept, problem, rank, sweeps, lambda: True, 1)[1]

        with ThreadPoolExecutor(self.threads) as pool:
            for start in range(0, len(halves), self.threads):
                for H in pool.map(fitted, halves[start : start + self.threads]):
                    for _ in range(sweeps):
                        go_on()
                    yield H

    @property
    def sweeps(self) -> int:
        """Of a fit that is judged."""
        return self._times(LIST_SWEEPS if self.lists else SWEEPS)

    def _times(self, sweeps: int) -> int:
        """As many sweeps of HALS by the solver that is used."""
        return sweeps if self.solver == Settings().solver else SLOW * sweeps

    def _judged(self, trials: list[Trial], rank: int, penalty: Penalty, go_on: GoOn) -> Cases:
        """The errors of fits with a penalty."""
        errors = []
        for one in trials:
            W, H = one.swept(one.start(rank), penalty, self.sweeps, go_on)
            errors.append(one.judge(W, H, penalty.l2_W))
        return self._cases(trials, errors)

    def _cases(self, trials: list[Trial], errors: list[Array]) -> Cases:
        """Errors by person, squared ones in rating points."""
        n, size = self.problem.V.shape[0], 1.0 if self.lists else self.unit**2
        total, count = np.zeros(n), np.zeros(n)
        for one, error in zip(trials, errors, strict=True):
            total += np.bincount(one.whose, error * size, n)
            count += np.bincount(one.whose, minlength=n)
        return Cases(total, count)

    def _swept(self, problem: Problem, rank: int, sweeps: int, go_on: GoOn, threads: int) -> tuple[Array, Array]:
        """A fit of so many sweeps."""
        start = INITS[usual(rank, problem.V.shape)](problem, rank, 0, threads)
        whole = Trial(problem, _nothing, np.zeros(0, dtype=int), threads, self.solver)
        return whole.swept(start, problem.penalty, sweeps, go_on)


def trials_of(ratings: Ratings, settings: Settings, folds: int, split: str, go_on: GoOn) -> Trials:
    """Hide ratings (in the order of names), fold by fold, or the last fifth in time.

    Raises:
        RatingsError: nothing can be hidden, or there are no times.
    """
    n = ratings.n_ratings
    fold, folds = _hidden(ratings, settings.seed, folds, split)

    def swept(sweep: int, objective: float, kkt: float) -> bool:
        return go_on()

    given = replace(settings, rank=min(default_rank(ratings), *ratings.V.shape))
    problem = problem_of(ratings, given, on_sweep=swept)
    unit = 2.0**problem.exponent
    problem = problem.divided(unit)

    def hidden(of: Callable[[int], Ratings], judge: Judges, most: int) -> list[Trial]:
        """The trials of ratings, which may be others in every fold, as far as what is hidden can tell something."""
        parts = (_parted(of(k), fold, k, problem, unit) for k in range(min(most, folds)))
        found = ((seen, judge(seen, held)) for seen, held in parts)
        first = Settings().solver
        solver = first if settings.loss in SOLVERS[first].losses else settings.solver
        return [Trial(seen, *judged, threads_of(settings), solver) for seen, judged in found if judged is not None]

    judge: Judges = ranking_error if problem.blanks.weight else prediction_error
    real = hidden(lambda k: ratings, judge, folds)
    if judge is ranking_error and len(real) < folds:  # too few people to judge lists by: rating error is what is left
        judge = prediction_error
        real = hidden(lambda k: ratings, judge, folds)
    if not real:
        raise RatingsError(
            f"Hiding some of the {n} ratings tells nothing: those left are of other users or items. Add ratings, so that users and "
            "items have two or more."
        )
    lists = judge is ranking_error
    without = rewired if lists else shuffled_within_items
    once = without(ratings, settings.seed) if n > SMALL else None
    few = next((most for up_to, most in CHANCE_FOLDS if n <= up_to), 1)
    hide = partial(hidden, judge=judge, most=few)
    # One deal of few ratings is a matter of luck: there, every fold has its own, whatever the seed.
    chance = hide(lambda k: without(ratings, k) if once is None else once)
    return Trials(problem, real, chance, hide, lists, folds, unit, settings)


def _hidden(ratings: Ratings, seed: int, folds: int, split: str) -> tuple[NDArray[np.int64], int]:
    """The fold in which each cell is hidden, `OUT` where it is never looked at, else −1; and how many folds there are."""
    if split == IN_TIME:
        parts = split_in_time(ratings)
        return np.select([parts == HELD_OUT, parts == LEFT_OUT], [0, OUT], -1), 1
    folds = min(ratings.n_ratings, SMALL) if ratings.n_ratings <= SMALL else folds
    return held_out_folds(ratings, folds=max(2, folds), seed=seed), max(2, folds)


def _parted(
    ratings: Ratings, fold: NDArray[np.int64], k: int, like: Problem, unit: float
) -> tuple[Problem, sparse.csr_array]:
    """What is left where a fold is hidden, and what is hidden, in units of `unit`."""
    seen, held = ratings.keep((fold != k) & (fold != OUT)), ratings.keep(fold == k).V
    held.data = held.data / held.dtype.type(unit)
    problem = Problem(seen.V, seen.Vt, Blanks(like.blanks.weight, like.blanks.value * unit), loss=like.loss)
    return problem.divided(unit), held


def _nothing(W: Array, H: Array, penalty: float) -> Array:
    """No errors: of a fit to all ratings none is asked for."""
    return np.zeros(0)
