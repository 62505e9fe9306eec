"""Reading ratings and item metadata from files and from objects in memory."""

from nmf_core.formats.base import MAX_FILE_BYTES, Format, Table
from nmf_core.formats.encodings import ENCODINGS
from nmf_core.formats.headers import ROLES
from nmf_core.formats.items import looks_like_items, read_items
from nmf_core.formats.join import ItemsJoin, join_items, named_by_title
from nmf_core.formats.layout import EACH_ROW, LAYOUTS, Question
from nmf_core.formats.own import read_own, to_parquet
from nmf_core.formats.reading import FORMATS, Preview, extensions, preview_ratings, read_ratings, shown_name

__all__ = [
    "FORMATS",
    "EACH_ROW",
    "ENCODINGS",
    "LAYOUTS",
    "MAX_FILE_BYTES",
    "ROLES",
    "Format",
    "ItemsJoin",
    "Preview",
    "Question",
    "Table",
    "extensions",
    "join_items",
    "looks_like_items",
    "named_by_title",
    "preview_ratings",
    "read_items",
    "read_own",
    "read_ratings",
    "shown_name",
    "to_parquet",
]
