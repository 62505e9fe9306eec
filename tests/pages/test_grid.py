"""The grid editor's changes become ratings, or an error that names the cell."""

from __future__ import annotations

import pytest

from nmf_core import NmfError
from pages.ui.grid import apply_changes


@pytest.fixture
def base(notebook):
    return notebook.to_grid()


def test_cells_are_set_and_emptied(base, notebook):
    changed = apply_changes(base, {"edited_rows": {0: {"Movie3": 4, "Movie1": None}}}, notebook)
    assert changed.of_user("User1") == {"Movie2": 3.0, "Movie3": 4.0, "Movie4": 1.0}
    assert changed.scale == notebook.scale


def test_users_are_added_renamed_and_deleted(base, notebook):
    changes = {
        "edited_rows": {0: {"_index": "Ann"}},
        "added_rows": [{"_index": "007", "Movie1": 2}, {}],
        "deleted_rows": [4],
    }
    changed = apply_changes(base, changes, notebook)
    assert changed.users.tolist() == ["Ann", "User2", "User3", "User4", "007"]
    assert changed.of_user("007") == {"Movie1": 2.0}


@pytest.mark.parametrize("value", [0, 5.5, -1, 1e9])
def test_bounds_hold_even_where_the_browser_does_not_keep_them(base, notebook, value):
    with pytest.raises(NmfError, match=r"User2 × Movie2 is .*; a rating here is a number from 1 to 5"):
        apply_changes(base, {"edited_rows": {1: {"Movie2": value}}}, notebook)


def test_a_user_twice_and_an_empty_grid_are_refused(base, notebook):
    with pytest.raises(NmfError, match="'User1' is there twice"):
        apply_changes(base, {"added_rows": [{"_index": "User1"}]}, notebook)
    with pytest.raises(NmfError, match="there are no ratings"):
        apply_changes(base, {"deleted_rows": [0, 1, 2, 3, 4]}, notebook)
