"""Names for the features of a fit: which saved label belongs to which feature, whatever its column number is now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from nmf_core.labels.apart import by_chance, own_popularity
from nmf_core.labels.fate import bars, fates
from nmf_core.labels.saved import StoredLabel
from nmf_core.labels.shape import Shape, cosines, laid_on, shapes_of, similarity, weights_of, what_is_apart

# From which cosine of weights a feature counts as the one that was named, where nothing tells what set that one apart: the only
# feature of a fit, or a label of an earlier version. Above √½ = 0.71, no shape can be recognised in two features that share no
# item (the squares of its cosines with them add up to at most 1).
RECOGNISED = 0.8


@dataclass(frozen=True)
class MatchedLabel:
    """A saved label and what became of its feature in a fit.

    Attributes:
        stored: the label.
        similarity: how alike the feature is to the one that was named.
        feature: the feature that has most of it; None where it is lost.
        status: kept, look again, split, merged or lost (`nmf_core/labels/fate.py`).
    """

    stored: StoredLabel
    similarity: float
    feature: int | None = None
    status: str = "kept"


@dataclass(frozen=True)
class MatchedLabels:
    """The labels of a project, laid on the features of one fit.

    Attributes:
        by_feature: feature index → the label that is kept there; features without a label are not in it.
        others: labels that are not kept by themselves, those that are most alike to a feature first; they stay saved.
        chance: how alike features get whose items have changed places with others that are about as popular.
    """

    by_feature: dict[int, MatchedLabel]
    others: tuple[MatchedLabel, ...] = ()
    chance: float = 0.0

    @property
    def texts(self) -> dict[int, str]:
        """Feature index → name, as the exports take it."""
        return {f: named.stored.label.text for f, named in self.by_feature.items()}

    @property
    def stored(self) -> list[StoredLabel]:
        """All labels, in the order in which they were made."""
        return sorted((*(one.stored for one in self.by_feature.values()), *self.unrecognised), key=lambda one: one.id)

    @property
    def unrecognised(self) -> tuple[StoredLabel, ...]:
        """Labels that no feature of this fit carries."""
        return tuple(one.stored for one in self.others)


def matched_labels(
    saved: Sequence[StoredLabel], items: Sequence[str] | pd.Index, H: ArrayLike, *, counted: bool = False
) -> MatchedLabels:
    """Recognise saved labels in a fit by what sets its features apart.

    Args:
        saved: labels, as `LabelStore.labels` gives them.
        items: ids of the n_items items of the fit.
        H: (rank, n_items) its feature–item matrix; any order and scale of the features.
        counted: whether blanks count in the fit.

    Raises:
        NmfError: H and items do not go together.

    >>> from nmf_core.labels import Label, shapes_of
    >>> from nmf_core.store.labels import LabelStore
    >>> with LabelStore("sqlite://") as store:
    ...     project = store.project_for("ann", "ratings")
    ...     story, _ = shapes_of(["x", "y", "z"], [[0, 1, 4], [3, 1, 0]])
    ...     _ = store.save(project, Label("Story"), story)
    ...     names = matched_labels(store.labels(project), ["x", "y", "z"], [[6, 1, 0], [0, 3, 9]])
    >>> names.texts, names.unrecognised
    ({1: 'Story'}, ())
    """
    rank = len(np.asarray(H))
    alike, chance = _likeness([s.shape for s in saved], items, H)
    told = [bars(counted and s.shape.counted, chance) if _tells(s.shape, rank) else (RECOGNISED, 1.0) for s in saved]
    kept, look = np.array(told, dtype=float).reshape(-1, 2).T
    found = [
        MatchedLabel(s, fate.similarity, fate.new, fate.status)
        for s, fate in zip(saved, fates(alike, kept, look), strict=True)
    ]
    return MatchedLabels(
        {one.feature: one for one in found if one.status == "kept" and one.feature is not None},
        tuple(sorted((one for one in found if one.status != "kept"), key=lambda one: -one.similarity)),
        chance,
    )


def outdated(
    known: MatchedLabels, items: Sequence[str] | pd.Index, H: ArrayLike, *, counted: bool = False
) -> dict[int, tuple[int, Shape]]:
    """Of labels that are kept in a fit though nothing tells what set their features apart: id → version, and the shape now.

    >>> outdated(MatchedLabels({}), ["x", "y"], [[1, 0], [0, 1]])
    {}
    """
    old = {f: named.stored for f, named in known.by_feature.items() if not named.stored.shape.apart}
    if not old:
        return {}
    shapes = shapes_of(items, H, counted=counted)
    return {one.id: (one.version, shapes[f]) for f, one in old.items() if shapes[f].apart}


def is_same(a: Shape, b: Shape) -> bool:
    """Whether two shapes are plainly of one feature.

    >>> from nmf_core.labels import shapes_of
    >>> one, other = shapes_of(["x", "y", "z"], [[0, 1, 4], [3, 1, 0]])
    >>> is_same(one, one), is_same(one, other)
    (True, False)
    """
    return similarity(a, b) >= (bars(a.counted and b.counted, 0.0)[0] if a.apart and b.apart else RECOGNISED)


def nearest_same(labels: Sequence[StoredLabel], shape: Shape) -> StoredLabel | None:
    """The label whose feature is most alike to one, among those that are plainly of it; None where there is none."""
    return max(
        (one for one in labels if is_same(one.shape, shape)), key=lambda one: similarity(one.shape, shape), default=None
    )


def _tells(shape: Shape, rank: int) -> bool:
    """Whether what sets features apart is known of the shape, and of a fit of this rank."""
    return bool(shape.apart) and rank > 1


def _likeness(
    stored: Sequence[Shape], items: Sequence[str] | pd.Index, H: ArrayLike
) -> tuple[NDArray[np.float64], float]:
    """(stored, rank) how alike stored shapes and features are, by what is known of each, and what chance reaches."""
    shapes = weights_of(items, H)
    tell = np.array([_tells(shape, len(shapes)) for shape in stored], dtype=bool)
    alike = np.zeros((len(stored), len(shapes)))
    alike[~tell] = cosines([shape for shape, told in zip(stored, tell, strict=True) if not told], shapes)
    if not tell.any():
        return alike, 0.0
    weights = np.asarray(H, dtype=np.float64)
    apart, rows = (
        what_is_apart(weights),
        laid_on([shape for shape, told in zip(stored, tell, strict=True) if told], items),
    )
    alike[tell] = np.clip(rows @ apart.T, -1.0, 1.0)
    return alike, by_chance(rows, apart, own_popularity(weights))
