"""Last rows and columns of a grid that sum up the others, as spreadsheets have them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.notes import DataNote
from nmf_core.errors import shown
from nmf_core.reading.options import CHOSEN, TOTALS, Question
from nmf_core.tables.base import Column
from nmf_core.tables.headers import bare, plain
from nmf_core.tables.numbers import read_numbers
from nmf_core.words import noun

# What the last row or column of a spreadsheet is called when it sums up the others, in the words of `plain`.
_SUMMARY = re.compile(
    "(grand)?totals?|sums?|averages?|avg|means?|medians?|count|number"
    "|gesamt(summe)?|summe|(durch)?schnitt|mittel(wert)?|anzahl"
    "|somme|moyenne|suma|promedio|media|totale|totaal|gemiddelde|średnia|součet|průměr|medel|合計|平均|总计|평균|합계"
    "|celkem|razem|ogółem|łącznie|összesen|átlag|összeg|spolu|priemer|yhteensä|keskiarvo|totalt|sammanlagt|snitt|genomsnitt|i?alt"
    "|gjennomsnitt|gennemsnit|toplam|ortalama|média|soma|somma|itogo|итого|всего|сумма|среднее|среднийбалл|разом|σύνολο|المجموع|المتوسط"
    "|סךהכל|ממוצע|総計|总分|平均点|平均分|총점|합산|insgesamt|endnote|gesamtpunkt(e|zahl)|punkte?gesamt|moyennegénérale|moyclasse"
    "|overall(mean|average|total)?|subtotal|zwischensumme|notafinal|weighted|gewichtet"
)
# The same, but only beside one of those: else somebody is called so.
_BESIDE = re.compile(
    "n|anz|sd|std(dev)?|stdabw|min(imum)?|max(imum)?|var(iance)?|se|rank|rang|counta?|high(est)?|low(est)?|platz|place|ø|avg|percent|prozent|note|grade|mark"
)
_OF_RATINGS = re.compile("(of)?(ratings?|scores?|stars|votes?)$")
_LOOKED_AT = 1_000_000  # cells of a grid whose last row and column are compared with the others without being named
_PIVOTED = "all"  # what pandas calls the margins of a pivot table; a name like others, unless the numbers sum up


# What the first row of a gradebook is called that says how many points there are.
_MAXIMA = re.compile(
    "pointspossible|possiblepoints|possible|outof|max|maxima|maximum|maxpoints|maxscore|maxpunkte|maximalpunkte|maximalpunktzahl"
    "|punktemax|möglichepunkte|barème|bareme|notemax|sur|maxima|máximo|maximo|puntosmáximos|massimo|maks|maxbodů|maxpontszám|totalpossible"
)


def say_maxima(first: Column, columns: Sequence[Column], decimal: str) -> bool:
    """Whether the first row of a grid holds what could be reached in each column: it is called so, and nothing lies above it."""
    if len(first) < 3 or not _MAXIMA.fullmatch(plain(first.cell(0) or "")):
        return False
    grid = read_numbers(columns, decimal).matrix()
    most, others = grid[0], grid[1:]
    filled = ~np.isnan(most)
    return bool(filled.any()) and not (others[:, filled] > most[filled]).any()


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
    n_rows = min(_n_last([first.cell(row) for row in range(max(0, len(first) - 5), len(first))]), len(first) - 1)
    n_columns = min(_n_last(names), len(names) - 1)
    if n_rows + n_columns == 0:
        n_columns, n_rows = _unnamed(columns, decimal)
    if n_rows + n_columns == 0:
        return None
    if (
        not (n_rows and n_columns) and len(first) * len(columns) <= _LOOKED_AT
    ):  # beside one that is named, the other need not be
        n_rows, n_columns = _beside(read_numbers(columns, decimal).matrix(), n_rows, n_columns)
    rows, across = len(first) - n_rows, len(columns) - n_columns
    grid = read_numbers(columns, decimal).matrix()
    others = grid[:rows, :across]
    sums = all(sums_up(cells, others) for cells in grid[rows:, :across]) and all(
        sums_up(cells, others.T) for cells in grid[:rows, across:].T
    )
    down_names = [str(first.cell(row)) for row in range(rows, len(first))]
    if asked == "auto" and not sums and all(plain(name) == _PIVOTED for name in (*down_names, *names[across:])):
        return None
    named = [
        f"the last {noun(len(called), f'{what} is', f'{what}s are')} named {' and '.join(map(shown, called))}"
        for what, called in ((what[0], down_names), (what[1], list(names[across:])))
        if called
    ]
    words = ", ".join(named)
    if asked != "auto":
        question = Question("totals", asked, TOTALS, CHOSEN, True)
    else:
        reason = f"{words}, and the numbers {'' if sums else 'do not plainly '}sum up the others"
        question = Question("totals", "skip" if sums or guess else "keep", TOTALS, reason, sums)
    done, other = ("left out", "read as any other") if question.choice == "skip" else ("read as any other", "left out")
    note = f"T{words[1:]}: {done}, and can be {other}."
    return Totals(n_rows, n_columns, question, DataNote(note))


def _unnamed(columns: Sequence[Column], decimal: str) -> tuple[int, int]:
    """Whether the last column, and the last row, sum up all the others whatever they are called: their sums or means."""
    n_rows, n_columns = len(columns[0]), len(columns)
    if n_rows < 4 or n_columns < 4 or n_rows * n_columns > _LOOKED_AT:
        return 0, 0
    grid = read_numbers(columns, decimal).matrix()
    column = sums_up(grid[:, -1], grid[:, :-1].T, named=False)
    row = sums_up(grid[-1], grid[:-1], named=False)
    if not (column or row):  # beside a column of sums the last row may sum up only what is left of it
        column = sums_up(grid[:-1, -1], grid[:-1, :-1].T, named=False)
        row = sums_up(grid[-1, :-1], grid[:-1, :-1], named=False)
    return int(column), int(row)


def _beside(grid: NDArray[np.float64], n_rows: int, n_columns: int) -> tuple[int, int]:
    """How many last rows and columns there are, where those of one side are known: the last of the other may sum up too."""
    rows, columns = grid.shape[0] - n_rows, grid.shape[1] - n_columns
    if not n_rows and rows > 3:
        n_rows = int(sums_up(grid[-1, :columns], grid[:-1, :columns]))
    elif not n_columns and columns > 3:
        n_columns = int(sums_up(grid[:rows, -1], grid[:rows, :-1].T))
    return n_rows, n_columns


def _n_last(names: Sequence[object]) -> int:
    """How many of the last names are those of sums."""
    last = list(reversed(names))
    n = next((k for k, name in enumerate(last) if not (is_summary(name) or _BESIDE.fullmatch(plain(name)))), len(names))
    return n if any(map(is_summary, last[:n])) else 0


def is_summary(name: object) -> bool:
    """Whether a row or column is named as a sum of the others.

    >>> is_summary("Grand Total"), is_summary("Average rating"), is_summary("Total Recall")
    (True, True, False)
    """
    words = plain(bare(str(name)))
    return words == _PIVOTED or bool(_SUMMARY.fullmatch(_OF_RATINGS.sub("", words)))


def sums_by_name(name: object) -> bool:
    """Whether a column beside others that are alike is named as a sum, a spread or a place of them."""
    return is_summary(name) or bool(_BESIDE.fullmatch(plain(name)))


def sums_up(cells: NDArray[np.float64], others: NDArray[np.float64], *, named: bool = True) -> bool:
    """Whether the cells of a row are the sums, counts, means, extremes or spreads of the others' columns, to the decimals shown.

    It takes a cell for each column that has ratings, two columns of several ratings, and for means one that is not whole: else
    somebody's own ratings could be so by chance.
    """
    rated = ~np.isnan(others)
    several = rated.sum(axis=0) > 1
    if not np.array_equal(~np.isnan(cells), rated.any(axis=0)) or several.sum() < 2:
        return False
    cells, others, rated = cells[~np.isnan(cells)], others[:, rated.any(axis=0)], rated[:, rated.any(axis=0)]
    exact = (np.nansum(others, axis=0), rated.sum(axis=0), np.nanmin(others, axis=0), np.nanmax(others, axis=0))
    for sum_up in (
        exact if named else exact[:1]
    ):  # somebody's own ratings may be the least of all, or as many as there are
        if np.allclose(cells, sum_up, rtol=0, atol=1e-4):
            return True
    shown_whole = bool((cells == np.round(cells)).all())
    return not shown_whole and any(
        bool((np.abs(cells - middle) <= 0.0501).all())
        for middle in (
            np.nanmean(others, axis=0),
            np.nanmedian(others, axis=0),
            np.nanstd(others, axis=0),
            np.sqrt(np.nanvar(others, axis=0) * rated.sum(axis=0) / np.maximum(1, rated.sum(axis=0) - 1)),
        )
    )
