"""A list in the order of expected ratings, doubt taken off, beside the one in the order of scores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from nmf_core import Factorization
from nmf_core.interpret.recommend import weights_of
from nmf_core.interpret.sure import cautious_ratings
from pages.ui import show, text
from pages.ui.recommend.receipts import companion_of
from pages.ui.work.view import Ready

WHY = (
    "Sorted by expected rating less what it goes up and down by over your ratings drawn anew: of many guesses the largest is "
    "most likely one that erred upwards, so doubt pulls an item down. What people choose, the list by score tells better."
)


def by_expected(view: Ready, user: str | None, own: Mapping[str, float], n: int, *, least: int) -> None:
    """Draw the items with the highest expected ratings, doubt taken off, and say why it is."""
    companion = companion_of(view)
    if companion is None:
        st.caption("The fit that expected ratings come from, with blanks unknown, is not there yet.")
        return
    ratings = view.ratings
    enough = np.flatnonzero(ratings.item_counts >= max(1, least))
    items = [item for item in ratings.items[enough].tolist() if item not in own]
    if not items:
        return
    weights = None if user is None else weights_of(companion, ratings, user)
    found = cautious_ratings(companion, own, items, weights=weights)
    order = np.lexsort((_places(companion, items), -found["cautious"]))[:n]
    listed = found.iloc[order].reset_index(drop=True)
    shown = listed.rename(columns={"spread": "give or take", "cautious": "expected, doubt taken off"}).round(2)
    st.dataframe(shown, hide_index=True, key=f"expected-{user is None}", height="content")
    st.caption(WHY if user is None else WHY.replace("your", "their"))
    show.table_twin(listed, f"by-expected-{user is None}")
    top = found.iloc[int(found["expected"].argmax())]
    if top["item"] != listed["item"].iloc[0]:
        st.caption(
            f"Without that, {text.md(top['item'])} would be first: {text.number(top['expected'])}, give or take "
            f"{text.number(top['spread'])}."
        )


def _places(fit: Factorization, items: list[str]) -> NDArray[np.int64]:
    """The place of each item in the order of names."""
    return fit.item_places[fit.items.get_indexer(pd.Index(items))]
