"""When ratings were given: a column of times beside them, as seconds since 1970, never as ratings."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.reading.looks import Look
from nmf_core.tables.base import Column, Table, texts_of
from nmf_core.tables.contents import number_of
from nmf_core.tables.headers import plain
from nmf_core.tables.numbers import is_number

LARGE = 64_000_000  # bytes of a file from which on times are passed over: they would take time and memory that nobody asked for
_BEGUN = frozenset("start started startdate begin released releasedate publisheddate birthdate dob joined".split())
_EARLIEST = np.datetime64("1900-01-01")
_CALLED = frozenset("timestamp unixtime unixreviewtime unixtimestamp epoch".split())
_UNITS = (1.0, 1e3, 1e6)  # seconds, milliseconds, microseconds


def time_column(table: Table, looks: Sequence[Look], others: Collection[int]) -> int | None:
    """The column that says when each rating was given, if one does; the first of several.

    Args:
        table, looks: the list, and a look at each of its columns.
        others: columns that are something else.
    """
    if table.n_bytes > LARGE:
        return None
    return next((k for k, look in enumerate(looks) if k not in others and _says_when(look)), None)


def _says_when(look: Look) -> bool:
    """Whether a column holds times or days, and not those of what was rated."""
    times = (
        look.epochs
        or (look.numeric and plain(look.header) in _CALLED)
        or (look.dates and not np.isnan(seconds_of(look.column)).all())
    )
    return times and plain(look.header) not in _BEGUN


def seconds_of(column: Column) -> NDArray[np.float64]:
    """(n_rows,) seconds since 1970 (UTC) of each cell; NaN where it says no time.

    >>> seconds_of(Column(np.array(["881250949", "2024-01-31 12:00", "soon"], dtype=object), np.arange(3)))
    array([8.81250949e+08, 1.70670240e+09,            nan])
    """
    if column.codes is None:  # a number for each row
        return _in_seconds(column.cells.astype(np.float64))
    cells = column.cells
    try:
        numbers = cells.astype(np.float64)
        if not np.isnan(numbers).any() and not _are_days(numbers):
            return np.append(_in_seconds(numbers), np.nan)[column.codes]
    except ValueError:  # not numbers alone
        pass
    texts = texts_of(cells)
    numbers = np.array([number_of(text) if is_number(text) else np.nan for text in texts])
    days = np.array([len(text) in (8, 14) and text[:2] in ("19", "20") for text in texts], dtype=bool)
    written = [
        text if day or number != number else None for text, number, day in zip(texts, numbers, days, strict=True)
    ]
    parsed = pd.to_datetime(pd.Series(written, dtype=object), errors="coerce", utc=True, format="mixed")
    moments = parsed.dt.tz_localize(None).to_numpy().astype("datetime64[ms]")
    unknown = np.isnat(moments) | (moments < _EARLIEST)  # "14 May" lacks its year
    of_text = np.where(unknown, np.nan, moments.astype(np.int64) / 1e3)
    seconds = np.where(np.isnan(of_text), _in_seconds(numbers), of_text)
    return np.append(seconds, np.nan)[column.codes]


def _are_days(numbers: NDArray[np.float64]) -> bool:
    """Whether numbers may be days written as 20240131, or with the time of day behind."""
    return bool(((numbers > 1.9e7) & (numbers < 2.1e7)).any() or ((numbers > 1.9e13) & (numbers < 2.1e13)).any())


def _in_seconds(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers in seconds, whether they are so, or a thousand or a million in each."""
    top = float(np.nanmax(numbers, initial=0))
    return numbers / next((unit for unit in _UNITS if top < 1e10 * unit), _UNITS[-1])
