"""What holds on planted grids must hold on real ones: MovieLens latest small, where it is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nmf_core import Ratings, factorize, recommend
from nmf_core.interpret.features import distinctive_items
from nmf_core.metrics import METRICS
from nmf_core.study.baselines import BASELINES, CHANCE
from nmf_core.study.measure import Part, figures, measure
from nmf_core.study.split import held_out_folds


def with_columns(ratings: Ratings, order: np.ndarray) -> Ratings:
    """The same ratings with the items in another order."""
    V = ratings.V[:, order]
    V.sort_indices()
    return replace(ratings, V=V, items=ratings.items[order], item_info=None)


@pytest.mark.parametrize("name", [name for name in BASELINES if BASELINES[name].seconds is BASELINES[CHANCE].seconds])
def test_5_no_figure_of_a_baseline_hangs_on_the_order_of_columns(latest_small, name):
    fold = held_out_folds(latest_small, folds=5)
    parts = latest_small.keep(fold != 0), latest_small.keep(fold == 0)
    popular = np.argsort(-latest_small.item_counts, kind="stable")
    found = []
    for order in (popular, popular[::-1]):
        training, testing = (with_columns(part, order) for part in parts)
        scorer = BASELINES[name].fit(training, lambda: True)
        found.append(figures(measure(scorer, Part(training, training, testing), 10)))
    np.testing.assert_allclose(*found, rtol=1e-6)  # sums in another order, of float32 ratings
    if name == CHANCE:  # nothing is known, so its lists are chance
        assert dict(zip(METRICS, found[0], strict=True))["ndcg"] < 0.01


def test_6_with_blanks_unknown_no_list_is_of_films_that_hardly_anybody_rated(latest_small):
    fit = factorize(latest_small, rank=5, blanks="unknown", max_sweeps=20).canonical()
    for user in latest_small.users[:50]:
        shown = recommend(fit, latest_small, user, n=8)
        assert (shown["ratings"] >= 10).all()  # two for each feature; half of them had one, and none more than eight
        assert (shown["warning"] == "").all()
    for f in range(5):
        apart = distinctive_items(fit, f, n=4, ratings=latest_small)["item"]
        assert all(latest_small.item_counts[latest_small.items.get_loc(item)] >= 10 for item in apart)
