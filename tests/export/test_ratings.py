"""Ratings as files: what is written is what `read_ratings` gives back, whatever users and items are called."""

import io
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nmf_core import Ratings, export, read_ratings
from nmf_core.errors import NmfError
from tests.conftest import cells
from tests.export.test_tables import titled

WRITERS = {
    "ratings_csv": export.ratings_csv,
    "ratings_excel": export.ratings_excel,
    "grid_csv": export.grid_csv,
    "grid_excel": export.grid_excel,
}
NASTY = [
    *(
        "=1+1",
        "'=1+1",
        "''=1",
        "+1",
        "-1",
        "@x",
        "＝1",
        "'",
        "''",
        '"',
        '""',
        ",",
        ";",
        "a,b",
        "a;b",
        "a|b",
        "::",
        "a\tb",
        "a\nb",
    ),
    *(
        "NA",
        "null",
        "None",
        "nan",
        "007",
        "07",
        "7",
        "1e5",
        "1.0",
        "1,5",
        "1.234,5",
        "#N/A",
        "#REF!",
        "TRUE",
        "0x10",
        "\u200b",
    ),
    *(
        "\u200f=1",
        "\u200e",
        "\u2800",
        "\ufeffx",
        "\u2028x\u2028y",
        "\uffff",
        "\ufffe",
        "_x0041_",
        "_x005F_x0041_",
        "_x0041_x0042_",
    ),
    *(
        "user",
        "item",
        "rating",
        "sep=;",
        "😀",
        "Amélie",
        "e\u0301",
        "é",
        " x ",
        "a  b",
        "x" * 5_000,
        "<b>",
        "&amp;",
        "\\n",
    ),
]
# Alone at the head of a grid these make it look like a list; grids are tested without them.
ROLES = {"user", "item", "rating"}
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.sampled_from("=+-@'\",;\t\n| x1.\u200b\u200f\u00a0_")),
    st.text(st.characters(), max_size=8),
)
VALUES = st.one_of(
    st.sampled_from([0, 1, 5, 0.1, 3.5, 1 / 3, 1e-15, 1e15, 16_777_216, 1e7]),
    st.floats(2.0**-20, 2.0**20, width=32),
)


@st.composite
def ratings_of_any_kind(draw):
    """Ratings with odd names, explicit zeros, and users and items that have none."""
    named = [
        list({name.strip(): 0 for name in draw(st.lists(TEXTS, min_size=1, max_size=6, unique=True)) if name.strip()})
        or ["x"]
        for _ in range(2)
    ]
    # Where all ids are whole numbers with .0, as pandas makes them, they are read without it.
    named = [[*names, "x"] if all(name.strip().endswith(".0") for name in names) else names for names in named]
    users, items = (_clean(names) for names in named)
    cells = draw(st.dictionaries(st.tuples(st.sampled_from(users), st.sampled_from(items)), VALUES, min_size=1))
    return Ratings.from_cells(
        [u for u, _ in cells], [i for _, i in cells], list(cells.values()), all_users=users, all_items=items
    )


def _clean(names):
    """Names as ratings hold them, each once."""
    return list(dict.fromkeys(Ratings.from_cells([name], ["x"], [1]).users[0] for name in names))


def assert_same(again, ratings):
    assert set(again.users) == set(ratings.users)
    assert set(again.items) == set(ratings.items)
    assert cells(again) == cells(ratings)


@pytest.mark.parametrize("writer", WRITERS)
@settings(max_examples=100, deadline=None)
@example(Ratings.from_cells(["sep=;"], ["sep=;"], [0.0]))
@example(Ratings.from_cells(NASTY[:9], NASTY[8::-1], range(9)))
@example(Ratings.from_cells(["ann"], ["Up"], [1], all_users=["ann", "*", "* of 2", "Source: us"], all_items=["Up"]))
@given(ratings_of_any_kind())
def test_what_is_written_is_read_again(writer, ratings):
    if writer.startswith("grid") and ROLES & {name.casefold() for name in ratings.items}:
        return
    # Said, since of a row or two, of names such as these and of ratings such as 1e15 it would be asked.
    said = {
        "layout": "grid" if writer.startswith("grid") else "long",
        "header": "row 1" if "excel" in writer else "line 1",
        **({"skip": [], "columns": {"user": 1}, "totals": "keep"} if writer.startswith("grid") else {}),
    }
    assert_same(read_ratings(WRITERS[writer](ratings), zeros="rating", duplicates="refuse", **said), ratings)


@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_written_of_ratings_as_people_have_them_is_read_without_a_question(writer, movie_night, notebook):
    for ratings in (movie_night, notebook):
        assert_same(read_ratings(WRITERS[writer](ratings)), ratings)


