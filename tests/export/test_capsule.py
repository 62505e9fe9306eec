"""The capsule: what goes in comes out bit by bit, and nothing hostile gets through."""

import importlib
import io
import json
import struct
import zipfile

import numpy as np
import pandas as pd
import pytest

from nmf_core import datasets, factorize
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.export import capsule, open_capsule
from nmf_core.fit.factorize import fit_settings
from nmf_core.fit.problem import Penalty

module = importlib.import_module("nmf_core.export.capsule_zip")


def ratings_with_info():
    info = pd.DataFrame(
        {
            "title": ["=cmd", None, "ü\n", "NA"],
            "year": [1, 2**53 + 1, 3, 4],
            "length": [0.1, np.nan, 1e-300, 3.0],
            "seen": [True, False, True, False],
        },
        index=["w", "x", "y", "z"],
    )
    return Ratings.from_cells(
        ["a", "a", "007", "7", "NA"],
        ["w", "x", "w", "y", "y"],
        [0.1, 2.5, 0, 4, 5],
        all_users=["a", "007", "none", "7", "NA"],
        all_items=["w", "x", "y", "z"],
        item_info=info,
        notes=["a note"],
    )


SETTINGS = [
    {},
    {"blanks": "weak", "penalty": Penalty(0.1, 0.2, 0.01, 0.02)},
    {"blanks": (0.3, 2.0), "penalty": 0.5, "threads": 2},
    {"solver": "sklearn-cd", "blanks": "zero", "init": "random", "seed": 42, "tol": 1e-7},
    {"solver": "mu", "loss": "kl", "max_sweeps": 3},
    {"init": (np.full((5, 2), [0.1, 0.7]), np.ones((2, 4)))},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("form", ["raw", "canonical"])
def test_it_comes_back_bit_by_bit(settings, form):
    ratings = ratings_with_info()
    fit = factorize(ratings, rank=2, **settings)
    fit = fit.canonical() if form == "canonical" else fit
    ratings2, fit2, labels = open_capsule(capsule(ratings, fit, {1: "Ü", 0: "=x"}))
    assert labels == {0: "=x", 1: "Ü"}
    assert ratings2.fingerprint == ratings.fingerprint == fit2.fingerprint
    for name in ("data", "indices", "indptr"):
        assert (getattr(ratings2.V, name) == getattr(ratings.V, name)).all()
    assert ratings2.V.dtype == np.float32
    assert (ratings2.scale, ratings2.notes) == (ratings.scale, ratings.notes)
    pd.testing.assert_index_equal(ratings2.users, ratings.users)
    pd.testing.assert_frame_equal(ratings2.item_info, ratings.item_info)
    for name in ("W", "H", "misfit_removed", "column_scale"):
        assert getattr(fit2, name).tobytes() == np.ascontiguousarray(getattr(fit, name)).tobytes()
    for name in ("settings", "blanks", "penalty", "stopped", "rmse", "notes", "scale"):
        assert getattr(fit2, name) == getattr(fit, name)
    pd.testing.assert_frame_equal(fit2.history, fit.history, check_exact=True)
    again = fit_settings(ratings2, fit2.settings)
    assert (again.canonical().W == fit.canonical().W).all()


def test_without_labels_and_info():
    ratings = datasets.notebook()
    ratings2, _, labels = open_capsule(capsule(ratings, factorize(ratings, rank=2)))
    assert labels is None and ratings2.item_info is None
    empty = Ratings(ratings.V, ratings.users, ratings.items, ratings.scale, pd.DataFrame(index=ratings.items))
    assert open_capsule(capsule(empty, factorize(empty, rank=2), {}))[0].item_info.shape == (4, 0)


def test_the_same_input_gives_the_same_bytes():
    ratings = ratings_with_info()
    fit = factorize(ratings, rank=2)
    assert capsule(ratings, fit, {0: "a", 1: "b"}) == capsule(ratings, fit, {1: "b", 0: "a"})


def test_other_columns_are_kept_as_text():
    ratings = datasets.notebook()
    info = pd.DataFrame(
        {"day": pd.to_datetime(["2020-01-02"] * 4), "kind": pd.Categorical([1, 2, 1, None])}, index=ratings.items
    )
    ratings = Ratings(ratings.V, ratings.users, ratings.items, ratings.scale, info)
    again = open_capsule(capsule(ratings, factorize(ratings, rank=2)))[0].item_info
    assert again["day"].iloc[0].startswith("2020-01-02") and again["kind"].isna().tolist() == [
        False,
        False,
        False,
        True,
    ]


@pytest.fixture(scope="module")
def good():
    ratings = ratings_with_info()
    return capsule(ratings, factorize(ratings, rank=2), {0: "Action"})


def members_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(good, **members):
    """The capsule with members replaced; None drops one; a.b is written a__b."""
    members = members_of(good) | {name.replace("__", "."): data for name, data in members.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            if data is not None:
                archive.writestr(name, data)
    return out.getvalue()


def npy(array, **options):
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def header(text, body=b""):
    raw = text.encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(raw)) + raw + body


def test_the_helper_changes_nothing_else(good):
    open_capsule(changed(good))


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"x" * 1000, b"PK\x03\x04" + b"\0" * 100, "text", None, 5, ["a"]], ids=repr
)
def test_no_zip_is_said_so(data):
    with pytest.raises(NmfError, match="capsule"):
        open_capsule(data)


