"""The grid editor: cells edited in place.

A grid too large for that is edited as a list: what one user rated, or by whom one item was rated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from nmf_core import NmfError, Ratings
from pages.ui import text
from pages.ui.ratings.changes import (
    LISTED,
    USER,
    apply_changes,
    apply_list,
    ids_of,
    is_nameless,
    list_frame,
    typed,
    with_names,
    without_refused,
)
from pages.ui.ratings.toolbar import OPTIONS, toolbar
from pages.ui.session import editor, session, workspaces

EDITED_USERS, EDITED_ITEMS = 200, 100  # a larger grid is edited as lists
FOUND = 50  # results of a search
A_USER, AN_ITEM = "A user's ratings", "An item's ratings"


def grid_editor() -> None:
    """The grid as a table to edit; a large one as lists, above its best filled part."""
    workspace = workspaces.current()
    ratings = workspace.ratings
    toolbar(workspace)
    large = ratings.n_users > EDITED_USERS or ratings.n_items > EDITED_ITEMS
    if large or USER in ratings.items:
        _list_editor(ratings)
        _excerpt(ratings)
    else:
        _grid_editor(ratings)


def _grid_editor(ratings: Ratings) -> None:
    """A small grid, to be edited in place."""
    base: Ratings = editor.base(ratings)
    frame = _frame(base)
    long = base.users.str.len().max() > 20  # else the pinned column would hide the ratings
    # Above the editor, whose own buttons would else lie over the toolbar.
    st.caption(
        f"Type or paste {_allowed(ratings)}, or empty a cell; the last row adds a user. A block with names, or wider than "
        "the grid, goes through Paste. Everything else follows at once."
    )
    # All that is given here must stay the same while the base does: else the browser begins anew, without the edits.
    st.data_editor(
        frame,
        key=editor.key(),
        on_change=_edited,
        num_rows="dynamic",
        height=min(38 + 35 * (len(frame) + 2), 520),  # with room for a row that is added
        column_config={
            USER: st.column_config.TextColumn("user", pinned=True, width=150 if long else None),
            **{item: _rating_column(text.cut(item, 24)) for item in base.items},
        },
        hide_index=True,
        placeholder="",
        alt=f"The ratings grid: {text.fullness(base)}.",
    )
    _refused()
    _nameless(USER, "user")


def _rating_column(label: str) -> Any:
    """A column of ratings as text: a column of numbers would bend what is pasted (9 to 5; 1,5 to 15) and not say so."""
    return st.column_config.TextColumn(label, alignment="right")


def _frame(ratings: Ratings) -> pd.DataFrame:
    """The grid as text, after a column of users."""
    grid = ratings.to_grid()
    codes, values = pd.factorize(grid.to_numpy().ravel())
    texts = np.array([*map(typed, values), None], dtype=object)[codes]  # the code of a blank is -1
    frame = pd.DataFrame(texts.reshape(grid.shape), columns=grid.columns, dtype="str")
    frame.insert(0, USER, ratings.users)
    return frame


def _allowed(ratings: Ratings) -> str:
    """What a rating may be."""
    low, high = ratings.scale
    return f"ratings from {low:g} to {high:g}"


def _refused() -> None:
    """Why the editor's last change is not among the ratings; it stays in its cell to be corrected."""
    words = editor.refused()
    if words:
        st.error(text.md(words), icon=":material/error:")
        st.button("Discard what was refused", icon=":material/backspace:", on_click=session.renew_editor, key="discard")


def _nameless(column: str, what: str) -> None:
    """Say that a row which was added has ratings but no name: they count for nobody yet."""
    _, changes = editor.changes()
    if any(is_nameless(row, column) for row in changes.get("added_rows", [])):
        st.warning(
            f"A new row has ratings but no {what} yet: they count once its first cell has a name.",
            icon=":material/warning:",
        )


