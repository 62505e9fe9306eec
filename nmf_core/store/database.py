"""Opening the store's database and its transactions; what a database can fail at becomes a `StoreError`."""

from __future__ import annotations

import logging
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.pool import NullPool, QueuePool

from nmf_core.errors import StoreError, shown
from nmf_core.store import postgresql
from nmf_core.store.migrations import bring_up_to_date, checked_version, newest

LOG = logging.getLogger(__name__)

# Written into the header of an SQLite file, so that the database of another program is not taken for ours.
APPLICATION_ID = 0x4C4C4E53  # "LLNS"
_HEADER = b"SQLite format 3\0"

_NEXT = "Put back a backup, or move the file aside to start with no labels; it was left as it is."
_SAID = {
    sqlite3.SQLITE_BUSY: "busy, try again; someone else is saving.",
    sqlite3.SQLITE_LOCKED: "busy, try again; someone else is saving.",
    sqlite3.SQLITE_FULL: "disk full. Make room on the disk, then try again.",
    sqlite3.SQLITE_IOERR: "the disk failed. Check the disk, then try again.",
    sqlite3.SQLITE_READONLY: "the file may only be read. Allow writing to it and its folder, then try again.",
    sqlite3.SQLITE_PERM: "access is denied. Allow access to the file and its folder, then try again.",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened. See that it is where it was and may be read, then try again.",
    sqlite3.SQLITE_CORRUPT: f"the file is damaged. {_NEXT}",
    sqlite3.SQLITE_NOTADB: f"the file is damaged or is not an SQLite database. {_NEXT}",
}


def open_engine(url: str, *, timeout: float) -> sa.Engine:
    """An engine on a database that holds the store's tables, made if there is none and brought up to date if older.

    Raises:
        StoreError: an address that cannot be used, or a file that is empty, damaged or of another program.

    >>> engine = open_engine("sqlite://", timeout=1)
    >>> sorted(sa.inspect(engine).get_table_names())
    ['label_history', 'labels', 'projects', 'round_answers', 'round_pupils', 'rounds', 'wishes']
    >>> engine.dispose()
    """
    address = _address(url)
    if address.get_backend_name() == "postgresql":
        engine = postgresql.engine_of(address, timeout)
        try:
            with transaction(engine, write=True) as db:
                postgresql.take_turn(db)
                bring_up_to_date(db)
        except BaseException:
            engine.dispose()
            raise
        return engine
    if address.query or "\0" in str(address.database):
        raise StoreError(
            f"The label store's address {shown(str(url))} has options or a character that no file name has. "
            "Write sqlite:///folder/labels.db."
        )
    if address.database in (None, "", ":memory:"):
        # One connection, lent to one thread at a time: each further one would see a database of its own.
        pool = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0, "pool_timeout": timeout}
        return _with_tables(_sqlite(":memory:", timeout, **pool))
    try:
        path = Path(str(address.database)).resolve()
        _make_if_missing(path, timeout)
        # mode=rw: a file that disappears later is reported, not made anew and empty.
        engine = _sqlite(f"{path.as_uri()}?mode=rw", timeout, poolclass=NullPool)
        if _check(engine, path) < newest():
            _upgrade(engine, path)
    except OSError as e:
        raise StoreError(
            f"The label store {shown(address.database)} cannot be opened or made: {e.strerror}. "
            "Name a file in a folder that can be written to."
        ) from e
    return engine


@contextmanager
def transaction(engine: sa.Engine, *, write: bool = False) -> Iterator[sa.Connection]:
    """A connection for one transaction, committed at its end; the database's failures as StoreError."""
    failed = "The label store was not saved" if write else "The label store could not be read"
    try:
        with engine.connect().execution_options(write=write) as db, db.begin():
            yield db
    except exc.TimeoutError as e:
        LOG.warning("%s: busy", failed)
        raise StoreError(f"{failed}: {_SAID[sqlite3.SQLITE_BUSY]}") from e
    except exc.DBAPIError as e:
        said = _said_of(e) if engine.dialect.name == "sqlite" else postgresql.said_of(e)
        if said is None:
            raise
        LOG.warning("%s: %s", failed, said)
        raise StoreError(f"{failed}: {said}") from e


