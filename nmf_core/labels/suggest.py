"""Names suggested for a feature from what is known of the items that set it apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from nmf_core.errors import NmfError, whole_number
from nmf_core.labels.label import LONGEST_TEXT, one_line

# A value is suggested when its weighted share lies this many standard errors above its share of all items. With some
# twenty genres, a feature that leans to none of them gets a suggestion in about one case of ten.
STANDARD_ERRORS = 2.5
TOP_ITEMS = 10
# One or two items name no feature: a rare value (a director of two films) is far above its share by luck alone.
FEWEST_ITEMS = 3
_UNKNOWN = frozenset({"", "nan", "none", "n/a", "unknown", "(no genres listed)"})


@dataclass(frozen=True)
class Suggestion:
    """A name for a feature and why.

    Attributes:
        text: the name, fit for a `Label`.
        kind: its kind, one of `KINDS`.
        evidence: a sentence, such as "7 of its top 10 items are Action (of 9 in all)."
    """

    text: str
    kind: str
    evidence: str


@dataclass(frozen=True)
class _Source:
    """A kind of metadata: its possible column names, what it tells, and how a column becomes values."""

    columns: tuple[str, ...]
    kind: str
    phrase: str
    values: Callable[[pd.Series], list[tuple[str, ...]]]
    called: str


@dataclass(frozen=True)
class _Column:
    """A column of metadata, read: which value (code) which item (carrier) has."""

    source: _Source
    known: NDArray[np.bool_]
    carriers: NDArray[np.int64]
    codes: NDArray[np.int64]
    names: list[str]


def suggest_names(
    H: ArrayLike,
    feature: int,
    items: Sequence[str] | pd.Index,
    item_info: pd.DataFrame | None,
    *,
    n: int = 3,
) -> list[Suggestion]:
    """Up to n names for a feature, the best founded first; empty without metadata or without evidence.

    Weights are what sets an item apart for this feature: its weight less its mean weight in the other features
    (rows of H scaled to a maximum of 1), where positive, adding up to 1. A value (a genre, say) that p of the N items
    have would by chance collect a share p of them, with variance p (1 − p) (Σ w² − 1/N) N / (N − 1), which is exact
    when the weights fall on the items in random order. A value is suggested when its share lies at least 2.5 standard
    errors above p and 3 of the top items have it. Items whose value is not known are left out.

    Args:
        H: (rank, n_items) feature–item matrix.
        feature: row of H.
        items: ids of the n_items items.
        item_info: a frame indexed by item id. Columns read, if there: genres, themes (or tags, keywords), director,
            cast (or actors), each "A|B", "A, B" or a list; year; length (or runtime, minutes, duration, pages).
        n: how many suggestions at most.

    Raises:
        NmfError: H, feature and items do not go together.

    >>> items = [f"film {k}" for k in range(12)]
    >>> info = pd.DataFrame({"genres": ["Action|Thriller"] * 4 + ["Drama"] * 8}, index=items)
    >>> H = [[1.0] * 4 + [0.0] * 8, [0.0] * 4 + [1.0] * 8]
    >>> [s.text for s in suggest_names(H, 0, items, info)]
    ['Action', 'Thriller']
    >>> suggest_names(H, 1, items, info)
    [Suggestion(text='Drama', kind='genre', evidence='6 of its top 6 items are Drama (of 8 in all).')]
    """
    rows, items = _matrix(H, items)
    f = whole_number("feature", feature, 0, len(rows) - 1)
    return _best(_apart(rows, f), _read(items, item_info), whole_number("n", n, 0, 100))


def suggest_all_names(
    H: ArrayLike, items: Sequence[str] | pd.Index, item_info: pd.DataFrame | None, *, n: int = 3
) -> list[list[Suggestion]]:
    """`suggest_names` for each feature, reading the metadata once.

    >>> items = [f"film {k}" for k in range(12)]
    >>> info = pd.DataFrame({"genres": ["Action"] * 4 + ["Drama"] * 8}, index=items)
    >>> found = suggest_all_names([[1.0] * 4 + [0.0] * 8, [0.0] * 4 + [1.0] * 8], items, info)
    >>> [[s.text for s in one] for one in found]
    [['Action'], ['Drama']]
    """
    rows, items = _matrix(H, items)
    columns, n = _read(items, item_info), whole_number("n", n, 0, 100)
    return [_best(_apart(rows, f), columns, n) for f in range(len(rows))]


def known_values(items: Sequence[str] | pd.Index, item_info: pd.DataFrame | None) -> dict[str, list[tuple[str, ...]]]:
    """What is known of each item, by kind: genre, theme, director, cast, length, decade; the columns that `suggest_names` reads.

    Returns:
        kind → a tuple of values for each of the items, empty where nothing is known.

    >>> info = pd.DataFrame({"genres": ["Action|Thriller", ""], "year": [1986, 1994]}, index=["Aliens", "Heat"])
    >>> known_values(["Heat", "Aliens"], info)
    {'genre': [(), ('Action', 'Thriller')], 'decade': [('1990s',), ('1980s',)]}
    """
    ids = [str(item) for item in items]
    known: dict[str, list[tuple[str, ...]]] = {}
    for column in _read(ids, item_info):
        cells: list[list[str]] = [[] for _ in ids]
        for carrier, code in zip(column.carriers.tolist(), column.codes.tolist(), strict=True):
            cells[carrier].append(column.names[code])
        known.setdefault(column.source.called, [tuple(cell) for cell in cells])
    return known


def _matrix(H: ArrayLike, items: Sequence[str] | pd.Index) -> tuple[NDArray[np.float64], list[str]]:
    """H as float64, if it has a column for each item, and the items; both by id, so that their order settles no tie."""
    rows = np.asarray(H, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(items):
        raise NmfError(
            f"H has shape {rows.shape} and there are {len(items)} items; it must be rank × {len(items)}. "
            "Give H and the items of the same fit."
        )
    ids = [str(item) for item in items]
    by_id = sorted(range(len(ids)), key=ids.__getitem__)
    return rows[:, by_id], [ids[i] for i in by_id]


def _read(items: list[str], item_info: pd.DataFrame | None) -> list[_Column]:
    """The columns of the metadata that names can come from, with a row an item."""
    if item_info is None:
        return []
    info = item_info.set_axis(pd.Index([str(i) for i in item_info.index], dtype="str"))
    info = info[~info.index.duplicated()].reindex(pd.Index(items, dtype="str"))
    column_of = {str(name).strip().lower(): k for k, name in reversed(list(enumerate(info.columns)))}
    return [
        _column(source, source.values(info.iloc[:, column_of[name]]))
        for source in _SOURCES
        for name in source.columns
        if name in column_of
    ]


def _column(source: _Source, values: list[tuple[str, ...]]) -> _Column:
    """The values of each item, numbered."""
    lengths = np.array([len(v) for v in values], dtype=np.int64)
    codes, names = pd.factorize(np.array([one for v in values for one in v], dtype=object))
    return _Column(source, lengths > 0, np.repeat(np.arange(len(values)), lengths), codes, list(names))


def _best(apart: NDArray[np.float64], columns: list[_Column], n: int) -> list[Suggestion]:
    """The n best founded suggestions, each text once."""
    found = [scored for column in columns for scored in _over_represented(apart, column)]
    best: dict[str, Suggestion] = {}
    for _, suggestion in sorted(found, key=lambda scored: (-scored[0], scored[1].text)):
        best.setdefault(suggestion.text.casefold(), suggestion)
    return list(best.values())[:n]


def _apart(H: NDArray[np.float64], f: int) -> NDArray[np.float64]:
    """(n_items,) how far each item's weight in a feature lies above its mean in the others; 0 if below."""
    highest = H.max(axis=1, keepdims=True, initial=0.0)
    scaled = np.divide(H, highest, out=np.zeros_like(H), where=highest > 0)
    others = (scaled.sum(axis=0) - scaled[f]) / max(len(H) - 1, 1)
    return np.maximum(scaled[f] - others, 0.0)


