"""MovieLens' own files: what u.data, ratings.dat and their companions hold, and in which form.

The layouts are those that the README files of ml-100k, ml-1m and ml-latest-small describe.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from nmf_core.errors import RatingsError, shown
from nmf_core.formats import delimited
from nmf_core.formats.base import Data, whole
from nmf_core.tables.base import Table, text_of
from nmf_core.tables.numbers import is_number

# Of u.item, in the order of its flags; u.genre says the same.
GENRES = (
    *(
        "unknown",
        "Action",
        "Adventure",
        "Animation",
        "Children's",
        "Comedy",
        "Crime",
        "Documentary",
        "Drama",
        "Fantasy",
    ),
    *("Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
_BEFORE_FLAGS = 5  # id, title, release date, video release date, URL
_NO_GENRES = frozenset({"", "unknown", "(no genres listed)"})
_YEAR = re.compile(r"\((\d{4})[^()]*\)\s*$", re.ASCII)


@dataclass(frozen=True)
class FileSet:
    """Files that MovieLens publishes together: the ratings, the films, and the genres' names if they are apart."""

    ratings: str
    items: str
    genres: str = ""


FILE_SETS = (
    FileSet("u.data", "u.item", "u.genre"),
    FileSet("ratings.dat", "movies.dat"),
    FileSet("ratings.csv", "movies.csv"),
)


def table_of_set(files_of: FileSet, content: Mapping[str, Callable[[], Data]], name: str) -> Table:
    """The Table of a set's ratings with its films; `content` gives a file by its name in lower case."""
    table = read_file_ratings(content[files_of.ratings](), f"{name}, {files_of.ratings}")
    genres = whole(content[files_of.genres]()) if files_of.genres in content else b""
    items = read_file_items(whole(content[files_of.items]()), f"{name}, {files_of.items}", genres)
    note = f"Ratings are from {files_of.ratings}, titles and genres from {files_of.items}."
    return replace(table, notes=(note, *table.notes), items=items)


def read_file_ratings(data: Data, name: str) -> Table:
    """The Table of a ratings file of a set; one without a header gets one, and its first row is a row."""
    table = delimited.read(data, name)
    if not 3 <= len(table.header) <= 4 or not all(is_number(text) for text in table.header[:2]):
        return table
    header = ("user", "item", "rating", "timestamp")[: len(table.header)]
    return replace(table.without_header(), header=header, headless=False)


def read_file_items(data: bytes, name: str, genres: bytes = b"") -> pd.DataFrame:
    """Films by item id, with title, year and genres as text, from u.item, movies.dat or movies.csv.

    Args:
        data: the file.
        name: its name for errors; what it ends in says which of the three it is.
        genres: the content of u.genre.

    Raises:
        RatingsError: a line that is not like the others, a blank id, or one that is there twice.

    >>> read_file_items(b"1::Toy Story (1995)::Animation|Comedy", "movies.dat").loc["1"].tolist()
    ['Toy Story (1995)', '1995', 'Animation|Comedy']
    """
    text = _decoded(data)
    if name.lower().endswith(".item"):
        rows = _u_item(text, name, _genre_names(_decoded(genres)))
    elif name.lower().endswith(".dat"):
        rows = _movies_dat(text, name)
    else:
        rows = _movies_csv(text, name)
    table = [
        (line, item.strip(), one_line(title), year or year_of(title), genres)
        for line, item, title, year, genres in rows
    ]
    check_ids([item for _, item, *_ in table], lambda k: table[k][0], name)
    frame = pd.DataFrame([row[2:] for row in table], columns=["title", "year", "genres"], dtype="str")
    return frame.set_axis(pd.Index([text_of(item) for _, item, *_ in table], dtype="str", name="item"))


def is_file_items(head: bytes, name: str) -> bool:
    """Whether a file is one of the sets' films, by its name and its first line."""
    line = _decoded(head).lstrip("\ufeff").partition("\n")[0].rstrip("\r")
    known = {
        "u.item": line.count("|") >= _BEFORE_FLAGS + 2,
        "movies.dat": line.count("::") >= 2,
        "movies.csv": line.lower().startswith("movieid,title"),
    }
    return known.get(name.lower(), False)


