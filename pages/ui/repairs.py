"""What mends settings that do not go together: the smallest changes after which these ratings can be fitted, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nmf_core import SOLVERS, NmfError, Ratings
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.settings import Settings
from pages.ui.session import controls

MOST = 5  # that are offered


class Repair(NamedTuple):
    """What its button says, and the widgets that it sets."""

    title: str
    widgets: dict[str, Any]


def repairs(held: Mapping[str, Any], ratings: Ratings) -> list[Repair]:
    """The repairs of widgets with these values that mend, one setting each where one is enough; none where nothing is wrong."""
    if _goes(held, ratings):
        return []
    found: list[Repair] = []
    for one in _single(held, ratings):
        same_setting = [set(other.widgets) == set(one.widgets) for other in found]
        if not any(same_setting) and _goes({**held, **one.widgets}, ratings):
            found.append(one)
    plain = Settings()
    default = Repair(
        "Back to the default solver",
        {controls.SOLVER: plain.solver, controls.LOSS: plain.loss, controls.INIT: plain.init, controls.PENALTY: None},
    )
    if not any(controls.SOLVER in one.widgets for one in found) and _goes({**held, **default.widgets}, ratings):
        found.append(default)
    return found[:MOST]


def _single(held: Mapping[str, Any], ratings: Ratings) -> Iterator[Repair]:
    """Changes of a single setting; of each setting the first that mends is offered."""
    for stop, title in (
        ("zero", "Count blanks as zero"),
        ("unknown", "Leave blanks unknown"),
        ("weak", "Count blanks as weak evidence"),
    ):
        yield Repair(title, {controls.BLANKS: stop})
    for loss in LOSSES:
        yield Repair(f"Use the loss {loss}", {controls.LOSS: loss})
    for init in ("auto", "random"):
        yield Repair("Start as usual" if init == "auto" else "Start at random", {controls.INIT: init})
    yield Repair("Let the ratings choose the penalty", {controls.PENALTY: None})
    yield Repair("No penalty", {controls.PENALTY: 0.0})
    yield Repair(f"Rank {(least := min(ratings.n_users, ratings.n_items))}", {controls.RANK: least})
    for solver in SOLVERS:
        yield Repair(f"Use the solver {solver}", {controls.SOLVER: solver})


def _goes(held: Mapping[str, Any], ratings: Ratings) -> bool:
    """Whether these ratings can be fitted so."""
    try:
        controls.settings_of(held, ratings)
    except NmfError:
        return False
    return True
