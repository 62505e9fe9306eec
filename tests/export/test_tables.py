"""Tables: what they say comes back, and no name in them can act."""

import io

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from nmf_core import Ratings, datasets, factorize, named_by_title
from nmf_core.errors import NmfError
from nmf_core.export import tables


def read_excel(data, sheet=None):
    book = openpyxl.load_workbook(io.BytesIO(data))
    return book[sheet or book.sheetnames[0]]


@given(st.text())
def test_any_text_can_be_written(text):
    frame = pd.DataFrame({"item": [text, "x"], text: [1.0, 2.0]})
    assert tables.csv(frame).decode("utf-8-sig")
    cell = read_excel(tables.excel(frame)).cell(2, 1)
    assert cell.data_type in ("s", "inlineStr", "n") and not str(cell.value or "").startswith("=")


def test_csv_comes_back():
    frame = pd.DataFrame({"item": ["NA", "007", 'a "b", c\nd'], "weight": [0.1, -2.5, np.nan]})
    raw = tables.csv(frame)
    assert raw.startswith(b"\xef\xbb\xbf")
    again = pd.read_csv(io.BytesIO(raw), dtype={"item": str}, keep_default_na=False, na_values={"weight": [""]})
    pd.testing.assert_frame_equal(again, frame.astype({"item": again["item"].dtype}))


def test_numbers_are_not_touched_and_names_are_everywhere():
    frame = pd.DataFrame({"=a": [-1.5]}, index=pd.Index(["=u"], name="@user"))
    assert tables.csv(frame).decode("utf-8-sig").splitlines() == ['"\'@user","\'=a"', '"\'=u",-1.5']
    rows = [[cell.value for cell in row] for row in read_excel(tables.excel(frame)).rows]
    assert rows == [["'@user", "'=a"], ["'=u", -1.5]]


def test_a_mixed_column_keeps_its_numbers():
    frame = pd.DataFrame({"x": pd.Series([-1, "-1", None, float("nan"), True], dtype=object)})
    values = [row[0].value for row in read_excel(tables.excel(frame)).rows][1:]
    assert values == [-1, "'-1", None, None, True]


def test_times_are_times_and_other_kinds_keep_their_own():
    times = pd.to_datetime(["2026-11-26 13:50:00", None])
    frame = pd.DataFrame(
        {"at": times, "there": times.tz_localize("UTC"), "many": [2**53 + 1, -1], "some": pd.array([1, None], "Int64")}
    )
    rows = [[cell.value for cell in row] for row in read_excel(tables.excel(frame)).rows]
    at = times[0].to_pydatetime()
    assert rows[1:] == [[at, at, 2**53 + 1, 1], [None, None, -1, None]]


def test_a_workbook_is_the_same_bytes_again_and_passes_a_block_of_rows(monkeypatch):
    monkeypatch.setattr("nmf_core.export.workbook.ROWS_AT_ONCE", 7)
    frame = pd.DataFrame({"item": [f"{k % 5}" for k in range(30)], "x": np.arange(30) / 7})
    again = pd.read_excel(io.BytesIO(tables.excel(frame)), dtype={"item": str}, engine="calamine")
    pd.testing.assert_frame_equal(again, frame, check_dtype=False)
    assert tables.excel(frame) == tables.excel(frame)


def test_excel_error_words_and_infinity_are_text():
    frame = pd.DataFrame({"item": ["#N/A", "#REF!"], "x": [np.inf, np.nan]})
    sheet = read_excel(tables.excel(frame))
    assert [sheet.cell(2, 1).value, sheet.cell(2, 1).data_type] == ["#N/A", "s"]
    assert [sheet.cell(2, 2).value, sheet.cell(3, 2).value] == ["inf", None]


def test_what_looks_like_a_code_of_a_character_stays_text():
    names = ["_x0041_", "_x0041_x0042_", "#_x0041_", "_x1_"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(tables.excel(pd.DataFrame({"item": names}))))
    assert book.get_sheet_by_index(0).to_python() == [["item"], *([name] for name in names)]


def test_sheets_get_names_that_excel_allows():
    frame = pd.DataFrame({"x": [1]})
    book = openpyxl.load_workbook(io.BytesIO(tables.excel({"a/b:c": frame, "W" * 50: frame, "[]": frame})))
    assert book.sheetnames == ["a b c", "W" * 28, "Sheet"]
    book = openpyxl.load_workbook(io.BytesIO(tables.excel({"Films": frame, "films": frame, "<&": frame})))
    assert book.sheetnames == ["Films", "films1", "<&"]


def test_what_excel_cannot_hold_is_said():
    with pytest.raises(NmfError, match="16,385 columns.*Export it as CSV"):
        tables.excel(pd.DataFrame(np.zeros((1, 16_385))))
    with pytest.raises(NmfError, match="characters"):
        tables.excel(pd.DataFrame({"x": ["y" * 40_000]}))
    with pytest.raises(NmfError, match="no table"):
        tables.excel({})


def test_w_and_h_bear_their_names():
    fit = factorize(datasets.notebook(), rank=2)
    W, H = tables.w_table(fit, {1: "Story"}), tables.h_table(fit, {1: "Story"})
    assert W.index.tolist() == [f"User{k}" for k in range(1, 6)] and W.index.name == "user"
    assert W.columns.tolist() == H.index.tolist() == ["Feature 1", "Story"]
    assert (W.to_numpy() == fit.W).all() and (H.to_numpy() == fit.H).all()


def titled():
    """Films called by their titles, two of them alike, with ids and metadata; nobody rated the last."""
    info = pd.DataFrame(
        {
            "title": ["Emma", "Emma", "Heat", "Up"],
            "ratings": [7.1, 8.0, 8.3, 8.2],
            "genres": ["Drama", None, "Crime", "=1"],
        },
        index=["10", "007", "3", "4"],
    )
    cells = ["ann", "ann", "bob", "bob"], ["10", "007", "3", "10"], [5, 3, 1, 4]
    return named_by_title(Ratings.from_cells(*cells, all_items=info.index, item_info=info, scale=(1, 5)))


def test_exports_keep_ids_and_metadata_beside_titles_and_h_has_items_down():
    ratings = titled()
    fit = factorize(ratings, rank=2)
    H = tables.item_table(fit, ratings, {0: "genres", 1: "ratings"})
    assert H.index.tolist() == ["Emma [10]", "Emma [007]", "Heat", "Up"]
    assert H.columns[:4].tolist() == ["id", "ratings in metadata", "genres", "ratings"]
    assert H.columns.is_unique and len(H.columns) == 6
    assert H["id"].tolist() == ["10", "007", "3", "4"] and H["ratings"].tolist() == [2, 1, 1, 0]
    np.testing.assert_array_equal(H.iloc[:3, -2:].to_numpy(), fit.H.T[:3])
    assert H.iloc[3, -2:].isna().all()  # nobody rated it: nothing is known
    W = tables.user_table(fit, ratings, {0: "Action"})
    assert W.columns.tolist() == ["ratings", "Action", "Feature 2"] and W["ratings"].tolist() == [2, 2]
    assert (W.iloc[:, 1:].to_numpy() == fit.W).all()
    assert tables.csv(H).decode("utf-8-sig").splitlines()[1].startswith('"Emma [10]","10",7.1,"Drama",2,')


@pytest.mark.parametrize("labels", [{2: "x"}, {-1: "x"}, {True: "x"}, {"0": "x"}, {0: 5}])
def test_a_label_of_no_feature_is_refused(labels):
    with pytest.raises(NmfError, match="label"):
        tables.w_table(factorize(datasets.notebook(), rank=2), labels)
