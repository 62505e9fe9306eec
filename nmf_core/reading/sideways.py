"""A list on its side: its first column names user, item and rating, and each further column is a rating."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nmf_core.data.ratings import Ratings
from nmf_core.reading.evidence import Evidence, Given, Reading
from nmf_core.reading.layout import Layout
from nmf_core.reading.lists import list_readings
from nmf_core.reading.looks import Look, looks_of
from nmf_core.reading.options import Plan, Question, ReadOptions
from nmf_core.reading.to_ratings import ratings_of_list
from nmf_core.tables.base import Column, Head, Table, table_of_columns, text_of
from nmf_core.tables.headers import role_of

_MOST_ROWS = 12  # a list has not more columns that are told apart by such names
_FEWEST = 4  # columns: with fewer there is hardly a list


def sideways_readings(
    table: Table, looks: tuple[Look, ...], head: Head, given: Given, asked: bool
) -> Iterator[Reading]:
    """The lists that a table could be whose rows and columns changed places."""
    if given.roles or head.lines != 1 or len(table.header) < _FEWEST or looks[0].n_rows > _MOST_ROWS:
        return
    names = [table.header[0], *map(_name, looks[0].column.cells)]
    named = {role for role, plainly in map(role_of, names) if role and plainly > 1}
    if len(named) < (1 if asked else 3) or len(looks[0].said) < looks[0].n_rows:
        return
    turned = _turned(table)
    said = Evidence(9, f"its first column names {' and '.join(sorted(named))}")
    for reading in list_readings(turned, looks_of(turned), head, given):
        yield replace(reading, layout="sideways", evidence=(*reading.evidence, said))


def _turned(table: Table) -> Table:
    """The table with its rows and columns exchanged: its header is its first row, its first column the header."""
    first, *others = table.take(list(range(len(table.header))))
    names: list[object] = list(table.header[1:])
    rows = [names, *([column.cell(row) for column in others] for row in range(len(first)))]
    header = [table.header[0], *(_name(first.cell(row)) for row in range(len(first)))]
    lines = range(2, len(others) + 2)
    columns = [Column.of([None if cell is None else text_of(cell) for cell in row]) for row in rows]
    notes = (*table.notes, "The table lies on its side: each column was read as a row.")
    return table_of_columns(header, columns, lines, name=table.name, place="column", notes=notes, sheet=table.sheet)


def _name(cell: object) -> str:
    """A cell of the first column as a header."""
    return "" if cell is None else text_of(cell)


def _read(plan: Plan, options: ReadOptions) -> tuple[Ratings, tuple[Question, ...]]:
    """Ratings of the list as it was turned round."""
    return ratings_of_list(plan, options)


LAYOUT = Layout("sideways", "a list on its side: one column a rating", sideways_readings, _read)
