"""Cached and cancellable calls into the core, and the view that pages draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from nmf_core import (
    Factorization,
    NmfError,
    RankSurvey,
    Ratings,
    Settings,
    fit_settings,
    match_features,
    survey_ranks,
)
from nmf_core.interpret.features import feature_names
from pages.ui import jobs, state
from pages.ui.charts.style import Look, feature_colours
from pages.ui.kept import store

if TYPE_CHECKING:
    from nmf_core.labels import MatchedLabels

AT_ONCE_RATINGS = 50_000  # up to here a fit follows every change; beyond it waits for its button
SURVEY_RATINGS = 3_000  # up to here a survey starts by itself


@dataclass(frozen=True)
class View:
    """What every page draws from: ratings, settings, the fit in canonical form, and the features' names and colours."""

    opened: state.Opened
    settings: Settings | None
    fit: Factorization | None
    job: jobs.Job | None
    problem: NmfError | None
    project: str | None
    names: list[str]
    labels: dict[int, str]
    colours: list[str]
    known: MatchedLabels | None

    @property
    def ratings(self) -> Ratings:
        """The ratings as they are now."""
        return self.opened.ratings


def view() -> View:
    """The view of this run of the script, made once by `renew_view`."""
    held: View = state.session().view
    return held


def renew_view() -> View:
    """The view of what is open under the sidebar's settings; a problem is part of it, not an exception."""
    held = state.session()
    held.view = _made_view()
    made: View = held.view
    return made


def _made_view() -> View:
    """As above."""
    opened = state.opened()
    try:
        settings = state.settings()
    except NmfError as error:
        return View(opened, None, None, None, error, None, [], {}, [], None)
    fit, job, problem = _fit_or_job(opened.ratings, settings)
    if fit is None:
        return View(opened, settings, None, job, problem, None, [], {}, [], None)
    state.remember_fitted()
    project, known = _labels(fit)
    texts = known.texts if known else {}
    chosen = {f: named.stored.label.colour for f, named in known.by_feature.items()} if known else {}
    return View(
        opened,
        settings,
        fit,
        job,
        problem,
        project,
        feature_names(fit.rank, texts),
        texts,
        feature_colours(fit.rank, chosen),
        known,
    )


def look() -> Look:
    """The colours of the theme that the browser shows."""
    return Look(dark=st.context.theme.type == "dark")


# --- fits -------------------------------------------------------------------------------------------------------


def _fit_or_job(ratings: Ratings, settings: Settings) -> tuple[Factorization | None, jobs.Job | None, NmfError | None]:
    """The fit, if it is small or done; else the job that makes it, if it was asked for."""
    if ratings.n_ratings <= AT_ONCE_RATINGS:
        try:
            return _fitted(ratings.fingerprint, settings, ratings), None, None
        except NmfError as error:
            return None, None, error
    what = fit_key(ratings, settings)
    job = jobs.find(state.person(), what)
    if job is None or not job.finished:
        return None, job, None
    if job.cancelled or (job.result is None and job.error is None):
        # Cancelled, or ended by a bug, which the server's log has: to be asked for anew.
        if not job.cancelled:
            state.notice(
                "error", "The fit ended by a fault of ours; the server's log says more. Nothing you typed is lost."
            )
        jobs.forget(state.person(), what)
        return None, None, None
    return job.result, job, job.error


@st.cache_resource(max_entries=64, show_spinner=False)
def _fitted(fingerprint: str, settings: Settings, _ratings: Ratings) -> Factorization:
    """A fit of small ratings in canonical form: immutable, and the same for whoever has the same ratings."""
    return fit_settings(_ratings, settings).canonical()


