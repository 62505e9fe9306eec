"""Long work: one panel, jobs that are shared, bounded and cancelled; fits that follow by their cost; the last picture stays."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nmf_core import NmfError, datasets, survey_ranks
from pages.ui.page_list import PAGES
from pages.ui.session import session
from pages.ui.work import apart, fits, jobs, studies
from tests.pages.conftest import finish, occupied, opened, words

ROOT = Path(__file__).parent.parent.parent
SOON = 30  # seconds: a bound for a machine that is slow and busy, not a speed


@pytest.fixture(autouse=True)
def ann(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")  # AppTest makes up another each run


def until_cancelled(begun: threading.Event):
    def work(progress):
        while progress(1, 10, "so far"):
            begun.set()
        return

    return work


# --- jobs -------------------------------------------------------------------------------------------------------------


def test_two_people_share_a_job_and_it_ends_when_the_last_has_left():
    begun = threading.Event()
    job = jobs.start("ann", "x", until_cancelled(begun))
    assert jobs.start("bob", "x", lambda progress: "another") is job
    assert begun.wait(SOON)
    jobs.cancel("ann", "x")
    assert not job.cancelled and jobs.find("ann", "x") is None and jobs.find("bob", "x") is job
    jobs.cancel("eve", "x")  # who never wanted it
    assert not job.cancelled
    jobs.cancel("bob", "x")
    assert job.ended.wait(SOON) and job.cancelled
    assert jobs.result_of("x") is None


def test_a_result_is_found_by_whoever_asks_for_the_same():
    job = jobs.start("ann", "x", lambda progress: 42)
    assert job.ended.wait(SOON)
    assert jobs.result_of("x") == 42
    assert jobs.find("bob", "x") is None


def test_quick_work_never_waits_behind_long_work():
    release = threading.Event()
    slow = [jobs.start("ann", k, lambda progress: release.wait(SOON)) for k in range(jobs.AT_ONCE["fit"] + 1)]
    quick = jobs.start("bob", "quick", lambda progress: "done", lane="quick")
    assert quick.ended.wait(SOON)
    assert slow[-1].waiting
    release.set()
    assert all(job.ended.wait(SOON) for job in slow)


def test_a_job_that_has_ended_does_not_keep_what_it_worked_on():
    class Heavy:
        pass

    heavy = Heavy()
    gone = weakref.ref(heavy)
    job = jobs.start("ann", "x", lambda progress, heavy=heavy: 42 if heavy else None)
    assert job.ended.wait(SOON) and job.result == 42
    del heavy
    gc.collect()
    assert gone() is None


def test_what_takes_too_long_is_ended():
    job = jobs.start("ann", "x", until_cancelled(threading.Event()), seconds=0.01)
    assert job.ended.wait(SOON)
    assert job.late and job.cancelled and not job.broken


def names(lane: str = "fit") -> list[str]:
    return [ticket.holder for ticket in jobs._board().turns[lane].held]


def held_until(release: threading.Event, order: list[str] | None = None, name: str = ""):
    def work(progress):
        if order is not None:
            order.append(name)
        return release.wait(SOON)

    return work


def soon(true) -> bool:
    """Wait until something is true."""
    deadline = time.monotonic() + SOON
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


def test_twelve_fits_of_one_person_hold_up_nobody_else():
    release = threading.Event()
    twelve = [jobs.start("ann", k, held_until(release)) for k in range(12)]
    assert soon(lambda: names() == ["ann"])
    bob = jobs.start("bob", "his", lambda progress: "done")
    assert bob.ended.wait(SOON)
    assert sum(not job.waiting for job in twelve) == 1
    assert sum(not job.cancelled for job in twelve) == 1 + jobs.WAITING  # whoever turns a dial wants the last
    assert not twelve[-1].cancelled
    release.set()
    assert all(job.ended.wait(SOON) for job in twelve)


def test_turns_go_round_by_person():
    order, release, first = [], threading.Event(), threading.Event()
    jobs.start("ann", "first", held_until(first), lane="study")
    assert soon(lambda: names("study") == ["ann"])
    asked = ["ann 1", "ann 2", "ann 3", "bob 1", "bob 2", "eve 1"]
    waiting = []
    for number, name in enumerate(asked):
        waiting.append(jobs.start(name[:3], name, held_until(release, order, name), lane="study"))
        assert soon(lambda number=number: len(jobs._board().turns["study"].waiting) == number + 1)
    release.set()
    first.set()
    assert all(job.ended.wait(SOON) for job in waiting)
    assert order == ["bob 1", "eve 1", "ann 1", "bob 2", "ann 2", "ann 3"]


def test_what_waits_is_dropped_when_its_page_is_gone(monkeypatch):
    here = {"tab of ann", "tab of bob"}
    monkeypatch.setattr(session, "is_open", lambda tab: tab in here)
    monkeypatch.setattr(jobs, "AWAY", 0.0)
    monkeypatch.setattr(session, "tab", lambda: "tab of ann")
    begun = threading.Event()
    work = jobs.start("ann", "x", until_cancelled(begun), lane="study")
    waits = jobs.start("ann", "y", lambda progress: "never", lane="study")
    monkeypatch.setattr(session, "tab", lambda: "tab of bob")
    both = jobs.start("ann", "z", lambda progress: 42, lane="study")
    assert jobs.start("bob", "z", lambda progress: 43, lane="study") is both
    assert begun.wait(SOON)
    assert not work.finished and waits.waiting
    here.remove("tab of ann")
    assert work.ended.wait(SOON) and waits.ended.wait(SOON)
    assert work.cancelled and waits.cancelled and waits.result is None
    assert both.ended.wait(SOON) and both.result == 42  # somebody who wants it is still there


def test_a_page_that_is_loaded_anew_finds_its_work_going_on(monkeypatch):
    monkeypatch.setattr(session, "is_open", lambda tab: tab == "new")
    monkeypatch.setattr(session, "tab", lambda: "old")
    begun = threading.Event()
    work = jobs.start("ann", "x", until_cancelled(begun))
    assert begun.wait(SOON) and work.wanted()  # the old tab is gone since a moment only
    monkeypatch.setattr(session, "tab", lambda: "new")
    assert jobs.find("ann", "x") is work
    monkeypatch.setattr(jobs, "AWAY", 0.0)
    assert work.wanted()
    jobs.cancel("ann", "x")


def test_a_bug_is_in_the_log_and_not_taken_for_a_result(caplog):
    with caplog.at_level(logging.ERROR):
        job = jobs.start("ann", "x", lambda progress: 1 / 0)
        assert job.ended.wait(SOON)
    assert job.broken and job.error is None
    assert "ZeroDivisionError" in caplog.text


def test_finished_jobs_are_forgotten_by_number_and_by_size(monkeypatch):
    monkeypatch.setattr(jobs, "KEPT", 3)
    for k in range(6):
        assert jobs.start("ann", k, lambda progress: 1).ended.wait(SOON)
    jobs.start("ann", "last", lambda progress: 1)
    assert [what for what in jobs._board().jobs if what != "last"] == [3, 4, 5]
    monkeypatch.setattr(jobs, "KEPT_BYTES", 0)
    jobs.start("ann", "more", lambda progress: 1)
    assert 3 not in jobs._board().jobs


# --- the panel --------------------------------------------------------------------------------------------------------


def panelled() -> None:
    import streamlit as st

    from pages.ui.work import jobs, progress
    from tests.pages import test_work

    task = progress.Task(
        key="p",
        what="p",
        begin=lambda: jobs.start("browser:ann", "p", test_work.WORK[0]),
        offer="It takes a while.",
        button="Do it",
        doing=lambda job: f"Step {job.done} of {job.of}",
        partial=lambda partial: st.markdown(f"There is {partial}"),
    )
    result = progress.panel(task)
    if result is not None:
        st.markdown(f"Result {result}")


WORK = [None]


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_the_panel_offers_shows_progress_cancels_and_begins_again():
    begun = threading.Event()
    WORK[0] = until_cancelled(begun)
    app = AppTest.from_function(panelled).run()
    assert labels(app) == ["Do it"]
    assert "It takes a while." in words(app)
    app.button(key="begin-p").click().run()
    assert begun.wait(SOON)
    app.run()
    assert labels(app) == ["Cancel"]
    assert "There is so far" in words(app)
    app.button(key="cancel-p").click().run()
    finish(jobs._board())
    app.run()
    assert labels(app) == ["Do it"]
    WORK[0] = lambda progress: "42"
    app.button(key="begin-p").click().run()
    finish(jobs._board())
    app.run()
    assert "Result 42" in words(app)
    assert labels(app) == []


@pytest.mark.parametrize(
    ("error", "says"), [(NmfError("No good. Try less."), "No good"), (ZeroDivisionError(), "a fault of ours")]
)
def test_the_panel_says_what_went_wrong_and_begins_again(error, says):
    def fails(progress):
        raise error

    WORK[0] = fails
    app = AppTest.from_function(panelled).run()
    app.button(key="begin-p").click().run()
    finish(jobs._board())
    app.run()
    assert says in app.error[0].value.replace("\\", "")
    WORK[0] = lambda progress: "42"
    app.button(key="again-p").click().run()
    finish(jobs._board())
    app.run()
    assert "Result 42" in words(app)


def test_what_was_ended_early_is_shown_as_far_as_it_came():
    WORK[0] = lambda progress: [None for _ in iter(lambda: progress(1, 10), False)] and None or "half of it"
    app = AppTest.from_function(panelled).run()
    app.button(key="begin-p").click().run()
    app.button(key="cancel-p").click().run()
    finish(jobs._board())
    app.run()
    assert "Result half of it" in words(app)
    assert "ended early" in words(app)
    assert labels(app) == ["Begin again"]


# --- fits -------------------------------------------------------------------------------------------------------------


def rank(app: AppTest):
    return next(widget for widget in app.sidebar.number_input if widget.key == "rank")


def test_a_hundred_thousand_ratings_follow_without_a_button(with_ratings):
    with_ratings(datasets.planted(900, 600, 4, 0.185, 0.3, 0))
    app = opened("factors", rank="3")
    finish(jobs._board())
    app.run()
    assert "RMSE on observed" in words(app)
    assert not [label for label in labels(app) if label.startswith("Fit rank")]


def test_the_last_picture_stays_under_the_offer_of_a_longer_fit(monkeypatch):
    app = opened("factors", data="movie_night", rank="3")
    before = words(app)
    monkeypatch.setattr(fits, "FOLLOWS", 0.0)
    rank(app).set_value(5).run()
    assert [label for label in labels(app) if label.startswith("Fit rank 5 (about ")]
    assert "What follows is still the fit of rank 3" in words(app)
    assert "takes about" in words(app) and "takes about" not in before
    app.button(key="begin-fit").click().run()
    finish(jobs._board())
    app.run()
    assert "What follows is still" not in words(app)
    assert not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_every_page_stands_a_fit_that_is_older_than_what_is_set(page, monkeypatch):
    app = opened(page, data="movie_night", rank="3")
    monkeypatch.setattr(fits, "FOLLOWS", 0.0)
    rank(app).set_value(5).run()
    assert not app.exception


def test_a_fit_that_was_cancelled_does_not_begin_by_itself_again(monkeypatch):
    app = opened("factors", data="movie_night", rank="3")
    monkeypatch.setattr(fits, "PATIENCE", 0.0)
    with occupied("quick"):
        rank(app).set_value(5).run()
        app.button(key="cancel-fit").click().run()
    finish(jobs._board())
    app.run()
    assert rank(app).value == 3  # back at the last fit
    rank(app).set_value(5).run()
    assert [label for label in labels(app) if label.startswith("Fit rank 5")]


def test_a_fit_without_end_is_left_for_the_next_one_and_ends_by_itself(monkeypatch):
    """Rank 50 with 100,000 sweeps of mu went on for a minute and more, whatever was set meanwhile."""
    monkeypatch.setattr(fits, "PATIENCE", 0.0)
    monkeypatch.setattr(fits, "FOLLOWS", 1e9)
    endless = {"data": "movie_night", "solver": "mu", "sweeps": "100000", "loss": "kl", "penalty": "0"}
    app = opened("factors", rank="12", **endless)
    (first,) = jobs._board().jobs.values()
    assert first.seconds == jobs.BY_ITSELF
    rank(app).set_value(3).run()
    assert first.ended.wait(SOON) and first.cancelled and not first.late
    later = [job for job in jobs._board().jobs.values() if job is not first]
    assert len(later) == 1 and not later[0].cancelled


def test_another_start_is_another_fit(movie_night):
    from nmf_core import Settings

    one, other = (fits.key_of(movie_night, Settings(rank=2, init=init)) for init in ("random", "svd"))
    assert one != other


# --- studies ----------------------------------------------------------------------------------------------------------


def test_a_long_survey_is_offered_with_its_time_and_a_quick_one_begins(monkeypatch):
    monkeypatch.setattr(studies, "FOLLOWS", 0.0)
    app = opened("rank")
    assert "Survey the ranks" in labels(app)
    assert "Each of 4 ranks is judged" in words(app)
    app.button(key="begin-survey").click().run()
    finish(jobs._board())
    app.run()
    assert "13 ratings are too few to tell a rank" in words(app)
    assert not any(label.startswith("Use rank") for label in labels(app))  # there is none that it could stand for


def test_a_survey_that_is_cancelled_keeps_what_is_done_and_goes_on_from_there(monkeypatch):
    monkeypatch.setattr(session, "person", lambda: "browser:ann")
    ended = survey_ranks(datasets.movie_night(), (1, 2, 3), on_progress=lambda done, of: done < 0.15 * of)
    assert 0 < len(ended.found) < 3
    given: list[object] = []

    def run(study, told, partial=None, **asked):
        given.append(asked["known"])
        return ended

    monkeypatch.setattr(apart, "run", run)
    app = opened("rank", data="movie_night", survey_top="3")
    finish(jobs._board())
    app.run()
    app.number_input(key="survey_top").set_value(4).run()
    finish(jobs._board())
    assert given == [None, ended]


# --- the server -------------------------------------------------------------------------------------------------------

WARM = """
import gc
from pages.ui.work import warm_up
warm_up.warm_up()
print(gc.get_freeze_count() > 100_000, gc.get_threshold() == warm_up.THRESHOLDS, warm_up.memory() > 50_000_000)
kept = [[] for _ in range(1000)]
assert gc.get_freeze_count() > 100_000 and any(o is kept for o in gc.get_objects())  # what comes later is not frozen
"""


def test_warm_up_freezes_what_is_loaded_once_and_nothing_that_comes_later():
    said = subprocess.run([sys.executable, "-c", WARM], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True", "True", "True"]
