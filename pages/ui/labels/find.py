"""Where an item stands in all features: it is searched, and one click opens the card of a feature that has it."""

from __future__ import annotations

import streamlit as st

from nmf_core.interpret.features import where_is
from nmf_core.interpret.titles import option
from pages.ui import text
from pages.ui.session import controls
from pages.ui.work.view import Ready

SHOWN = 5  # features


def item(view: Ready) -> None:
    """The search, and the features that have most of what was found."""
    found = st.selectbox(
        "Find an item in the features",
        view.ratings.items.tolist(),
        index=None,
        key="find-item",
        format_func=option,
        filter_mode="contains",
        placeholder="part of a title",
    )
    if found is None:
        return
    ratings, names = view.ratings, view.names
    count = int(ratings.item_counts[ratings.column(found)])
    frame = where_is(view.fit, found, ratings=ratings)
    there = frame[frame["weight"] > 0].head(SHOWN)
    few = ", fewer than there are features: its weights are a guess" if count < view.fit.rank else ""
    st.caption(f"{text.md(found)} has {text.many(count, 'rating')}{few}.")
    with st.container(horizontal=True):
        columns = (there[name].tolist() for name in ("feature", "place", "weight"))
        for f, place, weight in zip(*columns, strict=True):
            st.button(
                f"{text.md(names[f])} · {place:,}.",
                key=f"find-{f}",
                help=f"Weight {weight:.2f} of 1; place {place:,} among its items. Opens its card.",
                on_click=controls.set_widgets,
                kwargs={controls.FEATURE: f + 1},
            )
    if there.empty:
        st.caption("No feature has anything of it.")
