"""Where an item stands in all features: it is searched, and one click opens the card of a feature that has it."""

from __future__ import annotations

import streamlit as st

from nmf_core.interpret.features import where_is
from nmf_core.interpret.titles import option
from pages.ui import text
from pages.ui.session import controls
from pages.ui.work.view import Ready

SHOWN = 5  # features


def search(view: Ready) -> str | None:
    """The search; the item that was found."""
    found: str | None = st.selectbox(
        "Find an item in the features",
        view.ratings.items.tolist(),
        index=None,
        key="find-item",
        format_func=option,
        filter_mode="contains",
        placeholder="part of a title",
    )
    return found


def features_of(view: Ready, found: str) -> None:
    """The features that have most of an item."""
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
                f"{text.md(names[f])}: place {place:,}",
                key=f"find-{f}",
                help=f"Weight {weight:.2f} of 1, the {text.many(place - 1, 'item')} before it have more. Opens its card.",
                on_click=controls.set_widgets,
                kwargs={controls.FEATURE: f + 1},
            )
    if there.empty:
        st.caption("No feature has anything of it.")
