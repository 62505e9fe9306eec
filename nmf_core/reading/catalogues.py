"""Tables of ratings by nobody who is named, or of none: catalogues, one person's own, orders, what sites say of things."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nmf_core.reading.evidence import Evidence, Reading
from nmf_core.reading.looks import Look
from nmf_core.tables.headers import bare, plain, role_of, words_of
from nmf_core.tables.names import not_rated

# Who made a thing, as `plain` writes it: a column of them beside titles says nothing of who rates.
_MAKERS = frozenset(
    """
    author authors autor autorin autoren auteur auteurs autore autores autora författare forfatter kirjailija schrijver
    director directors directedby regie regisseur regisseurin réalisateur réalisatrice regista registi regia režie reżyser
    reżyseria ohjaaja regissör instruktør diretor realizador dirección
    artist artists band composer komponist interpret künstler artiste artista compositor singer musician performer
    studio studios developer publisher producer brewery brewer winery maker manufacturer brand label roaster distillery
    verlag hersteller brauerei weingut éditeur editora editorial producent wydawnictwo nakladatelství vydavatel výrobce
    chef cook designer architect creator writer screenwriter photographer vendor supplier lieferant fabricant fabricante
    автор режиссер режиссёр издательство 著者 作者 監督 导演 作家 감독 저자 출판사
    """.split()
)
# Headers that say nothing of a column: V1, x, column 3.
GENERIC = re.compile(r"(col(umn)?|var(iable)?|field|feature|spalte|colonne|campo|[a-z])?[ _.]?\d*", re.IGNORECASE)
_LIKE_PEOPLE = 0.3  # the share of names from which on a column holds people
_OWN = frozenset(
    """
    my your mein meine dein deine ihre mon ma votre mi tu mio mia tua moja moje mój mijn jouw min mitt din minha meu oma
    моя мой
    """.split()
)
# What only orders have, and what they have beside other tables.
_OF_ORDERS = frozenset(
    """
    invoice order orders qty quantity units unitprice price total subtotal amount lineamount linetotal discount revenue sales
    tax vat menge anzahl stückzahl stück preis einzelpreis stückpreis summe betrag gesamtpreis rechnung bestellung rabatt
    umsatz quantité prixunitaire prix montant commande facture remise cantidad precio preciounitario importe pedido factura
    descuento quantità prezzo importo fattura ordine aantal prijs bedrag ilość cena kwota zamówienie множество количество
    цена сумма заказ
    """.split()
)
# Sites and bodies whose numbers of a thing are means of what many said.
_SITES = frozenset(
    """
    imdb tmdb tomatometer metascore metacritic rottentomatoes audience popcornmeter letterboxd trakt goodreads librarything
    storygraph google yelp tripadvisor foursquare michelin amazon untappd ratebeer beeradvocate vivino parker steam
    opencritic ign bgg boardgamegeek mal anilist discogs pitchfork allmusic rym critics users press community
    """.split()
)


def makes_things(look: Look) -> bool:
    """Whether a column is called what those are called who made a thing."""
    return look.name in _MAKERS


def _rates(look: Look) -> bool:
    """Whether a column is named as those are who rate."""
    return role_of(look.header)[0] == "user" and not makes_things(look)


def catalogue(looks: Sequence[Look]) -> Evidence | None:
    """Each row is a thing of its own beside who made it: a catalogue, though its numbers may be called ratings."""
    made = [look for look in looks if makes_things(look) and not look.numeric]
    things = [look for look in looks if role_of(look.header)[0] == "item" and look not in made and look.words]
    titles = [look for look in looks if look not in made and look.words and not (look.dates or look.remarks)]
    if not made or any(map(_rates, looks)) or looks[0].n_rows < 3:
        return None
    first = things[0] if things else titles[0] if titles else None
    if first is not None and first.different:
        return Evidence(14, f"each row is a {first.header!r} of its own, and {made[0].header!r} made it")
    return None


def own_ratings(looks: Sequence[Look]) -> Evidence | None:
    """A column called "My rating" or "Your Rating" beside none of users: what one person rated."""
    found = next((look for look in looks if _is_own(look.header) and (look.numeric or look.stars)), None)
    if found is None or any(map(_rates, looks)):
        return None
    return Evidence(14, f"{found.header!r} is one person's, whom no column names")


def _is_own(header: str) -> bool:
    """Whether a header says whose rating it is without a name: "My score"."""
    words = [word.casefold() for word in words_of(header)]
    return len(words) > 1 and words[0] in _OWN and role_of(header)[0] == "rating"


def orders(looks: Sequence[Look]) -> Evidence | None:
    """Two columns and more that orders have, and none of ratings: what was bought, not how it was liked."""
    found = [look for look in looks if look.numeric and _of_orders(look.header)]
    rated = any(role_of(look.header) == ("rating", 3) for look in looks)
    if len(found) > 1 and not rated:
        return Evidence(14, f"{found[0].header!r} and {found[1].header!r} stand in lists of orders")
    return None


def _of_orders(header: str) -> bool:
    """Whether a header is what orders have."""
    parts = {word.casefold() for word in words_of(header)}
    return plain(bare(header)) in _OF_ORDERS or bool(parts & _OF_ORDERS)


def of_sites(looks: Sequence[Look]) -> Evidence | None:
    """Most columns of numbers are called after sites and bodies that sum up what many said."""
    numeric = [look for look in looks if look.numeric and not (look.running or look.years)]
    named = [look for look in numeric if {word.casefold() for word in words_of(look.header)} & _SITES]
    if len(named) > 1 and 2 * len(named) >= len(numeric) and not any(map(_rates, looks)):
        return Evidence(11, f"{named[0].header!r} and {named[1].header!r} sum up what many said")
    return None


# --- a list whose numbers nothing calls ratings -------------------------------------------------------------------------

# Words within a header that say that it is what somebody thinks of something.
_OPINIONS = frozenset(
    """
    label interaction feedback verdict importance intensity interest agreement preference opinion likert rated
    appeal taste aroma fun quality recommend relevance punktów punkt
    """.split()
)


def calls_no_rating(reading: Reading) -> bool:
    """Whether the ratings of a list have a header of which nothing is known: "tickets" and "portions" are counted."""
    look = reading.looks[reading.roles["rating"]]
    if look.stars or not reading.head.lines or GENERIC.fullmatch(look.header.strip()):
        return False
    if not_rated(look.header):
        return True
    parts = [word.casefold() for word in words_of(look.header)]
    said = any(role_of(word)[0] == "rating" or word in _OPINIONS or word.endswith("ness") for word in parts)
    return not said and role_of(look.header)[0] != "rating"


def calls_nobody(reading: Reading) -> bool:
    """Whether nothing says that the users of a list rate: they made the items, or are called and named as no people are."""
    user, item = (reading.looks[reading.roles[role]] for role in ("user", "item"))
    if makes_things(user):
        return not any(look.remarks for look in reading.looks)
    if not reading.head.lines or GENERIC.fullmatch(user.header.strip()):
        return False
    if role_of(user.header)[1] or role_of(item.header)[0] == "user":
        return False
    return (item.different and item.n_rows > 3) or user.people <= _LIKE_PEOPLE
