"""Ratings in every format and from every object: what is read is what was written, and ids stay text."""

import io
import zipfile
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import sparse

import nmf_core.formats.base as base
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.formats.registry import FORMATS, extensions, shown_name
from nmf_core.reading.read import preview_ratings, read_ratings
from tests.conftest import cells

LONG = pd.DataFrame(
    {
        "userId": ["007", "007", "07", "None"],
        "movieId": ["NA", "null", "NA", "123456789012345678901234567890"],
        "rating": [5.0, 3.5, 1.0, 2.0],
        "timestamp": [1, 2, 3, 4],
    }
)
WIDE = LONG.pivot_table(index="userId", columns="movieId", values="rating", sort=False)

WRITERS = {
    "csv": lambda frame, index: frame.to_csv(index=index).encode(),
    "excel": lambda frame, index: _buffer(frame.to_excel, index),
    "parquet": lambda frame, index: _buffer(frame.to_parquet, index),
    "json": lambda frame, index: frame.to_json(orient="split" if index else "records").encode(),
    "zip": lambda frame, index: _zipped(frame.to_csv(index=index)),
}


def _buffer(write, index):
    buffer = io.BytesIO()
    write(buffer, index=index)
    return buffer.getvalue()


def _zipped(text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", text)
    return buffer.getvalue()


EXPECTED = {(row.userId, row.movieId): row.rating for row in LONG.itertuples()}


def test_what_is_written_here_are_formats():
    assert (
        WRITERS.keys() <= FORMATS.keys()
    )  # those that others write; tests/contracts/test_formats.py has an example of each


@pytest.mark.parametrize("name", WRITERS)
def test_long_round_trip(name):
    ratings = read_ratings(WRITERS[name](LONG, False), name="x." + FORMATS[name].extensions[0])
    assert cells(ratings) == EXPECTED
    assert ratings.users.tolist() == ["007", "07", "None"]
    said = next(note for note in ratings.notes if "long table" in note)
    assert "user = userId, item = movieId, rating = rating" in said
    assert "timestamp" in said


@pytest.mark.parametrize("name", WRITERS)
def test_wide_round_trip(name):
    ratings = read_ratings(WRITERS[name](WIDE, True), format=name)
    assert cells(ratings) == EXPECTED
    assert ratings.V.shape == (3, 3)


@pytest.mark.parametrize("name", WRITERS)
def test_grid_with_an_unnamed_index_round_trip(name):
    ratings = read_ratings(WRITERS[name](WIDE.rename_axis(index=None, columns=None), True))
    assert cells(ratings) == EXPECTED


@pytest.mark.parametrize("name", WRITERS)
def test_number_ids_are_written_without_a_point(name):
    frame = pd.DataFrame({"user": [1, 2], "item": [10, 10], "rating": [4, 5]})
    assert cells(read_ratings(WRITERS[name](frame, False))) == {("1", "10"): 4, ("2", "10"): 5}


@pytest.mark.parametrize("name", WRITERS)
def test_a_bad_cell_is_named_in_every_format(name):
    frame = LONG.assign(rating=["5", "4", "five", "2"])
    place = {"csv": "line 4", "excel": "row 4", "parquet": "row 3", "json": "record 3", "zip": "table.csv, line 4"}[
        name
    ]
    with pytest.raises(NmfError, match=rf"x, {place}, column 'rating': 'five' is not a number"):
        read_ratings(WRITERS[name](frame, False), name="x")


@pytest.mark.parametrize(
    "text",
    [
        "rating,item,user\n5,x,ann\n",
        "Score,Movie Title,User-ID\n5,x,ann\n",
        "who,song,stars,comment\nann,x,5,good\n",
        "user_id,title,movieId,value\nann,Long Title,x,5\n",
        ",user,item,rating\n0,ann,x,5\n",
        "user,item,rating,\nann,x,5,\n",
    ],
)
def test_usual_names_in_any_order(text):
    assert cells(read_ratings(text.encode())) == {("ann", "x"): 5}


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\nann,x,5\nann,y,4\n",
        "ann,x,5\nann,y,4\n",
        "1\t10\t5\t881250949\n1\t11\t4\t881250950\n",
    ],
)
def test_a_long_table_without_usual_names_is_known_by_content(text):
    ratings = read_ratings(text.encode())
    assert ratings.n_users == 1
    assert ratings.V.toarray().tolist() == [[5, 4]]


