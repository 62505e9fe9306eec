"""Finding a person or an item among many."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from nmf_core import Ratings
from nmf_core.interpret.titles import option
from pages.ui import text, widgets
from pages.ui.session import controls


def person(ratings: Ratings) -> str:
    """A person, found by id; beside each id how many ratings there are."""
    counts = dict(zip(ratings.users, ratings.user_counts.tolist(), strict=True))
    return widgets.select(
        "Find a person",
        ratings.users.tolist(),
        key=controls.USER,
        persist_state="session",
        format_func=lambda user: f"{user} · {_unsearched(counts.get(user, 0))}",
        filter_mode="contains",  # ranked otherwise, "15" finds 151 before 15
        help="Type a part of the name or number to search.",
    )


def _unsearched(count: int) -> str:
    """A number of ratings that a search for a person's number does not find: unseen characters keep its digits apart."""
    number, word = text.many(count, "rating").split(" ")
    return f"{text.APART.join(number)} {word}"


def item(ratings: Ratings) -> str:
    """An item, found by its title in any order of article and title, with marks on letters or without."""
    return widgets.select(
        "Find an item",
        ratings.items.tolist(),
        key=controls.ITEM,
        persist_state="session",
        format_func=option,
        filter_mode="contains",
        help="Type a part of the title to search, with its article before or behind it.",
    )


def how_many() -> int:
    """How many items are listed."""
    n = controls.held(controls.HOW_MANY, 3)
    return int(st.slider("How many", 3, controls.MOST_LISTED, n, key=controls.HOW_MANY, persist_state="session"))


def told(names: pd.Series, more: list[str], *, at_most: int = 40) -> str:
    """Names with something in brackets behind each, safe for Markdown."""
    return ", ".join(
        f"{text.md(name)} ({words})" for name, words in zip(text.cut_apart(names.tolist(), at_most), more, strict=True)
    )
