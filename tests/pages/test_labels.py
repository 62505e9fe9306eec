"""A feature is named, described, renamed, unnamed and named again on the Labels page, each change saved as it is made."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nmf_core import Ratings, datasets
from pages.ui.session import session, storage
from pages.ui.work import jobs
from tests.pages.conftest import finish, opened, words


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")


def address(app: AppTest, **other: str) -> dict[str, str]:
    """The address now, with something else in it."""
    return {key: value if isinstance(value, str) else value[0] for key, value in app.query_params.items()} | other


def field(app: AppTest, kind: str, of: str):
    """The first field of a kind whose key begins so."""
    return next(one for one in getattr(app, kind) if (one.key or "").startswith(of))


def name(app: AppTest, text: str) -> AppTest:
    field(app, "text_input", "name-").set_value(text).run()
    assert not app.exception
    return app


def names(app: AppTest) -> list[str]:
    return [one.value for one in app.text_input if (one.key or "").startswith("name-")]


def test_a_name_with_its_kind_and_note_is_saved_and_found_again():
    app = name(opened("labels", data="movie_night", rank="3"), "space adventures")
    assert "#### space adventures" in [one.value for one in app.markdown]
    field(app, "selectbox", "kind-").set_value("genre").run()
    field(app, "text_area", "note-").set_value("ships & stars").run()
    again = opened("labels", **address(app))
    assert names(again)[0] == "space adventures"
    assert field(again, "selectbox", "kind-").value == "genre"
    assert field(again, "text_area", "note-").value == "ships & stars"
    assert any(one.label.startswith("History: ") for one in again.expander)


def test_equal_names_stand_apart_on_every_page():
    app = opened("labels", data="movie_night", rank="3")
    for f, label in enumerate(("Action", "Action", "Action (2)")):
        fields = [one for one in app.text_input if (one.key or "").startswith("name-")]
        fields[f].set_value(label).run()
    for page in ("recommend", "factors"):
        assert r"Action \(1\)" in words(opened(page, **address(app)))


def test_a_name_is_emptied_removed_and_undone():
    app = name(opened("labels", data="movie_night", rank="2"), "heist")
    name(app, "")
    assert "heist" not in names(app)
    next(one for one in app.button if one.key == "undo-label").click().run()
    assert names(app)[0] == "heist"
    field(app, "button", "remove-").click().run()
    assert "heist" not in names(app)


def test_what_is_suggested_is_a_name_with_its_evidence_as_note():
    app = opened("labels", data="movie_night", rank="3")
    suggested = field(app, "button", "suggest-")
    said = suggested.label.replace("\\", "")
    suggested.click().run()
    assert not app.exception
    assert said in names(app)
    assert any(one.value for one in app.text_area if (one.key or "").startswith("note-"))


def test_a_name_that_is_lost_at_another_rank_is_kept_and_said():
    app = name(opened("labels", data="movie_night", rank="6"), "the sixth")
    other = opened("labels", **address(app, rank="1"))
    assert any("1 label not recognised in this fit" in one.label for one in other.expander)
    assert "the sixth" in words(other)


def press(app: AppTest, key: str) -> None:
    next(one for one in app.button if one.key == key or (one.key or "").startswith(f"{key}-")).click().run()
    assert not app.exception


def test_a_name_in_the_tray_is_hung_on_a_feature_and_undone():
    app = name(opened("labels", data="movie_night", rank="6"), "the sixth")
    other = opened("labels", **address(app, rank="1"))
    assert names(other) == [""] and "the sixth" in words(other)
    field(other, "selectbox", "hang-on-").set_value(0).run()
    press(other, "hang-1")
    assert names(other) == ["the sixth"]
    assert not any("not recognised" in one.label for one in other.expander)
    press(other, "undo-label")
    assert names(other) == [""] and any("1 label not recognised" in one.label for one in other.expander)


def test_a_name_in_the_tray_can_be_removed():
    app = name(opened("labels", data="movie_night", rank="6"), "the sixth")
    other = opened("labels", **address(app, rank="1"))
    press(other, "drop-1")
    assert not any("not recognised" in one.label for one in other.expander)
    assert "the sixth" not in names(opened("labels", **address(app)))


def test_all_features_are_seen_at_once_and_one_is_opened():
    app = opened("labels", data="movie_night", rank="4")
    assert len(names(app)) == 4
    assert "Feature 1 of 4 explains" in words(app)
    press(app, "open-2")
    assert "Feature 3 of 4 explains" in words(app) and address(app)["feature"] == "3"
    again = opened("labels", **address(app))
    assert "Feature 3 of 4 explains" in words(again)
    smaller = opened("labels", **address(app, rank="2"))
    assert "Feature 2 of 2 explains" in words(smaller)


def test_items_are_those_that_score_highest_or_those_that_set_it_apart():
    app = opened("labels", data="movie_night", rank="3", balance="0")
    slider = field(app, "select_slider", "balance")
    assert slider.value == 0.0
    slider.set_value(1.0).run()
    assert not app.exception and address(app)["balance"] == "1"
    refused = opened("labels", data="movie_night", rank="3", balance="0.3")
    assert field(refused, "select_slider", "balance").value == 0.5


def test_the_history_says_who_did_what():
    app = name(opened("labels", data="movie_night", rank="3"), "heist")
    name(app, "caper")
    press(app, "undo-label")
    frame = next(one.value for one in app.dataframe if "What" in one.value.columns)
    assert frame["What"].tolist() == ["went back to", "renamed", "saved"]
    assert frame["Name"].tolist() == ["heist", "caper", "heist"]
    assert frame["Before"].tolist() == ["", "heist", ""]
    assert frame["Taken back since"].tolist() == [False, True, False]


def test_a_grid_of_five_people_says_that_they_are_too_few_to_tell():
    app = opened("labels", data="notebook", rank="2")
    finish(jobs._board())
    app.run()
    assert not app.exception
    said = words(app)
    assert "too few people to tell whether features are found again" in said and "nan" not in said.lower()


def test_features_say_whether_they_are_found_again():
    app = opened("labels", data="movie_night", rank="3")
    finish(jobs._board())
    app.run()
    assert not app.exception
    assert "found again" in words(app) and "chance stays below" in words(app)


def test_an_item_is_found_in_all_features_and_its_card_opened():
    app = opened("labels", data="movie_night", rank="4")
    field(app, "selectbox", "find-item").set_value("The Lion King").run()
    found = [one for one in app.button if (one.key or "").startswith("find-")]
    assert found and ": place 1" in found[0].label.replace("\\", "")
    found[0].click().run()
    assert not app.exception
    f = int(found[0].key.removeprefix("find-")) + 1
    assert f"Feature {f} of 4 explains" in words(app)
    assert "lean to “" in words(app)


def test_a_note_that_is_written_in_another_fit_leaves_the_name_on_what_it_hung_on():
    app = name(opened("labels", data="movie_night", rank="4"), "crimes")
    project = app.session_state["_session"].view.project
    (before,) = storage.store().labels(project)
    other = opened("labels", **address(app, rank="4", blanks="zero"))
    assert "crimes" in names(other)
    press(other, f"open-{names(other).index('crimes')}") if names(other)[0] != "crimes" else None
    field(other, "text_area", "note-").set_value("seen with zeros").run()
    (after,) = storage.store().labels(project)
    assert (after.label.note, after.shape) == ("seen with zeros", before.shape)
    name_at(other, names(other).index("crimes"), "capers")
    assert storage.store().labels(project)[0].shape != before.shape


def name_at(app: AppTest, f: int, text: str) -> None:
    [one for one in app.text_input if (one.key or "").startswith("name-")][f].set_value(text).run()
    assert not app.exception


def test_a_name_of_ones_own_drops_the_evidence_for_the_one_that_was_suggested():
    app = opened("labels", data="movie_night", rank="3")
    field(app, "button", "suggest-").click().run()
    assert field(app, "text_area", "note-").value
    name(app, "mine")
    assert field(app, "text_area", "note-").value == ""


def test_what_waits_to_be_chosen_waits_while_another_label_is_saved():
    ann = opened("labels", data="movie_night", rank="3")
    for f, label in enumerate(("space", "love")):
        fields = [one for one in ann.text_input if (one.key or "").startswith("name-")]
        fields[f].set_value(label).run()
    bob = opened("labels", **address(ann))
    name(ann, "stars")
    name(bob, "rockets")
    assert "**Yours:** rockets (" in words(bob)
    fields = [one for one in bob.text_input if (one.key or "").startswith("name-")]
    fields[0].set_value("romance").run()  # of the second feature: the first has no field
    assert "**Yours:** rockets (" in words(bob) and "feature 1" in words(bob)
    name(ann, "orbits")
    bob.run()
    assert "**Theirs:** orbits (" in words(bob) and "**Yours:** rockets (" in words(bob)
    press(bob, "take-mine")
    assert names(bob)[:2] == ["rockets", "romance"]


def test_a_field_that_nobody_changed_saves_nothing():
    app = name(opened("labels", data="movie_night", rank="3"), "heist")
    name(app, " heist ")
    frame = next(one.value for one in app.dataframe if "What" in one.value.columns)
    assert frame["What"].tolist() == ["saved"]


def two_with(label: str) -> tuple[AppTest, AppTest]:
    """Two people who see the same label of the first feature."""
    ann = name(opened("labels", data="movie_night", rank="3"), label)
    return ann.run(), opened("labels", **address(ann))


def test_of_a_label_that_two_changed_both_are_shown_and_one_is_chosen():
    ann, bob = two_with("space")
    name(ann, "stars & *ships*")
    name(bob, "rockets")
    said = words(bob)
    assert "**Theirs:** stars \\& \\*ships\\* (" in said and "**Yours:** rockets (" in said
    assert len(names(bob)) == 2  # no field to overwrite it with
    press(bob, "take-theirs")
    assert names(bob)[0] == "stars & *ships*" and "**Yours:**" not in words(bob)
    name(ann, "orbits")
    name(bob, "rockets")
    press(bob, "take-mine")
    assert names(bob)[0] == names(ann.run())[0] == "rockets"


def test_a_choice_that_was_overtaken_is_another_choice():
    ann, bob = two_with("space")
    name(ann, "stars")
    name(bob, "rockets")
    name(ann, "orbits")
    press(bob, "take-mine")
    assert "**Theirs:** orbits (" in words(bob)
    press(bob, "take-mine")
    assert names(bob)[0] == "rockets"


def test_a_name_that_one_took_away_and_one_changed_is_chosen():
    ann, bob = two_with("space")
    name(ann, "")
    name(bob, "rockets")
    assert "**Theirs:** the name is taken away" in words(bob)
    press(bob, "take-mine")
    assert names(bob)[0] == "rockets"
    ann.run()
    name(bob, "orbits")
    name(ann, "")  # what she sees is older
    assert "**Yours:** the name is taken away" in words(ann)
    press(ann, "take-mine")
    assert names(ann)[0] == ""


def test_two_who_name_a_feature_at_once_choose():
    ann = opened("labels", data="movie_night", rank="3")
    bob = opened("labels", **address(name(ann, "x")))
    name(ann, "")
    bob.run()
    name(ann, "space")
    name(bob, "rockets")
    assert "**Theirs:** space (" in words(bob) and "**Yours:** rockets (" in words(bob)
    press(bob, "take-mine")
    assert names(bob)[0] == "rockets"


def test_of_two_colours_one_is_chosen():
    ann, bob = two_with("space")
    field(ann, "color_picker", "colour-").set_value("#112233").run()
    field(bob, "color_picker", "colour-").set_value("#445566").run()
    assert "in \\#112233" in words(bob) and "in \\#445566" in words(bob)


def test_two_who_say_the_same_have_nothing_to_choose():
    ann, bob = two_with("space")
    name(ann, "stars")
    name(bob, "stars")
    assert "**Yours:**" not in words(bob) and names(bob)[0] == "stars"


def test_items_that_no_feature_explains_are_read_and_searched(with_ratings):
    rng = np.random.default_rng(0)
    ratings = datasets.planted(60, 40, 2, 0.3, 0.3, 0)
    rows = [(u, i, r) for u, i, r in ratings.to_table().itertuples(index=False)]
    rows += [(f"lone {k}", f"*niche* {k}", float(rng.integers(1, 3))) for k in range(260)]
    with_ratings(Ratings.from_cells(*map(list, zip(*rows, strict=True)), scale=(1, 5)))
    app = opened("labels", rank="2", blanks="zero", least="1")
    n = next(int(one.label.split()[0].replace(",", "")) for one in app.expander if "no feature explains" in one.label)
    assert n > 200  # no more were ever shown
    frame = next(one.value for one in app.dataframe if {"item", "ratings"} <= set(one.value.columns))
    assert len(frame) == n
    field(app, "text_input", "niche-search").set_value("NICHE* 25").run()
    frame = next(one.value for one in app.dataframe if {"item", "ratings"} <= set(one.value.columns))
    assert set(frame["item"]) <= {"*niche* 25", *(f"*niche* 25{k}" for k in range(10))} and len(frame)


def test_the_audit_table_has_every_feature_with_what_its_name_rests_on(monkeypatch):
    """Opened here, which a test cannot do in a browser's stead."""
    import streamlit as st

    class Panel:
        open = True

        def __enter__(self):
            return self

        def __exit__(self, *gone):
            return None

    monkeypatch.setattr(st, "expander", lambda *words, **kept: Panel())

    def script():
        from nmf_core import datasets, factorize
        from nmf_core.fit.settings import Settings
        from pages.ui.labels import audit

        class View:
            ratings = datasets.movie_night()
            settings = Settings(rank=4)
            fit = factorize(ratings, rank=4).canonical()
            known = None

        audit.table(View())

    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception, app.exception
    (frame,) = app.dataframe
    assert frame.value["feature"].tolist() == [1, 2, 3, 4]
    assert frame.value["evidence"].str.contains("times its share elsewhere|and none elsewhere").all()
    assert "kind" not in frame.value.columns  # nobody gave one
    assert "found again, that stands here" in words(app)
