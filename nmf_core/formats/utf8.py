"""A file of text as UTF-8 without a mark, whatever it was: marks, lone surrogates, older encodings."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nmf_core.data.notes import DataNote
from nmf_core.errors import RatingsError
from nmf_core.formats.base import Data, opened, whole
from nmf_core.formats.encodings import ENCODINGS, guessed, is_in
from nmf_core.words import many

# Byte order marks; UTF-32's little-endian mark begins with that of UTF-16.
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True, eq=False)
class Utf8:
    """A file as UTF-8 without a mark.

    Attributes:
        data: the text, or the path of it.
        notes: what had to be settled for it.
        encoding, sure: the older encoding that it was in, if it was in one, and whether there is little doubt of that.
    """

    data: Data
    notes: tuple[str, ...] = ()
    encoding: str = ""
    sure: bool = True


def as_utf8(data: Data, name: str, asked: str | None) -> Utf8:
    """The file as UTF-8; `asked`: which older encoding it is in, if it is not."""
    if isinstance(data, Path):
        with data.open("rb") as file:
            head = file.read(4)  # as long as the longest mark
        if not any(head.startswith(mark) for mark, _ in _MARKS) and _is_utf8(data):
            return Utf8(data)
        data = whole(data)
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")
    if encoding in ("", "utf-8"):
        plain = data.removeprefix(b"\xef\xbb\xbf")
        if _is_utf8(plain):
            return Utf8(plain)
        if not encoding:
            return _old_text(plain, name, asked)
    try:
        text = data.decode(encoding, "surrogatepass").removeprefix("\ufeff")
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        raise RatingsError(
            f"{name}, line {line}: the file is marked as {encoding.upper()} but is broken there. Save it again as UTF-8."
        ) from e
    return Utf8(*_without_surrogates(text))


def _is_utf8(data: Data) -> bool:
    """Whether a whole file is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in pieces(data):
            if not piece.isascii() or decoder.getstate()[0]:
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _old_text(data: bytes, name: str, asked: str | None) -> Utf8:
    """Text that is not UTF-8: with lone surrogates, or in an older encoding."""
    if asked is None:
        try:
            return Utf8(*_without_surrogates(data.decode("utf-8", "surrogatepass")))
        except UnicodeDecodeError:
            pass
    encoding, sure = guessed(data) if asked is None else (asked, True)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as e:
        others = [other for other in ENCODINGS if is_in(data, other)]  # that of old Macintoshes holds any byte
        tried = "UTF-8, UTF-16 or Latin-1" if asked is None else ENCODINGS[asked]
        raise RatingsError(
            f"{name}, line {data.count(bytes([10]), 0, e.start) + 1}: byte {data[e.start]:#04x} is no text in {tried}. Save the "
            "file as UTF-8, or say what it is in.",
            script=f"Choose by encoding={others[0]!r}, or another of {', '.join(others)}.",
            asks=["encoding"],
        ) from e
    step = "" if asked is not None else " Check names with accents, or save it as UTF-8."
    note = f"The file is not UTF-8; it was read as {ENCODINGS[encoding]}.{step}"
    return Utf8(text.encode(), (note,), encoding, sure)


def _without_surrogates(text: str) -> tuple[bytes, tuple[str, ...]]:
    """Lone surrogates pass as �, so that one broken name does not make the whole file unreadable."""
    clean, count = re.subn("[\ud800-\udfff]", "�", text)
    words = many(count, "broken character was", "broken characters were")
    return clean.encode(), (DataNote(f"{words} replaced by �."),) if count else ()


def pieces(data: Data) -> Iterator[bytes]:
    """The bytes piece by piece; pieces that stay in the processor's cache."""
    with opened(data) as file:
        while piece := file.read(1 << 20):
            yield piece
