"""JSON: records, JSON Lines, an object around a list of records, user → item → rating, and pandas' own layouts.

Values are taken from the text one record at a time, so a file is never in memory as objects all at once.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from nmf_core.errors import RatingsError, shown
from nmf_core.formats.base import Data, Format, kind_of, whole
from nmf_core.formats.json_text import JsonReader, decoded, end_of_space
from nmf_core.tables.base import MAX_GRID_CELLS, Table, check_width, table_of_rows
from nmf_core.tables.headers import ROLES, has_role
from nmf_core.tables.numbers import is_number
from nmf_core.words import cut

# A table may have this many cells for each value in the file; beyond, a small file could fill the memory with blanks.
CELLS_A_VALUE = 20

_PLAIN = frozenset((str, float, type(None)))  # of cells; whole numbers are kept as text


def read(data: Data, name: str) -> Table:
    """A Table from the bytes of a JSON or JSON Lines file."""
    reader = JsonReader(decoded(whole(data), name), name)
    first = reader.peek()
    if not first:
        raise RatingsError(f"{name} is empty. Choose a file with ratings.")
    if _is_lines(reader.text, name):
        return _table(_lines(reader), name, "line")
    if first == "[":
        table = _table(_records(reader), name, "record")
    elif first == "{":
        table = _of_object(reader)
    else:
        reader.value()  # names what is broken, if it is no JSON at all
        raise _unknown(name, "holds a single value")
    if reader.peek():
        reader.fail("there is something after its end")
    return table


def _is_lines(text: str, name: str) -> bool:
    """Whether this is JSON Lines: by its name, or because a whole object is followed by more."""
    if name.lower().endswith((".jsonl", ".ndjson")):
        return True
    start = end_of_space(text, 0)
    end = text.find("\n", start)
    if not text.startswith("{", start) or end < 0 or end_of_space(text, end) == len(text):
        return False
    try:
        json.loads(text[start:end])
    except (ValueError, RecursionError):
        return False
    return True


@dataclass
class _Rows:
    """Rows of named values; a value that a row lacks takes no room.

    Attributes:
        labels: one a row: its line or record number, or its key.
        shapes: one a row: which of the `keys` it has.
        keys: the distinct tuples of keys, in order of first appearance.
        values: of all rows, one after another.
    """

    labels: list[str | int] = field(default_factory=list)
    shapes: array[int] = field(default_factory=lambda: array("q"))
    keys: dict[tuple[str, ...], int] = field(default_factory=dict)
    values: list[object] = field(default_factory=list)
    pool: dict[object, object] = field(default_factory=dict)  # equal texts and numbers are kept once

    def add(self, label: str | int, row: dict[str, object]) -> None:
        """Append one row."""
        self.labels.append(label)
        self.shapes.append(self.keys.setdefault(tuple(row), len(self.keys)))
        values = row.values()
        if _PLAIN.issuperset(map(type, values)):
            self.values.extend(map(self.pool.setdefault, values, values))
        else:  # a list cannot be looked up, and 1.0 must not become true
            self.values.extend(values)

    def header(self) -> dict[str, int]:
        """Key → column."""
        return {key: k for k, key in enumerate(dict.fromkeys(key for keys in self.keys for key in keys))}

    def each(self) -> Iterator[tuple[str | int, tuple[str, ...], list[object]]]:
        """Label, keys and values of each row."""
        keys, start = list(self.keys), 0
        for label, shape in zip(self.labels, self.shapes, strict=True):
            end = start + len(keys[shape])
            yield label, keys[shape], self.values[start:end]
            start = end


def _lines(reader: JsonReader) -> _Rows:
    """The records of JSON Lines."""
    rows = _Rows()
    while reader.peek():
        line = reader.line_here()
        reader.where = f", line {line}"
        rows.add(line, _record(reader, reader.value()))
    return rows


def _records(reader: JsonReader) -> _Rows:
    """The records of the list at the cursor."""
    rows, around = _Rows(), reader.where
    for number in reader.elements():
        reader.where = f"{around}, record {number}"
        rows.add(number, _record(reader, reader.value()))
    reader.where = around
    return rows


def _record(reader: JsonReader, value: object) -> dict[str, object]:
    """A record: an object whose values are text, numbers and null, lists of words joined by bars."""
    if not isinstance(value, dict):
        raise RatingsError(
            f"{reader.name}{reader.where} is {_kind(value)}; a record is an object such as "
            '{"user": "ann", "item": "Alien", "rating": 5}. Write each rating as one.'
        )
    if _PLAIN.issuperset(map(type, value.values())):
        return value
    for key, cell in value.items():
        if isinstance(cell, list | dict | bool):
            value[key] = _flat(cell)
            if value[key] is cell and any(has_role([key], role) for role in ROLES):
                raise _not_a_cell(reader.name + reader.where, key, cell)
    return value


def _flat(cell: object) -> object:
    """A list of words, such as genres, as one text; any other value as it is."""
    words = isinstance(cell, list) and all(isinstance(word, str) and not is_number(word) for word in cell)
    return "|".join(cell) if words and isinstance(cell, list) else cell


def _not_a_cell(place: str, key: str, cell: object) -> RatingsError:
    """The error for a value that cannot be an id or a rating."""
    return RatingsError(
        f"{place}, key {shown(key)}: the value is {_kind(cell)}; it must be text, a number, or null for a blank. Correct it."
    )


def _kind(value: object) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value)
    return cut(text, 60)


def _unknown(name: str, what: str) -> RatingsError:
    """The error for JSON that is no known way to write ratings."""
    return RatingsError(
        f"{name} {what}; ratings in JSON are a list of records with the keys user, item and rating, one record a line, or "
        "user → item → rating. Write them in one of these ways."
    )


def _table(rows: _Rows, name: str, place: str, notes: tuple[str, ...] = ()) -> Table:
    """The Table of rows whose keys are columns."""
    header = rows.header()
    width, n_rows, n_values = len(header), len(rows.labels), len(rows.values)
    if not header:
        raise RatingsError(f"{name} is empty: it has no records with values. Choose a file with ratings.")
    check_width(name, width)
    if width * n_rows > CELLS_A_VALUE * n_values or width * n_rows - n_values > MAX_GRID_CELLS:
        raise RatingsError(
            f"{name}: the {n_rows} records have {width} different keys but only {n_values} values, so most of the table would "
            "be blank. Give each record the keys user, item and rating."
        )
    columns = [[header[key] for key in keys] for keys in rows.keys]
    whole = list(range(width))
    long = all(has_role(header, role) for role in ROLES)
    table: list[list[object]] = [list(header)]
    n_left = 0
    for (label, keys, values), shape in zip(rows.each(), rows.shapes, strict=True):
        if not _PLAIN.issuperset(map(type, values)):
            for k, value in enumerate(values):
                if isinstance(value, list | dict):
                    if not long:
                        raise _not_a_cell(f"{name}, {place} {label}", keys[k], value)
                    values[k] = None
                    n_left += 1
        if columns[shape] == whole:
            table.append(values)
            continue
        row: list[object] = [None] * width
        for column, value in zip(columns[shape], values, strict=True):
            row[column] = value
        table.append(row)
    if n_left:
        notes = (*notes, f"{n_left} values that are lists or objects were left out, none of them an id or a rating.")
    labels = [label if isinstance(label, int) else k for k, label in enumerate(rows.labels, 1)]
    return table_of_rows(table, [labels[0], *labels], name=name, place=place, notes=notes)


def _of_object(reader: JsonReader) -> Table:
    """The Table of an object that is the whole file."""
    name, start = reader.name, reader.at
    nested, single = _Rows(), list[str]()
    records: dict[str, _Rows] = {}
    lists: dict[str, list[object]] = {}
    for key in reader.members():
        reader.where = f", key {shown(key)}"
        opening = reader.peek()
        if opening == "{":
            value = reader.value()
            nested.add(key, value if isinstance(value, dict) else {})
        elif opening == "[" and _list_of_objects(reader):
            records[key] = _records(reader)
        elif opening == "[":
            lists[key] = [_value_in(reader, number) for number in reader.elements()]
        else:
            reader.value()
            single.append(key)
        reader.where = ""
    if records:
        return _wrapped(records, name)
    if {"columns", "data"} <= lists.keys():
        return _split(lists, name)
    if lists and not nested.labels and not single:
        return _columns(lists, name)
    if nested.labels and not single and not lists:
        return _nested(nested, name)
    if single and not nested.labels:
        end, reader.at = reader.at, start
        rows = _Rows()
        rows.add(1, _record(reader, reader.value()))
        reader.at = end
        return _table(rows, name, "record")
    if not (single or lists or nested.labels):
        raise RatingsError(f"{name} is empty: it holds an object without keys. Choose a file with ratings.")
    raise _unknown(
        name, f"holds an object in which {shown((single or list(lists))[0])} is no object, though others are"
    )


def _list_of_objects(reader: JsonReader) -> bool:
    """Whether the list at the cursor begins with an object."""
    at = end_of_space(reader.text, reader.at + 1)
    return reader.text.startswith("{", at)


def _value_in(reader: JsonReader, number: int) -> object:
    """The value at the cursor, which is an element with this number."""
    around, reader.where = reader.where, f"{reader.where}, element {number}"
    value = reader.value()
    reader.where = around
    return value


def _wrapped(records: dict[str, _Rows], name: str) -> Table:
    """The Table of the one list of records in an object."""
    if len(records) > 1:
        raise RatingsError(
            f"{name} holds {len(records)} lists of records, {shown(', '.join(records), 120)}; one can be read. Keep the list "
            "with the ratings."
        )
    key, rows = next(iter(records.items()))
    return _table(rows, name, "record", (f"The records are those under {shown(key)}.",))


def _split(lists: dict[str, list[object]], name: str) -> Table:
    """The Table of pandas' layout "split": columns, index and data."""
    header, data = lists["columns"], lists["data"]
    index = lists.get("index", [])
    # A count of the rows is no id where the columns have usual names.
    kept = bool(index) and not (index == [str(k) for k in range(len(data))] and any(has_role(header, r) for r in ROLES))
    if kept and len(index) != len(data):
        raise _unknown(name, f"has {len(index)} entries under 'index' and {len(data)} under 'data'")
    rows: list[list[object]] = [["", *header] if kept else header]
    for number, row in enumerate(data, 1):
        if not isinstance(row, list) or len(row) != len(header):
            raise RatingsError(
                f"{name}, record {number}: it is not a list of {len(header)} values, one for each of the 'columns'. Correct it."
            )
        rows.append([index[number - 1], *row] if kept else row)
        _check_cells(rows[-1], name, number)
    _check_cells(rows[0], name, 1)
    if not rows[0]:
        raise RatingsError(f"{name} is empty: it has no columns. Choose a file with ratings.")
    check_width(name, len(rows[0]))
    return table_of_rows(rows, [1, *range(1, len(rows))], name=name, place="record")


