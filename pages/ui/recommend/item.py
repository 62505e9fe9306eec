"""An item: who would like it, what is alike, which features carry it, how it was rated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from nmf_core.interpret.features import narrate_weights
from nmf_core.interpret.items import alike_items, item_parts, would_like
from pages.ui import charts, show, text
from pages.ui.recommend import pick
from pages.ui.session import brush
from pages.ui.work import view as views
from pages.ui.work.lists import Lists
from pages.ui.work.view import Ready

LISTED = 10


def panel(view: Ready, lists: Lists) -> None:
    """Everything about one item."""
    ratings = view.ratings
    left, right = st.columns([4, 1])
    with left:
        item = pick.item(ratings)
    with right:
        asked = show.fewest_ratings(view)
    count = int(ratings.item_counts[ratings.column(item)])
    if count == 0:
        st.info(f"There is no rating of {text.md(item)}, so nothing is known of it. Add ratings on the Ratings page.")
        return
    _made_of(view, item)
    if count < view.fit.rank:
        st.warning(
            f"{text.md(item)} has {text.many(count, 'rating')}, fewer than the {view.fit.rank} features: its weights are a guess."
        )
    left, right = st.columns(2)
    with left:
        _would_like(view, lists, item, asked)
    with right:
        _alike(view, lists, item, asked)


def _made_of(view: Ready, item: str) -> None:
    """What an item is made of in words and as a bar, and the ratings that it was given."""
    ratings, look = view.ratings, views.look()
    parts = item_parts(view.fit, item, labels=view.labels).sort_index()
    mark = f"{text.MARK} " if item in brush.brushed(ratings)[1] else ""
    st.markdown(f"##### {mark}{text.md(item)}: {text.md(narrate_weights(parts['share'].to_numpy(), view.names))}")
    left, right = st.columns([3, 2])
    with left:
        st.caption("What it is made of: each feature's share of the score that the average person gives it")
        show.chart(charts.shares(parts, view.colours, look=look), "item-parts")
    with right:
        one = ratings.keep(ratings.V.indices == ratings.column(item))
        st.caption(
            f"{text.many(one.n_ratings, 'rating')}, {text.number(one.mean)} on average; of all items {text.number(ratings.mean)}"
        )
        show.chart(charts.distribution(one, look=look), "item-ratings")


def _listed(title: str, found: pd.DataFrame, key: str, nothing: str) -> bool:
    """Draw what was found under its title; whether that is anything."""
    st.markdown(f"###### {title}")
    if len(found) == 0:
        st.caption(nothing)
        return False
    st.dataframe(found, hide_index=True, key=key, height="content", column_config=_TWO_PLACES)
    return True


def _would_like(view: Ready, lists: Lists, item: str, asked: int | None) -> None:
    """The people who have not rated it and score it highest."""
    found = would_like(lists.fit, view.ratings, item, n=LISTED, least=_enough(view, lists, asked, "user"))
    if _listed("Who would like it", found, "would-like", "Everybody with ratings enough has rated it."):
        st.caption(f"People who have not rated it, by their score. {text.score_meaning(view.fit)}")


def _alike(view: Ready, lists: Lists, item: str, asked: int | None) -> None:
    """The items made of the same features, and how much of that may be chance."""
    found = alike_items(lists.fit, view.ratings, item, n=LISTED, least=_enough(view, lists, asked, "item"))
    if not _listed("What is alike", found, "alike", "There is no other item with ratings enough."):
        return
    chance = found.attrs["chance"]
    above = int((found["similarity"] > chance).sum())
    st.caption(
        f"Cosine of what sets items apart (−1 to 1). By chance the most alike of all items reaches {chance:.2f}: "
        + (
            "none of these is above it."
            if above == 0
            else f"{text.many(above, 'of these is', 'of these are')} above it."
        )
    )


_TWO_PLACES = {name: st.column_config.NumberColumn(format="%.2f") for name in ("score", "similarity")}


def _enough(view: Ready, lists: Lists, asked: int | None, what: str) -> int:
    """The fewest ratings that are asked for, or are usual for the features that are read."""
    from nmf_core.interpret.enough import least_ratings

    counts = view.ratings.user_counts if what == "user" else view.ratings.item_counts
    return least_ratings(np.asarray(counts), view.fit.rank) if asked is None else asked
