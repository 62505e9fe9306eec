import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmf_core.errors import NmfError
from nmf_core.labels import KINDS, Label


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": ""}, "1 to 80"),
        ({"text": " \n\t "}, "1 to 80"),
        ({"text": "\u200b\u200d"}, "without a character to be seen"),
        ({"text": "x" * 81}, "81 characters; at most 80"),
        ({"text": "x" * 1_000_000}, "1,000,000 characters; at most 80"),
        ({"text": 3}, "must be text"),
        ({"text": None}, "must be text"),
        ({"text": "x", "note": "y" * 2001}, "2,001 characters; at most 2,000"),
        ({"text": "x", "author": "y" * 81}, "at most 80"),
        ({"text": "x", "kind": "genres"}, "Did you mean 'genre'"),
        ({"text": "x", "kind": ["genre"]}, "must be one of"),
        ({"text": "x", "colour": "red"}, "#rrggbb"),
        ({"text": "x", "colour": "#12345"}, "#rrggbb"),
        ({"text": "x", "colour": "#123456\n"}, "#rrggbb"),
    ],
)
def test_a_field_outside_its_range_is_refused_in_few_words(fields, said):
    with pytest.raises(NmfError, match=said) as caught:
        Label(**fields)
    assert len(str(caught.value)) < 300


def test_a_label_is_cleaned():
    label = Label(" Film\nnoir\x00 ", kind="theme", note=" one\r\n\ttwo\x07\n", colour="#AABBCC", author=" ann ")
    assert (label.text, label.note) == ("Film noir�", "one\n two�")
    assert (label.kind, label.colour, label.author) == ("theme", "#aabbcc", "ann")


def test_characters_that_break_a_page_are_replaced_and_others_kept():
    assert Label("a\ud800b\u202ec").text == "a�b�c"
    assert Label("<b>=cmd|' 👩‍👩‍👧 שלום").text == "<b>=cmd|' 👩‍👩‍👧 שלום"
    assert Label("e\u0301") == Label("é")


@given(st.text(max_size=100), st.sampled_from(KINDS), st.text(max_size=100))
def test_a_label_that_exists_is_valid_and_cleaning_it_again_changes_nothing(text, kind, note):
    try:
        label = Label(text, kind=kind, note=note)
    except NmfError:
        return
    assert 1 <= len(label.text) <= 80
    label.text.encode()
    assert Label(**label.__dict__) == label
