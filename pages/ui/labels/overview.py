"""All features in a list that is seen at once: a name to type for each, how much of it there is, and what sets it apart."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from nmf_core.interpret.features import distinctive_items
from nmf_core.labels import Suggestion
from pages.ui import text
from pages.ui.labels import conflict, naming
from pages.ui.labels.real import Found
from pages.ui.session import controls
from pages.ui.work.view import Ready

TALL, ROW = 760, 96  # pixels: of the list, from which on it scrolls, and of a row of it
ITEMS = 3


def features(
    view: Ready, suggestions: Sequence[Sequence[Suggestion]], found: dict[int, Found], opened: int, least: int | None
) -> None:
    """The list; the feature whose card is open is marked."""
    rank = view.fit.rank
    # A browser would write how to save over the end of a long name.
    st.html("<style>[class*='st-key-name-'] [data-testid='InputInstructions'] { display: none }</style>")
    if rank * ROW > TALL:
        st.caption(f"{rank} features: scroll for more.")
    with st.container(height=TALL if rank * ROW > TALL else "content", border=False, gap="small"):
        for f in range(rank):
            with st.container(border=f == opened, gap=None, key=f"feature-row-{f}"):
                _row(view, f, suggestions[f], found.get(f), f == opened, least)


def _row(
    view: Ready, f: int, suggestions: Sequence[Suggestion], found: Found | None, is_open: bool, least: int | None
) -> None:
    """One feature."""
    waits = conflict.waits_at(view, f)
    if waits is not None:
        conflict.choice(waits, f"feature {f + 1}")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.image(naming.swatch(view.colours[f], 8, 40), width=8)
        naming.name_field(view, f, suggestions)
        st.button(
            "Open",
            key=f"open-{f}",
            icon=":material/arrow_right_alt:" if is_open else ":material/chevron_right:",
            type="tertiary",
            help=f"Its items, people, note and colour: {text.md(view.names[f])}",
            disabled=is_open,
            on_click=controls.set_widgets,
            kwargs={controls.FEATURE: f + 1},
        )
    st.caption(" · ".join(_told(view, f, found, least)))


def _told(view: Ready, f: int, found: Found | None, least: int | None) -> list[str]:
    """What a row says of a feature: how much it explains, whether it is found again, what sets it apart."""
    if view.fit.H[f].max() == 0:
        return ["empty: nothing is made of it"]
    items = distinctive_items(view.fit, f, n=ITEMS, ratings=view.ratings, least=least)["item"]
    told = [f"**{view.fit.explained[f]:.0%}**"]
    known = naming.named(view, f)
    if known is not None and known.similarity < naming.SURE:
        told.append(f":material/sync: carried over, {known.similarity:.0%} alike")
    if found is not None:
        told.append(found.words)
    return [*told, ", ".join(map(text.md, text.cut_apart(items.tolist(), 28))) or "nothing sets it apart"]


def repeats(groups: Sequence[Sequence[int]], names: Sequence[str]) -> None:
    """Features that are one in several parts."""
    for group in groups:
        st.info(
            f"{text.md(text.listed([names[f] for f in group]))} are made of the same items: one feature in {len(group)} parts. A "
            "smaller rank would do as well; a smaller penalty (under More settings), or blanks that count less, may tell them "
            "apart.",
            icon=":material/join:",
        )
