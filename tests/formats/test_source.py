"""A source is opened and decoded once, whatever is asked about it."""

from __future__ import annotations

from collections import Counter

import pytest

from nmf_core import NmfError, open_source, preview_ratings, read_items
from nmf_core.formats import delimited, workbook
from nmf_core.reading.items import looks_like_items
from tests.formats.test_workbooks import book

DOUBTFUL = b"who;what;points;date\nann;x;4,5;1\nann;y;0;1\nbob;x;3;2\nbob;z;2;3\n"


@pytest.fixture
def counted(monkeypatch):
    """How often columns were taken from text, and sheets from workbooks."""
    count: Counter[str] = Counter()
    for module, name in ((delimited, "_streamed"), (workbook, "_rows")):
        before = getattr(module, name)

        def counting(*args, _before=before, _of=name, **rest):
            count[_of] += 1
            return _before(*args, **rest)

        monkeypatch.setattr(module, name, counting)
    return count


def test_further_answers_read_no_column_again(counted):
    source = open_source(DOUBTFUL, name="points.csv")
    assert not looks_like_items(source)
    first = preview_ratings(source)
    before = counted["_streamed"]
    for answers in ({"zeros": "unrated"}, {"decimal": ","}, {"zeros": "rating", "layout": "long"}):
        preview_ratings(source, **answers)
    assert counted["_streamed"] == before
    assert preview_ratings(source).ratings.fingerprint == first.ratings.fingerprint


def test_each_sheet_of_a_workbook_is_read_once(counted):
    sheets = {name: [["", "x"], ["ann", 1], ["bob", 2]] for name in ("a", "b", "c")}
    source = open_source(book(**sheets), name="club.xlsx")
    for answers in ({}, {"sheet": "b"}, {"sheet": "c"}, {"sheet": "b"}, {}):
        assert preview_ratings(source, **answers).ratings is not None
    assert counted["_rows"] == 3


def test_another_encoding_is_decoded_once_and_found_again():
    source = open_source("user,item,rating\nИван,Чужой,5\nМария,Звезда,4\n".encode("cp1251"), name="old.csv")
    assert source.table(None, "cp1250") is source.table(None, "cp1250")
    assert preview_ratings(source, encoding="cp1251").ratings.users.tolist() == ["Иван", "Мария"]


def test_items_are_read_from_what_was_opened():
    source = open_source(b"movieId,title,genres\n1,Alien (1979),Horror\n", name="films.csv")
    assert looks_like_items(source)
    assert read_items(source).loc["1", "title"] == "Alien (1979)"


def test_a_forgetful_source_reads_anew_and_an_unknown_sheet_is_refused():
    source = open_source(DOUBTFUL, name="points.csv")
    table = source.table()
    assert source.table() is table is not source.forgetful().table()
    with pytest.raises(NmfError, match="only workbooks have sheets"):
        source.table("x")
