"""ARFF, LIBSVM, RecBole and the Netflix Prize: as their programs write them, and what is wrong in them by its line."""

from __future__ import annotations

import io

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import dump_svmlight_file

from nmf_core import FORMATS, NmfError, preview_ratings, read_ratings
from nmf_core.formats.registry import format_of, open_source
from nmf_core.reading.items import looks_like_items, read_items
from tests.formats.binary_books import zipped
from tests.formats.test_movielens import U_ITEM

ARFF = """% ratings of our club
@RELATION 'user movie'

@ATTRIBUTE user STRING
@attribute 'the item' {'Alien, the film',"Kiki's",Heat}  % what was seen
@attribute rating NUMERIC
@attribute seen date "yyyy-MM-dd"
@DATA
ann, 'Alien, the film', 5, 2020-01-02
% a remark
bob,"Kiki's",?,?
'O\\'Neill',Heat,3,? % and another
"""


def test_arff_is_read_with_its_quotes_blanks_and_remarks():
    table = open_source(ARFF.encode(), name="a.arff").table()
    assert table.header == ("user", "the item", "rating", "seen")
    cells = [[column.cell(row) for column in table.take(range(4))] for row in range(3)]
    assert cells == [
        ["ann", "Alien, the film", "5", "2020-01-02"],
        ["bob", "Kiki's", None, None],
        ["O'Neill", "Heat", "3", None],
    ]
    assert [table.line(row) for row in range(3)] == [9, 11, 12] and table.header_line == 4


def test_a_grid_in_arff_is_read():
    text = "@relation a\n@attribute name string\n@attribute Alien real\n@attribute Heat real\n@data\nann,5,?\nbob,3,4\n"
    assert read_ratings(text.encode()).of_user("ann") == {"Alien": 5.0}


def test_arff_in_an_older_encoding_is_asked_about():
    found = preview_ratings(
        ARFF.replace("Kiki", "Amélie").encode("latin-1"), name="a.arff", columns={"item": "the item"}
    )
    assert "Amélie's" in found.ratings.items
    assert any("encoding" in question.key for question in found.questions)


HEAD = "@relation a\n@attribute user string\n@attribute item {x,y}\n@attribute rating numeric\n@data\n"
ARFF_REFUSED = {
    "sparse": (HEAD + "{0 ann, 2 5}\n", "line 6: the row .* is written sparse.*SparseToNonSparse"),
    "too many cells": (HEAD + "ann,x,5,1\n", "line 6: the row has 4 cells; there are 3 attributes"),
    "too few cells": (HEAD + "ann,x,5\nann,y\n", "line 7: the row has 2 cells"),
    "a word that is not allowed": (
        HEAD + "ann,z,5\n",
        "line 6: 'z' is none of the words that its attribute allows: 'x, y'",
    ),
    "quotes": (HEAD + "'ann,x,5\n", "line 6: the quotes in .* do not fit"),
    "a rating of words": (HEAD + "ann,x,five\n", "line 6, column 'rating': 'five' is not a number"),
    "no data": ("@relation a\n@attribute user string\n", "has no line @data"),
    "no attributes": ("@relation a\n@data\n1,2\n", "line 2: no @attribute stands above @data"),
    "a relation in a cell": (
        "@relation a\n@attribute bag relational\n",
        "line 2: '@attribute bag relational' cannot be read",
    ),
    "nonsense": ("@relation a\nhello\n@data\n", "line 2: 'hello' cannot be read"),
    "no rows": (HEAD, "no ratings"),
}


@pytest.mark.parametrize(("text", "says"), ARFF_REFUSED.values(), ids=ARFF_REFUSED.keys())
def test_arff_refused(text, says):
    with pytest.raises(NmfError, match=f"(?s)^a.arff.*{says}"):
        read_ratings(text.encode(), name="a.arff")


