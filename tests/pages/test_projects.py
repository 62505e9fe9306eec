"""What is opened and edited is kept, found again under its address, and listed; nothing is overwritten."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from nmf_core import datasets, edit, suggested_blanks
from nmf_core.export import ratings_csv
from nmf_core.fit.settings import default_rank
from nmf_core.labels import Label, shape_of
from nmf_core.reading.read import read_ratings
from pages.ui.session import controls, session, storage
from pages.ui.session.workspace import Workspace
from tests.pages.conftest import bringing, opened, with_state, words

ANN, BOB = "browser:ann", "browser:bob"
CSV = b"user,item,rating\nann,x,5\nann,y,3\nbob,x,4\nbob,z,1\n"


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: ANN)


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files])
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> AppTest:
    next(button for button in app.button if button.key == key).click()
    app.run()
    assert not app.exception
    return app


def now(app: AppTest) -> Workspace:
    held = app.session_state["_session"].workspaces
    return held[app.session_state[controls.DATA]]


def project_of(app: AppTest) -> str:
    found = app.query_params["project"]
    return found if isinstance(found, str) else found[0]


def test_an_upload_is_found_again_by_its_address():
    app = upload(bringing(), ("films.csv", CSV))
    project = project_of(app)
    assert "data" not in app.query_params
    again = bringing(project=project)
    assert now(again).ratings.fingerprint == now(app).ratings.fingerprint
    assert now(again).title == "films.csv"
    assert next(box for box in again.sidebar.selectbox if box.key == "data").value == project


def test_an_edit_of_a_sample_makes_a_project_and_leaves_the_sample_as_it_is():
    app = bringing()
    with_state(app, names=True)
    next(field for field in app.text_input if field.key == "add_user").set_value("Ann")
    next(button for button in app.button if button.label == "Add").click()
    app.run()
    assert not app.exception
    assert now(app).ratings.n_users == 6
    again = bringing(project=project_of(app))
    assert now(again).ratings.n_users == 6
    assert now(again).versions[0].fingerprint == datasets.notebook().fingerprint  # Reset still leads there
    press(again, "undo")
    assert now(again).ratings.n_users == 5
    assert now(bringing(project=project_of(app))).ratings.n_users == 5
    assert now(bringing()).ratings.n_users == 5


def test_the_same_file_opened_again_does_not_overwrite_what_was_edited():
    first = upload(bringing(), ("films.csv", CSV))
    edited = edit.add_users(now(first).ratings, ["cid"])
    kept_now, _ = storage.keep(now(first).changed(edited), ANN, "{}")
    second = upload(bringing(), ("films.csv", CSV))
    assert project_of(second) != kept_now.project
    assert now(second).ratings.n_users == 2
    assert now(bringing(project=kept_now.project)).ratings.n_users == 3
    assert len(storage.of_person(ANN)) == 2


def test_the_same_file_in_another_order_is_the_same_project_with_its_labels():
    first = upload(bringing(), ("films.csv", CSV))
    view = first.session_state["_session"].view
    storage.store().save(view.project, Label("heist"), shape_of(view.fit.items, view.fit.H[0]))
    head, *rows = CSV.splitlines(keepends=True)
    again = upload(bringing(), ("sorted.csv", head + b"".join(reversed(rows))))
    assert project_of(again) == project_of(first)
    assert "heist" in again.session_state["_session"].view.names
    assert len(storage.of_person(ANN)) == 1


def test_a_project_from_before_is_found_by_the_order_it_was_made_in():
    ratings = read_ratings(CSV.replace(b"ann", b"zoe"))
    assert ratings.by_name.fingerprint != ratings.fingerprint
    made = storage.store().project_for(ANN, ratings.fingerprint)
    workspace = Workspace("own", "films.csv", (ratings,))
    assert storage.project_of(ANN, workspace) == made != storage.project_of(BOB, workspace)


def test_two_places_that_change_one_project_keep_both():
    here = upload(bringing(), ("films.csv", CSV))
    there = now(bringing(project=project_of(here)))
    theirs, words_there = storage.keep(there.changed(edit.add_users(there.ratings, ["cid"])), ANN, "{}")
    assert words_there == ""
    mine, said = storage.keep(now(here).changed(edit.add_items(now(here).ratings, ["w"])), ANN, "{}")
    assert "changed in another place" in said
    assert mine.project != theirs.project
    assert storage.projects().ratings(mine.project)[1].n_items == 4
    assert storage.projects().ratings(theirs.project)[1].n_users == 3


def test_settings_come_back_with_a_project():
    app = upload(bringing(), ("films.csv", CSV))
    next(field for field in app.sidebar.number_input if field.key == "rank").set_value(1)
    app.run()
    again = bringing(project=project_of(app))
    assert next(field for field in again.sidebar.number_input if field.key == "rank").value == 1
    linked = bringing(project=project_of(app), rank="4")  # the address comes first
    assert next(field for field in linked.sidebar.number_input if field.key == "rank").value == 4
    box = next(box for box in again.sidebar.selectbox if box.key == "data")
    box.set_value("movie_night")
    again.run()
    next(box for box in again.sidebar.selectbox if box.key == "data").set_value(project_of(app))
    again.run()
    assert next(field for field in again.sidebar.number_input if field.key == "rank").value == 1


def test_suggested_settings_are_kept_though_nothing_was_fitted_yet(monkeypatch):
    monkeypatch.setattr("pages.ui.work.fits.FOLLOWS", 0.0)
    planted = datasets.planted(200, 150, 5, 0.1, 0.3, biased_blanks=1.0)
    app = upload(bringing(), ("planted.csv", ratings_csv(planted)))
    found = [app.session_state[name] for name in (controls.RANK, controls.BLANKS)]
    assert found == [default_rank(planted), suggested_blanks(planted)[0]] != [2, "unknown"]
    again = bringing(project=project_of(app))
    assert [again.session_state[name] for name in (controls.RANK, controls.BLANKS)] == found


def test_a_project_deleted_in_another_place_is_kept_anew():
    app = upload(bringing(), ("films.csv", CSV))
    gone = now(app).project
    storage.projects().delete(gone, ANN)
    made, said = storage.keep(now(app).changed(edit.add_users(now(app).ratings, ["cid"])), ANN, "{}")
    assert made.unsaved == "" and said == ""
    assert made.project != gone
    assert storage.projects().ratings(made.project)[1].n_users == 3


def test_a_project_is_renamed_duplicated_and_deleted_after_asking():
    app = upload(bringing(), ("films.csv", CSV))
    project = project_of(app)
    field = next(field for field in app.text_input if str(field.key).startswith(f"title-{project}"))
    field.set_value("Film club")
    app.run()
    assert now(app).title == "Film club"
    press(app, f"copy-{project}")
    copy = project_of(app)
    assert copy != project
    assert now(app).title == "Film club (copy)"
    assert next(button for button in app.button if button.key == f"delete-{copy}").disabled
    next(box for box in app.checkbox if box.key == f"sure-{copy}").check()
    app.run()
    press(app, f"delete-{copy}")
    assert app.session_state[controls.DATA] == "notebook"
    assert [p.title for p in storage.of_person(ANN)] == ["Film club"]
    press(app, f"open-{project}")
    assert now(app).title == "Film club"


def test_a_copy_of_a_copy_is_called_by_its_first_name():
    app = upload(bringing(), ("films.csv", CSV))
    titles = []
    for _ in range(3):
        press(app, f"copy-{project_of(app)}")
        titles.append(now(app).title)
    assert titles == ["films.csv (copy)", "films.csv (copy 2)", "films.csv (copy 3)"]
    assert storage.title_of_copy("Films (edited) (copy) (copy)", BOB) == "Films (copy)"
    assert storage.title_of_copy("(copy)", BOB) == "(copy) (copy)"


def test_another_persons_list_is_their_own_though_a_link_opens_what_it_names(monkeypatch):
    app = upload(bringing(), ("films.csv", CSV))
    project = project_of(app)
    monkeypatch.setattr(session, "person", lambda: BOB)
    assert storage.of_person(BOB) == []
    linked = bringing(project=project)
    assert now(linked).ratings.n_ratings == 4
    assert not any(button.key == f"delete-{project}" for button in linked.button)


def test_a_project_that_is_not_there_is_said_and_a_sample_is_open():
    app = opened("ratings", project="nothing-of-this-name")
    assert app.session_state[controls.DATA] == "notebook" if controls.DATA in app.session_state else True
    assert "does not exist here" in words(app)


def test_a_damaged_file_is_said_and_what_is_open_stays_open(tmp_path):
    app = upload(bringing(), ("films.csv", CSV))
    project = project_of(app)
    for file in (tmp_path / "projects" / project).glob("*.parquet"):
        file.write_bytes(b"PAR1 not any more")
    broken = opened("ratings", project=project)
    assert "parquet" in words(broken)
    assert now(broken).ratings.fingerprint == datasets.notebook().fingerprint


def test_where_nothing_can_be_kept_ratings_are_open_and_that_is_said(tmp_path):
    (tmp_path / "projects").write_text("a file where a folder belongs")
    app = upload(bringing(), ("films.csv", CSV))
    assert now(app).ratings.n_ratings == 4
    assert "could not be kept" in words(app)
    (tmp_path / "projects").unlink()
    kept_now, _ = storage.keep(now(app).changed(edit.add_users(now(app).ratings, ["cid"])), ANN, "{}")
    assert kept_now.unsaved == ""


def test_ratings_that_could_not_be_kept_stay_open_when_another_project_is_chosen(tmp_path):
    app = upload(bringing(), ("films.csv", CSV))
    other = project_of(app)
    (tmp_path / "projects").rename(tmp_path / "aside")
    (tmp_path / "projects").write_text("a file where a folder belongs")
    upload(app, ("new.csv", b"user,item,rating\neve,x,2\neve,y,3\n"))
    assert now(app).unsaved
    (tmp_path / "projects").unlink()
    (tmp_path / "aside").rename(tmp_path / "projects")
    press(app, f"open-{other}")
    assert now(app).project == other
    assert app.session_state["_session"].workspaces[controls.OWN].ratings.users.tolist() == ["eve"]
