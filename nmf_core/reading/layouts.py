"""The ways to read a table. Adding one: a file here with a `LAYOUT`, and its line in `_FILES`; the page follows by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError, closest, shown
from nmf_core.reading.options import Plan, Question, ReadOptions
from nmf_core.reading.readings import list_or_grid
from nmf_core.reading.to_ratings import ratings_of_grid, ratings_of_list
from nmf_core.registry import registered
from nmf_core.tables.base import Table


@dataclass(frozen=True)
class Layout:
    """A way to read a table.

    Attributes:
        name: what `read_ratings(layout=...)` calls it.
        words: what a row is then, for people.
        plan: how a table is read so, with the evidence for it as a `Question` of its own; None where it does not look like it.
            Asked for by name it makes a plan, or says why it cannot.
        read: makes ratings by such a plan, and says what their numbers leave to ask.
    """

    name: str
    words: str
    plan: Callable[[Table, ReadOptions], Plan | None]
    read: Callable[[Plan, ReadOptions], tuple[Ratings, tuple[Question, ...]]]


_FILES: tuple[str, ...] = (
    # Looked at in this order, and before lists and grids, which take whatever is left.
)
LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        *registered("nmf_core.reading", _FILES, "LAYOUT"),
        Layout("long", "a list: one row a rating", list_or_grid, ratings_of_list),
        Layout("grid", "a grid: users down, items across", list_or_grid, ratings_of_grid),
        Layout("items-down", "a grid: items down, users across", list_or_grid, ratings_of_grid),
    )
}


def planned(table: Table, options: ReadOptions) -> Plan:
    """How a table is read: as asked, else in the first way that it looks like.

    Raises:
        RatingsError: it cannot be read as asked, or where nobody may guess, it does not tell how.
    """
    if options.layout not in ("auto", *LAYOUTS):
        raise RatingsError(
            f"layout is {shown(options.layout)}; it must be one of {', '.join(('auto', *LAYOUTS))}."
            f"{closest(str(options.layout), LAYOUTS)} Choose one."
        )
    asked = LAYOUTS.values() if options.layout == "auto" else [LAYOUTS[options.layout]]
    plan = next(plan for layout in asked if (plan := layout.plan(table, options)) is not None)
    # What else a table could be is known here alone.
    questions = [replace(q, options=tuple(LAYOUTS)) if q.key == "layout" else q for q in plan.questions]
    return replace(plan, questions=tuple(questions))


def ratings_from_plan(plan: Plan, options: ReadOptions) -> tuple[Ratings, tuple[Question, ...]]:
    """Ratings by a plan, and what their numbers leave to ask."""
    return LAYOUTS[plan.layout].read(plan, options)
