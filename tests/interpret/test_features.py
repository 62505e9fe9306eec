"""Names, top items, people in words, warnings, and features matched between fits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nmf_core import NmfError, Ratings, factorize, match_features
from nmf_core.interpret.features import (
    alike_features,
    distinctive_items,
    feature_names,
    narrate_user,
    narrate_weights,
    niche_items,
    taste,
    top_items,
    top_users,
    user_warning,
    where_is,
)


@pytest.fixture(scope="module")
def fit(movie_night):
    return factorize(movie_night, rank=4).canonical()


def test_top_items_and_users_are_the_largest_weights(fit):
    top = top_items(fit, 1, n=5)
    assert top["item"].tolist() == fit.items[np.argsort(-fit.H[1], kind="stable")[:5]].tolist()
    assert top["weight"].iloc[0] == 1.0
    people = top_users(fit, 1, n=3)
    assert people["user"].tolist() == fit.users[np.argsort(-fit.W[:, 1], kind="stable")[:3]].tolist()


def test_features_of_the_same_items_are_found(fit):
    assert alike_features(fit) == []
    H = fit.H.copy()
    H[3], H[2] = 2 * H[1], 0.5 * H[0]
    assert alike_features(replace(fit, H=H)) == [[0, 2], [1, 3]]
    H[:] = 0  # empty features are alike in nothing
    assert alike_features(replace(fit, H=H)) == []


def test_what_sets_a_feature_apart_is_what_the_others_lack(fit):
    frame = distinctive_items(fit, 0, n=3)
    for item, apart in zip(frame["item"], frame["apart"], strict=True):
        i = fit.items.get_loc(item)
        assert apart == pytest.approx(fit.H[0, i] - np.delete(fit.H[:, i], 0).max())


def test_an_item_is_found_in_every_feature(fit, movie_night):
    for item in ("Alien", "The Matrix", "Titanic"):
        if item not in fit.items:
            with pytest.raises(NmfError, match="Alien"):
                where_is(fit, item)
            continue
        frame = where_is(fit, item)
        assert sorted(frame["feature"]) == [0, 1, 2, 3]
        assert frame["weight"].is_monotonic_decreasing
        for f, weight, place, apart in frame.itertuples(index=False):
            listed = top_items(fit, f, n=30).set_index("item")
            assert place == 1 + (fit.H[f] > fit.H[f, fit.items.get_loc(item)]).sum()
            if weight > 0:
                assert (weight, apart) == pytest.approx((listed["weight"][item], listed["apart"][item]))
    often = movie_night.item_counts >= 20
    item = fit.items[np.argmax(fit.H[0])]
    assert where_is(fit, item, ratings=movie_night, least=20)["place"].max() <= often.sum() + 1
    H = np.ones_like(fit.H)
    assert where_is(replace(fit, H=H), "Titanic")["place"].tolist() == [1, 1, 1, 1]
    assert where_is(factorize(movie_night, rank=1), "Titanic")["apart"].iloc[0] > 0


def test_planted_tastes_come_back_as_features(movie_night):
    """Each of the four planted tastes has a feature whose distinctive films are mostly of its genres."""
    fit = factorize(movie_night, rank=4).canonical()
    tastes = [{"Action", "Sci-Fi"}, {"Romance", "Comedy"}, {"Crime", "Drama"}, {"Animation", "Family"}]
    genres = movie_night.item_info["genres"].str.split("|")
    share = np.array(
        [
            [np.mean([bool(t & set(genres[i])) for i in distinctive_items(fit, f, n=5)["item"]]) for t in tastes]
            for f in range(4)
        ]
    )
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-share)
    assert share[rows, columns].mean() >= 0.8


def test_tastes_are_shares(fit):
    np.testing.assert_allclose(taste(fit).sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ([1.0, 0.0], "strongly A, hardly B"),
        ([0.5, 0.5], "clearly A, clearly B"),
        ([0.25, 0.75], "strongly B, somewhat A"),
        ([0.1, 0.9], "strongly B, a little A"),
        ([0.0, 0.0], "no taste that these features can tell"),
    ],
)
def test_shares_in_words(shares, words):
    assert narrate_weights(np.array(shares), ["A", "B"]) == words


def test_only_one_feature_is_called_hardly_there():
    assert narrate_weights(np.array([1.0, 0, 0, 0]), list("ABCD")) == "strongly A, hardly B"


def test_the_three_features_that_matter_most_are_named_and_the_others_counted():
    said = "a little A, a little B, a little C"
    assert narrate_weights(np.array([0.19, 0.18, 0.17, 0.16, 0.15, 0.15]), list("ABCDEF")) == f"{said}, and 3 more"
    assert narrate_weights(np.array([0.19, 0.18, 0.17, 0.04, 0.03, 0.02]), list("ABCDEF")) == said


def test_narration_uses_labels(notebook):
    fit = factorize(notebook, rank=2).canonical()
    assert narrate_user(fit, "User1", labels={0: "Action", 1: "Story-driven"}).startswith(
        "User1: strongly Story-driven"
    )
    assert narrate_user(fit, "User3", labels={0: "Action", 1: "Story-driven"}).startswith("User3: strongly Action")


def test_names_fall_back_to_numbers_and_twins_are_told_apart():
    assert feature_names(3, {0: "", 2: "X"}) == ["Feature 1", "Feature 2", "X"]
    assert feature_names(2, {0: "X", 1: "X"}) == ["X (1)", "X (2)"]
    assert len(set(feature_names(3, {0: "Action", 1: "Action", 2: "Action (2)"}))) == 3
    assert len(set(feature_names(2, {0: "Feature 2"}))) == 2


def test_permuted_and_scaled_features_are_matched_back(fit):
    order = np.array([2, 0, 3, 1])
    other = replace(fit, W=fit.W[:, order] / 3, H=fit.H[order] * 3)
    matched = match_features(fit, other).sort_values("new")
    assert matched["old"].tolist() == order.tolist()
    np.testing.assert_allclose(matched["similarity"], 1.0)


def test_features_are_matched_over_shared_items_only_and_across_ranks(fit, movie_night):
    keep = movie_night.to_grid().iloc[:, :20]
    smaller = factorize(Ratings.from_grid(keep, scale=(1, 5)), rank=2)
    assert len(match_features(fit, smaller)) == 2
    strangers = factorize(Ratings.from_cells(["a", "b"], ["x", "y"], [1, 2]), rank=1)
    with pytest.raises(NmfError, match="share no item"):
        match_features(fit, strangers)


def test_niche_items_are_low_everywhere(notebook):
    fit = factorize(notebook, rank=2).canonical()
    faint = replace(fit, H=fit.H * np.array([1, 1, 1, 0.0]))
    assert niche_items(faint) == ["Movie4"]


def test_users_with_too_few_ratings_carry_a_warning(notebook):
    fit = factorize(notebook, rank=3)
    assert "2 ratings, fewer than the 3 features" in user_warning(fit, notebook, "User2")
    assert user_warning(fit, notebook, "User1") is None


def test_a_feature_out_of_range_is_named(fit):
    with pytest.raises(NmfError, match="feature is 4; it must be a whole number from 0 to 3"):
        top_items(fit, 4)
