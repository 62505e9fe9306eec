"""A table as something that holds no ratings: measurements, amounts, times, places in an order, pairs of one and the same kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from nmf_core.reading.catalogues import GENERIC, catalogue, makes_things, of_sites, orders, own_ratings
from nmf_core.reading.evidence import Evidence, Reading
from nmf_core.reading.looks import Look, no_halves
from nmf_core.reading.which_columns import GIVERS, are_ticked
from nmf_core.tables.base import Head, Table
from nmf_core.tables.contents import number_of
from nmf_core.tables.headers import of_rows, role_of, words_of
from nmf_core.tables.names import like_people, like_times, not_rated
from nmf_core.tables.numbers import is_number

_AT_FIRST = 0.5
# What is counted in texts and cells rather than rated by people.
_COUNTED = frozenset(
    """
    word words term token lemma ngram gene genes probe kmer wort wörter mot palabra
    """.split()
)
_COLUMN = re.compile(r"column \d+")
_OF_GAMES = frozenset(
    "winner won wins losses matchday spieltag opponent gegner sieger gagnant ganador vincitore".split()
)
_OF_RESULTS = frozenset("place platz rank rang goals weighting gewichtung home away".split())
_OF_CHOICES = frozenset(
    "criterion criteria kriterium kriterien critère critères criterio criterios criteri kryterium".split()
)
_INSTRUMENTS = frozenset(
    "sensor sensors meter thermometer probe gauge capteur sensore machine server zähler messstelle".split()
)
_SUMMARIES = frozenset(
    "n mean average avg median sd std stdev min max sum total count mittelwert mittel stdabw anzahl moyenne médiane media".split()
)
_STARS = re.compile(r"([1-9]|10|one|two|three|four|five) ?(stars?|sterne?|★|\*|points?|étoiles?|estrellas?|stelle)|★+")
_ANSWERS = re.compile(
    r"(strongly |somewhat |rather |completely |totally |tend to )?(dis)?agree( strongly)?|neutral|undecided|neither.*|don.?t know"
    r"|(very |rather |somewhat )?(dis|un)?satisfied|(very )?(good|bad|poor|fair)|excellent|yes|no|maybe"
    r"|(stimme |trifft )(voll |eher |gar )*(nicht )?zu|teils.*|weiß nicht|ja|nein|vielleicht|(sehr )?(gut|schlecht)|mittel"
    r"|(pas |plutôt |tout à fait |plutôt pas )?(d'accord|du tout d'accord)|oui|non|(muy |totalmente )?(de acuerdo|en desacuerdo)|sí"
)
_LIKE_NAMED = 0.4  # the share of names that tells what a column names


def no_ratings(table: Table, looks: tuple[Look, ...], head: Head) -> Reading:
    """The table as one without ratings, and what speaks for that."""
    said = [Evidence(_AT_FIRST, "not every table holds ratings"), *(t for thought in _NOTHING if (t := thought(looks)))]
    return Reading("", table, looks, head, {}, evidence=tuple(said))


def _values(looks: Sequence[Look]) -> list[Look]:
    """The columns of numbers that could be values: no ids, no times, nothing that counts the rows."""
    return [
        look
        for look in looks
        if look.numeric
        and not (look.running or look.years or look.epochs or look.dates)
        and role_of(look.header)[0] not in ("user", "item")
        and role_of(look.header) != ("", 1)
    ]


def _no_numbers(looks: Sequence[Look]) -> Evidence | None:
    """No column holds numbers."""
    return (
        None
        if any(look.numeric or look.stars for look in looks) or are_ticked(looks)
        else Evidence(-1, "it has no numbers")
    )


def _measured(looks: Sequence[Look]) -> Evidence | None:
    """Numbers of many decimals that hardly come twice."""
    values = _values(looks)
    if not values:
        return None
    together = np.concatenate([look.numbers for look in values])
    odd = float(np.mean(no_halves(together)))
    filled = sum(look.n_filled for look in values)
    if odd > 0.5 and len(np.unique(together)) > 0.5 * filled > 2:
        named = all(role_of(look.header) == ("rating", 3) and look.name != "value" for look in values)
        return Evidence(2 if named else 11, "its numbers are measured rather than rated: hardly any comes twice")
    return None


def _negative(looks: Sequence[Look]) -> Evidence | None:
    """Many numbers below zero."""
    values = [look.numbers for look in _values(looks)]
    if values and (np.concatenate(values) < 0).mean() > 0.15:
        return Evidence(3, "many of its numbers are negative")
    return None


def _thousands(looks: Sequence[Look]) -> Evidence | None:
    """Numbers that go into thousands."""
    tops = [look.top for look in _values(looks)]
    return Evidence(2, "its numbers go into thousands") if tops and float(np.median(tops)) > 1000 else None


def _amounts(looks: Sequence[Look]) -> Evidence | None:
    """Columns of numbers beyond any usual scale that hardly come twice, and of which no header says that they are ratings."""
    values = _values(looks)
    if len(values) < 2 or any(role_of(look.header)[0] == "rating" for look in values):
        return None
    unnamed = all(_COLUMN.fullmatch(look.header) or is_number(look.header) for look in looks)
    if unnamed and any(look.epochs for look in looks):
        return None  # ids and ratings before times, as MovieLens writes them
    together = np.concatenate([look.numbers for look in values])
    if float(np.median([look.high for look in values])) > 100 and len(np.unique(together)) > 0.6 * len(together):
        return Evidence(8, "its numbers go beyond 100, and hardly any comes twice")
    return None


def _called_otherwise(looks: Sequence[Look]) -> Evidence | None:
    """All columns of numbers are called what no ratings are."""
    values = _values(looks)
    if values and len(values) <= 3 and all(not_rated(look.header) for look in values):
        named = {role for role, plainly in (role_of(look.header) for look in looks) if plainly > 1}
        return Evidence(2 if {"user", "item"} <= named else 8, f"its numbers are called {values[0].header!r}")
    return None


def _words_counted(looks: Sequence[Look]) -> Evidence | None:
    """A column of words or genes: these are counted, not rated."""
    found = next((look for look in looks if look.name in _COUNTED), None)
    return Evidence(6, f"what is called {found.header!r} is counted rather than rated") if found else None


def _ranked(looks: Sequence[Look]) -> Evidence | None:
    """Each row holds 1 to n once each, in n columns; a blank may stand for one of them."""
    places = [look for look in looks if look.share_numbers == 1 and not look.running and look.whole and look.low >= 1]
    places = [look for look in places if look.top <= len(places)]
    if len(places) < 3 or places[0].n_rows < 3:
        return None
    for row in range(min(places[0].n_rows, 50)):
        cells = [cell for look in places if is_number(cell := look.column.cell(row))]
        if len(cells) < 2 or len({number_of(cell) for cell in cells}) < len(cells):
            return None
    return Evidence(11, "each row ranks the columns: it holds each place once")


def _down_and_across(looks: Sequence[Look]) -> Evidence | None:
    """The same names stand down and across."""
    names = {look.header.strip() for look in looks}
    first = set(looks[0].texts) if looks else set()
    if len(first) > 2 and len(first & names) > 0.8 * len(first) and not _says_who_gives(looks[0]):
        return Evidence(9, "the same names stand down and across, as in a table of distances or confusions")
    return None


def _says_who_gives(look: Look) -> bool:
    """Whether a corner says that those down give marks to those across."""
    down = of_rows(look.header)
    return look.name in GIVERS or (down != look.header and role_of(down)[0] == "user")


def _both_columns(looks: Sequence[Look]) -> Evidence | None:
    """The same names stand in two columns: pairs of one kind, as edges, distances or marks that people give each other."""
    named = [look for look in looks[:4] if look.words and len(look.said) > 1]
    for k, one in enumerate(named):
        for other in named[k + 1 :]:
            if {role_of(one.header), role_of(other.header)} == {("user", 3), ("item", 3)}:
                continue  # the headers tell who rates what
            both = set(one.texts) & set(other.texts)
            if len(both) > 0.3 * min(len(one.said), len(other.said)) and len(both) > 1:
                return Evidence(9, f"{one.header!r} and {other.header!r} hold the same names")
    return None


def _nobody_named(looks: Sequence[Look]) -> Evidence | None:
    """A list in which nothing says who rates what: neither the headers nor the names."""
    named = [look for look in looks if look.words and not (look.dates or look.remarks)]
    rated = any(role_of(look.header)[0] == "rating" for look in looks)
    generic = all(GENERIC.fullmatch(look.header.strip()) for look in looks[:2])
    if len(named) < 2 or len(looks) > 8 or len(_values(looks)) != 1:
        return None
    user = item = False
    for look in looks:
        role, plainly = role_of(look.header)
        user = user or (role == "user" and plainly > 1) or look.people > _LIKE_NAMED
        item = item or (role == "item" and plainly > 1) or look.things > _LIKE_NAMED
    if user:
        marks = rated or item or _values(looks)[0].top <= 10 or all(_COLUMN.fullmatch(look.header) for look in looks)
        return None if marks else Evidence(9, "neither what is rated nor what a rating is, is said")
    if item:
        return None if rated else Evidence(6, "neither who rates nor what a rating is, is said")
    return Evidence(10 if generic else 3 if rated else 5, "neither the headers nor the names tell who rates what")


def _one_role_alone(looks: Sequence[Look]) -> Evidence | None:
    """Two columns that are named as ratings and as what was rated, or as who rated, and none beside them."""
    roles = {role for role, plainly in map(role_of, [look.header for look in looks]) if plainly == 3}
    lacking = {"user", "item"} - roles
    if len(looks) == 2 and len(roles) == 2 and len(lacking) == 1:
        return Evidence(10, f"there is no {lacking.pop()} column among {', '.join(look.header for look in looks)!r}")
    return None


def _items_alone(looks: Sequence[Look]) -> Evidence | None:
    """Each row is an item of its own, and nothing is named as users: a table about items."""
    roles = [role_of(look.header) for look in looks]
    own = [look for look, (role, plainly) in zip(looks, roles, strict=True) if role == "item" and plainly > 1]
    own = [look for look in own if not (look.numeric and look.top <= 20)]  # a question that begins with its word
    rates = [role == "user" and not makes_things(look) for look, (role, _) in zip(looks, roles, strict=True)]
    nobody = not any(rates)
    nobody = nobody and like_people([look.header for look in looks if look.numeric]) <= _LIKE_NAMED
    numeric = [look for look in looks if look.numeric and look not in own]
    facts = [look for look in numeric if role_of(look.header)[0] == "rating" or not_rated(look.header)]
    if own and nobody and own[0].different and len(facts) > 1 and 2 * len(facts) >= len(numeric):
        return Evidence(10, f"each row is a {own[0].header!r} of its own, and its numbers are what is known of it")
    if own and nobody and own[0].different and own[0].n_rows > 3 and sum(look.words for look in looks) > 1:
        return Evidence(10, f"each row is a {own[0].header!r} of its own, and no column is named as users are")
    return None


def _numbers_alone(looks: Sequence[Look]) -> Evidence | None:
    """No header and no names: nothing tells whether rows or columns are people."""
    numbered = all(_COLUMN.fullmatch(look.header) for look in looks)
    alike = [look for look in looks if look.numeric and look.top <= 20 and not look.running]
    if numbered and len(alike) == len(looks) > 3:
        return Evidence(10, "there are neither names nor a header")
    return None


def _results(looks: Sequence[Look]) -> Evidence | None:
    """Columns of a game's or a contest's results, or of weights: these are no opinions."""
    of_game = next((look for look in looks if look.name in _OF_GAMES), None)
    if of_game is not None:
        return Evidence(15, f"{of_game.header!r} stands in tables of games")
    if looks and looks[0].name in _OF_CHOICES and looks[0].different:
        return Evidence(9, f"{looks[0].header!r} heads a table by which something is decided")
    found = next((look for look in looks if look.name in _OF_RESULTS and look.numeric), None)
    rated = [look for look in looks if look.numeric and look is not found and not look.running]
    alike = [look.header for look in rated if found is not None and look.high < 4 * found.high]
    if found is None or (
        len(alike) > 2 and like_people(alike) > _LIKE_NAMED
    ):  # judges who gave marks to what is ranked
        return None
    return Evidence(7, f"{found.header!r} stands in tables of results and decisions")


def _instruments(looks: Sequence[Look]) -> Evidence | None:
    """A column of what measures: these are readings rather than ratings."""
    found = next((look for look in looks if _INSTRUMENTS & {word.casefold() for word in words_of(look.header)}), None)
    return Evidence(10, f"{found.header!r} names what measures rather than who rates") if found else None


def _summaries(looks: Sequence[Look]) -> Evidence | None:
    """Most columns of numbers are means, spreads and counts: nobody's ratings but a summary of them."""
    numeric = [look for look in looks if look.numeric and not look.running]
    named = [look for look in numeric if _SUMMARIES & {word.casefold() for word in words_of(look.header)}]
    if len(named) >= 2 and len(named) > len(numeric) / 2 and looks[0].different:
        return Evidence(11, f"{named[0].header!r} and {named[1].header!r} sum up ratings")
    return None


