"""Workbooks as people keep them: several sheets, a table that begins anywhere, titles above and remarks below, pivot tables."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest

from nmf_core import NmfError, preview_ratings, read_ratings

GRID = [["", "Alien", "Heat", "Up"], ["Ann", 5, 3, None], ["Bob", None, 4, 2], ["Cy", 1, None, 5]]
LIST = [["userId", "movieId", "rating"], [1, 10, 5], [2, 11, 4], [1, 11, 3]]
FILMS = [["movieId", "title", "genres"], [10, "Alien", "Horror"], [11, "Heat", "Crime"]]
REMARKS = [["Ratings of our club"], ["made by Ann"]]
PIVOT = [
    ["Sum of rating", "Column Labels", None, None],
    ["Row Labels", "Alien", "Heat", "Grand Total"],
    *(["Ann", 5, 3, 8], ["Bob", 1, 4, 5], ["Grand Total", 6, 7, 13]),
]


def book(**sheets):
    """The bytes of a workbook; a sheet is its rows, or its rows and where the first cell stands."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, content in sheets.items():
        rows, (top, left) = content if isinstance(content, tuple) else (content, (1, 1))
        sheet = workbook.create_sheet(title)
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                sheet.cell(top + r, left + c, cell)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        GRID,
        (GRID, (3, 2)),
        ([["Our ratings"], *GRID], (2, 3)),
        [["Our ratings"], [], *GRID, [], ["Source: the club"], ["2026"]],
    ],
    ids=["plain", "at B3", "titled, at C2", "titled, with remarks"],
)
def test_a_grid_is_found_wherever_it_stands(content):
    ratings = read_ratings(book(Sheet=content))
    assert ratings.users.tolist() == ["Ann", "Bob", "Cy"]
    assert ratings.of_user("Bob") == {"Heat": 4.0, "Up": 2.0} and ratings.n_ratings == 6


def test_a_list_of_numbers_is_found_right_of_a_blank_column():
    assert read_ratings(book(Sheet=(LIST, (2, 2)))).of_user("1") == {"10": 5.0, "11": 3.0}


def test_rows_are_counted_as_excel_does_wherever_the_table_stands():
    wrong = [["", "Alien"], ["Ann", 5], ["Bob", "good"], ["Cy", 4], ["Dan", 3]]
    with pytest.raises(NmfError, match="row 7, column 'Alien': 'good'"):
        read_ratings(book(Sheet=(wrong, (5, 3))))


def test_a_grid_whose_users_were_forgotten_is_no_table_right_of_a_blank_column():
    forgotten = book(Sheet=[["", "Alien", "Heat"], ["", 5, 3], ["", 2, 4]])
    with pytest.raises(
        NmfError, match="a grid with users down.*since no column names|layout='grid' or layout='items-down'"
    ):
        read_ratings(forgotten)
    assert read_ratings(forgotten, layout="grid", columns={"user": "each row"}).users.tolist() == ["1", "2"]


def test_remarks_below_are_said_and_a_user_without_ratings_right_below_stays():
    ratings = read_ratings(book(Sheet=[*GRID, ["Dan"], [], ["Source: the club"]]))
    assert ratings.users.tolist() == ["Ann", "Bob", "Cy", "Dan"]
    assert "Row 7 below the table was left out: 'Source: the club'." in ratings.notes


def test_a_pivot_table_is_read_without_its_titles_and_totals():
    ratings = read_ratings(book(Sheet=PIVOT))
    assert ratings.users.tolist() == ["Ann", "Bob"] and ratings.items.tolist() == ["Alien", "Heat"]
    assert "Row 1 was taken for a title: 'Sum of rating Column Labels'." in ratings.notes


def test_margins_of_pandas_are_totals_only_where_they_sum_up():
    rows = [("Ann", "x", 5), ("Ann", "y", 3), ("Bob", "x", 2), ("Bob", "y", 4), ("Cy", "y", 1)]
    margins = pd.DataFrame(rows, columns=["user", "item", "rating"]).pivot_table(
        index="user", columns="item", values="rating", aggfunc="sum", margins=True
    )
    assert "All" not in read_ratings(margins.to_csv().encode()).users
    assert "All" in read_ratings(b",x,y\nAnn,5,3\nBob,1,4\nAll,3,2\n").users
    assert preview_ratings(b",x,y\nAnn,5,3\nBob,1,4\nAll,3,2\n").sure


@pytest.mark.parametrize("before", [[], REMARKS, [["", ""]]], ids=["empty", "remarks", "blank cells"])
def test_the_first_sheet_with_a_table_is_read(before):
    data = book(**{"Read me": before, "Ratings": GRID})
    ratings = read_ratings(data)
    assert ratings.n_ratings == 6 and "Only the sheet 'Ratings' of 2 was read." in ratings.notes
    found = preview_ratings(data)
    assert [(q.choice, q.sure) for q in found.questions if q.key == "sheet"] == [("Ratings", True)]


def test_a_hidden_sheet_is_read_only_where_it_is_asked_for():
    workbook = openpyxl.load_workbook(io.BytesIO(book(Old=[["", "x"], ["Eve", 1]], Ratings=GRID)))
    workbook["Old"].sheet_state = "hidden"
    file = io.BytesIO()
    workbook.save(file)
    assert read_ratings(file.getvalue()).n_ratings == 6
    assert read_ratings(file.getvalue(), sheet="Old").users.tolist() == ["Eve"]


