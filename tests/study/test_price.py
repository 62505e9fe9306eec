"""The price of a name, stop by stop."""

from __future__ import annotations

import numpy as np
import pytest

from nmf_core import Ratings, Settings, SettingsError, datasets, evaluate, fit_settings
from nmf_core.fit.steer import Steer, Wish
from nmf_core.interpret.steering import keep, start_from
from nmf_core.study.price import FREE, price_of_a_name

RATINGS = datasets.planted(120, 60, 3, 0.4, 0.3, 2)


def test_what_no_ratings_support_costs_the_more_the_more_it_is_wanted():
    row = np.random.default_rng(0).random(60) ** 4
    asked = Settings(1, penalty=0.3, steer=Steer((Wish(row, 1.0),)))  # no other feature makes up for it
    table = price_of_a_name(RATINGS, asked, stops=(0, 0.5, 1), folds=3)
    assert table.index.tolist() == [FREE, "0", "0.5", "1"]
    assert table.loc["0", "objective"] < table.loc["0.5", "objective"] < table.loc["1", "objective"]
    assert table.loc["1", "rmse_more"] > 0
    assert table.loc["0", ["rmse_more", "ndcg_more"]].tolist() == [0, 0]
    free = fit_settings(RATINGS, Settings(1, penalty=0.3))
    assert table.loc[FREE, "objective"] == pytest.approx(free.objective, rel=1e-6)
    judged = evaluate(RATINGS, Settings(1, penalty=0.3), folds=3, baselines=())
    assert table.loc[FREE, "rmse"] == judged["rmse"].iloc[0]
    assert table.loc["1", "rmse"] - table.loc["0", "rmse"] == pytest.approx(table.loc["1", "rmse_more"])


def test_to_keep_what_the_ratings_have_costs_nothing_and_gains_nothing():
    """Pinned to a row that has seen what is hidden, a fit of these ratings would predict it better than a free one (by 0.08)."""
    ratings = datasets.movie_night()
    fit = fit_settings(ratings, Settings(4)).canonical()
    table = price_of_a_name(ratings, keep(fit, 0), stops=(0, 1), folds=5)
    assert abs(table.loc["1", "rmse_more"]) < 0.01
    dear = price_of_a_name(
        ratings, start_from(fit, ratings, 1, ["Titanic", "Aliens", "Shrek"], strength=1.0), stops=(0, 1)
    )
    assert dear.loc["1", "rmse_more"] > 0.03


def test_the_price_is_the_same_in_whatever_order_items_come():
    order = np.random.default_rng(0).permutation(60)
    other = Ratings(RATINGS.V[:, order], RATINGS.users, RATINGS.items[order], RATINGS.scale)
    row = np.random.default_rng(1).random(60)
    asked = [Settings(2, penalty=0.3, steer=Steer((Wish(weights, 0.8),))) for weights in (row, row[order])]
    one, two = (price_of_a_name(r, s, stops=(0, 1), folds=2) for r, s in zip((RATINGS, other), asked, strict=True))
    assert one.equals(two)


def test_no_wish_no_stop_no_patience():
    steered = Settings(2, steer=Steer((Wish(np.ones(60), 1.0),)))
    for asked, stops, told, said in (
        (Settings(2), (0,), None, "nothing to price"),
        (steered, (), None, "no stops"),
        (steered, (2,), None, "strength of a wish"),
        (steered, (0,), lambda done, of: False, "ended before"),
    ):
        with pytest.raises(SettingsError, match=said):
            price_of_a_name(RATINGS, asked, stops=stops, folds=2, on_progress=told)
