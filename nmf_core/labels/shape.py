"""`Shape`: what a feature looks like (item id → weight), by which its label is recognised after a refit."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from nmf_core.errors import NmfError, shown

MOST_ITEMS = 200

# From which cosine on a feature counts as the one that was named. Above √½ = 0.71, no shape can be recognised in two
# features that share no item (the squares of its cosines with them add up to at most 1); at 0.8 the two would have to
# be alike themselves, with a cosine of 0.28 or more. It cannot be much higher: between fits from different seeds,
# matched features of MovieLens 100K have a mean cosine of only 0.85 to 0.93, depending on what a blank counts.
RECOGNISED = 0.8


@dataclass(frozen=True)
class Shape:
    """A feature's top items and their weights, independent of its column number and of its scale.

    Attributes:
        items: ids of up to 200 items, heaviest first.
        weights: their weights in 0…1, the heaviest 1; items of weight 0 are left out.

    A feature without a positive weight has an empty shape, which resembles nothing. Make one with `shape_of`.

    Raises:
        NmfError: unequal lengths, an item given twice, or a weight that is not a number in 0…1.
    """

    items: tuple[str, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse what is not a shape."""
        if len(self.items) != len(self.weights) or len(set(self.items)) != len(self.items):
            raise NmfError(
                f"A shape has {len(self.items)} items, {len(set(self.items))} of them different, and "
                f"{len(self.weights)} weights; each item needs one weight. Make shapes with shape_of."
            )
        wrong = [w for w in self.weights if not 0 < w <= 1]
        if wrong or len(self.items) > MOST_ITEMS:
            raise NmfError(
                f"A shape has {len(self.items)} items and the weights {shown(wrong)}; at most {MOST_ITEMS} items with "
                "weights above 0 and up to 1 are allowed. Make shapes with shape_of."
            )


def shape_of(items: Sequence[str] | pd.Index, weights: ArrayLike) -> Shape:
    """The shape of one feature: its 200 heaviest items, scaled to a maximum of 1 and rounded to six decimals.

    Args:
        items: ids of the n_items items, all different.
        weights: (n_items,) the feature's row of H; not negative, any scale.

    Raises:
        NmfError: unequal lengths, or a weight that is negative or not finite.

    >>> shape_of(["x", "y", "z"], [0.0, 3.0, 6.0])
    Shape(items=('z', 'y'), weights=(1.0, 0.5))
    """
    ids = np.asarray(items, dtype=object)
    row = np.asarray(weights, dtype=np.float64)
    if row.shape != ids.shape or row.ndim != 1:
        raise NmfError(
            f"A feature has weights of shape {row.shape} for {len(ids)} items; each item needs one weight. "
            "Give one row of H and the items of the same fit."
        )
    bad = ~np.isfinite(row) | (row < 0)
    if bad.any():
        i = int(np.argmax(bad))
        raise NmfError(
            f"The weight of item {shown(ids[i])} is {row[i]:g}; weights must be finite and not negative. "
            "Give a row of H from a fit."
        )
    if not row.any():
        return Shape((), ())
    row = np.round(row / row.max(), 6)
    smallest = np.partition(row, -MOST_ITEMS)[-MOST_ITEMS] if len(row) > MOST_ITEMS else 0.0
    kept = np.nonzero((row > 0) & (row >= smallest))[0]
    # Ties are settled by the id, so that the order of the items does not matter.
    order = sorted(kept.tolist(), key=lambda i: (-row[i], str(ids[i])))[:MOST_ITEMS]
    return Shape(tuple(str(ids[i]) for i in order), tuple(row[order].tolist()))


def shapes_of(items: Sequence[str] | pd.Index, H: ArrayLike) -> list[Shape]:
    """The shapes of all features of a fit.

    Args:
        items: ids of the n_items items.
        H: (rank, n_items) feature–item matrix.

    Raises:
        NmfError: H is no matrix, or as in `shape_of`.

    >>> [shape.items for shape in shapes_of(["x", "y"], [[2.0, 0.0], [0.0, 3.0]])]
    [('x',), ('y',)]
    """
    rows = np.asarray(H, dtype=np.float64)
    if rows.ndim != 2:
        raise NmfError(f"H has {rows.ndim} dimensions; it must have two, rank × n_items. Give fit.H.")
    return [shape_of(items, row) for row in rows]


def similarity(a: Shape, b: Shape) -> float:
    """Cosine of two shapes, 0…1: 1 for the same, 0 if they share no item.

    >>> round(similarity(shape_of(["x", "y"], [4, 3]), shape_of(["y", "x"], [0, 9])), 3)
    0.8
    """
    return float(_similarities([a], [b])[0, 0])


def match(
    stored: Sequence[Shape], fit: Sequence[Shape], *, at_least: float = RECOGNISED
) -> list[tuple[int, int, float]]:
    """Pairs of (index in stored, index in fit, similarity) that belong together, each index in one pair at most.

    The Hungarian method finds the pairs whose similarities add up to most, among pairs with a similarity of at least
    `at_least`: what is below is no candidate, so two poor pairs cannot outbid a good one.

    >>> a, b = shape_of(["x", "y"], [1, 0]), shape_of(["x", "y"], [0, 1])
    >>> match([a, b], [b, b, a])
    [(0, 2, 1.0), (1, 0, 1.0)]
    """
    cosines = _similarities(stored, fit)
    candidates = np.where(cosines >= at_least, cosines, 0.0)
    rows, columns = linear_sum_assignment(candidates, maximize=True)
    return [
        (int(s), int(f), float(candidates[s, f])) for s, f in zip(rows, columns, strict=True) if candidates[s, f] > 0
    ]


def to_json(shape: Shape) -> str:
    """A shape as JSON text.

    >>> to_json(shape_of(["x", "y"], [2, 1]))
    '{"items": ["x", "y"], "weights": [1.0, 0.5]}'
    """
    return json.dumps({"items": shape.items, "weights": shape.weights})


def from_json(text: str) -> Shape:
    """The shape in a JSON text made by `to_json`.

    Raises:
        NmfError: the text is something else.

    >>> from_json('{"items": ["x"], "weights": [1.0]}')
    Shape(items=('x',), weights=(1.0,))
    """
    try:
        record = json.loads(text)
        return Shape(tuple(str(i) for i in record["items"]), tuple(float(w) for w in record["weights"]))
    except (NmfError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as e:
        raise NmfError(f"{shown(text)} is not the shape of a feature. Make the text with to_json.") from e


def _similarities(a: Sequence[Shape], b: Sequence[Shape]) -> np.ndarray:
    """(len(a), len(b)) cosines."""
    column_of = {item: k for k, item in enumerate(dict.fromkeys(i for shape in (*a, *b) for i in shape.items))}
    cosines = (_unit_rows(a, column_of) @ _unit_rows(b, column_of).T).toarray()
    return np.minimum(np.round(cosines, 12), 1.0)  # rounding noise must not make a shape differ from itself


def _unit_rows(shapes: Iterable[Shape], column_of: dict[str, int]) -> sparse.csr_array:
    """Shapes as rows of Euclidean length 1."""
    values: list[float] = []
    columns: list[int] = []
    starts = [0]
    for shape in shapes:
        length = math.hypot(*shape.weights)
        values.extend(w / length for w in shape.weights)
        columns.extend(column_of[i] for i in shape.items)
        starts.append(len(values))
    return sparse.csr_array((values, columns, starts), shape=(len(starts) - 1, len(column_of)), dtype=np.float64)
