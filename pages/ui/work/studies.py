"""Long looks at ratings: the rank survey, and how good a fit is on hidden ratings."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from nmf_core import SOLVERS, Blanks, NmfError, RankSurvey, Ratings, Settings
from nmf_core.fit.list_fit import ListSettings
from nmf_core.fit.settings import BLANK_PRESETS, resolve_blanks
from nmf_core.study.baselines import BASELINES
from nmf_core.study.dial import WEIGHTS
from nmf_core.study.evaluate import QUICK_SECONDS
from nmf_core.study.rank_cost import survey_seconds
from nmf_core.study.split import SPLITS
from pages.ui import text
from pages.ui.session import session
from pages.ui.work import apart, jobs, lists
from pages.ui.work.fits import key_of, machine, seconds
from pages.ui.work.jobs import Job, Progress
from pages.ui.work.progress import Task

FOLLOWS, SURVEYED = (
    25.0,
    120.0,
)  # seconds: a survey that is estimated at less begins by itself, and takes no longer than that
KEPT = 4  # surveys that further ranks can be added to
TOP_N = 10  # of the lists that are judged
DIAL_FOLDS = 3


def survey(
    ratings: Ratings,
    settings: Settings,
    ranks: tuple[int, ...],
    folds: int,
    split: str,
    partial: Callable[[RankSurvey], None],
    *,
    key: str = "survey",
    ask: str = "Survey the ranks",
) -> Task:
    """A rank survey as its panel shows it, `ask` on its button; one that is quick is begun. The rank now does not matter."""
    base = _any_rank(settings)
    asked = key_of(ratings, base, "survey", folds, split)
    what = (asked, ranks)
    known = known_survey(ratings, settings, folds, split)
    left = [rank for rank in ranks if known is None or rank not in known.found]
    takes = survey_seconds(ratings, base, left, folds) / machine().speed

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
            split=split,
            seed=settings.seed,
            settings=base,
            known=known,
        )

    made = task(
        key,
        what,
        work,
        f"Each of {text.many(len(left), 'rank')} is judged on ratings hidden from it, and its features are looked for in halves of "
        f"the people: about {text.duration(takes)} here. Points appear as they are found.",
        ask,
        "",
        partial,
    )
    if takes <= FOLLOWS and jobs.find(session.person(), what) is None and what not in session.current().declined:
        jobs.start(session.person(), what, work, lane="study", seconds=SURVEYED)  # also if nobody waits for it
    return made


def known_survey(ratings: Ratings, settings: Settings, folds: int, split: str) -> RankSurvey | None:
    """What a survey of these ratings found already."""
    found: RankSurvey | None = session.current().surveys.get(
        key_of(ratings, _any_rank(settings), "survey", folds, split)
    )
    return found


def _any_rank(settings: Settings) -> Settings:
    """The settings of a survey, which goes over ranks: neither the rank nor wishes for features of one matter."""
    return replace(settings, rank=1, steer=None)


def keep_survey(found: RankSurvey, ratings: Ratings, settings: Settings, folds: int, split: str) -> None:
    """Remember what was found, for further ranks of the same ratings."""
    kept = session.current().surveys
    asked = key_of(ratings, _any_rank(settings), "survey", folds, split)
    before = kept.pop(asked, None)
    kept[asked] = found if before is None or len(found.found) >= len(before.found) else before
    while len(kept) > KEPT:
        del kept[next(iter(kept))]


def evaluation(ratings: Ratings, settings: Settings, folds: int) -> Task:
    """How good settings are on hidden ratings, beside baselines, as its panel shows it: a table for each split that can be made."""
    named = judged(ratings, settings)
    splits = SPLITS if ratings.times is not None else SPLITS[:1]
    rounds = folds + len(splits) - 1
    fits = sum(
        lists.seconds(ratings) if isinstance(one, ListSettings) else seconds(ratings, one) for one in named.values()
    )
    takes = rounds * (fits + _beside(ratings, len(named)))

    def work(progress: Progress) -> dict[str, pd.DataFrame | NmfError]:
        found: dict[str, pd.DataFrame | NmfError] = {}
        on = True

        def told(done: int, of: int) -> bool:
            nonlocal on
            models = of if found else of // folds  # of a round
            on = progress(done + folds * models * len(found), models * rounds) and on
            return on

        for split in splits:
            asked: dict[str, Any] = {"folds": folds, "top_n": TOP_N, "seed": settings.seed, "split": split}
            try:
                found[split] = apart.run("evaluate", told, ratings=ratings, settings=named, **asked)
            except NmfError as error:
                if not found:
                    raise
                found[split] = error
            if not on:
                break
        return found

    times = None if ratings.times is None else (len(ratings.times), float(np.nansum(ratings.times)))
    in_time = " Then the same with the last fifth in time." if len(splits) > 1 else ""
    return task(
        "evaluation",
        key_of(ratings, settings, "evaluation", folds, times),
        work,
        f"Each of {folds} parts of the ratings is hidden once from {text.many(len(named), 'fit')} and from each baseline, which "
        f"then predict them and make lists.{in_time} About {text.duration(takes)} here.",
        "Judge this fit on hidden ratings",
        "Model",
        None,
    )


def judged(ratings: Ratings, settings: Settings) -> dict[str, Settings | ListSettings]:
    """The fits that are judged, by what tables call them: where blanks count, first the finer one that lists are made from,
    then that of the settings, and a companion whose scores are expected ratings."""
    name = f"rank {settings.rank}, blanks {_blanks(settings)}"
    able = "unknown" in SOLVERS[settings.solver].blanks
    found: dict[str, Settings | ListSettings] = {name: settings}
    if settings.blanks == "unknown" or not able:
        return found
    found["same rank, blanks unknown"] = replace(settings, blanks="unknown", penalty=None)
    if not lists.are_finer(ratings, resolve_blanks(settings.blanks, ratings)):
        return found
    return {"lists, of a finer fit": ListSettings(settings.blanks, settings.seed, settings.rank)} | found


def serves_dial(settings: Settings) -> bool:
    """Whether the solver of these settings serves every weight of a blank."""
    return set(BLANK_PRESETS) <= set(SOLVERS[settings.solver].blanks)


def dial(ratings: Ratings, settings: Settings) -> Task:
    """What turning the dial costs, as its panel shows it."""
    takes = DIAL_FOLDS * sum(
        seconds(ratings, replace(settings, blanks=(w, 1.0) if w else "unknown")) + _lists(ratings, 1) for w in WEIGHTS
    )

    def work(progress: Progress) -> pd.DataFrame:
        return apart.run(
            "dial", progress, ratings=ratings, settings=settings, folds=DIAL_FOLDS, top_n=TOP_N, seed=settings.seed
        )

    return task(
        "dial",
        key_of(ratings, settings, "dial"),
        work,
        f"Fits with {len(WEIGHTS)} weights of a blank, from 0 to 1, each judged on {DIAL_FOLDS} parts of the ratings: about "
        f"{text.duration(takes)} here.",
        "Turn the dial",
        "Fit",
        None,
    )


def _beside(ratings: Ratings, n_fits: int) -> float:
    """About how long the quick baselines and all lists of one round take."""
    quick = (b.seconds(ratings) for b in BASELINES.values())
    return sum(s for s in quick if s <= QUICK_SECONDS) / machine().speed + _lists(ratings, n_fits + len(BASELINES))


def _lists(ratings: Ratings, models: int) -> float:
    """About how long it takes to make and judge everybody's lists by so many models."""
    return (1e-7 * ratings.n_users * ratings.n_items * models + 2e-6 * ratings.n_ratings) / machine().speed


def _blanks(settings: Settings) -> str:
    """What a blank counts, in a word or two."""
    blanks = settings.blanks
    if isinstance(blanks, Blanks):
        return f"{text.number(blanks.weight)} of a {text.number(blanks.value)}"
    return str(blanks)


def _done(job: Job, counted: str) -> str:
    """How far a job is: what it counts, or a share where its pieces differ."""
    return f"{counted} {job.done} of {job.of or '…'}" if counted else f"{job.done / max(job.of, 1):.0%} done"


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

    return Task(key, what, begin, offer, button, lambda job: _done(job, counted), partial, cancel)
