"""`carry_labels`: what becomes of the names of one fit's features in another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from nmf_core.errors import NmfError, shown
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.problem import Array
from nmf_core.interpret.match import similarities

# From which similarity a feature is the one that was named; below, down to the second, somebody should look again. Where
# blanks count, features of ratings whose raters were drawn anew reach 0.46, where they are unknown, of shuffled ratings 0.09
# (`python -m benchmarks.labels`).
KEPT, LOOK = {True: 0.5, False: 0.3}, {True: 0.35, False: 0.2}
STATUSES = ("kept", "look again", "split", "merged", "lost")


def carry_labels(labels: Mapping[int, str], old_fit: Factorization, new_fit: Factorization) -> pd.DataFrame:
    """What becomes of labels in another fit: columns feature, label, new, similarity, status.

    `labels` maps features of the old fit to names. Of each, `new` is the feature that has most of it, by what sets features apart
    (`match_features`), NaN where it is lost. The status is one of

    * kept: plainly the same feature; the name can stay.
    * look again: perhaps the same; somebody should say.
    * split: two or more new features have it as their nearest.
    * merged: the feature that has most of it is plainly another one's.
    * lost: no feature is like it.

    A name attaches by itself where it is kept, to one feature at most.

    Raises:
        NmfError: a label of a feature that the old fit has not, or fits that share no item.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.movie_night()
    >>> old, new = (factorize(ratings, rank=rank).canonical() for rank in (4, 5))
    >>> carry_labels({0: "Crime", 3: "Family"}, old, new)["status"].tolist()
    ['kept', 'kept']
    """
    for f in labels:
        if not 0 <= f < old_fit.rank:
            raise NmfError(
                f"There is a label for feature {shown(f)}; the old fit has features 0 to {old_fit.rank - 1}. Give labels by these."
            )
    similarity, _ = similarities(old_fit, new_fit)
    counted = min(old_fit.blanks.weight, new_fit.blanks.weight) > 0
    kept, look = KEPT[counted], LOOK[counted]
    rows, columns = linear_sum_assignment(-similarity)
    pair = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    own = {f: g for f, g in pair.items() if similarity[f, g] >= kept}
    told = [(f, label, *_of_feature(f, similarity, pair, own, look)) for f, label in sorted(labels.items())]
    return pd.DataFrame(told, columns=["feature", "label", "new", "similarity", "status"])


def _of_feature(
    f: int, similarity: Array, pair: Mapping[int, int], own: Mapping[int, int], look: float
) -> tuple[float, float, str]:
    """New feature, similarity and status of one old feature; `pair` are features one to one, `own` those plainly the same."""
    if f in own:
        return float(own[f]), float(similarity[f, own[f]]), STATUSES[0]
    near = int(similarity[f].argmax())
    most = float(similarity[f, near])
    if most < look:
        return np.nan, most, STATUSES[4]
    children = np.flatnonzero((similarity.argmax(axis=0) == f) & (similarity[f] >= look))
    if len(children) > 1:
        return float(near), most, STATUSES[2]
    if near in own.values():
        return float(near), most, STATUSES[3]
    place = pair.get(f, near)
    at = float(similarity[f, place])
    return (float(place), at, STATUSES[1]) if at >= look else (float(near), most, STATUSES[1])
