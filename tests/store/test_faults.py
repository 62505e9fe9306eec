"""Each fault gets a sentence and leaves the file as it was."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

import nmf_core.labels
from nmf_core.errors import StoreError
from nmf_core.labels import Label, shape_of
from nmf_core.store import database as database_module
from nmf_core.store import migrations
from nmf_core.store.labels import LabelStore
from tests.store.conftest import impatient, locked

SHAPE = shape_of(["x", "y"], [2, 1])
SAVER = """
import sys
from nmf_core.labels import Label, shape_of
from nmf_core.store.labels import LabelStore
items = [f"item {k}" for k in range(2000)]
store = LabelStore(sys.argv[1])
project = store.project_for("ann", "data")
print(project, flush=True)
saved = store.save(project, Label("0"), shape_of(items, range(2000)))
for k in range(1, 100_000):
    saved = store.save(project, Label(f"{k}", note=f"{k} " * 400), saved.shape, label_id=saved.id, version=saved.version)
    print(k, flush=True)
"""


@pytest.fixture
def path(tmp_path):
    """A store's file with one label."""
    with LabelStore(f"sqlite:///{tmp_path}/labels.db") as store:
        store.save(store.project_for("ann", "data"), Label("Action"), SHAPE)
    return tmp_path / "labels.db"


def opened(path, **options):
    return LabelStore(f"sqlite:///{path}", **options)


def refused(path, said):
    """The file is refused with this sentence, and is afterwards as it was."""
    before = path.read_bytes()
    with pytest.raises(StoreError, match=said) as caught:
        opened(path, timeout=0.1)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    return str(caught.value)


def test_an_empty_file_is_not_taken_for_no_labels(tmp_path):
    path = tmp_path / "labels.db"
    path.touch()
    assert "remove the file" in refused(path, "empty file, which is not the same as no labels")


@pytest.mark.parametrize("content", [b"x", b"user,item,rating\n" * 1000, b"PK\x03\x04" + bytes(5000), bytes(8192)])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "labels.db"
    path.write_bytes(content)
    refused(path, "damaged or is not an SQLite database")


def test_the_database_of_another_program_is_refused(tmp_path):
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE projects (id)")
    connection.close()
    refused(path, "another program")


def test_a_store_of_a_later_version_is_refused(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    refused(path, "has version 9 of its tables")


# The tables as schema 1 had them, with a project, a label and its history.
SCHEMA_1 = """
PRAGMA application_id = 0x4C4C4E53;
PRAGMA user_version = 1;
CREATE TABLE projects (id VARCHAR(40) NOT NULL, owner VARCHAR(200) NOT NULL, data_key VARCHAR(200) NOT NULL,
    created VARCHAR(40) NOT NULL, PRIMARY KEY (id), UNIQUE (owner, data_key));
CREATE TABLE labels (id INTEGER NOT NULL, project VARCHAR(40) NOT NULL, version INTEGER NOT NULL, text TEXT NOT NULL,
    kind TEXT NOT NULL, note TEXT NOT NULL, colour TEXT NOT NULL, author TEXT NOT NULL, shape TEXT NOT NULL,
    removed BOOLEAN NOT NULL, updated VARCHAR(40) NOT NULL, PRIMARY KEY (id), FOREIGN KEY(project) REFERENCES projects (id));
CREATE INDEX ix_labels_project ON labels (project);
CREATE TABLE label_history (entry INTEGER NOT NULL, label_id INTEGER NOT NULL, action VARCHAR(10) NOT NULL, undoes INTEGER,
    project VARCHAR(40) NOT NULL, version INTEGER NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL, note TEXT NOT NULL,
    colour TEXT NOT NULL, author TEXT NOT NULL, shape TEXT NOT NULL, removed BOOLEAN NOT NULL, updated VARCHAR(40) NOT NULL,
    PRIMARY KEY (entry), FOREIGN KEY(label_id) REFERENCES labels (id), FOREIGN KEY(project) REFERENCES projects (id));
CREATE INDEX ix_label_history_project ON label_history (project);
INSERT INTO projects VALUES ('abcdefghijklmnopqrstuv', 'ann', 'data', '2026-11-24T10:00:00+00:00');
INSERT INTO labels VALUES (1, 'abcdefghijklmnopqrstuv', 1, 'Action', 'genre', '', '', 'ann',
    '{"items": ["x", "y"], "weights": [1.0, 0.5]}', 0, '2026-11-24T10:00:01+00:00');
INSERT INTO label_history VALUES (1, 1, 'save', NULL, 'abcdefghijklmnopqrstuv', 1, 'Action', 'genre', '', '', 'ann',
    '{"items": ["x", "y"], "weights": [1.0, 0.5]}', 0, '2026-11-24T10:00:01+00:00');
"""


@pytest.fixture
def schema_1(tmp_path):
    connection = sqlite3.connect(tmp_path / "labels.db")
    connection.executescript(SCHEMA_1)
    connection.close()
    return tmp_path / "labels.db"


def described(path):
    """user_version, and the columns of projects."""
    connection = sqlite3.connect(path)
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    columns = [
        (name, kind, notnull) for _, name, kind, notnull, _, _ in connection.execute("PRAGMA table_info(projects)")
    ]
    connection.close()
    return version, columns


def test_a_store_of_schema_1_opens_with_all_it_has_and_becomes_one_of_schema_2(schema_1, tmp_path):
    with opened(schema_1) as store:
        project = store.project_for("ann", "data")
        assert project == "abcdefghijklmnopqrstuv"
        assert [s.label for s in store.labels(project)] == [Label("Action", kind="genre", author="ann")]
        assert store.labels(project)[0].shape == SHAPE
        assert store.history(project)["action"].tolist() == ["save"]
        assert store.undo(project).removed
    with opened(tmp_path / "new.db"):
        pass
    assert described(schema_1) == described(tmp_path / "new.db")
    connection = sqlite3.connect(schema_1)  # as a server that still runs the old program does
    connection.execute("INSERT INTO projects (id, owner, data_key, created) VALUES ('o', 'bob', 'x', '2026-11-24')")
    connection.commit()
    connection.close()


def test_bringing_a_store_up_to_date_happens_whole_or_not_at_all(schema_1, monkeypatch):
    before = schema_1.read_bytes()
    first, *others = migrations.STEPS

    def fail_after(db):
        first.run(db)
        db.exec_driver_sql("PRAGMA query_only = ON")
        db.exec_driver_sql("CREATE TABLE more (x)")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "STEPS", (replace(first, run=fail_after), *others))
        refused(schema_1, "brought up to date")
    assert schema_1.read_bytes() == before
    assert opened(schema_1).labels("abcdefghijklmnopqrstuv")


