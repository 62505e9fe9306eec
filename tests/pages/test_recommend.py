"""The Recommend page's parts and the map: what is asked, turned, hidden, brushed and added."""

from __future__ import annotations

import json

import pytest

from nmf_core import Ratings, datasets, edit
from pages.ui import text
from pages.ui.session import controls
from tests.pages.conftest import opened, with_state, words
from tests.pages.test_address import said


def chart(app, key: str) -> dict:
    """What a chart draws."""
    return json.loads(next(one.proto.spec for one in app.get("plotly_chart") if key in one.proto.id))


def test_only_the_open_tab_is_drawn():
    assert "mine" not in {one.key for one in opened("recommend").multiselect}
    app = opened("recommend", data="movie_night", tab="item", item="Aliens")
    assert "##### Aliens: " in words(app) and "Who would like it" in words(app)
    assert not any(box.label == "Find a person" for box in app.selectbox)
    assert {name: said(app)[name] for name in ("tab", "item")} == {"tab": "item", "item": "Aliens"}


def test_a_persons_number_of_ratings_stands_beside_their_id():
    (box,) = [box for box in opened("recommend", data="movie_night").selectbox if box.label == "Find a person"]
    (keiko,) = [option for option in box.options if option.startswith("Keiko")]
    assert (
        keiko.replace(text.APART, "") == "Keiko · 11 ratings" and "11" not in keiko
    )  # else a search for user 11 finds Keiko


def test_an_article_behind_a_title_is_no_hindrance(with_ratings):
    with_ratings(edit.rename_items(datasets.notebook(), {"Movie1": "Lion King, The (1994)"}))
    (box,) = [box for box in opened("recommend", tab="item").selectbox if box.label == "Find an item"]
    assert "Lion King, The (1994) · The Lion King" in box.options


def test_a_feature_turned_off_gives_nothing_and_the_list_is_sorted_anew():
    app = opened("recommend", data="movie_night", user="Keiko")
    before = chart(app, "recommendations")
    (slider,) = [slider for slider in app.slider if slider.label.startswith("Feature 1")]
    slider.set_value(0.0).run()
    after = chart(app, "recommendations")
    assert any(before["data"][0]["x"]["bdata"] if isinstance(before["data"][0]["x"], dict) else before["data"][0]["x"])
    assert "still the sum of its parts" in words(app)
    assert before["layout"]["yaxis"]["ticktext"] != after["layout"]["yaxis"]["ticktext"]


def test_hiding_the_popular_says_what_it_costs_and_can_be_taken_back():
    app = opened("recommend", data="movie_night", user="Keiko")
    (slider,) = [slider for slider in app.select_slider if slider.label == "Hide the most popular"]
    slider.set_value(10).run()
    assert "of the mean score of this list" in words(app)
    next(button for button in app.button if button.label == "As it was").click().run()
    assert "of the mean score of this list" not in words(app)


def test_a_genre_alone():
    app = opened("recommend", data="movie_night", user="Keiko")
    (genre,) = [box for box in app.multiselect if box.label == "Only genre"]
    genre.set_value(["Crime"]).run()
    shown = chart(app, "recommendations")["layout"]["yaxis"]["ticktext"]
    info = datasets.movie_night().item_info
    assert shown and all("Crime" in str(info.loc[item].tolist()) for item in shown)


WISHED = {"turned": ["1=0", "2=1.5"], "only": ["2", "3"], "kind": ["genre=Crime", "genre=Drama"], "hide": "10"}


