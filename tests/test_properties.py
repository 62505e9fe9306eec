"""What must hold of any fit: for the default solver on odd and extreme data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import nnls

from nmf_core import MaskedNMF, Ratings, datasets, factorize
from nmf_core.fit.factorize import minimise, problem_of
from nmf_core.fit.kernels import hals_rows
from nmf_core.fit.problem import Blanks, Penalty, Problem, Side, kkt_residual
from nmf_core.fit.settings import Settings
from tests.conftest import random_ratings

blanks = st.sampled_from(["unknown", "weak", "zero", (0.4, 3.0)])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), blanks, st.integers(1, 4), st.sampled_from([0.0, 0.02, 0.3, None]))
def test_the_objective_never_rises_and_a_converged_fit_is_at_a_kkt_point(seed, dial, rank, penalty):
    ratings = random_ratings(seed, n=9, m=8, density=0.5)
    fit = factorize(ratings, rank=rank, blanks=dial, penalty=penalty, tol=1e-6, max_sweeps=3000, init="random")
    objective = fit.history["objective"].to_numpy()
    assert (np.diff(objective) <= 1e-12 * np.abs(objective[:-1]) + 1e-13).all()
    if fit.stopped == "kkt":
        # Users and items that nothing was fitted to are filled afterwards, and have no say.
        assert kkt_residual(problem_of(ratings, fit.settings), fit.W, fit.H) <= 1e-5


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_rank_one_on_complete_data_is_the_leading_singular_triplet(seed):
    X = np.random.default_rng(seed).uniform(0.5, 5, (7, 6))
    ratings = Ratings.from_cells(*(ids.ravel() for ids in np.indices(X.shape)), X.ravel())
    fit = factorize(ratings, rank=1, penalty=0, tol=1e-9, max_sweeps=2000)
    U, S, Vt = np.linalg.svd(ratings.V.toarray().astype(float))
    np.testing.assert_allclose(fit.W @ fit.H, S[0] * np.outer(U[:, 0], Vt[0]), rtol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.sampled_from([0.0, 0.1]))
def test_a_half_sweep_to_the_end_is_non_negative_least_squares(seed, rank, l2):
    rng = np.random.default_rng(seed)
    B = rng.random((12, rank))
    V = sparse.random_array((4, 12), density=0.8, rng=rng, format="csr")
    side = Side(V, Blanks(0.0, 0.0), l2, 0.0)
    ours = hals_rows(side, np.ones((4, rank)), B, passes=20_000, tol=1e-13)
    for i in range(4):
        cells = V.indices[V.indptr[i] : V.indptr[i + 1]]
        root = np.sqrt(l2 * len(cells)) * np.eye(rank)
        matrix = np.vstack([B[cells], root])
        wanted = np.concatenate([V.data[V.indptr[i] : V.indptr[i + 1]], np.zeros(rank)])
        least = nnls(matrix, wanted)[1]
        assert np.linalg.norm(matrix @ ours[i] - wanted) == pytest.approx(least, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("size", [1e200, 1e100, 1e-150, 1e-300, 5e-309])
def test_data_of_any_size_are_fitted_alike(size):
    X = np.random.default_rng(0).uniform(0.5, 5, (12, 3)) @ np.random.default_rng(1).uniform(0, 1, (3, 9))
    X[0, 0] = X[3, 4] = np.nan
    plain = MaskedNMF(3, alpha_W=0.0, tol=1e-7, max_iter=3000)
    big = MaskedNMF(3, alpha_W=0.0, tol=1e-7, max_iter=3000)
    expected = plain.inverse_transform(plain.fit_transform(X))
    W = big.fit_transform(X * size)
    assert np.isfinite(W).all()
    if size > 1e-308:  # a denormal has few digits of its own
        np.testing.assert_allclose(big.inverse_transform(W / size**0.5) / size**0.5, expected, rtol=2e-2, atol=1e-2)


@pytest.mark.parametrize("exponent", [-1000, 600])
def test_the_loop_sees_ratings_of_one_size(exponent):
    ratings = datasets.planted(20, 15, 2, 0.6, 0.3, 0)
    V, Vt = ratings.V.astype(float), ratings.Vt.astype(float)
    wanted = Settings(rank=2, penalty=0, max_sweeps=30)
    plain = minimise(Problem(V, Vt, Blanks(0, 0), Penalty()), wanted)
    other = minimise(Problem(V * 2.0**exponent, Vt * 2.0**exponent, Blanks(0, 0), Penalty()), wanted)
    assert (plain.W * 2.0 ** (exponent / 2) == other.W).all()
    assert [row[2] for row in other.history] == [row[2] for row in plain.history]


@pytest.mark.parametrize("dial", ["unknown", "weak", "zero"])
def test_empty_users_and_items_one_rating_and_all_alike(dial):
    one = Ratings.from_cells(["ann"], ["x"], [4], all_users=["ann", "bob"], all_items=["x", "y"], scale=(1, 5))
    fit = factorize(one, rank=1, blanks=dial, penalty=0, max_sweeps=500)
    assert np.isfinite(fit.W).all()
    if dial == "unknown":
        np.testing.assert_allclose(
            fit.predict(["ann", "bob"], ["x", "y"]), 4, rtol=1e-3
        )  # an average user, an average item
    alike = Ratings.from_cells(*(ids.ravel() for ids in np.indices((6, 5))), np.full(30, 3.0), scale=(1, 5))
    fit = factorize(alike, rank=2, blanks=dial, penalty=0)
    np.testing.assert_allclose(fit.W @ fit.H, 3, rtol=1e-2)


def test_the_default_penalty_falls_back_on_the_spread_where_hidden_ratings_can_rank_nothing():
    grid = np.random.default_rng(0).integers(1, 6, (8, 40)).astype(float)  # 8 users: too few to judge an order by
    ratings = Ratings.from_cells(*(ids.ravel() for ids in np.indices(grid.shape)), grid.ravel(), scale=(1, 5))
    per_row = 320 / 48
    wanted = 0.04 * ratings.V.data.std(dtype=np.float64) * per_row / (per_row + 2)
    assert factorize(ratings, rank=2, blanks="weak", max_sweeps=1).penalty.l2_W == pytest.approx(wanted)
