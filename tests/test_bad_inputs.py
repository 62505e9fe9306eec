"""The list of bad inputs, line by line: what each gets at the public door. The numbers are those of the list.

Files 1–21, tables 22–40, the matrix and settings 41–54. Every case is either refused, by an NmfError that says what is named here,
or accepted as stated. The tests of each module say more; this one can be checked off.
"""

from __future__ import annotations

import gzip
import io
import json
import pickle
import re
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from scipy import sparse
from sklearn.exceptions import NotFittedError

import nmf_core as nc
from nmf_core import datasets, export
from nmf_core.formats import base
from nmf_core.labels import Label
from nmf_core.labels.shape import shape_of
from nmf_core.tables.base import MAX_CELL
from tests.pages.conftest import home, opened, words  # noqa: F401 - home is a fixture

LAST_LINE = 54
HEAD = "user,item,rating\n"
LONG = [["user", "item", "rating"], ["ann", "x", "5"], ["bob", "y", "4"]]
GRID = np.array([[5, np.nan, 1], [4, 3, np.nan]])


@dataclass(frozen=True)
class Case:
    """One input of a line of the list: what is done with it, and the check of what comes out."""

    line: int
    what: str
    door: Callable[[Any], Any]
    check: Callable[[Any], bool] | None = None  # of what was accepted; None where it is refused
    says: str = ""
    error: type[Exception] | tuple[type[Exception], ...] = nc.NmfError
    memory: float = np.inf  # the most bytes that Python may take


CASES: list[Case] = []


def refused(line: int, what: str, door: Callable[[Any], Any], says: str, **rest: Any) -> None:
    """A case that is an error."""
    CASES.append(Case(line, what, door, None, says, **rest))


def accepted(line: int, what: str, door: Callable[[Any], Any], check: Callable[[Any], bool]) -> None:
    """A case with a stated outcome."""
    CASES.append(Case(line, what, door, check))


# --- how a file reaches the library -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Here:
    """What a case may use of its surroundings."""

    folder: Path
    patch: pytest.MonkeyPatch


def zipped(members: dict[str, Any]) -> bytes:
    """A zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """An Excel file."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def edited(data: bytes, edits: dict[str, Callable[[bytes], bytes]], **more: bytes) -> bytes:
    """A zip file with members changed and added."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped({name: edits.get(name, lambda x: x)(content) for name, content in members.items()} | more)


def parquet(rows: Sequence[Sequence[object]]) -> bytes:
    """A Parquet file; columns of one type each."""
    columns = [pa.array([row[k] for row in rows[1:]]) for k in range(len(rows[0]))]
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_arrays(columns, names=[str(name) for name in rows[0]]), buffer)
    return buffer.getvalue()


def delimited(rows: Sequence[Sequence[object]], mark: str) -> bytes:
    """Text with a cell in quotes wherever that is needed, and nothing else done to it."""
    cells = [
        ['"' + str(c).replace('"', '""') + '"' if re.search(f'[{mark}"\n]', str(c)) else str(c) for c in r]
        for r in rows
    ]
    return "".join(mark.join(row) + "\n" for row in cells).encode("utf-8", "surrogatepass")


def split_json(rows: Sequence[Sequence[object]]) -> bytes:
    """JSON in pandas' layout "split", which can hold any table."""
    return json.dumps({"columns": rows[0], "data": rows[1:]}).encode()


WRITERS: dict[str, Callable[[Sequence[Sequence[object]]], bytes]] = {
    "a.csv": lambda rows: delimited(rows, ","),
    "a.tsv": lambda rows: delimited(rows, "\t"),
    "a.xlsx": workbook,
    "a.parquet": parquet,
    "a.json": split_json,
    "a.zip": lambda rows: zipped({"b/a.csv": delimited(rows, ",")}),
}


def reading(data: bytes, name: str, **options: Any) -> Iterator[tuple[str, Callable[[Here], Any]]]:
    """Each way to read a file: bytes, a file object, a path, and the preview, whose error is raised."""

    def previewed(here: Here) -> Any:
        found = nc.preview_ratings(data, name=name, **options)
        if found.error:
            raise found.error
        return found.ratings

    def path(here: Here) -> Any:
        (here.folder / name).write_bytes(data)
        return nc.read_ratings(here.folder / name, **options)

    yield "bytes", lambda here: nc.read_ratings(data, name=name, **options)
    yield "file object", lambda here: nc.read_ratings(io.BytesIO(data), name=name, **options)
    yield "path", path
    yield "preview", previewed


def file_refused(line: int, what: str, data: bytes, name: str, says: str, **rest: Any) -> None:
    """A file that is refused by whatever door, by its name, and as the one table of a zip file too."""
    for way, door in reading(data, name):
        refused(line, f"{what}, {way}", door, rf"^{re.escape(name)}.*{says}", **rest)
    if data and not name.endswith(".npy"):
        packed = zipped({f"x/{name}": data})
        refused(
            line,
            f"{what}, zipped",
            lambda here: nc.read_ratings(packed, name="z.zip"),
            rf"^z\.zip[:,].*{re.escape(name)}",
        )


def file_accepted(line: int, what: str, data: bytes, name: str, check: Callable[[Any], bool], **options: Any) -> None:
    """A file that is read, by whatever door."""
    for way, door in reading(data, name, **options):
        accepted(line, f"{what}, {way}", door, check)