def test_every_truncation_and_many_a_flip_is_an_nmf_error_or_opens(good):
    draw = np.random.default_rng(0)
    for end in draw.integers(0, len(good), 60):
        with pytest.raises(NmfError):
            open_capsule(good[:end])
    for at, bit in zip(draw.integers(0, len(good), 300), draw.integers(0, 8, 300), strict=True):
        hurt = bytearray(good)
        hurt[at] ^= 1 << bit
        try:
            open_capsule(bytes(hurt))
        except NmfError:
            continue


MEMBERS = ["manifest.json", "users.json", "items.json", "V_indptr.npy", "V_indices.npy", "V_data.npy", "item_info.json"]
MEMBERS += ["W.npy", "H.npy", "removes.npy", "size.npy", "history.csv", "labels.json"]


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize(
    "data", [None, b"", b"\xff\xfe\0", b"[" * 100_000, b"NaN", b"1" * 6000, b"{}", b"[1]"], ids=lambda x: repr(x)[:12]
)
def test_each_member_is_named_where_it_is_missing_or_junk(good, name, data):
    if (name, data) == ("labels.json", b"{}"):
        return  # no labels is what it says
    with pytest.raises(NmfError, match=name.replace(".", r"\.")) as refused:
        open_capsule(changed(good, **{name: data}))
    assert str(refused.value).count("in the capsule") == 1, "an error within an error"


W_BAD = {
    "shape": npy(np.ones((5, 3))),
    "turned": npy(np.ones((2, 5))),
    "nan": npy(np.full((5, 2), np.nan)),
    "infinite": npy(np.full((5, 2), np.inf)),
    "negative": npy(np.full((5, 2), -1.0)),
    "float32": npy(np.ones((5, 2), dtype="f4")),
    "big endian": npy(np.ones((5, 2), dtype=">f8")),
    "by column": npy(np.asfortranarray(np.ones((5, 2)))),
    "object": npy(np.full((5, 2), None, dtype=object), allow_pickle=True),
    "record": npy(np.zeros((5, 2), dtype=[("a", "f4"), ("b", "f4")])),
    "too long": npy(np.ones((5, 2))) + b"x",
    "too short": npy(np.ones((5, 2)))[:-1],
    "huge": header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000), }"),
    "beyond 64 bits": header("{'descr': '<f8', 'fortran_order': False, 'shape': (5, 99999999999999999999999), }"),
    "below zero": header("{'descr': '<f8', 'fortran_order': False, 'shape': (5, -2), }", b"\0" * 80),
    "code": header("__import__('os')"),
    "unclosed": header("{'descr': ("),
    "deep": header("(" * 9000),
    "no type": header("{'descr': 'zz', 'fortran_order': False, 'shape': (5, 2), }"),
    "version 2": b"\x93NUMPY\x02\x00\x04\x00\x00\x00{}\n ",
    "Python 2": header("{'descr': '<f8', 'fortran_order': False, 'shape': (5L, 2L), }", b"\0" * 80),
    "pickle": b"\x80\x04N.",
}


@pytest.mark.parametrize("data", W_BAD.values(), ids=W_BAD)
def test_a_bad_array_is_refused(good, data):
    with pytest.raises(NmfError, match=r"W\.npy in the capsule"):
        open_capsule(changed(good, W__npy=data))


