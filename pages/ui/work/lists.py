"""What lists are made from: a finer fit beside the named one, its parts added up under the names."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from nmf_core import Blanks, Factorization, Ratings, fold_features, list_fit
from nmf_core.fit.list_fit import FEWEST
from nmf_core.interpret.recommend import contribution_columns
from nmf_core.interpret.shelves import shelves_of
from pages.ui import text
from pages.ui.session import session
from pages.ui.work import fits, jobs
from pages.ui.work.fits import key_of
from pages.ui.work.jobs import Job, Progress
from pages.ui.work.progress import Task
from pages.ui.work.view import Ready, look

BY_ITSELF = 600_000  # ratings: with more, a finer fit waits to be asked for
A_RATING = 9e-5  # seconds: `python -m benchmarks.lists --speed`


@dataclass(frozen=True, eq=False)
class Lists:
    """What a list is made from.

    Attributes:
        fit: the fit whose scores order the items: the fine one, or the named fit itself.
        under: `fold_features` of it; None where it is the named fit.
        columns: of the parts of a score in `recommend`'s frame.
        names, colours: of these parts.
        task: the making of the finer fit, where it is not there yet; None where nothing is to be made.
    """

    fit: Factorization
    under: pd.DataFrame | None
    columns: list[str]
    names: list[str]
    colours: list[str]
    task: Task | None = None


def lists_of(view: Ready) -> Lists:
    """What the lists of a view are made from; a finer fit that is quick begins by itself, and lists are the named fit's until then.

    Where blanks are unknown or the grid is small, lists are the named fit's for good.
    """
    ratings, settings = view.ratings, view.settings
    if not are_finer(ratings, view.fit.blanks):
        return _named(view, None)
    what: Hashable = ("lists", ratings.fingerprint, settings.blanks, settings.seed)
    fine: Factorization | None = jobs.result_of(what)
    if fine is not None:
        return _folded(view, fine) if fine.rank > view.fit.rank else _named(view, None)

    def work(progress: Progress) -> Factorization | None:
        def swept(sweep: int, objective: float, kkt: float) -> bool:
            return progress(sweep, 0)

        found = list_fit(ratings, blanks=settings.blanks, seed=settings.seed, on_sweep=swept)
        return None if found.stopped == "cancelled" else found

    def begin() -> None:
        session.current().declined.discard(what)
        jobs.start(session.person(), what, work, lane="fit")

    def cancel() -> None:
        session.current().declined.add(what)
        jobs.forget(session.person(), what)

    if ratings.n_ratings <= BY_ITSELF and what not in session.current().declined:
        begin()
    return _named(view, Task("lists", what, begin, _offer(view), "Make finer lists", _doing, cancel=cancel))


def are_finer(ratings: Ratings, blanks: Blanks) -> bool:
    """Whether lists are made from a finer fit than the one that is read: not of a small grid, nor where blanks say nothing."""
    return blanks.weight > 0 and ratings.n_ratings >= FEWEST


def seconds(ratings: Ratings) -> float:
    """About how long a finer fit takes on this machine."""
    return A_RATING * ratings.n_ratings / fits.machine().speed


def _named(view: Ready, task: Task | None) -> Lists:
    """Lists of the named fit."""
    columns = contribution_columns(view.fit.rank, view.labels)
    return Lists(view.fit, None, columns, view.names, view.colours, task)


def _folded(view: Ready, fine: Factorization) -> Lists:
    """Lists of the finer fit."""
    under = _under((fine.settings, fine.rank, fine.n_sweeps), key_of(view.ratings, view.settings), fine, view.fit)
    shelves = shelves_of(under)
    colours = [*view.colours, look().muted] if shelves.some_finer else view.colours
    columns = contribution_columns(view.fit.rank, view.labels, shelves)
    return Lists(fine, under, columns, shelves.names(view.names), colours)


@st.cache_data(max_entries=4, scope="session", show_spinner=False)
def _under(fine: Hashable, named: Hashable, _fine: Factorization, _named: Factorization) -> pd.DataFrame:
    """`fold_features`, computed once."""
    return fold_features(_fine, _named)


def _offer(view: Ready) -> str:
    """What a finer fit is for."""
    return (
        f"These lists are made with the {text.many(view.fit.rank, 'feature')} that you read. A finer fit makes better ones, and is "
        "still read in these features."
    )


def _doing(job: Job) -> str:
    """How far it is."""
    return "Making finer lists"
