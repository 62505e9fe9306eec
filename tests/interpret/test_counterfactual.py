"""Counterfactuals: each does what it says, by folding in anew, and nothing smaller does."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from nmf_core import NmfError, datasets, factorize, fold_in, recommend, shortest_removal, smallest_flip
from nmf_core.fit.fold_in import fold_in_rows
from nmf_core.interpret import removal
from nmf_core.interpret.contest import contest_of
from nmf_core.interpret.recommend import scale_steps


def first_of(fit, ratings, user, changed):
    """What is recommended first with other ratings: by `fold_in`, among what the user has not rated."""
    own = ratings.of_user(user)
    unrated = [i for i in sorted(ratings.items) if i not in own and ratings.item_counts[ratings.column(i)]]
    scores = fold_in(fit, changed) @ fit.H[:, [ratings.column(i) for i in unrated]]
    return unrated[int(np.round(scores / scores.max(), 9).argmax())] if scores.max() > 0 else None


def fewest_by_brute_force(fit, ratings, user, most):
    """The size of the smallest set of ratings without which another item comes first; None up to `most`."""
    own = ratings.of_user(user)
    before = first_of(fit, ratings, user, own)
    for size in range(1, min(most, len(own) - 1) + 1):
        for gone in combinations(own, size):
            after = first_of(fit, ratings, user, {i: r for i, r in own.items() if i not in gone})
            if after not in (before, None):
                return size
    return None


@pytest.fixture(scope="module", params=["weak", "unknown", (0.5, 2.0)])
def fit(request, movie_night):
    return factorize(movie_night, rank=4, blanks=request.param, penalty=0.05).canonical()


def test_the_shortest_removal_puts_another_item_first_and_no_smaller_set_does(fit, movie_night):
    seen = set()
    for user in movie_night.users[:6]:
        found = shortest_removal(fit, movie_night, user, most=2, least=1)
        fewest = fewest_by_brute_force(fit, movie_night, user, 2)
        seen.add(fewest)
        assert (found and len(found.items)) == fewest
        if found:
            own = movie_night.of_user(user)
            left = {i: r for i, r in own.items() if i not in found.items}
            assert found.certain and set(found.items) <= set(own)
            assert first_of(fit, movie_night, user, own) == found.before
            assert first_of(fit, movie_night, user, left) == found.after != found.before
    assert len(seen) > 1


def test_smallest_flip_agrees_with_moving_every_rating_to_every_step(fit, movie_night):
    for user in movie_night.users[:4]:
        own = movie_night.of_user(user)
        before = first_of(fit, movie_night, user, own)
        sizes = [
            abs(new - old)
            for item, old in own.items()
            for new in scale_steps(movie_night)
            if first_of(fit, movie_night, user, {**own, item: new}) not in (before, None)
        ]
        flip = smallest_flip(fit, movie_night, user, least=1)
        assert (flip and abs(flip.new - flip.old)) == (min(sizes) if sizes else None)
        if flip:
            assert first_of(fit, movie_night, user, {**own, flip.item: flip.new}) == flip.after


@pytest.mark.parametrize("loss", ["kl", "is"])
def test_flips_under_other_losses_fold_in_each_trial(movie_night, loss):
    fit = factorize(movie_night, rank=2, solver="mu", loss=loss, max_sweeps=50)
    user = movie_night.users[0]
    flip = smallest_flip(fit, movie_night, user, least=1)
    if flip:
        assert first_of(fit, movie_night, user, {**movie_night.of_user(user), flip.item: flip.new}) == flip.after
    with pytest.raises(NmfError, match="Fit with loss='frobenius'"):
        shortest_removal(fit, movie_night, user)


@pytest.fixture(scope="module")
def large():
    """A planted set at a rank at which many features come and go."""
    ratings = datasets.planted(150, 200, 8, 0.25, 0.5, 0)
    return ratings, factorize(ratings, rank=40, blanks="weak", penalty=0.01, max_sweeps=10).canonical()


def test_many_changes_solved_from_one_tableau_are_those_folded_in_one_by_one(large):
    ratings, fit = large
    rng = np.random.default_rng(0)
    came_or_went = 0
    for user in ratings.users[:8]:
        contest = contest_of(fit, ratings, user, least=1)
        n = len(contest.problem.columns)
        which, change = rng.integers(0, n, 12), rng.uniform(-4, 4, 12)
        values = np.repeat(contest.problem.values[None, :], 12, axis=0)
        values[np.arange(12), which] += change
        sets = [tuple(rng.choice(n, size, replace=False).tolist()) for size in (1, 1, 2, 2, 3, 5, 8, n - 1)]
        left = np.repeat(contest.problem.values[None, :], len(sets), axis=0)
        for row, gone in zip(left, sets, strict=True):
            row[list(gone)] = np.nan
        for found, trials in ((contest.moved(which, change), values), (contest.without(sets), left)):
            np.testing.assert_allclose(found, contest.problem.folded(trials), atol=1e-7)
            came_or_went += ((found > 0) != contest.free).any(axis=1).sum()
    assert came_or_went > 30


def test_features_that_cannot_be_told_apart_are_no_obstacle(movie_night):
    """Two equal features and no penalty: there is no inverse, and the scores are what they are all the same."""
    fit = factorize(movie_night, rank=2, blanks="weak", penalty=0)
    doubled = replace(
        fit,
        W=np.hstack([fit.W, fit.W]) / 2,
        H=np.vstack([fit.H, fit.H]),
        misfit_removed=np.ones(4),
        column_scale=np.ones(4),
        solver_order=(),
    )
    for user in movie_night.users[:5]:
        assert smallest_flip(doubled, movie_night, user) == smallest_flip(fit, movie_night, user)
        assert shortest_removal(doubled, movie_night, user) == shortest_removal(fit, movie_night, user)


def test_where_too_many_sets_are_to_be_tried_it_says_so_and_still_flips(large):
    ratings, fit = large
    uncertain = 0
    for user in ratings.users[:15]:
        found = shortest_removal(fit, ratings, user, tries=0, least=1)
        if found is None:
            continue
        assert found.certain == (len(found.items) <= 2)
        uncertain += not found.certain
        own = ratings.of_user(user)
        assert first_of(fit, ratings, user, own) == found.before
        assert first_of(fit, ratings, user, {i: r for i, r in own.items() if i not in found.items}) == found.after
    assert uncertain > 0


def test_the_item_that_gives_way_is_the_first_recommended(large):
    ratings, fit = large
    for user in ratings.users[:10]:
        found = shortest_removal(fit, ratings, user)
        if found:
            assert found.before == recommend(fit, ratings, user, n=1)["item"][0]


def test_somebody_new_has_the_counterfactuals_of_somebody_in_the_fit_with_the_same_ratings(large):
    ratings, fit = large
    user = ratings.users[1]
    assert smallest_flip(fit, ratings, ratings.of_user(user)) == smallest_flip(fit, ratings, user)
    assert shortest_removal(fit, ratings, ratings.of_user(user)) == shortest_removal(fit, ratings, user)


def test_bounds_are_said(movie_night):
    fit = factorize(movie_night, rank=2, blanks="weak")
    with pytest.raises(NmfError, match="most is 0"):
        shortest_removal(fit, movie_night, "Keiko", most=0)
    assert shortest_removal(fit, movie_night, {}) is None
    assert removal.MOST <= 50


def test_on_real_ratings_flips_flip(latest_small):
    fit = factorize(latest_small, rank=30, blanks="weak", penalty=0.02, max_sweeps=4)
    rng = np.random.default_rng(0)
    V = latest_small.V.astype(np.float64)
    for user in latest_small.users[rng.choice(latest_small.n_users, 4, replace=False)]:
        contest = contest_of(fit, latest_small, user)
        flip = smallest_flip(fit, latest_small, user)
        found = shortest_removal(fit, latest_small, user, tries=0)
        row = V[[latest_small.row(user)]].toarray()[0]
        for change in filter(None, (flip, found)):
            after = row.copy()
            if change is flip:
                after[latest_small.column(flip.item)] = flip.new
            else:
                after[[latest_small.column(i) for i in found.items]] = 0
            scores = (fold_in_rows(fit, type(V)(after[None, :])) @ fit.H[:, contest.candidates])[0]
            assert contest.name(int(scores.argmax())) == change.after