def test_what_is_wished_of_a_list_is_in_the_address_and_found_again_by_it():
    asked = {"data": "movie_night", "user": "Keiko", "rank": "3"}
    app = opened("recommend", **asked)
    assert not set(WISHED) & set(said(app))  # where nothing is wished, nothing is said
    plain = chart(app, "recommendations")["layout"]["yaxis"]["ticktext"]
    (first, second) = (slider for slider in app.slider if slider.label.startswith(("Feature 1", "Feature 2")))
    first.set_value(0.0)
    second.set_value(1.5)
    next(box for box in app.multiselect if box.label.startswith("Only items")).set_value([1, 2])
    next(box for box in app.multiselect if box.label == "Only genre").set_value(["Crime", "Drama"])
    next(slider for slider in app.select_slider if slider.label.startswith("Hide")).set_value(10)
    app.run()
    assert {name: said(app)[name] for name in WISHED} == WISHED
    shown = chart(app, "recommendations")["layout"]["yaxis"]["ticktext"]
    again = opened("recommend", **asked, **WISHED)
    assert said(again) == said(app)
    assert chart(again, "recommendations")["layout"]["yaxis"]["ticktext"] == shown != plain
    next(button for button in again.button if button.label == "As it was").click().run()
    assert not set(WISHED) & set(said(again))
    assert chart(again, "recommendations")["layout"]["yaxis"]["ticktext"] == plain


@pytest.mark.parametrize(
    "wish",
    [
        {"turned": "9=0.5"},  # of a rank that is no more
        {"turned": "1=0.3"},
        {"turned": "1=nan"},
        {"turned": "1=0=0"},
        {"only": "0"},
        {"only": "²"},
        {"kind": "genre=<b>nothing</b>"},
        {"kind": "taste=Crime"},
        {"kind": "Crime"},
        {"hide": "11"},
        {"hide": "-10"},
    ],
)
def test_a_wish_of_the_address_that_cannot_be_is_said_and_none_is_made(wish):
    app = opened("ratings", data="movie_night", user="Keiko", rank="3", **wish)
    assert f"The address asks for {next(iter(wish))} = " in words(app).replace("\\", "")
    app.switch_page("recommend.py").run()
    assert not app.exception
    assert not set(WISHED) & set(said(app))
    assert not any(button.label == "As it was" for button in app.button)


def test_a_feature_that_was_turned_is_another_at_another_rank():
    app = opened("recommend", data="movie_night", user="Keiko", rank="3", turned="1=0", hide="10")
    next(box for box in app.sidebar.number_input if box.key == controls.RANK).set_value(4).run()
    assert "turned" not in said(app) and said(app)["hide"] == "10"
    next(box for box in app.sidebar.number_input if box.key == controls.RANK).set_value(3).run()
    assert said(app)["turned"] == "1=0"


def test_what_is_asked_is_rated_or_passed_and_another_comes():
    app = opened("recommend", data="movie_night", tab="me")
    first = next(one.value for one in app.markdown if one.value.startswith("How would you rate"))
    next(button for button in app.button if button.label == "Haven't seen it").click().run()
    second = next(one.value for one in app.markdown if one.value.startswith("How would you rate"))
    assert first != second and "Pick an item above" in words(app)
    app.button(key="ask-5").click().run()
    assert len(app.multiselect(key="mine").value) == 1 and said(app)["mine"].endswith("=5")
    third = next(one.value for one in app.markdown if one.value.startswith("How would you rate"))
    assert third not in (first, second) and "##### You: " in words(app)


def test_five_choices_place_somebody_who_rated_nothing():
    app = opened("recommend", data="movie_night", tab="me", rank="3")
    assert "1 of 5" in words(app)
    app.button(key="choose-this").click().run()
    assert "2 of 5" in words(app) and "##### You: " in words(app)
    assert "Choices of shelves are no ratings" in words(app)
    app.button(key="choose-neither").click().run()
    assert "3 of 5" in words(app)
    app.button(key="choose-again").click().run()
    assert "1 of 5" in words(app) and "Pick an item above" in words(app)


