import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import nmf_core.labels
from nmf_core.errors import NmfError, StoreError
from nmf_core.labels import Label, shape_of
from nmf_core.store.database import transaction
from nmf_core.store.labels import LabelConflict, LabelStore

ITEMS = [f"item {k}" for k in range(100)]


def shape(k):
    """Shapes with different k share no item."""
    return shape_of(ITEMS, [float(i == k % 100) for i in range(100)])


@pytest.fixture(params=["file", "memory", "postgresql"])
def store(request, tmp_path):
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql")
    else:
        url = f"sqlite:///{tmp_path}/deep/er/labels.db" if request.param == "file" else "sqlite://"
    # SQLite queues nobody: on a slow disk one of several threads may be passed over for seconds, and is to wait.
    with LabelStore(url, timeout=60) as opened:
        yield opened


@pytest.fixture
def project(store):
    return store.project_for("ann", "data")


def test_a_label_is_read_back_as_it_was_saved(store, project):
    label = Label("Äction 🎬", kind="genre", note="a\nb", colour="#00ff00", author="ann")
    saved = store.save(project, label, shape(1))
    assert store.labels(project) == [saved]
    assert (saved.label, saved.shape, saved.version, saved.removed) == (label, shape(1), 1, False)
    assert saved.updated.utcoffset().total_seconds() == 0


def test_labels_and_projects_outlive_the_store(url, tmp_path):
    with LabelStore(url) as store:
        project = store.project_for("ann", "data")
        saved = store.save(project, Label("Action"), shape(1))
    with LabelStore(url) as store:
        assert store.project_for("ann", "data") == project
        assert store.labels(project) == [saved]
    assert [p.name for p in tmp_path.iterdir()] == (["labels.db"] if url.startswith("sqlite") else [])


def test_each_owner_and_data_have_a_project_of_their_own_with_an_id_nobody_can_guess(store):
    ids = {store.project_for(owner, data) for owner in ("ann", "bob") for data in ("x", "y")}
    assert len(ids) == 4
    assert min(map(len, ids)) >= 22  # 16 random bytes
    assert store.project_for("ann", "x") in ids


def test_a_project_reaches_its_own_labels_only(store, project):
    saved = store.save(project, Label("Action"), shape(1))
    other = store.project_for("bob", "data")
    assert store.labels(other) == []
    assert store.history(other).empty
    assert store.undo(other) is None
    for act in (
        lambda: store.remove(other, saved.id, saved.version),
        lambda: store.save(other, Label("Mine"), shape(1), label_id=saved.id, version=saved.version),
    ):
        with pytest.raises(StoreError, match="no label"):
            act()
    store.save(other, Label("Mine"), shape(1))
    assert store.labels(project) == [saved]


@pytest.mark.parametrize("unknown", ["", "guess", "%", "a' OR 1=1 --", "\ud800", "x\x00", "é", "x" * 10_000, None])
def test_an_unknown_project_is_refused(store, unknown):
    for act in (
        store.labels,
        store.history,
        store.undo,
        lambda p: store.save(p, Label("x"), shape(1)),
        lambda p: store.remove(p, 1, 1),
    ):
        with pytest.raises(StoreError, match="no project"):
            act(unknown)


@pytest.mark.parametrize("key", ["", None, "x" * 201, "a\x00", "\ud800"])
def test_an_owner_or_data_key_that_is_no_text_is_refused(store, key):
    with pytest.raises(NmfError, match="owner"):
        store.project_for(key, "data")
    with pytest.raises(NmfError, match="data key"):
        store.project_for("ann", key)


def test_a_change_is_a_new_version_of_the_same_label(store, project):
    first = store.save(project, Label("Action"), shape(1))
    second = store.save(project, Label("Heist"), shape(2), label_id=first.id, version=first.version)
    assert (second.id, second.version) == (first.id, 2)
    assert store.labels(project) == [second]


