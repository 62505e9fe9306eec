"""Who is here, what is open and how it is set: the only user of session state and of query parameters."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import streamlit as st

from nmf_core import NmfError, Ratings, Settings, datasets, suggested_blanks
from nmf_core.data.datasets import SAMPLES
from nmf_core.fit.settings import BLANK_PRESETS, default_rank
from pages.ui import kept
from pages.ui.http import PERSON_COOKIE
from pages.ui.opened import Opened

if TYPE_CHECKING:
    from nmf_core.store.projects import Project

# Widgets with these keys live in the sidebar; each is a query parameter of the same name.
DATA, BLANKS, WEIGHT, VALUE, RANK, SOLVER = "data", "blanks", "weight", "value", "rank", "solver"
PENALTY, INIT, SEED, LOSS, SWEEPS = "penalty", "init", "seed", "loss", "sweeps"
USER = "user"  # the person on the Recommend page
SHARED = (DATA, BLANKS, WEIGHT, VALUE, RANK, SOLVER, PENALTY, INIT, SEED, LOSS, SWEEPS)
OWN = "own"  # the value of DATA for ratings of one's own that could not be kept
CUSTOM = "own"  # the value of BLANKS for a weight and value of one's own
DIAL = (*BLANK_PRESETS, CUSTOM)
PROJECT = "project"

HELD_OPEN = 8  # projects that a session keeps in memory, with what could be undone


@dataclass
class Session:
    """What one browser tab holds between runs of the script."""

    opened: dict[str, Opened] = field(default_factory=dict)
    notices: list[tuple[str, str]] = field(default_factory=list)
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=dict)
    linked_project: str | None = None
    last_key: str = "notebook"
    settings_kept: dict[str, str] = field(default_factory=dict)  # by project
    bring: Any = None  # a file that waits for answers; pages.ui.bring has its own
    read_as: dict[str, Any] = field(default_factory=dict)  # how what is open was read, by its key
    to_read: Any = ()  # files that were brought and not yet read
    waiting: Callable[[], None] | None = None
    numbers: dict[str, int] = field(default_factory=dict)  # of widgets that are begun anew
    greeted: bool = False
    fitted: dict[str, dict[str, Any]] = field(default_factory=dict)  # the widgets of the last fit, by what is open
    own_id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    page: str = ""
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


def data_titles() -> dict[str, str]:
    """What the drop-down of ratings offers, with titles: the samples, one's own projects, and whatever else is open."""
    found = {sample.key: sample.title for sample in SAMPLES.values()}
    found |= {project.id: project.title or "Untitled" for project in own_projects()}
    found |= {key: held.title for key, held in session().opened.items()}
    titles: dict[str, str] = {}
    for key, title in found.items():  # the browser tells options apart by their titles
        number = sum(other == title for other in list(found.values())[: len(titles)]) + 1
        titles[key] = title if number == 1 else f"{title} ({number})"
    return titles


def own_projects() -> list[Project]:
    """The projects of who is here, as the store has them now."""
    return kept.of_person(person())


def opened() -> Opened:
    """The ratings that are open now."""
    held, key = session().opened, str(st.session_state.get(DATA) or "notebook")
    if key not in held:
        key = key if key in SAMPLES else "notebook"
        held[key] = Opened(key, SAMPLES[key].title, (_sample(key),))
    return held[key]


@st.cache_resource(max_entries=len(SAMPLES), show_spinner=False)
def _sample(key: str) -> Ratings:
    """A sample; ratings are immutable, so that all sessions may share it."""
    return datasets.SAMPLES[key].make()


def open_own(ratings: Ratings, title: str) -> None:
    """Open ratings that a person brought, and keep them. Call it from a callback: it sets sidebar widgets."""
    _suggest(ratings)  # first, since the settings are kept with the ratings
    _show(_keep(Opened(OWN, title, (ratings,))))


def soon(action: Callable[[], None]) -> None:
    """Do something at the next run, before its widgets are drawn: what a callback might do, for work outside of one."""
    session().waiting = action


