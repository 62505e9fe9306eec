"""Malformed files: a clear error that names the line, never a traceback and never a silent guess."""

import gzip
import io
import pickle
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nmf_core.formats.base as base
import nmf_core.formats.parquet as parquet
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.reading.read import preview_ratings, read_ratings

HEAD = "user,item,rating\n"

# name → text, and what the error must say
MALFORMED = {
    "empty": ("", "is empty"),
    "white space": (" \n\n \n", "is empty"),
    "header only": (HEAD, "no ratings"),
    "header and blank rows": (HEAD + ",,\n,,\n", "no ratings"),
    "all blank": (HEAD + "ann,x,\n", "no ratings: every cell is blank"),
    "all zero": (HEAD + "ann,x,0\n", "zeros='rating'"),
    "row too long": (HEAD + "ann,x,5\nbob,y,4,9\ncy,z,3\n", "line 3: the row has 4 cells, the only such row"),
    "row too short": (HEAD + "ann,x,5\n\nbob,y\n", "line 4: the row has 2 cells"),
    "every row too long": (HEAD + "ann,x,5,1\nbob,y,4,1\n", "line 2: the row has 4 cells, and so are all other rows"),
    "every row too long, quoted": (HEAD + '"ann",x,5,1\nbob,y,4,1\n', "line 2: the row has 4 cells"),
    "comma in a name": (HEAD + "ann,x,5\nbob,Ran, the film,4\n", "line 3.*Put quotes"),
    "decimal comma among commas": (HEAD + "ann,x,5\nbob,y,4,5\n", "line 3.*decimal point"),
    "unclosed quote": (HEAD + 'ann,x,5\nbob,"y,4\ncy,z,3\n', "line 3: unexpected end of data"),
    "quote closed too early": (HEAD + 'ann,x,5\nbob,"y"z,4\n', "line 3"),
    "line after a cell with a newline": (HEAD + 'ann,"x\ny",5\nbob,y,five\n', "line 4.*'five'"),
    "NUL": (HEAD + "ann,x,5\nb\0b,y,4\n", "line 3: there is a NUL"),
    "long cell": (HEAD + "ann,x,5\n" + "b" * 1_000_000 + ",y,4\n", "line 3.*131072"),
    "one column": ("rating\n5\n4\n", "one column"),
    "no rating column": (
        "user,movie,timestamp\nann,x,1\n",
        "each row counts 1.*'timestamp' is no rating.*layout='pairs'",
    ),
    "no item column": (
        "user,rating\nann,5\n",
        "may hold no ratings, since there is no item column among 'user, rating'",
    ),
    "no user column": (
        "movie,rating\nx,5\n",
        "may hold no ratings, since there is no user column among 'movie, rating'",
    ),
    "no rating column among others": ("user,movie,tag,date\nann,x,good,1\n", "each row counts 1.*'date' is no rating"),
    "column twice": ("user,item,rating,rating\nann,x,5,4\n", "'rating' is there 2 times"),
    "column twice, spelled twice": (
        "user_id,userId,item,rating\nann,bob,x,5\n",
        "the user may be the column 'user_id' or 'userId'",
    ),
    "blank user": (HEAD + "ann,x,5\n ,y,4\n", "line 3, column 'user': the user id is blank"),
    "blank item": (HEAD + "ann,x,5\nbob,,4\n", "line 3, column 'item': the item id is blank"),
    "text": (HEAD + "ann,x,5\nbob,y,great\n", "line 3, column 'rating': 'great' is not a number"),
    "hexadecimal": (HEAD + "ann,x,5\nbob,y,0x10\n", "line 3.*'0x10' is not a number"),
    "underscore": (HEAD + "ann,x,5\nbob,y,1_000\n", "line 3.*'1_000' is not a number"),
    "other digits": (HEAD + "ann,x,5\nbob,y,٤\n", "line 3.*'٤' is not a number"),
    "truth value": (HEAD + "ann,x,5\nbob,y,True\n", "line 3.*'True' is a truth value"),
    "infinite": (HEAD + "ann,x,5\nbob,y,inf\n", "line 3.*'inf' is not finite"),
    "too large": (HEAD + "ann,x,5\nbob,y,1e400\n", "line 3.*'1e400' is not finite"),
    "5000 digits": (HEAD + "ann,x,5\nbob,y," + "9" * 5000 + "\n", "line 3.*is not finite"),
    "1e200": (HEAD + "ann,x,5\nbob,y,1e200\n", "line 3.*rescale"),
    "denormal": (HEAD + "ann,x,5\nbob,y,5e-324\n", "line 3.*rescale"),
    "negative": (HEAD + "ann,x,5\nbob,y,-1\n", "line 3.*'-1' is negative"),
    "two marks": ("user;item;rating\nann;x;5\nbob;y;1.234,5\n", "line 3.*more than one point or comma"),
    "two marks the other way": ('user,item,rating\nann,x,5\nbob,y,"1,234.5"\n', "line 3.*more than one point"),
    "thousands or decimals": ("user;item;rating\nann;x;5\nbob;y;1,234\n", "line 3.*decimal or a thousands comma"),
    "points and commas": ("user;item;rating\nann;x;5.5\nbob;y;4,5\n", "line 3.*decimal or a thousands comma"),
    "grid: text": (",x,y\nann,5,4\nbob,3,good\ncy,1,2\ndan,1,3\n", "line 3, column 'y': 'good' is not a number"),
    "grid: a column that is half text": (",x,y\nann,5,4\nbob,3,good\n", "'y' seems to be no ratings.*skip=\\['y'\\]"),
    "grid: the first of two": (
        ",x,y\nann,5,bad\nbob,worse,3\ncy,3,2\ndan,4,1\neve,3,2\n",
        "line 2, column 'y': 'bad'",
    ),
    "grid: user twice": (
        ",x,y,z\nann,5,4,1\nbob,3,3,2\ncy,2,4,\ndan,,1,1\nann,1,2,3\n",
        "'ann' has two rows in the grid, lines 2 and 6",
    ),
    "grid or list: user twice": (
        ",x,y\nann,5,4\nbob,3,3\nann,1,2\n",
        "a list with one row a rating, or as a grid with users down",
    ),
    "grid: item twice": (",x,x\nann,5,4\n", "line 1: the item 'x' heads two columns"),
    "grid: item blank": (",x,,y\nann,5,4,3\n", "line 1: column 3 of the table has cells but no item"),
    "grid: user blank": (",x,y\nann,5,4\n,3,3\n", "line 3, column '': the user id is blank"),
    "grid: no header": ("1,5,4\n2,3,3\n", "may hold no ratings, since the first row holds numbers"),
}


