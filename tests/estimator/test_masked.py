"""`MaskedNMF`: what only data with blanks have, sizes and shapes of all kinds, and what it refuses."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from nmf_core import MaskedNMF, NmfError, held_out_scorer
from tests.estimator.planted import as_sparse, planted

# Most tests look at something else than convergence; scikit-learn's own test_convergence_warning looks at that.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_complete_data_are_complete_whatever_blanks_count_and_are_not_penalised():
    X = planted(1, noise=0.5)
    fits = [MaskedNMF(3, blanks=blanks).fit(X) for blanks in ("unknown", "weak", "zero", (0.5, 2.0))]
    for fit in (*fits, MaskedNMF(3, alpha_W=0).fit(X)):
        np.testing.assert_array_equal(fit.components_, fits[0].components_)


@pytest.mark.parametrize("blanks", ["unknown", "weak", "zero", (0.3, 2.0)])
def test_dense_and_sparse_data_with_blanks_are_one(blanks):
    X = planted(2, blank=0.4, noise=0.5)
    dense, stored = MaskedNMF(3, blanks=blanks), MaskedNMF(3, blanks=blanks)
    np.testing.assert_allclose(dense.fit_transform(X), stored.fit_transform(as_sparse(X)), rtol=1e-12)
    assert dense.reconstruction_err_ == pytest.approx(stored.reconstruction_err_, rel=1e-12)


def test_blanks_are_what_the_parameter_says():
    X = planted(3, blank=0.4)
    hidden, truth = np.isnan(X), planted(3)
    scores = {}
    for blanks in ("unknown", "zero"):
        model = MaskedNMF(3, blanks=blanks, alpha_W=0, max_iter=1000)
        scores[blanks] = model.inverse_transform(model.fit_transform(X))
    assert np.abs(scores["unknown"] - truth)[hidden].mean() < 0.05 * truth.mean()
    assert scores["zero"][hidden].mean() < 0.8 * truth[hidden].mean()
    zeros = MaskedNMF(3, blanks="zero").fit(X)
    np.testing.assert_allclose(zeros.components_, MaskedNMF(3).fit(np.nan_to_num(X)).components_, rtol=1e-12)


def test_the_default_penalty_is_for_blanks():
    X = planted(4, blank=0.5, noise=2.0)
    errors = [MaskedNMF(3, alpha_W=alpha).fit(X).reconstruction_err_ for alpha in ("auto", 0)]
    assert errors[0] > 1.001 * errors[1]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"blanks": "weak"},
        {"blanks": (0.3, 2.0), "alpha_W": 0.05, "l1_ratio": 0.5},
        {"solver": "mu", "beta_loss": "kl"},
    ],
    ids=str,
)
def test_transform_gives_what_fit_transform_gave(settings):
    X = planted(5, blank=0.3, noise=0.5)
    model = MaskedNMF(3, **settings)
    W = model.fit_transform(X)
    np.testing.assert_allclose(model.transform(X), W, rtol=1e-6)
    np.testing.assert_array_equal(clone(model).fit(X).transform(X), W)
    np.testing.assert_allclose(model.transform(X[7:9]), W[7:9], rtol=1e-6, atol=1e-9)  # whatever the other rows are


def test_transform_solves_each_row_exactly_whatever_its_size():
    X = planted(6, blank=0.3, noise=0.5)
    model = MaskedNMF(4, alpha_W=0.02, alpha_H=0).fit(X)
    X *= np.array([1e-9, 1.0, 1e9]).repeat(20)[:, None]
    for row, weights in zip(X, model.transform(X), strict=True):
        seen = ~np.isnan(row)
        ridge = np.sqrt(0.02 * seen.sum()) * np.eye(4)
        expected, _ = nnls(np.vstack([model.components_[:, seen].T, ridge]), np.append(row[seen], np.zeros(4)))
        np.testing.assert_allclose(weights, expected, rtol=1e-6, atol=1e-8 * np.nanmax(row))


def test_rows_and_columns_with_nothing_to_say():
    X = planted(7, blank=0.3)
    X[5] = 0
    X[:, 4] = np.nan
    model = MaskedNMF(3)
    W = model.fit_transform(X)
    others = np.delete(model.components_, 4, axis=1)
    np.testing.assert_allclose(model.components_[:, 4], others.mean(axis=1))  # a column without cells: an average one
    assert (W[5] == 0).all()
    blank, seen = model.transform(np.vstack([np.full(30, np.nan), X[0]]))
    np.testing.assert_allclose(blank, W.mean(axis=0), rtol=0.05)  # a row without cells: an average row
    np.testing.assert_allclose(seen, W[0], rtol=1e-6, atol=1e-9)
    zeros = MaskedNMF(3, blanks="zero").fit(X)
    assert (zeros.transform(np.full((1, 30), np.nan)) == 0).all()  # a blank that counts as 0 says 0


@pytest.mark.parametrize("blank", [0.0, 0.3])
@pytest.mark.parametrize("size", [1e200, 1e-200, 1e-300])
def test_data_of_any_size_are_fitted_alike(size, blank):
    X = planted(8, blank=blank)
    model, plain = MaskedNMF(3, alpha_W=0), MaskedNMF(3, alpha_W=0).fit(X)
    scores = model.inverse_transform(model.fit_transform(X * size)) / size
    assert np.nanmax(np.abs(scores - X)) < 0.05 * np.nanmax(X)
    assert model.reconstruction_err_ / size < max(2 * plain.reconstruction_err_, 1e-3 * np.nanmax(X))
    assert np.isfinite(MaskedNMF(3).fit_transform(X * size)).all()


def test_a_penalty_means_the_same_whatever_the_units():
    X = planted(9, noise=1.0)
    model, large = (
        MaskedNMF(3, alpha_W=0.1, tol=1e-8, max_iter=3000),
        MaskedNMF(3, alpha_W=0.1e12, tol=1e-8, max_iter=3000),
    )
    scores = model.inverse_transform(model.fit_transform(X))
    np.testing.assert_allclose(large.inverse_transform(large.fit_transform(X * 1e12)) / 1e12, scores, rtol=1e-3)


@pytest.mark.parametrize(("shape", "rank"), [((1, 6), 2), ((3, 6), 5), ((6, 3), 8), ((4, 1), 1), ((1, 1), 3)])
def test_few_samples_and_many_components(shape, rank):
    X = planted(10, shape, rank=1)
    model = MaskedNMF(rank, random_state=0, tol=1e-6)
    W = model.fit_transform(X)
    assert W.shape == (shape[0], rank)
    np.testing.assert_allclose(model.inverse_transform(W), X, rtol=0.05)
    assert model.n_components_ == rank
    assert model.n_iter_ >= 1


def test_nothing_but_zeros_is_fitted_by_zeros():
    model = MaskedNMF(2)
    assert (model.fit_transform(np.zeros((4, 3))) == 0).all()
    assert (model.components_ == 0).all()
    assert model.reconstruction_err_ == 0


def test_frames_names_pipelines_and_pickles():
    frame = pd.DataFrame(planted(12, (20, 4), blank=0.2), columns=list("abcd"))
    pipeline = make_pipeline(FunctionTransformer(np.sqrt), MaskedNMF(2)).set_output(transform="pandas")
    W = pipeline.fit_transform(frame)
    assert list(W.columns) == ["maskednmf0", "maskednmf1"]
    assert list(W.index) == list(frame.index)
    assert pipeline[-1].feature_names_in_.tolist() == list("abcd")
    assert pipeline.inverse_transform(W).shape == frame.shape
    model = MaskedNMF(2).fit(frame)  # and no warning of lost names
    assert held_out_scorer()(model, frame) == held_out_scorer()(MaskedNMF(2).fit(frame.to_numpy()), frame.to_numpy())
    again = pickle.loads(pickle.dumps(pipeline))  # noqa: S301 - made a line ago
    np.testing.assert_array_equal(again.transform(frame), W)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_components": 0}, "n_components is 0; it must be a whole number from 1 to 500. Set n_components"),
        ({"n_components": "all"}, "n_components is 'all'"),
        ({"n_components": 2.0}, "n_components is 2.0"),
        ({"blanks": "nothing"}, "blanks is 'nothing'; it must be 'unknown', 'weak', 'zero'"),
        ({"init": "pca"}, "init is 'pca'; it must be None, 'auto', 'custom', 'svd', 'random'"),
        ({"init": 3}, "init is 3"),
        ({"init": "custom"}, "init is 'custom' and W is not given"),
        ({"solver": "halls"}, "Did you mean 'hals'"),
        ({"solver": ["hals"]}, "solver is ['hals']"),
        ({"beta_loss": "l1"}, "beta_loss is 'l1'; it must be 'frobenius', 'kullback-leibler' or"),
        ({"beta_loss": 1.5}, "beta_loss is 1.5"),
        ({"beta_loss": None}, "beta_loss is None"),
        ({"beta_loss": "kl"}, "solver 'hals' does not handle beta_loss = 'kl'. Set solver='mu'"),
        ({"tol": -1}, "tol is -1; it must be a number from 0 to 1"),
        ({"max_iter": 0}, "max_iter is 0"),
        ({"random_state": -1}, "random_state is -1"),
        ({"alpha_W": -1}, "alpha_W is -1"),
        ({"alpha_W": "same"}, "alpha_W is 'same'"),
        ({"alpha_H": "auto"}, "alpha_H is 'auto'"),
        ({"l1_ratio": 2}, "l1_ratio is 2"),
        ({"threads": 0}, "threads is 0"),
        ({"solver": "mu", "blanks": "weak"}, "the solver mu needs blanks='unknown'"),
        ({"solver": "cd"}, "the solver sklearn-cd needs blanks='zero'"),
        ({"solver": "mu", "beta_loss": "is", "alpha_W": 1}, "l1_ratio is 0 with a penalty of 1"),
    ],
    ids=str,
)
def test_errors_name_the_parameter_the_value_and_what_is_allowed(settings, message):
    with pytest.raises(NmfError) as caught:
        MaskedNMF(**({"n_components": 2} | settings)).fit([[1.0, 2.0, np.nan], [3.0, 4.0, 5.0]])
    assert message in str(caught.value)


def test_data_that_cannot_be_fitted_are_refused():
    with pytest.raises(NmfError, match="no observed cell"):
        MaskedNMF(1).fit([[np.nan, np.nan]])
    with pytest.raises(NmfError, match=r"Negative values in data passed to MaskedNMF \(input X\)"):
        MaskedNMF(1).fit([[1.0, -1.0]])
    with pytest.raises(ValueError, match="infinity"):
        MaskedNMF(1).fit([[1.0, np.inf]])
    with pytest.raises(NmfError, match="1 cells that are 0"):
        MaskedNMF(1, solver="mu", beta_loss="is").fit([[1.0, 0.0]])
    with pytest.raises(NmfError, match="which is 501 for this X"):
        MaskedNMF().fit(np.ones((2, 501)))
    with pytest.raises(NotFittedError):
        MaskedNMF().transform([[1.0]])
    model = MaskedNMF(1).fit([[1.0, 2.0]])
    with pytest.raises(ValueError, match="X has 2 columns; it must have one for each of the 1 components"):
        model.inverse_transform([[1.0, 2.0]])


def test_what_is_ignored_or_stuck_is_said():
    X = planted(15, (6, 5), noise=1.0)
    with pytest.warns(RuntimeWarning, match="When init!='custom', provided W or H are ignored"):
        MaskedNMF(2).fit(X, W=np.ones((6, 2)), H=np.ones((2, 5)))
    with pytest.warns(UserWarning, match="cannot leave the zeros of init='nndsvd'"):
        MaskedNMF(2, solver="mu", init="nndsvd", max_iter=1, tol=0).fit(X)
    with pytest.raises(NmfError, match="Negative values in data passed as H"):
        MaskedNMF(2, init="custom").fit(X, W=np.ones((6, 2)), H=-np.ones((2, 5)))


def test_a_custom_start_is_where_the_fit_starts():
    X = planted(16, (20, 10))
    first = MaskedNMF(3, tol=1e-6, max_iter=2000)
    W = first.fit_transform(X)
    again = MaskedNMF(init="custom").fit(X, W=W, H=first.components_)
    assert again.n_iter_ <= 2
    np.testing.assert_allclose(again.components_, first.components_, rtol=1e-2, atol=1e-4)
