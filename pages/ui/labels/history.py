"""What became of the labels of a project, told from the last change back."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import text
from pages.ui.session import projects
from pages.ui.work.view import Ready

SHOWN = 200
DID = {"save": "saved", "remove": "removed", "undo": "went back to", "copy": "copied"}


def history(view: Ready) -> None:
    """Every change of every label, newest first."""
    assert view.project is not None
    frame = projects.label_history(view.project)
    if frame.empty:
        return
    with st.expander(f"History: {text.many(len(frame), 'change')}", icon=":material/history:"):
        st.dataframe(told(frame).head(SHOWN), hide_index=True, key="label-history")
        if len(frame) > SHOWN:
            st.caption(f"The last {SHOWN} of {text.many(len(frame), 'change')}.")


def told(frame: pd.DataFrame) -> pd.DataFrame:
    """The store's history in words: when, who, what was done, the name it had and has, kind and note."""
    before = frame.groupby("label_id")["text"].shift()
    renamed = before.notna() & (before != frame["text"]) & (frame["action"] == "save")
    did = frame["action"].map(DID).where(~frame["removed"] | (frame["action"] != "undo"), "took back")
    return pd.DataFrame(
        {
            "When (UTC)": frame["updated"].dt.strftime("%Y-%m-%d %H:%M:%S"),
            "Who": frame["author"].where(frame["author"] != "", "somebody"),
            "What": did.where(~renamed, "renamed"),
            "Name": frame["text"],
            "Before": before.where(renamed, ""),
            "Kind": frame["kind"],
            "Note": frame["note"],
            "Taken back since": frame["undone"],
        }
    ).iloc[::-1]
