"""What a person answered about a file, as keywords of `read_ratings`: one more answer, and which others it makes void."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nmf_core.reading.options import EACH_ROW, FIND_OUT, Question
from nmf_core.tables.headers import ROLES

Answers = dict[str, Any]

_GRIDS = ("grid", "items-down")
# What says which columns there are; what was said of other columns is not said of these.
_OF_THE_FILE = ("sheet", "encoding", "separator", "header")
_OF_COLUMNS = ("layout", "columns", "skip", "only")


def with_answer(answers: Answers, questions: Sequence[Question], key: str, answer: Any) -> Answers:
    """The answers so far and one more; those that it makes void are gone.

    >>> asked = [Question("layout", "long", ("long",), "", True), Question("rating", "points", ("points", "stars"), "", False)]
    >>> with_answer({}, asked, "rating", "stars")
    {'columns': {'rating': 'stars'}, 'layout': 'long'}
    >>> with_answer({"zeros": "rating"}, asked, "zeros", FIND_OUT)
    {}
    """
    if key in ROLES:
        return _with_role(answers, questions, key, answer)
    if answer == FIND_OUT:
        return {other: value for other, value in answers.items() if other != key}
    if key == "sheet":
        return {key: answer}
    if key in _OF_THE_FILE:
        kept = answers if key == "encoding" else {k: v for k, v in answers.items() if k not in _OF_COLUMNS}
        return {**kept, key: answer}
    if key == "layout":  # which columns are what is another question then
        return {**{k: v for k, v in answers.items() if k not in ("skip", "columns")}, key: answer}
    if key == "skip":
        return _without(answers, questions, list(answer))
    if key == "only":
        asked = next(question for question in questions if question.key == key)
        return {**answers, key: {asked.about: list(answer) or list(asked.options)}}
    return {**answers, key: list(answer) if isinstance(answer, list | tuple) else answer}


def _choices(questions: Sequence[Question]) -> dict[str, Any]:
    """What is taken for an answer now."""
    return {question.key: question.choice for question in questions if question.choice != FIND_OUT}


def _with_layout(answers: Answers, choices: dict[str, Any]) -> Answers:
    """The answers with the layout as it is read now: an answer about columns is one about this layout."""
    return {**answers, "layout": choices["layout"]} if "layout" in choices else answers


def _without(answers: Answers, questions: Sequence[Question], left: list[str]) -> Answers:
    """The answers when these columns are left out; whatever role they had, another has to have."""
    columns = {role: column for role, column in answers.get("columns", {}).items() if column not in left}
    made = {key: value for key, value in answers.items() if key != "columns"}
    made = {**made, "skip": left, **({"columns": columns} if columns else {})}
    return _with_layout(made, _choices(questions))


def _with_role(answers: Answers, questions: Sequence[Question], role: str, column: str) -> Answers:
    """The answers when a column has a role, or when that is to be found out again."""
    choices = _choices(questions)
    layout = choices.get("layout", "long")
    before = {one: choices[one] for one in ROLES if one in choices}
    made = {key: value for key, value in answers.items() if key != "columns"}
    if column == FIND_OUT:
        before.pop(role, None)
        return {**made, **({"columns": before} if before else {})}
    if layout in _GRIDS:  # what named the rows before is no rating either
        left = dict.fromkeys([*answers.get("skip", choices.get("skip", ())), *filter(None, [before.get(role)])])
        made["skip"] = [one for one in left if one not in (column, EACH_ROW)]
        return _with_layout({**made, "columns": {role: column}}, choices)
    other = next((one for one, had in before.items() if had == column and one != role), None)
    if other is not None:  # the two change places
        if role in before:
            before[other] = before[role]
        else:
            del before[other]
    if column in made.get("skip", ()):
        made["skip"] = [one for one in made["skip"] if one != column]
    return _with_layout({**made, "columns": {**before, role: column}}, choices)
