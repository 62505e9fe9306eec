"""The sidebar, the same on every page: which ratings are open, what a blank counts, rank, solver, how the fit went."""

from __future__ import annotations

from typing import Final

import streamlit as st

from nmf_core import SOLVERS, suggested_blanks
from nmf_core.fit.init import INITS
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.settings import BLANK_PRESETS, MAX_SWEEPS, default_rank, resolve_blanks
from pages.ui import state, text
from pages.ui.compute import View
from pages.ui.state import Opened

TOP_RANK = 50
BOUND: Final = "query-params"


def choose() -> None:
    """The widgets; each is bound to a parameter of the address."""
    titles = state.data_titles()
    _check_address(list(titles))
    titles = state.data_titles() if state.opened().key not in titles else titles  # the address may have opened another
    with st.sidebar:
        st.selectbox(
            "Ratings",
            list(titles),
            format_func=lambda key: titles.get(key, ""),
            key=state.DATA,
            on_change=state.choose_data,
            help="A sample, or what you brought. Upload and edit on the Ratings page.",
        )
        opened = state.opened()
        state.write_address()
        st.caption(text.fullness(opened.ratings))
        _dial(opened)
        st.number_input(
            "Rank",
            1,
            TOP_RANK,
            default_rank(opened.ratings),
            key=state.RANK,
            bind=BOUND,
            help="How many latent features to look for. The Rank page says how many the ratings support.",
        )
        st.selectbox(
            "Solver",
            list(SOLVERS),
            key=state.SOLVER,
            bind=BOUND,
            help="\n".join(f"- **{s.name}**: {s.summary}" for s in SOLVERS.values()),
        )
        _more()


def _dial(opened: Opened) -> None:
    """What a blank counts: three named stops, and a weight and value of one's own."""
    suggested, reason = suggested_blanks(opened.ratings)
    stop = st.segmented_control(
        "A blank counts as",
        list(state.DIAL),
        default=suggested,
        required=True,
        key=state.BLANKS,
        bind=BOUND,
        width="stretch",
        help="Nobody rated that cell. Is it *unknown*, *weak* evidence against choosing it, or a rating of *zero*? "
        "Unknown predicts ratings best; weak evidence finds, names and recommends best. "
        "*own* sets a weight and a value.",
    )
    if stop == state.CUSTOM:
        left, right = st.columns(2)
        left.number_input(
            "Weight", 0.0, 1.0, 0.2, 0.05, key=state.WEIGHT, bind=BOUND, help="0 is unknown, 1 is a rating"
        )
        high = max(opened.ratings.scale[1], 1.0)
        right.number_input("Value", 0.0, float(high), min(1.0, float(high)), 0.5, key=state.VALUE, bind=BOUND)
    why = f" Suggested here: {reason}." if stop == suggested else f" Suggested here: {suggested}; {reason}."
    if stop in BLANK_PRESETS:
        st.caption(text.blanks_meaning(resolve_blanks(stop, opened.ratings)) + why)


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
            key=state.PENALTY,
            bind=BOUND,
            placeholder="automatic",
            help="Pulls weights towards 0, in rating points. Empty: chosen from the ratings.",
        )
        st.selectbox(
            "Init",
            ["auto", *INITS],
            key=state.INIT,
            bind=BOUND,
            help="Where the fit starts.",
        )
        st.number_input(
            "Seed", 0, 2**32 - 1, 0, key=state.SEED, bind=BOUND, help="Of everything random; same seed, same bits."
        )
        st.selectbox(
            "Loss",
            list(LOSSES),
            key=state.LOSS,
            bind=BOUND,
            help="\n".join(f"- **{key}**: {loss.title}" for key, loss in LOSSES.items())
            + "\n\n"
            + "\n".join(f"- The solver {s.name} minimises {text.listed(s.losses)}." for s in SOLVERS.values()),
        )
        st.number_input("Sweeps at most", 1, MAX_SWEEPS, 200, key=state.SWEEPS, bind=BOUND)


def _check_address(data: list[str]) -> None:
    """Say once which parameters of the address are not to be had."""
    for name, low, high, whole in (
        (state.RANK, 1, TOP_RANK, True),
        (state.SEED, 0, 2**32 - 1, True),
        (state.SWEEPS, 1, MAX_SWEEPS, True),
        (state.PENALTY, 0, 100, False),
        (state.WEIGHT, 0, 1, False),
        (state.VALUE, 0, 1e15, False),
    ):
        state.read_number(name, low, high, whole)
    state.read_address(
        {
            state.DATA: data,
            state.BLANKS: list(state.DIAL),
            state.SOLVER: list(SOLVERS),
            state.INIT: ["auto", *INITS],
            state.LOSS: list(LOSSES),
        }
    )


def fit_state(view: View) -> None:
    """How the fit went, and the link to this view."""
    with st.sidebar:
        if view.fit is not None:
            icon = ":material/check_circle:" if view.fit.converged else ":material/warning:"
            st.caption(f"{icon} {text.fit_state(view.fit)}", help=text.stopped_reason(view.fit))
            if view.fit.penalty.l2_W and view.settings is not None and view.settings.penalty is None:
                st.caption(f"Penalty λ chosen: {view.fit.penalty.l2_W:.3g}")
        elif view.problem is not None:
            st.caption(":material/error: These settings do not go together.")
        elif view.job is not None:
            st.caption(":material/hourglass_top: Fitting …")
        else:
            st.caption(":material/hourglass_empty: Not fitted yet.")
        with st.popover("Share", icon=":material/link:", width="stretch"):
            st.markdown("This link opens the same view. Whoever has it sees and changes the same ratings and labels.")
            st.code(state.address(), language=None, wrap_lines=True)
            if view.opened.unsaved:
                st.caption("These ratings could not be kept, so the link cannot lead to them: send the file along.")
