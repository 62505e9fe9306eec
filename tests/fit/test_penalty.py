"""The default penalty where blanks are unknown: near what a long search finds, in a known number of sweeps, cancelled at once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.lifelike import lifelike
from benchmarks.penalty import STRENGTHS, excess, smooth
from nmf_core import Settings, datasets
from nmf_core.fit import penalty
from nmf_core.fit.factorize import problem_of
from nmf_core.fit.held_out import trial
from nmf_core.fit.problem import Blanks


@pytest.mark.parametrize(("noise", "low", "high"), [(0.2, 0.02, 0.04), (1.0, 0.08, 0.14)])
def test_lambda_follows_the_noise(noise, low, high):
    ratings = datasets.planted(600, 300, 5, 0.2, noise, 1)
    found = problem_of(ratings, Settings(rank=10)).penalty.l2_W / ratings.V.data.std(dtype=np.float64)
    assert low < found < high  # the best of a grid: 0.028 and 0.113


def test_a_search_among_many_ratings_takes_twelve_sweeps():
    asked = []
    problem_of(lifelike(100_000), Settings(rank=10), on_sweep=lambda *row: asked.append(row))
    assert len(asked) <= 3 * 4 + 3  # after each sweep, and before each step


def test_a_search_that_is_cancelled_ends_with_the_sweep_and_has_a_penalty():
    asked = []
    problem = problem_of(lifelike(100_000), Settings(rank=10), on_sweep=lambda *row: bool(asked.append(row)))
    assert len(asked) <= 3  # after one sweep, and before a step either way
    assert problem.penalty.l2_W > 0


def test_the_next_fit_begins_on_the_line_through_the_last_two():
    before, now = (np.full((2, 2), w) for w in (1.0, 2.0)), (np.full((2, 2), w) for w in (1.5, 3.0))
    start = (np.full((2, 2), 7.0), np.full((2, 2), 8.0))
    W, H = penalty._ahead(tuple(now), tuple(before), start)
    np.testing.assert_array_equal(W, 1.5)
    np.testing.assert_array_equal(H, 4.0)


def test_a_feature_that_went_to_nothing_begins_anew():
    W, H, start = np.ones((3, 2)), np.ones((2, 3)), (np.full((3, 2), 7.0), np.full((2, 3), 8.0))
    gone = (W.copy(), H.copy())
    gone[1][1] = 0.0
    found_W, found_H = penalty._ahead(gone, gone, start)
    np.testing.assert_array_equal(found_W, [[1, 7]] * 3)
    np.testing.assert_array_equal(found_H, [[1] * 3, [8] * 3])
    np.testing.assert_array_equal(gone[1][1], 0.0)  # what was given is left alone


def test_few_ratings_are_hidden_more_often():
    unknown, weak = Blanks(0.0, 0.0), Blanks(0.2, 0.5)
    assert [penalty.repeats(n, unknown) for n in (999, 1_001, 5_001, 20_001)] == [3, 3, 3, 1]
    assert [penalty.repeats(n, weak) for n in (999, 1_000, 20_001)] == [1, 3, 1]


def test_the_default_is_near_the_best_of_a_grid():
    *_, above, on_a_curve = excess(datasets.planted(600, 300, 5, 0.2, 1.0, 1))
    assert above < 0.003
    assert on_a_curve < 0.002


def test_a_smooth_curve_goes_through_errors_that_lie_on_one():
    errors = (np.log2(STRENGTHS) + 3) ** 2
    assert smooth(errors, 0.2) == pytest.approx((math.log2(0.2) + 3) ** 2)


def test_lists_of_everybody_judge_a_penalty_where_there_are_a_few_hundred_people():
    ratings = datasets.planted(400, 6_000, 3, 0.01, 0.3, 0, biased_blanks=1.0)
    problem = problem_of(ratings, Settings(rank=4, blanks="weak", penalty=0.1))
    tried = trial(problem, 4, threads=1)
    assert len(tried.whose) > 250  # of the others nothing that they liked is hidden
