"""What tests of the pages share: a home of their own, a page as an address opens it, and what it says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nmf_core import Ratings, datasets
from nmf_core.data.datasets import SAMPLES
from pages.ui.page_list import FIRST_PAGE
from pages.ui.session import storage, workspaces
from pages.ui.work import jobs
from pages.ui.work.turns import Ticket

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of its own, and nothing cached from another test."""
    monkeypatch.setenv("LATENT_LENS_HOME", str(tmp_path))
    storage.store.clear()
    jobs._board.clear()
    yield
    board = jobs._board()
    for job in board.jobs.values():
        job.cancelled = True
    finish(board)
    storage.store.clear()


def finish(board: jobs._Board) -> None:
    """Wait for every job: none may outlive its test."""
    for _ in range(2400):  # a bound for a slow machine
        if all(job.finished for job in board.jobs.values()):
            return
        time.sleep(0.05)
    raise AssertionError("a job does not end")


@contextmanager
def occupied(lane: str) -> Iterator[None]:
    """All turns of a kind are held by others meanwhile."""
    turns = jobs._board().turns[lane]
    tickets = [Ticket([f"somebody else {k}"]) for k in range(turns.at_once)]
    assert all(turns.take(ticket) for ticket in tickets)
    try:
        yield
    finally:
        for ticket in tickets:
            turns.give_back(ticket)


def opened(page: str, **params: str) -> AppTest:
    """The page as an address opens it."""
    app = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=60)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    if page != FIRST_PAGE:
        app.switch_page(f"{page}.py").run()
    assert not app.exception, app.exception
    return app


def with_state(app: AppTest, **state: object) -> AppTest:
    """The page after widgets have come to hold this."""
    for key, value in state.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception, app.exception
    return app


def bringing(**params: str) -> AppTest:
    """The Ratings page with the ways to bring ratings unfolded."""
    return with_state(opened(FIRST_PAGE, **params), sources=True)


def words(app: AppTest) -> str:
    """Everything that a page says in Markdown, captions and alerts."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.info, app.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


@pytest.fixture
def with_ratings(monkeypatch):
    """Let a sample be other ratings."""

    def put(ratings: Ratings) -> None:
        made = datasets.Sample("notebook", "Test", "Made for a test.", lambda: ratings)
        monkeypatch.setitem(SAMPLES, "notebook", made)
        workspaces._sample.clear()

    yield put
    workspaces._sample.clear()
