"""How a table holds ratings: all that it could be, weighed, and what of that is in doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from nmf_core.errors import RatingsError, closest, shown
from nmf_core.reading.evidence import Evidence
from nmf_core.reading.options import EACH_ROW, ReadOptions
from nmf_core.tables.base import Head, Table
from nmf_core.tables.contents import number_of
from nmf_core.tables.headers import ROLES, role_of
from nmf_core.tables.heads import heads, narrow
from nmf_core.tables.numbers import is_number

NO_HEADER = "none"
_MOST_HEADS = 4
_NO_HEADER_SAID = "The first row holds a rating, so it was not taken as a header."
_NO_RATINGS = 0.5


def headed(table: Table, options: ReadOptions) -> list[tuple[Table, Evidence]]:
    """The table under each header that it could have, the likeliest first, and what speaks for that."""
    if options.header != "auto":
        return [(_under(table, _asked_head(table, options.header)), Evidence(0, "you chose it"))]
    if table.under is None or not table.first_rows:
        return [(table, Evidence(0, "it has a header")), *_without_header(table)]
    rows = narrow([row for _, row in table.first_rows])
    likely = heads(rows)
    if table.head == Head() and table.header_line > 1:  # titles that the file's reader passed over
        above = next((k for k, (line, _) in enumerate(table.first_rows) if line == table.header_line), 0)
        likely = [head if head.above >= above else _begun_at(head, above) for head in likely]
    found: list[tuple[Table, Evidence]] = []
    problems = []
    for head in dict.fromkeys(likely[:_MOST_HEADS]):
        try:
            under = _under(table, head)
        except RatingsError as error:  # it has too many columns so
            problems.append(error)
            continue
        if head.lines == 0:
            under = replace(under, notes=(*under.notes, _NO_HEADER_SAID))
        found.append((under, _of_head(rows, head)))
    if not found:
        raise problems[0]
    return found


def _begun_at(head: Head, above: int) -> Head:
    """The header without the titles that it would begin with."""
    return replace(head, above=above, lines=max(min(head.lines, 1), head.lines + head.above - above))


def _under(table: Table, head: Head) -> Table:
    """The table under a header; as it is, where it stands so already."""
    plain = head.lines == 1 and not head.row_names
    at = table.first_rows[head.above][0] if head.above < len(table.first_rows) else 1
    if plain and at == table.header_line and not table.headless:
        return replace(table, head=head)
    if table.under is not None:
        return table.under(head)
    return table.without_header() if head.lines == 0 else table


def _without_header(table: Table) -> Iterator[tuple[Table, Evidence]]:
    """The table with its header as a row, where it has so many columns as a list and a header that may be data."""
    counted = [str(k + int(table.header[1:2] == ("1",))) for k in range(len(table.header) - 1)]
    if table.header[1:] == tuple(counted):  # what pandas calls columns that have no names
        return
    if not table.headless and 2 <= len(table.header) <= 30 and any(map(is_number, table.header)):
        bare = replace(table.without_header(), head=Head(0, 0), notes=(*table.notes, _NO_HEADER_SAID))
        yield bare, Evidence(0, "the first row holds numbers")


def _of_head(rows: Sequence[Sequence[str]], head: Head) -> Evidence:
    """What speaks for a header where it stands."""
    if head.lines == 0:
        first = rows[head.above]
        below = rows[head.above + 1 :]
        again = {
            k for k, cell in enumerate(first) if cell.strip() and any(k < len(row) and row[k] == cell for row in below)
        }
        numbers = sum(map(is_number, first))
        # A name that stands below again, in a row with a number, names no column.
        names = [cell for k, cell in enumerate(first) if not (numbers and k in again)]
        named = {role for role, plainly in map(role_of, names) if role and plainly > 1}
        if named:
            return Evidence(-2.0 - 2 * len(named), "the first row names columns")
        if _outside(first, below):
            return Evidence(-2.0, "the numbers of the first row are of another size than those below")
        if numbers:
            return Evidence(1.0 + min(len(again), 2), "the first row holds numbers, as the rows below do")
        return Evidence(
            2.5 if again else -2.0, "the first row holds what stands below again" if again else "it is like the others"
        )
    header = rows[head.above + head.lines - 1]
    if head.above and _holds_values([header], rows[head.above + 1 :]):
        return Evidence(-3, "it holds numbers, as the rows below do")
    said = [cell for cell in header if cell.strip()]
    if _names_columns(rows[head.above + head.lines :]):
        return Evidence(-4.0, "the row below names the columns as well")
    weight = 0.0
    if len(set(said)) < len(said) and head.lines == 1:
        weight -= 1.0
    if head.lines > 1:
        weight += 0.5
        if _holds_values(rows[head.above + 1 : head.above + head.lines], rows[head.above + head.lines :]):
            return Evidence(-3, "its further lines hold numbers, as the rows below do")
    if sum(not cell.strip() for cell in header[1:]) > 1 and head.lines == 1 and head.above:
        above = rows[head.above - 1]
        told = sum(bool(cell.strip()) for k, cell in enumerate(above) if k < len(header) and not header[k].strip())
        weight -= 1.5 + 2 * (told > 1)  # what stands above it may name those columns
    return Evidence(weight, "its first lines say what the columns are")


def _holds_values(lines: Sequence[Sequence[str]], below: Sequence[Sequence[str]]) -> bool:
    """Whether one of some lines begins with a name and has numbers that stand below in the same column, or lie between such."""
    for line in lines:
        within = []
        for k, cell in enumerate(line):
            others = [number_of(row[k]) for row in below if k < len(row) and is_number(row[k])]
            if is_number(cell) and others:
                within.append(min(others) / 2 <= number_of(cell) <= 2 * max(others))
        if within and all(within) and line[0].strip() and not is_number(line[0]):
            return True
    return False


def _names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of some rows says what the columns are: words where all others have numbers, or names of roles."""
    if len(rows) < 3:
        return False
    first, *below = rows
    numeric = [k for k in range(len(first)) if _are_numbers(row[k] for row in below if k < len(row))]
    cells = [first[k].strip() for k in numeric]
    if any(map(is_number, cells)) or not numeric:
        return False
    roles = sum(role_of(cell)[1] > 1 for cell in first if cell.strip())
    return (all(cells) and (len(cells) > 1 or roles > 1)) or (roles > 0 and not any(cells) and len(cells) > 1)


