"""What this server keeps on disk: labels, projects with their ratings, and the folder that its owner opens to people."""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import streamlit as st

from nmf_core import NmfError, Ratings
from nmf_core.data.datasets import SAMPLES
from pages.ui.session.workspace import Workspace

if TYPE_CHECKING:
    from nmf_core.store.labels import LabelStore
    from nmf_core.store.projects import Project, Projects
    from nmf_core.store.rounds import Rounds
    from nmf_core.store.wishes import KeptWishes


def home() -> Path:
    """Where what people save is kept: LATENT_LENS_HOME, else the platform's place for a person's data."""
    return Path(os.environ.get("LATENT_LENS_HOME") or platformdirs.user_data_dir("latent-lens", appauthor=False))


def server_folder() -> Path | None:
    """The folder from which files can be opened by name, if the server's owner named one: LATENT_LENS_DATA_DIR."""
    named = os.environ.get("LATENT_LENS_DATA_DIR")
    return Path(named) if named else None


@st.cache_resource(show_spinner=False)
def store() -> LabelStore:
    """The server's label store: LATENT_LENS_DATABASE_URL, else a file where everything is kept."""
    from nmf_core.store.labels import LabelStore

    return LabelStore(os.environ.get("LATENT_LENS_DATABASE_URL") or f"sqlite:///{home() / 'labels.db'}")


def projects() -> Projects:
    """The server's projects."""
    from nmf_core.store.projects import Projects

    return Projects(store(), home() / "projects")


def rounds() -> Rounds:
    """The server's blind rounds."""
    from nmf_core.store.rounds import Rounds

    return Rounds(store())


def wishes() -> KeptWishes:
    """What features of the server's projects were wished to be."""
    from nmf_core.store.wishes import KeptWishes

    return KeptWishes(store())


def of_person(person: str) -> list[Project]:
    """A person's projects that have ratings, the latest first; none where the store cannot be read, which others say."""
    try:
        return [project for project in projects().of_owner(person) if project.has_ratings]
    except NmfError:
        return []


def find(project: str) -> Project | None:
    """What is known of a project; None where there is none, or the store cannot be read, which others say."""
    try:
        return projects().get(project)
    except NmfError:
        return None


def load(project: str) -> tuple[Workspace, Project]:
    """A project as it was kept.

    Raises:
        StoreError: there is none, or its ratings cannot be read.
    """
    known = projects().get(project)
    origin, now = projects().ratings(project)
    versions = (origin,) if origin is now else (origin, now)
    workspace = Workspace(
        project, known.title or "Untitled", versions, len(versions) - 1, project=project, version=known.version
    )
    return workspace, known


def viewed(key: str) -> Project | None:
    """What is known of the project that a link to look at leads to; None as in `find`."""
    try:
        return projects().viewed(key)
    except NmfError:
        return None


def view_key(project: str) -> str:
    """What a link to look at a project has in place of its id."""
    return projects().view_key(project)


def n_changes(project: str) -> int:
    """How often a project was changed, its labels too; 0 as in `find`: whoever looks at it sees by this that it was."""
    try:
        return projects().n_changes(project)
    except NmfError:
        return 0


def n_changes_viewed(key: str) -> int:
    """The same of the project that a link to look at leads to."""
    try:
        return projects().n_changes(_viewed_id(key))
    except NmfError:
        return 0


@lru_cache(maxsize=10_000)
def _viewed_id(key: str) -> str:
    """The project that a link to look at leads to, looked for once: a key is made of its id."""
    return projects().viewed(key).id


def keep(workspace: Workspace, person: str, settings: str) -> tuple[Workspace, str]:
    """What is open, kept as it is now, and a sentence if that was not plain.

    Where it cannot be kept, it stays open and says why; where someone else changed it meanwhile, it becomes a copy.
    """
    from nmf_core.store.projects import ProjectConflict

    try:
        try:
            return _kept(workspace, person, settings), ""
        except ProjectConflict as conflict:
            title = title_of_copy(workspace.title, person)
            copy = projects().duplicate(conflict.theirs.id, person, title)
            mine = replace(workspace, project=copy.id, version=copy.version, title=title)
            words = (
                f"{workspace.title} was changed in another place meanwhile. Both are kept: what you have here is now {title}, "
                "and the other is among the ratings at the left."
            )
            return _kept(mine, person, settings), words
    except NmfError as error:
        return replace(workspace, unsaved=error.plain), ""


def _kept(workspace: Workspace, person: str, settings: str) -> Workspace:
    """As above, without what may go wrong."""
    project, version, origin, title = workspace.project, workspace.version, None, workspace.title
    if project is not None and find(project) is None:  # deleted in another place: kept anew rather than lost
        project = None
    if project is None and workspace.source is not None and find(workspace.source) is not None:
        title = title_of_copy(workspace.title, person)
        copy = projects().duplicate(workspace.source, person, title)
        project, version, origin = copy.id, copy.version, workspace.versions[0]
    elif project is None:
        origin = workspace.versions[0]
        project = project_of(person, workspace)
        known = projects().get(project)
        version, title = known.version, known.title or _free_title(workspace, person)
        if known.has_ratings and not _holds(known, workspace.ratings):
            # These ratings were opened and edited before; that work stays as it is, and its labels are here too.
            title = _free_title(workspace, person)
            copy = projects().duplicate(project, person, title)
            project, version = copy.id, copy.version
    made = projects().keep(project, workspace.ratings, title=title, origin=origin, settings=settings, version=version)
    return replace(
        workspace,
        key=made.id,
        project=made.id,
        version=made.version,
        title=made.title,
        unsaved="",
        viewed="",
        source=None,
    )


def project_of(person: str, workspace: Workspace) -> str:
    """The id of a person's project of ratings as they were opened, made if there is none."""
    return store().project_for(person, workspace.origin, before=workspace.versions[0].fingerprint)


def _holds(project: Project, ratings: Ratings) -> bool:
    """Whether a project's ratings are these, in whatever order."""
    if project.fingerprint == ratings.fingerprint or project.n_ratings != ratings.n_ratings:
        return project.fingerprint == ratings.fingerprint
    _, now = projects().ratings(project.id)
    return now.by_name.fingerprint == ratings.by_name.fingerprint


def title_of_copy(title: str, person: str) -> str:
    """What a copy is called: by its first name, whatever it is a copy of, with a number where this person has one already."""
    first = re.sub(r"( \((edited|copy)( \d+)?\)( \d+)?)+$", "", title)[:60] or title[:60]
    taken = {project.title for project in of_person(person)}
    titles = (f"{first} (copy{f' {n}' if n > 1 else ''})" for n in itertools.count(1))
    return next(made for made in titles if made not in taken)


def _free_title(workspace: Workspace, person: str) -> str:
    """A title that no other project of this person has; of a sample that was edited one that says so."""
    edited = " (edited)" if workspace.key in SAMPLES else ""
    taken = {project.title for project in of_person(person)}
    titles = (f"{workspace.title[:60]}{edited}{f' {n}' if n > 1 else ''}" for n in itertools.count(1))
    return next(title for title in titles if title not in taken)


def has_labels(project: str | None) -> bool:
    """Whether a project has labels."""
    return project is not None and bool(store().labels(project))


def same_cells(a: Ratings, b: Ratings) -> bool:
    """Whether two versions have nothing that tells them apart, metadata of the items included."""
    return a.fingerprint == b.fingerprint and a.item_info is b.item_info