def _said_of(error: exc.DBAPIError) -> str | None:
    """What SQLite failed at, in words; None of what is no fault of the file."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    said = None if code is None else _SAID.get(code & 0xFF)  # the low byte is the kind of error
    if said is None and isinstance(error, exc.OperationalError):
        return f"{error.orig}. See that the file is sound, then try again."
    return said


def _address(url: str) -> sa.URL:
    """The address taken apart; what it may hold of a password is not shown."""
    text = str(url)
    try:
        # One driver, however short the address names the database.
        address = sa.make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", text))
        if address.get_backend_name() not in ("sqlite", "postgresql"):
            raise exc.ArgumentError("neither SQLite nor PostgreSQL")
        address.get_dialect().import_dbapi()
    except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as e:
        raise StoreError(
            f"The label store's address {shown(text.rpartition('@')[2])} cannot be used: {str(e).splitlines()[0][:200]}. "
            "Write sqlite:///folder/labels.db, or postgresql://account:password@machine/database after "
            'pip install "psycopg[binary]".'
        ) from e
    return address


def _sqlite(target: str, timeout: float, **pool: object) -> sa.Engine:
    """An engine whose transactions begin as this store needs them."""
    engine = sa.create_engine("sqlite://", creator=partial(_connect, target, timeout), **pool)

    @event.listens_for(engine, "begin")
    def begin(db: sa.Connection) -> None:
        # A write lock from the first: a transaction that reads and then writes could not get one later without failing.
        db.exec_driver_sql("BEGIN IMMEDIATE" if db.get_execution_options().get("write") else "BEGIN")

    return engine


def _connect(target: str, timeout: float) -> sqlite3.Connection:
    """A connection that leaves BEGIN to us and whose commits are on disk when they return."""
    connection = sqlite3.connect(target, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _with_tables(engine: sa.Engine) -> sa.Engine:
    """The engine, its new SQLite database marked as ours and given the tables."""
    with transaction(engine, write=True) as db:
        db.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        bring_up_to_date(db)
    return engine


def _make_if_missing(path: Path, timeout: float) -> None:
    """A new database with its folder, put in place whole: nobody ever meets a half-made one."""
    journal = path.with_name(f"{path.name}-journal")
    left_over = journal.exists()  # looked at first: a journal that another store makes comes after its database
    if path.exists():
        return
    if left_over:
        raise StoreError(
            f"The label store {shown(path.name)} is missing, but its journal {shown(journal.name)} is there. "
            "Put the database back beside its journal, or move the journal aside to start with no labels."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        fresh.touch()
        _with_tables(_sqlite(f"{fresh.as_uri()}?mode=rw", timeout, poolclass=NullPool))
        with suppress(FileExistsError):  # someone else was first: theirs is as good
            _put_in_place(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _put_in_place(fresh: Path, path: Path) -> None:
    """Give the new database its name, never in place of one that is there; FileExistsError if one is."""
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: claim the name, then fill it
        LOG.debug("the file system has no hard links; the new store is put in place without")
        path.touch(exist_ok=False)
        fresh.replace(path)


def _upgrade(engine: sa.Engine, path: Path) -> None:
    """Give the tables of an earlier version what the newest has; all of it or nothing."""
    try:
        with transaction(engine, write=True) as db:
            bring_up_to_date(db)
    except StoreError as e:
        raise StoreError(f"{shown(path.name)} is of an earlier version and has to be brought up to date. {e}") from e


def _check(engine: sa.Engine, path: Path) -> int:
    """The version of a sound label store; any other file is refused. Nothing is written to it."""
    with path.open("rb") as file:
        header = file.read(len(_HEADER))
    if not header:
        raise StoreError(
            f"The label store {shown(path.name)} is an empty file, which is not the same as no labels. "
            "Put back a backup, or remove the file to start with no labels."
        )
    if header != _HEADER:  # SQLite itself would take a file of one byte for a new database
        raise StoreError(f"{shown(path.name)}: {_SAID[sqlite3.SQLITE_NOTADB]}")
    try:
        with transaction(engine) as db:
            application = db.exec_driver_sql("PRAGMA application_id").scalar()
            version = db.exec_driver_sql("PRAGMA user_version").scalar()
            health = db.exec_driver_sql("PRAGMA quick_check(1)").scalar() if application == APPLICATION_ID else None
    except StoreError as e:
        raise StoreError(f"{shown(path.name)}: {e}") from e
    if application != APPLICATION_ID:
        raise StoreError(
            f"The file {shown(path.name)} is an SQLite database of another program. "
            "Name a file of its own for the label store; this one was left as it is."
        )
    known = checked_version(version, f"The label store {shown(path.name)}")
    if health != "ok":
        raise StoreError(f"The label store {shown(path.name)} is damaged ({shown(health)}). {_NEXT}")
    return known
