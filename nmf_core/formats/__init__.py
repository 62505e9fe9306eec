"""Reading ratings and item metadata from files and from objects in memory."""

from nmf_core.formats.base import MAX_FILE_BYTES, Format, Table
from nmf_core.formats.items import looks_like_items, read_items
from nmf_core.formats.join import ItemsJoin, join_items, named_by_title
from nmf_core.formats.reading import FORMATS, extensions, read_ratings, shown_name

__all__ = [
    "FORMATS",
    "MAX_FILE_BYTES",
    "Format",
    "ItemsJoin",
    "Table",
    "extensions",
    "join_items",
    "looks_like_items",
    "named_by_title",
    "read_items",
    "read_ratings",
    "shown_name",
]
