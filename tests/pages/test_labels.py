"""A feature is named, described, renamed, unnamed and named again on the Labels page, each change saved as it is made."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.session import session
from tests.pages.conftest import opened, words


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
    assert any(one.label == "History" for one in again.expander)


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
