"""The finer shelves under a feature: what the fit that makes lists tells apart where the one that is read does not."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from nmf_core.interpret.enough import least_ratings
from nmf_core.interpret.receipts import known_by
from pages.ui import text
from pages.ui.work import progress
from pages.ui.work.lists import are_finer, lists_of
from pages.ui.work.view import Ready

MOST, ITEMS = 6, 3  # shelves that are shown, and items that each is known by


def shelves(view: Ready, f: int, least: int | None) -> None:
    """A feature's finer shelves, looked up once somebody opens them; nothing where lists are made from what is read."""
    if not are_finer(view.ratings, view.fit.blanks):
        return
    finer = st.expander("Finer shelves", icon=":material/shelves:", key=f"finer-{f}", on_change="rerun")
    if not finer.open:
        return
    with finer:
        lists = lists_of(view)
        if lists.under is None:
            if lists.task is not None:
                progress.panel(replace(lists.task, key=f"lists-{f}"))
            else:
                st.caption("Lists are made from these features themselves: none is finer.")
            return
        own = lists.under[lists.under["named"] == f].sort_values("similarity", ascending=False)
        enough = least_ratings(view.ratings.item_counts, view.fit.rank) if least is None else least
        lines = []
        for fine, similarity in zip(own["fine"][:MOST], own["similarity"], strict=False):
            items = known_by(lists.fit, int(fine), ratings=view.ratings, least=enough, n=ITEMS)
            if items:
                lines.append(f"- {', '.join(text.md(text.cut(item, 40)) for item in items)} · {similarity:.0%} alike")
        st.markdown("\n".join(lines) or "None of the finer features is alike to this one beyond chance.")
        chance = float(lists.under["chance"].iloc[0])
        st.caption(
            f"{text.many(len(own), 'finer feature')} of the {lists.fit.rank} that lists are made from, the most alike first; by "
            f"chance one would be up to {max(chance, 0.0):.0%} alike."
        )
