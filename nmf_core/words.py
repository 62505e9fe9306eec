"""Words for people: plurals, lists and cuts, the same everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import count


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


def cut_apart(names: Sequence[str], limit: int) -> list[str]:
    """Each name in at most `limit` characters (10 or more), different ones staying different, the same in any order of them.

    Where two begin alike, the middle goes and the end stays; where that is alike too, they are numbered.

    >>> cut_apart(["Star Wars: A New Hope", "Star Wars: The Return", "Alien"], 12)
    ['Star…ew Hope', 'Star… Return', 'Alien']
    >>> cut_apart(["Alien part 1 of the two", "Alien part 2 of the two"], 12)
    ['Alien p… (1)', 'Alien p… (2)']
    """
    whole = {name for name in names if len(name) <= limit}
    long = sorted(set(names) - whole)
    end = limit // 2 + 1
    forms = [[cut(name, limit) for name in long], [f"{name[: limit - 1 - end]}…{name[-end:]}" for name in long]]
    often = [Counter([*whole, *form]) for form in forms]
    short, taken = {name: name for name in whole}, set(whole)
    for name, *ways in zip(long, *forms, strict=True):
        alone = [way for way, times in zip(ways, often, strict=True) if times[way] == 1 and way not in taken]
        marks = (f" ({k})" for k in count(1))
        short[name] = (
            alone[0]
            if alone
            else next(way for way in (cut(name, limit - len(mark)) + mark for mark in marks) if way not in taken)
        )
        taken.add(short[name])
    return [short[name] for name in names]


def told_apart(names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """The names, each once: one that is given twice, or is `taken`, gets its place, again where that is another's name.

    >>> told_apart(["Action", "Action", "Action (2)"])
    ['Action (1)', 'Action (2) (2)', 'Action (2)']
    """
    times = Counter(names)
    used = {*taken, *(name for name in names if times[name] == 1)}
    out = []
    for place, name in enumerate(names, 1):
        if times[name] > 1 or name in taken:
            name = f"{name} ({place})"
            while name in used:
                name = f"{name} ({place})"
            used.add(name)
        out.append(name)
    return out


def listed(names: Sequence[str]) -> str:
    """Names as people list them.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
