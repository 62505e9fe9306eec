"""The store's tables from one version to the next: numbered steps, run in order in one transaction, all of them or none.

A change of `tables.py` is a step here, too, and the step is never changed again: stores of every earlier version go through it.
SQLite keeps the version in the header of the file (`user_version`); other databases in the table `schema_version`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn, CreateTable

from nmf_core.errors import StoreError
from nmf_core.store.tables import metadata

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """One change of the tables.

    Attributes:
        number: the version that it leads to, from the one before.
        what: it does, in words.
        run: does it. What is there already it leaves alone, since not every database takes back the making of tables.
    """

    number: int
    what: str
    run: Callable[[sa.Connection], None]


def _projects_keep_ratings(db: sa.Connection) -> None:
    """A project has a title, the names of its files, their sizes, settings and a version."""
    _add_columns(
        db,
        "projects",
        [
            # A server of version 1 that is still running makes rows too, so each has a default.
            sa.Column("title", sa.String(80), nullable=False, server_default=""),
            sa.Column("updated", sa.String(40)),
            sa.Column("origin", sa.String(100)),
            sa.Column("ratings", sa.String(100)),
            sa.Column("n_users", sa.Integer, nullable=False, server_default="0"),
            sa.Column("n_items", sa.Integer, nullable=False, server_default="0"),
            sa.Column("n_ratings", sa.Integer, nullable=False, server_default="0"),
            sa.Column("settings", sa.Text),
            sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        ],
    )


def _blind_rounds(db: sa.Connection) -> None:
    """Rounds, their pupils, and what these answer."""
    made = _beside_projects()
    rounds = sa.Table(
        "rounds",
        made,
        sa.Column("code", sa.String(10), primary_key=True),
        sa.Column("project", sa.ForeignKey("projects.id"), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("cards", sa.Text, nullable=False),
        sa.Column("shapes", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created", sa.String(40), nullable=False),
    )
    pupils = sa.Table(
        "round_pupils",
        made,
        sa.Column("pupil", sa.String(40), primary_key=True),
        sa.Column("round", sa.ForeignKey("rounds.code"), nullable=False),
        sa.Column("nickname", sa.String(80), nullable=False),
        sa.Column("joined", sa.String(40), nullable=False),
    )
    answers = sa.Table(
        "round_answers",
        made,
        sa.Column("pupil", sa.ForeignKey("round_pupils.pupil"), primary_key=True),
        sa.Column("feature", sa.Integer, primary_key=True),
        sa.Column("text", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated", sa.String(40), nullable=False),
    )
    _make(db, rounds, pupils, answers)


def _wishes(db: sa.Connection) -> None:
    """What features were wished to be."""
    made = _beside_projects()
    wishes = sa.Table(
        "wishes",
        made,
        sa.Column("project", sa.ForeignKey("projects.id"), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated", sa.String(40), nullable=False),
    )
    _make(db, wishes)


def _beside_projects() -> sa.MetaData:
    """A place for new tables that hang on projects, of which they need to know the id alone."""
    made = sa.MetaData()
    sa.Table("projects", made, sa.Column("id", sa.String(40), primary_key=True))
    return made


def _make(db: sa.Connection, *tables: sa.Table) -> None:
    """Make tables that are not there yet, in this order."""
    for table in tables:
        db.exec_driver_sql(str(CreateTable(table, if_not_exists=True).compile(dialect=db.dialect)))


OLDEST = 1
STEPS = (
    Step(2, "projects keep ratings, a title and settings", _projects_keep_ratings),
    Step(3, "blind rounds with their pupils and answers", _blind_rounds),
    Step(4, "wishes for features outlive a page", _wishes),
)


def newest() -> int:
    """The version of the tables that this program reads and writes."""
    return STEPS[-1].number


def bring_up_to_date(db: sa.Connection) -> None:
    """Make the tables where there are none, else run the steps that they lack; in the write transaction of `db`.

    Raises:
        StoreError: tables of a version that this program does not know; they are left as they are.
    """
    version = stored_version(db)
    if version == 0:
        metadata.create_all(db)
    else:
        checked_version(version, "The label store")
        for step in STEPS:
            if version < step.number:
                LOG.info("the label store goes to version %d: %s", step.number, step.what)
                step.run(db)
    _store_version(db, newest())


def stored_version(db: sa.Connection) -> int:
    """The version of the tables; 0 where there are none."""
    if _in_header(db):
        return int(db.exec_driver_sql("PRAGMA user_version").scalar_one())
    if sa.inspect(db).has_table(_version.name):
        # Held until the end of a write transaction: who else opens the store at this moment waits for the steps.
        version = db.scalar(sa.select(_version.c.version).with_for_update())
        if version is not None:
            return int(version)
    return _told_by_columns(db)


def checked_version(version: object, store: str) -> int:
    """The version, if it is one that this program knows; `store` begins the sentence that refuses any other."""
    if not isinstance(version, int) or not OLDEST <= version <= newest():
        raise StoreError(
            f"{store} has version {version} of its tables; this program reads versions {OLDEST} to {newest()}. "
            "Open it with the program that made it; it was left as it is."
        )
    return version


# A database that keeps no number for its user. It is none of the store's own tables: SQLite does without it.
_version = sa.Table("schema_version", sa.MetaData(), sa.Column("version", sa.Integer, nullable=False))


def _in_header(db: sa.Connection) -> bool:
    """Whether the database keeps a number for us."""
    return db.dialect.name == "sqlite"


def _store_version(db: sa.Connection, version: int) -> None:
    """Write the version down, where it is not."""
    if _in_header(db):
        db.exec_driver_sql(f"PRAGMA user_version = {version}")
        return
    _version.create(db, checkfirst=True)
    if not db.execute(sa.update(_version).values(version=version)).rowcount:
        db.execute(sa.insert(_version).values(version=version))


def _told_by_columns(db: sa.Connection) -> int:
    """The version of tables from before it was written down."""
    oldest = {"projects", "labels", "label_history"}
    there = oldest & set(sa.inspect(db).get_table_names())
    if not there:
        return 0
    if there != oldest:
        raise StoreError(
            f"The database has a table {min(there)!r} that is another program's, or not all tables of a label store. "
            "Name a database, or a schema, of its own for the label store; this one was left as it is."
        )
    return 2 if "title" in _names(db, "projects") else 1


def _names(db: sa.Connection, table: str) -> set[str]:
    """The names of a table's columns."""
    return {column["name"] for column in sa.inspect(db).get_columns(table)}


def _add_columns(db: sa.Connection, table: str, columns: Sequence[sa.Column]) -> None:
    """Columns that a table has not."""
    there = _names(db, table)
    sa.Table(table, sa.MetaData(), *columns)  # a column that is in no table cannot be compiled
    for column in columns:
        if column.name not in there:
            defined = CreateColumn(column).compile(dialect=db.dialect)
            db.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {defined}")
