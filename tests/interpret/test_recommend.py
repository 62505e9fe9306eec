"""Scores, recommendations and their parts, people placed without a refit, and the smallest flip."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from nmf_core import NmfError, Ratings, explain, factorize, fold_in, recommend, smallest_flip
from nmf_core.fit.fold_in import blank_weights, default_half_at, fold_in_rows, list_weights
from nmf_core.interpret.features import narrate_user
from nmf_core.interpret.recommend import contribution_columns, neighbours, scale_steps, weights_of
from tests.conftest import dense, random_ratings

DIALS = ["unknown", "weak", "zero", (0.5, 2.0)]


@pytest.fixture(scope="module")
def fit(movie_night):
    return factorize(movie_night, rank=4).canonical()


def test_contributions_add_up_to_the_score_exactly_and_rated_items_are_left_out(fit, movie_night):
    for user in movie_night.users[:10]:
        frame = recommend(fit, movie_night, user, n=5, labels={0: "Action"})
        names = contribution_columns(4, {0: "Action"})
        assert frame.columns.tolist() == ["item", "score", "prediction", "ratings", "warning", *names]
        np.testing.assert_allclose(frame[names].sum(axis=1), frame["score"], rtol=1e-12)
        np.testing.assert_allclose(frame["score"], fit.score([user] * len(frame), frame["item"]), rtol=1e-12)
        assert not set(frame["item"]) & set(movie_night.of_user(user))
        assert (frame["prediction"].between(1, 5)).all()
        assert frame["score"].is_monotonic_decreasing


def test_recommendations_are_the_best_unrated_items_by_brute_force(fit, movie_night):
    values, mask = dense(movie_night)
    scores = np.where(mask, -np.inf, fit.W @ fit.H)
    for u, user in enumerate(movie_night.users):
        best = movie_night.items[np.argsort(-scores[u], kind="stable")[:3]].tolist()
        assert recommend(fit, movie_night, user, n=3)["item"].tolist() == best


def test_items_that_nobody_rated_come_last_with_their_warning():
    grid = pd.DataFrame([[5.0, 1, np.nan, np.nan], [4, np.nan, 2, np.nan]], index=["a", "b"], columns=list("wxyz"))
    ratings = Ratings.from_grid(grid, scale=(1, 5))
    frame = recommend(factorize(ratings, rank=1), ratings, "a")
    assert frame["item"].tolist() == ["y", "z"]
    assert "no ratings" in frame["warning"].iloc[-1]


def test_a_label_that_is_a_columns_name_does_not_collide(fit, movie_night):
    frame = recommend(fit, movie_night, movie_night.users[0], labels={0: "score", 1: "Twice", 2: "Twice"})
    assert frame.columns.is_unique
    assert {"score (1)", "Twice (2)", "Twice (3)"} <= set(frame.columns)


@pytest.mark.parametrize(
    "labels", [{0: "Action", 1: "Action", 2: "Action (2)"}, {0: "score", 1: "score (1)"}, {1: "Feature 1", 2: "item"}]
)
def test_labels_made_to_collide_keep_a_column_each(fit, movie_night, labels):
    frame = recommend(fit, movie_night, movie_night.users[0], labels=labels)
    assert frame.columns.is_unique and len(frame.columns) == 5 + fit.rank


def test_explain_gives_the_parts_largest_first(fit, movie_night):
    parts = explain(fit, "Aisha" if "Aisha" in movie_night.users else movie_night.users[0], movie_night.items[3])
    assert parts.columns.tolist() == ["feature", "user_weight", "item_weight", "contribution", "share"]
    np.testing.assert_allclose(parts["user_weight"] * parts["item_weight"], parts["contribution"])
    assert parts["share"].sum() == pytest.approx(1.0)
    assert parts["contribution"].is_monotonic_decreasing


def solves_its_problem(seed, blanks, penalty, half_at=0.0):
    """Whether `fold_in` fits as well as an active-set solver of the same problem, its blanks weighing ω n / (n + half_at)."""
    ratings = random_ratings(seed, density=0.7)
    fit = factorize(ratings, rank=3, blanks=blanks, penalty=penalty, max_sweeps=30, seed=seed)
    user = ratings.users[0]
    mask = dense(ratings)[1][0]
    values = dense(ratings)[0][0]
    omega, b = fit.blanks.weight, fit.blanks.value
    if half_at:
        omega *= mask.sum() / (mask.sum() + half_at)
    weight = np.sqrt(mask + omega * ~mask)
    ridge = np.sqrt(penalty * (mask + omega * ~mask).sum()) * np.eye(3)
    left = np.vstack([weight[:, None] * fit.H.T, ridge])
    right = np.concatenate([weight * np.where(mask, values, b), np.zeros(3)])
    expected, _ = nnls(left, right)
    ours = fold_in(fit, ratings.of_user(user), half_at=half_at)
    # Two solutions of a flat problem may differ; what they fit may not. Misfits to 1e-5: both solve to about 1e-8.
    return np.linalg.norm(left @ ours - right) == pytest.approx(
        np.linalg.norm(left @ expected - right), rel=1e-5, abs=1e-6
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 500), st.sampled_from(DIALS), st.sampled_from([0.0, 0.1]))
def test_fold_in_solves_the_non_negative_least_squares_problem(seed, blanks, penalty):
    assert solves_its_problem(seed, blanks, penalty)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 500), st.sampled_from(["weak", "zero", (0.5, 2.0)]), st.sampled_from([0.5, 3.0, 50.0]))
def test_fold_in_gives_each_persons_blanks_their_own_weight(seed, blanks, half_at):
    assert solves_its_problem(seed, blanks, 0.1, half_at)


@pytest.mark.parametrize("blanks", DIALS)
def test_fold_in_solves_the_same_problem_in_canonical_form(movie_night, blanks):
    raw = factorize(movie_night, rank=4, blanks=blanks, penalty=0.2, tol=1e-6, max_sweeps=2000)
    own = movie_night.of_user("Keiko")
    canonical = raw.canonical()
    np.testing.assert_allclose(fold_in(canonical, own) @ canonical.H, fold_in(raw, own) @ raw.H, rtol=1e-7)
    # and where a blank counts as in the fit, a fitted user comes back as fitted: to the fit's own tolerance
    u = movie_night.row("Keiko")
    np.testing.assert_allclose(fold_in(canonical, own, half_at=0), canonical.W[u], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("loss", ["kl", "is"])
def test_fold_in_of_a_fitted_user_gives_their_row_back_for_every_loss(movie_night, loss):
    fit = factorize(movie_night, rank=2, solver="mu", loss=loss, max_sweeps=3000, tol=1e-8)
    u = 3
    weights = fold_in(fit, movie_night.of_user(movie_night.users[u]))
    np.testing.assert_allclose(weights @ fit.H, fit.W[u] @ fit.H, rtol=1e-3)


def test_fold_in_without_ratings_is_the_average_person(fit):
    np.testing.assert_allclose(fold_in(fit, {}), fit.W.mean(axis=0))


@pytest.fixture(scope="module")
def weak(movie_night):
    return factorize(movie_night, rank=4, blanks="weak").canonical()


def test_somebody_in_the_fit_has_the_list_of_somebody_new_with_the_same_ratings(weak, movie_night):
    user = "Keiko"
    own = movie_night.of_user(user)
    weights = fold_in(weak, own)
    frame = recommend(weak, movie_night, user, n=5)
    np.testing.assert_allclose(frame["score"], weights @ weak.H[:, weak.items.get_indexer(frame["item"])], rtol=1e-6)
    parts = explain(weak, user, frame["item"][0], ratings=movie_night)
    assert parts["contribution"].sum() == pytest.approx(frame["score"][0])
    assert np.abs(weights - weak.W[movie_night.row(user)]).max() > 1e-3  # the fit's own row says something else
    assert parts["contribution"].sum() != pytest.approx(explain(weak, user, frame["item"][0])["contribution"].sum())
    said = narrate_user(weak, user, weights=weights_of(weak, movie_night, user))
    assert said.startswith("Keiko: ")
    asked = recommend(weak, movie_night, user, n=5, half_at=0)
    np.testing.assert_allclose(asked["score"], weak.score([user] * 5, asked["item"]))


@pytest.mark.parametrize("blanks", ["unknown", "zero"])
def test_where_blanks_are_no_weak_evidence_lists_are_made_with_the_fits_own_rows(movie_night, blanks):
    fit = factorize(movie_night, rank=2, blanks=blanks)
    assert default_half_at(fit) == 0
    np.testing.assert_array_equal(list_weights(fit, movie_night, slice(0, 3)), fit.W[:3])


def test_what_a_blank_weighs_grows_with_what_is_known_of_somebody(weak):
    weights = blank_weights(weak, np.array([0, 1, 5, 20, 1000]))
    assert weights[0] == 0
    assert (np.diff(weights) > 0).all()
    assert weights[-1] == pytest.approx(0.2, rel=0.01)
    assert blank_weights(weak, np.array([default_half_at(weak)]))[0] == pytest.approx(0.1)
    np.testing.assert_array_equal(blank_weights(weak, np.array([0, 7]), half_at=0), [0.2, 0.2])
    with pytest.raises(NmfError, match="half_at is -1"):
        blank_weights(weak, np.array([1]), half_at=-1)


def test_many_are_folded_in_at_once_as_one_by_one(weak, movie_night):
    V = movie_night.V[:6].astype(np.float64)
    together = fold_in_rows(weak, V)
    for row, user in enumerate(movie_night.users[:6]):
        np.testing.assert_allclose(together[row], fold_in(weak, movie_night.of_user(user)), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(fold_in(weak, {}), weak.W.mean(axis=0))  # nothing is known: an average person


def test_alike_people_say_how_many_items_they_share(weak, movie_night):
    for user in movie_night.users[:5]:
        near = neighbours(weak, user, n=4, ratings=movie_night)
        own = set(movie_night.of_user(user))
        assert near["shared"].tolist() == [len(own & set(movie_night.of_user(other))) for other in near["user"]]
        assert near["similarity"].is_monotonic_decreasing
        assert user not in set(near["user"])
    assert "shared" not in neighbours(weak, movie_night.users[0])


def test_fold_in_names_an_unknown_item_and_a_rating_that_is_none(fit, movie_night):
    with pytest.raises(NmfError, match="There is no item 'Nope'"):
        fold_in(fit, {"Nope": 3})
    with pytest.raises(NmfError, match="they must be a mapping from item to rating"):
        fold_in(fit, None)
    with pytest.raises(NmfError, match="the rating of .* is nan"):
        fold_in(fit, {movie_night.items[0]: float("nan")})


def brute_force_flip(fit, ratings, user):
    own = ratings.of_user(user)
    unrated = [i for i in ratings.items if i not in own and ratings.item_counts[ratings.column(i)]]

    def first(changed):
        weights = fold_in(fit, changed)
        return max(unrated, key=lambda i: (weights @ fit.H[:, ratings.column(i)], -ratings.column(i)))

    before, best = first(own), None
    for item, old in sorted(own.items()):
        for new in scale_steps(ratings):
            after = first({**own, item: new})
            if after != before and (best is None or abs(new - old) < abs(best[2] - best[1])):
                best = (item, old, new, before, after)
    return best


def test_the_smallest_flip_agrees_with_brute_force(fit, movie_night):
    for user in movie_night.users[:4]:
        flip = smallest_flip(fit, movie_night, user)
        expected = brute_force_flip(fit, movie_night, user)
        if expected is None:
            assert flip is None
        else:
            assert flip is not None
            assert abs(flip.new - flip.old) == pytest.approx(abs(expected[2] - expected[1]))
            assert (flip.item, flip.before) == (expected[0], expected[3])


def test_no_flip_with_nothing_to_flip(notebook):
    assert smallest_flip(factorize(notebook, rank=2), notebook, "User5") is None


def test_scale_steps_follow_the_ratings():
    half = Ratings.from_cells(["a", "b"], ["x", "x"], [0.5, 4.0], scale=(0.5, 5))
    assert scale_steps(half).tolist() == [0.5 * k for k in range(1, 11)]
    odd = Ratings.from_cells(["a", "b"], ["x", "x"], [0.123, 4.0], scale=(0, 5))
    assert len(scale_steps(odd)) == 21


def test_neighbours_are_the_most_alike_and_never_oneself(fit, movie_night):
    user = movie_night.users[0]
    frame = neighbours(fit, user, n=5)
    assert user not in set(frame["user"])
    assert frame["similarity"].is_monotonic_decreasing
    assert len(frame) == 5


def test_ratings_of_another_grid_are_refused(fit, notebook):
    with pytest.raises(NmfError, match="Pass the ratings that were fitted"):
        recommend(fit, notebook, "User1")


def test_an_unknown_user_is_named_with_the_nearest(notebook):
    fit = factorize(notebook, rank=2)
    with pytest.raises(NmfError, match="There is no user 'User9'.*Did you mean 'User"):
        recommend(fit, notebook, "User9")


def test_few_ratings_make_few_claims_on_real_ones(latest_small):
    """People with five ratings had the lists of their blanks: 19 films in all; and who had few ratings, one first film."""
    rng = np.random.default_rng(0)
    new = np.flatnonzero(latest_small.user_counts >= 20)[::4]
    V = latest_small.V[new].astype(np.float64)
    for row in range(len(new)):  # all but five of each person's ratings are forgotten
        cells = np.arange(V.indptr[row], V.indptr[row + 1])
        V.data[rng.permutation(cells)[5:]] = -1.0
    V.data[V.data < 0] = 0.0
    V.eliminate_zeros()
    fit = factorize(latest_small, rank=10, blanks="weak", penalty=0.02)

    def lists(weights, seen, n=10):
        scores = weights @ fit.H
        scores[seen.nonzero()] = -np.inf
        return np.argsort(-scores, axis=1, kind="stable")[:, :n]

    today, ours = (lists(fold_in_rows(fit, V, half_at=c), V) for c in (0, None))
    assert len(np.unique(ours)) >= 4 * len(np.unique(today))

    few = np.flatnonzero(latest_small.user_counts <= 50)
    rated = latest_small.V[few]
    today, ours = (lists(list_weights(fit, latest_small, few, half_at=c), rated, 1) for c in (0, None))
    most_often = [np.bincount(first.ravel()).max() / len(few) for first in (today, ours)]
    assert most_often[1] < most_often[0] / 2
