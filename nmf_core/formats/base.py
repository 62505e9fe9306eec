"""What every format shares: the `Format` of the registry, limits, and what foreign files are by their first bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

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


def whole(data: Data) -> bytes:
    """All bytes of a file."""
    return data.read_bytes() if isinstance(data, Path) else data


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
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        head = head[: len(head) // 4 * 4].decode("utf-32", "replace").encode()
    elif head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if _JSON.match(head):
        return "JSON"
    return "a web page or XML" if _MARKUP.match(head) else ""
