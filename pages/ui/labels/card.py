"""The card of one feature: how real it is, its name and what belongs to it, its items and people, its finer shelves."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from nmf_core.interpret.features import relevant_items, top_users
from nmf_core.labels import Suggestion
from pages.ui import charts, show, text
from pages.ui.labels import finer, naming
from pages.ui.labels.real import Found
from pages.ui.session import controls
from pages.ui.work import view as views
from pages.ui.work.view import Ready

ITEMS, USERS = 12, 6
BALANCED = ("score highest", "¼", "both", "¾", "set it apart")


def card(
    view: Ready, f: int, suggestions: Sequence[Suggestion], found: Found | None, leaning: str, least: int | None
) -> None:
    """All that is known of a feature, and what can be done with it."""
    st.image(naming.swatch(view.colours[f], 800, 8), width="stretch")
    st.markdown(f"#### {text.md(view.names[f])}")
    _real(view, f, found, leaning)
    if view.fit.H[f].max() == 0:
        st.caption("This feature is empty: nothing is made of it. A smaller rank would do as well.")
        return
    if not view.workspace.viewed:
        naming.suggested(view, f, suggestions)
        naming.details(view, f)
    _items(view, f, least)
    users = top_users(view.fit, f, n=USERS, ratings=view.ratings, least=least)
    told = ", ".join(
        f"{text.md(user)} ({share:.0%})"
        for user, share in zip(text.cut_apart(users["user"].tolist(), 40), users["share"], strict=True)
    )
    st.markdown(f"**Who has most of it** (of their taste): {told or 'nobody'}")
    finer.shelves(view, f, least)


def _real(view: Ready, f: int, found: Found | None, leaning: str) -> None:
    """How much it explains, whether it is found again, and where its name came from."""
    told = [f"Feature {f + 1} of {view.fit.rank} explains {view.fit.explained[f]:.0%} of what the features explain"]
    if found is not None:
        told.append(
            f"in {found.share:.0%} of halvings it is found again in the other half of the people, {max(found.similarity, 0):.0%} "
            f"alike ({max(found.low, 0):.0%} to {max(found.high, 0):.0%}; chance stays below {max(found.chance, 0):.0%})"
        )
    if leaning:
        told.append(text.md(leaning))
    st.caption("; ".join(told) + ".")
    known = naming.named(view, f)
    if known is not None and known.similarity < naming.SURE and view.known is not None:
        st.caption(
            f":material/sync: Its name is carried over from another fit: {known.similarity:.0%} alike to the feature that was "
            f"named; by chance up to {max(view.known.chance, 0):.0%}."
        )


def _items(view: Ready, f: int, least: int | None) -> None:
    """Its items as bars, with a slider between those that score highest and those that set it apart."""
    balance = st.select_slider(
        "Items: those that score highest, or those that set it apart",
        controls.BALANCES,
        controls.held(controls.BALANCE, controls.BALANCES[0]),
        key=controls.BALANCE,
        persist_state="session",
        format_func=dict(zip(controls.BALANCES, BALANCED, strict=True)).__getitem__,
    )
    items = relevant_items(view.fit, f, float(balance), n=ITEMS, ratings=view.ratings, least=least)
    if items.empty:
        st.caption("Nothing that has ratings enough has more of it than of any other feature.")
        return
    show.chart(
        charts.feature_items(items, view.names[f], view.colours[f], look=views.look()), f"items-{f}", table=False
    )
    st.caption("Bars: an item's weight on the feature; the full colour is what it has more than on any other feature.")
