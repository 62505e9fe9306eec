"""`LabelStore`: the labels of each project in a database, with versions, history and undo."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import pandas as pd
import sqlalchemy as sa

from nmf_core.errors import NmfError, StoreError, shown, whole_number
from nmf_core.labels.label import Label
from nmf_core.labels.recognise import nearest_same
from nmf_core.labels.saved import StoredLabel
from nmf_core.labels.shape import Shape, from_json, to_json
from nmf_core.store.database import open_engine, transaction
from nmf_core.store.tables import history, labels, projects

LONGEST_KEY = 200


class LabelConflict(StoreError):
    """Someone else changed the label meanwhile; both versions are here, so that the person can choose.

    Attributes:
        mine: the label that was not saved; None if it was to be removed.
        theirs: what the store holds. To put mine in its place, save it with `theirs.id` and `theirs.version`.
    """

    def __init__(self, mine: Label | None, theirs: StoredLabel) -> None:
        """Keep both versions and say so."""
        self.mine, self.theirs = mine, theirs
        who = theirs.label.author or "Someone"
        did = "removed" if theirs.removed else "saved"
        yours = f"yours, {mine.text!r}, was not saved" if mine else "it was not removed"
        super().__init__(
            f"{who} {did} the label {theirs.label.text!r} meanwhile (version {theirs.version}); {yours}. "
            "Choose one of the two, then save again."
        )


class LabelStore:
    """Labels by project, in one database that many threads and processes may use at once.

    Args:
        url: an SQLAlchemy address: "sqlite:///folder/labels.db" for a file (made with its folder if missing),
            "sqlite://" for one in memory that is gone with the store, or "postgresql://account:password@machine/database".
        timeout: seconds to wait while someone else saves.

    What a method returned is on disk: a crash loses nothing acknowledged and leaves nothing half-written.

    Raises:
        StoreError: from each method, if the database cannot be reached, read or written; it says what to do.

    >>> from nmf_core.labels import shape_of
    >>> with LabelStore("sqlite://") as store:
    ...     project = store.project_for("ann", "fingerprint of her ratings")
    ...     saved = store.save(project, Label("Action", kind="genre"), shape_of(["x", "y"], [2, 1]))
    ...     better = store.save(project, Label("Heist"), saved.shape, label_id=saved.id, version=saved.version)
    ...     [s.label.text for s in store.labels(project)], store.undo(project).label.text
    (['Heist'], 'Action')
    """

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        """Open the database, or make it if there is none."""
        self._engine = open_engine(url, timeout=timeout)

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the store."""
        self.close()

    def close(self) -> None:
        """Let go of the database; a store in memory is emptied by it."""
        self._engine.dispose()

    def transaction(self, *, write: bool = False) -> AbstractContextManager[sa.Connection]:
        """A connection for one transaction, for what is kept beside the labels; see `nmf_core.projects`."""
        return transaction(self._engine, write=write)

    def project_for(self, owner: str, data_key: str, *, before: str | None = None) -> str:
        """The id of the owner's project of these data, made if there is none; nobody can guess it.

        Args:
            owner: who the project belongs to.
            data_key: which ratings it is about, such as `ratings.by_name.fingerprint`.
            before: what these data were called before; a project of that name is taken where there is none of this one.
        """
        key = {"owner": checked_key("owner", owner), "data_key": checked_key("data key", data_key)}
        theirs = sa.select(projects.c.id).where(projects.c.owner == owner)
        found = theirs.where(projects.c.data_key == data_key)
        with self.transaction() as db:
            project = db.scalar(found)
            if project is None and before is not None:
                project = db.scalar(theirs.where(projects.c.data_key == checked_key("data key", before)))
        if project is not None:
            return str(project)
        project = secrets.token_urlsafe(16)
        try:
            with self.transaction(write=True) as db:
                db.execute(sa.insert(projects).values(id=project, **key, created=now_text()))
        except sa.exc.IntegrityError:  # someone else made it since it was looked for
            with self.transaction() as db:
                project = db.scalars(found).one()
        return str(project)

    def save(
        self,
        project: str,
        label: Label,
        shape: Shape,
        *,
        label_id: int | None = None,
        version: int | None = None,
        beside: Collection[int] = (),
    ) -> StoredLabel:
        """Save a label of a feature: a new one, or a new version of the one with `label_id`.

        Args:
            project: its id.
            label, shape: the name, and the shape of the feature it names now.
            label_id, version: of the label as the person saw it; both None for a feature without a label.
            beside: for a new label, ids of labels that the person has seen and wants to keep besides this one.

        Raises:
            LabelConflict: the label was changed or removed since; or, for a new label, another one outside `beside`
                already names a feature of this shape.
            NmfError: the feature has no positive weight, so it could never be recognised.
        """
        if not shape.items:
            raise NmfError(
                f"The label {label.text!r} is for a feature without a positive weight, which could not be recognised "
                "after a refit. Name another feature."
            )
        if (label_id is None) != (version is None):
            raise NmfError(
                f"label_id is {shown(label_id)} and version is {shown(version)}; both or neither are needed. "
                "Pass id and version of the label as it was read."
            )
        values = {**asdict(label), "shape": to_json(shape), "removed": False}
        with self.transaction(write=True) as db:
            project_row(db, project)
            if label_id is None:
                same = nearest_same([s for s in _live(db, project) if s.id not in beside], shape)
                if same is not None:
                    raise LabelConflict(label, same)
                return _insert(db, project, values)
            now = _one(db, project, label_id)
            if now.version != version:
                raise LabelConflict(label, now)
            return _update(db, project, now, values, action="save")

    def renew_shapes(self, project: str, shapes: Mapping[int, tuple[int, Shape]]) -> None:
        """Keep what labels hang on as it is kept now, for labels of earlier versions; nobody changed them, so no version is new.

        Args:
            project: its id.
            shapes: of each label, by its id: the version that it was read in, and the shape. One that has changed since is left.
        """
        with self.transaction(write=True) as db:
            project_row(db, project)
            for label_id, (version, shape) in shapes.items():
                this = (labels.c.project == project, labels.c.id == label_id, labels.c.version == version)
                db.execute(sa.update(labels).where(*this).values(shape=to_json(shape)))

    def remove(self, project: str, label_id: int, version: int) -> StoredLabel:
        """Take a label away; history keeps it and `undo` brings it back.

        Args:
            project: its id.
            label_id, version: of the label as the person saw it.

        Raises:
            LabelConflict: the label was changed or removed since.
        """
        with self.transaction(write=True) as db:
            project_row(db, project)
            now = _one(db, project, label_id)
            if now.version != version:
                raise LabelConflict(None, now)
            return _update(db, project, now, {"removed": True}, action="remove")

    def labels(self, project: str) -> list[StoredLabel]:
        """The project's labels in the order they were made, without those removed."""
        with self.transaction() as db:
            project_row(db, project)
            return _live(db, project)

    def history(self, project: str) -> pd.DataFrame:
        """Every change in the project, oldest first.

        Columns: entry, label_id, version, action ("save", "remove", "undo" or "copy"), text, kind, note, colour, author,
        removed, updated (UTC), undone (True if taken back since).
        """
        with self.transaction() as db:
            project_row(db, project)
            entries = _entries(db, project)
        taken_back = {e.undoes for e in entries}
        columns = ["entry", "label_id", "version", "action", *Label.__dataclass_fields__, "removed", "updated"]
        frame = pd.DataFrame([[getattr(e, c) for c in columns] for e in entries], columns=columns)
        return frame.assign(
            removed=frame["removed"].astype(bool),
            updated=pd.to_datetime(frame["updated"], utc=True, format="ISO8601"),
            undone=frame["entry"].isin(taken_back),
        )

    def undo(self, project: str) -> StoredLabel | None:
        """Take back the project's last change that still stands, as a new entry in its history.

        Called again, it goes one change further back. Returns the label as it is now, with `removed` True if the
        change taken back was its making; None if there is nothing to take back.
        """
        with self.transaction(write=True) as db:
            project_row(db, project)
            entries = _entries(db, project)
            taken_back = {e.undoes for e in entries}
            standing = [e for e in entries if e.action != "undo" and e.entry not in taken_back]
            done = [e for e in standing if e.action != "copy"]
            if not done:
                return None
            last = done[-1]
            before = [e for e in standing if e.label_id == last.label_id and e.entry < last.entry]
            values = _values(before[-1]) if before else {"removed": True}
            now = _one(db, project, last.label_id)
            return _update(db, project, now, values, action="undo", undoes=last.entry)


