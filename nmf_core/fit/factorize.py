"""`factorize`: the one loop around every solver. It owns sweeps, history, progress, cancelling and stopping."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from nmf_core.data.ids import places_of
from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.data.spread import counts_among
from nmf_core.errors import SettingsError, shown
from nmf_core.fit.exact_rows import processors
from nmf_core.fit.factorization import Factorization, not_converged
from nmf_core.fit.init import INITS, check_rank, usual
from nmf_core.fit.kernels import worth_compiling
from nmf_core.fit.penalty import resolve_penalty
from nmf_core.fit.problem import Array, Blanks, Penalty, Problem, kkt_residual, objective, observed_scores
from nmf_core.fit.settings import BlanksSetting, InitSetting, PenaltySetting, Settings, resolve_blanks
from nmf_core.fit.solvers import SOLVERS
from nmf_core.fit.steer import Steer, begun, pull_of

OnSweep = Callable[[int, float, float], object]
CALM, CHANGE = 3, 0.01  # so many sweeps must lower the objective by this share of `tol` each, or the fit has converged
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
    steer: Steer | None = None,
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
        init: "auto" ("svd" where it can be had), "svd", "random", "nndsvd", "nndsvda", "nndsvdar", or a pair (W, H).
        penalty: L2 weight λ for both factors in rating points, a `Penalty`, or None for a default from the data.
        seed: 0…2³²−1; the same seed gives the same bits, in whatever order rows, users and items stand.
        max_sweeps, tol: when to stop; `tol` bounds the step that any weight would still take, relative to all weights.
        threads: how many may work on this fit, 1…1024; None for one a processor. Results do not depend on it.
        steer: what some features shall be (`Steer`); with solver "hals". The objective then includes how far they are from it.
        on_sweep: called as on_sweep(sweep, objective, kkt) after every sweep, and with sweep 0 and NaN while the penalty is
            chosen; returning False ends the fit within a sweep.

    Raises:
        SettingsError: a setting outside its range, or two that do not go together.

    >>> from nmf_core import datasets
    >>> fit = factorize(datasets.notebook(), rank=2)
    >>> fit.W.shape, fit.H.shape, fit.converged
    ((5, 2), (2, 4), True)
    """
    settings = Settings(rank, solver, blanks, loss, init, penalty, seed, max_sweeps, tol, threads, steer)
    return fit_settings(ratings, settings, on_sweep=on_sweep)


def fit_settings(ratings: Ratings, settings: Settings, *, on_sweep: OnSweep | None = None) -> Factorization:
    """`factorize` for settings that are already in one value."""
    require_ratings(ratings)
    ordered = (
        ratings.by_name
    )  # starts are drawn, cells hidden and sums added up in the order of names: any other gives the same
    asked = settings_by_name(settings, ratings)
    problem = problem_of(ordered, asked, on_sweep=on_sweep)
    least = minimise(problem, asked, on_sweep=on_sweep)
    W, H = _filled(problem, least.W, least.H)
    misfit_removed, rmse = _removed_misfit(problem, W, H, threads_of(settings))
    if ordered is not ratings:
        W, H = W[places_of(ratings.user_order)], np.ascontiguousarray(H[:, places_of(ratings.item_order)])
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
        misfit_removed=misfit_removed,
        column_scale=np.ones(settings.rank),
        rmse=rmse,
        fingerprint=ratings.fingerprint,
        notes=_notes(ratings, settings, least.stopped),
    )


@dataclass(frozen=True)
class Minimum:
    """Where the loop ended: W (n_users × rank), H (rank × n_items), and how it got there.

    `history` holds (sweep, objective, kkt, seconds) from the start on; `stopped` is a key of `factorization.STOP_REASONS`.
    """

    W: Array
    H: Array
    history: list[tuple[int, float, float, float]]
    stopped: str


def minimise(problem: Problem, settings: Settings, *, on_sweep: OnSweep | None = None) -> Minimum:
    """The one loop: a start, then the solver's sweeps until a rule, a caller or `max_sweeps` ends them."""
    began = time.perf_counter()
    # Solvers see ratings of about one size, so that nothing overflows; a power of two changes no digit.
    exponent = problem.exponent
    problem = problem.divided(2.0**exponent)
    objective_exponent = exponent * problem.divergence.beta
    to_W = to_H = 2.0 ** (exponent / 2)
    if (
        problem.penalty == Penalty() and problem.pull is None
    ):  # nothing asks how a feature's size is shared out: shared so, no digit changes
        to_W, to_H = 2.0 ** (exponent - exponent // 2), 2.0 ** (exponent // 2)
    W, H = _start(problem, settings, to_W, to_H)
    history: list[tuple[int, float, float, float]] = []
    solver = SOLVERS[settings.solver]
    stopped = ""
    for number, (W, H, value, kkt) in enumerate(_kept_sweeps(problem, settings, W, H)):  # noqa: B007, B020 - W, H are the state
        history.append((number, value, kkt, time.perf_counter() - began))
        if number == 0:
            if kkt == 0:
                stopped = "kkt"  # the start is the answer
                break
            continue
        if on_sweep is not None and on_sweep(number, _times_power(value, objective_exponent), kkt) is False:
            stopped = "cancelled"
        elif number >= settings.max_sweeps:
            stopped = "max_sweeps"
        elif not solver.stops_itself:
            stopped = _met(history, settings.tol)
        if stopped:
            break
    else:
        stopped = "solver" if solver.stops_itself else "change"
    rows = [(number, _times_power(value, objective_exponent), kkt, seconds) for number, value, kkt, seconds in history]
    return Minimum(W.astype(np.float64) * to_W, H.astype(np.float64) * to_H, rows, stopped)


def _times_power(value: float, exponent: int) -> float:
    """value · 2^exponent; infinite or 0 where that is too much for a number."""
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(value, exponent))


