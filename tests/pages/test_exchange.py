"""Labels are taken along from the Labels page and brought in there; what would come is seen before it is saved."""

from __future__ import annotations

import json

import pytest

from nmf_core.labels import Label, shape_of, shapes_of
from nmf_core.labels.exchange import labels_to_csv, labels_to_json
from nmf_core.store.labels import LabelStore
from pages.ui.labels import exchange
from pages.ui.session import storage
from tests.pages.conftest import opened, words
from tests.pages.test_labels import ann

__all__ = ["ann"]  # a fixture
LOST = shape_of(["nothing", "of these"], [2, 1])


def page_of_labels(*texts):
    """The page, its first features named so, and the shapes of all."""
    app = opened("labels", data="movie_night", rank="3")
    view = app.session_state["_session"].view
    shapes = shapes_of(view.fit.items, view.fit.H, counted=view.fit.blanks.weight > 0)
    for text, shape in zip(texts, shapes, strict=False):
        ids = [one.id for one in storage.store().labels(view.project)]
        storage.store().save(view.project, Label(text), shape, beside=ids)
    return app.run(), view.project, shapes


def bring(app, name, content):
    (box,) = [box for box in app.file_uploader if (box.key or "").startswith("labels-file")]
    box.set_value((name, content.encode(), "text/plain")).run()
    assert not app.exception


def seen(app):
    return (
        next(one.value for one in app.dataframe if "what it does" in one.value)
        .drop(columns=["kind", "made of"])
        .values.tolist()
    )


def texts(project):
    return [one.label.text for one in storage.store().labels(project)]


@pytest.mark.parametrize(("name", "write"), [("labels.json", labels_to_json), ("LABELS.CSV", labels_to_csv)])
def test_what_would_come_is_seen_and_then_saved_and_undone(name, write):
    app, project, shapes = page_of_labels("heist", "love")
    (_, love) = before = storage.store().labels(project)
    better = Label("heist", kind="genre", note="<b>why</b>")
    bring(
        app,
        name,
        write([(better, shapes[0]), (love.label, love.shape), (Label("<i>war"), shapes[2]), (Label("gone"), LOST)]),
    )
    assert seen(app) == [
        ["heist", "replaces the one of this name", "Feature 1"],
        ["<i>war", "is new", "Feature 3"],
        ["gone", "is new", "not recognised here: it will wait in the tray"],
    ]
    assert storage.store().labels(project) == before
    app.button(key="save-labels").click().run()
    assert not app.exception and "3 labels saved" in words(app)
    assert texts(project) == ["heist", "love", "<i>war", "gone"]
    assert storage.store().labels(project)[0].label == better
    for _ in range(3):
        storage.store().undo(project)
    assert [one.label for one in storage.store().labels(project)] == [one.label for one in before]


def test_labels_that_are_here_have_nothing_to_do():
    app, project, _ = page_of_labels("heist")
    bring(app, "labels.json", labels_to_json([(one.label, one.shape) for one in storage.store().labels(project)]))
    assert "here already" in words(app) and not [one for one in app.button if one.key == "save-labels"]


def test_a_file_that_is_none_is_said_with_where_and_nothing_is_saved():
    app, project, _ = page_of_labels()
    bring(app, "<b>labels.json", json.dumps({"labels": [{"text": "x"}]}))
    said = words(app).replace("\\", "")
    assert "Label 1: 'shape' is missing" in said and "<b>" not in words(app)
    assert texts(project) == []


def test_what_somebody_changed_meanwhile_is_not_replaced():
    app, project, shapes = page_of_labels("heist")
    bring(app, "labels.json", labels_to_json([(Label("heist", kind="genre"), shapes[0])]))
    (stored,) = storage.store().labels(project)
    theirs = storage.store().save(project, Label("heists"), stored.shape, label_id=stored.id, version=stored.version)
    exchange._save(project, [exchange.Coming(Label("heist", kind="genre"), shapes[0], stored, 0)], [stored.id])
    assert storage.store().labels(project) == [theirs]


def test_a_store_that_fails_midway_says_how_far_it_came(monkeypatch):
    app, project, shapes = page_of_labels()
    bring(app, "labels.json", labels_to_json([(Label("heist"), shapes[0]), (Label("love"), shapes[1])]))
    whole, calls = LabelStore.save, []

    def fails(self, *given, **more):
        calls.append(given)
        if len(calls) == 2:
            raise exchange.NmfError("The label store was not saved: disk full.")
        return whole(self, *given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(LabelStore, "save", fails)
        app.button(key="save-labels").click().run()
    assert "1 of 2 labels saved, then" in words(app) and texts(project) == ["heist"]
    assert seen(app) == [["love", "is new", "Feature 2"]]
