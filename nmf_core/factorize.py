"""`factorize`: the one loop around every solver. It owns sweeps, history, progress, cancelling and stopping."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nmf_core.errors import SettingsError, shown
from nmf_core.factorization import Factorization
from nmf_core.init import INITS, check_rank
from nmf_core.problem import Array, Problem, Side, kkt_residual, objective, observed_scores
from nmf_core.ratings import Ratings, require_ratings
from nmf_core.settings import (
    BlanksSetting,
    InitSetting,
    PenaltySetting,
    Settings,
    resolve_blanks,
    resolve_penalty,
)
from nmf_core.solvers import SOLVERS

OnSweep = Callable[[int, float, float], object]
CHANGE = 0.01  # a sweep must lower the objective by this share of `tol`, or the fit has converged
PATIENCE = 10  # sweeps that a solver which may rise is given to find a better one


def factorize(
    ratings: Ratings,
    *,
    rank: int = 10,
    solver: str = "hals",
    blanks: BlanksSetting = "unknown",
    loss: str = "frobenius",
    init: InitSetting = "auto",
    penalty: PenaltySetting = None,
    seed: int = 0,
    max_sweeps: int = 200,
    tol: float = 1e-4,
    threads: int | None = None,
    on_sweep: OnSweep | None = None,
) -> Factorization:
    """Find W (n_users × rank) and H (rank × n_items), not negative, whose product fits the ratings.

    Args:
        ratings: the observed cells.
        rank: number of features, 1…500.
        solver: a name in `nmf_core.SOLVERS`.
        blanks: what a blank counts: "unknown" (nothing), "weak" (a little), "zero" (a rating of 0), or a pair of a
            weight in 0…1 and a value in rating points.
        loss: "frobenius", and with solver "mu" also "kl" and "is".
        init: "auto", "random", "nndsvd", "nndsvda", "nndsvdar", or a pair (W, H).
        penalty: L2 weight λ for both factors in rating points, a `Penalty`, or None for a default from the data.
        seed: 0…2³²−1; the same seed gives the same bits.
        max_sweeps, tol: when to stop; `tol` bounds the step that any weight would still take, relative to all weights.
        threads: reserved for compiled kernels; results do not depend on it.
        on_sweep: called as on_sweep(sweep, objective, kkt) after every sweep; returning False ends the fit there.

    Raises:
        SettingsError: a setting outside its range, or two that do not go together.

    >>> from nmf_core import datasets
    >>> fit = factorize(datasets.notebook(), rank=2)
    >>> fit.W.shape, fit.H.shape, fit.converged
    ((5, 2), (2, 4), True)
    """
    settings = Settings(rank, solver, blanks, loss, init, penalty, seed, max_sweeps, tol, threads)
    return fit_settings(ratings, settings, on_sweep=on_sweep)


def fit_settings(ratings: Ratings, settings: Settings, *, on_sweep: OnSweep | None = None) -> Factorization:
    """`factorize` for settings that are already in one value."""
    require_ratings(ratings)
    problem = problem_of(ratings, settings)
    least = minimise(problem, settings, on_sweep=on_sweep)
    W, H = _filled(problem, least.W, least.H)
    residual = ratings.V.data - observed_scores(problem.users, W, H.T)
    return Factorization(
        W=W,
        H=H,
        users=ratings.users,
        items=ratings.items,
        scale=ratings.scale,
        settings=settings,
        blanks=problem.blanks,
        penalty=problem.penalty,
        history=pd.DataFrame(least.history, columns=["sweep", "objective", "kkt", "seconds"]),
        stopped=least.stopped,
        removes=_removed_misfit(problem.users, W, H, residual),
        size=np.ones(settings.rank),
        rmse=float(np.sqrt(np.mean(residual**2))),
        fingerprint=ratings.fingerprint,
        notes=_notes(ratings, settings),
    )


@dataclass(frozen=True)
class Minimum:
    """Where the loop ended: W (n_users × rank), H (rank × n_items), and how it got there.

    `history` holds (sweep, objective, kkt, seconds) from the start on; `stopped` is a key of `factorization.STOPPED`.
    """

    W: Array
    H: Array
    history: list[tuple[int, float, float, float]]
    stopped: str


def minimise(problem: Problem, settings: Settings, *, on_sweep: OnSweep | None = None) -> Minimum:
    """The one loop: a start, then the solver's sweeps until a rule, a caller or `max_sweeps` ends them."""
    W, H = _start(problem, settings)
    began = time.perf_counter()
    history: list[tuple[int, float, float, float]] = []

    def record(sweep: int, value: float) -> float:
        kkt = kkt_residual(problem, W, H)
        history.append((sweep, value, kkt, time.perf_counter() - began))
        return kkt

    value = objective(problem, W, H)
    best_already = record(0, value) == 0
    stopped = "max_sweeps"
    sweeps = iter(()) if best_already else _kept_sweeps(problem, settings, value, W, H)
    for sweep, value, W, H in sweeps:  # noqa: B007, B020 - W and H are the state
        kkt = record(sweep, value)
        if on_sweep is not None and on_sweep(sweep, value, kkt) is False:
            stopped = "cancelled"
            break
        if sweep >= settings.max_sweeps:
            break
        if not SOLVERS[settings.solver].stops_itself and (rule := _met(history, settings.tol)):
            stopped = rule
            break
    else:
        stopped = "kkt" if best_already else "solver" if SOLVERS[settings.solver].stops_itself else "change"
    return Minimum(W, H, history, stopped)


