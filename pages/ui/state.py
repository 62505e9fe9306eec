"""Who is here, what is open and how it is set: the only user of session state and of query parameters."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from nmf_core import Ratings, Settings, datasets, suggested_blanks
from nmf_core.datasets import SAMPLES
from nmf_core.settings import STOPS, default_rank
from pages.ui.http import PERSON_COOKIE

# Widgets with these keys live in the sidebar; each is a query parameter of the same name.
DATA, BLANKS, WEIGHT, VALUE, RANK, SOLVER = "data", "blanks", "weight", "value", "rank", "solver"
PENALTY, INIT, SEED, LOSS, SWEEPS = "penalty", "init", "seed", "loss", "sweeps"
USER = "user"  # the person on the Recommend page
SHARED = (DATA, BLANKS, WEIGHT, VALUE, RANK, SOLVER, PENALTY, INIT, SEED, LOSS, SWEEPS)
OWN = "own"  # the value of DATA for ratings that this session brought
CUSTOM = "own"  # the value of BLANKS for a weight and value of one's own
DIAL = (*STOPS, CUSTOM)
PROJECT = "project"

UNDO_DEPTH, UNDO_RATINGS = 100, 50_000_000  # versions kept, and ratings in all of them: some 400 MB


@dataclass(frozen=True)
class Opened:
    """Ratings that are open: their key in the address, a title, and every version since they were opened."""

    key: str
    title: str
    versions: tuple[Ratings, ...]
    at: int = 0

    @property
    def ratings(self) -> Ratings:
        """The version now."""
        return self.versions[self.at]

    @property
    def origin(self) -> str:
        """The fingerprint of the ratings as they were opened: the same file is the same project."""
        return self.versions[0].fingerprint


@dataclass
class Session:
    """What one browser tab holds between runs of the script."""

    opened: dict[str, Opened] = field(default_factory=dict)
    notices: list[tuple[str, str]] = field(default_factory=list)
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=dict)
    linked_project: str | None = None
    greeted: bool = False
    fitted: dict[str, dict[str, Any]] = field(default_factory=dict)  # the widgets of the last fit, by what is open
    own_id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    editor: tuple[str, int] = ("", 0)
    editor_base: tuple[str, Any] = ("", None)  # the editor's key, and what it began with
    refused_edit: str = ""
    view: Any = None  # of this run; compute.renew_view makes it


def session() -> Session:
    """This tab's session."""
    if "_session" not in st.session_state:
        st.session_state["_session"] = Session()
    found: Session = st.session_state["_session"]
    return found


def person() -> str:
    """Who is here: the signed-in user where the server knows sign-in, else this browser, or this tab if it takes no cookie."""
    if st.user.get("is_logged_in"):
        return f"user:{st.user.get('sub') or st.user.get('email')}"
    return f"browser:{st.context.cookies.get(PERSON_COOKIE) or session().own_id}"


def nickname() -> str:
    """The name that labels are signed with: the signed-in user's, else none."""
    return str(st.user.get("name") or "") if st.user.get("is_logged_in") else ""


# --- what is open -----------------------------------------------------------------------------------------------


def data_options() -> list[str]:
    """What the drop-down of ratings offers: the samples, and what this session brought."""
    return [*SAMPLES, *([OWN] if OWN in session().opened else [])]


def data_title(key: str) -> str:
    """The title of an option."""
    return session().opened[key].title if key in session().opened else SAMPLES[key].title


def opened() -> Opened:
    """The ratings that are open now."""
    key = st.session_state.get(DATA) or "notebook"
    held = session().opened
    if key not in held:
        key = key if key in SAMPLES else "notebook"
        held[key] = Opened(key, SAMPLES[key].title, (_sample(key),))
    return held[key]


@st.cache_resource(max_entries=len(SAMPLES), show_spinner=False)
def _sample(key: str) -> Ratings:
    """A sample; ratings are immutable, so that all sessions may share it."""
    return datasets.SAMPLES[key].make()


