"""Ratings changed all alike: counts, likes, and what says that there is no answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nmf_core import NmfError, Ratings, check_health, edit, read_ratings
from tests.conftest import random_ratings

INFO = pd.DataFrame({"title": ["X", "Y"]}, index=["x", "y"])


def of(values, **rest) -> Ratings:
    """Ratings with these values, each by a user of its own, of two items in turn."""
    n = len(values)
    return Ratings.from_cells(
        [f"u{k}" for k in range(n)], ["xy"[k % 2] for k in range(n)], values, item_info=INFO, **rest
    )


def offers(ratings: Ratings) -> set[str]:
    return {finding.offer for finding in check_health(ratings, 1)} - {""}


def test_the_logarithm_keeps_order_and_blanks_and_lies_on_its_scale():
    ratings = random_ratings(3)
    made = edit.take_logarithm(ratings)
    assert (made.V.indices == ratings.V.indices).all() and (made.V.indptr == ratings.V.indptr).all()
    np.testing.assert_allclose(made.V.data, np.log1p(ratings.V.data.astype(float)), rtol=1e-6)
    assert made.scale[0] <= made.V.data.min() and made.V.data.max() <= made.scale[1]
    assert (ratings.V.data >= 1).any() and ratings.V.data is not made.V.data


def test_counts_over_orders_of_magnitude_are_told_why_and_not_told_again():
    counts = of([1, 1, 2, 3, 2, 1, 4, 9, 27, 60, 250, 5021, 1, 2])
    (finding,) = (one for one in check_health(counts, 1) if one.title == "Counts rather than ratings")
    assert (
        finding.offer == "take_logarithm" and "from 1 to 5021" in finding.text and "largest hundredth" in finding.text
    )
    assert "take_logarithm" not in offers(edit.take_logarithm(counts))
    assert edit.take_logarithm(counts).item_info.equals(counts.item_info)
    for plain in ([1, 2, 3, 4, 5, 5], [60, 70, 95, 100, 10], [1, 1, 1, 1, 10], np.arange(1, 200)):
        assert "take_logarithm" not in offers(of(list(plain))), plain


def test_a_code_that_was_kept_is_named_and_blanked():
    survey = b",x,y,z\nann,5,99,3\nbob,99,4,1\ncy,2,3,99\n"
    ratings = read_ratings(survey, layout="grid", missing=[])
    (finding,) = (one for one in check_health(ratings, 1) if one.offer == "blank_codes")
    assert "99 stands in 3 cells, and the other ratings lie from 1 to 5" in finding.text
    made = edit.blank_codes(ratings)
    assert made.n_ratings == 6 and made.scale == (1, 5) and not offers(made)
    with pytest.raises(NmfError, match="None of the 6 ratings looks like a code"):
        edit.blank_codes(made)


def test_ratings_that_are_all_alike_are_offered_to_be_likes():
    alike = of([5, 5, 5], scale=(1, 5))
    assert offers(alike) == {"as_likes"}
    liked = edit.as_likes(alike)
    assert liked.scale == (0, 1) and set(liked.V.data) == {1.0} and not offers(liked)
    with pytest.raises(NmfError, match="lie from 1 to 5, so they are no likes"):
        edit.as_likes(of([1, 5]))
