"""Another seed says what it changed: nothing where the start draws nothing, and a random start is offered."""

from __future__ import annotations

import numpy as np
import pytest

from nmf_core import datasets, factorize
from nmf_core.fit.init import INITS, is_drawn
from tests.pages.conftest import opened, words


@pytest.mark.parametrize("rank", [3, 40])
@pytest.mark.parametrize("init", ["auto", *INITS])
def test_a_start_is_drawn_where_its_seed_changes_the_fit(init, rank):
    ratings = datasets.movie_night()
    if rank > 30 and init not in ("auto", "random"):
        return  # no such start
    one, other = (factorize(ratings, rank=rank, init=init, seed=seed, max_sweeps=2, penalty=0.1) for seed in (0, 1))
    assert is_drawn(init, rank, ratings.V.shape) == (not np.array_equal(one.W, other.W))


def test_another_seed_that_changes_nothing_says_so_and_offers_a_random_start():
    app = opened("factors", data="movie_night", rank="3", seed="7")
    assert "seed 7 gives the same fit as every other, bit for bit" in words(app)
    next(one for one in app.button if one.key == "random-start").click().run()
    assert not app.exception
    assert app.session_state["init"] == "random"
    assert "Seed 7: the same seed gives the same fit, bit for bit" in words(app)
    next(one for one in app.button if one.key == "another-seed").click().run()
    assert app.session_state["seed"] == 8
    assert "After seed 7: RMSE on observed" in words(app)
    assert "came again" in words(app)


def test_a_seed_that_gave_the_same_fit_says_that_it_is_the_same(with_ratings):
    from nmf_core import Ratings

    with_ratings(Ratings.from_cells(["a", "b"], ["x", "y"], [0, 0], scale=(0, 5)))  # zeros alone: nothing to begin from
    app = opened("factors", rank="1", init="random", blanks="zero")
    next(one for one in app.button if one.key == "another-seed").click().run()
    assert "Seed 0 gave this very fit too." in words(app)
