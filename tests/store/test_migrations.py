"""Stores of earlier versions: brought up step by step, whole or not at all, in SQLite and in PostgreSQL."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from nmf_core.errors import StoreError
from nmf_core.labels import Label, shape_of
from nmf_core.store import migrations
from nmf_core.store import postgresql as postgresql_engine
from nmf_core.store.database import transaction
from nmf_core.store.labels import LabelStore
from nmf_core.store.migrations import Step, bring_up_to_date, stored_version
from nmf_core.store.tables import metadata
from tests.store.conftest import beside
from tests.store.test_faults import SCHEMA_1

FIRST = migrations.STEPS[:1]  # what steps are added to here, however many there are by now


@pytest.fixture
def old(tmp_path):
    """The file of a store of version 1."""
    connection = sqlite3.connect(tmp_path / "labels.db")
    connection.executescript(SCHEMA_1)
    connection.close()
    return tmp_path / "labels.db"


def in_postgresql(schema):
    """A script of SQLite's as PostgreSQL takes it, with the next numbers after those that it gives out itself."""
    kept = "\n".join(line for line in schema.splitlines() if not line.startswith("PRAGMA"))
    kept = (
        kept.replace("(id INTEGER", "(id SERIAL")
        .replace("(entry INTEGER", "(entry SERIAL")
        .replace("', 0, '", "', false, '")
    )
    return f"{kept} SELECT setval('labels_id_seq', 1); SELECT setval('label_history_entry_seq', 1);"


