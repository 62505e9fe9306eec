"""The one panel for work that takes a while: offered, waiting for a turn, under way, cancelled, failed, begun again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ui import text
from pages.ui.session import session
from pages.ui.work import jobs
from pages.ui.work.jobs import Job

GLANCE = 0.5  # seconds between two looks at what is under way
FAULT = "This ended by a fault of ours; the server's log says more. Nothing that you typed is lost."


@dataclass(frozen=True)
class Task:
    """A piece of work as its panel shows it.

    Attributes:
        key: of the panel's widgets.
        what: the name of the job.
        begin: starts the job. A callback.
        offer: what is said before it is begun; `button` begins it.
        doing: how far a job is, in words.
        partial: draws what there is so far.
        cancel: what Cancel does instead of leaving the job. A callback.
    """

    key: str
    what: Hashable
    begin: Callable[[], None]
    offer: str
    button: str
    doing: Callable[[Job], str]
    partial: Callable[[Any], None] | None = None
    cancel: Callable[[], None] | None = None


def panel(task: Task) -> Any | None:
    """Draw how far the work is, with whatever can be done about it; its result once it is there, also of one ended early."""
    job = jobs.find(session.person(), task.what)
    if job is not None and not job.finished:
        _under_way(task)
        return None
    if job is not None and job.result is not None:
        if job.cancelled:
            st.warning(_ended_early(job), icon=":material/timer_off:")
            _again(task)
        return job.result
    if job is not None and (job.broken or job.late or (job.error is not None and not job.cancelled)):
        said = _ended_early(job) if job.late else FAULT if job.broken else text.md(job.error)
        st.error(said, icon=":material/error:")
        _again(task)
        return None
    st.info(task.offer, icon=":material/hourglass_empty:")
    st.button(task.button, type="primary", icon=":material/play_arrow:", on_click=task.begin, key=f"begin-{task.key}")
    return None


def _ended_early(job: Job) -> str:
    """Why a job ended before it was done."""
    if job.late:
        return f"It was ended after {text.duration(job.seconds)}, the most that it may take at once."
    return "It was ended early, by Cancel; this is what there was until then."


def _again(task: Task) -> None:
    """Begin anew."""

    def again() -> None:
        jobs.forget(session.person(), task.what)
        task.begin()

    st.button("Begin again", icon=":material/replay:", on_click=again, key=f"again-{task.key}")


@st.fragment(run_every=GLANCE)
def _under_way(task: Task) -> None:
    """How far it is, how long it may still take, what there is so far, and Cancel."""
    job = jobs.find(session.person(), task.what)
    if job is None or job.finished:
        # At the next glance where the page itself is being drawn: were it ended here, a browser that has not yet been told what
        # the sidebar's widgets are set to would never be.
        if session.is_glance():
            st.rerun()
        return
    left = job.seconds_left
    words = "Waiting for a turn: other work is under way" if job.waiting else task.doing(job)
    st.progress(
        min(job.done / job.of, 1.0) if job.of else 0.0,
        words + (f" · at most {text.duration(left)} left" if left is not None else ""),
    )

    def cancel() -> None:
        (task.cancel or (lambda: jobs.cancel(session.person(), task.what)))()

    if st.button("Cancel", icon=":material/close:", key=f"cancel-{task.key}", disabled=job.cancelled, on_click=cancel):
        st.rerun()  # the whole page: the sidebar may have changed with it
    if task.partial is not None and job.partial is not None:
        task.partial(job.partial)
