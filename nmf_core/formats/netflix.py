"""The Netflix Prize's text: a line with a film's number and a colon, below it a line for each who rated it."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.csv

from nmf_core.errors import RatingsError, shown
from nmf_core.formats.base import Data, Format, opened
from nmf_core.formats.kinds import NETFLIX, kind_at
from nmf_core.formats.utf8 import as_utf8
from nmf_core.tables.arrow import column_of
from nmf_core.tables.base import Column, Table, table_of_columns

_FILM = re.compile(r"\s*(\d+):\s*")
_DATED = re.compile(rb",\s*\d{4}-\d{2}-\d{2}\s*$")
_BLOCK = 1 << 23
_TITLES, _RATING = ("user", "rating", "date"), ("1488844", "3", "2005-09-06")


def read(data: Data, name: str) -> Table:
    """A Table of user, item, rating and, where there are any, dates.

    Raises:
        RatingsError: a line that is neither a film nor a rating of the one above it.
    """
    if _n_cells(data) == 2 and _DATED.search(_first_rating(data)):
        raise RatingsError(
            f"{name} holds no ratings: each line is a user and a date, as in that contest's qualifying set, whose ratings were "
            "held back. Choose a file of the training set."
        )
    films: list[tuple[int, str]] = []  # how many ratings stand above a film, and its number
    wrong: list[str] = []

    def without_rating(row: pyarrow.csv.InvalidRow) -> str:
        film = _FILM.fullmatch(row.text)
        if film is None:
            wrong.append(row.text)
            return "error"
        films.append((row.number - 1 - len(films), film[1]))
        return "skip"

    found = as_utf8(data, name, None)  # Arrow would stumble in the middle of telling of a row
    data = found.data
    titles = _TITLES[: _n_cells(data)]
    text = pa.dictionary(pa.int32(), pa.string())
    try:
        with opened(data) as file:
            table = pyarrow.csv.read_csv(
                file,
                # The films' lines are counted, so that rows must come one after the other.
                read_options=pyarrow.csv.ReadOptions(column_names=list(titles), block_size=_BLOCK, use_threads=False),
                parse_options=pyarrow.csv.ParseOptions(quote_char=False, invalid_row_handler=without_rating),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(titles, text), strings_can_be_null=False
                ),
            )
    except pa.ArrowException as e:
        said = f"the line {shown(wrong[0])}" if wrong else f"a line ({str(e)[:100]})"
        rating = ",".join(_RATING[: len(titles)])
        raise RatingsError(
            f"{name}: {said} is neither a film such as 1: nor a rating such as {rating}. Correct it."
        ) from e
    if not films or films[0][0]:
        raise RatingsError(f"{name}: no film's line such as 1: stands above the first ratings. Put it there.")
    columns = dict(zip(titles, map(column_of, table.columns), strict=True))
    columns["item"] = _items(films, table.num_rows)
    header = ("user", "item", *titles[1:])
    return table_of_columns(
        header,
        [columns[title] for title in header],
        range(1, table.num_rows + 1),
        name=name,
        place="rating",
        notes=found.notes,
    )


def _n_cells(data: Data) -> int:
    """How many cells a rating has: two or, with the date, three."""
    return 3 if _first_rating(data).count(b",") > 1 else 2


def _first_rating(data: Data) -> bytes:
    """The first line that is no film's."""
    with opened(data) as file:
        return next((line for line in iter(lambda: file.readline(1 << 16), b"") if b"," in line), b"")


def _items(films: list[tuple[int, str]], n_ratings: int) -> Column:
    """The film of each rating."""
    codes = {number: k for k, number in enumerate(dict.fromkeys(number for _, number in films))}
    counts = [below - above for above, below in pairwise([*(above for above, _ in films), n_ratings])]
    of_each = np.repeat(np.array([codes[number] for _, number in films], dtype=np.int32), counts)
    return Column(np.array([*codes, None], dtype=object)[:-1], of_each)


FORMAT = Format(
    "netflix",
    "Netflix Prize",
    ("txt", "data"),
    lambda head, name: kind_at(head) is NETFLIX,
    read,
    summary="a line `1:` for each film, below it `user,rating,date`",
    when="for the files of that contest as they are",
    example=lambda: b"1:\n7,5\n9,4\n2:\n7,3\n",
    has_ids=False,
)
