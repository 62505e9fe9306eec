"""What the first rows of a table show of each column: facts that the evidence for a way to read it is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.codes import likely_codes
from nmf_core.tables.base import Column, Table, text_of, texts_of
from nmf_core.tables.contents import number_of
from nmf_core.tables.headers import plain
from nmf_core.tables.names import like_people, like_things
from nmf_core.tables.numbers import DATE, is_blank, is_number, says_blank
from nmf_core.tables.spoken import are_spoken, is_tick, says_no_answer, spoken_number

T = TypeVar("T")

SAMPLE = 500  # rows that are looked at
WIDEST = 500  # columns that are looked at one by one; beyond, a table is a grid or nothing
_EPOCH = (1e8, 5e9)  # seconds since 1970, from 1973 on; and in milliseconds
_MOMENT = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*|\d{1,2}:\d{2}(:\d{2})?"
    r"|([A-Z][a-z]{2,8},? )?([A-Z][a-z]{2,8} \d{1,2}|\d{1,2}\.? [A-Z][a-z]{2,8})\.?,? ?(\d{4}.*|\d{1,2}:\d{2}.*)",
    re.ASCII,
)
_DAY = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{6})?", re.ASCII)


@dataclass(frozen=True, eq=False)
class Look:
    """One column as its first rows show it.

    Attributes:
        header: what it is called.
        column: its cells, each distinct one once.
    """

    header: str
    column: Column

    @cached_property
    def name(self) -> str:
        """The header without case, spaces and punctuation."""
        return plain(self.header)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.column)

    @cached_property
    def said(self) -> list[object]:
        """The distinct cells that are not blank and say nothing else than blank."""
        return [cell for cell, blank in zip(self.column.cells, self._blank, strict=True) if not blank]

    @cached_property
    def _blank(self) -> list[bool]:
        """Of each distinct cell, whether it is blank or says so."""
        return [says_blank(cell) for cell in self.column.cells]

    @cached_property
    def texts(self) -> list[str]:
        """The same as text."""
        return texts_of(self.said)

    @cached_property
    def n_blank(self) -> int:
        """Rows that are blank, or say so."""
        assert self.column.codes is not None
        return int(self.column.where(self._blank, missing=True).sum())

    @cached_property
    def n_empty(self) -> int:
        """Rows without a cell, or with nothing but white space: a name may be NA or None."""
        assert self.column.codes is not None
        return int(self.column.where([is_blank(cell) for cell in self.column.cells], missing=True).sum())

    @property
    def n_filled(self) -> int:
        """Rows that are not blank."""
        return self.n_rows - self.n_blank

    @property
    def share_different(self) -> float:
        """How many of the filled rows differ."""
        return len(self.said) / max(1, self.n_filled)

    @property
    def different(self) -> bool:
        """Whether each row has a cell of its own; a last one may have none, as that of sums."""
        if self.n_empty == 1 and self.n_rows > 4:
            return len(self.said) == self.n_rows - 1 and is_blank(self.column.cell(self.n_rows - 1))
        return self.n_rows > 0 and self.n_empty == 0 and len(self.column.cells) == self.n_rows

    @property
    def repeats(self) -> bool:
        """Whether some cell stands in several rows."""
        return len(self.said) < self.n_filled

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """(n_numbers,) the distinct cells that are numbers, or say one."""
        if self.stars:
            said = [number_of(cell) if is_number(cell) else spoken_number(str(cell)) for cell in self.said]
            return np.array([number for number in said if number is not None], dtype=np.float64)
        return np.array([number_of(cell) for cell in self.said if is_number(cell)], dtype=np.float64)

    @cached_property
    def share_numbers(self) -> float:
        """How many of the distinct cells that say something are numbers."""
        answers = len(self.said) - self._no_answers
        return len(self.numbers) / answers if answers > 0 else 0.0

    @cached_property
    def _no_answers(self) -> int:
        """How many distinct cells say that there is no answer, beside others that are numbers."""
        if len(self.said) < 2 or len(self.numbers) in (0, len(self.said)):  # then nothing depends on it
            return 0
        return sum(says_no_answer(text) for text in self.texts)

    @property
    def numeric(self) -> bool:
        """Whether nearly all cells are numbers; words that say that there is no answer are few."""
        return len(self.numbers) > 0 and (
            self.share_numbers > 0.9 or len(self.said) - self._no_answers - len(self.numbers) <= self._few
        )

    @property
    def _few(self) -> int:
        """So many different words among numbers may be ways to say that there is none."""
        return 2 if len(self.numbers) > 2 and not self.dates else 0

    @cached_property
    def stars(self) -> bool:
        """Whether the cells that are no numbers say one, such as 4/5."""
        return not self.dates and are_spoken(self.said)

    @cached_property
    def ticked(self) -> bool:
        """Whether the column says nothing but one tick, such as x or yes."""
        return len({text.casefold() for text in self.ticks}) == 1 and all(map(is_tick, self.ticks))

    @cached_property
    def ticks(self) -> list[str]:
        """The first distinct cells that are not empty, as text."""
        return [text_of(cell) for cell in islice((cell for cell in self.column.cells if not is_blank(cell)), 3)]

    @property
    def words(self) -> bool:
        """Whether most cells are words."""
        return bool(self.said) and not self.numeric and self.share_numbers < 0.5

    @property
    def blank(self) -> bool:
        """Whether no cell says anything."""
        return not self.said

    @cached_property
    def dates(self) -> bool:
        """Whether most cells are dates or times of day as people write them."""
        texts = self.texts[:200]
        return 2 * sum(bool(DATE.fullmatch(text) or _MOMENT.fullmatch(text)) for text in texts) > len(texts)

    @cached_property
    def epochs(self) -> bool:
        """Whether all numbers are seconds or milliseconds since 1970, or days written as 20240131."""
        if not len(self.numbers) or self.share_numbers < 1 or any(text.startswith("0") for text in self.texts):
            return False  # 0132793040 is an ISBN
        low, high = float(self.numbers.min()), float(self.numbers.max())
        if all(_DAY.fullmatch(text) for text in self.texts):
            return True
        return any(_EPOCH[0] * k <= low and high <= _EPOCH[1] * k for k in (1, 1e3, 1e6))

    @cached_property
    def years(self) -> bool:
        """Whether all numbers could be years."""
        if not len(self.numbers) or not 1799 < self.numbers.min() <= self.numbers.max() < 2100:
            return False
        texts = [text for text in self.texts if is_number(text)]
        return all(re.fullmatch(r"(1[89]|20)\d\d(\.0)?", text) for text in texts)

    @cached_property
    def whole(self) -> bool:
        """Whether all numbers are whole."""
        return bool((self.numbers == np.round(self.numbers)).all())

    @cached_property
    def running(self) -> bool:
        """Whether the column counts its rows; of few rows ratings may rise by one as well."""
        if not self.different or self.n_blank or self.n_rows < 3 or self.share_numbers < 1:
            return False
        n = len(self.numbers)  # each row has one of its own
        return bool(self.numbers[0] in (0, 1) and np.array_equal(self.numbers, self.numbers[0] + np.arange(n)))

    @cached_property
    def top(self) -> float:
        """The largest number; 0 if there is none."""
        return float(self.numbers.max()) if len(self.numbers) else 0.0

    @cached_property
    def high(self) -> float:
        """The largest number that stands for no missing answer; 0 if there is none."""
        values = np.unique(self.numbers)
        if len(values) < 2 or values[-1] < 50:
            return self.top
        kept = values[~np.isin(values, likely_codes(values, np.full(len(values), 2)))]
        return float(kept.max()) if len(kept) else self.top

    @property
    def low(self) -> float:
        """The smallest number; 0 if there is none."""
        return float(self.numbers.min()) if len(self.numbers) else 0.0

    @cached_property
    def remarks(self) -> bool:
        """Whether the cells are sentences rather than names."""
        texts = self.texts[:200]
        return bool(texts) and float(np.mean([len(text) > 60 or text.count(" ") >= 6 for text in texts])) > 0.3

    @cached_property
    def people(self) -> float:
        """The share of names that are like those of people."""
        return like_people(self.texts[:200])

    @cached_property
    def things(self) -> float:
        """The share of names that are like titles or questions."""
        return like_things(self.texts[:200])

    def tells_as(self, other: Look) -> bool:
        """Whether it tells rows apart exactly as another column does, as an id and its name do."""
        if other is self or other.name == self.name:  # user_id and userId are two columns of one name
            return other is self
        mine, theirs = self.column.codes, other.column.codes
        if mine is None or theirs is None or len(self.said) != len(other.said):
            return False
        return len(set(zip(mine.tolist(), theirs.tolist(), strict=True))) == len(self.said)

    def repeats_telling(self, other: Look) -> int:
        """How many rows repeat a cell of this column where the other column says nothing new: 0 where it does so anywhere.

        A title says its year again in each of its rows; a person's ratings differ.
        """
        return self.once(("telling", id(other)), lambda: self._repeats_telling(other))

    def _repeats_telling(self, other: Look) -> int:
        """The same, counted."""
        mine, theirs = self.column.codes, other.column.codes
        assert mine is not None and theirs is not None
        both = (mine >= 0) & (theirs >= 0)
        mine, pairs = (
            mine[both].astype(np.int64),
            mine[both].astype(np.int64) * (len(other.column.cells) + 1) + theirs[both],
        )
        alone = len(np.unique(mine))
        return len(mine) - alone if len(np.unique(pairs)) == alone else 0

    def once(self, what: Hashable, work: Callable[[], T]) -> T:
        """What is worked out of this column, worked out once: many ways to read a table ask the same of it."""
        if what not in self._known:
            self._known[what] = work()
        found: T = self._known[what]
        return found

    @cached_property
    def _known(self) -> dict[Hashable, Any]:
        """What `once` worked out."""
        return {}

    @cached_property
    def n_runs(self) -> int:
        """How many runs of equal cells there are, one below the other."""
        assert self.column.codes is not None
        return 1 + int((np.diff(self.column.codes) != 0).sum()) if self.n_rows else 0


def no_halves(numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which numbers are neither whole nor a half."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.abs(2 * numbers - np.round(2 * numbers)) > 1e-6  # infinite ones are neither


def looks_of(table: Table) -> tuple[Look, ...]:
    """A look at each column, or the first of very many."""
    wide = range(min(len(table.header), WIDEST))
    columns = table.take(list(wide), SAMPLE) if wide else ()
    return looks(table.header, _without_blank_rows(columns))


def _without_blank_rows(columns: Sequence[Column]) -> Sequence[Column]:
    """The columns without rows that are blank in all of them."""
    if not columns or not (empty := columns[0].blank()).any():
        return columns
    for column in columns[1:]:
        coded = column.coded()
        empty = empty & coded.where([says_blank(cell) for cell in coded.cells], missing=True)
    return tuple(column.rows(np.flatnonzero(~empty)) for column in columns) if 0 < empty.sum() < len(empty) else columns


def looks(header: Sequence[str], columns: Sequence[Column]) -> tuple[Look, ...]:
    """A look at each of some columns."""
    return tuple(Look(text, column.first(SAMPLE).used()) for text, column in zip(header, columns, strict=False))
