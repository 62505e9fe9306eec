"""What a column's header says, whatever its case, spaces and punctuation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from nmf_core.tables.role_words import NOUNS

ROLES = ("user", "item", "rating")
# Usual names, the best first; case, spaces and punctuation do not matter.
ROLE_NAMES: dict[str, tuple[str, ...]] = {
    "user": tuple(
        """
        user userid username person personid who customer customerid reviewer reviewerid member memberid viewer viewerid
        reader readerid listener rater nutzer benutzer kunde utilisateur client usuario cliente
        """.split()
    ),
    "item": tuple(
        """
        item itemid movie movieid film filmid product productid book bookid isbn song songid track trackid game gameid asin
        anime animeid artist artistid business businessid recipe recipeid restaurant restaurantid
        joke jokeid course courseid podcast podcastid beer beerid wine wineid artikel produkt buch article produit livre
        artículo producto película libro
        """.split()
    ),
    "rating": tuple(
        """
        rating ratings score stars value bookrating overall bewertung sterne évaluation valoración puntuación calificación
        """.split()
    ),
}


def plain(header: object) -> str:
    """A header without case, spaces and punctuation.

    >>> plain("Movie-ID")
    'movieid'
    """
    text = str(header).casefold()
    return text if text.isalnum() else "".join(c for c in text if c.isalnum())


def has_role(headers: Iterable[object], role: str) -> bool:
    """Whether one of the headers is a usual name for the users, items or ratings.

    >>> has_role(["movieId", "genres"], "item"), has_role(["movieId", "genres"], "user")
    (True, False)
    """
    return not {plain(header) for header in headers}.isdisjoint(ROLE_NAMES[role])


def column_named(headers: Sequence[object], names: Iterable[str]) -> int | None:
    """The first column that has the first of the (plain) names that is there.

    >>> column_named(["Name", "Movie ID"], ("movieid", "name"))
    1
    """
    found = [plain(header) for header in headers]
    return next((found.index(name) for name in names if name in found), None)


# What says of an id, a name or a number of what it is one: the noun stands before it.
_OF = frozenset(
    """
        id ids name names nr no number num code key title uuid nummer hash
        """.split()
)
_NUMBERS = ("nummer", "nr")
_UNIT = re.compile(r"\s*(\([^()]*\)|\[[^\[\]]*\]|(\s/\s*|/(?=([57]|[1-9]0{1,2})$)|\b(out of|von|sur) )\d+)\s*$")
_PART = re.compile(r"[^\W_\d]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words_of(header: str) -> list[str]:
    """The words and numbers of a header, each apart.

    >>> words_of("movieId_2")
    ['movie', 'Id', '2']
    """
    return _PART.findall(_CAMEL.sub(" ", str(header)))


def bare(header: str) -> str:
    """A header without what stands in brackets at its end, or how much is the most: "Total (40)", "note /20".

    >>> bare("Total (40)"), bare("note /20"), bare("Film")
    ('Total', 'note', 'Film')
    """
    return _UNIT.sub("", header) or header


_CORNER = re.compile(r"\s*(?:\\+|→|->|\s[/|]\s)\s*")


def of_rows(header: str) -> str:
    """The part of a corner cell that names what stands down, where it names both.

    >>> of_rows("rater / film"), of_rows("AC/DC")
    ('rater', 'AC/DC')
    """
    down, *across = _CORNER.split(header.strip(), maxsplit=1)
    return down if down and across and across[0] else header


@lru_cache(maxsize=4096)
def role_of(header: str) -> tuple[str, int]:
    """The role that a header names, and how plainly: 3 where it is a usual name, 2 where its noun is one, 1 for no more than an id.

    >>> role_of("movieId"), role_of("Visitor name"), role_of("rating_count"), role_of("ID")
    (('item', 3), ('user', 2), ('', 0), ('', 1))
    """
    header = bare(header)
    name = plain(header)
    for role, names in ROLE_NAMES.items():
        if name in names:
            return role, 3
    parts = [part.casefold() for part in words_of(header)]
    ended = False
    while parts and parts[-1] in _OF and len(parts) > 1:
        parts.pop()
        ended = True
    if not parts or parts == ["id"]:
        return "", int(bool(parts))
    for noun in (name, parts[-1]):
        for role, nouns in NOUNS.items():
            if noun in nouns or noun in ROLE_NAMES[role]:
                return role, 2
    if parts[-1] in _unaccented():
        return _unaccented()[parts[-1]], 2
    if ended or name.endswith(_NUMBERS):
        stem = parts[-1] if ended else name.removesuffix("nummer").removesuffix("nr")
        forms = {stem, stem.removesuffix("n"), stem.removesuffix("s")} if len(stem) > 4 else set()
        for role, nouns in NOUNS.items():
            if forms & (nouns | set(ROLE_NAMES[role])):
                return role, 2
    return "", int(ended or name.endswith("id"))


@lru_cache(maxsize=1)
def _unaccented() -> dict[str, str]:
    """Long nouns that have accents → role, as keyboards without them write these: uzytkownik, hodnoceni."""
    return {
        bare_of_marks: role
        for role, nouns in NOUNS.items()
        for noun in nouns
        if not noun.isascii() and len(bare_of_marks := without_marks(noun)) > 4 and bare_of_marks != noun
    }


def without_marks(text: str) -> str:
    """A text without its accents.

    >>> without_marks("użytkownik hodnocení jäłø")
    'uzytkownik hodnoceni jalo'
    """
    apart = unicodedata.normalize("NFD", text.translate(_STROKES))
    return "".join(c for c in apart if not unicodedata.combining(c))


_STROKES = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "ı": "i", "æ": "ae", "đ": "d"})
