"""What a fit says of itself: penalties on one factor alone, sweeps that ran out, counts."""

from __future__ import annotations

import numpy as np
import pytest

from nmf_core import Penalty, Ratings, Settings, factorize, fit_settings
from nmf_core.export import notebook, report
from pages.ui import text
from tests.conftest import random_ratings


@pytest.mark.parametrize("solver", ["hals", "mu"])
@pytest.mark.parametrize("penalty", [Penalty(l1_W=1), Penalty(l2_W=1), Penalty(l1_H=0.5, l2_H=2)])
def test_a_penalty_on_one_factor_weighs_nothing_and_is_said(movie_night, solver, penalty):
    free, asked = (factorize(movie_night, rank=2, solver=solver, penalty=p) for p in (0.0, penalty))
    assert asked.penalty == Penalty() and asked.settings.penalty == penalty
    assert asked.objective == free.objective and (asked.W == free.W).all()
    (note,) = set(asked.notes) - set(free.notes)
    assert f"on {penalty.one_sided} alone" in note and "left out" in note


def test_no_scale_makes_a_penalty_on_one_factor_matter():
    """By hand: the same product, W smaller and H larger, has the same loss and any small penalty that one likes."""
    ratings = random_ratings(1)
    fit = factorize(ratings, rank=2, penalty=Penalty(l1_W=1))
    grid = ratings.to_grid().to_numpy()
    loss = 0.5 * np.nansum((grid - fit.W @ fit.H) ** 2)
    assert fit.objective == pytest.approx(loss)
    for scale in (1e-3, 1e-9):
        W, H = fit.W * scale, fit.H / scale
        value = 0.5 * np.nansum((grid - W @ H) ** 2) + ratings.user_counts @ W.sum(axis=1)
        assert value == pytest.approx(loss, abs=1e3 * scale)


def test_penalties_on_both_factors_and_scikit_learns_stay_as_they_are(movie_night):
    both = factorize(movie_night, rank=2, penalty=Penalty(l1_W=0.1, l2_H=0.1))
    assert both.penalty == Penalty(l1_W=0.1, l2_H=0.1) and not both.notes
    theirs = factorize(movie_night, rank=2, solver="sklearn-cd", blanks="zero", penalty=Penalty(l2_W=0.1))
    assert theirs.penalty == Penalty(l2_W=0.1) and "no least value" in theirs.notes[0]


def test_a_fit_that_ran_out_of_sweeps_says_so_alike_everywhere(movie_night):
    fit = factorize(movie_night, rank=2, max_sweeps=1, tol=0)
    said = "Not converged: it ran out of sweeps. Give it more sweeps, or a larger tolerance."
    assert not fit.converged and fit.notes == (said,)
    assert report(movie_night, fit).count(said) == 1 and said in notebook(movie_night, fit)
    assert text.stopped_reason(fit) == said and text.fit_state(fit).startswith("Not converged after 1 sweep")
    done = factorize(movie_night, rank=2)
    assert done.converged and not done.notes and "Not converged" not in report(movie_night, done)


def test_real_ratings_that_run_out_of_sweeps_say_so(latest_small):
    fit = fit_settings(latest_small, Settings(rank=5, penalty=0.1, max_sweeps=5))
    assert any(note.startswith("Not converged") for note in fit.notes)


def test_a_fit_of_counts_says_that_the_largest_decide(movie_night):
    table = movie_night.to_table()
    counts = Ratings.from_cells(table["user"], table["item"], np.round(np.exp(2 * table["rating"])))
    fit = factorize(counts, rank=2, penalty=0.1)
    assert any("take_logarithm" in note and "as counts do" in note for note in fit.notes)
