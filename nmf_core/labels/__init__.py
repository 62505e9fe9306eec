"""Names for features: kept by shape so that they outlive a refit, and suggested from what is known of the items."""

from nmf_core.labels.label import KINDS, Label
from nmf_core.labels.recognise import MatchedLabel, MatchedLabels, matched_labels
from nmf_core.labels.saved import StoredLabel
from nmf_core.labels.shape import RECOGNISED, Shape, match, shape_of, shapes_of, similarity
from nmf_core.labels.suggest import Suggestion, suggest_all_names, suggest_names

__all__ = [
    "KINDS",
    "RECOGNISED",
    "Label",
    "MatchedLabel",
    "MatchedLabels",
    "StoredLabel",
    "Shape",
    "Suggestion",
    "match",
    "matched_labels",
    "shape_of",
    "shapes_of",
    "similarity",
    "suggest_all_names",
    "suggest_names",
]