def test_two_that_open_a_store_of_schema_1_at_once_both_can(schema_1):
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: opened(schema_1, timeout=60), range(8)))
    assert all(len(store.labels("abcdefghijklmnopqrstuv")) == 1 for store in stores)


@pytest.mark.parametrize("size", [1, 50, 100, 600, 4096, 10_000])
def test_a_truncated_file_is_refused(path, size):
    path.write_bytes(path.read_bytes()[:size])
    refused(path, "damaged")


def test_damage_inside_the_file_is_refused(path):
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    refused(path, "damaged")


def test_damage_while_the_store_is_open_is_said(path):
    store = opened(path)
    project = store.project_for("ann", "data")
    path.write_bytes(b"\xa5" * 50_000)
    for act in (lambda: store.labels(project), lambda: store.save(project, Label("x"), SHAPE)):
        with pytest.raises(StoreError, match="damaged"):
            act()
    assert path.read_bytes() == b"\xa5" * 50_000


def test_a_label_that_someone_edited_by_hand_is_said_to_be_damaged(path):
    store = opened(path)
    project = store.project_for("ann", "data")
    for edit in ("text = ''", "shape = '{'", "updated = 'yesterday'"):
        connection = sqlite3.connect(path)
        connection.execute(f"UPDATE labels SET {edit}")
        connection.commit()
        connection.close()
        with pytest.raises(StoreError, match="Label 1 in the store is damaged"):
            store.labels(project)


def test_a_database_that_disappears_is_reported_and_not_made_anew(path):
    store = opened(path)
    project = store.project_for("ann", "data")
    path.unlink()
    with pytest.raises(StoreError, match="cannot be opened"):
        store.save(project, Label("x"), SHAPE)
    assert not path.exists()


def test_a_journal_without_its_database_is_not_played_into_a_new_one(tmp_path):
    (tmp_path / "labels.db-journal").write_bytes(b"x" * 600)
    with pytest.raises(StoreError, match="missing, but its journal"):
        opened(tmp_path / "labels.db")
    assert [p.name for p in tmp_path.iterdir()] == ["labels.db-journal"]


@pytest.mark.parametrize("name", ["a b.db", "a%b.db", "a#b.db", "é 🎬.db", "007"])
def test_unusual_file_names_work(tmp_path, name):
    with opened(tmp_path / "ö ü" / name) as store:
        store.project_for("ann", "data")
    assert [p.name for p in (tmp_path / "ö ü").iterdir()] == [name]


