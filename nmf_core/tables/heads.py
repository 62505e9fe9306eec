"""Where the header of a table stands: in which of its first rows, in how many of them, or in none; and what it says.

Above it there may be comments, titles and the preambles of a format; it may have two or three lines, as surveys and pivot tables
have; and where R wrote the table, its first column, the names of the rows, has no header.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from nmf_core.errors import shown
from nmf_core.tables.base import Head
from nmf_core.tables.headers import role_of
from nmf_core.tables.numbers import is_number, says_blank
from nmf_core.tables.spoken import says_no_answer, spoken_number
from nmf_core.words import noun

LOOKED_AT = 60  # rows by which the header is found
MOST_ABOVE, MOST_LINES = 12, 4
_WIDEST = 500  # cells of a row that are looked at
_COMMENTS = ("#", "//", "%", "!")

Cells = Sequence[str]


def heads(rows: Sequence[Cells]) -> list[Head]:
    """Where the header of a table could stand that begins with these rows, the likeliest first; each says as much of those below.

    >>> heads([["# made in May"], ["user", "item", "rating"], ["ann", "x", "5"], ["bob", "x", "4"]])[0]
    Head(above=1, lines=1, row_names=False)
    >>> heads([["", "rating", "rating"], ["item", "x", "y"], ["user", "", ""], ["ann", "5", "4"], ["bob", "3", "1"]])[0]
    Head(above=0, lines=3, row_names=False)
    """
    rows = narrow(rows)
    if not rows:
        return [Head()]
    width = _width(rows)
    first = _first_of_table(rows, width)
    begin = _first_of_data(rows, width, first)
    if begin is None:  # no column of numbers tells where the data begin
        return [Head(first, 1, _has_row_names(rows, first, width)), Head(first, 0)]
    found = []
    lines = begin - first
    if lines == 0:
        # Numbers from the first row on: rows without a header, or items that are numbers.
        return [Head(first, 0), *([Head(first, 1)] if len(rows) > first + 1 else [])]
    if 1 <= lines <= MOST_LINES:
        found.append(Head(first, lines, lines == 1 and _has_row_names(rows, first, width)))
    if lines > 1:  # the line right above the data alone, the others being titles
        found.append(Head(begin - 1, 1, _has_row_names(rows, begin - 1, width)))
    if not found or lines > 1:  # what stands between may be rows with a wrong cell
        found.append(Head(first, 1, _has_row_names(rows, first, width)))
    return found


def narrow(rows: Sequence[Cells]) -> list[list[str]]:
    """The first rows without most cells of very many; those that are longer or shorter than most stay so.

    >>> [len(row) for row in narrow([["a"] * 9_000, ["a"] * 9_001, ["a"]])]
    [499, 500, 1]
    """
    rows = rows[:LOOKED_AT]
    beyond = max(0, _width(rows) - _WIDEST) if rows else 0
    return [list(row[: max(1, len(row) - beyond)]) if beyond else list(row) for row in rows]


def _width(rows: Sequence[Cells]) -> int:
    """How many cells most rows have; of equally many rows the wider."""
    counts = Counter(len(row) for row in rows)
    return max(counts, key=lambda n: (counts[n], n))


def _first_of_table(rows: Sequence[Cells], width: int) -> int:
    """The first row that is neither a comment, nor a title, nor too narrow to belong to the table."""
    for k, row in enumerate(rows[: MOST_ABOVE + 1]):
        filled = [cell for cell in row if cell.strip()]
        marked = bool(filled) and row[0].lstrip().startswith(_COMMENTS)
        after_one = k > 0 and rows[0][:1] == row[:1]  # a further line of comments may be as wide as the table
        comment = marked and (len(row) < width or len(filled) == 1 or after_one)
        narrow = len(row) not in (width, width - 1) or len(filled) <= min(1, width - 2)
        if not comment and not narrow:
            return k
    return 0


def _first_of_data(rows: Sequence[Cells], width: int, first: int) -> int | None:
    """The first row from which on the columns of numbers hold numbers; None where there is no such column."""
    body = [row for row in rows[first + 1 :] if len(row) == width]
    later = body[len(body) // 2 :] if len(body) > 3 else body
    numbers = [k for k in range(width) if _is_numeric(row[k] for row in later)]
    if not numbers:
        return None
    for at in range(first, min(len(rows), first + MOST_LINES + 1)):
        row = rows[at]
        if len(row) == width and (_fits(row, numbers) or (at > first and _fits_mostly(row, numbers))):
            return at
    return None


def _fits(row: Cells, numbers: Sequence[int]) -> bool:
    """Whether a row has numbers, and nothing else, where numbers stand below."""
    cells = [row[k] for k in numbers if row[k].strip()]
    right = sum(_is_rated(cell) or says_blank(cell) or says_no_answer(cell) for cell in cells)
    return 0 < len(cells) == right and any(map(_is_rated, cells))


def _fits_mostly(row: Cells, numbers: Sequence[int]) -> bool:
    """Whether most of such cells hold numbers: those of a header hold none."""
    return sum(_is_rated(row[k]) for k in numbers) > len(numbers) / 2


def _is_numeric(cells: Iterable[str]) -> bool:
    """Whether nearly all cells that say something are numbers."""
    said = [_is_rated(cell) for cell in cells if not says_blank(cell)]
    return len(said) > 0 and sum(said) >= 0.8 * len(said)


def _is_rated(cell: str) -> bool:
    """Whether a cell is a number, or says one."""
    return is_number(cell) or spoken_number(cell) is not None


def _has_row_names(rows: Sequence[Cells], at: int, width: int) -> bool:
    """Whether the header has one cell less than all rows below, which begin with a name or number of their own."""
    below = [row for row in rows[at + 1 :] if row]
    if (
        len(rows[at]) != width - 1
        or not rows[at][0].strip()
        or len(below) < 2
        or any(len(row) != width for row in below)
    ):
        return False
    firsts = [row[0].strip() for row in below]
    # A separator inside of names would widen the rows too; then the first column is named, and repeats or is not one of names.
    running = any(all(text == str(k + start) for k, text in enumerate(firsts)) for start in (0, 1))
    others_numbers = all(is_number(cell) or says_blank(cell) for row in below for cell in row[1:])
    return running or (len(set(firsts)) == len(firsts) and "" not in firsts and others_numbers)


def names_of(rows: Sequence[Cells], head: Head) -> tuple[str, ...]:
    """What a header says of each column, where it takes several lines: the line whose names differ, or all that they say.

    Args:
        rows: the rows of the header, equally long.

    >>> names_of([["", "rating", "rating"], ["item", "x", "y"], ["user", "", ""]], Head(0, 3))
    ('user', 'x', 'y')
    >>> names_of([["Id", "Films", ""], ["", "Alien", "Heat"]], Head(0, 2))
    ('Id', 'Alien', 'Heat')
    """
    if len(rows) == 1:
        return tuple(rows[0])
    told = [row for row in rows if not any(cell.lstrip().startswith("{") for cell in row)] or [rows[0]]
    corner = next((row[0] for row in reversed(told) if row[0].strip()), "")
    for row in told:  # one line that names all columns
        others = [cell.strip() for cell in row[1:]]
        if all(others) and len(set(others)) == len(others):
            return (corner if not row[0].strip() or _heads_nothing_else(told) else row[0], *row[1:])
    names = []
    for k in range(len(rows[0])):
        parts = [row[k].strip() for row in told if row[k].strip() and row[k].strip() not in _GENERIC]
        alone = parts[-1:] if k else parts[:1]
        names.append(alone[0] if alone else next((row[k] for row in told if row[k].strip()), ""))
    if len(set(names[1:])) < len(names[1:]):  # the last line alone does not tell them apart
        filled = [_filled_forward(row) for row in told if any(cell.strip() for cell in row[1:])]
        names = [" ".join(dict.fromkeys(row[k].strip() for row in filled if row[k].strip())) for k in range(len(names))]
    return tuple(names)


# What surveys write below a question that has one answer.
_GENERIC = frozenset(("Response", "Open-Ended Response"))


def _heads_nothing_else(rows: Sequence[Cells]) -> bool:
    """Whether the last line says a word in its first cell only, as a pivot table names its rows."""
    return bool(rows[-1][0].strip()) and not any(cell.strip() for cell in rows[-1][1:])


def _filled_forward(row: Cells) -> list[str]:
    """A row in which a merged cell says the same in all of its columns."""
    filled, last = [], ""
    for cell in row:
        last = cell if cell.strip() else last
        filled.append(last)
    return filled


def says(rows: Sequence[tuple[int, Cells]], head: Head, place: str) -> tuple[str, ...]:
    """Notes on a header that is not simply the first row.

    Args:
        rows: where each of the first rows stands, and its cells.
    """
    notes = [
        f"{place.capitalize()} {line} was passed over: {shown(' '.join(cell.strip() for cell in row if cell.strip()))}."
        for line, row in rows[: head.above]
        if any(cell.strip() for cell in row)
    ]
    if head.lines > 1:
        lines = [line for line, _ in rows[head.above : head.above + head.lines]]
        notes.append(f"The header was read from {place}s {lines[0]} to {lines[-1]}.")
    if head.row_names:
        notes.append(
            f"The header has one name less than the {noun(2, 'row')} have cells, so the first of these names the row."
        )
    return tuple(notes)


def has_roles(row: Cells) -> int:
    """How many different roles a row names plainly, as a header of a list does."""
    return len({role for role, plainly in map(role_of, row) if role and plainly > 1})
