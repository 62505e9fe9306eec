"""What would put another item first: one rating changed, or the fewest taken away."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import streamlit as st

from nmf_core import Ratings, shortest_removal, smallest_flip
from nmf_core.data.spread import are_likes
from nmf_core.interpret.counterfactual import Flip
from nmf_core.interpret.recommend import scale_steps
from nmf_core.interpret.removal import MOST, Removal
from nmf_core.interpret.row_problem import row_problem
from pages.ui import text
from pages.ui.session import session
from pages.ui.work import jobs, progress
from pages.ui.work.jobs import Job, Progress
from pages.ui.work.lists import Lists
from pages.ui.work.progress import Task
from pages.ui.work.view import Ready

TRIALS = 20_000  # own ratings × steps of the scale: with more, it is not sought until somebody asks
PATIENCE = 1.0  # seconds that the page waits before it shows that it is being sought


@dataclass(frozen=True)
class Change:
    """What was found: one rating changed, or else ratings taken away; None of what was not."""

    flip: Flip | None
    removal: Removal | None


def what_would_change(
    view: Ready, lists: Lists, user: str | None, own: Mapping[str, float], first: str, *, least: int
) -> None:
    """Say what would put another item than `first` in its place."""
    if not own:
        return
    task = _sought(view, lists, user, own, least)
    found: Change | None = jobs.result_of(task.what) or progress.panel(task)
    if found is None:
        return
    who = "you" if user is None else "they"
    st.markdown(f":material/swap_vert: {sentence(found, view.ratings, first, who)}")


def sentence(found: Change, ratings: Ratings, first: str, who: str) -> str:
    """What was found, in words."""
    flip, removal = found.flip, found.removal
    if flip is not None:
        if flip.before != first:
            return UNSETTLED
        change = (
            f"not having liked {text.md(flip.item)}"
            if are_likes(ratings.V.data, ratings.scale)
            else f"rating {text.md(flip.item)} {text.number(flip.new)} instead of {text.number(flip.old)}"
        )
        return (
            f"**What would change it:** {change} would put {text.md(flip.after)} first, before {text.md(flip.before)}."
        )
    if removal is None:
        return f"**What would change it:** no other value of one rating, and no {MOST} ratings or fewer that were tried without."
    if removal.before != first:
        return UNSETTLED
    n = len(removal.items)
    tried = "no fewer ratings do" if removal.certain else "no fewer were found"
    alone = "" if n == 1 else f" ({tried})"
    without = text.listed([text.md(text.cut(item, 40)) for item in removal.items])
    return (
        f"**What would change it:** no other value of one rating; but had {who} not rated {without}, "
        f"{text.md(removal.after)} would be first, before {text.md(removal.before)}{alone}."
    )


UNSETTLED = (
    "**What would change it** was not told: the fit stopped before this person's weights were settled, so that folding them in "
    "alone puts another item first. Give the fit more sweeps."
)


def _sought(view: Ready, lists: Lists, user: str | None, own: Mapping[str, float], least: int) -> Task:
    """The search as a task: begun by itself unless it is long, and waited for a moment."""
    ratings, fit = view.ratings, lists.fit
    person: object = own if user is None else user
    whose: Hashable = tuple(sorted(own.items())) if user is None else user
    what: Hashable = ("change", ratings.fingerprint, fit.settings, fit.rank, fit.n_sweeps, whose, least)
    squares = row_problem(fit, {}).squares

    def work(progress: Progress) -> Change:
        flip = smallest_flip(fit, ratings, person, least=least)
        more = flip is None and squares and progress(1, 2)
        return Change(flip, shortest_removal(fit, ratings, person, least=least) if more else None)

    def begin() -> None:
        session.current().declined.discard(what)
        jobs.start(session.person(), what, work, lane="quick", seconds=jobs.BY_ITSELF)

    def cancel() -> None:
        session.current().declined.add(what)
        jobs.forget(session.person(), what)

    trials = len(own) * len(scale_steps(ratings))
    soon = trials <= TRIALS if squares else trials * fit.rank**2 <= 10 * TRIALS
    if soon and what not in session.current().declined and jobs.result_of(what) is None:
        begin()
        job = jobs.find(session.person(), what)
        if job is not None and not job.finished:
            jobs.wait(job, PATIENCE, lambda job, waited: None)
    offer = (
        f"What would change the first place was not sought: with {text.many(len(own), 'rating')} there are {trials:,} "
        "changes to try, which takes a while, so it waits until you say so."
    )
    return Task("change", what, begin, offer, "Look for what would change it", _doing, cancel=cancel)


def _doing(job: Job) -> str:
    """How far it is."""
    return "Looking for ratings to take away" if job.done else "Looking for what would change the first place"
