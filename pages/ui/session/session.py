"""Who is here, and what one browser tab holds between two runs of the script."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.session.http import PERSON_COOKIE
from pages.ui.session.workspace import Workspace


@dataclass
class Session:
    """What one browser tab holds between runs of the script."""

    workspaces: dict[str, Workspace] = field(default_factory=dict)
    notices: list[tuple[str, str]] = field(default_factory=list)
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)
    passed: dict[str, list[str]] = field(default_factory=dict)  # items that a newcomer has not seen; by what is open
    choices: dict[str, list[Any]] = field(
        default_factory=dict
    )  # of a newcomer between shelves, with their answers; likewise
    brushed: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(
        default_factory=dict
    )  # people, items; by what is open
    projects: dict[str, str] = field(default_factory=dict)
    linked_project: str | None = None
    last_key: str = "notebook"
    changes_seen: tuple[str, int] | None = None  # how often what is open was changed when it was drawn last; by project
    settings_kept: dict[str, str] = field(default_factory=dict)  # by project
    upload: Any = None  # a file that waits for answers; ratings.uploads has its own
    waiting: str | None = None  # what tells that file among those kept on disk; None until somebody looked there
    read_as: dict[str, Any] = field(default_factory=dict)  # how what is open was read, by its key
    to_read: Any = ()  # files that came and are not yet read
    answers_before: Any = None  # what was answered about them before the page was reloaded
    deferred: Callable[[], None] | None = None
    numbers: dict[str, int] = field(default_factory=dict)  # of widgets that are begun anew
    greeted: bool = False
    fitted: dict[str, dict[str, Any]] = field(default_factory=dict)  # the widgets of the last fit, by what is open
    own_id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    page: str = ""
    editor: tuple[str, int] = ("", 0)
    editor_base: tuple[str, Any] = ("", None)  # the editor's key, and what it began with
    refused_edit: str = ""
    steered: dict[str, Any] = field(
        default_factory=dict
    )  # wishes for features, by the project; session.steered has what they are
    view: Any = None  # of this run; work.view makes it
    recognised: Any = None  # the last fit, saved labels, and which of them its features carry
    suggested: Any = None  # names for the features of the last fit; labels.suggested has what it holds
    conflicts: dict[tuple[str, int], Any] = field(
        default_factory=dict
    )  # labels that two people changed, by project and label; labels.conflict has its own
    pupils: dict[str, str] = field(default_factory=dict)  # tokens in blind rounds, by the round's code
    unsaved_names: dict[str, str] = field(
        default_factory=dict
    )  # why a name in a blind round was not saved, by its widget
    following: Any = None  # the name of the sidebar's fit
    declined: set[Any] = field(default_factory=set)  # fits that were cancelled: they do not begin by themselves again
    surveys: dict[Any, Any] = field(
        default_factory=dict
    )  # of ranks, by what was asked; a further rank costs itself alone
    seeds: Any = None  # work.seeds has what it holds: the last fits that differ by their seed alone
    last_view: dict[str, Any] = field(
        default_factory=dict
    )  # by what is open: what stays in sight until a new fit is there


def current() -> Session:
    """This tab's session."""
    if "_session" not in st.session_state:
        st.session_state["_session"] = Session()
    found: Session = st.session_state["_session"]
    return found


def person() -> str:
    """Who is here: the signed-in user where the server knows sign-in, else this browser, or this tab if it takes no cookie."""
    if st.user.get("is_logged_in"):
        return f"user:{st.user.get('sub') or st.user.get('email')}"
    return f"browser:{st.context.cookies.get(PERSON_COOKIE) or current().own_id}"


def is_glance() -> bool:
    """Whether only a part of the page that renews itself is drawn in this run, rather than the page."""
    context = get_script_run_ctx()
    return bool(context and context.fragment_ids_this_run)


def tab() -> str | None:
    """Which browser tab is drawn now; None outside of a page."""
    drawn = get_script_run_ctx(suppress_warning=True)
    return drawn.session_id if drawn is not None else None


def is_open(tab: str) -> bool:
    """Whether a browser tab is open, and its connection there; from any thread."""
    return not runtime.exists() or bool(runtime.get_instance().is_active_session(tab))


def nickname() -> str:
    """The name that labels are signed with: the signed-in user's, else none."""
    return str(st.user.get("name") or "") if st.user.get("is_logged_in") else ""


def defer(action: Callable[[], None]) -> None:
    """Do something at the next run, before its widgets are drawn: what a callback might do, for work outside of one."""
    current().deferred = action


def run_deferred() -> None:
    """Do what `defer` left. Call it before any widget is drawn."""
    held = current()
    action, held.deferred = held.deferred, None
    if action is not None:
        action()


def renew_editor() -> None:
    """Start the grid editor anew, from the ratings as they are."""
    current().editor = (current().editor[0], current().editor[1] + 1)


def notice(kind: str, text: str) -> None:
    """Something to show once, above the page: kind is "info", "warning", "error" or "success"."""
    current().notices.append((kind, text))


def take_notices() -> Iterator[tuple[str, str]]:
    """The notices not yet shown."""
    held = current()
    taken, held.notices = held.notices, []
    yield from taken


def chart_points(key: str) -> list[dict[str, Any]]:
    """What was clicked in a chart. For its callback."""
    event = st.session_state.get(key)
    return list(event["selection"]["points"]) if event else []


def widget(key: str) -> Any:
    """The value of a page's own widget. For its callback."""
    return st.session_state.get(key)


def numbered(key: str) -> str:
    """The key of a widget that is begun anew by `renumber`."""
    return f"{key}-{current().numbers.get(key, 0)}"


def renumber(key: str) -> None:
    """Begin a widget anew at the next run."""
    current().numbers[key] = current().numbers.get(key, 0) + 1
