"""The corpus of tables: none is opened wrongly without a question; most are right at first guess, and few are asked about."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.readings.corpus import FIFTH, FOURTH, HELD, SET, THIRD, cases, outcome


@pytest.mark.parametrize(
    ("folders", "right", "at_once"),
    [(SET, 0.9, 0.85), (HELD, 0.9, 0.85), (THIRD, 0.85, 0.69), (FOURTH, 0.65, 0.5), (FIFTH, 0.85, 0.66)],
    ids=["set", "held", "third", "fourth", "fifth"],
)
def test_no_table_is_opened_wrongly_and_surely_most_are_right_and_few_plain_ones_asked_about(folders, right, at_once):
    found = [(case, outcome(case)) for case in cases(folders)]
    assert [case.path.name for case, how in found if how == "wrong, sure"] == []
    readable = Counter(how for case, how in found if case.shape is not None)
    assert readable["right"] + readable["right, asked"] >= right * sum(readable.values()), readable
    plain = Counter(how for case, how in found if case.shape is not None and case.plain)
    assert plain["right"] >= at_once * sum(plain.values()), plain


def test_each_case_names_a_file_and_what_is_right_of_it():
    found = cases((*SET, *HELD, *THIRD, *FOURTH, *FIFTH))
    assert len({case.path for case in found}) == len(found) >= 150
    assert all(case.path.is_file() and (case.shape is None or case.cells) for case in found)
