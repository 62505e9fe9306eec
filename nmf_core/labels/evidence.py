"""How far features lean to what is known of items: in standard errors, beside what chance reaches among items as popular."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.special import ndtri

from nmf_core.errors import NmfError
from nmf_core.labels.apart import strata
from nmf_core.labels.metadata import Column, read_columns

# In one feature of twenty that leans to nothing some value lies beyond what chance reaches, however many columns and values there
# are; of a small catalogue, where standard errors promise too much, a value must lie this far above at least.
BY_CHANCE, STANDARD_ERRORS = 0.05, 2.5
TOGETHER = 50  # items of about the same popularity, among which chance deals what is known of them
TOP_ITEMS = 15
# One or two items name no feature: a rare value (a director of two films) is far above its share by luck alone.
FEWEST_ITEMS = 3
TIMES = 1.2  # as much among the top items as among all, so that what is told can be seen
LEAST_SPREAD = 1e-12  # of weights, below which they are equal up to rounding and nothing stands out

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Leaning:
    """How far some weights lean to the values of one column.

    Attributes:
        column: the column.
        codes: (n,) the values that can be told: not all items have them, and 3 of the top items of some feature.
        errors: (n, rank) standard errors by which each collects more weight than by chance.
        bar: what chance reaches.
        in_top, n_top: (n, rank) how many of the top items have it, of (rank,) how many.
        top_known: (rank,) whether that is the whole top: of no item as high it is not known.
        has, n_known: (n,) how many items have it, of how many of which it is known.
    """

    column: Column
    codes: NDArray[np.int64]
    errors: Floats
    bar: float
    in_top: NDArray[np.int64]
    n_top: NDArray[np.int64]
    top_known: NDArray[np.bool_]
    has: NDArray[np.int64]
    n_known: int

    @property
    def beyond(self) -> NDArray[np.bool_]:
        """(n, rank) which lean beyond chance, with top items enough to show."""
        share = self.has[:, None] / self.n_known * self.n_top
        found: NDArray[np.bool_] = (
            (self.errors >= self.bar) & (self.in_top >= FEWEST_ITEMS) & (self.in_top >= TIMES * share)
        )
        return found

    @property
    def strength(self) -> Floats:
        """(n, rank) what values are ordered by: standard errors × the bits that the value's share of the top items tells."""
        share = self.in_top / np.maximum(self.n_top, 1)
        base = self.has[:, None] / self.n_known
        bits = share * np.log2(np.maximum(share / base, 1.0))
        found: Floats = np.round(np.where(bits > 0, self.errors, 0.0) * bits, 6)
        return found


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Features and what is known of their items, everything in the order of ids.

    Attributes:
        apart: (rank, n_items) how far each item's weight in a feature lies above its mean in the others; 0 if below.
        popular: (n_items,) the items from the most popular to the least; empty of a single feature.
        columns: what is known.
    """

    apart: Floats
    popular: NDArray[np.int64]
    columns: list[Column]


def nameability(
    H: ArrayLike, items: Sequence[str] | pd.Index, item_info: pd.DataFrame | None, *, counts: ArrayLike | None = None
) -> pd.DataFrame:
    """How far each feature's items lean to one value, with what chance reaches.

    Columns feature, value, column, standard_errors, chance. `standard_errors` says how much more of what sets a feature apart falls
    on items of its best value than where what is known is dealt anew among items of about the same popularity; in 19 of 20 features
    that lean to nothing, no value comes above its `chance`. NaN and "" where no value is in 3 of a feature's top items.

    Args:
        H: (rank, n_items) feature–item matrix.
        items: ids of the n_items items.
        item_info: a frame indexed by item id, as for `suggest_names`.
        counts: (n_items,) the ratings of each item, by which items are as popular; if None, the sum of their weights.

    Raises:
        NmfError: H, items and counts do not go together.

    >>> items = [f"film {k}" for k in range(12)]
    >>> info = pd.DataFrame({"genres": ["Action"] * 4 + ["Drama"] * 8}, index=items)
    >>> leanings = nameability([[1.0] * 4 + [0.0] * 8, [0.0] * 4 + [1.0] * 8], items, info)
    >>> leanings["value"].tolist(), (leanings["standard_errors"] > leanings["chance"]).all()
    (['Action', 'Drama'], np.True_)
    """
    catalogue = catalogue_of(H, items, item_info, counts)
    best: list[tuple[float, str, str, float]] = [(-np.inf, "", "", float("nan"))] * len(catalogue.apart)
    for leaning in leanings(catalogue):
        for f in range(len(best) if len(leaning.codes) else 0):
            k = int(np.argmax(np.round(leaning.errors[:, f], 6)))
            found = (
                float(leaning.errors[k, f]),
                leaning.column.names[leaning.codes[k]],
                leaning.column.header,
                leaning.bar,
            )
            if np.isfinite(found[0]) and found[0] - found[3] > best[f][0] - (best[f][3] if best[f][1] else 0.0):
                best[f] = found
    rows = [(f, value, column, errors if value else np.nan, bar) for f, (errors, value, column, bar) in enumerate(best)]
    return pd.DataFrame(rows, columns=["feature", "value", "column", "standard_errors", "chance"])


def catalogue_of(
    H: ArrayLike, items: Sequence[str] | pd.Index, item_info: pd.DataFrame | None, counts: ArrayLike | None = None
) -> Catalogue:
    """Features and what is known of their items, in the order of ids, so that no order of items settles a tie."""
    rows = np.asarray(H, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(items):
        raise NmfError(
            f"H has shape {rows.shape} and there are {len(items)} items; it must be rank × {len(items)}. "
            "Give H and the items of the same fit."
        )
    of_items = np.zeros(len(items)) if counts is None else np.asarray(counts, dtype=np.float64)
    if of_items.shape != (len(items),):
        raise NmfError(
            f"counts has shape {of_items.shape} and there are {len(items)} items; it must have a number for each. "
            "Give the number of ratings of each item."
        )
    ids = [str(item) for item in items]
    by_id = sorted(range(len(ids)), key=ids.__getitem__)
    rows, of_items = rows[:, by_id], of_items[by_id]
    highest = rows.max(axis=1, keepdims=True, initial=0.0)
    scaled = np.divide(rows, highest, out=np.zeros_like(rows), where=highest > 0)
    total = scaled.sum(axis=0)
    apart = np.maximum(scaled - (total - scaled) / max(len(rows) - 1, 1), 0.0)
    # A single feature is set apart from nothing: its weights are what is popular, and no items are of the same.
    order = np.lexsort((-np.round(total, 9), -of_items)) if len(rows) > 1 else np.zeros(0, dtype=np.int64)
    return Catalogue(np.round(apart, 12), order, read_columns([ids[i] for i in by_id], item_info))


def leanings(
    catalogue: Catalogue, weights: Floats | None = None, among: NDArray[np.bool_] | None = None
) -> list[Leaning]:
    """How far the features, or other rows of weights (rank, n_items), lean to the values of each column, among some items."""
    known = [column.known if among is None else column.known & among for column in catalogue.columns]
    return [
        _leaning(catalogue.apart if weights is None else weights, catalogue, column, np.flatnonzero(there))
        for column, there in zip(catalogue.columns, known, strict=True)
        if there.sum() > 1
    ]


def _leaning(weights: Floats, catalogue: Catalogue, column: Column, known: NDArray[np.int64]) -> Leaning:
    """How far rows of weights lean to the values of one column, among some items of which it is known."""
    of_items, unknown = column.of_items[known], np.delete(weights, known, axis=1).max(axis=1, initial=0.0)
    weights = weights[:, known]
    has = np.bincount(of_items.indices, minlength=len(column.names))
    could = (has >= FEWEST_ITEMS) & (has < len(known))
    n_top = np.minimum((weights > 0).sum(axis=1), top_of(len(known)))
    tops = [largest(row, n) for row, n in zip(weights, n_top.tolist(), strict=True)]
    in_top = np.array([np.bincount(of_items[top].indices, minlength=len(has)) for top in tops], dtype=np.int64).T
    # Of the many words in titles few are in several of a feature's top items; only these can be told, though all could have been.
    codes = np.flatnonzero(could & (in_top >= FEWEST_ITEMS).any(axis=1))
    by_chance = BY_CHANCE / max(len(catalogue.columns) * int(could.sum()), 1)
    return Leaning(
        column,
        codes,
        standard_errors(weights, of_items[:, codes].T.tocsr(), _strata(catalogue.popular, known)),
        max(STANDARD_ERRORS, float(-ndtri(by_chance))),
        in_top[codes],
        n_top,
        np.array([len(top) > 0 and unknown[f] <= weights[f, top[-1]] for f, top in enumerate(tops)]),
        has[codes],
        len(known),
    )


def top_of(n_items: int) -> int:
    """How many items are the top of so many: 15, or a third of a small catalogue and at most half of it."""
    return min(TOP_ITEMS, max(4, n_items // 3), n_items // 2)


def largest(weights: Floats, n: int) -> NDArray[np.int64]:
    """The n largest of some weights, of equals the first."""
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    there = np.flatnonzero(weights >= np.partition(weights, -n)[-n])
    return there[np.argsort(-weights[there], kind="stable")[:n]]


def _strata(popular: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) which of some items stand together, by popularity; all where that cannot be told."""
    if not len(popular):
        return np.zeros(len(known), dtype=np.int64)
    place = np.empty(len(popular), dtype=np.int64)
    place[popular] = np.arange(len(popular))
    return strata(place[known], TOGETHER)


