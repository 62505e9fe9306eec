"""A table becomes `Ratings`: a long table (user, item, rating) or a grid (users down, items across)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.errors import RatingsError, shown
from nmf_core.formats.base import MAX_GRID_CELLS, Table, text_of
from nmf_core.formats.numbers import Numbers, distinct, is_blank, is_number, read_numbers
from nmf_core.neutral import restored
from nmf_core.ratings import Ratings, Scale, replaced

# Usual names, the best first; case, spaces and punctuation do not matter.
ROLE_NAMES: dict[str, tuple[str, ...]] = {
    "user": (
        *("user", "userid", "username", "person", "personid", "who", "customer", "customerid", "reviewer"),
        *("reviewerid", "member", "memberid", "viewer", "viewerid", "reader", "readerid", "listener", "rater"),
    ),
    "item": (
        *("item", "itemid", "movie", "movieid", "film", "filmid", "product", "productid", "book", "bookid", "isbn"),
        *("song", "songid", "track", "trackid", "game", "gameid", "asin", "itemname", "movietitle", "title"),
    ),
    "rating": ("rating", "ratings", "score", "stars", "value", "bookrating", "overall"),
}
_HINT = "For a long table, name its columns user, item and rating."


def ratings_of_table(table: Table, *, zeros: str, duplicates: str, scale: Scale | None) -> Ratings:
    """Ratings from a table, long or grid, as its header or else its content tells."""
    table = _without_blanks(table)
    if len(table.cells) == 0:
        raise RatingsError(f"{table.name} has a header but no ratings. Add at least one row below the header.")
    found = _roles(table)
    if len(found) == 3:
        return _long(table, found, zeros, duplicates, scale)
    if len(found) == 2 and 2 * len(found) > len(table.header):
        raise _missing(table, found)
    if not found:
        by_content = _headed(table)
        if _is_long(by_content):
            return _long(by_content, {"user": 0, "item": 1, "rating": 2}, zeros, duplicates, scale)
    return _grid(table, found, zeros, scale)


def is_user_name(header: object) -> bool:
    """Whether a header is a usual name for the users."""
    return _plain(str(header)) in ROLE_NAMES["user"]


def _plain(header: str) -> str:
    """A header without case, spaces and punctuation."""
    return "".join(c for c in header.casefold() if c.isalnum())


def _roles(table: Table) -> dict[str, int]:
    """Role → column, as far as the header has a usual name for it; one that is there twice is an error."""
    headers = [_plain(header) for header in table.header]
    found = {}
    for role, names in ROLE_NAMES.items():
        name = next((name for name in names if name in headers), None)
        if name is None:
            continue
        found[role] = headers.index(name)
        if headers.count(name) > 1:
            raise RatingsError(
                f"{table.name}, {table.place} {table.header_line}: the column {shown(table.header[found[role]])} is there "
                f"{headers.count(name)} times. Keep one {role} column, and remove or rename the others."
            )
    return found


def _missing(table: Table, found: dict[str, int]) -> RatingsError:
    """The error for a long table that lacks a column."""
    missing = next(role for role in ROLE_NAMES if role not in found)
    return RatingsError(
        f"{table.name}, {table.place} {table.header_line}: there is no {missing} column among "
        f"{shown(', '.join(table.header), 120)}. A long table needs the columns user, item and rating. "
        f"Name the {missing} column, such as {', '.join(ROLE_NAMES[missing][:3])}; or, if this is a grid of users and "
        "items, leave its first header cell empty."
    )


def _headed(table: Table) -> Table:
    """The table, with its first row taken as data if it reads like a long table's row rather than a header."""
    first = table.header
    if len(first) not in (3, 4) or not all(first) or not all(is_number(text) for text in first[2:]):
        return table
    if is_number(first[1]) and not is_number(first[0]):
        return table
    cells = pd.concat([pd.DataFrame([list(first)], dtype=object), table.cells.astype(object)], ignore_index=True)
    return replace(
        table,
        header=tuple(f"column {k + 1}" for k in range(len(first))),
        cells=cells,
        lines=np.insert(table.lines, 0, table.header_line),
        notes=(*table.notes, "The first row holds a rating, so it was not taken as a header."),
    )


def _is_long(table: Table) -> bool:
    """Whether three columns without usual names are user, item and rating: ids that repeat or are text, then numbers."""
    headerless = table.header[0] == "column 1"
    if not (len(table.header) == 3 or (headerless and len(table.header) == 4)) or not table.header[0]:
        return False
    ratings = distinct(table.cells[2])[1]
    if not all(is_number(cell) or is_blank(cell) for cell in ratings):
        return False
    users = distinct(table.cells[0])[1]
    return len(users) < len(table.cells) or not any(is_number(cell) for cell in distinct(table.cells[1])[1])


