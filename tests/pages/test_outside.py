"""What comes from outside goes through one check: addresses, forged messages of a browser, settings kept in the store."""

from __future__ import annotations

import json
import math

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from nmf_core import datasets
from pages.ui.page_list import FIRST_PAGE, PAGES
from pages.ui.session import session, storage
from pages.ui.session.allowed import Number
from pages.ui.session.controls import ALLOWED
from tests.pages.conftest import opened, words

# Of every kind that a message can hold, one that is no number, and numbers that are none.
FORGED = {
    "nan": {"double_value": math.nan},
    "infinity": {"double_value": math.inf},
    "text": {"string_value": "x"},
    "text of a number": {"string_value": "3"},
    "bytes": {"bytes_value": b"\xff\x00"},
    "yes": {"bool_value": True},
    "a large whole number": {"int_value": 2**62},
    "no JSON": {"json_value": "{"},
    "some JSON": {"json_value": '{"selection": 3}'},
    "pressed": {"trigger_value": True},
}


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")


def forge(app, value: dict):
    """Send one value for every widget of a page that has another kind, as no browser would."""
    states = app._tree.get_widget_states()
    for state in states.widgets:
        kind = state.WhichOneof("value")
        if kind not in value or any(isinstance(x, float) for x in value.values()):
            state.CopyFrom(WidgetState(id=state.id, **value))
    return app._run(states)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("forged", FORGED)
def test_forged_messages_leave_every_page_standing(page, forged):
    app = opened(page, data="movie_night", rank="3")
    app = forge(app, FORGED[forged])
    assert not app.exception, app.exception
    assert not app.run().exception  # and the next run is a usual one


def test_a_forged_number_is_as_good_as_none_and_the_next_one_is_taken():
    app = opened("factors", rank="3")
    app = forge(app, FORGED["bytes"])
    rank = next(widget for widget in app.sidebar.number_input if widget.key == "rank")
    assert rank.value in range(1, 51)
    rank.set_value(4).run()
    assert next(widget for widget in app.sidebar.number_input if widget.key == "rank").value == 4


def test_a_browsers_whole_number_is_taken():
    """Streamlit declares the number of a number input to be a double; its browser sends whole ones as whole numbers."""
    app = opened("factors", rank="3")
    states = app._tree.get_widget_states()
    for state in states.widgets:
        if state.id.endswith("-rank"):
            state.CopyFrom(WidgetState(id=state.id, int_value=4))
    app = app._run(states)
    assert next(widget for widget in app.sidebar.number_input if widget.key == "rank").value == 4


NUMBERS = [name for name, allowed in ALLOWED.items() if isinstance(allowed, Number)]
NO_NUMBERS = ["inf", "-inf", "nan", "1e999", "9" * 40, "9" * 5_000, "x", "", "0x3", "-1"]


@pytest.mark.parametrize("text", NO_NUMBERS, ids=lambda text: text[:12])
def test_what_an_address_asks_for_is_had_or_said(text):
    app = opened(FIRST_PAGE, blanks="own", **dict.fromkeys(NUMBERS, text))
    said = words(app).replace("\\", "")
    for name in NUMBERS:
        assert f"The address asks for {name} = {text[:40]!r}; it must be a " in said


KEPT = [[], 3, "x", None, {"rank": "many"}, {"rank": math.pi, "seed": True, "solver": 7, "loss": ["kl"], "init": {}}]
KEPT += [
    {"penalty": "1", "sweeps": -3, "blanks": 3, "weight": [1], "value": {"x": 1}},
    {"rank": 10**30, "penalty": 1e300},
]


@pytest.mark.parametrize("kept", KEPT, ids=str)
def test_settings_of_a_wrong_type_in_the_store_are_as_good_as_not_kept(kept):
    ratings = datasets.movie_night()
    project = storage.store().project_for("browser:ann", ratings.fingerprint)
    storage.projects().keep(project, ratings, title="Films", settings=json.dumps(kept))
    for page in PAGES:
        app = opened(page, project=project)
        assert "RMSE on observed" in words(app)
    assert next(widget for widget in app.sidebar.number_input if widget.key == "rank").value == 4


def test_settings_that_are_kept_well_are_taken():
    ratings = datasets.movie_night()
    project = storage.store().project_for("browser:ann", ratings.fingerprint)
    kept = {"rank": 3, "blanks": "own", "weight": 1, "value": 0.5, "seed": 7, "colour": "red"}
    storage.projects().keep(project, ratings, title="Films", settings=json.dumps(kept))
    app = opened("factors", project=project)
    assert {n.key: n.value for n in app.sidebar.number_input if n.key in kept} == {
        name: value for name, value in kept.items() if name not in ("blanks", "colour")
    }