def test_what_scikit_learn_writes_is_a_line_a_user():
    matrix = np.array([[5, 0, 3], [0, 4, 1], [2, 0, 0]])
    file = io.BytesIO()
    dump_svmlight_file(scipy.sparse.csr_array(matrix), [1, 0, 1], file, zero_based=True, comment="ratings")
    for name in ("a.svm", "a.txt", "a.train", "ratings"):
        ratings = read_ratings(file.getvalue(), name=name)
        assert ratings.users.tolist() == ["1", "2", "3"]
        assert ratings.of_user("2") == {"1": 4.0, "2": 1.0}
    assert "the label that begins it was left out" in " ".join(ratings.notes)
    own = io.BytesIO()
    dump_svmlight_file(scipy.sparse.csr_array(matrix), [7, 8, 9], own, zero_based=True)
    named = read_ratings(own.getvalue(), name="a.svm")
    assert named.users.tolist() == ["7", "8", "9"] and named.of_user("8") == {"1": 4.0, "2": 1.0}


def test_a_line_of_libsvm_longer_than_the_first_look_is_known():
    line = "1 " + " ".join(f"{k}:3" for k in range(1, 3000)) + "\n"
    assert format_of(line.encode(), "a.txt", "auto") is FORMATS["libsvm"]
    assert read_ratings(line.encode() + b"-1,2 5:4 # a remark\n\n", name="a.txt").n_ratings == 3000


def test_libfm_writes_a_rating_as_the_label_of_two_places():
    ratings = read_ratings(b"5 0:1 10:1\n3 0:1 11:1\n4 1:1 10:1\n", name="a.libfm")
    assert ratings.of_user("0") == {"10": 5.0, "11": 3.0} and ratings.of_user("1") == {"10": 4.0}
    assert "Each line was read as a rating" in " ".join(ratings.notes)


LIBSVM_REFUSED = {
    "no number": ("1 1:5 2:3\n1 1:five\n", "line 2: '1 1:five' is not a label and pairs"),
    "falling": ("1 1:5 2:3\n1 2:5 1:3\n", "line 2: .* in rising order"),
    "twice": ("1 1:5 2:3\n1 2:5 2:3\n", "line 2: .* in rising order"),
    "words": ("1 1:5 2:3\nhello world\n", "line 2: 'hello world'"),
    "NUL": ("1 1:5 2:3\n1 2:\0\n", "line 2"),
    "a number beyond all": ("1 1:5 2:3\n1 99999999999999999999:3\n", "line 2"),
    "labels alone": ("1 1:5 2:3\n".replace("1:5 2:3", "# 1:5"), "has no ratings"),
}


@pytest.mark.parametrize(("text", "says"), LIBSVM_REFUSED.values(), ids=LIBSVM_REFUSED.keys())
def test_libsvm_refused(text, says):
    with pytest.raises(NmfError, match=f"(?s)^a.svm.*{says}"):
        FORMATS["libsvm"].read(text.encode(), "a.svm")


@pytest.mark.parametrize(
    "text",
    [
        "user item rating\n1 2:3 4\n",
        "1 2:3\nann,x\n",
        "ann 1:5 2:3\n",
        "12:30 1:5\n",
        "1\t1:5\n1\t2:3\n",
        "1 1:5 b:3\n",
    ],
)
def test_what_only_looks_a_little_like_libsvm_is_not(text):
    assert format_of(text.encode(), "a.txt", "auto") is FORMATS["csv"]


INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n196\t242\t3\t881250949\n186\t302\t3\t891717742\n"
ITEM = (
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "242\tToy Story\t1995\tAnimation Children's Comedy\n302\tHeat\t1995\tAction\n"
)


def test_recbole_is_read_by_its_names():
    found = preview_ratings(INTER.encode(), name="a.inter")
    assert found.sure and found.head.columns.tolist() == ["user_id", "item_id", "rating", "timestamp"]
    assert found.ratings.of_user("196") == {"242": 3.0}
    with pytest.raises(NmfError, match="looks like a RecBole file. Give it the extension .inter"):
        read_ratings(INTER.encode(), name="a.tsv")
    with pytest.raises(NmfError, match="a.inter, line 3: the row has 3 cells"):
        read_ratings(INTER.replace("\t891717742", "").encode(), name="a.inter")


