"""What is suggested for the features of a fit, worked out once for each."""

from __future__ import annotations

import pandas as pd

from nmf_core.labels import Suggestion, nameability, suggest_all_names
from pages.ui.session import session
from pages.ui.work.view import Ready

Suggested = tuple[list[list[Suggestion]], pd.DataFrame]


def suggested(view: Ready) -> Suggested:
    """Names for each feature, and how far each leans to one value."""
    held, fit, ratings = session.current(), view.fit, view.ratings
    if held.suggested is None or held.suggested[0] is not fit or held.suggested[1] is not ratings.item_info:
        known = (fit.H, fit.items, ratings.item_info)
        made = suggest_all_names(*known, counts=ratings.item_counts), nameability(*known, counts=ratings.item_counts)
        held.suggested = (fit, ratings.item_info, made)
    found: Suggested = held.suggested[2]
    return found


def leaning(table: pd.DataFrame, f: int) -> str:
    """How far a feature leans to one value, beside chance; nothing where nothing is known of its items."""
    row = table.set_index("feature").loc[f] if len(table) else None
    if row is None or pd.isna(row["standard_errors"]):
        return ""
    return (
        f"its items lean to “{row['value']}” by {row['standard_errors']:.1f} standard errors (chance stays below "
        f"{row['chance']:.1f})"
    )
