"""The notebook's own run, the dense oracle of the whole dial, and the loop's stopping and starting rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.decomposition import NMF

from nmf_core import SOLVERS, NmfError, Penalty, Ratings, SettingsError, factorize, read_ratings
from nmf_core.fit.factorize import minimise
from nmf_core.fit.kernels import hals_rows
from nmf_core.fit.problem import Blanks, Problem, kkt_residual, objective
from nmf_core.fit.settings import Settings
from nmf_core.interpret.features import warnings_for
from tests.conftest import dense, random_ratings

NOTEBOOK_W = [
    [3.56439707, 0],
    [2.37654951, 0],
    [0.89050141, 1.23178233],
    [0.66556354, 0.96517217],
    [0, 1.79451388],
]
NOTEBOOK_H = [[1.47452258, 0.55917555, 0, 0.40826028], [0, 0.36226565, 1.58270795, 2.90831012]]


def test_the_notebooks_run_comes_out_as_printed(notebook):
    fit = factorize(notebook, rank=2, solver="cd", blanks="zero", init="random", seed=42)
    # Eight digits are what was printed. Processors differ by 2e-16 here, twenty sweeps and all (docs/benchmarks.md).
    np.testing.assert_allclose(fit.W, NOTEBOOK_W, atol=1e-8)
    np.testing.assert_allclose(fit.H, NOTEBOOK_H, atol=1e-8)
    grid = notebook.to_grid().fillna(0).to_numpy()
    assert abs(np.mean((grid - fit.W @ fit.H) ** 2) - 0.9144353703891) < 1e-10
    assert fit.score(["User1"], ["Movie3"])[0] == 0.0


def test_blanks_unknown_predicts_the_blank_that_the_notebook_reads_as_hated(notebook):
    fit = factorize(notebook, rank=2, solver="hals", blanks="unknown", init="random", seed=42)
    score = fit.score(["User1"], ["Movie3"])[0]
    assert 1.0 < score <= 5.0
    assert fit.rmse < 0.15
    assert "1 rating" in warnings_for(fit, notebook)["Movie3"]
    assert (fit.predict(["User3"] * 4, notebook.items) <= 5).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_notebooks_bar_holds_for_every_start(notebook, seed):
    fit = factorize(notebook, rank=2, init="random", seed=seed)
    assert fit.rmse < 0.15
    assert fit.score(["User1"], ["Movie3"])[0] > 0.5


def dense_objective(values, mask, W, H, omega, b, penalty):
    scores = W @ H
    total = 0.5 * ((values - scores)[mask] ** 2).sum() + 0.5 * omega * ((b - scores)[~mask] ** 2).sum()
    weight = mask + omega * ~mask
    for counts, A, l2, l1 in (
        (weight.sum(1), W, penalty.l2_W, penalty.l1_W),
        (weight.sum(0), H.T, penalty.l2_H, penalty.l1_H),
    ):
        total += 0.5 * l2 * (counts[:, None] * A**2).sum() + l1 * (counts[:, None] * A).sum()
    return total


def dense_half_sweep(values, mask, A, B, omega, b, l2, l1, passes):
    """Weighted coordinate descent with every cell in sight."""
    weight = mask + omega * ~mask
    target = np.where(mask, values, b)
    counts = weight.sum(1)
    A = A.copy()
    for _ in range(passes):
        for f in range(A.shape[1]):
            slope = (weight * (target - A @ B.T)) @ B[:, f] - l2 * counts * A[:, f] - l1 * counts
            curve = weight @ B[:, f] ** 2 + l2 * counts
            A[:, f] = np.maximum(A[:, f] + np.divide(slope, curve, out=np.zeros_like(slope), where=curve > 0), 0)
    return A


def problem(ratings, omega, b, penalty):
    return Problem(ratings.V.astype(float), ratings.Vt.astype(float), Blanks(omega, b), penalty)


dials = st.tuples(st.sampled_from([0.0, 0.01, 0.2, 0.7, 1.0]), st.floats(0, 5))
penalties = st.builds(Penalty, *[st.sampled_from([0.0, 0.03, 0.5])] * 4)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), dials, penalties, st.integers(1, 4))
def test_any_weight_and_value_agree_with_a_dense_weighted_oracle(seed, dial, penalty, rank):
    omega, b = dial
    ratings = random_ratings(seed)
    values, mask = dense(ratings)
    rng = np.random.default_rng(seed)
    W, H = rng.random((7, rank)), rng.random((rank, 6))
    p = problem(ratings, omega, b, penalty)
    expected = dense_objective(values, mask, W, H, omega, b, penalty)
    assert objective(p, W, H) == pytest.approx(expected, rel=1e-9)  # rounding of a few hundred terms
    ours = hals_rows(p.users, W, H.T, passes=3)
    oracle = dense_half_sweep(values, mask, W, H.T, omega, b, penalty.l2_W, penalty.l1_W, 3)
    np.testing.assert_allclose(ours, oracle, rtol=1e-7, atol=1e-9)
    ours = hals_rows(p.items, H.T, W, passes=3)
    oracle = dense_half_sweep(values.T, mask.T, H.T, W, omega, b, penalty.l2_H, penalty.l1_H, 3)
    np.testing.assert_allclose(ours, oracle, rtol=1e-7, atol=1e-9)


def test_blocks_of_rows_change_nothing(monkeypatch):
    ratings = random_ratings(1, n=40, m=10)
    p = problem(ratings, 0.3, 1.0, Penalty.of(0.1))
    rng = np.random.default_rng(0)
    W, H = rng.random((40, 3)), rng.random((3, 10))
    whole = hals_rows(p.users, W, H.T, passes=2)
    monkeypatch.setattr("nmf_core.fit.kernels.BLOCK_BYTES", 8 * 9 * 7)
    assert hals_rows(p.users, W, H.T, passes=2).tobytes() == whole.tobytes()


@pytest.mark.parametrize("loss", ["frobenius", "kl", "is"])
def test_the_kkt_residual_is_zero_at_an_optimum_and_only_there(loss):
    ratings = random_ratings(2, density=0.9)
    solver = "hals" if loss == "frobenius" else "mu"
    fit = factorize(ratings, rank=2, solver=solver, loss=loss, penalty=0, tol=1e-12, max_sweeps=20_000)
    p = Problem(ratings.V.astype(float), ratings.Vt.astype(float), Blanks(0, 0), Penalty(), loss)
    assert kkt_residual(p, fit.W, fit.H) < 1e-3
    assert kkt_residual(p, fit.W + 0.1, fit.H) > 1e-2


def test_zero_blanks_without_penalty_reach_scikit_learns_objective_on_complete_data():
    rng = np.random.default_rng(0)
    X = rng.random((40, 5)) @ rng.random((5, 30)) + 0.1 * rng.random((40, 30))
    ratings = read_ratings(X, zeros="rating")
    ours = factorize(ratings, rank=5, blanks="zero", penalty=0, max_sweeps=500)
    theirs = NMF(5, init="nndsvda", max_iter=5000).fit(ratings.to_grid().to_numpy())
    assert ours.objective <= 1.01 * 0.5 * theirs.reconstruction_err_**2


@pytest.mark.parametrize("penalty", [Penalty(), Penalty(0.01, 0.02), Penalty(0.01, 0.02, 0.01, 0.02)])
def test_sklearn_cd_is_scikit_learns_own_result_and_sweep_count(penalty):
    ratings = random_ratings(6, 12, 9)
    X = ratings.to_grid().fillna(0).to_numpy()
    total = penalty.l2_W + penalty.l2_H + penalty.l1_W + penalty.l1_H
    model = NMF(
        3,
        init="random",
        random_state=1,
        alpha_W=penalty.l2_W + penalty.l1_W,
        alpha_H=penalty.l2_H + penalty.l1_H,
        l1_ratio=(penalty.l1_W + penalty.l1_H) / total if total else 0.0,
    )
    W = model.fit_transform(X)
    fit = factorize(ratings, rank=3, solver="sklearn-cd", blanks="zero", init="random", seed=1, penalty=penalty)
    assert fit.n_sweeps == model.n_iter_
    np.testing.assert_allclose(fit.W, W, rtol=1e-9, atol=1e-12)
    assert fit.objective == pytest.approx(dense_objective(*dense(ratings), fit.W, fit.H, 1.0, 0.0, penalty), rel=1e-10)


@pytest.mark.parametrize("rank", [1, 2, 5])
@pytest.mark.parametrize("seed", range(5))
def test_sklearn_cd_ends_where_it_starts_at_the_answer_to_the_last_digits(rank, seed):
    """scikit-learn's rule asks for a part of the first violation, which is nothing but rounding here: it may never be met."""
    rng = np.random.default_rng(seed)
    W, H = rng.random((12, rank)), rng.random((rank, 9))
    V = sparse.csr_array(W @ H)
    start = [A * (1 + np.finfo(float).eps * rng.integers(-3, 4, A.shape)) for A in (W, H)]
    asked = Settings(rank=rank, solver="cd", blanks="zero", init=tuple(start), penalty=0)
    least = minimise(Problem(V, V.T.tocsr(), Blanks(1.0, 0.0)), asked)
    assert least.stopped == "solver"
    np.testing.assert_allclose(least.W @ least.H, W @ H, rtol=1e-13)  # some hundred epsilons