def standard_errors(weights: Floats, having: sparse.csr_array, stratum: NDArray[np.int64]) -> Floats:
    """(n_values, rank) by how many standard errors items of a value collect more weight than by chance.

    Chance deals what is known of items anew within each stratum. Mean, variance and skewness of the sum over the k items of a value
    that a stratum of n has are those of k draws without replacement; strata add up. The sum's tail is taken for that of a gamma
    distribution of the same moments (Pearson's type III, as is usual for permutations: Mielke & Berry 2007), and told as the
    standard errors of the normal distribution with the same tail (Wilson & Hilferty 1931). −inf where the weights are equal.
    """
    n = np.bincount(stratum).astype(np.float64)
    of = sparse.csr_array((np.ones(len(stratum)), (np.arange(len(stratum)), stratum)), shape=(len(stratum), len(n)))
    total = weights.sum(axis=1, keepdims=True)
    w = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    mean = (of.T @ w.T).T / n
    rest = w - mean[:, stratum]
    squares = rest * rest
    k = (having @ of).toarray()
    twice, thrice = np.maximum(n - 1, 1), np.maximum((n - 1) * (n - 2), 1)
    variance = (k * (n - k) / twice) @ ((of.T @ squares.T) / n[:, None])
    third = (k * (n - k) * (n - 2 * k) / thrice) @ ((of.T @ (squares * rest).T) / n[:, None])
    spread = np.sqrt(np.maximum(variance, LEAST_SPREAD * LEAST_SPREAD))
    x = (having @ w.T - k @ mean.T) / spread
    skew = third / spread**3
    skew = np.where(np.abs(skew) < 1e-3, 1e-3, skew)
    errors = 6 / skew * (np.cbrt(np.maximum(skew * x / 2 + 1, 0.0)) - 1) + skew / 6
    found: Floats = np.where(variance > LEAST_SPREAD * (w**2).sum(axis=1), errors, -np.inf)
    return found
