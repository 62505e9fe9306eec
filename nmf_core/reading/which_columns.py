"""Which columns of a grid are ratings, and which say something else of its rows: ids, ages, dates, means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from nmf_core.reading.evidence import Reading
from nmf_core.reading.looks import Look
from nmf_core.reading.totals import is_summary, sums_by_name
from nmf_core.tables.headers import role_of, words_of
from nmf_core.tables.names import OF_PERSONS, has_unit, like_people

# What columns of numbers are called that are no ratings. The whole header: "Ice Age" is a film.
ABOUT = OF_PERSONS | frozenset(
    """
    abv ibu alcohol alc vintage
    year date time day month count no nr id number row index price height weight releaseyear jahr datum uhrzeit année año
    ano anno rok rocznik rik år vuosi yıl évszám jaar 年 год fecha seq lfdnr class grade pages runtime votes decision
    comment comments remark remarks notes bemerkung kommentar email genre author auteur autor autore forfatter författare
    director regie regisseur réalisateur regista režie totalscore sum responseid respondentid preis prix precio prezzo preço
    prijs pris cena ár fiyat 価格 价格 가격 цена lastpage letzteseite dernièrepage últimapágina
    ultimapagina seed zufallsstartwert startlanguage startsprache comentário comentários comentario comentarios commentaire
    commentaires commenti commento kommentare kommentarer kommentti opmerking opmerkingen uwagi
    """.split()
)
NAMES = frozenset(
    """
    name yourname fullname email emailaddress mail emailaddresse nombre nom imię naam firstname vorname prénom studentname
    initials nickname nick responseid respondentid navn namn nome isim 名前 氏名 이름 姓名 имя matrikelnummer participantid
    pid uuid formid submissionid token メールアドレス idnummer idnumber studentid correo correoelectrónico courriel
    adressemail emailadresse nazwisko nazwiskoiimię imięinazwisko jméno příjmení név nev nimi ad adsoyad фио имяфамилия
    apellidos nombreyapellidos nomeecognome antwortid idréponse idderéponse idderespuesta idrespuesta idrisposta idderesposta
    """.split()
)
# What a form calls its own sheets: it tells rows apart, and names whom it asked only where nothing else does.
FORM_IDS = frozenset("uuid formid submissionid token responseid id instanceid recordid".split())
# What heads those who give marks to each other, above whom they give them to.
GIVERS = frozenset("from fromto von vonan vonnach de deà deá da dea od odkomu giver gives rowsratecolumns".split())
# Half a name each: whoever has one of them is told apart by something else.
FIRST_NAMES = frozenset(
    "firstname vorname prénom prenom voornaam fornavn förnamn nombre nome imię jméno givenname first".split()
)
LAST_NAMES = frozenset(
    """
    lastname nachname nom achternaam etternavn efternavn efternamn apellido apellidos cognome nazwisko příjmení
    surname familyname last
    """.split()
)
# Such words head questions as well ("Experience", "Price"): on the scale of the others they are answers.
_ALSO_ASKED = frozenset(
    """
    price preis prix precio prezzo preço prijs pris cena place time height weight gewicht experience job team department
    service site standort language network version complete progress status tags income country class grade course group
    condition education consent pages count votes employment occupation children decision beruf region location city day
    device wave month date
    """.split()
)
# What is marked on a scale of its own, as every exam is.
EXAMS = frozenset(
    """
    exam midterm final finalexam test quiz project essay paper presentation participation homework lab klausur prüfung
    abschlussprüfung zwischentest referat projekt examen parcial proyecto ensayo devoir projet examenfinal prova trabalho
    verifica tentamen eksamen exame
    """.split()
)
_AGES = frozenset("age ages old alt alter âge edad età idade wiek leeftijd ålder alder ikä возраст".split())
_STATES = frozenset("complete status timestamp version seed weight gewicht".split())  # what forms note of themselves
# What a pivot table writes before the names of columns that are no ratings but counts or spreads of them.
_SUMMED = frozenset("count len size std sd var min max nunique n anzahl".split())
SIZE = 4  # a column that reaches so many times as far as most is on another scale
_PLAINLY = 2.0  # as much speaks for a column of numbers against which nothing speaks
_LONG = 300  # characters of a header that are looked at
_FAMILY = 3  # columns whose headers are built alike
_PARTS = re.compile(r"(?P<before>.*[^\W\d_].*?)(?P<mark>\s*\[.*\]|_[^_]*|/[^/]*|: .*| - .*|\.[^.]+)$")


def like_ratings(looks: Sequence[Look]) -> dict[int, float]:
    """Column → how much it is like one of ratings among the others; below 0 it is rather left out."""
    plainly = [
        look.high for look in looks if look.numeric and look.name not in ABOUT and not (look.epochs or look.running)
    ]
    usual = float(np.median(plainly)) if plainly else 0.0
    strange = strangers(looks)
    years, ticks = looks_all_years(looks), are_ticked(looks)
    found = {}
    for k, look in enumerate(looks):
        rated = look.numeric or look.stars or (look.ticked and ticks)
        weight = 2.0 if rated or (look.blank and look.header) else -6.0
        if (
            _is_about(look, usual)
            or (look.blank and look.name in NAMES | FIRST_NAMES | LAST_NAMES)
            or (k in strange and _says_so(look))
        ):
            weight -= 4
        if k in strange:
            weight -= 2.5
        if look.numeric and (look.years or look.epochs) and not years:
            weight -= 6
        if _SUMMED & set(look.header.casefold().split()[:1]) and len(look.header.split()) > 1:
            weight -= 4
        if look.numeric and _of_another_scale(looks, k, usual, plainly):
            weight -= 1.5  # likely asked on another scale than all the others
        if look.running and (k == 0 or look.n_rows > 4):
            weight -= 4
        if look.numeric and 0 < SIZE * usual < look.high and not (_few_far(look, usual) or look.name in EXAMS):
            weight -= 4
        if k == 0 and (not look.header or role_of(look.header)[0] in ("user", "item") or look.name in NAMES):
            weight -= 4
        found[k] = weight
    for k, look in enumerate(looks):  # a film that nobody has seen stands among films
        if look.blank and found[k] > 0 and not any(_beside_rating(looks, found, k, step) for step in (-1, 1)):
            found[k] -= 4
    return found


def are_ticked(looks: Sequence[Look]) -> bool:
    """Whether a table is one of ticks: several columns hold nothing but one and the same, and none holds numbers but to count."""
    ticked = {look.texts[0].casefold() for look in looks if look.ticked}
    numeric = [look for look in looks if look.numeric and not (look.running or look.different)]
    return len(ticked) == 1 and sum(look.ticked for look in looks) > 1 and not numeric


def _beside_rating(looks: Sequence[Look], likely: dict[int, float], k: int, step: int) -> bool:
    """Whether the next column on one side that is not blank is like ratings, with none in between that is not."""
    while 0 <= k < len(looks) and likely[k] > 0:
        if not looks[k].blank:
            return True
        k += step
    return False


def _is_about(look: Look, usual: float) -> bool:
    """Whether a column is called what says something of a person or a thing; what could be asked as well must be off the scale."""
    if look.name not in ABOUT and not has_unit(look.header):
        return False
    asked = look.name in _ALSO_ASKED and look.numeric and look.whole and len(look.said) > 1
    return not (asked and usual <= 11 and 0.5 * usual <= look.high <= 1.25 * usual)


def _of_another_scale(looks: Sequence[Look], k: int, usual: float, tops: Sequence[float]) -> bool:
    """Whether a column reaches farther than nearly all others, which reach 5: by far, or a little beside what persons are."""
    high, alike = looks[k].high, tops.count(5)
    if usual != 5 or len(tops) < 4 or high <= 5:
        return False
    beside = k > 0 and looks[k - 1].name in OF_PERSONS
    return (high >= 8 and alike >= len(tops) - 1) or (beside and alike >= len(tops) / 2)


def plainly_left(reading: Reading, k: int) -> bool:
    """Whether a column that is left out leaves no doubt: words, dates, a count, or what is called so or of another size."""
    look, rated = reading.looks[k], [reading.looks[r] for r in reading.ratings if reading.looks[r].numeric]
    if look.blank or look.dates or look.epochs or look.running or look.years or (look.words and not look.stars):
        return len(rated) > 1
    tops = [other.high for other in rated]
    usual = float(np.median(tops)) if tops else 0.0
    if is_summary(look.header):  # an item may be called Sum or Average, but its ratings are as others
        apart = look.top > usual or (not look.whole and all(other.whole for other in rated))
        return len(rated) > 1 and (apart or k in strangers(reading.looks))
    if look.name in OF_PERSONS - _ALSO_ASKED or has_unit(look.header):
        return len(rated) > 1
    if len(rated) > 2 and usual and (look.top > 10 * usual and look.different or not look.name.strip("0123456789")):
        return True  # numbers of papers or persons; or a sign, such as %
    if len(rated) > 2 and k in strangers(reading.looks) and _says_so(look):
        return True
    finer = not look.whole and all(other.whole for other in rated)
    off_scale = look.top > 1.5 * usual or not look.numeric or finer
    return (look.name in ABOUT or bool(_AGES & _words(look))) and len(rated) > 2 and off_scale


def _says_so(look: Look) -> bool:
    """Whether a column that stands apart is one of sums, of what is the same in all rows, or of a form's state."""
    return len(look.said) == 1 or look.name in ABOUT or bool(_STATES & _words(look)) or sums_by_name(look.header)


