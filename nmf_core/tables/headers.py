"""What a column's header says, whatever its case, spaces and punctuation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ROLES = ("user", "item", "rating")
# Usual names, the best first; case, spaces and punctuation do not matter.
ROLE_NAMES: dict[str, tuple[str, ...]] = {
    "user": (
        *("user", "userid", "username", "person", "personid", "who", "customer", "customerid", "reviewer"),
        *("reviewerid", "member", "memberid", "viewer", "viewerid", "reader", "readerid", "listener", "rater"),
        *("nutzer", "benutzer", "kunde", "utilisateur", "client", "usuario", "cliente"),
    ),
    "item": (
        *("item", "itemid", "movie", "movieid", "film", "filmid", "product", "productid", "book", "bookid", "isbn"),
        *(
            "song",
            "songid",
            "track",
            "trackid",
            "game",
            "gameid",
            "asin",
            "anime",
            "animeid",
            "artist",
            "artistid",
            "itemname",
            "movietitle",
            "title",
        ),
        *(
            "anime",
            "animeid",
            "artist",
            "artistid",
            "business",
            "businessid",
            "recipe",
            "recipeid",
            "restaurant",
            "restaurantid",
        ),
        *("joke", "jokeid", "course", "courseid", "podcast", "podcastid", "beer", "beerid", "wine", "wineid"),
        *("artikel", "produkt", "buch", "article", "produit", "livre", "artículo", "producto", "película", "libro"),
    ),
    "rating": (
        *("rating", "ratings", "score", "stars", "value", "bookrating", "overall"),
        *("bewertung", "sterne", "évaluation", "valoración", "puntuación", "calificación"),
    ),
}


def plain(header: object) -> str:
    """A header without case, spaces and punctuation.

    >>> plain("Movie-ID")
    'movieid'
    """
    return "".join(c for c in str(header).casefold() if c.isalnum())


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
