"""What is known of the items, column by column: what a column is about, and which item has which of its values.

A column is known by its header ("genres", "runtimeMinutes", "Regie"), else by its cells: lists at a separator, values that come
again, numbers, years, yes and no, or text whose words are taken. Ids, addresses and texts that occur once tell of no item's like,
and stay out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.labels.label import LONGEST_TEXT, one_line
from nmf_core.labels.values import Values, amounts, decades, is_blank, lengths, listed, numbers, words

COMES_AGAIN = 0.5  # of the values in a column of lists or categories, the share that more than one item has
MOST_CODES = 10  # different numbers that are codes of something rather than an amount
WORDS_OF_TEXT = 3  # a cell on average, from which a column is text
_SEPARATORS = ("|", ";", ",", " / ")
_HEADER = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])")
_ADDRESS = re.compile(r"\s*(?:\w+://|www\.)|\S+@\S+\.\w+\s*$|.*\.(?:jpe?g|png|webp)\s*$", re.IGNORECASE)
_DATE = re.compile(r"\s*\d{4}-\d\d(?:-\d\d)?(?:[T ].*)?\s*$")
_YES, _NO = frozenset({"1", "1.0", "true", "yes", "y", "x"}), frozenset({"0", "0.0", "false", "no", "n"})
# Words of headers over what tells one item from all others.
_OF_ONE = frozenset(
    """id ids index url urls uri link links isbn asin imdb tmdb code uuid guid hash slug key poster image images img cover
    homepage website barcode ean sku""".split()
)
_GENRES = frozenset(
    """abenteuer action adventure animation anime aventure biography blues children children's classical comedia comedy
    comédie country crime documentary drama drame electronic family fantasy fiction film-noir folk funk hip-hop history
    horror indie jazz komödie krimi metal music musical mystery non-fiction nonfiction platformer poetry policier pop punk
    puzzle r&b rap reggae rock romance rpg sci-fi science-fiction shooter short simulation soul sport strategy terror
    thriller war western""".split()
)


@dataclass(frozen=True)
class Source:
    """What a column is about: the kind of a name from it, how one is told, what its cells are, and what filters call it.

    Attributes:
        kind: of a label, one of `KINDS`.
        phrase: after "12 of its top 15 items", with {} for the value.
        values: makes values of cells.
        called: "genre", "decade", …; "" for a column that only its cells tell of.
        after: whether it comes second in a name of two parts: "Drama, 1940s".
    """

    kind: str
    phrase: str
    values: Callable[[Sequence[object]], Values]
    called: str = ""
    after: bool = False


@dataclass(frozen=True, eq=False)
class Column:
    """A column of metadata, read.

    Attributes:
        header: as it stands over the column.
        source: what it is about.
        known: (n_items,) of which items it tells something.
        carriers, codes: which item has which value, pair by pair.
        names: the values, as they are most often written, in alphabetical order.
    """

    header: str
    source: Source
    known: NDArray[np.bool_]
    carriers: NDArray[np.int64]
    codes: NDArray[np.int64]
    names: list[str]

    @cached_property
    def of_items(self) -> sparse.csr_array:
        """(n_items, n_values) 1 where an item has a value."""
        shape = (len(self.known), len(self.names))
        return sparse.csr_array((np.ones(len(self.codes)), (self.carriers, self.codes)), shape=shape)


def known_values(items: Sequence[str] | pd.Index, item_info: pd.DataFrame | None) -> dict[str, list[tuple[str, ...]]]:
    """What is known of each item, by kind: genre, theme, director, cast, length, decade; of columns with usual headers alone.

    Returns:
        kind → a tuple of values for each of the items, empty where nothing is known.

    >>> info = pd.DataFrame({"genres": ["Action|Thriller", ""], "year": [1986, 1994]}, index=["Aliens", "Heat"])
    >>> known_values(["Heat", "Aliens"], info)
    {'genre': [(), ('Action', 'Thriller')], 'decade': [('1990s',), ('1980s',)]}
    """
    ids = [str(item) for item in items]
    known: dict[str, list[tuple[str, ...]]] = {}
    for column in read_columns(ids, item_info):
        if column.source.called and column.source.called not in known:
            cells: list[list[str]] = [[] for _ in ids]
            for carrier, code in zip(column.carriers.tolist(), column.codes.tolist(), strict=True):
                cells[carrier].append(column.names[code])
            known[column.source.called] = [tuple(cell) for cell in cells]
    return {source.called: known[source.called] for source in _NAMED.values() if source.called in known}


def read_columns(items: list[str], item_info: pd.DataFrame | None) -> list[Column]:
    """The columns of the metadata that names can come from, with a row an item."""
    if item_info is None:
        return []
    info = item_info.set_axis(pd.Index([str(i) for i in item_info.index.to_numpy(dtype=object)], dtype="str"))
    info = info[~info.index.duplicated()].reindex(pd.Index(items, dtype="str"))
    columns = [
        _column(one_line(str(name))[:LONGEST_TEXT], info.iloc[:, k].to_numpy(dtype=object).tolist())
        for k, name in enumerate(info.columns)
    ]
    return sorted((column for column in columns if column is not None), key=lambda column: column.header)


def _column(header: str, cells: list[object]) -> Column | None:
    """One column, if names can come from it."""
    source = _by_header(header) or _by_cells(header, cells)
    values = source.values(cells) if source is not None else []
    if source is None or not any(values):
        return None
    sizes = np.array([len(cell) for cell in values], dtype=np.int64)
    written, spellings = pd.factorize(np.array([one for cell in values for one in cell], dtype=object))
    times = np.bincount(written)
    usual: dict[str, str] = {}  # "sci-fi" and "Sci-Fi" are one value, written as most write it
    for k in sorted(range(len(times)), key=lambda k: (-times[k], spellings[k])):
        usual.setdefault(spellings[k].casefold(), spellings[k])
    names = sorted(usual.values())
    code_of = {name.casefold(): code for code, name in enumerate(names)}
    codes = np.array([code_of[one.casefold()] for one in spellings], dtype=np.int64)[written]
    carriers = np.repeat(np.arange(len(values)), sizes)
    once = ~pd.Series(carriers * len(names) + codes).duplicated().to_numpy()
    return Column(header, source, sizes > 0, carriers[once], codes[once], names)


def _by_header(header: str) -> Source | None:
    """What a column is about by its header: the whole of it, or else a word in it that says it."""
    parts = [part.casefold() for part in _HEADER.findall(_CAMEL.sub(" ", header))]
    if not parts or parts[-1] in _OF_ONE:
        return None
    if "".join(parts) in _TEXTS:
        return replace(_TEXT, phrase=_TEXT.phrase.replace("[]", _plain("".join(parts))))
    return next((_NAMED[part] for part in ("".join(parts), *parts) if part in _NAMED), None)


def _by_cells(header: str, cells: list[object]) -> Source | None:
    """What a column is about by its cells; None where it tells of no item's like."""
    there = [cell for cell in cells if not is_blank(cell)]
    parts = [part.casefold() for part in _HEADER.findall(_CAMEL.sub(" ", header))]
    if len(there) < 2 or not header or (parts and parts[-1] in _OF_ONE):
        return None
    name = _plain(header)
    plain = Source("other", f"have {{}} as {name}", partial(listed, separators=()))
    if sum(isinstance(cell, list | tuple | set | frozenset | np.ndarray) for cell in there) * 2 > len(there):
        return _as_genre(plain, cells)
    texts = [str(cell).strip() for cell in there]
    lowered = {text.lower() for text in set(texts[:200])}
    if lowered <= _YES | _NO and {text.lower() for text in texts} <= _YES | _NO:
        flagged = partial(_flagged, name=header)
        of_genre = header.casefold().replace(" ", "-") in _GENRES
        return (
            Source("genre", "are {}", flagged) if of_genre else Source("other", "are marked “{}”", flagged, after=True)
        )
    if any(isinstance(cell, str) for cell in there) and sum(map(bool, map(_ADDRESS.match, texts))) * 2 > len(texts):
        return None
    if sum(map(bool, map(_DATE.match, texts))) > 0.95 * len(texts):
        return replace(_DECADE, called="")
    values = numbers(there)
    if np.isfinite(values).mean() > 0.95:
        return _of_numbers(header, values[np.isfinite(values)])
    return _of_texts(plain, name, texts, cells)