@pytest.mark.parametrize(("text", "says"), MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_malformed(text, says, newline):
    with pytest.raises(NmfError, match="(?s)" + says) as caught:
        read_ratings(text.replace("\n", newline).encode(), name="dir/films.csv")
    assert str(caught.value).startswith("films.csv")
    assert len(str(caught.value)) < 600


def _zip(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _npy(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def _xlsx(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


LONG_ROWS = [["user", "item", "rating"], ["ann", "x", 5], ["bob", "y", 4]]
CSV = (HEAD + "ann,x,5\n").encode()


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (gzip.compress(CSV, mtime=0), "a.csv", "gzip archive"),
        (CSV, "a.xlsx", "not an Excel file"),
        (CSV, "a.parquet", "not a Parquet file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a.csv", "PNG picture"),
        (b"%PDF-1.7", "a.txt", "PDF"),
        (b'[{"user": "ann"}]', "a.csv", "JSON"),
        ('[{"user": "ann"}]'.encode("utf-16"), "a.csv", "JSON"),
        (CSV, "a.json", "not a JSON file"),
        (b"<!DOCTYPE html><html>", "a.csv", "web page"),
        (_npy(np.ones((2, 2))), "a.csv", "NumPy"),
        (_npy(np.array([None]), allow_pickle=True), "a.npy", "NumPy"),
        (pickle.dumps([1]), "a.csv", "pickle"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xlsx", "not an Excel file that can be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.csv", "old Excel file.*Give it the extension .xls"),
        (_xlsx(LONG_ROWS), "a.csv", "zip archive"),
        (_zip({"a.txt": "hello"}), "a.xlsx", "not an Excel file"),
        (_zip({"xl/workbook.xml": "<nonsense"}), "a.xlsx", "not an Excel file"),
        (_xlsx(LONG_ROWS)[:-200], "a.xlsx", "not an Excel file"),
        (b"PAR1" + bytes(100) + b"PAR1", "a.parquet", "not a Parquet file"),
        ("user,item,rating\nann,x,5\n".encode("utf-16-le"), "a.csv", "NUL.*byte order mark"),
        ("user,item,rating\nann,x,5\n".encode("utf-16")[:-1], "a.csv", "UTF-16 but is broken"),
        (b"user,item,rating\nann,x,5\nb\x81b,y,4\n", "a.csv", "line 3: byte 0x81"),
    ],
)
def test_files_of_another_kind_are_refused(data, name, says):
    with pytest.raises(NmfError, match="(?s)" + says):
        read_ratings(data, name=name)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            [["user", "item", "rating"], ["ann", "x", 5], ["bob", "y", True]],
            "row 3, column 'rating': 'TRUE' is a truth",
        ),
        ([["user", "item", "rating"], [], ["ann", "x", "1e400"]], "row 3.*not finite"),
        ([["user", "item", "rating"], ["ann", "x", pd.Timestamp("2020-01-01")]], "row 2.*is a date, not a number"),
        ([["user", "item", "rating"], ["ann", None, 4]], "row 2, column 'item': the item id is blank"),
        ([[], [], ["user", "item", "rating"]], "no ratings"),
        ([], "is empty"),
    ],
)
def test_bad_cells_in_excel(rows, says):
    with pytest.raises(NmfError, match=says):
        read_ratings(_xlsx(rows), name="a.xlsx")


