"""The same ratings without tastes: what a number would be by chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nmf_core.data.ratings import Ratings


def shuffled_within_items(ratings: Ratings, seed: int) -> Ratings:
    """The same cells with each item's ratings dealt anew among its raters: items keep their ratings, tastes are gone."""
    rng = np.random.default_rng(seed)
    V = ratings.V.copy()
    by_item = np.lexsort((rng.random(V.nnz), V.indices))
    V.data = V.data.copy()
    V.data[np.argsort(V.indices, kind="stable")] = ratings.V.data[by_item]
    return replace(ratings, V=V)
