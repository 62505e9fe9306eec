"""What every way to read a table promises. A new one is tested here without a line of its own."""

from __future__ import annotations

import pytest

from nmf_core import NmfError, Ratings, preview_ratings, read_ratings
from nmf_core.reading.layouts import LAYOUTS

LIST = b"user,item,rating\nann,x,5\nann,y,3\nbob,x,4\n"
GRID = b",x,y\nann,5,3\nbob,4,\n"
NUMBERS = b"1,2,3\n4,5,6\n7,8,9\n"


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("data", [LIST, GRID, NUMBERS], ids=["list", "grid", "numbers"])
def test_asked_for_by_name_it_is_ratings_or_a_sentence(name, data):
    try:
        assert isinstance(read_ratings(data, layout=name), Ratings)
    except NmfError as error:
        assert len(str(error)) > 20
    found = preview_ratings(data, layout=name)
    assert (found.ratings is None) == (found.error is not None)
    question = next(q for q in found.questions if q.key == "layout")
    assert question.choice == name
    assert sorted(question.options) == sorted(LAYOUTS)
    assert question.options[0] == name or found.error is not None  # and the likeliest others come next


@pytest.mark.parametrize(("data", "layout"), [(LIST, "long"), (GRID, "grid")])
def test_no_way_takes_plain_lists_and_grids_from_the_others(data, layout):
    found = preview_ratings(data)
    assert next(q.choice for q in found.questions if q.key == "layout") == layout
    assert found.sure


@pytest.mark.parametrize("name", LAYOUTS)
def test_it_says_what_a_row_is(name):
    assert LAYOUTS[name].name == name
    assert len(LAYOUTS[name].words) > 5


def test_an_unknown_layout_is_refused_with_those_that_are():
    with pytest.raises(NmfError, match=r"layout is 'pair'; it must be one of auto, .*long"):
        read_ratings(LIST, layout="pair")
