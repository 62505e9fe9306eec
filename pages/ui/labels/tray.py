"""The tray: names whose features this fit does not plainly have. They wait here, and one click hangs one on a feature again."""

from __future__ import annotations

import streamlit as st

from nmf_core.labels import MatchedLabel
from pages.ui import text
from pages.ui.labels import conflict, naming
from pages.ui.session import session
from pages.ui.work.view import Ready

FEW = 3  # names up to which the tray is open
SAID = {
    "look again": "perhaps {name}: {alike}",
    "split": "in two parts; most of it is {name}: {alike}",
    "merged": "in one with another; most of it is {name}: {alike}",
    "lost": "no feature is like it here",
}


def tray(view: Ready) -> None:
    """The names that are not attached, each with what became of its feature and where it can be hung."""
    known = view.known
    if known is None or not known.others:
        return
    free = [f for f in range(view.fit.rank) if f not in known.by_feature and view.fit.H[f].any()]
    n = len(known.others)
    with st.expander(f"{text.many(n, 'label')} not recognised in this fit", icon=":material/help:", expanded=n <= FEW):
        st.caption(
            "Their features are not plainly in this fit. They are kept, and come back with a fit that has them; or hang one on "
            "the feature that it names now."
        )
        for one in known.others:
            words, where = st.columns([3, 2], vertical_alignment="center")
            with words:
                _name(view, one)
            if not view.workspace.viewed:
                with where, st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
                    _hang(view, one, free)


def _name(view: Ready, one: MatchedLabel) -> None:
    """A name, what its feature was made of, and what became of it."""
    chance = view.known.chance if view.known else 0.0
    alike = f"{max(one.similarity, 0):.0%} alike, by chance up to {max(chance, 0):.0%}"
    nearest = "" if one.feature is None else text.md(view.names[one.feature])
    items = text.md(", ".join(text.cut(item, 40) for item in one.stored.shape.items[:4]))
    st.markdown(
        f"**{text.md(one.stored.label.text)}** ({one.stored.label.kind}): {SAID[one.status].format(name=nearest, alike=alike)}  \n"
        f":small[{items}, …]"
    )


def _hang(view: Ready, one: MatchedLabel, free: list[int]) -> None:
    """Where it can be hung, the nearest first; and taking it away."""
    if free:
        nearest = free.index(one.feature) if one.feature in free else None
        where = st.selectbox(
            "Feature",
            free,
            index=nearest,
            key=f"hang-on-{one.stored.id}-{view.project}",
            format_func=view.names.__getitem__,
            label_visibility="collapsed",
            placeholder="on which feature?",
            width=190,
        )
        st.button(
            "Hang it there",
            icon=":material/sell:",
            key=f"hang-{one.stored.id}",
            disabled=where is None,
            on_click=_hung,
            args=(view, one, where),
        )
    st.button(
        "",
        help="Remove this name",
        icon=":material/delete:",
        key=f"drop-{one.stored.id}",
        type="tertiary",
        on_click=naming.forget,
        args=(view, one.stored),
    )


def _hung(view: Ready, one: MatchedLabel, f: int) -> None:
    """Hang the label on a feature: it names that one from now on."""
    naming.keep(view, f, one.stored.label, one.stored)
    if all(waits.found.theirs.id != one.stored.id for waits in conflict.pending(view)):
        session.notice("success", f"{one.stored.label.text} names feature {f + 1} now. Undo takes that back.")
