"""What the health check finds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmf_core import Ratings, check_health, datasets, read_ratings
from tests.conftest import random_ratings

NAN = np.nan


def titles(values, rank=1):
    grid = pd.DataFrame(
        values, index=[f"u{k}" for k in range(len(values))], columns=[f"i{k}" for k in range(len(values[0]))]
    )
    return {f.title: f for f in check_health(Ratings.from_grid(grid, zeros="rating", scale=(0, 5)), rank)}


def test_a_healthy_grid_has_no_findings():
    assert titles([[1.0, 2], [3, 4]]) == {}


def test_disconnected_parts_name_the_smaller():
    found = titles([[5.0, 4, NAN], [4, 5, NAN], [NAN, NAN, 3]])["The grid falls apart"]
    assert found.names == ("u2", "i2") and found.severity == "limit"
    assert found.text.startswith("2 parts share no rating: 2 users with 2 items; 1 user with 1 item. ")


def test_the_largest_of_many_parts_are_sized_and_whoever_has_no_rating_is_no_part():
    values = np.full((7, 7), NAN)
    np.fill_diagonal(values[:6, :6], [1, 2, 3, 4, 5, 1])
    values[4, :4:2] = 2  # u4 joins i0, i2 and i4
    found = titles(values)["The grid falls apart"]
    assert found.text.startswith(
        "4 parts share no rating: 3 users with 3 items; 1 user with 1 item; 1 user with 1 item; "
    )
    assert "; 1 smaller part." in found.text
    assert found.names == ("u1", "u3", "u5", "i1", "i3", "i5")


def test_a_rating_of_zero_connects():
    assert "The grid falls apart" not in titles([[5.0, 0], [4, 1]])
    assert "The grid falls apart" not in titles([[5.0, 0], [NAN, 1]])


def test_too_few_ratings_and_none():
    found = titles([[5.0, 4, NAN], [4, NAN, NAN], [NAN, NAN, NAN]], rank=2)
    assert found["Users without ratings"].names == ("u2",)
    assert found["Users with fewer ratings than features"].names == ("u1",)
    assert found["Items without ratings"].names == ("i2",)
    assert found["Items with fewer ratings than features"].names == ("i1",)
    assert found["Users without ratings"].text.startswith("1 user has no ratings")
    assert found["Users without ratings"].advice == "Add ratings, or remove that user."
    assert found["Items with fewer ratings than features"].text.startswith(
        "1 item has fewer ratings than the 2 features"
    )
    assert titles([[5.0, NAN, NAN], [4, NAN, NAN]])["Items without ratings"].text.startswith("2 items have no ratings")


def test_constant_users():
    one = titles([[3.0, 3, 3], [1, 2, 5]])["Users who rate everything alike"]
    assert one.names == ("u0",) and one.text.startswith("1 user gave one and the same rating")
    two = titles([[3.0, 3, 3], [1, 2, 5], [NAN, NAN, NAN], [2, 2, 2]])["Users who rate everything alike"]
    assert two.names == ("u0", "u3") and two.text.startswith("2 users gave")
    assert "Users who rate everything alike" not in titles([[3.0, 3, NAN], [1, 2, 5]])  # two may be chance


@pytest.mark.parametrize("values", [[[3.0, 3, 3], [3, 3, NAN]], [[3.0]]])
def test_ratings_all_alike_are_said_once(values):
    found = titles(values)
    assert list(found) == ["All ratings are alike"]
    assert found["All ratings are alike"].text.startswith("Every rating is 3:")


def test_ratings_outside_the_scale_are_named():
    ratings = Ratings.from_cells(
        ["ann", "ann", "bob", "cid"],
        ["x", "y", "x", "y"],
        [1, 0.1, 9, 3],
        scale=(0.1, 5),
        all_users=["cid", "bob", "ann"],
    )
    (found,) = check_health(ratings, 1)
    assert found.names == ("bob",)
    assert found.text.startswith("1 rating lies outside the scale 0.1–5: bob × x = 9. ")
    many = Ratings.from_cells([f"u{k}" for k in range(6)], ["x"] * 6, [1, 2, 3, 7, 8, 6], scale=(2, 5))
    (found,) = check_health(many, 1)
    assert found.names == ("u0", "u3", "u4", "u5")
    assert found.text.startswith("4 ratings lie outside the scale 2–5: u0 × x = 1, u3 × x = 7, u4 × x = 8 and 1 more. ")


def test_what_reading_changed_is_said_and_how_it_read_is_not():
    ratings = read_ratings(b"user,item,rating\nann,x,5\nann,x,4\nb\x01b,x,3\nb\x01b,y,0\n")
    (found,) = [f for f in check_health(ratings, 1) if f.title == "Changed while reading"]
    assert found.text == (
        "1 user name had control or broken characters, which were replaced by �. "
        "1 rating repeats a user and item (such as ann × x); the last rating counts."
    )
    assert found.severity == "note" and len(ratings.notes) == 4
    assert not [
        f for f in check_health(read_ratings(b"user,item,rating\nann,x,5\nbob,x,4\n"), 1) if "Changed" in f.title
    ]


def test_ratings_at_one_end():
    top = titles([[5.0, 5, 5, 5, 4], [5, 5, 5, 5, 1]])["Ratings at one end of the scale"]
    assert top.text.startswith("80% of the ratings lie in the top tenth of the scale 0–5")
    bottom = titles([[0.0] * 499 + [1]])["Ratings at one end of the scale"]
    assert bottom.text.startswith("99% of the ratings lie in the bottom tenth")
    assert "Ratings at one end of the scale" not in titles([[5.0, 5, 5, 4], [5, 5, 5, 1]])


def test_a_few_items_or_users_with_most_ratings():
    values = np.full((40, 20), NAN)
    values[:, :2] = np.arange(80).reshape(40, 2) % 5
    values[np.arange(40), 2 + np.arange(40) % 18] = 3
    found = titles(values)
    assert found["A few items hold most ratings"].names == ("i0", "i1")
    assert found["A few items hold most ratings"].text == "2 of 20 items hold 67% of the ratings."
    assert "A few users hold most ratings" not in found
    assert titles(values.T)["A few users hold most ratings"].names == ("u0", "u1")


def test_healthy_ratings_find_nothing(notebook, movie_night):
    for seed in range(5):
        assert check_health(datasets.planted(60, 40, 3, 0.5, 0.3, seed), 3) == []
    assert check_health(movie_night, 3) == []
    assert {f.severity for f in check_health(notebook, 2)} == {"limit"}


@given(st.integers(0, 10_000), st.floats(0.02, 1), st.integers(1, 4))
def test_what_is_found_is_true(seed, density, rank):
    """Counts in words are the names' number, limits stand before notes, and one is singular."""
    ratings = random_ratings(seed, density=density)
    found = check_health(ratings, rank)
    assert [f.severity for f in found] == sorted(f.severity for f in found)
    for f in found:
        assert set(f.names) <= {*ratings.users, *ratings.items} and len(set(f.names)) == len(f.names)
        if f.title.startswith(("Users ", "Items ")):
            count, noun = f.text.split()[:2]
            assert (int(count), noun.endswith("s")) == (len(f.names), len(f.names) != 1)
            assert (" has " in f.text) <= (len(f.names) == 1)