def check_settings(ratings: Ratings, settings: Settings) -> None:
    """Refuse settings that these ratings cannot be fitted under, before anything is computed.

    Raises:
        SettingsError: a loss that a rating of 0 has no value for, or a start that the grid or the solver does not allow.

    >>> from nmf_core import datasets
    >>> check_settings(datasets.notebook(), Settings(rank=5, init="svd"))
    Traceback (most recent call last):
        ...
    nmf_core.errors.SettingsError: init is 'svd' with rank 5; a grid of 5 users × 4 items has only 4 singular vectors to start \
from. Set init='random', or a rank of at most 4.
    """
    _check_loss(ratings, settings)
    if not _nothing_but_zeros(ratings.V, resolve_blanks(settings.blanks, ratings)):
        _named_start(settings, ratings.V.shape)


def _check_loss(ratings: Ratings, settings: Settings) -> None:
    """The Itakura–Saito loss takes no rating of 0."""
    if settings.loss == "is" and (ratings.V.data == 0).any():
        raise SettingsError(
            f"{int((ratings.V.data == 0).sum())} ratings are 0, and the Itakura–Saito loss of a 0 is infinite. "
            "Read zeros as unrated, or use loss='kl'."
        )


def _nothing_but_zeros(V: sparse.csr_array, blanks: Blanks) -> bool:
    """Whether all that is fitted is 0."""
    return blanks.weight * blanks.value == 0 and not V.data.any()


def _named_start(settings: Settings, shape: tuple[int, int]) -> str | None:
    """The name of the start, which must go with the rank and the solver; None where W and H are given."""
    if not isinstance(settings.init, str):
        return None
    name = usual(settings.rank, shape) if settings.init == "auto" else settings.init
    check_rank(name, settings.rank, shape)
    if name == "nndsvd" and SOLVERS[settings.solver].positive_start:
        raise SettingsError(
            f"init is 'nndsvd', whose zeros the solver {settings.solver} can never leave. Set init='nndsvda' or 'nndsvdar'."
        )
    return name


def problem_of(ratings: Ratings, settings: Settings, *, on_sweep: OnSweep | None = None) -> Problem:
    """What a fit of these ratings with these settings minimises; blanks and penalty resolved.

    Raises:
        SettingsError: ratings that the loss cannot take.
    """
    _check_loss(ratings, settings)
    blanks = resolve_blanks(settings.blanks, ratings)
    V, Vt = ratings.V, ratings.Vt
    ordered = ratings.by_name
    threads = threads_of(settings)

    def go_on() -> bool:
        return on_sweep is None or on_sweep(0, math.nan, math.nan) is not False

    penalty = resolve_penalty(
        settings.penalty, ordered.V, ordered.Vt, blanks, settings.loss, settings.rank, threads, go_on
    )
    if penalty.one_sided and not SOLVERS[settings.solver].one_l1_share:
        penalty = (
            Penalty()
        )  # what it weighs where the objective is least: nothing; scikit-learn's solvers do as scikit-learn does
    if not (SOLVERS[settings.solver].compiled and worth_compiling(V.nnz, settings.rank)):
        V, Vt = V.astype(np.float64), Vt.astype(np.float64)  # else compiled kernels read the ratings as they are
    problem = Problem(V, Vt, blanks, penalty, settings.loss)
    if settings.steer is None:
        return problem
    return replace(problem, pull=pull_of(settings.steer, problem, settings.rank))


def _kept_sweeps(
    problem: Problem, settings: Settings, W: Array, H: Array
) -> Iterator[tuple[Array, Array, float, float]]:
    """The start and the solver's sweeps, each with objective and KKT residual; of a solver that may rise, those that do not."""
    solver = SOLVERS[settings.solver]
    best, missed = np.inf, 0
    for W, H, value, kkt in solver.run(problem, W, H, settings.tol, threads_of(settings)):  # noqa: B020
        if value is None:
            value = objective(problem, W, H)
        if solver.monotone or value <= best:
            best, missed = value, 0
            yield W, H, value, kkt_residual(problem, W, H) if kkt is None else kkt
        else:
            missed += 1
            if missed >= PATIENCE:
                return