def problem_of(ratings: Ratings, settings: Settings) -> Problem:
    """What a fit of these ratings with these settings minimises; blanks and penalty resolved.

    Raises:
        SettingsError: ratings that the loss cannot take.
    """
    if settings.loss == "is" and (ratings.V.data == 0).any():
        raise SettingsError(
            f"{int((ratings.V.data == 0).sum())} ratings are 0, and the Itakura–Saito loss of a 0 is infinite. "
            "Read zeros as unrated, or use loss='kl'."
        )
    blanks = resolve_blanks(settings.blanks, ratings)  # type: ignore[arg-type]
    penalty = resolve_penalty(settings.penalty, blanks, ratings, settings.loss)
    return Problem(ratings.V.astype(np.float64), ratings.Vt.astype(np.float64), blanks, penalty, settings.loss)


def _kept_sweeps(
    problem: Problem, settings: Settings, best: float, W: Array, H: Array
) -> Iterator[tuple[int, float, Array, Array]]:
    """The solver's sweeps with their objectives; of a solver that may rise, only those that lower it."""
    solver = SOLVERS[settings.solver]
    missed = 0
    for sweep, (W, H) in enumerate(solver.run(problem, W, H, settings.tol), start=1):  # noqa: B020 - as above
        value = objective(problem, W, H)
        if solver.monotone or value <= best:
            best, missed = value, 0
            yield sweep, value, W, H
        else:
            missed += 1
            if missed >= PATIENCE:
                return


def _met(history: list[tuple[int, float, float, float]], tol: float) -> str | None:
    """The stopping rule that is met, if any."""
    (_, before, _, _), (_, now, kkt, _) = history[-2:]
    if kkt <= tol:
        return "kkt"
    return "change" if before - now <= CHANGE * tol * abs(before) else None


def _start(problem: Problem, settings: Settings) -> tuple[Array, Array]:
    """W and H before the first sweep."""
    shape, rank, init = problem.V.shape, settings.rank, settings.init
    if not problem.V.data.any() and problem.blanks.weight * problem.blanks.value == 0:
        return np.zeros((shape[0], rank)), np.zeros((rank, shape[1]))  # nothing but zeros: that is the answer
    if not isinstance(init, str):
        return _given_start(init, shape, rank)
    name = init
    if init == "auto":
        name = "nndsvda" if rank <= min(shape) else "random"
    check_rank(name, rank, shape)
    if name == "nndsvd" and SOLVERS[settings.solver].positive_start:
        raise SettingsError(
            f"init is 'nndsvd', whose zeros the solver {settings.solver} can never leave. Set init='nndsvda' or 'nndsvdar'."
        )
    return INITS[name](problem, rank, settings.seed)


def _given_start(init: object, shape: tuple[int, int], rank: int) -> tuple[Array, Array]:
    """A pair (W, H) as given, checked and copied."""
    if not (isinstance(init, tuple | list) and len(init) == 2):
        raise SettingsError(f"init is {shown(init)}; it must be a name or a pair (W, H) of arrays. Give one of these.")
    W, H = (np.array(x, dtype=np.float64) for x in init)
    for name, array, wanted in (("W", W, (shape[0], rank)), ("H", H, (rank, shape[1]))):
        if array.shape != wanted:
            raise SettingsError(f"init {name} has shape {array.shape}; for these ratings and rank it must be {wanted}.")
        if not np.isfinite(array).all() or (array < 0).any():
            raise SettingsError(f"init {name} has negative or infinite weights; weights are 0 or more. Correct them.")
    return W, H


def _filled(problem: Problem, W: Array, H: Array) -> tuple[Array, Array]:
    """Rows and columns that nothing was fitted to get the mean weights of the others: an average user or item."""
    W, H = W.copy(), np.ascontiguousarray(H)
    for side, A in ((problem.users, W), (problem.items, H.T)):
        empty = side.counts == 0
        if empty.any() and not empty.all():
            A[empty] = A[~empty].mean(axis=0)
    return W, H


def _removed_misfit(side: Side, W: Array, H: Array, residual: Array) -> Array:
    """(rank,) squared misfit on observed cells without a feature, less that with it."""
    removed = np.empty(len(H))
    for f in range(len(H)):
        part = observed_scores(side, W[:, f : f + 1], H[f : f + 1].T)
        removed[f] = float((part * (2 * residual + part)).sum())
    return removed


def _notes(ratings: Ratings, settings: Settings) -> tuple[str, ...]:
    """What a reader of this fit should know."""
    smallest = min(ratings.n_users, ratings.n_items)
    if settings.rank > smallest:
        return (
            f"Rank {settings.rank} is more than the smaller side of the grid ({smallest}): "
            "the ratings can be reproduced exactly, and the features need not mean anything.",
        )
    return ()
