"""The address is the view: what was seen is seen again by whoever opens it, after a reload and after going back."""

from __future__ import annotations

import ast
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from nmf_core import datasets, suggested_blanks
from pages.ui import seen
from pages.ui.session import address, controls, session
from tests.pages.conftest import ROOT, opened, with_state, words


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")


def said(app: AppTest) -> dict[str, str | list[str]]:
    """The address now."""
    return {name: texts[0] if len(texts) == 1 else list(texts) for name, texts in lists(app).items()}


def lists(app: AppTest) -> dict[str, list[str]]:
    return {name: [texts] if isinstance(texts, str) else list(texts) for name, texts in app.query_params.items()}


def held(app: AppTest) -> dict[str, object]:
    """What is seen, by its name."""
    state = app.session_state
    names = seen.parameters(datasets.notebook())
    return {name: state.get(name, None) for name in names} | {
        controls.CELL: state["_session"].cells.get(state[controls.DATA])
    }


SETS = {
    "factors": {
        "data": "movie_night",
        "mode": "Residual",
        "order": "clustered",
        "cell": ["Keiko", "Aliens"],
        "blanks": "own",
        "weight": "0.35",
    },
    "recommend": {"data": "planted", "user": "User7", "how_many": "5", "solver": "mu", "loss": "kl", "rank": "3"},
    "labels": {
        "data": "movie_night",
        "penalty": "0.0961234",
        "seed": "7",
        "init": "random",
        "sweeps": "33",
        "blanks": "zero",
    },
}


@pytest.mark.parametrize("page", SETS)
def test_what_is_set_is_in_the_address_and_found_again_by_it(page):
    app = opened(page, **SETS[page])
    for name, value in SETS[page].items():
        assert said(app)[name] == value
    again = opened(page, **said(app))
    assert held(again) == held(app)
    assert said(again) == said(app)
    assert not any(
        "address" in warning.value for warning in again.warning
    )  # mu may have run out of sweeps, which is said too


def test_a_suggested_stop_is_in_the_address_so_that_kept_settings_do_not_take_its_place(with_ratings):
    ratings = datasets.planted(400, 200, 3, 0.1, 0.3, 0)
    assert suggested_blanks(ratings)[0] == "weak"
    with_ratings(ratings)
    app = opened("ratings", blanks="unknown", data="notebook")
    next(box for box in app.sidebar.button_group if box.key == controls.BLANKS).set_value("weak").run()
    assert said(app)["blanks"] == "weak"
    assert said(app)["rank"] == str(app.session_state[controls.RANK])
    shared = next(block.value for block in app.get("code"))
    assert "blanks=weak" in shared
    assert "solver=hals" in shared


def test_a_default_that_is_seen_wins_over_what_the_project_keeps():
    app = opened("ratings", data="movie_night", solver="mu", blanks="unknown")
    with_state(app, names=True)
    next(field for field in app.text_input if field.key == "add_user").set_value("Zoe")
    next(button for button in app.button if button.label == "Add").click()
    app.run()
    assert said(app)["solver"] == "mu"
    kept = said(app)
    next(box for box in app.sidebar.selectbox if box.key == controls.SOLVER).set_value("hals").run()
    shown = said(app)
    assert shown["solver"] == "hals"
    opened("ratings", **kept)  # somewhere else, which keeps its own settings with the project
    assert held(opened("ratings", **shown))[controls.SOLVER] == "hals"


def test_each_parameter_that_cannot_be_is_said_and_the_default_stands():
    wrong = dict.fromkeys(seen.parameters(datasets.notebook()), "nobody") | {"data": "nobody"}
    app = opened("ratings", **wrong)
    for name in wrong:
        assert f"The address asks for {name} = 'nobody'; it must be" in words(app).replace("\\", ""), name
    assert held(app) == held(opened("ratings"))


@pytest.mark.parametrize("value", ["inf", "nan", "1e400", "9" * 40, "2.5", "-1", "", "0x2", "²"])
def test_no_number_of_the_address_ends_the_page(value):
    app = opened("ratings", rank=value, seed=value, sweeps=value, penalty="nan", weight=value, blanks="own")
    assert app.session_state[controls.RANK] == 2
    assert "The address asks for rank" in words(app)


def test_what_cannot_be_for_other_ratings_has_its_default_there():
    app = opened("recommend", data="movie_night", user="Keiko", cell=["Keiko", "Aliens"])
    next(box for box in app.sidebar.selectbox if box.key == controls.DATA).set_value("notebook").run()
    assert not app.exception
    assert app.session_state[controls.USER] == "User1"
    assert said(app)["user"] == "User1"


