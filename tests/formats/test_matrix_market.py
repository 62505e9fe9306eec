"""Matrix Market: as SciPy writes it, and what would make room for more than there is."""

from __future__ import annotations

import io

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core import NmfError, preview_ratings, read_ratings
from nmf_core.formats import matrix_market

BANNER = "%%MatrixMarket matrix "


def mtx(text):
    return (BANNER + text).encode()


def grid(ratings):
    return ratings.to_grid().to_numpy().tolist()


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_what_scipy_writes_is_read_as_scipy_reads_it(dense, symmetric, whole, tmp_path):
    rng = np.random.default_rng(7)
    matrix = rng.integers(1, 6, (7, 7)) * (1 if whole else 0.5)
    matrix = np.tril(matrix) + np.tril(matrix, -1).T if symmetric else matrix[:, :4]
    file = io.BytesIO()
    stored = matrix if dense else scipy.sparse.coo_array(np.where(rng.random(matrix.shape) < 2, matrix, 0))
    scipy.io.mmwrite(file, stored, symmetry="symmetric" if symmetric else "general")
    ratings = read_ratings(file.getvalue(), name="a.mtx")
    assert grid(ratings) == matrix.tolist()
    assert ratings.users.tolist() == [str(k + 1) for k in range(7)]
    assert any("rows of the matrix" in note.lower() for note in ratings.notes)
    assert any("symmetric" in note for note in ratings.notes) == symmetric
    path = tmp_path / "a.mtx"
    path.write_bytes(file.getvalue())
    assert read_ratings(path).fingerprint == ratings.fingerprint


def test_each_cell_of_a_pattern_counts_1():
    ratings = read_ratings(mtx("coordinate pattern general\n% a remark\n\n2 2 2\n1 1\n2 2\n"))
    assert ratings.of_user("1") == {"1": 1.0} and ratings.n_ratings == 2
    assert "each counts 1" in " ".join(ratings.notes)


def test_numbers_may_stand_apart_by_any_blanks_and_a_last_line_end_may_be_missing():
    assert read_ratings(mtx("coordinate real general\r\n  2\t2  2\r\n 1\t 1 \t5e0\r\n\r\n2 2 .5")).of_user("2") == {
        "2": 0.5
    }


REFUSED = {
    "complex": ("coordinate complex general\n1 1 1\n1 1 5 0\n", "line 1: the matrix is complex; ratings are one of real"),
    "skew": ("coordinate real skew-symmetric\n2 2 1\n2 1 5\n", "line 1: the matrix is skew-symmetric"),
    "hermitian": ("coordinate real hermitian\n2 2 1\n2 1 5\n", "line 1: the matrix is hermitian"),
    "a vector": ("vector real general\n2 2 1\n2 1 5\n", "line 1: the matrix is vector; ratings are one of coordinate, array"),
    "no banner": ("coordinate\n2 2 1\n", "line 1: the header is"),
    "no sizes": ("coordinate real general\n% only this\n", "the line of sizes is missing"),
    "sizes": ("coordinate real general\n2 2\n1 1 5\n", "line 2: the line of sizes is '2 2'; it must be the numbers of rows"),
    "a size of words": ("array real general\n2 two\n1\n", "line 2: the line of sizes"),
    "nothing": ("array real general\n0 0\n", "line 2: the matrix has no ratings: its sizes are 0 0"),
    "no entry": ("coordinate real general\n3 3 0\n", "no ratings"),
    "more than the file": ("coordinate real general\n9 9 9999999999\n1 1 5\n", "line 2: 9999999999 entries are announced"),
    "a grid of more": ("array real general\n4000 4000\n1\n", "line 2: 16000000 entries are announced, more than"),
    "too large a grid": ("array real general\n99999 99999\n1\n", "at most 20000000 cells of a grid"),
    "too many rows": ("coordinate real general\n9999999999 9 1\n1 1 5\n", "at most .* 2147483647 rows"),
    "not square": ("coordinate real symmetric\n2 3 1\n1 1 5\n", "line 2: the matrix is symmetric but has 2 rows and 3"),
    "cut off": ("coordinate real general\n2 2 2\n1 1 5\n", "has 1 entry, and its line of sizes announces 2. It was cut off"),
    "too many": ("coordinate real general\n2 2 1\n1 1 5\n2 2 4\n", "line 4: there are more entries"),
    "out of the matrix": ("coordinate real general\n2 2 2\n1 1 5\n3 1 4\n", "entry 2: it is in row 3, column 1; there are 2 rows"),
    "row 0": ("coordinate real general\n2 2 1\n0 1 5\n", "entry 1: it is in row 0"),
    "half a row": ("coordinate real general\n2 2 1\n1.5 1 5\n", "entry 1: it is in row 1.5"),
    "words": ("coordinate real general\n2 2 2\n1 1 5\n2 2 five\n", "line 4: '2 2 five' is not row, column and rating"),
    "too few words": ("coordinate real general\n2 2 2\n1 1\n2 2 5 1\n", "line 3: '1 1' is not row, column and rating"),
    "no number": ("array real general\n1 2\n1\n1-1\n", "line 4: '1-1' is not a number"),
    "a missing number": ("array real general\n1 2\nnan\n1\n", "line 3: 'nan' is not a number"),
    "a NUL": ("array real symmetric\n2 2\n5\n4\n3\0\n", "line 5: .* is not a number"),
    "a number of 100 digits": ("array real general\n1 1\n" + "1" * 100 + "\n", "line 3: .* is not a number"),
    "negative": ("coordinate real general\n2 2 1\n1 1 -5\n", "-5.0 is negative"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(text, says):
    with pytest.raises(NmfError, match=f"(?s)^a.mtx.*{says}"):
        read_ratings(mtx(text), name="a.mtx")


def test_a_wrong_line_is_named_wherever_the_file_is_cut_into_pieces(monkeypatch):
    monkeypatch.setattr(matrix_market, "_PIECE", 10)
    text = "array real general\n1 40\n" + "5\n" * 40
    assert read_ratings(mtx(text)).n_ratings == 40
    with pytest.raises(NmfError, match="line 32: 'x' is not a number"):
        read_ratings(mtx("array real general\n1 40\n" + "5\n" * 29 + "x\n" + "5\n" * 10))


def test_under_another_name_it_is_told_its_extension():
    with pytest.raises(
        NmfError, match="a.csv is not a CSV or TSV file; its content looks like a Matrix Market file. Give it .* .mtx"
    ):
        read_ratings(mtx("array real general\n1 1\n5\n"), name="a.csv")


def test_an_entry_is_counted_as_it_stands_in_the_file():
    error = preview_ratings(mtx("coordinate real general\n2 2 2\n2 2 -5\n1 1 5\n"), name="a.mtx").error
    assert "a.mtx, entry 1, column 'rating': -5.0 is negative" in str(error)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from(list(b"019 \n%-.ex\0\xff"))), max_size=4), st.booleans())
def test_damaged(changes, dense):
    layout = (
        "array real symmetric\n%c\n2 2\n5\n4\n3\n"
        if dense
        else "coordinate integer general\n2 2 3\n1 1 5\n1 2 3\n2 1 4\n"
    )
    content = bytearray(mtx(layout))
    for at, byte in changes:
        content[len(BANNER) + at % (len(content) - len(BANNER))] = byte
    try:
        assert read_ratings(bytes(content), name="a.mtx").n_ratings
    except NmfError as error:
        assert len(str(error)) > 20
