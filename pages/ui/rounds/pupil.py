"""A blind round as a pupil sees it, on a phone as well: a nickname, a card a feature, and once they are revealed, the names."""

from __future__ import annotations

import streamlit as st

from nmf_core import NmfError
from nmf_core.labels.label import one_line
from nmf_core.labels.rounds import Card, Round
from pages.ui import show, text
from pages.ui.rounds import results
from pages.ui.session import rounds, storage

IN_STEP = 3.0  # seconds until it is seen that a round was closed, opened again or revealed


def page(code: str) -> None:
    """All that a tab shows whose address names a round."""
    st.title("Blind round", anchor=False)
    token = rounds.token(code)
    try:
        held = storage.rounds().get(code)
        who = storage.rounds().nickname(code, token)
        own = storage.rounds().answers_of(code, token)
    except NmfError as error:
        st.error(text.md(error.plain), icon=":material/error:")
        code_field()
        return
    show.notices()
    st.markdown(f"**{text.md(held.title)}**" + (f" · you are {text.md(who)}" if who else ""))
    if who is None:
        _join(held)
    elif held.state == "revealed":
        results.draw(held, called={}, planted={})
    else:
        _cards(held, own)
    if held.state != "revealed":
        st.fragment(_in_step, run_every=IN_STEP)(held)


def code_field() -> None:
    """The field for a code."""
    st.text_input(
        "Code of the round",
        max_chars=20,
        key="round-code",
        on_change=rounds.go_to,
        args=("round-code",),
        placeholder="ABC234",
    )


def _in_step(held: Round) -> None:
    """Nothing to see: a round that was closed, opened again or revealed is drawn anew."""
    try:
        now = storage.rounds().state(held.code)
    except NmfError:
        now = ""  # it was deleted, or the store fails, which the page says
    if now != held.state:
        st.rerun()


def _join(held: Round) -> None:
    """The field for a nickname, where anybody can still join."""
    if held.state != "open":
        st.info(f"This round is {held.state}: nobody can join it any more. Ask whoever opened it for another code.")
        return
    st.markdown(
        f"Name {text.many(len(held.cards), 'feature')}: what do the items of each have in common? Nobody sees your names, and you "
        "see nobody's, until the round is over. Your nickname will not stand beside them."
    )
    with st.form("join", border=False):
        st.text_input("Nickname", max_chars=80, key="nickname", placeholder="How the others know you")
        st.form_submit_button(
            "Join", type="primary", icon=":material/login:", on_click=rounds.join, args=(held.code, "nickname")
        )


def _cards(held: Round, own: dict[int, str]) -> None:
    """A card a feature, and how far this pupil is."""
    # A container even when there is nothing to say: were what follows to move, what somebody is typing would be lost.
    with st.container():
        if held.state != "open":
            st.info(
                "The round is closed. What you saved counts; names can no longer be changed. Wait for the names to be revealed.",
                icon=":material/lock:",
            )
    n = len(held.cards)
    st.progress(len(own) / n, f"**{len(own)} of {n} named**")
    for card in held.cards:
        with st.container(border=True):
            _card(held, card, own.get(card.feature, ""))
    if len(own) == n and held.state == "open":
        st.success("All named. You can change names until the round is closed.", icon=":material/check:")


def _card(held: Round, card: Card, saved: str) -> None:
    """One feature: its items, and the field for its name, which is saved at once."""
    st.markdown(f"**Feature {card.feature + 1}**")
    apart = text.cut_apart(results.items(card), 60)
    others = [item for item in card.top if item not in card.distinctive] if card.distinctive else []
    st.markdown(", ".join(map(text.md, apart)))
    if others:
        st.caption(f"Also high on it: {', '.join(map(text.md, text.cut_apart(others, 60)))}")
    key = f"name-{held.code}-{card.feature}"
    typed = st.text_input(
        "What would you call it?",
        saved,
        max_chars=80,
        key=key,
        placeholder="Your name for it",
        on_change=rounds.answer,
        args=(held.code, card.feature, key),
    )
    if one_line(typed or "") == saved:
        told = ":material/check: saved" if held.state == "open" else f":material/check: saved: {text.md(saved)}"
        st.caption(told if saved else "not named yet")
    else:
        st.warning(text.md(rounds.unsaved(key) or "Not saved yet."), icon=":material/error:")
        if held.state == "open":
            st.button("Save it again", key=f"again-{key}", on_click=rounds.answer, args=(held.code, card.feature, key))
