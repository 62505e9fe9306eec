"""What every format shares: the `Format` of the registry, the `Table` it reads, limits, and kinds of foreign files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.errors import RatingsError

MAX_FILE_BYTES = 200_000_000
MAX_UNPACKED_BYTES = 1_000_000_000
MAX_COLUMNS = 50_000
MAX_GRID_CELLS = 20_000_000


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in a file, before anything is made of it.

    Attributes:
        name: the file, as errors show it.
        header: (n_columns,) text of the first row; a blank header is "".
        cells: n_rows × n_columns frame with the columns 0…n_columns-1; cells are text, numbers or missing.
        lines: (n_rows,) where each row stands, counted from 1 as an editor or Excel does.
        header_line: where the header stands.
        place: "line" or "row", the word for what `lines` counts.
        notes: what was settled while reading, in words.
        items: metadata that came with the ratings, indexed by item id; or None.
    """

    name: str
    header: tuple[str, ...]
    cells: pd.DataFrame
    lines: NDArray[np.int64]
    header_line: int = 1
    place: str = "line"
    notes: tuple[str, ...] = ()
    items: pd.DataFrame | None = None


@dataclass(frozen=True)
class Format:
    """A kind of file that ratings can be read from.

    Attributes:
        name: what `read_ratings(format=...)` calls it.
        title: what people call it.
        extensions: lower case, without the dot.
        sniff: whether the first bytes of a file, and its name, look like this format.
        read: the bytes of a file and its name for errors, to a `Table`; raises RatingsError.
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    sniff: Callable[[bytes, str], bool]
    read: Callable[[bytes, str], Table]


def table_of_rows(rows: Sequence[Sequence[object]], lines: Sequence[int], **rest: object) -> Table:
    """A Table of equally long rows, the first of which is the header."""
    header = tuple(text_of(cell) for cell in rows[0])
    cells = pd.DataFrame(list(rows[1:]), columns=range(len(header)), dtype=object)
    return Table(header=header, cells=cells, lines=np.asarray(lines[1:], dtype=np.int64), header_line=lines[0], **rest)  # type: ignore[arg-type]


def text_of(cell: object) -> str:
    """A cell as trimmed text, whole floats without .0, control characters and lone surrogates replaced by �."""
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        cell = int(cell)
    text = str(cell).strip()
    if text.isascii() and text.isprintable():
        return text
    return "".join("�" if unicodedata.category(c) in ("Cc", "Cs") else c for c in text)


def check_width(name: str, n_columns: int) -> None:
    """Refuse a table with more columns than can be handled."""
    if n_columns > MAX_COLUMNS:
        raise RatingsError(
            f"{name} has {n_columns} columns; at most {MAX_COLUMNS} can be read. "
            "Give the ratings as a long table: one row a rating, with the columns user, item and rating."
        )


# First bytes that no table of text begins with, and what such a file is.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "a Parquet file"),
    (b"PK\x03\x04", "a zip archive (as Excel files are)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file (.xls) or one with a password"),
    (b"\x93NUMPY", "a NumPy file"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x7fELF", "a program"),
    (b"ARROW1", "an Arrow file"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
)
_JSON = re.compile(rb'(\xef\xbb\xbf)?\s*(\{\s*["}]|\[\s*[\[{"\]\d-])')
_MARKUP = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml|svg)", re.IGNORECASE)


def kind_of(head: bytes) -> str:
    """What the first bytes say a file is, such as "a gzip archive"; "" if they say nothing."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if _JSON.match(head):
        return "JSON"
    return "a web page or XML" if _MARKUP.match(head) else ""
