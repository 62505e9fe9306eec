"""RecBole's text: columns apart by tabs, each header a name and a type, such as user_id:token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from nmf_core.formats.base import Data, Format
from nmf_core.formats.headed import renamed
from nmf_core.formats.kinds import RECBOLE, kind_at
from nmf_core.tables.base import Column, Table

_GENRES = ("class", "genre", "genres")  # as its sets call them


def read(data: Data, name: str, encoding: str | None = None) -> Table:
    """A Table whose headers are the names without their types, and whose genres are apart by bars as elsewhere."""
    table = renamed(data, name, lambda header: header.rpartition(":")[0] or header, encoding)
    genres = [k for k, header in enumerate(table.header) if header in _GENRES]
    return replace(
        table,
        take=partial(_take, table.take, genres) if genres else table.take,
        encodings={one: partial(read, data, name, one) for one in table.encodings},
    )


def _take(
    take: Callable[..., tuple[Column, ...]], genres: Sequence[int], positions: Sequence[int], rows: int | None = None
) -> tuple[Column, ...]:
    """Columns, those of genres with bars in place of blanks."""
    return tuple(
        _barred(column) if k in genres else column for k, column in zip(positions, take(positions, rows), strict=True)
    )


def _barred(column: Column) -> Column:
    """A column whose words are apart by bars."""
    return Column(np.array(["|".join(cell.split()) for cell in column.cells] + [None], dtype=object)[:-1], column.codes)


FORMAT = Format(
    "recbole",
    "RecBole",
    ("inter", "item"),
    lambda head, name: kind_at(head) is RECBOLE,
    read,
    takes=("encoding",),
    summary="columns apart by tabs, each header with its type: `user_id:token`; `.item` holds titles and genres",
    when="for its ready-made data sets",
    example=lambda: b"user:token\titem:token\trating:float\nann\tx\t5\nann\ty\t3\nbob\tx\t4\n",
)