def do_what_waits() -> None:
    """Do what `soon` left. Call it before any widget is drawn."""
    held = session()
    action, held.waiting = held.waiting, None
    if action is not None:
        action()


def choose_data() -> None:
    """Open what the drop-down says; a project that cannot be read is said, and what was open stays open. A callback."""
    held, key = session(), str(st.session_state.get(DATA) or "notebook")
    if key in held.opened or key in SAMPLES:
        held.last_key = key
        use_defaults()
        _set_kept_settings(held.settings_kept.get(key, ""))
    elif not open_project(key):
        st.session_state[DATA] = held.last_key


def open_project(project: str, *, spared: Collection[str] = ()) -> bool:
    """Open a project as it was kept, with its settings but for those `spared`; whether that could be.

    Call it before the widgets are drawn.
    """
    try:
        found, known = kept.load(project)
    except NmfError as error:
        notice("error", str(error))
        return False
    _show(found)
    use_defaults(spared)
    _set_kept_settings(known.settings, spared)
    session().settings_kept[project] = known.settings
    return True


def close_project(project: str) -> None:
    """Let go of a project that is no longer there; the first sample is open then. Call it from a callback."""
    if opened().project == project:
        st.session_state[DATA] = "notebook"
        use_defaults()
    session().opened.pop(project, None)


def retitle(project: str, title: str, version: int) -> None:
    """What a project is called now."""
    held = session().opened
    if project in held:
        held[project] = replace(held[project], title=title, version=version)
    if opened().project == project:  # else the browser goes on showing the old title
        st.session_state[DATA] = project


def change(ratings: Ratings) -> None:
    """A new version of what is open, after the one now; what had been undone is dropped."""
    now = opened()
    if not kept.same_cells(ratings, now.ratings):
        _show(_keep(now.changed(ratings)))


def step(by: int) -> None:
    """Undo (−1) or redo (+1) a change of the ratings."""
    _show(_keep(opened().stepped(by)))
    renew_editor()


def _keep(now: Opened) -> Opened:
    """What is open, kept on disk as it is now; what went wrong is said."""
    made, words = kept.keep(now, person(), _settings_text())
    if words:
        notice("warning", words)
    if made.unsaved and made.unsaved != now.unsaved:
        notice("error", f"These ratings are open, but could not be kept: {made.unsaved}")
    return made


def _show(now: Opened) -> None:
    """Make this what is open."""
    held = session()
    before, was = held.last_key, held.opened.get(held.last_key)
    held.opened.pop(now.key, None)
    held.opened[now.key] = now  # the latest comes last
    if now.key != before and was is not None and was.project is None and was.origin == now.origin:
        # A sample that was changed, or ratings that could not be kept before, have become a project: cell and editor go on.
        del held.opened[before]
        held.cells[now.key] = held.cells.get(before, ("", ""))
        if held.editor[0] == before:
            held.editor = (now.key, held.editor[1])
    saved = [key for key, other in held.opened.items() if other.project and key != now.key]
    for key in saved[: max(0, len(saved) - HELD_OPEN)]:
        del held.opened[key]
    st.session_state[DATA] = held.last_key = now.key


def _settings_text() -> str:
    """The sidebar's settings as they are kept with a project."""
    return json.dumps({name: value for name, value in _sidebar().items() if isinstance(value, str | int | float)})


def _sidebar() -> dict[str, Any]:
    """The sidebar's widgets, but for the ratings."""
    return {name: st.session_state.get(name) for name in SHARED if name != DATA}


