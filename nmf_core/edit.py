"""Changes of ratings: each gives new `Ratings` with the scale, the order and what is known of the items as before.

Nothing is made dense: a change costs a copy of the observed cells at most.

>>> from nmf_core import datasets
>>> ratings = datasets.notebook()
>>> changed = set_rating(ratings, "User1", "Movie3", 4)
>>> set_rating(changed, "User1", "Movie3", None).fingerprint == ratings.fingerprint
True
"""

from __future__ import annotations

import csv
import io
import numbers
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.errors import RatingsError, SettingsError, real_number, shown
from nmf_core.formats.base import Column, text_of
from nmf_core.formats.numbers import is_blank, is_number, read_numbers
from nmf_core.ratings import LARGEST_RATING, SMALLEST_RATING, Ratings, Scale, positions

MAX_NAME = 1000  # characters of a new user or item
MAX_BLOCK_CELLS = 1_000_000  # of a pasted block; more is a file

_ONE_NUMBER = re.compile(r"[+-]?\d+(,\d+)?", re.ASCII)


# --- ratings ----------------------------------------------------------------------------------------------------


def set_rating(ratings: Ratings, user: object, item: object, value: float | None) -> Ratings:
    """The ratings with one cell set, or blanked where `value` is None.

    Raises:
        RatingsError: an unknown user or item, a value outside the scale, or no rating left.

    >>> from nmf_core import datasets
    >>> set_rating(datasets.notebook(), "User1", "Movie1", 2).of_user("User1")
    {'Movie1': 2.0, 'Movie2': 3.0, 'Movie4': 1.0}
    """
    return set_cells(ratings, [user], [item], [value])


def set_ratings(ratings: Ratings, user: object, values: Mapping[object, float | None]) -> Ratings:
    """The ratings with some of a user's: item → rating, or None for a blank.

    Raises:
        RatingsError: as `set_rating`.

    >>> from nmf_core import datasets
    >>> set_ratings(datasets.notebook(), "User1", {"Movie3": 4, "Movie4": None}).of_user("User1")
    {'Movie1': 5.0, 'Movie2': 3.0, 'Movie3': 4.0}
    """
    return set_cells(ratings, [user] * len(values), list(values), list(values.values()))


def set_item_ratings(ratings: Ratings, item: object, values: Mapping[object, float | None]) -> Ratings:
    """The ratings with some of an item's: user → rating, or None for a blank.

    Raises:
        RatingsError: as `set_rating`.

    >>> from nmf_core import datasets
    >>> set_item_ratings(datasets.notebook(), "Movie3", {"User1": 4, "User5": None}).of_user("User5")
    {'Movie2': 1.0, 'Movie4': 4.0}
    """
    return set_cells(ratings, list(values), [item] * len(values), list(values.values()))


def set_cells(
    ratings: Ratings, users: Sequence[object], items: Sequence[object], values: Sequence[float | None]
) -> Ratings:
    """The ratings with cells set: user, item and rating by place; None or NaN is a blank, and the last word on a cell counts.

    Raises:
        RatingsError: as `set_rating`.

    >>> from nmf_core import datasets
    >>> set_cells(datasets.notebook(), ["User1", "User2"], ["Movie3", "Movie3"], [4, 5]).n_ratings
    15
    """
    if not len(users) == len(items) == len(values):
        raise RatingsError(
            f"There are {len(users)} users, {len(items)} items and {len(values)} ratings; the three must be equally long. "
            "Give one user, one item and one rating for each cell."
        )
    cells = np.array(
        [_value(v, f"{u} × {i}", ratings) for u, i, v in zip(users, items, values, strict=True)], dtype=float
    )
    return _with_cells(ratings, positions(ratings.users, users, "user"), positions(ratings.items, items, "item"), cells)


