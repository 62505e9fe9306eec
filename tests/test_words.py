"""Names that are cut or numbered for people stay different names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nmf_core.words import cut_apart, told_apart

# Few letters, so that names are often alike, and the marks that the functions themselves make.
NAMES = st.lists(st.text("ab (12)…", max_size=30), max_size=12)


@given(NAMES, st.integers(10, 24), st.randoms())
def test_cut_names_stay_apart_in_any_order(names, limit, chance):
    short = cut_apart(names, limit)
    assert all(len(one) <= limit for one in short)
    assert len(set(short)) == len(set(names))
    assert all(one == name for one, name in zip(short, names, strict=True) if len(name) <= limit)
    mixed = names.copy()
    chance.shuffle(mixed)
    assert dict(zip(mixed, cut_apart(mixed, limit), strict=True)) == dict(zip(names, short, strict=True))


@given(NAMES, st.lists(st.text("ab (12)", max_size=6), max_size=4))
def test_told_apart_means_no_name_twice(names, taken):
    apart = told_apart(names, taken)
    assert len(set(apart)) == len(names)
    assert not set(apart) & set(taken)
    assert all(one.startswith(name) for one, name in zip(apart, names, strict=True))


def test_titles_of_a_series_are_told_apart_by_their_ends():
    titles = [
        "Lord of the Rings: The Two Towers, The (2002)",
        "Lord of the Rings: The Return of the King, The (2003)",
    ]
    assert cut_apart(titles, 22) == ["Lord of t…, The (2002)", "Lord of t…, The (2003)"]
