"""The order of rows, users and items says nothing: fits, lists and all that is read of them are the same for any order.

The benchmark of the same name has more data sets and all people: `python -m benchmarks.orders`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.lifelike import lifelike
from benchmarks.orders import SETS, compared, folds_of, reordered
from nmf_core import Ratings, Settings, evaluate, factorize, fit_settings, fold_in, read_ratings, survey_ranks
from nmf_core.data.ids import name_order
from nmf_core.export.ratings import grid_csv, grid_excel, ratings_csv, ratings_excel
from nmf_core.fit.solvers import SOLVERS
from nmf_core.labels import suggest_all_names
from tests.conftest import random_ratings


def same_by_id(first, other) -> bool:
    """Whether two fits have the same bits, by users and items."""
    W, H = other.W[other.users.get_indexer(first.users)], other.H[:, other.items.get_indexer(first.items)]
    return bool((W == first.W).all() and (H == first.H).all() and other.penalty == first.penalty)


@pytest.mark.parametrize("blanks", ["unknown", "weak"])
@pytest.mark.parametrize("name", list(SETS)[:9])
def test_another_order_gives_the_same_lists_for_all_people(name, blanks):
    make, rank = SETS[name]
    ratings = make()
    for kept in compared(ratings, Settings(rank=rank, blanks=blanks, max_sweeps=10), range(1, 2), people=40):
        assert (kept.lists, kept.penalty, kept.weights, kept.said) == (1.0, 0.0, 0.0, True)


def test_a_compiled_fit_has_the_same_bits_in_another_order():
    ratings = lifelike(12_000, seed=3)
    for blanks in ("unknown", "weak"):
        settings = Settings(rank=6, blanks=blanks, max_sweeps=10)
        assert same_by_id(fit_settings(ratings, settings), fit_settings(reordered(ratings, 1), settings))


def test_real_ratings_have_the_same_lists_in_another_order(latest_small):
    (kept,) = compared(latest_small, Settings(rank=10, blanks="weak"), range(1, 2), people=10)
    assert (kept.lists, kept.penalty, kept.weights, kept.said) == (1.0, 0.0, 0.0, True)


@pytest.mark.parametrize("init", ["random", "nndsvda", "nndsvdar"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_starts_are_drawn_by_name_for_every_solver(solver, init):
    ratings = random_ratings(5, n=14, m=12)
    settings = Settings(
        rank=3, solver=solver, blanks=SOLVERS[solver].blanks[0], init=init, penalty=0.0, seed=4, max_sweeps=8
    )
    assert same_by_id(fit_settings(ratings, settings), fit_settings(reordered(ratings, 2), settings))


def test_a_start_that_is_given_belongs_to_its_users_and_items():
    ratings = random_ratings(5, n=14, m=12)
    other = reordered(ratings, 3)
    rng = np.random.default_rng(0)
    W, H = rng.random((14, 2)), rng.random((2, 12))
    moved = W[ratings.users.get_indexer(other.users)], H[:, ratings.items.get_indexer(other.items)]
    first, then = (factorize(r, rank=2, init=start, max_sweeps=3) for r, start in ((ratings, (W, H)), (other, moved)))
    assert same_by_id(first, then)
    np.testing.assert_allclose(factorize(other, rank=2, init=moved, max_sweeps=1).history["objective"][0],
                               factorize(ratings, rank=2, init=(W, H), max_sweeps=1).history["objective"][0])  # fmt: skip


def test_studies_are_the_same_in_another_order(movie_night):
    other = reordered(movie_night, 1)
    assert folds_of(movie_night) == folds_of(other)
    settings = Settings(rank=2, max_sweeps=20)
    pd.testing.assert_frame_equal(evaluate(movie_night, settings, folds=3), evaluate(other, settings, folds=3))
    first, then = (survey_ranks(r, [1, 2], folds=3, settings=settings) for r in (movie_night, other))
    pd.testing.assert_frame_equal(first.table, then.table)
    assert first.verdict == then.verdict


def test_names_and_people_who_were_not_in_the_fit_are_the_same(movie_night):
    other = reordered(movie_night, 1)
    first, then = (factorize(r, rank=4, blanks="weak").canonical() for r in (movie_night, other))
    own = dict(zip(movie_night.items[[3, 0, 7]], [5.0, 1.0, 4.0], strict=True))
    np.testing.assert_allclose(fold_in(first, own), fold_in(then, dict(reversed(own.items()))), atol=1e-9)
    names = [suggest_all_names(fit.H, fit.items, r.item_info) for fit, r in ((first, movie_night), (then, other))]
    assert names[0] == names[1] and any(names[0])


@pytest.mark.parametrize("write", [ratings_csv, ratings_excel, grid_csv, grid_excel])
def test_our_own_export_read_again_gives_the_same_fit(write, movie_night):
    for ratings in (reordered(movie_night, 4), random_ratings(8)):
        again = read_ratings(write(ratings), zeros="rating")
        assert again.scale == ratings.scale
        for blanks in ("unknown", "weak"):
            first, then = (factorize(r, rank=3, blanks=blanks) for r in (ratings, again))
            assert same_by_id(first, then)


def test_names_are_ordered_as_text_but_numbers_by_their_size():
    names = ["u10", "u2", "u02", "ann", "Ünal", "", "9", "10", "user 3 of 12", "user 3 of 4"]
    found = pd.Index(names)[name_order(pd.Index(names, dtype="str"))].tolist()
    assert found == ["", "9", "10", "ann", "u02", "u2", "u10", "user 3 of 4", "user 3 of 12", "Ünal"]


def test_ratings_by_name_are_the_same_ratings():
    ratings = reordered(random_ratings(6, n=12, m=11), 1)
    ordered = ratings.by_name
    assert ordered.users.tolist() == [f"u{k}" for k in range(12)] and ordered.items.tolist() == [
        f"i{k}" for k in range(11)
    ]
    pd.testing.assert_frame_equal(ordered.to_grid(), ratings.to_grid().loc[ordered.users, ordered.items])
    assert ordered.by_name is ordered and ratings.by_name is ordered and ordered.V.has_canonical_format
    part = ratings.keep(np.arange(ratings.n_ratings) % 3 > 0)
    pd.testing.assert_frame_equal(part.by_name.to_grid(), part.to_grid().loc[ordered.users, ordered.items])
    assert isinstance(part.by_name, Ratings)
