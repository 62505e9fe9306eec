"""What a page shows once somebody turns to it: a replay, tables and downloads behind buttons, a search, ratings of one's own."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from nmf_core import RatingsError
from pages.ui.session import controls, storage
from pages.ui.work import jobs
from tests.pages.conftest import finish, opened, with_state, words


def plots(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def test_a_fit_is_replayed_as_it_was_after_some_sweeps():
    app = opened("factors", data="movie_night", rank="3")
    (replay,) = (slider for slider in app.slider if str(slider.key).startswith("replay-"))
    before = plots(app)
    replay.set_value(2).run()
    finish(jobs._board())
    app.run()
    assert not app.exception
    assert plots(app) == before + 1
    assert "After 2 sweeps: RMSE on observed" in words(app)


def test_what_can_be_taken_along_is_made_when_it_is_turned_to():
    app = opened("factors")
    assert not [button for button in app.get("download_button") if button.proto.label == "Capsule"]
    with_state(app, along=True)
    offered = [button.proto.label for button in app.get("download_button")]
    assert {"W (CSV)", "H (CSV)", "Ratings (CSV)", "Notebook", "Report", "Capsule"} <= set(offered)


def test_the_numbers_of_a_picture_are_behind_its_button():
    app = opened("factors")
    before = len(app.dataframe)
    with_state(app, **{"product-twin": True})
    assert len(app.dataframe) == before + 1
    assert app.dataframe[0].value.shape == (5, 4)


def test_users_and_items_of_a_large_grid_are_searched():
    app = opened("factors", data="planted")
    with_state(app, only_users=["User7", "User2"], only_items=["Item5"])
    with_state(app, **{"product-twin": True})
    assert app.dataframe[0].value.shape == (2, 1)


def test_somebody_who_rates_a_few_items_is_placed_and_recommended_to():
    app = opened("recommend", tab="me")
    assert "Pick an item above to begin." in words(app)
    with_state(app, mine=["Movie1", "Movie4"])
    assert "##### You: " in words(app)
    assert "Pick an item above to begin." not in words(app)


@pytest.mark.parametrize(("blanks", "less"), [("weak", True), ("unknown", False), ("zero", False)])
def test_a_list_says_what_a_blank_counts_of_somebody_with_few_ratings(blanks, less):
    app = opened("recommend", blanks=blanks)
    assert ("ratings, a blank counts " in words(app)) == less
    assert "shared" in words(app)
    with_state(app, tab=controls.MINE_TAB, mine=["Movie1"])
    assert ("With 1 rating, a blank counts 40% of what it counts in the fit" in words(app)) == less


def test_blanks_have_a_weight_and_a_value_of_ones_own():
    app = opened("factors", blanks="own", weight="0.3", value="1.5")
    found = {widget.key: widget.value for widget in app.sidebar.number_input}
    assert (found["weight"], found["value"]) == (0.3, 1.5)
    assert "RMSE on observed" in words(app)


def test_a_survey_judges_by_lists_where_blanks_count_and_by_errors_where_not():
    for blanks, says in (("unknown", "rating points"), ("weak", "opularity alone has")):
        app = opened("rank", data="movie_night", blanks=blanks, survey_top="3")
        finish(jobs._board())
        app.run()
        assert says in words(app) and "Read rank 3" in words(app)


def test_where_blanks_are_zeros_the_survey_has_the_curve_that_notebooks_draw():
    for blanks, says in (("zero", True), ("unknown", False)):
        app = opened("rank", blanks=blanks)
        finish(jobs._board())
        app.run()
        assert any("As notebooks draw it" in str(e.label) for e in app.expander) == says


@pytest.mark.parametrize("act", ["rename", "duplicate", "delete"])
def test_a_project_that_cannot_be_changed_is_said_and_stays_open(act, monkeypatch):
    from pages.ui.ratings import projects as listed

    said: list[tuple[str, str]] = []

    class Broken:
        def __getattr__(self, name: str):
            def fails(*args: object) -> None:
                raise RatingsError(f"The disk is full: nothing to {name}. Make room.")

            return fails

    class Project:
        id, title = "p", "Club"

    monkeypatch.setattr(storage, "projects", Broken)
    monkeypatch.setattr(listed.session, "person", lambda: "browser:ann")
    monkeypatch.setattr(listed.session, "widget", lambda key: "Film club")
    monkeypatch.setattr(listed.session, "notice", lambda kind, words: said.append((kind, words)))
    asked = (Project(), "name") if act == "rename" else (Project(),)
    getattr(listed, f"_{act}")(*asked)
    assert said == [("error", f"The disk is full: nothing to {act}. Make room.")]


def test_how_long_ago_is_said_in_words():
    from datetime import UTC, datetime, timedelta

    from pages.ui.ratings.projects import _ago

    now = datetime.now(UTC)
    said = [_ago(now - timedelta(minutes=minutes, seconds=5)) for minutes in (0, 1, 59, 60, 180, 60 * 24, 60 * 72)]
    assert said == [
        "just now",
        "1 minute ago",
        "59 minutes ago",
        "1 hour ago",
        "3 hours ago",
        "1 day ago",
        "3 days ago",
    ]
