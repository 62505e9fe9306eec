"""Our own Parquet files: `Ratings` come back exactly, anyone can read them, and damage is always said."""

import hashlib
import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nmf_core import datasets
from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError
from nmf_core.formats import native_parquet
from nmf_core.formats.json_fields import notes_of
from nmf_core.formats.native_parquet import DIGEST, OWN, digest_in, digest_of, read_own, to_parquet
from nmf_core.reading.read import read_ratings
from tests.conftest import random_ratings


def odd() -> Ratings:
    """Ids out of order, without ratings and hostile; explicit zeros; item metadata of many types; notes."""
    info = pd.DataFrame(
        {
            "genre": ["a", None, "<b>"],
            "year": [1979, 1999, 2001],
            "score": [0.1, np.nan, 1e-300],
            "tiny": np.array([1, 2, 3], dtype="uint8"),
            "seen": [True, False, True],
            "NA": pd.Series(["x", "y", "z"], dtype="str"),
        },
        index=["z", "=cmd|x", "NA"],
    )
    return Ratings.from_cells(
        ["bob", "bob", "007"],
        ["NA", "z", "z"],
        [0, 3.5, 1e-7],
        all_users=["nobody", "07", "bob", "Ünï 🎬", "007"],
        all_items=["z", "=cmd|x", "NA"],
        scale=(0, 7),
        item_info=info,
        notes=["One.", "Two\nlines."],
    )


def written(ratings: Ratings) -> bytes:
    file = io.BytesIO()
    to_parquet(ratings, file)
    return file.getvalue()


def assert_same(a: Ratings, b: Ratings) -> None:
    assert a.fingerprint == b.fingerprint
    assert (a.users.tolist(), a.items.tolist(), a.scale, a.notes) == (
        b.users.tolist(),
        b.items.tolist(),
        b.scale,
        b.notes,
    )
    assert (a.V.indices.dtype, a.V.data.dtype, a.users.dtype) == (b.V.indices.dtype, b.V.data.dtype, b.users.dtype)
    if a.item_info is None or b.item_info is None:
        assert a.item_info is b.item_info
    else:
        pd.testing.assert_frame_equal(a.item_info, b.item_info)


@pytest.mark.parametrize("make", [odd, datasets.notebook, datasets.movie_night, lambda: random_ratings(3)])
def test_ratings_come_back_exactly(make):
    ratings = make()
    data = written(ratings)
    assert_same(read_own(io.BytesIO(data)), ratings)
    assert_same(read_ratings(data), ratings)
    assert digest_in(io.BytesIO(data)) == digest_of(ratings)


@pytest.mark.parametrize("rows", [1, 2, 7, 100])
@pytest.mark.parametrize("seed", range(3))
def test_row_groups_cut_anywhere(monkeypatch, rows, seed):
    monkeypatch.setattr(native_parquet, "ROWS", rows)
    ratings = random_ratings(seed, 9, 8, 0.3)
    assert_same(read_own(io.BytesIO(written(ratings))), ratings)


def test_anyone_can_read_it_as_a_long_table(tmp_path):
    to_parquet(odd(), tmp_path / "ours.parquet")
    frame = pd.read_parquet(tmp_path / "ours.parquet")
    assert frame["rating"].dtype == "float32"
    assert frame["user"].tolist() == ["bob", "bob", "007"]
    assert frame["item"].tolist() == ["z", "NA", "z"]


def test_what_is_not_plain_in_item_metadata_is_kept_as_text():
    info = pd.DataFrame(
        {"when": pd.to_datetime(["2001-01-01", None]), "odd": ["\ud800x", 3], 5: [np.inf, 1.0]}, index=["x", "y"]
    )
    ratings = Ratings.from_cells(["a", "a"], ["x", "y"], [1, 2], item_info=info, notes=["\ud800"])
    again = read_own(io.BytesIO(written(ratings)))
    assert again.fingerprint == ratings.fingerprint
    assert again.notes == ("�",)
    assert again.item_info["when"].iloc[0].startswith("2001-01-01") and again.item_info["when"].isna().iloc[1]
    assert again.item_info["odd"].tolist() == ["�x", "3"]
    assert again.item_info["5"].isna().tolist() == [True, False]


def test_the_digest_tells_notes_and_item_metadata_apart():
    bare = Ratings.from_cells(["a"], ["x"], [1])
    noted = Ratings.from_cells(["a"], ["x"], [1], notes=["Note."])
    told = Ratings.from_cells(["a"], ["x"], [1], item_info=pd.DataFrame({"g": ["b"]}, index=["x"]))
    assert bare.fingerprint == noted.fingerprint == told.fingerprint
    assert len({digest_of(r) for r in (bare, noted, told)}) == 3


def test_what_cannot_be_kept_is_refused(monkeypatch):
    none = random_ratings(0).keep(np.zeros(random_ratings(0).n_ratings, dtype=bool))
    with pytest.raises(RatingsError, match="There are 0 ratings"):
        to_parquet(none, io.BytesIO())
    monkeypatch.setattr(native_parquet, "MAX_RATINGS", 10)
    with pytest.raises(RatingsError, match="1 to 10"):
        to_parquet(random_ratings(0), io.BytesIO())
    with pytest.raises(RatingsError, match="must be Ratings"):
        to_parquet([[5]], io.BytesIO())


