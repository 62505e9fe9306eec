from __future__ import annotations

import pandas as pd
import streamlit as st

from nmf_core import NmfError
from nmf_core.fit.settings import resolve_blanks
from nmf_core.metrics import METRICS
from nmf_core.study.baselines import BASELINES
from nmf_core.study.split import SPLITS
from nmf_core.study.verdict import flattered
from pages.ui import charts, show, text
from pages.ui.session import controls
from pages.ui.work import progress, studies
from pages.ui.work import view as views

show.page(
    "Evaluate",
    "Is this fit any good? Ratings are hidden from it, and it is judged by them beside what needs no features, and beside the "
    "best that is known.",
)
ratings, settings = show.settled()
RANDOM, IN_TIME = SPLITS
named = list(studies.judged(ratings, settings))


def judged(table: pd.DataFrame) -> None:
    """One split: the verdict, a picture, a table and what they mean."""
    st.markdown(f"#### {text.md(table.attrs['verdict'])}")
    show.chart(
        charts.models(table, named, studies.TOP_N, look=views.look()), f"models-{table.attrs['split']}", table=False
    )
    over = "folds" if table.attrs["split"] == RANDOM else "people"
    st.dataframe(
        table,
        key=f"evaluation-{table.attrs['split']}",
        column_config={"model": st.column_config.TextColumn(width="medium")}
        | {
            column: st.column_config.NumberColumn(label, format="%.3f", help=help)
            for name, metric in METRICS.items()
            for column, label, help in (
                (name, metric.title.format(top_n=studies.TOP_N), metric.summary),
                (f"{name}_se", "±", f"Standard error over {over}"),
            )
        },
    )
    for note in table.attrs["notes"]:
        st.caption(f":material/info: {text.md(note)}")


with st.container(horizontal=True, vertical_alignment="bottom"):
    folds = st.number_input(
        "Folds",
        2,
        20,
        controls.held(controls.JUDGED_FOLDS, 2),
        key=controls.JUDGED_FOLDS,
        persist_state="session",
        width=140,
        help="Each rating is hidden once.",
    )
    hidden = RANDOM
    if ratings.times is not None:
        hidden = st.segmented_control(
            "Hidden are",
            SPLITS,
            format_func=lambda split: "random folds" if split == RANDOM else "the last fifth in time",
            key=controls.HIDDEN,
            required=True,
            default=controls.held(controls.HIDDEN, RANDOM),
            persist_state="session",
        )

tables = progress.panel(studies.evaluation(ratings, settings, int(folds)))
if tables is not None:
    table = tables.get(hidden)
    if isinstance(table, pd.DataFrame):
        judged(table)
    elif isinstance(table, NmfError):
        st.info(text.md(table.plain))
    else:
        st.info("It was ended before this split was judged.")
    at_random, in_time = (tables.get(split) for split in SPLITS)
    if isinstance(at_random, pd.DataFrame) and isinstance(in_time, pd.DataFrame):
        st.markdown(f":material/schedule: {text.md(flattered(at_random, in_time, named))}")
    elif ratings.times is None:
        st.caption(
            "These ratings have no times. With them, the last fifth in time would be hidden too: random folds flatter, since a "
            "model has seen what was rated later."
        )
    if settings.blanks != "unknown":
        st.caption(
            "Blanks count in this fit, so its scores order items and are no expected ratings: its RMSE and MAE say little. "
            "For ratings, look at the row of the same rank with blanks unknown."
        )
    st.caption(
        "Lists are judged among all items that somebody has not rated. The dashed line is chance: the mean rating for everything, "
        "lists in any order. Fidelity falls as a fit has more features, and these make better lists: who explains well and who "
        "recommends well is not the same."
    )
    with st.popover("What stands beside it", icon=":material/groups:", type="tertiary"):
        for baseline in BASELINES.values():
            st.markdown(f"**{text.md(baseline.name)}**: {text.md(baseline.summary)}.")

st.markdown("### What turning the dial costs")
st.caption("Rating error, quality of lists and dislikes, as a blank weighs more, from unknown to as much as a rating.")
if not studies.serves_dial(settings):
    st.info(f"The solver {settings.solver} does not serve the whole dial, so it cannot be turned. Pick another one.")
    st.stop()
curve = progress.panel(studies.dial(ratings, settings))
if curve is not None:
    now = resolve_blanks(settings.blanks, ratings)
    show.chart(charts.dial(curve, now.weight, studies.TOP_N, look=views.look()), "dial-curve")
    st.caption(
        f"A blank counts as a rating of {text.number(curve.attrs['value'])}, with the weight below. The line is the weight now. "
        "What predicts ratings best is not what makes the best lists."
    )
    for note in curve.attrs["notes"]:
        st.caption(f":material/info: {text.md(note)}")
