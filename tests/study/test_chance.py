"""Ratings without tastes: what stays and what goes."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.lifelike import lifelike
from nmf_core import datasets
from nmf_core.study.baselines import biases
from nmf_core.study.chance import rewired, shuffled_beside_effects, shuffled_within_items
from tests.conftest import dense


def test_shuffling_keeps_each_items_ratings(movie_night):
    shuffled = shuffled_within_items(movie_night, 1)
    before, mask = dense(movie_night)
    after, same = dense(shuffled)
    assert (mask == same).all()
    assert (np.sort(before, axis=0) == np.sort(after, axis=0)).all()
    assert (before != after).any()


@pytest.mark.parametrize("shape", [(40, 70), (70, 40)])
def test_rewiring_keeps_how_many_ratings_everybody_and_everything_has_and_the_ratings_of_items(shape):
    ratings = datasets.planted(*shape, 3, 0.2, 0.5, 0, skew=0.7)
    wired = rewired(ratings, 1)
    assert (wired.user_counts == ratings.user_counts).all() and (wired.item_counts == ratings.item_counts).all()
    before, mask = dense(ratings)
    after, other = dense(wired)
    assert (np.sort(before * mask, axis=0) == np.sort(after * other, axis=0)).all()
    assert (mask & other).sum() < 0.5 * mask.sum()  # by chance alone popular cells stay
    assert wired.V.has_sorted_indices and (rewired(ratings, 1).V != wired.V).nnz == 0


def test_a_row_that_has_everything_and_one_that_has_nothing_more_to_trade_stay():
    ratings = datasets.planted(6, 5, 2, 1.0, 0.5, 0)
    assert (rewired(ratings, 0).V.indices == ratings.V.indices).all()


def test_beside_effects_people_and_items_rate_as_high_as_before():
    ratings = lifelike(20_000)
    other = shuffled_beside_effects(ratings, 0)
    mean, user, item = biases(ratings)
    mean_after, user_after, item_after = biases(other)
    assert mean_after == pytest.approx(mean, abs=0.03)
    assert np.corrcoef(user, user_after)[0, 1] > 0.9 and np.corrcoef(item, item_after)[0, 1] > 0.9
    assert other.V.data.std() == pytest.approx(
        ratings.V.data.std(), rel=0.07
    )  # a little is cut at the ends of the scale
