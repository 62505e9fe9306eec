"""What a column's header says, whatever its case, spaces and punctuation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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


# What else users, items and ratings are called where a header names them less plainly; as `plain` writes it.
_NOUNS: dict[str, frozenset[str]] = {
    "user": frozenset(
        """
        uid visitor participant respondent student subject patient critic judge juror annotator worker employee subscriber taster profilename nickname nick login screenname handle jurorin juror kritikerin lehrerin schülerin teilnehmerin leserin hörerin zuschauer dégustateur mitglied testeur visiteur kto
        account author profile people voter guest reviewername tester player borrower buyer shopper household panelist raterid
        respondentid participantid teilnehmer schüler befragter spieler leser hörer kundin participante encuestado alumno
        cliente élève lecteur joueur utente użytkownik klient osoba gebruiker klant kullanıcı användare kund bruger
        пользователь 用戶 고객 이용자 uživatel zákazník hodnotitel felhasználó vásárló käyttäjä asiakas χρήστης 用户 用户id ユーザー ユーザーid
        사용자 pid voterid usr cust membre pessoa usuário
        """.split()
    ),
    "item": frozenset(
        """
        abstract submission proposal grant application essay poster title itemname movietitle itemtitle producttitle bild foto photo picture bottle
        place page show series venue hotel url video channel app food dish sku question statement paper course meal tvshow
        album playlist poi listing iid attraction destination stimulus brand drink perfume boardgame package repo mid spiel
        lied serie gericht rezept hörbuch titel frage kurs ort ware fach plato juego canción película curso pregunta jeu
        chanson recette plat cours prodotto libro filme produto książka produkt książki boek фильм товар книга 电影 商品 作品 映画 項目
        영화 메뉴 상품 책 음식 physician doctor teacher lecturer professor instructor seller driver hra kniha výrobek könyv termék
        elokuva kirja tuote pokrm jídlo ταινία movies films books songs games shows items places products questions dishes
        statements albums artists recipes criterion assignment subjectname wine whisky coffee tea beverage exhibit talk
        paperid module lecture toy snack cheese chocolate park trail
        """.split()
    ),
    "rating": frozenset(
        """
        points grade mark vote votes preference reviewscore overallrating userrating punkte sterne note wertung benotung
        antwort answer response ocena ocene voto puntos puntaje nota puntuación cijfer waardering beoordeling puan betyg
        оценка hodnocení známka értékelés pontszám arvosana arvio 점수 별점 βαθμολογία 评分 評価 評点 평점 calificación étoiles estrellas
        stelle avaliação rate liking satisfaction myrating yourrating starrating plays playcount listens likes wiedergaben points_given ratingvalue utility enjoyment opinion
        """.split()
    ),
}
# What says of an id, a name or a number of what it is one: the noun stands before it.
_OF = frozenset(
    """
        id ids name names nr no number num code key title uuid nummer hash
        """.split()
)
_PART = re.compile(r"[^\W_\d]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words_of(header: str) -> list[str]:
    """The words and numbers of a header, each apart.

    >>> words_of("movieId_2")
    ['movie', 'Id', '2']
    """
    return _PART.findall(_CAMEL.sub(" ", str(header)))


def role_of(header: str) -> tuple[str, int]:
    """The role that a header names, and how plainly: 3 where it is a usual name, 2 where its noun is one, 1 for no more than an id.

    >>> role_of("movieId"), role_of("Visitor name"), role_of("rating_count"), role_of("ID")
    (('item', 3), ('user', 2), ('', 0), ('', 1))
    """
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
        for role, nouns in _NOUNS.items():
            if noun in nouns or noun in ROLE_NAMES[role]:
                return role, 2
    return "", int(ended or name.endswith("id"))
