"""A capsule that is uploaded opens: ratings, settings, labels; a bad one is said, and what was open stays."""

from __future__ import annotations

import numpy as np
import pytest

from nmf_core import Penalty, Steer, Wish, datasets, export, factorize
from nmf_core.interpret.steering import steered_features
from pages.ui.session import session, storage
from tests.pages.conftest import bringing, words
from tests.pages.test_projects import now, upload

NAMES = {0: "space *&* ships", 2: "heists"}


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")


def capsule(labels=NAMES, **settings) -> bytes:
    ratings = datasets.movie_night()
    fit = factorize(ratings, **{"rank": 3, **settings}).canonical()
    return export.capsule(ratings, fit, labels)


def values(app) -> dict:
    kinds = (*app.sidebar.number_input, *app.sidebar.selectbox, *app.sidebar.button_group)
    return {one.key: one.value for one in kinds}


def test_a_capsule_opens_with_its_settings_and_labels():
    settings = {"blanks": (0.3, 1.5), "seed": 7, "init": "random", "penalty": 0.25, "max_sweeps": 50}
    app = upload(bringing(), ("films.zip", capsule(**settings)))
    assert now(app).title == "films"
    assert now(app).ratings.fingerprint == datasets.movie_night().fingerprint
    expected = {"rank": 3, "weight": 0.3, "value": 1.5, "seed": 7, "init": "random", "penalty": 0.25, "sweeps": 50}
    assert {name: values(app)[name] for name in expected} == expected
    assert "films is open with 2 labels" in words(app).replace("\\", "")
    app.switch_page("labels.py").run()
    assert [one.value for one in app.text_input if (one.key or "").startswith("name-")] == [NAMES[0], "", NAMES[2]]


def test_a_capsule_that_is_opened_twice_has_its_labels_once():
    app = upload(bringing(), ("films.zip", capsule()))
    upload(app, ("films.zip", capsule()))
    assert len(storage.store().labels(now(app).project)) == 2
    assert "2 labels of the capsule were not taken" in words(app)


def test_of_a_fit_that_cannot_be_set_here_it_is_said():
    ratings = datasets.movie_night()
    start = (np.full((ratings.n_users, 2), [0.1, 0.7]), np.ones((2, ratings.n_items)))
    for settings in ({"rank": 2, "init": start}, {"penalty": Penalty(0.1, 0.2)}):
        app = upload(bringing(), ("films.zip", capsule(None, **settings)))
        assert "cannot be set at the left" in words(app)


def test_a_damaged_capsule_is_said_and_what_was_open_stays():
    data = capsule()
    app = upload(bringing(), ("films.zip", data.replace(b"manifest.json", b"manifesT.json")))
    assert now(app).key == "notebook"
    whole = data.find(b"PK", 200)
    app = upload(bringing(), ("films.zip", data[:300] + b"\0" * 40 + data[340:]))
    assert whole > 0 and now(app).key == "notebook" and app.error
    assert not app.exception


def test_a_capsule_of_a_steered_fit_opens_steered():
    ratings = datasets.movie_night()
    free = factorize(ratings, rank=3)
    fit = factorize(ratings, rank=3, steer=Steer([None, Wish(free.H[2], 1)]), penalty=free.penalty)
    app = upload(bringing(), ("films.zip", export.capsule(ratings, fit, {})))
    assert "Steered: 1 feature." in words(app)
    app.switch_page("factors.py").run()
    assert app.session_state["_session"].view.fit.settings.steer == fit.settings.steer
    assert len(steered_features(app.session_state["_session"].view.fit)) == 1
