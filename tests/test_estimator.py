"""`MaskedNMF` beside scikit-learn: its checks, its own tests of NMF, its objective; and what only data with blanks have."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import nnls
from sklearn.base import clone
from sklearn.decomposition import NMF as SklearnNMF
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from nmf_core import MaskedNMF, NmfError, held_out_scorer

try:
    from sklearn.decomposition.tests import test_nmf as upstream
except ImportError:  # some distributions leave scikit-learn's tests out
    upstream = None

# Most tests look at something else than convergence; scikit-learn's own test_convergence_warning looks at that.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@parametrize_with_checks(
    [
        MaskedNMF(),
        MaskedNMF(2, blanks="zero"),
        MaskedNMF(2, blanks="weak"),
        MaskedNMF(2, solver="mu", beta_loss="kullback-leibler", tol=1e-3),
    ]
)
@pytest.mark.filterwarnings(
    "ignore"
)  # checks use data on which a fit may not converge; check_estimator ignores that too
def test_scikit_learns_checks_of_an_estimator(estimator, check):
    check(estimator)


# scikit-learn's own tests of NMF. Those that concern the class run with MaskedNMF in its place; cases of MiniBatchNMF,
# which is another estimator, do not.

PASSED = {
    "test_convergence_warning",
    "test_feature_names_out",
    "test_n_components_greater_n_features",
    "test_nmf_custom_init_dtype_error",
    "test_nmf_custom_init_shape_error",
    "test_nmf_dtype_match",
    "test_nmf_fit_close",
    "test_nmf_fit_nn_output",
    "test_nmf_float32_float64_consistency",
    "test_nmf_inverse_transform",
    "test_nmf_n_components_auto",
    "test_nmf_regularization",
    "test_nmf_smoke",
    "test_nmf_sparse_input",
    "test_nmf_sparse_transform",
    "test_nmf_transform",
    "test_nmf_transform_custom_init",
    "test_parameter_checking",
}
FUNCTION = "tests the function non_negative_factorization, which the class does not go through"
PRIVATE = "tests a private function of scikit-learn"
MINIBATCH = "tests MiniBatchNMF"
OUT_OF_SCOPE = {
    "test_beta_divergence": PRIVATE,
    "test_initialize_close": PRIVATE,
    "test_initialize_nn_output": PRIVATE,
    "test_initialize_variants": PRIVATE,
    "test_nmf_underflow": PRIVATE,
    "test_special_sparse_dot": PRIVATE,
    "test_nmf_decreasing": FUNCTION,
    "test_nmf_multiplicative_update_sparse": FUNCTION,
    "test_nmf_n_components_auto_no_h_update": FUNCTION,
    "test_nmf_negative_beta_loss": FUNCTION,
    "test_nmf_non_negative_factorization_n_components_auto": FUNCTION,
    "test_nmf_w_h_not_used_warning": FUNCTION,
    "test_non_negative_factorization_checking": FUNCTION,
    "test_non_negative_factorization_consistency": "asks for the function's numbers after a loose tol; transform here converges",
    "test_nmf_true_reconstruction": "asks for exact zeros, which scikit-learn gets by cutting small weights; they are not cut "
    "here, lest an observed value be scored 0, at infinite loss. The same data are fitted below, to 1e-8",
    "test_mbnmf_inverse_transform": MINIBATCH,
    "test_minibatch_nmf_negative_beta_loss": MINIBATCH,
    "test_minibatch_nmf_partial_fit": MINIBATCH,
    "test_minibatch_nmf_transform": MINIBATCH,
    "test_minibatch_nmf_verbose": MINIBATCH,
    "test_nmf_minibatchnmf_equivalence": MINIBATCH,
}


class NMF(MaskedNMF):
    """`MaskedNMF` as scikit-learn's tests know it: by the name, with blanks as zeros, and one private attribute."""

    def __init__(
        self,
        n_components="auto",
        *,
        blanks="zero",
        init=None,
        solver="hals",
        beta_loss="frobenius",
        tol=1e-4,
        max_iter=200,
        random_state=None,
        alpha_W="auto",
        alpha_H="same",
        l1_ratio=0.0,
        threads=None,
    ):
        given = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        super().__init__(**given)

    @property
    def _n_components(self):
        return self.n_components_


def upstream_tests():
    return {name: value for name, value in vars(upstream).items() if name.startswith("test_")} if upstream else {}


