"""Files of others are named for what they are, with the one step that makes them files that can be read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import sqlite3
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pytest
import scipy.io
import scipy.sparse

from nmf_core import NmfError, read_ratings
from nmf_core.formats.kinds import kind_at
from tests.formats.test_movielens import zipped

FRAME = pd.DataFrame({"user": ["ann", "bob"], "item": ["x", "y"], "rating": [5, 4]})


def written(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def database():
    with sqlite3.connect(":memory:") as base:
        base.execute("create table ratings (user, item, rating)")
        return base.serialize()


XDR = b"X\n\0\0\0\3\0\4\3\1" + bytes(40)
# What it is: the file, the name that people give it, what is said of it, and the step.
KINDS = {
    "MATLAB": (written(lambda f: scipy.io.savemat(f, {"a": np.eye(3)})), "a.mat", "a MATLAB file", "writetable"),
    "MATLAB 7.3": (
        b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512) + b"\x89HDF\r\n",
        "a.mat",
        "a MATLAB file",
        "writematrix",
    ),
    "SPSS": (b"$FL2@(#) SPSS DATA FILE" + bytes(200), "a.sav", "an SPSS file", "Save As"),
    "SPSS, packed": (b"$FL3@(#) SPSS DATA FILE" + bytes(200), "a.zsav", "an SPSS file", "Save As"),
    "SPSS, portable": (b"\x40" * 40 + b"ASCII SPSS PORT FILE" + b" " * 200, "a.por", "an SPSS file", "Save As"),
    "Stata": (written(lambda f: FRAME.to_stata(f, version=118)), "a.dta", "a Stata file", "export delimited"),
    "Stata, old": (written(lambda f: FRAME.to_stata(f, version=114)), "a.dta", "a Stata file", "export delimited"),
    "SAS": (
        bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011"),
        "a.sas7bdat",
        "a SAS file",
        "proc export",
    ),
    "SAS, transport": (b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000", "a.xpt", "a SAS file", "proc export"),
    "R object": (gzip.compress(XDR, mtime=0), "a.rds", "an R object", "write.csv.readRDS"),
    "R object, xz": (lzma.compress(XDR), "a.rds", "an R object", "write.csv.readRDS"),
    "R object, plain": (XDR, "a.rds", "an R object", "write.csv.readRDS"),
    "R's workspace": (gzip.compress(b"RDX3\n" + XDR, mtime=0), "a.RData", "a file that R saved", "write.csv"),
    "R's workspace, bzip2": (bz2.compress(b"RDX2\n" + XDR), "a.RData", "a file that R saved", "write.csv"),
    "NumPy": (written(lambda f: np.save(f, np.eye(2))), "a.npy", "a NumPy file", "to_csv"),
    "NumPy, several": (written(lambda f: np.savez(f, a=np.eye(2))), "a.npz", "a NumPy archive", "mmwrite"),
    "SciPy, sparse": (
        written(lambda f: scipy.sparse.save_npz(f, scipy.sparse.eye_array(2))),
        "a.npz",
        "a NumPy archive",
        "mmwrite",
    ),
    **{f"pickle {p}": (pickle.dumps(["a"], p), "a.pkl", "a Python pickle", "none is opened") for p in range(6)},
    "pickle, packed": (gzip.compress(pickle.dumps(["a"]), mtime=0), "a.pkl.gz", "a Python pickle", "none is opened"),
    "page": (b"<!DOCTYPE html>\n<html>", "a.html", "a web page", "spreadsheet program"),
    "table of a page": (
        b'\n<TABLE border="1">\n<tr><td>a</td></tr></table>',
        "a.html",
        "a web page",
        "spreadsheet program",
    ),
    "page in XML": (b'<?xml version="1.0"?>\n<html xmlns="x">', "a.xhtml", "a web page", "spreadsheet program"),
    "GCT": (b"#1.2\n3\t4\nName\tDescription\ts1\n", "a.gct", "a GCT file", "first two lines"),
    "GCT, newer": (b"#1.3\r\n3\t4\t1\t0\r\n", "a.gct", "a GCT file", "first two lines"),
    "SQLite": (database(), "a.db", "an SQLite database", "sqlite3 -header -csv"),
    "Feather": (
        written(lambda f: pa.feather.write_feather(FRAME, f)),
        "a.feather",
        "a Feather or Arrow file",
        "to_parquet",
    ),
    "Feather, old": (b"FEA1" + bytes(50), "a.feather", "a Feather or Arrow file", "to_parquet"),
    "ORC": (written(lambda f: pa.orc.write_table(pa.table(FRAME), f)), "a.orc", "an ORC file", "read_orc"),
    "Avro": (b"Obj\x01\x04\x14avro.codec" + bytes(30), "a.avro", "an Avro file", "tojson"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(30), "a.h5", "an HDF5 file", "h5py"),
    "XML": (b'\xef\xbb\xbf<?xml version="1.0"?>\n<ratings/>', "a.xml", "XML", "as CSV"),
    "Excel 2003": (
        b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>',
        "a.xml",
        "an XML file of Excel 2003",
        "save it as .xlsx",
    ),
    "flat OpenDocument": (
        b'<?xml version="1.0"?>\n<office:document xmlns="x">',
        "a.fods",
        "a flat OpenDocument file",
        "save it as .xlsx",
    ),
    "PDF": (b"%PDF-1.7\n", "a.pdf", "a PDF", "as CSV"),
    "Numbers": (zipped({"Index/Document.iwa": b"\0" * 50}), "a.numbers", "a document of Numbers", "Export To"),
    "Pages, further in": (
        zipped({"preview.jpg": bytes(9000), "Metadata/BuildVersionHistory.plist": "x"}),
        "a.pages",
        "a document of Numbers",
        "Export To",
    ),
    "Word": (
        zipped({"[Content_Types].xml": "x", "word/document.xml": "x"}),
        "a.docx",
        "a Word document",
        "spreadsheet program",
    ),
    "Google": (
        b'{"url": "https://docs.google.com/open?id=1", "doc_id": "1", "email": "a@b.c"}',
        "a.gsheet",
        "a shortcut to a Google Sheet",
        "Download",
    ),
    "Google, newer": (
        b'{"":"WARNING! DO NOT EDIT THIS FILE!","doc_id":"1","resource_key":"","email":"a@b.c"}',
        "a.gsheet",
        "a shortcut",
        "Download",
    ),
    "Git LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "a.csv",
        "a pointer of Git LFS",
        "git lfs pull",
    ),
    "numbers": (np.arange(500, dtype="i4").tobytes(), "a.bin", "a binary file", "program that made it"),
}


@pytest.mark.parametrize(("data", "name", "what", "step"), KINDS.values(), ids=KINDS.keys())
def test_a_file_of_another_kind_is_named_with_the_one_step(data, name, what, step):
    for called in (name, "ratings", "a.txt"):
        with pytest.raises(NmfError, match=rf"(?s)^{called} is .*{what}.*{step}") as caught:
            read_ratings(data, name=called)
        assert len(str(caught.value)) < 400
        assert "UTF-8" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "MATLAB score,item\nann,x\n",
        "ORC,FEA1\nann,x\n",
        "user,item,rating\nann,x\0y,5\n",
        "user,item\nann,x\n" * 20 + "b\x07b,y\n",
        "user\x01item\x01rating\nann\x01x\x015\n" * 40,
        "5 1:30\nhello 2:15\n",
        "1:\nann,5\n",
        "version,https\n1,2\n",
        "#1 hit,rating\nx,5\n",
        "<3 this,rating\nx,5\n",
        "(lp0,x\n",
    ],
)
def test_text_is_text(text):
    assert kind_at(text.encode()) is None
    if not set(text) & set("\0\1\7"):  # without a mark it is named by its NUL characters
        assert kind_at(text.encode("utf-16-le")) is None


def test_json_with_ids_of_documents_is_json():
    assert (
        kind_at(b'{"doc_id": "a", "email": "x@y", "rating": 5}\n{"doc_id": "b", "email": "x@y", "rating": 3}\n').what
        == "JSON"
    )


def test_what_is_read_under_another_name_is_told_its_extension():
    with pytest.raises(
        NmfError, match="a.csv is not a CSV or TSV file; its content looks like JSON. Give it the extension .json"
    ):
        read_ratings(b'[{"user": "ann"}]', name="a.csv")
    with pytest.raises(NmfError, match="looks like plain text. Choose no format, or csv."):
        read_ratings(b"user,item,rating\nann,x,5\n", format="excel")


HARD = (
    b"1",
    b"1 ",
    b"1:1 ",
    b"1 1:1 ",
    b"% \n",
    b" ",
    b"<?xml",
    b"a:",
    b"#\n",
    b"PK\3\4",
    b"{",
    b'{"doc_id"',
    b"1,",
    b"1:\n",
    b"\0\1",
)


@pytest.mark.parametrize("piece", HARD)
def test_no_beginning_takes_years(piece):
    kind_at((piece * 4096)[:4096])
    kind_at((b"1 " + piece * 4096)[:4096])


def test_a_zip_of_many_files_is_one_of_them_all():
    assert kind_at(zipped({"a.csv": "x", "b.txt": "y"})).what.startswith("a zip archive")
    assert kind_at(b"PK\3\4" + struct.pack("<13H", *[65535] * 13)).what.startswith("a zip archive")
