"""The figures that go by the name of error, each against its formula on the dense grid; and W and H as the solver gave them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import NMF

from nmf_core import datasets, factorize
from nmf_core.fit.problem import Penalty
from nmf_core.interpret.misfit import (
    ALL_MSE,
    OBJECTIVE,
    RATED_MSE,
    RATED_RMSE,
    RECONSTRUCTION,
    misfit_table,
    objective_formula,
)
from tests.conftest import dense


def values(fit, ratings) -> dict[str, float]:
    return misfit_table(fit, ratings).set_index("figure")["value"].to_dict()


@pytest.mark.parametrize("blanks", ["unknown", "weak", "zero", (0.5, 2.0)])
@pytest.mark.parametrize("canonical", [False, True])
def test_each_error_is_its_formula(movie_night, blanks, canonical):
    fit = factorize(movie_night, rank=3, blanks=blanks, penalty=0)
    fit = fit.canonical() if canonical else fit
    V, rated = dense(movie_night)
    left, found = (V - fit.W @ fit.H) ** 2, values(fit, movie_night)
    np.testing.assert_allclose(found[RATED_MSE], left[rated].mean(), rtol=1e-9)
    np.testing.assert_allclose(found[RATED_RMSE], np.sqrt(left[rated].mean()), rtol=1e-9)
    np.testing.assert_allclose(found[ALL_MSE], left.mean(), rtol=1e-9)
    np.testing.assert_allclose(found[RECONSTRUCTION], np.sqrt(left.sum()), rtol=1e-9)
    blank = (fit.blanks.value - fit.W @ fit.H)[~rated] ** 2
    objective = 0.5 * left[rated].sum() + fit.blanks.weight * 0.5 * blank.sum()
    np.testing.assert_allclose(found[OBJECTIVE], objective, rtol=1e-6)  # of the last sweep that was kept


def test_the_notebooks_reader_finds_the_notebooks_numbers(notebook):
    fit = factorize(notebook, rank=2, solver="cd", blanks="zero", init="random", seed=42).canonical()
    V, _ = dense(notebook)
    model = NMF(n_components=2, init="random", random_state=42)
    W = model.fit_transform(V)
    solved, found = fit.as_solved(), values(fit, notebook)
    np.testing.assert_allclose(solved.W, W, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(solved.H, model.components_, rtol=1e-6, atol=1e-9)
    assert found[ALL_MSE] == pytest.approx(0.9144353703891, rel=1e-9)
    assert found[RECONSTRUCTION] == pytest.approx(model.reconstruction_err_, rel=1e-6)


@pytest.mark.parametrize("times", [1, 2])
def test_as_solved_undoes_the_canonical_form(movie_night, times):
    fit = factorize(movie_night, rank=5, init="random", seed=3)
    again = fit
    for _ in range(times):
        again = again.canonical()
    solved = again.as_solved()
    for name in ("W", "H", "misfit_removed", "column_scale"):
        np.testing.assert_allclose(getattr(solved, name), getattr(fit, name), rtol=1e-12)
    assert (again.solver_order, solved.solver_order) == (fit.canonical().solver_order, ())
    assert sorted(again.solver_order) == list(range(5))


def test_the_objective_names_its_parts():
    ratings = datasets.notebook()
    fit = factorize(ratings, rank=2, blanks="zero", penalty=Penalty(l1_W=0.1, l1_H=0.1))
    assert objective_formula(fit) == (
        "½ Σ (v − y)² over ratings + ½ Σ (0 − y)² over blanks + penalties on large weights"
    )
    assert objective_formula(factorize(ratings, rank=2, solver="mu", loss="kl", penalty=0)) == (
        "Σ Kullback–Leibler of v and y over ratings"
    )