def test_every_flipped_byte_and_every_cut_is_said_or_harmless():
    ratings = odd()
    data = written(ratings)
    same = 0
    for k in range(0, len(data), 3):
        damaged = bytearray(data)
        damaged[k] ^= 1 << (k % 8)
        try:
            again = read_own(io.BytesIO(bytes(damaged)), name="x.parquet")
        except RatingsError as e:
            assert "x.parquet" in str(e)
        else:
            assert_same(again, ratings)
            same += 1
    assert same < len(data) / 4  # statistics and the like, which nothing here reads
    for size in range(0, len(data), 50):
        with pytest.raises(RatingsError):
            read_own(io.BytesIO(data[:size]))


def changed(said: dict, **columns) -> bytes:
    """The file of `odd`, with parts of what it says or of its columns replaced, and its hash made right."""
    file = pq.ParquetFile(io.BytesIO(written(odd())), read_dictionary=["user", "item"])
    data = json.dumps({**json.loads(file.metadata.metadata[OWN]), **said}).encode()
    table = file.read().to_pydict() | columns
    out = io.BytesIO()
    types = {"user": pa.string(), "item": pa.string(), "rating": pa.float32()}
    table = pa.table({name: pa.array(values, types.get(name)) for name, values in table.items()})
    with pq.ParquetWriter(out, table.schema, store_schema=False) as writer:
        writer.add_key_value_metadata({OWN: data, DIGEST: hashlib.sha256(data).hexdigest().encode()})
        writer.write_table(table)
    return out.getvalue()


def test_the_changing_itself_is_sound():
    assert_same(read_own(io.BytesIO(changed({}))), odd())


@pytest.mark.parametrize(
    "said",
    [
        {"version": 2}, {"users": None}, {"users": ["bob", "007"]}, {"users": ["nobody", "07", "bob", "x", "x"]},
        {"users": ["nobody", "07", "bob", "", "007"]}, {"users": ["nobody", "07", "bob", 3, "007"]},
        {"users": ["07", "nobody", "bob", "Ünï 🎬", "007"]}, {"users": ["nobody", "07", "bob", "\ud800", "007"]},
        {"items": []}, {"items": ["z", "NA"]}, {"items": ["NA", "=cmd|x", "z"]}, {"scale": [7, 0]}, {"scale": [0, 8]},
        {"scale": [0, 10**400]}, {"notes": "x"}, {"notes": [3]}, {"item_info": {}}, {"item_info": [{"name": "x"}]},
        {"item_info": [{"name": "x", "kind": "int8", "values": [1, 2, 300]}]},
        {"item_info": [{"name": "x", "kind": "text", "values": ["a"]}]}, {"fingerprint": "x"}, {"fingerprint": None},
    ],
)  # fmt: skip
def test_what_is_said_must_be_right(said):
    with pytest.raises(RatingsError, match="no whole Parquet file of Latent Lens"):
        read_own(io.BytesIO(changed(said)))


@pytest.mark.parametrize(
    "columns",
    [
        {"rating": [3.5, 0, -1]}, {"rating": [3.5, 0, np.nan]}, {"rating": [3.5, 0, np.inf]}, {"rating": [3.5, 0, None]},
        {"rating": [3.5, 1, 1e-7]}, {"user": ["bob", "bob", "stranger"]}, {"user": ["bob", "bob", None]},
        {"item": ["z", "z", "z"]}, {"item": ["NA", "z", "z"]}, {"user": [], "item": [], "rating": []}, {"more": [1, 2, 3]},
    ],
)  # fmt: skip
def test_columns_must_be_as_said(columns):
    data = changed({}, **columns)
    with pytest.raises(RatingsError, match="no whole Parquet file of Latent Lens"):
        read_own(io.BytesIO(data))


@pytest.mark.parametrize(
    "columns", [{"user": ["bob", "bob", "stranger"]}, {"item": ["z", "NA", "NA"]}, {"rating": [5, 0, 1]}]
)
def test_our_file_changed_since_is_a_plain_table_and_says_so(columns):
    ratings = read_ratings(changed({}, **columns), zeros="rating")
    assert ratings.n_ratings == 3
    assert "it was changed since" in ratings.notes[0]
    assert ratings.scale == (0, 5)


def test_a_foreign_file_is_not_taken_for_ours():
    out = io.BytesIO()
    frame = pd.DataFrame({"user": ["a"], "item": ["x"], "rating": [3]})
    frame.to_parquet(out)
    with pytest.raises(RatingsError, match="nothing of Latent Lens"):
        read_own(out)
    assert digest_in(out) is None
    assert read_ratings(out.getvalue()).notes == ("Read as a long table: user = user, item = item, rating = rating.",)
    assert digest_in(io.BytesIO(b"PAR1")) is None


def test_notes_that_no_page_can_show_are_mended():
    assert notes_of(["a note", "\ud800"]) == ("a note", "�")