def open_own(ratings: Ratings, title: str) -> None:
    """Open ratings that a person brought. Call it from a callback: it sets sidebar widgets."""
    session().opened[OWN] = Opened(OWN, title, (ratings,))
    st.session_state[DATA] = OWN
    use_defaults()


def change(ratings: Ratings) -> None:
    """A new version of what is open, after the one now; what had been undone is dropped."""
    now = opened()
    if ratings.fingerprint == now.ratings.fingerprint:
        return
    versions = (*now.versions[: now.at + 1], ratings)
    # The first version names the project and stays; so do the version before and this one, whatever their size.
    while len(versions) > 3 and (len(versions) > UNDO_DEPTH or sum(v.n_ratings for v in versions) > UNDO_RATINGS):
        versions = (versions[0], *versions[2:])
    session().opened[now.key] = replace(now, versions=versions, at=len(versions) - 1)


def step(by: int) -> None:
    """Undo (−1) or redo (+1) a change of the ratings."""
    now = opened()
    at = min(max(now.at + by, 0), len(now.versions) - 1)
    session().opened[now.key] = replace(now, at=at)
    renew_editor()


def use_defaults() -> None:
    """Set rank and the dial as these ratings suggest. Call it from a callback."""
    ratings = opened().ratings
    st.session_state[RANK] = default_rank(ratings)
    st.session_state[BLANKS] = suggested_blanks(ratings)[0]


def editor_key(part: str = "") -> str:
    """The key of the grid editor: a new one whenever its base has changed by other means than itself.

    `part` says what of a large grid is edited.
    """
    held = session()
    if held.editor[0] != opened().key:
        held.editor = (opened().key, held.editor[1] + 1)
    return f"grid-{held.editor[0]}-{held.editor[1]}{part}"


def renew_editor() -> None:
    """Start the grid editor anew, from the ratings as they are."""
    session().editor = (session().editor[0], session().editor[1] + 1)


def editor_base(ratings: Ratings, part: str = "") -> Ratings:
    """What the editor began with: feeding its result back would lose every second edit.

    An editor has no state of its own in its first run, nor when its page was left.
    """
    held, key = session(), editor_key(part)
    if held.editor_base[0] != key or key not in st.session_state:
        held.editor_base, held.refused_edit = (key, ratings), ""
    base: Ratings = held.editor_base[1]
    return base


def editor_changes(part: str = "") -> tuple[Ratings, dict[str, Any]]:
    """What the editor began with and what was changed in it. For its callback."""
    return session().editor_base[1], dict(st.session_state[editor_key(part)])


def refuse_edit(words: str) -> None:
    """Why the editor's changes cannot be; nothing once they can."""
    session().refused_edit = words


def refused_edit() -> str:
    """Why the editor's changes are not among the ratings."""
    return session().refused_edit


# --- settings ---------------------------------------------------------------------------------------------------


def settings() -> Settings:
    """The sidebar's settings.

    Raises:
        SettingsError: they do not go together; the sidebar shows it.
    """
    held = st.session_state
    dial = held.get(BLANKS) or "unknown"
    penalty = held.get(PENALTY)
    return Settings(
        rank=held.get(RANK) or default_rank(opened().ratings),
        solver=held.get(SOLVER) or "hals",
        blanks=(held.get(WEIGHT, 0.2), held.get(VALUE, 1.0)) if dial == CUSTOM else dial,
        loss=held.get(LOSS) or "frobenius",
        init=held.get(INIT) or "auto",
        penalty=penalty,
        seed=held.get(SEED) or 0,
        max_sweeps=held.get(SWEEPS) or 200,
    )


def set_widgets(**values: object) -> None:
    """Set sidebar widgets from a button elsewhere. Call it from a callback."""
    st.session_state.update(values)


def remember_fitted() -> None:
    """The sidebar as it is now has a fit: what a cancelled one goes back to."""
    held = {name: st.session_state.get(name) for name in SHARED if name != DATA}
    session().fitted[opened().key + opened().ratings.fingerprint] = held


