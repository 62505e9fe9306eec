"""What is shared is looked at, copied or changed, as its link says; and what is changed elsewhere is seen."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import Request

from nmf_core import edit
from nmf_core.labels import Label, shape_of
from pages.ui.session import address, changes, session, storage, workspaces
from tests.pages.conftest import bringing, opened, with_state, words
from tests.pages.test_projects import ANN, BOB, CSV, now, press, project_of, upload


@pytest.fixture(autouse=True)
def person(monkeypatch):
    """Who is here; a test lets somebody else come by setting it."""
    here = [ANN]
    monkeypatch.setattr(session, "person", lambda: here[0])
    return here


def shared(app, how: str) -> dict[str, str]:
    """The parameters of the link that the Share button has for this choice."""
    next(radio for radio in app.sidebar.radio if radio.key == "share").set_value(how)
    app.run()
    assert not app.exception
    link = next(code.value for code in app.sidebar.code if "?" in code.value)
    return dict(part.split("=") for part in link.partition("?")[2].split("&"))


def said(app) -> str:
    """What a page says, without what keeps Markdown from reading it."""
    return words(app).replace("\\", "")


def name_first_feature(app, text: str) -> None:
    view = app.session_state["_session"].view
    storage.store().save(view.project, Label(text), shape_of(view.fit.items, view.fit.H[0]))


def test_who_may_look_sees_ratings_and_labels_and_cannot_change_them(person):
    app = upload(bringing(), ("films.csv", CSV))
    name_first_feature(app, "heist")
    link = shared(app, "view")
    assert "project" not in link and project_of(app) not in str(link)
    person[0] = BOB
    theirs = opened("labels", view=link["view"])
    assert "heist" in said(theirs) and "You look at films.csv of somebody else" in said(theirs)
    assert not any((field.key or "").startswith("name-") for field in theirs.text_input)
    assert "".join(theirs.query_params["view"]) == link["view"] and "project" not in theirs.query_params
    assert all(
        project_of(app) not in str(widget.key) for kind in ("button", "text_input") for widget in theirs.get(kind)
    )
    press(theirs, "make-own")
    assert "heist" in said(theirs) and any((field.key or "").startswith("name-") for field in theirs.text_input)
    mine = project_of(theirs)
    assert mine != project_of(app) and storage.find(mine).owner == BOB
    assert "view" not in theirs.query_params


def test_the_first_change_of_what_is_looked_at_makes_a_copy(person):
    app = upload(bringing(), ("films.csv", CSV))
    name_first_feature(app, "heist")
    link = shared(app, "view")
    person[0] = BOB
    theirs = bringing(view=link["view"])
    with_state(theirs, names=True)
    next(field for field in theirs.text_input if field.key == "add_user").set_value("cid")
    next(button for button in theirs.button if button.label == "Add").click()
    theirs.run()
    assert not theirs.exception
    copy = storage.find(project_of(theirs))
    assert (copy.owner, copy.title, copy.n_users) == (BOB, "films.csv (copy)", 3)
    assert [one.label.text for one in storage.store().labels(copy.id)] == ["heist"]
    assert storage.find(project_of(app)).n_users == 2


def test_a_link_for_copies_makes_one_for_each_person_however_often_it_is_followed(person):
    app = upload(bringing(), ("films.csv", CSV))
    link = shared(app, "copy")
    person[0] = BOB
    first, second = (project_of(bringing(copy=link["copy"])) for _ in range(2))
    person[0] = "browser:cid"
    third = project_of(bringing(copy=link["copy"]))
    assert first == second != third
    assert {storage.find(one).owner for one in (first, third)} == {BOB, "browser:cid"}
    assert len(storage.of_person(ANN)) == 1


def test_its_owner_opens_their_own_by_either_link():
    app = upload(bringing(), ("films.csv", CSV))
    for how in ("view", "copy"):
        assert project_of(bringing(**{how: shared(app, how)[how]})) == project_of(app)


def test_a_sample_with_labels_is_looked_at(person):
    app = opened("labels")
    name_first_feature(app, "heist")
    link = shared(app, "view")
    assert link["data"] == "notebook"
    person[0] = BOB
    theirs = opened("labels", view=link["view"], data="notebook")
    assert "heist" in said(theirs)
    again = opened("labels", **{name: "".join(theirs.query_params[name]) for name in ("view", "data")})
    assert "heist" in said(again)
    press(again, "make-own")
    assert "heist" in said(again) and storage.find(project_of(again)).owner == BOB


def test_what_is_changed_elsewhere_is_seen_and_can_be_undone(person):
    here = upload(bringing(), ("films.csv", CSV))
    project = project_of(here)
    viewing = bringing(view=shared(here, "view")["view"])
    person[0] = BOB
    there = bringing(project=project)
    looking = bringing(view=shared(here, "view")["view"])
    for app in (there, looking):
        assert app.session_state["_session"].changes_seen == (project, storage.n_changes(project))
    kept, _ = storage.keep(now(there).changed(edit.add_users(now(there).ratings, ["cid"])), BOB, "{}")
    assert kept.project == project
    person[0] = ANN
    for app in (here, looking, viewing):
        app.run()
        assert now(app).ratings.n_users == 3
        assert "films.csv was changed in another place" in said(app)
        app.run()
        assert "changed in another place" not in said(app)
    press(here, "undo")
    assert now(here).ratings.n_users == 2 == storage.find(project).n_users


def test_a_page_follows_what_it_shows_and_leads_nowhere_else(person):
    here = upload(bringing(), ("films.csv", CSV))
    project = project_of(here)
    key, seen = followed(here)
    assert (key, seen) == (storage.view_key(project), storage.n_changes(project))
    assert project not in str([one.proto for one in here.get("html")])
    name_first_feature(here, "heist")
    assert asked(key) == str(seen + 1)
    here.button(key="newer").click().run()
    assert followed(here) == (key, seen + 1)
    assert asked("0" * 24) == asked(project) == "0"


def test_a_page_of_a_sample_follows_its_labels(person):
    app = opened("labels")
    key, seen = followed(app)
    name_first_feature(app, "heist")
    assert asked(key) == str(seen + 1) == "1"


def followed(app) -> tuple[str, int]:
    """What the page asks for, and the number that it shows."""
    (found,) = re.findall(r'data-of="(.+?)" data-changes="(\d+)"', "".join(one.proto.body for one in app.get("html")))
    return found[0], int(found[1])


def asked(key: str) -> str:
    """What the server answers a page; in a thread of its own, since tests in a browser leave a loop running in theirs."""
    request = Request({"type": "http", "path_params": {"key": key}})
    with ThreadPoolExecutor(1) as alone:
        return alone.submit(lambda: asyncio.run(changes.ROUTE.endpoint(request))).result().body.decode()


def test_a_link_to_nothing_is_said(person):
    for how in ("view", "copy"):
        app = opened("ratings", **{how: "0123456789abcdef01234567"})
        assert "does not exist here, or was deleted" in said(app)
        assert now(app).key == "notebook" and how not in app.query_params


def test_the_project_behind_a_view_is_not_to_be_guessed():
    project = storage.store().project_for(ANN, "films")
    key = storage.view_key(project)
    assert project not in key and key not in project
    assert storage.viewed(key).id == project and storage.viewed(key[:-1] + "x") is None and storage.find(key) is None
    assert address.VIEW == "view" and workspaces.VIEWED
