"""The losses on one observed cell: three members of the β-divergence family (Févotte & Idier 2011)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
TINY = 1e-30  # a score of exactly 0 has no logarithm; ratings are 0 or at least 1e-15 (ratings.py)


@dataclass(frozen=True)
class Loss:
    """A loss d(v, y) for rating v and score y, elementwise, with its slope and (an upper bound of) its curve in y.

    Attributes:
        title: its name for people.
        beta: the β of the divergence; multiplicative updates follow from it alone.
        takes_zeros: whether a rating of 0 has a finite loss.
    """

    title: str
    beta: int
    takes_zeros: bool
    value: Callable[[Array, Array], Array]
    slope: Callable[[Array, Array], Array]
    curve: Callable[[Array, Array], Array]


def _kl(v: Array, y: Array) -> Array:
    """v log(v/y) − v + y, with 0 log 0 = 0."""
    y = np.maximum(y, TINY)
    return v * np.log(np.maximum(v, TINY) / y) - v + y


def _itakura_saito(v: Array, y: Array) -> Array:
    """v/y − log(v/y) − 1."""
    ratio = v / np.maximum(y, TINY)
    return ratio - np.log(ratio) - 1.0


LOSSES: dict[str, Loss] = {
    "frobenius": Loss(
        "Squared error (Frobenius)",
        2,
        True,
        lambda v, y: 0.5 * (v - y) ** 2,
        lambda v, y: y - v,
        lambda v, y: np.ones_like(y),
    ),
    "kl": Loss(
        "Kullback–Leibler",
        1,
        True,
        _kl,
        lambda v, y: 1.0 - v / np.maximum(y, TINY),
        lambda v, y: v / np.maximum(y, TINY) ** 2,
    ),
    "is": Loss(
        "Itakura–Saito",
        0,
        False,
        _itakura_saito,
        lambda v, y: (1.0 - v / np.maximum(y, TINY)) / np.maximum(y, TINY),
        # The curve is 2v/y³ − 1/y²; its convex part alone bounds it and is positive.
        lambda v, y: 2.0 * v / np.maximum(y, TINY) ** 3,
    ),
}
