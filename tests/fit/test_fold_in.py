"""Folding in: somebody of a converged fit comes back as they are, and what each blank weighs is SciPy's problem too."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import nnls

from nmf_core import factorize, fold_in
from nmf_core.fit import fold_in as module
from nmf_core.fit.exact_rows import worth_compiling_rows
from nmf_core.fit.fold_in import blank_weights, fold_in_rows, list_weights
from tests.conftest import random_ratings


@pytest.mark.parametrize("blanks", ["unknown", "weak", "zero"])
def test_somebody_of_a_converged_fit_has_their_row_of_it(movie_night, blanks):
    fit = factorize(movie_night, rank=3, blanks=blanks, penalty=0.2, tol=1e-12, max_sweeps=100_000).canonical()
    assert fit.converged
    for user in movie_night.users[::5]:
        found = fold_in(fit, movie_night.of_user(user), half_at=0)
        np.testing.assert_allclose(found, fit.W[movie_night.row(user)], atol=1e-6)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("half_at", [0, None])
def test_real_people_are_scipys(latest_small, half_at, compiled, monkeypatch):
    fit = factorize(latest_small, rank=24, blanks="weak", penalty=0.02, max_sweeps=4)
    assert worth_compiling_rows(fit.W.size + fit.H.size, fit.rank)
    monkeypatch.setattr(module, "worth_compiling_rows", lambda *_: compiled)
    for row in (0, 5, 300):
        user, count = latest_small.users[row], latest_small.user_counts[row]
        omega = float(blank_weights(fit, np.array([count]), half_at)[0])
        mask = latest_small.V[[row]].toarray()[0] > 0
        weight = np.sqrt(np.where(mask, 1.0, omega))
        ridge = np.sqrt(fit.penalty.l2_W * (weight**2).sum())
        left = np.vstack([weight[:, None] * (fit.H.T * fit.column_scale), ridge * np.eye(fit.rank)])
        wanted = weight * np.where(mask, latest_small.V[[row]].toarray()[0], fit.blanks.value)
        expected, _ = nnls(left, np.concatenate([wanted, np.zeros(fit.rank)]))
        ours = fold_in(fit, latest_small.of_user(user), half_at=half_at) / fit.column_scale
        np.testing.assert_allclose(ours, expected, atol=1e-8)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_person_has_the_same_bits_alone_and_among_others(compiled, monkeypatch):
    monkeypatch.setattr(module, "worth_compiling_rows", lambda *_: compiled)
    ratings = random_ratings(4, n=200, m=30)
    fit = factorize(ratings, rank=5, blanks="weak", penalty=0.1, max_sweeps=20).canonical()
    everybody = list_weights(fit, ratings, slice(0, 200))
    backwards = fold_in_rows(fit, ratings.V[::-1].astype(np.float64))[::-1]
    np.testing.assert_array_equal(everybody, backwards)
    for row in range(0, 200, 17):
        np.testing.assert_array_equal(fold_in(fit, ratings.of_user(ratings.users[row])), everybody[row])
        np.testing.assert_array_equal(list_weights(fit, ratings, slice(row, row + 1))[0], everybody[row])


def test_a_feature_that_no_item_has_gets_no_weight(movie_night):
    fit = factorize(movie_night, rank=3, blanks="weak")
    fit = replace(fit, H=np.vstack([fit.H[:2], np.zeros_like(fit.H[:1])]))
    assert fold_in(fit, movie_night.of_user("Keiko"))[2] == 0
