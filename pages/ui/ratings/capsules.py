"""A capsule that somebody brings: its ratings are opened, its settings set, and its labels kept with the project."""

from __future__ import annotations

import json
from pathlib import Path

from nmf_core import Factorization, NmfError, Ratings
from nmf_core.fit.problem import Blanks, Penalty
from nmf_core.formats.base import Data
from nmf_core.interpret.carry import feature_shapes
from nmf_core.labels import Label
from nmf_core.words import many
from pages.ui import text
from pages.ui.session import controls, session, steered, storage, workspaces


def is_capsule(data: Data) -> bool:
    """Whether a file is a capsule, rather than ratings in a zip file."""
    from nmf_core.export.capsule_zip import is_capsule as looks_like_one

    return isinstance(data, bytes | Path) and looks_like_one(data)


def read(name: str, data: Data) -> None:
    """Open a capsule before the next run's widgets; on an error what was open stays open."""
    from nmf_core.export import open_capsule

    assert isinstance(data, bytes | Path)
    try:
        ratings, fit, labels = open_capsule(data if isinstance(data, bytes) else data.read_bytes())
    except NmfError as error:
        session.notice("error", error.plain)
        return
    except OSError as error:
        session.notice("error", f"{name} cannot be read: {error.strerror}. Try again.")
        return
    session.defer(lambda: _open(name, ratings, fit, labels or {}))


def _open(name: str, ratings: Ratings, fit: Factorization, labels: dict[int, str]) -> None:
    """Open what a capsule holds. Its fit is made anew: what comes from outside is shown to nobody as computed here."""
    workspaces.open_own(ratings, Path(name).stem[:80] or "Capsule")
    controls.from_text(json.dumps(_settings(fit)))
    title = workspaces.current().title
    if fit.settings.steer is not None:
        steered.wish(ratings, fit.settings)
    kept = _keep_labels(fit, labels)
    said = f" with {many(kept, 'label')}" if kept else ""
    session.notice("success", f"{title} is open{said}: {text.fullness(ratings)}.")
    if kept < len(labels):
        session.notice(
            "warning",
            f"{many(len(labels) - kept, 'label')} of the capsule {'was' if len(labels) - kept == 1 else 'were'} not taken: its "
            "feature is empty, or has a name in this project already, or the project could not be kept.",
        )
    now = controls.settings(ratings)
    if (now.rank, now.penalty) != (fit.settings.rank, fit.settings.penalty) or not isinstance(fit.settings.init, str):
        session.notice(
            "warning",
            "The capsule's fit has a rank, penalty or start that cannot be set at the left. What you see is another fit of "
            "the same ratings; nmf_core.export.open_capsule gives the capsule's own.",
        )


def _settings(fit: Factorization) -> dict[str, object]:
    """A fit's settings as the sidebar has them, as far as it can."""
    asked = fit.settings
    found: dict[str, object] = {
        controls.RANK: asked.rank,
        controls.SOLVER: asked.solver,
        controls.LOSS: asked.loss,
        controls.SEED: asked.seed,
        controls.SWEEPS: asked.max_sweeps,
    }
    if isinstance(asked.blanks, Blanks):
        found |= {
            controls.BLANKS: controls.CUSTOM,
            controls.WEIGHT: asked.blanks.weight,
            controls.VALUE: asked.blanks.value,
        }
    else:
        found[controls.BLANKS] = asked.blanks
    if isinstance(asked.init, str):
        found[controls.INIT] = asked.init
    if isinstance(asked.penalty, Penalty) and asked.penalty == Penalty.of(asked.penalty.l2_W):
        found[controls.PENALTY] = asked.penalty.l2_W
    return found


def _keep_labels(fit: Factorization, labels: dict[int, str]) -> int:
    """Keep a capsule's labels with the project that is open; how many could be."""
    project, made = workspaces.current().project, list[int]()
    if project is None:
        return 0
    shapes = feature_shapes(fit)
    for f, name in labels.items():
        try:
            label = Label(name, author=session.nickname())
            made.append(storage.store().save(project, label, shapes[f], beside=made).id)
        except NmfError:  # said by their number
            continue
    return len(made)
