"""A label as the store keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nmf_core.labels.label import Label
from nmf_core.labels.shape import Shape


@dataclass(frozen=True)
class StoredLabel:
    """A label as the store keeps it.

    Attributes:
        id: the label's number, which it keeps through changes, removal and undo.
        version: 1 when made, one more with each change.
        label, shape: the name and the feature it names.
        updated: when this version was saved (UTC).
        removed: True if this version took the label away.
    """

    id: int
    version: int
    label: Label
    shape: Shape
    updated: datetime
    removed: bool = False
