"""The fit of any ratings under any settings: begun by itself where it is quick, waited for a moment, and found again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

import streamlit as st

from nmf_core import Factorization, NmfError, Ratings, Settings
from nmf_core.fit.cost import Machine, estimate, measured
from nmf_core.interpret.match import match_features
from nmf_core.study.beside import fit
from pages.ui.session import session
from pages.ui.work import apart, jobs
from pages.ui.work.jobs import Job, Progress

FOLLOWS = 2.0  # seconds: a fit that is estimated at less follows each change; a longer one waits to be asked for
PATIENCE = (
    4.0  # seconds that a page waits for a quick fit before it shows what there is: twice, since a machine may be busy
)


@dataclass(frozen=True, eq=False)
class FitState:
    """How far a fit is.

    Attributes:
        ratings, settings: what is fitted, and how.
        what: the name of its job.
        seconds: about how long it takes.
        fit: in canonical form, once it is there.
        job: while it runs, or where it went wrong.
        problem: why these settings cannot be.
    """

    ratings: Ratings
    settings: Settings
    what: Hashable
    seconds: float
    fit: Factorization | None = None
    job: Job | None = None
    problem: NmfError | None = None

    @property
    def running(self) -> bool:
        """Whether it is on its way."""
        return self.job is not None and not self.job.finished


def fit_of(
    ratings: Ratings, settings: Settings, *, glance: Callable[[Job, float], None] = lambda job, waited: None
) -> FitState:
    """The fit of these ratings under these settings, or how far it is: the same from every page, for every part of one.

    A quick one begins by itself and is waited for; the script may be stopped meanwhile by what `glance` draws. A longer one is
    begun by `begin`.
    """
    what = key_of(ratings, settings)
    state = FitState(ratings, settings, what, seconds(ratings, settings))
    done = jobs.result_of(what)
    if done is not None:
        return replace(state, fit=done)
    job = jobs.find(session.person(), what)
    if job is None and state.seconds <= FOLLOWS and what not in session.current().declined:
        job = begin(state, quick=True)
    if job is None or job.cancelled:
        return state
    if state.seconds <= FOLLOWS:
        jobs.wait(job, PATIENCE, glance)
    if job.finished and job.result is not None and not job.cancelled:
        return replace(state, fit=job.result)
    return replace(state, job=job, problem=job.error)


def seconds(ratings: Ratings, settings: Settings) -> float:
    """About how long a fit takes on this machine."""
    return estimate(ratings, settings, machine())


@st.cache_resource(show_spinner=False)
def machine() -> Machine:
    """What this machine was measured to do: at warm-up, or the first time that somebody asks."""
    return measured()


def key_of(ratings: Ratings, settings: Settings, what: str = "fit", *more: Hashable) -> Hashable:
    """The name of a job on ratings under settings. (Settings with different starts are equal, since arrays are not compared.)"""
    start = settings.init if isinstance(settings.init, str) else id(settings.init)
    return what, ratings.fingerprint, settings, start, *more


def begin(state: FitState, *, quick: bool = False) -> Job:
    """Begin a fit; for a button, and for fits that follow by themselves."""
    ratings, settings = state.ratings, state.settings

    def work(progress: Progress) -> Factorization | None:
        return apart.fit(ratings, settings, progress) if quick else fit(ratings, settings, progress)

    session.current().declined.discard(state.what)
    apart.came(session.person())
    if quick:
        return jobs.start(session.person(), state.what, work, lane="quick", seconds=jobs.BY_ITSELF)
    return jobs.start(session.person(), state.what, work)


def follow(ratings: Ratings, settings: Settings) -> None:
    """The sidebar's fit is this one from now on: what it was before is left, if it began by itself and is still on its way."""
    held, what = session.current(), key_of(ratings, settings)
    before, held.following = held.following, what
    job = None if before in (None, what) else jobs.find(session.person(), before)
    if job is not None and not job.finished and job.seconds == jobs.BY_ITSELF:
        jobs.cancel(session.person(), before)


def decline(state: FitState) -> None:
    """End a fit, and do not begin it again by itself. For a Cancel button."""
    session.current().declined.add(state.what)
    jobs.forget(session.person(), state.what)


def replayed(fit: Factorization, ratings: Ratings, sweeps: int) -> Factorization | None:
    """A fit as it was after so many sweeps, its features in the order that they have at the end; None while it is not there."""
    early = fit_of(ratings, replace(fit.settings, penalty=fit.penalty, max_sweeps=sweeps, tol=0.0)).fit
    if early is None:
        return None
    order = match_features(fit, early).sort_values("old")["new"].to_numpy()
    return replace(
        early,
        W=early.W[:, order],
        H=early.H[order],
        misfit_removed=early.misfit_removed[order],
        column_scale=early.column_scale[order],
        solver_order=tuple(early.solver_order[f] for f in order),
    )
