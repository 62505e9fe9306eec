"""Any column of item metadata is read for what it is, and what tells one item from all others is not."""

from __future__ import annotations

import datetime
import uuid

import numpy as np
import pandas as pd
import pytest

from nmf_core.labels import KINDS, Label, known_values, suggest_names
from nmf_core.labels.metadata import read_columns

N = 60
ITEMS = [f"item {k:02}" for k in range(N)]
HIT = np.arange(N) < 12
H = np.vstack([np.where(HIT, np.linspace(1, 0.6, N), 0.02), np.where(HIT, 0.02, 1)])


def firsts(column, cells):
    """What is suggested for a feature that rests on the first twelve items."""
    return suggest_names(H, 0, ITEMS, pd.DataFrame({column: pd.Series(cells, index=ITEMS, dtype=object)}))


def hits(value, other):
    return [value if hit else other for hit in HIT]


@pytest.mark.parametrize(
    ("column", "cells", "text", "kind", "said"),
    [
        ("studio", hits("Sony", "Fox"), "Sony", "other", "have Sony as studio"),
        ("listed_in(genres)", hits("Action, Crime", "Drama"), "Action", "genre", "are Action"),
        ("Kategorie", hits("Action / Crime", "Drama / War"), "Action", "genre", "are Action"),
        ("Filmgenre", hits(["Action"], ["Drama", "War"]), "Action", "genre", "are Action"),
        ("genres", hits("['Action', 'Crime']", "['Drama']"), "Action", "genre", "are Action"),
        (
            "genres",
            hits('[{"id": 28, "name": "Action"}]', '[{"id": 18, "name": "Drama"}]'),
            "Action",
            "genre",
            "are Action",
        ),
        ("genres", hits("sci-fi", "Drama")[:-2] + ["Sci-Fi"] * 2, "sci-fi", "genre", "are sci-fi"),
        ("Comedy", hits(1, 0), "Comedy", "genre", "are Comedy"),
        ("has sequel", hits(True, False), "has sequel", "other", "are marked “has sequel”"),
        ("user_tags", hits("heist|slow", "war|slow"), "heist", "theme", "have the theme heist"),
        ("Regie", hits("Fritz Lang", "G. W. Pabst"), "Fritz Lang", "directorial style", "are by Fritz Lang"),
        (
            "premiere",
            [datetime.date(1994 if hit else 2010, 3, 1) for hit in HIT],
            "1990s",
            "other",
            "are from the 1990s",
        ),
        (
            "premiere",
            [pd.Timestamp(1994 if hit else 2010, 3, 1) for hit in HIT],
            "1990s",
            "other",
            "are from the 1990s",
        ),
        ("premiere", hits("1994-03-01", "2010-10-30"), "1990s", "other", "are from the 1990s"),
        ("Erscheinungsjahr", hits(1994, 2010), "1990s", "other", "are from the 1990s"),
        ("first shown", [1990 + k % 9 if hit else 2003 for k, hit in enumerate(HIT)], "1990s", "other", "are from the"),
        (
            "runtimeMinutes",
            [f"{180 if hit else 80 + k} min" for k, hit in enumerate(HIT)],
            "Long (",
            "length or complexity",
            "Long",
        ),
        (
            "price_eur",
            [100.5 + k if hit else k / 8 for k, hit in enumerate(HIT)],
            "High price eur (",
            "other",
            "have High price",
        ),
        ("players", hits(2, 4), "players 2", "other", "have players 2"),
        (
            "overview",
            [f"The {'detective' if hit else 'girl'} of town {k}" for k, hit in enumerate(HIT)],
            "Detective",
            "other",
            "“",
        ),
        (
            "remarks",
            [f"a {'detective' if hit else 'girl'} in a town {k}" for k, hit in enumerate(HIT)],
            "Detective",
            "other",
            "“",
        ),
        ("{0} {", hits("a", "b"), "a", "other", "have a as (0) ("),
        ("tag", hits("<script>", "*b*"), "<script>", "theme", "have the theme <script>"),
    ],
)
def test_a_column_is_known_by_its_header_or_its_cells(column, cells, text, kind, said):
    first = firsts(column, cells)[0]
    assert first.text.startswith(text)
    assert (first.kind, first.column) == (kind, column)
    assert first.kind in KINDS
    assert said in first.evidence
    assert Label(first.text, kind=first.kind, note=first.evidence).text == first.text


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("isbn13", [str(9780000000000 + k) for k in range(N)]),
        ("tmdbId", list(range(N))),
        ("genre_ids", hits("[1, 2]", "[3]")),
        ("number", [7 * k + 3 for k in range(N)]),
        ("key of it", [str(uuid.UUID(int=k)) for k in range(N)]),
        ("shelf", [f"AB{k:04}" for k in range(N)]),
        ("cover", hits("a.jpg", "b.jpg")),
        ("picture", hits("a.jpg", "b.jpg")),
        ("site", hits("https://a.org", "https://b.org")),
        ("contact", hits("a@x.org", "b@x.org")),
        ("author", [f"First{k} Last{k}" for k in range(N)]),
        ("x", [{"a": 1}] * N),
        ("x", hits(object(), object())),
        ("x", hits(10**5000, -(10**5000))),
        ("year", hits(10**5000, float("-inf"))),
        ("", hits("a", "b")),
        ("text", ["a" * 100_000] * N),
        ("genres", hits(["a" * 100], [b"b"])),
        ("genres", hits("\u200b", "\u2060")),  # a label must be seen
    ],
)
def test_what_tells_one_item_from_all_others_or_is_nothing_is_not_read(column, cells):
    assert firsts(column, cells) == []


def test_of_values_that_differ_in_case_alone_the_usual_one_is_shown():
    info = pd.DataFrame({"tags": ["Noir|noir", "noir", "NOIR", "war"]}, index=list("abcd"))
    (column,) = read_columns(list("abcd"), info)
    assert column.names == ["noir", "war"]
    assert column.carriers.tolist() == [0, 1, 2, 3]  # the first has it once


def test_filters_know_columns_with_usual_headers_alone():
    info = pd.DataFrame(
        {"studio": ["Sony", "Sony"], "Genres": ["Drama|War", ""], "year": [1994, 2001]}, index=["a", "b"]
    )
    assert known_values(["b", "a"], info) == {"genre": [(), ("Drama", "War")], "decade": [("2000s",), ("1990s",)]}


def test_columns_with_the_same_header_or_of_several_levels_are_read_once_each():
    twice = pd.DataFrame([[*"ab"] if hit else [*"cd"] for hit in HIT], columns=["x", "x"], index=ITEMS)
    assert {s.text for s in suggest_names(H, 0, ITEMS, twice)} == {"a", "b"}
    twice.columns = pd.MultiIndex.from_tuples([("p", "q"), ("p", "r")])
    assert {s.text for s in suggest_names(H, 0, ITEMS, twice)} == {"a", "b"}
