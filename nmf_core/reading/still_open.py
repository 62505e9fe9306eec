"""What else could be answered about a file: whatever was read, or could not be, each answer stays open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from nmf_core.errors import NmfError
from nmf_core.formats.encodings import ENCODINGS
from nmf_core.reading.kinds_of_rows import which_kinds
from nmf_core.reading.layouts import LAYOUTS
from nmf_core.reading.options import (
    CHOSEN,
    DECIMALS,
    EACH_ROW,
    FIND_OUT,
    MARKS,
    NEGATIVE,
    TOTALS,
    ZEROS,
    Plan,
    Question,
    ReadOptions,
)
from nmf_core.reading.readings import NO_HEADER, column_titles, head_words, headed
from nmf_core.tables.base import Head, Table, text_of
from nmf_core.tables.headers import ROLES
from nmf_core.tables.heads import names_of
from nmf_core.words import cut

_LINES, _MOST_LINES = 8, 3  # a header is offered in so many first lines, and in so many at once
_LONGEST_LINE = 70  # characters that are shown of a line
_CUTS = "it cuts most of the first rows into equally many cells"
_ABOVE = "what stands below are the rows of the table"
_FIRST = "it comes first"
_DOWN = {"grid": "user", "items-down": "item"}  # what the rows of a grid are
_NOT_SAID = "nothing was said of it"
_NONE = "nothing speaks for leaving any out"


def all_questions(
    asked: ReadOptions, known: Sequence[Question], table: Table | None, plan: Plan | None, error: NmfError | None
) -> tuple[Question, ...]:
    """The questions about a file, and after them whatever else could be answered.

    Args:
        asked: what was answered.
        known: the questions that came up.
        table: what was opened, if that could be.
        plan: how it is read, where that was found.
        error: why it cannot be read so; then also what was not come to is open.
    """
    if table is None:  # text that nothing is known of but that it is in none of the usual encodings
        told = asked.encoding is not None or (error is not None and "encoding" in error.asks)
        return (*known, *([_one("encoding", asked.encoding or "auto", tuple(ENCODINGS))] if told else []))
    had = {question.key for question in known}
    known = [_with_lines(question, table) if question.key == "header" else question for question in known]
    more = (q for q in _others(asked, table, plan, error is not None, had) if q.key not in had)
    return (*known, *more)


def _others(asked: ReadOptions, table: Table, plan: Plan | None, failed: bool, had: set[str]) -> Iterator[Question]:
    """Whatever could be answered, in the order in which it is read."""
    under, layout = _under(table, plan, asked), plan.layout if plan is not None else asked.layout
    if table.sheets and asked.sheet in table.sheets:
        yield Question("sheet", str(asked.sheet), tuple(table.sheets), CHOSEN, True)
    if table.encodings and asked.encoding in table.encodings:
        yield Question("encoding", str(asked.encoding), tuple(table.encodings), CHOSEN, True)
    if table.separators:
        now = asked.separator or table.separator
        yield Question("separator", now, tuple(table.separators), _why(asked.separator, _CUTS), True)
    if table.first_rows and table.under is not None:
        now = head_words(under, under.head)
        yield _with_lines(
            Question("header", now, (now,), _why(None if asked.header == "auto" else asked.header, _ABOVE), True), table
        )
    yield _one("layout", layout, tuple(LAYOUTS))
    yield from _columns(asked, under, plan, layout, had)
    yield from _rows(asked, under, plan, failed)


def _columns(asked: ReadOptions, table: Table, plan: Plan | None, layout: str, had: set[str]) -> Iterator[Question]:
    """Which column is what, and which are left out."""
    titles, given = column_titles(table), asked.columns or {}
    if not had & set(ROLES):
        if plan is not None and layout in _DOWN:  # another than the first would have been a question
            yield Question(_DOWN[layout], titles[0], (*titles, EACH_ROW), _FIRST, True)
            given = {}
        for role in ROLES:
            if layout not in _DOWN or role in given:
                column = _title(given.get(role), titles)
                reason = CHOSEN if role in given else _NOT_SAID
                yield Question(role, column, (FIND_OUT, *dict.fromkeys((*titles, column))), reason, True)
    left = tuple(_title(column, titles) for column in asked.skip or ())
    reason = CHOSEN if asked.skip is not None else _NONE
    yield Question("skip", left, tuple(dict.fromkeys((*titles, *left))), reason, True)


def _rows(asked: ReadOptions, table: Table, plan: Plan | None, failed: bool) -> Iterator[Question]:
    """Which rows count, and what their cells are."""
    for title, wanted in (asked.only or {}).items():
        with suppress(NmfError):  # no such column under this header
            found = which_kinds(table, {}, {title: wanted})
            assert found is not None
            yield found
            continue
        kinds = tuple(map(text_of, wanted if isinstance(wanted, list | tuple) else [wanted]))
        yield Question("only", kinds, kinds, CHOSEN, True, title)
    gone = tuple(map(text_of, asked.missing or ()))
    reason = CHOSEN if asked.missing is not None else "no cell looks like one" if plan else _NOT_SAID
    yield Question("missing", gone, gone, reason, True)
    for key, answer, options in (
        ("marks", asked.marks, MARKS),
        ("negative", asked.negative, NEGATIVE),
        ("zeros", asked.zeros, ZEROS),
        ("decimal", asked.decimal, DECIMALS),
        ("totals", asked.totals, TOTALS),
    ):
        if failed or answer != "auto":
            yield _one(key, answer, options)


def _one(key: str, answer: str, options: tuple[str, ...]) -> Question:
    """A question with one answer, which may have been given."""
    if answer in options:
        return Question(key, answer, options, CHOSEN, True)
    return Question(key, FIND_OUT, (FIND_OUT, *options), _NOT_SAID, True)


def _why(answer: object, found: str) -> str:
    """Why an answer stands: it was given, or found so."""
    return found if answer is None else CHOSEN


def _under(table: Table, plan: Plan | None, asked: ReadOptions) -> Table:
    """The table under its header, as far as that is known."""
    if plan is not None:
        return plan.whole
    with suppress(NmfError):
        return headed(table, asked)[0][0]
    return table


def _title(column: object, titles: Sequence[str]) -> str:
    """A column as it is called, whether it was given by name or by number; the open answer where it was not."""
    if column is None:
        return FIND_OUT
    if isinstance(column, int) and 1 <= column <= len(titles):
        return titles[column - 1]
    return EACH_ROW if column == EACH_ROW else str(column)


def _with_lines(question: Question, table: Table) -> Question:
    """The question where the header stands, with the first lines to choose from, and what stands in them."""
    if not table.first_rows:  # what begins with no row has no lines to choose from
        return question
    heads = [Head(k, n) for n in range(1, _MOST_LINES + 1) for k in range(min(_LINES, len(table.first_rows)) - n + 1)]
    heads = [head for head in heads if head.above + head.lines < len(table.first_rows)] or [Head()]
    said = {head_words(table, head): _said(table, head) for head in heads}
    options = tuple(dict.fromkeys((*_asked_for(question), *said, NO_HEADER)))
    return Question(
        question.key, question.choice, options, question.reason, question.sure, words=_worded(options, said)
    )


def _asked_for(question: Question) -> Iterable[str]:
    """The answer taken and the runner-up, which come first."""
    return dict.fromkeys((str(question.choice), *question.options[:2]))


def _said(table: Table, head: Head) -> str:
    """What the lines of a header call the columns."""
    rows = [list(row) for _, row in table.first_rows[head.above : head.above + head.lines]]
    width = max(map(len, rows))
    names = names_of([[*row, *[""] * (width - len(row))] for row in rows], head)
    return cut(" | ".join(name.strip() for name in names), _LONGEST_LINE)


def _worded(options: Iterable[str], said: dict[str, str]) -> dict[str, str]:
    """Each line, or several, with what stands there."""
    return {one: f"{one}: {said[one]}" for one in options if one in said}