def _are_numbers(cells: Iterable[str]) -> bool:
    """Whether nearly all cells that are not blank are numbers."""
    said = [is_number(cell) for cell in cells if cell.strip()]
    return len(said) > 1 and sum(said) >= 0.8 * len(said)


def _outside(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether most numbers of a row lie far beyond those below them."""
    far = []
    for k, cell in enumerate(first):
        others = [number_of(row[k]) for row in below if k < len(row) and is_number(row[k])]
        if is_number(cell) and others:
            far.append(number_of(cell) > 4 * max(others))
    return sum(far) > len(far) / 2


def _asked_head(table: Table, asked: object) -> Head:
    """The header that was asked for: its line, its first and last line, or none."""
    if not table.first_rows and asked not in (0, NO_HEADER, 1):
        raise RatingsError(f"{table.name} has a header of its own; only in text and workbooks it can stand elsewhere.")
    lines = [line for line, _ in table.first_rows] or [1]
    if asked in (0, None, NO_HEADER):
        first = heads([row for _, row in table.first_rows])[0].above if table.first_rows else 0
        return Head(first, 0)
    if isinstance(asked, str):
        numbers = [int(word) for word in asked.replace("-", " ").split() if word.isdigit()]
    else:
        numbers = (
            [asked]
            if isinstance(asked, int)
            else [k for k in asked if isinstance(k, int)]
            if isinstance(asked, tuple | list)
            else []
        )
    if not numbers or len(numbers) > 2 or numbers[0] > numbers[-1] or any(k not in lines for k in numbers):
        raise RatingsError(
            f"header is {shown(asked)}; it must be a {table.place} that is not blank, from {lines[0]} to {lines[-1]}, the "
            f"first and the last of several, or 0 for none. Give one such as {lines[0]}."
        )
    first, last = lines.index(numbers[0]), lines.index(numbers[-1])
    return Head(first, last - first + 1, heads([row for _, row in table.first_rows])[0].row_names and first == last)


def head_words(table: Table, head: Head) -> str:
    """Where a header stands, in words that `read_ratings(header=...)` takes."""
    if head.lines == 0:
        return NO_HEADER
    lines = [line for line, _ in table.first_rows] or [table.header_line]
    first, last = lines[head.above], lines[min(head.above + head.lines, len(lines)) - 1]
    return f"{table.place} {first}" if first == last else f"{table.place}s {first} to {last}"


# --- the columns that a person chose ----------------------------------------------------------------------------------


def column_titles(table: Table) -> tuple[str, ...]:
    """What each column is called where one is to be chosen: its header, or its number where that is blank or not alone."""
    count = Counter(table.header)
    return tuple(text if text and count[text] == 1 else f"column {k + 1}" for k, text in enumerate(table.header))


def given_roles(table: Table, columns: Mapping[str, object]) -> dict[str, int]:
    """Role → column, as a person chose them by header or by number from 1; -1 where each row is one."""
    given: dict[str, int] = {}
    for role, column in columns.items():
        if role not in ROLES:
            raise RatingsError(f"columns names {shown(role)}; a role is one of {', '.join(ROLES)}. Use one of these.")
        each = column == EACH_ROW and role != "rating" and EACH_ROW not in table.header
        given[role] = -1 if each else positions(table, [column], f"for the {role}s")[0]
    if len(set(given.values())) < len(given):
        raise RatingsError(f"columns gives one column two roles: {shown(dict(columns))}. Choose three different ones.")
    return given


def positions(table: Table, columns: Sequence[object], what: str) -> list[int]:
    """Where columns stand that are named by header or by number from 1."""
    titles = column_titles(table)
    numbered = [f"column {k + 1}" for k in range(len(titles))]
    found = []
    for column in columns:
        if isinstance(column, int) and not isinstance(column, bool) and 1 <= column <= len(titles):
            found.append(column - 1)
        elif column in titles:
            found.append(titles.index(str(column)))
        elif column in numbered:
            found.append(numbered.index(str(column)))
        else:
            raise RatingsError(
                f"{table.name} has no column {shown(column)} {what}; it has {shown(', '.join(titles), 200)}."
                f"{closest(str(column), titles)} Name one of them, or give its number from 1."
            )
    return found


def left_out(table: Table, given: Mapping[str, int], skip: Sequence[object]) -> list[int]:
    """Where the columns stand that are to be left out."""
    left = positions(table, skip, "to leave out")
    both = [role for role, k in given.items() if k in left]
    if both:
        raise RatingsError(
            f"The column {shown(column_titles(table)[given[both[0]]])} is the {both[0]} and left out at once. Choose one of them."
        )
    if left and len(set(left)) == len(table.header):
        raise RatingsError(f"{table.name}: all columns are to be left out. Keep those that hold ratings.")
    return left