def test_a_small_grid_is_no_long_table():
    ratings = read_ratings(b",Movie1,Movie2\nUser1,5,3\nUser2,4,\n")
    assert cells(ratings) == {("User1", "Movie1"): 5, ("User1", "Movie2"): 3, ("User2", "Movie1"): 4}


def test_a_first_row_that_may_be_ratings_is_asked_about():
    with pytest.raises(NmfError, match="its header may be none or line 1.*Choose by header='none' or header='line 1'"):
        read_ratings(b"ann,5,3\nbob,4,2\n")
    assert read_ratings(b"user,5,3\nbob,4,2\n").items.tolist() == ["5", "3"]


def test_a_grid_may_hold_items_with_usual_names():
    ratings = read_ratings(b"user,Alien,Brazil,Stars,Heat\nann,1,2,3,4\n")
    assert ratings.items.tolist() == ["Alien", "Brazil", "Stars", "Heat"]


def test_rows_headed_as_items_are_said():
    assert any("headed movie" in note for note in read_ratings(b"movie,ann,bob\nx,5,4\ny,4,3\n").notes)


@pytest.mark.parametrize("text", ["user,item,rating\nann,x,0\nann,y,4\nbob,x,0\n", ",x,y\nann,0,4\nbob,0,\n"])
def test_zeros(text):
    unrated = read_ratings(text.encode())
    assert (unrated.n_ratings, unrated.n_users, unrated.n_items) == (1, 2, 2)
    assert any("2 zeros were taken as unrated" in note for note in unrated.notes)
    assert read_ratings(text.encode(), zeros="rating").n_ratings == 3


def test_blank_words_are_counted():
    for text in ("user,item,rating\nann,x,5\nann,y,NaN\nbob,x,\n", ",x,y,z\nann,5,NaN,NA\n"):
        ratings = read_ratings(text.encode())
        assert ratings.n_ratings == 1
        assert any(note.startswith("2 cells") for note in ratings.notes)


def test_blank_rows_and_columns_are_skipped():
    ratings = read_ratings(b"\nuser,item,rating,,\nann,x,5,,\n,,,,\nbob,x,4,,\n")
    assert ratings.n_ratings == 2
    assert "1 blank rows were skipped." in ratings.notes


def test_decimal_comma():
    ratings = read_ratings(b"user;item;rating\nann;x;4,5\nann;y;3\nann;z;1,125\n")
    assert sorted(cells(ratings).values()) == [1.125, 3, 4.5]
    assert any("Decimal commas" in note for note in ratings.notes)


def test_duplicates():
    text = b"user,item,rating\nann,x,5\nann,x,3\n"
    assert cells(read_ratings(text)) == {("ann", "x"): 3}
    assert cells(read_ratings(text, duplicates="mean")) == {("ann", "x"): 4}
    with pytest.raises(NmfError, match="line 3"):
        read_ratings(text, duplicates="refuse")


def test_control_characters_and_lone_surrogates_are_replaced_and_counted():
    ratings = read_ratings("user,item,rating\na\x07nn,x,5\nb\ud800b,x,4\n".encode("utf-8", "surrogatepass"))
    assert ratings.users.tolist() == ["a�nn", "b�b"]
    assert sum("replaced by �" in note for note in ratings.notes) == 2


def test_paths_and_file_objects(tmp_path):
    path = tmp_path / "ratings.csv"
    path.write_bytes(b"user,item,rating\nann,x,5\n")
    with path.open("rb") as binary, path.open() as text:
        results = [read_ratings(source) for source in (path, str(path), binary, text, bytearray(path.read_bytes()))]
    assert len({r.fingerprint for r in results}) == 1


def test_ratings_are_returned_as_they_are():
    ratings = Ratings.from_cells(["ann"], ["x"], [5])
    assert read_ratings(ratings) is ratings


def test_frames():
    assert cells(read_ratings(LONG)) == EXPECTED
    assert cells(read_ratings(LONG.set_index("userId"))) == EXPECTED
    assert cells(read_ratings(LONG.set_index(["userId", "movieId"]))) == EXPECTED
    assert cells(read_ratings(WIDE)) == EXPECTED
    assert cells(read_ratings(WIDE.rename_axis(index=None, columns=None))) == EXPECTED
    assert cells(read_ratings(WIDE.reset_index())) == EXPECTED
    assert cells(read_ratings(LONG.astype({"userId": "category", "rating": object}))) == EXPECTED
    numbered = read_ratings(pd.DataFrame([[5, 3, 1], [5, 4, 2]]))
    assert (numbered.users.tolist(), numbered.items.tolist()) == (["0", "1"], ["0", "1", "2"])
    assert read_ratings(read_ratings(LONG).to_grid()).fingerprint == read_ratings(LONG).fingerprint


