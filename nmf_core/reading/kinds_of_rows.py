"""Lists whose rows are of several kinds, such as play and purchase: which of them count is asked, and the others left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.notes import DataNote
from nmf_core.errors import RatingsError, closest, shown
from nmf_core.reading.looks import SAMPLE
from nmf_core.reading.options import CHOSEN, Question
from nmf_core.reading.readings import column_titles, positions
from nmf_core.tables.base import Column, Table, text_of
from nmf_core.tables.headers import plain
from nmf_core.tables.numbers import is_number, says_blank
from nmf_core.words import cut, listed, many

_SAMPLE = SAMPLE  # rows by which a column of kinds is found
_MOST_KINDS = 12  # a column with more different words says something else
_LONGEST_KIND = 30  # characters of a kind; longer ones are remarks
# Headers of columns that say what happened, in the words of `plain`.
_NAMES = frozenset(
    (
        *(
            "event",
            "eventtype",
            "eventname",
            "action",
            "actiontype",
            "activity",
            "behavior",
            "behaviour",
            "type",
            "kind",
        ),
        *("behaviortype", "behaviourtype", "interaction", "interactiontype", "feedback", "feedbacktype", "status"),
        *(
            "ereignis",
            "aktion",
            "art",
            "typ",
            "vorgang",
            "evento",
            "accion",
            "acción",
            "tipo",
            "événement",
            "evenement",
        ),
    )
)
# What people do with things, one of which alone is often meant.
_DEEDS = frozenset(
    (
        *("play", "played", "purchase", "purchased", "buy", "bought", "view", "viewed", "click", "clicked", "order"),
        *("cart", "addtocart", "transaction", "like", "liked", "dislike", "fav", "favourite", "favorite", "bookmark"),
        *(
            "watch",
            "watched",
            "rent",
            "return",
            "returned",
            "refund",
            "skip",
            "skipped",
            "share",
            "comment",
            "wishlist",
        ),
        *("pv", "kauf", "gekauft", "ansicht", "klick", "rückgabe", "gespielt", "retoure", "achat", "compra", "rated"),
    )
)


def only_rows(table: Table, only: Mapping[str, object] | None) -> Table:
    """The table with the rows that count alone, where that was said; `whole` has the others too.

    Args:
        table: under its header.
        only: column → the value that counts, or several.

    Raises:
        RatingsError: there is no such column, or no row of such a kind.
    """
    if not only:
        return table
    kept: NDArray[np.bool_] | None = None
    notes = []
    for title, wanted in only.items():
        (at,) = positions(table, [title], "that says what kind a row is")
        kinds = table.take([at])[0].coded()
        texts = [text_of(cell) for cell in kinds.cells]
        asked = [text_of(one) for one in (wanted if isinstance(wanted, list | tuple | set) else [wanted])]
        for one in asked:
            if one not in texts:
                there = cut(", ".join(map(shown, texts)), 200)
                raise RatingsError(
                    f"{table.name}: no row has {shown(one)} in the column {shown(table.header[at])}; there are {there}."
                    f"{closest(one, texts)} Choose among these.",
                    asks=["only"],
                )
        rows = kinds.where([text in asked for text in texts])
        notes.append(f"{shown(table.header[at])} is {' or '.join(map(shown, asked))}")
        kept = rows if kept is None else kept & rows
    assert kept is not None
    if not kept.any():
        raise RatingsError(f"{table.name}: no row is of all these kinds at once. Choose fewer.", asks=["only"])
    return table if kept.all() else _filtered(table, kept, listed(notes))


def _filtered(table: Table, kept: NDArray[np.bool_], which: str) -> Table:
    """The table with some of its rows."""
    rows, take, line = np.flatnonzero(kept), table.take, table.line

    def taken(columns: Sequence[int], n: int | None = None) -> tuple[Column, ...]:
        if n is None:
            return tuple(column.rows(rows).used() for column in take(columns))
        upto = int(rows[min(n, len(rows)) - 1]) + 1  # the first rows may all be of another kind
        found = take(columns, upto)
        return tuple(column.rows(rows[rows < len(column)][:n]).used() for column in found)

    others = many(len(kept) - len(rows), "other row was", "other rows were")
    note = DataNote(f"Only rows in which {which} were read; {others} left out.")
    return replace(
        table, take=taken, line=lambda row: line(int(rows[row])), notes=(*table.notes, note), whole=table.whole or table
    )


def which_kinds(table: Table, roles: Mapping[str, int], only: Mapping[str, object] | None) -> Question | None:
    """The question which rows of a list count, where a column beside the roles says of what kind each is.

    It is in doubt where the words are deeds, such as play and purchase, or one user and item come again under another kind.
    """
    every = table.whole or table
    titles = column_titles(every)
    for title, wanted in (only or {}).items():
        (at,) = positions(every, [title], "that says what kind a row is")
        chosen = tuple(map(text_of, wanted if isinstance(wanted, list | tuple | set) else [wanted]))
        there = _kinds(every.take([at])[0])
        return Question("only", chosen, tuple(dict.fromkeys([*there, *chosen])), CHOSEN, True, titles[at])
    wide = list(range(min(len(titles), 30)))
    first = dict(zip(wide, every.take(wide, _SAMPLE), strict=True)) if wide else {}
    # What names deeds is no user or item, though nothing better may have been found yet.
    free = [k for k in wide if k not in roles.values() or names_kinds(titles[k], first[k])]
    likely = [k for k in free if _say_kinds(first[k])]
    if not likely:
        return None
    at = min(likely, key=lambda k: not names_kinds(titles[k], first[k]))
    again = at not in roles.values() and _again_as_another(table, roles, at)
    kinds = _kinds(every.take([at])[0])
    if len(kinds) > _MOST_KINDS:
        return None
    doubt = names_kinds(titles[at], first[at]) or again
    why = (
        f"the same user and item come again with another {titles[at]!r}"
        if again
        else f"{titles[at]!r} says what kind each row is"
    )
    reason = why if doubt else f"{titles[at]!r} has few different words, but nothing says that not all rows count"
    return Question("only", kinds, kinds, reason, not doubt, titles[at])


def _kinds(column: Column) -> tuple[str, ...]:
    """The different words in a column, the most frequent first."""
    used = column.used()
    assert used.codes is not None
    counts = np.bincount(used.codes[used.codes >= 0], minlength=len(used.cells))
    order = np.argsort(-counts, kind="stable")
    return tuple(text_of(used.cells[k]) for k in order if not says_blank(used.cells[k]))


def _say_kinds(column: Column) -> bool:
    """Whether a column holds few short words that come again and again."""
    cells = [cell for cell in column.coded().cells if not says_blank(cell)]
    if not 2 <= len(cells) <= _MOST_KINDS or 3 * len(cells) > len(column):
        return False
    texts = [text_of(cell) for cell in cells]
    return all(not is_number(cell) for cell in cells) and all(0 < len(text) <= _LONGEST_KIND for text in texts)


def names_kinds(title: str, column: Column) -> bool:
    """Whether two of a column's few words are deeds, or one is and its header says so."""
    cells = column.coded().cells
    deeds = sum(plain(text_of(cell)) in _DEEDS for cell in cells) if len(cells) <= _MOST_KINDS else 0
    return deeds >= 2 or (deeds >= 1 and plain(title) in _NAMES)


def _again_as_another(table: Table, roles: Mapping[str, int], at: int) -> bool:
    """Whether a user and item come in several rows that differ in what the column at some place says."""
    if "user" not in roles or "item" not in roles:
        return False
    user, item, kind = table.take([roles["user"], roles["item"], at], _SAMPLE)
    frame = pd.DataFrame({"u": user.coded().codes, "i": item.coded().codes, "k": kind.coded().codes})
    pairs, triples = len(frame[["u", "i"]].drop_duplicates()), len(frame.drop_duplicates())
    return len(frame) > 3 and triples - pairs > 0.1 * pairs and triples == len(frame)
