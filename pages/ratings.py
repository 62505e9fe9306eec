from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from nmf_core import NmfError, Ratings, check_health, read_ratings
from nmf_core.formats import extensions
from nmf_core.recommend import scale_steps
from pages.ui import charts, compute, grid, show, state, text

BESIDE_USERS, BESIDE_ITEMS = 14, 8  # up to here the picture of the fit stands beside the grid

view = compute.view()
ratings = view.ratings
show.page(
    "Ratings", "What people rated. Edit the grid, bring your own, or pick a sample at the left; every page follows."
)


def upload() -> None:
    """Read the uploaded file; on an error what was open stays open."""
    file = state.widget("upload")
    if file is None:
        return
    zeros = "rating" if state.widget("zeros_are_ratings") else "unrated"
    try:
        opened = read_ratings(file.getvalue(), name=file.name, zeros=zeros)
    except NmfError as error:
        state.notice("error", str(error))
        return
    state.open_own(opened, file.name[:80])
    state.notice("success", f"{file.name[:80]} is open: {text.fullness(opened)}.")


def open_empty() -> None:
    """A small grid with one rating to begin with: a grid without any cannot be fitted."""
    users, items = [f"User{k}" for k in range(1, 6)], [f"Item{k}" for k in range(1, 5)]
    frame = pd.DataFrame(np.nan, index=users, columns=items)
    frame.iloc[0, 0] = 3.0
    state.open_own(Ratings.from_grid(frame, scale=(1, 5)), "Your own grid")


with st.expander(
    "Bring your own ratings: upload a file, or start from an empty grid", icon=":material/upload_file:", key="bring"
):
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.file_uploader(
            f"A grid (users down, items across) or a list (user, item, rating); at most {st.get_option('server.maxUploadSize')} MB",
            type=list(extensions()),
            key="upload",
            on_change=upload,
        )
    with right:
        st.checkbox("A 0 in the file is a rating, not a blank", key="zeros_are_ratings", on_change=upload)
        st.caption("Ids stay text: 007 and 07 differ. The first line names the columns.")
        st.button("Start from an empty grid", icon=":material/grid_off:", on_click=open_empty)

beside = view.fit is not None and ratings.n_users <= BESIDE_USERS and ratings.n_items <= BESIDE_ITEMS
if beside and view.fit is not None:
    left, right = st.columns(2, gap="medium")
    with left:
        grid.editor(view)
    with right:
        window = charts.Window(np.arange(ratings.n_users), np.arange(ratings.n_items))
        picture = charts.product(
            view.fit,
            ratings,
            view.names,
            view.colours,
            window,
            mode="Reconstruction",
            selected=None,
            look=compute.look(),
        )
        show.chart(picture, "beside", table=False)
        st.caption(
            f"What the fit makes of them, and of the blanks. {charts.blanks_mark(window)} The Factors page says more."
        )
else:
    grid.editor(view)

with st.container(border=True):
    st.subheader("Health check", anchor=False)
    rank = view.settings.rank if view.settings else 2
    findings = check_health(ratings, rank)
    for finding in findings:
        named = ", ".join(text.md(text.cut(name)) for name in finding.names[:5])
        more = f" and {len(finding.names) - 5} more" if len(finding.names) > 5 else ""
        st.markdown(f":material/warning: **{finding.title}**: {named}{more}. {finding.text} *{finding.advice}*")
    if not findings:
        st.markdown(f":material/check_circle: Nothing here limits a fit of rank {rank}.")

lie = st.expander(
    "How the ratings lie: distribution, ratings per user and item",
    icon=":material/bar_chart:",
    expanded=not beside,  # a small grid shows it itself
    key=f"lie-{beside}",
    on_change="rerun",
)
if lie.open:
    with lie:
        look = compute.look()
        for column, (words, chart, key) in zip(
            st.columns(3, gap="large"),
            (
                ("Ratings given", charts.distribution(ratings, look=look), "distribution"),
                ("Ratings per user", charts.counts(ratings, "user", look=look), "per-user"),
                ("Ratings per item", charts.counts(ratings, "item", look=look), "per-item"),
            ),
            strict=True,
        ):
            with column:
                st.markdown(f"**{words}**")
                show.chart(chart, key)
        low, high = ratings.scale
        st.caption(
            f"{text.fullness(ratings)}; mean {ratings.mean:.2f} on a scale of {low:g} to {high:g} "
            f"in steps of {scale_steps(ratings)[1] - low:g}."
        )
if ratings.notes:
    with st.expander("What was settled while reading", icon=":material/fact_check:"):
        for note in ratings.notes:
            st.markdown(f"- {text.md(note)}")
