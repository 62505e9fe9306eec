"""The penalty of a fit where none is given: chosen on ratings that are hidden from short fits, and reported in the result."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from nmf_core.fit.held_out import GoOn, trial
from nmf_core.fit.kernels import worth_compiling
from nmf_core.fit.problem import Array, Blanks, Penalty, Problem
from nmf_core.fit.settings import PenaltySetting

LEAST = 200  # ratings: with fewer, those hidden say nothing
FEW, SEVERAL = (1_000, 20_000), 3  # between so many ratings, the mean over several choices of what to hide
# λ in standard deviations of the ratings, from strong to weak; each fit goes on from the one before.
STRONGEST, WEAKEST = 0.56, 0.004
STEP, SWEEPS, QUICK_SWEEPS = 1.6, 12, 8  # the latter where sweeps are dear: in NumPy
# From so many ratings on, where sweeps are dear:
LARGE, LARGE_STRONGEST, LARGE_STEP, LARGE_SWEEPS = 2_000_000, 0.2, 2.0, 5
LIKES_SPREAD = 0.3  # of their size, as ratings from 1 to 5 have it; with a λ much above, a fit to likes ends in nothing
WORSE = 1.03  # times the least mean squared error: beyond, weaker penalties are not tried
FALLBACK, FALLBACK_WEAK = 0.1, 0.04  # λ in standard deviations where there are too few ratings to hide some
# Where blanks count, fits are judged by the lists that they make. The λ whose lists are best is about the same at every
# rank, so it is found at one where a sweep costs little (`python -m benchmarks.lists --penalties`), from the middle by steps.
LISTS_RANK, LISTS_SWEEPS = 40, 8
LISTS_MIDDLE, LISTS_STEP, LISTS_FARTHEST = 0.05, 2.0, 4


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
    """λ over the ratings' spread: the minimum of a parabola through the least held-out error and its neighbours.

    None where what is hidden can tell nothing.
    """
    large = problem.V.nnz >= LARGE
    strongest, step = (LARGE_STRONGEST, LARGE_STEP) if large else (STRONGEST, STEP)
    strengths = strongest * step ** -np.arange(1 + np.floor(np.log(strongest / WEAKEST) / np.log(step)))
    errors = np.zeros(len(strengths))
    for salt in range(_repeats(problem)):
        found = _held_out_errors(problem, spread * strengths[: len(errors)], rank, salt, threads, go_on)
        errors = errors[: len(found)] + found
    if len(errors) == 0:
        return None
    best = int(errors.argmin())
    if not 0 < best < len(errors) - 1:
        return float(strengths[best])
    return float(strengths[best] * step ** -_lowest(*errors[best - 1 : best + 2]))


def _lowest(left: float, middle: float, right: float) -> float:
    """Where, from −½ to ½, a parabola through three heights at −1, 0 and 1 is lowest; `middle` is the lowest of them."""
    bend = left - 2 * middle + right
    return float((left - right) / (2 * bend)) if bend > 0 else 0.0


def _repeats(problem: Problem) -> int:
    """How many choices of what to hide are averaged over."""
    return SEVERAL if FEW[0] <= problem.V.nnz <= FEW[1] else 1


def _best_for_lists(problem: Problem, spread: float, rank: int, threads: int, go_on: GoOn) -> float | None:
    """λ over the ratings' spread whose lists are best, up and down from the middle by steps; a parabola through the best three.

    None where what is hidden can tell nothing.
    """
    trials = [trial(problem, rank, threads, salt) for salt in range(_repeats(problem))]
    told = [(tried, tried.start(rank)) for tried in trials if tried is not None]
    if not told:
        return None
    errors: dict[int, float] = {}  # by the number of steps from `LISTS_MIDDLE`

    def judged(k: int) -> float:
        """The mean error so many steps from the middle; infinite where nothing more is wanted."""
        if not go_on():
            return np.inf
        λ = float(spread * LISTS_MIDDLE * LISTS_STEP**k)
        found = []
        for tried, start in told:
            found.append(tried.judge(*tried.swept(start, λ, LISTS_SWEEPS, go_on), λ))
        errors[k] = float(np.concatenate(found).mean())
        return errors[k]

    least, k = judged(0), 0
    for way in (1, -1):
        while k * way >= 0 and abs(k) < LISTS_FARTHEST and (now := judged(k + way)) < least:
            least, k = now, k + way
    if not errors:
        return None
    best = min(errors, key=lambda k: errors[k])
    around = [errors[k] for k in range(best - 1, best + 2) if k in errors]
    at = best + (_lowest(*around) if len(around) == 3 else 0.0)
    return float(LISTS_MIDDLE * LISTS_STEP**at)


def _held_out_errors(problem: Problem, penalties: Array, rank: int, salt: int, threads: int, go_on: GoOn) -> Array:
    """The error on hidden ratings for each penalty in turn, until it is clearly worse than the least."""
    tried = trial(problem, rank, threads, salt)
    if tried is None:
        return np.zeros(0)
    start_W, start_H = W, H = tried.start(rank)
    compiled = worth_compiling(tried.seen.V.nnz, rank)
    sweeps = LARGE_SWEEPS if problem.V.nnz >= LARGE else SWEEPS if compiled else QUICK_SWEEPS
    errors: list[float] = []
    for penalty in penalties:
        W, H = tried.swept((W, H), float(penalty), sweeps, go_on)
        errors.append(float(tried.judge(W, H, float(penalty)).mean()))
        # A feature that a strong penalty put to nothing would stay there under a weaker one.
        gone = ~(W.any(axis=0) & H.any(axis=1))
        W[:, gone], H[gone] = start_W[:, gone], start_H[gone]
        if errors[-1] > WORSE * min(errors) or not go_on():
            break
    return np.array(errors)
