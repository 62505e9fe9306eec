"""PostgreSQL, for servers that share one store: its engine, what it can fail at in words, and who may change tables."""

from __future__ import annotations

import logging

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.pool import QueuePool

LOG = logging.getLogger(__name__)

_TABLES_LOCK = 0x4C4C4E53  # "LLNS", as the application id of an SQLite file
_ABANDONED = 300_000  # ms after which the lock of a server that was cut off is given to others
_BUSY = "busy, try again; someone else is saving."
_AWAY = (
    "the database cannot be reached, or refuses the account. See that it runs and that its address, account and password are "
    "right, then try again."
)
# By SQLSTATE, or its first characters: the longest that fits is taken.
_SAID = {
    "08": _AWAY,
    "25006": "the database may only be read. Allow writing to it, then try again.",
    "28": _AWAY,
    "3D000": "the database does not exist. Make it, or name another, then try again.",
    "3F000": "the schema does not exist. Make it, or name another, then try again.",
    "40001": _BUSY,
    "40P01": _BUSY,
    "42501": "access is denied. Grant the account the right to make, read and write tables, then try again.",
    "42703": "its tables are not as this program made them. Put back a backup, or name a database of its own.",
    "42P01": "its tables are missing. Put back a backup, or open the store anew to start with no labels.",
    "53": "the database has no room or connections left. Wait, or make room on its machine, then try again.",
    "53100": "disk full. Make room on the disk of the database, then try again.",
    "55P03": _BUSY,
    "57": _AWAY,
    "57014": _BUSY,
    "58": "the disk of the database failed. Check it, then try again.",
    "XX": "the database is damaged. Put back a backup; it was left as it is.",
}


def engine_of(address: sa.URL, timeout: float) -> sa.Engine:
    """An engine whose connections wait `timeout` seconds for whoever saves, and whose commits are on disk when they return."""
    asked = address.query.get("options", "")
    settings = {
        "lock_timeout": round(timeout * 1000),
        "idle_in_transaction_session_timeout": _ABANDONED,
        "synchronous_commit": "on",
    }
    options = " ".join([str(asked), *(f"-c {name}={value}" for name, value in settings.items())]).strip()
    return sa.create_engine(
        address,
        # A connection that the database let go of, as when it was restarted, is noticed before it is used.
        poolclass=QueuePool,
        pool_size=5,
        max_overflow=10,
        pool_timeout=timeout,
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": max(2, round(timeout))},
    )


def take_turn(db: sa.Connection) -> None:
    """Wait until nobody else makes or changes the tables, to the end of this transaction: two servers may start at once."""
    db.execute(sa.select(sa.func.pg_advisory_xact_lock(_TABLES_LOCK)))


def said_of(error: exc.DBAPIError) -> str | None:
    """What went wrong in words without an address or a password; None of what is no fault of the database."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    fits = [known for known in _SAID if state.startswith(known)]
    if fits:
        return _SAID[max(fits, key=len)]
    return _AWAY if isinstance(error, exc.OperationalError) else None
