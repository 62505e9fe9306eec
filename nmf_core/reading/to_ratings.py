"""A table becomes `Ratings`, by the plan of its layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.escape import unescape_formulas
from nmf_core.data.notes import DataNote, replaced
from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError, shown
from nmf_core.reading.codes import find_codes, without
from nmf_core.reading.looks import WIDEST
from nmf_core.reading.options import CHOSEN, DECIMALS, HINT, MARKS, ZEROS, Plan, Question, ReadOptions
from nmf_core.reading.totals import find_totals, is_summary, say_maxima
from nmf_core.tables.base import MAX_CELL, MAX_GRID_CELLS, Column, Table, text_of, texts_of
from nmf_core.tables.contents import number_of
from nmf_core.tables.numbers import Numbers, is_number, likely_mark, read_numbers, says_blank
from nmf_core.tables.spoken import are_spoken, as_numbers, says_half, spoken_number
from nmf_core.words import cut, listed, many, noun

_LONGEST_NO_ANSWER = 40  # characters; longer texts are remarks


@dataclass(frozen=True)
class _Values:
    """Numbers with what had to be settled for them."""

    numbers: Numbers
    zeros: str
    questions: tuple[Question, ...]


def without_blank_columns(table: Table) -> Table:
    """The table without blank columns that have no header."""
    unnamed = [k for k, header in enumerate(table.header) if not header and k > 0]
    if not unnamed:
        return table
    blank = {k for k, column in zip(unnamed, table.take(unnamed), strict=True) if column.blank().all()}
    if not blank:
        return table
    return table.only([k for k in range(len(table.header)) if k not in blank])


def _filled_rows(table: Table, columns: Sequence[Column], notes: list[str]) -> tuple[Table, tuple[Column, ...]]:
    """The table and columns without the rows that are blank in all of these columns."""
    empty = columns[0].blank()
    for column in columns[1:]:
        if not empty.any():
            break
        empty &= column.blank()
    if empty.all():  # no rows at all, too
        raise RatingsError(f"{table.name} has a header but no ratings. Add at least one row below the header.")
    if not empty.any():
        return table, tuple(columns)
    kept, line = np.flatnonzero(~empty), table.line
    notes.append(f"{int(empty.sum())} blank rows were skipped.")
    table = replace(table, line=lambda row: line(int(kept[row])))
    return table, tuple(column.rows(kept) for column in columns)


def ratings_of_list(plan: Plan, options: ReadOptions) -> tuple[Ratings, tuple[Question, ...]]:
    """Ratings from a long table."""
    table, roles = plan.table, plan.roles
    notes = list(table.notes)
    names = ", ".join(f"{role} = {cut(table.header[k])}" for role, k in roles.items())
    others = [header for k, header in enumerate(table.header) if header and k not in roles.values()]
    ignored = f" Ignored: {cut(', '.join(others))}." if others else ""
    notes.append(f"Read as a long table: {names}.{ignored}")
    table, columns = _filled_rows(table, table.take(list(roles.values())), notes)
    user, item, rating = _without_sums(columns, notes)
    u, users = _ids(table, user, roles["user"], "user", notes)
    i, items = _ids(table, item, roles["item"], "item", notes)
    del user, item
    values = _values(table, [rating], options, notes, list_of_ratings=True)
    if values.numbers.wrong:
        raise _wrong(table, values, [roles["rating"]], None)
    ratings = values.numbers.column(0, np.float32)
    del rating
    if options.duplicates == "refuse":
        _refuse_duplicates(table, u, i, users, items)
    # Ids that have only zeros stay: they are users and items without ratings.
    zero = ratings == 0 if values.zeros == "unrated" else np.zeros(0, dtype=bool)
    if zero.any():
        _say_zeros(int(zero.sum()), notes)
        u, i, ratings = u[~zero], i[~zero], ratings[~zero]
    _check_any(table, ratings)
    made = Ratings.from_indices(
        u, i, ratings, users=users, items=items, scale=options.scale, duplicates=options.duplicates, notes=notes
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
    table, (first, *columns) = _filled_rows(table, (first, *table.take(heads)), notes)
    table, first, columns = _named_rows(table, first, columns)
    if options.totals != "keep" and say_maxima(first, columns, options.decimal):
        notes.append(
            f"The first row, {shown(first.cell(0))}, says what could be reached in each column: it was left out."
        )
        first, columns, table = first.rows(_below(first)), [c.rows(_below(first)) for c in columns], _from_second(table)
    totals = find_totals(first, names, columns, options.totals, options.decimal, (down, across), guess=options.guess)
    if totals is not None:
        notes.append(totals.note)
        if totals.question.choice == "skip":
            first = first.first(len(first) - totals.n_rows)
            heads, names = heads[: len(heads) - totals.n_columns], names[: len(names) - totals.n_columns]
            columns = [column.first(len(first)) for column in columns[: len(heads)]]
    codes, rows = _ids(table, first, 0, down, notes)
    values = _values(table, columns, options, notes, list_of_ratings=False)
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
        raise _wrong(table, values, heads, options.skip or ())
    size = f"{many(len(rows), down)} down, {many(len(heads), across)} across"
    notes += [f"Read as a grid: {size}{plan.since}.", *plan.notes]
    n_words = values.numbers.n_words
    if n_words:
        notes.append(
            f"{many(n_words, 'cell')} with a word such as NaN or NA, or a dash, {noun(n_words, 'was', 'were')} "
            "taken as blank."
        )
    grid = values.numbers.matrix()
    if values.zeros == "unrated" and (grid == 0).any():
        _say_zeros(int((grid == 0).sum()), notes)
        grid[grid == 0] = np.nan
    _check_any(table, grid)
    r, c = np.nonzero(~np.isnan(grid))
    cells, headed = grid[r, c].astype(np.float32), pd.Index(names, dtype="str")
    u, i, users, items = (codes[r], c, rows, headed) if down == "user" else (c, codes[r], headed, rows)
    ratings = Ratings.from_indices(u, i, cells, users=users, items=items, scale=options.scale, notes=notes)
    return ratings, values.questions if totals is None else (totals.question, *values.questions)


def _named_rows(table: Table, first: Column, columns: Sequence[Column]) -> tuple[Table, Column, Sequence[Column]]:
    """The rows that have a name or say anything: not those of a spreadsheet's errors alone."""
    silent = first.blank()
    for column in columns:
        if not silent.any():
            return table, first, columns
        coded = column.coded()
        silent = silent & coded.where([says_blank(cell) for cell in coded.cells], missing=True)
    if not silent.any() or silent.all():
        return table, first, columns
    kept, line = np.flatnonzero(~silent), table.line
    return replace(table, line=lambda row: line(int(kept[row]))), first.rows(kept), [c.rows(kept) for c in columns]