@pytest.fixture(params=["header", "postgresql"])
def engine(request):
    """A database of version 1 that keeps its version in the header of the file, or nowhere yet."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql")
        with beside(url) as db:
            db.exec_driver_sql(in_postgresql(SCHEMA_1))
        engine = postgresql_engine.engine_of(sa.make_url(url.replace("://", "+psycopg://")), 10)
    else:
        old = request.getfixturevalue("old")
        engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(old, isolation_level=None))
        sa.event.listen(engine, "begin", lambda db: db.exec_driver_sql("BEGIN IMMEDIATE"))
    yield engine
    engine.dispose()


def version(engine):
    with transaction(engine) as db:
        return stored_version(db)


def update(engine):
    with transaction(engine, write=True) as db:
        bring_up_to_date(db)


def described(engine):
    """Columns, keys and indices of every table of the store."""
    inspected = sa.inspect(engine)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in inspected.get_columns(name)],
            inspected.get_pk_constraint(name),
            inspected.get_unique_constraints(name),
            inspected.get_foreign_keys(name),
            inspected.get_indexes(name),
        )
        for name in metadata.tables
    }


def held(engine):
    """Every row of every table, and the version."""
    with transaction(engine) as db:
        rows = {name: db.exec_driver_sql(f"SELECT * FROM {name}").all() for name in sa.inspect(db).get_table_names()}
        return rows, stored_version(db)


def recorded(done, number, then=None):
    """A step that adds a table, and tells that it ran."""

    def run(db):
        assert done == list(range(3, number))
        done.append(number)
        db.exec_driver_sql(f"CREATE TABLE of_{number} (x INTEGER)")
        if then is not None:
            then(db)

    return Step(number, f"a table of {number}", run)


def test_steps_are_numbered_without_gaps_and_say_what_they_do():
    assert [step.number for step in migrations.STEPS] == list(range(2, migrations.newest() + 1))
    assert all(step.what for step in migrations.STEPS)


def test_the_steps_lead_to_the_tables_of_a_new_store(engine):
    assert version(engine) == 1
    update(engine)
    assert version(engine) == migrations.newest()
    brought_up = described(engine)
    with engine.begin() as db:
        metadata.drop_all(db)
        metadata.create_all(db)
    assert brought_up == described(engine)


def test_steps_run_in_order_from_the_version_that_is_stored(engine, monkeypatch):
    done = []
    monkeypatch.setattr(migrations, "STEPS", (*FIRST, recorded(done, 3), recorded(done, 4)))
    update(engine)
    assert done == [3, 4] and version(engine) == 4
    assert {"of_3", "of_4"} <= set(sa.inspect(engine).get_table_names())
    update(engine)  # once is enough
    assert done == [3, 4]
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, recorded(done, 5)))
    update(engine)
    assert done == [3, 4, 5] and version(engine) == 5


def test_a_step_that_fails_leaves_everything_as_it_was(engine, monkeypatch):
    before = held(engine)
    for fail in (lambda db: 1 / 0, lambda db: db.exec_driver_sql("INSERT INTO nowhere VALUES (1)")):
        done = []
        steps = (*FIRST, recorded(done, 3), recorded(done, 4, then=fail))
        with monkeypatch.context() as patch:
            patch.setattr(migrations, "STEPS", steps)
            with pytest.raises((ZeroDivisionError, StoreError)):
                update(engine)
        assert done == [3, 4]
        assert held(engine) == before and version(engine) == 1
    update(engine)
    assert version(engine) == migrations.newest()


def test_a_later_version_is_refused_and_left(engine, monkeypatch):
    with monkeypatch.context() as patch:
        now = migrations.newest()
        patch.setattr(migrations, "STEPS", (*migrations.STEPS, Step(now + 1, "something later", lambda db: None)))
        update(engine)
    before = held(engine)
    said = f"The label store has version {now + 1} of its tables; this program reads versions 1 to {now}"
    with pytest.raises(StoreError, match=said):
        update(engine)
    assert held(engine) == before


def test_where_the_version_was_never_written_down_the_columns_tell_it(old, monkeypatch):
    monkeypatch.setattr(migrations, "STEPS", FIRST)
    LabelStore(f"sqlite:///{old}").close()
    monkeypatch.setattr(migrations, "_in_header", lambda db: False)
    engine = sa.create_engine(f"sqlite:///{old}")
    assert version(engine) == 2
    assert not sa.inspect(engine).has_table("schema_version")
    update(engine)
    with engine.connect() as db:
        assert db.exec_driver_sql("SELECT version FROM schema_version").all() == [(2,)]
        assert db.exec_driver_sql("SELECT count(*) FROM labels").scalar() == 1
    update(engine)
    with engine.connect() as db:
        assert db.exec_driver_sql("SELECT version FROM schema_version").all() == [(2,)]
    engine.dispose()


def test_an_empty_database_gets_the_newest_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(migrations, "_in_header", lambda db: False)
    monkeypatch.setattr(migrations, "STEPS", (Step(2, "nothing to do on new tables", lambda db: 1 / 0),))
    engine = sa.create_engine(f"sqlite:///{tmp_path}/new.db")
    assert version(engine) == 0
    update(engine)
    assert version(engine) == 2
    assert set(sa.inspect(engine).get_table_names()) == {*metadata.tables, "schema_version"}
    engine.dispose()


def test_a_store_of_version_1_in_postgresql_opens_with_all_it_has(postgresql):
    with beside(postgresql) as db:
        db.exec_driver_sql(in_postgresql(SCHEMA_1))
    with ThreadPoolExecutor(8) as pool:  # servers that start at once
        stores = list(pool.map(lambda _: LabelStore(postgresql, timeout=60), range(8)))
    (project,) = {store.project_for("ann", "data") for store in stores}
    assert project == "abcdefghijklmnopqrstuv"
    (saved,) = stores[0].labels(project)
    assert saved.label == Label("Action", kind="genre", author="ann")
    better = stores[1].save(project, Label("Heist"), saved.shape, label_id=saved.id, version=1)
    assert stores[2].history(project)["version"].tolist() == [1, 2]
    assert stores[3].undo(project).label.text == "Action"
    assert stores[4].save(project, Label("Story"), shape_of(["z"], [1])).id == better.id + 1
    for store in stores:
        store.close()


def test_tables_of_another_program_are_left(postgresql):
    with beside(postgresql) as db:
        db.exec_driver_sql("CREATE TABLE projects (id INTEGER)")
    with pytest.raises(StoreError, match="a table 'projects' that is another program's"):
        LabelStore(postgresql)
    with beside(postgresql) as db:
        assert sa.inspect(db).get_table_names() == ["projects"]
