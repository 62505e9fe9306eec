"""Work that takes longer than a moment: in a thread of its own, with progress, cancelling and a turn to wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from nmf_core import NmfError

AT_ONCE = 2  # jobs computing at a time; others wait their turn
KEPT = 40  # finished jobs remembered, so that a person who comes back finds the result

Progress = Callable[[int, int], bool]  # told (done, of); answers whether to go on


@dataclass
class Job:
    """One piece of work and how far it is. `work` is given a `Progress` to call; False from it means: end now."""

    work: Callable[[Progress], Any]
    done: int = 0
    of: int = 0
    result: Any = None
    error: NmfError | None = None
    waiting: bool = True
    finished: bool = False
    cancelled: bool = False
    began: float = field(default_factory=time.monotonic)

    def progress(self, done: int, of: int) -> bool:
        """Note how far the work is; the answer is whether to go on."""
        self.done, self.of = done, of
        return not self.cancelled

    @property
    def seconds_left(self) -> float | None:
        """At most this long to go, by the pace so far; None where there is no telling."""
        if not self.done or not self.of:
            return None
        return (time.monotonic() - self.began) / self.done * (self.of - self.done)


@dataclass
class _Board:
    """Every job of the server by (owner, what); a page asks by its own key only."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))
    jobs: dict[Any, Job] = field(default_factory=dict)


@st.cache_resource(show_spinner=False)
def _board() -> _Board:
    """The server's one board."""
    return _Board()


def start(owner: str, what: Any, work: Callable[[Progress], Any]) -> Job:
    """The owner's job of that name, begun if there is none."""
    board = _board()
    with board.lock:
        found = board.jobs.get((owner, what))
        if found is not None and not (found.finished and found.cancelled):
            return found
        job = Job(work)
        board.jobs[(owner, what)] = job
        for key in [k for k, j in board.jobs.items() if j.finished][: max(0, len(board.jobs) - KEPT)]:
            del board.jobs[key]
    threading.Thread(target=_run, args=(job, board.turns), daemon=True).start()
    return job


def find(owner: str, what: Any) -> Job | None:
    """The owner's job of that name, if it was begun."""
    return _board().jobs.get((owner, what))


def forget(owner: str, what: Any) -> None:
    """Cancel a job and forget it."""
    job = _board().jobs.pop((owner, what), None)
    if job is not None:
        job.cancelled = True


def _run(job: Job, turns: threading.Semaphore) -> None:
    """Wait for a turn, work, keep the result; an error a user caused is kept to be shown, a bug goes to the log."""
    try:
        with turns:
            job.waiting, job.began = False, time.monotonic()
            if not job.cancelled:
                job.result = job.work(job.progress)
    except NmfError as error:
        job.error = error
    finally:
        job.finished = True