def _words(look: Look) -> set[str]:
    """The words of a header."""
    return {word.casefold() for word in words_of(look.header)}


def looks_all_years(looks: Sequence[Look]) -> bool:
    """Whether nearly all columns are alike in this: then these are the values of the table."""
    return sum(look.years for look in looks) > len(looks) / 2


def _few_far(look: Look, usual: float) -> bool:
    """Whether few values lie beyond the scale of the others, as codes for no answer do, and the others on it."""
    on_scale = look.numbers[look.numbers <= SIZE * usual]
    return len(on_scale) >= 1 and len(look.numbers) - len(on_scale) <= 2


def plainly_rated(reading: Reading) -> bool:
    """Whether all columns that are taken for ratings are plainly some."""
    likely = like_ratings(reading.looks)
    return all(likely[k] >= _PLAINLY for k in reading.ratings)


def half_named(reading: Reading) -> bool:
    """Whether first names alone name the rows, and last names stand beside them."""
    naming = [reading.looks[k].name for k in reading.roles.values() if k >= 0]
    others = {look.name for k, look in enumerate(reading.looks) if k not in reading.roles.values()}
    return bool(FIRST_NAMES & set(naming) and LAST_NAMES & others or LAST_NAMES & set(naming) and FIRST_NAMES & others)