def test_the_second_of_two_tabs_sees_both_versions_and_can_choose(store, project):
    first = store.save(project, Label("Action"), shape(1))
    theirs = store.save(project, Label("Heist", author="bob"), shape(1), label_id=first.id, version=1)
    with pytest.raises(LabelConflict, match="bob saved the label 'Heist' meanwhile") as caught:
        store.save(project, Label("Guns"), shape(1), label_id=first.id, version=1)
    assert (caught.value.mine, caught.value.theirs) == (Label("Guns"), theirs)
    assert store.labels(project) == [theirs]
    with pytest.raises(LabelConflict) as caught:
        store.remove(project, first.id, 1)
    assert caught.value.mine is None
    store.save(project, Label("Guns"), shape(1), label_id=theirs.id, version=caught.value.theirs.version)
    assert [s.label.text for s in store.labels(project)] == ["Guns"]


def test_two_tabs_that_both_name_an_unnamed_feature_conflict_too(store, project):
    theirs = store.save(project, Label("Action"), shape(1))
    with pytest.raises(LabelConflict) as caught:
        store.save(project, Label("Guns"), shape(1))
    assert caught.value.theirs == theirs
    store.save(project, Label("Guns"), shape(1), beside=[theirs.id])
    store.save(project, Label("Story"), shape(2))
    assert [s.label.text for s in store.labels(project)] == ["Action", "Guns", "Story"]


def test_a_label_removed_meanwhile_can_be_brought_back_by_saving_it(store, project):
    first = store.save(project, Label("Action"), shape(1))
    gone = store.remove(project, first.id, first.version)
    assert gone.removed
    assert store.labels(project) == []
    with pytest.raises(LabelConflict, match="removed the label 'Action' meanwhile") as caught:
        store.save(project, Label("Guns"), shape(1), label_id=first.id, version=first.version)
    assert caught.value.theirs == gone
    back = store.save(project, Label("Guns"), shape(1), label_id=gone.id, version=gone.version)
    assert store.labels(project) == [back]


@pytest.mark.parametrize(("label_id", "version"), [(1, None), (None, 1)])
def test_label_id_and_version_go_together(store, project, label_id, version):
    with pytest.raises(NmfError, match="both or neither"):
        store.save(project, Label("x"), shape(1), label_id=label_id, version=version)


@pytest.mark.parametrize("label_id", [0, -1, 2**70, "1", True, 1.5])
def test_a_label_id_that_is_none_is_refused(store, project, label_id):
    with pytest.raises(NmfError):
        store.remove(project, label_id, 1)


def test_a_feature_without_weight_cannot_be_named(store, project):
    with pytest.raises(NmfError, match="could not be recognised"):
        store.save(project, Label("x"), shape_of(["x"], [0]))


def test_history_keeps_every_change_in_order(store, project):
    assert store.history(project).empty
    a = store.save(project, Label("Action", author="ann"), shape(1))
    b = store.save(project, Label("Story", author="bob"), shape(2))
    a = store.save(project, Label("Heist", author="bob"), shape(1), label_id=a.id, version=a.version)
    store.remove(project, b.id, b.version)
    store.undo(project)
    frame = store.history(project)
    assert frame["action"].tolist() == ["save", "save", "save", "remove", "undo"]
    assert frame["text"].tolist() == ["Action", "Story", "Heist", "Story", "Story"]
    assert frame["version"].tolist() == [1, 1, 2, 2, 3]
    assert frame["author"].tolist() == ["ann", "bob", "bob", "bob", "bob"]
    assert frame["removed"].tolist() == [False, False, False, True, False]
    assert frame["undone"].tolist() == [False, False, False, True, False]
    assert frame["updated"].is_monotonic_increasing
    assert str(frame["updated"].dt.tz) == "UTC"