def replayed(view: View, sweeps: int) -> Factorization:
    """The view's fit as it was after so many sweeps, its features in the order that they have at the end."""
    assert view.fit is not None and view.settings is not None
    early = _fitted(view.ratings.fingerprint, replace(view.settings, max_sweeps=sweeps, tol=0.0), view.ratings)
    order = match_features(view.fit, early).sort_values("old")["new"].to_numpy()
    return replace(
        early,
        W=early.W[:, order],
        H=early.H[order],
        misfit_removed=early.misfit_removed[order],
        column_scale=early.column_scale[order],
    )


def fit_key(ratings: Ratings, settings: Settings) -> tuple[str, str, Settings]:
    """The name of a fit's job."""
    return ("fit", ratings.fingerprint, settings)


def start_fit(ratings: Ratings, settings: Settings) -> None:
    """Begin a fit of large ratings. For the Fit button."""

    def work(progress: jobs.Progress) -> Factorization:
        return fit_settings(
            ratings, settings, on_sweep=lambda sweep, objective, kkt: progress(sweep, settings.max_sweeps)
        ).canonical()

    jobs.start(state.person(), fit_key(ratings, settings), work)


def cancel_fit(job: jobs.Job) -> None:
    """End a fit, and go back to the settings of the last one of these ratings. For the Cancel button."""
    job.cancelled = True
    if state.back_to_fitted():
        state.notice("info", "Cancelled. The settings are back at those of the last fit.")


# --- the rank survey --------------------------------------------------------------------------------------------


def survey_key(ratings: Ratings, settings: Settings, ranks: tuple[int, ...], folds: int) -> tuple[object, ...]:
    """The name of a survey's job; the rank now is none of its business."""
    return ("survey", ratings.fingerprint, _at_rank(settings, 1), ranks, folds)


def start_survey(ratings: Ratings, settings: Settings, ranks: tuple[int, ...], folds: int) -> None:
    """Begin a rank survey, if it was not begun."""

    def work(progress: jobs.Progress) -> RankSurvey:
        return survey_ranks(
            ratings, ranks, folds=folds, seed=settings.seed, settings=_at_rank(settings, 1), on_progress=progress
        )

    jobs.start(state.person(), survey_key(ratings, settings, ranks, folds), work)


def find_survey(ratings: Ratings, settings: Settings, ranks: tuple[int, ...], folds: int) -> jobs.Job | None:
    """The survey of these settings, if it was begun."""
    return jobs.find(state.person(), survey_key(ratings, settings, ranks, folds))


def _at_rank(settings: Settings, rank: int) -> Settings:
    """The settings at another rank."""
    return replace(settings, rank=rank)


# --- labels -----------------------------------------------------------------------------------------------------


def _labels(fit: Factorization) -> tuple[str | None, MatchedLabels | None]:
    """The project and the labels that this fit's features are recognised by; a store that fails is said, not fatal."""
    from nmf_core.labels import matched_labels

    try:
        project = _project()
        return project, matched_labels(store().labels(project), fit.items, fit.H)
    except NmfError as error:
        state.notice("error", f"Labels are not to be had: {error}")
        return None, None


def _project() -> str:
    """The project of what is open; a linked one that does not exist gives way to the person's own."""
    try:
        project = state.project(store().project_for)
        store().labels(project)
    except NmfError:
        if not state.forget_linked_project():
            raise
        state.notice(
            "warning",
            "The project in the address does not exist here, or was deleted. What is open, with its labels, is your own.",
        )
        project = state.project(store().project_for)
    return project


def label_history(project: str) -> pd.DataFrame:
    """Every change of every label of a project, oldest first; empty where the store cannot be read."""
    try:
        return store().history(project)
    except NmfError as error:
        state.notice("error", str(error))
        return pd.DataFrame()


def has_label_history(project: str) -> bool:
    """Whether there is a change that could be taken back."""
    history = label_history(project)
    return len(history) > 0 and bool((history["action"] != "copy").any())


def saving(action: Callable[[], object]) -> None:
    """Do something with the store in a callback; an error is shown above the page."""
    try:
        action()
    except NmfError as error:
        state.notice("error", str(error))
