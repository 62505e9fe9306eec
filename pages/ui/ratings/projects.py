"""One's own projects: open, rename, duplicate, delete."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from nmf_core import NmfError
from pages.ui import text
from pages.ui.session import session, storage, workspaces

if TYPE_CHECKING:
    from nmf_core.store.projects import Project

LISTED = 50


def own() -> None:
    """The list, the latest first."""
    projects = workspaces.own_projects()
    if not projects:
        st.caption(
            "What you open or edit is kept here by itself, and found again after a reload, on another day, or by its link."
        )
        return
    for project in projects[:LISTED]:
        _row(project, project.id == workspaces.current().project)
    more = f" The {len(projects) - LISTED} oldest are not shown." if len(projects) > LISTED else ""
    st.caption(f"Kept by themselves as you work; each has its own link (Share, at the left).{more}")


def _row(project: Project, is_open: bool) -> None:
    """One project and what can be done with it."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"project-{project.id}"):
        size = f"{project.n_users:,} × {project.n_items:,}, {text.many(project.n_ratings, 'rating')}"
        mark = " · **open**" if is_open else ""
        st.markdown(f"**{text.md(project.title)}**{mark}  \n:small[{size} · {_ago(project.updated)}]", width="stretch")
        st.button(
            "Open",
            key=f"open-{project.id}",
            icon=":material/folder_open:",
            disabled=is_open,
            on_click=_open,
            args=(project.id,),
        )
        with st.popover("", icon=":material/more_vert:", help="Rename, duplicate, delete", key=f"more-{project.id}"):
            st.text_input(
                "Name",
                project.title,
                max_chars=80,
                key=f"title-{project.id}-{project.version}",
                on_change=_rename,
                args=(project, f"title-{project.id}-{project.version}"),
            )
            st.button(
                "Duplicate",
                icon=":material/content_copy:",
                key=f"copy-{project.id}",
                on_click=_duplicate,
                args=(project,),
            )
            st.divider()
            sure = st.checkbox("Delete it with its labels, for good", key=f"sure-{project.id}")
            st.button(
                "Delete",
                icon=":material/delete:",
                key=f"delete-{project.id}",
                disabled=not sure,
                on_click=_delete,
                args=(project,),
            )


def _open(project: str) -> None:
    """Open a project."""
    workspaces.open_project(project)


def _rename(project: Project, key: str) -> None:
    """Give a project another name; one that is refused stays in its field."""
    try:
        made = storage.projects().rename(project.id, session.person(), str(session.widget(key)))
    except NmfError as error:
        session.notice("error", error.plain)
        return
    workspaces.retitle(made.id, made.title, made.version)


def _duplicate(project: Project) -> None:
    """Make a copy, and open it."""
    try:
        made = storage.projects().duplicate(project.id, session.person(), f"{project.title[:70]} (copy)")
    except NmfError as error:
        session.notice("error", error.plain)
        return
    if workspaces.open_project(made.id):
        session.notice("success", f"{made.title} is open.")


def _delete(project: Project) -> None:
    """Delete a project."""
    try:
        storage.projects().delete(project.id, session.person())
    except NmfError as error:
        session.notice("error", error.plain)
        return
    workspaces.close_project(project.id)
    session.notice("success", f"{project.title} is deleted.")


def _ago(when: datetime) -> str:
    """How long ago, in words."""
    minutes = max(0, int((datetime.now(UTC) - when).total_seconds() // 60))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{text.many(minutes, 'minute')} ago"
    if minutes < 60 * 24:
        return f"{text.many(minutes // 60, 'hour')} ago"
    return f"{text.many(minutes // (60 * 24), 'day')} ago"
