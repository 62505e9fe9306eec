"""JSON in its usual layouts, and what is refused of it."""

import json
import tracemalloc

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.reading.read import read_ratings

FRAME = pd.DataFrame({"user": ["ann", "bob"], "item": ["007", "x"], "rating": [5, 4.5]})
GRID = pd.DataFrame({"007": [5, None], "x": [None, 4.5]}, index=["ann", "bob"])
RECORDS = FRAME.to_dict("records")

LAYOUTS = {
    "records": json.dumps(RECORDS),
    "indented": json.dumps(RECORDS, indent=2),
    "lines": "\n".join(map(json.dumps, RECORDS)),
    "lines with a mark, and blank ones": "\ufeff" + "\r\n\r\n".join(map(json.dumps, RECORDS)) + "\n",
    "other keys": json.dumps(
        [{"date": "1", "Movie-ID": r["item"], "who": r["user"], "stars": r["rating"]} for r in RECORDS]
    ),
    "wrapped": json.dumps({"count": 2, "about": {"by": "us"}, "tags": ["a"], "ratings": RECORDS}),
    "nested": '{"ann": {"007": 5, "x": null}, "bob": {"x": 4.5}}',
    "nested, ids that are numbers of a row": '{"ann": {"007": 5}, "bob": {"x": "4.5"}}',
    "grid of records": '[{"who": "ann", "007": 5}, {"x": 4.5, "who": "bob", "007": null}]',
    "pandas columns": FRAME.to_json(),
    "pandas index": FRAME.to_json(orient="index"),
    "pandas split": FRAME.to_json(orient="split"),
    "pandas split, grid": GRID.to_json(orient="split"),
    "pandas table": FRAME.to_json(orient="table"),
    "lists": json.dumps(FRAME.to_dict("list")),
    "whole numbers and numbers as text": '[{"user":"ann","item":"007","rating":"5"},{"user":"bob","item":"x","rating":4.50}]',
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_layouts(text, encoding):
    ratings = read_ratings(text.removeprefix("\ufeff" if encoding == "utf-16" else "").encode(encoding))
    assert ratings.to_table().values.tolist() == [["ann", "007", 5.0], ["bob", "x", 4.5]]


def test_one_record_is_a_file():
    assert read_ratings(b'{"user": 1, "item": 2.0, "rating": 5}').to_table().values.tolist() == [["1", "2", 5.0]]


def test_ids_keep_their_digits():
    ratings = read_ratings(b'[{"user": 123456789012345678901234567890, "item": "07", "rating": 5}]')
    assert ratings.users.tolist() == ["123456789012345678901234567890"]


def test_what_reviews_hold_besides_ratings_is_no_hindrance():
    text = (
        '{"overall": 5.0, "verified": true, "style": {"a": "b"}, "helpful": [0, 0], "reviewerID": "A1", "asin": "B1"}'
    )
    ratings = read_ratings(f"{text}\n{text.replace('A1', 'A2')}".encode())
    assert ratings.n_users == 2
    assert any(note.startswith("4 values that are lists or objects were left out") for note in ratings.notes)


def test_null_is_blank_and_counted():
    ratings = read_ratings(b'[{"user":"ann","item":"x","rating":5},{"user":"ann","item":"y","rating":null}]')
    assert ratings.n_ratings == 1 and any("1 cell without a number was" in note for note in ratings.notes)


def test_lone_surrogates_beside_values_that_are_no_text():
    ratings = read_ratings(b'{"user":["a",true,"\\ud800"],"item":["x","y","z"],"rating":[1,2,3]}')
    assert ratings.users.tolist() == ["a", "TRUE", "�"]


def test_lone_surrogates_are_replaced_and_counted():
    ratings = read_ratings(b'[{"user":"a\\ud800","item":"x","rating":5}]')
    assert ratings.users.tolist() == ["a�"] and any("replaced by �" in note for note in ratings.notes)


def record(**values):
    return json.dumps([RECORDS[0], {"user": "cy", "item": "z", "rating": 1} | values])


REFUSED = {
    "blank": (" \n ", "is empty"),
    "no records": ("[]", "is empty"),
    "no keys": ("{}", "is empty"),
    "records without values": ("[{}, {}]", "is empty"),
    "200,000 lists": ("[" * 200_000, "record 1: .*nested too deep"),
    "200,000 lists inside": ('[{"a":' + "[" * 200_000, "record 1: .*nested too deep"),
    "200,000 objects": ('{"a":' * 200_000, "nested too deep"),
    "NaN": (record(rating=float("nan")), "record 2: NaN is no JSON"),
    "Infinity": (record(other=float("-inf")), "record 2: -Infinity is no JSON"),
    "1e999": (record(rating=0.25).replace("0.25", "1e999"), "record 2: the number '1e999' is too large"),
    "5,000 digits": (record(rating=7).replace("7}", "7" * 5000 + "}"), "record 2: .*5000 digits"),
    "key twice": ('[{"user":"a","item":"x","rating":1,"rating":2}]', "record 1: the key 'rating' is there twice"),
    "user twice": ('{"ann": {"x": 1}, "ann": {"y": 2}}', "the key 'ann' is there twice"),
    "item twice": ('{"ann": {"x": 1, "x": 2}}', "the key 'x' is there twice"),
    "numbers": ("[1, 2]", "record 1 is .*1.*a record is an object"),
    "a list among records": (json.dumps([*RECORDS, [1]]), "record 3 is a list"),
    "a line that is no object": ('{"user":"a","item":"x","rating":1}\n[1]\n', "line 2 is a list"),
    "a rating that is a list": (record(rating=[1]), "record 2, key 'rating': the value is a list"),
    "a user that is an object": (record(user={"id": 1}), "record 2, key 'user': the value is an object"),
    "a rating that is true": (record(rating=True), "record 2, key 'rating': the value is true"),
    "a cell of a grid that is a list": ('[{"who":"ann","x":[5]}]', "record 1, key 'x': the value is a list"),
    "a nested rating that is true": ('{"ann": {"x": true}}', "key 'ann', key 'x': the value is true"),
    "a rating that is text": (record(rating="five"), "record 2, column 'rating': 'five' is not a number"),
    "a blank id": (record(user=None), "record 2, column 'user': the user id is blank"),
    "cut off": (record()[:-20], "record 2, line 1, column .*the JSON is broken"),
    "a comma too many": ('[{"user":"a","item":"x","rating":1},]', "record 2, line 1, column 37"),
    "a line that is broken": ('{"user":"a","item":"x","rating":1}\n{"user" 1}\n', "json, line 2, column 9"),
    "more after the end": (record() + "x", "something after its end"),
    "two lists of records": (json.dumps({"a": RECORDS, "b": RECORDS}), "2 lists of records, 'a, b'"),
    "objects and numbers": ('{"ann": {"x": 1}, "n": 3}', "'n' is no object"),
    "lists of unequal length": ('{"user": ["a"], "item": ["x", "y"], "rating": [1]}', "equally long"),
    "split: a short row": ('{"columns": ["a", "b"], "data": [[1]]}', "record 1: it is not a list of 2"),
    "no keys in common": ("[" + ",".join(f'{{"k{k}": 1}}' for k in range(9000)) + "]", "9000 different keys"),
    "text": ("hello", "not a JSON file"),
    "a number": ("5", "not a JSON file"),
}


@pytest.mark.parametrize(("text", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(text, says):
    with pytest.raises(NmfError, match="(?s)" + says) as caught:
        read_ratings(text.encode(), name="dir/films.json")
    assert str(caught.value).startswith("films.json") and len(str(caught.value)) < 600


def test_broken_utf_8_is_refused_with_its_line():
    with pytest.raises(NmfError, match="line 2: byte 0xff is no text in UTF-8"):
        read_ratings(b'[{"user":"ann",\n"item":"\xff","rating":5}]', name="a.json")


HUNGRY = {
    "lists in a record": '[{"a":[' + ",".join(["[]"] * 60_000) + "]}]",
    "lists in an object": '{"a":[' + ",".join(["[]"] * 60_000) + "]}",
    "a key each": "[" + ",".join(f'{{"k{k}":1}}' for k in range(12_000)) + "]",
    "many keys, then none": "[{" + ",".join(f'"k{k}":1' for k in range(500)) + "}" + ",{}" * 50_000 + "]",
    "users without items": "{" + ",".join(f'"{k}":{{}}' for k in range(20_000)) + "}",
    "empty lists": "{" + ",".join(f'"{k}":[]' for k in range(20_000)) + "}",
}


@pytest.mark.parametrize("text", HUNGRY.values(), ids=HUNGRY.keys())
def test_a_small_file_takes_little_memory(text):
    data = text.encode()
    tracemalloc.start()
    with pytest.raises(NmfError):
        read_ratings(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * len(data)


WHOLE = sorted(LAYOUTS.values())


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(WHOLE), st.data())
def test_damaged_json(text, data):
    content = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.sampled_from(b'[]{},:"1eNt \\\n\x00\xff'))
    content = content[: data.draw(st.integers(len(content) // 2, len(content)))]
    try:
        assert isinstance(read_ratings(bytes(content), name="a.json"), Ratings)
    except NmfError:
        return


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["user", "item", "rating", "x", ""]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_any_json(value):
    try:
        assert isinstance(read_ratings(json.dumps(value).encode(), format="json"), Ratings)
    except NmfError:
        return
