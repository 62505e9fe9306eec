"""`carry_labels`: what becomes of the names of one fit's features in another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nmf_core.errors import NmfError, shown
from nmf_core.fit.factorization import Factorization
from nmf_core.interpret.match import similarities
from nmf_core.labels.fate import bars, fates
from nmf_core.labels.recognise import MatchedLabels, matched_labels
from nmf_core.labels.saved import StoredLabel
from nmf_core.labels.shape import Shape, shapes_of


def carry_labels(labels: Mapping[int, str], old_fit: Factorization, new_fit: Factorization) -> pd.DataFrame:
    """What becomes of labels in another fit: columns feature, label, new, similarity, status.

    `labels` maps features of the old fit to names. Of each, `new` is the feature that has most of it, by what sets features apart
    (`match_features`), NaN where it is lost. The status is one of

    * kept: plainly the same feature; the name can stay.
    * look again: perhaps the same; somebody should say.
    * split: a second feature, which is nobody else's, has nearly as much of it, and neither is plainly it.
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
    similarity, chance = similarities(old_fit, new_fit)
    kept, look = bars(min(old_fit.blanks.weight, new_fit.blanks.weight) > 0, chance)
    became = fates(similarity, np.full(old_fit.rank, kept), np.full(old_fit.rank, look))
    told = [
        (f, label, math.nan if (new := became[f].new) is None else float(new), became[f].similarity, became[f].status)
        for f, label in sorted(labels.items())
    ]
    return pd.DataFrame(told, columns=["feature", "label", "new", "similarity", "status"])


def feature_shapes(fit: Factorization) -> list[Shape]:
    """What labels of a fit's features hang on, one a feature."""
    return shapes_of(fit.items, fit.H, counted=fit.blanks.weight > 0)


def labels_in(fit: Factorization, saved: Sequence[StoredLabel]) -> MatchedLabels:
    """Saved labels, laid on the features of a fit."""
    return matched_labels(saved, fit.items, fit.H, counted=fit.blanks.weight > 0)