def set_typed(ratings: Ratings, cells: Sequence[tuple[object, object, object]]) -> Ratings:
    """The ratings with cells set as people type them: (user, item, text), where a blank text is a blank.

    A number is read as in files, each by itself: 4,5 is 4.5, and 1,500 is refused.

    Raises:
        RatingsError: text that is no number, else as `set_rating`.

    >>> from nmf_core import datasets
    >>> set_typed(datasets.notebook(), [("User1", "Movie3", "4,5"), ("User1", "Movie1", "")]).of_user("User1")
    {'Movie2': 3.0, 'Movie3': 4.5, 'Movie4': 1.0}
    """
    known: dict[str, float] = {}
    values: list[float | None] = []
    for user, item, text in cells:
        typed = _trimmed(text)
        if typed not in known:
            known[typed], why = _read_typed(ratings, typed)
            if why:
                raise RatingsError(f"{user} × {item}: {why}")
        values.append(known[typed])
    return set_cells(ratings, [user for user, _, _ in cells], [item for _, item, _ in cells], values)


def why_refused(ratings: Ratings, text: object) -> str:
    """Why a text cannot be typed as a rating, in a sentence; "" if it can.

    >>> from nmf_core import datasets
    >>> why_refused(datasets.notebook(), "9")
    "'9' lies outside the scale. A rating here is a number from 1 to 5, or blank. Correct that cell."
    >>> why_refused(datasets.notebook(), "4,5"), why_refused(datasets.notebook(), None)
    ('', '')
    """
    return _read_typed(ratings, _trimmed(text))[1]


def _trimmed(text: object) -> str:
    """What was typed into a cell, without blanks around it."""
    return "" if text is None else str(text).strip()


def _read_typed(ratings: Ratings, typed: str) -> tuple[float, str]:
    """A typed text as a rating, and why it is none."""
    low, high = _bounds(ratings)
    read = read_numbers([Column.of([typed])])
    value = float(read.matrix()[0, 0])
    no_number = read.wrong[3] if read.wrong and np.isnan(value) else ""
    if not no_number and not (value < low or value > high):
        return value, ""
    return value, (
        f"{shown(typed)} {no_number or 'lies outside the scale'}. A rating here is a number from {low:g} to {high:g}, or blank. "
        "Correct that cell."
    )


def _bounds(ratings: Ratings) -> Scale:
    """The lowest and highest rating that can be given: the scale, within what ratings can be at all."""
    return max(ratings.scale[0], 0.0), min(ratings.scale[1], LARGEST_RATING)


def _value(value: object, where: str, ratings: Ratings) -> float:
    """A rating within the scale, or NaN for a blank."""
    if value is None or value is pd.NA or (isinstance(value, numbers.Real) and value != value):
        return np.nan
    low, high = _bounds(ratings)
    number = isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)
    # The scale comes first: float() of a whole number too large for it would raise.
    if not number or not low <= value <= high or 0 < abs(float(value)) < SMALLEST_RATING:  # type: ignore
        value = value.item() if isinstance(value, np.generic) else value
        raise RatingsError(
            f"{where} is {shown(value)}; a rating here is a number from {low:g} to {high:g}. Correct that cell."
        )
    return float(value)  # type: ignore[arg-type]