def test_of_two_sheets_with_ratings_the_first_is_guessed_and_asked_about():
    other = [["", "Up"], ["Dan", 2], ["Eve", 4]]
    data = book(A=GRID, B=other, C=[])
    (question,) = (q for q in preview_ratings(data).questions if q.key == "sheet")
    assert (question.choice, question.options, question.sure) == ("A", ("A", "B", "C"), False)
    assert "'B'" in question.reason
    assert read_ratings(data, sheet="B").users.tolist() == ["Dan", "Eve"]
    chosen = preview_ratings(data, sheet="B")
    assert chosen.sure and chosen.ratings.users.tolist() == ["Dan", "Eve"]
    empty = preview_ratings(data, sheet="C")
    assert "its sheet 'C' has no cells" in str(empty.error)
    assert [q.choice for q in empty.questions if q.key == "sheet"] == ["C"]  # so that it can be taken back


def test_a_sheet_of_films_before_the_ratings_is_passed_over_by_the_preview():
    data = book(Films=FILMS, Ratings=LIST)
    assert preview_ratings(data).ratings.n_ratings == read_ratings(data).n_ratings == 3 and preview_ratings(data).sure
    found = preview_ratings(book(Films=FILMS, Grid=GRID))
    assert found.ratings.n_ratings == 6 and not found.sure
    assert "ratings cannot be read from 'Films'" in found.questions[0].reason


def test_a_sheet_that_names_users_items_and_ratings_comes_before_one_that_could_be_a_grid():
    data = book(Films=[["Film", "Year"], ["Alien", 1979], ["Heat", 1995]], Ratings=LIST)
    assert read_ratings(data).of_user("1") == {"10": 5.0, "11": 3.0}


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(NmfError, match="no sheet 'ratings'; its sheets are 'Ratings', 'Films'. Did you mean 'Ratings'"):
        read_ratings(book(Ratings=GRID, Films=FILMS), sheet="ratings")
    with pytest.raises(NmfError, match=r"no sheet \['Ratings'\]"):
        read_ratings(book(Ratings=GRID), sheet=["Ratings"])
    with pytest.raises(NmfError, match="only workbooks have sheets"):
        read_ratings(b",x\nann,5\n", sheet="Ratings")


def test_a_title_in_a_sheet_is_passed_over():
    file = io.BytesIO()
    rows = [["Our films", None, None], [None, None, None], ["", "Alien", "Heat"], ["ann", 5, 4], ["bob", None, 3]]
    pd.DataFrame(rows).to_excel(file, header=False, index=False)
    ratings = read_ratings(file.getvalue())
    assert ratings.users.tolist() == ["ann", "bob"] and ratings.n_ratings == 3
    assert ratings.notes[0] == "Row 1 was taken for a title: 'Our films'."


def test_formulas_that_nobody_computed_are_counted():
    file = io.BytesIO()
    pd.DataFrame([["", "Alien", "Heat"], ["ann", 5, "=B2+1"], ["bob", 3, 4]]).to_excel(file, header=False, index=False)
    ratings = read_ratings(file.getvalue())
    assert ratings.n_ratings == 3
    assert any("1 cell holds a formula without a value" in note for note in ratings.notes)
    file = io.BytesIO()
    pd.DataFrame([["", "Alien"], ["ann", 5]]).to_excel(file, header=False, index=False)
    assert not any("formula" in note for note in read_ratings(file.getvalue()).notes)


def test_cells_with_errors_are_counted():
    workbook = openpyxl.load_workbook(io.BytesIO(book(Sheet=GRID)))
    cell = workbook["Sheet"]["B2"]
    cell.value, cell.data_type = "#REF!", "e"
    file = io.BytesIO()
    workbook.save(file)
    ratings = read_ratings(file.getvalue())
    assert ratings.n_ratings == 5
    assert "1 cell holds an error such as #REF!, read as blank. Correct it if need be." in ratings.notes


def test_the_header_of_a_workbook_stands_in_several_rows_or_where_it_is_said():
    rows = [["Spring", "Films", "Films", "Books"], ["who", "x", "y", "z"], ["ann", 5, 4, 1], ["bob", 3, 2, 5]]
    named = read_ratings(book(Sheet=rows), header="row 2", layout="grid")
    assert named.items.tolist() == ["x", "y", "z"] and named.users.tolist() == ["ann", "bob"]
    both = read_ratings(book(Sheet=rows), header=(1, 2), layout="grid")
    assert both.items.tolist() == ["x", "y", "z"] and any("from rows 1 to 2" in note for note in both.notes)
    bare = [["ann", "x", 5], ["ann", "y", 3], ["bob", "x", 4]]
    none = read_ratings(book(Sheet=bare), header=0, columns={"user": 1, "item": 2, "rating": 3})
    assert none.n_ratings == 3 and none.of_user("ann") == {"x": 5.0, "y": 3.0}
    with pytest.raises(NmfError, match=r"row 3, column 'x': 'bad'"):
        wrong = [*rows[:2], ["ann", "bad", 4, 1], *rows[3:]]
        read_ratings(book(Sheet=wrong), header="row 2", layout="grid", skip=[], missing=[])
