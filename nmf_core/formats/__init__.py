"""Reading ratings from files and from objects in memory."""

from nmf_core.formats.base import MAX_FILE_BYTES, Format, Table
from nmf_core.formats.parquet import read_own, to_parquet
from nmf_core.formats.reading import FORMATS, extensions, read_ratings, shown_name

__all__ = [
    "FORMATS",
    "MAX_FILE_BYTES",
    "Format",
    "Table",
    "extensions",
    "read_own",
    "read_ratings",
    "shown_name",
    "to_parquet",
]
