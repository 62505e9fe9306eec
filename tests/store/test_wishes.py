"""Wishes in the store: kept with a project, one version after the other, copied and deleted with it; on both databases."""

from __future__ import annotations

import pytest

from nmf_core.errors import NmfError, StoreError
from nmf_core.store.labels import LabelStore
from nmf_core.store.projects import Projects
from nmf_core.store.wishes import LONGEST, KeptWishes


@pytest.fixture
def store(url):
    with LabelStore(url) as opened:
        yield opened


@pytest.fixture
def project(store):
    return store.project_for("ann", "films")


def test_wishes_outlive_the_store_and_their_versions_count(store, project, url, tmp_path):
    kept, projects = KeptWishes(store), Projects(store, tmp_path)
    assert (kept.of(project), kept.version(project)) == (("", 0), 0)
    assert kept.keep(project, '{"a": "é"}', 0) == 1
    assert projects.n_changes(project) == 1
    assert kept.keep(project, "", 1) == 2
    assert projects.n_changes(project) == 2
    if not url.startswith("sqlite://:"):
        with LabelStore(url) as again:
            assert KeptWishes(again).of(project) == ("", 2)


def test_whoever_has_not_seen_the_latest_does_not_overwrite_it(store, project):
    kept = KeptWishes(store)
    kept.keep(project, "hers", 0)
    for version in (0, 2):
        with pytest.raises(StoreError, match="Somebody else steered"):
            kept.keep(project, "his", version)
    assert kept.of(project) == ("hers", 1)


def test_a_copy_has_them_and_what_is_deleted_has_none(store, project, tmp_path):
    kept, projects = KeptWishes(store), Projects(store, tmp_path)
    kept.keep(project, "wishes", 0)
    copy = projects.duplicate(project, "bob", "Copy")
    assert kept.of(copy.id) == ("wishes", 1)
    projects.delete(project, "ann")
    assert kept.of(project) == ("", 0)
    assert kept.of(copy.id) == ("wishes", 1)


def test_what_is_refused(store, project, monkeypatch):
    kept = KeptWishes(store)
    with pytest.raises(NmfError, match="characters"):
        kept.keep(project, "x" * (LONGEST + 1), 0)
    with pytest.raises(NmfError, match="characters"):
        kept.keep(project, None, 0)
    with pytest.raises(NmfError, match="version"):
        kept.keep(project, "x", -1)
    with pytest.raises(StoreError):
        kept.keep("nobody's", "x", 0)