def test_each_user_and_item_is_there_and_numbers_are_short():
    ratings = Ratings.from_cells(
        ["a", "a", "b"], ["x", "y", "x"], [0.1, 4, 0], all_users=["a", "b", "c", "d"], all_items=["x", "y", "z"]
    )
    assert export.ratings_csv(ratings) == "\ufeffuser,item,rating\na,x,0.1\na,y,4\nb,x,0\nc,z,\nd,x,\n".encode()
    assert export.grid_csv(ratings) == "\ufeff,x,y,z\na,0.1,4,\nb,0,,\nc,,,\nd,,,\n".encode()
    rows = [
        [cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(export.grid_excel(ratings))).active
    ]
    assert rows == [
        [None, "x", "y", "z"],
        ["a", 0.1, 4, None],
        ["b", 0, None, None],
        ["c", *[None] * 3],
        ["d", *[None] * 3],
    ]


def test_a_name_in_need_of_quotes_has_all_in_quotes():
    ratings = Ratings.from_cells(["ann"], ['the "=x", 2'], [5])
    assert export.ratings_csv(ratings).decode("utf-8-sig") == '"user","item","rating"\n"ann","the ""=x"", 2",5\n'


@pytest.mark.parametrize("writer", WRITERS)
def test_no_name_is_a_formula_and_reading_says_what_it_did(writer):
    ratings = Ratings.from_cells(["=a", "'=a", "b"], ["-1", "x", "x"], [1, 2, 3])
    raw = WRITERS[writer](ratings)
    if writer.endswith("csv"):
        names = {cell for line in raw.decode("utf-8-sig").splitlines() for cell in line.split(",")}
    else:
        names = {str(cell.value) for row in openpyxl.load_workbook(io.BytesIO(raw)).active for cell in row}
    assert {"'=a", "''=a", "'-1"} <= names and not {"=a", "-1"} & names
    notes = " ".join(read_ratings(raw).notes)
    assert "2 user names had an apostrophe" in notes and "1 item name had an apostrophe" in notes


def test_a_foreign_file_keeps_its_apostrophes():
    ratings = read_ratings(b"user,item,rating\n'=x,a,1\n=x,a,2\n'=y,' =z,3\n'=y,'=z,4\n")
    assert set(ratings.users) == {"'=x", "=x", "'=y"} and set(ratings.items) == {"a", "' =z", "'=z"}


def test_ids_and_metadata_stand_beside_and_are_no_ratings_when_read_again():
    ratings = titled()
    raw = export.ratings_csv(ratings)
    assert raw.decode("utf-8-sig").splitlines()[0] == "user,item,rating,id,ratings in metadata,genres"
    assert cells(read_ratings(raw)) == cells(ratings)
    book = openpyxl.load_workbook(io.BytesIO(export.ratings_excel(ratings)))
    rows = {name: [[cell.value for cell in row] for row in book[name].rows] for name in book.sheetnames}
    assert rows["ratings"][:2] == [["user", "item", "rating", "id"], ["ann", "Emma [10]", 5, "10"]]
    assert rows["items"][0] == ["item", "id", "ratings in metadata", "genres"]
    assert rows["items"][4] == ["Up", "4", 8.2, "'=1"]
    assert cells(read_ratings(export.ratings_excel(ratings))) == cells(ratings)


@pytest.mark.parametrize("column", ["rating", "score", "user", "timestamp", "movieId", "1", "kind"])
@pytest.mark.parametrize("values", [[1, 2, 3, 4], ["a", "b", "a", "b"], [2001, None, 1999, 7]])
def test_metadata_of_any_name_are_not_taken_for_ratings(column, values):
    ratings = titled()
    info = pd.DataFrame({column: values}, index=ratings.items)
    ratings = replace(ratings, item_info=info)
    for writer in (export.ratings_csv, export.ratings_excel):
        assert cells(read_ratings(writer(ratings))) == cells(ratings)


def test_what_excel_cannot_hold_goes_to_csv(monkeypatch):
    monkeypatch.setattr(export.tables, "EXCEL_ROWS", 3)
    monkeypatch.setattr(export.tables, "EXCEL_COLUMNS", 3)
    ratings = Ratings.from_cells(["a", "b", "c"], ["x", "y", "z"], [1, 2, 3])
    for writer in (export.ratings_excel, export.grid_excel):
        with pytest.raises(NmfError, match="Excel sheet holds.*Export it as CSV"):
            writer(ratings)


def test_a_grid_too_large_to_be_read_goes_to_a_list(monkeypatch):
    monkeypatch.setattr("nmf_core.export.ratings.MAX_GRID_CELLS", 8)
    ratings = Ratings.from_cells(["a", "b", "c"], ["x", "y", "z"], [1, 2, 3])
    for writer in (export.grid_csv, export.grid_excel):
        with pytest.raises(NmfError, match="3 users × 3 items.*as a list"):
            writer(ratings)
