"""Parquet files, and folders of them: columns with types; ids keep theirs until they become text."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from nmf_core.data.notes import DataNote
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, RatingsError, shown
from nmf_core.formats.base import MAX_UNPACKED_BYTES, Data, Format
from nmf_core.formats.native_parquet import OWN, read_own
from nmf_core.tables.arrow import column_of, give_back, is_text
from nmf_core.tables.base import Column, Table, check_width, text_of

LOG = logging.getLogger(__name__)

MAX_ROWS = 1_000_000_000
# A file in memory came from somebody's upload: a few bytes of it can stand for far more.
MAX_CELLS = 200_000_000
_AT_ONCE = 16_000_000  # bytes that a file stands for, up to which its columns are read whole at the first look
_BYTES_A_ROW = 24  # of a list of ratings as text


def read(data: Data, name: str) -> Table:
    """A Table from a Parquet file or a folder of them; its index columns, if pandas wrote it, come first."""
    exact: Ratings | None = None
    notes: tuple[str, ...] = ()
    try:
        files = _files(data)
        _check_size([file.metadata for file in files], name, in_memory=isinstance(data, bytes))
        schema = files[0].schema_arrow
        header = schema.names
        if isinstance(data, Path) and data.is_dir():
            notes = _check_folder(data, files, name)
        if len(files) == 1 and OWN in (files[0].metadata.metadata or {}):
            exact, notes = _own(data, name)
        index = _index_columns(schema)
    except NmfError:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as e:
        raise _unreadable(name, e) from e
    order = sorted(range(len(header)), key=lambda k: header[k] not in index)
    texts = tuple("" if re.fullmatch(r"__index_level_\d+__", header[k]) else text_of(header[k]) for k in order)
    take = partial(_take, files, name, order)
    small = len(files) == 1 and _unpacked(files[0].metadata) <= _AT_ONCE
    return Table(
        name,
        texts,
        _at_once(take) if small else take,
        lambda row: row + 1,
        place="row",
        notes=notes,
        exact=exact,
        n_bytes=_BYTES_A_ROW * sum(file.metadata.num_rows for file in files),
    )


def parquet_files(folder: Path) -> list[Path]:
    """The Parquet files right in a folder, in the order of their names; those that other tools hide are left out."""
    return sorted(path for path in folder.iterdir() if _is_one(path) and path.is_file())


def _is_one(path: Path) -> bool:
    """Whether a file is named as Parquet, and not hidden."""
    return path.suffix.lower() in (".parquet", ".pq") and not path.name.startswith((".", "_"))


def _check_folder(folder: Path, files: Sequence[pyarrow.parquet.ParquetFile], name: str) -> tuple[str, ...]:
    """Refuse files with other columns than the first; notes on what else is in the folder."""
    header, paths = files[0].schema_arrow.names, parquet_files(folder)
    for path, file in zip(paths, files, strict=True):
        names = file.schema_arrow.names
        if names != header and (sorted(names) != sorted(header) or len(set(names)) < len(names)):
            raise RatingsError(
                f"{path.name} in {name} has the columns {shown(', '.join(names), 100)}; the first file has "
                f"{shown(', '.join(header), 100)}. Write it anew with the same columns, or take it out."
            )
    others = sorted(path.name for path in folder.iterdir() if not path.name.startswith((".", "_")))
    read_names = {path.name for path in paths}
    left = [other for other in others if other not in read_names]
    if not left:
        return ()
    names_left = ", ".join(map(shown, left[:5])) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
    return (DataNote(f"Read were the Parquet files right in the folder; left out: {names_left}."),)


def _own(data: Data, name: str) -> tuple[Ratings | None, tuple[str, ...]]:
    """The ratings that we wrote; where the file was changed since, why they are read as any other table."""
    try:
        return read_own(io.BytesIO(data) if isinstance(data, bytes) else data, name=name), ()
    except RatingsError:
        LOG.debug("a Parquet file of ours was changed since it was written; it is read as any other")
        return None, (
            "Latent Lens wrote this file, but it was changed since: its columns were read, and not what it says of scale, "
            "order and items.",
        )


def _files(data: Data) -> list[pyarrow.parquet.ParquetFile]:
    """The file, or the files of a folder in the order of their names."""
    if isinstance(data, Path) and data.is_dir():
        return [_open(path) for path in parquet_files(data)]
    return [_open(data)]


def _open(data: Data) -> pyarrow.parquet.ParquetFile:
    """The file, whose text is read as it mostly lies there: each distinct cell once."""

    def opened(**options: Any) -> pyarrow.parquet.ParquetFile:
        return pyarrow.parquet.ParquetFile(io.BytesIO(data) if isinstance(data, bytes) else data, **options)

    file = opened()
    texts = [field.name for field in file.schema_arrow if is_text(field.type)]
    return opened(metadata=file.metadata, read_dictionary=texts) if texts else file


def _take(
    files: list[pyarrow.parquet.ParquetFile],
    name: str,
    order: list[int],
    positions: Sequence[int],
    rows: int | None = None,
) -> tuple[Column, ...]:
    """Columns of the files, one read after the other; of some first rows those of the first file."""
    taken: dict[int, Column] = {}
    try:
        titles = files[0].schema_arrow.names
        for position in dict.fromkeys(positions):
            parts = _alike(
                [_column(file, titles[order[position]], rows) for file in (files if rows is None else files[:1])]
            )
            taken[position] = column_of(
                pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)
            )
            del parts
            give_back()
    except NmfError:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as e:
        raise _unreadable(name, e) from e
    return tuple(taken[position] for position in positions)


def _at_once(take: Callable[[Sequence[int]], tuple[Column, ...]]) -> Callable[..., tuple[Column, ...]]:
    """Columns read whole when their first rows are asked for: Arrow unpacks every text of a small file for these anyway."""
    known: dict[int, Column] = {}

    def taken(positions: Sequence[int], rows: int | None = None) -> tuple[Column, ...]:
        missing = [k for k in dict.fromkeys(positions) if k not in known]
        known.update(zip(missing, take(missing), strict=True))
        return tuple(known[k] if rows is None else known[k].first(rows).used() for k in positions)

    return taken


def _unpacked(file: pyarrow.parquet.FileMetaData) -> int:
    """Bytes of all that a file holds, unpacked."""
    return sum(file.row_group(k).total_byte_size for k in range(file.num_row_groups))


def _alike(parts: list[pa.ChunkedArray]) -> list[pa.ChunkedArray]:
    """Parts of one column, all of the first one's type: numbers as floats, anything else as text, where they differ."""
    if all(part.type == parts[0].type for part in parts):
        return parts
    numbers = all(pa.types.is_integer(part.type) or pa.types.is_floating(part.type) for part in parts)
    return [part.cast(pa.float64() if numbers else pa.large_string()) for part in parts]


