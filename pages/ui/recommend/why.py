"""A list with what stands behind it: why an item is on it, what would put another first, the same by expected rating."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pages.ui.recommend import listed
from pages.ui.recommend.change import what_would_change
from pages.ui.recommend.expected import by_expected
from pages.ui.recommend.receipts import receipt
from pages.ui.work.lists import Lists
from pages.ui.work.view import Ready


def list_with_receipts(
    view: Ready, lists: Lists, whose: listed.Whose, user: str | None, own: Mapping[str, float] | None = None
) -> None:
    """Draw a list, then all that can be asked of it; `user` is None for somebody new, `own` all that they are placed by."""
    counted = whose.own if own is None else own
    key = whose.key

    def why(frame: pd.DataFrame) -> None:
        """Why one of the items is on the list."""
        # Of another fit, it begins with its own first item.
        item = st.selectbox("Why this item", frame["item"].tolist(), key=f"why-{key}-{lists.fit.rank}")
        receipt(view, lists, user, counted, whose.weights, item, least=whose.least)

    listed.panel(view, lists, whose, why)
    first = listed.usual_first(view, lists, whose)
    if first is None:
        return
    what_would_change(view, lists, user, counted, first, least=whose.least)
    by_rating = st.expander("By expected rating", icon=":material/star:", on_change="rerun", key=f"by-rating-{key}")
    if by_rating.open:
        with by_rating:
            by_expected(view, user, counted, whose.n, least=whose.least)
