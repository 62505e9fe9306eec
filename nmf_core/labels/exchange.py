"""Labels as a file to keep or to pass on, with what they hang on: written as JSON or CSV, read back as they were."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, NoReturn

from nmf_core.data.escape import escape_formulas, unescape_formulas
from nmf_core.errors import NmfError, closest, shown
from nmf_core.labels.label import Label
from nmf_core.labels.shape import Shape, from_json, to_json

FORMAT, VERSION = "latent-lens labels", 1
MOST_LABELS, MOST_BYTES = 1_000, 50_000_000
LONGEST_CELL = 32_000  # characters; Excel holds 32,767 and cuts the rest off
COLUMNS = (*Label.__dataclass_fields__, "shape")
NEEDED = ("text", "shape")
_NEXT = "Export the labels anew, or write it so."

Named = tuple[Label, Shape]


def labels_to_json(labels: Iterable[Named]) -> str:
    """Labels with the shapes of their features as JSON text; what is there twice stands there once.

    >>> from nmf_core.labels import shape_of
    >>> labels = [(Label("Heist", kind="genre"), shape_of(["x", "y"], [2, 1]))]
    >>> labels_from_json(labels_to_json(labels)) == labels
    True
    """
    records = [asdict(label) | {"shape": json.loads(shape)} for label, shape in _once(labels)]
    return json.dumps({"format": FORMAT, "version": VERSION, "labels": records}, ensure_ascii=False, indent=1)


def labels_from_json(content: str | bytes) -> list[Named]:
    """The labels in a text made by `labels_to_json`.

    Raises:
        NmfError: the text is something else, or a label in it is none; it names the label by its number.

    >>> labels_from_json('{"labels": [{"text": "Heist", "kind": "gnre", "shape": {"items": ["x"], "weights": [1]}}]}')
    Traceback (most recent call last):
        ...
    nmf_core.errors.NmfError: Label 1: The kind is 'gnre'; it must be one of: genre, theme, directorial style, cast, length or \
complexity, other. Did you mean 'genre'? Pick one.
    """
    try:
        record = json.loads(_decoded(content), parse_constant=_refuse, object_pairs_hook=_without_repeats)
    except NmfError:
        raise
    except (ValueError, RecursionError) as e:
        said = f"line {e.lineno}, column {e.colno}: {e.msg}" if isinstance(e, json.JSONDecodeError) else "too deep"
        raise NmfError(f"This is no JSON ({said}). {_NEXT}") from e
    records = record.get("labels") if isinstance(record, dict) else None
    if not isinstance(records, list):
        raise NmfError(
            f'This JSON is {shown(record)}; labels are {{"format": "{FORMAT}", "labels": […]}}. Bring a file that was exported '
            "as labels."
        )
    if record.get("format", FORMAT) != FORMAT or record.get("version", VERSION) != VERSION:
        raise NmfError(
            f"This is {shown(record.get('format', FORMAT))}, version {shown(record.get('version', VERSION))}; read are labels of "
            f"version {VERSION}. Export them anew from the program that reads here."
        )
    return _checked((f"Label {number}", one) for number, one in enumerate(records, 1))


def labels_to_csv(labels: Iterable[Named]) -> str:
    """The same as CSV, a row a label, its shape in a cell; what a spreadsheet would run gets an apostrophe.

    A shape that is longer than a spreadsheet's cell can be loses the items that set it apart least; JSON has all of it.

    >>> from nmf_core.labels import shape_of
    >>> labels = [(Label("=Heist", note="=1+1"), shape_of(["x"], [1]))]
    >>> text = labels_to_csv(labels)
    >>> text.splitlines()[1].split(",")[0], labels_from_csv(text) == labels
    ("'=Heist", True)
    """
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for label, shape in _once(labels):
        rows.writerow([*map(escape_formulas, asdict(label).values()), _in_a_cell(shape)])
    return file.getvalue()


def _in_a_cell(text: str) -> str:
    """A shape as JSON text that a spreadsheet's cell can hold."""
    shape = from_json(text)
    while len(text) > LONGEST_CELL and shape.apart:
        most = len(shape.apart) * 4 // 5
        shape = replace(shape, apart_items=shape.apart_items[:most], apart=shape.apart[:most])
        text = to_json(shape)
    return text


