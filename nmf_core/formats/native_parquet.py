"""`Ratings` written to Parquet and read again, exactly.

Our own file is a long table that anyone can read: user, item and rating, by user and item as in V. Its metadata hold what
a long table cannot: the order of users and items, those without ratings, scale, notes and item metadata, with a hash of it all.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.assemble import LARGEST_RATING
from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import NmfError, RatingsError, shown
from nmf_core.formats import json_fields
from nmf_core.formats.base import MAX_UNPACKED_BYTES

MAX_RATINGS = 100_000_000
OWN, DIGEST, VERSION = b"latent-lens", b"latent-lens-sha256", 1
SCHEMA = pa.schema(
    [
        ("user", pa.dictionary(pa.int32(), pa.string())),
        ("item", pa.dictionary(pa.int32(), pa.string())),
        ("rating", pa.float32()),
    ]
)
WITH_TIMES = SCHEMA.append(pa.field("time", pa.float64()))  # seconds since 1970, blank where that is not known
ROWS = 1 << 20  # ratings that are written, and held twice, at a time


def to_parquet(ratings: Ratings, file: str | os.PathLike[str] | IO[bytes]) -> None:
    """Write ratings as a Parquet file: a long table (user, item, rating) for anyone, `Ratings` in full for `read_own`.

    Of item metadata, text and number columns keep their type; of any other column the text is kept.

    Args:
        ratings: at least one rating.
        file: a path, or a binary file object that is left open.

    Raises:
        RatingsError: no ratings, or more than can be read again.
        OSError: the file cannot be written.

    >>> from nmf_core import datasets
    >>> import io
    >>> file = io.BytesIO()
    >>> to_parquet(datasets.notebook(), file)
    >>> pd.read_parquet(file).head(1)
        user    item  rating
    0  User1  Movie1     5.0
    """
    require_ratings(ratings)
    if not 1 <= ratings.n_ratings <= MAX_RATINGS:
        raise RatingsError(
            f"There are {ratings.n_ratings:,} ratings; a Parquet file of ratings holds 1 to {MAX_RATINGS:,}. "
            "Rate something first, or keep fewer."
        )
    if isinstance(file, str | os.PathLike):
        with Path(file).open("wb") as opened:
            to_parquet(ratings, opened)
        return
    # Each row group has only the ids that occur in it, and a dictionary that never falls back to plain text.
    with pyarrow.parquet.ParquetWriter(
        file,
        _schema(ratings),
        compression="zstd",
        store_schema=False,
        write_page_checksum=True,
        dictionary_pagesize_limit=MAX_UNPACKED_BYTES,
    ) as writer:
        writer.add_key_value_metadata(_told(ratings))
        for batch in _batches(ratings):
            writer.write_batch(batch)


def _schema(ratings: Ratings) -> pa.Schema:
    """The columns of our own file."""
    return SCHEMA if ratings.times is None else WITH_TIMES


def _of_times(times: NDArray[np.float64] | None) -> dict[str, str]:
    """What our file says of times: their hash, where there are any."""
    if times is None:
        return {}
    return {"times": hashlib.sha256(np.ascontiguousarray(times, dtype="<f8").tobytes()).hexdigest()}


def _told(ratings: Ratings) -> dict[bytes, bytes]:
    """The metadata of our own file."""
    said = {
        "version": VERSION,
        "users": ratings.users.tolist(),
        "items": ratings.items.tolist(),
        "scale": [float(end) for end in ratings.scale],
        "notes": [json_fields.whole_text(note) for note in ratings.notes],
        "item_info": json_fields.info_columns(ratings.item_info),
        "fingerprint": ratings.fingerprint,
        **_of_times(ratings.times),
    }
    data = json.dumps(said, ensure_ascii=False, allow_nan=False).encode()
    return {OWN: data, DIGEST: hashlib.sha256(data).hexdigest().encode()}


def digest_of(ratings: Ratings) -> str:
    """sha256 (hex) of all that `to_parquet` writes; unlike the fingerprint, of notes and item metadata too.

    >>> from nmf_core import datasets
    >>> import io
    >>> file = io.BytesIO()
    >>> to_parquet(datasets.notebook(), file)
    >>> digest_of(datasets.notebook()) == digest_in(file)
    True
    """
    return _told(ratings)[DIGEST].decode()


def digest_in(file: str | os.PathLike[str] | IO[bytes]) -> str | None:
    """The `digest_of` the ratings in a file, by what it says itself; None if it is damaged, or not one of ours.

    Checksums are looked at, ratings are not made: a tenth of the time of `read_own`.
    """
    try:
        with _own_file(file) as parquet:
            for k in range(parquet.num_row_groups):
                parquet.read_row_group(k)
            return (parquet.metadata.metadata or {}).get(DIGEST, b"").decode() or None
    except (pa.ArrowException, OSError, ValueError):
        return None


def _batches(ratings: Ratings) -> Iterator[pa.RecordBatch]:
    """The observed cells in the order of V, so many at a time."""
    V = ratings.V
    users, items = (pa.array(ids.tolist(), pa.string()) for ids in (ratings.users, ratings.items))
    for start in range(0, V.nnz, ROWS):
        end = min(start + ROWS, V.nnz)
        first = int(np.searchsorted(V.indptr, start, side="right")) - 1
        last = int(np.searchsorted(V.indptr, end, side="left"))
        counts = np.diff(np.clip(V.indptr[first : last + 1], start, end))
        u = np.repeat(np.arange(last - first, dtype=np.int32), counts)
        i = V.indices[start:end]
        there = np.zeros(ratings.n_items, dtype=bool)
        there[i] = True
        code = np.cumsum(there, dtype=np.int32) - 1
        columns = [
            pa.DictionaryArray.from_arrays(u, users[first:last]),
            pa.DictionaryArray.from_arrays(code[i], items.filter(pa.array(there))),
            pa.array(V.data[start:end], pa.float32()),
        ]
        if ratings.times is not None:
            columns.append(pa.array(ratings.times[start:end], pa.float64(), from_pandas=True))
        yield pa.record_batch(columns, schema=_schema(ratings))


def read_own(file: str | os.PathLike[str] | IO[bytes], *, name: str = "The file") -> Ratings:
    """The ratings that `to_parquet` wrote, exactly: order, explicit zeros, users and items without ratings, scale, all.

    Args:
        file: a path or a binary file object.
        name: what errors call the file.

    Raises:
        RatingsError: another kind of file, or one that is damaged or was changed.

    >>> from nmf_core import datasets
    >>> import io
    >>> file = io.BytesIO()
    >>> to_parquet(datasets.notebook(), file)
    >>> read_own(file).fingerprint == datasets.notebook().fingerprint
    True
    """
    try:
        with _own_file(file) as parquet:
            said = _said(parquet.metadata.metadata or {})
            users, items = _part(json_fields.ids_of, said, "users"), _part(json_fields.ids_of, said, "items")
            V, times = _cells(parquet, users, items)
        ratings = Ratings(
            V,
            users,
            items,
            _part(json_fields.scale_of, said, "scale"),
            json_fields.info_of(said.get("item_info"), items),
            _part(json_fields.notes_of, said, "notes"),
            times,
        )
        if _of_times(times) != {key: said[key] for key in ("times",) if key in said}:
            raise ValueError("the times of the ratings are others than were written")
        if ratings.fingerprint != said.get("fingerprint"):
            raise ValueError("the ratings have another fingerprint")
    except NmfError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as e:
        raise RatingsError(
            f"{name} is no whole Parquet file of Latent Lens ({str(e)[:150]}). Put back a copy of it, or write it again."
        ) from e
    return ratings


def _own_file(file: str | os.PathLike[str] | IO[bytes]) -> pyarrow.parquet.ParquetFile:
    """A file opened as ours is to be."""
    return pyarrow.parquet.ParquetFile(
        file,
        read_dictionary=SCHEMA.names[:2],
        page_checksum_verification=True,
        thrift_string_size_limit=MAX_UNPACKED_BYTES,
    )


def _said(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    """What our own file says of its ratings, known to be as it was written."""
    if OWN not in metadata or DIGEST not in metadata:
        raise ValueError("it says nothing of Latent Lens")
    if hashlib.sha256(metadata[OWN]).hexdigest().encode() != metadata[DIGEST]:
        raise ValueError("what it says of its ratings is damaged")
    said = json_fields.loads(metadata[OWN])
    if not isinstance(said, dict) or said.get("version") != VERSION:
        raise ValueError(f"it is not of version {VERSION}, which this library reads")
    return said


def _part(read: Any, said: dict[str, Any], key: str) -> Any:
    """A part of what is said, read; what is amiss names it."""
    try:
        return read(said.get(key))
    except ValueError as e:
        raise ValueError(f"its {key} {e}") from e


def _cells(
    parquet: pyarrow.parquet.ParquetFile, users: pd.Index, items: pd.Index
) -> tuple[sparse.csr_array, NDArray[np.float64] | None]:
    """V, and the times where there are any, from the columns, which must be such as `to_parquet` writes."""
    timed = parquet.schema_arrow.equals(WITH_TIMES, check_metadata=False)
    if not timed and not parquet.schema_arrow.equals(SCHEMA, check_metadata=False):
        raise ValueError(f"its columns are {shown(parquet.schema_arrow.names)}, or of other types")
    if not 1 <= parquet.metadata.num_rows <= min(MAX_RATINGS, len(users) * len(items)):
        raise ValueError(f"{parquet.metadata.num_rows} ratings for {len(users)} users and {len(items)} items")
    counts = np.zeros(len(users), dtype=np.int64)
    indices, data, times, last = [], [], [], -1
    for k in range(parquet.num_row_groups):
        group = parquet.read_row_group(k)
        group.validate(full=True)
        u, i = _codes(group.column("user"), users), _codes(group.column("item"), items)
        values = group.column("rating").to_numpy()
        if group.column("rating").null_count or not ((values >= 0) & (values <= LARGEST_RATING)).all():
            raise ValueError("a rating is blank, negative or no number")
        cell = u * len(items) + i
        if len(cell) and not (cell[0] > last and (np.diff(cell) > 0).all()):
            raise ValueError("its ratings are in another order, or some are there twice")
        last = cell[-1] if len(cell) else last
        counts += np.bincount(u, minlength=len(users))
        indices.append(i.astype(np.int32))
        data.append(values)
        times.append(group.column("time").to_numpy() if timed else np.zeros(0))
    indptr = np.concatenate([[0], np.cumsum(counts)])
    V = sparse.csr_array((np.concatenate(data), np.concatenate(indices), indptr), shape=(len(users), len(items)))
    V.has_sorted_indices = True
    return V, np.concatenate(times) if timed else None


def _codes(column: pa.ChunkedArray, ids: pd.Index) -> NDArray[np.int64]:
    """The position of each id of a column."""
    if column.null_count:
        raise ValueError("an id is blank")
    parts = [np.zeros(0, dtype=np.int64)]
    for chunk in column.chunks:
        known = ids.get_indexer(pd.Index(chunk.dictionary.to_pylist(), dtype=ids.dtype))
        codes = np.asarray(known, dtype=np.int64)[chunk.indices.to_numpy()]
        if (codes < 0).any():
            raise ValueError("an id in its columns is not among its users or items")
        parts.append(codes)
    return np.concatenate(parts)
