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
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from nmf_core import MaskedNMF, NmfError, held_out_scorer

try:
    from sklearn.decomposition.tests import test_nmf as upstream
except ImportError:  # some distributions leave scikit-learn's tests out
    upstream = None


@parametrize_with_checks(
    [
        MaskedNMF(),
        MaskedNMF(2, blanks="zero"),
        MaskedNMF(2, blanks="weak"),
        MaskedNMF(2, solver="mu", beta_loss="kullback-leibler", tol=1e-3),
    ]
)
@pytest.mark.filterwarnings("ignore")  # checks use data on which a fit may not converge; check_estimator ignores that too
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
    """Every case of `PASSED` with our class in it; where a case asks for the solver "cd", one with "hals" beside it."""
    cases = []
    for name, test in sorted(upstream_tests().items()):
        marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
        for parts in itertools.product(*map(rows_of, marks)) if name in PASSED else ():
            case = {key: value for part in parts for key, value in part.items()}
            if upstream.MiniBatchNMF in case.values():
                continue
            case = {key: NMF if value is SklearnNMF else value for key, value in case.items()}
            ours = {"solver": "hals"} if case.get("solver") == "cd" else {}
            ours = {"solver": {"solver": "hals"}} if case.get("solver") == {"solver": "cd"} else ours
            for kwargs in (case, case | ours) if ours else (case,):
                label = "-".join(getattr(value, "__name__", str(value)) for value in kwargs.values())
                cases.append(pytest.param(name, kwargs, id=f"{name}-{label}"))
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
