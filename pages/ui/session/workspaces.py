"""The workspaces of one browser tab: which is open, opening and changing one, and keeping it on disk as it is now."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from nmf_core import NmfError, Ratings, datasets
from nmf_core.data.datasets import SAMPLES
from pages.ui.session import controls, session, storage
from pages.ui.session.workspace import Workspace

if TYPE_CHECKING:
    from nmf_core.store.projects import Project

LOG = logging.getLogger(__name__)
VIEWED = "view-"  # before the key of a project that is looked at, in the drop-down
HELD_OPEN = 8  # projects that a session keeps in memory, with what could be undone


def data_titles() -> dict[str, str]:
    """What the drop-down of ratings offers, with titles: the samples, one's own projects, and whatever else is open."""
    found = {sample.key: sample.title for sample in SAMPLES.values()}
    found |= {project.id: project.title or "Untitled" for project in own_projects()}
    found |= {key: held.title for key, held in session.current().workspaces.items()}
    titles: dict[str, str] = {}
    for key, title in found.items():  # the browser tells options apart by their titles
        number = sum(other == title for other in list(found.values())[: len(titles)]) + 1
        titles[key] = title if number == 1 else f"{title} ({number})"
    return titles


def own_projects() -> list[Project]:
    """The projects of who is here, as the store has them now."""
    return storage.of_person(session.person())


def current() -> Workspace:
    """The ratings that are open now."""
    held, key = session.current().workspaces, str(st.session_state.get(controls.DATA) or "notebook")
    if key not in held:
        key = key if key in SAMPLES else "notebook"
        held[key] = Workspace(key, SAMPLES[key].title, (_sample(key),))
    return held[key]


@st.cache_resource(max_entries=len(SAMPLES), show_spinner=False)
def _sample(key: str) -> Ratings:
    """A sample; ratings are immutable, so that all sessions may share it."""
    return datasets.SAMPLES[key].make()


def open_own(ratings: Ratings, title: str) -> None:
    """Open ratings that a person brought, and keep them. Call it from a callback: it sets sidebar widgets."""
    controls.use_defaults(ratings)  # first, since the settings are kept with the ratings
    _show(_keep(Workspace(controls.OWN, title, (ratings,))))


def choose_data() -> None:
    """Open what the drop-down says; a project that cannot be read is said, and what was open stays open. A callback."""
    held, key = session.current(), str(st.session_state.get(controls.DATA) or "notebook")
    if key in held.workspaces or key in SAMPLES:
        held.last_key = key
        controls.use_defaults(current().ratings)
        controls.from_text(held.settings_kept.get(key, ""))
    elif not open_project(key):
        st.session_state[controls.DATA] = held.last_key


def open_project(project: str, *, spared: Collection[str] = ()) -> bool:
    """Open a project as it was kept, with its settings but for those `spared`; whether that could be.

    Call it before the widgets are drawn.
    """
    try:
        found, known = storage.load(project)
    except NmfError as error:
        session.notice("error", error.plain)
        return False
    _show(found)
    controls.use_defaults(current().ratings, spared)
    controls.from_text(known.settings, spared)
    session.current().settings_kept[project] = known.settings
    return True


def open_viewed(key: str, sample: str | None, *, spared: Collection[str] = ()) -> bool:
    """Open somebody's project to look at, by the key of its link; whether there is one.

    Of a sample that was labelled and not changed, `sample` says which. Call it before the widgets are drawn.
    """
    known = storage.viewed(key)
    if known is None:
        session.notice("warning", "The project in the address does not exist here, or was deleted.")
        return False
    if known.owner == session.person() and known.has_ratings:
        return open_project(known.id, spared=spared)
    try:
        if known.has_ratings:
            found, _ = storage.load(known.id)
        elif sample in SAMPLES:
            found = Workspace(key, SAMPLES[sample].title, (_sample(sample),))
        else:
            return False
    except NmfError as error:
        session.notice("error", error.plain)
        return False
    _show(replace(found, key=VIEWED + key, project=None, version=known.version, viewed=key, source=known.id))
    controls.use_defaults(current().ratings, spared)
    controls.from_text(known.settings, spared)
    return True


def open_copy(key: str, sample: str | None, *, spared: Collection[str] = ()) -> bool:
    """Open a copy of somebody's project, made when its link is first followed; whether there is one."""
    known = storage.viewed(key)
    if known is None or not known.has_ratings or known.owner == session.person():
        return open_viewed(key, sample, spared=spared)
    try:
        copy = storage.projects().copy_for(
            known.id, session.person(), storage.title_of_copy(known.title, session.person())
        )
    except NmfError as error:
        session.notice("error", error.plain)
        return False
    return open_project(copy.id, spared=spared)