def _long(table: Table, roles: dict[str, int], zeros: str, duplicates: str, scale: Scale | None) -> Ratings:
    """Ratings from a long table."""
    notes = list(table.notes)
    names = ", ".join(f"{role} = {_cut(table.header[k])}" for role, k in roles.items())
    others = [header or "(unnamed)" for k, header in enumerate(table.header) if k not in roles.values()]
    ignored = f" Ignored: {_cut(', '.join(others))}." if others else ""
    notes.append(f"Read as a long table: {names}.{ignored}")
    users = _ids(table, roles["user"], "user", notes)
    items = _ids(table, roles["item"], "item", notes)
    numbers = read_numbers([table.cells[roles["rating"]]])
    if numbers.wrong:
        raise _wrong(table, numbers, [roles["rating"]])
    values = numbers.values[:, 0]
    _say_comma(numbers, notes)
    if duplicates == "refuse":
        _refuse_duplicates(table, users, items)
    # Ids that have only zeros stay: they are users and items without ratings.
    rated = np.ones(len(values), dtype=bool) if zeros == "rating" else values != 0
    if not rated.all():
        notes.append(f"{int((~rated).sum())} zeros were taken as unrated.")
    _check_any(table, values[rated])
    return Ratings.from_cells(
        users[rated],
        items[rated],
        values[rated],
        all_users=None if rated.all() else pd.unique(users),
        all_items=None if rated.all() else pd.unique(items),
        scale=scale,
        duplicates=duplicates,
        notes=notes,
    )


def _grid(table: Table, found: dict[str, int], zeros: str, scale: Scale | None) -> Ratings:
    """Ratings from a grid: the first column holds the users, each further column is an item."""
    if len(table.header) < 2:
        raise RatingsError(
            f"{table.name} has one column, {shown(table.header[0] if table.header else '')}; ratings need at least two: "
            f"users, and an item. Check what separates the columns. {_HINT}"
        )
    if len(table.cells) * (len(table.header) - 1) > MAX_GRID_CELLS:
        raise RatingsError(
            f"{table.name} is a grid of {len(table.cells)} × {len(table.header) - 1} cells; at most {MAX_GRID_CELLS} can "
            f"be read as a grid. Give a long table, one row a rating. {_HINT}"
        )
    if is_number(table.header[0]):
        raise RatingsError(
            f"{table.name}, {table.place} {table.header_line}: the first row begins with {shown(table.header[0])}, so it "
            "seems to be no header. Add a first row that names the columns: user, item and rating for a long table; "
            "an empty cell and the items for a grid."
        )
    notes = list(table.notes)
    columns = list(range(1, len(table.header)))
    items = _own_names(table, [table.header[k] for k in columns], "item", notes)
    if "" in items:
        raise RatingsError(
            f"{table.name}, {table.place} {table.header_line}: column {items.index('') + 2} has cells but no item in the "
            "header. Name it, or remove the column."
        )
    twice = pd.Index(items).duplicated()
    if twice.any():
        raise RatingsError(
            f"{table.name}, {table.place} {table.header_line}: the item {shown(items[int(np.argmax(twice))])} heads two "
            "columns. Rename or remove one of them."
        )
    users = _ids(table, 0, "user", notes)
    numbers = read_numbers([table.cells[k] for k in columns])
    repeated = pd.Series(users).duplicated().to_numpy()
    if len(found) == 2 and (numbers.wrong or repeated.any()):
        raise _missing(table, found)
    if repeated.any():
        second = int(np.argmax(repeated))
        first = int(np.argmax(users == users[second]))
        raise RatingsError(
            f"{table.name}: the user {shown(users[second])} has two rows in the grid, {table.place}s {table.lines[first]} "
            f"and {table.lines[second]}. Keep one row a user. {_HINT}"
        )
    if numbers.wrong:
        raise _wrong(table, numbers, columns, f" {_HINT}")
    notes.append(f"Read as a grid: {len(users)} users down, {len(items)} items across.")
    if list(found.items()) == [("item", 0)]:
        notes.append(f"Each row was read as a user, though the first column is headed {_cut(table.header[0])}.")
    if table.header[0] and not found and all(is_number(item) for item in items):
        notes.append("The items in the first row are all numbers. If that row holds ratings, add a header above it.")
    if numbers.n_words:
        notes.append(f"{numbers.n_words} cells with a word such as NaN or NA were taken as blank.")
    _say_comma(numbers, notes)
    _check_any(table, numbers.values if zeros == "rating" else numbers.values[numbers.values != 0])
    grid = pd.DataFrame(numbers.values, index=pd.Index(users), columns=pd.Index(items))
    return Ratings.from_grid(grid, zeros=zeros, scale=scale, notes=notes)


