"""Everybody's list, streamed to a file: CSV in which no name can act as a formula, or Parquet."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from nmf_core.data.escape import escape_formulas
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, shown, whole_number
from nmf_core.export.recipe import checked_labels
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.fold_in import list_weights
from nmf_core.fit.problem import Array
from nmf_core.interpret.best import added_up
from nmf_core.interpret.enough import enough_items
from nmf_core.interpret.features import Labels, feature_names, warnings_for
from nmf_core.interpret.many_lists import Lister
from nmf_core.interpret.recommend import listed_later
from nmf_core.interpret.shelves import Shelves, shelves_of
from nmf_core.words import told_apart

MOST = 1_000  # items of a list
AT_ONCE, MOST_PEOPLE = 1 << 21, 4_096  # parts of scores, and people, that are held at a time
_MARK = b"\xef\xbb\xbf"  # without it Excel reads names in the wrong encoding
PLAIN = ("user", "place", "item", "score", "prediction", "ratings", "warning")
Progress = Callable[[int, int], object]


def recommend_all(
    fit: Factorization,
    ratings: Ratings,
    path: str | os.PathLike[str],
    *,
    n: int = 10,
    labels: Labels = None,
    half_at: float | None = None,
    least: int | None = None,
    contributions: bool = True,
    under: pd.DataFrame | None = None,
    on_progress: Progress | None = None,
) -> Path | None:
    """Every user's list, as `recommend` makes it, written to a file as it goes; people in the order of the ratings.

    Args:
        path: a file whose name ends in .csv or .parquet. One that is there is replaced, once the new one is whole.
        n, labels, half_at, least: as for `recommend`; n up to 1,000.
        under: `fold_features(fit, named)`, as for `recommend`: parts and labels are then those of the named features.
        contributions: whether there is a column a feature with its part of the score; the parts add up to it.
        on_progress: called with how many people are done, and of how many; False from it ends the work, and nothing is written.

    Returns:
        The path; None where `on_progress` ended it. The columns are user, place (1 for the first), item, score, prediction (the
        score clipped to the scale), ratings (how many the item has), warning (or ""), then the contributions.

    Raises:
        NmfError: another ending, a place that cannot be written to, or what `recommend` refuses.

    >>> import tempfile
    >>> from nmf_core import datasets, factorize, recommend_all
    >>> ratings = datasets.notebook()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = recommend_all(factorize(ratings, rank=2), ratings, f"{folder}/lists.csv", n=1, contributions=False)
    ...     written.read_text(encoding="utf-8-sig").splitlines()[0]
    '"user","place","item","score","prediction","ratings","warning"'
    """
    fit.check_ratings(ratings)
    n = whole_number("n", n, 1, MOST)
    target = Path(path)
    opened = _WRITERS.get(target.suffix.lower())
    if opened is None:
        raise NmfError(
            f"The file is {shown(target.name)}; its name must end in {' or '.join(_WRITERS)}. Give it one of these endings."
        )
    shelves = None if under is None else shelves_of(under)
    rank = fit.rank if shelves is None else shelves.named
    named = feature_names(rank, checked_labels(labels, rank))
    names = told_apart(named if shelves is None else shelves.names(named), PLAIN) if contributions else []
    enough = enough_items(ratings, rank, ratings.n_items, least)
    ids = np.arange(ratings.n_items) if least is None else np.flatnonzero(enough)
    lister = Lister.of(fit, ids, listed_later(ratings, enough), n)
    with _aside(target) as aside:
        table = _Table.of(fit, ratings, names, shelves, neutral=target.suffix.lower() == ".csv")
        with opened(aside, table.schema) as write:
            for people in _blocks(ratings.n_users, n * fit.rank):
                if on_progress is not None and on_progress(people.start, ratings.n_users) is False:
                    return None
                weights = list_weights(fit, ratings, people, half_at=half_at)
                write(table.rows(people.start, weights, lister.lists(weights, ratings.V[people])))
        if on_progress is not None and on_progress(ratings.n_users, ratings.n_users) is False:
            return None
        aside.replace(target)
    return target


def _blocks(n_users: int, parts: int) -> Iterator[slice]:
    """Some people at a time, each with so many parts of scores in a list."""
    step = max(1, min(MOST_PEOPLE, AT_ONCE // parts))
    for start in range(0, n_users, step):
        yield slice(start, min(start + step, n_users))


@dataclass(frozen=True, eq=False)
class _Table:
    """What the rows of the file are made of."""

    fit: Factorization
    counts: NDArray[np.int64]
    users: pa.Array
    items: pa.Array
    warnings: pa.Array
    names: list[str]
    shelves: Shelves | None

    @classmethod
    def of(
        cls, fit: Factorization, ratings: Ratings, names: list[str], shelves: Shelves | None, *, neutral: bool
    ) -> _Table:
        """Names as they are, or neutral for spreadsheets."""
        warned = warnings_for(fit, ratings, rank=None if shelves is None else shelves.named)
        safe = escape_formulas if neutral else str
        users, items, told = (
            pa.array([safe(text) for text in texts], pa.string())
            for texts in (fit.users, fit.items, [warned.get(item, "") for item in fit.items])
        )
        return cls(fit, ratings.item_counts, users, items, told, [safe(name) for name in names], shelves)

    @property
    def schema(self) -> pa.Schema:
        """The columns and their types."""
        types = (pa.string(), pa.int32(), pa.string(), pa.float64(), pa.float64(), pa.int64(), pa.string())
        return pa.schema([*zip(PLAIN, types, strict=True), *((name, pa.float64()) for name in self.names)])

    def rows(self, first: int, weights: NDArray[np.floating], lists: list[NDArray[np.integer]]) -> pa.Table:
        """The rows of some people's lists, the first of whom is user number `first`."""
        sizes = np.array([len(columns) for columns in lists])
        people, columns = np.repeat(np.arange(len(lists)), sizes), np.concatenate(lists)
        places = np.arange(1, len(columns) + 1) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        parts: Array = weights[people].T * self.fit.H[:, columns]
        scores = added_up(parts)
        if self.shelves is not None and self.names:
            parts = self.shelves.added(parts)
        arrays = [
            self.users.take(pa.array(people + first)),
            pa.array(places, pa.int32()),
            self.items.take(pa.array(columns)),
            pa.array(scores),
            pa.array(np.clip(scores, *self.fit.scale)),
            pa.array(self.counts[columns]),
            self.warnings.take(pa.array(columns)),
            *(pa.array(part) for part in parts[: len(self.names)]),
        ]
        return pa.Table.from_arrays(arrays, schema=self.schema)


@contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """A file beside the target to write to, gone afterwards unless it has been renamed; an NmfError where none can be written."""
    aside = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        yield aside
    except OSError as e:
        raise NmfError(
            f"The lists cannot be written to {shown(str(target), 300)}: {e.strerror or e}. Give a path in a folder that is there, "
            "on a disk with room."
        ) from e
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def _csv(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], Any]]:
    """What writes tables as CSV: UTF-8 with a byte order mark, all text quoted."""
    with path.open("xb") as file:
        file.write(_MARK)
        with pa.csv.CSVWriter(file, schema) as writer:
            yield writer.write_table


@contextmanager
def _parquet(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], Any]]:
    """What writes tables as Parquet; names are kept once each, which numbers would only be slower for."""
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    with path.open("xb") as file, pa.parquet.ParquetWriter(file, schema, use_dictionary=texts) as writer:
        yield writer.write_table


_WRITERS = {".csv": _csv, ".parquet": _parquet}
