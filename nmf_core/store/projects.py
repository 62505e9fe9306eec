"""`Projects`: ratings kept on disk, each project's under its id that nobody can guess, so that they outlive the server.

Files come first and are never changed: a keep writes aside, syncs and renames, and then moves the project's row in the label
store on to the new file. Names tell contents, so a file that is there has what its name says. Renaming and removing happen
while the row is locked, so that no file goes away between being put in place and being referred to.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import NmfError, StoreError, shown, whole_number
from nmf_core.labels.label import checked_name
from nmf_core.store import files
from nmf_core.store.labels import LabelStore, checked_id, checked_key, copy_labels, now_text, project_row
from nmf_core.store.rounds import delete_rounds
from nmf_core.store.tables import history, labels, projects, wishes
from nmf_core.store.wishes import copy_wishes, delete_wishes

LOG = logging.getLogger(__name__)

LONGEST_SETTINGS = 100_000


@dataclass(frozen=True)
class Project:
    """What the store knows of a project without opening its ratings.

    Attributes:
        id: by which it is reached; nobody can guess it.
        title: on one line; "" if it was never given one.
        owner: whose list it is in.
        created, updated: when it was made, and last changed (UTC).
        version: 0 when made, one more with each change.
        n_users, n_items, n_ratings: of the ratings as they are now; 0 without any.
        settings: JSON text for the pages' own use; "" if none were kept.
        has_ratings: whether ratings were kept.
        fingerprint: of the ratings as they are now; "" without any.
    """

    id: str
    title: str
    owner: str
    created: datetime
    updated: datetime
    version: int
    n_users: int
    n_items: int
    n_ratings: int
    settings: str
    has_ratings: bool
    fingerprint: str


class ProjectConflict(StoreError):
    """Someone else changed the project meanwhile; nothing was saved or overwritten.

    Attributes:
        theirs: the project as the store has it. To replace it, keep with `theirs.version`.
    """

    def __init__(self, theirs: Project, version: int) -> None:
        """Keep what is stored and say so."""
        self.theirs = theirs
        super().__init__(
            f"The project {theirs.title!r} was changed meanwhile (you saw version {version}, version {theirs.version} is "
            f"stored); yours was not saved. Open it again, or save yours in its place or as a copy."
        )


class Projects:
    """Projects of a label store, with their ratings as Parquet files in one folder.

    Args:
        store: the label store, whose `project_for` makes projects.
        folder: where the ratings go, a folder for each project in it; made when it is needed. Nothing outside is touched.

    What a method returned is on disk. Whatever fails, a project refers to whole files only.

    Raises:
        StoreError: from each method: an unknown id, a file that cannot be read or written, a store that fails.

    >>> import tempfile
    >>> from nmf_core import datasets
    >>> with tempfile.TemporaryDirectory() as folder, LabelStore("sqlite://") as store:
    ...     projects = Projects(store, Path(folder))
    ...     opened = datasets.notebook()
    ...     kept = projects.keep(store.project_for("ann", opened.fingerprint), opened, title="Films")
    ...     origin, now = projects.ratings(kept.id)
    ...     kept.version, [p.title for p in projects.of_owner("ann")], now.n_ratings
    (1, ['Films'], 13)
    """

    def __init__(self, store: LabelStore, folder: Path) -> None:
        """Nothing is read or made yet."""
        self._store, self._folder = store, Path(folder)

    def keep(
        self,
        project: str,
        ratings: Ratings,
        *,
        title: str | None = None,
        origin: Ratings | None = None,
        settings: str | None = None,
        version: int | None = None,
    ) -> Project:
        """Keep a project's ratings as they are now, in place of what was kept before.

        Args:
            project: its id.
            ratings: as they are now.
            title, settings: None leaves those that are stored. Settings are JSON text.
            origin: the ratings as they were opened; None leaves the stored ones, or takes `ratings` if there are none.
            version: of the project as the person saw it; None replaces whatever is there.

        Raises:
            ProjectConflict: the project has another version by now.
            NmfError: a title without 1 to 80 characters, settings that are no JSON, no ratings.
        """
        for given in (ratings, *(() if origin is None else (origin,))):
            require_ratings(given)
        said: dict[str, Any] = {} if title is None else {"title": checked_name("title", title)}
        if settings is not None:
            said["settings"] = _checked_settings(settings)
        if version is not None:
            version = whole_number("version", version, 0, 2**63 - 1)
        with self._store.transaction() as db:
            before = _row(db, project, version)
        now = files.name_of(ratings)
        contents = {now: ratings}
        if origin is not None:
            said["origin"] = now if origin is ratings else files.name_of(origin)
            contents.setdefault(said["origin"], origin)
        said |= {"ratings": now, **{n: getattr(ratings, n) for n in ("n_users", "n_items", "n_ratings")}}
        home = self._home(project)
        aside: dict[str, Path] = {}
        with files.saving(self._folder):
            try:
                files.make_folder(home)
                for name, content in contents.items():
                    if name in (before.origin, before.ratings):
                        if files.is_whole(home / f"{name}.parquet"):
                            continue
                        LOG.warning("a file of kept ratings was damaged or missing, and is written again")
                    aside[name] = files.write_aside(home, content)
                with self._store.transaction(write=True) as db:
                    row = _row(db, project, version)
                    for name, content in contents.items():
                        # Removed by another keep since it was looked at.
                        if name not in aside and not (home / f"{name}.parquet").exists():
                            aside[name] = files.write_aside(home, content)
                    for name, file in aside.items():
                        file.replace(home / f"{name}.parquet")
                    files.sync(home)
                    kept = _change(db, row, {"origin": row.origin or now, **said})
            finally:
                for file in aside.values():
                    with files.tidying():
                        file.unlink(missing_ok=True)
        self._tidy(project)
        return kept

    def get(self, project: str) -> Project:
        """What the store knows of a project."""
        with self._store.transaction() as db:
            return _project(project_row(db, project))

    def n_changes(self, project: str) -> int:
        """How often a project was changed, its labels and wishes too: whoever looks at it sees by this that it was.

        >>> with LabelStore("sqlite://") as store:
        ...     Projects(store, Path("unused")).n_changes(store.project_for("ann", "films"))
        0
        """
        of_labels = sa.select(sa.func.count()).where(history.c.project == projects.c.id).scalar_subquery()
        of_wishes = sa.select(wishes.c.version).where(wishes.c.project == projects.c.id).scalar_subquery()
        changes = projects.c.version + of_labels + sa.func.coalesce(of_wishes, 0)
        this = sa.select(changes).where(projects.c.id == checked_id(project))
        with self._store.transaction() as db:
            return int(db.scalar(this) or 0)

    def ratings(self, project: str) -> tuple[Ratings, Ratings]:
        """The ratings of a project as they were opened, and as they are now; one object if they are the same.

        Raises:
            StoreError: none were kept, or their file is missing or damaged; it names the file, which is left as it is.
        """
        with self._store.transaction() as db:
            row = project_row(db, project)
        if row.ratings is None or row.origin is None:
            raise StoreError("This project has no ratings yet. Open ratings in it, then save them.")
        try:
            now = files.read(self._file(row, row.ratings))
            return (now if row.origin == row.ratings else files.read(self._file(row, row.origin))), now
        except StoreError:
            with self._store.transaction() as db:
                again = project_row(db, project)
            if (again.origin, again.ratings) == (row.origin, row.ratings):
                raise
        LOG.debug("a project was kept anew while it was read; it is read again")
        return self.ratings(project)

    def of_owner(self, owner: str) -> list[Project]:
        """All projects of an owner, those without ratings too, the latest change first."""
        theirs = sa.select(projects).where(projects.c.owner == checked_key("owner", owner))
        latest = sa.func.coalesce(projects.c.updated, projects.c.created).desc()
        with self._store.transaction() as db:
            return [_project(row) for row in db.execute(theirs.order_by(latest, projects.c.id))]

    def rename(self, project: str, owner: str, title: str) -> Project:
        """Give a project of its owner another title of 1 to 80 characters."""
        title = checked_name("title", title)
        with self._store.transaction(write=True) as db:
            return _change(db, _owned(db, project, owner), {"title": title})

    def keep_settings(self, project: str, owner: str, settings: str) -> None:
        """Keep the settings of a project of its owner; its version stays, for settings are nobody's work to be lost."""
        settings = _checked_settings(settings)
        with self._store.transaction(write=True) as db:
            row = _owned(db, project, owner)
            db.execute(sa.update(projects).where(projects.c.id == row.id).values(settings=settings))

    def duplicate(self, project: str, owner: str, title: str, *, data_key: str | None = None) -> Project:
        """A new project of `owner` with the ratings, settings, labels and wishes of another, and no history.

        Raises:
            StoreError: also if a file of its ratings is missing or damaged.
        """
        checked_key("owner", owner)
        title, new = checked_name("title", title), secrets.token_urlsafe(16)
        home = self._home(new)
        try:
            with files.saving(self._folder), self._store.transaction(write=True) as db:
                row = project_row(db, project)
                for name in {row.origin, row.ratings} - {None}:
                    files.make_folder(home)
                    files.copy(self._file(row, name), home / f"{name}.parquet")
                if row.ratings is not None:
                    files.sync(home)
                same = ("origin", "ratings", "n_users", "n_items", "n_ratings", "settings")
                made = {
                    "id": new,
                    "owner": owner,
                    "data_key": data_key or f"copy:{new}",
                    "created": now_text(),
                    "title": title,
                }
                db.execute(sa.insert(projects).values(**made, **{column: getattr(row, column) for column in same}))
                copy_labels(db, row.id, new)
                copy_wishes(db, row.id, new)
                return _change(db, project_row(db, new), {})
        except StoreError:
            self._clear(new)
            raise

    def copy_for(self, project: str, owner: str, title: str) -> Project:
        """The copy of a project that `owner` has by this method, made at the first call: whoever follows a link twice has one."""
        key = f"copy-of:{checked_id(project)}"
        mine = sa.select(projects).where(projects.c.owner == checked_key("owner", owner), projects.c.data_key == key)
        with self._store.transaction() as db:
            row = db.execute(mine).one_or_none()
        return self.duplicate(project, owner, title, data_key=key) if row is None else _project(row)

    def view_key(self, project: str) -> str:
        """What a link to look at a project has in place of its id: made from the id, and no id can be made from it.

        >>> import tempfile
        >>> with LabelStore("sqlite://") as store:
        ...     projects, made = Projects(store, Path("unused")), store.project_for("ann", "films")
        ...     projects.viewed(projects.view_key(made)).id == made, len(projects.view_key(made))
        (True, 24)
        """
        return _view_key(checked_id(project))

    def viewed(self, key: str) -> Project:
        """The project that a `view_key` leads to, found by going through all: some 1 µs each, and no column to keep right."""
        with self._store.transaction() as db:
            found = next((one for one in db.scalars(sa.select(projects.c.id)) if _view_key(one) == key), None)
            if found is None:
                raise StoreError("There is no project under this link. Ask whoever sent it for another one.")
            return _project(project_row(db, found))

    def delete(self, project: str, owner: str) -> None:
        """Remove a project of its owner with labels, history, rounds and ratings, for good.

        A file that cannot be removed stays; nothing refers to it any more.
        """
        with self._store.transaction(write=True) as db:
            row = _owned(db, project, owner)
            delete_rounds(db, row.id)
            delete_wishes(db, row.id)
            for table in (history, labels):
                db.execute(sa.delete(table).where(table.c.project == row.id))
            db.execute(sa.delete(projects).where(projects.c.id == row.id))
        self._clear(project)

    def _home(self, project: str) -> Path:
        """The folder of a project, which lies in ours."""
        home = self._folder / checked_id(project)
        if home.is_symlink():
            raise StoreError(
                f"The folder {home.name} of this project is a link to elsewhere, which is not followed. Put the folder itself "
                "in its place."
            )
        return home

    def _file(self, row: Any, name: str) -> Path:
        """The file that a row refers to."""
        if not files.NAME.fullmatch(name):
            raise StoreError(
                f"The project {row.title!r} refers to the file {shown(name)}, which is none of ours. Put back a backup of the "
                "store."
            )
        return self._home(row.id) / f"{name}.parquet"

    def _tidy(self, project: str) -> None:
        """Remove files that the project no longer refers to, and old ones left aside; what fails waits for the next keep."""
        home = self._home(project)
        with files.tidying(), self._store.transaction(write=True) as db:
            row = project_row(db, project)
            for path in list(home.iterdir()):
                with files.tidying():
                    if files.is_left_over(path, (row.origin, row.ratings)):
                        path.unlink()

    def _clear(self, project: str) -> None:
        """Remove the folder of a project that the store does not have, as far as it can be."""
        with files.tidying():
            with self._store.transaction() as db:
                if db.scalar(sa.select(projects.c.id).where(projects.c.id == project)) is not None:
                    return
            home = self._home(project)
            for path in list(home.iterdir()):
                if files.is_ours(path):
                    with files.tidying():
                        path.unlink()
            home.rmdir()


