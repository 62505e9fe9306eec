"""Reading ratings from files and from objects in memory."""

from nmf_core.formats.base import MAX_FILE_BYTES, Format, Table
from nmf_core.formats.layout import LAYOUTS, ROLES, Question
from nmf_core.formats.own import read_own, to_parquet
from nmf_core.formats.reading import FORMATS, Preview, extensions, preview_ratings, read_ratings, shown_name

__all__ = [
    "FORMATS",
    "LAYOUTS",
    "MAX_FILE_BYTES",
    "ROLES",
    "Format",
    "Preview",
    "Question",
    "Table",
    "extensions",
    "preview_ratings",
    "read_own",
    "read_ratings",
    "shown_name",
    "to_parquet",
]
