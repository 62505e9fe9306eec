"""What stands for "no answer" among the cells of ratings: found, asked about with its count, and taken out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nmf_core.data.codes import likely_codes
from nmf_core.tables.base import Column, text_of
from nmf_core.tables.contents import number_of
from nmf_core.tables.numbers import is_number, says_blank
from nmf_core.tables.spoken import says_no_answer
from nmf_core.words import listed, many

_SAMPLE = 200_000  # numbers without codes of their own are looked at so many at a time
_MOST_WORDS = 3  # words for "no answer" that one table has; more are names


@dataclass(frozen=True)
class Codes:
    """What seems to stand for "no answer".

    Attributes:
        cells: each as text.
        count: how many cells hold one of them.
        reason: why, in words.
    """

    cells: tuple[str, ...]
    count: int
    reason: str


def find_codes(columns: Sequence[Column]) -> Codes | None:
    """What stands for "no answer" in columns of ratings, if anything does."""
    numbers, words = _counted(columns)
    if len(numbers) > 10_000:  # no scale
        return None
    values = np.array(sorted(numbers), dtype=np.float64)
    counts = np.array([numbers[value] for value in values.tolist()], dtype=np.int64)
    codes = likely_codes(values, counts)
    said = [word for word, count in words.items() if count >= 2 or says_no_answer(word)]
    if len(words) > _MOST_WORDS or len(said) < len(words) or not numbers or sum(words.values()) > counts.sum():
        said = []  # wrong cells, which an error names, or a column of words
    if not codes and not said:
        return None
    kept = values[~np.isin(values, codes)]
    n = int(sum(numbers[code] for code in codes) + sum(words[word] for word in said))
    cells = (*(f"{code:g}" for code in codes), *said)
    scale = f"the others lie from {kept[0]:g} to {kept[-1]:g}" if len(kept) else "there are no other numbers"
    return Codes(
        cells, n, f"{listed(list(cells))} {'stand' if len(cells) > 1 else 'stands'} in {many(n, 'cell')} and {scale}"
    )


def _counted(columns: Sequence[Column]) -> tuple[Counter[float], Counter[str]]:
    """How often each number and each word stands there."""
    numbers: Counter[float] = Counter()
    words: Counter[str] = Counter()
    for column in columns:
        if column.codes is None:
            values = column.cells[:_SAMPLE]
            found, counts = np.unique(values[~np.isnan(values)], return_counts=True)
            numbers.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))
            continue
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.cells))
        for cell, count in zip(column.cells, counts.tolist(), strict=True):
            if count and is_number(cell):
                numbers[number_of(cell)] += count
            elif count and not says_blank(cell):
                words[text_of(cell)] += count
            if len(numbers) > 10_000 or len(words) > 100:
                return numbers, words
    return numbers, words


def without(columns: Sequence[Column], codes: Iterable[object]) -> tuple[list[Column], int]:
    """The columns with these cells missing, and how many they were; a number is one however it is written."""
    texts = {text_of(code) for code in codes}
    values = {number_of(text) for text in texts if is_number(text)}
    n, made = 0, []
    for column in columns:
        if column.codes is None:
            gone = np.isin(column.cells, list(values))
            n += int(gone.sum())
            made.append(Column(np.where(gone, np.nan, column.cells.astype(np.float64))) if gone.any() else column)
            continue
        out = [text_of(cell) in texts or (is_number(cell) and number_of(cell) in values) for cell in column.cells]
        gone = column.where(out)
        n += int(gone.sum())
        made.append(Column(column.cells, np.where(gone, np.int32(-1), column.codes)) if gone.any() else column)
    return made, n