def _ids(table: Table, column: int, what: str, notes: list[str]) -> NDArray[np.object_]:
    """A column of ids as text; the first blank one is an error that names its line."""
    codes, cells = distinct(table.cells[column])
    texts = np.array([*_own_names(table, [text_of(cell) for cell in cells], what, notes), ""], dtype=object)
    blank = (texts == "")[codes]
    if blank.any():
        row = int(np.argmax(blank))
        raise RatingsError(
            f"{table.name}, {table.place} {table.lines[row]}, column {shown(table.header[column])}: the {what} id is blank; "
            f"every row needs one. Fill it in, or remove that {table.place}."
        )
    changed = sum("�" in text and "�" not in str(cell) for text, cell in zip(texts, cells, strict=False))
    if changed:
        notes.append(replaced(changed, what))
    return texts[codes]


def _own_names(table: Table, names: list[str], what: str, notes: list[str]) -> list[str]:
    """Names without the apostrophe that an export put before what looks like a formula."""
    own = restored(names) if table.neutral else None
    if own is None:
        return names
    count = sum(a != b for a, b in zip(names, own, strict=True))
    notes.append(
        f"{count} {what} name{'s' * (count != 1)} had an apostrophe before =, +, - or @, against spreadsheets; it was taken off."
    )
    return own


def _refuse_duplicates(table: Table, users: NDArray[np.object_], items: NDArray[np.object_]) -> None:
    """Refuse the first row that rates what an earlier row rates."""
    again = pd.DataFrame({"user": users, "item": items}).duplicated().to_numpy()
    if again.any():
        row = int(np.argmax(again))
        raise RatingsError(
            f"{table.name}, {table.place} {table.lines[row]}: user {shown(users[row])} rated item {shown(items[row])} before; "
            f"there are {int(again.sum())} such rows. Keep one rating a user and item, or read with duplicates='last' or "
            "'mean'."
        )


def _wrong(table: Table, numbers: Numbers, columns: list[int], hint: str = "") -> RatingsError:
    """The error for the first cell that is no rating."""
    assert numbers.wrong is not None
    row, k, cell, why = numbers.wrong
    cell = cell.item() if isinstance(cell, np.generic) else cell
    return RatingsError(
        f"{table.name}, {table.place} {table.lines[row]}, column {shown(table.header[columns[k]])}: {shown(cell)} {why}. "
        f"A rating is a number from 0 up, such as 4 or 3.5, or blank. Correct that cell.{hint}"
    )


def _cut(text: str, limit: int = 120) -> str:
    """Text for a note, cut to `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _say_comma(numbers: Numbers, notes: list[str]) -> None:
    """Note that commas were read as decimal commas."""
    if numbers.decimal_comma:
        notes.append("Decimal commas were read as points: 4,5 is 4.5.")


def _check_any(table: Table, values: NDArray[np.float64]) -> None:
    """Refuse a table in which no cell is a rating."""
    if np.isnan(values).all():
        raise RatingsError(
            f"{table.name} has no ratings: every cell is blank or an unrated 0. Add a rating, or read with "
            "zeros='rating' if a 0 is one."
        )


def _without_blanks(table: Table) -> Table:
    """The table without rows that are blank throughout, and without blank columns that have no header."""
    cells = table.cells
    kept = [k for k, header in enumerate(table.header) if header or k == 0 or not _blank(cells[k]).all()]
    if len(kept) < len(table.header):
        cells = cells[kept].set_axis(range(len(kept)), axis=1)
        table = replace(table, header=tuple(table.header[k] for k in kept), cells=cells)
    if len(table.header) == 0:
        return table
    empty = _blank(cells[0])
    for k in range(1, len(table.header)):
        if not empty.any():
            return table
        rows = np.flatnonzero(empty)
        empty[rows] = _blank(cells[k].iloc[rows])
    note = f"{int(empty.sum())} blank rows were skipped."
    return replace(
        table,
        cells=cells[~empty].reset_index(drop=True),
        lines=table.lines[~empty],
        notes=(*table.notes, note) if empty.any() else table.notes,
    )


def _blank(cells: pd.Series) -> NDArray[np.bool_]:
    """Where a column is blank."""
    codes, uniques = distinct(cells)
    return np.array([is_blank(cell) for cell in uniques] + [True])[codes]
