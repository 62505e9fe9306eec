"""Tables with other columns among the ratings, as surveys have them; and lists without a header, whatever stands beside."""

from __future__ import annotations

import pytest

from nmf_core import NmfError, preview_ratings, read_ratings
from nmf_core.reading.readings import EACH_ROW

FORM = """Timestamp,Email Address,Alien,Up,Comments
2024/01/05 10:11,ann@x.org,5,1,great
2024/01/05 10:12,bob@x.org,,3,
2024/01/05 11:12,cy@x.org,2,3,meh
"""
# text → what names the rows, what is left out, the users and the items, and whether a person would ask
SURVEYS = {
    "a form": (
        FORM,
        ("Email Address", ("Timestamp", "Comments")),
        (["ann@x.org", "bob@x.org", "cy@x.org"], ["Alien", "Up"]),
        False,
    ),
    "numbers first": (
        "No.,Name,Alien,Up\n1,Ann,5,1\n2,Bob,,3\n",
        ("Name", ("No.",)),
        (["Ann", "Bob"], ["Alien", "Up"]),
        True,
    ),
    "nobody named": (
        "Timestamp,Alien,Up\n2024-01-05 10:11,5,1\n2024-01-05 10:11,4,3\n2024-01-06 10:00,2,2\n",
        (EACH_ROW, ("Timestamp",)),
        (["1", "2", "3"], ["Alien", "Up"]),
        True,
    ),
    "ages": (
        "Name,Age,A,B,C\nann,20,1,2,3\nbob,25,2,,5\n",
        ("Name", ("Age",)),
        (["ann", "bob"], ["A", "B", "C"]),
        False,
    ),
    "a name of sums on the scale of the others": (
        "Name,A,B,Sum\nann,1,2,3\nbob,2,4,\ncid,5,3,\n",
        ("Name", ("Sum",)),
        (["ann", "bob", "cid"], ["A", "B"]),
        True,
    ),
    "sizes": (
        "Name,Steps,A,B,C\nann,2000,1,2,3\nbob,2500,2,,5\n",
        ("Name", ("Steps",)),
        (["ann", "bob"], ["A", "B", "C"]),
        False,
    ),
}


@pytest.mark.parametrize("name", SURVEYS)
def test_what_is_no_rating_is_left_out_and_asked_about_where_a_person_would(name):
    text, (rows, left), (users, items), doubtful = SURVEYS[name]
    found = preview_ratings(text.encode())
    asked = {q.key: q.choice for q in found.questions}
    assert (asked["layout"], asked["user"], asked["skip"]) == ("grid", rows, left)
    assert found.sure != doubtful
    assert found.ratings.users.tolist() == users and found.ratings.items.tolist() == items
    # The same, said rather than guessed.
    again = read_ratings(text.encode(), layout="grid", columns={"user": rows}, skip=left)
    assert again.fingerprint == found.ratings.fingerprint
    assert f"Left out: {', '.join(map(repr, left))}." in again.notes
    said = preview_ratings(text.encode(), layout="grid", columns={"user": rows}, skip=left)
    assert said.sure and said.head.columns.tolist() == found.head.columns.tolist()


def test_films_by_year_leave_the_years_out():
    found = preview_ratings(b"Film,Year,Ann,Bob\nAlien,1979,5,4\nUp,2009,3,4\n")
    assert found.ratings.users.tolist() == ["Ann", "Bob"]
    assert {q.key: q.choice for q in found.questions}["skip"] == ("Year",)


def test_a_script_is_told_of_columns_that_were_left_out_or_asked_about_them():
    text = b"Name,Age,A,B,C\nann,20,1,2,3\nbob,25,2,,5\n"
    assert "Left out: 'Age'." in read_ratings(text).notes
    assert read_ratings(text, skip=[]).items.tolist() == ["Age", "A", "B", "C"]
    assert read_ratings(text, skip=["Age"]).items.tolist() == ["A", "B", "C"]
    assert read_ratings(text, skip=[2]).items.tolist() == ["A", "B", "C"]
    assert "Left out: 'Timestamp', 'Comments'." in read_ratings(FORM.encode()).notes
    doubtful = b"Name,A,B,Sum\nann,1,2,3\nbob,2,4,\ncid,5,3,\n"
    with pytest.raises(
        NmfError, match=r"the column 'Sum' seems to be no ratings.*Choose by skip=\['Sum'\], or skip=\[\]"
    ):
        read_ratings(doubtful)
    assert read_ratings(doubtful, skip=["Sum"]).items.tolist() == ["A", "B"]


def test_plain_grids_are_asked_nothing():
    for text in (
        b",x,y\nann,5,4\nbob,,3\n",
        b"Name,Ice Age,Groundhog Day\nann,5,4\nbob,,3\n",
        b"user,1,2\nann,5,4\nbob,1,3\n",
    ):
        found = {q.key: q for q in preview_ratings(text).questions}
        assert found["user"].sure and found["skip"].choice == () and found["skip"].sure, text


def test_columns_that_are_not_there_or_all_left_out_are_refused():
    text = b"Name,A,B\nann,1,2\nbob,2,3\n"
    for skip, words in (
        (["C"], "no column 'C' to leave out; it has 'Name, A, B'"),
        ("A", "skip is 'A'; it must be a list of columns"),
        ([1, 2, 3], "all columns are to be left out"),
    ):
        with pytest.raises(NmfError, match=words):
            read_ratings(text, skip=skip)
    with pytest.raises(NmfError, match="The column 'Name' is the user and left out at once"):
        read_ratings(text, layout="grid", columns={"user": "Name"}, skip=["Name"])


# text, and whether a person would ask
HEADLESS = {
    "dates": ("ann,Alien,5,2020-01-01\nbob,Alien,4,2020-01-02\nann,Up,3,2020-01-03\n", False),
    "numbers for items": ("ann,10,5\nbob,10,4\nann,11,3\n", True),
    "Amazon's": ("AKM1,0132793040,5.0,1365811200\nA2CX,0321732944,5.0,1341100800\n", True),
    "five columns": ("ann,Skyrim,5,play,0\nbob,Skyrim,4,play,0\nann,Fallout,3,play,0\n", True),
}


@pytest.mark.parametrize("name", HEADLESS)
def test_the_first_row_of_a_list_without_a_header_is_a_rating(name):
    text, doubtful = HEADLESS[name]
    ratings = read_ratings(text.encode(), columns={"user": 1, "item": 2, "rating": 3})
    assert ratings.n_ratings == text.count("\n") and ratings.of_user(text.split(",")[0])[text.split(",")[1]] == 5.0
    found = preview_ratings(text.encode())
    assert found.ratings.fingerprint == ratings.fingerprint and found.sure != doubtful
    assert "The first row holds a rating, so it was not taken as a header." in ratings.notes


def test_items_before_users_are_asked_about_unless_both_are_numbers():
    assert not preview_ratings(b"0132793040,AKM1,5.0,1365811200\n0132793040,A2CX,5.0,1341100800\n").sure
    assert preview_ratings(b"1\t10\t5\t881250949\n1\t11\t4\t881250950\n").sure
