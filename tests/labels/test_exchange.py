"""Labels leave as JSON and CSV and come back exactly; what is wrong in a file is said with where it stands."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmf_core.errors import NmfError
from nmf_core.labels import KINDS, Label, is_same, shape_of, shapes_of
from nmf_core.labels.exchange import labels_from_csv, labels_from_json, labels_to_csv, labels_to_json

SHAPE = shape_of(["x", "y"], [2, 1])
WAYS = pytest.mark.parametrize(
    ("write", "read"), [(labels_to_json, labels_from_json), (labels_to_csv, labels_from_csv)], ids=["json", "csv"]
)
HOSTILE = ["=cmd|'/c calc'!A1", "'=1", "''-1", "@SUM(A1)", "+1", "\u200b=1", "＝1", "<img src=x onerror=alert(1)>", '"a",b',
           "NA", "null", "007", "🎬", "a\u202eb", "שלום", "{{7*7}}", "'"]  # fmt: skip


@WAYS
def test_every_kind_of_label_comes_back_exactly(write, read):
    labels = [(Label(name, kind=kind, note=f"{name}\n{name}", colour="#AA3300", author=name), SHAPE)
              for name in HOSTILE for kind in KINDS]  # fmt: skip
    labels += [(Label(f"feature {f}"), shape) for f, shape in enumerate(shapes_of(HOSTILE, [[1.0] * 17, [*range(17)]]))]
    text = write(labels)
    assert read(text) == labels == read(text.encode()) == read(b"\xef\xbb\xbf" + text.encode())
    assert write(read(text)) == text


words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\ufffe\uffff"), max_size=30)


@given(st.lists(st.tuples(words, words, st.sampled_from(KINDS)), max_size=5), st.lists(words, min_size=1, unique=True))
def test_any_text_comes_back_exactly(given, items):
    shape = shape_of(items, range(1, len(items) + 1))
    labels = list(dict.fromkeys((Label(f"x{text}", kind=kind, note=note), shape) for text, note, kind in given))
    labels += [
        (Label(f"{text}x"), shape) for text in dict.fromkeys(text for text, _, _ in given) if text == text.strip()
    ]
    labels = list(dict.fromkeys(labels))
    assert labels_from_json(labels_to_json(labels)) == labels
    assert labels_from_csv(labels_to_csv(labels)) == labels


def test_a_spreadsheet_runs_nothing_of_it():
    rows = list(
        csv.reader(io.StringIO(labels_to_csv([(Label(name, note=name, author=name), SHAPE) for name in HOSTILE])))
    )
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@＝＋－＠\t\r")]


@WAYS
def test_what_is_there_twice_is_written_once_and_equal_names_of_two_features_are_two(write, read):
    other = shape_of(["z"], [1])
    labels = [(Label("Action"), SHAPE), (Label("Action"), other), (Label("Action"), SHAPE)]
    assert read(write(labels)) == labels[:2]


def test_a_hand_may_leave_out_what_is_not_needed():
    text = 'shape,text\n"{""items"": [""x""], ""weights"": [1]}",Heist\n\n'
    assert labels_from_csv(text) == [(Label("Heist"), shape_of(["x"], [1]))]
    assert labels_from_csv(labels_to_csv([])) == labels_from_json(labels_to_json([])) == []


ROW = '"{""items"": [""x""], ""weights"": [1]}"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Line 1 has the columns nothing; a column 'text' is missing"),
        ("name,shape\n", "columns name, shape; a column 'text' is missing"),
        ("text,shape,text\n", "'text' is there twice. Leave one"),
        (f"text,shape\nHeist,{ROW}\nHeist,{ROW},1\n", "Line 3 has 3 cells; line 1 names 2 columns"),
        (f'text,shape\n"a\nb",{ROW}\n\n,{ROW}\n', "Line 5: The label is '', without a character to be seen"),
        (f"text,kind,shape\nHeist,film,{ROW}\n", "Line 2: The kind is 'film'; it must be one of: genre, theme"),
        (f"text,shape\n{'x' * 81},{ROW}\n", "Line 2: The label 'xxx.* has 81 characters; at most 80 are allowed"),
        (f"text,note,shape\nHeist,{'x' * 2001},{ROW}\n", "Line 2: The note .* at most 2,000"),
        (f"text,colour,shape\nHeist,red,{ROW}\n", "Line 2: The colour is 'red'; it must be #rrggbb"),
        (f"text,shape\nHeist,{ROW}\nHeist,{ROW}\n", "Line 3: the label 'Heist' of the same feature is at Line 2 too"),
        ("text,shape\nHeist,x\n", "Line 2: 'x' is not the shape of a feature"),
        ('text,shape\nHeist,"{""items"": [], ""weights"": []}"\n', "Line 2: The shape of 'Heist' has no items"),
        ('text,shape\n"Heist', "Line 2 is no CSV"),
        ("text,shape\n" + "".join(f"{k},{ROW}\n" for k in range(1001)), "Line 1002 is one too many; at most 1,000"),
        ("text,shape\nÄ,x\n".encode("latin-1"), "not in UTF-8 .byte 12 is"),
        (b"x" * 50_000_001, "has 50,000,001 bytes; at most"),
    ],
)  # fmt: skip
def test_a_csv_that_is_none_of_labels_says_where_and_why(text, said):
    with pytest.raises(NmfError, match=said):
        labels_from_csv(text)


def record(**changed):
    one = {
        "text": "Heist",
        "kind": "genre",
        "note": "",
        "colour": "",
        "author": "",
        "shape": {"items": ["x"], "weights": [1]},
    }
    return {key: value for key, value in (one | changed).items() if value is not None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON .line 1, column 1"), ('{"labels": [}', "no JSON .line 1, column 13"), ("[" * 200_000, "no JSON .too deep"),
        ('{"labels": NaN}', "NaN stands in it"), ('{"labels": [], "labels": []}', "'labels' is there twice"),
        ("[]", r"This JSON is \[\]; labels are"), ('{"labels": 3}', "This JSON is"), ("3", "This JSON is 3"),
        (json.dumps({"format": "other", "labels": []}), "This is 'other', version 1; read are labels of version 1"),
        (json.dumps({"version": 2, "labels": []}), "version 2; read are"),
        (json.dumps({"labels": [record(), 3]}), "Label 2: 3 is no label"),
        (json.dumps({"labels": [record(), record(shape=None)]}), "Label 2: 'shape' is missing; there are text, kind"),
        (json.dumps({"labels": [record(text=3)]}), "Label 1: The label is 3; it must be text"),
        (json.dumps({"labels": [record(kind="film")]}), "Label 1: The kind is 'film'"),
        (json.dumps({"labels": [record(shape={"items": ["x"], "weights": [-1]})]}), "Label 1: .*is not the shape"),
        (json.dumps({"labels": [record(), record(text="Heist ")]}), "Label 2: the label 'Heist' of the same feature is at Label 1"),
    ],
)  # fmt: skip
def test_a_json_that_is_none_of_labels_says_where_and_why(text, said):
    with pytest.raises(NmfError, match=said):
        labels_from_json(text)


def test_a_cell_of_the_csv_is_no_longer_than_a_spreadsheet_holds():
    """Excel cuts longer ones, and what is cut is no shape."""
    rng = np.random.default_rng(0)
    items = [f"A film with a title of about forty letters {k}" for k in range(3000)]
    H = rng.gamma(0.3, size=(3, 3000))
    shapes = shapes_of(items, H, counted=True)
    labels = [(Label(f"name {f}"), shape) for f, shape in enumerate(shapes)]
    text = labels_to_csv(labels)
    assert max(len(cell) for row in csv.reader(io.StringIO(text)) for cell in row) < 32_767
    back = labels_from_csv(text)
    assert [label for label, _ in back] == [label for label, _ in labels]
    assert all(is_same(one, other) for (_, one), other in zip(back, shapes, strict=True))
    assert labels_from_json(labels_to_json(labels)) == labels
