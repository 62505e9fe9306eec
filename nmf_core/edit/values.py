"""All ratings changed alike: counts to their logarithm, equal ratings to likes, and what says "no answer" to blanks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nmf_core.data.assemble import guess_scale
from nmf_core.data.ratings import Ratings
from nmf_core.data.spread import codes_among
from nmf_core.errors import RatingsError
from nmf_core.words import many


def take_logarithm(ratings: Ratings) -> Ratings:
    """The ratings as log(1 + x), and their scale too: counts keep their order, and a fit no longer follows the largest alone.

    >>> from nmf_core import Ratings
    >>> played = Ratings.from_cells(["ann", "ann", "bob"], ["x", "y", "x"], [0, 9, 999])
    >>> [round(float(count), 2) for count in take_logarithm(played).V.data]
    [0.0, 2.3, 6.91]
    """
    V = ratings.V.copy()
    V.data = np.log1p(V.data)
    low, high = (float(np.log1p(max(end, 0.0))) for end in ratings.scale)
    # In float32 the highest rating may lie a little above.
    return replace(ratings, V=V, scale=(low, max(high, float(V.data.max()))), notes=())


def as_likes(ratings: Ratings) -> Ratings:
    """Ratings that are all alike as 1 on a scale from 0 to 1: a blank that counts as weak evidence lies below them then.

    Raises:
        RatingsError: they differ.

    >>> from nmf_core import Ratings
    >>> liked = as_likes(Ratings.from_cells(["ann", "bob"], ["x", "y"], [5, 5]))
    >>> liked.V.data.tolist(), liked.scale
    ([1.0, 1.0], (0.0, 1.0))
    """
    low, high = float(ratings.V.data.min()), float(ratings.V.data.max())
    if low < high:
        raise RatingsError(
            f"The ratings lie from {low:g} to {high:g}, so they are no likes. Only ratings that are all alike can be."
        )
    V = ratings.V.copy()
    V.data = np.ones_like(V.data)
    return replace(ratings, V=V, scale=(0.0, 1.0), notes=())


def blank_codes(ratings: Ratings) -> Ratings:
    """The ratings without those that seem to say "no answer", such as 99 among 1 to 5; the scale is that of the others.

    Raises:
        RatingsError: there are none.

    >>> from nmf_core import Ratings
    >>> kept = blank_codes(Ratings.from_cells(["ann", "ann", "bob", "bob"], ["x", "y", "x", "y"], [99, 4, 2, 99]))
    >>> kept.V.data.tolist(), kept.scale
    ([4.0, 2.0], (1.0, 5.0))
    """
    codes = codes_among(ratings.V.data)
    if not codes:
        raise RatingsError(
            f"None of the {many(ratings.n_ratings, 'rating')} looks like a code for no answer. Blank cells in the grid."
        )
    kept = ratings.keep(~np.isin(ratings.V.data, np.array(codes, dtype=np.float32)))
    return replace(kept, scale=guess_scale(kept.V.data), notes=())
