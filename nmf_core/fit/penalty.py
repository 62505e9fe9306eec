"""The penalty of a fit where none is given: chosen on ratings that are hidden from short fits, and reported in the result."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from scipy import sparse

from nmf_core.fit.held_out import GoOn, Trial, trial
from nmf_core.fit.kernels import worth_compiling
from nmf_core.fit.problem import Array, Blanks, Penalty, Problem
from nmf_core.fit.settings import PenaltySetting

Fit = tuple[Array, Array]  # W, H


class Walk(NamedTuple):
    """Where λ begins, in standard deviations of the ratings; by how much it is divided or multiplied; and the sweeps at each."""

    middle: float
    step: float
    sweeps: int


# Of few ratings the best λ is strong, and after few sweeps a weaker one looks better than it is.
IN_NUMPY = Walk(0.35, 1.6, 8)
UP_TO = ((20_000, Walk(0.2, 1.6, 6)), (2_000_000, Walk(0.2, 1.6, 4)))  # ratings
BEYOND = Walk(0.2, 2.0, 4)  # where sweeps are dear
LEAST = 200  # ratings: with fewer, those hidden say nothing
# Up to so many ratings, how many choices of what to hide are averaged over; beyond, one.
SEVERAL, LISTS_SEVERAL = ((20_000, 3),), ((999, 1), (20_000, 3))
WEAKER, STRONGER = 9, 3  # steps from the middle, at most
LIKES_SPREAD = 0.3  # of their size, as ratings from 1 to 5 have it; with a λ much above, a fit to likes ends in nothing
FALLBACK, FALLBACK_WEAK = 0.1, 0.04  # λ in standard deviations where there are too few ratings to hide some
# Where blanks count, fits are judged by the lists that they make. The λ whose lists are best is about the same at every
# rank, so it is found at one where a sweep costs little (`python -m benchmarks.lists --penalties`), from the middle by steps.
LISTS_RANK, LISTS_SWEEPS = 40, 8
LISTS_MIDDLE, LISTS_STEP, LISTS_FARTHEST = 0.05, math.sqrt(2), 8


def resolve_penalty(
    penalty: PenaltySetting,
    V: sparse.csr_array,
    Vt: sparse.csr_array,
    blanks: Blanks,
    loss: str,
    rank: int,
    threads: int,
    go_on: GoOn = lambda: True,
) -> Penalty:
    """The penalty given; or where it is None, the default for these observed cells, what blanks count, and this rank.

    None for losses other than Frobenius and where blanks are zeros, as in scikit-learn and the notebook. Where blanks are
    unknown, the λ whose fits best predict hidden ratings; where they count a little, the λ whose fits best rank hidden high
    ratings among the blanks. `go_on` is asked after each sweep, and where it says no, the best so far is taken.
    """
    if penalty is not None:
        return Penalty.of(penalty)
    if loss != "frobenius" or blanks.name == "zero":
        return Penalty()
    spread = float(V.data.std(dtype=np.float64))
    if spread == 0 and blanks.weight:  # likes: what tells is how far they lie from a blank
        spread = LIKES_SPREAD * abs(float(V.data[0]) - blanks.value)
    strength = None
    if V.nnz >= LEAST and spread > 0:
        problem = Problem(V, Vt, blanks)
        unit = 2.0**problem.exponent  # ratings of any size are tried in the same numbers
        divided = problem.divided(unit)
        if blanks.weight:
            tried = min(LISTS_RANK, max(rank, min(V.shape) // 10))
            strength = _best_for_lists(divided, spread / unit, tried, threads, go_on)
        else:
            strength = _best_for_ratings(divided, spread / unit, rank, threads, go_on)
    if strength is None:
        per_row = V.nnz / sum(V.shape)
        # Few ratings a weight: a penalty would only pull the fit off what little there is.
        strength = (FALLBACK_WEAK if blanks.weight else FALLBACK) * per_row / (per_row + 2.0)
    return Penalty.of(spread * strength)


def _best_for_ratings(problem: Problem, spread: float, rank: int, threads: int, go_on: GoOn) -> float | None:
    """λ over the ratings' spread whose fits best predict hidden ratings; None where what is hidden can tell nothing."""
    trials = [trial(problem, rank, threads, salt) for salt in range(repeats(problem.V.nnz, problem.blanks))]
    told = [tried for tried in trials if tried is not None]
    return walked(told, spread, rank, walk_of(problem.V.nnz, rank), go_on).strength if told else None


class Walked(NamedTuple):
    """Where a walk along λ ended: λ over the ratings' spread, and the errors of each trial at the step nearest to it."""

    strength: float
    errors: list[Array]