def back_to_fitted() -> bool:
    """Set the sidebar back to the last fit of these ratings; whether there was one. Call it from a callback."""
    held = session().fitted.get(opened().key + opened().ratings.fingerprint)
    if held is not None:
        st.session_state.update({name: value for name, value in held.items() if value is not None})
        st.session_state[PENALTY] = held[PENALTY]
    return held is not None


def read_address(options: dict[str, list[str]]) -> None:
    """On the first run, note what the address asks for that is not to be had; `options` are the words allowed."""
    held = session()
    if held.greeted:
        return
    held.greeted = True
    if st.query_params.get(DATA) in options[DATA]:
        st.session_state[DATA] = st.query_params[DATA]
    held.linked_project = st.query_params.get(PROJECT)
    for name, allowed in options.items():
        value = st.query_params.get(name)
        if value is None or value in allowed:
            continue
        if name == DATA and value == OWN:
            notice(
                "info", "This address was of ratings that were uploaded. Upload the file again: its labels are kept."
            )
        else:
            notice(
                "warning", f"The address asks for {name} = {value[:40]!r}, which is not to be had; the default is used."
            )


def read_number(name: str, low: float, high: float, whole: bool) -> None:
    """The same for a number; call it before `read_address` marks the address as read."""
    value = st.query_params.get(name)
    if session().greeted or value is None:
        return
    try:
        fine = low <= float(value) <= high and (not whole or float(value).is_integer())
    except ValueError:
        fine = False
    if not fine:
        allowed = f"a number from {low:g} to {high:g}"
        notice("warning", f"The address asks for {name} = {value[:40]!r}; it must be {allowed}. The default is used.")


def write_address() -> None:
    """Name the open ratings in the address. Streamlit's binding would write a drop-down's titles there, not its keys."""
    key = opened().key
    if key == "notebook":
        st.query_params.pop(DATA, None)
    elif st.query_params.get(DATA) != key:
        st.query_params[DATA] = key


def address() -> str:
    """A link to this view: the page, every setting that is not at its default, and the project with its labels."""
    base = (st.context.url or "").split("?")[0]
    params = {name: st.session_state[name] for name in SHARED if st.session_state.get(name) is not None}
    project = session().projects.get(opened().origin)
    if project:
        params[PROJECT] = project
    return f"{base}?{urlencode(params)}"


# --- small things that pages remember ---------------------------------------------------------------------------


def notice(kind: str, text: str) -> None:
    """Something to show once, above the page: kind is "info", "warning", "error" or "success"."""
    session().notices.append((kind, text))


def take_notices() -> Iterator[tuple[str, str]]:
    """The notices not yet shown."""
    held = session()
    taken, held.notices = held.notices, []
    yield from taken


def selected_cell() -> tuple[str, str] | None:
    """The (user, item) whose sum is open on the Factors page."""
    return session().cells.get(opened().key)


def select_cell(user: str, item: str) -> None:
    """Open a cell's sum."""
    session().cells[opened().key] = (user, item)


def chart_points(key: str) -> list[dict[str, Any]]:
    """What was clicked in a chart. For its callback."""
    event = st.session_state.get(key)
    return list(event["selection"]["points"]) if event else []


def widget(key: str) -> Any:
    """The value of a page's own widget. For its callback."""
    return st.session_state.get(key)


def project(store_project: Any) -> str:
    """The project of what is open: the one that the address names, else this person's own of these ratings.

    `store_project` is asked as store_project(person, origin) once a session.
    """
    held, origin = session(), opened().origin
    if origin not in held.projects:
        linked = held.linked_project if not held.projects else None
        held.projects[origin] = linked or store_project(person(), origin)
    return held.projects[origin]


def forget_linked_project() -> bool:
    """Let go of a project that the address names; whether there was one."""
    held = session()
    linked, held.linked_project = held.linked_project, None
    held.projects.clear()
    return linked is not None
