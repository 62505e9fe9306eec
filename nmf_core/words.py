"""Words for people: plurals, lists and cuts, the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence


def noun(count: int, one: str, more: str = "") -> str:
    """The word that goes with a count, a noun or another.

    >>> noun(1, "rating"), noun(0, "rating"), noun(2, "is", "are")
    ('rating', 'ratings', 'are')
    """
    return one if count == 1 else more or f"{one}s"


def many(count: int, one: str, more: str = "") -> str:
    """A number with its noun, thousands apart.

    >>> many(1, "rating"), many(2000, "rating"), many(2, "entry", "entries")
    ('1 rating', '2,000 ratings', '2 entries')
    """
    return f"{count:,} {noun(count, one, more)}"


def share(part: float) -> str:
    """A share of 1 in percent, with two digits at least below 10 %, and 100 % for all alone: the same share reads alike everywhere.

    >>> share(0.0164), share(0.000123), share(0.65), share(0.999), share(1.0)
    ('1.6%', '0.012%', '65%', '99.9%', '100%')
    """
    if part < 0.0995:
        return f"{100 * part:.2g}%"
    return f"{part:.0%}" if part <= 0.99 or part == 1 else f"{100 * min(part, 0.999):.1f}%"


def cut(text: str, limit: int = 120) -> str:
    """Text of at most `limit` characters, with an ellipsis where there was more.

    >>> cut("Alien", 4)
    'Ali…'
    """
    return text if len(text) <= limit else text[: limit - 1] + "…"


def listed(names: Sequence[str]) -> str:
    """Names as people list them.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
