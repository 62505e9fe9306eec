"""A feature is steered on the Labels page: the refit obeys on every page, says so, and is let go again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nmf_core import Steer, Wish
from nmf_core.interpret.match import cosine
from nmf_core.interpret.steering import keep, steered_features
from nmf_core.study.price import FREE, STOPS
from pages.ui.labels.steering import KEEP, LESS, MERGE, SPLIT, START
from pages.ui.session import controls, session, steered, storage
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
    assert "a link of Share does" in words(app)
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
    assert "The wishes wait: they are for rank 3." in words(app)
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


def test_wishes_outlive_the_page_and_each_tab_sees_what_another_wished():
    app = opened("labels", data="movie_night", rank="3")
    go(steering(app, 1, KEEP), 1)
    fit = view(app).fit
    again = opened("factors", data="movie_night", rank="3")
    assert view(again).fit.settings.steer == fit.settings.steer and (view(again).fit.H == fit.H).all()
    assert "Steered: 1 feature." in words(again)
    click(app, "let-go", 0)
    assert view(again.run()).fit.settings.steer is None


def test_whoever_steers_what_another_has_steered_since_is_told(monkeypatch):
    app = opened("labels", data="movie_night", rank="3")
    fit, ratings = view(app).fit, view(app).ratings
    steering(app, 1, KEEP)
    project = view(app).project
    monkeypatch.setattr(storage.wishes().__class__, "version", lambda self, project: 0)  # as it was a moment before
    other = steered.Wished(keep(fit, 0, strength=1.0), 3, ratings.items)
    storage.wishes().keep(project, steered._to_text(other), 0)
    go(app, 1)
    assert "Somebody else steered" in words(app)
    monkeypatch.undo()
    monkeypatch.setattr(session, "person", lambda: "browser:ann")
    assert storage.wishes().of(project)[1] == 1


def test_whoever_looks_sees_the_features_as_they_are_steered(monkeypatch):
    app = opened("labels", data="movie_night", rank="3")
    go(steering(app, 1, KEEP), 1)
    key = storage.view_key(view(app).project)
    monkeypatch.setattr(session, "person", lambda: "browser:bob")
    theirs = opened("factors", data="movie_night", view=key, rank="3")
    assert (view(theirs).fit.H == view(app).fit.H).all() and view(theirs).fit.settings.steer is not None
    free = opened("factors", data="movie_night", rank="3")
    assert view(free).fit.settings.steer is None


def test_wishes_go_with_their_items_where_these_change():
    asked = Steer([None, Wish([1, 0, 2], np.array([0.0, 0.5, 1.0]), ("z",)), Wish([0, 3, 0], 1)])
    before = pd.Index(["x", "y", "z"])
    now = asked.placed(before.get_indexer(pd.Index(["new", "z", "x"])))
    assert now is not None and [wish is None for wish in now.wishes] == [True, False, True]
    (wish,) = now.by_feature.values()
    assert wish.row.tolist() == [0, 2, 1] and np.asarray(wish.strength).tolist() == [0, 1, 0] and wish.items == ("z",)
    assert asked.placed(before.get_indexer(pd.Index(["p", "q"]))) is None


@pytest.mark.parametrize(
    "text",
    ["{}", '{"rank": 3}', "[]", "no JSON", '{"rank":0,"before":1,"blanks":"x","penalty":null,"items":[],"steer":null}'],
)
def test_wishes_that_were_kept_in_another_form_are_said_and_the_features_are_free(text):
    app = opened("factors", data="movie_night", rank="3")
    storage.wishes().keep(view(app).project, text, 0)
    again = opened("factors", data="movie_night", rank="3")
    assert view(again).fit.settings.steer is None
    assert "What features were steered to be is not to be had" in words(again)
    again = opened("labels", data="movie_night", rank="3")
    go(steering(again, 1, KEEP), 1)  # and they may be steered anew
    assert view(again).fit.settings.steer is not None and storage.wishes().of(view(again).project)[1] == 2
