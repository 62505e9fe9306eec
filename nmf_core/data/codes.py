"""Numbers that stand for "no answer" among ratings: 99, -1 and whatever else lies apart from the scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# What people write for "no answer", "does not apply" or "not rated" where a number is asked for.
_BELOW = (-1, -2, -3, -7, -8, -9, -66, -77, -88, -97, -98, -99, -888, -999, -9999)
_ABOVE = (8, 9, 66, 77, 88, 96, 97, 98, 99, 666, 777, 888, 996, 997, 998, 999, 8888, 9998, 9999, 99999)
_MOST_VALUES = 25  # a scale has fewer different values; amounts and counts have more
_PLAINLY = 66  # from here on a code is one even if it stands there once
_FAR = 5  # a number that nobody knows as a code lies so many times as far as the others, and repeats


def likely_codes(values: NDArray[np.floating], counts: NDArray[np.integer]) -> list[float]:
    """The values that seem to be no ratings but say that there is none; a scale must be left without them.

    Args:
        values: (n,) different values, rising.
        counts: (n,) how often each is there.

    >>> import numpy as np
    >>> likely_codes(np.array([1.0, 2, 4, 5, 98, 99]), np.array([3, 5, 9, 4, 1, 7]))
    [98.0, 99.0]
    >>> likely_codes(np.array([-1.0, 6, 7, 8, 10]), np.array([4, 5, 9, 4, 1])), likely_codes(np.arange(1.0, 11), np.ones(10, int))
    ([-1.0], [])
    """
    below = [float(v) for v in values[values < 0]]
    if below and counts[values < 0].sum() < 2:
        return []  # a slip of the pen, which an error names with its place
    if below and (any(v not in _BELOW for v in below) or len(below) > 4):  # a scale with two sides
        return _beyond_both(values, counts)
    if below and -below[0] == values[-1] and below == [float(v) for v in range(int(below[0]), 0)]:
        return []  # a scale with two sides, such as -2 to 2
    rest = values >= 0
    scale, repeats = values[rest], counts[rest]
    above = _above(scale, repeats)
    left = len(scale) - len(above)
    return [*below, *above] if left >= 2 or (left == 1 and below) else []


def _above(scale: NDArray[np.floating], repeats: NDArray[np.integer]) -> list[float]:
    """Codes above the scale: the last values that are all known as such, or one far away that repeats."""
    n = len(scale)
    known = 0
    while known < min(n, 4) and float(scale[n - 1 - known]) in _ABOVE:
        known += 1
    for k in range(known, 0, -1):  # as many of them as lie apart
        kept, codes = scale[: n - k], scale[n - k :]
        several = codes[-1] >= _PLAINLY or repeats[n - k :].sum() >= 2  # a single 9 may be a slip as well
        if several and 2 <= len(kept) <= _MOST_VALUES and _apart(kept, float(codes[0])):
            return [float(code) for code in codes]
    if n >= 4 and n - 1 <= _MOST_VALUES // 2 and repeats[-1] >= 3 and scale[-1] >= _FAR * scale[-2] and scale[-2] <= 10:
        return [float(scale[-1])]
    # Amid a scale that reaches 100, one known code stands far more often than any other number.
    if n >= 5 and _frequent_at_the_top(scale, repeats):
        return [float(scale[int(repeats.argmax())])]
    return []


def _beyond_both(values: NDArray[np.floating], counts: NDArray[np.integer]) -> list[float]:
    """The one code far above a scale with two sides, such as Jester's 99 above -10 to 10, however many values that has."""
    if len(values) < 4 or float(values[-1]) not in _ABOVE or values[-1] < _PLAINLY or counts[-1] < 2:
        return []
    return [float(values[-1])] if values[-1] >= 4 * max(-values[0], values[-2]) else []


def _frequent_at_the_top(scale: NDArray[np.floating], repeats: NDArray[np.integer]) -> bool:
    """Whether the most frequent number is a code near the upper end of a scale, and by far the most frequent."""
    at = int(repeats.argmax())
    others = np.delete(repeats, at)
    return bool(
        scale[at] in (98, 99, 998, 999)
        and repeats[at] >= 4
        and repeats[at] >= 3 * others.max()
        and scale[-1] <= 1.02 * scale[at]
    )


def _apart(kept: NDArray[np.floating], code: float) -> bool:
    """Whether a code lies apart from a scale: further than its steps, and beyond what the scale could reach."""
    high = float(kept[-1])
    if code < 10:
        return high <= 7 and code - high >= 2
    if code < 100:
        return high <= 20 and code >= 4 * high
    return code >= 5 * high
