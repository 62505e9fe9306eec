"""What every format shares: the `Format` of the registry, limits, and what a file is by its first bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nmf_core.formats.kinds import kind_at
from nmf_core.tables.base import Table

MAX_FILE_BYTES = 4_000_000_000
MAX_UNPACKED_BYTES = 1_000_000_000

# What a format reads from: the bytes of a file, or the path of one that need not be in memory at once.
Data = bytes | Path


@dataclass(frozen=True)
class Format:
    """A kind of file that ratings can be read from.

    Attributes:
        name: what `read_ratings(format=...)` calls it.
        title: what people call it.
        extensions: lower case, without the dot.
        sniff: whether the first bytes of a file, and its name, look like this format.
        read: a file and its name for errors, to a `Table`; raises RatingsError.
        takes: keywords of `read_ratings` that `read` has to be told.
        summary, when: what stands in such a file, and when to use it, for the glossary.
        example: makes a small file, for tests: ann rated x with 5 and y with 3, bob rated x with 4; without names, in order.
        has_ids: whether its tables name users and items; if not, rows and columns are numbered.
        has_header: whether its tables can say what each column is.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    sniff: Callable[[bytes, str], bool]
    read: Callable[..., Table]
    takes: tuple[str, ...] = ()
    summary: str = ""
    when: str = ""
    example: Callable[[], bytes] | None = None
    has_ids: bool = True
    has_header: bool = True


def opened(data: Data) -> IO[bytes]:
    """A file to read from its beginning."""
    return io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")


def whole(data: Data) -> bytes:
    """All bytes of a file."""
    return data.read_bytes() if isinstance(data, Path) else data


def kind_of(head: bytes) -> str:
    """What the first bytes say a file is, such as "a gzip archive"; "" if they say nothing."""
    kind = kind_at(head)
    return "" if kind is None else kind.what
