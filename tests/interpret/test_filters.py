"""What of a list is wanted, and what it costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nmf_core import NmfError, datasets, factorize, fold_features, recommend
from nmf_core.interpret.filters import given_up, known_kinds, largest_parts, left_out, turned
from nmf_core.interpret.recommend import contribution_columns, recommend_weights, weights_of
from nmf_core.interpret.shelves import shelves_of

RATINGS = datasets.movie_night()
FINE, NAMED = (factorize(RATINGS, rank=rank, blanks="weak").canonical() for rank in (6, 3))
UNDER = fold_features(FINE, NAMED)
SHELVES = shelves_of(UNDER)


def test_a_name_that_is_turned_turns_its_part_alone_and_parts_add_up():
    weights = weights_of(FINE, RATINGS, "Keiko")
    columns = contribution_columns(3, None, SHELVES)
    before = recommend_weights(FINE, RATINGS, weights, n=30, under=UNDER).set_index("item")
    frame = recommend_weights(FINE, RATINGS, turned(weights, {1: 2.5}, SHELVES), n=30, under=UNDER).set_index("item")
    after = frame.loc[before.index]
    for f, column in enumerate(columns):
        np.testing.assert_allclose(after[column], before[column] * (2.5 if f == 1 else 1), rtol=1e-12)
    total = after[columns].sum(axis=1)
    assert (np.abs(total - after["score"]) <= 4 * np.spacing(after["score"])).all()


@pytest.mark.parametrize("shelves", [None, SHELVES])
def test_largest_parts_are_those_of_the_list(shelves):
    weights = weights_of(FINE, RATINGS, "Keiko")
    under = None if shelves is None else UNDER
    columns = contribution_columns(6 if shelves is None else 3, None, shelves)
    frame = recommend_weights(FINE, RATINGS, weights, n=30, under=under)
    largest = largest_parts(FINE, weights, shelves)[RATINGS.items.get_indexer(frame["item"])]
    assert (frame[columns].to_numpy().argmax(axis=1) == largest).all()


def test_nothing_is_the_largest_part_of_no_score():
    assert largest_parts(NAMED, np.zeros(3)).tolist() == [-1] * RATINGS.n_items


def test_the_popular_are_hidden_by_their_ratings():
    hidden = left_out(RATINGS, hide_popular=4)
    assert hidden.sum() == 4
    assert RATINGS.item_counts[hidden].min() >= RATINGS.item_counts[~hidden].max()


def test_only_what_is_known_to_be_of_a_kind_is_left():
    genre = known_kinds(RATINGS)["genre"][0]
    kept = RATINGS.items[~left_out(RATINGS, kinds={"genre": [genre]})]
    assert 0 < len(kept) < RATINGS.n_items
    assert all(genre in str(RATINGS.item_info.loc[item].tolist()) for item in kept)
    assert not left_out(RATINGS, kinds={"genre": []}).any()


def test_a_kind_that_is_not_known_is_said():
    with pytest.raises(NmfError, match="'mood'.*known are genre"):
        left_out(RATINGS, kinds={"mood": ["dark"]})
    with pytest.raises(NmfError, match="factor"):
        turned(np.ones(3), {0: -1.0})


def test_what_a_filter_costs():
    whole = recommend(NAMED, RATINGS, "Keiko", n=5)
    assert given_up(whole, whole) == 0
    assert given_up(whole, whole.iloc[:0]) == 1
    assert given_up(whole, pd.DataFrame({"score": whole["score"] / 2})) == pytest.approx(0.5)
