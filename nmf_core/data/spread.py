"""How ratings are spread: codes for "no answer" that were kept among them, and counts over orders of magnitude."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.codes import likely_codes

_LOOKED_AT = 200_000  # ratings, evenly spread over all
_MOST_VALUES = 10_000  # different ones, beyond which nothing is a scale
_HIGH, _ABOVE_MEDIAN = 50, 20  # counts reach so high, and so many times as high as half of them do
_LARGEST = 100  # the largest of so many ratings


@dataclass(frozen=True)
class Counts:
    """Ratings that run over orders of magnitude.

    Attributes:
        low, median, high: the lowest, the middle and the highest of them.
        share: what part of all squares, which a fit makes small, is that of the largest hundredth.
    """

    low: float
    median: float
    high: float
    share: float


def some_of(data: NDArray[np.floating]) -> NDArray[np.float64]:
    """All ratings, or where they are many as many as can be looked at in no time."""
    return data[:: max(1, len(data) // _LOOKED_AT)].astype(np.float64)


def codes_among(data: NDArray[np.floating]) -> list[float]:
    """The ratings that seem to say that there is none.

    >>> import numpy as np
    >>> codes_among(np.array([1, 99, 4, 2, 99, 5], dtype=np.float32))
    [99.0]
    """
    values, counts = np.unique(some_of(data), return_counts=True)
    return [] if len(values) > _MOST_VALUES else likely_codes(values, counts)


def counts_among(data: NDArray[np.floating]) -> Counts | None:
    """What the ratings are as counts, if they run over orders of magnitude as counts do.

    >>> import numpy as np
    >>> counts_among(np.array([1, 1, 2, 2, 3, 5, 8, 400], dtype=np.float32)).high, counts_among(np.arange(1.0, 101))
    (400.0, None)
    """
    some = np.sort(some_of(data[data > 0]))
    if len(some) == 0:
        return None
    median, high = float(np.median(some)), float(data.max())
    if high < _HIGH or high < _ABOVE_MEDIAN * median:
        return None
    squares = some**2
    share = float(squares[-max(1, len(some) // _LARGEST) :].sum() / squares.sum())
    return Counts(float(some[0]), median, high, share)
