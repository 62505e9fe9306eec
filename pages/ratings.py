from __future__ import annotations

import numpy as np
import streamlit as st

from nmf_core import check_health
from nmf_core.fit.settings import default_rank
from nmf_core.interpret.recommend import scale_steps
from pages.ui import charts, downloads, show, text
from pages.ui.ratings import grid, offers, projects, questions, sources, uploads
from pages.ui.session import storage, workspaces
from pages.ui.work import view as views
from pages.ui.work.view import Ready, Unsettled

BESIDE_USERS, BESIDE_ITEMS = 14, 8  # up to here the picture of the fit stands beside the grid

view, workspace = views.view(), workspaces.current()
ratings = workspace.ratings
show.page(
    "Ratings", "What people rated. Edit the grid, bring your own, or pick a sample at the left; every page follows."
)


box = st.expander(
    "Bring your own ratings: a file, MovieLens, planted ones, an empty grid; your projects",
    icon=":material/upload_file:",
    key="sources",
    on_change="rerun",
)
with box:
    ways = {
        "A file": uploads.file_box,
        **({"The server's folder": sources.from_server_folder} if storage.server_folder() else {}),
        "MovieLens": sources.from_movielens,
        "Planted features": sources.planted,
        "An empty grid": sources.empty_grid,
        "Your projects": projects.own,
    }
    for tab, (name, way) in zip(st.tabs(list(ways)), ways.items(), strict=True):
        # What nobody looks at costs nothing; the box for files stays, or one on its way up would be lost.
        if box.open or name == "A file":
            with tab:
                way()
# A place of its own even when empty: were what follows to move, the browser would mount it anew.
with st.container():
    questions.preview_panel()
with st.container():
    questions.how_it_was_read()

beside = ratings.n_users <= BESIDE_USERS and ratings.n_items <= BESIDE_ITEMS
if beside and isinstance(view, Ready):
    left, right = st.columns(2, gap="medium")
    with left:
        grid.grid_editor()
    with right:
        window = charts.Window(np.arange(view.ratings.n_users), np.arange(view.ratings.n_items))
        picture = charts.product(
            view.fit,
            view.ratings,
            view.names,
            view.colours,
            window,
            mode="Reconstruction",
            selected=None,
            look=views.look(),
        )
        show.chart(picture, "beside", table=False)
        st.caption(
            f"What the fit makes of them, and of the blanks. {charts.blanks_mark(window)} The Factors page says more."
        )
else:
    grid.grid_editor()

with st.container(border=True):
    st.subheader("Health check", anchor=False)
    rank = default_rank(ratings) if isinstance(view, Unsettled) else view.settings.rank
    findings = check_health(ratings, rank)
    for finding in findings:  # a problem, and one click where one can mend it
        named = ", ".join(text.md(text.cut(name)) for name in finding.names[:5])
        more = f" and {len(finding.names) - 5:,} more" if len(finding.names) > 5 else ""
        whom = f": {named}{more}" if named else ""
        icon = ":material/warning:" if finding.severity == "limit" else ":material/info:"
        st.markdown(f"{icon} **{finding.title}**{whom}. {text.md(finding.text)} *{text.md(finding.advice)}*")
        offers.button(finding)
    if not any(finding.severity == "limit" for finding in findings):
        st.markdown(f":material/check_circle: Nothing here limits a fit of rank {rank}.")

distributions = st.expander(
    "How the ratings are distributed: how high, per user and per item",
    icon=":material/bar_chart:",
    expanded=not beside,  # a small grid shows it itself
    key=f"distributions-{beside}",
    on_change="rerun",
)
if distributions.open:
    with distributions:
        look = views.look()
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

out = st.expander(
    "Take the ratings along: CSV, Excel, Parquet", icon=":material/download:", key="out", on_change="rerun"
)
if out.open:
    with out:
        downloads.of_ratings(ratings)