def table_refused(
    line: int, what: str, rows: Sequence[Sequence[object]], says: str, *, but: str = "", **options: Any
) -> None:
    """A table that is refused in every format, with the line or row, and the cell."""
    for name, write in WRITERS.items():
        if name not in but.split():
            refused(line, f"{what}, {name}", _reader(write(rows), name, options), rf"^{re.escape(name)}.*{says}")


def table_accepted(
    line: int,
    what: str,
    rows: Sequence[Sequence[object]],
    check: Callable[[Any], bool],
    *,
    but: str = "",
    **options: Any,
) -> None:
    """A table that is read in every format."""
    for name, write in WRITERS.items():
        if name not in but.split():
            accepted(line, f"{what}, {name}", _reader(write(rows), name, options), check)


def _reader(data: bytes, name: str, options: dict[str, Any]) -> Callable[[Here], Any]:
    """The door for a file of a format."""
    return lambda here: nc.read_ratings(data, name=name, **options)


def array(values: Any, **options: Any) -> Callable[[Here], Any]:
    """The door for an array."""
    return lambda here: nc.read_ratings(values, **options)


def said(text: str) -> Callable[[Any], bool]:
    """The check that a note says something."""
    return lambda ratings: any(re.search(text, note) for note in ratings.notes)


def has(cells: dict[tuple[str, str], float]) -> Callable[[Any], bool]:
    """The check that these are the ratings."""
    return lambda r: {(row.user, row.item): row.rating for row in r.to_table().itertuples()} == cells


BOTH = has({("ann", "x"): 5, ("bob", "y"): 4})

# --- files ------------------------------------------------------------------------------------------------------------

CSV = delimited(LONG, ",")
for name in WRITERS:
    if name.endswith((".zip", ".xlsx", ".parquet")):
        refused(1, f"empty, {name}", lambda here, name=name: nc.read_ratings(b"", name=name), rf"^{name} is empty")
    else:
        file_refused(1, f"empty, {name}", b"", name, "is empty")
file_refused(1, "white space", b" \n\n", "a.csv", "is empty")
refused(1, "no rows in Excel", array(workbook([]), name="a.xlsx"), "^a.xlsx is empty")
table_refused(2, "header only", LONG[:1], "no ratings")
file_accepted(3, "UTF-8 with a mark", b"\xef\xbb\xbf" + CSV, "a.csv", BOTH)
file_accepted(3, "UTF-8 with a mark, JSON", b"\xef\xbb\xbf" + split_json(LONG), "a.json", BOTH)
for encoding in ("utf-16", "utf-32"):
    file_accepted(4, encoding, CSV.decode().encode(encoding), "a.csv", BOTH)
    file_accepted(4, f"{encoding}, JSON", split_json(LONG).decode().encode(encoding), "a.json", BOTH)
file_refused(4, "UTF-16 without a mark", CSV.decode().encode("utf-16-le"), "a.csv", "NUL.*byte order mark")
file_refused(
    4, "UTF-16 cut within a character", CSV.decode().encode("utf-16")[:-1], "a.csv", "marked as UTF-16 but is broken"
)
file_accepted(5, "Latin-1", (HEAD + "ann,Misérables,5\n").encode("latin-1"), "a.csv", said("read as Latin-1"))
file_accepted(
    5,
    "Latin-1 is told right",
    (HEAD + "ann,Misérables,5\n").encode("latin-1"),
    "a.csv",
    has({("ann", "Misérables"): 5}),
)
file_refused(5, "a byte of no text", (HEAD + "ann,x,5\nb\x81b,y,4\n").encode("latin-1"), "a.csv", "line 3: byte 0x81")
file_refused(6, "NUL in a name", (HEAD + "ann,x,5\nb\0b,y,4\n").encode(), "a.csv", "line 3.*NUL")
accepted(6, "NUL in a name, JSON", array(b'[{"user":"a\\u0000","item":"x","rating":5}]'), has({("a�", "x"): 5}))
file_refused(
    7, "a row too long", (HEAD + "ann,x,5\nbob,y,4,9\ncy,z,3\n").encode(), "a.csv", "line 3: the row has 4 cells.*has 3"
)
file_refused(7, "a row too long, JSON", b'{"columns":["a","b"],"data":[[1,2],[1,2,3]]}', "a.json", "record 2")
for mark in ",;\t|":
    rows = [[*row, "1"] if k else row for k, row in enumerate(LONG)]
    says = "line 2: the row has 4 cells, and so are all other rows"
    file_refused(8, f"every row one field too long, {mark!r}", delimited(rows, mark), "a.csv", says)
file_refused(8, "every row of a grid too long", b",x,y\nann,5,4,\nbob,3,3,\n", "a.csv", "line 2: the row has 4 cells")
file_refused(9, "a row too short", (HEAD + "ann,x,5\nbob,y\n").encode(), "a.csv", "line 3: the row has 2 cells")
file_refused(9, "a row too short, JSON", b'{"columns":["a","b"],"data":[[1,2],[1]]}', "a.json", "record 2")
file_refused(
    10, "an unclosed quote", (HEAD + 'ann,x,5\nbob,"y,4\ncy,z,3\n').encode(), "a.csv", "line 3: unexpected end of data"
)
file_refused(10, "an unclosed quote, JSON", b'[{"user":"ann,"item":1}]', "a.json", "line 1.*the JSON is broken")
huge = "b" * 1_000_000
for name, write in WRITERS.items():
    if name != "a.xlsx":  # Excel itself has at most 32,767
        for where, rows in (
            ("a cell", [*LONG, [huge, "y", "4"]]),
            ("the header", [["", "x", huge], ["ann", "5", "4"]]),
        ):
            says = rf"^{name}.*(line|row|record) {'4|row 3|record 3' if where == 'a cell' else '1'}.*{MAX_CELL}"
            refused(11, f"a field of 1 MB, {where}, {name}", _reader(write(rows), name, {}), says, memory=20e6)
