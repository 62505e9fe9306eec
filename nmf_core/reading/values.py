"""The cells of ratings as numbers: what stands for no answer, the decimal mark, zeros and numbers below zero settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nmf_core.data.notes import DataNote
from nmf_core.errors import RatingsError, shown
from nmf_core.reading.below_zero import shifted
from nmf_core.reading.codes import find_codes, without
from nmf_core.reading.options import CHOSEN, DECIMALS, HINT, MARKS, ZEROS, Question, ReadOptions
from nmf_core.tables.base import Column, Table, text_of
from nmf_core.tables.contents import number_of
from nmf_core.tables.numbers import Numbers, is_blank, is_number, likely_mark, read_numbers
from nmf_core.tables.spoken import are_spoken, as_numbers, as_ones, is_tick, says_half, spoken_number
from nmf_core.words import listed, many, noun

_LONGEST_NO_ANSWER = 40  # characters; longer texts are remarks


@dataclass(frozen=True)
class Values:
    """Numbers with what had to be settled for them, and the scale that they are on where that is not for the numbers to tell."""

    numbers: Numbers
    zeros: str
    questions: tuple[Question, ...]
    scale: tuple[float, float] | None = None


def values_of(
    table: Table, columns: Sequence[Column], options: ReadOptions, notes: list[str], *, list_of_ratings: bool
) -> Values:
    """The numbers in the rating columns; what stands for no answer, the decimal mark and the meaning of zeros settled."""
    questions: list[Question] = []
    tick = _one_tick(columns)
    columns = _ticked(columns, tick, options, notes, questions) if tick else _spoken(columns, options, notes, questions)
    columns = _answered(columns, options, notes, questions)
    columns, moved = shifted(columns, options, notes, questions)
    numbers = read_numbers(columns, options.decimal)
    if options.decimal != "auto":
        questions.append(Question("decimal", options.decimal, DECIMALS, CHOSEN, True))
    elif numbers.decimal == ",":
        questions.append(Question("decimal", ",", DECIMALS, "no number here can be read in another way", True))
    elif not numbers.decimal:
        mark, reason = likely_mark(columns)
        questions.append(Question("decimal", mark, DECIMALS, reason, False))
        numbers = read_numbers(columns, mark) if options.guess else numbers
    if numbers.decimal == ",":
        notes.append("Decimal commas were read as points: 4,5 is 4.5.")
    zeros = "rating" if moved else options.zeros  # then a 0 is the lowest rating there can be
    n_zeros = 0 if moved else numbers.count(0.0)
    if n_zeros:
        reason = CHOSEN
        if zeros == "auto":
            zeros, reason = _meaning_of_zeros(numbers, n_zeros, list_of_ratings)
        questions.append(Question("zeros", zeros, ZEROS, reason, options.zeros != "auto"))
    ticked = bool(tick) and numbers.tally()[0].tolist() == [1.0]
    return Values(numbers, zeros, tuple(questions), (0.0, 1.0) if ticked else None)


def _spoken(
    columns: Sequence[Column], options: ReadOptions, notes: list[str], questions: list[Question]
) -> Sequence[Column]:
    """The columns with numbers in place of what says one, such as 4/5."""
    said = [
        str(cell) for c in columns if c.codes is not None for cell in c.cells if spoken_number(str(cell)) is not None
    ]
    if not said or not are_spoken([cell for c in columns if c.codes is not None for cell in c.cells]):
        return columns
    examples = listed([f"{text} as {spoken_number(text):g}" for text in dict.fromkeys(said[:2])])
    choice = "number" if options.marks == "auto" else options.marks
    asked = options.marks != "auto"
    plain = asked or all(map(says_half, said))
    questions.append(Question("marks", choice, MARKS, CHOSEN if asked else f"this reads {examples}", plain))
    if choice == "text":
        return columns
    notes.append(f"Cells were read by the number that they say: {examples}.")
    return [as_numbers(column) for column in columns]


def _one_tick(columns: Sequence[Column]) -> str:
    """The tick that all cells hold which are not blank; nothing where some hold anything else."""
    found = {}
    for column in columns:
        for cell in column.cells if column.codes is not None else [0]:
            if not is_blank(cell):
                found[text_of(cell).casefold()] = text_of(cell)
            if len(found) > 1:
                return ""
    tick = next(iter(found.values()), "")
    return tick if is_tick(tick) else ""


def _ticked(
    columns: Sequence[Column], tick: str, options: ReadOptions, notes: list[str], questions: list[Question]
) -> Sequence[Column]:
    """The columns with 1 in place of a tick; that is asked, as it is of pairs."""
    asked = options.marks != "auto"
    choice = options.marks if asked else "number"
    reason = CHOSEN if asked else f"all cells hold {tick} or nothing, and this reads {tick} as 1"
    questions.append(Question("marks", choice, MARKS, reason, asked))
    if choice == "text":
        return columns
    notes.append(f"Each {tick} counts 1.")
    return [as_ones(column) for column in columns]


def _answered(
    columns: Sequence[Column], options: ReadOptions, notes: list[str], questions: list[Question]
) -> Sequence[Column]:
    """The columns without what stands for no answer."""
    found = find_codes(columns)
    chosen = tuple(map(text_of, options.missing)) if options.missing is not None else found.cells if found else ()
    if found is not None or options.missing is not None:
        candidates = tuple(dict.fromkeys([*(found.cells if found else ()), *chosen]))
        reason = CHOSEN if options.missing is not None else found.reason if found else ""
        questions.append(Question("missing", chosen, candidates, reason, options.missing is not None))
    if not chosen:
        return columns
    columns, n = without(columns, chosen)
    if n:
        notes.append(
            DataNote(f"{many(n, 'cell')} with {listed(list(chosen))} {noun(n, 'was', 'were')} taken as no answer.")
        )
    return columns


def _meaning_of_zeros(numbers: Numbers, n_zeros: int, list_of_ratings: bool) -> tuple[str, str]:
    """What zeros most likely are, and why."""
    n_cells, n_blanks = numbers.count_cells(), numbers.count_blanks()
    values, counts = numbers.tally()
    steps = np.diff(values)
    if n_zeros > 1 and len(values) > 2 and values[0] >= (3 if n_blanks else 2) * steps.min():
        return "unrated", f"they stand apart: nothing else lies below {values[0]:g}"
    if len(values) and n_zeros > 1 and list_of_ratings and len(values) > 1 and n_zeros >= 2 * counts.max() > 2:
        return "unrated", f"{n_zeros} of {n_cells} cells hold a 0, far more than any other number"
    if list_of_ratings and values.tolist() == [1.0] and n_zeros < 3 * counts[0]:
        return "rating", "a list names what was judged, by 0 or 1"
    if n_blanks:
        return "rating", f"there are {n_blanks} blank cells besides the {n_zeros} zeros"
    if list_of_ratings and 2 * n_zeros < n_cells:
        return "rating", f"a list names what was rated, and most rows have no 0: {n_cells - n_zeros} of {n_cells}"
    if list_of_ratings:
        return "unrated", f"{n_zeros} of {n_cells} rows have a 0, more than all other ratings"
    whole = len(values) > 0 and bool((values == np.round(values)).all())
    usual = 2 * n_zeros <= n_cells and len(values) >= 2 and n_zeros <= 1.5 * counts.max()
    if whole and usual and values[-1] == len(values) <= 3:
        return "rating", f"the numbers run from 0 to {values[-1]:g}, and 0 is no more frequent than the others"
    if whole and values[-1] > 10 and len(values) >= 8:
        return "rating", "whole numbers without a scale seem to count, and 0 is a count"
    return "unrated", f"no cell is blank, so the {n_zeros} zeros seem to stand for blanks"


def wrong_cell(
    table: Table,
    values: Values,
    columns: Sequence[int],
    skip: Sequence[object] | None,
    missing: Sequence[object] | None,
) -> RatingsError:
    """The error for the first cell that is no rating; what it is may be said, and a column of a grid left out beside `skip`.

    Args:
        missing: what stands for no answer already.
    """
    assert values.numbers.wrong is not None
    row, k, cell, why = values.numbers.wrong
    header = table.header[columns[k]]
    ways, asks = [], []
    mark = next((question.choice for question in values.questions if question.key == "decimal"), "")
    if not values.numbers.decimal:
        ways.append(f"say by decimal={mark!r} what the decimal mark is")
        asks.append("decimal")
    if skip is not None and not is_number(cell):
        ways.append(f"leave the column out by skip={[*skip, header]!r}")
        asks.append("skip")
    if _may_be_no_answer(cell) and len(values.numbers.tally()[0]):  # without any number no cell is one
        ways.append(f"say by missing={[*map(text_of, missing or ()), text_of(cell)]!r} that it is no answer")
        asks.append("missing")
    return RatingsError(
        f"{table.at(row)}, column {shown(header)}: {shown(cell)} {why}. "
        "A rating is a number from 0 up, such as 4 or 3.5, or blank. Correct that cell."
        + ("" if skip is None else f" {HINT}"),
        script=f"Or {', or '.join(ways)}." if ways else "",
        asks=asks,
    )


def _may_be_no_answer(cell: object) -> bool:
    """Whether a cell that is no rating is a word, or the negative number that stands for one in a code book."""
    if isinstance(cell, str) and not is_number(cell):
        return len(cell.strip()) <= _LONGEST_NO_ANSWER and not any(map(str.isdigit, cell))
    return is_number(cell) and number_of(cell) < 0 and number_of(cell).is_integer()
