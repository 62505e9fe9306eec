"""Names for the features of a fit: which saved label belongs to which feature, whatever its column number is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from numpy.typing import ArrayLike

from nmf_core.labels.saved import StoredLabel
from nmf_core.labels.shape import RECOGNISED, match, shapes_of


@dataclass(frozen=True)
class MatchedLabel:
    """A saved label recognised in a fit.

    Attributes:
        stored: the label.
        similarity: cosine of the shape it was saved with and the feature's, from `RECOGNISED` to 1.
    """

    stored: StoredLabel
    similarity: float


@dataclass(frozen=True)
class MatchedLabels:
    """The labels of a project, laid on the features of one fit.

    Attributes:
        by_feature: feature index → `MatchedLabel`; features without a label are not in it.
        unrecognised: labels whose feature is not in this fit; they stay saved and may be recognised in another.
    """

    by_feature: dict[int, MatchedLabel]
    unrecognised: tuple[StoredLabel, ...]

    @property
    def texts(self) -> dict[int, str]:
        """Feature index → name, as the exports take it."""
        return {f: named.stored.label.text for f, named in self.by_feature.items()}


def matched_labels(
    saved: Sequence[StoredLabel], items: Sequence[str] | pd.Index, H: ArrayLike, *, at_least: float = RECOGNISED
) -> MatchedLabels:
    """Recognise saved labels in a fit by the shapes of its features.

    Args:
        saved: labels, as `LabelStore.labels` gives them.
        items: ids of the n_items items of the fit.
        H: (rank, n_items) its feature–item matrix; any order and scale of the features.
        at_least: similarity below which a label is not recognised.

    Raises:
        NmfError: H and items do not go together.

    >>> from nmf_core.labels import Label, shape_of

    >>> from nmf_core.store.labels import LabelStore
    >>> with LabelStore("sqlite://") as store:
    ...     project = store.project_for("ann", "ratings")
    ...     story = store.save(project, Label("Story"), shape_of(["x", "y", "z"], [0, 1, 4]))
    ...     names = matched_labels(store.labels(project), ["x", "y", "z"], [[0, 3, 9], [5, 1, 0]])
    >>> names.texts, names.unrecognised
    ({0: 'Story'}, ())
    """
    pairs = match([s.shape for s in saved], shapes_of(items, H), at_least=at_least)
    recognised = {s for s, _, _ in pairs}
    return MatchedLabels(
        {f: MatchedLabel(saved[s], cosine) for s, f, cosine in sorted(pairs, key=lambda pair: pair[1])},
        tuple(one for s, one in enumerate(saved) if s not in recognised),
    )