def _list_editor(ratings: Ratings) -> None:
    """The ratings of one user or one item as a list to edit."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        by_user = (
            st.segmented_control("Edit", [A_USER, AN_ITEM], default=A_USER, required=True, key="list_of") == A_USER
        )
    what, other = ("user", "item") if by_user else ("item", "user")
    with right:
        name = _found(ids_of(ratings, what), what)
    if name is None:
        return
    n_rated = int(ratings.user_counts[ratings.row(name)] if by_user else ratings.item_counts[ratings.column(name)])
    cut = (
        f"The first {LISTED:,} of {n_rated:,} are listed; a row for another {other} rates it anew. "
        if n_rated > LISTED
        else ""
    )
    st.caption(
        f"{cut}Type {_allowed(ratings)}, or empty a cell. The last row rates another {other}; a name that is not there yet adds "
        f"{text.a(other)}."
    )
    part = f"-{what}-{ratings.row(name) if by_user else ratings.column(name)}"
    base: Ratings = editor.base(ratings, part)
    frame = list_frame(base, what, name)
    st.data_editor(
        frame,
        key=editor.key(part),
        on_change=_list_edited,
        args=(what, name, part),
        num_rows="dynamic",
        height=min(38 + 35 * max(len(frame) + 2, 6), 380),
        column_config={
            other: st.column_config.TextColumn(other, width="large"),
            "rating": _rating_column("rating"),
        },
        hide_index=True,
        placeholder="",
        alt=f"The ratings of {text.cut(name, 60)}.",
    )
    _refused()
    _nameless(other, other)


def _found(index: pd.Index, what: str) -> str | None:
    """The user or item that is looked for."""
    key = f"list_{what}"
    if len(index) <= OPTIONS:
        return st.selectbox(f"Find {text.a(what)}", index.tolist(), key=key, help="Type to search.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = st.text_input(f"Find {text.a(what)}", key=f"{key}_search", placeholder="a part of the name, then Enter")
        found = matches(index, asked, FOUND)
        return st.selectbox(f"Found: {'the first ' if len(found) == FOUND else ''}{len(found)}", found, key=key)


def matches(index: pd.Index, asked: str, n: int) -> list[str]:
    """The first n ids that hold what is asked for in any case; one that is just so comes first."""
    asked = asked.strip()
    held = index[index.str.contains(asked, case=False, regex=False)] if asked else index
    found = held[:n].tolist()
    return [asked, *[x for x in found if x != asked][: n - 1]] if asked in index else found


def _excerpt(ratings: Ratings) -> None:
    """The users and items with most ratings of a grid too large to edit in place."""
    users = np.sort(np.argsort(-ratings.user_counts, kind="stable")[:EDITED_USERS])
    items = np.sort(np.argsort(-ratings.item_counts, kind="stable")[:40])
    part = ratings.V[users][:, items].tocoo()
    values = np.full((len(users), len(items)), np.nan)
    values[part.row, part.col] = part.data
    frame = pd.DataFrame(values, index=ratings.users[users].rename("user"), columns=ratings.items[items])
    st.dataframe(frame, height=420, key="excerpt", placeholder="")
    st.caption(
        f"The {len(users)} users and {len(items)} items with most ratings, of {text.fullness(ratings)}. "
        f"Grids up to {EDITED_USERS} × {EDITED_ITEMS} are edited in place."
    )


def _edited() -> None:
    """The grid editor's changes."""
    base, changes = editor.changes()
    now = workspaces.current().ratings
    fine, refused = without_refused(now, changes, base.users.tolist(), USER, lambda user, item: (user, item))
    _keep(fine, USER, lambda changes: apply_changes(base, changes), refused)


def _list_edited(what: str, name: str, part: str) -> None:
    """The list editor's changes; a name that is new here is said, since it may be a slip."""
    base, changes = editor.changes()
    other = "item" if what == "user" else "user"
    now = workspaces.current().ratings
    before = ids_of(now, other)
    fine, refused = without_refused(
        now,
        changes,
        list_frame(base, what, name)[other].tolist(),
        other,
        lambda row, _: (name, row) if what == "user" else (row, name),
    )
    _keep(fine, other, lambda changes: apply_list(base, what, name, changes), refused)
    for new in ids_of(workspaces.current().ratings, other)[len(before) :]:
        session.notice("info", f"The {other} {new} was not there and is added. Undo takes it back.")


def _keep(changes: dict[str, Any], column: str, apply: Callable[[dict[str, Any]], Ratings], refused: list[str]) -> None:
    """A new version from the editor, and what of it was refused; the editor goes on as it is."""
    try:
        ratings, words = with_names(changes, column, apply)
        workspaces.change(ratings)
    except NmfError as error:
        editor.refuse(f"{error.plain} What was typed after it waits until then.")
        return
    more = f" And {text.many(len(refused) - 1, 'more cell')} like that." if len(refused) > 1 else ""
    editor.refuse(" ".join([*([words] if words else []), *([refused[0] + more] if refused else [])]))
