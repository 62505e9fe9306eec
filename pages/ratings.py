from __future__ import annotations

import numpy as np
import streamlit as st

from nmf_core import check_health
from nmf_core.interpret.recommend import scale_steps
from pages.ui import bring, charts, compute, grid, kept, project_list, show, take, text

BESIDE_USERS, BESIDE_ITEMS = 14, 8  # up to here the picture of the fit stands beside the grid

view = compute.view()
ratings = view.ratings
show.page(
    "Ratings", "What people rated. Edit the grid, bring your own, or pick a sample at the left; every page follows."
)


box = st.expander(
    "Bring your own ratings: a file, MovieLens, planted ones, an empty grid; your projects",
    icon=":material/upload_file:",
    key="bring",
    on_change="rerun",
)
with box:
    ways = {
        "A file": bring.uploads,
        **({"The server's folder": bring.from_shelf} if kept.shelf() else {}),
        "MovieLens": bring.from_movielens,
        "Planted features": bring.planted,
        "An empty grid": bring.empty_grid,
        "Your projects": lambda: project_list.own(view),
    }
    for tab, (name, way) in zip(st.tabs(list(ways)), ways.items(), strict=True):
        # What nobody looks at costs nothing; the box for files stays, or one on its way up would be lost.
        if box.open or name == "A file":
            with tab:
                way()
# A place of its own even when empty: were what follows to move, the browser would mount it anew.
with st.container():
    bring.look_first()

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
        more = f" and {len(finding.names) - 5:,} more" if len(finding.names) > 5 else ""
        whom = f": {named}{more}" if named else ""
        icon = ":material/warning:" if finding.severity == "limit" else ":material/info:"
        st.markdown(f"{icon} **{finding.title}**{whom}. {text.md(finding.text)} *{text.md(finding.advice)}*")
    if not any(finding.severity == "limit" for finding in findings):
        st.markdown(f":material/check_circle: Nothing here limits a fit of rank {rank}.")

bring.how_it_was_read()
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

out = st.expander(
    "Take the ratings along: CSV, Excel, Parquet", icon=":material/download:", key="out", on_change="rerun"
)
if out.open:
    with out:
        take.ratings_files(ratings)
