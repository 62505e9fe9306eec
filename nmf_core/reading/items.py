"""`read_items`: a file about items (titles, years, genres and whatever else there is) becomes a frame by item id."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from nmf_core.errors import NmfError, RatingsError, closest, shown
from nmf_core.formats.base import whole
from nmf_core.formats.movielens import check_ids, is_file_items, joined_genres, one_line, read_file_items, year_of
from nmf_core.formats.registry import head_of, open_source
from nmf_core.tables.base import Column, Table, text_of
from nmf_core.tables.headers import ROLE_NAMES, column_named, has_role, plain

_TITLES = ("itemname", "movietitle", "title")  # among the usual names of items, what is no id
_NAMES = (*ROLE_NAMES["item"], "id")
# Usual names of the item column, the best first: what says that it is an id, what may be one, titles.
ITEM_NAMES = (
    *(name for name in _NAMES if name.endswith(("id", "isbn", "asin"))),
    *(name for name in _NAMES if not name.endswith(("id", "isbn", "asin", *_TITLES))),
    *("title", "movietitle", "itemname", "name"),
)
# Columns that get one name, whatever theirs is.
METADATA_NAMES: dict[str, tuple[str, ...]] = {
    "title": (
        *("title", "movietitle", "itemname", "name", "itemtitle", "booktitle", "filmtitle", "productname"),
        *("movie", "film", "book", "song", "track", "game", "product", "item"),
    ),
    "year": ("year", "releaseyear", "yearofrelease", "released", "yearofpublication", "releasedate"),
    "genres": ("genres", "genre", "genrelist"),
}
# Further headers by which a table is known to be about items.
_ABOUT = frozenset(
    (
        *("title", "movietitle", "year", "releaseyear", "releasedate", "genres", "genre", "director", "directors"),
        *("cast", "actors", "tags", "keywords", "themes", "theme", "runtime", "minutes", "duration", "pages"),
        *("author", "authors", "artist", "publisher", "category", "categories", "brand", "description", "language"),
    )
)
_YEAR = re.compile(r"\b[12]\d{3}\b", re.ASCII)  # of a date too


def read_items(source: object, *, name: str | None = None, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    """What a file says about items, as text, indexed by item id.

    Known are MovieLens' u.item, movies.dat and movies.csv, its zip files, and any table with a column of item ids
    under a usual name (item, movieId, id, isbn, …, or else the title). The columns title, year and genres get these
    names; others keep theirs. Genres become "A|B", and a year at the end of titles becomes a column if there is none.

    Args:
        source: path, binary or text file object, bytes, DataFrame, or what `open_source` made of one.
        name: file name to show for bytes and file objects, and to know MovieLens' files by.
        columns: header in the file of "item", "title", "year" or "genres", for those with unusual names.

    Returns:
        A frame of text with the index "item"; a blank cell is "".

    Raises:
        RatingsError: no column of item ids, a blank id or one that is there twice, or a file that cannot be read.

    >>> films = read_items(b"movieId,title,genres,director\\n7,Alien (1979),Horror; Sci-Fi,Ridley Scott\\n")
    >>> films.loc["7"].to_dict()
    {'title': 'Alien (1979)', 'genres': 'Horror|Sci-Fi', 'director': 'Ridley Scott', 'year': '1979'}
    """
    opened = open_source(source, name=name)
    if columns is None and opened.data is not None and is_file_items(head_of(opened.data), opened.name):
        return read_file_items(whole(opened.data), opened.name)
    table = opened.table()
    return table.items if table.items is not None and columns is None else _frame(table, columns)


def looks_like_items(source: object, name: str | None = None) -> bool:
    """Whether a file is about items rather than ratings: it has a column of items and one such as title or genres, but
    none of users or ratings.

    >>> looks_like_items(b"movieId,title,genres\\n1,Alien,Horror\\n", "films.csv")
    True
    >>> looks_like_items(b"movie,ann,bob\\nAlien,5,4\\n", "films.csv")
    False
    """
    try:
        opened = open_source(source, name=name)
        if opened.data is not None and is_file_items(head_of(opened.data), opened.name):
            return True
        headers = opened.table().header
    except NmfError:
        return False
    if has_role(headers, "user") or has_role(headers, "rating"):
        return False
    item = column_named(headers, ITEM_NAMES)
    return item is not None and any(plain(header) in _ABOUT for k, header in enumerate(headers) if k != item)


def _frame(table: Table, columns: Mapping[str, str] | None) -> pd.DataFrame:
    """The frame of a table about items."""
    places = _places(table, dict(columns or {}))
    columns_of = table.take(range(len(table.header)))
    cells = {k: _texts(column, k == places["item"]) for k, column in enumerate(columns_of)}
    rows = [row for row in range(len(columns_of[0])) if any(texts[row] for texts in cells.values())]
    ids = [cells[places["item"]][row] for row in rows]
    check_ids(ids, lambda k: table.line(rows[k]), table.name, table.place)
    named = {k: what for what, k in places.items() if what != "item"}
    info: dict[str, list[str]] = {}
    for k, texts in cells.items():
        header = named.get(k, table.header[k])
        if k not in named and header in named.values():
            header = f"{header} (column {k + 1})"
        if k != places["item"] and header:
            info[header] = [texts[row] for row in rows]
    if "genres" in info:
        info["genres"] = [joined_genres(re.split(_separator(text), text)) for text in info["genres"]]
    if "year" in info:
        info["year"] = [found[0] if (found := _YEAR.search(text)) else text for text in info["year"]]
    if "title" in info and "year" not in info:
        years = [year_of(title) for title in info["title"]]
        if 2 * sum(map(bool, years)) > len(years):
            info["year"] = years
    return pd.DataFrame(info, index=pd.Index(ids, dtype="str", name="item"), dtype="str")


def _places(table: Table, columns: dict[str, str]) -> dict[str, int]:
    """What → column, for item, title, year and genres as far as they are there."""
    allowed = ("item", *METADATA_NAMES)
    where = f"{table.name}, {table.place} {table.header_line}"
    twice = pd.Index([header for header in table.header if header])
    if twice.has_duplicates:
        header = twice[twice.duplicated()][0]
        raise RatingsError(f"{where}: the column {shown(header)} is there twice. Remove or rename one of them.")
    places: dict[str, int] = {}
    for what, header in columns.items():
        if what not in allowed or header not in table.header:
            wrong, right = (what, allowed) if what not in allowed else (header, table.header)
            raise RatingsError(
                f"{where}: columns says {shown({what: header})}, but there is no {shown(wrong)} among "
                f"{shown(', '.join(right), 120)}.{closest(wrong, right)} Give item, title, year or genres and a header."
            )
        places[what] = table.header.index(header)
    free = [header if k not in places.values() else "" for k, header in enumerate(table.header)]
    for what, names in (("item", ITEM_NAMES), *METADATA_NAMES.items()):
        if what not in places and (k := column_named(free, names)) is not None:
            places[what] = k
            free[k] = ""
    if "item" not in places:
        raise RatingsError(
            f"{where}: there is no item column among {shown(', '.join(table.header), 120)}. Name the column of the item ids "
            f"item, movieId, id or title, the same ids as in the ratings."
        )
    return places


def _texts(column: Column, are_ids: bool) -> list[str]:
    """A column as clean text, ids as those of ratings are; "" where it is blank or missing."""
    coded = column.coded()
    texts = [text_of(cell) if are_ids else one_line(text_of(cell)) for cell in coded.cells]
    return np.array([*texts, ""], dtype=object)[coded.codes].tolist()


def _separator(genres: str) -> str:
    """What separates genres: a bar, else a semicolon, else a comma."""
    return next((re.escape(mark) for mark in "|;," if mark in genres), r"\|")