def test_undo_goes_back_step_by_step_to_the_empty_project(store, project):
    a = store.save(project, Label("Action"), shape(1))
    b = store.save(project, Label("Story"), shape(2))
    store.save(project, Label("Heist"), shape(3), label_id=a.id, version=a.version)
    store.remove(project, b.id, b.version)

    def texts():
        return [(s.label.text, s.shape.items[0]) for s in store.labels(project)]

    assert texts() == [("Heist", "item 3")]
    assert store.undo(project).label.text == "Story"
    assert texts() == [("Heist", "item 3"), ("Story", "item 2")]
    assert store.undo(project).label.text == "Action"
    assert texts() == [("Action", "item 1"), ("Story", "item 2")]
    assert store.undo(project).removed
    assert texts() == [("Action", "item 1")]
    assert store.undo(project).removed
    assert texts() == []
    assert store.undo(project) is None
    assert len(store.history(project)) == 8


def test_undo_after_undo_and_a_new_change_skips_what_is_already_undone(store, project):
    a = store.save(project, Label("one"), shape(1))
    store.save(project, Label("two"), shape(1), label_id=a.id, version=1)
    back = store.undo(project)
    store.save(project, Label("three"), shape(1), label_id=a.id, version=back.version)
    assert store.undo(project).label.text == "one"
    assert store.undo(project).removed


def test_undo_makes_a_version_that_an_old_page_does_not_have(store, project):
    a = store.save(project, Label("one"), shape(1))
    store.save(project, Label("two"), shape(1), label_id=a.id, version=1)
    store.undo(project)
    with pytest.raises(LabelConflict):
        store.save(project, Label("three"), shape(1), label_id=a.id, version=1)


def test_threads_saving_at_once_lose_nothing(store, project):
    def save(k):
        return store.save(project, Label(f"label {k}"), shape(k))

    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(save, range(40)))
    assert sorted(saved, key=lambda s: s.id) == store.labels(project)
    assert sorted(store.history(project)["text"]) == sorted(f"label {k}" for k in range(40))


def test_of_threads_that_change_one_version_one_wins(store, project):
    first = store.save(project, Label("first"), shape(1))
    barrier = threading.Barrier(6)

    def change(k):
        barrier.wait()
        try:
            return store.save(project, Label(f"by {k}"), shape(1), label_id=first.id, version=1)
        except LabelConflict as conflict:
            return conflict.theirs

    with ThreadPoolExecutor(6) as pool:
        seen = list(pool.map(change, range(6)))
    assert seen == store.labels(project) * 6


def test_threads_that_ask_for_a_project_at_once_get_the_same(store):
    barrier = threading.Barrier(6)

    def ask(_):
        barrier.wait()
        return store.project_for("ann", "data")

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(ask, range(6)))) == 1


def test_threads_that_open_a_new_store_at_once_share_it(url):
    barrier = threading.Barrier(4)

    def work(k):
        barrier.wait()
        with LabelStore(url, timeout=60) as store:
            project = store.project_for("ann", "data")
            store.save(project, Label(f"label {k}"), shape(k))
            return project

    with ThreadPoolExecutor(4) as pool:
        (project,) = set(pool.map(work, range(4)))
    with LabelStore(url) as store:
        assert len(store.labels(project)) == 4


def test_threads_that_make_a_file_at_once_leave_nothing_beside_it(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: LabelStore(f"sqlite:///{tmp_path}/new/labels.db", timeout=60), range(4)))
    assert len({store.project_for("ann", "data") for store in stores}) == 1
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["labels.db"]


def test_sqlite_is_set_up_to_keep_what_it_acknowledged(tmp_path):
    store = LabelStore(f"sqlite:///{tmp_path}/labels.db")
    with transaction(store._engine) as db:
        pragmas = [
            db.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert pragmas == ["delete", 2, 1, 10_000]  # 2 is FULL


def test_sqlalchemy_is_imported_with_the_labels_only():
    root = Path(nmf_core.labels.__file__).parents[2]
    program = "import sys, nmf_core; assert 'sqlalchemy' not in sys.modules; import nmf_core.labels"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root, timeout=120)
