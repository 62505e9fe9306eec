import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nmf_core.errors import NmfError
from nmf_core.labels import Shape, shape_of, similarity
from nmf_core.labels.shape import MOST_ITEMS, from_json, to_json

ROWS = hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1e300, allow_subnormal=True))


def ids(n):
    return [f"item {k}" for k in range(n)]


@given(ROWS, st.randoms(use_true_random=False))
def test_a_shape_depends_on_neither_the_order_of_the_items_nor_a_power_of_two_scale(row, random):
    order = random.sample(range(len(row)), len(row))
    shape = shape_of(ids(len(row)), row)
    assert shape_of(pd.Index(ids(len(row)))[order], row[order]) == shape
    if not ((row > 0) & (row < 1e-300)).any():  # halving a subnormal number loses digits
        assert shape_of(ids(len(row)), row / 2) == shape


@given(ROWS, ROWS)
def test_similarity_is_a_cosine(a, b):
    n = min(len(a), len(b))
    one, other = shape_of(ids(n), a[:n]), shape_of(ids(n), b[:n])
    x, y = a[:n] / max(a[:n].max(), 1e-323), b[:n] / max(b[:n].max(), 1e-323)
    expected = x @ y / np.sqrt((x @ x) * (y @ y)) if x.any() and y.any() else 0.0
    # Weights are rounded to 5e-7 of the largest, in 30 items at most.
    assert similarity(one, other) == pytest.approx(expected, abs=1e-5)
    assert similarity(one, other) == similarity(other, one)
    assert similarity(one, one) == float(a[:n].any())


@given(ROWS)
def test_a_shape_survives_json(row):
    shape = shape_of(ids(len(row)), row)
    assert from_json(to_json(shape)) == shape


def test_only_the_heaviest_items_are_kept_with_ties_settled_by_id():
    shape = shape_of(ids(1000), np.arange(1000.0))
    assert len(shape.items) == MOST_ITEMS
    assert shape.items[:2] == ("item 999", "item 998")
    tied = np.ones(1000)
    assert shape_of(ids(1000)[::-1], tied) == shape_of(ids(1000), tied)


def test_nothing_is_like_nothing():
    empty = shape_of(ids(2), [0, 0])
    assert empty == Shape((), ())
    assert similarity(empty, empty) == 0


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([1.0], "1,.* for 2 items"),
        ([[1.0, 2.0]], "one weight"),
        ([1.0, -0.5], "'item 1' is -0.5"),
        ([np.nan, 1.0], "'item 0' is nan"),
        ([1.0, np.inf], "finite"),
    ],
)
def test_weights_that_are_no_row_of_H_are_refused(weights, said):
    with pytest.raises(NmfError, match=said):
        shape_of(ids(2), weights)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"items": ["x"], "weights": []}', '{"items": ["x", "x"], "weights": [1, 1]}',
     '{"items": ["x"], "weights": [NaN]}', '{"items": ["x"], "weights": [-1]}', '{"items": ["x"], "weights": ["a"]}',
     '{"items": 3, "weights": [1]}', '{"items": ["x"], "weights": [1' + "0" * 400 + "]}", "[" * 100_000,
     json.dumps({"items": ids(500), "weights": [1.0] * 500})],
)  # fmt: skip
def test_other_json_is_no_shape(text):
    with pytest.raises(NmfError):
        from_json(text)


def test_extreme_weights_have_a_shape():
    assert shape_of(ids(3), [1e308, 5e307, 5e-324]).weights == (1.0, 0.5)
    assert shape_of(ids(1), [5e-324]).weights == (1.0,)
