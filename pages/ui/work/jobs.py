"""Work that takes longer than a moment: in a thread of its own, with progress, cancelling, a turn to wait for and a bound on time.

Two people who want the same work share one job: it goes on until the last of them has left.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from nmf_core import NmfError
from pages.ui.session import session
from pages.ui.work.turns import Ticket, Turns

LOG = logging.getLogger(__name__)
# Jobs at a time; others wait their turn, but quick ones never behind long ones, nor fits behind surveys. Studies are computed by
# one process beside the server.
AT_ONCE = {"quick": 4, "fit": 2, "study": 1, "fetch": 2}
BY_ITSELF, ASKED_FOR = (
    30.0,
    3600.0,
)  # seconds after which a job is ended: one that began by itself, one that was asked for
KEPT, KEPT_BYTES = (
    400,
    400_000_000,
)  # finished jobs remembered, so that who comes back, or asks for the same, finds the result
AWAY = 15.0  # seconds that a page may be gone, as it is while it is loaded anew, before what it wanted is ended
WAITING = 8  # jobs of one person that wait for a turn; of more, the one that waits longest is dropped
GLANCE = 0.2  # seconds between two looks at a job that is waited for

# Told (done, of), and what there is so far if anything is; answers whether to go on.
Progress = Callable[..., bool]
EARLY = 0.05  # of a job: before that its pace tells nothing


@dataclass(eq=False)
class Job:
    """How far one piece of work is, and what came of it.

    Attributes:
        done, of, partial: how far it is, in whatever it counts, and what there is so far.
        result, error: what came of it; a bug leaves neither, and is in the server's log.
        waiting: whether its turn has not come yet.
        cancelled: whether everybody who wanted it has left, or its time ran out (`late`).
        seconds: how long it may take.
        owners, tabs: the people who want it, and the pages in which each does with when they were last there; of people without
            any, such as a script's, nobody asks whether they are there.
    """

    seconds: float = ASKED_FOR
    owners: set[str] = field(default_factory=set)
    tabs: dict[str, dict[str, float]] = field(default_factory=dict)
    looked: float = 0.0
    done: int = 0
    of: int = 0
    partial: Any = None
    result: Any = None
    error: NmfError | None = None
    waiting: bool = True
    cancelled: bool = False
    late: bool = False
    began: float = field(default_factory=time.monotonic)
    ended: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, of: int, partial: Any = None) -> bool:
        """Note how far the work is; the answer is whether to go on."""
        self.done, self.of = done, of
        if partial is not None:
            self.partial = partial
        if time.monotonic() - self.began > self.seconds:
            self.late = self.cancelled = True
        if time.monotonic() - self.looked < GLANCE:  # a sweep may take a thousandth of that
            return not self.cancelled
        return self.wanted()

    def wanted(self) -> bool:
        """Whether to go on: it was not cancelled, and a page of somebody who wants it is open, or was a moment ago."""
        self.looked = now = time.monotonic()
        if not any(self._is_there(owner, now) for owner in tuple(self.owners)):
            self.cancelled = True
        return not self.cancelled

    def _is_there(self, owner: str, now: float) -> bool:
        """Whether a page of somebody is open, or was a moment ago."""
        tabs = self.tabs.get(owner, {})
        for tab in tuple(tabs):
            if session.is_open(tab):
                tabs[tab] = now
        return not tabs or max(tabs.values()) >= now - AWAY

    def came(self, owner: str) -> None:
        """Note that somebody wants it in the page that is drawn now."""
        tab = session.tab()
        if tab is not None:
            self.tabs.setdefault(owner, {})[tab] = time.monotonic()

    @property
    def finished(self) -> bool:
        """Whether it has ended, however."""
        return self.ended.is_set()

    @property
    def broken(self) -> bool:
        """Whether it ended by a bug."""
        return self.finished and not self.cancelled and self.result is None and self.error is None

    @property
    def seconds_left(self) -> float | None:
        """At most this long to go, by the pace so far; None where there is no telling."""
        if not self.of or self.waiting or self.done < EARLY * self.of:
            return None
        return (time.monotonic() - self.began) / self.done * (self.of - self.done)


@dataclass
class _Board:
    """Every job of the server by what it does; a page asks by its own key only."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    turns: dict[str, Turns] = field(default_factory=lambda: {lane: Turns(n) for lane, n in AT_ONCE.items()})
    jobs: dict[Hashable, Job] = field(default_factory=dict)


