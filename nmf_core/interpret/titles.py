"""Finding an item by its title as people say it: "the lion king" is "Lion King, The (1994)"."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np
import pandas as pd

from nmf_core.errors import whole_number

# Articles that catalogues put behind a title, of the languages that the films in them have most.
_ARTICLES = (
    "The|An|A|Les|Le|La|L'|Une|Un|Des|Die|Der|Das|Den|Dem|Ein|Eine|El|Los|Las|Lo|Il|I|Gli|Os|As|O|De|Het|Det|En|Ett"
)
_BEHIND = re.compile(rf"(?P<before>^|\()(?P<title>[^()]+?), (?P<article>{_ARTICLES})(?=\s*(?:\(|\)|$))")
_WORD = re.compile(r"\w+")


def spoken(title: str) -> str:
    """A title with its article where people say it; one without such an article as it is.

    >>> spoken("Lion King, The (1994)"), spoken("Avventura, L' (1960)"), spoken("Heat (1995)")
    ('The Lion King (1994)', "L'Avventura (1960)", 'Heat (1995)')
    """
    return _BEHIND.sub(_said, title)


def _said(found: re.Match[str]) -> str:
    """The article, then the title."""
    between = "" if found["article"].endswith("'") else " "
    return f"{found['before']}{found['article']}{between}{found['title']}"


def plain_letters(text: str) -> str:
    """Text in small letters without marks on them: what somebody types who does not look for the right key.

    >>> plain_letters("Amélie"), plain_letters("Ærø STRASSE")
    ('amelie', 'ærø strasse')
    """
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


@lru_cache(maxsize=100_000)
def option(title: str) -> str:
    """A title as a search box shows it: followed by how it is said and typed, where that differs, so that either is found.

    >>> option("Lion King, The (1994)"), option("Heat (1995)")
    ('Lion King, The (1994) · The Lion King', 'Heat (1995)')
    >>> option("Léon (1994)")
    'Léon (1994) · leon'
    """
    said = re.sub(r"\s*\(\d{4}\)$", "", spoken(title))
    typed = plain_letters(said)
    if typed != said.casefold():
        return f"{title} · {typed}"
    return title if spoken(title) == title else f"{title} · {said}"


def find_items(items: pd.Index, asked: str, *, n: int = 20) -> list[str]:
    """The items whose titles have every word that is asked for, as parts of words, whatever the place of an article.

    Titles that are just so come first, then those that begin so, then the shorter ones; ties by their place among the items.

    >>> find_items(pd.Index(["Lion in Winter, The (1968)", "Lion King, The (1994)", "Amélie (2001)"]), "the lion king")
    ['Lion King, The (1994)']
    >>> find_items(pd.Index(["Lion King, The (1994)", "Amélie (2001)"]), "amelie")
    ['Amélie (2001)']
    """
    n = whole_number("n", n, 1, 100_000)
    words = _WORD.findall(plain_letters(asked))
    if not words:
        return items[:n].tolist()
    said = " ".join(words)
    found: list[tuple[int, int, int]] = []
    for place, title in enumerate(items):
        told = " ".join(_WORD.findall(plain_letters(spoken(title))))
        if all(word in told for word in words):
            just_so = told == said or re.fullmatch(rf"{re.escape(said)} \d{{4}}", told) is not None
            found.append((0 if just_so else 1 if told.startswith(said) else 2, len(told), place))
    return items[np.array([place for _, _, place in sorted(found)[:n]], dtype=int)].tolist()