file_refused(12, "gzip named .csv", gzip.compress(CSV), "a.csv", "looks like a gzip archive")
for name in ("a.xlsx", "a.parquet", "a.json", "a.zip"):
    refused(12, f"gzip named {name}", array(gzip.compress(CSV), name=name), "looks like a gzip archive")
CLAIM = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"
file_refused(
    13, "an npy that claims 7 TiB", CLAIM.ljust(127) + b"\n", "a.npy", "NumPy file, which cannot be read", memory=5e6
)
file_refused(13, "the same, named .csv", CLAIM.ljust(127) + b"\n", "a.csv", "looks like a NumPy file", memory=5e6)
OBJECTS = io.BytesIO()
np.save(OBJECTS, np.array([None]), allow_pickle=True)
file_refused(14, "object npy", OBJECTS.getvalue(), "a.npy", "NumPy")
for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
    file_refused(14, f"pickle {protocol}", pickle.dumps(LONG, protocol), "a.csv", "Python pickle")
file_refused(15, "text named .xlsx", CSV, "a.xlsx", "not an Excel file")
file_refused(15, "a zip that is no xlsx", zipped({"a.txt": "hello"}), "a.xlsx", "not an Excel file")
file_refused(15, "nonsense in it", zipped({"xl/workbook.xml": "<nonsense"}), "a.xlsx", "not an Excel file")
file_refused(15, "cut off", workbook(LONG)[:-200], "a.xlsx", "not an Excel file")
file_refused(
    15, "old Excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xlsx", "is not an Excel file that can"
)
SHEET = "xl/worksheets/sheet1.xml"
NUMERIC = workbook([LONG[0], ["ann", "x", 5], ["bob", "y", 4]])
for what, formula in (
    ("a formula", b"1+1"),
    ("an external link", b"[1]Prices!A1"),
    ("a command", b"cmd|' /c calc'!A0"),
):
    linked = edited(
        NUMERIC, {SHEET: lambda x, f=formula: x.replace(b"<v>4</v>", b"<f>" + f + b"</f><v>4</v>")},
        **{"xl/vbaProject.bin": b"\0macro", "xl/externalLinks/externalLink1.xml": b"<a/>"},
    )  # fmt: skip
    file_accepted(16, f"{what} beside macros", linked, "a.xlsm", BOTH)
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTER = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
for what, doctype in (("entities in entities", BOMB), ("an external entity", OUTER)):
    data = edited(NUMERIC, {SHEET: lambda x, d=doctype: d + x.replace(b"ann", b"&b;")})
    file_refused(17, what, data, "a.xlsx", "not an Excel file", memory=20e6)


def capped(data: bytes, name: str) -> Callable[[Here], Any]:
    """The door with a small limit on what a file unpacks to."""

    def door(here: Here) -> Any:
        here.patch.setattr(base, "MAX_UNPACKED_BYTES", 3_000_000)
        return nc.read_ratings(data, name=name)

    return door


