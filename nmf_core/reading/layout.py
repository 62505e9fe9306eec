"""`Layout`: what a way to read a table is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from nmf_core.data.ratings import Ratings
from nmf_core.reading.evidence import Given, Reading
from nmf_core.reading.looks import Look
from nmf_core.reading.options import Plan, Question, ReadOptions
from nmf_core.tables.base import Head, Table


@dataclass(frozen=True)
class Layout:
    """A way to read a table.

    Attributes:
        name: what `read_ratings(layout=...)` calls it.
        words: what a row is then, for people.
        readings: given a table, a look at its columns, its header, what a person said of the columns, and whether this way was
            asked for: each way to read the table so, with its evidence; none where it cannot be read so.
        read: makes ratings by such a plan, and says what their numbers leave to ask.
    """

    name: str
    words: str
    readings: Callable[[Table, tuple[Look, ...], Head, Given, bool], Iterable[Reading]]
    read: Callable[[Plan, ReadOptions], tuple[Ratings, tuple[Question, ...]]]
