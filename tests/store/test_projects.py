"""Projects on disk: what was kept is there, whatever fails on the way."""

import errno
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

import nmf_core
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, StoreError
from nmf_core.labels import Label, shape_of
from nmf_core.store import files as files_on_disk
from nmf_core.store.labels import LabelStore
from nmf_core.store.projects import ProjectConflict, Projects
from nmf_core.store.tables import projects as table
from tests.conftest import random_ratings
from tests.formats.test_native_parquet import assert_same

A, B, C = (random_ratings(seed) for seed in (1, 2, 3))
ROOT = str(Path(nmf_core.__file__).parents[1])


@pytest.fixture
def store(tmp_path):
    with LabelStore(f"sqlite:///{tmp_path}/labels.db", timeout=5) as opened:
        yield opened


@pytest.fixture
def kept(store, tmp_path):
    return Projects(store, tmp_path / "projects")


@pytest.fixture
def project(store):
    return store.project_for("ann", "data")


def files(tmp_path, project):
    return sorted(path.name for path in (tmp_path / "projects" / project).iterdir())


def refer(store, project, **values):
    with store.transaction(write=True) as db:
        db.execute(sa.update(table).where(table.c.id == project).values(**values))


# --- keeping and finding again ----------------------------------------------------------------------------------


def test_what_was_kept_is_there_after_a_restart(store, kept, project, tmp_path):
    first = kept.keep(project, A, title=" My\tfilms ", settings='{"rank": 3}')
    assert (first.title, first.version, first.settings, first.has_ratings) == ("My films", 1, '{"rank": 3}', True)
    assert (first.n_users, first.n_items, first.n_ratings) == (A.n_users, A.n_items, A.n_ratings)
    second = kept.keep(project, B, version=1)
    assert (second.title, second.version, second.settings) == ("My films", 2, '{"rank": 3}')
    assert first.created == second.created <= first.updated < second.updated
    with LabelStore(f"sqlite:///{tmp_path}/labels.db") as again:
        later = Projects(again, tmp_path / "projects")
        assert later.get(project) == second
        origin, now = later.ratings(project)
    assert_same(origin, A)
    assert_same(now, B)


def test_the_origin_given_is_the_origin_and_older_files_go(kept, project, tmp_path):
    kept.keep(project, B, origin=A)
    assert len(files(tmp_path, project)) == 2
    kept.keep(project, C, origin=A)
    assert len(files(tmp_path, project)) == 2
    origin, now = kept.ratings(project)
    assert_same(origin, A)
    assert_same(now, C)
    kept.keep(project, A)
    assert len(files(tmp_path, project)) == 1
    origin, now = kept.ratings(project)
    assert origin is now


def test_ratings_that_are_stored_are_written_again_only_if_their_file_is_damaged(kept, project, tmp_path):
    kept.keep(project, A)
    (path,) = (tmp_path / "projects" / project).iterdir()
    before = path.stat()
    assert kept.keep(project, A, settings="[1]").settings == "[1]"
    assert path.stat().st_ino == before.st_ino
    whole = path.read_bytes()
    for damaged in (whole[:-100], whole[:40] + bytes([whole[40] ^ 255]) + whole[41:], b""):
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match="is damaged"):
            kept.ratings(project)
        kept.keep(project, A)
        assert_same(kept.ratings(project)[1], A)


def test_notes_and_item_metadata_are_kept_though_the_fingerprint_does_not_know_them(kept, project):
    told = Ratings(A.V, A.users, A.items, A.scale, pd.DataFrame({"g": list("abcdef")}, index=A.items), ("Note.",))
    kept.keep(project, told, origin=A)
    origin, now = kept.ratings(project)
    assert origin.fingerprint == now.fingerprint
    assert_same(origin, A)
    assert_same(now, told)


def test_a_project_without_ratings_says_so(kept, project):
    assert (kept.get(project).has_ratings, kept.get(project).version, kept.get(project).n_ratings) == (False, 0, 0)
    with pytest.raises(StoreError, match="no ratings yet"):
        kept.ratings(project)


