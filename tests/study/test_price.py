"""The price of a name, stop by stop."""

from __future__ import annotations

import numpy as np
import pytest

from nmf_core import Settings, SettingsError, datasets, evaluate, fit_settings
from nmf_core.fit.steer import Steer, Wish
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
