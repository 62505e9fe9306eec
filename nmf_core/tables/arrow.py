"""Arrow's columns as columns of a table, without a Python loop over rows."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from nmf_core.tables.base import Column

_LONG = re.compile(r"[1-9]\d{8,17}", re.ASCII)
_POWERS = 10 ** np.arange(1, 19)


def column_of(chunks: pa.ChunkedArray) -> Column:
    """A column from Arrow: each distinct text once, numbers as they are, anything else as objects."""
    kind = chunks.type
    if pa.types.is_dictionary(kind) and is_text(kind.value_type):
        return _of_dictionaries(chunks)
    if is_text(kind):
        return _of_dictionaries(chunks.cast(pa.string()).dictionary_encode())
    if pa.types.is_dictionary(kind):
        return column_of(chunks.cast(kind.value_type))
    if pa.types.is_decimal(kind):
        return column_of(chunks.cast(pa.float64()))
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return column_of(chunks.cast(pa.string()))
    # Whole numbers stay whole beside blanks.
    return Column.of(chunks.to_pandas(integer_object_nulls=True))


def whole_numbers(texts: pa.ChunkedArray) -> NDArray[np.int64] | None:
    """(n,) the numbers, where all texts are whole ones as they would be written, and the first is a long one."""
    if texts.null_count or not _LONG.fullmatch(texts[0].as_py()):  # so of most columns, and told at once
        return None
    try:
        numbers: NDArray[np.int64] = texts.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    digits = 1 + np.searchsorted(_POWERS, numbers, side="right")
    return numbers if np.array_equal(digits, pyarrow.compute.binary_length(texts).to_numpy()) else None


def is_text(kind: pa.DataType) -> bool:
    """Whether cells of a kind are text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def give_back() -> None:
    """Return to the system what Arrow holds free for later: else it keeps what the matrix needs next."""
    pa.default_memory_pool().release_unused()


def _of_dictionaries(chunks: pa.ChunkedArray) -> Column:
    """A column from chunks with a dictionary each: one dictionary for all, in order of first appearance."""
    codes = np.empty(len(chunks), dtype=np.int32)
    if chunks.num_chunks == 0:
        return Column(np.empty(0, dtype=object), codes)
    parts = [chunk.dictionary for chunk in chunks.chunks]
    # What Arrow encoded here has one dictionary already; files bring one for each of their pieces.
    shared = all(part.equals(parts[0]) for part in parts[1:])
    united = None if shared else pa.concat_arrays(parts).dictionary_encode()
    at = first = 0
    for chunk, part in zip(chunks.chunks, parts, strict=True):
        here = codes[at : at + len(chunk)]
        if united is None:
            here[:] = _indices(chunk)
        else:
            to_united = united.indices[first : first + len(part)].to_numpy(zero_copy_only=False)
            np.take(np.append(to_united, np.int32(-1)), _indices(chunk), out=here)  # code -1, a missing cell, stays so
        at, first = at + len(chunk), first + len(part)
    distinct = parts[0] if united is None else united.dictionary
    return Column(distinct.to_numpy(zero_copy_only=False), codes)


def _indices(chunk: pa.DictionaryArray) -> NDArray[np.integer]:
    """Where in its dictionary each cell of a chunk is; -1 is a missing cell."""
    indices = chunk.indices.fill_null(-1) if chunk.indices.null_count else chunk.indices
    return indices.to_numpy(zero_copy_only=False)
