"""What becomes of names, by similarities alone; and on planted grids by the benchmark's own code."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import numpy as np
import pytest

from benchmarks.labels_planted import grids, judged
from nmf_core.labels import fates


def statuses(rows, kept=0.5, look=0.3) -> list[tuple[int | None, str]]:
    similarity = np.array(rows, dtype=float)
    n = len(similarity)
    return [(one.new, one.status) for one in fates(similarity, np.full(n, kept), np.full(n, look))]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([[0.9, 0.1], [0.1, 0.8]], [(0, "kept"), (1, "kept")]),
        ([[0.1, 0.9], [0.8, 0.1]], [(1, "kept"), (0, "kept")]),
        ([[0.9, 0.1], [0.1, 0.2]], [(0, "kept"), (None, "lost")]),
        ([[0.9, 0.1], [0.1, 0.4]], [(0, "kept"), (1, "look again")]),
        ([[0.9, 0.1], [0.7, 0.1]], [(0, "kept"), (0, "merged")]),
        ([[0.7, 0.65, 0.0]], [(0, "split")]),
        ([[0.7, 0.5, 0.0]], [(0, "kept")]),
        ([[0.4, 0.35, 0.0]], [(0, "split")]),
        # A second feature that is plainly another name's makes no doubt.
        ([[0.7, 0.65], [0.0, 0.9]], [(0, "kept"), (1, "kept")]),
        # A good pair is not given up for two poor ones.
        ([[0.9, 0.4], [0.49, -1.0]], [(0, "kept"), (0, "merged")]),
        ([[0.0, 0.0]], [(None, "lost")]),
        # Two names have nearly as much of one feature, and neither has another: which is it? Unless one is plainly it.
        ([[0.65, 0.1], [0.61, 0.1]], [(0, "merged"), (0, "merged")]),
        ([[0.65, 0.1], [0.45, 0.1]], [(0, "kept"), (0, "merged")]),
        ([[0.95, 0.1], [0.85, 0.1]], [(0, "kept"), (0, "merged")]),
        # The other name has a feature of its own, or most of another.
        ([[0.65, 0.1], [0.61, 0.6]], [(0, "kept"), (1, "kept")]),
        ([[0.65, 0.1], [0.25, 0.2]], [(0, "kept"), (None, "lost")]),
    ],
)
def test_what_becomes_of_names(rows, told):
    assert statuses(rows) == told


def test_without_features_all_are_lost_and_without_names_nothing_is():
    assert [one.status for one in fates(np.zeros((2, 0)), np.ones(2), np.ones(2))] == ["lost", "lost"]
    assert fates(np.zeros((0, 3)), np.ones(0), np.ones(0)) == []


@pytest.mark.parametrize("blanks", ["unknown", "weak"])
def test_names_of_planted_features_stay_with_them_and_those_of_vanished_ones_do_not(blanks):
    told: Counter[str] = Counter()
    few = (grid for grid in grids(8, blanks) if grid.rank <= 4)  # features: `mu` takes a minute for six
    for grid in islice(few, 2):
        for _, counts in judged(grid):
            told.update(counts)
    assert told["attached"] >= 30
    assert told["right"] >= 0.98 * told["attached"]
    assert told["kept"] >= 0.95 * told["persist"] and told["persist"] >= 30
    assert told["in the tray"] == told["vanished"]
