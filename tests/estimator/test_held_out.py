"""`held_out_scorer`: what it hides, and that a search with it finds what was planted."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, KFold

from nmf_core import MaskedNMF, NmfError, held_out_scorer
from tests.estimator.planted import as_sparse, planted

# Most tests look at something else than convergence; scikit-learn's own test_convergence_warning looks at that.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


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
