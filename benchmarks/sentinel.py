"""A word of one's own, to see whether what one person wrote reaches another."""

from __future__ import annotations

import re
import secrets
from collections import Counter

WORD = re.compile(rb"sentinel[0-9a-f]{4,12}")  # as short as names are cut to


class Sentinel:
    """A person's own word, and whose words are in a message that they got."""

    def __init__(self, word: str = "") -> None:
        """A new word, unless one is given."""
        self.word = word or f"sentinel{secrets.token_hex(6)}"
        self.own = 0
        self.others: Counter[str] = Counter()

    def __call__(self, message: bytes) -> None:
        """Look through a message; a name may be cut, a word's beginning counts too.

        >>> mine = Sentinel("sentinel00ff00ff00ff")
        >>> mine(b"sentinel00ff00f")
        >>> mine(b"mine: sentinel00ff00ff00ff, whose: sentinelabcdef")
        >>> mine.own, dict(mine.others)
        (2, {'sentinelabcdef': 1})
        """
        for found in WORD.findall(message):
            if self.word.startswith(found.decode()):
                self.own += 1
            else:
                self.others[found.decode()] += 1