def _decoded(data: bytes) -> str:
    """Text in UTF-8, or in Latin-1 as the older sets are."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def one_line(text: str) -> str:
    """A text in one line; control characters replaced."""
    return text_of(" ".join(text.split()))


def year_of(title: str) -> str:
    """The year at a title's end, or "".

    >>> year_of("Toy Story (1995)"), year_of("Death Note (2006–2007)"), year_of("Babylon 5")
    ('1995', '2006', '')
    """
    found = _YEAR.search(title)
    return found[1] if found else ""


def joined_genres(names: Sequence[str]) -> str:
    """Genres as "A|B", each once, without those that say that none is known."""
    kept = dict.fromkeys(name.strip() for name in names)
    return "|".join(name for name in kept if name.casefold() not in _NO_GENRES)


def check_ids(ids: Sequence[str], line: Callable[[int], int], name: str, place: str = "line") -> None:
    """Refuse metadata without an item, with a blank item id, or with one that is there twice."""
    if not ids:
        raise RatingsError(f"{name} has no items. Give one row an item, with its id and what is known of it.")
    seen: dict[str, int] = {}
    for k, item in enumerate(ids):
        if not item:
            raise RatingsError(f"{name}, {place} {line(k)}: the item id is blank; every row needs one. Fill it in.")
        if item in seen:
            raise RatingsError(
                f"{name}, {place} {line(k)}: the item {shown(item)} is there already, in {place} "
                f"{line(seen[item])}. Keep one row for each item."
            )
        seen[item] = k


# Line, id, title, year if it stands apart, genres.
_Row = tuple[int, str, str, str, str]


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, and their numbers. (splitlines would also cut at a title's control characters.)"""
    lines = text.replace("\r\n", "\n").split("\n")
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _genre_names(text: str) -> tuple[str, ...]:
    """The genres in the order of their flags, from the lines name|number of u.genre."""
    pairs = [line.split("|") for _, line in _numbered(text)]
    numbers = [pair[1].strip() for pair in pairs if len(pair) == 2]
    if numbers and numbers == [str(k) for k in range(len(pairs))]:
        return tuple(pair[0].strip() for pair in pairs)
    return GENRES


def _u_item(text: str, name: str, genres: tuple[str, ...]) -> Iterator[_Row]:
    """The rows of u.item."""
    for number, line in _numbered(text):
        cells = line.split("|")
        flags = cells[_BEFORE_FLAGS:]
        if len(flags) == len(GENRES) != len(genres):
            genres = GENRES
        if len(flags) != len(genres) or not {flag.strip() for flag in flags} <= {"0", "1"}:
            raise RatingsError(
                f"{name}, line {number}: there are {len(cells)} fields; a film has {_BEFORE_FLAGS} and a 0 or 1 for each of "
                f"{len(genres)} genres, separated by bars. Correct that line."
            )
        marked = [genre for genre, flag in zip(genres, flags, strict=True) if flag.strip() == "1"]
        released = cells[2].strip()[-4:]
        year = year_of(cells[1]) or (released if re.fullmatch(r"\d{4}", released, re.ASCII) else "")
        yield number, cells[0], cells[1], year, joined_genres(marked)


def _movies_dat(text: str, name: str) -> Iterator[_Row]:
    """The rows of movies.dat; a title may hold the separator."""
    for number, line in _numbered(text):
        cells = line.split("::")
        if len(cells) < 3:
            raise RatingsError(
                f"{name}, line {number}: there are {len(cells)} fields; a film has id::title::genres. Correct that line."
            )
        yield number, cells[0], "::".join(cells[1:-1]), "", joined_genres(cells[-1].split("|"))


def _movies_csv(text: str, name: str) -> Iterator[_Row]:
    """The rows of movies.csv."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start, header = 1, None
    try:
        for row in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = [cell.strip().casefold() for cell in row]
                if header != ["movieid", "title", "genres"]:
                    raise RatingsError(
                        f"{name}, line {line}: the header is {shown(','.join(row))}; it must be movieId,title,genres. "
                        "Correct it."
                    )
                continue
            if len(row) != len(header):
                raise RatingsError(
                    f"{name}, line {line}: the row has {len(row)} cells; the header has {len(header)}. Put quotes around a title "
                    "that holds a comma."
                )
            yield line, row[0], row[1], "", joined_genres(row[2].split("|"))
    except csv.Error as e:
        raise RatingsError(f"{name}, line {start}: {e}. Correct the row that begins there.") from e
