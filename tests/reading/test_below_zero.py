"""Ratings below zero: a scale with two sides is shifted if somebody says so; a single one is a wrong cell."""

from __future__ import annotations

import pytest

from nmf_core import NmfError, preview_ratings, read_ratings

JOKES = b"user,joke,rating\nann,a,-9.5\nann,b,4.25\nbob,a,-3.5\nbob,b,9.75\ncy,a,0\ncy,b,99\ndan,a,99\ndan,b,-10\n"
GRID = b"judge,Alien,Heat,Jaws\nAnn,-3,2,0\nBob,1,,-2\nCarla,3,-1,2\n"
THUMBS = b"user,item,rating\nann,x,1\nann,y,-1\nbob,x,-1\nbob,y,1\ncy,x,1\n"


def test_a_scale_with_two_sides_is_asked_about_and_shifted():
    found = preview_ratings(GRID)
    question = next(q for q in found.questions if q.key == "negative")
    assert (question.choice, question.sure) == ("shift", False) and "3 numbers of 8 lie below zero" in question.reason
    assert found.ratings.of_user("Ann") == {"Alien": 0.0, "Heat": 5.0, "Jaws": 3.0}
    assert "There are ratings below zero, so 3 was added to each: what was -3 is 0, and 0 is 3." in found.ratings.notes
    with pytest.raises(NmfError, match="Choose by negative='shift' or negative='blank'"):
        read_ratings(GRID)
    assert read_ratings(GRID, negative="shift").fingerprint == found.ratings.fingerprint
    assert read_ratings(GRID, negative="blank", zeros="rating").of_user("Ann") == {"Heat": 2.0, "Jaws": 0.0}


def test_a_code_above_such_a_scale_is_found_as_well():
    found = preview_ratings(JOKES)
    assert {q.key: q.choice for q in found.questions if not q.sure} == {"missing": ("99",), "negative": "shift"}
    assert found.ratings.of_user("ann") == pytest.approx({"a": 0.5, "b": 14.25}) and found.ratings.n_ratings == 6
    assert found.ratings.of_user("dan") == {"b": 0.0}


def test_thumbs_up_and_down_are_such_a_scale():
    assert read_ratings(THUMBS, negative="shift").of_user("ann") == {"x": 2.0, "y": 0.0}


def test_a_single_one_is_a_wrong_cell_that_is_named_and_an_unknown_answer_is_refused():
    with pytest.raises(NmfError, match="line 3, column 'rating': '-1' is negative"):
        read_ratings(b"user,item,rating\nann,x,5\nbob,y,-1\nbob,x,3\n")
    with pytest.raises(NmfError, match="negative is 'keep'; it must be one of auto, shift, blank"):
        read_ratings(GRID, negative="keep")
