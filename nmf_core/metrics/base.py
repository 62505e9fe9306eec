"""What a metric is: a figure of predicted ratings, of a person's list, or of everybody's lists together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmf_core.metrics.everybody import Everybody
from nmf_core.metrics.lists import Lists

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Metric:
    """A figure that tells how good a model is on held-out cells. One of the three functions is there.

    Attributes:
        name, title: its key, and what people call it; a title may name `{top_n}`.
        summary: one sentence.
        of_ratings: a number of (actual, predicted) ratings.
        of_lists: a value a person of their `Lists`, NaN where nothing is relevant.
        of_everybody: a number of `Everybody`'s lists together, NaN where it cannot be told.
        higher_is_better: which way is up.
    """

    name: str
    title: str
    summary: str
    of_ratings: Callable[[Array, Array], float] | None = None
    of_lists: Callable[[Lists], Array] | None = None
    of_everybody: Callable[[Everybody], float] | None = None
    higher_is_better: bool = False
