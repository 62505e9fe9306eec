"""A block from a spreadsheet, put down in place or by name."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.edit.cells import bounds, with_cells
from nmf_core.edit.names import add_items, add_users, unique
from nmf_core.errors import RatingsError, shown
from nmf_core.tables.base import Column, text_of
from nmf_core.tables.numbers import is_blank, is_number, read_numbers
from nmf_core.words import many, noun

MAX_BLOCK_CELLS = 1_000_000  # of a pasted block; more is a file


_ONE_NUMBER = re.compile(r"[+-]?\d+(,\d+)?", re.ASCII)


def paste(ratings: Ratings, text: str, *, user: object = None, item: object = None) -> tuple[Ratings, str]:
    r"""The ratings with a block put down as a spreadsheet copies it, and what was done in a sentence.

    A block with names has the items in its first row and the users in its first column: cells are set by name, and users
    and items that are not there yet are added. Where only its first row holds names, known items foremost, the rows go down
    from `user`. A block of bare numbers goes down and right from `user` and `item`. A blank cell of the block blanks the cell.
    Either the whole block is put down, or nothing.

    Args:
        text: lines with tabs between the cells, else semicolons, else commas; quoted cells may hold all of these.
        user, item: where bare numbers begin; the first user and the first item if None.

    Raises:
        RatingsError: a cell that is no rating within the scale (its row and column in the block are named), uneven rows,
            a name twice or blank, or bare numbers that would reach beyond the last user or item.

    >>> from nmf_core import datasets
    >>> ratings, said = paste(datasets.notebook(), "\tMovie1\tHeat\nUser1\t4\t5\nAnn\t\t3")
    >>> said
    'By name: 3 ratings set, 1 cell blank. Added: user Ann; item Heat.'
    >>> paste(ratings, "2\t2", user="User2", item="Movie2")[1]
    'From User2 × Movie2 on: 2 ratings set, 0 cells blank.'
    """
    block = _block(text)
    items_alone = _has_items_alone(block, ratings)
    numbers_at = (1, 0) if items_alone else (1, 1) if _has_names(block, ratings) else (0, 0)
    made, more = ratings, ""
    if numbers_at == (0, 0):
        users, items = _place(block, ratings, user, item)
        how = f"From {users[0]} × {items[0]} on"
    else:
        if items_alone:
            users, _ = _place([row[:1] for row in block[1:]], ratings, user, None)
            items = _names_in(block[0], "item", (1, 1), "its first row holds items", ratings)
            how = f"By item, from {users[0]} on"
        else:
            users, items = _names_of(block, ratings)
            how = "By name"
        more_users = [name for name in users if name not in ratings.users]
        more_items = [name for name in items if name not in ratings.items]
        made = add_items(add_users(ratings, more_users), more_items)
        added = [words for words in (_listed("user", more_users), _listed("item", more_items)) if words]
        more = f" Added: {'; '.join(added)}." if added else ""
    values, comma = _numbers(block, numbers_at, users, items, ratings)
    columns = positions(made.items, items, "item")
    rows = np.repeat(positions(made.users, users, "user"), len(columns))
    made = with_cells(made, rows, np.tile(columns, len(users)), values.ravel())
    n_set, n_blank = int((~np.isnan(values)).sum()), int(np.isnan(values).sum())
    said = f"{how}: {many(n_set, 'rating')} set, {many(n_blank, 'cell')} blank.{more}"
    return made, said + (" Decimal commas were read as points." if comma else "")


def _block(text: str) -> list[list[str]]:
    """The cells of a block; rows are equally long."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise RatingsError("The block is empty. Copy cells in a spreadsheet and paste them here.")
    delimiter = next((mark for mark in "\t;" if mark in text), ",")
    if (
        delimiter == ","
        and "," in text
        and all(_ONE_NUMBER.fullmatch(line.strip() or "0") for line in text.split("\n"))
    ):
        line = next(line for line in text.split("\n") if "," in line).strip()
        raise RatingsError(
            f"The block has {shown(line)}, which could be one number or two. Write decimal points, or put tabs or semicolons "
            "between the cells."
        )
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [row or [""] for row in reader]
    except csv.Error as e:
        raise RatingsError(
            f"The block cannot be cut into cells: {e}. A quoted cell must end with a quote, and a quote inside it is written "
            "twice. Copy the cells again."
        ) from e
    width = len(rows[0])
    while width > 1 and rows[-1] == [""]:  # in a single column such a line is a blank cell
        rows.pop()
    for k, row in enumerate(rows):
        if len(row) != width:
            raise RatingsError(
                f"Row {k + 1} of the block has {many(len(row), 'cell')}, the first row {width}. Copy a rectangle of cells, or "
                "put quotes around a name that holds the separator."
            )
    if len(rows) * width > MAX_BLOCK_CELLS:
        raise RatingsError(
            f"The block has {len(rows)} × {width} cells; at most {MAX_BLOCK_CELLS} can be pasted. Upload it as a file."
        )
    return rows


