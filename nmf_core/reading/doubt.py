"""Where nobody may guess: what is in doubt about a table becomes an error that names the likeliest answers and how to give each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nmf_core.errors import RatingsError, shown
from nmf_core.reading.options import Question
from nmf_core.reading.readings import column_titles
from nmf_core.tables.base import Table
from nmf_core.words import listed

_LONGEST = 80  # characters of a header that a hint repeats


def refuse_doubt(table: Table, questions: Sequence[Question], columns: Mapping[str, object] | None = None) -> None:
    """Raise the first doubt.

    Args:
        table: what is in doubt, with all of its columns.
        questions: what had to be found out about it.
        columns: roles that were given; whoever obeys gives them once more, with the one that is in doubt.

    Raises:
        RatingsError: with the two likeliest answers, and for a script the keyword that gives each.
    """
    doubt = next((question for question in questions if not question.sure), None)
    if doubt is not None:
        short = replace(doubt, choice=_named(doubt.choice, table), options=_named(doubt.options, table))
        what, give = _SAID[doubt.key](short) if doubt.key in _SAID else _role(doubt, table, dict(columns or {}))
        raise RatingsError(
            f"{table.name}: {what} (likelier, since {doubt.reason}).", script=f"Choose by {give}.", asks=[doubt.key]
        )


def _choices(question: Question) -> list[str]:
    """The answer taken, and the runner-up."""
    assert isinstance(question.choice, str)
    return list(dict.fromkeys([question.choice, *question.options]))[:2]


def _layout(question: Question) -> tuple[str, str]:
    """What a row is."""
    first, second = _choices(question)
    return (
        f"this can be read as {_WAYS.get(first, first)}, or as {_WAYS.get(second, second)}; the first is",
        f"layout={first!r} or layout={second!r}",
    )


_WAYS = {
    "long": "a list with one row a rating",
    "grid": "a grid with users down",
    "items-down": "a grid with items down",
    "pairs": "a list in which each row counts 1",
    "sideways": "a list on its side, with one column a rating",
}


def _header(question: Question) -> tuple[str, str]:
    """Where the header stands."""
    first, second = _choices(question)
    return f"its header may be {first} or {second}; the first is", f"header={first!r} or header={second!r}"


def _skip(question: Question) -> tuple[str, str]:
    """Which columns are no ratings."""
    names = [shown(name) for name in question.choice]
    if not names:
        return "some columns may be no ratings; that all are is", "skip=[] or the names of those that are none"
    said = f"the column {names[0]} seems" if len(names) == 1 else f"the columns {listed(names)} seem"
    return f"{said} to be no ratings; that is", f"skip={list(question.choice)!r}, or skip=[] to keep them"


def _missing(question: Question) -> tuple[str, str]:
    """What stands for no answer."""
    cells = list(question.choice)
    return (
        f"{listed([shown(cell) for cell in cells])} may stand for no answer; that is",
        f"missing={cells!r}, or missing=[] where these are ratings",
    )


def _only(question: Question) -> tuple[str, str]:
    """Which rows count."""
    kinds = list(question.options)
    return (
        f"the column {shown(question.about)} may say that only some rows count; that all do is",
        f"only={{{question.about!r}: {kinds!r}}}, or the names of those that count",
    )


def _named(columns: Any, table: Table) -> Any:
    """Columns as a script names them: one with a very long header by its number."""
    if not isinstance(columns, tuple | list):
        return columns
    titles = column_titles(table)
    return tuple(titles.index(one) + 1 if len(str(one)) > _LONGEST and one in titles else one for one in columns)


def _role(question: Question, table: Table, given: dict[str, object]) -> tuple[str, str]:
    """Which column has a role."""
    first, second = _choices(question)
    ways = [f"columns={ ({**given, question.key: column})!r}" for column in _named((first, second), table)]
    return f"the {question.key} may be the column {shown(first)} or {shown(second)}; the first is", " or ".join(ways)


def _other(question: Question) -> tuple[str, str]:
    """Anything else."""
    first, second = _choices(question)
    return (
        f"{_NAMED.get(question.key, question.key)} may be {first!r} or {second!r}; the first is",
        f"{question.key}={first!r} or {question.key}={second!r}",
    )


_NAMED = {
    "marks": "cells that say a number",
    "totals": "what is named as sums",
    "decimal": "the decimal mark",
    "zeros": "a 0",
    "negative": "a number below zero",
    "separator": "what stands between the cells",
    "sheet": "the sheet",
    "encoding": "the encoding",
}
_SAID: dict[str, Callable[[Question], tuple[str, str]]] = {
    "layout": _layout,
    "header": _header,
    "skip": _skip,
    "missing": _missing,
    "only": _only,
    **dict.fromkeys(_NAMED, _other),
}
