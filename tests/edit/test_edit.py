"""Edits of ratings, beside a dense oracle; each with the edit that takes it back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core import Ratings, RatingsError, edit
from tests.conftest import random_ratings

VALUES = st.one_of(st.none(), st.integers(1, 5), st.floats(1, 5, width=32))
CELLS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), VALUES), max_size=25)
SEEDS = st.integers(0, 10_000)


@pytest.fixture
def small() -> Ratings:
    info = pd.DataFrame({"year": [1995.0, 2001.0, 1972.0]}, index=["x", "y", "z"])
    return Ratings.from_cells(
        ["ann", "ann", "bob", "cem"], ["x", "y", "y", "z"], [5, 3, 1, 4], scale=(1, 5), item_info=info, notes=["read"]
    )


def same(ratings: Ratings, grid: pd.DataFrame) -> None:
    """The ratings are those of a dense grid, in the form that every other part relies on."""
    pd.testing.assert_frame_equal(ratings.to_grid(), grid, check_names=False)
    V = ratings.V
    assert V.dtype == np.float32
    assert V.has_canonical_format
    expected = Ratings.from_grid(grid, zeros="rating", scale=ratings.scale)
    assert ratings.fingerprint == expected.fingerprint
    assert ratings.notes == ()


@settings(max_examples=150, deadline=None)
@given(SEEDS, CELLS)
def test_cells_are_set_as_in_a_dense_grid_and_can_be_set_back(seed, cells):
    before = random_ratings(seed)
    grid = before.to_grid()
    for u, i, value in cells:
        grid.iloc[u, i] = np.nan if value is None else value
    users, items = [f"u{u}" for u, _, _ in cells], [f"i{i}" for _, i, _ in cells]
    values = [value for _, _, value in cells]
    if grid.isna().all(axis=None):
        with pytest.raises(RatingsError, match="leave no ratings"):
            edit.set_cells(before, users, items, values)
        return
    after = edit.set_cells(before, users, items, values)
    same(after, grid)
    old = before.to_grid()
    back = [old.loc[u, i] for u, i in zip(users, items, strict=True)]
    assert edit.set_cells(after, users, items, back).fingerprint == before.fingerprint


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.sets(st.integers(0, 6)), st.sets(st.integers(0, 5)))
def test_users_and_items_are_taken_out_as_from_a_dense_grid(seed, some_users, some_items):
    before = random_ratings(seed)
    users, items = [f"u{k}" for k in some_users], [f"i{k}" for k in some_items]
    for change, grid in (
        (lambda: edit.remove_users(before, users), before.to_grid().drop(index=users)),
        (lambda: edit.remove_items(before, items), before.to_grid().drop(columns=items)),
    ):
        if grid.isna().all(axis=None):
            with pytest.raises(RatingsError, match="no rating would be left"):
                change()
        else:
            same(change(), grid)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_what_was_added_is_taken_out_and_what_was_renamed_is_named_back(seed):
    before = random_ratings(seed)
    added = edit.add_items(edit.add_users(before, ["new", "007"]), ["NA"])
    grid = before.to_grid().reindex(index=[*before.users, "new", "007"], columns=[*before.items, "NA"])
    same(added, grid)
    assert edit.remove_items(edit.remove_users(added, ["007", "new"]), ["NA"]).fingerprint == before.fingerprint
    traded = edit.rename_users(before, {"u0": "u1", "u1": "u0"})
    same(traded, before.to_grid().rename(index={"u0": "u1", "u1": "u0"}))
    assert edit.rename_users(traded, {"u1": "u0", "u0": "u1"}).fingerprint == before.fingerprint
    renamed = edit.rename_items(before, {"i2": "Heat"})
    same(renamed, before.to_grid().rename(columns={"i2": "Heat"}))
    assert edit.rename_items(renamed, {"Heat": "i2"}).fingerprint == before.fingerprint


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(0, 6), st.integers(0, 5), st.lists(st.lists(VALUES, min_size=1, max_size=3), max_size=3))
def test_a_block_is_put_down_as_in_a_dense_grid_by_place_and_by_name(seed, u, i, block):
    before = random_ratings(seed)
    width = min((len(row) for row in block), default=0)
    block = [row[:width] for row in block][: 7 - u]
    if not block or all(value is None for row in block for value in row[: 6 - i]):
        return
    block = [row[: 6 - i] for row in block]
    grid = before.to_grid()
    grid.iloc[u : u + len(block), i : i + len(block[0])] = np.array(block, dtype=float)
    lines = [["" if value is None else repr(value) for value in row] for row in block]
    made, _ = edit.paste(before, "".join("\t".join(row) + "\n" for row in lines), user=f"u{u}", item=f"i{i}")
    same(made, grid)
    named = [["", *before.items[i : i + len(block[0])]]]
    named += [[name, *row] for name, row in zip(before.users[u : u + len(block)], lines, strict=True)]
    assert edit.paste(before, "\r\n".join(";".join(row) for row in named))[0].fingerprint == made.fingerprint


def test_what_is_known_of_the_items_follows_them(small):
    assert edit.rename_items(small, {"y": "Heat"}).item_info.loc["Heat", "year"] == 2001
    assert edit.remove_items(small, ["x"]).item_info["year"].tolist() == [2001, 1972]
    added = edit.add_items(small, ["new"])
    assert added.item_info.index.tolist() == ["x", "y", "z", "new"]
    assert np.isnan(added.item_info.loc["new", "year"])
    assert edit.set_rating(small, "ann", "x", 2).item_info is small.item_info
    assert small.of_user("ann") == {"x": 5.0, "y": 3.0}  # as it was


@pytest.mark.parametrize("value", [0, 5.5, -1, 10**400, np.inf, "4", True, 2 + 1j])
def test_a_rating_outside_the_scale_is_refused_with_cell_value_and_range(small, value):
    with pytest.raises(RatingsError, match=r"ann × x is .*; a rating here is a number from 1 to 5. Correct that cell"):
        edit.set_rating(small, "ann", "x", value)


@pytest.mark.parametrize(("typed", "value"), [("4", 4), (" 4,5 ", 4.5), ("3e0", 3), (5, 5), ("", None), ("n/a", None)])
def test_a_rating_is_read_as_people_type_it(small, typed, value):
    expected = edit.set_rating(small, "ann", "x", value)
    assert edit.set_typed(small, [("ann", "x", typed)]).fingerprint == expected.fingerprint


@pytest.mark.parametrize("typed", ["x", "9", "-1", "1,500", "1.234,5", "True", "inf", "0"])
def test_what_is_typed_and_no_rating_is_named(small, typed):
    with pytest.raises(RatingsError, match=rf"bob × z: '{typed}' .* A rating here is a number from 1 to 5, or blank"):
        edit.set_typed(small, [("ann", "x", "3"), ("bob", "z", typed)])


def test_a_scale_that_begins_below_zero_lets_no_negative_rating_in():
    ratings = Ratings.from_cells(["ann"], ["x"], [1], scale=(-5, 5))
    with pytest.raises(RatingsError, match="from 0 to 5"):
        edit.set_rating(ratings, "ann", "x", -1)


def test_a_rating_that_float32_would_make_zero_is_refused():
    ratings = Ratings.from_cells(["ann"], ["x"], [0], scale=(0, 1))
    with pytest.raises(RatingsError, match="ann × x is 1e-40"):
        edit.set_rating(ratings, "ann", "x", 1e-40)


REFUSED = {
    "an unknown user": (lambda r: edit.set_rating(r, "anna", "x", 3), "There is no user 'anna'.*Did you mean 'ann'"),
    "an unknown item": (lambda r: edit.remove_items(r, ["q"]), "There is no item 'q' among the 3 items"),
    "an unknown old name": (lambda r: edit.rename_users(r, {"q": "ann"}), "There is no user 'q'"),
    "a user twice": (lambda r: edit.add_users(r, ["new", " new "]), "The user 'new' is there twice"),
    "a user there already": (lambda r: edit.add_users(r, ["bob"]), "The user 'bob' is there twice.*another name"),
    "a new name there already": (lambda r: edit.rename_items(r, {"x": "y"}), "The item 'y' is there twice"),
    "a blank name": (lambda r: edit.add_items(r, [" "]), "One of the item names is blank"),
    "no name": (lambda r: edit.rename_users(r, {"ann": None}), "blank; every user needs one. Type a name"),
    "a name without end": (lambda r: edit.add_users(r, ["x" * 10**6]), "has 1000000 characters; at most 1000 are kept"),
    "one name for a list": (lambda r: edit.add_users(r, "new"), "give a list of names"),
    "the last rating": (
        lambda r: edit.set_item_ratings(edit.remove_items(r, ["x", "y"]), "z", {"cem": None}),
        "leave no ratings; there must be at least one. Rate another cell",
    ),
    "the last user": (lambda r: edit.remove_users(r, ["ann", "bob", "cem"]), "no rating would be left"),
    "uneven columns": (lambda r: edit.set_cells(r, ["ann"], [], []), "1 users, 0 items and 0 ratings"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_in_words(small, name):
    change, words = REFUSED[name]
    with pytest.raises(RatingsError, match=words):
        change(small)


def test_names_stay_text_and_are_cleaned(small):
    assert edit.add_users(small, ["007", 7, " NA ", "a\nb", "c\x07"]).users[3:].tolist() == [
        "007",
        "7",
        "NA",
        "a b",
        "c�",
    ]


# --- blocks -----------------------------------------------------------------------------------------------------


def test_a_block_with_names_sets_by_name_and_adds_what_is_new(small):
    made, said = edit.paste(small, "\tz\tHeat\r\ndan\t4\t\r\nann\t\t2\r\n")
    assert made.users.tolist() == ["ann", "bob", "cem", "dan"]
    assert made.of_user("dan") == {"z": 4.0}
    assert made.of_user("ann") == {"x": 5.0, "y": 3.0, "Heat": 2.0}
    assert said == "By name: 2 ratings set, 2 cells blank. Added: user dan; item Heat."


def test_a_blank_cell_of_a_block_blanks_the_cell_and_a_blank_line_at_its_end_does_in_a_single_column_only(small):
    made, said = edit.paste(small, "\t2\n5\tNA\n\n\n", user="ann", item="x")
    assert made.of_user("ann") == {"y": 2.0}
    assert made.of_user("bob") == {"x": 5.0}
    assert said == "From ann × x on: 2 ratings set, 2 cells blank."
    assert edit.paste(small, "\n4\n\n", user="ann", item="y")[0].to_grid()["y"].fillna(0).tolist() == [0, 4, 0]


def test_quoted_cells_hold_tabs_quotes_and_separators(small):
    made, _ = edit.paste(small, '\t"The ""Heat""\t(1995)"\nann\t4')
    assert made.items[-1] == 'The "Heat"�(1995)'
    made, _ = edit.paste(small, 'user,"x, the first"\nann,4')
    assert made.of_user("ann")["x, the first"] == 4.0


def test_decimal_commas_are_read_where_they_can_be_nothing_else(small):
    made, said = edit.paste(small, "4,5\t2")
    assert made.of_user("ann") == {"x": 4.5, "y": 2.0}
    assert said.endswith("Decimal commas were read as points.")
    assert edit.paste(small, "4,5;2")[0].fingerprint == made.fingerprint
    assert edit.paste(small, "4,3,2")[0].of_user("ann") == {"x": 4.0, "y": 3.0, "z": 2.0}
    for text in ("4,5", "4,5\n3", "1,500\t2", "4,5\t2.5"):
        with pytest.raises(RatingsError, match="could be"):
            edit.paste(small, text)


def test_names_that_are_numbers_are_names_where_these_ratings_have_them():
    ratings = Ratings.from_cells(["1", "2"], ["101", "102"], [4, 2], scale=(1, 5))
    made, said = edit.paste(ratings, "\t102\n1\t3")
    assert made.of_user("1") == {"101": 4.0, "102": 3.0}
    assert said.startswith("By name")
    made, said = edit.paste(ratings, "\t4\n3\t5")  # no item 4, no user 3: a blank and three numbers
    assert said.startswith("From 1 × 101 on")
    assert made.to_grid().fillna(0).to_numpy().tolist() == [[0, 4], [3, 5]]


BAD_BLOCKS = {
    "nothing": (" \n\t\n", "The block is empty"),
    "out of scale": ("1\t2\n3\t9", r"Row 2, column 2 of the block \(bob × y\): '9' lies outside the scale. .* 1 to 5"),
    "negative": ("1\t-2", r"Row 1, column 2 of the block \(ann × y\): '-2' lies outside the scale"),
    "a word": ("1\tx\n3\t2", r"Row 1, column 2 of the block \(ann × y\): 'x' is not a number.*nothing was pasted"),
    "out of scale by name": ("\tz\tnew\ndan\t4\t6", r"Row 2, column 3 of the block \(dan × new\): '6' lies outside"),
    "too high": ("1\n2\n3\n4", "The block is 4 × 1 cells; from ann × x on there are 3 × 3. Begin further up or left"),
    "too wide": ("1\t2\t3\t4", "The block is 1 × 4 cells"),
    "uneven": ("1\t2\n3", "Row 2 of the block has 1 cell, the first row 2"),
    "an open quote": ('\t"x\nann\t3', "cannot be cut into cells.*must end with a quote"),
    "an item twice": ("\tz\tz\nann\t4\t4", "The item 'z' is there twice"),
    "a user twice": ("\tz\nann\t4\nann\t4", "The user 'ann' is there twice"),
    "a blank name": ("\tz\nann\t4\n\t4", "Row 3, column 1 of the block is blank.*Name the user"),
    "a blank item": ("\tz\t\nann\t4\t5", "Row 1, column 3 of the block is blank.*Name the item"),
    "too many cells": ("\n".join(["1" + "\t" * 1000] * 1000), "1000 × 1001 cells; at most 1000000 can be pasted"),
}


@pytest.mark.parametrize("name", BAD_BLOCKS)
def test_a_block_that_does_not_fit_says_where_and_why(small, name):
    text, words = BAD_BLOCKS[name]
    with pytest.raises(RatingsError, match=words):
        edit.paste(small, text)


def test_bare_numbers_that_fit_at_the_top_are_refused_further_down(small):
    with pytest.raises(RatingsError, match=r"2 × 1 cells; from cem × z on there are 1 × 1"):
        edit.paste(small, "1\n2", user="cem", item="z")
    with pytest.raises(RatingsError, match="There is no user 'dan'"):
        edit.paste(small, "1", user="dan")


def test_a_block_may_not_blank_the_last_rating():
    one = Ratings.from_cells(["ann"], ["x"], [4], all_items=["x", "y"], scale=(1, 5))
    with pytest.raises(RatingsError, match="leave no ratings"):
        edit.paste(one, "user\tx\nann\t")


@pytest.mark.parametrize("ends", [(2, 5), (1, 4), (5, 1), (-1, 5), (1, float("nan")), ("1", 5), (1, float("inf"))])
def test_a_scale_that_is_none_or_too_narrow_is_refused(notebook, ends):
    with pytest.raises(RatingsError):
        edit.set_scale(notebook, *ends)


def test_a_wider_scale_lets_higher_ratings_in_and_leaves_those_there(notebook):
    wide = edit.set_scale(notebook, 0, 10)
    assert wide.of_user("User1") == notebook.of_user("User1")
    assert edit.set_rating(wide, "User1", "Movie3", 9).of_user("User1")["Movie3"] == 9


def test_a_block_below_items_alone_goes_down_from_a_user(notebook):
    made, said = edit.paste(notebook, "Movie3\tHeat\n5\t3\n4\t", user="User2")
    assert made.of_user("User2") == {"Movie1": 4.0, "Movie3": 5.0, "Movie4": 1.0, "Heat": 3.0}
    assert made.of_user("User3")["Movie3"] == 4.0 and made.n_users == 5
    assert said == "By item, from User2 on: 3 ratings set, 1 cell blank. Added: item Heat."
    assert edit.paste(notebook, "Movie3\n5\n")[0].of_user("User1")["Movie3"] == 5.0
    with pytest.raises(RatingsError, match="Row 3, column 2 of the block .User2 × Movie2.: '9' lies outside"):
        edit.paste(notebook, "Movie1\tMovie2\n5\t3\n4\t9")
    with pytest.raises(RatingsError, match="The block is 2 × 1 cells; from User5"):
        edit.paste(notebook, "Movie1\n5\n4", user="User5")
