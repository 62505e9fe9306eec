"""The audit table on the Labels page: all features on one screen, and as a file."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from nmf_core import export
from nmf_core.study.split import SPLITS
from pages.ui.labels.real import FOLDS
from pages.ui.session import workspaces
from pages.ui.work import studies
from pages.ui.work.view import Ready

# What the columns are called on the page; in the file they have the names that scripts know.
SHOWN: dict[str, Any] = {
    "feature": "Feature",
    "name": "Name",
    "share": st.column_config.NumberColumn("Explains", format="percent", help="Of what all features explain"),
    "suggested": "Suggested",
    "evidence": st.column_config.TextColumn("Evidence", width="large"),
    "also_suggested": "Also",
    "leans_to": "Leans to",
    "standard_errors": st.column_config.NumberColumn(
        "By", format="%.1f", help="How far its items lean to that value, in standard errors among items as popular"
    ),
    "standard_errors_chance": st.column_config.NumberColumn(
        "Chance", format="%.1f", help="What 19 of 20 features that lean to nothing do not reach"
    ),
    "found_again": st.column_config.NumberColumn(
        "Found again", format="percent", help="In so many halvings of the people it is in both halves, beyond chance"
    ),
    "similarity": st.column_config.NumberColumn("Alike there", format="%.2f"),
    "similarity_chance": st.column_config.NumberColumn("By chance", format="%.2f"),
    "apart_items": st.column_config.TextColumn("Sets it apart", width="large"),
    "top_items": st.column_config.TextColumn("Most of it", width="large"),
    "top_users": "Strongest users",
    "kind": "Kind",
    "note": "Note",
}


def table(view: Ready, least: int | None = None) -> None:
    """All features in one table with a download, made once somebody opens it."""
    panel = st.expander("All features in one table", icon=":material/fact_check:", key="audit-panel", on_change="rerun")
    if not panel.open:
        return
    with panel:
        survey = studies.known_survey(view.ratings, view.settings, FOLDS, SPLITS[0])
        labels = {f: one.stored.label for f, one in view.known.by_feature.items()} if view.known else {}
        found = export.audit_table(view.fit, view.ratings, labels, survey=survey, least=least)
        said = found["found_again"].notna().any()
        frame = found[list(SHOWN)] if said else found[[name for name in SHOWN if name not in _AGAIN]]
        frame = frame[[name for name in frame if not _blank(frame[name])]].round({"share": 2, "found_again": 2})
        st.dataframe(
            frame, hide_index=True, key="audit", column_config=SHOWN, height="content" if len(frame) <= 12 else 420
        )
        st.caption(
            "Names, what they rest on and what chance gives."
            + ("" if said else " Once it is known which features are found again, that stands here too.")
            + (
                ""
                if view.ratings.item_info is not None
                else " Names are suggested once something is known of the items."
            )
        )
        st.download_button(
            "Download CSV",
            data=lambda: export.tables.csv(found),
            file_name=export.file_name(workspaces.current().title, "features", "csv"),
            mime="text/csv",
            key="audit-download",
            on_click="ignore",
            icon=":material/download:",
        )


_AGAIN = ("found_again", "similarity", "similarity_chance")


def _blank(column: pd.Series) -> bool:
    """Whether a column says nothing of any feature."""
    return bool((column.isna() | (column == "")).all())
