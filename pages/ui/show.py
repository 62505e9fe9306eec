"""Drawing what charts and views hold: a chart with its words and its table, a problem with its next step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import NoReturn

import pandas as pd
import streamlit as st

from nmf_core import Ratings, Settings
from nmf_core.interpret.enough import least_ratings
from pages.ui import text
from pages.ui.charts import Chart
from pages.ui.repairs import repairs
from pages.ui.session import controls, session, workspaces
from pages.ui.work import fits, progress
from pages.ui.work import view as views
from pages.ui.work.fits import FitState
from pages.ui.work.jobs import Job
from pages.ui.work.progress import Task
from pages.ui.work.view import Ready, Unfitted, Unsettled, View

PLAIN: dict[str, object] = {"displayModeBar": False, "scrollZoom": False}
PICTURES = ("SVG", "PNG")
PHONE = 640  # pixels up to which Streamlit puts columns below each other
SAVED = "What the camera on the chart saves."


def chart(
    drawn: Chart,
    key: str,
    *,
    on_select: Callable[[], None] | None = None,
    table: bool = True,
    title: str = "Table",
    more: Mapping[str, pd.DataFrame] | None = None,
    brushes: Mapping[str, object] | None = None,
    camera: bool = False,
) -> None:
    """A chart, and its numbers behind a button beneath it with a title; `more` tables, each behind one with its name.

    `brushes` are the buttons of a chart in which a box or a lasso is drawn around points. With a `camera` the picture can be taken
    along, as SVG or PNG.
    """
    config = PLAIN if brushes is None else dict(brushes)
    if camera:
        config = {**config, **_camera(key)}
    with _room(drawn, key):
        st.plotly_chart(
            drawn.figure,
            key=key,
            theme=None,
            on_select=on_select or "ignore",
            selection_mode="points" if brushes is None else ("box", "lasso"),
            config=config,
            alt=drawn.alt,
        )
    if table:
        with st.container(horizontal=True):
            table_twin(drawn.table, key, title)
            for name, frame in (more or {}).items():
                table_twin(frame, f"{key}-{name}", name)
            if camera:
                st.selectbox(
                    "Picture", PICTURES, key=f"{key}-picture", width=120, label_visibility="collapsed", help=SAVED
                )


def _room(drawn: Chart, key: str) -> AbstractContextManager[object]:
    """Where a chart stands: as wide as the page, and where a phone is too narrow to read it, it scrolls aside."""
    if not drawn.least_width:
        return nullcontext()
    here = f".st-key-{key}-room"
    aside = f"{here} {{ overflow-x: auto }} {here} > div {{ min-width: {drawn.least_width}px }}"
    st.html(f"<style>@media (max-width: {PHONE}px) {{ {aside} }}</style>")
    return st.container(key=f"{key}-room")


def _camera(key: str) -> dict[str, object]:
    """A button on the chart that saves its picture, as what is chosen beneath it."""
    from nmf_core.export import file_name

    kind = str(st.session_state.get(f"{key}-picture") or PICTURES[0]).lower()
    name = file_name(workspaces.current().title, key, kind).removesuffix(f".{kind}")
    saved = {"format": kind, "filename": name, "scale": 2}
    return {
        "displayModeBar": True,
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": saved,
    }


def table_twin(frame: pd.DataFrame, key: str, title: str = "Table") -> None:
    """A table behind a button, with a download whose names no spreadsheet takes for formulas."""
    from nmf_core.export import file_name, tables

    twin = st.popover(title, icon=":material/table_rows:", type="tertiary", key=f"{key}-twin", on_change="rerun")
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
            file_name=file_name(workspaces.current().title, key, "csv"),
            mime="text/csv",
            key=f"{key}-download",
            on_click="ignore",
            icon=":material/download:",
        )


def page(title: str, lead: str) -> None:
    """The head of a page: its title, one sentence, and whatever must be said once."""
    st.title(title, anchor=False)
    st.markdown(lead)
    notices()
    _looked_at()


def notices() -> None:
    """Whatever must be said once."""
    # A container even when there is nothing to say: were what follows to move, the browser would mount it anew,
    # and a file on its way up from there would be lost.
    with st.container():
        for kind, words in session.take_notices():
            {"info": st.info, "warning": st.warning, "error": st.error, "success": st.success}[kind](text.md(words))


def _looked_at() -> None:
    """Whose ratings these are, where somebody else's are looked at; and how to make them one's own."""
    now = workspaces.current()
    if now.viewed:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f":material/visibility: You look at {text.md(now.title)} of somebody else. What they change is seen here."
            )
            st.button("Make a copy of it", icon=":material/content_copy:", key="make-own", on_click=workspaces.make_own)


def ready() -> Ready:
    """The view, once it has a fit; else what is missing and what to do, and the page ends there.

    Where another fit is on its way, or waits to be asked for, that is said above the last picture, which stays.
    """
    view = views.view()
    if not isinstance(view, Ready):
        missing(view)
    if view.newer is not None:
        progress.panel(_sidebars_fit(view.newer))
        st.caption(f"What follows is still the fit of rank {view.fit.rank} before.")
    for note in view.fit.notes:
        st.warning(text.md(note))
    return view


def settled() -> tuple[Ratings, Settings]:
    """The ratings and settings of now, whether or not there is a fit of them; the page ends where they do not go together."""
    view = views.view()
    if isinstance(view, Unsettled):
        missing(view)
    ratings = workspaces.current().ratings
    return ratings, controls.settings(ratings)


def fewest_ratings(view: Ready) -> int | None:
    """The control for how many ratings an item or a person needs before anything is said of it; None is the usual number."""
    usual = least_ratings(view.ratings.item_counts, view.fit.rank)
    asked = st.number_input(
        "Fewest ratings",
        1,
        controls.MOST_LEAST,
        controls.held(controls.LEAST),
        key=controls.LEAST,
        persist_state="session",
        placeholder=f"usual: {usual}",
        help="An item with fewer is not listed, sets no feature apart and is not called niche; a person with fewer is not called "
        "alike. Empty: two ratings for each feature, or fewer where that would leave less than half of all ratings.",
    )
    return None if asked is None else int(asked)


def missing(view: Unfitted | Unsettled) -> NoReturn:
    """What is missing, and what to do about it; the page ends there."""
    if views.problem(view) is not None:
        trouble(view)
    elif isinstance(view, Unfitted):
        progress.panel(_sidebars_fit(view.newer))
    st.stop()


def trouble(view: View) -> None:
    """Which settings do not go together, with what mends them; nothing where they do."""
    problem = views.problem(view)
    if problem is not None:
        st.error(text.md(problem.plain), icon=":material/error:")
        repair_buttons(view.workspace.ratings, "page")


def repair_buttons(ratings: Ratings, where: str) -> None:
    """A button for each change that mends the sidebar's settings; `where` tells those of the page from those of the sidebar."""
    with st.container(horizontal=True):
        for repair in repairs(controls.widgets(), ratings):
            st.button(
                repair.title, key=f"repair-{where}-{repair.title}", on_click=controls.set_widgets, kwargs=repair.widgets
            )


