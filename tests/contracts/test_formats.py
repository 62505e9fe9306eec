"""What every format in the registry promises. A new format is tested here without a line of its own."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core import FORMATS, NmfError, Ratings, preview_ratings, read_ratings
from nmf_core.formats.base import Format
from nmf_core.formats.registry import format_of

SAID = [[5, 3], [4, None]]  # what the example says, users down


@cache  # an archive bears the time it was made, so a second one may be a byte longer
def example(name: str) -> bytes:
    made = FORMATS[name].example
    assert made is not None, f"the format {name} has no example"
    return made()


def file_name(name: str) -> str:
    return f"ratings.{FORMATS[name].extensions[0]}"


@pytest.mark.parametrize("name", FORMATS)
def test_the_example_is_read_as_what_it_says(name, tmp_path):
    ratings = read_ratings(example(name), name=file_name(name))
    assert [[None if x != x else x for x in row] for row in ratings.to_grid().to_numpy().tolist()] == SAID
    if FORMATS[name].has_ids:
        assert (ratings.users.tolist(), ratings.items.tolist()) == (["ann", "bob"], ["x", "y"])
    path = tmp_path / file_name(name)
    path.write_bytes(example(name))
    assert read_ratings(path).fingerprint == ratings.fingerprint
    assert preview_ratings(path).ratings.fingerprint == ratings.fingerprint


@pytest.mark.parametrize("name", [name for name, f in FORMATS.items() if f.has_header])
def test_a_table_with_a_header_is_read_without_a_question(name):
    found = preview_ratings(example(name), name=file_name(name))
    assert found.sure
    assert found.head.columns.tolist() == ["user", "item", "rating"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_content_says_which_format_it_is_whatever_the_name(name):
    assert format_of(example(name), "ratings", "auto") is FORMATS[name]
    other = next(f for f in FORMATS.values() if f.name != name and not f.sniff(example(name)[:4096], "ratings"))
    with pytest.raises(NmfError, match="is not an? "):
        read_ratings(example(name), format=other.name)


@pytest.mark.parametrize("name", FORMATS)
def test_it_says_what_it_is(name):
    form: Format = FORMATS[name]
    assert form.title and form.summary and form.when and form.extensions


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_a_damaged_file_is_ratings_or_a_sentence(name, data):
    content = bytearray(example(name))
    places = st.integers(0, 2**16)  # whatever is drawn must not hang on the example's length
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(places) % len(content)] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(places) % (len(content) + 1)])
    for damaged in (bytes(content), cut):
        try:
            assert isinstance(read_ratings(damaged, name=file_name(name)), Ratings)
        except NmfError as error:
            assert len(str(error)) > 20