def test_arrays():
    array = np.array([[5, np.nan], [0, 3]])
    assert cells(read_ratings(array)) == {("0", "0"): 5, ("1", "1"): 3}
    assert cells(read_ratings(array, zeros="rating")) == {("0", "0"): 5, ("1", "0"): 0, ("1", "1"): 3}
    assert cells(read_ratings([[5, 0], [0, 3]])) == {("0", "0"): 5, ("1", "1"): 3}
    assert cells(read_ratings(np.ma.masked_equal([[5, 1], [1, 3]], 1))) == {("0", "0"): 5, ("1", "1"): 3}


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array, sparse.lil_array])
def test_stored_cells_of_sparse_are_observed(make):
    ratings = read_ratings(make(np.array([[5, 0, 0], [0, 3, 0], [0, 0, 0]])))
    assert cells(ratings) == {("0", "0"): 5, ("1", "1"): 3}
    assert ratings.V.shape == (3, 3)


def test_stored_zeros_are_ratings():
    ratings = read_ratings(sparse.coo_array((np.array([0.0, 2.0]), ([0, 1], [0, 1])), shape=(2, 2)))
    assert ratings.n_ratings == 2
    assert ratings.notes == ("1 stored zeros count as ratings.",)


@pytest.mark.parametrize(
    "source",
    [
        np.zeros((0, 3)),
        np.ones(3),
        np.ones((2, 2, 2)),
        np.ones((2, 2), dtype=complex),
        np.ones((2, 2), dtype=bool),
        np.array([["a", "b"]], dtype=object),
        np.array([[1.0, np.inf]]),
        np.array([[1.0, -1.0]]),
        np.zeros((2, 2)),
        [[1, 2], [3]],
        [["a"]],
        sparse.csr_array((2, 0)),
        sparse.csr_array(np.eye(2, dtype=complex)),
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pd.DataFrame({"user": ["a"], "item": [["x"]], "rating": [[1]]}),
        pd.DataFrame({"user": ["a"], "item": ["x"], "rating": [1 + 2j]}),
        pd.DataFrame({"user": ["a"], "item": ["x"], "rating": [True]}),
        pd.DataFrame({"user": ["a", "b"], "item": ["x", "x"], "rating": [1.0, True]}),
        pd.DataFrame({"user": [None], "item": ["x"], "rating": [1]}),
        pd.DataFrame({"user": ["a"], "item": ["x"], "rating": [10**400]}),
        pd.DataFrame([[1, 2]], columns=["x", "x"]),
        3,
        None,
        {"user": ["a"]},
        "no/such/file.csv",
        "user,item,rating\na,b,5\n",
        "nul\0",
        ".",
    ],
    ids=lambda source: f"{type(source).__name__}",
)
def test_other_objects_are_refused(source):
    with pytest.raises(NmfError) as caught:
        read_ratings(source)
    assert len(str(caught.value)) > 30


@pytest.mark.parametrize("option", [{"zeros": "maybe"}, {"duplicates": "first"}, {"format": "cvs"}, {"scale": (5, 1)}])
def test_options_are_checked(option):
    with pytest.raises(NmfError, match=next(iter(option))):
        read_ratings(b"user,item,rating\nann,x,5\n", **option)


def test_a_rating_outside_the_scale_is_noted():
    assert any("outside" in note for note in read_ratings(b"user,item,rating\nann,x,7\n", scale=(1, 5)).notes)


def test_the_size_limit_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(base, "MAX_FILE_BYTES", 1_000_000)
    path = tmp_path / "big.csv"
    path.write_bytes(b"x" * 1_000_001)
    for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes()), io.StringIO(path.read_text())):
        with pytest.raises(NmfError, match="larger than 1 MB"):
            read_ratings(source)


def test_names_are_shown_without_path_and_tricks():
    assert shown_name("../../a/b.csv") == "b.csv"
    assert shown_name("C:\\x\\b.csv") == "b.csv"
    assert shown_name("a\0b\u202ecsv.exe\n") == "abcsv.exe"
    assert len(shown_name("x" * 1000 + ".csv")) == 100
    assert shown_name("<img src=x>.csv") == "<img src=x>.csv"


