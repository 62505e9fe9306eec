"""Receipts: what ratings, blanks, penalty and fine features give to a score adds up to it, and is what exact arithmetic gives."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core import NmfError, Penalty, datasets, factorize, fold_features, fold_in, own_parts, recommend
from nmf_core.fit.fold_in import blank_weights
from nmf_core.interpret.receipts import fine_parts, known_by
from nmf_core.interpret.recommend import explain, score_parts, weights_of
from nmf_core.interpret.shelves import shelves_of
from tests.conftest import random_ratings

DIALS = ["unknown", "weak", "zero", (0.5, 2.0)]


def random_fit(ratings, rank, seed, blanks="weak", penalty=0.05):
    """A fit that no solver made: random weights of a rank that no grid of this size would be given."""
    rng = np.random.default_rng(seed)
    fit = factorize(ratings, rank=2, blanks=blanks, penalty=penalty, max_sweeps=1)
    W, H = rng.gamma(0.3, size=(ratings.n_users, rank)), rng.gamma(0.3, size=(rank, ratings.n_items))
    return replace(fit, W=W, H=H, misfit_removed=np.ones(rank), column_scale=rng.uniform(0.5, 2, rank), solver_order=())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 500), st.sampled_from(DIALS), st.sampled_from([2, 7, 40, 320]), st.booleans())
def test_parts_by_rating_add_up_to_the_score_within_4_ulp(seed, blanks, rank, l1):
    ratings = random_ratings(seed, density=0.7)
    fit = random_fit(ratings, rank, seed, blanks, Penalty(0.05, 0.05, 0.02 * l1, 0.02 * l1))
    user = ratings.users[seed % ratings.n_users]
    weights = weights_of(fit, ratings, user)
    for item in ratings.items[:4]:
        frame = own_parts(fit, ratings.of_user(user), item, weights=weights)
        score = score_parts(fit, weights, np.array([ratings.column(item)]))[1][0]
        # Of parts that nearly cancel, no sum can have digits that the smallest of them has not.
        finest = np.spacing(np.abs(frame["part"]).min())
        assert abs(math.fsum(frame["part"]) - score) <= max(4 * np.spacing(score), finest)
        assert frame["item"][frame["kind"] == "rating"].sort_values().tolist() == sorted(ratings.of_user(user))


def eliminated(G, right):
    """G⁻¹ right in fractions, by elimination."""
    rows = [[*map(Fraction, row), Fraction(value)] for row, value in zip(G.tolist(), right.tolist(), strict=True)]
    n = len(rows)
    for k in range(n):
        pivot = next(row for row in rows[k:] if row[k])
        rows.remove(pivot)
        rows.insert(k, [x / pivot[k] for x in pivot])
        rows = [
            row if i == k else [x - row[k] * y for x, y in zip(row, rows[k], strict=True)] for i, row in enumerate(rows)
        ]
    return [row[-1] for row in rows]


@pytest.mark.parametrize("blanks", DIALS)
@pytest.mark.parametrize("penalty", [0.1, Penalty(0.1, 0.1, 0.05, 0.05)])
def test_each_part_is_that_of_exact_arithmetic_cell_by_cell(movie_night, blanks, penalty):
    fit = factorize(movie_night, rank=5, blanks=blanks, penalty=penalty, max_sweeps=20)
    for user in movie_night.users[:3]:
        own = movie_night.of_user(user)
        free = fold_in(fit, own) > 0
        omega, value = float(blank_weights(fit, np.array([len(own)]))[0]), fit.blanks.value
        rated = np.isin(movie_night.items, list(own))
        weight = np.where(rated, 1.0, omega)  # of each cell of the row
        H = fit.H[free]
        cells = weight.sum()
        G = (H * weight) @ H.T + fit.penalty.l2_W * cells * np.eye(len(H))
        item = movie_night.items[4]
        moved = eliminated(G, H[:, 4])

        def given_by(h, moved=moved):
            return float(sum(Fraction(x) * y for x, y in zip(h.tolist(), moved, strict=True)))

        frame = own_parts(fit, own, item)
        ratings = frame[frame["kind"] == "rating"]
        expected = [own[i] * given_by(H[:, movie_night.column(i)]) for i in ratings["item"]]
        np.testing.assert_allclose(ratings["part"], expected, rtol=1e-8, atol=1e-10)
        others = frame[frame["kind"] != "rating"].set_index("kind")["part"]
        if omega * value:
            blank = omega * value * given_by(H[:, ~rated].sum(axis=1))
            assert others["blanks"] == pytest.approx(blank, rel=1e-8, abs=1e-9)
        if fit.penalty.l1_W:
            assert others["penalty"] == pytest.approx(-fit.penalty.l1_W * cells * float(sum(moved)), rel=1e-8)
        assert set(others.index) <= {"blanks", "penalty"}


def test_what_no_rating_settles_is_a_part_of_its_own(movie_night):
    stopped = factorize(movie_night, rank=3, blanks="unknown", max_sweeps=1)
    user, item = movie_night.users[0], movie_night.items[0]
    frame = own_parts(stopped, movie_night.of_user(user), item, weights=stopped.W[0])
    assert frame["kind"].iloc[-1] == "rest"
    folded = fold_in(stopped, movie_night.of_user(user)) @ stopped.H[:, 0]
    assert frame["part"].iloc[-1] == pytest.approx(stopped.W[0] @ stopped.H[:, 0] - folded, rel=1e-6)
    nobody = own_parts(factorize(movie_night, rank=3, blanks="weak"), {}, item)
    assert nobody["kind"].tolist() == ["rest"]  # mean weights: nothing is known of them


def test_a_part_is_not_the_effect_of_removing_a_rating(movie_night):
    """Said in the docstring and on the page; here it is seen."""
    fit = factorize(movie_night, rank=4, blanks="weak")
    own = movie_night.of_user("Keiko")
    frame = own_parts(fit, own, "Inception")
    top = frame.iloc[0]
    without = {i: r for i, r in own.items() if i != top["item"]}
    column = movie_night.column("Inception")
    effect = (fold_in(fit, own) - fold_in(fit, without)) @ fit.H[:, column]
    assert top["part"] > 0 and abs(effect - top["part"]) > 0.05 * top["part"]


def test_parts_by_rating_are_the_same_whatever_the_order_of_ratings(movie_night):
    fit, own = factorize(movie_night, rank=3, blanks="weak"), movie_night.of_user("Keiko")
    back = dict(reversed(own.items()))
    assert own_parts(fit, own, "Inception").equals(own_parts(fit, back, "Inception"))


def test_another_loss_and_what_is_no_rating_are_refused(movie_night):
    kl = factorize(movie_night, rank=2, solver="mu", loss="kl", max_sweeps=3)
    with pytest.raises(NmfError, match="loss is 'kl'.*Fit with loss='frobenius'"):
        own_parts(kl, {"Inception": 3}, "Aliens")
    fit = factorize(movie_night, rank=2)
    with pytest.raises(NmfError, match="There is no item 'Nope'"):
        own_parts(fit, {"Inception": 3}, "Nope")
    with pytest.raises(NmfError, match="they must be a mapping"):
        own_parts(fit, [3], "Aliens")


@pytest.fixture(scope="module")
def finer():
    ratings = datasets.planted(200, 150, 6, 0.2, 0.3, 0)
    fine, named = (factorize(ratings, rank=rank, blanks="weak").canonical() for rank in (20, 4))
    return ratings, fine, named, fold_features(fine, named)


def test_a_score_explained_under_names_is_the_recommended_one_and_opens_into_fine_features(finer):
    ratings, fine, named, under = finer
    labels = {0: "Action", 2: "Story"}
    for user in ratings.users[:5]:
        listed = recommend(fine, ratings, user, n=3, labels=labels, under=under)
        weights = weights_of(fine, ratings, user)
        for row in listed.to_dict("records"):
            parts = explain(fine, user, row["item"], ratings=ratings, labels=labels, under=under)
            score = row["score"]
            assert abs(math.fsum(parts["contribution"]) - score) <= 4 * np.spacing(score)
            assert parts["contribution"].is_monotonic_decreasing
            assert parts["share"].sum() == pytest.approx(1)
            for part, name, value in zip(parts.index, parts["feature"], parts["contribution"], strict=True):
                assert row[name] == value
                opened = fine_parts(fine, weights, row["item"], under, part, n=2)
                assert set(opened["fine"]) <= set(np.flatnonzero(shelves_of(under).of == part))
                given = math.fsum(opened["contribution"]) + opened.attrs["left"]
                assert given == pytest.approx(value, rel=1e-12, abs=1e-300)
                assert all(1 <= len(items) <= 3 for items in opened["items"])


def test_a_fine_feature_is_known_by_what_sets_it_apart(finer):
    _, fine, _, _ = finer
    relative = fine.H / fine.H.max(axis=1, keepdims=True)
    for f in range(3):
        others = np.delete(relative, f, axis=0).max(axis=0)
        best = fine.items[(relative[f] - others).argmax()]
        assert known_by(fine, f, n=2)[0] == best
