"""`read_ratings`: whatever holds ratings becomes `Ratings`; `FORMATS` lists the files that can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from nmf_core.data.assemble import Scale
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, shown
from nmf_core.formats.registry import Source, open_source, shown_name
from nmf_core.reading.arrays import ratings_of_array, ratings_of_sparse
from nmf_core.reading.doubt import refuse_doubt
from nmf_core.reading.join import with_metadata
from nmf_core.reading.layouts import planned, ratings_from_plan
from nmf_core.reading.options import CHOSEN, Plan, Question, ReadOptions
from nmf_core.reading.readings import column_titles
from nmf_core.reading.still_open import all_questions
from nmf_core.tables.base import Table, text_of
from nmf_core.tables.headers import ROLES, has_role

HEAD_ROWS, HEAD_COLUMNS = 12, 30  # of a preview


def read_ratings(
    source: object,
    *,
    format: str = "auto",
    zeros: str = "unrated",
    duplicates: str = "last",
    scale: Scale | None = None,
    layout: str = "auto",
    columns: Mapping[str, object] | None = None,
    skip: Sequence[object] | None = None,
    decimal: str = "auto",
    totals: str = "auto",
    sheet: str | None = None,
    encoding: str | None = None,
    name: str | None = None,
    missing: Sequence[object] | None = None,
    header: object = "auto",
    only: Mapping[str, object] | None = None,
    marks: str = "auto",
    separator: str | None = None,
    negative: str = "auto",
) -> Ratings:
    """Ratings from a file, a DataFrame, an array or a sparse matrix; `Ratings` are returned as they are.

    A table is either long (columns user, item and rating, under usual names, in any order) or a grid (the first column
    holds the users, each further column is an item, blank cells are blank). Ids are text: 007 stays 007, NA stays NA.
    What was understood and settled is said in `notes` of the result. A Parquet file that we wrote comes back as the
    ratings that were written, whatever the options say. Large CSV and Parquet files are best given as a
    path: they are read in pieces then. `preview_ratings` says beforehand what is in doubt.

    Args:
        source: path (of a folder of Parquet or MovieLens files too), binary or text file object, bytes, DataFrame (long, or
            users as index and items as columns), 2-D array (NaN is blank; ids are row and column numbers from "0"), or SciPy
            sparse array or matrix (stored cells are observed, stored zeros too, whatever `zeros` says).
        format: a name in `FORMATS`; "auto" goes by content and extension, which must not contradict each other.
        zeros: what a 0 is: "unrated" (blank, counted in the notes), "rating", or "auto" (the likelier, said in the notes).
        duplicates: what becomes of a user and item given twice in a long table: "last", "mean" or "refuse".
        scale: (low, high) in rating points; guessed from the ratings if None.
        layout: of a table: "long", "grid", "items-down" (a grid with the items down), or "auto".
        columns: which column has the role "user", "item" or "rating", by its header or number from 1; of a grid the one that
            names the rows ("each row" where none does).
        skip: columns to leave out, by their headers or numbers from 1.
        decimal: the decimal mark, "." or ","; "auto" takes commas for decimal only where they can be nothing else.
        totals: what the last rows and columns of a grid are when they are named Total, Average or alike: "skip", "keep", or
            "auto" (left out where their numbers are the sums, means, medians or counts of the others; both is said). "keep"
            keeps last rows that hold nothing but a footnote, too.
        sheet: of a workbook: the sheet to read, by its name; if None the first that names its columns user, item and rating, or
            else the first that holds a table.
        encoding: of delimited text that is not UTF-8: one of `ENCODINGS`, such as "cp1251"; guessed if None, and noted.
        name: file name to show for bytes and file objects.
        missing: what stands for no answer among the ratings, such as [99, "k.A."]; [] where nothing does. If None, what lies
            apart from the scale and is not told of is an error.
        header: the line of the header, or the first and the last of several; 0 where there is none.
        only: column → value (or several): the rows that count, such as {"event": "play"}.
        marks: what cells such as 4/5 or ★★★☆☆ are: "number" or "text".
        separator: of text, what stands between the cells.
        negative: what numbers below zero are: "shift" (ratings; so much is added to all that the scale begins at 0) or "blank".

    What a table is, is weighed: where two ways to read it are nearly as likely, that is an error which names them and the
    keywords that choose; nothing is guessed.

    Raises:
        RatingsError: with the file, line, column and value that is wrong, and what to do.

    >>> ratings = read_ratings(b"user,item,rating\\nann,007,5\\nbob,007,3\\nbob,NA,4\\n")
    >>> ratings.items.tolist(), ratings.n_ratings, ratings.notes
    (['007', 'NA'], 3, ('Read as a long table: user = user, item = item, rating = rating.',))
    >>> read_ratings(b"user,item,rating\\nann,Alien,five\\n", name="films.csv")
    Traceback (most recent call last):
        ...
    nmf_core.errors.RatingsError: films.csv, line 2, column 'rating': 'five' is not a number. A rating is a number from \
