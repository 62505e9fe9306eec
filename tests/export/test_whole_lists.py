"""Everybody's list in a file: the same lists as one at a time, nothing half, nothing that a spreadsheet runs."""

import numpy as np
import pandas as pd
import pytest

import nmf_core as nc
from nmf_core import NmfError, Ratings, factorize, recommend, recommend_all
from nmf_core.interpret import many_lists
from tests.conftest import random_ratings


@pytest.fixture(scope="module")
def ratings():
    """Items of few and of many ratings, some of none, and somebody who has rated everything."""
    rng = np.random.default_rng(3)
    mask = rng.random((70, 90)) < np.linspace(0.02, 0.5, 90)
    mask[0] = True
    mask[:, 20:23] = False
    users, items = np.nonzero(mask)
    return Ratings.from_cells(
        [f"u{k}" for k in users],
        [f"i{k}" for k in items],
        rng.integers(1, 6, len(users)),
        all_users=[*(f"u{k}" for k in range(70)), "nobody yet"],
        all_items=[f"i{k}" for k in range(90)],
    )


def read(path):
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("blanks", ["unknown", "weak"])
@pytest.mark.parametrize("more", [{}, {"n": 3, "least": 10}, {"n": 60}, {"half_at": 0}])
def test_each_list_is_that_of_recommend(ratings, tmp_path, monkeypatch, blanks, ending, compiled, more):
    monkeypatch.setattr(many_lists, "COMPILED_SCORES", 0 if compiled else np.inf)
    fit = factorize(ratings, rank=4, blanks=blanks, max_sweeps=20).canonical()
    labels = {0: "Action", 1: "user"}
    written = read(recommend_all(fit, ratings, tmp_path / f"lists{ending}", labels=labels, **more))
    at = 0
    for user in ratings.users:
        expected = recommend(fit, ratings, user, labels=labels, **more)
        ours = written.iloc[at : at + len(expected)].reset_index(drop=True)
        at += len(expected)
        assert set(ours["user"]) <= {user}
        assert ours["place"].tolist() == list(range(1, len(expected) + 1))
        for column in ("item", "ratings", "warning", "score", "prediction"):
            assert ours[column].tolist() == expected[column].tolist(), (user, column)
        np.testing.assert_array_equal(ours.iloc[:, 7:], expected.iloc[:, 5:])
    assert at == len(written)
    assert written.columns[7:].tolist() == ["Action", "user (2)", "Feature 3", "Feature 4"]


@pytest.mark.parametrize("kind", ["equal", "nearly equal", "sparse", "nothing"])
def test_ties_are_settled_as_for_one(kind, monkeypatch):
    """Compiled code finds more items than its room holds, or too few, and leaves such people to the other."""
    from dataclasses import replace

    ratings = random_ratings(1, n=60, m=300, density=0.1)
    rng = np.random.default_rng(0)
    H = rng.random((3, 300))
    if kind in ("equal", "nearly equal"):
        H = H[:, rng.integers(0, 12, 300)] * (1 + (kind == "nearly equal") * 1e-10 * rng.random(300))
    if kind == "sparse":
        H *= rng.random((3, 300)) < 0.02
    if kind == "nothing":
        H *= 0
    fit = replace(factorize(ratings, rank=3, max_sweeps=2), H=H)
    monkeypatch.setattr(many_lists, "COMPILED_SCORES", 0)
    later = rng.choice([0, 0, 1, 2], 300).astype(np.int8)
    compiled = many_lists.Lister.of(fit, np.arange(300), later, 10)
    assert compiled.compiled
    plain = many_lists.Lister(fit, compiled.ids, later, 10, compiled=False)
    for ours, expected in zip(compiled.lists(fit.W, ratings.V), plain.lists(fit.W, ratings.V), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_people_come_in_several_blocks_and_are_counted(ratings, tmp_path, monkeypatch):
    from nmf_core.export import whole_lists

    fit = factorize(ratings, rank=2)
    whole = read(recommend_all(fit, ratings, tmp_path / "whole.csv"))
    monkeypatch.setattr(whole_lists, "MOST_PEOPLE", 16)
    told = []
    blocks = read(recommend_all(fit, ratings, tmp_path / "blocks.csv", on_progress=lambda *at: told.append(at)))
    pd.testing.assert_frame_equal(whole, blocks)
    assert told == [(k, 71) for k in (0, 16, 32, 48, 64, 71)]


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_nothing_half_is_left_by_who_cancels(ratings, tmp_path, ending, at, monkeypatch):
    from nmf_core.export import whole_lists

    monkeypatch.setattr(whole_lists, "MOST_PEOPLE", 40)
    fit = factorize(ratings, rank=2)
    (tmp_path / f"lists{ending}").write_text("what was there")
    calls = iter(range(9))
    assert recommend_all(fit, ratings, tmp_path / f"lists{ending}", on_progress=lambda *_: next(calls) != at) is None
    assert [path.name for path in tmp_path.iterdir()] == [f"lists{ending}"]
    assert (tmp_path / f"lists{ending}").read_text() == "what was there"


def test_nothing_half_is_left_by_a_fault(ratings, tmp_path):
    def fails(done, of):
        raise KeyError

    with pytest.raises(KeyError):
        recommend_all(factorize(ratings, rank=2), ratings, tmp_path / "lists.csv", on_progress=fails)
    assert list(tmp_path.iterdir()) == []


def test_no_name_is_run_by_a_spreadsheet(tmp_path):
    hostile = Ratings.from_cells(["=1+1", "ann", "ann"], ["x", '=cmd|"', "x"], [5, 3, 1])
    fit = factorize(hostile, rank=1)
    text = recommend_all(fit, hostile, tmp_path / "lists.csv", labels={0: "@sum"}).read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].endswith('"warning","\'@sum"')
    assert text.splitlines()[1].startswith('"\'=1+1",1,"\'=cmd|"""')
    as_is = pd.read_parquet(recommend_all(fit, hostile, tmp_path / "lists.parquet", labels={0: "@sum"}))
    assert (as_is["user"][0], as_is["item"][0], as_is.columns[-1]) == ("=1+1", '=cmd|"', "@sum")


