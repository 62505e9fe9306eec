"""The sidebar, the same on every page: which ratings are open, what a blank counts, rank, solver, how the fit went."""

from __future__ import annotations

from typing import Final

import streamlit as st

from nmf_core import SOLVERS, Ratings, suggested_blanks
from nmf_core.fit.init import INITS
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.settings import BLANK_PRESETS, MAX_SWEEPS, default_rank, resolve_blanks
from pages.ui import text
from pages.ui.session import address, controls, workspaces
from pages.ui.work import view as views
from pages.ui.work.jobs import Job
from pages.ui.work.view import Ready, Unsettled, View

NOTICED = 0.3  # seconds of waiting from which on it is said
BOUND: Final = "query-params"


def choose() -> None:
    """The widgets; each is bound to a parameter of the address."""
    titles = workspaces.data_titles()
    _check_address(list(titles))
    titles = (
        workspaces.data_titles() if workspaces.current().key not in titles else titles
    )  # the address may have opened another
    with st.sidebar:
        st.selectbox(
            "Ratings",
            list(titles),
            format_func=lambda key: titles.get(key, ""),
            key=controls.DATA,
            on_change=workspaces.choose_data,
            help="A sample, or what you brought. Upload and edit on the Ratings page.",
        )
        opened = workspaces.current()
        address.write()
        st.caption(text.fullness(opened.ratings))
        _dial(opened.ratings)
        st.number_input(
            "Rank",
            1,
            controls.TOP_RANK,
            default_rank(opened.ratings),
            key=controls.RANK,
            bind=BOUND,
            help="How many latent features to look for. The Rank page says how many the ratings support.",
        )
        st.selectbox(
            "Solver",
            list(SOLVERS),
            key=controls.SOLVER,
            bind=BOUND,
            help="\n".join(f"- **{s.name}**: {s.summary}" for s in SOLVERS.values()),
        )
        _more()


def _dial(ratings: Ratings) -> None:
    """What a blank counts: three named stops, and a weight and value of one's own."""
    suggested, reason = suggested_blanks(ratings)
    stop = st.segmented_control(
        "A blank counts as",
        list(controls.DIAL),
        default=suggested,
        required=True,
        key=controls.BLANKS,
        bind=BOUND,
        width="stretch",
        help="Nobody rated that cell. Is it *unknown*, *weak* evidence against choosing it, or a rating of *zero*? "
        "Unknown predicts ratings best; weak evidence finds, names and recommends best. "
        "*own* sets a weight and a value.",
    )
    if stop == controls.CUSTOM:
        left, right = st.columns(2)
        left.number_input(
            "Weight", 0.0, 1.0, 0.2, 0.05, key=controls.WEIGHT, bind=BOUND, help="0 is unknown, 1 is a rating"
        )
        high = max(ratings.scale[1], 1.0)
        right.number_input("Value", 0.0, float(high), min(1.0, float(high)), 0.5, key=controls.VALUE, bind=BOUND)
    why = f" Suggested here: {reason}." if stop == suggested else f" Suggested here: {suggested}; {reason}."
    if stop in BLANK_PRESETS:
        st.caption(text.blanks_meaning(resolve_blanks(stop, ratings)) + why)


def _more() -> None:
    """The settings that most people never touch."""
    with st.expander("More settings", icon=":material/tune:"):
        st.number_input(
            "Penalty λ",
            0.0,
            100.0,
            None,
            0.01,
            format="%.4g",
            key=controls.PENALTY,
            bind=BOUND,
            placeholder="automatic",
            help="Pulls weights towards 0, in rating points. Empty: chosen from the ratings.",
        )
        st.selectbox(
            "Init",
            ["auto", *INITS],
            key=controls.INIT,
            bind=BOUND,
            help="Where the fit starts.",
        )
        st.number_input(
            "Seed",
            0,
            2**32 - 1,
            0,
            key=controls.SEED,
            bind=BOUND,
            help="Of a random start, and of what the Rank page hides and shuffles; same seed, same bits. The default start is "
            "random only where the rank is more than the smaller side of the grid.",
        )
        st.selectbox(
            "Loss",
            list(LOSSES),
            key=controls.LOSS,
            bind=BOUND,
            help="\n".join(f"- **{key}**: {loss.title}" for key, loss in LOSSES.items())
            + "\n\n"
            + "\n".join(f"- The solver {s.name} minimises {text.listed(s.losses)}." for s in SOLVERS.values()),
        )
        st.number_input("Sweeps at most", 1, MAX_SWEEPS, 200, key=controls.SWEEPS, bind=BOUND)


def _check_address(data: list[str]) -> None:
    """Say once which parameters of the address are not to be had."""
    address.check()
    address.read({controls.DATA: data})


def fit_state() -> None:
    """Find the fit of what is set, waiting a moment where it is quick; how it went or how far it is, and the link to this view."""
    place = st.sidebar.empty()

    def glance(job: Job, waited: float) -> None:  # drawing lets a new change stop the wait
        if waited > NOTICED:
            far = "Waiting for a turn …" if job.waiting else f"Fitting … sweep {job.done}" if job.done else "Fitting …"
            place.caption(f":material/hourglass_top: {far}")

    view = views.renew(glance)
    with place.container():
        _how_it_went(view)
    with st.sidebar, st.popover("Share", icon=":material/link:", width="stretch"):
        st.markdown("This link opens the same view. Whoever has it sees and changes the same ratings and labels.")
        st.code(address.link(), language=None, wrap_lines=True)
        if view.workspace.unsaved:
            st.caption("These ratings could not be kept, so the link cannot lead to them: send the file along.")


def _how_it_went(view: View) -> None:
    """How the fit went, or how far it is."""
    if isinstance(view, Ready) and view.newer is None:
        fit = view.fit
        icon = ":material/check_circle:" if fit.converged else ":material/warning:"
        st.caption(f"{icon} {text.fit_state(fit)}", help=text.stopped_reason(fit))
        if fit.penalty.l2_W and fit.settings.penalty is None:
            st.caption(f"Penalty λ chosen: {fit.penalty.l2_W:.3g}")
    elif isinstance(view, Unsettled) or (view.newer is not None and view.newer.problem is not None):
        st.caption(":material/error: These settings do not go together.")
    elif view.newer is not None and view.newer.running:
        st.caption(":material/hourglass_top: Fitting …")
    else:
        st.caption(":material/hourglass_empty: Not fitted yet.")
