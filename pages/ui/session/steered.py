"""The wishes that features of a fit obey, kept with the project; every page sees the fit that obeys."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pandas as pd

from nmf_core import SOLVERS, NmfError, Ratings, Settings
from nmf_core.fit.problem import Penalty
from pages.ui.session import controls, projects, session, storage, workspaces


@dataclass(frozen=True)
class Wished:
    """What was wished for features of a project.

    Attributes:
        settings: those that carry the wishes; None where all features are free.
        before: the rank before the first wish.
        items: those of the rows, in their order.
        version: of what is kept; 0 before anything is.
        damage: why what is kept cannot be read; "" where it can. The next wish takes its place.
    """

    settings: Settings | None = None
    before: int = 1
    items: pd.Index | None = None
    version: int = 0
    damage: str = ""


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
    asked = wished.settings.steer
    steer = asked and asked.placed(wished.items.get_indexer(ratings.items))
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
    before = rank if held.settings is None else held.before
    _keep(Wished(asked, before, ratings.items, held.version))
    controls.set_widgets(**{controls.RANK: asked.rank})


def let_go(ratings: Ratings) -> None:
    """All features of these ratings are free again, as many as before the first wish. A callback."""
    held = _held(projects.open_project(), ratings)
    _keep(Wished(version=held.version))
    if held.settings is not None and controls.settings(ratings).rank == held.settings.rank:
        controls.set_widgets(**{controls.RANK: held.before})


def _held(project: str | None, ratings: Ratings) -> Wished:
    """What is wished, as it is kept by now: somebody else may have steered since. What cannot be read is none, and said."""
    held = session.current().steered
    now: Wished = held.get(project or "", Wished())
    if project is None:
        return now
    looked = project in held and workspaces.current().viewed  # what is tried on somebody else's stays in this tab
    try:
        if not looked and storage.wishes().version(project) != now.version:
            text, version = storage.wishes().of(project)
            now = replace(_of_text(text, ratings.items), version=version)
        damage = now.damage
    except NmfError as error:
        damage = error.plain
    if damage:
        session.notice("error", f"What features were steered to be is not to be had: {damage}")
    held[project] = now
    return now


def _keep(now: Wished) -> None:
    """Keep wishes with the project; what is looked at only, or cannot be kept, has them in this tab alone."""
    project, held = projects.open_project(), session.current().steered
    if project is not None and not workspaces.current().viewed:
        try:
            now = replace(now, version=storage.wishes().keep(project, _to_text(now), now.version))
        except NmfError as error:
            # In this tab it is as was asked, unless somebody else's is newer, which the next run reads.
            session.notice("error", error.plain)
    held[project or ""] = now


def _to_text(wished: Wished) -> str:
    """Wishes as they are kept; "" for none."""
    from nmf_core.export.recipe import asked_to_json
    from nmf_core.export.steer_json import steer_to_json

    asked = wished.settings
    if asked is None or wished.items is None:
        return ""
    told = {
        **asked_to_json(asked),
        "rank": asked.rank,
        "before": wished.before,
        "items": wished.items.tolist(),
        "steer": steer_to_json(asked.steer),
    }
    return json.dumps(told, ensure_ascii=False)


def _of_text(text: str, items: pd.Index) -> Wished:
    """The same from what was kept; `items` are those of the ratings."""
    from nmf_core.export.steer_json import steer_from_json

    if not text:
        return Wished()
    try:
        told = json.loads(text)
        rows = items if told["items"] == items.tolist() else pd.Index(told["items"], dtype=items.dtype)
        penalty = told["penalty"]
        settings = Settings(
            rank=told["rank"],
            blanks=told["blanks"],
            penalty=Penalty(**penalty) if isinstance(penalty, dict) else penalty,
            steer=steer_from_json(told["steer"], len(rows)),
        )
        return Wished(settings, int(told["before"]), rows)
    except (NmfError, KeyError, TypeError, ValueError) as e:
        return Wished(damage=f"they were kept in another form ({type(e).__name__}). Steer the features anew.")
