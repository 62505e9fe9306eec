"""What becomes of the names of features in another fit: kept, look again, split, merged or lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

# From which similarity a feature is the one that was named; below, down to the second, somebody should look again. Where
# blanks count, features of ratings whose raters were drawn anew reach 0.46, where they are unknown, of shuffled ratings 0.09
# (`python -m benchmarks.labels`).
KEPT, LOOK = {True: 0.5, False: 0.3}, {True: 0.35, False: 0.2}
# Among few items chance reaches more than that, up to 1 among four. From here on it is the same feature all the same, also where
# another one is nearly as much like it.
PLAIN = 0.9
# A second feature that has nearly as much of the one that was named: it came in two, and somebody should say which is it. So should
# somebody where two names have nearly as much to one feature, and no other is either's.
NEARLY = 0.8
STATUSES = ("kept", "look again", "split", "merged", "lost")


@dataclass(frozen=True)
class Fate:
    """What became of one name.

    Attributes:
        new: the feature that has most of the one that was named; None where it is lost.
        similarity: how alike the two are.
        status: one of `STATUSES`. A name attaches by itself where it is kept, to one feature at most.
    """

    new: int | None
    similarity: float
    status: str


def bars(counted: bool, chance: float) -> tuple[float, float]:
    """From which similarity a name is kept, and from which somebody should look again, where chance reaches `chance`.

    >>> bars(True, 0.1), bars(False, 0.6), bars(False, 1.0)
    ((0.5, 0.35), (0.6, 0.2), (0.9, 0.2))
    """
    return min(max(KEPT[counted], chance), PLAIN), LOOK[counted]


def fates(similarity: NDArray, kept: NDArray, look: NDArray) -> list[Fate]:
    """What becomes of each of some named features.

    Names are kept so that all together are most alike (the Hungarian method), among pairs that are alike enough: what is below
    is no candidate, so two poor pairs cannot outbid a good one. One is split where a second feature, which is nobody else's, has
    nearly as much of it and neither is plainly it; merged where the feature that has most of it is plainly another's, or where
    another name that has no feature of its own has nearly as much to it.

    Args:
        similarity: (named, rank) of each feature that was named to each of the fit.
        kept, look: (named,) from where on it is the same, and from where on somebody should look again.

    >>> [one.status for one in fates(np.array([[0.9, 0.1], [0.7, 0.1]]), np.full(2, 0.5), np.full(2, 0.3))]
    ['kept', 'merged']
    """
    if 0 in similarity.shape:
        return [Fate(None, 0.0, "lost") for _ in similarity]
    candidates = np.where(similarity >= kept[:, None], similarity, 0.0)
    pairs = zip(*linear_sum_assignment(candidates, maximize=True), strict=True)
    own = {int(f): int(g) for f, g in pairs if candidates[f, g] > 0}
    free = np.isin(np.arange(similarity.shape[1]), list(own.values()), invert=True)
    # How much of each feature those names have that have most of it, and none of their own.
    others = [f for f in range(len(similarity)) if f not in own and similarity[f].max() >= look[f]]
    claimed = np.zeros(similarity.shape[1])
    np.maximum.at(claimed, similarity[others].argmax(axis=1), similarity[others].max(axis=1))
    return [_fate(similarity[f], own.get(f), free, claimed, look[f]) for f in range(len(similarity))]


def _fate(similarity: NDArray, own: int | None, free: NDArray[np.bool_], claimed: NDArray, look: float) -> Fate:
    """What becomes of one name.

    `own` is the feature that would be its, `free` are those that are nobody's, and `claimed` is how much of each a name has which
    has none of its own.
    """
    near = int(similarity.argmax()) if own is None else own
    most = float(similarity[near])
    if own is None and most < look:
        return Fate(None, most, "lost")
    rivals = free & (similarity >= max(NEARLY * most, look))
    rivals[near] = False
    if most < PLAIN and rivals.any():
        return Fate(near, most, "split")
    if own is None:
        return Fate(near, most, "look again" if free[near] else "merged")
    return Fate(near, most, "merged" if most < PLAIN and claimed[near] >= NEARLY * most else "kept")