def checked_id(project: object) -> str:
    """A project's id, if it has the form of one."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", str(project)):
        raise _no_project(project)
    return str(project)


def project_row(db: sa.Connection, project: object) -> Any:
    """The project's row; an unknown id is refused. Where rows can be locked, one person at a time changes a project."""
    this = sa.select(projects).where(projects.c.id == checked_id(project))
    if db.get_execution_options().get("write"):  # who only reads waits for nobody
        this = this.with_for_update()
    row = db.execute(this).one_or_none()
    if row is None:
        raise _no_project(project)
    return row


def _no_project(project: object) -> StoreError:
    """The error for an unknown project."""
    return StoreError(
        f"There is no project with this id ({len(str(project))} characters). Open the project from its owner's list."
    )


def copy_labels(db: sa.Connection, source: str, target: str) -> None:
    """Give a new project the labels of another, which its history has as copies that undo does not take back."""
    for row in db.execute(
        sa.select(labels).where(labels.c.project == source, sa.not_(labels.c.removed)).order_by(labels.c.id)
    ).all():
        _insert(db, target, _values(row), action="copy")


def _live(db: sa.Connection, project: str) -> list[StoredLabel]:
    """The project's labels that are not removed, oldest first."""
    rows = db.execute(
        sa.select(labels).where(labels.c.project == project, sa.not_(labels.c.removed)).order_by(labels.c.id)
    )
    return [_saved(row) for row in rows]