def fit_task(state: FitState, key: str) -> Task:
    """A second fit as its panel shows it, beside the sidebar's; `key` tells one panel on a page from another."""
    return replace(_sidebars_fit(state), key=key, cancel=partial(fits.decline, state))


def _sidebars_fit(state: FitState) -> Task:
    """The fit of the sidebar's settings as its panel shows it."""
    n_ratings, rank = text.many(state.ratings.n_ratings, "rating"), state.settings.rank
    return Task(
        key="fit",
        what=state.what,
        begin=partial(_begin_fit, state),
        offer=f"A fit of rank {rank} to {n_ratings} takes about {text.duration(state.seconds)} here, so it waits until you say "
        "so.",
        button=f"Fit rank {rank} (about {text.duration(state.seconds)})",
        doing=_sweeps,
        cancel=partial(_cancel_fit, state),
    )


def _begin_fit(state: FitState) -> None:
    """Begin a fit that was asked for."""
    fits.begin(state)


def _sweeps(job: Job) -> str:
    """How far a fit is."""
    if not job.done:
        return "Choosing the penalty"
    return f"Sweep {job.done} of at most {job.of}, objective {job.partial[1]:.5g}"


def _cancel_fit(state: FitState) -> None:
    """End a fit, and go back to the settings of the last one of these ratings."""
    fits.decline(state)
    if workspaces.back_to_fitted():
        session.notice("info", "Cancelled. The settings are back at those of the last fit.")
