"""Folders: Parquet files that belong together, or MovieLens' files as they are unpacked."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from nmf_core.errors import RatingsError, shown
from nmf_core.formats import parquet
from nmf_core.formats.base import Data, Format
from nmf_core.formats.movielens import FILE_SETS, table_of_set
from nmf_core.tables.base import Table


def read(data: Data, name: str) -> Table:
    """A Table from a folder."""
    assert isinstance(data, Path)
    if parquet.parquet_files(data):
        return parquet.read(data, name)
    files = {path.name.lower(): path for path in data.iterdir() if path.is_file()}
    for files_of in FILE_SETS:
        if files_of.ratings in files and files_of.items in files:
            return table_of_set(files_of, {key: partial(Path, path) for key, path in files.items()}, name)
    pairs = " or ".join(f"{s.ratings} with {s.items}" for s in FILE_SETS)
    there = ", ".join(shown(file) for file in sorted(files)[:5]) or "no files"
    raise RatingsError(
        f"{name} is a folder with {there} in it; a folder must hold Parquet files right in it, or {pairs}. Name one file, or "
        "another folder."
    )


FORMAT = Format("folder", "folder", (), lambda head, name: False, read)
