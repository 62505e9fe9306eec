"""When ratings were given: kept beside them through reading, edits and our own files, and never taken for ratings."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from nmf_core import Ratings, RatingsError, edit, read_ratings
from nmf_core.formats.native_parquet import digest_of, read_own, to_parquet
from nmf_core.reading.times import LARGE, time_column
from nmf_core.tables.base import Table

LIST = b"user,item,rating,timestamp\nann,x,5,100000000\nbob,y,3,100000050\nann,y,4,\nbob,x,2,100000020\nbob,y,1,100000060\n"
RIGHT = {("ann", "x"): 1e8, ("ann", "y"): np.nan, ("bob", "x"): 1e8 + 20, ("bob", "y"): 1e8 + 60}


def times(ratings):
    rows = np.repeat(ratings.users.to_numpy(), ratings.user_counts)
    cells = zip(rows, ratings.items.to_numpy()[ratings.V.indices], strict=True)
    return dict(zip(cells, ratings.times.tolist(), strict=True))


def same(found, right):
    assert found.keys() == right.keys()
    assert all(found[key] == right[key] or (found[key] != found[key] and right[key] != right[key]) for key in right)


def test_each_rating_keeps_its_time_and_of_one_given_twice_the_last():
    ratings = read_ratings(LIST)
    same(times(ratings), RIGHT)
    assert ratings.notes[0] == "Read as a long table: user = user, item = item, rating = rating, time = timestamp."
    assert ratings.fingerprint == read_ratings(LIST.replace(b"timestamp", b"nothing")).fingerprint


@pytest.mark.parametrize(
    ("cells", "right"),
    [
        (["881250949000", "881250950000"], [881250949, 881250950]),
        (["1506826836751000", "1506826836752000"], [1506826836.751, 1506826836.752]),
        (["2024-01-31", "2024-01-31T12:00:00Z"], [1706659200, 1706702400]),
        (["20240131", "20240201"], [1706659200, 1706745600]),
        (["31 Jan 2024", "1 Feb 2024 08:30"], [1706659200, 1706776200]),
    ],
)
def test_times_are_seconds_however_they_are_written(cells, right):
    rows = "".join(f"u{k},i{j},{1 + (j + k) % 5},{cells[j % 2]}\n" for k in range(4) for j in range(2))
    ratings = read_ratings(f"user,item,rating,when\n{rows}".encode())
    assert [times(ratings)["u0", f"i{j}"] for j in range(2)] == right


def test_without_a_column_of_times_there_are_none_and_a_year_of_a_film_is_none():
    assert read_ratings(b"user,item,rating\nann,x,5\nbob,x,3\n").times is None
    assert read_ratings(b"user,item,rating,year\nann,x,5,1999\nbob,x,3,1999\nbob,y,3,2001\n").times is None


def test_edits_keep_the_times_of_what_they_leave():
    ratings = read_ratings(LIST)
    changed = edit.set_rating(ratings, "ann", "x", 1)
    same(times(changed), {**RIGHT, ("ann", "x"): np.nan})
    same(times(edit.set_rating(ratings, "ann", "x", None)), {k: t for k, t in RIGHT.items() if k != ("ann", "x")})
    same(
        times(edit.rename_users(ratings, {"ann": "eve"})),
        {("eve" if u == "ann" else u, i): t for (u, i), t in RIGHT.items()},
    )
    same(times(edit.remove_items(ratings, ["y"])), {k: t for k, t in RIGHT.items() if k[1] == "x"})
    same(times(edit.remove_users(ratings, ["ann"])), {k: t for k, t in RIGHT.items() if k[0] == "bob"})
    same(times(edit.add_items(ratings, ["z"])), RIGHT)
    same(times(ratings.keep(ratings.V.data > 1)), {k: t for k, t in RIGHT.items() if k != ("bob", "y")})


def test_our_own_file_keeps_times():
    ratings = read_ratings(LIST)
    file = io.BytesIO()
    to_parquet(ratings, file)
    again = read_own(file)
    same(times(again), RIGHT)
    assert (
        digest_of(again)
        == digest_of(ratings)
        != digest_of(read_ratings(LIST.replace(b"050", b"051").replace(b"020", b"021")))
    )
    assert pd.read_parquet(file).columns.tolist() == ["user", "item", "rating", "time"]


def test_times_of_other_ratings_are_refused_and_those_of_a_large_file_passed_over():
    ratings = read_ratings(LIST)
    with pytest.raises(RatingsError, match="1 times for 4 ratings"):
        Ratings(ratings.V, ratings.users, ratings.items, ratings.scale, times=np.zeros(1))
    table = Table(
        "t", ("user", "when"), lambda *a: pytest.fail("nothing is looked at"), lambda row: row, n_bytes=LARGE + 1
    )
    assert time_column(table, [], [0]) is None
