"""A feature is steered on the Labels page: the refit obeys on every page, says so, and is let go again."""

from __future__ import annotations

import numpy as np
import pytest

from nmf_core.interpret.match import cosine
from nmf_core.interpret.steering import steered_features
from nmf_core.study.price import FREE, STOPS
from pages.ui.labels.steering import KEEP, LESS, MERGE, SPLIT, START
from pages.ui.session import controls, session
from pages.ui.work import jobs
from tests.pages.conftest import finish, opened, words


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")


def view(app):
    return app.session_state["_session"].view


def run(app, f):
    """A run with the card and the expander of a feature open, which a test's browser would forget."""
    app.session_state[controls.FEATURE] = f + 1
    app.session_state[f"steer-{f}"] = True
    app.run()
    assert not app.exception
    return app


def choose(app, kind, key, f, value):
    next(one for one in getattr(app, kind) if one.key == f"{key}-{f}").set_value(value)
    return run(app, f)


def steering(app, f, what):
    return choose(run(app, f), "button_group", "steer-what", f, what)


def click(app, key, f):
    next(one for one in app.button if one.key == key).click()
    return run(app, f)


def go(app, f):
    return click(app, f"steer-go-{f}", f)


def test_a_feature_is_kept_through_a_change_and_let_go():
    app = opened("labels", data="movie_night", rank="3")
    before = view(app).fit
    go(steering(app, 1, KEEP), 1)
    fit = view(app).fit
    (place,) = steered_features(fit)
    assert cosine(before.H[1:2], fit.H[place : place + 1])[0, 0] > 0.99
    assert "Steered: 1 feature." in words(app)
    assert "A link does not carry this." in words(app)
    assert "It is steered." in words(run(app, place))
    click(app, f"steer-free-{place}", place)
    assert view(app).fit.settings.steer is None
    assert "Steered" not in words(app)


def test_items_merge_split_and_less():
    app = opened("labels", data="movie_night", rank="3")
    items = view(app).ratings.items[:3].tolist()
    steering(app, 0, START)
    choose(app, "multiselect", "steer-items", 0, items)
    go(app, 0)
    (place,) = steered_features(view(app).fit)
    assert "in its top 15" in words(run(app, place))
    click(app, "let-go", 0)
    steering(app, 0, MERGE)
    choose(app, "selectbox", "steer-other", 0, 1)
    go(app, 0)
    assert view(app).fit.rank == 2
    go(steering(app, 0, SPLIT), 0)
    assert view(app).fit.rank == 3
    steering(app, 1, LESS)
    top = view(app).fit.items[int(np.argmax(view(app).fit.H[1]))]
    choose(app, "selectbox", "steer-item", 1, top)
    go(app, 1)
    (place,) = steered_features(view(app).fit)
    assert view(app).fit.H[place, view(app).fit.items.get_loc(top)] < 0.05


def test_wishes_wait_while_another_rank_is_set():
    app = opened("labels", data="movie_night", rank="3")
    go(steering(app, 1, KEEP), 1)
    next(one for one in app.number_input if one.label == "Rank").set_value(4).run()
    assert view(app).fit.settings.steer is None
    assert "Your wishes wait: they are for rank 3." in words(app)
    next(one for one in app.number_input if one.label == "Rank").set_value(3).run()
    assert len(steered_features(view(app).fit)) == 1


def test_the_price_of_a_name_is_told_at_each_strength():
    app = opened("labels", data="movie_night", rank="2")
    go(steering(app, 0, KEEP), 0)
    (place,) = steered_features(view(app).fit)
    run(app, place)
    click(app, f"begin-price-{place}", place)
    finish(jobs._board())
    run(app, place)
    frame = next(one.value for one in app.dataframe if "Strength" in one.value.columns)
    assert frame["Strength"].tolist() == [FREE, *(f"{stop:g}" for stop in STOPS)]
    assert frame["RMSE, more"].str.contains("±").all()
