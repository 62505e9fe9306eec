"""Changes of ratings: each gives new `Ratings` with the scale, the order and what is known of the items as before.

Nothing is made dense: a change costs a copy of the observed cells at most.

>>> from nmf_core import datasets
>>> ratings = datasets.notebook()
>>> changed = set_rating(ratings, "User1", "Movie3", 4)
>>> set_rating(changed, "User1", "Movie3", None).fingerprint == ratings.fingerprint
True
"""

from __future__ import annotations

from nmf_core.edit.cells import (
    set_cells,
    set_item_ratings,
    set_rating,
    set_ratings,
    set_scale,
    set_typed,
    why_refused,
)
from nmf_core.edit.names import (
    MAX_NAME,
    add_items,
    add_users,
    remove_items,
    remove_users,
    rename_items,
    rename_users,
)
from nmf_core.edit.paste import MAX_BLOCK_CELLS, paste
from nmf_core.edit.values import as_likes, blank_codes, take_logarithm

__all__ = [
    "MAX_BLOCK_CELLS",
    "MAX_NAME",
    "add_items",
    "add_users",
    "as_likes",
    "blank_codes",
    "paste",
    "remove_items",
    "remove_users",
    "rename_items",
    "rename_users",
    "set_cells",
    "set_item_ratings",
    "set_rating",
    "set_ratings",
    "set_scale",
    "set_typed",
    "take_logarithm",
    "why_refused",
]