@pytest.mark.parametrize("unknown", ["", "guess", "..", "../labels", "a/b", "\x00", "x" * 1000, None, "é"])
def test_an_unknown_id_is_refused_before_it_becomes_a_path(kept, unknown, tmp_path):
    for act in (
        kept.get,
        kept.ratings,
        lambda p: kept.keep(p, A),
        lambda p: kept.rename(p, "ann", "x"),
        lambda p: kept.duplicate(p, "ann", "x"),
        lambda p: kept.delete(p, "ann"),
    ):
        with pytest.raises(StoreError, match="no project"):
            act(unknown)
    assert not (tmp_path / "projects").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"title": ""}, "title"), ({"title": " \u200b"}, "title"), ({"title": "x" * 81}, "at most 80"), ({"title": 3}, "title"),
        ({"settings": "{"}, "settings"), ({"settings": {}}, "settings"), ({"settings": '"' + "x" * 100_000 + '"'}, "settings"),
        ({"settings": '"\ud800"'}, "settings"), ({"version": "1"}, "version"), ({"version": -1}, "version"),
        ({"version": True}, "version"), ({"origin": [[3]]}, "must be Ratings"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(kept, project, given, said):
    with pytest.raises(NmfError, match=said):
        kept.keep(project, A, **given)
    assert kept.get(project).version == 0


def test_no_ratings_are_not_kept(kept, project, tmp_path):
    with pytest.raises(NmfError, match="There are 0 ratings"):
        kept.keep(project, A.keep(np.zeros(A.n_ratings, dtype=bool)))
    assert files(tmp_path, project) == []


# --- lists, titles, copies --------------------------------------------------------------------------------------


def test_an_owner_sees_their_own_latest_first(store, kept):
    one, two = store.project_for("ann", "x"), store.project_for("ann", "y")
    kept.keep(store.project_for("bob", "x"), A)
    kept.keep(two, A)
    kept.keep(one, B)
    assert [p.id for p in kept.of_owner("ann")] == [one, two]
    renamed = kept.rename(two, "ann", "Two\x00 \u202etoo")
    assert (renamed.title, renamed.version) == ("Two� �too", 2)
    assert kept.of_owner("ann") == [renamed, kept.get(one)]
    assert kept.of_owner("nobody") == []
    with pytest.raises(NmfError, match="owner"):
        kept.of_owner("")


def test_only_the_owner_renames_and_deletes(kept, project):
    kept.keep(project, A, title="Mine")
    for act in (lambda: kept.rename(project, "bob", "x"), lambda: kept.delete(project, "bob")):
        with pytest.raises(StoreError, match="belongs to someone else"):
            act()
    assert kept.get(project).title == "Mine"


def test_a_copy_has_ratings_settings_and_live_labels_and_goes_its_own_way(store, kept, project, tmp_path):
    kept.keep(project, B, origin=A, title="Mine", settings="{}")
    first = store.save(project, Label("Action"), shape_of(["x"], [1]))
    gone = store.save(project, Label("Gone"), shape_of(["y"], [1]))
    store.remove(project, gone.id, gone.version)
    copy = kept.duplicate(project, "bob", "Copy")
    assert copy.id != project and len(copy.id) >= 22
    assert (copy.owner, copy.title, copy.settings, copy.n_ratings, copy.version) == (
        "bob",
        "Copy",
        "{}",
        B.n_ratings,
        1,
    )
    (label,) = store.labels(copy.id)
    assert (label.label, label.shape) == (first.label, first.shape)
    assert store.undo(copy.id) is None
    store.save(copy.id, Label("Heist"), label.shape, label_id=label.id, version=label.version)
    assert store.undo(copy.id).label.text == "Action"
    kept.keep(project, C)
    kept.delete(project, "ann")
    origin, now = kept.ratings(copy.id)
    assert_same(origin, A)
    assert_same(now, B)
    assert not (tmp_path / "projects" / project).exists()
    assert kept.duplicate(copy.id, "bob", "Copy").id != copy.id


def test_a_project_without_ratings_can_be_copied(store, kept, project, tmp_path):
    store.save(project, Label("Action"), shape_of(["x"], [1]))
    copy = kept.duplicate(project, "ann", "Copy")
    assert not copy.has_ratings and len(store.labels(copy.id)) == 1
    assert not (tmp_path / "projects").exists()


def test_without_hard_links_a_copy_is_made_too(kept, project, monkeypatch):
    def no_links(self, target):
        raise PermissionError(1, "Operation not permitted")

    kept.keep(project, A)
    monkeypatch.setattr(Path, "hardlink_to", no_links)
    assert_same(kept.ratings(kept.duplicate(project, "ann", "Copy").id)[1], A)


def test_a_damaged_project_is_not_copied_and_nothing_is_left_of_the_try(kept, project, tmp_path):
    kept.keep(project, A)
    (path,) = (tmp_path / "projects" / project).iterdir()
    for damage, said in ((lambda: path.write_bytes(path.read_bytes()[:-9]), "is damaged"), (path.unlink, "is missing")):
        damage()
        with pytest.raises(StoreError, match=f"{path.name} {said}"):
            kept.duplicate(project, "ann", "Copy")
    assert [p.id for p in kept.of_owner("ann")] == [project]
    assert [p.name for p in (tmp_path / "projects").iterdir()] == [project]


def test_deleting_takes_rows_and_files(store, kept, project, tmp_path):
    kept.keep(project, B, origin=A)
    saved = store.save(project, Label("Action"), shape_of(["x"], [1]))
    store.remove(project, saved.id, saved.version)
    kept.delete(project, "ann")
    assert list((tmp_path / "projects").iterdir()) == []
    with pytest.raises(StoreError, match="no project"):
        store.history(project)
    assert kept.of_owner("ann") == []


def test_a_file_that_cannot_be_removed_is_not_fatal(kept, project, tmp_path, monkeypatch):
    def stays(self, missing_ok=False):
        raise PermissionError(errno.EACCES, "Permission denied")

    kept.keep(project, A)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", stays)
        kept.keep(project, B, origin=B)
        assert len(files(tmp_path, project)) == 2
        kept.delete(project, "ann")
    assert kept.of_owner("ann") == []


def test_what_is_not_ours_is_left_alone(kept, project, tmp_path):
    kept.keep(project, A)
    home = tmp_path / "projects" / project
    (home / "notes.txt").write_text("x")
    (home / ".hidden").write_text("x")
    kept.keep(project, B, origin=B)
    assert {"notes.txt", ".hidden"} < set(files(tmp_path, project))
    kept.delete(project, "ann")
    assert files(tmp_path, project) == [".hidden", "notes.txt"]


def test_a_folder_that_is_a_link_and_a_name_that_is_a_path_are_not_followed(store, kept, project, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "projects").mkdir()
    (tmp_path / "projects" / project).symlink_to(outside, target_is_directory=True)
    with pytest.raises(StoreError, match="link to elsewhere"):
        kept.keep(project, A)
    assert list(outside.iterdir()) == []
    (tmp_path / "projects" / project).unlink()
    kept.keep(project, A)
    refer(store, project, ratings="../../labels")
    with pytest.raises(StoreError, match="none of ours"):
        kept.ratings(project)


# --- two at once ------------------------------------------------------------------------------------------------


def test_a_change_that_the_person_has_not_seen_is_a_conflict_and_nothing_is_lost(kept, project, tmp_path):
    kept.keep(project, A, title="Films")
    stored = kept.keep(project, B, version=1)
    before = files(tmp_path, project)
    with pytest.raises(
        ProjectConflict, match=r"'Films' was changed meanwhile \(you saw version 1, version 2"
    ) as caught:
        kept.keep(project, C, version=1, title="Other")
    assert caught.value.theirs == stored == kept.get(project)
    assert files(tmp_path, project) == before
    assert_same(kept.ratings(project)[1], B)
    assert kept.keep(project, C, version=caught.value.theirs.version).version == 3


def test_a_conflict_that_comes_while_the_file_is_written(kept, project, tmp_path, monkeypatch):
    kept.keep(project, A)
    write = files_on_disk.write_aside

    def slow(home, ratings):
        monkeypatch.setattr(files_on_disk, "write_aside", write)
        kept.keep(project, B, version=1)
        return write(home, ratings)

    monkeypatch.setattr(files_on_disk, "write_aside", slow)
    with pytest.raises(ProjectConflict):
        kept.keep(project, C, version=1)
    assert_same(kept.ratings(project)[1], B)
    assert len(files(tmp_path, project)) == 2


def test_a_file_that_another_keep_removed_is_written_again(kept, project, monkeypatch):
    kept.keep(project, A)
    make = files_on_disk.make_folder

    def meanwhile(home):
        monkeypatch.setattr(files_on_disk, "make_folder", make)
        kept.keep(project, B, origin=B)  # A is referred to no more

    whole = files_on_disk.is_whole
    monkeypatch.setattr(files_on_disk, "is_whole", lambda path: whole(path) and (meanwhile(path) or True))
    kept.keep(project, A)
    origin, now = kept.ratings(project)
    assert_same(origin, B)
    assert_same(now, A)


@pytest.mark.parametrize("versioned", [False, True])
def test_threads_that_keep_at_once_never_leave_a_row_without_its_file(kept, project, tmp_path, versioned):
    kept.keep(project, A)

    def keep(seed):
        try:
            version = kept.get(project).version if versioned else None
            kept.keep(project, random_ratings(seed % 5), version=version)
            kept.ratings(project)
            return 1
        except ProjectConflict:
            return 0

    with ThreadPoolExecutor(4) as pool:
        n_kept = sum(pool.map(keep, range(40)))
    assert kept.get(project).version == 1 + n_kept
    assert n_kept == 40 or versioned
    kept.ratings(project)
    assert len(files(tmp_path, project)) <= 2


# --- faults -----------------------------------------------------------------------------------------------------


def intact(kept, project, tmp_path):
    """Version 1 with A, and nothing else."""
    assert kept.get(project).version == 1
    assert_same(kept.ratings(project)[1], A)
    assert len([name for name in files(tmp_path, project) if name.startswith(".")]) == 0


def failing(number):
    def fail(*args, **rest):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("where", "name"),
    [(files_on_disk, "to_parquet"), (files_on_disk.os, "fsync"), (Path, "replace"), (files_on_disk, "sync")],
)
@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "not saved: disk full. Make room"), (errno.EFBIG, "disk full"), (errno.EACCES, "Permission denied"),
     (errno.EROFS, "Read-only file system. See that the folder 'projects'"), (errno.EIO, "not saved: ")],
)  # fmt: skip
def test_a_step_that_fails_is_said_and_the_version_before_is_intact(
    kept, project, tmp_path, monkeypatch, where, name, number, said
):
    kept.keep(project, A)
    with monkeypatch.context() as patch:
        patch.setattr(where, name, failing(number))
        with pytest.raises(StoreError, match=said):
            kept.keep(project, B)
    intact(kept, project, tmp_path)
    assert kept.keep(project, B, version=1).version == 2


