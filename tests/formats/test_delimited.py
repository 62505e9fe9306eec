"""Delimited text: what separates cells, encodings, and that reading fast and with care give the same."""

import pyarrow as pa
import pytest

from benchmarks import reading
from nmf_core.errors import NmfError
from nmf_core.formats import delimited, delimited_text
from nmf_core.reading.read import preview_ratings, read_ratings
from nmf_core.tables.arrow import whole_numbers
from nmf_core.tables.base import MAX_CELL
from tests.conftest import cells


def test_ids_in_a_file_with_quotes_stay_text_too():
    ratings = read_ratings(b'user,item,rating\n007,"NA",5\n07,"a, ""b""",3\n')
    assert cells(ratings) == {("007", "NA"): 5, ("07", 'a, "b"'): 3}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter, newline):
    text = newline.join(["user,item,rating", "ann,x,5", "", "bob,y,4"]).replace(",", delimiter)
    assert cells(read_ratings(text.encode())) == {("ann", "x"): 5, ("bob", "y"): 4}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252"])
def test_encodings(encoding):
    ratings = read_ratings("user,item,rating\nZoë,Amélie,5\n".encode(encoding))
    assert cells(ratings) == {("Zoë", "Amélie"): 5}
    assert any("Latin-1" in note for note in ratings.notes) == (encoding in ("latin-1", "cp1252"))


def test_excels_separator_line():
    assert cells(read_ratings(b"sep=;\nuser;item;rating\nann;x;4,5\n")) == {("ann", "x"): 4.5}


def test_regular_rows_take_the_fast_path(monkeypatch):
    import nmf_core.formats.delimited as delimited

    monkeypatch.setattr(delimited, "_careful", None)
    rows = "".join(f"u{k % 100},i{k % 999},{k % 5 + 1}\n" for k in range(20_000))
    ratings = read_ratings(("user,item,rating\n" + rows).encode())
    assert ratings.V.shape == (100, 999)


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["978307000", "1046454590"], True),  # times: nine digits, and ten
        (["978307000", "12"], True),
        (["0978307000", "1046454590"], False),  # an ISBN keeps its zero
        (["+978307000", "1046454590"], False),
        (["978307000 ", "1046454590"], False),
        (["9783070001234567890123", "1046454590"], False),
        (["978307000", ""], False),
        (["978307000", "x12345678"], False),
    ],
)
def test_long_whole_numbers_are_kept_as_numbers_only_where_they_stand_so(cells, numbers):
    """Items that are numbers are named as they are written, whether a column of them is read as numbers or as text."""
    rows = [(f"u{k % 700}", cell or "z", k % 5 + 1) for k, cell in enumerate(cells * 700)]
    text = "user,item,rating\n" + "".join(f"{u},{i},{r}\n" for u, i, r in rows)
    ratings = read_ratings(text.encode())
    assert list(ratings.items) == [(cell or "z").strip() for cell in cells]
    texts = pa.chunked_array([pa.array(cells * 700)])
    kept = whole_numbers(texts)
    assert (kept is not None) == numbers
    assert kept is None or [str(k) for k in kept[:2]] == cells


@pytest.mark.parametrize(("cell", "said"), [("x\0y", "line 1502"), ("x" * (MAX_CELL + 1), "line 1502")])
def test_a_cell_that_is_no_name_is_found_at_full_speed(cell, said):
    rows = [f"u{k % 100},i{k % 999},{k % 5 + 1}\n" for k in range(3000)]
    rows[1500] = f"u1,{cell},3\n"
    with pytest.raises(NmfError, match=said):
        read_ratings(("user,item,rating\n" + "".join(rows)).encode())


def test_the_fast_and_the_careful_path_agree():
    plain = "user,item,rating\n\nann, x ,5\n007,NA,4\nZoë,'y',3\n"
    quoted = plain.replace("NA", '"NA"')
    assert read_ratings(plain.encode()).fingerprint == read_ratings(quoted.encode()).fingerprint
    for text in (plain, quoted):
        with pytest.raises(NmfError, match="line 6"):
            read_ratings((text + "bob,x,five\n").encode())


def test_thousands_of_columns_are_refused_in_words():
    """Each column once was looked for among all the others; `python -m benchmarks.reading --columns` says what they take now."""
    for text in reading.many_columns(8_000):
        assert len(str(preview_ratings(text).error)) > 20


@pytest.mark.parametrize("quoted", [False, True])
def test_a_large_text_is_read_alike_in_one_piece_and_in_blocks(monkeypatch, quoted):
    name = '"{}"'.format if quoted else str
    rows = [(f"u{(k * k) % 97}", name(f"i{(k * 7) % 61} ä"), f"{k % 9 / 2:g}") for k in range(6_000)]
    text = ("user,item,rating\n" + "".join(",".join(row) + "\n" for row in rows)).encode()
    whole = read_ratings(text)
    for at_ease, few in ((0, 0), (10**9, 0), (10**9, 10), (10**9, 10**9)):
        monkeypatch.setattr(delimited, "_BLOCK", 4_000)
        monkeypatch.setattr(delimited, "_AT_EASE", at_ease)
        monkeypatch.setattr(delimited, "_FEW_CELLS", few)
        assert read_ratings(text).fingerprint == whole.fingerprint
        assert read_ratings(text).users.tolist() == whole.users.tolist()


def test_a_file_that_changes_while_it_is_read_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "ratings.csv"
    path.write_bytes(b"user,item,rating\nann,x,5\n")
    has_quotes = delimited_text.has_quotes

    def changed(data):
        path.write_bytes(b"user,item,rating\nann\xff,x,5\n")
        return has_quotes(data)

    monkeypatch.setattr(delimited_text, "has_quotes", changed)
    with pytest.raises(NmfError, match=r"ratings\.csv was changed while it was read"):
        read_ratings(path)


def test_one_very_long_line_below_a_blank_one_is_refused_in_words():
    with pytest.raises(NmfError, match="The file: the header 'mmm"):
        read_ratings(b"\n" + b"m" * 100_000)
