"""Which users and items the picture of the product shows, and in which order; large grids are searched, not shrunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from nmf_core import Factorization, Ratings
from nmf_core.data.ratings import positions
from nmf_core.interpret.arrange import ORDERS, arrange, most_informative
from pages.ui import widgets
from pages.ui.charts import Window
from pages.ui.session import brush, controls, workspaces

Rows = NDArray[np.int64]

WHOLE = 60  # a side up to here is shown whole
PART = 30  # of a longer one, this many


@dataclass(frozen=True)
class Choice:
    """How the axes were chosen."""

    order: str
    users: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


def is_large(ratings: Ratings) -> bool:
    """Whether a grid is shown in part only."""
    return ratings.n_users > WHOLE or ratings.n_items > WHOLE


def order_choice(ratings: Ratings) -> Choice:
    """The controls: an order, and on large grids a search."""
    order = widgets.select("Order", ORDERS, key=controls.ORDER, persist_state="session", width=130)
    users: list[str] = []
    items: list[str] = []
    if ratings.n_users > WHOLE:
        users = _some("Only users", ratings.users, controls.ONLY_USERS)
    if ratings.n_items > WHOLE:
        items = _some("Only items", ratings.items, controls.ONLY_ITEMS)
    return Choice(order, tuple(users), tuple(items))


def _some(label: str, index: pd.Index, key: str) -> list[str]:
    """A search box for some of many; Enter takes the one that fits best, not all that are found."""
    return st.multiselect(
        label,
        _ids(index),
        controls.held(key),
        key=key,
        persist_state="session",
        placeholder="search",
        width=122,
        select_all=False,
    )


def _ids(index: pd.Index) -> list[str]:
    """Ids for a search box; more than it can hold are left to the first ones."""
    return index[:20_000].tolist()


def choose(fit: Factorization, ratings: Ratings, choice: Choice) -> Window:
    """The rows and columns to draw."""
    users, items = (
        positions(ids, names, "id") for ids, names in zip((fit.users, fit.items), brush.brushed(ratings), strict=True)
    )
    u = _side(fit.W, choice.users, fit.users, fit.user_places, choice.order, users)
    i = _side(fit.H.T, choice.items, fit.items, fit.item_places, choice.order, items)
    cell = workspaces.selected_cell()
    if cell and cell[0] in fit.users and cell[1] in fit.items and is_large(ratings):
        u, i = _with(u, ratings.row(cell[0])), _with(i, ratings.column(cell[1]))
    return Window(u, i, (frozenset(users.tolist()), frozenset(items.tolist())))


def _side(
    weights: NDArray[np.floating], picked: tuple[str, ...], index: pd.Index, places: Rows, order: str, brushed: Rows
) -> Rows:
    """One side's rows: those picked, those brushed on the map, or the most telling; of equal ones the first by name (`places`)."""
    if picked:
        return positions(index, picked, "id")
    rows = np.argsort(places)
    if len(weights) > WHOLE:
        rows = rows[np.isin(rows, brushed)] if len(brushed) else rows
        rows = rows[most_informative(weights[rows], PART)]
    return np.sort(rows) if order == "as given" else rows[arrange(weights[rows], order)]


def _with(rows: Rows, row: int) -> Rows:
    """The rows and one more, if it is not among them."""
    return rows if row in rows else np.append(rows, row)


def selected(fit: Factorization, ratings: Ratings, shown: Window) -> tuple[int, int]:
    """The cell whose sum is open: the one clicked, else the first blank in sight, else the first cell."""
    cell = workspaces.selected_cell()
    if cell and cell[0] in fit.users and cell[1] in fit.items:
        return ratings.row(cell[0]), ratings.column(cell[1])
    part = ratings.V[shown.u][:, shown.i]
    known = np.zeros(part.shape, dtype=bool)
    entries = part.tocoo()
    known[entries.row, entries.col] = True
    blank = np.argwhere(~known)
    r, c = blank[0] if len(blank) else (0, 0)
    return int(shown.u[r]), int(shown.i[c])
