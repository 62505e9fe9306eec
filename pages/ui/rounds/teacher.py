"""A blind round as whoever opened it sees it: code and link, how many have named how much, and after all the results."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from nmf_core import NmfError
from nmf_core.interpret.carry import feature_shapes
from nmf_core.interpret.features import distinctive_items, top_items
from nmf_core.labels import Label, Shape, StoredLabel, nearest_same
from nmf_core.labels.rounds import Card, Group, Named, Round, all_names, matched_key
from pages.ui import text
from pages.ui.labels import conflict
from pages.ui.rounds import pupil, results
from pages.ui.session import projects, rounds, session, storage
from pages.ui.work.view import Ready

WATCHED = 2.0  # seconds between two looks at who is here
LISTED = 6  # items of each kind on a card
HIGH = 0.5  # from which share of the largest weight an item is high on a feature


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
    for waits in conflict.pending(view):
        conflict.choice(waits)
    try:
        opened = storage.rounds().of_project(view.project)
    except NmfError as error:
        st.error(text.md(error.plain), icon=":material/error:")
        return
    if not opened:
        _opening(view)
        return
    with st.expander("Open another round", icon=":material/add:", key=f"another-{len(opened)}"):
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
    title = f"round-title-{view.workspace.key}"  # of what is open: another has a title of its own
    st.text_input("Title, which pupils see", view.workspace.title, max_chars=80, key=title)
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


def _cards(view: Ready) -> dict[Card, Shape]:
    """The features of the fit as pupils see them, and their shapes; those without weight are left out."""
    return {_card(view, f, shape): shape for f, shape in enumerate(feature_shapes(view.fit)) if shape.items}


def _card(view: Ready, f: int, shape: Shape) -> Card:
    """One feature as pupils see it; where no item has ratings enough to tell, its heaviest are shown all the same."""
    fit, ratings = view.fit, view.ratings
    apart = distinctive_items(fit, f, n=LISTED, ratings=ratings)["item"]
    top = top_items(fit, f, n=LISTED, ratings=ratings)
    high = top.loc[top["weight"] >= HIGH, "item"]
    return Card(f, tuple(apart), tuple(high) or shape.items[:LISTED])


def _open(view: Ready, cards: dict[Card, Shape]) -> None:
    """Open a round. A callback."""
    assert view.project is not None
    title = str(session.widget(f"round-title-{view.workspace.key}") or "")
    projects.saving(partial(storage.rounds().begin, view.project, title, cards))


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
        if state != "open":
            with st.popover("Tidy the names", icon=":material/join_inner:", type="tertiary"):
                _tidy(held)
        with st.popover("Delete", icon=":material/delete:", type="tertiary"):
            st.caption("Nicknames and names of this round go, for good. Names that you adopted stay.")
            st.button("Delete this round", key="delete-round", on_click=rounds.delete, args=(held.code,))
    if state == "revealed":
        _results(view, held)


def _tidy(held: Round) -> None:
    """Names that mean the same are made one, and what nobody should read is left out, before the names are revealed or after."""
    try:
        answers = storage.rounds().answers(held.code)
    except NmfError as error:
        st.error(text.md(error.plain))
        return
    counts = {group.text: group.count for group in all_names(answers)}
    if not counts:
        st.caption("Nobody has named anything.")
        return
    chosen = f"tidy-{held.code}"
    names = st.multiselect(
        "Names",
        list(counts),
        key=chosen,
        format_func=lambda name: f"{text.cut(name, 60)} · {counts.get(name, 0)}",
        placeholder="choose some",
        select_all=False,
    )
    most = max(names, key=lambda name: counts.get(name, 0), default="")
    one = f"tidy-to-{held.code}-{most}"
    st.text_input("They become", most, max_chars=80, key=one, disabled=not names)
    with st.container(horizontal=True):
        for title, key, icon, to in (
            ("Make them one", "tidy-one", ":material/join_inner:", one),
            ("Leave them out", "tidy-out", ":material/visibility_off:", ""),
        ):
            st.button(
                title, key=key, icon=icon, disabled=not names, on_click=rounds.reword, args=(held.code, chosen, to)
            )
    st.caption(
        "Names that mean the same are made one; what nobody should read is left out. How far people agree is told of what "
        "stands then."
    )


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
    try:
        shapes = storage.rounds().shapes(held.code)
    except NmfError as error:
        st.error(text.md(error.plain))
        return
    key = rounds.answer_key()
    planted: dict[int, tuple[str, float]] = {}
    if key is not None and st.toggle("Answer key: the features that were planted", key="round-key"):
        try:
            planted = matched_key(shapes, key)
        except NmfError as error:
            st.caption(text.md(error.plain))
    now = _called_now(view, shapes)
    results.draw(
        held,
        called={f: stored.label.text for f, stored in now.items()},
        adopt=partial(_adopt_button, view, held, shapes, now),
        planted=planted,
        key=key,
    )


def _called_now(view: Ready, shapes: dict[int, Shape]) -> dict[int, StoredLabel]:
    """The labels that the features of a round have in this project now, whatever fit is open: feature → label."""
    known = view.known.stored if view.known else []
    nearest = {feature: nearest_same(known, shape) for feature, shape in shapes.items()}
    return {feature: stored for feature, stored in nearest.items() if stored is not None}


def _adopt_button(
    view: Ready, held: Round, shapes: dict[int, Shape], now: dict[int, StoredLabel], named: Named, group: Group
) -> None:
    """A button that makes a name of the class the feature's label."""
    stored = now.get(named.feature)
    adopted = stored is not None and stored.label.text == group.text
    st.button(
        "Adopted" if adopted else "Adopt",
        key=f"adopt-{held.code}-{named.feature}-{group.text}",
        icon=":material/check:" if adopted else ":material/sell:",
        disabled=adopted,
        help="This name becomes the feature's label in this project.",
        on_click=_adopt,
        args=(view, held.project, shapes[named.feature], stored, named, group),
    )


def _adopt(view: Ready, project: str, shape: Shape, stored: StoredLabel | None, named: Named, group: Group) -> None:
    """Save a name of the class as the feature's label; one that somebody changed meanwhile waits to be chosen from. A callback."""
    note = f"Named so by {group.count} of {named.count} in a blind round."
    made = Label(group.text, note=note, author=session.nickname())
    if stored is not None:
        made = replace(stored.label, text=group.text, note=note)
    conflict.save(project, made, shape, stored, [one.id for one in view.known.stored] if view.known else ())
