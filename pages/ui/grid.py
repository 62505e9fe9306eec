"""The grid editor: cells edited in place, blocks pasted, users and items added, renamed and taken out; undo and redo.

A grid too large for that is edited as a list: what one user rated, or by whom one item was rated.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from nmf_core import NmfError, Ratings, edit
from nmf_core.errors import RatingsError, shown
from nmf_core.tables.base import text_of
from pages.ui import state, text
from pages.ui.compute import View

EDITED_USERS, EDITED_ITEMS = 200, 100  # a larger grid is edited as lists
OPTIONS = 20_000  # what a drop-down filters at ease; beyond it a search comes first
FOUND = 50  # results of a search
LISTED = 2_000  # rows of a list
# The column of users. No index: Streamlit keeps a row whose index is blank to itself, with all that was typed into it.
USER = "_user"
A_USER, AN_ITEM = "A user's ratings", "An item's ratings"


def editor(view: View) -> None:
    """The grid as a table to edit; a large one as lists, above its best filled part."""
    ratings = view.ratings
    _toolbar(view)
    large = ratings.n_users > EDITED_USERS or ratings.n_items > EDITED_ITEMS
    if large or USER in ratings.items:
        _list_editor(ratings)
        _excerpt(ratings)
    else:
        _grid_editor(ratings)


def _grid_editor(ratings: Ratings) -> None:
    """A small grid, to be edited in place."""
    base: Ratings = state.editor_base(ratings)
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
        key=state.editor_key(),
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
    texts = np.array([*map(_typed, values), None], dtype=object)[codes]  # the code of a blank is -1
    frame = pd.DataFrame(texts.reshape(grid.shape), columns=grid.columns, dtype="str")
    frame.insert(0, USER, ratings.users)
    return frame


def _typed(value: float) -> str:
    """A rating as a person would type it."""
    return np.format_float_positional(np.float32(value), trim="-")


def _allowed(ratings: Ratings) -> str:
    """What a rating may be."""
    low, high = ratings.scale
    return f"ratings from {low:g} to {high:g}"


def _refused() -> None:
    """Why the editor's last change is not among the ratings; it stays in its cell to be corrected."""
    words = state.refused_edit()
    if words:
        st.error(text.md(words), icon=":material/error:")
        st.button("Discard what was refused", icon=":material/backspace:", on_click=state.renew_editor, key="discard")


def _nameless(column: str, what: str) -> None:
    """Say that a row which was added has ratings but no name: they count for nobody yet."""
    _, changes = state.editor_changes()
    if any(_is_nameless(row, column) for row in changes.get("added_rows", [])):
        st.warning(
            f"A new row has ratings but no {what} yet: they count once its first cell has a name.",
            icon=":material/warning:",
        )


def _is_nameless(row: dict[str, Any], column: str) -> bool:
    """Whether an added row has something, but no name."""
    return _blank(row.get(column)) and any(not _blank(value) for value in row.values())


# --- the toolbar ------------------------------------------------------------------------------------------------------


def _toolbar(view: View) -> None:
    """Undo, redo, reset, and what cells alone cannot do."""
    opened = view.opened
    with st.container(horizontal=True, gap="xsmall"):  # one line, even beside the picture of the fit
        st.button(
            "Undo",
            icon=":material/undo:",
            on_click=state.step,
            args=(-1,),
            disabled=opened.at == 0,
            key="undo",
            help="Takes back the last change; after a reload, all changes since the ratings were opened, which Redo brings back.",
        )
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
        # Drawn when they are open only: their drop-downs hold every name.
        names = st.popover(
            "Names",
            icon=":material/table_edit:",
            key="names",
            on_change="rerun",
            help="Add, rename and take out users and items; set the rating scale",
        )
        block = st.popover(
            "Paste",
            icon=":material/content_paste:",
            key="block",
            on_change="rerun",
            help="Put down a block of cells from a spreadsheet, with or without names",
        )
    if names.open:
        with names:
            *tabs, scale = st.tabs(["Users", "Items", "Scale"])
            for tab, what in zip(tabs, ("user", "item"), strict=True):
                with tab:
                    _names(_ids(view.ratings, what), what)
            with scale:
                _scale(view.ratings)
    if block.open:
        with block:
            _block(view.ratings)


