"""Undo, redo, reset, and what cells alone cannot do: names, the scale, a pasted block."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from nmf_core import NmfError, Ratings, edit
from pages.ui import text
from pages.ui.ratings.changes import ids_of
from pages.ui.session import controls, session, workspaces
from pages.ui.session.workspace import Workspace

OPTIONS = 20_000  # what a drop-down filters at ease; beyond it a search comes first


def toolbar(workspace: Workspace) -> None:
    """Undo, redo, reset, and what cells alone cannot do."""
    with st.container(horizontal=True, gap="xsmall"):  # one line, even beside the picture of the fit
        st.button(
            "Undo",
            icon=":material/undo:",
            on_click=workspaces.step,
            args=(-1,),
            disabled=workspace.at == 0,
            key="undo",
            help="Takes back the last change; after a reload, all changes since the ratings were opened, which Redo brings back.",
        )
        st.button(
            "Redo",
            icon=":material/redo:",
            on_click=workspaces.step,
            args=(1,),
            disabled=workspace.at == len(workspace.versions) - 1,
            key="redo",
        )
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            on_click=_reset,
            disabled=workspace.at == 0,
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
                    _names(ids_of(workspace.ratings, what), what)
            with scale:
                _scale(workspace.ratings)
    if block.open:
        with block:
            _block(workspace.ratings)


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


def _changed(change: Callable[[Ratings], Ratings], **cleared: object) -> bool:
    """A new version of the ratings now, or why not; fields are cleared when it worked, so that nothing typed is lost."""
    try:
        workspaces.change(change(workspaces.current().ratings))
    except NmfError as error:
        session.notice("error", error.plain)
        return False
    session.renew_editor()
    controls.set_widgets(**cleared)
    return True


def _reset() -> None:
    """The ratings as they were opened, as a new version."""
    workspaces.change(workspaces.current().versions[0])
    session.renew_editor()


def _add(what: str) -> None:
    """A row or a column without ratings."""
    name = session.widget(f"add_{what}")
    add = edit.add_users if what == "user" else edit.add_items
    _changed(lambda ratings: add(ratings, [name]), **{f"add_{what}": ""})


def _set_scale(low: str, high: str) -> None:
    """Another scale."""
    _changed(lambda ratings: edit.set_scale(ratings, session.widget(low), session.widget(high)))


def _rename(what: str) -> None:
    """Another name for a row or a column."""
    old, new = session.widget(f"rename_{what}"), session.widget(f"rename_{what}_to")
    rename = edit.rename_users if what == "user" else edit.rename_items
    if not old:
        session.notice("error", f"No {what} is chosen. Choose the one to rename.")
        return
    _changed(lambda ratings: rename(ratings, {old: new}), **{f"rename_{what}": None, f"rename_{what}_to": ""})


def _take_out(what: str) -> None:
    """Fewer rows or columns."""
    names = session.widget(f"fewer_{what}s") or []
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
            session.widget("paste_text") or "",
            user=session.widget("paste_user") or None,
            item=session.widget("paste_item") or None,
        )
        return made

    if _changed(pasted, paste_text="", block=False):  # the popover makes way for what was pasted
        session.notice("success", said)