def threads_of(settings: Settings) -> int:
    """The threads asked for, or one for each processor that this process may use."""
    return processors() if settings.threads is None else settings.threads


def _met(history: list[tuple[int, float, float, float]], tol: float) -> str:
    """The stopping rule that is met, or ""."""
    (_, before, _, _), (_, now, kkt, _) = history[max(0, len(history) - 1 - CALM)], history[-1]
    if kkt <= tol:
        return "kkt"
    # Several sweeps together: with momentum, a single one may gain little and the next one much.
    calm = len(history) > CALM and before - now <= CALM * CHANGE * tol * abs(before)
    return "change" if calm else ""


def _start(problem: Problem, settings: Settings, to_W: float, to_H: float) -> tuple[Array, Array]:
    """W and H before the first sweep."""
    shape, rank, init = problem.V.shape, settings.rank, settings.init
    if _nothing_but_zeros(problem.V, problem.blanks):
        return np.zeros((shape[0], rank)), np.zeros((rank, shape[1]))  # nothing but zeros: that is the answer
    name = _named_start(settings, shape)
    if name is None:
        W, H = _given_start(init, shape, rank)
        start = W / to_W, H / to_H
    else:
        start = INITS[name](problem, rank, settings.seed, threads_of(settings))
    return start if settings.steer is None else begun(settings.steer, problem, start)


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


def settings_by_name(settings: Settings, ratings: Ratings) -> Settings:
    """The settings for `ratings.by_name`: a start and wishes that were given have their rows and columns in that order too."""
    if ratings.by_name is ratings:
        return settings
    if settings.steer is not None:
        settings.steer.check_items(ratings.n_items)
        settings = replace(settings, steer=settings.steer.ordered(ratings.item_order))
    if isinstance(settings.init, str):
        return settings
    W, H = _given_start(settings.init, ratings.V.shape, settings.rank)
    return replace(settings, init=(W[ratings.user_order], H[:, ratings.item_order]))


def _filled(problem: Problem, W: Array, H: Array) -> tuple[Array, Array]:
    """Rows and columns that nothing was fitted to get the mean weights of the others: an average user or item."""
    W, H = W.copy(), np.ascontiguousarray(H)
    for side, A in ((problem.users, W), (problem.items, H.T)):
        empty = side.counts == 0
        if empty.any() and not empty.all():
            A[empty] = A[~empty].mean(axis=0)
    return W, H


def _removed_misfit(problem: Problem, W: Array, H: Array, threads: int) -> tuple[Array, float]:
    """(rank,) squared misfit on observed cells without a feature, less that with it; and the root of its mean."""
    side, n = problem.users, problem.V.nnz
    if worth_compiling(n, len(H)):
        from nmf_core.fit.compiled import CompiledSide, Kernels, padded

        with Kernels(len(H), threads) as kernels:
            left, removed = kernels.removed(
                CompiledSide(side, np.float64), padded(W, np.float64), padded(H.T, np.float64)
            )
        return removed, math.sqrt(left / n)
    residual = side.V.data - observed_scores(side, W, H.T)
    removed = np.empty(len(H))
    for f in range(len(H)):
        part = observed_scores(side, W[:, f : f + 1], H[f : f + 1].T)
        removed[f] = float((part * (2 * residual + part)).sum())
    return removed, float(np.sqrt(np.mean(residual**2)))


def _notes(ratings: Ratings, settings: Settings, stopped: str) -> tuple[str, ...]:
    """What a reader of this fit should know."""
    notes = []
    smallest = min(ratings.n_users, ratings.n_items)
    if settings.rank > smallest:
        notes.append(
            f"Rank {settings.rank} is more than the smaller side of the grid ({smallest}): "
            "the ratings can be reproduced exactly, and the features need not mean anything."
        )
    if isinstance(settings.penalty, Penalty) and (alone := settings.penalty.one_sided):
        other = "H" if alone == "W" else "W"
        done = (
            "so it is left out" if not SOLVERS[settings.solver].one_l1_share else "and the objective has no least value"
        )
        notes.append(
            f"The penalty is on {alone} alone: it only makes {alone} small and {other} large, which changes no score, {done}. "
            f"Penalise {other} too, by L2 if {alone} is to be sparse."
        )
    if (found := counts_among(ratings.by_name.V.data)) is not None:
        notes.append(
            f"The ratings run from {found.low:g} to {found.high:g}, as counts do: the largest decide nearly all of this fit. "
            "Take their logarithm first (edit.take_logarithm)."
        )
    if stopped == "max_sweeps":
        notes.append(not_converged(stopped))
    return tuple(notes)