def _with_cells(
    ratings: Ratings, rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.float64]
) -> Ratings:
    """The ratings with cells set; NaN blanks them. Only the rows between the first and the last are looked into."""
    if len(rows) == 0:
        return ratings
    V, width = ratings.V, ratings.n_items
    indptr: NDArray[np.int64] = np.asarray(V.indptr)
    where: NDArray[np.int64] = rows * width + columns
    cells, last = np.unique(where[::-1], return_index=True)
    values = values[::-1][last]
    start, end = int(cells[0]) // width, int(cells[-1]) // width + 1
    low, high = int(indptr[start]), int(indptr[end])
    keys = np.repeat(np.arange(start, end) * width, np.diff(indptr[start : end + 1])) + V.indices[low:high]
    at = np.searchsorted(keys, cells)
    known = np.append(keys, -1)[at] == cells
    blank = np.isnan(values)
    at = at + low

    data, indices = V.data.copy(), V.indices
    data[at[known & ~blank]] = values[known & ~blank]
    gone, new = at[known & blank], ~known & ~blank
    if len(gone):
        data, indices = np.delete(data, gone), np.delete(indices, gone)
    if new.any():
        places = at[new] - np.searchsorted(gone, at[new])
        data = np.insert(data, places, values[new])
        indices = np.insert(indices, places, cells[new] % width)
    if len(data) == 0:
        raise RatingsError("That would leave no ratings; there must be at least one. Rate another cell first.")
    counts = np.diff(indptr)
    counts += np.bincount(cells[new] // width, minlength=len(counts)).astype(counts.dtype)
    counts -= np.bincount(cells[known & blank] // width, minlength=len(counts)).astype(counts.dtype)
    return _made(ratings, data, indices, counts, ratings.users, ratings.items)


def _made(
    ratings: Ratings, data: NDArray, indices: NDArray, counts: NDArray, users: pd.Index, items: pd.Index
) -> Ratings:
    """Ratings of row-wise cells and the number in each row; what is known of the items follows them."""
    indptr = np.concatenate([[0], np.cumsum(counts)])
    V = sparse.csr_array((data, indices, indptr), shape=(len(users), len(items)), dtype=np.float32)
    info = ratings.item_info
    if info is not None and items is not ratings.items:
        info = info.reindex(items)
    return Ratings(V, users, items, ratings.scale, info)


# --- users and items --------------------------------------------------------------------------------------------


def add_users(ratings: Ratings, names: Iterable[object]) -> Ratings:
    """The ratings with further users, after the others and without ratings.

    Raises:
        RatingsError: a name that is blank, there already or given twice.

    >>> from nmf_core import datasets
    >>> add_users(datasets.notebook(), ["Ann"]).users[-1]
    'Ann'
    """
    users = _longer(ratings.users, names, "user")
    counts = np.append(np.diff(ratings.V.indptr), np.zeros(len(users) - ratings.n_users, dtype=np.int64))
    return _made(ratings, ratings.V.data, ratings.V.indices, counts, users, ratings.items)


def add_items(ratings: Ratings, names: Iterable[object]) -> Ratings:
    """The ratings with further items, after the others and without ratings.

    Raises:
        RatingsError: a name that is blank, there already or given twice.

    >>> from nmf_core import datasets
    >>> add_items(datasets.notebook(), ["Heat"]).n_items
    5
    """
    items = _longer(ratings.items, names, "item")
    return _made(ratings, ratings.V.data, ratings.V.indices, np.diff(ratings.V.indptr), ratings.users, items)


def rename_users(ratings: Ratings, names: Mapping[object, object]) -> Ratings:
    """The ratings with other names for some users: old → new, all at once, so that two may trade names.

    Raises:
        RatingsError: an old name that is not there, or a new one that is blank or there already.

    >>> from nmf_core import datasets
    >>> rename_users(datasets.notebook(), {"User1": "Ann"}).users[0]
    'Ann'
    """
    return Ratings(ratings.V, _renamed(ratings.users, names, "user"), ratings.items, ratings.scale, ratings.item_info)


def rename_items(ratings: Ratings, names: Mapping[object, object]) -> Ratings:
    """The ratings with other names for some items: old → new, all at once; what is known of them follows.

    Raises:
        RatingsError: an old name that is not there, or a new one that is blank or there already.

    >>> from nmf_core import datasets
    >>> rename_items(datasets.notebook(), {"Movie1": "Heat"}).items[0]
    'Heat'
    """
    items = _renamed(ratings.items, names, "item")
    info = None if ratings.item_info is None else ratings.item_info.set_axis(items, axis=0)
    return Ratings(ratings.V, ratings.users, items, ratings.scale, info)


def remove_users(ratings: Ratings, names: Iterable[object]) -> Ratings:
    """The ratings without some users.

    Raises:
        RatingsError: a name that is not there, or no rating left.

    >>> from nmf_core import datasets
    >>> remove_users(datasets.notebook(), ["User1", "User2"]).n_users
    3
    """
    kept = _others(ratings.users, names, "user")
    counts = np.diff(ratings.V.indptr)
    cells = np.repeat(kept, counts)
    _check_left(cells, "users")
    return _made(
        ratings, ratings.V.data[cells], ratings.V.indices[cells], counts[kept], ratings.users[kept], ratings.items
    )


def remove_items(ratings: Ratings, names: Iterable[object]) -> Ratings:
    """The ratings without some items.

    Raises:
        RatingsError: a name that is not there, or no rating left.

    >>> from nmf_core import datasets
    >>> remove_items(datasets.notebook(), ["Movie1"]).n_items
    3
    """
    kept = _others(ratings.items, names, "item")
    V = ratings.V
    cells = kept[V.indices]
    _check_left(cells, "items")
    column = np.cumsum(kept) - 1
    counts = np.diff(np.concatenate([[0], np.cumsum(cells)])[V.indptr])
    return _made(ratings, V.data[cells], column[V.indices[cells]], counts, ratings.users, ratings.items[kept])


def set_scale(ratings: Ratings, low: float, high: float) -> Ratings:
    """The ratings on another scale; their values stay as they are.

    Raises:
        RatingsError: ends that are no numbers, or in the wrong order, or between which not all ratings lie.

    >>> from nmf_core import datasets
    >>> set_scale(datasets.notebook(), 0, 10).scale
    (0.0, 10.0)
    """
    try:
        ends = (
            real_number("the low end", low, 0, LARGEST_RATING),
            real_number("the high end", high, 0, LARGEST_RATING),
        )
    except SettingsError as e:
        raise RatingsError(str(e)) from e
    least, most = float(ratings.V.data.min()), float(ratings.V.data.max())
    if not ends[0] < ends[1] or least < ends[0] or most > ends[1]:
        raise RatingsError(
            f"The scale would be {ends[0]:g} to {ends[1]:g}; it must rise, and hold all ratings, which lie from {least:g} to "
            f"{most:g}. Choose a wider scale, or change the ratings first."
        )
    return replace(ratings, scale=ends, notes=())


def _names(names: Iterable[object], what: str) -> list[str]:
    """Names as ids are kept: trimmed, none of them blank or endless."""
    if isinstance(names, str):
        raise RatingsError(f"The {what}s are {shown(names)}; give a list of names.")
    clean = ["" if name is None or name is pd.NA or name != name else text_of(name) for name in names]
    if "" in clean:
        raise RatingsError(f"One of the {what} names is blank; every {what} needs one. Type a name.")
    longest = max(clean, key=len, default="")
    if len(longest) > MAX_NAME:
        raise RatingsError(
            f"The {what} name {shown(longest)} has {len(longest)} characters; at most {MAX_NAME} are kept. Shorten it."
        )
    return clean


def _unique(index: pd.Index, names: Sequence[str], what: str) -> pd.Index:
    """The index, unless one of the names stands in it twice."""
    if not index.is_unique:
        twice = set(index[index.duplicated()])
        name = next(name for name in names if name in twice)
        raise RatingsError(
            f"The {what} {shown(name)} is there twice; {what}s are told apart by their names. Choose another name."
        )
    return index


def _longer(index: pd.Index, names: Iterable[object], what: str) -> pd.Index:
    """An index with further names at its end."""
    new = _names(names, what)
    return _unique(index.append(pd.Index(new, dtype=index.dtype)), new, what)


def _renamed(index: pd.Index, names: Mapping[object, object], what: str) -> pd.Index:
    """An index with other names in some places."""
    new = _names(names.values(), what)
    texts = index.to_numpy(dtype=object, copy=True)
    texts[positions(index, names, what)] = new
    return _unique(pd.Index(texts, dtype=index.dtype), new, what)


def _others(index: pd.Index, names: Iterable[object], what: str) -> NDArray[np.bool_]:
    """Which ids stay when some go."""
    kept = np.ones(len(index), dtype=bool)
    kept[positions(index, names, what)] = False
    return kept


def _check_left(cells: NDArray[np.bool_], what: str) -> None:
    """Refuse to take out what holds every rating."""
    if not cells.any():
        raise RatingsError(f"Without these {what} no rating would be left; there must be one. Keep one of them.")


# --- a block from a spreadsheet ---------------------------------------------------------------------------------


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
    made = _with_cells(made, rows, np.tile(columns, len(users)), values.ravel())
    n_set, n_blank = int((~np.isnan(values)).sum()), int(np.isnan(values).sum())
    said = f"{how}: {_count(n_set, 'rating')} set, {_count(n_blank, 'cell')} blank.{more}"
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
                f"Row {k + 1} of the block has {_count(len(row), 'cell')}, the first row {width}. Copy a rectangle of cells, or "
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
    _unique(pd.Index(clean, dtype=ratings.users.dtype), clean, what)
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
    low, high = _bounds(ratings)
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


def _count(number: int, what: str) -> str:
    """A number with its noun."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _listed(what: str, names: list[str]) -> str:
    """The first few names, and how many more."""
    if not names:
        return ""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{what}{'s' if len(names) > 1 else ''} {', '.join(names[:5])}{more}"
