"""Names for features: kept by shape so that they outlive a refit, and suggested from what is known of the items."""

from nmf_core.labels.evidence import nameability
from nmf_core.labels.fate import STATUSES, Fate, fates
from nmf_core.labels.label import KINDS, Label
from nmf_core.labels.metadata import known_values
from nmf_core.labels.recognise import (
    RECOGNISED,
    MatchedLabel,
    MatchedLabels,
    is_same,
    matched_labels,
    nearest_same,
    outdated,
)
from nmf_core.labels.saved import StoredLabel
from nmf_core.labels.shape import Shape, shape_of, shapes_of, similarity
from nmf_core.labels.suggest import Suggestion, suggest_all_names, suggest_names

__all__ = [
    "KINDS",
    "RECOGNISED",
    "STATUSES",
    "Fate",
    "Label",
    "MatchedLabel",
    "MatchedLabels",
    "StoredLabel",
    "Shape",
    "Suggestion",
    "fates",
    "is_same",
    "known_values",
    "matched_labels",
    "nameability",
    "nearest_same",
    "outdated",
    "shape_of",
    "shapes_of",
    "similarity",
    "suggest_all_names",
    "suggest_names",
]
