"""The wishes that features of a fit obey, kept by the ratings that they are about; every page sees the fit that obeys."""

from __future__ import annotations

from dataclasses import replace

from nmf_core import SOLVERS, Ratings, Settings
from pages.ui.session import controls, session


def obeyed(settings: Settings, ratings: Ratings) -> Settings:
    """The sidebar's settings with the wishes for these ratings, where their rank and solver can have them."""
    held = of(ratings)
    if held is None or why_not(settings, held):
        return settings
    same = settings.blanks == held.blanks and settings.penalty is None
    return replace(settings, steer=held.steer, penalty=held.penalty if same else settings.penalty)


def of(ratings: Ratings) -> Settings | None:
    """The settings that carry the wishes for these ratings; None where there are none."""
    asked, _ = session.current().steered.get(ratings.fingerprint, (None, 0))
    return asked


def why_not(settings: Settings, held: Settings) -> str:
    """Why wishes wait under the sidebar's settings; "" where they are obeyed."""
    if settings.rank != held.rank:
        return f"they are for rank {held.rank}"
    return "" if SOLVERS[settings.solver].steers else f"the solver {settings.solver} obeys none"


def wish(ratings: Ratings, asked: Settings) -> None:
    """These ratings are fitted so from now on; without a steer, freely. A callback."""
    if asked.steer is None:
        let_go(ratings)
        return
    held, rank = session.current().steered, controls.settings(ratings).rank
    _, before = held.get(ratings.fingerprint, (None, rank))
    held[ratings.fingerprint] = asked, before
    controls.set_widgets(**{controls.RANK: asked.rank})


def let_go(ratings: Ratings) -> None:
    """All features of these ratings are free again, as many as before the first wish. A callback."""
    asked, before = session.current().steered.pop(ratings.fingerprint, (None, 0))
    if asked is not None and controls.settings(ratings).rank == asked.rank:
        controls.set_widgets(**{controls.RANK: before})