def make_own() -> None:
    """Make a copy of what is looked at, and open it. A callback."""
    now = _keep(current())
    _show(now)
    if now.project is not None:
        session.notice("success", f"{now.title} is yours.")


def sample_shown() -> str | None:
    """Which sample is looked at with somebody's labels, if one is."""
    return sample_opened() if current().viewed else None


def sample_opened() -> str | None:
    """Which sample what is open began as, if it did."""
    origin = current().origin
    return next((key for key in SAMPLES if _sample(key).by_name.fingerprint == origin), None)


def catch_up() -> None:
    """Open what is open as it is kept now, where it was changed in another place since. Call it before widgets are drawn."""
    now = current()
    known = None if now.kept_in is None else storage.find(now.kept_in)
    if known is None or known.version <= now.version or not known.has_ratings:
        return
    try:
        found, _ = storage.load(known.id)
    except NmfError as error:
        session.notice("error", error.plain)
        return
    newer = now if storage.same_cells(found.ratings, now.ratings) else now.changed(found.ratings)
    held = session.current()
    held.workspaces[now.key] = replace(newer, version=known.version, title=found.title)
    if newer is not now:
        session.renew_editor()
        session.notice(
            "info", f"{found.title} was changed in another place: this is how it is now. Undo shows what you had."
        )


def close_project(project: str) -> None:
    """Let go of a project that is no longer there; the first sample is open then. Call it from a callback."""
    if current().project == project:
        st.session_state[controls.DATA] = "notebook"
        controls.use_defaults(current().ratings)
    session.current().workspaces.pop(project, None)


def retitle(project: str, title: str, version: int) -> None:
    """What a project is called now."""
    held = session.current().workspaces
    if project in held:
        held[project] = replace(held[project], title=title, version=version)
    if current().project == project:  # else the browser goes on showing the old title
        st.session_state[controls.DATA] = project


def change(ratings: Ratings) -> None:
    """A new version of what is open, after the one now; what had been undone is dropped."""
    now = current()
    if not storage.same_cells(ratings, now.ratings):
        _show(_keep(now.changed(ratings)))


def step(by: int) -> None:
    """Undo (−1) or redo (+1) a change of the ratings."""
    _show(_keep(current().stepped(by)))
    session.renew_editor()


def _keep(now: Workspace) -> Workspace:
    """What is open, kept on disk as it is now; what went wrong is said."""
    made, words = storage.keep(now, session.person(), controls.to_text())
    if words:
        session.notice("warning", words)
    if made.unsaved and made.unsaved != now.unsaved:
        session.notice("error", f"These ratings are open, but could not be kept: {made.unsaved}")
    return made


def _show(now: Workspace) -> None:
    """Make this what is open."""
    held = session.current()
    before, was = held.last_key, held.workspaces.get(held.last_key)
    held.workspaces.pop(now.key, None)
    held.workspaces[now.key] = now  # the latest comes last
    if now.key != before and was is not None and was.project is None and was.origin == now.origin:
        # A sample that was changed, or ratings that could not be kept before, have become a project: cell and editor go on.
        del held.workspaces[before]
        held.cells[now.key] = held.cells.get(before, ("", ""))
        if held.editor[0] == before:
            held.editor = (now.key, held.editor[1])
    saved = [key for key, other in held.workspaces.items() if other.project and key != now.key]
    for key in saved[: max(0, len(saved) - HELD_OPEN)]:
        del held.workspaces[key]
    st.session_state[controls.DATA] = held.last_key = now.key


def selected_cell() -> tuple[str, str] | None:
    """The (user, item) whose sum is open on the Factors page."""
    return session.current().cells.get(current().key)


def select_cell(cell: tuple[str, str] | None) -> None:
    """Open the sum of a cell, (user, item); or of none in particular."""
    if cell is None:
        session.current().cells.pop(current().key, None)
    else:
        session.current().cells[current().key] = cell


def remember_fitted() -> None:
    """The sidebar as it is now has a fit: what a cancelled one goes back to, and what is kept with the project."""
    session.current().fitted[_fitted_key()] = controls.widgets()
    held, project, text = session.current(), current().project, controls.to_text()
    if project is None or held.settings_kept.get(project) == text:
        return
    held.settings_kept[project] = text
    try:  # of somebody else's project the store keeps its own
        storage.projects().keep_settings(project, session.person(), text)
    except (
        NmfError
    ) as error:  # the address has them too, and the next change of ratings says what is wrong with the store
        LOG.info("the settings of a project were not kept: %s", type(error).__name__)


def back_to_fitted() -> bool:
    """Set the sidebar back to the last fit of these ratings; whether there was one. Call it from a callback."""
    held = session.current().fitted.get(_fitted_key())
    if held is not None:
        controls.set_back(held)
    return held is not None


def _fitted_key() -> str:
    """These ratings among those that were fitted in this tab."""
    return current().key + current().ratings.fingerprint
