"""Last rows and columns of a grid that sum up the others, as spreadsheets have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmf_core.errors import shown
from nmf_core.formats.base import Column
from nmf_core.formats.headers import plain
from nmf_core.formats.layout import CHOSEN, Question
from nmf_core.formats.numbers import read_numbers

TOTALS = ("skip", "keep")
# What the last row or column of a spreadsheet is called when it sums up the others; see `plain`.
_SUMMARIES = frozenset(
    (
        *(
            "total",
            "totals",
            "grandtotal",
            "sum",
            "sums",
            "average",
            "averages",
            "avg",
            "mean",
            "means",
            "median",
            "count",
        ),
        *("gesamt", "gesamtsumme", "summe", "durchschnitt", "mittelwert", "mittel", "anzahl"),
        *("somme", "moyenne", "suma", "promedio", "media", "totale", "totaal", "gemiddelde"),
    )
)


@dataclass(frozen=True)
class Totals:
    """Last rows and columns of a grid that are named as sums of the others: how many, what they are, and the same in words."""

    n_rows: int
    n_columns: int
    question: Question
    note: str


def find_totals(
    first: Column,
    names: Sequence[str],
    columns: Sequence[Column],
    asked: str,
    decimal: str,
    what: tuple[str, str],
    *,
    guess: bool,
) -> Totals | None:
    """The last rows and columns that are named Total or alike: left out if their numbers sum up the others, or if so asked.

    Args:
        first, names: what the rows and the columns are called.
        columns: the cells.
        asked: one of `TOTALS`, or "auto".
        decimal: as for `read_numbers`.
        what: the words for a row and a column, such as user and item.
        guess: whether those that do not seem to sum up the others are left out all the same, and said not to be sure.
    """
    down = [plain(first.cell(row)) for row in range(max(0, len(first) - 5), len(first))]
    n_rows = min(_n_last(down), len(first) - 1)
    n_columns = min(_n_last([plain(name) for name in names]), len(names) - 1)
    if n_rows + n_columns == 0:
        return None
    rows, across = len(first) - n_rows, len(columns) - n_columns
    grid = read_numbers(columns, decimal).matrix()
    others = grid[:rows, :across]
    sums = all(_sums_up(cells, others) for cells in grid[rows:, :across]) and all(
        _sums_up(cells, others.T) for cells in grid[:rows, across:].T
    )
    named = [f"the last {what[0]} is named {shown(str(first.cell(len(first) - 1)))}"] if n_rows else []
    named += [f"the last {what[1]} is named {shown(names[-1])}"] if n_columns else []
    words = " and ".join(named)
    if asked != "auto":
        question = Question("totals", asked, TOTALS, CHOSEN, True)
    else:
        reason = f"{words}, and its numbers {'' if sums else 'do not '}sum up the others"
        question = Question("totals", "skip" if sums or guess else "keep", TOTALS, reason, sums)
    done, other = ("left out", "keep") if question.choice == "skip" else ("read as any other", "skip")
    note = f"T{words[1:]}: {done}. To have it otherwise, read with totals='{other}'."
    return Totals(n_rows, n_columns, question, note)


def _n_last(names: Sequence[str]) -> int:
    """How many of the last names are those of sums."""
    return next((k for k, name in enumerate(reversed(names)) if name not in _SUMMARIES), len(names))


def _sums_up(cells: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    """Whether the cells of a row are sums, means, medians or counts of the other rows' columns, but for rounding."""
    told = np.flatnonzero(~np.isnan(cells))
    cells, others = cells[told], others[:, told]
    rated = ~np.isnan(others)
    if len(told) == 0 or not rated.any(axis=0).all():
        return False
    rounding = 0.5 if (cells == np.round(cells)).all() else 0.0501
    return any(
        bool((np.abs(cells - sum_up) <= rounding).all())
        for sum_up in (
            np.nansum(others, axis=0),
            np.nanmean(others, axis=0),
            np.nanmedian(others, axis=0),
            rated.sum(axis=0),
        )
    )
