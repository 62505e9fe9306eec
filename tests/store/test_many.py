"""Many who save, and some who are killed at it: the benchmark of the store in small, on both databases."""

from __future__ import annotations

import signal

import pytest

from benchmarks.store import killed, label_of, written
from nmf_core.labels import shape_of
from nmf_core.store.labels import LabelStore

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")


def test_whoever_is_killed_while_saving_loses_nothing_that_was_acknowledged(url):
    found = killed(url, kills=4, seed=1)
    assert found.acknowledged >= 4
    assert (found.lost, found.half_written) == (0, 0)


def test_writers_at_once_get_no_error_and_lose_no_update(url):
    found = written(url, writers=5, saves=6)
    assert (found.saves, found.errors, found.lost) == (30, 0, 0)


def test_what_is_lost_or_half_written_would_be_noticed(url, monkeypatch):
    """The count itself is wrong where the store forgets, cuts or repeats a version."""
    whole = LabelStore.history

    def forgets(self, project):
        return whole(self, project).iloc[:-1]

    def cuts(self, project):
        return whole(self, project).assign(note="half")

    with LabelStore(url) as store:
        project = store.project_for("ann", "kills 0")
        store.save(project, label_of("0.first"), shape_of(["x"], [1]))
    for wrong, lost in ((forgets, False), (cuts, True)):
        with monkeypatch.context() as patch:
            patch.setattr(LabelStore, "history", wrong)
            found = killed(url, kills=1, seed=0)
        assert found.half_written > 0 and (found.lost > 0 or not lost)