def test_titles_and_genres_of_recbole_are_about_items():
    assert looks_like_items(ITEM.encode(), "a.item")
    films = read_items(ITEM.encode(), name="a.item")
    assert films.loc["242"].to_dict() == {"title": "Toy Story", "year": "1995", "class": "Animation|Children's|Comedy"}
    assert films.index.tolist() == ["242", "302"]


def test_films_of_movielens_beside_a_table_are_no_second_table():
    ratings = read_ratings(
        zipped({"a/ratings.csv": "user,item,rating\nann,x,5\n", "a/u.item": U_ITEM.encode("latin-1")})
    )
    assert ratings.n_ratings == 1


NETFLIX = "1:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n2:\n3:\n2059652,4,2005-09-05\n1488844,3,2005-04-19\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_films_of_netflix_stand_above_their_ratings(newline, tmp_path):
    data = NETFLIX.replace("\n", newline).encode()
    path = tmp_path / "combined_data_1.txt"
    path.write_bytes(data)
    for source, name in ((data, "a.txt"), (data, "ratings"), (path, None)):
        ratings = read_ratings(source, name=name)
        assert ratings.of_user("1488844") == {"1": 3.0, "3": 3.0} and ratings.n_ratings == 4
    table = open_source(data, name="a.txt").table()
    assert table.header == ("user", "item", "rating", "date")
    assert [column.cell(2) for column in table.take(range(4))] == ["2059652", "3", "4", "2005-09-05"]
    assert read_ratings(zipped({"a.txt": data})).n_ratings == 4


def test_a_film_of_netflix_may_come_again_and_dates_may_be_missing():
    ratings = read_ratings(b"1:\n7,5\n\n2:\n7,4\n1:\n8,3\n", name="a.txt")
    assert ratings.of_user("8") == {"1": 3.0} and ratings.items.tolist() == ["1", "2"]


NETFLIX_REFUSED = {
    "a line of neither": (NETFLIX + "hello\n", "the line 'hello' is neither a film such as 1: nor a rating such as 1488844,3,2005"),
    "a date too few": (NETFLIX + "7,3\n", "the line '7,3' is neither"),
    "no ratings": ("1:\n1488844\n822109\n", "'1488844' is neither"),
    "no film": ("7,3\n1:\n7,4\n", "no film's line such as 1: stands above the first ratings"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), NETFLIX_REFUSED.values(), ids=NETFLIX_REFUSED.keys())
def test_netflix_refused(text, says):
    with pytest.raises(NmfError, match=f"(?s)^a.txt.*{says}"):
        FORMATS["netflix"].read(text.encode(), "a.txt")


def test_a_rating_of_netflix_that_is_no_number_is_named():
    with pytest.raises(NmfError, match="^a.txt, rating 5, column 'rating': 'bad' is not a number"):
        read_ratings((NETFLIX + "7,bad,2005-01-01\n").encode(), name="a.txt")


TEXTS = {"arff": ARFF, "libsvm": "# a\n3,4 qid:4 1:4 7:2.5 # b\n-1.5 2:4\n", "recbole": INTER, "netflix": NETFLIX}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(TEXTS)),
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from(list(b"019 \n\r%-.e,:'\"{}@?#\t\\\0\xff"))), max_size=4),
    st.integers(0, 300),
)
def test_damaged(name, changes, end):
    content = bytearray(TEXTS[name].encode())
    for at, byte in changes:
        content[at % len(content)] = byte
    for damaged in (bytes(content), bytes(content[:end])):
        try:
            table = FORMATS[name].read(damaged, "a")
            table.take(range(len(table.header)))
        except NmfError as error:
            assert len(str(error)) > 20
