"""`KeptWishes`: what the features of a project's fit were wished to be, so that they outlive the page that wished."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from nmf_core.errors import NmfError, StoreError, whole_number
from nmf_core.store.labels import LabelStore, checked_id, now_text, project_row
from nmf_core.store.tables import wishes

LONGEST = 1 << 26  # characters: 50 features of 100,000 items


class KeptWishes:
    """One text of wishes for each project, JSON that the pages alone read.

    Args:
        store: the label store; its projects are what wishes hang on.

    What a method returned is on disk.

    Raises:
        StoreError: from each method: an unknown project, a store that fails.

    >>> with LabelStore("sqlite://") as store:
    ...     kept, project = KeptWishes(store), store.project_for("ann", "films")
    ...     kept.of(project), kept.keep(project, "[1]", 0), kept.of(project), kept.version(project)
    (('', 0), 1, ('[1]', 1), 1)
    """

    def __init__(self, store: LabelStore) -> None:
        """Nothing is read yet."""
        self._store = store

    def version(self, project: str) -> int:
        """How often a project's wishes were changed; 0 before any."""
        this = sa.select(wishes.c.version).where(wishes.c.project == checked_id(project))
        with self._store.transaction() as db:
            return int(db.scalar(this) or 0)

    def of(self, project: str) -> tuple[str, int]:
        """The wishes, "" where there are none, and their version."""
        with self._store.transaction() as db:
            row = _row(db, checked_id(project))
        return ("", 0) if row is None else (row.text, int(row.version))

    def keep(self, project: str, text: str, version: int) -> int:
        """Keep wishes in place of those of a version, which nobody may have changed meanwhile; the version that they have now.

        Args:
            project: its id.
            text: JSON, or "" for none.
            version: the one that was seen.

        Raises:
            StoreError: also where somebody else has changed them since.
        """
        if not isinstance(text, str) or len(text) > LONGEST:
            raise NmfError(f"Wishes are text of at most {LONGEST:,} characters. Steer fewer features.")
        version = whole_number("version", version, 0, 2**63 - 1)
        said = {"text": text, "version": version + 1, "updated": now_text()}
        with self._store.transaction(write=True) as db:
            project_row(db, project)
            row = _row(db, project)
            if (0 if row is None else row.version) != version:
                raise StoreError(
                    "Somebody else steered features of this project meanwhile; what you asked for was not kept. Look at "
                    "theirs, then steer again."
                )
            if row is None:
                db.execute(sa.insert(wishes).values(project=project, **said))
            else:
                db.execute(sa.update(wishes).where(wishes.c.project == project).values(**said))
        return version + 1


def copy_wishes(db: sa.Connection, source: str, target: str) -> None:
    """Give a new project the wishes of another."""
    row = _row(db, source)
    if row is not None and row.text:
        db.execute(sa.insert(wishes).values(project=target, text=row.text, version=1, updated=now_text()))


def delete_wishes(db: sa.Connection, project: str) -> None:
    """Remove the wishes of a project, which is about to be deleted."""
    db.execute(sa.delete(wishes).where(wishes.c.project == project))


def _row(db: sa.Connection, project: str) -> Any:
    """The row of a project, or None."""
    return db.execute(sa.select(wishes).where(wishes.c.project == project)).one_or_none()
