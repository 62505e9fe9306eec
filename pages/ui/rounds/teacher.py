"""A blind round as whoever opened it sees it: code and link, how many have named how much, and after all the results."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from nmf_core import NmfError
from nmf_core.interpret.features import distinctive_items, top_items
from nmf_core.labels import Label, MatchedLabel, match, shape_of, shapes_of
from nmf_core.labels.rounds import Card, Group, Named, Round, matched_key
from pages.ui import text
from pages.ui.labels import conflict
from pages.ui.rounds import pupil, results
from pages.ui.session import projects, rounds, session, storage
from pages.ui.work.view import Ready

WATCHED = 2.0  # seconds between two looks at who is here
LISTED = 6  # items of each kind on a card


def with_code() -> None:
    """Where somebody who has a code goes on."""
    with st.expander("I have a code", icon=":material/login:"):
        pupil.code_field()


def panel(view: Ready) -> None:
    """The rounds of what is open, and a button to open one."""
    if view.project is None:
        return
    if view.workspace.viewed:
        st.caption("To open a round on it, make a copy of it first.")
        return
    waits = conflict.pending(view)
    if waits is not None:
        conflict.choice(waits)
    try:
        opened = storage.rounds().of_project(view.project)
    except NmfError as error:
        st.error(text.md(error.plain), icon=":material/error:")
        return
    if not opened:
        _opening(view)
        return
    with st.expander("Open another round", icon=":material/add:"):
        _opening(view)
    chosen = opened[0]
    if len(opened) > 1:
        titles = {one.code: f"{one.title} · {one.code} · {one.state}" for one in opened}
        code = st.selectbox(
            "Round",
            list(titles),
            format_func=lambda code: titles.get(code, ""),
            key=f"round-of-{len(opened)}",  # with one more or less the latest is shown
        )
        chosen = next(one for one in opened if one.code == code)
    _round(view, chosen)


def _opening(view: Ready) -> None:
    """A title, and the button that opens a round."""
    cards = _cards(view)
    if not cards:
        st.caption("No feature of this fit has any weight, so there is nothing to name. Take a smaller rank.")
        return
    st.text_input("Title, which pupils see", view.workspace.title, max_chars=80, key="round-title")
    st.button(
        f"Open a round on {text.many(len(cards), 'feature')}",
        key="open-round",
        icon=":material/groups:",
        type="primary",
        on_click=_open,
        args=(view, cards),
    )
    st.caption(
        "Pupils see for each feature the items that set it apart and those highest on it: no ratings, no people, no names of "
        "yours. What the round is about stays as it is now, whatever you set meanwhile."
    )


def _cards(view: Ready) -> list[Card]:
    """The features of the fit as pupils see them; those without weight are left out."""
    return [_card(view, f) for f in range(view.fit.rank) if view.fit.H[f].max() > 0]


def _card(view: Ready, f: int) -> Card:
    """One feature as pupils see it; where no item has ratings enough to tell, its heaviest are shown all the same."""
    fit, ratings = view.fit, view.ratings
    apart, top = (listed(fit, f, n=LISTED, ratings=ratings)["item"] for listed in (distinctive_items, top_items))
    shape = shape_of(fit.items, fit.H[f])
    return Card(f, tuple(apart), tuple(top) or shape.items[:LISTED], shape)


def _open(view: Ready, cards: list[Card]) -> None:
    """Open a round. A callback."""
    assert view.project is not None
    title = str(session.widget("round-title") or "")
    projects.saving(partial(storage.rounds().open, view.project, title, cards))


def _round(view: Ready, held: Round) -> None:
    """One round, and what can be done with it."""
    st.subheader(text.md(held.title), anchor=False)
    state = held.state
    if state == "open":
        # Large enough to be read from the last row. A code is of our own letters and digits alone.
        large = "font-size:clamp(3rem, 14vw, 7rem); font-weight:700; letter-spacing:.12em; line-height:1.1"
        st.html(f"<div style='{large}'>{held.code}</div>")
        st.code(rounds.link(held.code), language=None, wrap_lines=True)
        if rounds.is_this_machine_alone():
            st.caption(
                ":material/warning: This address leads to this machine alone. docs/deployment.md says how to open the server "
                "to a room."
            )
    watched = st.fragment(_watch, run_every=WATCHED) if state == "open" else _watch
    watched(held)
    with st.container(horizontal=True):
        for here, there, title, icon in (
            ("open", "closed", "Close the round", ":material/lock:"),
            ("closed", "revealed", "Reveal the names", ":material/visibility:"),
            ("closed", "open", "Open it again", ":material/lock_open:"),
        ):
            if state == here:
                st.button(
                    title,
                    key=f"round-{there}",
                    icon=icon,
                    type="secondary" if there == "open" else "primary",
                    on_click=rounds.move,
                    args=(held.code, there),
                )
        with st.popover("Delete", icon=":material/delete:", type="tertiary"):
            st.caption("Nicknames and names of this round go, for good. Names that you adopted stay.")
            st.button("Delete this round", key="delete-round", on_click=rounds.delete, args=(held.code,))
    if state == "revealed":
        _results(view, held)


def _watch(held: Round) -> None:
    """How many are here, and how much they have named: nothing of what."""
    try:
        here, named = storage.rounds().count(held.code)
    except NmfError as error:
        st.error(text.md(error.plain))
        return
    each, n = named / max(here, 1), len(held.cards)
    share = min(1.0, each / n)
    st.progress(share, f"**{here} here** · {text.number(each)} of {text.many(n, 'feature')} named on average")


def _results(view: Ready, held: Round) -> None:
    """The names, with what this project calls each feature now, and a button to adopt one."""
    key = rounds.answer_key()
    planted: dict[int, tuple[str, float]] = {}
    if key is not None and st.toggle("Answer key: the features that were planted", key="round-key"):
        try:
            planted = matched_key(held.cards, key)
        except NmfError as error:
            st.caption(text.md(error.plain))
    now = _named_now(view, held)
    results.draw(
        held,
        called={f: named.stored.label.text for f, named in now.items()},
        adopt=partial(_adopt_button, view, held, now),
        planted=planted,
        key=key,
    )


def _named_now(view: Ready, held: Round) -> dict[int, MatchedLabel]:
    """What the features of a round are called in this project now, where they are in this fit: feature of the round → label."""
    if view.known is None:
        return {}
    pairs = match([card.shape for card in held.cards], shapes_of(view.fit.items, view.fit.H))
    here = view.known.by_feature
    return {held.cards[c].feature: here[f] for c, f, _ in pairs if f in here}


def _adopt_button(view: Ready, held: Round, now: dict[int, MatchedLabel], named: Named, group: Group) -> None:
    """A button that makes a name of the class the feature's label."""
    label = now.get(named.feature)
    adopted = label is not None and label.stored.label.text == group.text
    st.button(
        "Adopted" if adopted else "Adopt",
        key=f"adopt-{held.code}-{named.feature}-{group.text}",
        icon=":material/check:" if adopted else ":material/sell:",
        disabled=adopted,
        help="This name becomes the feature's label in this project.",
        on_click=_adopt,
        args=(view, held, label, named, group),
    )


def _adopt(view: Ready, held: Round, label: MatchedLabel | None, named: Named, group: Group) -> None:
    """Save a name of the class as the feature's label; one that somebody changed meanwhile waits to be chosen from. A callback."""
    assert view.known is not None
    card = next(card for card in held.cards if card.feature == named.feature)
    note = f"Named so by {group.count} of {named.count} in a blind round."
    seen = [one.stored.id for one in view.known.by_feature.values()] + [one.id for one in view.known.unrecognised]
    if label is None:
        made = Label(group.text, note=note, author=session.nickname())
        save = partial(storage.store().save, held.project, made, card.shape, beside=seen)
    else:
        made = replace(label.stored.label, text=group.text, note=note)
        stored = label.stored
        save = partial(storage.store().save, held.project, made, card.shape, label_id=stored.id, version=stored.version)
    conflict.saving(held.project, card.shape, save)
