"""The penalty of a fit where none is given: chosen on ratings that are hidden from short fits, and reported in the result."""

from __future__ import annotations

import copy
from collections.abc import Callable
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.fit.init import INITS, usual
from nmf_core.fit.kernels import worth_compiling
from nmf_core.fit.problem import Array, Blanks, Penalty, Problem, chunks, observed_scores, rows_of
from nmf_core.fit.settings import PenaltySetting
from nmf_core.fit.solvers import hals
from nmf_core.metrics import RELEVANT, ndcg

GoOn = Callable[[], bool]
Judge = Callable[[Array, Array], float]
LEAST = 200  # ratings: with fewer, those hidden say nothing
HIDDEN = 0.1  # share of the ratings
FEW, SEVERAL = (1_000, 20_000), 3  # between so many ratings, the mean over several choices of what to hide
# λ in standard deviations of the ratings, from strong to weak; each fit goes on from the one before.
STRONGEST, WEAKEST = 0.56, 0.004
STEP, SWEEPS, QUICK_SWEEPS = 1.6, 12, 8  # the latter where sweeps are dear: in NumPy
# From so many ratings on, where sweeps are dear:
LARGE, LARGE_STRONGEST, LARGE_STEP, LARGE_SWEEPS = 2_000_000, 0.2, 2.0, 5
LIKES_SPREAD = 0.3  # of their size, as ratings from 1 to 5 have it; with a λ much above, a fit to likes ends in nothing
WORSE = 1.03  # times the least mean squared error: beyond, weaker penalties are not tried
FALLBACK, FALLBACK_WEAK = 0.1, 0.04  # λ in standard deviations where there are too few ratings to hide some
# Where blanks count, fits are judged by how they rank.
TOP, RANKING_STEP = 50, 2.0  # deeper than the ten that people see: less noise where few ratings a user are hidden
RANKED_CELLS, LEAST_USERS = 2_000_000, 20


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
        strength = _best_strength(problem.divided(unit), spread / unit, rank, threads, go_on)
    if strength is None:
        per_row = V.nnz / sum(V.shape)
        # Few ratings a weight: a penalty would only pull the fit off what little there is.
        strength = (FALLBACK_WEAK if blanks.weight else FALLBACK) * per_row / (per_row + 2.0)
    return Penalty.of(spread * strength)


def _best_strength(problem: Problem, spread: float, rank: int, threads: int, go_on: GoOn) -> float | None:
    """λ over the ratings' spread: the minimum of a parabola through the least held-out error and its neighbours.

    None where what is hidden can tell nothing.
    """
    large = problem.V.nnz >= LARGE
    strongest, step = (LARGE_STRONGEST, LARGE_STEP) if large else (STRONGEST, STEP)
    if problem.blanks.weight:
        step = RANKING_STEP
    strengths = strongest * step ** -np.arange(1 + np.floor(np.log(strongest / WEAKEST) / np.log(step)))
    repeats = SEVERAL if FEW[0] <= problem.V.nnz <= FEW[1] else 1
    errors = np.zeros(len(strengths))
    for salt in range(repeats):
        found = _held_out_errors(problem, spread * strengths[: len(errors)], rank, salt, threads, go_on)
        errors = errors[: len(found)] + found
    if len(errors) == 0:
        return None
    best = int(errors.argmin())
    if not 0 < best < len(errors) - 1:
        return float(strengths[best])
    left, middle, right = errors[best - 1 : best + 2]
    bend = left - 2 * middle + right
    return float(strengths[best] * step ** -((left - right) / (2 * bend) if bend > 0 else 0.0))


