"""What of a list is wanted: some features more or less, some items not at all, and what leaving them out costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.ids import places_of
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, real_number, shown, whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.problem import Array
from nmf_core.interpret.shelves import Shelves
from nmf_core.labels.metadata import known_values

MOST_TURNED = 10.0  # times as much of a feature


def turned(weights: Array, factors: Mapping[int, float], shelves: Shelves | None = None) -> Array:
    """Weights (rank,) with features turned up or down: a score's part of feature f is then `factors[f]` times what it was.

    With `shelves`, f is a named feature (the number after the last for what is finer than any name), and all that is under it
    turns. Parts still add up to the score, which is that of these weights.

    Raises:
        NmfError: a factor below 0 or above 10.

    >>> turned(np.array([1.0, 2.0]), {1: 0.5}).tolist()
    [1.0, 1.0]
    """
    part = np.arange(len(weights)) if shelves is None else shelves.of
    by = np.ones(len(weights))
    for f, factor in factors.items():
        by[part == f] = real_number("a factor", factor, 0, MOST_TURNED)
    return weights * by


def largest_parts(fit: Factorization, weights: Array, shelves: Shelves | None = None) -> NDArray[np.int64]:
    """(n_items,) which feature, or which name, gives most to each item's score; −1 where nothing does.

    >>> from nmf_core import datasets, factorize
    >>> fit = factorize(datasets.notebook(), rank=2)
    >>> largest_parts(fit, np.array([1.0, 0.0])).tolist()
    [0, 0, 0, 0]
    """
    parts = weights[:, None] * fit.H
    if shelves is not None:
        under = np.zeros((int(shelves.of.max(initial=-1)) + 1, len(weights)))
        under[shelves.of, np.arange(len(weights))] = 1.0
        parts = under @ parts
    largest: NDArray[np.int64] = np.where(parts.max(axis=0, initial=0.0) > 0, parts.argmax(axis=0), -1)
    return largest


def left_out(
    ratings: Ratings, *, kinds: Mapping[str, Collection[str]] | None = None, hide_popular: int = 0
) -> NDArray[np.bool_]:
    """(n_items,) which items a list is to leave out.

    Args:
        kinds: for some kinds of what is known of items (`known_kinds`), the values of which an item must have one.
        hide_popular: so many of the items with most ratings, of equals the first by name.

    Raises:
        NmfError: a kind that is not known of these items.

    >>> from nmf_core import datasets
    >>> int(left_out(datasets.movie_night(), kinds={"genre": ["Crime"]}, hide_popular=3).sum()) > 3
    True
    """
    hidden = np.zeros(ratings.n_items, dtype=bool)
    count = whole_number("hide_popular", hide_popular, 0, ratings.n_items)
    hidden[np.lexsort((places_of(ratings.item_order), -ratings.item_counts))[:count]] = True
    known = known_values(ratings.items, ratings.item_info) if kinds else {}
    for kind, wanted in (kinds or {}).items():
        if kind not in known:
            raise NmfError(
                f"Nothing of the kind {shown(kind)} is known of these items; known are {', '.join(known) or 'none'}. Join a table "
                "of items that has it."
            )
        if wanted:
            hidden |= np.array([not set(values) & set(wanted) for values in known[kind]])
    return hidden


def known_kinds(ratings: Ratings, *, most: int = 200) -> dict[str, list[str]]:
    """What is known of the items: a kind (genre, decade, …) → its values, those of most items first.

    >>> from nmf_core import datasets
    >>> "genre" in known_kinds(datasets.movie_night())
    True
    """
    found = {}
    for kind, cells in known_values(ratings.items, ratings.item_info).items():
        times = Counter(value for cell in cells for value in cell)
        found[kind] = [value for value, _ in sorted(times.items(), key=lambda one: (-one[1], one[0]))[:most]]
    return {kind: values for kind, values in found.items() if values}


def given_up(before: pd.DataFrame, after: pd.DataFrame) -> float:
    """The share of a list's mean score that a filter costs: 0…1, of the frames that `recommend` gives without it and with it.

    >>> given_up(pd.DataFrame({"score": [4.0, 2.0]}), pd.DataFrame({"score": [3.0, 1.5]}))
    0.25
    """
    whole = float(before["score"].mean()) if len(before) else 0.0
    left = float(after["score"].mean()) if len(after) else 0.0
    return 1.0 - left / whole if whole > 0 else 0.0