def test_a_disk_that_fills_up_midway(kept, project, tmp_path, monkeypatch):
    kept.keep(project, A)
    opened = Path.open

    class Full:
        def __init__(self, file):
            self.file, self.written = file, 0

        def __getattr__(self, name):
            return getattr(self.file, name)

        def __enter__(self):
            return self

        def __exit__(self, *what):
            self.file.close()

        def write(self, data):
            self.written += len(data)
            if self.written > 500:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(data)

    with monkeypatch.context() as patch:
        patch.setattr(
            Path, "open", lambda self, mode="r": Full(opened(self, mode)) if "x" in mode else opened(self, mode)
        )
        with pytest.raises(StoreError, match="not saved: disk full"):
            kept.keep(project, B)
    intact(kept, project, tmp_path)


LIMITED = """
import resource, signal, sys
from pathlib import Path
from nmf_core.store.labels import LabelStore
from nmf_core.store.projects import Projects
from tests.conftest import random_ratings
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = LabelStore(sys.argv[1])
projects = Projects(store, Path(sys.argv[2]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    projects.keep(sys.argv[3], random_ratings(0, 900, 900, 0.5))
except Exception as e:
    print(type(e).__name__, e)
"""


def child(code, *arguments):
    environment = {**os.environ, "PYTHONPATH": ROOT}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on this system")