def test_rows_of_excel_are_counted_as_excel_does():
    ratings = read_ratings(_xlsx([[], *LONG_ROWS]))
    assert ratings.n_ratings == 2
    with pytest.raises(NmfError, match="row 5"):
        read_ratings(_xlsx([[], [], LONG_ROWS[0], LONG_ROWS[1], ["bob", "y", "bad"]]))


def test_only_the_first_sheet_is_read_and_that_is_said():
    book = openpyxl.Workbook()
    for row in LONG_ROWS:
        book.active.append(row)
    book.create_sheet("Other")["A1"] = "nothing"
    buffer = io.BytesIO()
    book.save(buffer)
    assert any("Only the first sheet, 'Sheet', of 2" in note for note in read_ratings(buffer.getvalue()).notes)


def test_broken_text_in_parquet_is_refused():
    with pytest.raises(NmfError, match="not a Parquet file that can be read"):
        read_ratings(WHOLE["parquet"].replace(b"bob", b"b\xffb"))


def test_a_negative_number_in_parquet_is_named():
    buffer = io.BytesIO()
    pd.DataFrame({"user": ["ann", "bob"], "item": ["x", "x"], "rating": [1, -2]}).to_parquet(buffer)
    with pytest.raises(NmfError, match="row 2, column 'rating': -2 is negative"):
        read_ratings(buffer.getvalue())


def test_a_cell_far_out_is_refused_before_the_sheet_is_laid_out():
    book = openpyxl.Workbook()
    book.active["A1"] = "user"
    book.active["XFD1000000"] = 1
    buffer = io.BytesIO()
    book.save(buffer)
    with pytest.raises(NmfError, match="spans 1000000 rows × 16384 columns"):
        read_ratings(buffer.getvalue())