def _set_kept_settings(text: str, spared: Collection[str] = ()) -> None:
    """Set the sidebar as a project keeps it."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return
    for name in SHARED:
        if name != DATA and name in found and name not in spared:
            st.session_state[name] = found[name]


def use_defaults(spared: Collection[str] = ()) -> None:
    """Set rank and the dial as what is open suggests. Call it from a callback."""
    _suggest(opened().ratings, spared)


def _suggest(ratings: Ratings, spared: Collection[str] = ()) -> None:
    """Set rank and the dial as ratings suggest."""
    for name, value in ((RANK, default_rank(ratings)), (BLANKS, suggested_blanks(ratings)[0])):
        if name not in spared:
            st.session_state[name] = value


def editor_key(part: str = "") -> str:
    """The key of the grid editor: a new one whenever its base has changed by other means than itself.

    `part` says what of a large grid is edited.
    """
    held = session()
    if held.editor[0] != opened().key:
        held.editor = (opened().key, held.editor[1] + 1)
    return f"grid-{held.editor[1]}{part}"


def renew_editor() -> None:
    """Start the grid editor anew, from the ratings as they are."""
    session().editor = (session().editor[0], session().editor[1] + 1)


def arrive(page: str) -> None:
    """Note which page is drawn: the browser forgets an editor whose page is left, so that one begins anew."""
    held = session()
    if held.page != page:
        held.page = page
        renew_editor()


def editor_base(ratings: Ratings, part: str = "") -> Ratings:
    """What the editor began with: feeding its result back would lose every second edit.

    An editor has no state of its own in its first run, nor when its page was left.
    """
    held, key = session(), editor_key(part)
    if held.editor_base[0] != key or key not in st.session_state:
        held.editor_base, held.refused_edit = (key, ratings), ""
    base: Ratings = held.editor_base[1]
    return base


def editor_changes() -> tuple[Ratings, dict[str, Any]]:
    """What the editor that was drawn last began with, and what was changed in it. For its callback, which may come late."""
    key, base = session().editor_base
    return base, dict(st.session_state.get(key, {}))


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
    session().fitted[opened().key + opened().ratings.fingerprint] = _sidebar()
    _keep_settings()


def _keep_settings() -> None:
    """Keep the settings with the project that is open, if they are new; one of somebody else's keeps its own."""
    held, project, text = session(), opened().project, _settings_text()
    if project is None or held.settings_kept.get(project) == text:
        return
    held.settings_kept[project] = text
    try:
        kept.projects().keep_settings(project, person(), text)
    except NmfError:  # the address has them too; the next change of ratings says what is wrong with the store
        return


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
    held.linked_project = st.query_params.get(PROJECT)
    linked = kept.find(held.linked_project or "")
    if linked is not None and linked.has_ratings and open_project(linked.id, spared=list(st.query_params)):
        held.linked_project = None
        options = {**options, DATA: [*options[DATA], *st.query_params.get_all(DATA)]}
    elif st.query_params.get(DATA) in options[DATA]:
        st.session_state[DATA] = held.last_key = st.query_params[DATA]
    for name, allowed in options.items():
        value = st.query_params.get(name)
        if value is None or value in allowed:
            continue
        if name == DATA and value == OWN:
            notice("info", "This address was of ratings that could not be kept. Upload the file again: its labels are.")
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
    now = opened()
    wanted = {DATA: now.key if now.project is None and now.key != "notebook" else None, PROJECT: now.project}
    if now.project is None and session().linked_project:
        wanted[PROJECT] = session().linked_project
    for name, value in wanted.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def address() -> str:
    """A link to this view: the page, every setting that is not at its default, and the project with its labels."""
    base = (st.context.url or "").split("?")[0]
    params = {name: st.session_state[name] for name in SHARED if st.session_state.get(name) is not None}
    project = opened().project or session().projects.get(opened().origin)
    if project:
        params[PROJECT] = project
    if opened().project:
        params.pop(DATA, None)
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


def numbered(key: str) -> str:
    """The key of a widget that is begun anew by `renumber`."""
    return f"{key}-{session().numbers.get(key, 0)}"


def renumber(key: str) -> None:
    """Begin a widget anew at the next run."""
    session().numbers[key] = session().numbers.get(key, 0) + 1


def project(store_project: Any) -> str:
    """The project of what is open: the one that the address names, else this person's own of these ratings.

    `store_project` is asked as store_project(person, origin) once a session.
    """
    held, origin = session(), opened().origin
    own = opened().project
    if own is not None:
        return own
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
