"""Names for the features of a fit: which saved label belongs to which feature, whatever its column number is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from numpy.typing import ArrayLike

from nmf_core.labels.shape import RECOGNISED, match, shapes_of
from nmf_core.labels.store import Saved


@dataclass(frozen=True)
class Named:
    """A saved label recognised in a fit.

    Attributes:
        saved: the label.
        similarity: cosine of the shape it was saved with and the feature's, from `RECOGNISED` to 1.
    """

    saved: Saved
    similarity: float


@dataclass(frozen=True)
class Names:
    """The labels of a project, laid on the features of one fit.

    Attributes:
        by_feature: feature index → `Named`; features without a label are not in it.
        unrecognised: labels whose feature is not in this fit; they stay saved and may be recognised in another.
    """

    by_feature: dict[int, Named]
    unrecognised: tuple[Saved, ...]

    @property
    def texts(self) -> dict[int, str]:
        """Feature index → name, as the exports take it."""
        return {f: named.saved.label.text for f, named in self.by_feature.items()}


def named(
    saved: Sequence[Saved], items: Sequence[str] | pd.Index, H: ArrayLike, *, at_least: float = RECOGNISED
) -> Names:
    """Recognise saved labels in a fit by the shapes of its features.

    Args:
        saved: labels, as `LabelStore.labels` gives them.
        items: ids of the n_items items of the fit.
        H: (rank, n_items) its feature–item matrix; any order and scale of the features.
        at_least: similarity below which a label is not recognised.

    Raises:
        NmfError: H and items do not go together.

    >>> from nmf_core.labels import Label, LabelStore, shape_of
    >>> with LabelStore("sqlite://") as store:
    ...     project = store.project_for("ann", "ratings")
    ...     story = store.save(project, Label("Story"), shape_of(["x", "y", "z"], [0, 1, 4]))
    ...     names = named(store.labels(project), ["x", "y", "z"], [[0, 3, 9], [5, 1, 0]])
    >>> names.texts, names.unrecognised
    ({0: 'Story'}, ())
    """
    pairs = match([s.shape for s in saved], shapes_of(items, H), at_least=at_least)
    recognised = {s for s, _, _ in pairs}
    return Names(
        {f: Named(saved[s], cosine) for s, f, cosine in sorted(pairs, key=lambda pair: pair[1])},
        tuple(one for s, one in enumerate(saved) if s not in recognised),
    )