def test_extensions_come_from_the_registry():
    assert set(extensions()) >= {"csv", "tsv", "xlsx", "parquet"}
    assert all(extension == extension.lower() and "." not in extension for extension in extensions())


def test_a_day_beyond_pythons_calendar_is_text():
    days = pd.Series(np.array(["2020-01-02", "38504-08-17"], dtype="M8[us]"))
    buffer = io.BytesIO()
    pd.DataFrame({"user": ["ann", "bob"], "item": days, "rating": [5, 4]}).to_parquet(buffer)
    assert read_ratings(buffer.getvalue()).items.tolist() == ["2020-01-02 00:00:00", "38504-08-17 00:00:00"]
    with pytest.raises(NmfError, match="row 1, column 'rating': '2020-01-02 00:00:00' is a date"):
        read_ratings(pd.DataFrame({"user": ["ann", "bob"], "item": ["x", "y"], "rating": days}))
    zoned = pd.DataFrame({"user": ["ann", "bob"], "item": days.dt.tz_localize(ZoneInfo("UTC")), "rating": [5, 4]})
    assert read_ratings(zoned).items.tolist() == ["2020-01-02 00:00:00+00:00", "38504-08-17T00:00:00.000000"]
    with pytest.raises(NmfError, match="'38504-08-17T00:00:00.000000' is not a number"):
        read_ratings(zoned[1:].assign(rating=zoned["item"][1:]))


def test_a_folder_whose_parquet_files_are_all_hidden_or_folders_is_refused(tmp_path):
    (tmp_path / "_temporary.parquet").write_bytes(b"PAR1")
    (tmp_path / "parts.parquet").mkdir()
    with pytest.raises(NmfError, match="a folder with '_temporary.parquet' in it; a folder must hold Parquet files"):
        read_ratings(tmp_path)


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int16(), pa.string())],
    ids=lambda kind: str(kind)[:12],
)
def test_text_of_every_kind_in_parquet_with_few_rows_to_a_group(kind):
    cells = {"user": [f"u{k % 37}" for k in range(100)], "item": [f"i{k % 7}" for k in range(100)]}
    ratings = [k % 5 + 1 for k in range(100)]
    table = {name: pa.array(column).cast(kind) for name, column in cells.items()}
    file = io.BytesIO()
    pq.write_table(pa.table({**table, "rating": ratings}), file, row_group_size=5)
    expected = read_ratings(pd.DataFrame({**cells, "rating": ratings}))
    found = preview_ratings(file.getvalue())
    assert found.ratings.fingerprint == expected.fingerprint
    assert len(found.head) == 12 and found.head["user"].tolist() == cells["user"][:12]


def test_parquet_files_of_a_folder_may_differ_in_order_and_type_and_what_is_left_out_is_said(tmp_path):
    first = pd.DataFrame({"user": ["ann"], "item": ["7"], "rating": [5]})
    first.to_parquet(tmp_path / "a.parquet")
    second = pd.DataFrame({"rating": [3.5], "user": ["bob"], "item": [7]})
    second.to_parquet(tmp_path / "b.PQ")
    (tmp_path / "notes.csv").write_text("x")
    (tmp_path / "y2023").mkdir()
    ratings = read_ratings(tmp_path)
    assert ratings.of_item("7") == {"ann": 5.0, "bob": 3.5}
    assert "Read were the Parquet files right in the folder; left out: 'notes.csv', 'y2023'." in ratings.notes
    second.rename(columns={"user": "who"}).to_parquet(tmp_path / "c.parquet")
    with pytest.raises(NmfError, match=r"c\.parquet in .* has the columns 'rating, who, item'; the first file has"):
        read_ratings(tmp_path)


def test_movielens_unpacked_is_read_with_its_films(tmp_path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,4.0,964982703\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,Toy Story (1995),Animation|Comedy\n")
    (tmp_path / "README.txt").write_text("Read me")
    ratings = read_ratings(tmp_path)
    assert ratings.item_info.loc["1", "title"] == "Toy Story (1995)" and ratings.n_ratings == 1
    assert preview_ratings(tmp_path).sure


def test_a_column_of_numbers_too_large_to_subtract_is_looked_at():
    numbers = ["1", "2", "9" * 400, "9" * 401, "5"]
    preview = preview_ratings(("movieId,title,genres\n" + "".join(f"{n},t{n[:9]},g\n" for n in numbers)).encode())
    assert preview.error is not None or preview.questions