@pytest.mark.parametrize(
    "url",
    ["", "labels.db", "sqlite:/labels.db", "nosuch://x", "postgresql+nosuch://u:secret@h/d", "sqlite:///a\x00b",
     "sqlite:///labels.db?mode=memory", None, 3],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_refused_without_its_password(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="address") as caught:
        LabelStore(url)
    assert "secret" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(StoreError, match="cannot be opened"):
        opened(tmp_path)


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be opened or made"):
        opened(tmp_path / "file" / "labels.db")


def test_without_hard_links_a_new_store_is_made_too_and_never_over_another(tmp_path, monkeypatch):
    def no_links(self, target):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    with opened(tmp_path / "labels.db") as store:
        project = store.project_for("ann", "data")
    fresh = tmp_path / "fresh"
    fresh.write_text("x")
    with pytest.raises(FileExistsError):
        database_module._put_in_place(fresh, tmp_path / "labels.db")
    with opened(tmp_path / "labels.db") as store:
        assert store.project_for("ann", "data") == project


def test_somebody_who_saves_beyond_the_timeout_is_busy_and_then_it_works(url):
    with impatient(url) as store:
        project = store.project_for("ann", "data")
        saved = store.save(project, Label("Action"), SHAPE)
        with locked(url):
            for act in (
                lambda: store.save(project, Label("Heist"), SHAPE, label_id=saved.id, version=saved.version),
                lambda: store.remove(project, saved.id, saved.version),
                lambda: store.undo(project),
            ):
                with pytest.raises(StoreError, match="not saved: busy, try again"):
                    act()
            assert store.labels(project) == [saved] and len(store.history(project)) == 1
        assert store.remove(project, saved.id, saved.version).removed


def test_a_file_locked_beyond_the_timeout_is_busy_and_then_works(path):
    store = opened(path, timeout=0.05)
    project = store.project_for("ann", "data")
    (saved,) = store.labels(project)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for act in (
        lambda: store.labels(project),
        lambda: store.remove(project, saved.id, saved.version),
        lambda: opened(path, timeout=0.05),
    ):
        with pytest.raises(StoreError, match="busy, try again"):
            act()
    other.execute("ROLLBACK")
    other.close()
    assert store.remove(project, saved.id, saved.version).removed


def test_a_reader_that_holds_up_the_commit_is_busy_and_nothing_is_saved(path):
    store = opened(path, timeout=0.05)
    project = store.project_for("ann", "data")
    before = store.labels(project)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM labels").fetchall()
    with pytest.raises(StoreError, match="not saved: busy, try again"):
        store.remove(project, before[0].id, before[0].version)
    reader.close()
    assert store.labels(project) == before
    assert len(store.history(project)) == 1


def test_a_lock_that_goes_in_time_is_waited_for(path):
    store = opened(path, timeout=10)
    project = store.project_for("ann", "data")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    threading.Timer(0.2, other.execute, ["ROLLBACK"]).start()
    assert len(store.labels(project)) == 1
    other.close()


def test_a_store_in_memory_that_is_in_use_is_busy():
    with LabelStore("sqlite://", timeout=0.05) as store:
        held = store._engine.connect()
        with pytest.raises(StoreError, match="busy, try again"):
            store.project_for("ann", "data")
        held.close()


def test_a_full_disk_is_said_and_what_was_saved_stays(path):
    store = opened(path)
    project = store.project_for("ann", "data")
    before = store.labels(project)

    @event.listens_for(store._engine, "begin")
    def no_room(db):
        db.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite keeps it at the present size: no page can be added

    big = shape_of([f"item {k} {'x' * 100}" for k in range(200)], range(200))
    with pytest.raises(StoreError, match="not saved: disk full"):
        store.save(project, Label("Heist"), big)
    assert store.labels(project) == before
    event.remove(store._engine, "begin", no_room)
    assert store.save(project, Label("Heist"), big).version == 1


def test_a_file_that_may_only_be_read_can_be_read_and_says_why_it_cannot_be_saved(path):
    store = opened(path)
    project = store.project_for("ann", "data")

    @event.listens_for(store._engine, "begin")
    def read_only(db):
        db.exec_driver_sql("PRAGMA query_only = ON")

    with pytest.raises(StoreError, match="not saved: the file may only be read"):
        store.save(project, Label("Heist"), shape_of(["z"], [1]))
    assert len(store.labels(project)) == 1


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize("acknowledged", [1, 20])
def test_every_save_acknowledged_before_kill_9_is_there_and_none_half_written(url, acknowledged):
    root = str(Path(nmf_core.labels.__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", SAVER, url],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": root},
    )
    project = process.stdout.readline().strip()
    for _ in range(acknowledged):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)  # while it is at the next save
    told = [int(line) for line in process.stdout.read().split("\n")[:-1]]  # read whole lines up to the end
    process.wait()
    process.stdout.close()
    last = max(told, default=acknowledged)
    with LabelStore(url) as store:
        (saved,) = store.labels(project)
        history = store.history(project)
    k = int(saved.label.text)
    assert k in (last, last + 1)  # the one it was at may have been finished just before its acknowledgement
    assert saved.label.note == (f"{k} " * 400).strip()
    assert saved.version == k + 1
    assert history["version"].tolist() == list(range(1, k + 2))
