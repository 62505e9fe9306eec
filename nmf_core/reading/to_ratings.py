"""A table becomes `Ratings`, by the plan of its layout."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.escape import unescape_formulas
from nmf_core.data.notes import replaced
from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError, shown
from nmf_core.reading.looks import WIDEST
from nmf_core.reading.options import HINT, Plan, Question, ReadOptions
from nmf_core.reading.rows import (
    below_first,
    filled_rows,
    named_rows,
    without_footnotes,
    without_sums,
    without_unnamed_sums,
)
from nmf_core.reading.times import seconds_of
from nmf_core.reading.totals import find_totals, say_maxima
from nmf_core.reading.values import values_of, wrong_cell
from nmf_core.tables.base import MAX_CELL, MAX_GRID_CELLS, Column, Table, texts_of
from nmf_core.tables.numbers import is_number
from nmf_core.words import cut, many, noun


def without_blank_columns(table: Table) -> Table:
    """The table without blank columns that have no header."""
    unnamed = [k for k, header in enumerate(table.header) if not header and k > 0]
    if not unnamed:
        return table
    blank = {k for k, column in zip(unnamed, table.take(unnamed), strict=True) if column.blank().all()}
    if not blank:
        return table
    return table.only([k for k in range(len(table.header)) if k not in blank])


def ratings_of_list(plan: Plan, options: ReadOptions) -> tuple[Ratings, tuple[Question, ...]]:
    """Ratings from a long table."""
    table, roles = plan.table, plan.roles
    notes = list(table.notes)
    when = plan.when
    names = _columns_said(table, roles, when)
    others = [header for k, header in enumerate(table.header) if header and k not in (*roles.values(), when)]
    ignored = f" Ignored: {cut(', '.join(others))}." if others else ""
    notes.append(f"Read as a long table: {names}.{ignored}")
    taken = table.take([*roles.values(), *([] if when is None else [when])])
    table, columns = filled_rows(table, taken, notes, telling=3)
    user, item, rating, *beside = without_sums(columns, notes)
    times = seconds_of(beside[0]) if beside else None
    del taken, columns, beside
    u, users = _ids(table, user, roles["user"], "user", notes)
    i, items = _ids(table, item, roles["item"], "item", notes)
    del user, item
    values = values_of(table, [rating], options, notes, list_of_ratings=True)
    if values.numbers.wrong:
        raise wrong_cell(table, values, [roles["rating"]], None, options.missing)
    ratings = values.numbers.column(0, np.float32)
    del rating
    if options.duplicates == "refuse":
        _refuse_duplicates(table, u, i, users, items)
    # Ids that have only zeros stay: they are users and items without ratings.
    zero = ratings == 0 if values.zeros == "unrated" else np.zeros(0, dtype=bool)
    if zero.any():
        _say_zeros(int(zero.sum()), notes)
        u, i, ratings = u[~zero], i[~zero], ratings[~zero]
        times = None if times is None else times[~zero]
    _check_any(table, ratings, int(zero.sum()))
    made = Ratings.from_indices(
        u,
        i,
        ratings,
        users=users,
        items=items,
        scale=options.scale or values.scale,
        duplicates=options.duplicates,
        notes=notes,
        times=times,
    )
    return made, values.questions


def ratings_of_grid(plan: Plan, options: ReadOptions) -> tuple[Ratings, tuple[Question, ...]]:
    """Ratings from a grid: the first column holds the users, each further column is an item; or the other way round."""
    table, (down, across) = plan.table, ("item", "user") if plan.layout == "items-down" else ("user", "item")
    if len(table.header) < 2:
        raise RatingsError(
            f"{table.name} has one column, {shown(table.header[0] if table.header else '')}; ratings need at least two: "
            f"users, and an item. Check what separates the columns. {HINT}"
        )
    if is_number(table.header[0]):
        raise RatingsError(
            f"{table.name}, {table.place} {table.header_line}: the first row begins with {shown(table.header[0])}, so it "
            "seems to be no header. Add a first row that names the columns: user, item and rating for a long table; "
            "an empty cell and the items for a grid."
        )
    notes = list(table.notes)
    heads = list(range(1, len(table.header)))
    names = whole_ids(_own_names(table, list(table.header[1:]), across, notes))
    _check_heads(table, names, across)
    # Many columns are read only if they are few enough rows long; others all at once.
    first = table.take([0, *heads] if len(heads) < WIDEST else [0])[0]
    if len(first) * len(heads) > MAX_GRID_CELLS:
        raise RatingsError(
            f"{table.name} is a grid of {len(first)} × {len(heads)} cells; at most {MAX_GRID_CELLS} can "
            f"be read as a grid. Give a long table, one row a rating. {HINT}"
        )
    table, (first, *others) = filled_rows(table, (first, *table.take(heads)), notes)
    columns: Sequence[Column] = others
    table, first, columns = named_rows(table, first, columns)
    if options.totals != "keep":
        table, first, columns = without_footnotes(table, first, columns, notes)
        first, columns = without_unnamed_sums(first, columns, options.decimal, notes)
        if say_maxima(first, columns, options.decimal):
            notes.append(
                f"The first row, {shown(first.cell(0))}, says what could be reached in each column: it was left out."
            )
            table, first, columns = below_first(table, first, columns)
    totals = find_totals(first, names, columns, options.totals, options.decimal, (down, across), guess=options.guess)
    if totals is not None:
        notes.append(totals.note)
        if totals.question.choice == "skip":
            first = first.first(len(first) - totals.n_rows)
            heads, names = heads[: len(heads) - totals.n_columns], names[: len(names) - totals.n_columns]
            columns = [column.first(len(first)) for column in columns[: len(heads)]]
    codes, rows = _ids(table, first, 0, down, notes)
    values = values_of(table, columns, options, notes, list_of_ratings=False)
    twice = pd.Series(codes).duplicated().to_numpy()
    if plan.lacking is not None and (values.numbers.wrong or twice.any()):
        raise plan.lacking
    if twice.any():
        second = int(np.argmax(twice))
        before = int(np.argmax(codes == codes[second]))
        places = "entries" if table.place == "entry" else f"{table.place}s"
        raise RatingsError(
            f"{table.name}: the {down} {shown(rows[codes[second]])} has two rows in the grid, {places} "
            f"{table.line(before)} and {table.line(second)}. Keep one row for each {down}. {HINT}"
        )
    if values.numbers.wrong:
        raise wrong_cell(table, values, heads, options.skip or (), options.missing)
    size = f"{many(len(rows), down)} down, {many(len(heads), across)} across"
    notes += [f"Read as a grid: {size}{plan.since}.", *plan.notes]
    n_words = values.numbers.n_words
    if n_words:
        notes.append(
            f"{many(n_words, 'cell')} with a word such as NaN or NA, or a dash, {noun(n_words, 'was', 'were')} "
            "taken as blank."
        )
    grid = values.numbers.matrix()
    n_zeros = int((grid == 0).sum()) if values.zeros == "unrated" else 0
    if n_zeros:
        _say_zeros(n_zeros, notes)
        grid[grid == 0] = np.nan
    _check_any(table, grid, n_zeros)
    r, c = np.nonzero(~np.isnan(grid))
    cells, headed = grid[r, c].astype(np.float32), pd.Index(names, dtype="str")
    u, i, users, items = (codes[r], c, rows, headed) if down == "user" else (c, codes[r], headed, rows)
    scale = options.scale or values.scale
    ratings = Ratings.from_indices(u, i, cells, users=users, items=items, scale=scale, notes=notes)
    return ratings, values.questions if totals is None else (totals.question, *values.questions)


def _check_heads(table: Table, names: list[str], across: str) -> None:
    """Refuse a grid whose header lacks a name or has one twice."""
    if "" in names:
        raise RatingsError(
            f"{table.name}, {table.place} {table.header_line}: column {names.index('') + 2} of the table has cells but no "
            f"{across} in the header. Name it, or remove the column.",
            asks=["header", "skip"],
        )
    longest = max(names, key=len)
    if len(longest) > MAX_CELL:
        raise _too_long(f"{table.name}, {table.place} {table.header_line}", across, longest)
    twice = pd.Index(names).duplicated()
    if twice.any():
        raise RatingsError(
            f"{table.name}, {table.place} {table.header_line}: the {across} {shown(names[int(np.argmax(twice))])} heads two "
            "columns. Rename or remove one of them.",
            asks=["header", "skip"],
        )


def ratings_of_pairs(plan: Plan, options: ReadOptions) -> tuple[Ratings, tuple[Question, ...]]:
    """Ratings from a list without ratings: each pair of user and item counts 1."""
    table, roles = plan.table, plan.roles
    notes = list(table.notes)
    when = plan.when
    notes.append(f"Read as a list without ratings: {_columns_said(table, roles, when)}. Each row counts 1.")
    taken = table.take([roles["user"], roles["item"], *([] if when is None else [when])])
    table, (user, item, *beside) = filled_rows(table, taken, notes, telling=2)
    times = seconds_of(beside[0]) if beside else None
    u, users = _ids(table, user, roles["user"], "user", notes)
    i, items = _ids(table, item, roles["item"], "item", notes)
    if options.duplicates == "refuse":
        _refuse_duplicates(table, u, i, users, items)
    made = Ratings.from_indices(
        u,
        i,
        np.ones(len(u), dtype=np.float32),
        users=users,
        items=items,
        scale=options.scale or (0.0, 1.0),
        notes=notes,
        times=times,
    )
    return made, ()


def _columns_said(table: Table, roles: dict[str, int], when: int | None) -> str:
    """Which column has which role, in words."""
    said = {**roles, **({} if when is None else {"time": when})}
    return ", ".join(f"{role} = {cut(table.header[k])}" for role, k in said.items())


def _say_zeros(count: int, notes: list[str]) -> None:
    """Note that zeros were taken as blanks."""
    notes.append(f"{count} zero{'s were' if count > 1 else ' was'} taken as unrated.")


def _ids(
    table: Table, column: Column, position: int, what: str, notes: list[str]
) -> tuple[NDArray[np.int32], pd.Index]:
    """A column of ids as codes and an index of text; the first blank one is an error that names its line."""
    coded = column.used()
    assert coded.codes is not None
    codes, cells = coded.codes, coded.cells
    texts = whole_ids(_own_names(table, texts_of(cells), what, notes))
    if "" in texts or (codes < 0).any():
        row = int(np.argmax(coded.where([text == "" for text in texts], missing=True)))
        raise RatingsError(
            f"{table.at(row)}, column {shown(table.header[position])}: the {what} id is blank; every row needs one. Fill it in"
            f"{' (of merged cells only the first holds it)' if table.sheet else ''}, or remove that {table.place}."
        )
    if max(map(len, texts), default=0) > MAX_CELL:
        row = int(np.argmax(coded.where([len(text) > MAX_CELL for text in texts])))
        raise _too_long(f"{table.at(row)}, column {shown(table.header[position])}", what, texts[codes[row]])
    changed = 0
    if "�" in "".join(texts):
        changed = sum("�" in text and "�" not in str(cell) for text, cell in zip(texts, cells, strict=True))
    if changed:
        notes.append(replaced(changed, what))
    if len(set(texts)) < len(texts):  # cells that differ by blanks around them, or by .0
        merged, distinct = pd.factorize(np.array(texts, dtype=object))
        return merged.astype(np.int32)[codes], pd.Index(distinct, dtype="str")
    return codes, pd.Index(texts, dtype="str")


def whole_ids(texts: list[str]) -> list[str]:
    """Ids without the .0 that pandas gives whole numbers beside a blank one: where all are such numbers.

    >>> whole_ids(["1.0", "20.0"]), whole_ids(["1.0", "2.5"]), whole_ids(["1.0", "x"])
    (['1', '20'], ['1.0', '2.5'], ['1.0', 'x'])
    """
    if all(text.endswith(".0") and text[:-2].isdigit() for text in texts):
        return [text[:-2] for text in texts]
    return texts


def _too_long(where: str, what: str, text: str) -> RatingsError:
    """The error for a name that is none."""
    return RatingsError(
        f"{where}: the {what} id {shown(text)} has {len(text)} characters; at most {MAX_CELL} can be read. Shorten it."
    )


def _own_names(table: Table, names: list[str], what: str, notes: list[str]) -> list[str]:
    """Names without the apostrophe that an export put before what looks like a formula."""
    own = unescape_formulas(names) if table.formulas_escaped else None
    if own is None:
        return names
    count = sum(a != b for a, b in zip(names, own, strict=True))
    notes.append(
        f"{many(count, f'{what} name')} had an apostrophe before =, +, - or @, against spreadsheets; it was taken off."
    )
    return own


def _refuse_duplicates(
    table: Table, u: NDArray[np.int32], i: NDArray[np.int32], users: pd.Index, items: pd.Index
) -> None:
    """Refuse the first row that rates what an earlier row rates."""
    again = pd.Series(u.astype(np.int64) * len(items) + i).duplicated().to_numpy()
    if again.any():
        row = int(np.argmax(again))
        raise RatingsError(
            f"{table.at(row)}: user {shown(users[u[row]])} rated item {shown(items[i[row]])} before; "
            f"there are {int(again.sum())} such rows. Keep one rating a user and item.",
            script="Or read with duplicates='last' or duplicates='mean'.",
        )


def _check_any(table: Table, values: NDArray[np.floating], n_zeros: int) -> None:
    """Refuse a table in which no cell is a rating, beside zeros that were taken for blanks."""
    if np.isnan(values).all():
        raise RatingsError(
            f"{table.name} has no ratings: every cell is blank{' or an unrated 0' if n_zeros else ''}. Add a rating.",
            script="Or read with zeros='rating' if a 0 is one." if n_zeros else "",
            asks=["zeros", "missing"],
        )