def _view_key(project: str) -> str:
    """As `Projects.view_key`, of an id that is one."""
    return hashlib.blake2b(project.encode(), digest_size=12, person=b"view").hexdigest()


def _row(db: sa.Connection, project: str, version: int | None) -> Any:
    """The project's row, which must be of the version that the person saw."""
    row = project_row(db, project)
    if version is not None and row.version != version:
        raise ProjectConflict(_project(row), version)
    return row


def _owned(db: sa.Connection, project: str, owner: str) -> Any:
    """The row of a project that belongs to `owner`."""
    row = project_row(db, project)
    if row.owner != owner:
        raise StoreError(
            f"The project {row.title!r} belongs to someone else; only its owner can do this. Make a copy, which will be yours."
        )
    return row


def _change(db: sa.Connection, row: Any, values: dict[str, Any]) -> Project:
    """The next version of a project."""
    this = projects.c.id == row.id
    db.execute(sa.update(projects).where(this).values(**values, version=row.version + 1, updated=now_text()))
    return _project(db.execute(sa.select(projects).where(this)).one())


def _project(row: Any) -> Project:
    """A row of the projects table as `Project`."""
    try:
        created = datetime.fromisoformat(row.created)
        updated = created if row.updated is None else datetime.fromisoformat(row.updated)
    except (ValueError, TypeError) as e:
        raise StoreError(
            f"The project {row.title!r} in the store is damaged: {e}. Put back a backup of the store, or move it aside."
        ) from e
    return Project(
        id=row.id,
        title=row.title,
        owner=row.owner,
        created=created,
        updated=updated,
        version=row.version,
        n_users=row.n_users,
        n_items=row.n_items,
        n_ratings=row.n_ratings,
        settings=row.settings or "",
        has_ratings=row.ratings is not None,
        fingerprint=(row.ratings or "").partition("-")[0],
    )


def _checked_settings(settings: object) -> str:
    """Settings, if they are JSON text."""
    try:
        if not isinstance(settings, str) or len(settings) > LONGEST_SETTINGS:
            raise TypeError
        json.loads(settings)
        settings.encode()
    except (TypeError, ValueError, RecursionError) as e:
        raise NmfError(
            f"The settings are {shown(settings)}; they must be JSON text of at most {LONGEST_SETTINGS:,} characters. "
            "Make them with json.dumps."
        ) from e
    return settings
