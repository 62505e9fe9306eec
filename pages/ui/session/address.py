"""The address is the view: all that is seen stands in it, and is read when a tab begins, is reloaded or goes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.session import session, storage, workspaces
from pages.ui.session.controls import COPY, DATA, OWN, PROJECT, VIEW


def _last(texts: list[str]) -> str:
    """Of a parameter that is there several times the last counts."""
    return texts[-1]


def _plain(value: Any) -> list[str]:
    """A value as the address has it."""
    return [f"{value:.12g}" if isinstance(value, float) else str(value)]


@dataclass(frozen=True)
class Parameter:
    """Something that is seen, and what the address may say of it.

    Attributes:
        allows: whether a value can be; values come from the address, from what is kept and from the browser.
        allowed: which ones can, in words: "a whole number from 1 to 50".
        default: the value where none was said, or one that cannot be.
        page: the page on which it is seen; "" on every one.
        read: the value that texts of the address mean; ValueError where they mean none.
        write: a value as texts of the address.
        shown: whether it is seen now.
        get, put: where the value is held, where that is not the widget whose key is the parameter's name.
    """

    allows: Callable[[Any], bool]
    allowed: str
    default: Any
    page: str = ""
    read: Callable[[list[str]], Any] = _last
    write: Callable[[Any], list[str]] = _plain
    shown: Callable[[], bool] = lambda: True
    get: Callable[[], Any] | None = None
    put: Callable[[Any], None] | None = None

    def value(self, name: str) -> Any:
        """What it is now."""
        return self.get() if self.get else st.session_state.get(name)

    def set(self, name: str, value: Any) -> None:
        """Make it this. Call it before its widget is drawn."""
        if self.put:
            self.put(value)
        else:
            st.session_state[name] = value


Parameters = Mapping[str, Parameter]


def arrives() -> bool:
    """Whether the address is to be followed in this run: a tab begins, or somebody went back or forth in the browser."""
    context = get_script_run_ctx()
    return not session.current().greeted or bool(context and context.is_history_navigation)


def open_asked(data: list[str]) -> None:
    """Open the ratings that the address asks for; `data` are those it may ask for by name."""
    held, asked = session.current(), st.query_params.get(DATA)
    begins, held.greeted = not held.greeted, True
    key, copied = (st.query_params.get(name) for name in (VIEW, COPY))
    if (key or copied) and (begins or (key or copied) != workspaces.current().viewed):
        opened = workspaces.open_copy if copied else workspaces.open_viewed
        if opened(str(copied or key), asked, spared=list(st.query_params)):
            return
    project = st.query_params.get(PROJECT)
    if begins or project != workspaces.current().project:
        held.linked_project = project
        linked = storage.find(project or "")
        if linked is not None and linked.has_ratings:
            if workspaces.open_project(linked.id, spared=list(st.query_params)):
                held.linked_project = None
            return
    if asked in data:
        if begins:
            st.session_state[DATA] = held.last_key = asked
        elif asked != workspaces.current().key:
            st.session_state[DATA] = asked
            workspaces.choose_data()
    elif asked == OWN:
        session.notice(
            "info", "This address was of ratings that could not be kept. Upload the file again: its labels are."
        )
    elif asked is not None and asked != workspaces.current().key:
        _refuse(DATA, asked, f"one of {', '.join(data[:20])}")


def read(seen: Parameters) -> None:
    """Take over what the address asks for; what cannot be is said."""
    page = session.current().page
    # Between two pages the browser has the address of one with what is seen on the other.
    of_page = any(parameter.page == page and name in st.query_params for name, parameter in seen.items())
    for name, parameter in seen.items():
        texts = st.query_params.get_all(name)
        if not texts:
            if of_page and parameter.page == page and not parameter.write(parameter.default):
                parameter.set(name, parameter.default)  # to leave it out is to say so
            continue
        try:
            value = parameter.read(texts)
            fine = parameter.allows(value)
        except ValueError:
            fine = False
        if fine:
            parameter.set(name, value)
        else:
            _refuse(name, ", ".join(texts), parameter.allowed)


def _refuse(name: str, asked: str, allowed: str) -> None:
    """Say that the address asks for what cannot be."""
    session.notice(
        "warning", f"The address asks for {name} = {asked[:40]!r}; it must be {allowed}. The default is used."
    )


def settle(seen: Parameters) -> None:
    """Let everything seen have a value that can be: what nobody set, or what cannot be for these ratings, has its default."""
    for name, parameter in seen.items():
        value = parameter.value(name)
        fine = parameter.default is None if value is None else parameter.allows(value)
        if not fine:
            parameter.set(name, parameter.default)


def write(seen: Parameters) -> None:
    """Let the address say what is seen now. What is not ours in it stays."""
    there = {name: st.query_params.get_all(name) for name in st.query_params}
    known = (*seen, DATA, PROJECT, VIEW, COPY)
    foreign = {name: texts for name, texts in there.items() if name not in known}
    project = workspaces.current().project or session.current().linked_project
    wanted = _said(seen, _where(project, PROJECT)) | foreign
    if wanted != there:
        st.query_params.from_dict(wanted)


def link(seen: Parameters, name: str = PROJECT) -> str:
    """A link to this view: the page, all that is seen on it, and the project with its labels.

    `name` says what whoever has it can do: change the project (`PROJECT`), look at it (`VIEW`), or have a copy (`COPY`).
    """
    base = (st.context.url or "").split("?")[0]
    base += "/" * (base.count("/") == 2)  # Streamlit leaves it out on the first page
    now = workspaces.current()
    project = now.project or session.current().projects.get(now.origin)
    return f"{base}?{urlencode(_said(seen, _where(project, name)), doseq=True)}"


def _where(project: str | None, name: str) -> dict[str, str | None]:
    """The parameters that say what is open, of this project if of one; `name` as for `link`."""
    now = workspaces.current()
    if now.viewed:
        return {VIEW if name == PROJECT else name: now.viewed, DATA: workspaces.sample_shown()}
    named = project if project is None or name == PROJECT else storage.view_key(project)
    return {PROJECT if project is None else name: named, DATA: None if now.project else now.key}


def _said(seen: Parameters, where: Mapping[str, str | None]) -> dict[str, list[str]]:
    """The parameters of the address, each with its texts; `where` are those that say what is open."""
    said = {name: [text] if text else [] for name, text in where.items()}
    page = session.current().page
    for name, parameter in seen.items():
        if parameter.page in ("", page) and parameter.shown():
            said[name] = parameter.write(parameter.value(name))
    return {name: texts for name, texts in said.items() if texts}