def test_a_file_larger_than_the_system_allows(kept, project, tmp_path):
    kept.keep(project, A)
    with child(LIMITED, f"sqlite:///{tmp_path}/labels.db", f"{tmp_path}/projects", project) as process:
        said = process.stdout.read()
    assert said.startswith("StoreError The project was not saved: disk full")
    intact(kept, project, tmp_path)


def test_a_folder_that_cannot_be_made(store, project, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="not saved"):
        Projects(store, tmp_path / "file" / "projects").keep(project, A)
    assert not Projects(store, tmp_path / "file").get(project).has_ratings


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may write everywhere")
def test_a_folder_that_may_only_be_read(kept, project, tmp_path):
    kept.keep(project, A)
    home = tmp_path / "projects" / project
    home.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="not saved: Permission denied"):
            kept.keep(project, B)
    finally:
        home.chmod(0o700)
    intact(kept, project, tmp_path)


def test_a_database_that_is_locked_is_busy_and_nothing_is_lost(project, tmp_path):
    with LabelStore(f"sqlite:///{tmp_path}/labels.db", timeout=0.05) as store:
        kept = Projects(store, tmp_path / "projects")
        kept.keep(project, A)
        other = sqlite3.connect(tmp_path / "labels.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for act in (
            lambda: kept.keep(project, B),
            lambda: kept.rename(project, "ann", "x"),
            lambda: kept.duplicate(project, "ann", "x"),
            lambda: kept.delete(project, "ann"),
        ):
            with pytest.raises(StoreError, match="busy, try again"):
                act()
        intact(kept, project, tmp_path)
        other.execute("ROLLBACK")
        other.close()
        assert [p.name for p in (tmp_path / "projects").iterdir()] == [project]
        assert kept.keep(project, B).version == 2


