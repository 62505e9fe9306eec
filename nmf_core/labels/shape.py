"""`Shape`: what a feature looks like, by which its label is recognised after a refit."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from nmf_core.errors import NmfError, shown
from nmf_core.labels.apart import own_popularity, shapes

MOST_ITEMS = 200
MOST_APART = 1000  # more tell hardly more, and fill the store (`python -m benchmarks.labels --stored`)


@dataclass(frozen=True)
class Shape:
    """A feature's top items and what sets it apart from the others of its fit, independent of its column number and its scale.

    Attributes:
        items: ids of up to 200 items, heaviest first.
        weights: their weights in 0…1, the heaviest 1; items of weight 0 are left out.
        apart_items: ids of up to 1,000 items that set the feature apart most, whichever way.
        apart: how far, −1…1; over all items of the fit the squares added up to 1 (`nmf_core/labels/apart.py`). Empty for the
            only feature of a fit, and where earlier versions kept the shape: these are recognised by weights alone.
        counted: whether blanks counted in the fit.

    A feature without a positive weight has an empty shape, which resembles nothing. Make one with `shape_of` or `shapes_of`.

    Raises:
        NmfError: unequal lengths, an item given twice, or a weight that is not a number in its range.
    """

    items: tuple[str, ...]
    weights: tuple[float, ...]
    apart_items: tuple[str, ...] = ()
    apart: tuple[float, ...] = ()
    counted: bool = False

    def __post_init__(self) -> None:
        """Refuse what is not a shape."""
        _checked(self.items, self.weights, MOST_ITEMS, [w for w in self.weights if not 0 < w <= 1])
        _checked(self.apart_items, self.apart, MOST_APART, [w for w in self.apart if not 0 < abs(w) <= 1])


def _checked(items: tuple[str, ...], weights: tuple[float, ...], most: int, wrong: list[float]) -> None:
    """Refuse items and weights that do not go together."""
    if len(items) != len(weights) or len(set(items)) != len(items):
        raise NmfError(
            f"A shape has {len(items)} items, {len(set(items))} of them different, and "
            f"{len(weights)} weights; each item needs one weight. Make shapes with shape_of."
        )
    if wrong or len(items) > most:
        raise NmfError(
            f"A shape has {len(items)} items and the weights {shown(wrong)}; at most {most} items with "
            "weights up to 1 and other than 0 are allowed. Make shapes with shape_of."
        )


def shape_of(items: Sequence[str] | pd.Index, weights: ArrayLike) -> Shape:
    """The shape of one feature: its 200 heaviest items, scaled to a maximum of 1 and rounded to six decimals.

    Args:
        items: ids of the n_items items, all different.
        weights: (n_items,) the feature's row of H; not negative, any scale.

    Raises:
        NmfError: unequal lengths, or a weight that is negative or not finite.

    >>> shape = shape_of(["x", "y", "z"], [0.0, 3.0, 6.0])
    >>> shape.items, shape.weights
    (('z', 'y'), (1.0, 0.5))
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
    order = _largest(ids, row, MOST_ITEMS)
    return Shape(tuple(str(ids[i]) for i in order), tuple(row[order].tolist()))


def _largest(ids: NDArray, sizes: NDArray[np.float64], most: int) -> list[int]:
    """Where the largest sizes above 0 are; ties are settled by the id, so that the order of the items does not matter."""
    smallest = np.partition(sizes, -most)[-most] if len(sizes) > most else 0.0
    kept = np.nonzero((sizes > 0) & (sizes >= smallest))[0]
    return sorted(kept.tolist(), key=lambda i: (-sizes[i], str(ids[i])))[:most]


def shapes_of(items: Sequence[str] | pd.Index, H: ArrayLike, *, counted: bool = False) -> list[Shape]:
    """The shapes of all features of a fit, with what sets each apart.

    Args:
        items: ids of the n_items items.
        H: (rank, n_items) feature–item matrix.
        counted: whether blanks counted in the fit.

    Raises:
        NmfError: H is no matrix, or as in `shape_of`.

    >>> [shape.items for shape in shapes_of(["x", "y"], [[2.0, 0.0], [0.0, 3.0]])]
    [('x',), ('y',)]
    """
    found = [replace(shape, counted=counted) for shape in weights_of(items, H)]
    if len(found) < 2:
        return found
    ids, rows = np.asarray(items, dtype=object), what_is_apart(np.asarray(H, dtype=np.float64))
    return [_with_apart(shape, ids, row) for shape, row in zip(found, rows, strict=True)]


