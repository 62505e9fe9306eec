"""Microsoft's compound files, in which old workbooks and those with a password lie: the streams in one, and one made anew.

A chain of sectors is followed once and no further than there are sectors: what reads workbooks follows it in circles, and makes
room for whatever length is announced. So it is given a container that was made here, with nothing but the one stream in it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END, _FREE, _FAT, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
_ENTRY, _MINI, _IN_HEAD = (
    128,
    64,
    109,
)  # bytes of an entry and of a small sector; places of the table that the head has room for
_STREAM, _ROOT = 2, 5
_SECTOR = 4096


class Damaged(ValueError):
    """No compound file, or one whose sectors lead nowhere."""


@dataclass(frozen=True)
class Stream:
    """A stream by where it begins and how long it is said to be."""

    start: int
    length: int


class Container:
    """A compound file, to be asked for its streams.

    Attributes:
        streams: every stream by its name, of whatever folder.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) < 512 or not data.startswith(MARK):
            raise Damaged("no head")
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise Damaged("sectors of an unknown size")
        self._data, self._size = data, 1 << shift
        directory, self._least, mini_fat = struct.unpack_from("<I4xII", data, 48)
        self._table = self._numbers(self._table_sectors())
        entries = list(_entries(self._bytes(directory, self._table)))
        root = next((stream for _, kind, stream in entries if kind == _ROOT), Stream(_END, 0))
        self._mini = self._bytes(root.start, self._table)[: root.length]
        self._mini_table = _numbers(self._bytes(mini_fat, self._table))
        self.streams: Mapping[str, Stream] = {name: stream for name, kind, stream in entries if kind == _STREAM}

    def content(self, stream: Stream) -> bytes:
        """The bytes of a stream, as many of them as are there."""
        if stream.length >= self._least:
            return self._bytes(stream.start, self._table)[: stream.length]
        places = _chain(stream.start, self._mini_table)
        return b"".join(self._mini[k * _MINI : (k + 1) * _MINI] for k in places)[: stream.length]

    def _sector(self, number: int) -> bytes:
        """One sector; the last may be cut short."""
        return self._data[(number + 1) * self._size : (number + 2) * self._size]

    def _bytes(self, start: int, table: tuple[int, ...]) -> bytes:
        """The sectors of a chain."""
        return b"".join(map(self._sector, _chain(start, table)))

    def _table_sectors(self) -> list[int]:
        """Where the table of what follows what lies: in the head, and in a chain of its own."""
        found = list(struct.unpack_from(f"<{_IN_HEAD}I", self._data, 76))
        following, most = struct.unpack_from("<I", self._data, 68)[0], len(self._data) // self._size
        for _ in range(most // (self._size // 4) ** 2 + 2):  # as many as a table of so many sectors takes
            numbers = _numbers(self._sector(following)) if following < _FAT - 1 else ()
            if not numbers:
                break
            found.extend(numbers[:-1])
            following = numbers[-1]
        return [number for number in found if number < most]

    def _numbers(self, sectors: list[int]) -> tuple[int, ...]:
        """The numbers in some sectors; none of them is read twice."""
        return tuple(number for sector in dict.fromkeys(sectors) for number in _numbers(self._sector(sector)))


def _numbers(data: bytes) -> tuple[int, ...]:
    """Bytes as whole numbers of 4 bytes each."""
    return struct.unpack_from(f"<{len(data) // 4}I", data)


def _chain(start: int, table: tuple[int, ...]) -> Iterator[int]:
    """The sectors from one to the end of its chain."""
    at = start
    for _ in range(len(table)):
        if at >= len(table):
            break
        yield at
        at = table[at]
    else:
        if at != _END:
            raise Damaged("sectors in a circle")


def _entries(directory: bytes) -> Iterator[tuple[str, int, Stream]]:
    """Name, kind and stream of each entry of a directory."""
    for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        n, kind = struct.unpack_from("<HB", directory, at + 64)
        start, length = struct.unpack_from("<II", directory, at + 116)
        yield directory[at : at + min(max(n - 2, 0), 64)].decode("utf-16-le", "replace"), kind, Stream(start, length)


def container(name: str, content: bytes) -> bytes:
    """A compound file with one stream; blanks fill it up to where streams stop being small."""
    content = content.ljust(_SECTOR, b"\0")
    n_content = -(-len(content) // _SECTOR)
    n_table = 1
    while n_table * (_SECTOR // 4) < n_table + 2 + n_content:
        n_table += 1
    if n_table > _IN_HEAD:
        raise Damaged("too large to be made anew")
    # First the table, then the directory, a sector for small streams that nothing uses, and the content.
    directory, small = n_table, n_table + 1
    table = [_FAT] * n_table + [_END, _END] + [*range(small + 2, small + 1 + n_content), _END]
    table += [_FREE] * (n_table * (_SECTOR // 4) - len(table))
    head = MARK + bytes(16) + struct.pack("<HHHHH", 0x3E, 4, 0xFFFE, 12, 6) + bytes(6)
    head += struct.pack("<9I", 1, n_table, directory, 0, _SECTOR, _END, 0, _END, 0)
    places = [*range(n_table)] + [_FREE] * (_IN_HEAD - n_table)
    head = (head + struct.pack(f"<{_IN_HEAD}I", *places)).ljust(_SECTOR, b"\0")
    entries = _entry("Root Entry", _ROOT, small, _SECTOR, child=1) + _entry(name, _STREAM, small + 1, len(content))
    return (
        head
        + struct.pack(f"<{len(table)}I", *table)
        + entries.ljust(_SECTOR, b"\0")
        + bytes(_SECTOR)
        + content.ljust(n_content * _SECTOR, b"\0")
    )


def _entry(name: str, kind: int, start: int, length: int, child: int = _NONE) -> bytes:
    """An entry of the directory."""
    text = name.encode("utf-16-le")
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(text) + 2, kind, 1, _NONE, _NONE, child)
        + bytes(36)
        + struct.pack("<IQ", start, length)
    )
