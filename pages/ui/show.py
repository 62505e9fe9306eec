"""Drawing what charts and views hold: a chart with its words and its table, a problem with its next step."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from nmf_core import Factorization
from pages.ui import compute, state, text
from pages.ui.charts import Chart
from pages.ui.compute import View

PLAIN = {"displayModeBar": False, "scrollZoom": False}


def chart(drawn: Chart, key: str, *, on_select: Callable[[], None] | None = None, table: bool = True) -> None:
    """A chart, and its numbers behind a button beneath it."""
    st.plotly_chart(
        drawn.figure,
        key=key,
        theme=None,
        on_select=on_select or "ignore",
        selection_mode="points",
        config=PLAIN,
        alt=drawn.alt,
    )
    if table:
        table_twin(drawn.table, key)


def table_twin(frame: pd.DataFrame, key: str) -> None:
    """A table behind a button, with a download whose names no spreadsheet takes for formulas."""
    from nmf_core.export import tables

    twin = st.popover("Table", icon=":material/table_rows:", type="tertiary", key=f"{key}-twin", on_change="rerun")
    if not twin.open:  # a table that nobody looks at costs nothing
        return
    with twin:
        shown = frame.head(1_000)
        st.dataframe(shown, key=f"{key}-table", height="content" if len(shown) <= 12 else 420)
        if len(frame) > len(shown):
            st.caption(f"The first {len(shown):,} of {len(frame):,} rows; the file has all.")
        st.download_button(
            "Download CSV",
            data=lambda: tables.csv(frame),
            file_name=f"{key}.csv",
            mime="text/csv",
            key=f"{key}-download",
            on_click="ignore",
            icon=":material/download:",
        )


def page(title: str, lead: str) -> None:
    """The head of a page: its title, one sentence, and whatever must be said once."""
    st.title(title, anchor=False)
    st.markdown(lead)
    # A container even when there is nothing to say: were what follows to move, the browser would mount it anew,
    # and a file on its way up from there would be lost.
    with st.container():
        for kind, words in state.take_notices():
            {"info": st.info, "warning": st.warning, "error": st.error, "success": st.success}[kind](text.md(words))


def fitted(view: View) -> Factorization:
    """The view's fit; where there is none, why and what to do, and the page ends there."""
    if view.fit is not None:
        for note in view.fit.notes:
            st.warning(text.md(note))
        return view.fit
    if view.problem is not None:
        _problem(view)
    elif view.job is not None:
        _wait(view)
    else:
        _offer_fit(view)
    st.stop()
    raise AssertionError("st.stop does not return")


def _problem(view: View) -> None:
    """What is wrong, with the ways out as buttons."""
    st.error(text.md(view.problem), icon=":material/error:")
    with st.container(horizontal=True):
        st.button(
            "Count blanks as zero",
            on_click=state.set_widgets,
            kwargs={state.BLANKS: "zero"},
            help="What scikit-learn's solvers need",
        )
        st.button(
            "Back to the default solver",
            on_click=state.set_widgets,
            kwargs={state.SOLVER: "hals", state.LOSS: "frobenius", state.INIT: "auto", state.PENALTY: None},
        )


def _offer_fit(view: View) -> None:
    """Ask before a long fit."""
    assert view.settings is not None
    st.info(
        f"{text.many(view.ratings.n_ratings, 'rating')} take a while to fit, so nothing is fitted until you say so. "
        "Choose rank, solver and what a blank counts at the left, then:",
        icon=":material/hourglass_empty:",
    )
    st.button(
        f"Fit rank {view.settings.rank}",
        type="primary",
        icon=":material/play_arrow:",
        on_click=compute.start_fit,
        args=(view.ratings, view.settings),
        key="fit-now",
    )


@st.fragment(run_every=0.5)
def _wait(view: View) -> None:
    """Progress of a fit, time left, and Cancel."""
    job = view.job
    assert job is not None
    if job.finished:
        st.rerun()
    if job.waiting:
        words = "Waiting for a turn: other fits are running"
    else:
        words = f"Sweep {job.done} of at most {job.of}" if job.done else "Choosing the penalty"
    left = job.seconds_left
    st.progress(
        job.done / job.of if job.of else 0.0, words + (f" · at most {left:.0f} s left" if left is not None else "")
    )
    if st.button(
        "Cancel",
        icon=":material/close:",
        key="cancel-fit",
        disabled=job.cancelled,
        on_click=compute.cancel_fit,
        args=(job,),
    ):
        st.rerun()  # the whole page: the sidebar may have gone back to the last fit
