"""Where somebody new lies among the people of the ratings."""

from __future__ import annotations

import streamlit as st

from nmf_core.fit.problem import Array
from nmf_core.interpret.projection import place_of
from pages.ui import charts, points, show
from pages.ui.work import view as views
from pages.ui.work.view import Ready


def of_newcomer(view: Ready, weights: Array) -> None:
    """A small map with a star."""
    with st.expander("Where you are on the map", icon=":material/map:", expanded=True):
        places = points.placed(view, points.TASTES)
        people, _ = points.sides(view, places, served=False)
        drawn = charts.map_of(
            [people],
            places.axes,
            view.names,
            view.colours,
            look=views.look(),
            you=place_of(view.fit, weights),
            height=300,
            brushes=False,
        )
        show.chart(drawn, "my-place")
