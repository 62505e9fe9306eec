"""The view of one run of the script: ready to be drawn, or what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from nmf_core import Factorization, NmfError, Ratings, Settings
from nmf_core.interpret.colours import feature_colours
from nmf_core.interpret.features import feature_names
from pages.ui.charts.style import Look
from pages.ui.session import controls, projects, session, steered, workspaces
from pages.ui.session.workspace import Workspace
from pages.ui.work.fits import FitState, fit_of, follow
from pages.ui.work.jobs import Job

if TYPE_CHECKING:
    from nmf_core.labels import MatchedLabels


@dataclass(frozen=True, eq=False)
class Ready:
    """What every page draws from: a fit in canonical form with the ratings it is of, and its features' names and colours.

    Attributes:
        workspace: what is open now.
        ratings, settings, fit: what is drawn: those of now, or where another fit is on its way, those of the one before.
        project, known: where labels are kept, and those recognised in this fit; None where the store cannot be read.
        names, labels, colours: of the features: a name each, those that somebody gave, and a colour each.
        newer: how far the fit of what is set now is, where that is another one.
    """

    workspace: Workspace
    ratings: Ratings
    settings: Settings
    fit: Factorization
    project: str | None
    known: MatchedLabels | None
    names: list[str]
    labels: dict[int, str]
    colours: list[str]
    newer: FitState | None = None


@dataclass(frozen=True, eq=False)
class Unfitted:
    """Settings without a fit: it is on its way, waits to be asked for, or cannot be."""

    workspace: Workspace
    settings: Settings
    newer: FitState


@dataclass(frozen=True, eq=False)
class Unsettled:
    """Settings that do not go together."""

    workspace: Workspace
    problem: NmfError


def as_solved(ready: Ready) -> Ready:
    """The same with W and H as the solver gave them; names and colours stay with their features."""
    order = np.argsort(ready.fit.solver_order).tolist()
    return replace(
        ready,
        fit=ready.fit.as_solved(),
        names=[ready.names[f] for f in order],
        colours=[ready.colours[f] for f in order],
        labels={place: ready.labels[f] for place, f in enumerate(order) if f in ready.labels},
    )


View = Ready | Unfitted | Unsettled


def problem(view: View) -> NmfError | None:
    """Why there is no fit of the sidebar's settings; None where nothing is wrong with them."""
    if isinstance(view, Unsettled):
        return view.problem
    return view.newer.problem if view.newer is not None else None


def view() -> View:
    """The view of this run of the script, made once by `renew`."""
    held: View = session.current().view
    return held


def renew(glance: Callable[[Job, float], None]) -> View:
    """The view of what is open under the sidebar's settings; a problem is part of it, not an exception."""
    held = session.current()
    held.view = _made(workspaces.current(), glance)
    if isinstance(held.view, Ready):
        held.last_view = {held.view.workspace.key: held.view}
    made: View = held.view
    return made


def _made(workspace: Workspace, glance: Callable[[Job, float], None]) -> View:
    """As above."""
    try:
        settings = steered.obeyed(controls.settings(workspace.ratings), workspace.ratings)
    except NmfError as error:
        return Unsettled(workspace, error)
    follow(workspace.ratings, settings)
    state = fit_of(workspace.ratings, settings, glance=glance)
    if state.fit is not None:
        workspaces.remember_fitted()
        return _ready(workspace, workspace.ratings, state.fit, None)
    before: Ready | None = session.current().last_view.get(workspace.key)
    if before is None or state.problem is not None:
        return Unfitted(workspace, settings, state)
    return _ready(workspace, before.ratings, before.fit, state)


def _ready(workspace: Workspace, ratings: Ratings, fit: Factorization, newer: FitState | None) -> Ready:
    """A fit with what its features are called."""
    project, known = projects.labels_of(fit)
    texts = known.texts if known else {}
    chosen = {f: named.stored.label.colour for f, named in known.by_feature.items()} if known else {}
    names, colours = feature_names(fit.rank, texts), feature_colours(fit.rank, chosen)
    return Ready(workspace, ratings, fit.settings, fit, project, known, names, texts, colours, newer)


def look() -> Look:
    """The colours of the theme that the browser shows."""
    return Look(dark=st.context.theme.type == "dark")
