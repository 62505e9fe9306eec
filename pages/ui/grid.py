"""The grid editor: cells edited in place, users and items added and taken out, undo and redo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from nmf_core import NmfError, Ratings
from nmf_core.errors import RatingsError, shown
from nmf_core.recommend import scale_steps
from pages.ui import state, text
from pages.ui.compute import View

EDITED_USERS, EDITED_ITEMS = 200, 100  # a larger grid is shown, not edited


def editor(view: View) -> None:
    """The grid as a table; a small one can be edited."""
    ratings = view.ratings
    if ratings.n_users > EDITED_USERS or ratings.n_items > EDITED_ITEMS:
        _excerpt(ratings)
        return
    _toolbar(view)
    low, high = ratings.scale
    steps = scale_steps(ratings)
    step = float(steps[1] - steps[0])
    base = state.editor_base(ratings.to_grid().rename_axis("user"))
    st.data_editor(
        base,
        key=state.editor_key(),
        on_change=_edited,
        num_rows="dynamic",
        height=min(38 + 35 * (len(base) + 1), 520),
        column_config={
            "_index": st.column_config.TextColumn("user", required=True, pinned=True),
            **{
                item: st.column_config.NumberColumn(
                    text.cut(item, 24), min_value=low, max_value=high, step=step, format="%g"
                )
                for item in base.columns
            },
        },
        placeholder="",
        alt=f"The ratings grid: {text.fullness(ratings)}.",
    )
    st.caption(
        f"Type a rating from {low:g} to {high:g} into a cell, or empty it; the last row adds a user. "
        "Everything else follows at once."
    )


def _toolbar(view: View) -> None:
    """Undo, redo, reset, and new or fewer users and items."""
    opened = view.opened
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("Undo", icon=":material/undo:", on_click=state.step, args=(-1,), disabled=opened.at == 0, key="undo")
        st.button(
            "Redo",
            icon=":material/redo:",
            on_click=state.step,
            args=(1,),
            disabled=opened.at == len(opened.versions) - 1,
            key="redo",
        )
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            on_click=_reset,
            disabled=opened.at == 0,
            key="reset",
            help="Back to the ratings as they were opened; Undo takes it back.",
        )
        with st.popover("Add, take out", icon=":material/table_edit:"):
            st.text_input("Add an item", key="new_item", on_change=_add_item, placeholder="its name, then Enter")
            st.text_input("Add a user", key="new_user", on_change=_add_user, placeholder="their name, then Enter")
            st.multiselect("Take out users", view.ratings.users.tolist(), key="fewer_users")
            st.multiselect("Take out items", view.ratings.items.tolist(), key="fewer_items")
            st.button("Take them out", on_click=_take_out, icon=":material/delete:")


def _excerpt(ratings: Ratings) -> None:
    """The users and items with most ratings of a grid too large to edit."""
    users = np.sort(np.argsort(-ratings.user_counts, kind="stable")[:EDITED_USERS])
    items = np.sort(np.argsort(-ratings.item_counts, kind="stable")[:40])
    part = ratings.V[users][:, items].tocoo()
    frame = pd.DataFrame(np.nan, index=ratings.users[users].rename("user"), columns=ratings.items[items])
    values = frame.to_numpy(copy=True)
    values[part.row, part.col] = part.data
    st.dataframe(pd.DataFrame(values, index=frame.index, columns=frame.columns), height=420, key="excerpt")
    st.caption(
        f"The {len(users)} users and {len(items)} items with most ratings, of {text.fullness(ratings)}. "
        f"Grids up to {EDITED_USERS} × {EDITED_ITEMS} can be edited here."
    )


# --- callbacks: each makes a new version of the ratings, or says why not ---------------------------------------------


def _edited() -> None:
    """The editor's changes, applied to its base frame and checked again: its own bounds are the browser's only."""
    base, changes = state.editor_changes()
    try:
        ratings = apply_changes(base, changes, state.opened().ratings)
    except NmfError as error:
        state.notice("error", str(error))
        return
    state.change(ratings)


def apply_changes(base: pd.DataFrame, changes: dict[str, Any], ratings: Ratings) -> Ratings:
    """The ratings of a base frame with an editor's edited, added and deleted rows.

    Raises:
        RatingsError: a rating outside the scale, a user twice or without a name, or no rating left.
    """
    values = base.to_numpy(dtype=float, copy=True)
    users = [str(u) for u in base.index]
    columns = {str(item): k for k, item in enumerate(base.columns)}
    low, high = ratings.scale

    def put(row: np.ndarray, user: str, cells: dict[str, Any]) -> None:
        for item, value in cells.items():
            if item == "_index":
                continue
            if value is not None and not low <= float(value) <= high:
                raise RatingsError(
                    f"{user} × {item} is {shown(value)}; a rating here is a number from {low:g} to {high:g}. Correct that cell."
                )
            row[columns[item]] = np.nan if value is None else float(value)

    for at, cells in changes.get("edited_rows", {}).items():
        k = int(at)
        if cells.get("_index"):
            users[k] = str(cells["_index"])
        put(values[k], users[k], cells)
    deleted = {int(k) for k in changes.get("deleted_rows", [])}
    kept = [k for k in range(len(users)) if k not in deleted]
    rows, names = [values[k] for k in kept], [users[k] for k in kept]
    for cells in changes.get("added_rows", []):
        name = str(cells.get("_index") or "").strip()
        if not name:
            continue  # a row that was only just opened: its name comes next
        row = np.full(len(columns), np.nan)
        put(row, name, cells)
        rows.append(row)
        names.append(name)
    frame = pd.DataFrame(np.array(rows).reshape(len(rows), len(columns)), index=names, columns=base.columns)
    return _made(frame, ratings)


def _made(frame: pd.DataFrame, ratings: Ratings) -> Ratings:
    """Ratings of a frame, with the scale and what is known of the items as before."""
    return Ratings.from_grid(frame, zeros="rating", scale=ratings.scale, item_info=ratings.item_info)


def _changed(frame: pd.DataFrame) -> None:
    """A new version from a frame, or why not; the editor starts anew from it."""
    try:
        state.change(_made(frame, state.opened().ratings))
    except NmfError as error:
        state.notice("error", str(error))
        return
    state.renew_editor()


def _reset() -> None:
    """The ratings as they were opened, as a new version."""
    state.change(state.opened().versions[0])
    state.renew_editor()


def _add_item() -> None:
    """A column without ratings."""
    name = str(state.widget("new_item") or "").strip()
    if name:
        grid = state.opened().ratings.to_grid()
        _changed(pd.concat([grid, pd.DataFrame({name: np.nan}, index=grid.index)], axis=1))
        state.set_widgets(new_item="")


def _add_user() -> None:
    """A row without ratings."""
    name = str(state.widget("new_user") or "").strip()
    if name:
        grid = state.opened().ratings.to_grid()
        _changed(pd.concat([grid, pd.DataFrame(np.nan, index=[name], columns=grid.columns)]))
        state.set_widgets(new_user="")


def _take_out() -> None:
    """Fewer rows and columns."""
    grid = state.opened().ratings.to_grid()
    _changed(grid.drop(index=state.widget("fewer_users") or [], columns=state.widget("fewer_items") or []))
    state.set_widgets(fewer_users=[], fewer_items=[])
