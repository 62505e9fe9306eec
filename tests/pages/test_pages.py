"""Every page with every sample and in every awkward state: none may raise, none may be empty."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nmf_core import SOLVERS, Ratings, datasets
from nmf_core.data.datasets import SAMPLES
from pages.ui.page_list import PAGES
from pages.ui.session import session
from pages.ui.work import fits, jobs
from tests.pages.conftest import finish, occupied, opened, words

ROOT = Path(__file__).parent.parent.parent
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "**bold** [x](javascript:y)",
    "=cmd|' /C calc'!A0",
    "$\\frac{1}{2}$ :red[x]",
    "NA",
    "🎬 " * 40,
]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_every_page_opens_with_every_sample(page, sample):
    app = opened(page, data=sample)
    assert app.title[0].value == PAGES[page][0]
    assert len(words(app)) > 100


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("solver", SOLVERS)
def test_every_page_serves_every_solver_or_says_what_it_needs(page, solver):
    app = opened(page, solver=solver)
    if "unknown" not in SOLVERS[solver].blanks and PAGES[page].needs_fit:
        assert any("needs blanks" in error.value.replace("\\", "") for error in app.error), (
            "a page that needs a fit says what the solver needs (show.ready()); else needs_fit=False in pages/ui/page_list.py"
        )
        assert any(button.label == "Count blanks as zero" for button in app.button)
    app = opened(page, solver=solver, blanks=SOLVERS[solver].blanks[-1])
    assert not app.error


def grid(values: list[list[float | None]], users: list[str] | None = None, items: list[str] | None = None) -> Ratings:
    frame = pd.DataFrame(values, index=users or [f"u{k}" for k in range(len(values))], dtype=float)
    frame.columns = items or [f"i{k}" for k in range(frame.shape[1])]
    return Ratings.from_grid(frame, zeros="rating", scale=(0, 5))


AWKWARD = {
    "one rating": lambda: grid([[3.0]]),
    "one rating, many blanks": lambda: grid([[3.0, None, None], [None, None, None]]),
    "all zero": lambda: grid([[0.0, 0.0], [0.0, 0.0]]),
    "constant": lambda: grid([[3.0, 3.0], [3.0, 3.0]]),
    "full": lambda: grid([[1.0, 2.0], [3.0, 4.0], [5.0, 1.0]]),
    "disconnected": lambda: grid([[5.0, 4.0, None], [4.0, 5.0, None], [None, None, 3.0]]),
    "hostile names": lambda: grid([[5.0, 1.0, 2.0], [1.0, None, 4.0], [2.0, 5.0, None]], HOSTILE[:3], HOSTILE[3:]),
    "one user": lambda: grid([[5.0, 1.0, None, 2.0]]),
    "one item": lambda: grid([[5.0], [1.0], [None]]),
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", AWKWARD)
def test_every_page_stands_awkward_ratings(page, name, with_ratings):
    with_ratings(AWKWARD[name]())
    app = opened(page)
    assert len(words(app)) > 60
    if page == "rank":  # its survey runs in a thread of its own
        finish(jobs._board())
        app.run()
        assert not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_hostile_names_reach_markdown_only_escaped(page, with_ratings):
    with_ratings(AWKWARD["hostile names"]())
    said = words(opened(page))
    for raw in ("<img src=x", "**bold**", "$\\frac", ":red[x]"):
        assert raw not in said


def test_labels_says_where_features_are_one_in_several_parts():
    assert "one feature in" not in words(opened("labels", data="movie_night", rank="4"))
    app = opened("labels", data="movie_night", rank="4", blanks="unknown", penalty="2")
    assert "made of the same items: one feature in 4 parts" in words(app)


@pytest.fixture
def patient(monkeypatch):
    """Every fit waits to be asked for."""
    monkeypatch.setattr(fits, "FOLLOWS", 0.0)


def test_a_long_fit_waits_for_its_button(with_ratings, patient):
    with_ratings(datasets.planted(1000, 600, 4, 0.1, 0.3, 0))
    app = opened("factors")
    assert any(button.label.startswith("Fit rank") for button in app.button)
    assert "it waits until you say so" in words(app)


def test_an_address_out_of_range_gives_the_default_and_a_notice():  # bad input 54
    app = opened("ratings", rank="<script>", blanks="maybe", data="nope")
    said = words(app).replace("\\", "")
    for name in ("rank", "blanks", "data"):
        assert f"The address asks for {name}" in said
    assert "<script>" not in words(app)
    assert next(w for w in app.sidebar.number_input if w.key == "rank").value == 2


def test_the_store_that_cannot_be_read_is_said_and_everything_else_works(tmp_path):
    (tmp_path / "labels.db").write_bytes(b"this is no database, and must not be overwritten")
    app = opened("factors")
    assert "Labels are not to be had" in words(app)
    assert (tmp_path / "labels.db").read_bytes().startswith(b"this is no database")


def test_a_fit_cancelled_before_its_turn_can_be_asked_for_again(with_ratings, patient):
    ratings = datasets.planted(1000, 600, 4, 0.1, 0.3, 0)
    with_ratings(ratings)
    app = opened("factors")
    app.button(key="begin-fit").click().run()
    for job in jobs._board().jobs.values():
        job.cancelled = True
        job.result = None
    finish(jobs._board())
    for job in jobs._board().jobs.values():
        job.result = None  # as if its turn had never come
    app.run()
    assert not app.exception
    assert any(button.label.startswith("Fit rank") for button in app.button)


def test_a_cancelled_fit_goes_back_to_the_last_good_one(with_ratings, monkeypatch, patient):
    monkeypatch.setattr(session, "person", lambda: "browser:of this test")  # AppTest makes up another each run
    with_ratings(datasets.planted(1000, 600, 4, 0.1, 0.3, 0))
    app = opened("factors", rank="3")
    app.button(key="begin-fit").click().run()
    finish(jobs._board())
    app.run()
    assert not any(button.label.startswith("Fit rank") for button in app.button)
    next(w for w in app.sidebar.number_input if w.key == "rank").set_value(12).run()
    with occupied("fit"):  # the fit waits, so that there is time to cancel it
        app.button(key="begin-fit").click().run()
        app.button(key="cancel-fit").click().run()
    finish(jobs._board())
    app.run()
    assert next(w for w in app.sidebar.number_input if w.key == "rank").value == 3
    assert not any(button.label.startswith("Fit rank") for button in app.button)  # the last fit is there