def test_a_newcomer_is_added_to_the_grid_and_undo_takes_them_out():
    app = opened("recommend", data="movie_night", mine="Aliens=5")
    next(field for field in app.text_input if field.key == "my_name").set_value("Zoë *new*")
    next(button for button in app.button if button.label == "Add me to the grid").click()
    app.run()
    assert not app.exception
    assert app.session_state[controls.USER] == "Zoë *new*"
    assert "is in the grid" in words(app) and "*new*:" not in words(app).replace("\\*", "")
    (kept,) = [one for one in app.session_state["_session"].workspaces.values() if one.project]
    assert kept.ratings.of_user("Zoë *new*") == {"Aliens": 5.0}
    app.switch_page("ratings.py").run()
    next(button for button in app.button if button.label == "Undo").click().run()
    (kept,) = [one for one in app.session_state["_session"].workspaces.values() if one.project]
    assert "Zoë *new*" not in kept.ratings.users


@pytest.mark.parametrize(("name", "why"), [("Keiko", "is there twice"), ("  ", "blank")])
def test_a_name_that_cannot_be_is_said(name, why):
    app = opened("recommend", data="movie_night", mine="Aliens=5")
    next(field for field in app.text_input if field.key == "my_name").set_value(name)
    next(button for button in app.button if button.label == "Add me to the grid").click()
    app.run()
    assert not app.exception and why in words(app)


def brushed(app, users: list[str], items: list[str]):
    """The page after these were brushed on the map."""
    held = app.session_state["_session"]
    held.brushed[app.session_state[controls.DATA]] = (tuple(users), tuple(items))
    return app.run()


def test_what_is_brushed_is_seen_on_map_list_and_factors():
    app = brushed(opened("map", data="movie_night"), ["Keiko", "Olga"], ["City of God"])
    assert "Brushed: 2 people, 1 item" in words(app) and "**People**: " in words(app)
    people, items = chart(app, "map")["data"][:2]
    assert (len(people["selectedpoints"]), len(items["selectedpoints"])) == (2, 1)
    app.switch_page("recommend.py").run()
    with_state(app, user="Keiko")
    assert f"{text.MARK} Keiko" in words(app)
    assert any(text.MARK in name for name in chart(app, "recommendations")["layout"]["yaxis"]["ticktext"])
    app.switch_page("factors.py").run()
    drawn = chart(app, "product")["layout"]
    named = [name for axis in drawn if "axis" in axis for name in drawn[axis].get("ticktext", []) if text.MARK in name]
    assert any("Keiko" in name for name in named) and any("City of God" in name for name in named)


def test_what_is_brushed_and_then_gone_is_not_marked():
    app = brushed(opened("map", data="movie_night"), ["nobody"], [])
    assert "Nothing is brushed" in words(app)


@pytest.mark.parametrize("coloured", controls.COLOURINGS)
@pytest.mark.parametrize("plane", controls.PLANES)
def test_the_map_in_every_plane_and_colour(plane, coloured):
    app = opened("map", data="movie_night", plane=plane, coloured=coloured, across="4", up="2")
    drawn = chart(app, "map")
    assert [len(trace["text"]) for trace in drawn["data"][:2]] == [40, 30]
    assert bool(drawn["data"][0]["marker"]["showscale"]) == (coloured == "served")
    with_state(app, rank=2)  # there is no fourth feature any more
    assert not app.exception


def test_a_newcomer_is_on_the_map():
    app = opened("recommend", data="movie_night", mine="Aliens=5")
    assert "you" in [trace.get("name") for trace in chart(app, "my-place")["data"]]
    app.switch_page("map.py").run()
    assert "you" in [trace.get("name") for trace in chart(app, "map")["data"]]


def test_hostile_names_reach_the_map_as_text(with_ratings):
    hostile = "<img src=x onerror=alert(1)>"
    with_ratings(Ratings.from_cells([hostile, "b", hostile], ["x", "<b>y", "<b>y"], [1, 2, 3]))
    drawn = chart(opened("map"), "map")
    assert all("<img" not in told and "<b>" not in told for trace in drawn["data"][:2] for told in trace["text"])
