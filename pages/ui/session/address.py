"""The address: what it asks for when a tab begins, and what it says of what is open."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from pages.ui.session import session, storage, workspaces
from pages.ui.session.controls import ALLOWED, DATA, OWN, PROJECT, SHARED


def read(options: dict[str, list[str]]) -> None:
    """On the first run, note what the address asks for that is not to be had; `options` are the words allowed."""
    held = session.current()
    if held.greeted:
        return
    held.greeted = True
    held.linked_project = st.query_params.get(PROJECT)
    linked = storage.find(held.linked_project or "")
    if linked is not None and linked.has_ratings and workspaces.open_project(linked.id, spared=list(st.query_params)):
        held.linked_project = None
        options = {**options, DATA: [*options[DATA], *st.query_params.get_all(DATA)]}
    elif st.query_params.get(DATA) in options[DATA]:
        st.session_state[DATA] = held.last_key = st.query_params[DATA]
    for name, allowed in options.items():
        value = st.query_params.get(name)
        if value is None or value in allowed:
            continue
        if name == DATA and value == OWN:
            session.notice(
                "info", "This address was of ratings that could not be kept. Upload the file again: its labels are."
            )
        else:
            session.notice(
                "warning", f"The address asks for {name} = {value[:40]!r}, which is not to be had; the default is used."
            )


def check() -> None:
    """The same for the settings; call it before `read` marks the address as read."""
    if session.current().greeted:
        return
    for name, allowed in ALLOWED.items():
        value = st.query_params.get(name)
        if value is None:
            continue
        try:
            allowed.checked(value)
        except ValueError:
            session.notice(
                "warning", f"The address asks for {name} = {value[:40]!r}; it must be {allowed}. The default is used."
            )


def write() -> None:
    """Name the open ratings in the address. Streamlit's binding would write a drop-down's titles there, not its keys."""
    now = workspaces.current()
    wanted = {DATA: now.key if now.project is None and now.key != "notebook" else None, PROJECT: now.project}
    if now.project is None and session.current().linked_project:
        wanted[PROJECT] = session.current().linked_project
    for name, value in wanted.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def link() -> str:
    """A link to this view: the page, every setting that is not at its default, and the project with its labels."""
    base = (st.context.url or "").split("?")[0]
    params = {name: st.session_state[name] for name in SHARED if st.session_state.get(name) is not None}
    project = workspaces.current().project or session.current().projects.get(workspaces.current().origin)
    if project:
        params[PROJECT] = project
    if workspaces.current().project:
        params.pop(DATA, None)
    return f"{base}?{urlencode(params)}"
