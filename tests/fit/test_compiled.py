"""The compiled kernels against NumPy's, which are tested against a dense oracle; threads, scales, read-only disks."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core import Penalty, Ratings, datasets, factorize
from nmf_core.fit import kernels
from nmf_core.fit.compiled import CompiledProducts, CompiledSide, CompiledSweeps, Kernels, padded
from nmf_core.fit.factorize import problem_of
from nmf_core.fit.problem import Blanks, Problem, kkt_residual, objective
from nmf_core.fit.settings import Settings
from tests.conftest import random_ratings

ROOT = Path(__file__).parent.parent.parent
MIDDLING = datasets.planted(300, 200, 4, 0.15, 0.4, 0, biased_blanks=0.5)  # 9,000 ratings: compiled from rank 7 on
# float32 rounds to 6e-8; sums here have a few hundred terms, and a step divides by a curvature
ROUNDING = {np.float32: 2e-4, np.float64: 1e-9}

dials = st.tuples(st.sampled_from([0.0, 0.01, 0.2, 0.7, 1.0]), st.floats(0, 5))
penalties = st.builds(Penalty, *[st.sampled_from([0.0, 0.03, 0.5])] * 4)


def both(seed, dial, penalty, dtype, rank):
    """A problem of a small grid, empty rows and columns in it, with random weights."""
    ratings = random_ratings(seed, n=11, m=9, density=0.35)
    V, Vt = ratings.V.astype(dtype), ratings.Vt.astype(dtype)
    rng = np.random.default_rng(seed)
    W, Ht = rng.random((11, rank)).astype(dtype), rng.random((9, rank)).astype(dtype)
    W[rng.random(W.shape) < 0.2] = 0
    exact = Problem(V.astype(float), Vt.astype(float), Blanks(*dial), penalty)
    return Problem(V, Vt, Blanks(*dial), penalty), exact, W, Ht


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    dials,
    penalties,
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([1, 2, 4, 7, 8, 9, 12, 13, 17, 130]),  # the last without normal matrices
)
def test_a_half_sweep_is_numpys(seed, dial, penalty, dtype, rank):
    problem, exact, W, Ht = both(seed, dial, penalty, dtype, rank)
    out = np.empty_like(padded(W, dtype))
    with Kernels(rank, 2) as kernels_:
        side = CompiledSide(problem.users, dtype)
        seen = kernels_.half_sweep(side, padded(W, dtype), padded(Ht, dtype), out, passes=3, tol=0.0)
        again = kernels_.gradients(side, padded(W, dtype), padded(Ht, dtype))
    oracle = kernels.hals_rows(exact.users, W.astype(float), Ht.astype(float), passes=3)
    # A weight that is nearly free (a curvature near 0) magnifies rounding; its effect on the objective does not.
    tol = ROUNDING[dtype]
    before = objective(exact, W.astype(float), Ht.astype(float).T)
    assert objective(exact, out[:, :rank].astype(float), Ht.T.astype(float)) == pytest.approx(
        objective(exact, oracle, Ht.T.astype(float)), rel=tol, abs=tol * before
    )
    assert (out[:, rank:] == 0).all()
    assert (out >= 0).all()
    ours = 0.5 * seen.loss + 0.5 * penalty.l2_W * seen.ridge_before + penalty.l1_W * seen.lasso_before
    other_side = Problem(exact.V, exact.Vt, exact.blanks, Penalty(penalty.l2_W, 0, penalty.l1_W, 0))
    assert ours == pytest.approx(objective(other_side, W.astype(float), Ht.astype(float).T), rel=tol)
    assert again.loss == pytest.approx(seen.loss, rel=tol)
    assert again.step_before == pytest.approx(seen.step_before, rel=1e-3, abs=tol)


@pytest.mark.parametrize("blanks", ["unknown", "weak", "zero", (0.3, 2.5)])
@pytest.mark.parametrize("penalty", [0.05, 0.0, Penalty(0.05, 0.02, 0.01, 0.0)])
@pytest.mark.parametrize("tol", [1e-4, 1e-7])  # float32 and float64
def test_history_and_result_are_what_the_oracle_says_of_them(blanks, penalty, tol):
    fit = factorize(MIDDLING, rank=8, blanks=blanks, penalty=penalty, tol=tol, max_sweeps=60)
    problem = problem_of(MIDDLING, fit.settings)
    exact = Problem(problem.V.astype(float), problem.Vt.astype(float), problem.blanks, problem.penalty)
    assert fit.objective == pytest.approx(objective(exact, fit.W, fit.H), rel=1e-6)
    assert fit.history["kkt"].iloc[-1] == pytest.approx(kkt_residual(exact, fit.W, fit.H), rel=1e-2, abs=1e-6)
    assert (np.diff(fit.history["objective"]) <= 0).all()
    residual = MIDDLING.V.data - np.einsum("kf,kf->k", fit.W[problem.users.rows], fit.H[:, MIDDLING.V.indices].T)
    assert fit.rmse == pytest.approx(np.sqrt(np.mean(residual**2)), rel=1e-6)
    part = fit.W[problem.users.rows, 2] * fit.H[2, MIDDLING.V.indices]
    assert fit.misfit_removed[2] == pytest.approx((part * (2 * residual + part)).sum(), rel=1e-4, abs=1e-2)


def test_compiled_and_numpy_fits_of_the_same_ratings_agree(monkeypatch):
    args = {"rank": 8, "penalty": 0.1, "tol": 1e-6, "max_sweeps": 300, "blanks": "weak"}
    compiled = factorize(MIDDLING, **args)
    monkeypatch.setattr(kernels, "COMPILED_FROM", np.inf)
    plain = factorize(MIDDLING, **args)
    # Both are minima; which of several near ones is reached may depend on rounding.
    assert compiled.objective == pytest.approx(plain.objective, rel=2e-3)


@pytest.mark.parametrize("blanks", ["unknown", "weak"])
@pytest.mark.parametrize("tol", [1e-4, 1e-6])
def test_any_number_of_threads_gives_the_same_bits(blanks, tol):
    one, two, many = (
        factorize(MIDDLING, rank=9, blanks=blanks, tol=tol, max_sweeps=15, threads=threads) for threads in (1, 2, 16)
    )
    for other in (two, many):
        assert other.W.tobytes() == one.W.tobytes()
        assert other.H.tobytes() == one.H.tobytes()
        assert other.history["objective"].tolist() == one.history["objective"].tolist()
        assert other.penalty == one.penalty


def test_sixteen_threads_fit_different_grids_at_once_each_as_if_alone():
    grids = [datasets.planted(120 + k, 90, 3, 0.5, 0.3, k) for k in range(16)]  # 5,400 ratings and more

    def fit(ratings: Ratings) -> bytes:
        found = factorize(ratings, rank=12, penalty=0.05, blanks="weak", max_sweeps=5)
        return found.W.tobytes() + found.H.tobytes()

    alone = [fit(ratings) for ratings in grids]
    with ThreadPoolExecutor(16) as pool:
        for _ in range(20):
            assert list(pool.map(fit, grids)) == alone


@pytest.mark.parametrize("rank", [2, 8])  # NumPy, compiled
@pytest.mark.parametrize("blanks", ["unknown", "weak", "zero"])
@pytest.mark.parametrize("exponent", [-20, -4, 2, 10])
def test_ratings_times_a_power_of_four_give_the_same_bits_shifted(rank, blanks, exponent):
    scaled = Ratings(
        MIDDLING.V * np.float32(2.0**exponent),
        MIDDLING.users,
        MIDDLING.items,
        tuple(x * 2.0**exponent for x in MIDDLING.scale),
    )
    fit, other = (factorize(r, rank=rank, blanks=blanks, max_sweeps=12) for r in (MIDDLING, scaled))
    assert (fit.W * 2.0 ** (exponent / 2) == other.W).all()
    assert (fit.H * 2.0 ** (exponent / 2) == other.H).all()
    assert (other.history["objective"] == fit.history["objective"] * 2.0 ** (2 * exponent)).all()
    assert (other.history["kkt"] == fit.history["kkt"]).all()
    assert other.penalty.l2_W == fit.penalty.l2_W * 2.0**exponent


@pytest.mark.parametrize("exponent", [-3, 1, 7])
def test_an_odd_power_of_two_shifts_scores_exactly_without_a_penalty_and_to_rounding_with_one(exponent):
    scaled = Ratings(MIDDLING.V * np.float32(2.0**exponent), MIDDLING.users, MIDDLING.items, (0, 5 * 2.0**exponent))
    for penalty, rtol in ((0.0, 0.0), (None, 1e-14)):
        fit, other = (factorize(r, rank=8, penalty=penalty, max_sweeps=8) for r in (MIDDLING, scaled))
        np.testing.assert_allclose(other.W[:, :, None] * other.H, fit.W[:, :, None] * fit.H * 2.0**exponent, rtol=rtol)
        assert len(other.history) == len(fit.history)


def test_products_are_numpys():
    V = MIDDLING.V
    X = np.random.default_rng(0).random((V.shape[1], 16)).astype(np.float32)
    with CompiledProducts(2) as products:
        np.testing.assert_allclose(products.sparse(products.prepared(V), X), V @ X, rtol=1e-5)
        np.testing.assert_allclose(products.gram(X), X.T.astype(float) @ X, rtol=1e-5)
        M = np.random.default_rng(1).random((16, 16))
        np.testing.assert_allclose(products.small(X, M), X @ M, rtol=1e-5)


def test_a_fit_ends_within_a_sweep_of_being_told_to():
    seen = []
    fit = factorize(MIDDLING, rank=8, penalty=0.1, on_sweep=lambda *row: seen.append(row) or len(seen) < 3)
    assert fit.stopped == "cancelled"
    assert not fit.converged
    assert fit.n_sweeps == len(seen) == 3
    assert [tuple(row) for row in fit.history[["sweep", "objective", "kkt"]].to_numpy()[1:]] == seen

    class Enough(Exception):
        pass

    def stop(sweep: int, objective: float, kkt: float) -> None:
        seen.append(sweep)
        raise Enough

    seen.clear()
    with pytest.raises(Enough):
        factorize(MIDDLING, rank=8, penalty=0.1, on_sweep=stop)
    assert seen == [1]


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_first_small_fit_loads_no_compiler():
    code = "import sys, nmf_core as nc; nc.factorize(nc.datasets.movie_night(), rank=8); print('numba' in sys.modules)"
    assert run(code) == "False"


def test_compiled_code_is_kept_on_disk_and_where_it_cannot_be_it_still_runs(tmp_path):
    # One small kernel: how code is kept is the same for all, and the large ones take long to compile.
    code = (
        "import numpy as np; from nmf_core.fit.compiled import CompiledProducts\n"
        "from nmf_core.fit.compiled_kernels import small_products as kernel\n"
        "X = np.random.default_rng(0).random((50, 8)).astype(np.float32)\n"
        "with CompiledProducts(2) as products: product = products.small(X, np.eye(8) + 1)\n"
        "print(product.sum(), sum(kernel.stats.cache_hits.values()), type(kernel._cache).__name__)"
    )
    nowhere = "from numba.core import caching; caching.CacheImpl._locator_classes = []\n"
    first = run(code, NUMBA_CACHE_DIR=str(tmp_path)).split()
    assert list(tmp_path.rglob("*.nbi"))
    second = run(code, NUMBA_CACHE_DIR=str(tmp_path)).split()
    assert (first[1], second[1]) == ("0", "1")
    log = "import logging, sys; logging.basicConfig(stream=sys.stdout, format='%(levelname)s')\n"
    warned, *without = run(nowhere + log + code).split()
    assert warned == "WARNING" and "WARNING" not in without  # once, not for each kernel
    assert first[0] == second[0] == without[0]
    assert without[-1] == "NullCache"


def test_weights_stay_narrow():
    """W and H are never dense in users × items: on a grid of 10⁹ cells a fit of few ratings would not fit otherwise."""
    rng = np.random.default_rng(0)
    n = 60_000
    ratings = Ratings.from_cells(
        rng.integers(0, 40_000, n), rng.integers(0, 25_000, n), rng.integers(1, 6, n), scale=(1, 5)
    )
    for blanks in ("weak", "zero"):
        fit = factorize(ratings, rank=3, blanks=blanks, max_sweeps=3)
        assert np.isfinite(fit.objective)


def test_sweeps_are_in_float32_unless_the_tolerance_is_finer_than_it():
    problem = problem_of(MIDDLING, Settings(rank=8, penalty=0.1))
    for tol, dtype in ((1e-4, np.float32), (1e-6, np.float64)):
        with CompiledSweeps(problem, 8, 1, tol) as sweeps:
            assert sweeps.padded(np.ones((3, 8))).dtype == dtype
