"""Long looks at ratings: the rank survey, and how good a fit is on hidden ratings."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import pandas as pd

from nmf_core import Penalty, RankSurvey, Ratings, Settings
from pages.ui import text
from pages.ui.session import session
from pages.ui.work import apart, jobs
from pages.ui.work.fits import key_of, seconds
from pages.ui.work.jobs import Progress
from pages.ui.work.progress import Task

FOLLOWS = 10.0  # seconds: a survey that is estimated at less begins by itself
TOP_N = 10  # of the lists that are judged


def survey(
    ratings: Ratings,
    settings: Settings,
    ranks: tuple[int, ...],
    folds: int,
    partial: Callable[[RankSurvey], None],
) -> Task:
    """A rank survey as its panel shows it; one that is quick is begun. The rank now is none of its business."""
    base = replace(settings, rank=1)
    what = key_of(ratings, base, "survey", ranks, folds)
    given = replace(base, penalty=Penalty.of(0.0) if base.penalty is None else base.penalty)
    # Of each rank two fits choose their penalty, one on the ratings and one on shuffled ones; the others are given it.
    takes = sum(
        2 * seconds(ratings, replace(base, rank=rank)) + (2 * folds - 1) * seconds(ratings, replace(given, rank=rank))
        for rank in ranks
    )

    def work(progress: Progress) -> RankSurvey:
        at = (0, 0)

        def told(done: int, of: int) -> bool:
            nonlocal at
            at = done, of
            return progress(done, of)

        return apart.run(
            "survey",
            told,
            lambda found: progress(*at, found),
            ratings=ratings,
            ranks=ranks,
            folds=folds,
            seed=settings.seed,
            settings=base,
        )

    n_fits = len(ranks) * (1 + 2 * folds)
    made = task(
        "survey",
        what,
        work,
        f"{n_fits} fits of {text.many(ratings.n_ratings, 'rating')} take about {text.duration(takes)} here. Start when you "
        "are ready.",
        "Survey the ranks",
        "Fit",
        partial,
    )
    if takes <= FOLLOWS and jobs.find(session.person(), what) is None and what not in session.current().declined:
        jobs.start(session.person(), what, work, lane="study", seconds=jobs.BY_ITSELF)  # also if nobody waits for it
    return made


def evaluation(ratings: Ratings, settings: Settings, folds: int) -> Task:
    """How good settings are on hidden ratings, beside what needs no features, as its panel shows it."""
    takes = folds * seconds(ratings, settings)

    def work(progress: Progress) -> pd.DataFrame:
        named = {f"rank {settings.rank}, blanks {_blanks(settings)}": settings}
        return apart.run(
            "evaluate", progress, ratings=ratings, settings=named, folds=folds, top_n=TOP_N, seed=settings.seed
        )

    return task(
        "evaluation",
        key_of(ratings, settings, "evaluation", folds),
        work,
        f"Each of {folds} parts of the ratings is hidden from a fit once, which then predicts them and makes lists: about "
        f"{text.duration(takes)} here.",
        "Judge this fit on hidden ratings",
        "Model",
        None,
    )


def _blanks(settings: Settings) -> str:
    """What a blank counts, in a word or two."""
    blanks = settings.blanks
    return blanks if isinstance(blanks, str) else str(getattr(blanks, "name", blanks))


def task(
    key: str,
    what: Hashable,
    work: Callable[[Progress], Any],
    offer: str,
    button: str,
    counted: str,
    partial: Callable[[Any], None] | None,
) -> Task:
    """A task that counts what it has done."""

    def begin() -> None:
        session.current().declined.discard(what)
        jobs.start(session.person(), what, work, lane="study")

    def cancel() -> None:
        session.current().declined.add(what)
        jobs.cancel(session.person(), what)

    return Task(
        key, what, begin, offer, button, lambda job: f"{counted} {job.done} of {job.of or '…'}", partial, cancel
    )
