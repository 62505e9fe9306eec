"""What the tests of the store share: an SQLite file of their own, or a schema of their own in a real PostgreSQL."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from nmf_core.errors import StoreError
from nmf_core.store.labels import LabelStore
from tests.postgresql import NAMED, Throwaway, programs

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql_server():
    """The address of a PostgreSQL: the one that is named, else one that is started here."""
    named = os.environ.get(NAMED)
    if named:
        yield named
    elif programs() is not None:
        with Throwaway() as server:
            yield server.url
    else:
        message = f"NO POSTGRESQL: the store was tried on SQLite alone. Install postgresql, or name one in {NAMED}."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)


@pytest.fixture
def postgresql(postgresql_server):
    """The address of an empty schema in a PostgreSQL, removed after the test."""
    schema = f"test_{secrets.token_hex(8)}"
    with beside(postgresql_server) as db:
        db.exec_driver_sql(f"CREATE SCHEMA {schema}")
    yield f"{postgresql_server}{'&' if '?' in postgresql_server else '?'}options=-csearch_path%3D{schema}"
    with beside(postgresql_server) as db:
        db.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(params=BACKENDS)
def url(request, tmp_path):
    """The address of an empty database of each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql")
    return f"sqlite:///{tmp_path}/labels.db"


def impatient(url: str) -> LabelStore:
    """A store that waits 0.05 s for whoever saves. Where others open theirs in the same PostgreSQL, it is opened once they have."""
    while True:
        try:
            return LabelStore(url, timeout=0.05)
        except StoreError as busy:
            assert "busy" in str(busy)


def is_postgresql(url: str) -> bool:
    return url.startswith("postgresql")


@contextmanager
def beside(url: str) -> Iterator[sa.Connection]:
    """A connection to a PostgreSQL past the store, each statement for itself."""
    engine = sa.create_engine(url.replace("://", "+psycopg://", 1), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as db:
            yield db
    finally:
        engine.dispose()


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else is saving meanwhile, and takes their time; what is stored can be read."""
    if is_postgresql(url):
        with beside(url) as db, db.execution_options(isolation_level="READ COMMITTED").begin():
            db.exec_driver_sql("LOCK TABLE projects IN EXCLUSIVE MODE")
            yield
        return
    path = Path(url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
