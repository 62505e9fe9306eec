from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from nmf_core import fold_in
from nmf_core.interpret.features import narrate_weights
from nmf_core.interpret.projection import items_together, people_together, place_of
from pages.ui import charts, points, show, text, widgets
from pages.ui.charts.places import PERSON
from pages.ui.session import brush, controls, mine, session
from pages.ui.work import view as views

PLANES = dict(zip(controls.PLANES, ("Where tastes differ most", "Two features"), strict=True))
COLOURINGS = dict(zip(controls.COLOURINGS, ("Largest feature", "How well they are served"), strict=True))
BRUSH = {"displayModeBar": True, "displaylogo": False, "scrollZoom": False, "modeBarButtons": [["select2d", "lasso2d"]]}

show.page(
    "Map",
    "People and items by what they have of the features: who lies near each other has the same taste, and an item lies among "
    "those whose taste it is made of. Draw a box or a lasso around some: they are marked on every page.",
)
view = show.ready()
fit, ratings = view.fit, view.ratings


def one_of(title: str, names: dict[str, str], key: str, help: str | None = None) -> str:
    """The one of some names that is chosen, the first at first."""
    chosen: str = st.segmented_control(
        title,
        list(names),
        default=controls.held(key, next(iter(names))),
        required=True,
        key=key,
        persist_state="session",
        format_func=names.__getitem__,
        help=help,
    )
    return chosen


with st.container(horizontal=True, vertical_alignment="bottom"):
    plane = one_of("Plane", PLANES, controls.PLANE)
    pair: points.Pair = points.TASTES
    if PLANES[plane] == PLANES["features"]:
        for name in (controls.ACROSS, controls.UP):
            controls.at_most(name, fit.rank)
        numbers, shown = range(1, fit.rank + 1), (lambda k: view.names[k - 1])
        across = widgets.select(
            "Across", numbers, key=controls.ACROSS, persist_state="session", format_func=shown, width=200
        )
        up = widgets.select("Up", numbers, key=controls.UP, persist_state="session", format_func=shown, width=200)
        pair = (across - 1, up - 1)
    coloured = one_of(
        "Colour",
        COLOURINGS,
        controls.COLOURED,
        help="*Largest feature*: of a person's taste, or of what an item is made of. *How well they are served*: the share of a "
        "person's own ratings that their scores reach, 1 − Σ(v − ŷ)² / Σv². It is measured on ratings that the fit knew, not on "
        "hidden ones; where blanks count, scores are lower than ratings.",
    )
    drawn_sides = st.segmented_control(
        "Show", ["people", "items"], selection_mode="multi", default=["people", "items"], key="shown"
    )

served = COLOURINGS[coloured] == COLOURINGS["served"]
places = points.placed(view, pair)
people, items = points.sides(view, places, served=served)
sides = [side for side, name in ((people, "people"), (items, "items")) if name in (drawn_sides or ["people", "items"])]
own = mine.rated(ratings)
you = place_of(fit, fold_in(fit, own), pair) if own else None


def brushed() -> None:
    """Keep what was brushed; nothing where the brush was taken away."""
    told = [point["customdata"] for point in session.chart_points("map") if "customdata" in point]
    brush.brush(
        (str(ratings.users[int(row)]) for what, row in told if what == PERSON),
        (str(ratings.items[int(row)]) for what, row in told if what != PERSON),
    )


drawn = charts.map_of(sides, places.axes, view.names, view.colours, look=views.look(), you=you)
show.chart(drawn, "map", on_select=brushed, brushes=BRUSH)
more = [
    f"the {len(side.ids):,} of {text.many(size, what)} with most ratings"
    for side, size, what in ((people, ratings.n_users, "user"), (items, ratings.n_items, "item"))
    if len(side.ids) == points.MOST
]
st.caption(
    (f"Drawn are {' and '.join(more)}. " if more else "")
    + (
        f"The two directions have {places.spread[0]:.0%} and {places.spread[1]:.0%} of the differences between tastes."
        if places.spread
        else "People by shares of their taste, items by shares of the score that the average person gives them."
    )
)

users, things = brush.brushed(ratings)
if not users and not things:
    st.info("Nothing is brushed. Draw a box or a lasso around some points to see what they have in common.")
else:
    st.markdown(
        f"#### {text.MARK} Brushed: {text.many(len(users), 'person', 'people')}, {text.many(len(things), 'item')}"
    )
    st.button("Take the brush away", icon=":material/ink_eraser:", key="unbrush", on_click=brush.brush, args=((), ()))
    columns = st.columns(2)
    if users:
        with columns[0]:
            together = people_together(fit, ratings, users)
            st.markdown(f"**People**: {text.md(narrate_weights(together.taste, view.names))}")
            st.caption("Items that more of them rated than people elsewhere (*usual*: as many as among all)")
            st.dataframe(together.rated.round(2), hide_index=True, key="brushed-people", height="content")
    if things:
        with columns[1]:
            together = items_together(fit, ratings, things)
            st.markdown(f"**Items**: {text.md(narrate_weights(together.taste, view.names))}")
            st.caption("People who rated more of them than of all items")
            st.dataframe(together.rated.round(2), hide_index=True, key="brushed-items", height="content")
    both = pd.DataFrame({"what": ["person"] * len(users) + ["item"] * len(things), "name": [*users, *things]})
    both["ratings"] = np.concatenate(
        [
            ratings.user_counts[ratings.users.isin(users)],
            ratings.item_counts[ratings.items.isin(things)],
        ]
    )
    show.table_twin(both, "brushed", "All that are brushed")