def weights_of(items: Sequence[str] | pd.Index, H: ArrayLike) -> list[Shape]:
    """The shapes of all features of a fit by their weights alone, as `shape_of` makes them."""
    rows = np.asarray(H, dtype=np.float64)
    if rows.ndim != 2:
        raise NmfError(f"H has {rows.ndim} dimensions; it must have two, rank × n_items. Give fit.H.")
    return [shape_of(items, row) for row in rows]


def what_is_apart(H: NDArray[np.float64]) -> NDArray[np.floating]:
    """(rank, n_items) what sets each feature apart, for what the fit itself tells of popularity; zeros for a single feature."""
    if len(H) < 2:
        return np.zeros_like(H)
    unit = np.divide(H, H.max(axis=1, keepdims=True), out=np.zeros_like(H), where=H.max(axis=1, keepdims=True) > 0)
    return shapes(unit, own_popularity(unit))


def _with_apart(shape: Shape, ids: NDArray, row: NDArray[np.floating]) -> Shape:
    """The shape with the items that set it apart most, to four digits."""
    rounded = np.round(row.astype(np.float64), 4)
    order = _largest(ids, np.abs(rounded), MOST_APART)
    return replace(shape, apart_items=tuple(str(ids[i]) for i in order), apart=tuple(rounded[order].tolist()))


def similarity(a: Shape, b: Shape) -> float:
    """How alike two shapes are, −1…1: by what sets their features apart, where both tell; else the cosine of their weights.

    >>> round(similarity(shape_of(["x", "y"], [4, 3]), shape_of(["y", "x"], [0, 9])), 3)
    0.8
    """
    if not (a.apart and b.apart):
        return float(cosines([a], [b])[0, 0])
    theirs = dict(zip(b.apart_items, b.apart, strict=True))
    both = sum(w * theirs.get(item, 0.0) for item, w in zip(a.apart_items, a.apart, strict=True))
    return float(np.clip(both / (math.hypot(*a.apart) * math.hypot(*b.apart)), -1.0, 1.0))


def laid_on(stored: Sequence[Shape], items: Sequence[str] | pd.Index) -> NDArray[np.float64]:
    """(stored, n_items) rows whose products with `what_is_apart` of a fit say how alike stored shapes and its features are, −1…1.

    Of a feature the store has only the items that set it apart most, and a fit may be without some of them. So the sum over the
    items of both is divided by what it would be for the same feature. Zeros for a shape that does not tell.

    >>> H = np.array([[3.0, 2, 0, 0], [0, 1, 2, 2]])
    >>> rows = laid_on(shapes_of(["x", "y", "z", "q"], H), ["x", "y", "z", "q"])
    >>> (rows @ what_is_apart(H).T).round(2).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    index = pd.Index(items)
    rows = np.zeros((len(stored), len(index)))
    for row, shape in zip(rows, stored, strict=True):
        at = index.get_indexer(pd.Index(shape.apart_items, dtype=index.dtype))
        here, values = at >= 0, np.array(shape.apart, dtype=float)
        size = np.linalg.norm(values[here]) * np.linalg.norm(values)
        if size > 0:
            row[at[here]] = values[here] / size
    return rows


def to_json(shape: Shape) -> str:
    """A shape as JSON text.

    >>> to_json(shape_of(["x", "y"], [2, 1]))
    '{"items": ["x", "y"], "weights": [1.0, 0.5]}'
    """
    record: dict[str, object] = {"items": shape.items, "weights": shape.weights}
    if shape.apart:
        record |= {"apart_items": shape.apart_items, "apart": shape.apart, "counted": shape.counted}
    return json.dumps(record)


def from_json(text: str) -> Shape:
    """The shape in a JSON text made by `to_json`, of this version or an earlier one.

    Raises:
        NmfError: the text is something else.

    >>> from_json('{"items": ["x"], "weights": [1.0]}') == shape_of(["x"], [2])
    True
    """
    try:
        record = json.loads(text)
        return Shape(
            *(tuple(str(i) for i in record["items"]), tuple(float(w) for w in record["weights"])),
            *(tuple(str(i) for i in record.get("apart_items", ())), tuple(float(w) for w in record.get("apart", ()))),
            counted=record.get("counted", False) is True,
        )
    except (NmfError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as e:
        raise NmfError(f"{shown(text)} is not the shape of a feature. Make the text with to_json.") from e


def cosines(a: Sequence[Shape], b: Sequence[Shape]) -> np.ndarray:
    """(len(a), len(b)) cosines of the weights of shapes, 0…1: 1 for the same, 0 if they share no item."""
    column_of = {item: k for k, item in enumerate(dict.fromkeys(i for shape in (*a, *b) for i in shape.items))}
    found = (_unit_rows(a, column_of) @ _unit_rows(b, column_of).T).toarray()
    return np.minimum(np.round(found, 12), 1.0)  # rounding noise must not make a shape differ from itself


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
