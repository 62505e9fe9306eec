"""The wishes that features of a fit obey, kept with the project; every page sees the fit that obeys."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nmf_core import SOLVERS, NmfError, Ratings, Settings
from nmf_core.fit.problem import Blanks, Penalty
from pages.ui.session import controls, projects, session, storage, workspaces

if TYPE_CHECKING:
    from nmf_core import Steer, Wish


@dataclass(frozen=True)
class Wished:
    """What was wished for features of a project.

    Attributes:
        settings: those that carry the wishes; None where all features are free.
        before: the rank before the first wish.
        items: those of the rows, in their order.
        version: of what is kept; 0 before anything is.
    """

    settings: Settings | None = None
    before: int = 1
    items: pd.Index | None = None
    version: int = 0


def obeyed(settings: Settings, ratings: Ratings) -> Settings:
    """The sidebar's settings with the wishes for these ratings, where their rank and solver can have them."""
    held = of(ratings)
    if held is None or why_not(settings, held):
        return settings
    same = settings.blanks == held.blanks and settings.penalty is None
    return replace(settings, steer=held.steer, penalty=held.penalty if same else settings.penalty)


def of(ratings: Ratings) -> Settings | None:
    """The settings that carry the wishes for these ratings, whose items may have changed since; None where there are none."""
    project = projects.open_project()
    wished = _held(project, ratings)
    if wished.settings is None or wished.items is None or ratings.items.equals(wished.items):
        return wished.settings
    steer = _for_items(wished.settings.steer, wished.items, ratings.items)
    settings = None if steer is None else replace(wished.settings, steer=steer)
    wished = replace(wished, settings=settings, items=ratings.items)
    session.current().steered[project or ""] = wished
    return wished.settings


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
    rank = controls.settings(ratings).rank
    held = _held(projects.open_project(), ratings)
    _keep(replace(held, settings=asked, before=rank if held.settings is None else held.before, items=ratings.items))
    controls.set_widgets(**{controls.RANK: asked.rank})


def let_go(ratings: Ratings) -> None:
    """All features of these ratings are free again, as many as before the first wish. A callback."""
    held = _held(projects.open_project(), ratings)
    _keep(replace(held, settings=None))
    if held.settings is not None and controls.settings(ratings).rank == held.settings.rank:
        controls.set_widgets(**{controls.RANK: held.before})


def _held(project: str | None, ratings: Ratings) -> Wished:
    """What is wished, as it is kept by now: somebody else may have steered since. What cannot be read is none, and said."""
    held = session.current().steered
    now: Wished = held.get(project or "", Wished())
    if project is None:
        return now
    try:
        if (project not in held or not workspaces.current().viewed) and storage.wishes().version(
            project
        ) != now.version:
            text, version = storage.wishes().of(project)
            now = replace(_of_text(text, ratings.items), version=version)
    except NmfError as error:
        session.notice("error", f"What features were steered to be is not to be had: {error.plain}")
    held[project] = now
    return now


def _keep(now: Wished) -> None:
    """Keep wishes with the project; what is looked at only, or cannot be kept, has them in this tab alone."""
    project, held = projects.open_project(), session.current().steered
    if project is not None and not workspaces.current().viewed:
        try:
            now = replace(now, version=storage.wishes().keep(project, _to_text(now), now.version))
        except (
            NmfError
        ) as error:  # in this tab it is as was asked, unless somebody else's is newer, which the next run reads
            session.notice("error", error.plain)
    held[project or ""] = now


def _to_text(wished: Wished) -> str:
    """Wishes as they are kept; "" for none."""
    from nmf_core.export.recipe import penalty_numbers
    from nmf_core.export.steer_json import steer_to_json

    asked = wished.settings
    if asked is None or wished.items is None:
        return ""
    blanks = asked.blanks
    told = {
        "rank": asked.rank,
        "before": wished.before,
        "blanks": [blanks.weight, blanks.value] if isinstance(blanks, Blanks) else blanks,
        "penalty": penalty_numbers(asked.penalty) if isinstance(asked.penalty, Penalty) else asked.penalty,
        "items": wished.items.tolist(),
        "steer": steer_to_json(asked.steer),
    }
    return json.dumps(told, ensure_ascii=False)


def _of_text(text: str, items: pd.Index) -> Wished:
    """The same from what was kept; `items` are those of the ratings.

    Raises:
        NmfError: what was kept is nothing that could be.
    """
    from nmf_core.export.steer_json import steer_from_json

    if not text:
        return Wished()
    try:
        told = json.loads(text)
        rows = items if told["items"] == items.tolist() else pd.Index(told["items"], dtype=items.dtype)
        blanks, penalty = told["blanks"], told["penalty"]
        settings = Settings(
            rank=told["rank"],
            blanks=tuple(blanks) if isinstance(blanks, list) else blanks,
            penalty=Penalty(**penalty) if isinstance(penalty, dict) else penalty,
            steer=steer_from_json(told["steer"], len(rows)),
        )
        return Wished(settings, int(told["before"]), rows)
    except (KeyError, TypeError, ValueError) as e:
        raise NmfError(f"they were kept in another form ({type(e).__name__}). Steer the features anew.") from e


def _for_items(steer: Steer | None, before: pd.Index, now: pd.Index) -> Steer | None:
    """The same wishes for other items: those that are new weigh nothing; None where nothing is left to wish."""
    from nmf_core import Steer

    places = before.get_indexer(now)
    wishes = [] if steer is None else [_moved(wish, places) for wish in steer.wishes]
    return Steer(tuple(wishes)) if any(wish is not None for wish in wishes) else None


def _moved(wish: Wish | None, places: np.ndarray) -> Wish | None:
    """One wish, with the item at `places` in each place, and nothing where that is −1."""
    if wish is None:
        return None
    row = np.where(places < 0, 0.0, wish.row[places])
    strength = wish.strength if isinstance(wish.strength, float) else np.where(places < 0, 0.0, wish.strength[places])
    return replace(wish, row=row, strength=strength) if row.any() else None
