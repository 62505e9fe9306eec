"""The editors' changes become ratings, or an error that names the cell; what is typed outlives an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest

from nmf_core import NmfError, Ratings, datasets, edit
from pages.ui.ratings import grid as page_grid
from pages.ui.ratings.changes import USER, apply_changes, apply_list, is_nameless, with_names, without_refused
from pages.ui.ratings.grid import AN_ITEM, _frame, matches
from pages.ui.session import workspace as workspace_module
from pages.ui.session.workspace import Workspace
from tests.pages.conftest import opened, with_state, words


def test_cells_are_set_and_emptied(notebook):
    changed = apply_changes(notebook, {"edited_rows": {0: {"Movie3": "4,5", "Movie1": None, "Movie2": ""}}})
    assert changed.of_user("User1") == {"Movie3": 4.5, "Movie4": 1.0}
    assert changed.scale == notebook.scale


def test_users_are_added_renamed_and_deleted(notebook):
    changes = {
        "edited_rows": {0: {"_user": "Ann", "Movie1": None}, 4: {"Movie1": "nonsense in a row that goes"}},
        "added_rows": [{"_user": "007", "Movie1": "2"}, {}, {"_user": "User5"}],
        "deleted_rows": [4],
    }
    changed = apply_changes(notebook, changes)
    assert changed.users.tolist() == ["Ann", "User2", "User3", "User4", "007", "User5"]
    assert changed.of_user("Ann") == {"Movie2": 3.0, "Movie4": 1.0}
    assert changed.of_user("007") == {"Movie1": 2.0}
    traded = apply_changes(notebook, {"edited_rows": {0: {"_user": "User2"}, 1: {"_user": "User1"}}})
    assert traded.users.tolist()[:2] == ["User2", "User1"]


def test_the_only_rating_may_move():
    one = Ratings.from_cells(["ann"], ["x"], [4], all_items=["x", "y"], scale=(1, 5))
    assert apply_changes(one, {"edited_rows": {0: {"x": None, "y": "3"}}}).of_user("ann") == {"y": 3.0}
    assert apply_list(one, "user", "ann", {"edited_rows": {0: {"item": "y"}}}).of_user("ann") == {"y": 4.0}


@pytest.mark.parametrize("value", ["0", "5.5", "-1", "1e9", "five", "1,000"])
def test_bounds_hold_even_where_the_browser_does_not_keep_them(notebook, value):
    with pytest.raises(NmfError, match=rf"User2 × Movie2: '{value}' .* A rating here is a number from 1 to 5"):
        apply_changes(notebook, {"edited_rows": {1: {"Movie2": value}}})
    with pytest.raises(NmfError, match=rf"User2 × Movie1: '{value}' "):
        apply_list(notebook, "item", "Movie1", {"edited_rows": {1: {"rating": value}}})


def test_a_user_twice_and_an_empty_grid_are_refused(notebook):
    with pytest.raises(NmfError, match="'User1' is there twice"):
        apply_changes(notebook, {"added_rows": [{"_user": "User1"}]})
    with pytest.raises(NmfError, match="'Ann' is added twice"):
        apply_changes(notebook, {"added_rows": [{"_user": "Ann"}, {"_user": "Ann "}]})
    with pytest.raises(NmfError, match="no rating would be left"):
        apply_changes(notebook, {"deleted_rows": [0, 1, 2, 3, 4]})


def test_a_name_that_was_emptied_is_refused_and_a_row_without_one_is_known(notebook):
    with pytest.raises(NmfError, match="'User1' was emptied"):
        apply_changes(notebook, {"edited_rows": {0: {"_user": None}}})
    with pytest.raises(NmfError, match="item 'Movie1' was emptied"):
        apply_list(notebook, "user", "User1", {"edited_rows": {0: {"item": " "}}})
    assert apply_changes(notebook, {"edited_rows": {0: {"_user": ""}}, "deleted_rows": [0]}).n_users == 4
    rows = [
        {},
        {"Movie2": "3"},
        {"_user": " ", "Movie1": ""},
        {"_user": "Ann", "Movie1": "3"},
        {"_user": None, "Movie1": "1"},
    ]
    assert [is_nameless(row, "_user") for row in rows] == [False, True, False, False, True]


def test_a_slip_holds_back_nothing_else(notebook):
    changes = {
        "edited_rows": {0: {"Movie1": "999", "Movie2": "4"}, 1: {"_user": "Bea", "Movie2": "x"}, 3: {"Movie1": "x"}},
        "added_rows": [{"_user": "Ann", "Movie1": "5", "Movie2": "-1"}],
        "deleted_rows": [3],
    }
    # The cell of Bea was 3 before the slip: it stays so, though it was blank when the editor began.
    now = edit.set_rating(edit.rename_users(notebook, {"User2": "Bea"}), "Bea", "Movie2", 3)
    fine, refused = without_refused(now, changes, notebook.users.tolist(), "_user", lambda user, item: (user, item))
    assert [why.split(";")[0].split(".")[0] for why in refused] == [
        "User1 × Movie1: '999' lies outside the scale",
        "Bea × Movie2: 'x' is not a number",
        "Ann × Movie2: '-1' lies outside the scale",
    ]
    changed = apply_changes(notebook, fine)
    assert changed.of_user("User1") == {"Movie1": 5.0, "Movie2": 4.0, "Movie4": 1.0}
    assert changed.of_user("Bea") == {"Movie1": 4.0, "Movie2": 3.0, "Movie4": 1.0}
    assert changed.of_user("Ann") == {"Movie1": 5.0}
    assert "User4" not in changed.users
    listed = {"edited_rows": {0: {"rating": "x"}, 1: {"rating": "1"}}, "added_rows": [{"item": "Heat", "rating": "9"}]}
    names = ["Movie1", "Movie2", "Movie4"]
    fine, refused = without_refused(notebook, listed, names, "item", lambda row, _: ("User1", row))
    assert [why.split(" is ")[0].split(" lies ")[0] for why in refused] == ["User1 × Movie1: 'x'", "User1 × Heat: '9'"]
    assert apply_list(notebook, "user", "User1", fine).of_user("User1") == {"Movie1": 5.0, "Movie2": 1.0, "Movie4": 1.0}


def test_a_list_sets_blanks_moves_and_adds(notebook):
    changes = {
        "edited_rows": {0: {"rating": "4"}, 1: {"item": "Movie3"}, 2: {"rating": None}},  # of Movie1, Movie2, Movie4
        "added_rows": [{"item": "Heat", "rating": "5"}, {"item": "Later"}, {"rating": "3"}],
    }
    changed = apply_list(notebook, "user", "User1", changes)
    assert changed.of_user("User1") == {"Movie1": 4.0, "Movie3": 3.0, "Heat": 5.0}
    assert changed.items.tolist() == [*notebook.items, "Heat"]  # a name without a rating waits for one
    changed = apply_list(
        notebook, "item", "Movie3", {"deleted_rows": [0], "added_rows": [{"user": "Ann", "rating": "2"}]}
    )
    assert changed.of_item("Movie3") == {"Ann": 2.0}
    with pytest.raises(NmfError, match="'Movie1' is in the list twice"):
        apply_list(notebook, "user", "User1", {"added_rows": [{"item": "Movie1", "rating": "2"}]})


def test_the_grid_shows_each_rating_as_it_would_be_typed():
    ratings = Ratings.from_cells(["a", "a", "a"], ["x", "y", "z"], [3.7, 4, 1234567], all_users=["a", "b"])
    frame = _frame(ratings)
    assert frame.iloc[0].tolist() == ["a", "3.7", "4", "1234567"]
    assert frame.iloc[1, 0] == "b" and frame.iloc[1, 1:].isna().all()


def test_a_search_finds_parts_of_names_and_the_name_itself_first():
    index = pd.Index(["Batman", "man", "Superman (1978)", "Heat"], dtype="str")
    assert matches(index, "MAN", 5) == ["Batman", "man", "Superman (1978)"]
    assert matches(index, " man", 2) == ["man", "Batman"]
    assert matches(index, "(19", 5) == ["Superman (1978)"]
    assert matches(index, "", 2) == ["Batman", "man"]
    assert matches(index, "none", 2) == []


# --- the page ---------------------------------------------------------------------------------------------------


def ratings_now(app) -> Ratings:
    """The version that is open."""
    held = app.session_state["_session"].workspaces
    return next(iter(held.values())).ratings


def with_popover(key: str, **params: str):
    """The Ratings page with one of its popovers open."""
    return with_state(opened("ratings", **params), **{key: True})


def button(app, label: str, at: int = 0):
    return [b for b in app.button if b.label == label][at]


@pytest.mark.parametrize(("at", "what"), [(0, "user"), (1, "item")])
def test_names_are_added_renamed_and_taken_out(at, what):
    app = with_popover("names")
    app.text_input(key=f"add_{what}").set_value("New")
    button(app, "Add", at).click().run()
    assert getattr(ratings_now(app), f"{what}s")[-1] == "New"
    assert app.text_input(key=f"add_{what}").value == ""
    app.selectbox(key=f"rename_{what}").set_value("New")
    app.text_input(key=f"rename_{what}_to").set_value("007")
    button(app, "Rename", at).click().run()
    assert getattr(ratings_now(app), f"{what}s")[-1] == "007"
    assert app.text_input(key=f"rename_{what}_to").value == ""
    app.multiselect(key=f"fewer_{what}s").set_value(["007"])
    button(app, "Take out", at).click().run()
    assert ratings_now(app).fingerprint == datasets.notebook().fingerprint
    app.button(key="undo").click().run()
    assert getattr(ratings_now(app), f"{what}s")[-1] == "007"
    assert not app.exception


def test_a_name_that_is_refused_stays_in_its_field():
    app = with_popover("names")
    app.text_input(key="add_user").set_value("User1")
    button(app, "Add").click().run()
    assert "The user 'User1' is there twice" in words(app).replace("\\", "")
    assert app.text_input(key="add_user").value == "User1"
    button(app, "Rename").click().run()
    assert "No user is chosen" in words(app).replace("\\", "")
    app.multiselect(key="fewer_users").set_value(datasets.notebook().users.tolist())
    button(app, "Take out").click().run()
    assert "no rating would be left" in words(app).replace("\\", "")
    assert len(app.multiselect(key="fewer_users").value) == 5


def test_a_block_is_pasted_or_stays_in_its_box():
    app = with_popover("block")
    app.text_area(key="paste_text").set_value("2\t9")
    app.selectbox(key="paste_user").set_value("User2")
    button(app, "Put it down").click().run()
    assert "(User2 × Movie2): '9' lies outside the scale" in words(app).replace("\\", "")
    assert app.text_area(key="paste_text").value == "2\t9"
    app.text_area(key="paste_text").set_value("2\t5")
    button(app, "Put it down").click().run()
    assert ratings_now(app).of_user("User2") == {"Movie1": 2.0, "Movie2": 5.0, "Movie4": 1.0}
    assert not app.text_area  # the popover has made way
    assert "From User2 × Movie1 on: 2 ratings set" in words(app).replace("\\", "")


@pytest.mark.parametrize("options", [20_000, 10])
def test_a_large_grid_is_edited_as_lists(with_ratings, monkeypatch, options):
    monkeypatch.setattr("pages.ui.ratings.toolbar.OPTIONS", options)
    monkeypatch.setattr("pages.ui.ratings.grid.OPTIONS", options)
    ratings = datasets.planted(300, 40, 2, 0.3, 0.3, 0)
    with_ratings(ratings)
    app = opened("ratings")
    assert "ratings from" in words(app)
    if options == 10:
        app.text_input(key="list_user_search").set_value("r299").run()
        assert app.selectbox(key="list_user").options == ["User299"]
    with_state(app, list_of=AN_ITEM)
    assert any(box.key == "list_item" for box in app.selectbox)
    if options == 10:
        app.text_input(key="list_item_search").set_value("nothing like it").run()
        assert not app.exception
        with_state(app, names=True)
        app.text_input(key="rename_user").set_value("User1")
        app.text_input(key="rename_user_to").set_value("Ann")
        button(app, "Rename").click().run()
        app.text_input(key="fewer_users").set_value("User2")
        button(app, "Take out").click().run()
        assert ratings_now(app).users[:2].tolist() == ["Ann", "User3"]


def test_an_item_named_as_the_column_of_users_is_edited_in_lists(with_ratings):
    with_ratings(Ratings.from_cells(["ann", "bob"], ["_user", "x"], [4, 2], scale=(1, 5)))
    app = opened("ratings")
    assert app.selectbox(key="list_user").value == "ann"


def test_versions_are_kept_by_number_and_by_size(monkeypatch):
    first = datasets.notebook()

    def changed(n: int) -> int:
        now = Workspace("notebook", "", (first,))
        for k in range(n):
            now = now.changed(replace(first, users=first.users + f"-{k}"))
        assert now.versions[0] is first
        assert now.at == len(now.versions) - 1
        assert now.ratings.users[0].endswith(f"-{n - 1}")
        return len(now.versions)

    assert changed(150) == workspace_module.UNDO_DEPTH
    monkeypatch.setattr(workspace_module, "UNDO_RATINGS", 10 * first.n_ratings)
    assert changed(20) == 10
    monkeypatch.setattr(workspace_module, "UNDO_RATINGS", 1)
    assert changed(5) == 3  # as it was opened, before the last change, and after it


def test_a_name_that_cannot_be_holds_back_itself_alone():
    base = datasets.notebook()
    changes = {
        "edited_rows": {0: {USER: "User2", "Movie3": "2"}, 1: {"Movie2": "4"}, 3: {USER: "Dana", "Movie2": "3"}},
        "added_rows": [{USER: "User5", "Movie1": "1"}, {USER: "Eve", "Movie1": "2"}],
        "deleted_rows": [],
    }
    made, why = with_names(changes, USER, lambda some: apply_changes(base, some))
    assert "User2" in why
    assert made.users.tolist() == ["User1", "User2", "User3", "Dana", "User5", "Eve"]
    assert made.of_user("User1")["Movie3"] == 2.0 and made.of_user("User2")["Movie2"] == 4.0
    assert made.of_user("Dana")["Movie2"] == 3.0 and made.of_user("Eve") == {"Movie1": 2.0}
    assert "Movie1" not in made.of_user("User5")
    changes["edited_rows"].pop(0)
    changes["added_rows"].pop(0)
    assert with_names(changes, USER, lambda some: apply_changes(base, some))[1] == ""


@pytest.fixture
def sent(monkeypatch, notebook):
    """Let the editor have sent something; gives the ratings then, and what was refused."""

    class Now:
        ratings = notebook

    refused: list[str] = []
    monkeypatch.setattr(page_grid.workspaces, "current", lambda: Now)
    monkeypatch.setattr(page_grid.workspaces, "change", lambda ratings: setattr(Now, "ratings", ratings))
    monkeypatch.setattr(page_grid.editor, "refuse", refused.append)

    def send(edited: dict[int, dict[str, object]], added: Sequence[dict[str, object]] = ()) -> None:
        changes = {"edited_rows": edited, "added_rows": list(added), "deleted_rows": []}
        monkeypatch.setattr(page_grid.editor, "changes", lambda: (notebook, changes))

    return send, Now, refused


def test_what_the_grid_sends_is_kept_and_what_of_it_is_refused_is_said(sent):
    send, now, refused = sent
    send({0: {"Movie1": "1"}, 1: {"Movie1": "99", "Movie2": "x"}})
    page_grid._edited()
    assert now.ratings.of_user("User1")["Movie1"] == 1
    assert now.ratings.of_user("User2")["Movie1"] == 4  # as it was
    assert "lies outside the scale" in refused[0] and "And 1 more cell like that." in refused[0]


def test_what_a_list_sends_is_kept_and_a_name_that_is_new_is_said(sent, monkeypatch):
    send, now, refused = sent
    said: list[str] = []
    monkeypatch.setattr(page_grid.session, "notice", lambda kind, words: said.append(words))
    send({0: {"rating": "2"}}, [{"item": "Heat", "rating": "4"}])
    page_grid._list_edited("user", "User1", "")
    assert now.ratings.of_user("User1") == {"Movie1": 2, "Movie2": 3, "Movie4": 1, "Heat": 4}
    assert said == ["The item Heat was not there and is added. Undo takes it back."]
    assert not any(refused)
