"""Somebody new: what is asked next, which shelves are offered, what answers count."""

from __future__ import annotations

import numpy as np
import pytest

from nmf_core import NmfError, Ratings, datasets, factorize
from nmf_core.interpret.newcomer import KNOWN_POWER, Choice, as_ratings, items_to_ask, next_choice


@pytest.fixture(scope="module")
def ratings() -> Ratings:
    return datasets.planted(80, 50, 4, 0.5, 0.3, 0)


@pytest.fixture(scope="module")
def fit(ratings):
    return factorize(ratings, rank=4).canonical()


def test_what_is_asked_first_lowers_the_uncertainty_of_the_weights_most(ratings, fit):
    """Against the determinants themselves, by inverses of what is known."""
    own = {str(ratings.items[3]): 4.0, str(ratings.items[17]): 2.0}
    known = np.linalg.inv(np.cov(fit.W.T)) + sum(
        np.outer(h, h) / fit.rmse**2 for h in fit.H[:, ratings.items.get_indexer(list(own))].T
    )
    gain = [np.linalg.slogdet(known + np.outer(h, h) / fit.rmse**2)[1] - np.linalg.slogdet(known)[1] for h in fit.H.T]
    worth = np.array(gain) * (ratings.item_counts / ratings.n_users) ** KNOWN_POWER
    worth[ratings.items.get_indexer(list(own))] = -1
    expected = ratings.items[np.argsort(-worth)[:5]].tolist()
    assert items_to_ask(fit, ratings, own, n=5) == expected


def test_nothing_is_asked_twice(ratings, fit):
    own, passed = {}, []
    for k in range(30):
        (item,) = items_to_ask(fit, ratings, own, passed=passed)
        assert item not in own and item not in passed
        if k % 3:
            own[item] = 4.0
        else:
            passed.append(item)


def test_all_asked_is_nothing_left(ratings, fit):
    assert items_to_ask(fit, ratings, {}, passed=ratings.items.tolist()) == []


def test_answers_change_what_is_asked(ratings, fit):
    first, second = items_to_ask(fit, ratings, {}, n=2)
    assert items_to_ask(fit, ratings, {first: 4.0}, n=49) != [
        item for item in items_to_ask(fit, ratings, {}, n=50) if item != first
    ]
    assert second


def test_the_order_of_rows_and_columns_says_nothing(ratings):
    shuffled = ratings.to_table().sample(frac=1, random_state=3)
    other = Ratings.from_cells(shuffled["user"], shuffled["item"], shuffled["rating"], scale=ratings.scale)
    found = []
    for one in (ratings, other):
        fit = factorize(one, rank=4).canonical()
        choice = next_choice(fit, one)
        found.append((items_to_ask(fit, one, {}, n=20), choice.this, choice.that))
    assert found[0] == found[1]


def test_shelves_differ_most_in_their_feature(ratings, fit):
    asked = []
    for _ in range(3):
        choice = next_choice(fit, ratings, asked)
        weighed = fit.H * np.sqrt((fit.W**2).mean(axis=0))[:, None]
        this, that = (
            weighed[:, ratings.items.get_indexer(list(side))].mean(axis=1) for side in (choice.this, choice.that)
        )
        assert np.argmax(this - that) == choice.feature
        asked.append(choice)
    shown = [item for choice in asked for item in (*choice.this, *choice.that)]
    assert len(shown) == len(set(shown)) == 24


def test_one_feature_or_few_items_make_no_shelves(ratings):
    assert next_choice(factorize(ratings, rank=1).canonical(), ratings) is None
    small = datasets.notebook()
    assert next_choice(factorize(small, rank=2).canonical(), small) is None


def test_what_answers_count(ratings):
    a, b, c, d = ratings.items[:4]
    first, second = Choice(0, (a,), (b,)), Choice(1, (c,), (d,))
    low, high = ratings.scale
    liked = low + 0.75 * (high - low)
    assert as_ratings(ratings, [(first, "this"), (second, "that")]) == {a: liked, d: liked}
    assert as_ratings(ratings, [(first, "neither")]) == {}


def test_an_item_that_is_not_there_is_said(ratings, fit):
    with pytest.raises(NmfError, match="no item 'nothing'"):
        items_to_ask(fit, ratings, {"nothing": 3.0})
