"""Users and items added, renamed and taken out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.edit.cells import made
from nmf_core.errors import RatingsError, shown
from nmf_core.tables.base import text_of

MAX_NAME = 1000  # characters of a new user or item


def add_users(ratings: Ratings, names: Iterable[object]) -> Ratings:
    """The ratings with further users, after the others and without ratings.

    Raises:
        RatingsError: a name that is blank, there already or given twice.

    >>> from nmf_core import datasets
    >>> add_users(datasets.notebook(), ["Ann"]).users[-1]
    'Ann'
    """
    users = _longer(ratings.users, names, "user")
    counts = np.append(np.diff(ratings.V.indptr), np.zeros(len(users) - ratings.n_users, dtype=np.int64))
    return made(ratings, ratings.V.data, ratings.V.indices, counts, users, ratings.items, ratings.times)


def add_items(ratings: Ratings, names: Iterable[object]) -> Ratings:
    """The ratings with further items, after the others and without ratings.

    Raises:
        RatingsError: a name that is blank, there already or given twice.

    >>> from nmf_core import datasets
    >>> add_items(datasets.notebook(), ["Heat"]).n_items
    5
    """
    items = _longer(ratings.items, names, "item")
    V = ratings.V
    return made(ratings, V.data, V.indices, np.diff(V.indptr), ratings.users, items, ratings.times)


def rename_users(ratings: Ratings, names: Mapping[object, object]) -> Ratings:
    """The ratings with other names for some users: old → new, all at once, so that two may trade names.

    Raises:
        RatingsError: an old name that is not there, or a new one that is blank or there already.

    >>> from nmf_core import datasets
    >>> rename_users(datasets.notebook(), {"User1": "Ann"}).users[0]
    'Ann'
    """
    return replace(ratings, users=_renamed(ratings.users, names, "user"), notes=())


def rename_items(ratings: Ratings, names: Mapping[object, object]) -> Ratings:
    """The ratings with other names for some items: old → new, all at once; what is known of them follows.

    Raises:
        RatingsError: an old name that is not there, or a new one that is blank or there already.

    >>> from nmf_core import datasets
    >>> rename_items(datasets.notebook(), {"Movie1": "Heat"}).items[0]
    'Heat'
    """
    items = _renamed(ratings.items, names, "item")
    info = None if ratings.item_info is None else ratings.item_info.set_axis(items, axis=0)
    return replace(ratings, items=items, item_info=info, notes=())


def remove_users(ratings: Ratings, names: Iterable[object]) -> Ratings:
    """The ratings without some users.

    Raises:
        RatingsError: a name that is not there, or no rating left.

    >>> from nmf_core import datasets
    >>> remove_users(datasets.notebook(), ["User1", "User2"]).n_users
    3
    """
    kept = _others(ratings.users, names, "user")
    counts = np.diff(ratings.V.indptr)
    cells = np.repeat(kept, counts)
    check_left(cells, "users")
    V, users = ratings.V, ratings.users[kept]
    times = None if ratings.times is None else ratings.times[cells]
    return made(ratings, V.data[cells], V.indices[cells], counts[kept], users, ratings.items, times)


def remove_items(ratings: Ratings, names: Iterable[object]) -> Ratings:
    """The ratings without some items.

    Raises:
        RatingsError: a name that is not there, or no rating left.

    >>> from nmf_core import datasets
    >>> remove_items(datasets.notebook(), ["Movie1"]).n_items
    3
    """
    kept = _others(ratings.items, names, "item")
    V = ratings.V
    cells = kept[V.indices]
    check_left(cells, "items")
    column = np.cumsum(kept) - 1
    counts = np.diff(np.concatenate([[0], np.cumsum(cells)])[V.indptr])
    times = None if ratings.times is None else ratings.times[cells]
    return made(ratings, V.data[cells], column[V.indices[cells]], counts, ratings.users, ratings.items[kept], times)


def names_of(names: Iterable[object], what: str) -> list[str]:
    """Names as ids are kept: trimmed, none of them blank or endless."""
    if isinstance(names, str):
        raise RatingsError(f"The {what}s are {shown(names)}; give a list of names.")
    clean = ["" if name is None or name is pd.NA or name != name else text_of(name) for name in names]
    if "" in clean:
        raise RatingsError(f"One of the {what} names is blank; every {what} needs one. Type a name.")
    longest = max(clean, key=len, default="")
    if len(longest) > MAX_NAME:
        raise RatingsError(
            f"The {what} name {shown(longest)} has {len(longest)} characters; at most {MAX_NAME} are kept. Shorten it."
        )
    return clean


def unique(index: pd.Index, names: Sequence[str], what: str) -> pd.Index:
    """The index, unless one of the names stands in it twice."""
    if not index.is_unique:
        twice = set(index[index.duplicated()])
        name = next(name for name in names if name in twice)
        raise RatingsError(
            f"The {what} {shown(name)} is there twice; {what}s are told apart by their names. Choose another name."
        )
    return index


def _longer(index: pd.Index, names: Iterable[object], what: str) -> pd.Index:
    """An index with further names at its end."""
    new = names_of(names, what)
    return unique(index.append(pd.Index(new, dtype=index.dtype)), new, what)


def _renamed(index: pd.Index, names: Mapping[object, object], what: str) -> pd.Index:
    """An index with other names in some places."""
    new = names_of(names.values(), what)
    texts = index.to_numpy(dtype=object, copy=True)
    texts[positions(index, names, what)] = new
    return unique(pd.Index(texts, dtype=index.dtype), new, what)


def _others(index: pd.Index, names: Iterable[object], what: str) -> NDArray[np.bool_]:
    """Which ids stay when some go."""
    kept = np.ones(len(index), dtype=bool)
    kept[positions(index, names, what)] = False
    return kept


def check_left(cells: NDArray[np.bool_], what: str) -> None:
    """Refuse to take out what holds every rating."""
    if not cells.any():
        raise RatingsError(f"Without these {what} no rating would be left; there must be one. Keep one of them.")
