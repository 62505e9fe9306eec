"""The grid editor between two runs: what it began with, what was changed in it since, and when it begins anew."""

from __future__ import annotations

from typing import Any

import streamlit as st

from nmf_core import Ratings
from pages.ui.session import session, workspaces


def key(part: str = "") -> str:
    """The key of the grid editor: a new one whenever its base has changed by other means than itself.

    `part` says what of a large grid is edited.
    """
    held = session.current()
    if held.editor[0] != workspaces.current().key:
        held.editor = (workspaces.current().key, held.editor[1] + 1)
    return f"grid-{held.editor[1]}{part}"


def on_page_enter(page: str) -> None:
    """Note which page is drawn: the browser forgets an editor whose page is left, so that one begins anew."""
    held = session.current()
    if held.page != page:
        held.page = page
        session.renew_editor()


def base(ratings: Ratings, part: str = "") -> Ratings:
    """What the editor began with: feeding its result back would lose every second edit.

    An editor has no state of its own in its first run, nor when its page was left.
    """
    held, named = session.current(), key(part)
    if held.editor_base[0] != named or named not in st.session_state:
        held.editor_base, held.refused_edit = (named, ratings), ""
    began: Ratings = held.editor_base[1]
    return began


def changes() -> tuple[Ratings, dict[str, Any]]:
    """What the editor that was drawn last began with, and what was changed in it. For its callback, which may come late."""
    named, began = session.current().editor_base
    return began, dict(st.session_state.get(named, {}))


def refuse(words: str) -> None:
    """Why the editor's changes cannot be; nothing once they can."""
    session.current().refused_edit = words


def refused() -> str:
    """Why the editor's changes are not among the ratings."""
    return session.current().refused_edit
