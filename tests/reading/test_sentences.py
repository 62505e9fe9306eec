"""What the reader says: without keywords for whoever sits at a page, and with hints that lead on for whoever writes a script."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from nmf_core import NmfError, Ratings, preview_ratings, read_ratings
from nmf_core.reading.options import ReadOptions
from nmf_core.reading.read import Preview
from tests.test_bad_inputs import CASES as BAD_INPUTS
from tests.test_bad_inputs import Here

READINGS = Path(__file__).parent.parent / "readings"
OF_A_KIND = 1  # tables of each kind that are tried
ROUNDS = 6  # hints that a table may take
KEYWORDS = re.compile(rf"\b({'|'.join(field.name for field in fields(ReadOptions))})=")

FILES_AND_TABLES = {*range(1, 41)} - {
    11,
    17,
    37,
}  # of the list of bad inputs; those left out take long, and say nothing else
# A cell or a row to correct, or two rows of one name in a grid.
AT_A_CELL = re.compile(
    r", (line|row|entry) \d+(, column |: the row has \d+ cells)|has two rows in the grid, (lines|rows|entries) \d+ and \d+"
)


def tables() -> Iterator[Path]:
    """The first tables of each kind."""
    for folder in sorted(READINGS.iterdir()):
        seen: Counter[str] = Counter()
        if not (folder / "cases.json").exists():
            continue
        for case in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
            seen[case["kind"]] += 1
            if seen[case["kind"]] <= OF_A_KIND:
                yield folder / case["file"]


TABLES = list(tables())


def said_of(found: Preview) -> Iterator[str]:
    """Whatever a page says of a table: an error, notes, and why each answer is taken."""
    yield from (question.reason for question in found.questions)
    if found.error is not None:
        yield found.error.plain
    if found.ratings is not None:
        yield from found.ratings.notes


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_keyword_is_in_what_a_page_says_and_a_hint_that_is_obeyed_leads_to_ratings(path):
    seen = preview_ratings(path)
    for sentence in said_of(seen):
        assert not KEYWORDS.search(sentence), sentence
    # Where the page asks a script is refused, and nowhere else; what a zero is, it says by its default.
    assert isinstance(tried(path, {"zeros": "auto"}), Ratings) == seen.sure
    answers: dict[str, Any] = {}
    for _ in range(ROUNDS):
        found = tried(path, answers)
        if isinstance(found, Ratings):
            assert found.n_ratings > 0
            return
        assert not KEYWORDS.search(found.plain), found.plain
        hint = hinted(found.script)
        if not hint:  # a table that has no ratings, or a cell to correct
            assert not answers or AT_A_CELL.search(found.plain), f"after {answers} nothing leads on: {found}"
            return
        answers = {**answers, **hint}
    raise AssertionError(f"no end after {answers}")


def tried(path: Path, answers: dict[str, Any]) -> Ratings | NmfError:
    """What a script gets."""
    try:
        return read_ratings(path, **answers)
    except NmfError as error:
        return error


def hinted(script: str) -> dict[str, Any]:
    """The first keyword of a hint, with its value as Python reads it."""
    found = KEYWORDS.search(script)
    if found is None:
        return {}
    begin = found.end()
    for end in range(begin + 1, len(script) + 1):  # the shortest literal that begins there
        try:
            return {found[1]: ast.literal_eval(script[begin:end])}
        except (SyntaxError, ValueError):
            continue
    raise AssertionError(f"no value after the keyword in: {script}")


def test_hints_are_read_as_python_reads_them():
    assert hinted("Choose by layout='long' or layout='grid'.") == {"layout": "long"}
    assert hinted("Choose by skip=['a', \"b's\"], or skip=[] to keep them.") == {"skip": ["a", "b's"]}
    assert hinted("Choose by columns={'user': 'x, y'} or columns={'user': 'z'}.") == {"columns": {"user": "x, y"}}
    assert hinted("") == {}


def test_no_bad_input_is_answered_with_a_keyword(tmp_path, monkeypatch):
    n = 0
    for case in BAD_INPUTS:
        if case.line not in FILES_AND_TABLES or case.check is not None:
            continue
        with monkeypatch.context() as patch:
            try:
                case.door(Here(tmp_path, patch))
            except NmfError as error:
                n += 1
                assert not KEYWORDS.search(error.plain), error.plain
            except Exception:  # the list itself says which error it must be
                continue
    assert n > 50