@pytest.mark.parametrize("solver", [name for name, solver in SOLVERS.items() if "zero" in solver.blanks])
def test_a_start_that_is_the_answer_to_the_last_digits_warns_of_nothing(solver):
    """scikit-learn's error is a difference, of which rounding leaves something negative in one start of two."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        W, H = rng.random((4, 1)), rng.random((1, 3))
        V = sparse.csr_array(W @ H)
        asked = Settings(rank=1, solver=solver, blanks="zero", init=(W, H), penalty=0, max_sweeps=3)
        least = minimise(Problem(V, V.T.tocsr(), Blanks(1.0, 0.0)), asked)
        np.testing.assert_allclose(least.W @ least.H, W @ H, rtol=1e-5)


def test_sklearn_mu_is_scikit_learns_own_sweep():
    ratings = random_ratings(6, 12, 9)
    X = ratings.to_grid().fillna(0).to_numpy()
    model = NMF(3, init="random", random_state=1, solver="mu", max_iter=10, tol=0)
    W = model.fit_transform(X)
    fit = factorize(ratings, rank=3, solver="sklearn-mu", blanks="zero", init="random", seed=1, max_sweeps=10, tol=0)
    np.testing.assert_allclose(fit.W, W, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("blanks", ["unknown", "weak", "zero", (0.5, 2.0)])
def test_sparse_dense_and_frame_input_agree(blanks):
    ratings = random_ratings(9)
    grid = ratings.to_grid()
    array = grid.to_numpy()
    observed = ~np.isnan(array)
    stored = sparse.coo_matrix((array[observed], np.nonzero(observed)), shape=array.shape)
    fits = [
        factorize(read_ratings(x, scale=(1, 5)), rank=2, blanks=blanks, max_sweeps=20)
        for x in (array, grid, stored, sparse.csr_array(stored))
    ]
    for fit in fits[1:]:
        assert fit.W.tobytes() == fits[0].W.tobytes()


def test_a_svd_start_does_not_read_unknown_blanks_as_zeros():
    # Half of a grid of fives is blank: read as zeros, the start would predict about 2.5 everywhere.
    rng = np.random.default_rng(0)
    grid = pd.DataFrame(np.where(rng.random((20, 20)) < 0.5, 5.0, np.nan))
    fit = factorize(Ratings.from_grid(grid, scale=(1, 5)), rank=1, init="nndsvd", penalty=0, max_sweeps=1)
    start = fit.history["objective"].iloc[0]
    assert start < 1e-3 * 0.5 * 25 * grid.notna().to_numpy().sum()


def test_rows_and_columns_without_ratings_get_the_mean_weights():
    grid = pd.DataFrame([[5.0, 1, np.nan], [1, 5, np.nan], [np.nan] * 3], index=list("abc"), columns=list("xyz"))
    fit = factorize(Ratings.from_grid(grid, scale=(1, 5)), rank=2)
    np.testing.assert_allclose(fit.W[2], fit.W[:2].mean(axis=0))
    np.testing.assert_allclose(fit.H[:, 2], fit.H[:, :2].mean(axis=1))
    assert 1 <= fit.predict(["c"], ["z"])[0] <= 5


def test_ids_that_were_not_in_the_fit_are_counted_in_one_sentence(notebook):
    fit = factorize(notebook, rank=2)
    users, items = ["User1", "User9", "zoe", "User9"], ["Movie1", "Movie1", "Movie7", "Movie2"]
    with pytest.raises(
        NmfError,
        match=r"5 users and 4 items does not have 2 of the 3 users given \('User9', 'zoe'\) and 1 of the 3 items given "
        r"\('Movie7'\)\. Did you mean 'User.*unknown='mean'",
    ):
        fit.predict(users, items)
    with pytest.raises(NmfError, match="does not have the user \\('User9'\\)"):
        fit.predict("User9", "Movie1")
    with pytest.raises(NmfError, match="unknown is 'zero'; it must be one of refuse, mean, nan"):
        fit.predict(users, items, unknown="zero")


def test_batches_may_hold_ids_that_were_not_in_the_fit(notebook):
    fit = factorize(notebook, rank=2)
    users, items = ["User1", "new", "User2", "new"], ["Movie1", "Movie1", "new", "new"]
    known = fit.predict(["User1"], ["Movie1"])[0]
    scores = fit.predict(users, items, unknown="nan")
    assert scores[0] == known and np.isnan(scores[1:]).all()
    mean_user, mean_item = fit.W.mean(axis=0), fit.H.mean(axis=1)
    expected = [fit.W[0] @ fit.H[:, 0], mean_user @ fit.H[:, 0], fit.W[1] @ mean_item, mean_user @ mean_item]
    np.testing.assert_allclose(fit.predict(users, items, unknown="mean"), np.clip(expected, 1, 5))


def test_stopping_says_which_rule_and_is_honest(notebook):
    assert factorize(notebook, rank=2, max_sweeps=1, tol=0).stopped == "max_sweeps"
    assert not factorize(notebook, rank=2, max_sweeps=1, tol=0).converged
    fit = factorize(notebook, rank=2, penalty=0.05, tol=1e-3)
    assert fit.stopped in ("kkt", "change")
    assert fit.converged
    if fit.stopped == "kkt":
        assert fit.history["kkt"].iloc[-1] <= 1e-3


def test_given_starts_are_used_copied_and_checked(notebook):
    W, H = np.ones((5, 2)), np.ones((2, 4))
    fit = factorize(notebook, rank=2, init=(W, H), max_sweeps=1)
    assert (W == 1).all()
    assert fit.history["objective"].iloc[0] > 0
    with pytest.raises(SettingsError, match=r"init W has shape \(4, 2\); .* must be \(5, 2\)"):
        factorize(notebook, rank=2, init=(np.ones((4, 2)), H))
    with pytest.raises(SettingsError, match="negative or infinite"):
        factorize(notebook, rank=2, init=(-W, H))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rank": 0}, "rank is 0; it must be a whole number from 1"),  # bad input 44
        ({"rank": -1}, "rank is -1"),
        ({"rank": 2.5}, "rank is 2.5"),
        ({"rank": "3"}, "rank is '3'"),
        ({"rank": True}, "rank is True"),
        ({"rank": 5, "init": "nndsvd"}, "only 4 singular"),  # 45
        ({"seed": -1}, "seed is -1; it must be a whole number from 0 to 4294967295"),  # 49
        ({"seed": 2**32}, "seed is 4294967296"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"max_sweeps": 0}, "max_sweeps is 0"),  # 50
        ({"tol": -1}, "tol is -1"),
        ({"solver": "halls"}, "Did you mean 'hals'"),
        ({"blanks": "nothing"}, "blanks is 'nothing'"),
        ({"blanks": (2, 0)}, "weight of a blank is 2"),
        ({"penalty": -0.1}, "penalty is -0.1"),
        ({"penalty": float("nan")}, "penalty is nan"),
        ({"init": "svd"}, "init is 'svd'"),
        ({"loss": "l1"}, "loss is 'l1'"),
        ({"loss": "kl"}, "Use solver='mu'"),
        ({"solver": "cd"}, "needs blanks='zero'"),
    ],
)
def test_settings_out_of_range_name_the_range(notebook, changes, message):
    with pytest.raises(SettingsError) as caught:
        factorize(notebook, **changes)
    assert message in str(caught.value)


def test_rank_above_the_smaller_side_is_noted(notebook):  # bad input 45
    assert "more than the smaller side" in factorize(notebook, rank=6).notes[0]


def test_itakura_saito_refuses_zeros():  # bad input 47
    ratings = Ratings.from_grid(pd.DataFrame([[0.0, 1.0], [2.0, 3.0]]), zeros="rating")
    with pytest.raises(SettingsError, match="1 ratings are 0"):
        factorize(ratings, rank=1, solver="mu", loss="is")


def test_canonical_form_keeps_the_product_orders_features_and_scales_H(movie_night):
    fit = factorize(movie_night, rank=4)
    canonical = fit.canonical()
    np.testing.assert_allclose(canonical.W @ canonical.H, fit.W @ fit.H, rtol=1e-12)
    np.testing.assert_allclose(canonical.H.max(axis=1), 1.0)
    assert (np.diff(canonical.misfit_removed) <= 0).all()
    values, mask = dense(movie_night)
    scores = fit.W @ fit.H
    for f in range(4):
        without = scores - np.outer(canonical.W[:, f], canonical.H[f])
        removed = ((values - without)[mask] ** 2).sum() - ((values - scores)[mask] ** 2).sum()
        assert canonical.misfit_removed[f] == pytest.approx(removed, rel=1e-9)


@pytest.mark.parametrize("value", [np.ones((2, 2)), pd.DataFrame([[1.0, 2.0]]), None])
def test_what_is_no_ratings_is_told_how_to_become_it(value):
    with pytest.raises(NmfError, match="Read them with nmf_core.read_ratings first"):
        factorize(value, rank=1)