def _held_out_errors(
    problem: Problem, penalties: Array, rank: int, salt: int, threads: int, go_on: GoOn
) -> NDArray[np.float64]:
    """The error on hidden ratings for each penalty in turn, until it is clearly worse than the least."""
    V, Vt = problem.V, problem.Vt
    of_users = _hidden(V, salt)
    seen, seen_t = _without(V, of_users), _without(Vt, _hidden(Vt, salt, transposed=True))
    compiled = worth_compiling(seen.nnz, rank)
    if not compiled:
        seen, seen_t = seen.astype(np.float64), seen_t.astype(np.float64)
    trained = Problem(seen, seen_t, problem.blanks)
    judge = (_ranking_error if problem.blanks.weight else _prediction_error)(trained, _without(V, ~of_users))
    if judge is None:
        return np.zeros(0)
    start_W, start_H = W, H = INITS[usual(rank, V.shape)](trained, rank, 0, threads)
    sweeps = LARGE_SWEEPS if V.nnz >= LARGE else SWEEPS if compiled else QUICK_SWEEPS
    errors: list[float] = []
    for penalty in penalties:
        one = Problem(seen, seen_t, problem.blanks, Penalty.of(float(penalty)))
        wanted = True
        for sweep in islice(hals.run(one, W, H, 1e-4, threads), 1 + sweeps):
            last, wanted = sweep, go_on()
            if not wanted:
                break
        W, H = last.W.copy(), last.H.copy()
        errors.append(judge(W, H))
        # A feature that a strong penalty put to nothing would stay there under a weaker one.
        gone = ~(W.any(axis=0) & H.any(axis=1))
        W[:, gone], H[gone] = start_W[:, gone], start_H[gone]
        if errors[-1] > WORSE * min(errors) or not wanted:
            break
    return np.array(errors)


def _prediction_error(seen: Problem, hidden: sparse.csr_array) -> Judge | None:
    """Mean squared error on hidden ratings of users and items that are seen elsewhere; None if there are none."""
    low, high = float(seen.V.data.min(initial=np.inf)), float(seen.V.data.max(initial=0.0))
    side = Problem(hidden, hidden, Blanks(0.0, 0.0)).users
    known = (seen.users.counts > 0)[side.rows] & (seen.items.counts > 0)[hidden.indices]
    if not known.any():
        return None

    def judge(W: Array, H: Array) -> float:
        scores = np.clip(observed_scores(side, W, H.T), low, high)
        return float(np.mean((hidden.data - scores)[known] ** 2))

    return judge


def _ranking_error(seen: Problem, hidden: sparse.csr_array) -> Judge | None:
    """1 − NDCG@`TOP` among the items that a user has not rated, relevant being hidden high ratings; None if there are too few.

    Of some users, evenly spread, as many as keep the scores to `RANKED_CELLS`.
    """
    low, high = float(seen.V.data.min(initial=np.inf)), float(seen.V.data.max(initial=0.0))
    rows = np.repeat(np.arange(hidden.shape[0]), np.diff(hidden.indptr))
    liked = hidden.data >= low + RELEVANT * (high - low)
    users = np.unique(rows[liked])
    users = users[:: -(-len(users) * hidden.shape[1] // RANKED_CELLS) or 1]
    if len(users) < LEAST_USERS:
        return None
    relevant = np.zeros((len(users), hidden.shape[1]), dtype=bool)
    place = np.full(hidden.shape[0], -1)
    place[users] = np.arange(len(users))
    here = liked & (place[rows] >= 0)
    relevant[place[rows[here]], hidden.indices[here]] = True
    rated = seen.V[users]
    rated_rows = np.repeat(np.arange(len(users)), np.diff(rated.indptr))

    def judge(W: Array, H: Array) -> float:
        scores = np.einsum("uf,fi->ui", W[users], H)
        scores[rated_rows, rated.indices] = -np.inf
        return 1 - float(np.mean(ndcg(scores, relevant, TOP)))

    return judge


def _hidden(V: sparse.csr_array, salt: int, *, transposed: bool = False) -> NDArray[np.bool_]:
    """Which observed cells to hide, by a hash of user and item: the same from either side, and no random draw to transpose."""
    out = np.empty(V.nnz, dtype=np.bool_)
    for cells in chunks(V.nnz):
        rows, columns = rows_of(V, cells).astype(np.uint32), V.indices[cells].astype(np.uint32)
        u, i = (columns, rows) if transposed else (rows, columns)
        mixed = u * np.uint32(0x9E3779B1) + i * np.uint32(0x85EBCA77) + np.uint32((salt * 0xC2B2AE3D) & 0xFFFFFFFF)
        for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39)):
            mixed ^= mixed >> np.uint32(shift)
            mixed *= np.uint32(factor)
        mixed ^= mixed >> np.uint32(15)
        out[cells] = mixed < np.uint32(HIDDEN * 2**32)
    return out


def _without(V: sparse.csr_array, dropped: NDArray[np.bool_]) -> sparse.csr_array:
    """V less some of its observed cells."""
    kept = ~dropped
    out = copy.copy(V)
    out.data, out.indices = V.data[kept], V.indices[kept]
    before = np.concatenate([[0], np.cumsum(kept, dtype=V.indptr.dtype)])
    out.indptr = before[V.indptr].astype(V.indptr.dtype)
    return out
