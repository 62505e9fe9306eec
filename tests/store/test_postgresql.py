"""What a PostgreSQL can fail at gets a sentence, without where it is or its password; what was acknowledged stays."""

import signal

import pytest
import sqlalchemy as sa

from nmf_core.errors import StoreError
from nmf_core.labels import Label, shape_of
from nmf_core.store.labels import LabelStore
from tests.postgresql import Throwaway, programs
from tests.store.conftest import beside

SHAPE = shape_of(["x", "y"], [2, 1])
AWAY = "the database cannot be reached, or refuses the account"


@pytest.fixture
def store(postgresql):
    with LabelStore(postgresql, timeout=5) as opened:
        yield opened


@pytest.fixture
def project(store):
    return store.project_for("ann", "data")


@pytest.mark.parametrize(
    "url",
    ["postgresql://ann:hunter2@127.0.0.1:1/labels", "postgres://ann:hunter2@127.0.0.1:1/labels",
     "postgresql+psycopg://ann:hunter2@no.such.host.invalid/labels"],
)  # fmt: skip
def test_a_database_that_is_not_there_is_said_without_its_address(postgresql_server, url, caplog):
    with pytest.raises(StoreError, match=f"not saved: {AWAY}") as caught:
        LabelStore(url, timeout=1)
    for said in (str(caught.value), *caplog.messages):
        assert "hunter2" not in said and "127.0.0.1" not in said and "invalid" not in said


def test_a_database_or_an_account_that_does_not_exist_is_said(postgresql_server):
    for url in (
        postgresql_server.replace("/postgres?", "/nothing?"),
        postgresql_server.replace("postgres@", "nobody@"),
    ):
        with pytest.raises(StoreError, match=AWAY):
            LabelStore(url)


def test_other_databases_are_refused():
    with pytest.raises(StoreError, match="neither SQLite nor PostgreSQL") as caught:
        LabelStore("mysql://ann:hunter2@machine/labels")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("53100", "disk full"), ("53300", "no room or connections left"), ("40P01", "busy, try again"),
        ("40001", "busy, try again"), ("57014", "busy, try again"), ("58030", "disk of the database failed"),
        ("XX001", "damaged"), ("42501", "access is denied"), ("57P01", AWAY),
    ],
)  # fmt: skip
def test_a_save_that_fails_is_said_and_leaves_what_was_there(store, project, postgresql, state, said):
    saved = store.save(project, Label("Action"), SHAPE)
    with beside(postgresql) as db:
        db.exec_driver_sql(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'hunter2' USING ERRCODE = '{state}'; END $$"
        )
        db.exec_driver_sql("CREATE TRIGGER fails AFTER INSERT ON label_history EXECUTE FUNCTION fail()")
    for act in (
        lambda: store.save(project, Label("Heist"), SHAPE, label_id=saved.id, version=saved.version),
        lambda: store.remove(project, saved.id, saved.version),
    ):
        with pytest.raises(StoreError, match=f"not saved: .*{said}") as caught:
            act()
        assert "hunter2" not in str(caught.value)
    with beside(postgresql) as db:
        db.exec_driver_sql("DROP TRIGGER fails ON label_history")
    assert store.labels(project) == [saved] and len(store.history(project)) == 1
    assert store.save(project, Label("Heist"), SHAPE, label_id=saved.id, version=saved.version).version == 2


def test_a_database_that_may_only_be_read_is_read(store, project, postgresql):
    saved = store.save(project, Label("Action"), SHAPE)
    read_only = f"{postgresql}%20-cdefault_transaction_read_only%3Don"
    with pytest.raises(StoreError, match="not saved: the database may only be read"):
        LabelStore(read_only)
    with store.transaction() as db:
        db.exec_driver_sql("SET TRANSACTION READ ONLY")
        with pytest.raises(sa.exc.InternalError):
            db.exec_driver_sql("DELETE FROM labels")
    assert store.labels(project) == [saved]


def test_tables_that_disappear_are_said(store, project, postgresql):
    with beside(postgresql) as db:
        db.exec_driver_sql("DROP TABLE label_history")
    with pytest.raises(StoreError, match="tables are missing"):
        store.save(project, Label("Action"), SHAPE)
    with pytest.raises(StoreError, match="not all tables of a label store"), beside(postgresql) as db:
        db.exec_driver_sql("DROP TABLE schema_version")
        LabelStore(postgresql)


def test_a_connection_that_the_database_lets_go_of_is_noticed_before_it_is_used(store, project, postgresql):
    with store.transaction() as db:
        pid = db.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    with store.transaction() as db:
        other = db.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    assert other == pid  # lent again
    with beside(postgresql) as db:
        db.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 5000)")
    assert store.save(project, Label("Action"), SHAPE).version == 1


def test_a_database_that_goes_away_in_the_midst_of_a_save_takes_it_back(store, project, postgresql):
    saved = store.save(project, Label("Action"), SHAPE)
    with pytest.raises(StoreError, match=f"not saved: {AWAY}"), store.transaction(write=True) as db:
        db.exec_driver_sql("UPDATE labels SET text = 'Heist'")
        pid = db.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with beside(postgresql) as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 5000)")
        db.exec_driver_sql("SELECT 1")
    assert store.labels(project) == [saved]


def test_a_server_that_crashes_has_all_that_it_acknowledged_and_is_found_again():
    if programs() is None:
        pytest.skip("PostgreSQL is not installed here")
    with Throwaway() as server, LabelStore(server.url, timeout=5) as store:
        project = store.project_for("ann", "data")
        saved = store.save(project, Label("Action"), SHAPE)
        server.stop(signal.SIGQUIT)
        for act in (lambda: store.labels(project), lambda: store.remove(project, saved.id, saved.version)):
            with pytest.raises(StoreError, match=AWAY):
                act()
        server.start()
        assert store.labels(project) == [saved]
        assert store.remove(project, saved.id, saved.version).removed


def test_it_keeps_what_it_acknowledged_and_waits_no_longer_than_asked(postgresql):
    with LabelStore(f"{postgresql}%20-csynchronous_commit%3Doff", timeout=2.5) as store, store.transaction() as db:
        settings = [
            db.exec_driver_sql(f"SHOW {name}").scalar() for name in ("synchronous_commit", "lock_timeout", "fsync")
        ]
    assert settings == ["on", "2500ms", "on"]


def test_who_only_reads_waits_for_nobody(store, project, postgresql):
    saved = store.save(project, Label("Action"), SHAPE)
    with store.transaction(write=True) as db:
        db.exec_driver_sql("UPDATE labels SET text = 'Heist'")
        db.exec_driver_sql("SELECT * FROM projects FOR UPDATE")
        assert store.labels(project) == [saved]
        assert len(store.history(project)) == 1