def _of_numbers(header: str, values: NDArray[np.float64]) -> Source | None:
    """Years, codes or amounts; numbers that count the items tell nothing."""
    distinct = np.unique(values)
    whole = bool((distinct == np.rint(distinct)).all())
    if whole and distinct[0] >= 1850 and distinct[-1] <= 2100:
        return replace(_DECADE, called="")
    if len(distinct) <= min(MOST_CODES, len(values) // 2):
        return Source("other", "have {}", partial(_coded, name=header), after=True)
    if whole and len(distinct) == len(values):
        return None
    return Source("other", "have {}", partial(amounts, called=header.replace("_", " ")), after=True)


def _of_texts(plain: Source, name: str, texts: list[str], cells: list[object]) -> Source | None:
    """Lists, values that come again, or words."""
    for separator in _SEPARATORS:
        if sum(separator in text for text in texts) < 0.1 * len(texts):
            continue
        source = replace(plain, values=partial(listed, separators=(separator,)))
        if _again(source.values(list(texts))) >= COMES_AGAIN:
            return _as_genre(source, cells)
    if _again(plain.values(list(texts))) >= COMES_AGAIN:
        return _as_genre(plain, cells)
    of_text = sum(len(text.split()) for text in texts) >= WORDS_OF_TEXT * len(texts)
    return replace(_TEXT, phrase=_TEXT.phrase.replace("[]", name)) if of_text else None


def _again(values: Values) -> float:
    """The share of values, each time that an item has one, that another item has too; long ones do not count."""
    times = Counter(one.casefold() for cell in values for one in cell)
    short = sum(n for one, n in times.items() if n > 1 and len(one.split()) <= 5)
    return short / max(1, times.total())


def _as_genre(source: Source, cells: list[object]) -> Source:
    """The source, of genres where a third of the different values or of their occurrences are names of genres."""
    times = Counter(one.casefold().replace(" ", "-") for cell in source.values(cells) for one in cell)
    known = [one for one in times if one in _GENRES]
    if len(known) >= 2 and (3 * len(known) >= len(times) or 3 * sum(times[one] for one in known) >= times.total()):
        return replace(source, kind="genre", phrase="are {}")
    return source


def _plain(header: str) -> str:
    """A header to be put into a phrase: short, and without the marks that stand for the value."""
    return header.casefold().replace("{", "(").replace("}", ")")[:40]


def _flagged(cells: Sequence[object], *, name: str) -> Values:
    """The header for items that have it, its absence for those that have not."""
    yes, no = ((text,) if len(text) <= LONGEST_TEXT else () for text in (name, f"not {name}"))
    return [() if is_blank(cell) else yes if str(cell).strip().lower() in _YES else no for cell in cells]


def _coded(cells: Sequence[object], *, name: str) -> Values:
    """Each number with the header, which says what it is a number of."""
    texts = ["" if value != value else f"{name} {value:g}" for value in numbers(cells).tolist()]
    return [(text,) if text and len(text) <= LONGEST_TEXT else () for text in texts]


_LISTS = partial(listed, separators=("|", ";", ","))
_DECADE = Source("other", "are from the {}", decades, "decade", after=True)
_TEXT = Source("other", "have “{}” in their []", words, after=True)
# In English and in the languages that `read_ratings` meets most.
_SOURCES = (
    (
        Source("genre", "are {}", _LISTS, "genre"),
        "genre genres genrelist subgenre subgenres gattung gattungen género géneros genero generos genere generi žánr žánry gatunek"
        " жанр жанры ジャンル 类型 장르",
    ),
    (
        Source("theme", "have the theme {}", _LISTS, "theme"),
        "theme themes tag tags keyword keywords topic topics subject subjects mood moods thema themen schlagwörter mots motscles",
    ),
    # A comma may be part of a director's name.
    (
        Source("directorial style", "are by {}", partial(listed, separators=("|", ";")), "director"),
        "director directors directedby regie regisseur regisseurin réalisateur réalisateurs realisateur regista regia režie reżyser"
        " режиссёр режиссер 監督 导演 감독",
    ),
    (
        Source("cast", "have {} in the cast", _LISTS, "cast"),
        "cast actor actors actress actresses stars starring schauspieler darsteller acteur acteurs reparto attori obsada",
    ),
    (
        Source("length or complexity", "are {}", lengths, "length", after=True),
        "length runtime minutes duration pages numpages pagecount laufzeit länge dauer seiten durée duree duración duracion durata",
    ),
    (
        _DECADE,
        "year released published publication premiered decade jahr erscheinungsjahr année annee año anno ano rok год 年 연도",
    ),
)
_NAMED = {word: source for source, said in _SOURCES for word in said.split()}
_TEXTS = frozenset(
    """title titles name movietitle filmtitle booktitle originaltitle titel titre título titolo description plot summary overview
    synopsis tagline blurb abstract beschreibung inhalt""".split()
)
