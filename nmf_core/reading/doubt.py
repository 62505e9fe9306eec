"""Where nobody may guess: what is in doubt about a table becomes an error that names the likeliest answers and how to give each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nmf_core.errors import RatingsError, shown
from nmf_core.reading.options import Question
from nmf_core.tables.base import Table
from nmf_core.words import listed


def refuse_doubt(table: Table, questions: Sequence[Question]) -> None:
    """Raise the first doubt.

    Raises:
        RatingsError: with the two likeliest answers and the keyword that gives each.
    """
    doubt = next((question for question in questions if not question.sure), None)
    if doubt is not None:
        what, give = _SAID.get(doubt.key, _role)(doubt)
        raise RatingsError(f"{table.name}: {what} (likelier, since {doubt.reason}). {give}")


def _choices(question: Question) -> list[str]:
    """The answer taken, and the runner-up."""
    assert isinstance(question.choice, str)
    return list(dict.fromkeys([question.choice, *question.options]))[:2]


def _layout(question: Question) -> tuple[str, str]:
    first, second = _choices(question)
    return (
        f"this can be read as {_WAYS.get(first, first)}, or as {_WAYS.get(second, second)}; the first is",
        f"Choose by layout={first!r} or layout={second!r}.",
    )


_WAYS = {
    "long": "a list with one row a rating",
    "grid": "a grid with users down",
    "items-down": "a grid with items down",
    "pairs": "a list in which each row counts 1",
    "sideways": "a list on its side, with one column a rating",
}


def _header(question: Question) -> tuple[str, str]:
    first, second = _choices(question)
    return f"its header may be {first} or {second}; the first is", f"Choose by header={first!r} or header={second!r}."


def _skip(question: Question) -> tuple[str, str]:
    names = [shown(name) for name in question.choice]
    if not names:
        return (
            "some columns may be no ratings; that all are is",
            "Choose by skip=[] or the names of those that are none.",
        )
    said = f"the column {names[0]} seems" if len(names) == 1 else f"the columns {listed(names)} seem"
    return f"{said} to be no ratings; that is", f"Choose by skip={list(question.choice)!r} or skip=[] to keep them."


def _missing(question: Question) -> tuple[str, str]:
    cells = list(question.choice)
    return (
        f"{listed([shown(cell) for cell in cells])} may stand for no answer; that is",
        f"Choose by missing={cells!r}, or missing=[] where these are ratings.",
    )


def _role(question: Question) -> tuple[str, str]:
    first, second = _choices(question)
    return (
        f"the {question.key} may be the column {shown(first)} or {shown(second)}; the first is",
        f"Choose by columns={{{question.key!r}: {first!r}}} or columns={{{question.key!r}: {second!r}}}.",
    )


def _other(question: Question) -> tuple[str, str]:
    first, second = _choices(question)
    return (
        f"{question.key} may be {first!r} or {second!r}; the first is",
        f"Choose by {question.key}={first!r} or {question.key}={second!r}.",
    )


_SAID: dict[str, Callable[[Question], tuple[str, str]]] = {
    "layout": _layout,
    "header": _header,
    "skip": _skip,
    "missing": _missing,
    **dict.fromkeys(("marks", "totals", "decimal", "only", "separator", "sheet", "encoding", "zeros"), _other),
}