def test_what_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(base, "MAX_UNPACKED_BYTES", 3_000_000)
    data = _zip({"xl/workbook.xml": "<a/>", "xl/worksheets/sheet1.xml": " " * 4_000_000})
    with pytest.raises(NmfError, match="unpacks to more than 3 MB"):
        read_ratings(data)


def test_a_size_that_lies_is_refused():
    data = _zip({"xl/workbook.xml": "<a/>", "xl/worksheets/sheet1.xml": " " * 4_000_000})
    with pytest.raises(NmfError, match="not an Excel file"):
        read_ratings(data.replace((4_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")))


def _only_ratings_or_errors(data, name=None):
    try:
        assert isinstance(read_ratings(data, name=name), Ratings)
    except NmfError:
        return


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([None, "a.csv", "a.xlsx", "a.parquet"]))
def test_random_bytes(data, name):
    _only_ratings_or_errors(data, name)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet='ab1.,;\t"\n\r -0\ufeffé', max_size=80))
def test_random_text(text):
    _only_ratings_or_errors(text.encode())
    _only_ratings_or_errors((HEAD + text).encode())


PARQUET = io.BytesIO()
pd.DataFrame(LONG_ROWS[1:], columns=LONG_ROWS[0]).to_parquet(PARQUET)
WHOLE = {
    "csv": CSV,
    "excel": _xlsx(LONG_ROWS),
    "parquet": PARQUET.getvalue(),
    "zip": _zip({"a/ratings.csv": CSV, "a/movies.csv": "movieId,title,genres\nx,Alien (1979),Horror\n"}),
    "json": b'[{"user":"ann","item":"x","rating":5},{"user":"bob","item":"y","rating":4}]',
}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_damaged_files(name, data):
    content = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    _only_ratings_or_errors(bytes(content))
    _only_ratings_or_errors(bytes(content[: data.draw(st.integers(0, len(content)))]))


def test_first_rows_that_a_damaged_parquet_column_lacks_are_refused(monkeypatch):
    file = io.BytesIO()
    pd.DataFrame({"user": ["ann", "bob"], "item": ["x", "y"], "rating": [1, 2]}).to_parquet(file)
    monkeypatch.setattr(parquet, "_AT_ONCE", 0)  # as a large file is read
    monkeypatch.setattr(parquet, "_until", lambda batches, rows: [next(iter(batches)).slice(0, 1)])
    error = preview_ratings(file.getvalue(), name="a.parquet").error
    assert "a.parquet is not a Parquet file that can be read (the column 'user' has 1 of 2 rows)" in str(error)


def test_parquet_whose_groups_claim_more_rows_than_there_are_is_refused_before_room_is_made():
    file = io.BytesIO()
    pq.write_table(pa.table({"user": ["ann", "bob", "ann"], "item": ["x", "y", "z"], "rating": [1.0, 2.0, 3.0]}), file)
    data = file.getvalue()
    size = pq.ParquetFile(file).metadata.row_group(0).total_byte_size

    def number(value):  # Thrift's compact form of a 64-bit number, after its field's head
        value, out = value * 2, b"\x16"
        while value > 127:
            value, out = value >> 7, out + bytes([value & 127 | 128])
        return out + bytes([value])

    footer = int.from_bytes(data[-8:-4], "little")
    metadata = data[-8 - footer : -8].replace(number(size) + number(3), number(size) + number(1 << 34), 1)
    lie = data[: -8 - footer] + metadata + len(metadata).to_bytes(4, "little") + b"PAR1"
    assert pq.ParquetFile(io.BytesIO(lie)).metadata.row_group(0).num_rows == 1 << 34
    with pytest.raises(NmfError, match="it says that it has 3 rows, and in its groups 17179869184"):
        read_ratings(lie)