def _check_cells(row: list[object], name: str, number: int) -> None:
    """Refuse objects and lists among the cells of a row."""
    for k, cell in enumerate(row):
        if isinstance(cell, dict | list):
            raise RatingsError(
                f"{name}, record {number}, value {k + 1}: it is {_kind(cell)}; it must be text, a number or null. Correct it."
            )


def _columns(lists: dict[str, list[object]], name: str) -> Table:
    """The Table of an object of equally long columns."""
    lengths = {key: len(cells) for key, cells in lists.items()}
    if len(set(lengths.values())) > 1:
        raise RatingsError(
            f"{name}: the columns {shown(', '.join(lengths), 120)} have {shown(list(lengths.values()))} values; they must be "
            "equally long. Fill in null for a blank."
        )
    check_width(name, len(lists))
    rows: list[list[object]] = [list(lists), *map(list, zip(*lists.values(), strict=True))]
    for number, row in enumerate(rows[1:], 1):
        _check_cells(row, name, number)
    return table_of_rows(rows, [1, *range(1, len(rows))], name=name, place="record")


def _nested(nested: _Rows, name: str) -> Table:
    """The Table of an object of objects: user → item → rating, or pandas' layouts "columns" and "index"."""
    header = nested.header()
    if all(has_role(header, role) for role in ROLES):
        return _table(nested, name, "record")
    if all(has_role(nested.labels, role) for role in ROLES):
        return _table(_turned(nested), name, "record")
    rows: list[tuple[object, ...]] = [("user", "item", "rating")]
    n_without = 0
    for user, items, values in nested.each():
        n_without += not items
        for item, value in zip(items, values, strict=True):
            if isinstance(value, list | dict | bool):
                raise _not_a_cell(f"{name}, key {shown(user)}", item, value)
            rows.append((user, item, value))
    notes = ["Read as user → item → rating: the outer keys are users, the inner keys items."]
    if n_without:
        notes.append(f"{n_without} users without any item were left out.")
    return table_of_rows(rows, [1, *range(1, len(rows))], name=name, place="entry", notes=tuple(notes))


def _turned(nested: _Rows) -> _Rows:
    """Rows and columns exchanged."""
    turned: dict[str, dict[str, object]] = {}
    for column, labels, values in nested.each():
        for label, value in zip(labels, values, strict=True):
            turned.setdefault(label, {})[str(column)] = value
    rows = _Rows()
    for label, row in turned.items():
        rows.add(label, row)
    return rows


def _sniff(head: bytes, name: str) -> bool:
    """Whether a file begins as JSON does; one of white space alone is left for `read` to call empty."""
    return kind_of(head) == "JSON" or not head.strip()


FORMAT = Format(
    "json",
    "JSON",
    ("json", "jsonl", "ndjson"),
    _sniff,
    read,
    summary='records `[{"user": …, "item": …, "rating": …}]`, one record a line, user → item → rating, pandas\' layouts',
    when="for what a program wrote",
    example=lambda: (
        b'[{"user":"ann","item":"x","rating":5},{"user":"ann","item":"y","rating":3},{"user":"bob","item":"x","rating":4}]'
    ),
)