def _persons_alone(looks: Sequence[Look]) -> Evidence | None:
    """Each row is a person of its own, with a word and a number or two: a table about people."""
    named = [look for look in looks if role_of(look.header)[0] == "user" and look.different and look.n_rows > 2]
    words = [look for look in looks if look.words and look not in named and not look.dates]
    if {role for role, plainly in map(role_of, [look.header for look in looks]) if plainly == 3} >= {"item", "rating"}:
        return None
    if named and words and looks[0] is named[0] and 1 <= len(_values(looks)) <= 2:
        return Evidence(9, f"each row is a {named[0].header!r} of its own, with one thing beside")
    return None


def _star_counts(looks: Sequence[Look]) -> Evidence | None:
    """How many gave each number of stars, or each answer: the columns are the ratings, and the cells count people."""
    said = [look.header.strip().casefold() for look in looks]
    stars = [text for text in said if _STARS.fullmatch(text) or _ANSWERS.fullmatch(text)]
    return Evidence(10, "its columns are answers, and its cells count") if len(stars) >= 3 else None


def _spans(looks: Sequence[Look]) -> Evidence | None:
    """All columns of numbers are days, weeks or months: what is counted or measured in them, unless something else says."""
    across = [look.header for look in looks if look.numeric and not look.running]
    if len(across) > 1 and like_times(across) == 1 and not all(text.strip().isdigit() for text in across):
        return Evidence(6, f"{across[0]!r} and the others are times, in which something is counted")
    return None


_NOTHING: tuple[Callable[[Sequence[Look]], Evidence | None], ...] = (
    _no_numbers,
    _measured,
    _negative,
    _thousands,
    _amounts,
    _called_otherwise,
    _words_counted,
    _ranked,
    _down_and_across,
    _both_columns,
    _nobody_named,
    _one_role_alone,
    _items_alone,
    catalogue,
    own_ratings,
    orders,
    of_sites,
    _numbers_alone,
    _results,
    _summaries,
    _instruments,
    _star_counts,
    _persons_alone,
    _spans,
)
