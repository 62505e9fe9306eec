"""Where people and items lie, how well people are served, what a set has in common."""

from __future__ import annotations

import numpy as np
import pytest

from nmf_core import NmfError, Ratings, datasets, factorize, fold_in
from nmf_core.interpret.features import taste
from nmf_core.interpret.projection import (
    in_two_features,
    items_together,
    largest_features,
    people_together,
    place_of,
    projected,
    reached,
)

RATINGS = datasets.planted(80, 60, 4, 0.4, 0.3, 0)
FIT = factorize(RATINGS, rank=4).canonical()
NAMES = ["a", "b", "c", "d"]


def test_the_plane_is_that_of_the_principal_directions():
    """Against scikit-learn's, but for signs."""
    from sklearn.decomposition import PCA

    places = projected(FIT, NAMES)
    model = PCA(2).fit(np.sqrt(taste(FIT)))
    np.testing.assert_allclose(np.abs(places.users), np.abs(model.transform(np.sqrt(taste(FIT)))), atol=1e-9)
    np.testing.assert_allclose(places.spread, model.explained_variance_ratio_)


def test_the_map_is_the_same_in_any_order_of_rows():
    table = RATINGS.to_table().sample(frac=1, random_state=1)
    other = Ratings.from_cells(table["user"], table["item"], table["rating"], scale=RATINGS.scale)
    fit = factorize(other, rank=4).canonical()
    here, there = projected(FIT, NAMES), projected(fit, NAMES)
    u, i = other.users.get_indexer(RATINGS.users), other.items.get_indexer(RATINGS.items)
    assert (there.users[u] == here.users).all() and (there.items[i] == here.items).all() and there.axes == here.axes


@pytest.mark.parametrize("rank", [1, 2])
def test_few_features_have_a_map_too(rank):
    fit = factorize(RATINGS, rank=rank).canonical()
    places = projected(fit, NAMES[:rank])
    assert places.users.shape == (80, 2) and np.isfinite(places.users).all()
    assert (places.users[:, 1] == 0).all() or rank > 1


@pytest.mark.parametrize("pair", [None, (2, 0)])
def test_a_newcomer_with_somebodys_ratings_lies_where_they_do(pair):
    user = RATINGS.users[9]
    places = projected(FIT, NAMES) if pair is None else in_two_features(FIT, *pair, NAMES)
    weights = fold_in(FIT, RATINGS.of_user(user))
    np.testing.assert_allclose(place_of(FIT, weights, pair), places.users[9], atol=0.02)
    np.testing.assert_allclose(place_of(FIT, FIT.W[9], pair), places.users[9], atol=1e-12)


def test_a_feature_that_is_not_there_is_said():
    with pytest.raises(NmfError, match="feature"):
        in_two_features(FIT, 0, 4, NAMES)


def test_nobody_known_has_no_feature():
    ratings = Ratings.from_cells(["a", "b"], ["x", "y"], [3, 4], all_users=["a", "b", "c"], all_items=["x", "y", "z"])
    users, items = largest_features(factorize(ratings, rank=2, blanks="zero").canonical())
    assert users[2] == -1 and items[2] == -1


def test_reached_is_by_its_formula_and_unknown_without_ratings(monkeypatch):
    monkeypatch.setattr("nmf_core.interpret.projection.BLOCK", 37)  # several blocks
    found, scores = reached(FIT, RATINGS), FIT.W @ FIT.H
    for u in (0, 17, 79):
        cells = RATINGS.V[[u]].tocoo()
        missed = ((cells.data - scores[u, cells.col]) ** 2).sum() / (cells.data.astype(float) ** 2).sum()
        assert found[u] == pytest.approx(1 - missed)
    alone = Ratings.from_cells(["a"], ["x"], [3], all_users=["a", "b"])
    assert np.isnan(reached(factorize(alone, rank=1), alone)).tolist() == [False, True]


def test_what_people_have_in_common_is_what_they_rate_more_than_others():
    users = [f"u{k}" for k in range(20)]
    cells = (
        [(u, "everybody's") for u in users] + [(u, "theirs") for u in users[:5]] + [(u, "others'") for u in users[5:]]
    )
    ratings = Ratings.from_cells(*zip(*cells, strict=True), [4.0] * len(cells))
    fit = factorize(ratings, rank=2).canonical()
    found = people_together(fit, ratings, users[:5])
    assert found.rated["item"].tolist() == ["theirs", "everybody's"]
    assert found.rated["by"].tolist() == [5, 5] and found.rated["usual"].tolist() == [1.25, 5.0]
    assert found.taste.sum() == pytest.approx(1)
    turned = items_together(fit, ratings, ["theirs"])
    assert set(turned.rated["user"]) == set(users[:5])