def _below(column: Column) -> NDArray[np.intp]:
    """All rows but the first."""
    return np.arange(1, len(column))


def _from_second(table: Table) -> Table:
    """The table whose rows are counted from its second."""
    line = table.line
    return replace(table, line=lambda row: line(row + 1))


def _without_sums(columns: Sequence[Column], notes: list[str]) -> Sequence[Column]:
    """Users, items and ratings without a last row that is called a total and names no user or no item."""
    n = len(columns[0])
    last = [column.cell(n - 1) for column in columns]
    named = [text_of(cell).strip() for cell in last[:2] if cell is not None]
    if n < 3 or all(named) and len(named) == 2 or not any(map(is_summary, named)):
        return columns
    notes.append(f"The last row, {shown(next(filter(None, named)))}, names no user and item: it was left out.")
    return [column.first(n - 1) for column in columns]


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
    names = ", ".join(f"{role} = {cut(table.header[k])}" for role, k in roles.items())
    notes.append(f"Read as a list without ratings: {names}. Each row counts 1.")
    table, (user, item) = _filled_rows(table, table.take([roles["user"], roles["item"]]), notes)
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
    )
    return made, ()


def _values(
    table: Table, columns: Sequence[Column], options: ReadOptions, notes: list[str], *, list_of_ratings: bool
) -> _Values:
    """The numbers in the rating columns; what stands for no answer, the decimal mark and the meaning of zeros settled."""
    questions: list[Question] = []
    columns = _spoken(columns, options, notes, questions)
    columns = _answered(columns, options, notes, questions)
    numbers = read_numbers(columns, options.decimal)
    if options.decimal != "auto":
        questions.append(Question("decimal", options.decimal, DECIMALS, CHOSEN, True))
    elif numbers.decimal == ",":
        questions.append(Question("decimal", ",", DECIMALS, "no number here can be read in another way", True))
    elif not numbers.decimal:
        mark, reason = likely_mark(columns)
        questions.append(Question("decimal", mark, DECIMALS, reason, False))
        numbers = read_numbers(columns, mark) if options.guess else numbers
    if numbers.decimal == ",":
        notes.append("Decimal commas were read as points: 4,5 is 4.5.")
    zeros = options.zeros
    n_zeros = numbers.count(0.0)
    if n_zeros:
        reason = CHOSEN
        if zeros == "auto":
            zeros, reason = _meaning_of_zeros(numbers, n_zeros, list_of_ratings)
        questions.append(Question("zeros", zeros, ZEROS, reason, options.zeros != "auto"))
    return _Values(numbers, zeros, tuple(questions))


def _spoken(
    columns: Sequence[Column], options: ReadOptions, notes: list[str], questions: list[Question]
) -> Sequence[Column]:
    """The columns with numbers in place of what says one, such as 4/5."""
    said = [
        str(cell) for c in columns if c.codes is not None for cell in c.cells if spoken_number(str(cell)) is not None
    ]
    if not said or not are_spoken([cell for c in columns if c.codes is not None for cell in c.cells]):
        return columns
    examples = listed([f"{text} as {spoken_number(text):g}" for text in dict.fromkeys(said[:2])])
    choice = "number" if options.marks == "auto" else options.marks
    asked = options.marks != "auto"
    plain = asked or all(map(says_half, said))
    questions.append(Question("marks", choice, MARKS, CHOSEN if asked else f"this reads {examples}", plain))
    if choice == "text":
        return columns
    notes.append(f"Cells were read by the number that they say: {examples}.")
    return [as_numbers(column) for column in columns]


