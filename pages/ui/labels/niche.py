"""Items that no feature explains: a list that can be searched, however long."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from nmf_core import Ratings
from nmf_core.data.ratings import positions
from pages.ui import text


def listed(ratings: Ratings, items: list[str]) -> None:
    """The items with their numbers of ratings, those with most first: of these it tells most that nothing explains them."""
    st.caption(
        "Low on every feature: a niche, or too few ratings to tell. A larger rank may find those with many ratings a feature."
    )
    wanted = st.text_input("Search them", key="niche-search", placeholder="part of a name", icon=":material/search:")
    frame = pd.DataFrame({"item": items, "ratings": ratings.item_counts[positions(ratings.items, items, "item")]})
    frame = frame.sort_values("ratings", ascending=False, kind="stable")
    if wanted:
        frame = frame[frame["item"].str.contains(wanted.strip(), case=False, regex=False)]
    if len(frame):
        st.dataframe(frame, hide_index=True, key="niche-items", height="content" if len(frame) <= 12 else 420)
    st.caption(f"{text.many(len(frame), 'item')} of {len(items):,}.")
