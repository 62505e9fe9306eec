"""How sure: resampled ratings are folded in exactly, and the words follow the shares."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import nnls

from nmf_core import NmfError, factorize, fold_in, how_sure, recommend
from nmf_core.fit.fold_in import blank_weights
from nmf_core.interpret.row_problem import row_problem
from nmf_core.interpret.sure import cautious_ratings, drawn_weights, said


@pytest.mark.parametrize("blanks", ["unknown", "weak", "zero"])
def test_a_draw_counts_each_rating_as_often_as_it_was_drawn_and_leaves_blanks_alone(movie_night, blanks):
    fit = factorize(movie_night, rank=4, blanks=blanks, penalty=0.05).canonical()
    own = movie_night.of_user("Keiko")
    problem = row_problem(fit, own)
    found = drawn_weights(problem, 5, seed=3)
    n, m = len(own), movie_night.n_items
    times = np.random.default_rng(3).multinomial(n, np.full(n, 1 / n), size=5)
    omega = float(blank_weights(fit, np.array([n]))[0])
    H = fit.H * fit.column_scale[:, None]
    for row, counted in zip(found, times, strict=True):
        weight, values = np.full(m, omega), np.full(m, fit.blanks.value)
        weight[problem.columns], values[problem.columns] = counted, problem.values
        ridge = np.sqrt(fit.penalty.l2_W * (n + omega * (m - n))) * np.eye(4)
        root = np.sqrt(weight)
        expected, _ = nnls(np.vstack([root[:, None] * H.T, ridge]), np.append(root * values, np.zeros(4)))
        np.testing.assert_allclose(row, expected, atol=1e-8)


def test_a_list_with_how_sure_it_is(movie_night):
    fit = factorize(movie_night, rank=3, blanks="weak")
    found = how_sure(fit, movie_night, "Keiko", n=4)
    listed = recommend(fit, movie_night, "Keiko", n=4)
    assert found["item"].tolist() == listed["item"].tolist()
    np.testing.assert_allclose(found["score"], listed["score"], rtol=1e-6)
    assert found["stays"].between(0, 1).all() and (found["spread"] > 0).all() and (found["low"] < found["high"]).all()
    assert found.equals(
        how_sure(fit, movie_night, movie_night.of_user("Keiko"), n=4)
    )  # somebody new with these ratings
    assert not found.equals(how_sure(fit, movie_night, "Keiko", n=4, seed=1))
    asked = how_sure(fit, movie_night, "Keiko", found["item"].tolist()[::-1], n=4)
    assert asked["stays"].tolist() == found["stays"].tolist()[::-1]
    everything = how_sure(fit, movie_night, "Keiko", n=1000, least=0)
    assert (everything["stays"] == 1).all()  # a list of everything loses nothing
    assert len(everything) == movie_night.n_items - len(movie_night.of_user("Keiko"))


def test_few_ratings_are_not_called_sure(movie_night):
    """Drawn anew, one rating is always itself: its spread is 0, and nothing is less sure."""
    fit = factorize(movie_night, rank=3, blanks="unknown")
    items = movie_night.items[5:8].tolist()
    one = how_sure(fit, movie_night, {"Inception": 5.0}, items)
    assert (one["spread"] < 1e-12).all() and set(one["said"]) == {"too few ratings to tell"}
    doubt = cautious_ratings(fit, {"Inception": 5.0}, items)["spread"]
    np.testing.assert_allclose(doubt, np.clip(fit.W @ fit.H[:, 5:8], *fit.scale).std(axis=0))


def test_doubt_is_taken_off_an_expected_rating(movie_night):
    fit = factorize(movie_night, rank=3, blanks="unknown")
    own, items = movie_night.of_user("Keiko"), movie_night.items[:6].tolist()
    found = cautious_ratings(fit, own, items, caution=2)
    np.testing.assert_allclose(found["cautious"], found["expected"] - 2 * found["spread"])
    expected = np.clip(fold_in(fit, own) @ fit.H[:, :6], *fit.scale)
    np.testing.assert_allclose(found["expected"], expected, rtol=1e-6)
    plain = cautious_ratings(fit, own, items, caution=0)
    assert plain["cautious"].equals(plain["expected"])
    row = fit.W[movie_night.row("Keiko")]
    theirs = cautious_ratings(fit, own, items, weights=row)["expected"]
    np.testing.assert_allclose(theirs, fit.predict(["Keiko"] * 6, items))


def test_nothing_known_is_nothing_drawn_and_bounds_are_said(movie_night):
    fit = factorize(movie_night, rank=2, blanks="weak")
    assert (how_sure(fit, movie_night, {}, n=2)["spread"] < 1e-9).all()
    with pytest.raises(NmfError, match="draws is 1"):
        how_sure(fit, movie_night, "Keiko", draws=1)
    with pytest.raises(NmfError, match="caution is -1"):
        cautious_ratings(fit, {}, ["Aliens"], caution=-1)
    assert [said(x) for x in (1, 0.8, 0.6, 0.3, 0)] == [
        "almost surely",
        "very likely",
        "more likely than not",
        "perhaps",
        "hardly",
    ]