@st.cache_resource(show_spinner=False)
def _board() -> _Board:
    """The server's one board."""
    return _Board()


def start(
    owner: str, what: Hashable, work: Callable[[Progress], Any], *, lane: str = "fit", seconds: float | None = None
) -> Job:
    """The job of that name, begun if there is none that is whole; the owner is one of those who want it.

    Args:
        work: is given a `Progress` to call; False from it means: end now.
        lane: in which of `AT_ONCE` it waits for its turn.
        seconds: how long it may take; an hour if None.
    """
    board = _board()
    with board.lock:
        found = board.jobs.get(what)
        if found is not None and not found.cancelled:
            found.came(owner)
            found.owners.add(owner)
            return found
        job = Job(ASKED_FOR if seconds is None else seconds, {owner})
        job.came(owner)
        board.jobs.pop(what, None)
        board.jobs[what] = job
        _drop_what_waits(board, owner)
        _tidy(board)
    # The job does not hold its work: what that worked on would be kept for as long as the result.
    threading.Thread(target=_run, args=(job, work, board.turns[lane]), daemon=True).start()
    return job


def find(owner: str, what: Hashable) -> Job | None:
    """The job of that name, if this owner wanted it."""
    job = _board().jobs.get(what)
    if job is None or owner not in job.owners:
        return None
    job.came(owner)
    return job


def result_of(what: Hashable) -> Any:
    """What a finished job of that name gave, whoever wanted it; None if there is none."""
    job = _board().jobs.get(what)
    return job.result if job is not None and job.finished and not job.cancelled else None


def cancel(owner: str, what: Hashable) -> None:
    """The owner no longer wants this job; it ends when nobody does."""
    board = _board()
    with board.lock:
        job = board.jobs.get(what)
        if job is None or owner not in job.owners:
            return
        if job.owners == {owner}:
            job.cancelled = True
        else:
            job.owners.discard(owner)


def forget(owner: str, what: Hashable) -> None:
    """Cancel a job and forget it."""
    cancel(owner, what)
    board = _board()
    with board.lock:
        job = board.jobs.get(what)
        if job is not None and job.owners <= {owner}:
            del board.jobs[what]


def wait(job: Job, seconds: float, glance: Callable[[Job, float], None]) -> bool:
    """Wait for a job, and say whether it has ended; `glance` is called now and then with the seconds waited, and may raise."""
    began = time.monotonic()
    while not job.ended.wait(GLANCE):
        waited = time.monotonic() - began
        if waited > seconds:
            return False
        glance(job, waited)
    return True


def _run(job: Job, work: Callable[[Progress], Any], turns: Turns) -> None:
    """Wait for a turn, work, keep the result; an error a user caused is kept to be shown, a bug goes to the log."""
    ticket = Ticket(job.owners, job.wanted)
    try:
        if turns.take(ticket):
            try:
                job.waiting, job.began = False, time.monotonic()
                job.result = work(job.progress)
            finally:
                turns.give_back(ticket)
    except NmfError as error:
        job.error = error
    except Exception:
        LOG.exception("a job ended by a bug")
    finally:
        job.ended.set()


def _drop_what_waits(board: _Board, owner: str) -> None:
    """Of a person's jobs that wait, drop those that wait longest beyond a number: who turns a dial wants the last."""
    theirs = [job for job in board.jobs.values() if job.owners == {owner} and job.waiting and not job.cancelled]
    for job in theirs[:-WAITING]:
        job.cancelled = True


def _tidy(board: _Board) -> None:
    """Forget the oldest finished jobs, those beyond a number and those whose results take too much memory."""
    finished = [(what, job) for what, job in board.jobs.items() if job.finished]
    over = len(finished) - KEPT
    size = sum(_size(job.result) for _, job in finished)
    for what, job in finished:
        if over <= 0 and size <= KEPT_BYTES:
            return
        over, size = over - 1, size - _size(job.result)
        del board.jobs[what]


def _size(result: Any) -> int:
    """About how many bytes a result takes, in memory or in a file of its own."""
    arrays = (getattr(result, name, None) for name in ("W", "H"))
    return sum(getattr(holder, "nbytes", 0) for holder in (result, *arrays)) + 10_000
