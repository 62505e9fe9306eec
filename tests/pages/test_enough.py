"""What rests on too few ratings is not listed, and the page says so and how to change it."""

from __future__ import annotations

import numpy as np

from nmf_core import Ratings, datasets
from pages.ui.charts import Look, Window, product
from tests.pages.conftest import opened, with_state, words


def tailed() -> Ratings:
    """Planted tastes, twenty films that one person rated, and one that nobody did."""
    known = datasets.planted(60, 30, 3, 0.5, 0.3, 0).to_table()
    users = [*known["user"], *known["user"].unique()[:20]]
    items = [*known["item"], *(f"rare {k}" for k in range(20))]
    return Ratings.from_cells(users, items, [*known["rating"], *[5.0] * 20], all_items=[*dict.fromkeys(items), "never"])


def test_recommend_leaves_out_what_has_too_few_ratings_says_so_and_can_be_told_otherwise(with_ratings):
    with_ratings(tailed())
    app = opened("recommend", rank="3", blanks="unknown")
    assert "21 items with fewer than 6 ratings" in words(app)
    assert "its weights are a guess" not in words(app)
    app = with_state(app, least=1)
    assert "1 item with fewer than 1 rating." in words(app)


def test_labels_are_set_apart_by_films_with_ratings_enough(with_ratings):
    with_ratings(tailed())
    app = opened("labels", rank="3", blanks="unknown")
    assert "21 items with fewer than 6 ratings are left out" in words(app)
    assert not any("rare" in one.value for one in app.markdown if "Sets it apart" in one.value)


def test_a_film_that_nobody_rated_shows_no_weights(with_ratings):
    ratings = tailed()
    with_ratings(ratings)
    from nmf_core import factorize

    fit = factorize(ratings, rank=3).canonical()
    window = Window(np.arange(5), np.array([0, ratings.n_items - 1]))
    drawn = product(
        fit, ratings, ["a", "b", "c"], ["#0072B2"] * 3, window, mode="Reconstruction", selected=None, look=Look(False)
    )
    H = np.asarray(drawn.figure.data[0].z, dtype=float)
    assert np.isnan(H[:, 1]).all() and np.isfinite(H[:, 0]).all()
    (written,) = (one for one in drawn.figure.data if one.type == "scatter" and one.mode == "text" and one.xaxis == "x")
    assert len(written.text) and not (np.asarray(written.x) == 1).any()
    hovers = drawn.figure.data[-1].text
    assert sum("nothing is known" in text for text in hovers) == 5
