"""Fine features under named ones, and scores that still add up."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.lifelike import lifelike
from nmf_core import NmfError, datasets, factorize, fold_features, fold_in, recommend
from nmf_core.interpret.recommend import recommend_weights, score_parts
from nmf_core.interpret.shelves import FINER, Shelves, shelves_of

RATINGS = lifelike(6_000, seed=1, pull=1.0)
NAMED = factorize(RATINGS, rank=4, blanks="weak", penalty=0.05)


def test_a_fit_goes_under_itself():
    found = fold_features(NAMED, NAMED)
    assert found["named"].tolist() == [0, 1, 2, 3]
    assert found["similarity"].to_numpy() == pytest.approx(np.ones(4))
    assert (found["chance"] < 0.9).all() and found.attrs["named_rank"] == 4


def test_features_split_in_two_go_under_the_one_that_they_are_of():
    rng = np.random.default_rng(0)
    share = rng.uniform(0.2, 0.8, NAMED.H.shape)
    halves = np.concatenate([NAMED.H * share, NAMED.H * (1 - share)])
    fine = type(NAMED)(**{**vars_of(NAMED), "H": halves, "W": np.tile(NAMED.W, 2), "column_scale": np.ones(8)})
    assert fold_features(fine, NAMED)["named"].tolist() == [0, 1, 2, 3] * 2


def test_shuffled_features_are_finer_than_any_name():
    rng = np.random.default_rng(3)
    order = np.argsort(NAMED.H.sum(axis=0))
    shuffled = NAMED.H.copy()
    for start in range(0, len(order), 40):  # among items of about the same weight
        stratum = order[start : start + 40]
        for f in range(4):
            shuffled[f, stratum] = NAMED.H[f, rng.permutation(stratum)]
    fine = type(NAMED)(**{**vars_of(NAMED), "H": shuffled})
    found = fold_features(fine, NAMED)
    assert found["named"].isna().all() and (found["similarity"] < 0.3).all()


def vars_of(fit):
    """The fields of a fit, without what it has cached."""
    return {name: getattr(fit, name) for name in fit.__dataclass_fields__}


def test_fits_of_other_items_are_refused():
    with pytest.raises(NmfError, match="share no item"):
        fold_features(factorize(datasets.notebook(), rank=2), NAMED)


def test_a_list_has_a_column_a_name_and_one_for_what_is_finer():
    fine = factorize(RATINGS, rank=24, blanks="weak", penalty=0.05)
    under = fold_features(fine, NAMED)
    frame = recommend(fine, RATINGS, RATINGS.users[0], labels={0: "Action"}, under=under)
    columns = frame.columns[5:].tolist()
    assert columns[:4] == ["Action", "Feature 2", "Feature 3", "Feature 4"]
    assert columns[4:] == ([FINER] if under["named"].isna().any() else [])
    alone = recommend(fine, RATINGS, RATINGS.users[0])
    assert frame["item"].tolist()[:3] == alone["item"].tolist()[:3]
    assert frame["score"].tolist()[:3] == alone["score"].tolist()[:3]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([3, 20, 160, 320]), st.integers(1, 12))
def test_parts_add_up_to_four_last_digits(seed, rank, named):
    rng = np.random.default_rng(seed)
    H = rng.random((rank, 7)) ** 4 * 10.0 ** rng.integers(-3, 3, (rank, 1))
    weights = rng.random(rank) * (rng.random(rank) < 0.7)
    fit = type(NAMED)(**{**vars_of(NAMED), "H": H})
    shelves = Shelves(rng.integers(0, named + 1, rank), named)
    for sort in (None, shelves):
        parts, total = score_parts(fit, weights, np.arange(7), sort)
        for column, score in zip(parts.T, total, strict=True):
            assert abs(math.fsum(column) - score) <= 4 * np.spacing(score)
            assert abs(column.sum() - score) <= 4 * np.spacing(score)
            assert score == pytest.approx(float(weights @ H[:, list(total).index(score)]), rel=1e-12)


def test_a_newcomers_list_is_folded_too():
    fine = factorize(RATINGS, rank=16, blanks="weak", penalty=0.05)
    under = fold_features(fine, NAMED)
    own = {str(RATINGS.items[0]): 5.0, str(RATINGS.items[1]): 4.0}
    frame = recommend_weights(fine, RATINGS, fold_in(fine, own), rated=own, under=under)
    assert not set(own) & set(frame["item"])
    assert shelves_of(under).named == 4
