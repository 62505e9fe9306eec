"""Whatever fails on the way, what was kept is there: full disks, locks, damaged files, kill -9."""

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

import pytest

import nmf_core
from nmf_core.errors import StoreError
from nmf_core.labels import Label, shape_of
from nmf_core.store import files as files_on_disk
from nmf_core.store.labels import LabelStore
from nmf_core.store.projects import Projects
from tests.conftest import random_ratings
from tests.formats.test_native_parquet import assert_same
from tests.store.conftest import impatient, locked
from tests.store.projects.conftest import A, B, C, files, refer

ROOT = str(Path(nmf_core.__file__).parents[1])


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
def test_a_file_larger_than_the_system_allows(url, kept, project, tmp_path):
    kept.keep(project, A)
    with child(LIMITED, url, f"{tmp_path}/projects", project) as process:
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


def test_a_database_that_is_locked_is_busy_and_nothing_is_lost(url, project, tmp_path, caplog):
    with impatient(url) as store:
        kept = Projects(store, tmp_path / "projects")
        kept.keep(project, A)
        with locked(url):
            for act in (
                lambda: kept.keep(project, B),
                lambda: kept.rename(project, "ann", "x"),
                lambda: kept.duplicate(project, "ann", "x"),
                lambda: kept.delete(project, "ann"),
            ):
                with pytest.raises(StoreError, match="busy, try again"):
                    act()
            assert "The label store was not saved: busy, try again; someone else is saving." in caplog.messages
            intact(kept, project, tmp_path)
        assert [p.name for p in (tmp_path / "projects").iterdir()] == [project]
        assert kept.keep(project, B).version == 2


def test_a_lock_that_comes_before_the_commit_leaves_a_file_too_many_until_the_next_keep(tmp_path):
    with LabelStore(f"sqlite:///{tmp_path}/labels.db", timeout=0.05) as store:
        project, kept = store.project_for("ann", "data"), Projects(store, tmp_path / "projects")
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


def test_the_log_tells_what_an_operator_would_want_to_know_and_nobodys_project(
    kept, project, tmp_path, monkeypatch, caplog
):
    caplog.set_level("DEBUG")
    kept.keep(project, A, title="Films of Ann")
    assert not caplog.records
    (path,) = (tmp_path / "projects" / project).iterdir()
    path.write_bytes(b"x")
    kept.keep(project, A)
    assert caplog.messages == ["a file of kept ratings was damaged or missing, and is written again"]
    caplog.clear()
    path.write_bytes(b"x")
    with pytest.raises(StoreError):
        kept.ratings(project)
    assert caplog.messages == ["a file of kept ratings is damaged"]
    caplog.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", failing(errno.EACCES))
        kept.keep(project, B, origin=B)
    assert set(caplog.messages) == {"files that no project refers to stay on disk: Permission denied"}
    caplog.clear()
    with monkeypatch.context() as patch:
        patch.setattr(files_on_disk, "to_parquet", failing(errno.ENOSPC))
        with pytest.raises(StoreError):
            kept.keep(project, C)
    assert caplog.messages == ["a project was not saved: No space left on device"]
    caplog.clear()
    kept.delete(project, "ann")
    assert not caplog.records
    assert "Films" not in caplog.text and project not in caplog.text


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
def test_every_keep_acknowledged_before_kill_9_is_there_and_opens(url, kept, project, tmp_path):
    for wait in (0.0, 0.003, 0.011, 0.023, 0.041):
        with child(KEEPER, url, f"{tmp_path}/projects", project) as process:
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
