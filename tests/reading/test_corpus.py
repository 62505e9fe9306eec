"""The corpus of tables: none is opened wrongly without a question; most are right at first guess, and few are asked about."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from tests.readings.corpus import HELD, SET, THIRD, cases, outcome


@cache
def outcomes(folders):
    return [(case, outcome(case)) for case in cases(folders)]


@pytest.mark.parametrize("folders", [SET, HELD, THIRD], ids=["set", "held", "third"])
def test_no_table_is_opened_wrongly_and_surely(folders):
    assert [case.path.name for case, found in outcomes(folders) if found == "wrong, sure"] == []


@pytest.mark.parametrize(
    ("folders", "right", "at_once"),
    [(SET, 0.9, 0.85), (HELD, 0.9, 0.85), (THIRD, 0.85, 0.69)],
    ids=["set", "held", "third"],
)
def test_most_tables_are_right_at_first_guess_and_few_plain_ones_are_asked_about(folders, right, at_once):
    readable = Counter(found for case, found in outcomes(folders) if case.shape is not None)
    assert readable["right"] + readable["right, asked"] >= right * sum(readable.values()), readable
    plain = Counter(found for case, found in outcomes(folders) if case.shape is not None and case.plain)
    assert plain["right"] >= at_once * sum(plain.values()), plain


def test_each_case_names_a_file_and_what_is_right_of_it():
    found = cases((*SET, *HELD, *THIRD))
    assert len({case.path for case in found}) == len(found) >= 150
    assert all(case.path.is_file() and (case.shape is None or case.cells) for case in found)
