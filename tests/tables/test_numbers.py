"""Cells as numbers: many distinct ones are read at once, to the same numbers, marks and errors as one by one."""

from __future__ import annotations

import numpy as np
import pytest

from nmf_core.tables import numbers
from nmf_core.tables.base import Column

CELLS = (
    ["1", "007", "0", "2.5", "3.75", "1.234", "0.1234567890123456789", "123456789", "1234567890", "4.", ".5", "1e3"],
    ["0,5", "2", "1.2345", "NA", "", " 3 ", "4,5"],
    ["1.234,5", "2,5", "3"],
    ["1,234", "2.25", "7"],
    ["1", "-0", "+2", "-1", "nan", "inf"],
    ["5", "five", "1_0", "٣", "0.00000000000000000001", "9" * 400],
    ["1", "\ud800", "2"],
    ["1.5", True, 2.5, None, "2"],
    ["3\n", "4"],
)


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("decimal", ["auto", ".", ","])
def test_many_are_read_as_one_by_one(cells, decimal, monkeypatch):
    columns = [Column.of(cells), Column.of(cells[::-1])]
    one_by_one = numbers.read_numbers(columns, decimal)
    monkeypatch.setattr(numbers, "_MANY", 1)
    at_once = numbers.read_numbers(columns, decimal)
    assert (at_once.n_words, at_once.decimal, at_once.wrong) == (
        one_by_one.n_words,
        one_by_one.decimal,
        one_by_one.wrong,
    )
    for (values, _), (expected, _) in zip(at_once.columns, one_by_one.columns, strict=True):
        np.testing.assert_array_equal(values, expected)
