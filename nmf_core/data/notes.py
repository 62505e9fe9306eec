"""What reading changed or left out, as notes beside the ratings."""

from __future__ import annotations

from nmf_core.words import many


class DataNote(str):
    """A note that tells of data which reading changed or left out, rather than of how they were read."""

    __slots__ = ()


def replaced(count: int, what: str) -> DataNote:
    """The note on names with characters that were replaced."""
    return DataNote(f"{many(count, f'{what} name')} had control or broken characters, which were replaced by �.")