def labels_from_csv(content: str | bytes) -> list[Named]:
    """The labels in a text made by `labels_to_csv`; columns other than text and shape may be missing.

    Raises:
        NmfError: a column is missing or there twice, or a row is no label; it names the line.

    >>> labels_from_csv("text\\nHeist\\n")
    Traceback (most recent call last):
        ...
    nmf_core.errors.NmfError: Line 1 has the columns text; a column 'shape' is missing. Export the labels anew, or write it so.
    """
    rows = _rows(_decoded(content))
    head = [name.strip() for name in next(rows, (1, []))[1]]
    found = f"Line 1 has the columns {', '.join(shown(name)[1:-1] for name in head[:20]) or 'nothing'}"
    for name in NEEDED:
        if name not in head:
            raise NmfError(f"{found}; a column {name!r} is missing.{closest(name, head)} {_NEXT}")
    twice = next((name for name in head if name in COLUMNS and head.count(name) > 1), None)
    if twice is not None:
        raise NmfError(f"{found}; {twice!r} is there twice. Leave one of them.")
    return _checked(_records(head, rows))


def _records(head: Sequence[str], rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[str, object]]:
    """Each row with where it stands, its cells by column."""
    for line, cells in rows:
        if len(cells) != len(head):
            raise NmfError(
                f"Line {line} has {len(cells)} cells; line 1 names {len(head)} columns. See whether a comma or quote stands "
                "where none belongs."
            )
        record = {name: (unescape_formulas([cell]) or [cell])[0] for name, cell in zip(head, cells, strict=True)}
        yield f"Line {line}", record | {"shape": cells[head.index("shape")]}


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the line where it begins. A shape is longer than Python's reader lets a cell be."""
    before = csv.field_size_limit(MOST_BYTES)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        begins, rows = 1, []
        for cells in reader:
            if any(cells):
                rows.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as e:
        raise NmfError(f"Line {begins} is no CSV ({e}). {_NEXT}") from e
    finally:
        csv.field_size_limit(before)
    yield from rows


def _once(labels: Iterable[Named]) -> list[tuple[Label, str]]:
    """Labels with their shapes as JSON text, each pair once."""
    return list(dict.fromkeys((label, to_json(shape)) for label, shape in labels))


def _checked(records: Iterable[tuple[str, object]]) -> list[Named]:
    """The label in each record; what is wrong is said with where it stands."""
    found: dict[tuple[Label, str], tuple[str, Shape]] = {}
    for where, record in records:
        if len(found) == MOST_LABELS:
            raise NmfError(
                f"{where} is one too many; at most {MOST_LABELS:,} labels are read at once. Divide the file."
            )
        try:
            label, shape = _named(record)
        except NmfError as e:
            raise NmfError(f"{where}: {e}") from e
        key = label, to_json(shape)
        if key in found:
            raise NmfError(
                f"{where}: the label {label.text!r} of the same feature is at {found[key][0]} too. Leave one of them."
            )
        found[key] = where, shape
    return [(label, shape) for (label, _), (_, shape) in found.items()]


def _named(record: object) -> Named:
    """One label and its shape."""
    if not isinstance(record, Mapping):
        raise NmfError(f"{shown(record)} is no label; it must have {' and '.join(NEEDED)}. {_NEXT}")
    missing = [name for name in NEEDED if name not in record]
    if missing:
        raise NmfError(f"{shown(missing[0])} is missing; there are {', '.join(map(str, record))[:200]}. {_NEXT}")
    given = record["shape"]
    shape = from_json(given if isinstance(given, str) else json.dumps(given))
    if not shape.items:
        raise NmfError(
            f"The shape of {shown(record['text'])} has no items, so nothing could be recognised by it. {_NEXT}"
        )
    fields = {name: record[name] for name in Label.__dataclass_fields__ if name in record}
    return Label(**({"kind": "other"} | {k: v for k, v in fields.items() if k != "kind" or v != ""})), shape


def _decoded(content: str | bytes) -> str:
    """The text of a file in UTF-8."""
    if len(content) > MOST_BYTES:
        raise NmfError(f"This has {len(content):,} bytes; at most {MOST_BYTES:,} are read. Divide the file.")
    try:
        return content.removeprefix("\ufeff") if isinstance(content, str) else content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise NmfError(
            f"This is not in UTF-8 (byte {e.start + 1} is {content[e.start : e.start + 1]!r}). Save it in UTF-8."
        ) from e


def _refuse(constant: str) -> NoReturn:
    """NaN and infinities are no JSON, though Python reads them."""
    raise NmfError(f"This is no JSON ({constant} stands in it). {_NEXT}")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different."""
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(key for k, (key, _) in enumerate(pairs) if key in dict(pairs[:k]))
        raise NmfError(f"{shown(twice)} is there twice in one object of this JSON. Leave one of them.")
    return made
