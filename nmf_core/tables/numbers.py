"""Columns of cells to ratings: a strict reading, in which nothing but a plain number is a number."""

from __future__ import annotations

import itertools
import numbers
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from nmf_core.data.assemble import LARGEST_RATING, SMALLEST_RATING
from nmf_core.tables.base import Column

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
DATE = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}([T ].*)?", re.ASCII)
_GROUPED = re.compile(
    r"[+-]?[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:,\d{3})+\.\d+|(?:\.\d{3}){2,}|(?:,\d{3}){2,})", re.ASCII
)
_POINTED = re.compile(r"[1-9]\d{0,2}\.\d{3}", re.ASCII)
_TWO_MARKS = re.compile(r"[+-]?\d[\d.,]*[.,]\d+", re.ASCII)
# The same number whatever the decimal mark: not 1.234, which could be a thousand and more.
_PLAIN = r"^[0-9]{1,9}(\.([0-9]{1,2}|[0-9]{4,20}))?$"
_MANY = 10_000  # distinct cells of a column from which on they are read at once
_TALLIED = 50  # columns by whose numbers the meaning of zeros is found
_ERRORS = (
    "#n/a",
    "#null!",
    "#div/0!",
    "#ref!",
    "#value!",
    "#name?",
    "#num!",
)  # what spreadsheets write in place of a number
_BLANK_WORDS = frozenset(("nan", "na", "n/a", "null", "none", "<na>", "-", "\N{EN DASH}", "\N{EM DASH}", *_ERRORS))
_LONGEST_BLANK = max(map(len, _BLANK_WORDS))


