"""What a file seems to hold: each guess with its reason, doubt said, and the answers taken as keywords of read_ratings."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from nmf_core import NmfError, preview_ratings, read_ratings
from nmf_core.formats import delimited
from nmf_core.reading.layouts import LAYOUTS

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
    "a rating by a less usual name": (
        "user,item,points,date\nann,x,5,1\nbob,x,4,2\nbob,y,4,3\n",
        set(),
        {("ann", "x"): 5, ("bob", "x"): 4, ("bob", "y"): 4},
    ),
    "no usual name": (
        "a,b,c,d\nann,x,5,hello\nann,y,4,there\n",
        set(),
        {("ann", "x"): 5, ("ann", "y"): 4},
    ),
    "no usual name, and nothing but numbers": (
        "a,b,c\n1,10,5\n1,11,4\n",
        {"user", "item"},
        {("1", "10"): 5, ("1", "11"): 4},
    ),
    "words between ids and numbers": (
        "who,b,c\nann,x,5\nbob,y,4\n",
        set(),
        {("ann", "x"): 5, ("bob", "y"): 4},
    ),
    "a date first, and no usual name": (
        "Datum;Wer;Was;Menge\n1.2.2024;ann;x;5\n2.2.2024;ann;y;4\n3.2.2024;bob;x;3\n",
        {"layout", "rating"},  # amounts are seldom marks
        {("ann", "x"): 5, ("ann", "y"): 4, ("bob", "x"): 3},
    ),
    "names in German": (
        "Datum;Kunde;Artikel;Bewertung\n1.2.2024;ann;x;5\n2.2.2024;ann;y;4\n",
        set(),
        {("ann", "x"): 5, ("ann", "y"): 4},
    ),
    "a number for each row, and remarks": (
        "id,date,name,film,comment,score\n1,2024-01-02,ann,x,good,5\n2,2024-01-03,bob,x,bad,1\n3,2024-01-03,ann,y,fine,4\n",
        set(),
        {("ann", "x"): 5, ("bob", "x"): 1, ("ann", "y"): 4},
    ),
    "two columns of one name": (
        "user,item,rating,rating\nann,x,5,50\nbob,x,4,40\n",
        {"rating"},
        {("ann", "x"): 5, ("bob", "x"): 4},
    ),
    "a row and a column of sums": (
        ",x,y,Total\nann,5,4,9\nbob,2,3,5\nTotal,7,7,14\n",
        set(),
        {("ann", "x"): 5, ("ann", "y"): 4, ("bob", "x"): 2, ("bob", "y"): 3},
    ),
    "a row of means, rounded": (
        ",x,y\nann,5,4\nbob,,3\ncy,4,4\nAverage,4.5,3.7\n",
        set(),
        {("ann", "x"): 5, ("ann", "y"): 4, ("bob", "y"): 3, ("cy", "x"): 4, ("cy", "y"): 4},
    ),
    "a row named Total that is none": (
        ",x,y\nann,5,4\nbob,,3\nTotal,2,1\n",
        {"totals"},
        {("ann", "x"): 5, ("ann", "y"): 4, ("bob", "y"): 3},
    ),
    "a dash for a blank": (
        ",x,y\nann,5,-\nbob,–,3\n",
        set(),
        {("ann", "x"): 5, ("bob", "y"): 3},
    ),
    "items down": (
        "movie,ann,bob\nAlien,5,4\nHeat,,3\n",
        set(),
        {("ann", "Alien"): 5, ("bob", "Alien"): 4, ("bob", "Heat"): 3},
    ),
    "what is down is nowhere said": (
        ",B1,B2,B3\nA1,5,4,2\nA2,,3,1\nA3,1,,\n",
        {"layout"},
        {("A1", "B1"): 5, ("A1", "B2"): 4, ("A1", "B3"): 2, ("A2", "B2"): 3, ("A2", "B3"): 1, ("A3", "B1"): 1},
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
    for question in found.questions:
        chosen = (question.choice,) if isinstance(question.choice, str) else question.choice
        assert question.reason and set(chosen) <= set(question.options)


@pytest.mark.parametrize(("text", "unsure", "expected"), DOUBT.values(), ids=DOUBT)
def test_the_answers_read_the_file_as_the_preview_did_and_nothing_is_in_doubt_any_more(text, unsure, expected):
    found = preview_ratings(text.encode())
    answers = {q.key: q.choice for q in found.questions if q.key in ("layout", "zeros", "decimal", "totals")}
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
        asked = next(question for question in found.questions if question.key == "layout")
        assert asked.choice == layout and asked.sure


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


@pytest.mark.parametrize(
    ("text", "answers", "keys"),
    [
        (
            b"a,b,c,d\nann,x,5,hello\nann,y,4,there\n",
            {"columns": {"rating": "d"}},
            ["layout", "user", "item", "rating"],
        ),
        (b"a,b,c,d\nann,x,5,hello\nann,y,4,there\n", {"layout": "grid", "skip": []}, ["layout", "user", "skip"]),
        (b"user,item,rating\nann,x,1.234,5\n".replace(b",", b";"), {"decimal": "."}, ["decimal"]),
        (b"user;item;rating\nann;x;4,5\n", {"decimal": "."}, ["layout", "user", "item", "rating", "decimal"]),
        (b",x\nann,0\n", {"zeros": "unrated"}, ["layout", "zeros"]),
        (b",x,y\nann,5,4\nbob,3,3\ncy,1,2\nTotal,5,b\n", {"totals": "keep"}, ["layout", "totals"]),
        (b"user,item\nann,\n", {}, ["layout"]),
    ],
)
def test_an_answer_that_is_an_error_leaves_every_answer_open(text, answers, keys):
    found = preview_ratings(text, **answers)
    assert found.error is not None and found.ratings is None
    assert {question.key for question in found.questions} >= set(keys) or found.head.empty
    for question in found.questions:
        chosen = (question.choice,) if isinstance(question.choice, str) else question.choice
        assert set(chosen) <= set(question.options)


def test_a_row_of_sums_is_left_out_or_kept_as_asked():
    text = b",x,y\nann,5,4\nbob,2,3\nTotal,7,7\n"
    assert read_ratings(text).users.tolist() == ["ann", "bob"]
    assert "Total" in " ".join(read_ratings(text).notes)
    kept = read_ratings(text, totals="keep")
    assert kept.users.tolist() == ["ann", "bob", "Total"] and kept.n_ratings == 6
    other = text.replace(b"7,7", b"1,7")  # no sums: asked about, of a script too
    with pytest.raises(
        NmfError, match=r"'Total', and the numbers do not plainly sum up.*Choose by totals='keep' or totals='skip'"
    ):
        read_ratings(other)
    kept = read_ratings(other, totals="keep")
    assert "Total" in kept.users and "can be left out" in " ".join(kept.notes)
    assert "Total" not in read_ratings(other, totals="skip").users
    down = b"film,ann,bob,Sum\nx,5,1,6\ny,4,2,6\n"
    assert read_ratings(down, layout="items-down").users.tolist() == ["ann", "bob"]


OWN_NAMES = {
    "a user called Count with one rating": (
        b",Alien,Heat,Jaws\nann,3,4,1\nbob,4,,2\ncid,5,2,\ndan,4,3,1\nCount,4,,\n",
        "Count",
    ),
    "an item called Average of whole ratings": (b",A,B,C,Average\nann,5,4,5,5\nbob,2,1,2,2\ncid,3,3,4,3\n", "Average"),
    "a user called Mean beside one": (b",Alien,Heat\nann,3,4\nMean,3,4\n", "Mean"),
    "an item called Total beside one": (b",Alien,Total\nann,3,3\nbob,4,4\n", "Total"),
    "an item called Sum with one rating": (b",A,B,Sum\nann,1,2,3\nbob,2,4,\ncid,5,3,\n", "Sum"),
}


@pytest.mark.parametrize(("text", "name"), OWN_NAMES.values(), ids=OWN_NAMES)
def test_who_is_called_as_a_sum_is_not_left_out_unasked(text, name):
    assert not preview_ratings(text).sure
    with pytest.raises(NmfError, match=f"'{name}'.*Choose by "):
        read_ratings(text)
    ratings = read_ratings(text, totals="keep", skip=[])
    assert name in [*ratings.users, *ratings.items]


def test_every_row_and_column_of_sums_is_named():
    text = b",x,y,Total,Average\nann,5,4,9,4.5\nbob,2,3,5,2.5\nTotal,7,7,14,7\nAverage,3.5,3.5,7,3.5\n"
    found = preview_ratings(text)
    assert found.sure and found.ratings.n_ratings == 4
    note = next(note for note in found.ratings.notes if "left out" in note)
    assert note.count("'Total'") == note.count("'Average'") == 2


def test_a_first_row_that_holds_a_rating_is_no_header_whatever_words_it_has():
    ratings = read_ratings(b"ann,movie,5\nann,book,4\nbob,movie,3\n")
    assert ratings.n_ratings == 3 and 5.0 in ratings.V.data
    header = b"id,film,5\n2,Heat,3\n2,Jaws,4\n"  # two names of columns and a rating: who could tell?
    assert not preview_ratings(header).sure
    assert 5.0 in read_ratings(header, header="none", columns={"user": 1, "item": 2, "rating": 3}).V.data


def test_ids_that_are_named_so_make_a_list_though_nothing_repeats():
    text = b"userId,movieId,points,minutes\n1,12,4,90\n2,12,5,100\n3,13,3,95\n"
    assert read_ratings(text).of_user("1") == {"12": 4.0}
    odd = preview_ratings(b"nr,spielfilm,leute,punkte\n1,12,33,4\n2,12,34,5\n3,13,33,3\n")
    assert not odd.sure


def test_a_column_of_dashes_is_an_item_that_nobody_rated():
    ratings = read_ratings(b"name,Alien,Heat\nann,-,4\nbob,-,3\n")
    assert ratings.items.tolist() == ["Alien", "Heat"] and ratings.n_ratings == 2


def test_years_are_no_ratings():
    text = b"Watched by,Picture,How much,When,Why\nann,Alien,4,2020,fun\nann,Heat,3,2020,hm\nbob,Alien,5,2020,yes\n"
    assert {q.key: q.choice for q in preview_ratings(text).questions}["rating"] == "How much"


TITLED = {
    "a title alone": (b"Our films\nuser,Alien,Heat\nann,5,4\nbob,,3\n", "Line 1"),
    "a title, padded": (b"Our films,,\n,,\n,Alien,Heat\nann,5,4\nbob,,3\n", "Line 1"),
    "two titles and blank lines": (
        b"Our films\n2026\n\nuser;Alien;Heat\nann;5;4\nbob;;3\n".replace(b"2026", b"May"),
        "Line 2",
    ),
    "a title in quotes": (b'"Our\nfilms"\nuser\tAlien\tHeat\nann\t5\t4\nbob\t\t3\n', "Line 1"),
}


@pytest.mark.parametrize(("text", "said"), TITLED.values(), ids=TITLED)
def test_titles_above_the_header_are_passed_over_and_said(text, said):
    ratings = read_ratings(text)
    assert {(r.user, r.item): r.rating for r in ratings.to_table().itertuples()} == {
        ("ann", "Alien"): 5,
        ("ann", "Heat"): 4,
        ("bob", "Heat"): 3,
    }
    assert any(note.startswith(f"{said} was taken for a title") for note in ratings.notes)
    wrong = text.replace(b"3\n", b"bad\n").replace(
        b"ann", b"cy;3;2\ndan;1;1\nann".replace(b";", text.split(b"ann")[1][:1])
    )
    with pytest.raises(NmfError, match=f"line {wrong.count(bytes([10]))}, column 'Heat': 'bad'"):
        read_ratings(wrong)


def test_a_title_above_a_list_without_a_header():
    ratings = read_ratings(b"Ratings of 2024;;\nann;x;3\nbob;y;4\n")
    assert ratings.of_user("ann") == {"x": 3.0} and ratings.n_ratings == 2
    assert any(note.startswith("Line 1 was taken for a title") for note in ratings.notes)


def test_what_may_be_a_header_is_no_title():
    assert read_ratings(b",Alien\nann,5\nbob,4\n").n_ratings == 2
    for text in (b"user,\nann,5\n", b"one column\nann\n"):
        with pytest.raises(NmfError):
            read_ratings(text)


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
    assert taken == [(0, 1, 2, 3)]  # once, the times with the ratings


@pytest.mark.parametrize("read", [read_ratings, preview_ratings])
@pytest.mark.parametrize("text", [b",x,y\nann,5,4\nbob,,3\n", b"Name,Age,A,B,C\nann,20,1,2,1\nbob,25,2,,3\n"])
def test_a_grid_is_read_once_however_often_it_is_looked_through(monkeypatch, read, text):
    taken = []
    streamed = delimited._streamed
    monkeypatch.setattr(delimited, "_streamed", lambda text, positions: taken.append(1) or streamed(text, positions))
    read(text)
    assert taken == [1]


def test_the_head_of_a_parquet_file_is_its_first_rows():
    file = io.BytesIO()
    pd.DataFrame({"user": ["a"] * 40, "item": [f"i{k}" for k in range(40)], "rating": [3.5] * 40}).to_parquet(file)
    found = preview_ratings(file.getvalue())
    assert found.head["item"].tolist() == [f"i{k}" for k in range(12)]
    assert found.ratings.n_ratings == 40
