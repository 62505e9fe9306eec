"""Parquet files: columns with types; ids keep theirs until they become text."""

from __future__ import annotations

import io
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from nmf_core.errors import RatingsError
from nmf_core.formats.base import MAX_GRID_CELLS, MAX_UNPACKED_BYTES, Format, Table, check_width, text_of

# A long table may have further columns, and far more rows than a grid.
MAX_CELLS = 10 * MAX_GRID_CELLS


def read(data: bytes, name: str) -> Table:
    """A Table from the bytes of a Parquet file; its index columns, if pandas wrote it, come first."""
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(data))
        _check_size(file.metadata, name)
        columns = file.read()
        columns.validate(full=True)  # else broken text is found only when it is used
        header = columns.column_names
        index = _index_columns(file.schema_arrow)
        order = sorted(range(len(header)), key=lambda k: header[k] not in index)
        cells = {place: _plain(columns.column(k)) for place, k in enumerate(order)}
    except (pa.ArrowException, OSError, ValueError, OverflowError) as e:
        if isinstance(e, RatingsError):
            raise
        raise RatingsError(
            f"{name} is not a Parquet file that can be read ({str(e)[:100]}). Write it again, or give the ratings as CSV."
        ) from e
    texts = tuple("" if re.fullmatch(r"__index_level_\d+__", header[k]) else text_of(header[k]) for k in order)
    frame = pd.DataFrame(cells, index=range(columns.num_rows), columns=range(len(header)))
    return Table(name, texts, frame, np.arange(1, columns.num_rows + 1), place="row")


def _check_size(metadata: pyarrow.parquet.FileMetaData, name: str) -> None:
    """Refuse a file that a few bytes make huge."""
    check_width(name, metadata.num_columns)
    unpacked = sum(metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups))
    if unpacked > MAX_UNPACKED_BYTES or metadata.num_rows * metadata.num_columns > MAX_CELLS:
        raise RatingsError(
            f"{name} holds {metadata.num_rows} rows × {metadata.num_columns} columns, {unpacked // 1_000_000} MB unpacked; at "
            f"most {MAX_CELLS} cells and {MAX_UNPACKED_BYTES // 1_000_000} MB can be read. Write the ratings alone, or fewer."
        )


def _index_columns(schema: pa.Schema) -> set[str]:
    """Names of the columns that were a DataFrame's index."""
    try:
        told = (schema.pandas_metadata or {}).get("index_columns", [])
    except (ValueError, AttributeError, RecursionError):  # damaged metadata; the columns are all there without it
        return set()
    return {name for name in told if isinstance(name, str)} if isinstance(told, list) else set()


def _plain(column: pa.ChunkedArray) -> pd.Series:
    """A column as text, numbers or objects; whole numbers stay whole beside blanks."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        column = column.cast(pa.string())
    return column.to_pandas(integer_object_nulls=True)


PARQUET = Format("parquet", "Parquet", ("parquet", "pq"), lambda head, name: head.startswith(b"PAR1"), read)
