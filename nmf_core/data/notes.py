"""What reading changed or left out, as notes beside the ratings."""

from __future__ import annotations


class DataNote(str):
    """A note that tells of data which reading changed or left out, rather than of how they were read."""

    __slots__ = ()


def replaced(count: int, what: str) -> DataNote:
    """The note on names with characters that were replaced."""
    names = f"1 {what} name" if count == 1 else f"{count} {what} names"
    return DataNote(f"{names} had control or broken characters, which were replaced by �.")