def _has_names(block: list[list[str]], ratings: Ratings) -> bool:
    """Whether the first row and column are names: words, or numbers that these ratings have as names throughout."""
    if len(block) < 2 or len(block[0]) < 2 or is_number(block[0][0]):
        return False
    items, users = block[0][1:], [row[0] for row in block[1:]]
    if not all(is_number(name) or is_blank(name) for name in (*items, *users)):
        return True
    return all(text_of(x) in ratings.items for x in items) and all(text_of(x) in ratings.users for x in users)


def _has_items_alone(block: list[list[str]], ratings: Ratings) -> bool:
    """Whether the first row holds items, and numbers stand right below: its first cell is an item here, and they are no users."""
    below = [row[0] for row in block[1:]]
    return (
        bool(below)
        and text_of(block[0][0]) in ratings.items
        and not any(map(is_number, block[0]))
        and all((is_number(cell) or is_blank(cell)) and text_of(cell) not in ratings.users for cell in below)
    )


def _names_of(block: list[list[str]], ratings: Ratings) -> tuple[list[str], list[str]]:
    """The users in the first column and the items in the first row."""
    rule = "the first row of a block with names holds items, its first column users"
    users = _names_in([row[0] for row in block[1:]], "user", (2, 1), rule, ratings)
    return users, _names_in(block[0][1:], "item", (1, 2), rule, ratings)


def _names_in(names: list[str], what: str, first: tuple[int, int], rule: str, ratings: Ratings) -> list[str]:
    """Names from a block, clean, each once and none blank; `first`: row and column of the first, `rule`: what stands where."""
    clean = [text_of(name) for name in names]
    if "" in clean:
        row, column = first[0] + clean.index("") * (what == "user"), first[1] + clean.index("") * (what == "item")
        raise RatingsError(
            f"Row {row}, column {column} of the block is blank; {rule}. Name the {what}, or copy bare numbers alone."
        )
    unique(pd.Index(clean, dtype=ratings.users.dtype), clean, what)
    return clean


def _place(block: list[list[str]], ratings: Ratings, user: object, item: object) -> tuple[list[str], list[str]]:
    """The users and items that bare numbers fall on."""
    u = 0 if user is None else ratings.row(user)
    i = 0 if item is None else ratings.column(item)
    n, m = len(block), len(block[0])
    if u + n > ratings.n_users or i + m > ratings.n_items:
        raise RatingsError(
            f"The block is {n} × {m} cells; from {ratings.users[u]} × {ratings.items[i]} on there are "
            f"{ratings.n_users - u} × {ratings.n_items - i}. Begin further up or left, add users or items first, or paste with "
            "names in the first row and column."
        )
    return ratings.users[u : u + n].tolist(), ratings.items[i : i + m].tolist()


def _numbers(
    block: list[list[str]], start: tuple[int, int], users: list[str], items: list[str], ratings: Ratings
) -> tuple[NDArray[np.float64], bool]:
    """The numbers of a block, and whether commas were read as decimal; the first that is no rating is an error."""
    cells = [row[start[1] :] for row in block[start[0] :]]
    read = read_numbers([Column.of(column) for column in zip(*cells, strict=True)])
    values = read.matrix()
    low, high = bounds(ratings)
    outside = (values < low) | (values > high)
    if read.wrong and np.isnan(values[read.wrong[:2]]):
        row, column, cell, why = read.wrong
    elif outside.any():
        row, column = (int(x) for x in np.argwhere(outside)[0])
        cell, why = cells[row][column], "lies outside the scale"
    else:
        return values, read.decimal == ","
    allowed = f"A rating here is a number from {low:g} to {high:g}, or blank. Correct that cell; nothing was pasted."
    raise RatingsError(
        f"Row {row + start[0] + 1}, column {column + start[1] + 1} of the block ({users[row]} × {items[column]}): {shown(cell)} "
        f"{why}. {allowed}"
    )


def _listed(what: str, names: list[str]) -> str:
    """The first few names, and how many more."""
    if not names:
        return ""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{noun(len(names), what)} {', '.join(names[:5])}{more}"
