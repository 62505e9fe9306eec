"""What speaks for a column of a list in a role: that it holds the ids of users, those of items, or ratings."""

from __future__ import annotations

import numpy as np

from nmf_core.reading.evidence import Evidence
from nmf_core.reading.kinds_of_rows import names_kinds
from nmf_core.reading.looks import Look, no_halves
from nmf_core.tables.headers import bare, plain, role_of
from nmf_core.tables.names import not_rated

# What the mark is called that sums up those for several criteria.
OVERALL = frozenset(
    """
    overall overallrating overallscore total totalscore 総合評価 総合点 总分 综合评分 gesamt gesamtnote gesamtbewertung
    gesamteindruck gesamturteil notafinal notefinale noteglobale puntajetotal punteggiototale helhetsinntrykk totalcuppoints
    totalcupoints
    """.split()
)


def as_id(look: Look, role: str) -> Evidence:
    """How much a column is like the ids of users, or of items."""
    return look.once(("id", role), lambda: _as_id(look, role))


def _as_id(look: Look, role: str) -> Evidence:
    """The same, weighed."""
    named, plainly = role_of(look.header)
    weight, said = 0.0, f"{look.header or 'a column'} holds what could be ids"
    if named == role:
        weight, said = 1.0 + plainly, f"the column {look.header!r} is named as {role}s are"
    elif named:
        weight -= 1.0 + plainly
    elif plainly:
        weight += 0.7
    long_id = plainly and look.repeats and len(look.said) > 1  # ids may be as long as times
    if look.blank or look.dates or look.running or (look.epochs and not long_id):
        weight -= 5
    if not_rated(look.header):
        weight -= 2
    if look.remarks:
        weight -= 3
    if look.n_empty:
        weight -= 2 if look.n_empty <= look.n_rows / 2 else 5  # most rows name nobody
    if len(look.numbers) and not look.whole:
        weight -= 3
    if len(look.said) == 1 and look.n_rows > 3:
        weight -= 2
    if named != role and look.numeric and look.whole and look.top <= 10 and plainly < 1:
        weight -= 0.7
    if not named and look.words and len(look.said) <= 3 and look.n_rows >= 6:
        weight -= 1.5  # kinds of rows rather than ids
    if look.words and names_kinds(look.header, look.column):
        weight -= 4  # what was done, as purchase or play
    names = look.people - look.things if role == "user" else look.things - look.people
    weight += 2.5 * names if not (named or plainly) else 0.5 * names
    return Evidence(weight, said)


def as_rating(look: Look) -> list[Evidence]:
    """How much a column is like ratings."""
    return look.once("rating", lambda: _as_rating(look))


def _as_rating(look: Look) -> list[Evidence]:
    """The same, weighed."""
    named, plainly = role_of(look.header)
    found = []
    if named == "rating":
        found.append(Evidence(1.0 + plainly, f"the column {look.header!r} is named as ratings are"))
    elif named:
        found.append(Evidence(-1.5 - plainly, f"{look.header!r} is no name for ratings"))
    elif plainly:
        found.append(Evidence(-5, f"{look.header!r} is an id"))
    if look.n_blank > look.n_rows / 2:
        found.append(Evidence(-2, f"{look.header!r} is blank in most rows"))
    if not_rated(look.header) or look.years:
        weight = -0.5 if plain(bare(look.header)) in OVERALL else -3
        found.append(Evidence(weight, f"{look.header!r} is no rating by its name or its values"))
    if look.epochs or look.dates:
        found.append(Evidence(-12, f"the values of {look.header!r} are times"))
    elif look.numeric:
        found.append(Evidence(1, f"{look.header!r} holds numbers"))
    elif not look.stars:
        weight = -7 if plainly < 2 or named != "rating" else -3  # named so, its words are wrong cells
        found.append(Evidence(weight, f"{look.header!r} holds no numbers"))
    if look.numeric and not look.epochs:
        n, top = len(look.numbers), look.top
        scale = top <= 10 or (top <= 100 and look.whole)
        if scale and n <= 21 and (n < look.n_filled or n <= 5):
            found.append(Evidence(1, f"{look.header!r} has few different values on one scale"))
        elif look.different and look.n_rows > 5 and top > 100:
            found.append(Evidence(-2.5, f"{look.header!r} differs in each row"))
        if look.low >= 1e6 and look.whole:
            found.append(Evidence(-6, f"{look.header!r} holds long numbers, as ids are"))
        if look.running and look.n_rows > 3:
            found.append(Evidence(-5, f"{look.header!r} counts the rows"))
        if n == 1 and look.n_rows > 3:
            found.append(Evidence(-1, f"{look.header!r} is the same in each row"))
        if not look.whole and float(np.mean(no_halves(look.numbers))) > 0.5 and top > 10:
            found.append(Evidence(-1.5, f"{look.header!r} holds amounts rather than ratings"))
        if n > 4 and n > 0.7 * look.n_filled and float(np.mean(no_halves(look.numbers))) > 0.5:
            found.append(Evidence(-2, f"{look.header!r} is measured rather than rated: hardly any number comes twice"))
    return found


def together(looks: tuple[Look, ...], user: int, item: int) -> list[Evidence]:
    """What two columns say together: which repeats, which stands first, how often the same pair comes again."""
    found = []
    u, i = looks[user], looks[item]
    n = u.n_rows
    pairs = n_pairs(u, i)
    if pairs == n and (u.repeats or i.repeats):
        found.append(Evidence(1.5, "ids repeat, and no pair of them does"))
    elif n > 3 and not u.repeats and not i.repeats:
        found.append(Evidence(-1.5, "no id comes twice"))
    elif pairs < 0.7 * n:
        found.append(Evidence(-1.5, "the same pair comes again and again"))
    if n > 3 and len(looks) > 2 and not u.repeats:
        found.append(Evidence(-3 if role_of(u.header)[0] == "user" else -4, "no user comes twice"))
    if n > 3 and len(looks) > 2 and not i.repeats:
        found.append(Evidence(-1.5 if role_of(u.header)[0] == "user" else -4, "no item comes twice"))
    if role_of(u.header)[0] == role_of(i.header)[0] == "user":
        found.append(Evidence(2.5, f"{called(u, user)} may rate {called(i, item)}"))
    told = (
        any(role_of(look.header)[0] in ("user", "item") for look in (u, i))
        or max(u.people, i.people, u.things, i.things) > 0.3
    )
    much = 1.0 if told or len(looks) == 2 else 0.4  # order alone does not tell who rates what
    if user < item:
        found.append(Evidence(0.8, f"{called(u, user)} stands before {called(i, item)}, as users do"))
    if u.n_runs < i.n_runs and u.n_runs == len(u.said):
        found.append(Evidence(much, f"the rows of each {called(u, user)} stand together"))
    elif i.n_runs < u.n_runs and i.n_runs == len(i.said):
        found.append(Evidence(-much, f"the rows of each {called(i, item)} stand together, as those of users do"))
    return found


def called(look: Look, at: int) -> str:
    """A column by its header or its number."""
    return repr(look.header) if look.header else f"column {at + 1}"


def n_pairs(one: Look, other: Look) -> int:
    """How many different pairs of their cells there are."""
    return one.once(("pairs", id(other)), lambda: _n_pairs(one, other))


def _n_pairs(one: Look, other: Look) -> int:
    """The same, counted."""
    mine, theirs = one.column.codes, other.column.codes
    assert mine is not None and theirs is not None
    return len(np.unique((mine + np.int64(1)) * (len(theirs) + 1) + theirs))