0 up, such as 4 or 3.5, or blank. Correct that cell.
    """
    options = ReadOptions(
        format,
        zeros,
        duplicates,
        scale,
        layout,
        columns,
        skip,
        decimal,
        totals,
        sheet,
        encoding,
        name,
        missing,
        header,
        only,
        marks,
        separator,
        negative,
    )
    if isinstance(source, Ratings):
        return source
    if sparse.issparse(source):
        return ratings_of_sparse(source, duplicates, scale)
    if isinstance(source, np.ndarray | list | tuple):
        return ratings_of_array(source, zeros, scale)
    opened = open_source(source, format=format, name=name)
    table = opened.table(sheet, encoding) if separator is None else opened.table(None, encoding, separator)
    if table.exact is not None:
        return table.exact
    refuse_doubt(table, (*_which_sheet(opened, table, options), *_which_encoding(table, encoding)))
    plan = planned(table, options)
    refuse_doubt(plan.whole, plan.questions, options.columns)
    ratings, more = ratings_from_plan(plan, options)
    refuse_doubt(plan.whole, more)
    return with_metadata(ratings, table.items)


@dataclass(frozen=True, eq=False)
class Preview:
    """What a file seems to hold, before anything is made of it.

    Attributes:
        name: the file, as it is shown.
        head: its first rows as they stand, all text, under the titles by which a column is chosen; empty where the file
            cannot be read at all.
        questions: what had to be found out, each with the answer taken, its reason, and whether that is sure.
        ratings: the ratings under these answers; None where they cannot be read so.
        error: why not; else None.
    """

    name: str
    head: pd.DataFrame
    questions: tuple[Question, ...]
    ratings: Ratings | None
    error: NmfError | None

    @property
    def sure(self) -> bool:
        """Whether the ratings are there and no answer is in doubt."""
        return self.ratings is not None and all(question.sure for question in self.questions)


def preview_ratings(source: object, **options: Any) -> Preview:
    """What `read_ratings` makes of a file, with each guess, its reason and what else it could be.

    Doubt is not an error here: the likelier answer is taken and said not to be sure. The answers are keywords of
    `read_ratings` too, by which a file is read as a person says. Errors are in the result, not raised.

    Args:
        source: a path, file object, bytes or DataFrame; or what `open_source` made of one, which is not decoded again when
            another answer is tried.
        options: the keywords of `read_ratings`; what is not given is guessed.

    >>> found = preview_ratings(b"who;what;points\\nann;x;4,5\\nann;y;0\\nbob;x;3\\n")
    >>> [(q.key, q.choice) for q in found.questions if not q.sure], found.ratings.n_ratings, found.sure
    ([('zeros', 'rating')], 3, False)
    >>> [(q.key, q.choice) for q in found.questions if q.key in ("layout", "user", "rating", "decimal", "skip")]
    [('layout', 'long'), ('user', 'who'), ('rating', 'points'), ('decimal', ','), ('skip', ())]
    """
    name = source.name if isinstance(source, Source) else shown_name(options.get("name") or "") or "The file"
    seen = _Seen(name)
    try:
        asked = ReadOptions(**{"zeros": "auto", **options, "guess": True})
    except NmfError as error:
        return Preview(name, pd.DataFrame(), (), None, error)
    try:
        _look(source, asked, seen)
    except NmfError as error:
        return seen.preview(asked, error)
    return seen.preview(asked, None)


@dataclass
class _Seen:
    """What was seen of a file until it was read, or until that went wrong."""

    name: str
    table: Table | None = None
    plan: Plan | None = None
    questions: list[Question] = field(default_factory=list)
    ratings: Ratings | None = None

    def preview(self, asked: ReadOptions, error: NmfError | None) -> Preview:
        """The same for people."""
        table = self.plan.whole if self.plan is not None else self.table
        head = pd.DataFrame()
        if table is not None:
            with suppress(NmfError):  # which `error` says already
                head = _head(table)
        plain = table is not None and table.exact is not None
        questions = () if plain else all_questions(asked, self.questions, self.table, self.plan, error)
        return Preview(self.name, head, questions, None if error else self.ratings, error)


def _look(source: object, asked: ReadOptions, seen: _Seen) -> None:
    """Read a file as asked, and keep what is seen meanwhile."""
    opened = open_source(source, format=asked.format, name=asked.name)
    try:
        table = opened.table(None, asked.encoding, asked.separator)
    except NmfError:
        if asked.encoding or asked.separator:  # what it is without these answers says how each can be taken back
            with suppress(NmfError):
                seen.table = opened.table()
        raise
    seen.name, seen.table = table.name, table
    seen.questions += [*_which_sheet(opened, table, asked), *_which_encoding(table, asked.encoding)]
    chosen = {question.key: str(question.choice) for question in seen.questions}
    if table.sheets:
        seen.table = table = opened.table(chosen.get("sheet", asked.sheet), asked.encoding)
    if table.exact is not None:
        seen.questions, seen.ratings = [], table.exact
        return
    seen.plan = planned(table, asked)
    seen.questions += seen.plan.questions
    ratings, more = ratings_from_plan(seen.plan, asked)
    seen.questions += more
    seen.ratings = with_metadata(ratings, table.items)


def _which_sheet(source: Source, table: Table, options: ReadOptions) -> tuple[Question, ...]:
    """The question which sheet of a workbook is meant, if it has several; in doubt where another than the first would do."""
    names, asked = tuple(table.sheets), options.sheet
    if len(names) < 2 or asked not in (None, *names):
        return ()
    if asked is not None:
        return (Question("sheet", asked, names, CHOSEN, True),)
    in_sight = [name for name in names if name not in table.hidden_sheets]
    if _names_all(table):  # only a sheet that says as much is another list of ratings
        in_sight = [name for name in in_sight if _names_all(source.table(name))]
    first, others = table.sheet, [name for name in in_sight if name != table.sheet and _holds_ratings(source, name)]
    if not others:
        return (Question("sheet", first, names, "ratings can be read from no other", True),)
    if _holds_ratings(source, first):
        reason = f"it is the first that looks like ratings, and there are others: {', '.join(map(shown, others))}"
        return (Question("sheet", first, tuple(dict.fromkeys((first, *others, *names))), reason, False),)
    return (
        Question(
            "sheet",
            others[0],
            tuple(dict.fromkeys((*others, *names))),
            f"ratings cannot be read from {shown(first)}, which is before it",
            False,
        ),
    )


def _names_all(table: Table) -> bool:
    """Whether the header names users, items and ratings."""
    return all(has_role(table.header, role) for role in ROLES)


def _which_encoding(table: Table, asked: str | None) -> tuple[Question, ...]:
    """The question in which encoding older text is."""
    if not table.encodings or asked not in (None, *table.encodings):
        return ()
    if asked is not None:
        return (Question("encoding", asked, tuple(table.encodings), CHOSEN, True),)
    reason = (
        "its letters with accents look right so" if table.sure_of_encoding else "it is not UTF-8; look at the names"
    )
    return (Question("encoding", table.encoding, tuple(table.encodings), reason, table.sure_of_encoding),)


def _holds_ratings(source: Source, sheet: str) -> bool:
    """Whether what stands on a sheet is ratings beyond doubt."""
    likely = ReadOptions(zeros="auto", guess=True)
    try:
        plan = planned(source.table(sheet), likely)
        ratings_from_plan(plan, likely)
    except NmfError:
        return False
    return all(question.sure for question in plan.questions if question.key == "layout")


def _head(table: Table) -> pd.DataFrame:
    """The first rows of a table as text."""
    wide = list(range(min(len(table.header), HEAD_COLUMNS)))
    titles = column_titles(table)
    columns = [column.first(HEAD_ROWS) for column in table.take(wide, HEAD_ROWS)]
    cells = {
        titles[k]: [_shown_cell(column.cell(row)) for row in range(len(column))]
        for k, column in zip(wide, columns, strict=True)
    }
    return pd.DataFrame(cells, dtype="str")


def _shown_cell(cell: object) -> str:
    """A cell as a preview shows it."""
    return "" if cell is None else text_of(cell)[:200]
