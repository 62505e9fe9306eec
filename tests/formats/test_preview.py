"""What a file seems to hold: each guess with its reason, doubt said, and the answers taken as keywords of read_ratings."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from nmf_core import NmfError, preview_ratings, read_ratings
from nmf_core.formats import delimited
from nmf_core.formats.layout import LAYOUTS

# name → text, what is in doubt, and ratings under the guesses
DOUBT = {
    "plain list": (
        "user,item,rating\nann,x,5\nbob,x,4\n",
        set(),
        {("ann", "x"): 5, ("bob", "x"): 4},
    ),
    "plain grid": (
        ",x,y\nann,5,4\nbob,,3\n",
        set(),
        {("ann", "x"): 5, ("ann", "y"): 4, ("bob", "y"): 3},
    ),
    "u.data": (
        "1\t10\t5\t881250949\n1\t11\t4\t881250950\n",
        set(),
        {("1", "10"): 5, ("1", "11"): 4},
    ),
    "two columns could be the rating": (
        "user,item,rating,score\nann,x,5,50\nbob,x,4,40\n",
        {"rating"},
        {("ann", "x"): 5, ("bob", "x"): 4},
    ),
    "no rating by name": (
        "user,item,points,date\nann,x,5,1\nbob,x,4,2\nbob,y,4,3\n",
        {"rating"},
        {("ann", "x"): 5, ("bob", "x"): 4, ("bob", "y"): 4},
    ),
    "no usual name": (
        "a,b,c,d\nann,x,5,hello\nann,y,4,there\n",
        {"layout", "user", "item", "rating"},
        {("ann", "x"): 5, ("ann", "y"): 4},
    ),
    "items down": (
        "movie,ann,bob\nAlien,5,4\nHeat,,3\n",
        {"layout"},
        {("ann", "Alien"): 5, ("bob", "Alien"): 4, ("bob", "Heat"): 3},
    ),
    "a decimal comma, plainly": (
        "user;item;rating\nann;x;4,5\n",
        set(),
        {("ann", "x"): 4.5},
    ),
    "a decimal or thousands comma": (
        "user;item;rating\nann;x;1,234\nann;y;5\n",
        {"decimal"},
        {("ann", "x"): 1.234, ("ann", "y"): 5},
    ),
    "two marks": (
        "user;item;rating\nann;x;1.234,5\nann;y;5\n",
        {"decimal"},
        {("ann", "x"): 1234.5, ("ann", "y"): 5},
    ),
    "zeros in a list": (
        "user,item,rating\nann,x,0\nann,y,4\nbob,x,3\n",
        {"zeros"},
        {("ann", "x"): 0, ("ann", "y"): 4, ("bob", "x"): 3},
    ),
    "mostly zeros": (
        "user,item,rating\nann,x,0\nann,y,0\nbob,x,3\n",
        {"zeros"},
        {("bob", "x"): 3},
    ),
    "zeros in a full grid": (
        ",x,y\nann,5,0\nbob,0,3\n",
        {"zeros"},
        {("ann", "x"): 5, ("bob", "y"): 3},
    ),
    "zeros beside blanks": (
        ",x,y\nann,5,0\nbob,,3\n",
        {"zeros"},
        {("ann", "x"): 5, ("ann", "y"): 0, ("bob", "y"): 3},
    ),
}


@pytest.mark.parametrize(("text", "unsure", "expected"), DOUBT.values(), ids=DOUBT)
def test_doubt_is_said_and_only_doubt(text, unsure, expected):
    found = preview_ratings(text.encode(), name="a.csv")
    assert found.error is None
    assert {question.key for question in found.questions if not question.sure} == unsure
    assert found.sure == (not unsure)
    assert {(r.user, r.item): pytest.approx(r.rating) for r in found.ratings.to_table().itertuples()} == expected
    assert all(question.reason and question.choice in question.options for question in found.questions)


@pytest.mark.parametrize(("text", "unsure", "expected"), DOUBT.values(), ids=DOUBT)
def test_the_answers_read_the_file_as_the_preview_did_and_nothing_is_in_doubt_any_more(text, unsure, expected):
    found = preview_ratings(text.encode())
    answers = {q.key: q.choice for q in found.questions if q.key in ("layout", "zeros", "decimal")}
    columns = {q.key: q.choice for q in found.questions if q.key in ("user", "item", "rating")}
    again = preview_ratings(text.encode(), **answers, columns=columns or None)
    assert again.sure
    assert again.ratings.fingerprint == found.ratings.fingerprint
    assert read_ratings(text.encode(), **answers, columns=columns or None).fingerprint == found.ratings.fingerprint


def test_another_answer_reads_another_thing():
    text = b"who,what,a,b\nann,x,1,9\nann,y,2,8\n"
    ratings = read_ratings(text, columns={"user": "what", "item": "who", "rating": 4})
    assert ratings.of_user("x") == {"ann": 9.0}
    grid = b"movie,ann,bob\nAlien,5,4\n"
    assert read_ratings(grid, layout="grid").users.tolist() == ["Alien"]
    assert read_ratings(grid, layout="items-down").users.tolist() == ["ann", "bob"]
    assert read_ratings(b"user;item;rating\nann;x;1.234\nann;y;5\n", decimal=",").of_user("ann") == {
        "x": 1234.0,
        "y": 5.0,
    }
    assert read_ratings(b"user;item;rating\nann;x;1,234\nann;y;5\n", decimal=".").of_user("ann") == {
        "x": 1234.0,
        "y": 5.0,
    }
    with pytest.raises(NmfError, match="'4,5' could be"):
        read_ratings(b"user;item;rating\nann;x;4,5\n", decimal=".")


def test_a_layout_can_be_told_for_any_table():
    for layout in LAYOUTS:
        found = preview_ratings(b"a,b,c\nann,x,5\nbob,y,4\n", layout=layout)
        assert found.questions[0].choice == layout
        assert found.questions[0].sure


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"layout": "wide"}, "layout is 'wide'"),
        ({"decimal": ";"}, "decimal is ';'"),
        ({"columns": {"user": "nobody"}}, "has no column 'nobody' for the users"),
        ({"columns": {"user": 9}}, "has no column 9"),
        ({"columns": {"who": "user"}}, "a role is one of user, item, rating"),
        ({"columns": {"user": "item", "item": "item"}}, "two roles"),
        ({"columns": ["user"]}, "columns is"),
    ],
)
def test_answers_are_checked(options, says):
    text = b"user,item,rating\nann,x,5\n"
    with pytest.raises(NmfError, match=says):
        read_ratings(text, **options)
    assert says in str(preview_ratings(text, **options).error)


def test_a_file_that_cannot_be_read_is_an_error_in_the_preview_and_not_raised():
    assert "is empty" in str(preview_ratings(b"", name="x.csv").error)
    wrong = preview_ratings(b"user,item,rating\nann,x,five\n", name="x.csv")
    assert "line 2" in str(wrong.error)
    assert wrong.head.iloc[0].tolist() == ["ann", "x", "five"]
    assert wrong.ratings is None and not wrong.sure


def test_the_head_shows_the_first_rows_under_the_titles_that_columns_are_chosen_by():
    found = preview_ratings(b"a,,a\nann,x,5\nbob,y,4\n")
    assert found.head.columns.tolist() == ["column 1", "column 2", "column 3"]
    assert read_ratings(b"a,b,a\nann,x,5\nbob,y,4\n", columns={"rating": "column 3"}).n_ratings == 2


def test_the_head_of_a_large_file_is_read_without_reading_it_whole(monkeypatch):
    taken = []
    streamed = delimited._streamed
    monkeypatch.setattr(
        delimited, "_streamed", lambda text, positions: taken.append(tuple(positions)) or streamed(text, positions)
    )
    rows = "".join(f"u{k % 50},i{k % 99},{k % 5 + 1},{k}\n" for k in range(3_000))
    found = preview_ratings(("user,item,rating,timestamp\n" + rows).encode())
    assert found.sure and len(found.head) == 12
    assert found.head["timestamp"].tolist() == [str(k) for k in range(12)]
    assert taken == [(0, 1, 2)]  # once, and without the timestamps


def test_the_head_of_a_parquet_file_is_its_first_rows():
    file = io.BytesIO()
    pd.DataFrame({"user": ["a"] * 40, "item": [f"i{k}" for k in range(40)], "rating": [3.5] * 40}).to_parquet(file)
    found = preview_ratings(file.getvalue())
    assert found.head["item"].tolist() == [f"i{k}" for k in range(12)]
    assert found.ratings.n_ratings == 40