@dataclass(frozen=True, eq=False)
class Numbers:
    """What columns of cells say as numbers.

    Attributes:
        columns: of each column its distinct values (float64, NaN is blank; those that are no number too) with the codes
            that pick one for each row, -1 being blank; or a value for each row, where it has no codes.
        n_words: cells with a word for blank, such as NaN or NA, or a dash.
        decimal: "," if values such as 4,5 were read as 4.5; "." if there were none; "" if that is open, and they are wrong.
        wrong: row, column, cell and what is wrong with it, of the first cell that is no rating; or None.
    """

    columns: tuple[tuple[NDArray[np.float64], NDArray[np.int32] | None], ...]
    n_words: int
    decimal: str
    wrong: tuple[int, int, object, str] | None

    def column(self, k: int, dtype: type[np.floating] = np.float64) -> NDArray[np.floating]:
        """(n_rows,) one column's values; NaN is blank."""
        values, codes = self.columns[k]
        if codes is None:
            return values.astype(dtype)
        return np.append(values, np.nan).astype(dtype)[codes]

    def matrix(self) -> NDArray[np.float64]:
        """n_rows × n_columns values; NaN is blank."""
        return np.column_stack([self.column(k) for k in range(len(self.columns))])

    def count_cells(self) -> int:
        """Number of cells, blanks too."""
        return sum(len(values if codes is None else codes) for values, codes in self.columns)

    def count_blanks(self) -> int:
        """Number of blank cells."""
        return sum(
            int(np.isnan(values).sum()) if codes is None else int(np.append(np.isnan(values), True)[codes].sum())
            for values, codes in self.columns
        )

    def tally(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The numbers above 0, rising, and how many cells hold each; of very many cells the first of each column."""
        cells = [
            self.columns[k][0] if codes is None else self.column(k)
            for k, (_, codes) in enumerate(self.columns[:_TALLIED])
        ]
        found = np.concatenate([column[:_MANY] for column in cells]) if cells else np.zeros(0)
        values, counts = np.unique(found[found > 0], return_counts=True)
        return values.astype(np.float64), counts.astype(np.int64)

    def count(self, value: float) -> int:
        """Number of cells that hold a value."""
        n = 0
        for values, codes in self.columns:
            same = values == value
            if same.any():
                n += int(same.sum() if codes is None else np.append(same, False)[codes].sum())
        return n


def is_number(cell: object) -> bool:
    """Whether a distinct cell is a number, or text that plainly is one."""
    if isinstance(cell, str):
        if are_digits(cell):
            return True
        text = cell.strip()
        return bool(_NUMBER.fullmatch(text) or _COMMA_NUMBER.fullmatch(text) or _GROUPED.fullmatch(text))
    return isinstance(cell, numbers.Real)


def is_blank(cell: object) -> bool:
    """Whether a distinct cell holds nothing but white space."""
    return isinstance(cell, str) and not (cell[:1].isalnum() or cell.strip())


def says_blank(cell: object) -> bool:
    """Whether a distinct cell is blank where a number belongs: white space, a word such as NA, or a dash."""
    if not isinstance(cell, str) or are_digits(cell):
        return False
    text = cell.strip()
    return not text or (len(text) <= _LONGEST_BLANK and text.casefold() in _BLANK_WORDS)


def are_digits(text: str) -> bool:
    """Whether a text is digits alone, as most ids and ratings are: what is known of these need not be looked for."""
    return text.isdigit() and text.isascii()


def read_numbers(columns: Sequence[Column], decimal: str = "auto") -> Numbers:
    """Equally long columns of cells as ratings; `decimal` says what a comma is, as "," or ".", where it is unclear."""
    easy = [_easily(column) for column in columns]
    told = decimal != "auto"
    mark = decimal if told else _mark(_telling(columns, easy))
    read: list[tuple[NDArray[np.float64], NDArray[np.int32] | None]] = []
    known: dict[object, float | str] = {}
    n_words = 0
    wrong: tuple[int, int, object, str] | None = None
    for k, (column, values) in enumerate(zip(columns, easy, strict=True)):
        if column.codes is None:
            bad = _outside(values)
        else:
            rest = np.flatnonzero(np.isnan(values))
            cells = column.cells[rest]
            known |= {cell: _number(cell, mark, told) for cell in cells if cell not in known}
            found = [known[cell] for cell in cells]
            values[rest] = [np.nan if isinstance(x, str) else x for x in found]
            bad_cells = _outside(values)
            bad_cells[rest] |= np.array([isinstance(x, str) for x in found], dtype=bool)
            bad = column.where(bad_cells.tolist()) if bad_cells.any() else np.zeros(0, dtype=bool)
            words = np.zeros(len(values), dtype=bool)
            words[rest] = [says_blank(cell) and not is_blank(cell) for cell in cells]
            n_words += int(column.where(words.tolist()).sum()) if words.any() else 0
        row = int(np.argmax(bad)) if bad.any() else -1
        if row >= 0 and (wrong is None or row < wrong[0]):
            cell = column.cell(row)
            number = _number(cell, mark, told)
            wrong = (row, k, cell, number if isinstance(number, str) else _why_outside(number))
        read.append((values + 0.0, column.codes))  # -0 becomes 0
    return Numbers(tuple(read), n_words, mark, wrong)


def _easily(column: Column) -> NDArray[np.float64]:
    """Numbers themselves; of many distinct texts those that are read all at once, such as 3.75; NaN for the others."""
    if column.codes is None:
        return column.cells.astype(np.float64)
    values = np.full(len(column.cells), np.nan)
    if len(values) < _MANY:
        return values
    try:
        texts = pa.array(column.cells, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):  # not all are text that UTF-8 holds
        return values
    plain = pyarrow.compute.match_substring_regex(texts, _PLAIN)
    values[plain.to_numpy(zero_copy_only=False)] = texts.filter(plain).cast(pa.float64()).to_numpy()
    return values


def _telling(columns: Sequence[Column], easy: Sequence[NDArray[np.float64]]) -> set[str]:
    """Trimmed texts that may tell the decimal mark: those not easily read, and one with a point of those that were."""
    texts: set[str] = set()
    for column, values in zip(columns, easy, strict=True):
        if column.codes is not None:
            rest = np.isnan(values)
            texts |= {cell.strip() for cell in column.cells[rest] if isinstance(cell, str)}
            texts |= set(itertools.islice((cell for cell in column.cells[~rest] if "." in cell), 1))
    return texts


def _mark(texts: Collection[str]) -> str:
    """The decimal mark that numbers in these texts can only have: "." or ","; "" if that is open."""
    with_comma = [text for text in texts if "," in text and _COMMA_NUMBER.fullmatch(text)]
    if any(_TWO_MARKS.fullmatch(text) and not _NUMBER.fullmatch(text) for text in texts if "," in text and "." in text):
        return ""
    if not with_comma:
        return "" if _in_thousands(texts) else "."
    if any("." in text and _NUMBER.fullmatch(text) for text in texts):
        return ""
    return "," if any(not _THOUSANDS.fullmatch(text) for text in with_comma) else ""


def _in_thousands(texts: Collection[str]) -> bool:
    """Whether all points could stand for thousands, and numbers go beyond any scale then: 87 and 15.330, but no 4.5."""
    pointed = [text for text in texts if "." in text and _NUMBER.fullmatch(text)]
    beyond = any(len(text) >= 2 and text.isdigit() and int(text[:9]) > 20 for text in texts)
    beyond = beyond or any(float(text) > 10 for text in pointed)
    return beyond and bool(pointed) and all(_POINTED.fullmatch(text) for text in pointed)


def likely_mark(columns: Sequence[Column]) -> tuple[str, str]:
    """Where the decimal mark is open: the likelier one, and why."""
    texts = [cell.strip() for c in columns if c.codes is not None for cell in c.cells if isinstance(cell, str)]
    for text in texts:
        if "," in text and "." in text and _TWO_MARKS.fullmatch(text):
            last = "," if text.rindex(",") > text.rindex(".") else "."
            return last, f"in {text[:20]!r} it stands last"
    with_comma = [text for text in texts if _COMMA_NUMBER.fullmatch(text)]
    for text in with_comma:
        if not _THOUSANDS.fullmatch(text):
            return ",", f"{text[:20]!r} is no number with a thousands comma"
    if not with_comma and _in_thousands(texts):
        return ",", "points stand before three digits, as those of thousands do"
    if any("." in text for text in texts if _NUMBER.fullmatch(text)):
        return ".", "other numbers here have a decimal point"
    return ",", "ratings of a thousand and more are rare"


def _number(cell: object, decimal: str, told: bool) -> float | str:
    """A distinct cell as a number, or why it is none; `told`: the mark was said by a person, so thousands may have the other."""
    if not isinstance(cell, str):
        return _float(cell)
    text = cell.strip()
    if not text or text.casefold() in _BLANK_WORDS:
        return np.nan
    if told:
        text = _as_told(text, decimal)
    if _NUMBER.fullmatch(text):
        return float(text)
    if _COMMA_NUMBER.fullmatch(text):
        if decimal == ",":
            return float(text.replace(",", "."))
        return "could be a decimal or a thousands comma; write the number with a decimal point"
    if DATE.fullmatch(text):
        return "is a date, not a number; spreadsheets make dates of 4.5 or 4-5, so format the cells as text and type them again"
    if _TWO_MARKS.fullmatch(text):
        return "has more than one point or comma, so its decimal mark is unclear; write it as in 1234.5"
    if text.casefold() in ("true", "false"):
        return "is a truth value, not a number"
    if text.lstrip("+-").casefold() in ("inf", "infinity"):
        return "is not finite"
    return "is not a number"


def _as_told(text: str, decimal: str) -> str:
    """A number with the thousands marks of the other kind taken out, where they stand as such."""
    other = "." if decimal == "," else ","
    mark, thousands = re.escape(decimal), re.escape(other)
    if re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}({thousands}\d{{3}})+({mark}\d+)?", text, re.ASCII):
        text = text.replace(other, "")
    return text


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
