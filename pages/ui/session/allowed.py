"""What a value may be that comes from outside, whoever says it: an address, a browser, the store."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 40  # characters of a number


@dataclass(frozen=True)
class Number:
    """Numbers from `low` to `high`, whole ones alone where `whole`.

    >>> Number(1, 50, whole=True).checked("3"), Number(0, 1).checked(0.5)
    (3, 0.5)
    """

    low: float
    high: float
    whole: bool = False

    def __str__(self) -> str:
        return f"a {'whole ' if self.whole else ''}number from {self.low:g} to {self.high:.15g}"

    def checked(self, value: object) -> float:
        """A number, or the text of one, as a number.

        Raises:
            ValueError: it is none of these.
        """
        if isinstance(value, str) and len(value) <= LONGEST:
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            raise ValueError(str(self))
        if not self.whole:
            return value
        if not float(value).is_integer():
            raise ValueError(str(self))
        return int(value)


@dataclass(frozen=True)
class Words:
    """Some words.

    >>> Words(("a", "b")).checked("a")
    'a'
    """

    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"one of {', '.join(self.words)}"

    def checked(self, value: object) -> str:
        """One of the words.

        Raises:
            ValueError: it is none of these.
        """
        if not isinstance(value, str) or value not in self.words:
            raise ValueError(str(self))
        return value


Allowed = Number | Words
