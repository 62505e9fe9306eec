"""Names for features: kept by shape so that they outlive a refit, and suggested from what is known of the items."""

from nmf_core.labels.label import KINDS, Label
from nmf_core.labels.recognise import Named, Names, named
from nmf_core.labels.shape import RECOGNISED, Shape, match, shape_of, shapes_of, similarity
from nmf_core.labels.store import LabelConflict, LabelStore, Saved
from nmf_core.labels.suggest import Suggestion, suggest_all_names, suggest_names

__all__ = [
    "KINDS",
    "RECOGNISED",
    "Label",
    "LabelConflict",
    "LabelStore",
    "Named",
    "Names",
    "Saved",
    "Shape",
    "Suggestion",
    "match",
    "named",
    "shape_of",
    "shapes_of",
    "similarity",
    "suggest_all_names",
    "suggest_names",
]