def _over_represented(apart: NDArray[np.float64], column: _Column) -> list[tuple[float, Suggestion]]:
    """The values of one column that collect more weight than by chance, each with its standard errors."""
    known, carriers, codes, names = column.known, column.carriers, column.codes, column.names
    n_known, total = int(known.sum()), float(apart[known].sum())
    if n_known < 2 or total == 0:
        return []
    weights = np.where(known, apart, 0.0) / total
    spread = (float(weights @ weights) - 1 / n_known) * n_known / (n_known - 1)
    if spread < 1e-12:  # equal weights up to rounding: nothing stands out
        return []
    counts = np.bincount(codes)
    base = counts / n_known
    error = np.sqrt(base * (1 - base) * spread)
    share = np.bincount(codes, weights[carriers])
    errors = np.divide(share - base, error, out=np.zeros_like(base), where=error > 0)
    # Of a small catalogue the top must not be nearly all of it.
    n_top = min(TOP_ITEMS, n_known // 2, int((weights > 0).sum()))
    top = np.argsort(-weights, kind="stable")[:n_top]
    in_top = np.bincount(codes[np.isin(carriers, top)], minlength=len(names))
    items = "items" if n_known == len(known) else "items of which it is known"
    return [
        (
            float(errors[k]),
            Suggestion(
                names[k],
                column.source.kind,
                f"{in_top[k]} of its top {n_top} {items} {column.source.phrase.format(names[k])} (of {counts[k]} in all).",
            ),
        )
        for k in np.nonzero((errors >= STANDARD_ERRORS) & (in_top >= FEWEST_ITEMS))[0]
    ]


def _listed(column: pd.Series, *, separators: str) -> list[tuple[str, ...]]:
    """The values in each cell of a column of texts or lists; none where a cell is blank or says unknown."""
    split = cache(partial(_split, separators=separators))  # texts repeat, so each is taken apart once
    return [
        split(cell)
        if isinstance(cell, str)
        else _distinct(map(str, cell))
        if isinstance(cell, list | tuple | np.ndarray)
        else _distinct(sorted(map(str, cell)))
        if isinstance(cell, set | frozenset)
        else ()
        for cell in column.tolist()
    ]


def _split(text: str, *, separators: str) -> tuple[str, ...]:
    """The values in a text, at the first of the separators that is in it."""
    separator = next((s for s in separators if s in text), None)
    return _distinct(text.split(separator) if separator else [text])


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Clean values, each once, that can be a label's text."""
    clean = (one_line(v) for v in values)
    return tuple(dict.fromkeys(v for v in clean if v.lower() not in _UNKNOWN and len(v) <= LONGEST_TEXT))


def _decades(column: pd.Series) -> list[tuple[str, ...]]:
    """The decade of each year."""
    return [(f"{int(year) // 10 * 10}s",) if 1000 <= year < 3000 else () for year in _numbers(column)]


def _lengths(column: pd.Series) -> list[tuple[str, ...]]:
    """Long for the top quarter, short for the bottom quarter, medium between."""
    numbers = _numbers(column)
    known = numbers[np.isfinite(numbers)]
    low, high = np.quantile(known, [0.25, 0.75]) if len(known) else (0.0, 0.0)
    if not low < high:
        return [()] * len(numbers)
    short, long = f"Short (up to {low:g})", f"Long ({high:g} or more)"
    return [
        () if not math.isfinite(x) else (long,) if x >= high else (short,) if x <= low else ("Medium length",)
        for x in numbers
    ]


def _numbers(column: pd.Series) -> NDArray[np.float64]:
    """A column as float64; NaN where a cell is no number."""
    scalars = [cell if isinstance(cell, str | int | float) else None for cell in column.tolist()]
    return pd.to_numeric(pd.Series(scalars, dtype=object), errors="coerce").to_numpy(np.float64)


_SOURCES = (
    _Source(("genres", "genre"), "genre", "are {}", partial(_listed, separators="|;,"), "genre"),
    _Source(
        ("themes", "theme", "tags", "keywords"),
        "theme",
        "have the theme {}",
        partial(_listed, separators="|;,"),
        "theme",
    ),
    # A comma may be part of a director's name.
    _Source(("director", "directors"), "directorial style", "are by {}", partial(_listed, separators="|;"), "director"),
    _Source(("cast", "actors"), "cast", "have {} in the cast", partial(_listed, separators="|;,"), "cast"),
    _Source(
        ("length", "runtime", "minutes", "duration", "pages"), "length or complexity", "are {}", _lengths, "length"
    ),
    _Source(("year",), "other", "are from the {}", _decades, "decade"),
)