def test_a_lock_that_comes_before_the_commit_leaves_a_file_too_many_until_the_next_keep(project, tmp_path):
    with LabelStore(f"sqlite:///{tmp_path}/labels.db", timeout=0.05) as store:
        kept = Projects(store, tmp_path / "projects")
        kept.keep(project, A)
        reader = sqlite3.connect(tmp_path / "labels.db", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM projects").fetchall()
        with pytest.raises(StoreError, match="busy, try again"):
            kept.keep(project, B)
        reader.close()
        intact(kept, project, tmp_path)
        assert len(files(tmp_path, project)) == 2
        kept.keep(project, C, origin=C)
        assert len(files(tmp_path, project)) == 1


def test_files_left_aside_go_after_an_hour(kept, project, tmp_path):
    kept.keep(project, A)
    home = tmp_path / "projects" / project
    old, new = home / f".{'0' * 16}.part", home / f".{'1' * 16}.part"
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 4000,) * 2)
    kept.keep(project, B)
    assert new.exists() and not old.exists()


def test_a_damaged_or_missing_file_is_said_and_left_and_labels_still_work(store, kept, project, tmp_path):
    kept.keep(project, A)
    (path,) = (tmp_path / "projects" / project).iterdir()
    whole = path.read_bytes()
    for content in (b"", b"x", whole[:100], whole[:-1], b"PAR1" + bytes(200) + whole[204:], whole + b"x"):
        path.write_bytes(content)
        with pytest.raises(StoreError, match=f"{path.name} is damaged.*Put back a backup") as caught:
            kept.ratings(project)
        assert str(tmp_path) not in str(caught.value)
        assert path.read_bytes() == content
    path.unlink()
    with pytest.raises(StoreError, match=f"{path.name} cannot be opened"):
        kept.ratings(project)
    assert kept.get(project).has_ratings
    assert store.save(project, Label("Action"), shape_of(["x"], [1])).version == 1
    other = kept.keep(store.project_for("ann", "other"), B)
    (foreign,) = (tmp_path / "projects" / other.id).iterdir()
    path.write_bytes(foreign.read_bytes())
    with pytest.raises(StoreError, match="holds other ratings"):
        kept.ratings(project)


def test_a_row_edited_by_hand_is_said_to_be_damaged(store, kept, project):
    kept.keep(project, A, title="Films")
    refer(store, project, updated="yesterday")
    for act in (lambda: kept.get(project), lambda: kept.of_owner("ann")):
        with pytest.raises(StoreError, match="The project 'Films' in the store is damaged"):
            act()


def test_reading_while_others_keep(kept, project):
    kept.keep(project, A)
    stop = threading.Event()

    def keep():
        seed = 0
        while not stop.is_set():
            seed += 1
            kept.keep(project, random_ratings(seed % 7))

    with ThreadPoolExecutor(1) as pool:
        keeping = pool.submit(keep)
        for _ in range(40):
            kept.ratings(project)
        stop.set()
        keeping.result()


KEEPER = """
import sys
from pathlib import Path
import numpy as np
from nmf_core.store.labels import LabelStore
from nmf_core.store.projects import Projects
from nmf_core.data.ratings import Ratings
store = LabelStore(sys.argv[1])
projects = Projects(store, Path(sys.argv[2]))
rng = np.random.default_rng(0)
users, items = rng.integers(0, 500, 20_000), rng.integers(0, 300, 20_000)
for k in range(100_000):
    ratings = Ratings.from_cells(users, items, np.full(20_000, float(k)), scale=(0, 1e6))
    kept = projects.keep(sys.argv[3], ratings, settings=str(k))
    print(k, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_every_keep_acknowledged_before_kill_9_is_there_and_opens(store, kept, project, tmp_path):
    for wait in (0.0, 0.003, 0.011, 0.023, 0.041):
        with child(KEEPER, f"sqlite:///{tmp_path}/labels.db", f"{tmp_path}/projects", project) as process:
            for _ in range(3):
                process.stdout.readline()
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)  # while it is at the next keep
            last = max([int(line) for line in process.stdout.read().split("\n")[:-1]], default=2)
        _, now = kept.ratings(project)
        k = json.loads(kept.get(project).settings)
        assert k in (last, last + 1)  # the one it was at may have been finished just before its acknowledgement
        assert set(now.V.data.tolist()) == {float(k)}
    kept.keep(project, A, origin=A)
    assert len([name for name in files(tmp_path, project) if name.endswith(".parquet")]) == 1
