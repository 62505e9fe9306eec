"""What of `Ratings` is no array (ids, scale, notes, item metadata) as plain JSON values, and back.

The way back trusts nothing. What is amiss is a ValueError or TypeError that goes on a sentence: "... has 'x' twice".
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import Any, TypeGuard

import pandas as pd

from nmf_core.data.assemble import Scale
from nmf_core.errors import shown

NUMBERS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")


def loads(data: bytes) -> Any:
    """JSON in UTF-8, which has no NaN and no Infinity; a ValueError or RecursionError where it is none."""
    return json.loads(data.decode(), parse_constant=_refuse_constant)


def _refuse_constant(word: str) -> None:
    """JSON has no NaN or Infinity."""
    raise ValueError(f"{word} is not JSON")


def info_columns(info: pd.DataFrame | None) -> list[dict[str, Any]] | None:
    """Item metadata by column: name, kind, and values with None for blanks.

    >>> info_columns(pd.DataFrame({"year": [1979, 1999]}))
    [{'name': 'year', 'kind': 'int64', 'values': [1979, 1999]}]
    """
    if info is None:
        return None
    columns = []
    for k, name in enumerate(info.columns):
        column = info.iloc[:, k]
        kind = str(column.dtype) if str(column.dtype) in NUMBERS else "text"
        plain = column.astype(object).where(column.notna(), None).tolist()
        finite = [None if isinstance(x, float) and not math.isfinite(x) else x for x in plain]
        values = finite if kind != "text" else [None if x is None else whole_text(x) for x in plain]
        columns.append({"name": whole_text(name), "kind": kind, "values": values})
    return columns


def info_of(columns: object, items: pd.Index) -> pd.DataFrame | None:
    """The item metadata that `info_columns` gave, one row an item."""
    if columns is None:
        return None
    try:
        if not isinstance(columns, list):
            raise TypeError("no list of columns")
        if not columns:
            return pd.DataFrame(index=items)
        return pd.concat([_column(column, items) for column in columns], axis=1)
    except (ValueError, TypeError, KeyError, OverflowError) as e:
        raise ValueError(f"has a column that is none ({shown(str(e))})") from e


def _column(column: dict[str, Any], items: pd.Index) -> pd.Series:
    """One column of item metadata; a ValueError or its like where it is none."""
    name, kind, values = column["name"], column["kind"], column["values"]
    if not (isinstance(name, str) and isinstance(values, list) and len(values) == len(items)):
        raise ValueError(f"{len(values)} values for {len(items)} items")
    if kind not in (*NUMBERS, "text"):
        raise ValueError(f"kind {kind!r}")
    wanted: type | tuple[type, ...] = str if kind == "text" else bool if kind == "bool" else (int, float)
    if not all(x is None or isinstance(x, wanted) for x in values):
        raise ValueError(f"a value that is no {kind}")
    return pd.Series(values, index=items, name=whole_text(name), dtype="str" if kind == "text" else kind)


def ids_of(ids: object) -> pd.Index:
    """Ids as an index: text, not blank, each once."""
    if not (isinstance(ids, list) and ids and all(isinstance(x, str) and _is_id(x) for x in ids)):
        raise ValueError("is no list of ids")
    index = pd.Index(ids, dtype="str")
    if index.has_duplicates:
        raise ValueError(f"has {shown(index[index.duplicated()][0])} twice")
    return index


def _is_id(text: str) -> bool:
    """Whether `Ratings` would take a text as an id without changing it."""
    if not text or text != text.strip():
        return False
    return text.isprintable() or all(unicodedata.category(c) not in ("Cc", "Cs") for c in text)


def scale_of(scale: object) -> Scale:
    """The rating scale."""
    if not (isinstance(scale, list) and len(scale) == 2 and all(map(is_finite_number, scale)) and scale[0] < scale[1]):
        raise ValueError(f"has the scale {shown(scale)}")
    return float(scale[0]), float(scale[1])


def notes_of(notes: object) -> tuple[str, ...]:
    """A list of sentences."""
    if not (isinstance(notes, list) and all(isinstance(note, str) for note in notes)):
        raise ValueError(f"has notes {shown(notes)}")
    return tuple(map(whole_text, notes))


def is_finite_number(value: object) -> TypeGuard[float]:
    """Whether a value from JSON is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e300


def whole_text(value: object) -> str:
    """A value as text that UTF-8 can hold: lone surrogates become �."""
    return re.sub("[\ud800-\udfff]", "�", str(value))
