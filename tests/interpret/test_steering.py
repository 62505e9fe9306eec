"""Wishes for features of a fit as settings that a refit obeys, and what became of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nmf_core import NmfError, Settings, SettingsError, datasets, fit_settings
from nmf_core.interpret.features import top_items
from nmf_core.interpret.match import cosine
from nmf_core.interpret.steering import (
    LEAST_PART,
    free,
    keep,
    less_of,
    merge,
    split,
    start_from,
    started,
    steered_features,
)

PLANTED = {"n_users": 200, "n_items": 90, "rank": 4, "density": 0.3, "noise": 0.3, "seed": 1}
RATINGS = datasets.planted(**PLANTED)
MAIN = datasets.planted_factors(**PLANTED)[1].argmax(axis=0)  # the planted feature that each item is mainly of
FIT = fit_settings(RATINGS, Settings(4, penalty=0.3)).canonical()


def place_of(fit, number):
    """Where a feature of the solver's own numbering stands."""
    return (fit.solver_order or tuple(range(fit.rank))).index(number)


def test_a_feature_that_is_kept_is_found_after_canonical():
    again = fit_settings(RATINGS, replace(keep(FIT, 2), seed=3)).canonical()
    (place,) = steered_features(again)
    assert place == place_of(again, 2)
    assert cosine(FIT.H[2:3], again.H[place : place + 1])[0, 0] >= 0.99
    assert again.penalty == FIT.penalty


def test_a_second_wish_leaves_the_first_in_force():
    once = fit_settings(RATINGS, keep(FIT, 2)).canonical()
    (first,) = steered_features(once)
    other = (first + 1) % 4
    twice = fit_settings(RATINGS, keep(once, other)).canonical()
    assert set(steered_features(twice)) == {place_of(twice, first), place_of(twice, other)}
    for old in (first, other):
        new = place_of(twice, old)
        assert cosine(once.H[old : old + 1], twice.H[new : new + 1])[0, 0] >= 0.99


def test_a_feature_let_go_is_free_and_the_last_one_leaves_no_steer():
    once = fit_settings(RATINGS, keep(FIT, 2)).canonical()
    twice = fit_settings(RATINGS, keep(once, 0)).canonical()
    one, other = steered_features(twice)
    left = free(twice, one)
    assert list(left.steer.by_feature) == [0, 1, 2, 3]
    assert [f for f, wish in left.steer.by_feature.items() if wish.drawn] == [other]
    assert free(twice).steer is None
    assert free(once, next(iter(steered_features(once)))).steer is None


def test_less_of_an_item_is_less_of_it_there_and_the_feature_stays():
    top = top_items(FIT, 1, n=1)["item"][0]
    again = fit_settings(RATINGS, less_of(FIT, 1, top)).canonical()
    (place,) = steered_features(again)
    i = RATINGS.items.get_loc(top)
    assert again.H[place, i] < 0.02
    others = np.arange(RATINGS.n_items) != i
    assert cosine(FIT.H[1:2, others], again.H[place : place + 1, others])[0, 0] > 0.7  # all of it is free to move


def test_two_features_become_one():
    asked = merge(FIT, 3, 1, strength=1.0)
    assert asked.rank == 3
    again = fit_settings(RATINGS, asked).canonical()
    (place,) = steered_features(again)
    both = FIT.H[1] * FIT.W[:, 1].mean() + FIT.H[3] * FIT.W[:, 3].mean()
    assert place == place_of(again, 1)
    assert cosine(both[None], again.H[place : place + 1])[0, 0] >= 0.99


@pytest.mark.parametrize("blanks", ["unknown", "weak"])
def test_what_was_two_planted_features_splits_into_them(blanks):
    ratings = datasets.planted(300, 80, 2, 0.5, 0.2, 4, biased_blanks=1.0)
    main = datasets.planted_factors(300, 80, 2, 0.5, 0.2, 4, biased_blanks=1.0)[1].argmax(axis=0)
    one = fit_settings(ratings, Settings(1, blanks=blanks)).canonical()
    asked = split(one, ratings, 0)
    assert asked.rank == 2
    first = asked.steer.wishes[0].row > asked.steer.wishes[1].row
    agree = np.mean(first == (main == 0))
    assert max(agree, 1 - agree) > 0.9  # by chance, half


@pytest.mark.parametrize("blanks", ["unknown", "weak", "zero"])
def test_a_feature_started_from_items_has_them_on_top(blanks):
    fit = fit_settings(RATINGS, Settings(4, blanks=blanks, penalty=0.1)).canonical()
    items = RATINGS.items[np.flatnonzero(MAIN == 2)[:4]].tolist()
    again = fit_settings(RATINGS, start_from(fit, RATINGS, 1, items)).canonical()
    (found,) = started(again, RATINGS)
    assert set(found.there) == set(items)
    assert found.feature == place_of(again, 1)
    assert found.items == tuple(items)
    assert "4 of 4 items are in its top 15" in found.sentence


def test_items_that_nothing_holds_together_are_said_to_be_unsupported():
    ratings = datasets.planted(500, 90, 4, 0.6, 0.2, 1)
    main = datasets.planted_factors(500, 90, 4, 0.6, 0.2, 1)[1].argmax(axis=0)
    fit = fit_settings(ratings, Settings(4, penalty=0.03)).canonical()
    said = {"kind": 0, "random": 0}
    rng = np.random.default_rng(0)
    for trial in range(6):
        kind = rng.choice(np.flatnonzero(trial % 4 == main), 8, replace=False)
        mixed = np.array([rng.choice(np.flatnonzero(g == main)) for g in range(4)])
        for what, columns in (("kind", kind), ("random", mixed)):
            again = fit_settings(ratings, start_from(fit, ratings, 0, ratings.items[columns]))
            (found,) = started(again, ratings)
            said[what] += found.supported
            assert ("do not support it" in found.sentence) == (not found.supported)
    assert said["kind"] >= 5
    assert said["random"] <= 1


def test_a_feature_that_nobody_has_is_not_supported():
    again = fit_settings(RATINGS, start_from(FIT, RATINGS, 0, RATINGS.items[:2]))
    (found,) = started(again, RATINGS)
    nobody = replace(found, part=LEAST_PART / 2, likeness=0.9, chance=0.1)
    assert not nobody.supported
    assert "hardly anybody has it" in nobody.sentence
    assert "one item alone" in replace(found, items=("a",), there=("a",), part=1.0, likeness=float("nan")).sentence


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: keep(FIT, 4), "feature is 4"),
        (lambda: keep(FIT, 0, strength=2), "strength of a wish"),
        (lambda: merge(FIT, 1, 1), "merged with itself"),
        (lambda: start_from(FIT, RATINGS, 0, []), "0 items to start from"),
        (lambda: start_from(FIT, RATINGS, 0, RATINGS.items[:16]), "16 items"),
        (lambda: start_from(FIT, RATINGS, 0, ["nobody's"]), "no item"),
        (lambda: less_of(FIT, 0, "nobody's"), "no item"),
        (lambda: merge(fit_settings(RATINGS, Settings(1)), 0, 0), "merged with itself"),
    ],
)
def test_what_cannot_be_done_is_said(ask, said):
    with pytest.raises(NmfError, match=said) as caught:
        ask()
    assert isinstance(caught.value, (SettingsError, NmfError))