def _one(db: sa.Connection, project: str, label_id: int) -> StoredLabel:
    """One label of the project, removed or not."""
    this = whole_number("label_id", label_id, 1, 2**63 - 1)
    row = db.execute(sa.select(labels).where(labels.c.project == project, labels.c.id == this)).one_or_none()
    if row is None:
        raise StoreError(f"There is no label {shown(label_id)} in this project. Read its labels again.")
    return _saved(row)


def _entries(db: sa.Connection, project: str) -> list[Any]:
    """The project's history rows, oldest first."""
    return list(db.execute(sa.select(history).where(history.c.project == project).order_by(history.c.entry)))


def _insert(db: sa.Connection, project: str, values: dict[str, Any], *, action: str = "save") -> StoredLabel:
    """A new label and its history entry."""
    row = {**values, "project": project, "version": 1, "updated": now_text()}
    label_id = db.execute(sa.insert(labels).values(row).returning(labels.c.id)).scalar_one()
    db.execute(sa.insert(history).values(**row, label_id=label_id, action=action))
    return _one(db, project, label_id)


def _update(
    db: sa.Connection, project: str, now: StoredLabel, values: dict[str, Any], *, action: str, undoes: int | None = None
) -> StoredLabel:
    """The next version of a label and its history entry."""
    this = (labels.c.project == project, labels.c.id == now.id)
    db.execute(sa.update(labels).where(*this).values(**values, version=now.version + 1, updated=now_text()))
    row = db.execute(sa.select(labels).where(*this)).one()
    entry = {**_values(row), "project": project, "version": row.version, "updated": row.updated}
    db.execute(sa.insert(history).values(**entry, label_id=now.id, action=action, undoes=undoes))
    return _saved(row)


def _values(row: Any) -> dict[str, Any]:
    """The columns of a label or history row that a person can change."""
    return {c: getattr(row, c) for c in (*Label.__dataclass_fields__, "shape", "removed")}


def _saved(row: Any) -> StoredLabel:
    """A row of the labels table as `StoredLabel`."""
    try:
        label = Label(**{c: getattr(row, c) for c in Label.__dataclass_fields__})
        shape, updated = from_json(row.shape), datetime.fromisoformat(row.updated)
    except (NmfError, ValueError, TypeError) as e:
        raise StoreError(
            f"Label {row.id} in the store is damaged: {e} Put back a backup of the store, or move it aside."
        ) from e
    return StoredLabel(row.id, row.version, label, shape, updated, bool(row.removed))


def checked_key(name: str, value: object) -> str:
    """An owner or data key: text on one line, within its length."""
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= LONGEST_KEY
        or any(unicodedata.category(c) in ("Cc", "Cs") for c in value)
    ):
        raise NmfError(
            f"The {name} is {shown(value)}; it must be text of 1 to {LONGEST_KEY} characters without control characters. "
            f"Give another {name}."
        )
    return value


def now_text() -> str:
    """The time now in UTC as ISO text, which every database keeps alike."""
    return datetime.now(UTC).isoformat()
