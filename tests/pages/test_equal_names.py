"""Features called "Action", "Action" and "Action (2)": no page has a traceback, and every page tells them apart."""

from __future__ import annotations

import pytest

from nmf_core.labels import Label, shapes_of
from pages.ui.page_list import PAGES
from pages.ui.session import session, storage
from pages.ui.work import jobs
from tests.pages.conftest import finish, opened, words

GIVEN = ("Action", "Action", "Action (2)")


@pytest.mark.parametrize("page", PAGES)
def test_equal_names_are_told_apart_on_every_page(page, monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")
    app = opened("labels", data="movie_night", rank="3")
    view = app.session_state["_session"].view
    made: list[int] = []
    shapes = shapes_of(view.fit.items, view.fit.H, counted=view.fit.blanks.weight > 0)
    for text, shape in zip(GIVEN, shapes, strict=True):
        made.append(storage.store().save(view.project, Label(text), shape, beside=made).id)
    app = opened(page, data="movie_night", rank="3")
    finish(jobs._board())
    app.run()
    assert not app.exception
    names = app.session_state["_session"].view.names
    assert len(set(names)) == 3 and all(name.startswith("Action") for name in names)
    drawn = "\n".join([words(app).replace("\\", ""), *(str(chart.proto) for chart in app.get("plotly_chart"))])
    if page == "labels":  # names stand in fields, as they were typed, beside the number of their feature
        assert sorted(one.value for one in app.text_input if (one.key or "").startswith("name-")) == sorted(GIVEN)
    elif page in ("factors", "recommend", "map"):  # the others speak of one feature, or of none
        assert [name for name in names if name not in drawn] == []
