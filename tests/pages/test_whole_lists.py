"""Everybody's list from the Recommend page: made in the long-work panel, offered as a file, gone with its job."""

import gc

import pandas as pd
import pytest

from nmf_core import datasets, recommend
from pages.ui.recommend import whole_lists
from pages.ui.session import session
from pages.ui.work import jobs
from tests.pages.conftest import finish, occupied, opened


@pytest.fixture(autouse=True)
def one_person(monkeypatch):
    """AppTest makes up another person each run."""
    monkeypatch.setattr(session, "person", lambda: "browser:of this test")


def begun(app):
    """The page after its button is pressed, the work waited for."""
    app.button(key="begin-whole-lists").click().run()
    finish(jobs._board())
    return app.run()


def the_file():
    """What the one job of lists has made."""
    return next(job.result for what, job in jobs._board().jobs.items() if what[0] == "whole lists")


def test_everybodys_list_is_made_and_offered():
    app = begun(opened("recommend", data="movie_night", blanks="unknown", least="3"))
    assert not app.exception
    assert [button for button in app.get("download_button") if "Download (" in button.proto.label]
    frame = pd.read_csv(the_file().path)
    ratings = datasets.movie_night()
    assert frame["user"].unique().tolist() == ratings.users.tolist()
    assert (frame["ratings"] >= 3).all()
    assert frame.groupby("user").size().max() == 10


def test_it_is_the_list_of_the_page():
    begun(opened("recommend", data="movie_night", blanks="weak", user="Keiko", least="1"))
    frame = pd.read_csv(the_file().path).query("user == 'Keiko'")
    fit = next(job.result for what, job in jobs._board().jobs.items() if what[0] == "fit")
    expected = recommend(fit, datasets.movie_night(), "Keiko", n=10, least=1)
    assert frame["item"].tolist() == expected["item"].tolist()


def test_a_file_that_is_too_large_is_not_begun(monkeypatch):
    monkeypatch.setattr(whole_lists, "LARGEST", 1000)
    app = opened("recommend", data="movie_night")
    assert any("recommend_all" in info.value for info in app.info)
    assert not [button for button in app.button if button.key == "begin-whole-lists"]


def test_it_can_be_cancelled_and_begun_again():
    with occupied("study"):
        app = opened("recommend", data="movie_night")
        app.button(key="begin-whole-lists").click().run()
        app.button(key="cancel-whole-lists").click().run()
    finish(jobs._board())
    app.run()
    assert the_file() is None
    assert app.button(key="begin-whole-lists")


def test_the_file_goes_when_nobody_holds_it():
    file = whole_lists.ListsFile("csv")
    file.path.write_text("x")
    folder = file.path.parent
    assert file.nbytes == 1 and file.read() == b"x"
    del file
    gc.collect()
    assert not folder.exists()
