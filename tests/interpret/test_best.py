"""The first items of a list, beside a sort of all of them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core import factorize, recommend
from nmf_core.interpret.best import added_up, evened, first_items
from nmf_core.interpret.features import warnings_for
from nmf_core.interpret.recommend import recommend_weights
from tests.conftest import random_ratings


def sorted_whole(fit, weights, ids, later, n):
    """The same by a sort of all items."""
    scores = np.array([math.fsum(weights * fit.H[:, i]) for i in ids])
    even = np.round(scores / scores.max(), 9) if scores.max() > 0 else scores
    return ids[np.lexsort((fit.item_places[ids], -even, later[ids]))][:n]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.sampled_from(["apart", "equal", "nearly equal", "nothing"]))
def test_they_are_those_of_a_sort_of_all(seed, n, kind):
    rng = np.random.default_rng(seed)
    ratings = random_ratings(seed, n=12, m=30)
    fit = factorize(ratings, rank=3, penalty=0.1, max_sweeps=3)
    H = rng.random((3, 30))
    if kind in ("equal", "nearly equal"):  # many ties, off by last digits or by ten times less than counts
        H = H[:, rng.integers(0, 4, 30)] * (1 + (kind == "nearly equal") * 1e-10 * rng.random(30))
    fit = replace(fit, H=H)
    weights = rng.random(3) * (kind != "nothing")
    ids = np.flatnonzero(rng.random(30) < 0.8)
    later = rng.choice([0, 0, 0, 1, 2, 3], 30)
    np.testing.assert_array_equal(
        first_items(fit, weights, ids, later, n), sorted_whole(fit, weights, ids, later, n) if len(ids) else ids
    )


def test_sums_are_the_same_bits_in_any_company():
    parts = np.random.default_rng(0).random((33, 50))
    together = added_up(parts)
    assert [added_up(parts[:, [k]])[0] for k in range(50)] == together.tolist()
    np.testing.assert_allclose(together, parts.sum(axis=0), rtol=1e-14)


def test_nothing_is_even_where_nothing_is():
    assert evened(np.zeros(2), 0.0).tolist() == [0, 0]
    assert evened(np.array([2.0, 1.0 + 1e-12]), 2.0).tolist() == [1.0, 0.5]


@pytest.mark.parametrize("rank", [2, 7])
def test_what_is_listed_is_warned_of_as_all_are(rank):
    ratings = random_ratings(3, n=8, m=12, density=0.3)
    fit = factorize(ratings, rank=rank, blanks="weak")
    frame = recommend(fit, ratings, ratings.users[0], n=12)
    every = warnings_for(fit, ratings)
    assert frame["warning"].any()
    assert frame["warning"].tolist() == [every.get(item, "") for item in frame["item"]]
    assert warnings_for(fit, ratings, np.arange(0)) == {}


@pytest.mark.parametrize("rank", [1, 20, 320])
def test_parts_add_up_to_the_score_to_the_last_bit(rank):
    rng = np.random.default_rng(rank)
    ratings = random_ratings(5, n=40, m=60, density=0.4)
    fit = replace(factorize(ratings, rank=1), H=rng.lognormal(sigma=4, size=(rank, 60)))
    frame = recommend_weights(fit, ratings, rng.lognormal(sigma=4, size=rank), n=60)
    exact = np.array([math.fsum(row) for row in frame.iloc[:, 5:].to_numpy()])
    assert (np.abs(frame["score"].to_numpy() - exact) <= np.spacing(exact)).all()
