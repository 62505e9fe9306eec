"""Columns of cells to ratings: a strict reading, in which nothing but a plain number is a number."""

from __future__ import annotations

import numbers
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.ratings import LARGEST_RATING, SMALLEST_RATING

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_TWO_MARKS = re.compile(r"[+-]?\d[\d.,]*[.,]\d+", re.ASCII)
_BLANK_WORDS = frozenset(("nan", "na", "n/a", "null", "none", "<na>"))


@dataclass(frozen=True, eq=False)
class Numbers:
    """What columns of cells say as numbers.

    Attributes:
        values: n_rows × n_columns float64; NaN is blank.
        n_words: cells with a word for blank, such as NaN or NA.
        decimal_comma: whether values such as 4,5 were read as 4.5.
        wrong: row, column, cell and what is wrong with it, of the first cell that is no rating; or None.
    """

    values: NDArray[np.float64]
    n_words: int
    decimal_comma: bool
    wrong: tuple[int, int, object, str] | None


def distinct(cells: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Codes and distinct cells of a column; the code of a missing cell is -1."""
    if cells.dtype.kind == "b" or (cells.dtype == object and pd.api.types.infer_dtype(cells, skipna=True) != "string"):
        cells = cells.astype(object).map(_plain)
    codes, uniques = pd.factorize(cells)
    return codes.astype(np.int64), np.asarray(uniques, dtype=object)


def is_blank(cell: object) -> bool:
    """Whether a distinct cell holds nothing but white space."""
    return isinstance(cell, str) and not cell.strip()


def is_number(cell: object) -> bool:
    """Whether a distinct cell is a number, or text that plainly is one."""
    if isinstance(cell, str):
        text = cell.strip()
        return bool(_NUMBER.fullmatch(text) or _COMMA_NUMBER.fullmatch(text))
    return isinstance(cell, numbers.Real)


def read_numbers(columns: Sequence[pd.Series]) -> Numbers:
    """Equally long columns of cells as ratings."""
    # Columns that are numbers already need no coding; the others are read once for each distinct cell.
    coded = [None if isinstance(c.dtype, np.dtype) and c.dtype.kind in "iuf" else distinct(c) for c in columns]
    comma = _comma_is_decimal({cell.strip() for pair in coded if pair for cell in pair[1] if isinstance(cell, str)})
    values = np.full((len(columns[0]), len(columns)), np.nan)
    known: dict[object, float | str] = {}
    n_words = 0
    wrong: tuple[int, int, object, str] | None = None
    for k, (column, pair) in enumerate(zip(columns, coded, strict=True)):
        if pair is None:
            values[:, k] = column.to_numpy(dtype=np.float64)
            bad = _outside(values[:, k])
        else:
            codes, cells = pair
            known |= {cell: _number(cell, comma) for cell in cells if cell not in known}
            # Code -1, a missing cell, picks the last entry.
            found = [known[cell] for cell in cells] + [np.nan]
            values[:, k] = np.array([np.nan if isinstance(x, str) else x for x in found])[codes]
            bad = np.array([isinstance(x, str) for x in found])[codes] | _outside(values[:, k])
            words = [isinstance(cell, str) and cell.strip().casefold() in _BLANK_WORDS for cell in cells]
            n_words += int(np.array([*words, False])[codes].sum())
        row = int(np.argmax(bad)) if bad.any() else -1
        if row >= 0 and (wrong is None or row < wrong[0]):
            reason = (
                _number(_plain(column.iloc[row]), comma) if np.isnan(values[row, k]) else _why_outside(values[row, k])
            )
            wrong = (row, k, column.iloc[row], str(reason))
    values += 0.0  # -0 becomes 0
    return Numbers(values, n_words, comma is True, wrong)


def _plain(cell: object) -> object:
    """A cell that can be hashed and that equals nothing it should not: True is not 1."""
    if isinstance(cell, str | float):
        return cell
    if isinstance(cell, bool | np.bool_):
        return str(cell).upper()
    if cell is None or cell is pd.NA or cell is pd.NaT or isinstance(cell, numbers.Real):
        return cell
    return str(cell)


def _comma_is_decimal(texts: Iterable[str]) -> bool | None:
    """True if the commas in these texts can only be decimal commas, None if that is open, False if there are none."""
    with_comma = [text for text in texts if _COMMA_NUMBER.fullmatch(text)]
    if not with_comma:
        return False
    if any("." in text and _NUMBER.fullmatch(text) for text in texts):
        return None
    return True if any(not _THOUSANDS.fullmatch(text) for text in with_comma) else None


def _number(cell: object, comma: bool | None) -> float | str:
    """A distinct cell as a number, or why it is none."""
    if not isinstance(cell, str):
        return _float(cell)
    text = cell.strip()
    if not text or text.casefold() in _BLANK_WORDS:
        return np.nan
    if _NUMBER.fullmatch(text):
        return float(text)
    if _COMMA_NUMBER.fullmatch(text):
        if comma:
            return float(text.replace(",", "."))
        return "could be a decimal or a thousands comma; write the number with a decimal point"
    if _TWO_MARKS.fullmatch(text):
        return "has more than one point or comma, so its decimal mark is unclear; write it as in 1234.5"
    if text.casefold() in ("true", "false"):
        return "is a truth value, not a number"
    if text.lstrip("+-").casefold() in ("inf", "infinity"):
        return "is not finite"
    return "is not a number"


def _float(cell: object) -> float | str:
    """A number as a float, or that it is none; one too large for a float is infinite."""
    try:
        return float(cell) if isinstance(cell, numbers.Real) else "is not a number"
    except OverflowError:
        return np.inf


def _outside(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where numbers are no ratings."""
    return (values < 0) | (values > LARGEST_RATING) | ((values > 0) & (values < SMALLEST_RATING))


def _why_outside(value: float) -> str:
    """Why a number is no rating."""
    if np.isinf(value):
        return "is not finite, or too large a number"
    if value < 0:
        return "is negative; shift the ratings so that the lowest is 0 or more"
    return f"is beyond the limits {SMALLEST_RATING:g} and {LARGEST_RATING:g}; rescale the ratings"