def walked(told: list[Trial], spread: float, rank: int, walk: Walk, go_on: GoOn) -> Walked:
    """From the middle down, or else up, until hidden ratings are predicted worse; then a parabola."""
    starts = [tried.start(rank) for tried in told]
    middle, step, sweeps = walk
    fits: dict[int, list[Fit]] = {}  # by the number of steps from the middle: those that the next may go on from
    errors: dict[int, list[Array]] = {}

    def judged(k: int) -> float:
        """The mean error so many steps from the middle, of fits that went on from the last ones that way."""
        λ, way = float(spread * middle * step**k), int(np.sign(k))
        begun = starts if k == 0 else list(map(_ahead, fits[k - way], fits.get(k - 2 * way, fits[k - way]), starts))
        fits.pop(k - 2 * way, None)  # nobody goes on from there any more
        fits[k] = [tried.swept(fit, λ, sweeps, go_on) for tried, fit in zip(told, begun, strict=True)]
        errors[k] = [tried.judge(*fit, λ) for tried, fit in zip(told, fits[k], strict=True)]
        return float(np.mean([error.mean() for error in errors[k]]))

    least = _lowest_of_steps(judged, ((-1, WEAKER), (1, STRONGER)), go_on)
    return Walked(float(middle * step**least), errors[round(least)])


def _lowest_of_steps(judged: Callable[[int], float], ways: Iterable[tuple[int, int]], go_on: GoOn) -> float:
    """How many steps from 0 the error is least: each way in turn, at most so far, until it rises; then by a parabola."""
    errors = {0: judged(0)}
    k = 0
    for way, farthest in ways:
        while k * way >= 0 and abs(k) < farthest and go_on():
            errors[k + way] = judged(k + way)
            if errors[k + way] >= errors[k]:
                break
            k += way
    around = [errors[near] for near in (k - 1, k, k + 1) if near in errors]
    return k + (_lowest(*around) if len(around) == 3 else 0.0)


def walk_of(n_ratings: int, rank: int) -> Walk:
    """How λ is looked for among so many ratings."""
    if not worth_compiling(n_ratings, rank):
        return IN_NUMPY
    return next((walk for most, walk in UP_TO if n_ratings <= most), BEYOND)


def _ahead(now: Fit, before: Fit, start: Fit) -> Fit:
    """Where the fit at the next λ begins: H as far beyond the last one's as that lies beyond the one before; W follows from H.

    So a few sweeps are enough, though λ goes on before a fit has converged: what it lags behind is ahead of it again.
    """
    W, H = now[0].copy(), np.maximum(2 * now[1] - before[1], 0)
    # A feature that a strong penalty put to nothing would stay there under a weaker one.
    gone = ~(W.any(axis=0) & H.any(axis=1))
    W[:, gone], H[gone] = start[0][:, gone], start[1][gone]
    return W, H


def _lowest(left: float, middle: float, right: float) -> float:
    """Where, from −½ to ½, a parabola through three heights at −1, 0 and 1 is lowest; `middle` is the lowest of them."""
    bend = left - 2 * middle + right
    return float((left - right) / (2 * bend)) if bend > 0 else 0.0


def repeats(n_ratings: int, blanks: Blanks) -> int:
    """How many choices of what to hide are averaged over.

    >>> unknown = Blanks(0.0, 0.0)
    >>> repeats(500, unknown), repeats(10_000, unknown), repeats(100_000, unknown)
    (3, 3, 1)
    """
    return next((times for most, times in (LISTS_SEVERAL if blanks.weight else SEVERAL) if n_ratings <= most), 1)


def _best_for_lists(problem: Problem, spread: float, rank: int, threads: int, go_on: GoOn) -> float | None:
    """λ over the ratings' spread whose lists are best, up and down from the middle by steps; a parabola through the best three.

    None where what is hidden can tell nothing.
    """
    trials = [trial(problem, rank, threads, salt) for salt in range(repeats(problem.V.nnz, problem.blanks))]
    told = [(tried, tried.start(rank)) for tried in trials if tried is not None]
    if not told:
        return None

    def judged(k: int) -> float:
        """The mean error so many steps from the middle."""
        λ = float(spread * LISTS_MIDDLE * LISTS_STEP**k)
        found = [tried.judge(*tried.swept(start, λ, LISTS_SWEEPS, go_on), λ) for tried, start in told]
        return float(np.concatenate(found).mean())

    return float(
        LISTS_MIDDLE * LISTS_STEP ** _lowest_of_steps(judged, ((1, LISTS_FARTHEST), (-1, LISTS_FARTHEST)), go_on)
    )
