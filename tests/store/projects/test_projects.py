"""Projects on disk: what was kept is found again, copied, deleted, and changed by two at once."""

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, StoreError
from nmf_core.labels import Label, shape_of
from nmf_core.store import files as files_on_disk
from nmf_core.store.labels import LabelStore
from nmf_core.store.projects import ProjectConflict, Projects
from tests.conftest import random_ratings
from tests.formats.test_native_parquet import assert_same
from tests.store.projects.conftest import A, B, C, files, refer

# --- keeping and finding again ----------------------------------------------------------------------------------


def test_what_was_kept_is_there_after_a_restart(url, kept, project, tmp_path):
    first = kept.keep(project, A, title=" My\tfilms ", settings='{"rank": 3}')
    assert (first.title, first.version, first.settings, first.has_ratings) == ("My films", 1, '{"rank": 3}', True)
    assert (first.n_users, first.n_items, first.n_ratings) == (A.n_users, A.n_items, A.n_ratings)
    second = kept.keep(project, B, version=1)
    assert (second.title, second.version, second.settings) == ("My films", 2, '{"rank": 3}')
    assert first.created == second.created <= first.updated < second.updated
    with LabelStore(url) as again:
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