SUMMED = {"b.csv": CSV, "1.png": b" " * 2_000_000, "2.png": b" " * 2_000_000}
refused(17, "zip bomb, summed", capped(zipped(SUMMED), "a.zip"), "^a.zip unpacks to more than 3 MB", memory=5e6)
book = zipped({"xl/workbook.xml": "<a/>", **SUMMED})
refused(17, "zip bomb as xlsx, summed", capped(book, "a.xlsx"), "^a.xlsx unpacks to more than 3 MB", memory=5e6)
for name, members in {"a.zip": {"a.csv": b" " * 4_000_000}, "a.xlsx": {"xl/workbook.xml": b" " * 4_000_000}}.items():
    lie = zipped(members).replace((4_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
    refused(17, f"{name} with a size that lies", capped(lie, name), f"^{name} is no", memory=10e6)
stray = openpyxl.Workbook()
stray.active["XFD1000000"] = 1
STRAY = io.BytesIO()
stray.save(STRAY)
refused(17, "a cell far out", array(STRAY.getvalue(), name="a.xlsx"), "spans 1000000 rows", memory=20e6)
# What would span more cells than there is memory for, which ends the process where it is laid out: rows and cells that hide
# their place, or that have none and stand one after the other.
LAST = b"<row>" + b"<c/>" * 16_000 + b"<c><v>1</v></c></row>"
FAR = {
    "a long number": b'<row r="2"><c r="A' + b"2" * 5_000 + b'"><v>1</v></c></row>',
    "long letters": b'<row r="2"><c r="AAAAAAAAAA9"><v>1</v></c></row>',
    "behind an odd attribute": b"""<row r="2"><c x=">" r="A99999999"><v>1</v></c></row>""",
    "behind a long gap": b"<row><c" + b" " * 5_000_000 + b'r="XFD999999"><v>1</v></c></row>',
    "rows without a place": b"<row/>" * 40_000 + LAST,
    "rows whose place is another attribute's": b"<row x=' r=\"1\" '/>" * 40_000 + LAST,
    "rows that end without a beginning": b'<row r="1"/></row>' * 40_000 + LAST,
}


def sheet_at(path, rows):
    """A workbook whose sheet has such rows and lies there."""
    sheet = b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
    first = b'<row r="1"><c r="A1"><v>1</v></c></row>'
    members = {"xl/worksheets/sheet1.xml": sheet + first + rows + b"</sheetData></worksheet>"}
    with zipfile.ZipFile(io.BytesIO(STRAY.getvalue())) as archive:
        for name in archive.namelist():
            members.setdefault(name, archive.read(name).replace(b"/xl/worksheets/sheet1.xml", f"/{path}".encode()))
    members[path] = members.pop("xl/worksheets/sheet1.xml")
    return zipped(members)


for what, rows in FAR.items():
    data = sheet_at("xl/worksheets/sheet1.xml", rows)
    refused(17, f"a sheet too large: {what}", array(data, name="a.xlsx"), "spans|no.* Excel file", memory=60e6)
data = sheet_at("xl/media/picture.png", b'<row r="999999"><c r="XFD999999"><v>1</v></c></row>')
refused(17, "a sheet too large, elsewhere", array(data, name="a.xlsx"), "spans 999999 rows", memory=20e6)
JSON_BAD = {
    "200,000 deep": ("[" * 200_000, "nested too deep"),
    "200,000 deep in a record": ('[{"user":' + "[" * 200_000, "nested too deep"),
    "NaN": ('[{"user":"a","item":"x","rating":NaN}]', "record 1: NaN is no JSON"),
    "Infinity": ('[{"user":"a","item":"x","rating":-Infinity}]', "record 1: -Infinity is no JSON"),
    "1e999": ('[{"user":"a","item":"x","rating":1e999}]', "record 1: the number '1e999' is too large"),
    "duplicate keys": ('[{"user":"a","item":"x","rating":1,"rating":2}]', "record 1: the key 'rating' is there twice"),
    "duplicate users": ('{"a":{"x":1},"a":{"y":2}}', "the key 'a' is there twice"),
    "5,000 digits": ('[{"user":"a","item":"x","rating":' + "9" * 5000 + "}]", "record 1: .* 5000 digits"),
    "an id of 5,000 digits": ('[{"user":' + "9" * 5000 + ',"item":"x","rating":1}]', "record 1: .* 5000 digits"),
}
for what, (text, says) in JSON_BAD.items():
    file_refused(18, what, text.encode(), "a.json", says, memory=40e6)


def limited(way: Callable[[Here], Any]) -> Callable[[Here], Any]:
    """The door with a small limit on files."""

    def door(here: Here) -> Any:
        here.patch.setattr(base, "MAX_FILE_BYTES", 10)
        return way(here)

    return door


for name, write in WRITERS.items():
    for way, door in reading(write(LONG), name):
        refused(19, f"over the size limit, {name}, {way}", limited(door), rf"^{name} is larger than 1e-05 MB, the most")
OTHER = {
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG picture"),
    "a PDF": (b"%PDF-1.7", "a PDF"),
    "a web page": (b"<!DOCTYPE html><html>", "a web page"),
    "a database": (b"SQLite format 3\0" + bytes(50), "an SQLite database"),
    "a program": (b"\x7fELF" + bytes(50), "a program"),
}
for what, (data, says) in OTHER.items():
    for name in WRITERS:
        refused(20, f"{what} named {name}", array(data, name=name), rf"^{name} is not an? .*looks like {says}")
for name, write in WRITERS.items():
    for other in WRITERS:
        if not {name, other} <= {"a.csv", "a.tsv"} and name != other and (name, other) != ("a.zip", "a.xlsx"):
            refused(
                20, f"{name} renamed {other}", array(write(LONG), name=other), f"^{other} (is no|is an Excel workbook)"
            )
NAMES = {
    "../../etc/a.csv": "a.csv",
    "..\\..\\a.csv": "a.csv",
    "/etc/\0a\0.csv": "a.csv",
    "\u202evsc.a.csv": "vsc.a.csv",
    "<img src=x onerror=alert(1)>.csv": "<img src=x onerror=alert(1)>.csv",
    "../": "The file",
}
for name, told in NAMES.items():
    refused(
        21, f"the name {name!r}", array(HEAD.encode(), name=name), f"^{re.escape(told)} has a header but no ratings"
    )
    accepted(
        21,
        f"the name {name!r} in a preview",
        lambda here, name=name: nc.preview_ratings(b"", name=name).name,
        told.__eq__,
    )
    packed = zipped({name: HEAD})
    refused(21, f"the name {name!r} in a zip file", array(packed, name="z.zip"), "^z.zip")
refused(21, "a path with NUL", array("a\0.csv"), "no path has such characters")
refused(21, "a path that leads nowhere", array("../../none/such.csv"), "^such.csv cannot be opened")

# --- tables -----------------------------------------------------------------------------------------------------------

table_refused(
    22,
    "no rating column",
    [["user", "movie", "remark"], ["ann", "x", "good"]],
    "a list in which each row counts 1.*Choose by layout='pairs'",
)
table_refused(
    22,
    "no user column",
    [["movie", "rating"], ["x", "5"]],
    "may hold no ratings, since there is no user column among 'movie, rating'",
)
table_refused(
    23,
    "a column twice",
    [["user", "item", "rating", "rating"], ["ann", "x", "5", "4"]],
    "'rating' is there 2 times",
    but="a.parquet",
)
table_refused(
    23, "an item twice in a grid", [["", "x", "x"], ["ann", "5", "4"]], "the item 'x' heads two", but="a.parquet"
)
refused(
    23,
    "a key twice, JSON",
    array(b'[{"user":"a","item":"x","rating":1,"item":"y"}]', name="a.json"),
    "'item' is there twice",
)
for mark in (";", "\t", "|"):
    file_accepted(24, f"separated by {mark!r}", delimited(LONG, mark), "a.csv", BOTH)
file_accepted(24, "separated by '::'", CSV.replace(b",", b"::"), "a.dat", BOTH)
file_accepted(
    25, "decimal comma", b"user;item;rating\nann;x;4,5\nbob;y;3\n", "a.csv", has({("ann", "x"): 4.5, ("bob", "y"): 3})
)
table_refused(
    25, "a comma that could be either", [*LONG, ["cy", "z", "1,234"]], "'1,234' could be a decimal or a thousands comma"
)
table_accepted(
    25, "the same, asked", [*LONG, ["cy", "z", "1,234"]], lambda r: r.of_user("cy")["z"] == 1234, decimal="."
)
table_refused(26, "1.234,5", [*LONG, ["cy", "z", "1.234,5"]], r"'1\.234,5' has more than one point or comma")
accepted(
    26, "1.234,5 in a preview is a question", lambda here: nc.preview_ratings(b"user;item;rating\nann;x;1.234,5\n"),
    lambda found: [(q.choice, q.sure) for q in found.questions if q.key == "decimal"] == [(",", False)],
)  # fmt: skip
SEVENS = [["user", "item", "rating"], ["007", "0x", "5"], ["07", "0x", "4"], ["7", "0x", "3"]]
table_accepted(27, "ids 007, 07 and 7", SEVENS, lambda r: list(r.users) == ["007", "07", "7"])
table_accepted(
    27, "the same as a grid", [["", "01", "1"], ["007", "5", "4"], ["07", "3", "2"]], lambda r: r.V.shape == (2, 2)
)
MISSING = ["NA", "None", "null", "nan", "N/A", "NULL", "<NA>", "-"]
table_accepted(
    28, "items called NA and alike", [LONG[0], *(["ann", name, "5"] for name in MISSING)],
    lambda r: list(r.items) == MISSING and r.n_ratings == len(MISSING),
)  # fmt: skip
table_accepted(
    28, "users called so", [LONG[0], *([name, "x", "5"] for name in MISSING)], lambda r: list(r.users) == MISSING
)
table_accepted(
    28, "a grid of such items", [["", *MISSING], ["ann", *"5" * len(MISSING)]], lambda r: list(r.items) == MISSING
)
BEYOND = str(2**63) + "0", str(2**63) + "1"
table_accepted(
    29, "ids beyond int64", [LONG[0], *([name, "x", "5"] for name in BEYOND)], lambda r: list(r.users) == [*BEYOND]
)
accepted(
    29,
    "ids beyond int64 as numbers in JSON",
    array(f'[{{"user":{BEYOND[0]},"item":1,"rating":5}}]'.encode()),
    has({(BEYOND[0], "1"): 5}),
)
table_refused(30, "a blank user", [*LONG, [" ", "z", "4"]], "[34], column 'user': the user id is blank")
table_refused(30, "a blank item", [*LONG, ["cy", "", "4"]], "[34], column 'item': the item id is blank")
AGAIN = [*LONG, ["ann", "x", "2"]]
for rule, rating, says in (("last", 2, "the last rating counts"), ("mean", 3.5, "their mean counts")):
    check = lambda r, rating=rating: r.of_user("ann")["x"] == rating  # noqa: E731
    table_accepted(31, f"the same user and item twice, {rule}", AGAIN, check, duplicates=rule)
    table_accepted(
        31, f"the same, counted, {rule}", AGAIN, said(f"1 rating repeats a user and item.*{says}"), duplicates=rule
    )
table_refused(31, "the same, refuse", AGAIN, "[34]: user 'ann' rated item 'x' before; there are 1", duplicates="refuse")
table_refused(32, "a negative rating", [*LONG, ["cy", "z", "-1"]], "[34], column 'rating': '-1' is negative; shift")
refused(32, "a negative rating in an array", array(np.array([[1, -2.0], [-3, 1]])), "negative: 0 × 1 = -2, 1 × 0 = -3")
table_accepted(33, "NaN is blank, counted", [*LONG, ["cy", "z", "NaN"]], said("1 cells? .*blank"))
table_accepted(
    33,
    "NaN in a grid",
    [["", "x", "y"], ["ann", "5", "nan"], ["bob", "", "4"]],
    said("1 cell with a word such as NaN or NA"),
)
accepted(33, "NaN in an array", array(GRID), lambda r: r.n_ratings == 4)
accepted(33, "NaN in a frame", array(pd.DataFrame(GRID, index=["a", "b"])), lambda r: r.n_ratings == 4)
for bad in ("inf", "-inf", "Infinity", "1e400", "-1e400", "9" * 400):
    table_refused(34, bad[:9], [*LONG, ["cy", "z", bad]], "[34], column 'rating': '.*(not finite|negative)")
refused(34, "inf in an array", array(np.array([[1, np.inf]])), "infinite: 0 × 1 = inf")
refused(
    34,
    "inf in Parquet",
    array(parquet([LONG[0], ["ann", "x", np.inf]]), name="a.parquet"),
    "row 1, column 'rating': inf",
)
table_accepted(
    35,
    "outside the scale given",
    [*LONG, ["cy", "z", "9"]],
    said(r"1 rating lies outside the scale 1–5 \(such as cy × z = 9\)"),
    scale=(1, 5),
)
for scale in ((5, 1), (1, 1), (1,), (1, 2, 3), "15", 5, (1, "x"), (0, np.inf), (np.nan, 1)):
    refused(35, f"a scale that is none: {scale}", array(CSV, scale=scale), "scale is .*two finite numbers")
table_refused(36, "text for a number", [*LONG, ["cy", "z", "great"]], "[34], column 'rating': 'great' is not a number")
table_refused(
    36,
    "text in a grid",
    [["", "x", "y"], ["ann", "5", "good"], ["bob", "3", "4"], ["cy", "2", "3"], ["dan", "1", "2"]],
    "[12], column 'y': 'good' is not a number",
)
for bad in ("0x10", "1_000", "٤", "५", "４", "½", "1,,5", "--1", "1e"):
    table_refused(37, repr(bad), [*LONG, ["cy", "z", bad]], f"[34], column 'rating': '{bad}' ")
table_refused(37, "'5 stars'", [*LONG, ["cy", "z", "5 stars"]], "this reads 5 stars as 5.*Choose by marks='number'")
for bad in ("True", "false"):
    table_refused(37, repr(bad), [*LONG, ["cy", "z", bad]], f"[34], column 'rating': '{bad}' is a truth value")
refused(
    37,
    "booleans in Excel",
    array(workbook([*LONG, ["cy", "z", True]])),
    "row 4, column 'rating': 'TRUE' is a truth value",
)
refused(
    37,
    "booleans in Parquet",
    array(parquet([LONG[0], ["ann", "x", True]])),
    "row 1, column 'rating': 'TRUE' is a truth value",
)
refused(
    37,
    "booleans in JSON",
    array(b'[{"user":"a","item":"x","rating":true}]'),
    "record 1, key 'rating': the value is true",
)
refused(37, "booleans in an array", array(np.array([[True]])), "of type bool")

FORMULAS = ["=cmd|'/c calc'!A0", "@SUM(A1)", "+1+1", "-1", "\t=1", "＝1", "<img src=x onerror=alert(1)>"]


def evil() -> tuple[Any, Any]:
    """Ratings of items with names that act, and a fit of them."""
    names = [name.strip() for name in FORMULAS]
    ratings = nc.Ratings.from_cells([f"={k}" for k in range(7)], names, [1, 2, 3, 4, 5, 4, 3])
    return ratings, nc.factorize(ratings, rank=2)


def table_cells(data: bytes) -> list[str]:
    """Every cell of a CSV or Excel file, as text."""
    if data[:2] == b"PK":
        return [str(cell.value) for sheet in openpyxl.load_workbook(io.BytesIO(data)) for row in sheet for cell in row]
    return pd.read_csv(io.BytesIO(data), header=None, dtype=str, keep_default_na=False).to_numpy().ravel().tolist()


TABLES: dict[str, Callable[[Any, Any], bytes]] = {
    "ratings_csv": lambda ratings, fit: export.ratings_csv(ratings),
    "ratings_excel": lambda ratings, fit: export.ratings_excel(ratings),
    "grid_csv": lambda ratings, fit: export.grid_csv(ratings),
    "grid_excel": lambda ratings, fit: export.grid_excel(ratings),
    "tables.csv": lambda ratings, fit: export.tables.csv(pd.DataFrame({"=x": FORMULAS}, index=FORMULAS)),
    "tables.excel": lambda ratings, fit: export.tables.excel(pd.DataFrame({"=x": FORMULAS}, index=FORMULAS)),
    "recommendations": lambda ratings, fit: export.tables.csv(
        nc.recommend(fit, ratings, "=0", labels={0: "=evil", 1: "@x"})
    ),
}
for what, made in TABLES.items():
    accepted(
        38, f"formulas in {what}", lambda here, made=made: table_cells(made(*evil())),
        lambda cells: not any(re.match(r"\s*[=+@＝]|\s*-(?!\d)", cell) or cell == "-1" for cell in cells),
    )  # fmt: skip
accepted(
    38,
    "names in the report",
    lambda here: export.report(*evil(), labels={0: "<script>"}),
    lambda page: "<img" not in page and "<script" not in page,
)
accepted(
    38, "names in the notebook are text in code", lambda here: json.loads(export.notebook(*evil())),
    lambda book: all(compile("".join(c["source"]), "cell", "exec") for c in book["cells"] if c["cell_type"] == "code"),
)  # fmt: skip
accepted(
    38,
    "names in the capsule come back",
    lambda here: export.open_capsule(export.capsule(*evil()))[0].items.tolist(),
    [n.strip() for n in FORMULAS].__eq__,
)
CONTROLS = [*LONG, ["c\x07y", "z\x1b[31m", "3"]]
table_accepted(39, "control characters", CONTROLS, lambda r: "c�y" in r.users and "z�[31m" in r.items, but="a.xlsx")
table_accepted(39, "the same, counted", CONTROLS, said("1 user name had control or broken characters"), but="a.xlsx")
SURROGATE = (HEAD + "a\ud800,x,5\n").encode("utf-8", "surrogatepass")
file_accepted(39, "lone surrogates", SURROGATE, "a.csv", has({("a�", "x"): 5}))
file_accepted(39, "lone surrogates, counted", SURROGATE, "a.csv", said("1 broken character was replaced"))
accepted(39, "lone surrogates in JSON", array(b'[{"user":"a\\ud800","item":"x","rating":5}]'), said("1 user name had"))
accepted(
    39,
    "lone surrogates in a frame",
    array(pd.DataFrame({"user": pd.Series(["a\ud800"], dtype=object), "item": ["x"], "rating": [5]})),
    said("1 user name had"),
)


def narrow(export_it: Callable[[Any], bytes]) -> Callable[[Here], Any]:
    """The door with an Excel that holds three columns."""

    def door(here: Here) -> Any:
        here.patch.setattr(export.tables, "EXCEL_COLUMNS", 3)
        return export_it(datasets.notebook())

    return door


refused(
    40,
    "more columns than Excel holds",
    narrow(export.grid_excel),
    "5 columns; an Excel sheet holds .* 3. Export it as CSV",
)
accepted(40, "the same as CSV", narrow(export.grid_csv), lambda data: data.startswith(b"\xef\xbb\xbf,Movie1,"))

# --- the matrix and settings ------------------------------------------------------------------------------------------

NOTEBOOK = datasets.notebook()


def fitted(ratings: Any, **settings: Any) -> Callable[[Here], Any]:
    """The door for a fit."""
    return lambda here: nc.factorize(ratings, **{"rank": 1} | settings)


def masked(X: Any, **settings: Any) -> Callable[[Here], Any]:
    """The door for the estimator."""
    return lambda here: nc.MaskedNMF(**{"n_components": 1} | settings).fit(X)


def sound(fit: Any) -> bool:
    """Whether weights are finite and not negative."""
    W, H = (fit.W, fit.H) if hasattr(fit, "W") else (fit.components_, fit.components_)
    return bool(np.isfinite(W).all() and np.isfinite(H).all() and (W >= 0).all() and (H >= 0).all())


for shape in ((0, 3), (3, 0), (0, 0)):
    refused(41, f"an array of {shape}", array(np.zeros(shape)), re.escape(f"has the shape {shape}"))
    refused(41, f"a sparse array of {shape}", array(sparse.csr_array(shape)), re.escape(f"has the shape {shape}"))
    refused(41, f"an estimator's X of {shape}", masked(np.zeros(shape)), "0 (sample|feature)", error=ValueError)
refused(41, "a frame without columns", array(pd.DataFrame()), "no ratings|no columns|one column")
refused(41, "ratings of nobody", lambda here: nc.Ratings.from_cells([], [], []), "There are 0 users and 0 items")
refused(42, "all zeros, unrated", array(np.zeros((3, 3))), "no ratings: every cell is blank")
refused(42, "all zeros in a file", array((HEAD + "ann,x,0\n").encode()), "zeros='rating' if a 0 is one")
refused(42, "all blank", array(np.full((3, 3), np.nan)), "no ratings: every cell is blank")
for what, values in {
    "all zeros": np.zeros((3, 4)),
    "constant": np.full((3, 4), 3.0),
    "one rating": np.array([[4.0]]),
}.items():
    ratings = nc.read_ratings(values, zeros="rating")
    for solver in nc.SOLVERS:
        blanks = "unknown" if "unknown" in nc.SOLVERS[solver].blanks else "zero"
        accepted(42, f"{what}, {solver}", fitted(ratings, solver=solver, blanks=blanks), sound)
    accepted(42, f"{what}, estimator", masked(values), sound)
HOLES = nc.Ratings.from_cells(["a", "b"], ["x", "x"], [5, 3], all_users=["a", "b", "none"], all_items=["x", "nobody"])
for blanks in ("unknown", "weak", "zero"):
    accepted(43, f"an empty row and column, blanks {blanks}", fitted(HOLES, blanks=blanks), sound)
accepted(43, "it is said", lambda here: nc.check_health(HOLES), lambda findings: "no ratings" in str(findings))
for rank in (0, -1, 2.5, "3", True, None, 501, np.nan, 1j):
    refused(
        44,
        f"rank {rank!r}",
        fitted(NOTEBOOK, rank=rank),
        re.escape(f"rank is {rank!r}; it must be a whole number from 1 to 500"),
    )
for rank in (0, -1, 2.5, True):
    refused(44, f"n_components {rank!r}", masked(GRID, n_components=rank), f"n_components is {rank!r}; .*1 to 500")
accepted(
    45,
    "rank above the smaller side",
    fitted(NOTEBOOK, rank=10),
    said(r"Rank 10 is more than the smaller side of the grid \(4\)"),
)
for init in ("nndsvd", "nndsvda", "nndsvdar", "svd"):
    refused(
        45,
        f"the same from {init}",
        fitted(NOTEBOOK, rank=10, init=init),
        f"init is '{init}' with rank 10; .*only 4 singular vectors",
    )
for size in (1e308, 1e200, 5e-324):
    values = np.array([[size, size], [size, size / 2]])
    refused(46, f"{size:g} in an array", array(values), "larger than 1e\\+15|smaller than 1e-15")
    table_refused(46, f"{size:g} in a file", [*LONG, ["cy", "z", repr(size)]], "[34], column 'rating': .*rescale")
    accepted(
        46,
        f"{size:g} in the estimator is rescaled",
        masked(values),
        lambda model: sound(model) and model.components_.any(),
    )
    for solver in ("cd", "mu"):
        accepted(
            46,
            f"{size:g} in the estimator, {solver}",
            masked(values, solver=solver, blanks="zero" if solver == "cd" else "unknown"),
            sound,
        )
ZEROS = nc.read_ratings(np.array([[0, 1.0], [2, 3]]), zeros="rating")
accepted(47, "KL with zeros", fitted(ZEROS, solver="mu", loss="kl"), sound)
refused(47, "IS with zeros", fitted(ZEROS, solver="mu", loss="is"), "1 ratings are 0, and the Itakura–Saito loss")
refused(
    47, "IS with zeros, estimator", masked([[0, 1.0]], solver="mu", beta_loss="itakura-saito"), "1 cells that are 0"
)
for what, values in {
    "complex": np.array([[1j]]), "object": np.array([[1, "a"]], dtype=object), "text": np.array([["five"]]),
}.items():  # fmt: skip
    refused(48, f"an array of {what}", array(values), "of type .*real numbers")
    refused(
        48,
        f"an estimator's X of {what}",
        masked(values),
        "",
        error=(ValueError, TypeError),
    )
refused(48, "a complex rating", lambda here: nc.Ratings.from_cells(["a"], ["x"], [1j]), "of type complex128")
refused(
    48,
    "an object for a rating",
    lambda here: nc.Ratings.from_cells(["a"], ["x"], [object()]),
    "Rating number 1 is <object",
)
refused(48, "sparse complex", array(sparse.csr_array(np.array([[1j]]))), "of type complex128")
refused(48, "no ratings at all", fitted([[5, 3]]), "of type list; they must be Ratings")
for seed in (-1, 2**32, 1.5, "1", True):
    refused(
        49,
        f"seed {seed!r}",
        fitted(NOTEBOOK, seed=seed),
        re.escape(f"seed is {seed!r}; it must be a whole number from 0 to 4294967295"),
    )
for sweeps in (0, -1, 1.5, 100_001):
    refused(
        50,
        f"sweeps {sweeps!r}",
        fitted(NOTEBOOK, max_sweeps=sweeps),
        re.escape(f"max_sweeps is {sweeps!r}; it must be a whole number from 1 to 100000"),
    )
refused(50, "sweeps 0, estimator", masked(GRID, max_iter=0), "max_iter is 0; .*from 1")
refused(
    51,
    "another width at transform",
    lambda here: masked(GRID)(here).transform(GRID[:, :2]),
    "X has 2 features, but MaskedNMF is expecting 3",
    error=ValueError,
)
refused(
    51,
    "another width at inverse_transform",
    lambda here: masked(GRID)(here).inverse_transform(np.ones((1, 2))),
    "X has 2 columns; .*1 components",
    error=ValueError,
)
refused(51, "a fit of other ratings", lambda here: nc.recommend(fitted(NOTEBOOK)(here), ZEROS, "0"), "ratings")
refused(
    52,
    "transform before fit",
    lambda here: nc.MaskedNMF().transform(GRID),
    "not fitted yet. Call 'fit'",
    error=NotFittedError,
)
refused(
    52,
    "inverse_transform before fit",
    lambda here: nc.MaskedNMF().inverse_transform(GRID),
    "not fitted yet. Call 'fit'",
    error=NotFittedError,
)


def labelled(text: str) -> Callable[[Here], Any]:
    """The door for a label."""

    def door(here: Here) -> Any:
        with nc.LabelStore("sqlite://") as store:
            return store.save(store.project_for("ann", "data"), Label(text), shape_of(["x"], [1.0]))

    return door


refused(
    53,
    "a label of a million characters",
    labelled("x" * 1_000_000),
    "1,000,000 characters; at most 80 are allowed. Shorten it",
)
refused(
    53,
    "a note of a million characters",
    lambda here: Label("x", note="y" * 1_000_000),
    "1,000,000 characters; at most 2,000 are allowed",
)
refused(53, "a label of nothing", labelled(" \u200b"), "without a character to be seen")
accepted(53, "a label of 80 characters", labelled("x" * 80), lambda saved: len(saved.label.text) == 80)
ADDRESSES = {
    "<script>": {"rank": "<script>", "blanks": "maybe", "solver": "<b>", "seed": "-1"},
    "out of range": {"rank": "0", "blanks": "", "solver": "svd", "seed": "4294967296"},
    "no numbers": {"rank": "2.5", "seed": "x" * 10_000, "unheard-of": "1"},
}
for what, address in ADDRESSES.items():
    accepted(
        54, f"an address with {what}", lambda here, address=address: (address, opened("ratings", **address)),
        lambda found: (
            all(f"The address asks for {name}" in words(found[1]) for name in found[0] if name != "unheard-of")
            and "<script>" not in words(found[1])
            and next(w for w in found[1].sidebar.number_input if w.key == "rank").value == 2
        ),
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"line {case.line:02}: {case.what}" for case in CASES])
def test_line(case, tmp_path, monkeypatch):
    here = Here(tmp_path, monkeypatch)
    if np.isfinite(case.memory):
        tracemalloc.start()
    try:
        if case.check is not None:
            assert case.check(case.door(here))
            return
        with pytest.raises(case.error, match="(?s)" + case.says) as caught:
            case.door(here)
        if np.isfinite(case.memory):
            assert tracemalloc.get_traced_memory()[1] < case.memory
    finally:
        tracemalloc.stop()
    if case.error is nc.NmfError:
        assert 40 < len(str(caught.value)) < 700


def test_no_line_is_missing():
    assert {case.line for case in CASES} == set(range(1, LAST_LINE + 1))