def rows_of(mark):
    """The arguments of each row of a parametrize mark."""
    names, rows = mark.args
    names = names.split(",") if isinstance(names, str) else names
    names = [name.strip() for name in names]
    return [dict(zip(names, row if len(names) > 1 else [row], strict=True)) for row in rows]


def upstream_cases():
    """Every case of `PASSED` with our class in it, and our default solver where scikit-learn's own, "cd", is asked for.

    ("cd" here runs scikit-learn's sweeps: those cases would test scikit-learn.)
    """
    swapped = {"cd": "hals", str({"solver": "cd"}): {"solver": "hals"}, str(SklearnNMF): NMF}
    cases = []
    for name, test in sorted(upstream_tests().items()):
        marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
        for parts in itertools.product(*map(rows_of, marks)) if name in PASSED else ():
            case = {key: swapped.get(str(value), value) for part in parts for key, value in part.items()}
            if upstream.MiniBatchNMF not in case.values():
                label = "-".join(getattr(value, "__name__", str(value)) for value in case.values())
                cases.append(pytest.param(name, case, id=f"{name}-{label}"))
    return cases


@pytest.mark.skipif(upstream is None, reason="this scikit-learn comes without its tests")
@pytest.mark.filterwarnings("ignore")  # as scikit-learn runs them
@pytest.mark.parametrize(("name", "kwargs"), upstream_cases())
def test_scikit_learns_own_case(monkeypatch, name, kwargs):
    monkeypatch.setattr(upstream, "NMF", NMF)
    upstream_tests()[name](**kwargs)


@pytest.mark.skipif(upstream is None, reason="this scikit-learn comes without its tests")
def test_every_test_of_scikit_learn_is_passed_or_out_of_scope_with_a_reason():
    assert not PASSED & set(OUT_OF_SCOPE)
    unlisted = set(upstream_tests()) - PASSED - set(OUT_OF_SCOPE)
    assert not unlisted, "scikit-learn has tests of NMF that neither list names"


def planted(seed, shape=(60, 30), rank=3, blank=0.0, noise=0.0):
    """Data made from known W and H, with a share of NaN."""
    rng = np.random.default_rng(seed)
    X = rng.exponential(size=(shape[0], rank)) @ rng.exponential(size=(rank, shape[1]))
    X += noise * rng.random(shape)
    X[rng.random(shape) < blank] = np.nan
    return X


def as_sparse(X):
    """The observed cells of X stored, zeros too."""
    rows, columns = np.nonzero(~np.isnan(X))
    return sparse.csr_array((X[rows, columns], (rows, columns)), shape=X.shape)


def penalised(model, X, alpha, l1_ratio):
    """scikit-learn's objective on complete data, as its documentation writes it."""
    H = model.components_
    W = model.transform(X)
    n, m = X.shape
    return (
        0.5 * ((X - W @ H) ** 2).sum()
        + alpha * l1_ratio * (m * W.sum() + n * H.sum())
        + 0.5 * alpha * (1 - l1_ratio) * (m * (W**2).sum() + n * (H**2).sum())
    )


@pytest.mark.parametrize(("alpha", "l1_ratio"), [(0.0, 0.0), (0.01, 0.0), (0.01, 0.5), (0.01, 1.0)])
@pytest.mark.parametrize("seed", range(3))
def test_on_complete_data_the_objective_is_at_least_as_good_as_scikit_learns(seed, alpha, l1_ratio):
    X = planted(seed, noise=1.0)
    settings = {"n_components": 3, "alpha_W": alpha, "l1_ratio": l1_ratio, "max_iter": 500}
    ours, theirs = MaskedNMF(**settings).fit(X), SklearnNMF(**settings).fit(X)
    # Two rules may end in two minima; and with L1 alone, the scale between W and H creeps (`kernels.balanced` leaves it out).
    allowed = 1.012 if l1_ratio == 1 else 1.002
    assert penalised(ours, X, alpha, l1_ratio) <= allowed * penalised(theirs, X, alpha, l1_ratio)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_with_scikit_learns_solver_the_components_are_scikit_learns(make):
    X = np.where(np.random.default_rng(0).random((20, 12)) < 0.3, 0.0, planted(0, (20, 12), noise=1.0))
    settings = {
        "n_components": 3,
        "init": "random",
        "random_state": 5,
        "solver": "cd",
        "alpha_W": 0.02,
        "l1_ratio": 0.3,
    }
    theirs = SklearnNMF(**settings).fit(make(X))
    ours = MaskedNMF(**settings, blanks="zero").fit(make(X))
    np.testing.assert_allclose(ours.components_, theirs.components_, rtol=1e-9, atol=1e-12)
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.reconstruction_err_ == pytest.approx(np.linalg.norm(X - ours.transform(X) @ ours.components_), rel=1e-9)
    assert ours.reconstruction_err_ == pytest.approx(theirs.reconstruction_err_, rel=1e-3)  # W here is at its minimum


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


