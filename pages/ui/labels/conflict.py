"""Two people changed the same label: both versions are shown, and one of them is chosen."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from nmf_core import NmfError
from nmf_core.labels import Label, Shape, StoredLabel
from nmf_core.store.labels import LabelConflict
from pages.ui import text
from pages.ui.session import session, storage
from pages.ui.work.view import Ready


@dataclass(frozen=True)
class Pending:
    """A change that was not saved, and what it is to be chosen from."""

    project: str
    shape: Shape | None
    found: LabelConflict


def saving(project: str, shape: Shape | None, action: Callable[[], StoredLabel]) -> None:
    """Save or remove a label in a callback; where somebody else changed it meanwhile, both wait to be chosen from.

    What waits of other labels goes on waiting.
    """
    held = session.current().conflicts
    try:
        held.pop((project, action().id), None)
    except LabelConflict as found:
        mine, theirs = found.mine, found.theirs
        same = theirs.removed if mine is None else not theirs.removed and _plain(mine) == _plain(theirs.label)
        held.pop((project, theirs.id), None)
        if not same:
            held[project, theirs.id] = Pending(project, shape, found)
    except NmfError as error:
        session.notice("error", error.plain)


def save(project: str, label: Label, shape: Shape, stored: StoredLabel | None, beside: Collection[int] = ()) -> None:
    """Save a label in a callback, as `saving` does: a new one `beside` others, or in the place of one that is stored."""
    place: dict[str, Any] = {"beside": beside} if stored is None else {"label_id": stored.id, "version": stored.version}
    saving(project, shape, lambda: storage.store().save(project, label, shape, **place))


def pending(view: Ready) -> list[Pending]:
    """What waits to be chosen in what is open."""
    held: dict[tuple[str, int], Pending] = session.current().conflicts
    return [waits for (project, _), waits in held.items() if project == view.project]


def waits_at(view: Ready, f: int) -> Pending | None:
    """What waits to be chosen of the label that a feature is recognised by, beside what that label is by now."""
    known = view.known.by_feature.get(f) if view.known else None
    if known is None or view.project is None:
        return None
    held: dict[tuple[str, int], Pending] = session.current().conflicts
    waits = held.get((view.project, known.stored.id))
    if waits is not None and waits.found.theirs.version != known.stored.version:
        waits = held[view.project, known.stored.id] = replace(
            waits, found=LabelConflict(waits.found.mine, known.stored)
        )
    return waits


def elsewhere(view: Ready) -> None:
    """Choices between two versions of a label that no feature carries: the other one was removed, or names none here."""
    shown = {known.stored.id for known in view.known.by_feature.values()} if view.known else set()
    for waits in pending(view):
        if waits.found.theirs.id not in shown:
            choice(waits)


def choice(waits: Pending, feature: str = "") -> None:
    """Both versions, and a button for each; `feature` says of what."""
    mine, theirs = waits.found.mine, waits.found.theirs
    who = text.md(theirs.label.author or "Somebody else")
    st.warning(
        f"{who} changed this label{' of ' + feature if feature else ''} meanwhile, and yours is not saved yet. "
        "Choose one of the two.",
        icon=":material/call_split:",
    )
    both = (
        mine is not None
        and not theirs.removed
        and _plain(replace(mine, colour=theirs.label.colour)) != _plain(theirs.label)
    )
    for title, label, key, chosen in (
        ("Theirs", None if theirs.removed else theirs.label, "theirs", _forget),
        ("Yours", mine, "mine", _take_mine),
    ):
        with st.container(border=True):
            st.markdown(f"**{title}:** {_words(label, both)}")
            st.button(
                f"Take {title.lower()}" if label else "Leave it without a name",
                key=f"take-{key}-{theirs.id}",
                icon=":material/check:",
                on_click=chosen,
                args=(waits,),
            )


def _words(label: Label | None, differ: bool) -> str:
    """A version in words; its colour only where the two do not differ otherwise."""
    if label is None:
        return "the name is taken away"
    note = f", note: {text.md(text.cut(label.note, 200))}" if label.note else ""
    colour = f", in {text.md(label.colour)}" if label.colour and not differ else ""
    return f"{text.md(label.text)} ({label.kind}{colour}{note})"


def _plain(label: Label) -> Label:
    """A label, whoever said it."""
    return replace(label, author="")


def _forget(waits: Pending) -> None:
    """What is stored stays."""
    session.current().conflicts.pop((waits.project, waits.found.theirs.id), None)


def _take_mine(waits: Pending) -> None:
    """Mine in the place of theirs as it was shown; if that has changed since, there is another choice."""
    mine, theirs, shape = waits.found.mine, waits.found.theirs, waits.shape
    if mine is None:
        saving(waits.project, shape, lambda: storage.store().remove(waits.project, theirs.id, theirs.version))
    elif shape is not None:
        save(waits.project, mine, shape, theirs)