def _names(index: pd.Index, what: str) -> None:
    """Add, rename and take out users, or items."""
    with st.form(f"add_{what}_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(f"Add {text.a(what)}", key=f"add_{what}", placeholder="a new name")
        st.form_submit_button("Add", icon=":material/add:", on_click=_add, args=(what,))
    with st.form(f"rename_{what}_form", border=False):
        _name(f"Rename {text.a(what)}", index, f"rename_{what}")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("to", key=f"rename_{what}_to", placeholder="a new name")
            st.form_submit_button("Rename", icon=":material/edit:", on_click=_rename, args=(what,))
    with st.form(f"fewer_{what}s_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        if len(index) <= OPTIONS:
            st.multiselect(f"Take out {what}s", index.tolist(), key=f"fewer_{what}s", placeholder="choose some")
        else:
            _name(f"Take out {text.a(what)}", index, f"fewer_{what}s")
        st.form_submit_button("Take out", icon=":material/delete:", on_click=_take_out, args=(what,))
    st.caption(f"A new {what} comes last and has no ratings yet. Undo takes back each of these.")


def _scale(ratings: Ratings) -> None:
    """The lowest and highest rating that can be given."""
    low, high = ratings.scale
    with st.form("scale_form", border=False):
        left, right = st.columns(2)
        left.number_input("Lowest rating", 0.0, None, low, step=1.0, format="%g", key=f"scale_low-{low:g}")
        right.number_input("Highest rating", 0.0, None, high, step=1.0, format="%g", key=f"scale_high-{high:g}")
        st.form_submit_button(
            "Set the scale",
            icon=":material/straighten:",
            on_click=_set_scale,
            args=(f"scale_low-{low:g}", f"scale_high-{high:g}"),
        )
    st.caption("Ratings stay as they are; predictions are cut to the scale, and the grid takes no rating outside it.")


def _name(label: str, index: pd.Index, key: str, placeholder: str = "choose") -> None:
    """One of the names: from a list, or typed where there are too many to list."""
    if len(index) <= OPTIONS:
        st.selectbox(label, index.tolist(), index=None, key=key, placeholder=placeholder)
    else:
        st.text_input(label, key=key, placeholder="the whole name")


def _block(ratings: Ratings) -> None:
    """A block to paste, and where bare numbers begin."""
    with st.form("paste_form", border=False):
        st.text_area(
            "Cells copied in a spreadsheet",
            key="paste_text",
            height=180,
            placeholder="Paste here: Ctrl+V",
            help="Or lines with tabs, semicolons or commas between the cells.",
        )
        st.caption(
            "**With names**: items in the first row, users in the first column. Cells are set by name, and new names are added.  \n"
            "**Bare numbers** go down and right from the cell chosen here. A blank cell of the block blanks the cell."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _name("Begin at user", ratings.users, "paste_user", "the first")
            _name("and item", ratings.items, "paste_item", "the first")
            st.form_submit_button("Put it down", icon=":material/content_paste:", type="primary", on_click=_paste)


# --- large grids ------------------------------------------------------------------------------------------------------


def _list_editor(ratings: Ratings) -> None:
    """The ratings of one user or one item as a list to edit."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        by_user = (
            st.segmented_control("Edit", [A_USER, AN_ITEM], default=A_USER, required=True, key="list_of") == A_USER
        )
    what, other = ("user", "item") if by_user else ("item", "user")
    with right:
        name = _found(_ids(ratings, what), what)
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
    base: Ratings = state.editor_base(ratings, part)
    frame = _list(base, what, name)
    st.data_editor(
        frame,
        key=state.editor_key(part),
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


def _list(ratings: Ratings, what: str, name: str) -> pd.DataFrame:
    """What a user rated, or who rated an item: a name and a rating as text."""
    rated = ratings.of_user(name) if what == "user" else ratings.of_item(name)
    rows = list(rated.items())[:LISTED]
    return pd.DataFrame(
        {"item" if what == "user" else "user": [n for n, _ in rows], "rating": [_typed(v) for _, v in rows]},
        dtype="str",
    )


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


# --- callbacks: each makes a new version of the ratings, or says why not ----------------------------------------------


def _edited() -> None:
    """The grid editor's changes."""
    base, changes = state.editor_changes()
    now = state.opened().ratings
    fine, refused = without_refused(now, changes, base.users.tolist(), USER, lambda user, item: (user, item))
    _keep(fine, USER, lambda changes: apply_changes(base, changes), refused)


def _list_edited(what: str, name: str, part: str) -> None:
    """The list editor's changes; a name that is new here is said, since it may be a slip."""
    base, changes = state.editor_changes()
    other = "item" if what == "user" else "user"
    now = state.opened().ratings
    before = _ids(now, other)
    fine, refused = without_refused(
        now,
        changes,
        _list(base, what, name)[other].tolist(),
        other,
        lambda row, _: (name, row) if what == "user" else (row, name),
    )
    _keep(fine, other, lambda changes: apply_list(base, what, name, changes), refused)
    for new in _ids(state.opened().ratings, other)[len(before) :]:
        state.notice("info", f"The {other} {new} was not there and is added. Undo takes it back.")


def _keep(changes: dict[str, Any], column: str, apply: Callable[[dict[str, Any]], Ratings], refused: list[str]) -> None:
    """A new version from the editor, and what of it was refused; the editor goes on as it is."""
    try:
        ratings, words = with_names(changes, column, apply)
        state.change(ratings)
    except NmfError as error:
        state.refuse_edit(f"{error} What was typed after it waits until then.")
        return
    more = f" And {text.many(len(refused) - 1, 'more cell')} like that." if len(refused) > 1 else ""
    state.refuse_edit(" ".join([*([words] if words else []), *([refused[0] + more] if refused else [])]))


def with_names(changes: dict[str, Any], column: str, apply: Callable[[dict[str, Any]], Ratings]) -> tuple[Ratings, str]:
    """What an editor's changes make, without names that cannot be; and why the first of these cannot.

    A row whose new name is refused keeps its old one; an added row whose name is refused waits.

    Raises:
        RatingsError: the changes cannot be even without new names.
    """
    try:
        return apply(changes), ""
    except NmfError as error:
        why = str(error)
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
                kept[key] = None if held is None else _typed(held)
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
    ratings = edit.set_typed(base, [cell for cell in cells if not _blank(cell[2])])
    ratings = edit.remove_users(ratings, [users[k] for k in deleted])
    ratings = edit.add_users(edit.rename_users(ratings, names), added)
    ratings = edit.set_typed(
        ratings, [(name, item, value) for name, row in added.items() for item, value in row.items()]
    )
    return edit.set_typed(ratings, [(names.get(user, user), item, "") for user, item, value in cells if _blank(value)])


def _check_name(name: str, row: dict[str, Any], column: str, what: str) -> None:
    """Refuse a row whose name was emptied: what goes is taken out by its row."""
    if column in row and _blank(row[column]):
        raise RatingsError(
            f"The name of the {what} {shown(name)} was emptied; every row needs one. Type a name, or mark the row at its left "
            "and press Delete."
        )


def _blank(value: object) -> bool:
    """Whether a cell was emptied."""
    return value is None or not str(value).strip()


def apply_list(base: Ratings, what: str, name: str, changes: dict[str, Any]) -> Ratings:
    """Ratings with the edited, added and deleted rows of a list: of what a user rated, or of who rated an item.

    Raises:
        RatingsError: a rating outside the scale, a name twice, or no rating left.
    """
    other = "item" if what == "user" else "user"
    frame = _list(base, what, name)
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
    index = _ids(base, other)
    new = [key for key, value in changed.items() if key not in index and not _blank(value)]
    ratings = edit.add_items(base, new) if other == "item" else edit.add_users(base, new)
    known = [(key, value) for key, value in changed.items() if key in index or key in new]
    cells = [(name, key, value) if what == "user" else (key, name, value) for key, value in known]
    return edit.set_typed(ratings, sorted(cells, key=lambda cell: _blank(cell[2])))


def _ids(ratings: Ratings, what: str) -> pd.Index:
    """The users, or the items."""
    return ratings.users if what == "user" else ratings.items


def _changed(change: Callable[[Ratings], Ratings], **cleared: object) -> bool:
    """A new version of the ratings now, or why not; fields are cleared when it worked, so that nothing typed is lost."""
    try:
        state.change(change(state.opened().ratings))
    except NmfError as error:
        state.notice("error", str(error))
        return False
    state.renew_editor()
    state.set_widgets(**cleared)
    return True


def _reset() -> None:
    """The ratings as they were opened, as a new version."""
    state.change(state.opened().versions[0])
    state.renew_editor()


def _add(what: str) -> None:
    """A row or a column without ratings."""
    name = state.widget(f"add_{what}")
    add = edit.add_users if what == "user" else edit.add_items
    _changed(lambda ratings: add(ratings, [name]), **{f"add_{what}": ""})


def _set_scale(low: str, high: str) -> None:
    """Another scale."""
    _changed(lambda ratings: edit.set_scale(ratings, state.widget(low), state.widget(high)))


def _rename(what: str) -> None:
    """Another name for a row or a column."""
    old, new = state.widget(f"rename_{what}"), state.widget(f"rename_{what}_to")
    rename = edit.rename_users if what == "user" else edit.rename_items
    if not old:
        state.notice("error", f"No {what} is chosen. Choose the one to rename.")
        return
    _changed(lambda ratings: rename(ratings, {old: new}), **{f"rename_{what}": None, f"rename_{what}_to": ""})


def _take_out(what: str) -> None:
    """Fewer rows or columns."""
    names = state.widget(f"fewer_{what}s") or []
    remove = edit.remove_users if what == "user" else edit.remove_items
    _changed(
        lambda ratings: remove(ratings, [names] if isinstance(names, str) else names),
        **{f"fewer_{what}s": "" if isinstance(names, str) else []},
    )


def _paste() -> None:
    """A block, put down whole or not at all."""
    said = ""

    def pasted(ratings: Ratings) -> Ratings:
        nonlocal said
        made, said = edit.paste(
            ratings,
            state.widget("paste_text") or "",
            user=state.widget("paste_user") or None,
            item=state.widget("paste_item") or None,
        )
        return made

    if _changed(pasted, paste_text="", block=False):  # the popover makes way for what was pasted
        state.notice("success", said)