def test_kullback_leibler_fits_what_scikit_learns_case_is_made_of():
    """The data of scikit-learn's test_nmf_true_reconstruction, as far as it does not ask for exact zeros."""
    rng = np.random.RandomState(42)
    W, H = np.zeros((15, 5)), np.zeros((5, 10))
    W[range(5), range(5)] = np.abs(rng.randn(15))[:5]
    H[[j % 5 for j in range(10)], range(10)] = np.abs(rng.randn(5))[[j % 5 for j in range(10)]]
    model = MaskedNMF(5, solver="mu", beta_loss=1, max_iter=1000)
    np.testing.assert_allclose(model.inverse_transform(model.fit_transform(W @ H)), W @ H, atol=1e-8)
    assert model.reconstruction_err_ < 1e-3


@pytest.mark.parametrize("loss", ["kullback-leibler", "itakura-saito"])
def test_other_losses_are_as_good_as_scikit_learns(loss):
    X = planted(11, (20, 12), noise=1.0)
    settings = {"n_components": 3, "solver": "mu", "beta_loss": loss, "max_iter": 500, "tol": 1e-5}
    ours, theirs = MaskedNMF(**settings), SklearnNMF(**settings).fit(X)
    ours.fit(X)
    assert ours.reconstruction_err_ <= 1.005 * theirs.reconstruction_err_
    counts = np.where(X < 3, 0.0, X)
    if loss == "kullback-leibler":
        filled = MaskedNMF(**settings).fit(counts)
        stored = MaskedNMF(**settings, blanks="zero").fit(sparse.csr_array(counts))
        np.testing.assert_allclose(stored.components_, filled.components_)


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


@pytest.mark.parametrize("make", [np.asarray, as_sparse])
def test_a_search_by_hidden_cells_finds_the_planted_rank_and_a_sensible_penalty(make):
    X = make(planted(13, (90, 30), rank=3, blank=0.3, noise=0.5))
    grid = {"n_components": [1, 2, 3, 6], "alpha_W": [0.02, 100.0]}
    model = MaskedNMF(max_iter=50, tol=1e-3)
    search = GridSearchCV(model, grid, scoring=held_out_scorer(seed=1), cv=KFold(3, shuffle=True, random_state=0))
    search.fit(X)
    assert search.best_params_ == {"n_components": 3, "alpha_W": 0.02}
    assert -0.5 < search.best_score_ < 0


def test_the_scorer_sees_only_what_it_does_not_hide():
    X = planted(14, (12, 8), blank=0.2)
    X[0, 1:] = np.nan  # one cell: never hidden
    scorer, seen = held_out_scorer(0.25, seed=3), []

    class Spy(MaskedNMF):
        def transform(self, X):
            seen.append(X.copy())
            return super().transform(X)

    model = Spy(2).fit(X)
    score = scorer(model, X)
    hidden = np.isnan(seen[-1]) & ~np.isnan(X)
    observed = (~np.isnan(X)).sum(axis=1)
    assert (hidden.sum(axis=1) == np.where(observed > 1, np.maximum(np.round(0.25 * observed), 1), 0)).all()
    scores = model.inverse_transform(model.transform(seen[-1]))
    assert score == pytest.approx(-np.sqrt(np.mean((scores - X)[hidden] ** 2)))
    assert score == pickle.loads(pickle.dumps(scorer))(model, X)  # noqa: S301 - made above
    assert score == pytest.approx(scorer(MaskedNMF(2).fit(as_sparse(X)), as_sparse(X)), rel=1e-6)
    with pytest.raises(NmfError, match="No row of X has two observed cells"):
        scorer(model, X[:1])
    with pytest.raises(NmfError, match="fraction is 1; it must be above 0 and below 1"):
        held_out_scorer(1)


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
