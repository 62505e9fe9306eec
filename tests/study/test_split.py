"""Held-out cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core import NmfError, Ratings
from nmf_core.study.split import held_out_folds
from tests.conftest import random_ratings


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.floats(0.2, 1.0))
def test_every_user_and_item_keeps_a_rating_in_every_training_part(seed, folds, density):
    ratings = random_ratings(seed, density=density)
    try:
        fold = held_out_folds(ratings, folds=folds, seed=seed)
    except NmfError:
        return
    rows = np.repeat(np.arange(ratings.n_users), ratings.user_counts)
    assert fold.min() >= -1
    assert fold.max() < folds
    for k in range(folds):
        assert set(rows[fold != k]) == set(rows)
        assert set(ratings.V.indices[fold != k]) == set(ratings.V.indices)


def test_folds_are_even_and_follow_the_seed(movie_night):
    fold = held_out_folds(movie_night, folds=5, seed=1)
    sizes = np.bincount(fold[fold >= 0])
    assert sizes.max() - sizes.min() <= 3
    assert (fold == held_out_folds(movie_night, folds=5, seed=1)).all()
    assert (fold != held_out_folds(movie_night, folds=5, seed=2)).any()


def test_nothing_to_hold_out_says_so():
    with pytest.raises(NmfError, match="None of the 2 ratings can be held out"):
        held_out_folds(Ratings.from_cells(["a", "b"], ["x", "y"], [1, 2]))


def test_folds_out_of_range(notebook):
    with pytest.raises(NmfError, match="folds is 1; it must be a whole number from 2"):
        held_out_folds(notebook, folds=1)
