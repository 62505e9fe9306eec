"""What every solver in the registry promises. A new solver is tested here without a line of its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nmf_core import SOLVERS, Ratings, SettingsError, datasets, factorize
from nmf_core.fit.init import INITS
from tests.conftest import random_ratings

CASES = [
    pytest.param(name, blanks, loss, id=f"{name}-{blanks}-{loss}")
    for name, solver in SOLVERS.items()
    for blanks in solver.blanks
    for loss in solver.losses
]
ROUNDING = 1e-12  # relative: sums of squares in float64, a few thousand terms


@pytest.mark.parametrize(("name", "blanks", "loss"), CASES)
@pytest.mark.parametrize("penalty", [0.0, 0.05, None])
@pytest.mark.parametrize("init", ["random", "nndsvda", "nndsvdar"])
def test_factors_are_finite_and_non_negative_and_the_objective_never_rises(name, blanks, loss, penalty, init):
    if loss == "is" and penalty:
        pytest.skip("Itakura–Saito takes no L2 penalty")
    fit = factorize(
        random_ratings(3), rank=3, solver=name, blanks=blanks, loss=loss, penalty=penalty, init=init, max_sweeps=40
    )
    for factor in (fit.W, fit.H):
        assert np.isfinite(factor).all()
        assert (factor >= 0).all()
    objective = fit.history["objective"].to_numpy()
    assert (np.diff(objective) <= ROUNDING * np.abs(objective[:-1]) + 1e-13).all()
    assert objective[-1] < objective[0]


@pytest.mark.parametrize(("name", "blanks", "loss"), CASES)
def test_same_seed_same_bits(name, blanks, loss):
    args = {"rank": 3, "solver": name, "blanks": blanks, "loss": loss, "init": "random", "max_sweeps": 15}
    first, second = factorize(random_ratings(5), seed=7, **args), factorize(random_ratings(5), seed=7, **args)
    assert first.W.tobytes() == second.W.tobytes()
    assert first.H.tobytes() == second.H.tobytes()
    other = factorize(random_ratings(5), seed=8, **args)
    assert other.W.tobytes() != first.W.tobytes()


@pytest.mark.parametrize(("name", "blanks", "loss"), CASES)
def test_permuted_rows_and_columns_permute_the_result(name, blanks, loss):
    ratings = random_ratings(11, n=9, m=8, density=0.8)
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(9), rng.permutation(8)
    permuted = Ratings.from_grid(ratings.to_grid().iloc[rows, columns], zeros="rating", scale=(1, 5))
    args = {"rank": 3, "solver": name, "blanks": blanks, "loss": loss, "max_sweeps": 10, "tol": 0.0}
    fit, other = factorize(ratings, **args), factorize(permuted, **args)
    # The start is an SVD, the same up to rounding; ten sweeps magnify that little.
    np.testing.assert_allclose(other.W @ other.H, (fit.W @ fit.H)[rows][:, columns], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("name", "blanks", "loss"), CASES)
def test_a_planted_noiseless_grid_is_recovered_on_observed_cells(name, blanks, loss):
    # Where blanks count, they are part of what is fitted: only a complete grid is then exactly of its rank.
    density = 0.7 if blanks == "unknown" else 1.0
    ratings = datasets.planted(16, 10, 2, density, 0.0, 1, rounded=None)
    fit = factorize(
        ratings,
        rank=2,
        solver=name,
        blanks=blanks,
        loss=loss,
        penalty=0,
        max_sweeps=1000,
        tol=1e-7,
        seed=3,
        init="random",
    )
    size = np.sqrt(np.mean(ratings.V.data.astype(float) ** 2))
    assert fit.rmse / size < 1e-3


@pytest.mark.parametrize("name", SOLVERS)
def test_each_solver_refuses_what_it_cannot_serve_and_names_what_it_can(name):
    for blanks in {"unknown", "weak", "zero"} - set(SOLVERS[name].blanks):
        with pytest.raises(SettingsError, match=f"{name} needs blanks="):
            factorize(random_ratings(0), rank=2, solver=name, blanks=blanks)
    for loss in {"frobenius", "kl", "is"} - set(SOLVERS[name].losses):
        with pytest.raises(SettingsError, match="minimises"):
            factorize(random_ratings(0), rank=2, solver=name, blanks=SOLVERS[name].blanks[0], loss=loss)


@pytest.mark.parametrize(("name", "blanks", "loss"), CASES)
def test_cancel_stops_within_a_sweep_and_leaves_a_result(name, blanks, loss):
    seen = []

    def on_sweep(sweep, objective, kkt):
        seen.append((sweep, objective, kkt))
        return sweep < 3

    fit = factorize(
        random_ratings(2), rank=2, solver=name, blanks=blanks, loss=loss, init="random", tol=0.0, on_sweep=on_sweep
    )
    assert fit.stopped == "cancelled"
    assert not fit.converged
    assert len(seen) == 3
    assert list(fit.history["objective"][1:]) == [objective for _, objective, _ in seen]


@pytest.mark.parametrize(("name", "blanks", "loss"), CASES)
def test_history_has_objective_kkt_and_seconds_for_the_start_and_every_sweep(name, blanks, loss):
    fit = factorize(random_ratings(4), rank=2, solver=name, blanks=blanks, loss=loss, max_sweeps=25, tol=0.0)
    assert list(fit.history.columns) == ["sweep", "objective", "kkt", "seconds"]
    assert fit.history["sweep"].iloc[0] == 0
    assert np.isfinite(fit.history.to_numpy()).all()
    assert (fit.history["seconds"].diff().dropna() >= 0).all()


@pytest.mark.parametrize(("name", "blanks", "loss"), CASES)
@pytest.mark.parametrize("values", [[[3.0]], [[2.0, 2.0], [2.0, 2.0]], [[5.0, np.nan], [np.nan, 1.0]]])
def test_tiny_grids_fit(name, blanks, loss, values):
    ratings = Ratings.from_grid(pd.DataFrame(values), scale=(1, 5))
    fit = factorize(ratings, rank=1, solver=name, blanks=blanks, loss=loss)
    assert np.isfinite(fit.W).all()
    assert np.isfinite(fit.H).all()


@pytest.mark.parametrize("name", [n for n, s in SOLVERS.items() if n != "mu"])
def test_all_zero_ratings_fit(name):
    ratings = Ratings.from_grid(pd.DataFrame(np.zeros((3, 3))), zeros="rating", scale=(0, 5))
    fit = factorize(ratings, rank=1, solver=name, blanks=SOLVERS[name].blanks[-1], max_sweeps=500)
    assert fit.rmse < 0.05


@pytest.mark.parametrize("init", [*INITS, "auto"])
def test_every_init_starts_every_solver_that_can_use_it(init):
    for name, solver in SOLVERS.items():
        args = {"rank": 2, "solver": name, "blanks": solver.blanks[0], "init": init, "max_sweeps": 5}
        if init == "nndsvd" and solver.positive_start:
            with pytest.raises(SettingsError, match="can never leave"):
                factorize(random_ratings(1), **args)
        else:
            assert np.isfinite(factorize(random_ratings(1), **args).objective)
