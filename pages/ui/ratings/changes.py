"""An editor's changes as ratings: pure functions, so that what a browser sends can be tried without one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from nmf_core import NmfError, Ratings, edit
from nmf_core.errors import RatingsError, shown
from nmf_core.tables.base import text_of

LISTED = 2_000  # rows of a list


# The column of users. No index: Streamlit keeps a row whose index is blank to itself, with all that was typed into it.
USER = "_user"


def typed(value: float) -> str:
    """A rating as a person would type it."""
    return np.format_float_positional(np.float32(value), trim="-")


def is_nameless(row: dict[str, Any], column: str) -> bool:
    """Whether an added row has something, but no name."""
    return is_blank(row.get(column)) and any(not is_blank(value) for value in row.values())


def list_frame(ratings: Ratings, what: str, name: str) -> pd.DataFrame:
    """What a user rated, or who rated an item: a name and a rating as text."""
    rated = ratings.of_user(name) if what == "user" else ratings.of_item(name)
    rows = list(rated.items())[:LISTED]
    return pd.DataFrame(
        {"item" if what == "user" else "user": [n for n, _ in rows], "rating": [typed(v) for _, v in rows]},
        dtype="str",
    )


def with_names(changes: dict[str, Any], column: str, apply: Callable[[dict[str, Any]], Ratings]) -> tuple[Ratings, str]:
    """What an editor's changes make, without names that cannot be; and why the first of these cannot.

    A row whose new name is refused keeps its old one; an added row whose name is refused waits.

    Raises:
        RatingsError: the changes cannot be even without new names.
    """
    try:
        return apply(changes), ""
    except NmfError as error:
        why = error.plain
    edited, added = changes.get("edited_rows", {}), changes.get("added_rows", [])
    kept = {
        **changes,
        "edited_rows": {at: {key: value for key, value in row.items() if key != column} for at, row in edited.items()},
        "added_rows": [],
    }
    made = apply(kept)
    # One name after the other, each on top of those that can be.
    named = [({at: row}, []) for at, row in edited.items() if column in row] + [({}, [row]) for row in added]
    for cells, rows in named:
        more = {
            **kept,
            "edited_rows": {**kept["edited_rows"], **cells},
            "added_rows": [*kept["added_rows"], *rows],
        }
        with suppress(NmfError):
            made, kept = apply(more), more
    return made, why


def without_refused(
    now: Ratings,
    changes: dict[str, Any],
    names: list[str],
    column: str,
    place: Callable[[str, str], tuple[str, str]],
) -> tuple[dict[str, Any], list[str]]:
    """An editor's changes without the ratings that cannot be, so that one slip holds back nothing else; and why they cannot.

    Args:
        now: the ratings as they are: a cell that is refused stays as it is there, not as the editor began with it.
        names: of the rows with which the editor began, which are in `column`.
        place: user and item of a cell, from the row's name and the column.
    """
    refused: list[str] = []
    known: dict[object, str] = {}

    def fine(name: str, row: dict[str, Any]) -> dict[str, Any]:
        name = text_of(row.get(column) or name)
        kept = dict(row)
        for key, value in row.items():
            if key != column and value not in known:
                known[value] = edit.why_refused(now, value)
            if key != column and known[value]:
                user, item = place(name, key)
                refused.append(f"{user or 'A new user'} × {item or 'a new item'}: {known[value]}")
                held = now.of_user(user).get(item) if user in now.users and item in now.items else None
                kept[key] = None if held is None else typed(held)
        return kept

    deleted = {int(at) for at in changes.get("deleted_rows", [])}
    edited = {
        at: fine(names[int(at)], row) for at, row in changes.get("edited_rows", {}).items() if int(at) not in deleted
    }
    added = [fine("", row) for row in changes.get("added_rows", [])]
    return {**changes, "edited_rows": edited, "added_rows": added}, refused


def apply_changes(base: Ratings, changes: dict[str, Any]) -> Ratings:
    """Ratings with an editor's edited, added and deleted rows; `base` is what the editor began with.

    Raises:
        RatingsError: a rating outside the scale, a user twice, or no rating left.
    """
    users = base.users.tolist()
    deleted = {int(k) for k in changes.get("deleted_rows", [])}
    cells: list[tuple[str, str, object]] = []
    names: dict[object, object] = {}
    for at, row in changes.get("edited_rows", {}).items():
        if int(at) not in deleted:
            user = users[int(at)]
            _check_name(user, row, USER, "user")
            names |= {user: text_of(row[USER])} if USER in row else {}
            cells += [(user, item, value) for item, value in row.items() if item != USER]
    added: dict[str, dict[str, object]] = {}
    for row in changes.get("added_rows", []):
        name = text_of(row.get(USER) or "")
        if name in added:
            raise RatingsError(f"The user {shown(name)} is added twice. Choose another name.")
        if name:  # a row that was only just opened has none yet
            added[name] = {item: value for item, value in row.items() if item != USER}
    # Names settle before new ones come, and blanks come last, so that the last rating may move.
    ratings = edit.set_typed(base, [cell for cell in cells if not is_blank(cell[2])])
    ratings = edit.remove_users(ratings, [users[k] for k in deleted])
    ratings = edit.add_users(edit.rename_users(ratings, names), added)
    ratings = edit.set_typed(
        ratings, [(name, item, value) for name, row in added.items() for item, value in row.items()]
    )
    return edit.set_typed(
        ratings, [(names.get(user, user), item, "") for user, item, value in cells if is_blank(value)]
    )


def _check_name(name: str, row: dict[str, Any], column: str, what: str) -> None:
    """Refuse a row whose name was emptied: what goes is taken out by its row."""
    if column in row and is_blank(row[column]):
        raise RatingsError(
            f"The name of the {what} {shown(name)} was emptied; every row needs one. Type a name, or mark the row at its left "
            "and press Delete."
        )


def is_blank(value: object) -> bool:
    """Whether a cell was emptied."""
    return value is None or not str(value).strip()


def apply_list(base: Ratings, what: str, name: str, changes: dict[str, Any]) -> Ratings:
    """Ratings with the edited, added and deleted rows of a list: of what a user rated, or of who rated an item.

    Raises:
        RatingsError: a rating outside the scale, a name twice, or no rating left.
    """
    other = "item" if what == "user" else "user"
    frame = list_frame(base, what, name)
    before = dict(zip(frame[other], frame["rating"], strict=True))
    rows: list[dict[Any, Any]] = list(frame.to_dict("records"))
    deleted = {int(k) for k in changes.get("deleted_rows", [])}
    for at, cells in changes.get("edited_rows", {}).items():
        if int(at) not in deleted:
            _check_name(rows[int(at)][other], cells, other, other)
            rows[int(at)].update(cells)
    rows = [row for k, row in enumerate(rows) if k not in deleted] + changes.get("added_rows", [])
    after: dict[str, object] = {}
    for row in rows:
        key = text_of(row.get(other) or "")
        if key in after:
            raise RatingsError(f"{shown(key)} is in the list twice. Keep one row for it, or correct the name.")
        if key:
            after[key] = row.get("rating")
    changed = {key: value for key, value in after.items() if value != before.get(key)}
    changed |= {key: None for key in before if key not in after}
    index = ids_of(base, other)
    new = [key for key, value in changed.items() if key not in index and not is_blank(value)]
    ratings = edit.add_items(base, new) if other == "item" else edit.add_users(base, new)
    known = [(key, value) for key, value in changed.items() if key in index or key in new]
    cells = [(name, key, value) if what == "user" else (key, name, value) for key, value in known]
    return edit.set_typed(ratings, sorted(cells, key=lambda cell: is_blank(cell[2])))


def ids_of(ratings: Ratings, what: str) -> pd.Index:
    """The users, or the items."""
    return ratings.users if what == "user" else ratings.items
