"""Zip files that hold one table, and what is refused of the others."""

import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.formats import archive, base
from nmf_core.reading.read import read_ratings
from tests.formats.test_bad_files import CSV, WHOLE
from tests.formats.test_movielens import LATEST, ML_1M, ML_100K, U_DATA, zipped


@pytest.mark.parametrize(
    ("member", "data"),
    [
        ("x/my ratings.csv", CSV),
        ("x.xlsx", WHOLE["excel"]),
        ("x.parquet", WHOLE["parquet"]),
        ("x.JSON", WHOLE["json"]),
        ("u.data", U_DATA),
        ("ratings.dat", ML_1M["ml-1m/ratings.dat"]),
    ],
)
def test_the_only_table_is_read_and_named(member, data):
    for name in (None, "a.zip"):
        ratings = read_ratings(zipped({member: data, "README.txt": "a,b,c", "picture.png": b"\x89PNG"}), name=name)
        assert ratings.n_ratings > 0 and ratings.item_info is None
        assert ratings.notes[0] == f"The table is {member.rpartition('/')[2]!r} in the zip file."


def test_the_same_ratings_packed_or_not():
    for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        assert read_ratings(zipped({"a.csv": CSV}, packing)).fingerprint == read_ratings(CSV).fingerprint


def encrypted(data):
    """The same zip file with the flag of a password set in every entry."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            changed[at + offset] |= 1
            at = data.find(mark, at + 1)
    return bytes(changed)


REFUSED = {
    "no table": (zipped({"a.md": "x", "b.png": "y"}), "holds no table, only 'a.md', 'b.png'"),
    "nothing but folders": (zipped({"a/": ""}), "holds no table, only nothing"),
    "several tables": (zipped({"a.csv": CSV, "b/c.json": "[]"}), "holds 2 tables: 'a.csv', 'c.json'"),
    "ratings.csv without movies.csv": (
        zipped({n: x for n, x in LATEST.items() if "movies" not in n}),
        "holds 3 tables",
    ),
    "two sets": (
        zipped(ML_100K | {n.replace("100k", "b"): x for n, x in ML_100K.items()}),
        "holds 2 sets.*'ml-b/u.data'",
    ),
    "an archive inside": (zipped({"inner.zip": zipped({"a.csv": CSV})}), "holds no table, only 'inner.zip'"),
    "an empty table": (zipped({"a.csv": ""}), "a.csv in it is empty"),
    "a table of another kind": (
        zipped({"a.csv": WHOLE["json"]}),
        "a.csv in it is no CSV or TSV file; its content looks like JSON",
    ),
    "a wrong cell": (zipped({"a.csv": CSV + b"bob,y,five\n"}), "films.zip, a.csv, line 3, column 'rating': 'five'"),
    "a password": (encrypted(zipped({"a.csv": CSV})), "a.csv in it has a password"),
    "rare packing": (zipped({"a.csv": CSV}, zipfile.ZIP_LZMA), "packed in a rare way"),
    "a workbook": (zipped({"a": "", "xl/workbook.xml": "<a/>"}), "is an Excel workbook"),
    "cut off": (zipped({"a.csv": CSV})[:-30], "no zip archive that can be read"),
    "a wrong checksum": (
        zipped({"a.csv": CSV}, zipfile.ZIP_STORED).replace(b"ann", b"bob"),
        "no zip archive that can be read",
    ),
    "no zip": (CSV, "not a zip archive file"),
    "hostile names": (zipped({"../\u202e<b>\n.csv": CSV, "/etc/\x07.csv": CSV}), "2 tables: '�<b>�.csv', '�.csv'"),
}


@pytest.mark.parametrize(("data", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(data, says):
    with pytest.raises(NmfError, match="(?s)" + says) as caught:
        read_ratings(data, name="dir/films.zip")
    assert str(caught.value).startswith("films.zip") and len(str(caught.value)) < 700


def test_what_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(base, "MAX_UNPACKED_BYTES", 3_000_000)
    with pytest.raises(NmfError, match="unpacks to more than 3 MB"):
        read_ratings(zipped({"a.csv": CSV, "b.png": b" " * 2_000_000, "c.png": b" " * 2_000_000}))


def test_a_size_that_lies_is_refused(monkeypatch):
    data = zipped({"a.csv": CSV + b"\n" * 4_000_000})
    size = len(CSV) + 4_000_000
    assert data.count(struct.pack("<I", size)) == 2
    with pytest.raises(NmfError, match="no zip archive that can be read"):
        read_ratings(data.replace(struct.pack("<I", size), struct.pack("<I", 1000)))


def test_too_many_members_are_refused_before_they_are_listed(monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 100)
    data = zipped({f"{k}.png": "" for k in range(101)})
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(NmfError, match="more than 100 files"):
        read_ratings(data)


SMALL = [zipped(members, packing) for members in (ML_100K, ML_1M, LATEST, {"a.csv": CSV}) for packing in (0, 8)]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SMALL), st.data())
def test_damaged_zip_files(content, data):
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.integers(len(damaged) * 3 // 4, len(damaged)))]
    try:
        assert isinstance(read_ratings(bytes(damaged)), Ratings)
    except NmfError:
        return


def test_reading_a_zip_file_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read_ratings(io.BytesIO(zipped({"../../a.csv": CSV})))
    assert not list(tmp_path.iterdir())
