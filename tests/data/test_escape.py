"""Names that no spreadsheet runs, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmf_core.data.escape import clean, escape_formulas, unescape_formulas

HOSTILE = ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "'=1", "＝1", "\u200b=1"]
CLEAN = st.text(st.one_of(st.sampled_from("=+-@' x"), st.characters())).map(lambda text: clean(text).strip())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_formula_gets_an_apostrophe(name):
    assert escape_formulas(name) == "'" + name


@pytest.mark.parametrize("name", ["Alien", "007", "'Round Midnight", "a=b", "", "7 - 3", "été"])
def test_a_name_stays_as_it_is(name):
    assert escape_formulas(name) == name


def test_what_no_table_can_hold_is_replaced():
    assert clean("a\0\x7f\ud800\uffff\ufffe\u200bé") == "a�����\u200bé"


@given(st.lists(CLEAN, unique=True))
def test_names_that_differ_stay_different_and_come_back(names):
    written = [escape_formulas(name) for name in names]
    assert len(set(written)) == len(names)
    assert (unescape_formulas(written) or written) == names


@given(st.lists(CLEAN, unique=True))
def test_names_from_elsewhere_are_never_merged(names):
    own = unescape_formulas(names)
    assert own is None or len({name.strip() for name in own}) == len(names)