def _answered(
    columns: Sequence[Column], options: ReadOptions, notes: list[str], questions: list[Question]
) -> Sequence[Column]:
    """The columns without what stands for no answer."""
    found = find_codes(columns)
    chosen = tuple(map(text_of, options.missing)) if options.missing is not None else found.cells if found else ()
    if found is not None or options.missing is not None:
        candidates = tuple(dict.fromkeys([*(found.cells if found else ()), *chosen]))
        reason = CHOSEN if options.missing is not None else found.reason if found else ""
        questions.append(Question("missing", chosen, candidates, reason, options.missing is not None))
    if not chosen:
        return columns
    columns, n = without(columns, chosen)
    if n:
        notes.append(
            DataNote(f"{many(n, 'cell')} with {listed(list(chosen))} {noun(n, 'was', 'were')} taken as no answer.")
        )
    return columns


def _meaning_of_zeros(numbers: Numbers, n_zeros: int, list_of_ratings: bool) -> tuple[str, str]:
    """What zeros most likely are, and why."""
    n_cells, n_blanks = numbers.count_cells(), numbers.count_blanks()
    values, counts = numbers.tally()
    steps = np.diff(values)
    if n_zeros > 1 and len(values) > 2 and values[0] >= (3 if n_blanks else 2) * steps.min():
        return "unrated", f"they stand apart: nothing else lies below {values[0]:g}"
    if len(values) and n_zeros > 1 and list_of_ratings and len(values) > 1 and n_zeros >= 2 * counts.max() > 2:
        return "unrated", f"{n_zeros} of {n_cells} cells hold a 0, far more than any other number"
    if list_of_ratings and values.tolist() == [1.0] and n_zeros < 3 * counts[0]:
        return "rating", "a list names what was judged, by 0 or 1"
    if n_blanks:
        return "rating", f"there are {n_blanks} blank cells besides the {n_zeros} zeros"
    if list_of_ratings and 2 * n_zeros < n_cells:
        return "rating", f"a list names what was rated, and most rows have no 0: {n_cells - n_zeros} of {n_cells}"
    if list_of_ratings:
        return "unrated", f"{n_zeros} of {n_cells} rows have a 0, more than all other ratings"
    whole = bool((values == np.round(values)).all())
    if whole and len(values) >= 2 and values[-1] <= 3 and values[-1] == len(values) and 2 * n_zeros <= n_cells:
        if n_zeros <= 1.5 * counts.max():
            return "rating", f"the numbers run from 0 to {values[-1]:g}, and 0 is no more frequent than the others"
    if whole and values[-1] > 10 and len(values) >= 8:
        return "rating", "whole numbers without a scale seem to count, and 0 is a count"
    return "unrated", f"no cell is blank, so the {n_zeros} zeros seem to stand for blanks"


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


def _wrong(table: Table, values: _Values, columns: Sequence[int], skip: Sequence[object] | None) -> RatingsError:
    """The error for the first cell that is no rating; what it is may be said, and a column of a grid left out beside `skip`."""
    assert values.numbers.wrong is not None
    row, k, cell, why = values.numbers.wrong
    header = table.header[columns[k]]
    ways, asks = [], []
    mark = next((question.choice for question in values.questions if question.key == "decimal"), "")
    if not values.numbers.decimal:
        ways.append(f"say by decimal={mark!r} what the decimal mark is")
        asks.append("decimal")
    if skip is not None and not is_number(cell):
        ways.append(f"leave the column out by skip={[*skip, header]!r}")
        asks.append("skip")
    if _may_be_no_answer(cell):
        ways.append(f"say by missing=[{text_of(cell)!r}] that it is no answer")
        asks.append("missing")
    return RatingsError(
        f"{table.at(row)}, column {shown(header)}: {shown(cell)} {why}. "
        "A rating is a number from 0 up, such as 4 or 3.5, or blank. Correct that cell."
        + ("" if skip is None else f" {HINT}"),
        script=f"Or {', or '.join(ways)}." if ways else "",
        asks=asks,
    )


def _may_be_no_answer(cell: object) -> bool:
    """Whether a cell that is no rating is a word, or the negative number that stands for one in a code book."""
    if isinstance(cell, str) and not is_number(cell):
        return len(cell.strip()) <= _LONGEST_NO_ANSWER and not any(map(str.isdigit, cell))
    return is_number(cell) and number_of(cell) < 0 and number_of(cell).is_integer()


def _check_any(table: Table, values: NDArray[np.floating]) -> None:
    """Refuse a table in which no cell is a rating."""
    if np.isnan(values).all():
        raise RatingsError(
            f"{table.name} has no ratings: every cell is blank or an unrated 0. Add a rating.",
            script="Or read with zeros='rating' if a 0 is one.",
            asks=["zeros", "missing"],
        )
