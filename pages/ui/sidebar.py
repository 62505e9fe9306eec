"""The sidebar, the same on every page: which ratings are open, what a blank counts, rank, solver, how the fit went."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nmf_core import SOLVERS, Ratings, suggested_blanks
from nmf_core.data.datasets import SAMPLES
from nmf_core.fit.init import INITS
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.settings import BLANK_PRESETS, MAX_SWEEPS, resolve_blanks
from nmf_core.terms import INIT_TERMS
from pages.ui import seen, show, text, widgets
from pages.ui.session import address, controls, steered, workspaces
from pages.ui.session.workspace import Workspace
from pages.ui.work import seeds
from pages.ui.work import view as views
from pages.ui.work.jobs import Job
from pages.ui.work.view import Ready, Unsettled, View

NOTICED = 0.3  # seconds of waiting from which on it is said


def choose() -> DeltaGenerator:
    """The widgets, each a parameter of the address; the place below the seed, for what `fit_state` says of it.

    The address is followed first, and then says what is set.
    """
    titles = workspaces.data_titles()
    arrives = address.arrives()
    if arrives:
        address.open_asked(list(titles))
        if workspaces.current().key not in titles:  # it has opened another
            titles = workspaces.data_titles()
    parameters = seen.parameters(workspaces.current().ratings)
    if arrives:
        address.read(parameters)
    address.settle(parameters)
    address.write(parameters)
    with st.sidebar:
        widgets.select(
            "Ratings",
            list(titles),
            key=controls.DATA,
            format_func=lambda key: titles.get(key, ""),
            on_change=workspaces.choose_data,
            help="A sample, or what you brought. Upload and edit on the Ratings page.\n\n"
            + "\n".join(f"- **{sample.title}**: {sample.description}" for sample in SAMPLES.values()),
        )
        opened = workspaces.current()
        st.caption(text.fullness(opened.ratings))
        _dial(opened.ratings)
        st.number_input(
            "Rank",
            1,
            controls.TOP_RANK,
            controls.held(controls.RANK, 1),
            key=controls.RANK,
            help=f"{text.terms('rank', 'feature')}\n\nThe Rank page says how many the ratings support.",
        )
        widgets.select(
            "Solver",
            list(SOLVERS),
            key=controls.SOLVER,
            help=f"{text.terms('solver')}\n\n" + "\n".join(f"- **{s.name}**: {s.summary}" for s in SOLVERS.values()),
        )
        return _more()


def _dial(ratings: Ratings) -> None:
    """What a blank counts: three named stops, and a weight and value of one's own."""
    suggested, reason = suggested_blanks(ratings)
    stop = st.segmented_control(
        "A blank counts as",
        list(controls.DIAL),
        default=controls.held(controls.BLANKS),
        required=True,
        key=controls.BLANKS,
        width="stretch",
        help="Nobody rated that cell. Is it *unknown*, *weak* evidence against choosing it, or a rating of *zero*? "
        "Unknown predicts ratings best; weak evidence finds, names and recommends best. "
        "*own* sets a weight and a value.",
    )
    if stop == controls.CUSTOM:
        left, right = st.columns(2)
        left.number_input(
            "Weight",
            0.0,
            1.0,
            controls.held_number(controls.WEIGHT, 0.0),
            0.05,
            key=controls.WEIGHT,
            persist_state="session",
            help="0 is unknown, 1 is a rating",
        )
        top = seen.value_top(ratings)
        value = controls.held_number(controls.VALUE, 0.0)
        right.number_input("Value", 0.0, top, value, 0.5, key=controls.VALUE, persist_state="session")
    why = f" Suggested here: {reason}." if stop == suggested else f" Suggested here: {suggested}; {reason}."
    if stop in BLANK_PRESETS:
        st.caption(text.blanks_meaning(resolve_blanks(stop, ratings)) + why)