def unnamed(reading: Reading) -> bool:
    """Whether rows without a name could have one: they are items, or have words that say whose they are."""
    if -1 not in reading.roles.values():
        return False
    words = [
        look for k, look in enumerate(reading.looks) if k in reading.skip and look.words and look.name not in ABOUT
    ]
    return "item" in reading.roles or any(len(look.said) > 1 and not (look.dates or look.remarks) for look in words)


# --- headers that are built alike -------------------------------------------------------------------------------------


def strangers(looks: Sequence[Look]) -> frozenset[int]:
    """Columns of numbers whose headers are not built as nearly all others are: "Last page" beside "Q1 [Staff]", "Q1 [Room]", ….

    None where the headers have nothing in common, or as many stand apart.
    """
    numeric = [k for k, look in enumerate(looks) if (look.numeric or look.stars) and not (look.dates or look.epochs)]
    forms = {k: set(_forms(looks[k].header)) for k in numeric}
    count = Counter(form for found in forms.values() for form in found)
    alike = [k for k in numeric if any(count[form] >= _FAMILY for form in forms[k])]
    people = [k for k in numeric if like_people([looks[k].header])]
    if len(people) >= _FAMILY and 2 * len(people) > len(
        numeric
    ):  # of what stands beside people only what is plainly nobody
        return frozenset(
            k
            for k in numeric
            if not people[0] <= k <= people[-1] and (role_of(looks[k].header)[0] or _says_so(looks[k]))
        )
    asked = {k for k in numeric if len(looks[k].header.split()) > 4 or looks[k].header.strip().endswith("?")}
    apart = frozenset(numeric) - set(alike) - asked
    between = {k for k in apart if alike and alike[0] < k < alike[-1]}
    apart = apart - between
    unsaid = sum(not _says_so(looks[k]) for k in apart)
    if len(alike) < _FAMILY:
        return frozenset()
    return apart if len(alike) >= 2 * unsaid else frozenset(k for k in apart if _says_so(looks[k]))


def _forms(header: str) -> Iterator[str]:
    """How a header is built: what stands before its last mark, behind it, or before its number.

    >>> list(_forms("Q1 [Staff]")), list(_forms("acc_app")), list(_forms("item12"))
    (['Q1 ['], ['acc_'], ['item#'])
    """
    text = header.strip()
    if len(text) > _LONG:  # such headers begin alike, and end in their mark
        text = text[: _LONG // 2] + text[-_LONG // 2 :]
    if found := _PARTS.fullmatch(text):
        before, mark = found["before"], found["mark"].strip()
        yield f"{before} {mark[0]}" if mark[0] == "[" else before + mark[0]
        if found["mark"].startswith(" - "):
            yield found["mark"]
    if found := re.fullmatch(r"(.*\D)?\d+[a-z]?", text):
        yield f"{found[1] or ''}#"
    if found := re.fullmatch(r".+(\([^()]+\))", text):
        yield re.sub(r"\d+", "#", found[1])
    words = text.split()
    if len(words) > 4:
        yield " ".join(words[:3])
