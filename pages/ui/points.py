"""The people and items of a view as points of the map."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.interpret.projection import Places, in_two_features, largest_features, projected, reached
from pages.ui.charts.places import ITEM, PERSON, Points
from pages.ui.session import brush
from pages.ui.work.view import Ready

MOST = 3_000  # people, and items, that are drawn: those with most ratings
Pair = tuple[int, int] | None
TASTES: Pair = None  # the plane in which tastes differ most; else two features


def placed(view: Ready, pair: Pair) -> Places:
    """Where people and items lie."""
    return projected(view.fit, view.names) if pair is None else in_two_features(view.fit, *pair, view.names)


def sides(view: Ready, places: Places, *, served: bool) -> tuple[Points, Points]:
    """People and items where they lie; `served` colours people by how well they are served."""
    ratings = view.ratings
    of_users, of_items = largest_features(view.fit)
    users, items = brush.brushed(ratings)
    people = _most(ratings.user_counts, view.fit.user_places)
    things = _most(ratings.item_counts, view.fit.item_places)
    shares = reached(view.fit, ratings)[people] if served else None
    return (
        _side(PERSON, ratings.users, people, places.users, of_users, shares, users),
        _side(ITEM, ratings.items, things, places.items, of_items, None, items),
    )


def _side(
    what: str,
    ids: pd.Index,
    rows: NDArray[np.int64],
    at: NDArray[np.floating],
    feature: NDArray[np.int64],
    served: NDArray[np.floating] | None,
    brushed: list[str],
) -> Points:
    """One side."""
    shown = ids[rows]
    return Points(what, shown, rows, at[rows], feature[rows], served, np.asarray(shown.isin(brushed)))


def _most(counts: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Those that are drawn: with ratings, the ones with most; of equals the first by name."""
    order = np.lexsort((places, -counts))[:MOST]
    return np.sort(order[counts[order] > 0])
