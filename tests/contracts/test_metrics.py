"""What every metric in the registry promises. A new metric is tested here without a line of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core import Settings, datasets, evaluate
from nmf_core.metrics import METRICS, Lists
from nmf_core.metrics.everybody import of_block, together
from nmf_core.metrics.lists import best

RATINGS = {name: metric for name, metric in METRICS.items() if metric.of_ratings}
LISTS = {name: metric for name, metric in METRICS.items() if metric.of_lists}
EVERYBODY = {name: metric for name, metric in METRICS.items() if metric.of_everybody}


@pytest.mark.parametrize("name", METRICS)
def test_it_judges_ratings_a_list_or_all_lists_and_says_what_it_is(name):
    metric = METRICS[name]
    assert sum(judge is not None for judge in (metric.of_ratings, metric.of_lists, metric.of_everybody)) == 1
    assert metric.title.format(top_n=10) and metric.summary.endswith(".")


@pytest.mark.parametrize("name", RATINGS)
def test_what_is_right_is_judged_best(name):
    rng = np.random.default_rng(0)
    actual = rng.integers(1, 6, 50).astype(float)
    judge, sign = RATINGS[name].of_ratings, 1 if RATINGS[name].higher_is_better else -1
    perfect, near, far = (judge(actual, actual + off) for off in (0.0, 0.5, 2.0))
    assert sign * perfect > sign * near > sign * far
    assert isinstance(perfect, float)


@pytest.mark.parametrize("name", LISTS)
def test_what_is_relevant_on_top_is_judged_best_and_nothing_relevant_is_nan(name):
    relevant = np.array([[True, True, False, False, False], [False] * 5])
    judge, sign = LISTS[name].of_lists, 1 if LISTS[name].higher_is_better else -1
    good, bad = (
        judge(Lists(np.array([scores, scores], dtype=float), relevant, 2))
        for scores in ([5, 4, 3, 2, 1], [1, 2, 3, 4, 5])
    )
    assert good.shape == (2,)
    assert sign * good[0] > sign * bad[0]
    assert np.isnan(good[1])


@pytest.mark.parametrize("name", LISTS)
def test_items_that_are_no_candidates_are_never_listed(name):
    scores, judge = np.array([[-np.inf, 1.0, 0.5]]), LISTS[name].of_lists
    none, below = (
        judge(Lists(scores, np.array([relevant]), 1))[0] for relevant in ([True, False, False], [False, False, True])
    )
    assert none == below


@pytest.mark.parametrize("name", LISTS)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n_items=st.integers(1, 30), top_n=st.integers(1, 35))
def test_the_order_of_columns_says_nothing(name, seed, n_items, top_n):
    """Equal scores, no candidates and all: items in another order are judged alike."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 3, (6, n_items)).astype(float)
    scores[rng.random(scores.shape) < 0.2] = -np.inf
    relevant = rng.random(scores.shape) < 0.3
    mixed = rng.permutation(n_items)
    judge = LISTS[name].of_lists
    # The sums are of other orders: to rounding.
    np.testing.assert_allclose(
        judge(Lists(scores[:, mixed], relevant[:, mixed], top_n)),
        judge(Lists(scores, relevant, top_n)),
        rtol=1e-12,
        atol=1e-12,
    )


def all_lists(scores, rated, low, rated_by, top_n):
    return of_block(Lists(scores, rated, top_n), rated, low, rated_by, raters=int(rated_by.max()) + 1)


@pytest.mark.parametrize("name", EVERYBODY)
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n_items=st.integers(1, 30), top_n=st.integers(1, 35))
def test_the_order_of_columns_and_of_blocks_says_nothing_of_all_lists(name, seed, n_items, top_n):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 3, (6, n_items)).astype(float)
    scores[rng.random(scores.shape) < 0.2] = -np.inf
    rated = (rng.random(scores.shape) < 0.3) & ~np.isneginf(scores)
    low = rated & (rng.random(scores.shape) < 0.5)
    rated_by, mixed = rng.integers(0, 7, n_items), rng.permutation(n_items)
    judge = EVERYBODY[name].of_everybody
    whole = judge(all_lists(scores, rated, low, rated_by, top_n))
    other = judge(all_lists(scores[:, mixed], rated[:, mixed], low[:, mixed], rated_by[mixed], top_n))
    halves = [all_lists(scores[half], rated[half], low[half], rated_by, top_n) for half in (slice(2), slice(2, 6))]
    np.testing.assert_allclose([other, judge(together(halves))], whole, rtol=1e-9, atol=1e-12)


def test_evaluate_has_a_column_and_its_standard_error_for_each():
    table = evaluate(datasets.movie_night(), Settings(rank=2, max_sweeps=5, penalty=0.1), folds=2, baselines=())
    assert table.columns.tolist() == [column for name in METRICS for column in (name, f"{name}_se")]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n_items=st.integers(1, 40), top_n=st.integers(1, 45), kinds=st.integers(1, 6))
def test_the_best_are_those_of_a_whole_sort_with_ties_to_the_first(seed, n_items, top_n, kinds):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, kinds, (7, n_items)).astype(float)  # few values, so that many are equal
    scores[rng.random(scores.shape) < 0.3] = -np.inf
    top_n = min(top_n, n_items)
    assert np.array_equal(best(scores, top_n), np.argsort(-scores, axis=1, kind="stable")[:, :top_n])
