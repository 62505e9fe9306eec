"""LIBSVM's text, which SVMlight and libFM write too: a line a user, each item by its number with the rating behind a colon."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

import numpy as np

from nmf_core.data.notes import DataNote
from nmf_core.errors import RatingsError, shown
from nmf_core.formats.base import Data, Format, opened
from nmf_core.formats.kinds import LIBSVM, kind_at
from nmf_core.formats.utf8 import pieces
from nmf_core.tables.base import Column, Table, table_of_columns

_LINE = re.compile(rb"\s*(?:[^\s#:]+(?:\s+qid:\d+)?(?:\s+\d+:[^\s#:]+)*\s*)?(?:#.*)?", re.DOTALL)
_PAIR = re.compile(rb"(\d+):(\S+)")


def read(data: Data, name: str) -> Table:
    """A Table of user, item and rating: users are lines by number, items the numbers before the colons.

    Raises:
        RatingsError: a line that is not a label and pairs of number and rating in rising order, or no pair at all.
    """
    from sklearn.datasets import load_svmlight_file

    if any(b"\0" in piece for piece in pieces(data)):
        raise _bad_line(data, name)
    try:
        with opened(data) as file:
            matrix, labels = load_svmlight_file(file, zero_based=True, dtype=np.float64, multilabel=True)
    except (ValueError, OverflowError, IndexError, UnicodeDecodeError, MemoryError) as e:
        raise _bad_line(data, name) from e
    if not matrix.nnz:
        raise RatingsError(f"{name} has no ratings: no line has a number, a colon and a rating. Choose another file.")
    if _has_queries(data):
        raise RatingsError(
            f"{name} holds no ratings: its lines have qid:, as those for learning to rank, whose rows are documents without ids. "
            "Choose a file in which each line is a user with pairs of item and rating."
        )
    counts = np.diff(matrix.indptr)
    lines = np.repeat(np.arange(1, len(counts) + 1), counts)
    users, items, values = lines, matrix.indices, matrix.data
    note = "Each line was read as a user, by its number; the label that begins it was left out."
    own = np.array([label[0] if len(label) == 1 else -1 for label in labels], dtype=np.float64)
    if len(counts) > 2 and len(np.unique(own)) == len(own) and (own >= 0).all() and (own == np.round(own)).all():
        users = np.repeat(own.astype(np.int64), counts)
        note = "Each line was read as a user, by the label that begins it, since no label comes twice."
    if len(counts) > 1 and (counts == 2).all() and (values == 1).all() and all(len(label) == 1 for label in labels):
        # So libFM writes a rating: 1 at the user's place and at the item's, and the rating as the label.
        (users, items), values = matrix.indices.reshape(-1, 2).T, np.array([label[0] for label in labels])
        lines = lines[::2]
        note = "Each line was read as a rating, its label, of a user and an item, the two numbers whose value is 1."
    return table_of_columns(
        ("user", "item", "rating"),
        [Column(np.ascontiguousarray(cells)) for cells in (users, items, values)],
        cast(Sequence[int], lines),
        name=name,
        place="row",
        notes=(DataNote(note),),
    )


def _has_queries(data: Data) -> bool:
    """Whether the first lines name queries."""
    with opened(data) as file:
        return any(b" qid:" in file.readline(1 << 16) for _ in range(20))


def _bad_line(data: Data, name: str) -> RatingsError:
    """The error for the first line that is not as it must be."""
    last = ""
    with opened(data) as file:
        for number, line in enumerate(file, 1):
            last = f"{name}, line {number}: {shown(line.decode('latin-1').strip())}"
            pairs = _PAIR.findall(line.partition(b"#")[0])
            rising = all(int(a[:18]) < int(b[:18]) for (a, _), (b, _) in zip(pairs, pairs[1:], strict=False))
            if b"\0" in line or not _LINE.fullmatch(line) or not rising or not all(_is_number(v) for _, v in pairs):
                break
    return RatingsError(
        f"{last} is not a label and pairs such as 7:4.5, an item's number and its rating, in rising order. Correct that line."
    )


def _is_number(word: bytes) -> bool:
    """Whether a word is a number."""
    try:
        float(word)
    except ValueError:
        return False
    return True


FORMAT = Format(
    "libsvm",
    "LIBSVM",
    ("svm", "libsvm", "svmlight", "libfm", "txt", "dat"),
    lambda head, name: kind_at(head) is LIBSVM,
    read,
    summary="a line a user, `item:rating` in each, items by number",
    when="for what tools of sparse learning write",
    example=lambda: b"1 1:5 2:3\n1 1:4\n",
    has_ids=False,
)
