"""Receipts on the page: parts that add up, opened names, own ratings, how sure, and what would change the first place."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from nmf_core import Ratings, datasets, factorize, own_parts, recommend
from nmf_core.interpret.counterfactual import Flip
from nmf_core.interpret.removal import Removal
from pages.ui import charts, text
from pages.ui.charts import Look
from pages.ui.recommend import change
from pages.ui.session import session
from pages.ui.work import jobs, lists
from tests.pages.conftest import finish, opened, words

PERSON = {"data": "movie_night", "user": "Keiko"}


def test_an_item_has_its_receipt_with_what_carries_it_and_how_sure_it_is():
    said = words(opened("recommend", blanks="weak", **PERSON))
    for expected in (
        "##### Why ",
        "**How sure:** ",
        "**Expected rating:** ",
        "is *not* what would change",
        "**What would change it:**",
    ):
        assert expected in said
    assert "Open a part" not in said  # these lists are the named fit's own


def test_under_another_loss_it_says_why_there_is_no_receipt_by_rating():
    said = words(opened("recommend", solver="mu", loss="kl", blanks="unknown", **PERSON))
    assert "Only under the Frobenius loss does a score divide among ratings" in said
    assert "How sure" not in said


def test_a_part_under_a_name_opens_into_what_its_fine_features_have_in_common(monkeypatch):
    ratings = datasets.movie_night()
    fine = factorize(ratings, rank=12, blanks="weak").canonical()
    monkeypatch.setattr(lists, "FEWEST", 0)
    monkeypatch.setattr(lists, "list_fit", lambda ratings, **asked: fine)
    app = opened("recommend", blanks="weak", rank="3", **PERSON)
    finish(jobs._board())
    app.run()
    assert not app.exception, app.exception
    assert any("have in common" in str(m.value) or "from what" in str(m.value) for m in app.markdown)
    (parts,) = [group for group in app.button_group if str(group.key).startswith("receipt-part")]
    first = recommend(fine, ratings, "Keiko", n=1, least=1)["item"][0]
    assert parts.options and first in parts.key


def test_the_factors_page_says_that_lists_have_other_scores_where_they_do(monkeypatch):
    assert text.OTHER_SCORES not in words(
        opened("factors", blanks="weak", **PERSON)
    )  # a small grid's lists are the named fit's
    monkeypatch.setattr(lists, "FEWEST", 0)
    assert text.OTHER_SCORES in words(opened("factors", blanks="weak", **PERSON))
    assert text.OTHER_SCORES not in words(opened("factors", blanks="unknown", **PERSON))


def test_with_very_many_ratings_changes_are_not_sought_until_somebody_asks(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")  # AppTest makes up another each run
    monkeypatch.setattr(change, "TRIALS", -1)
    app = opened("recommend", blanks="weak", **PERSON)
    assert "was not sought: with 11 ratings there are 55 changes to try" in words(app)
    (button,) = [b for b in app.button if b.label == "Look for what would change it"]
    button.click().run()
    finish(jobs._board())
    app.run()
    assert not app.exception, app.exception
    assert "**What would change it:**" in words(app) and "was not sought" not in words(app)


FLIP = Flip("a*b", 3.0, 4.5, "first", "<b>second")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (change.Change(FLIP, None), r"rating a\*b 4.5 instead of 3 would put \<b\>second first, before first."),
        (
            change.Change(None, None),
            "no other value of one rating, and no 10 ratings or fewer that were tried without.",
        ),
        (
            change.Change(None, Removal(("a", "b"), "first", "x_y", True)),
            r"had they not rated a and b, x\_y would be first, before first (no fewer ratings do).",
        ),
        (change.Change(None, Removal(("a", "b", "c"), "first", "x", False)), "(no fewer were found)."),
        (change.Change(None, Removal(("a",), "other", "x", True)), "Give the fit more sweeps"),
        (change.Change(Flip("a", 3, 4, "other", "x"), None), "Give the fit more sweeps"),
    ],
)
def test_what_would_change_is_said_in_words_and_names_are_escaped(found, expected):
    assert expected in change.sentence(found, datasets.notebook(), "first", "they")


def test_of_likes_it_is_said_that_one_is_missing():
    likes = Ratings.from_cells(["u", "v"], ["x", "y"], [1, 1], scale=(0, 1))
    said = change.sentence(change.Change(Flip("x", 1, 0, "y", "z"), None), likes, "y", "they")
    assert "not having liked x would put z first" in said


@pytest.mark.parametrize("dark", [False, True])
def test_the_bars_of_own_ratings_add_up_and_end_with_what_is_left_blank(dark):
    ratings = datasets.movie_night()
    fit = factorize(ratings, rank=4, blanks="weak")
    frame = own_parts(fit, ratings.of_user("Keiko"), "Parasite")
    drawn = charts.own_parts(frame, "all they left blank", look=Look(dark))
    (bars,) = drawn.figure.data
    names = drawn.figure.layout.yaxis.ticktext
    assert math.fsum(bars.x) == pytest.approx(math.fsum(frame["part"]), rel=1e-12)
    assert names[-1] == "all they left blank" and names[-2] == f"{len(frame) - 1 - 8} other ratings"
    assert list(bars.x[:8]) == sorted(bars.x[:8], reverse=True)
    assert all((shape == "/") == (x < 0) for shape, x in zip(bars.marker.pattern.shape, bars.x, strict=True))
    assert drawn.table is frame and names[0].split(" ·")[0].removesuffix("…") in drawn.alt


def test_names_of_items_are_no_markup_in_the_chart():
    frame = pd.DataFrame(
        {"kind": ["rating", "blanks"], "item": ["<b>x", ""], "rating": [3, math.nan], "part": [1.0, 0.5]}
    )
    drawn = charts.own_parts(frame, "all you left blank", look=Look(False))
    assert drawn.figure.layout.yaxis.ticktext[0] == "&lt;b&gt;x · 3"
    assert drawn.figure.data[0].customdata[0].startswith("&lt;b&gt;x")


def test_an_order_by_expected_rating_takes_doubt_off_and_says_why(monkeypatch):
    """Drawn as its expander draws it, which a test cannot open."""

    def script():
        import streamlit as st

        from nmf_core import datasets, factorize
        from pages.ui.recommend import expected

        class View:
            ratings = datasets.movie_night()
            fit = factorize(ratings, rank=3, blanks="unknown")

        user = st.query_params.get("user")
        expected.by_expected(View(), user, View.ratings.of_user("Keiko"), 5, least=1)

    for user in ("Keiko", None):
        app = AppTest.from_function(script, default_timeout=60)
        if user:
            app.query_params["user"] = user
        app.run()
        assert not app.exception, app.exception
        (frame,) = app.dataframe
        assert len(frame.value) == 5
        left = frame.value["expected, doubt taken off"]
        assert left.is_monotonic_decreasing and (left <= frame.value["expected"]).all()
        assert "doubt pulls an item down" in words(app)
        assert ("your ratings" in words(app)) == (user is None)
