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


@pytest.mark.parametrize("folders", [SET, HELD], ids=["set", "held"])
def test_most_tables_are_right_at_first_guess_and_few_plain_ones_are_asked_about(folders):
    readable = Counter(found for case, found in outcomes(folders) if case.shape is not None)
    assert readable["right"] + readable["right, asked"] >= 0.9 * sum(readable.values()), readable
    plain = Counter(found for case, found in outcomes(folders) if case.shape is not None and case.plain)
    assert plain["right"] >= 0.85 * sum(plain.values()), plain


def test_each_case_names_a_file_and_what_is_right_of_it():
    found = cases((*SET, *HELD, *THIRD))
    assert len({case.path for case in found}) == len(found) >= 150
    assert all(case.path.is_file() and (case.shape is None or case.cells) for case in found)
