"""How far features lean to what is known: standard errors against draws, and what chance reaches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.stats import norm

from nmf_core import NmfError, datasets, factorize
from nmf_core.labels import nameability
from nmf_core.labels.evidence import standard_errors


@pytest.mark.parametrize("has", [4, 60])
def test_as_many_deals_lie_beyond_some_standard_errors_as_the_normal_distribution_has_there(has):
    """Of a rare value and of a common one, with weights as unequal as those of real features, in strata of other sizes."""
    rng = np.random.default_rng(0)
    n, draws, stratum = 400, 20_000, np.repeat([0, 1, 2], [100, 250, 50])
    w = rng.gamma(0.3, size=n) * (1 + stratum)
    value = rng.permutation(n) < has
    dealt = np.hstack([rng.permuted(np.tile(value[stratum == s], (draws, 1)), axis=1) for s in range(3)])
    errors = standard_errors(w[None, :], sparse.csr_array(dealt.astype(float)), stratum)[:, 0]
    # 20,000 draws tell a share of 0.2 % (40 of them) to about 16 %; of four items, whose sum is far from a gamma, the share is 0.9,
    # 1.5 and 0.35 times what it should be. Without the skewness it would be 1.1, 4 and 15 times.
    for tail in (0.05, 0.01, 0.002):
        assert (0.7 if has > 4 else 0.3) * tail < (errors > norm.isf(tail)).mean() < (1.3 if has > 4 else 1.7) * tail


def test_equal_weights_lean_to_nothing():
    assert (
        standard_errors(np.ones((1, 6)), sparse.csr_array([[1.0, 1, 1, 0, 0, 0]]), np.zeros(6, dtype=int))[0, 0]
        == -np.inf
    )


def test_nameability_has_a_row_a_feature_beside_what_chance_reaches():
    ratings = datasets.movie_night()
    fit = factorize(ratings, rank=4).canonical()
    found = nameability(fit.H, fit.items, ratings.item_info)
    assert found["feature"].tolist() == [0, 1, 2, 3]
    assert (found["standard_errors"] > found["chance"]).all()
    rng = np.random.default_rng(0)
    dealt = ratings.item_info.sample(frac=1, random_state=rng).set_axis(ratings.item_info.index)
    assert (nameability(fit.H, fit.items, dealt)["standard_errors"].dropna() < found["standard_errors"].min()).all()


def test_nameability_of_nothing_is_nothing():
    items = [f"{k}" for k in range(40)]
    info = pd.DataFrame({"genres": ["a"] * 20 + ["b"] * 20}, index=items)
    for H, known in ((np.zeros((2, 40)), info), (np.ones((2, 40)), info), (np.eye(2, 40), None)):
        found = nameability(H, items, known)
        assert found["standard_errors"].isna().all()
        assert (found["value"] == "").all()
    with pytest.raises(NmfError, match="39 items"):
        nameability(np.ones((2, 40)), items[1:], info)
