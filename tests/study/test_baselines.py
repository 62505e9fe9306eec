"""What stands beside a fit: each of the registry, and EASE, item-kNN and iALS against slow oracles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from nmf_core import Ratings, Settings, SettingsError, datasets, evaluate
from nmf_core.study.baselines import BASELINES, CHANCE, ials, linear
from nmf_core.study.baselines.base import People
from nmf_core.study.measure import Part, figures, measure
from nmf_core.study.split import held_out_folds


def everybody(ratings: Ratings) -> People:
    rows = np.arange(ratings.n_users)
    return People(rows, ratings.V.astype(np.float64), np.zeros(ratings.n_users, dtype=bool))


@pytest.fixture(scope="module")
def tastes() -> Ratings:
    return datasets.planted(120, 90, 3, 0.15, 0.3, 0, biased_blanks=1.5)


@pytest.mark.parametrize("name", BASELINES)
def test_it_scores_and_says_what_it_is_and_takes_somebody_new(name, tastes):
    baseline = BASELINES[name]
    assert baseline.name == name and baseline.summary
    assert baseline.seconds(tastes) >= 0 and baseline.gigabytes(tastes) >= 0
    scorer = baseline.fit(tastes, lambda: True)
    people = everybody(tastes)
    scores = scorer.scores(people)
    assert scores.shape == tastes.V.shape and np.isfinite(scores).all()
    # People are known by their ratings alone: the same ratings in another row have the same list.
    other = People(np.zeros(2, dtype=np.int64), people.V[[5, 7]], np.ones(2, dtype=bool))
    # To what scikit-learn's transform leaves open.
    np.testing.assert_allclose(scorer.scores(other), scores[[5, 7]], rtol=1e-3, atol=1e-3)
    if scorer.predicted is not None:
        predicted = scorer.predicted(people, np.arange(9), np.arange(9))
        assert (predicted >= tastes.scale[0]).all() and (predicted <= tastes.scale[1]).all()


@pytest.mark.parametrize("name", [name for name in BASELINES if name not in (CHANCE, "item means")])
def test_where_blanks_follow_tastes_it_is_above_chance(name, tastes):
    fold = held_out_folds(tastes, folds=3)
    part = Part(tastes.keep(fold != 0), tastes.keep(fold != 0), tastes.keep(fold == 0))
    ndcg = [figures(measure(BASELINES[one].fit(part.training, lambda: True), part, 10))[2] for one in (name, CHANCE)]
    assert ndcg[0] > 1.2 * ndcg[1]


@pytest.mark.parametrize(("users", "items"), [(12, 30), (30, 12)])
def test_ease_is_its_closed_form_over_either_side(users, items):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 5, (users, items)) * (rng.random((users, items)) < 0.4)
    P = np.linalg.inv(X.T @ X + 7.0 * np.eye(items))
    B = -P / np.diag(P)
    np.fill_diagonal(B, 0.0)
    rows = rng.integers(0, 5, (4, items)).astype(float)
    scores = linear.ease_scores(sparse.csr_array(X.astype(float)), 7.0)(sparse.csr_array(rows))
    np.testing.assert_allclose(scores, rows @ B, atol=1e-9)


def test_ease_counts_likes_as_ones_and_ratings_from_the_low_end():
    likes = Ratings.from_cells(["a", "a", "b"], ["x", "y", "x"], [1, 1, 1])
    assert linear.above_low(likes).data.tolist() == [1, 1, 1]
    assert linear.above_low(datasets.notebook()).data.min() == 0


def test_item_knn_weighs_the_nearest_by_their_cosines(monkeypatch, movie_night):
    monkeypatch.setattr(linear, "NEAREST", 4)
    monkeypatch.setattr(linear, "BLOCK", 7)  # several blocks
    V = movie_night.V.toarray().astype(float)
    cosine = (V.T @ V) / np.outer(np.linalg.norm(V, axis=0), np.linalg.norm(V, axis=0))
    np.fill_diagonal(cosine, 0.0)
    for row in cosine:
        row[np.argsort(row)[:-4]] = 0.0
    scores = linear.BASELINES[0].fit(movie_night, lambda: True).scores(everybody(movie_night))
    np.testing.assert_allclose(scores, V @ cosine.T, atol=1e-9)


def test_a_row_of_ials_is_at_its_minimum():
    rng = np.random.default_rng(0)
    V = sparse.random_array((5, 8), density=0.5, rng=rng, format="csr")
    B = rng.normal(size=(8, 3))
    A = ials.solved(ials.confidence(V), B, 0.7)
    dense = V.toarray()
    weight, rated = 1 + ials.ALPHA * dense, (dense > 0).astype(float)
    slope = (weight * (A @ B.T - rated)) @ B + 0.7 * A
    np.testing.assert_allclose(slope, 0.0, atol=1e-9)


def test_baselines_are_chosen_by_name_and_what_is_slow_or_large_is_left_out_and_said(movie_night, monkeypatch):
    asked = Settings(rank=1, max_sweeps=2, penalty=0.1)
    assert evaluate(movie_night, asked, folds=2, baselines="EASE").index.tolist() == ["fit", "EASE"]
    with pytest.raises(SettingsError, match="A baseline is called 'EAST'.*Did you mean 'EASE'"):
        evaluate(movie_night, asked, baselines=["EAST"])
    monkeypatch.setattr("nmf_core.study.evaluate.QUICK_SECONDS", 0.0)
    table = evaluate(movie_night, asked, folds=2)
    assert table.index.tolist() == ["fit", "mean", "item means", "biases", "most popular"]
    assert "Left out: item-kNN, EASE, iALS and NMF on zeros, which would take more than" in table.attrs["notes"][0]
    monkeypatch.setattr("nmf_core.study.evaluate.MOST_GIGABYTES", 0.0)
    table = evaluate(movie_night, asked, folds=2, baselines=["EASE"])
    assert table.index.tolist() == ["fit"] and "more than 0 GB" in table.attrs["notes"][0]