def test_without_contributions_there_are_none(ratings, tmp_path):
    fit = factorize(ratings, rank=2)
    path = recommend_all(fit, ratings, tmp_path / "lists.PARQUET", contributions=False)
    frame = pd.read_parquet(path)
    assert frame.columns.tolist() == ["user", "place", "item", "score", "prediction", "ratings", "warning"]
    assert (
        frame["score"].tolist()
        == pd.read_parquet(recommend_all(fit, ratings, tmp_path / "a.parquet"))["score"].tolist()
    )


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        ("lists.xlsx", {}, r"The file is 'lists.xlsx'; its name must end in .csv or .parquet"),
        ("lists", {}, "must end in .csv or .parquet"),
        ("nowhere/lists.csv", {}, "cannot be written to .*nowhere.*a folder that is there"),
        ("lists.csv", {"n": 0}, "n is 0"),
        ("lists.csv", {"n": 1_001}, "n is 1001; it must be a whole number from 1 to 1000"),
        ("lists.csv", {"least": -1}, "least is -1"),
        ("lists.csv", {"half_at": -1}, "half_at is -1"),
        ("lists.csv", {"labels": {9: "x"}}, "the feature of a label is 9"),
    ],
)
def test_what_cannot_be_written_is_said(ratings, tmp_path, name, more, says):
    with pytest.raises(NmfError, match=says):
        recommend_all(factorize(ratings, rank=2, blanks="weak"), ratings, tmp_path / name, **more)
    assert list(tmp_path.iterdir()) == []


def test_it_is_at_the_door():
    assert nc.recommend_all is recommend_all and "recommend_all" in nc.__all__


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_parts_stand_under_names(ratings, tmp_path, ending):
    named, fine = (factorize(ratings, rank=rank, blanks="weak", max_sweeps=20) for rank in (3, 20))
    under = nc.fold_features(fine, named)
    written = read(recommend_all(fine, ratings, tmp_path / f"lists{ending}", labels={0: "Action"}, under=under, n=4))
    user = ratings.users[0] if len(recommend(fine, ratings, ratings.users[0])) else ratings.users[1]
    expected = recommend(fine, ratings, user, labels={0: "Action"}, under=under, n=4)
    ours = written[written["user"] == user].reset_index(drop=True)
    assert (
        ours["item"].tolist() == expected["item"].tolist() and ours["warning"].tolist() == expected["warning"].tolist()
    )
    assert ours.columns[7:].tolist() == expected.columns[5:].tolist()
    np.testing.assert_array_equal(ours.iloc[:, 7:], expected.iloc[:, 5:])