def manifest(good, **changes):
    return changed(good, manifest__json=json.dumps(json.loads(members_of(good)["manifest.json"]) | changes).encode())


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"version": 2}, "version"),
        ({"version": None}, "version"),
        ({"format": "zip"}, "format"),
        ({"fingerprint": "0" * 64}, "fingerprint"),
        ({"fingerprint": 7}, "fingerprint"),
        ({"scale": [5, 1]}, "scale"),
        ({"scale": ["1", "5"]}, "scale"),
        ({"scale": [1, 4]}, "fingerprint"),
        ({"stopped": "bored"}, "stopped"),
        ({"stopped": []}, "stopped"),
        ({"rmse": "0"}, "rmse"),
        ({"rmse": 10**400}, "rmse"),
        ({"rmse": -1}, "rmse"),
        ({"notes": "abc"}, "notes"),
        ({"settings": {}}, "settings"),
        ({"settings": None}, "settings"),
        ({"blanks": [2, 0]}, "settings"),
        ({"blanks": 3}, "settings"),
        ({"penalty": {"l9": 1}}, "settings"),
        ({"penalty": None}, "settings"),
    ],
    ids=str,
)
def test_a_manifest_that_lies_is_refused(good, changes, says):
    with pytest.raises(NmfError, match=rf"manifest\.json.*{says}"):
        open_capsule(manifest(good, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"rank": 10**9},
        {"rank": "2"},
        {"solver": "x"},
        {"init": [[1]]},
        {"init": "x"},
        {"penalty": "x"},
        {"rogue": 1},
        {"x" * 9000: 1},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_settings_that_are_none_are_refused(good, changes):
    settings = json.loads(members_of(good)["manifest.json"])["settings"] | changes
    with pytest.raises(NmfError, match=r"manifest\.json") as refused:
        open_capsule(manifest(good, settings=settings))
    assert len(str(refused.value)) < 500


def test_a_start_that_is_missing_is_named(good):
    settings = json.loads(members_of(good)["manifest.json"])["settings"] | {"init": None}
    with pytest.raises(NmfError, match=r"init_W\.npy in the capsule is missing"):
        open_capsule(manifest(good, settings=settings))


@pytest.mark.parametrize(
    "member, data",
    [
        ("V_indptr.npy", npy(np.array([0, 3, 2, 3, 4, 5]))),
        ("V_indptr.npy", npy(np.array([1, 2, 3, 3, 4, 5]))),
        ("V_indptr.npy", npy(np.zeros(6, dtype=int))),
        ("V_indices.npy", npy(np.array([1, 0, 0, 2, 2]))),
        ("V_indices.npy", npy(np.array([0, 0, 0, 2, 2]))),
        ("V_indices.npy", npy(np.array([0, 1, 0, 2, 4]))),
        ("V_indices.npy", npy(np.array([0, 1, -1, 2, 2]))),
        ("V_data.npy", npy(np.array([np.nan, 1, 1, 1, 1], dtype="f4"))),
        ("V_data.npy", npy(np.array([-1, 1, 1, 1, 1], dtype="f4"))),
        ("users.json", json.dumps(["a", "007", "none", "7", "7"]).encode()),
        ("users.json", json.dumps(["a", "007", "none", "7", ""]).encode()),
        ("users.json", json.dumps(["a", "007", "none", "7", "\ud800"]).encode()),
        ("users.json", json.dumps(["a", "007", "none", "7", 7]).encode()),
        ("item_info.json", b'[{"name": "x", "kind": "object", "values": [1, 2, 3, 4]}]'),
        ("item_info.json", b'[{"name": "x", "kind": "int64", "values": [1, 2, 3]}]'),
        ("item_info.json", b'[{"name": "x", "kind": "int8", "values": [1, 2, 3, 1000]}]'),
        ("item_info.json", b'[{"name": "x", "kind": "int64", "values": [1, 2, 3, "4"]}]'),
        ("item_info.json", b'[{"name": "x", "kind": "text", "values": [1, 2, 3, 4]}]'),
        ("item_info.json", b'[{"name": "x", "kind": "text", "values": ["\\ud800", "", "", ""]}]'),
        ("item_info.json", b'[{"name": [], "kind": [], "values": []}]'),
        ("removes.npy", npy(np.array([np.nan, 1]))),
        ("history.csv", b"sweep,objective,kkt,seconds\n"),
        ("history.csv", b"sweep,objective,kkt,seconds\n0,x,1,1\n"),
        ("history.csv", b"sweep,objective,kkt,seconds\n0,nan,1,1\n"),
        ("history.csv", b"sweep,objective,kkt,seconds\n0,1,1,1,5,6\n"),
        ("labels.json", b'{"2": "x"}'),
        ("labels.json", b'{"x": "x"}'),
        ("labels.json", b'{"0": 5}'),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_parts_that_do_not_fit_are_refused(good, member, data):
    with pytest.raises(NmfError, match=member.replace(".", r"\.")):
        open_capsule(changed(good, **{member: data}))


def test_a_count_of_ratings_beyond_all_memory_is_refused(good):
    with pytest.raises(NmfError, match=r"V_indices\.npy in the capsule claims the shape \(5,\)"):
        open_capsule(changed(good, V_indptr__npy=npy(np.array([0, 2, 3, 3, 4, 2**60]))))


def test_too_large_is_refused_as_declared_and_as_it_comes_out(good, monkeypatch):
    monkeypatch.setattr(module, "LIMIT", 100_000)
    bomb = changed(good, bomb=b"\0" * 200_000)
    assert len(bomb) < 100_000
    with pytest.raises(NmfError, match="bomb.*larger than 100,000"):
        open_capsule(bomb)
    lying = bomb.replace(struct.pack("<I", 200_000), struct.pack("<I", 10))
    with pytest.raises(NmfError):
        open_capsule(lying)
    with pytest.raises(NmfError, match="the limit is 100,000"):
        open_capsule(b"x" * 100_001)
    monkeypatch.setattr(module, "LIMIT", 100)
    ratings = datasets.notebook()
    with pytest.raises(NmfError, match="the limit is 100"):
        capsule(ratings, factorize(ratings, rank=2))


def column(name, items=4):
    return {"name": name, "kind": "int64", "values": list(range(items))}


def test_columns_without_end_are_refused(good):
    """Kilobytes that unpack to more metadata than any item has: before they are read where they are many, else by number."""
    endless = changed(good, item_info__json=json.dumps([column("c")] * 400_000))
    assert len(endless) < 200_000
    with pytest.raises(
        NmfError, match=r"item_info\.json'? in the capsule has [\d,]+ bytes of text in a file of [\d,]+\. All"
    ):
        open_capsule(endless)
    many = changed(good, item_info__json=json.dumps([column(f"c{k}") for k in range(1_001)]))
    with pytest.raises(
        NmfError, match=r"item_info\.json in the capsule has 1,001 columns\. A capsule has at most 1,000"
    ):
        open_capsule(many)
    most = changed(good, item_info__json=json.dumps([column(f"c{k}") for k in range(1_000)]))
    assert open_capsule(most)[0].item_info.shape == (4, 1_000)


def test_notes_and_sweeps_without_end_are_refused(good):
    manifest = json.loads(members_of(good)["manifest.json"])
    for key in ("notes", "ratings_notes"):
        noted = json.dumps({**manifest, key: ["a note"] * 1_001})
        with pytest.raises(NmfError, match=f"1,001 notes under {key}"):
            open_capsule(changed(good, manifest__json=noted))
    rows = b"sweep,objective,kkt,seconds\n" + b"1,2,3,4\n" * 100_002
    with pytest.raises(NmfError, match=r"history\.csv in the capsule has 100,002 rows"):
        open_capsule(changed(good, history__csv=rows))


def test_what_could_not_be_opened_is_not_written(monkeypatch):
    ratings = ratings_with_info()
    fit = factorize(ratings, rank=2)
    wide = Ratings(
        ratings.V,
        ratings.users,
        ratings.items,
        ratings.scale,
        pd.DataFrame(1, index=ratings.items, columns=[f"c{k}" for k in range(1_001)]),
        ratings.notes,
    )
    with pytest.raises(NmfError, match="The item metadata have 1,001 columns"):
        capsule(wide, fit)
    monkeypatch.setattr(module, "TEXT", 0)
    monkeypatch.setattr(module, "TEXT_RATIO", 0)
    with pytest.raises(NmfError, match="bytes of text"):
        capsule(ratings, fit)


def test_odd_zip_files_are_refused(good):
    with pytest.raises(NmfError, match="missing"):
        open_capsule(b"PK\x05\x06" + b"\0" * 18)  # an empty zip file
    out = io.BytesIO(good)
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("W.npy", b"")
    with pytest.raises(NmfError, match="given twice"):
        open_capsule(out.getvalue())
    with pytest.raises(NmfError, match="at most"):
        open_capsule(changed(good, **{f"m{k}": b"" for k in range(100)}))
    out = io.BytesIO(good)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("x", b"y", zipfile.ZIP_BZIP2)
    with pytest.raises(NmfError, match="packed in another way"):
        open_capsule(out.getvalue())


def test_ratings_that_changed_are_refused():
    ratings = datasets.notebook()
    with pytest.raises(NmfError, match="fingerprint"):
        capsule(ratings.keep(np.arange(13) > 0), factorize(ratings, rank=2))