def test_going_back_brings_back_what_was_seen(monkeypatch):
    app = opened("factors", data="movie_night", rank="3")
    before = said(app)
    next(box for box in app.sidebar.number_input if box.key == controls.RANK).set_value(5)
    next(box for box in app.sidebar.selectbox if box.key == controls.DATA).set_value("notebook")
    app.run()
    assert said(app) != before
    monkeypatch.setattr(address, "get_script_run_ctx", lambda: SimpleNamespace(is_history_navigation=True))
    for name, texts in before.items():
        app.query_params[name] = texts
    app.run()
    assert not app.exception
    assert said(app) == before
    assert (app.session_state[controls.DATA], app.session_state[controls.RANK]) == ("movie_night", 3)


def test_whatever_outlives_a_change_of_page_is_in_the_address():
    named = set(seen.parameters(datasets.notebook()))
    kept = [
        {word.arg: word.value for word in node.keywords}
        for path in (ROOT / "pages").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and any(word.arg == "persist_state" for word in node.keywords)
    ]
    kept = [
        words for words in kept if not isinstance(words["key"], ast.Name | ast.Call)
    ]  # `window._some`, whose keys are these two; and what each item of MINE is rated
    keys = {getattr(controls, words["key"].attr, "") for words in kept if isinstance(words["key"], ast.Attribute)}
    assert len(kept) == len(keys) > 5
    assert keys | {controls.ONLY_USERS, controls.ONLY_ITEMS} <= named


def rated(app: AppTest) -> list[float]:
    return [slider.value for slider in app.select_slider if slider.key.startswith("mine-")]


def test_what_a_visitor_rates_outlives_another_page_and_a_reload():
    app = opened("recommend", data="movie_night", mine="Aliens=2")
    assert rated(app) == [2.0] and "You: " in words(app)
    app.multiselect(key="mine").set_value(["Aliens", "Titanic"])
    app.run()
    next(slider for slider in app.select_slider if slider.label == "Titanic").set_value(5.0)
    app.run()
    app.switch_page("labels.py").run()
    assert not app.exception and "mine" not in said(app)
    app.switch_page("recommend.py").run()
    assert rated(app) == [2.0, 5.0]
    assert sorted(app.query_params["mine"]) == ["Aliens=2", "Titanic=5"]


@pytest.mark.parametrize("mine", ["Nobody=2", "Aliens=2.2", "Aliens", "Aliens=nan", "=", "Aliens=2=3"])
def test_what_cannot_be_rated_is_said(mine):
    app = opened("recommend", data="movie_night", mine=mine, tab="me")
    assert not app.select_slider and "Pick an item above" in words(app)


def test_what_is_not_ours_in_the_address_stays():
    assert said(opened("factors", course="ml-2"))["course"] == "ml-2"


def shown_untold(box) -> object:
    """What a browser shows of a widget that it was never told was set: its default."""
    default = box.proto.default
    if box.type == "number_input":
        return default if box.proto.HasField("default") else None
    return default if box.type == "selectbox" else list(default)


def set_to(box) -> object:
    """What a widget is set to, in the same form: a number, or the places of what is chosen."""
    if box.type == "number_input":
        return box.value
    if box.type == "selectbox":
        return box.index
    if box.type == "slider":
        return [box.value]
    chosen = box.value if isinstance(box.value, list) else [box.value]
    return [box.options.index(box.format_func(one)) for one in chosen]


EVERYTHING = (
    ("factors", {"mode": "Residual", "weights": "solver", "order": "clustered", "blanks": "own", "weight": "0.35"}),
    ("rank", {"survey_top": "3", "survey_folds": "4", "solver": "mu", "loss": "kl"}),
    ("labels", {"balance": "0.75", "least": "2", "seed": "7", "init": "random", "sweeps": "33", "penalty": "0.25"}),
    ("recommend", {"user": "Keiko", "how_many": "5"}),
    ("recommend", {"tab": "item", "item": "Aliens"}),
    ("map", {"plane": "features", "across": "2", "up": "3", "coloured": "served"}),
    ("evaluate", {"judged_folds": "3"}),
)


@pytest.mark.parametrize(("page", "asked"), EVERYTHING)
def test_a_browser_that_missed_the_run_which_set_a_widget_shows_and_sends_back_the_same(page, asked):
    """Where the next run comes before a slow browser has drawn the first, it never hears of what was set."""
    asked = {"data": "movie_night", "rank": "3", **asked}
    app = opened(page, **asked)
    names = {*seen.parameters(datasets.movie_night()), controls.DATA}
    boxes = {
        box.key: box
        for kind in ("selectbox", "number_input", "slider", "select_slider", "multiselect", "button_group")
        for box in app.get(kind)
        if box.key in names
    }
    assert set(asked) - {"tab"} <= set(boxes)
    for key, box in boxes.items():
        assert shown_untold(box) == set_to(box), key