def _more() -> DeltaGenerator:
    """The settings that most people never touch, and a place below the seed."""
    with st.expander("More settings", icon=":material/tune:"):
        st.number_input(
            "Penalty λ",
            0.0,
            100.0,
            controls.held_number(controls.PENALTY),
            0.01,
            format="%.4g",
            key=controls.PENALTY,
            placeholder="automatic",
            help=f"{text.terms('penalty')}\n\nPulls weights towards 0. Empty: chosen from the ratings.",
        )
        widgets.select(
            "Init",
            ["auto", *INITS],
            key=controls.INIT,
            help=f"{text.terms('init')}\n\n" + "\n".join(f"- **{key}**: {words}." for key, words in INIT_TERMS.items()),
        )
        st.number_input(
            "Seed",
            0,
            2**32 - 1,
            controls.held(controls.SEED, 0),
            key=controls.SEED,
            help="Of a random start, and of what the Rank page hides and shuffles; same seed, same bits. The default start is "
            "random only where the rank is more than the smaller side of the grid.",
        )
        below_seed = st.container()
        widgets.select(
            "Loss",
            list(LOSSES),
            key=controls.LOSS,
            help=f"{text.terms('loss')}\n\n"
            + "\n".join(f"- **{key}**: {loss.title}" for key, loss in LOSSES.items())
            + "\n\n"
            + "\n".join(f"- The solver {s.name} minimises {text.listed(s.losses)}." for s in SOLVERS.values()),
        )
        sweeps = controls.held(controls.SWEEPS, 1)
        st.number_input("Sweeps at most", 1, MAX_SWEEPS, sweeps, key=controls.SWEEPS, help=text.terms("sweep"))
    return below_seed


def fit_state(below_seed: DeltaGenerator) -> None:
    """Find the fit of what is set, waiting a moment where it is quick; how it went or how far it is, and the link to this view."""
    place = st.sidebar.empty()

    def glance(job: Job, waited: float) -> None:  # drawing lets a new change stop the wait
        if waited > NOTICED:
            far = "Waiting for a turn …" if job.waiting else f"Fitting … sweep {job.done}" if job.done else "Fitting …"
            place.caption(f":material/hourglass_top: {far}")

    view = views.renew(glance)
    with place.container():
        _how_it_went(view)
        _wishes(view)
    if isinstance(view, Ready) and view.newer is None:
        with below_seed:
            seeds.told(view)
    with st.sidebar, st.popover("Share", icon=":material/link:", width="stretch"):
        _share(view.workspace)


# What whoever has a link can do: the address' parameter, what the choice says, and what it means.
_SHARED = {
    controls.VIEW: (
        "See it",
        "sees the same ratings and labels, and what you change in them. What they change is a copy.",
    ),
    controls.COPY: (
        "Have a copy",
        "has a copy of the ratings and labels as they are when they open it: one for each of a class.",
    ),
    controls.PROJECT: ("Change it", "sees and changes the same ratings and labels as you do. What each does, all see."),
}


def _share(workspace: Workspace) -> None:
    """The link to this view, and what whoever has it can do."""
    choices = [name for name in _SHARED if name != controls.PROJECT or not workspace.viewed]
    how = st.radio(
        "Whoever has the link can",
        choices,
        format_func=lambda name: _SHARED[name][0],
        key="share",
        horizontal=True,
    )
    st.caption(f"Whoever opens it {_SHARED[how][1]}")
    st.code(address.link(seen.parameters(workspace.ratings), how), language=None, wrap_lines=True)
    if workspace.unsaved:
        st.caption("These ratings could not be kept, so the link cannot lead to them: send the file along.")


def _wishes(view: View) -> None:
    """How many features are steered, or why wishes wait, with a button to let go; nothing where there are none."""
    ratings = view.workspace.ratings
    held = steered.of(ratings)
    if held is None or held.steer is None:
        return
    count = sum(wish.drawn for wish in held.steer.by_feature.values())
    said = f"Steered: {text.many(count, 'feature')}." if count else "Begun where you asked; all features are free."
    wait = "" if isinstance(view, Unsettled) else steered.why_not(view.settings, held)
    here = view.workspace
    carried = "" if here.project or here.viewed else " The address alone does not carry this; a link of Share does."
    st.caption(f":material/tune: {said}" + (f" The wishes wait: {wait}." if wait else "") + carried)
    st.button("Let all go free", icon=":material/lock_open:", key="let-go", on_click=steered.let_go, args=(ratings,))


def _how_it_went(view: View) -> None:
    """How the fit went, or how far it is."""
    if isinstance(view, Ready) and view.newer is None:
        fit = view.fit
        icon = ":material/check_circle:" if fit.converged else ":material/warning:"
        st.caption(f"{icon} {text.fit_state(fit)}", help=f"{text.stopped_reason(fit)}\n\n{text.terms('sweep')}")
        if fit.penalty.l2_W and fit.settings.penalty is None:
            st.caption(f"Penalty λ chosen: {fit.penalty.l2_W:.3g}")
    elif (problem := views.problem(view)) is not None:
        st.error(f"These settings do not go together. {text.md(problem.plain)}", icon=":material/error:")
        show.repair_buttons(view.workspace.ratings, "sidebar")
    elif not isinstance(view, Unsettled) and view.newer is not None and view.newer.running:
        st.caption(":material/hourglass_top: Fitting …")
    else:
        st.caption(":material/hourglass_empty: Not fitted yet.")
