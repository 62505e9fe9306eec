"""`MaskedNMF` beside scikit-learn: its checks of estimators, its own tests of NMF, its objective."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import NMF as SklearnNMF
from sklearn.utils.estimator_checks import parametrize_with_checks

from nmf_core import MaskedNMF
from tests.estimator.planted import planted

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