def _column(file: pyarrow.parquet.ParquetFile, top: str, rows: int | None) -> pa.ChunkedArray:
    """One column, or its first rows, found sound: else broken text is found only when it is used."""
    there = file.metadata.num_rows
    if rows is None:
        column = file.read(columns=[top]).column(0)
    else:
        there = min(there, rows)
        # A batch may end where a group of rows does.
        batches = file.iter_batches(batch_size=max(rows, 1), columns=[top])
        schema = file.schema_arrow.empty_table().select([top]).schema
        column = pa.Table.from_batches(_until(batches, rows), schema).column(0).slice(0, rows)
    if len(column) != there:  # a damaged page may end early, and no one would say so
        raise pa.ArrowInvalid(f"the column {top[:40]!r} has {len(column)} of {there} rows")
    column.validate(full=True)
    return column


def _until(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Batches until so many rows are there."""
    for batch in batches:
        yield batch
        rows -= batch.num_rows
        if rows <= 0:
            return


def _unreadable(name: str, error: Exception) -> RatingsError:
    """The error for bytes that are no Parquet file."""
    return RatingsError(
        f"{name} is not a Parquet file that can be read ({str(error)[:100]}). Write it again, or give the ratings as CSV."
    )


def _check_size(files: list[pyarrow.parquet.FileMetaData], name: str, *, in_memory: bool) -> None:
    """Refuse what a few bytes make huge."""
    check_width(name, files[0].num_columns)
    for file in files:
        in_groups = sum(file.row_group(k).num_rows for k in range(file.num_row_groups))
        if in_groups != file.num_rows:  # Arrow would make room for as many
            raise pa.ArrowInvalid(f"it says that it has {file.num_rows} rows, and in its groups {in_groups}")
    n_rows, n_columns = sum(file.num_rows for file in files), files[0].num_columns
    unpacked = sum(map(_unpacked, files))
    if n_rows > MAX_ROWS or (in_memory and (unpacked > MAX_UNPACKED_BYTES or n_rows * n_columns > MAX_CELLS)):
        raise RatingsError(
            f"{name} holds {n_rows} rows × {n_columns} columns, {unpacked // 1_000_000} MB unpacked; at "
            f"most {MAX_CELLS} cells and {MAX_UNPACKED_BYTES // 1_000_000} MB can be read. Write the ratings alone, or fewer."
        )


def _index_columns(schema: pa.Schema) -> set[str]:
    """Names of the columns that were a DataFrame's index."""
    try:
        told = (schema.pandas_metadata or {}).get("index_columns", [])
    except (ValueError, AttributeError, RecursionError):  # damaged metadata; the columns are all there without it
        return set()
    return {name for name in told if isinstance(name, str)} if isinstance(told, list) else set()


def _example() -> bytes:
    """A small table by column."""
    file = io.BytesIO()
    table = pa.table({"user": ["ann", "ann", "bob"], "item": ["x", "y", "x"], "rating": [5, 3, 4]})
    pyarrow.parquet.write_table(table, file)
    return file.getvalue()


FORMAT = Format(
    "parquet",
    "Parquet",
    ("parquet", "pq"),
    lambda head, name: head.startswith(b"PAR1"),
    read,
    summary="tables by column",
    when="for many ratings: smaller, and types are kept",
    example=_example,
)
