"""`read_ratings`: whatever holds ratings becomes `Ratings`; `FORMATS` lists the files that can be read."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.errors import NmfError, RatingsError, closest, shown
from nmf_core.formats import base
from nmf_core.formats.archive import zip_of
from nmf_core.formats.base import Column, Data, Format, Table, kind_of, table_of_columns, text_of
from nmf_core.formats.delimited import DELIMITED
from nmf_core.formats.delimited import read as read_delimited
from nmf_core.formats.encodings import ENCODINGS
from nmf_core.formats.excel import EXCEL
from nmf_core.formats.folder import FOLDER
from nmf_core.formats.headers import has_role
from nmf_core.formats.join import with_metadata
from nmf_core.formats.json import JSON
from nmf_core.formats.layout import CHOSEN, LAYOUTS, Question, column_titles, plan
from nmf_core.formats.parquet import PARQUET
from nmf_core.formats.table import DECIMALS, ZEROS, Asked, made, ratings_of_table, without_blank_columns
from nmf_core.formats.totals import TOTALS
from nmf_core.ratings import DUPLICATE_RULES, Ratings, Scale

_TABLES = (DELIMITED, EXCEL, PARQUET, JSON)
FORMATS: dict[str, Format] = {f.name: f for f in (*_TABLES, zip_of(_TABLES))}

_HEAD_BYTES = 4096
_LONGEST_NAME = 100
HEAD_ROWS, HEAD_COLUMNS = 12, 30  # of a preview


def extensions() -> tuple[str, ...]:
    """Extensions of all files that can be read, without the dot.

    >>> extensions()[:2]
    ('csv', 'tsv')
    """
    return tuple(extension for f in FORMATS.values() for extension in f.extensions)


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
            "auto" (left out where their numbers are the sums, means, medians or counts of the others; both is said).
        sheet: of a workbook: the sheet to read, by its name; if None the first that names its columns user, item and rating, or
            else the first that holds a table.
        encoding: of delimited text that is not UTF-8: one of `ENCODINGS`, such as "cp1251"; guessed if None, and noted.
        name: file name to show for bytes and file objects.

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
    asked = _asked(layout, columns, skip, zeros, decimal, totals, duplicates, scale, guess=False)
    _check_choice("format", format, ("auto", *FORMATS))
    if isinstance(source, Ratings):
        return source
    if sparse.issparse(source):
        return _of_sparse(source, duplicates, scale)
    if isinstance(source, np.ndarray | list | tuple):
        return _of_array(source, zeros, scale)
    table = _in_encoding(_on_sheet(_table(source, format, name, encoding), sheet), encoding)
    return table.exact or with_metadata(ratings_of_table(table, asked), table.items)


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


def preview_ratings(
    source: object,
    *,
    format: str = "auto",
    zeros: str = "auto",
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
) -> Preview:
    """What `read_ratings` makes of a file, with each guess, its reason and what else it could be.

    Doubt is not an error here: the likelier answer is taken and said not to be sure. The answers are keywords of
    `read_ratings` too, by which a file is read as a person says. Errors are in the result, not raised.

    Args:
        source: a path, file object, bytes or DataFrame.
        format, zeros, duplicates, scale, layout, columns, skip, decimal, totals, sheet, encoding, name: as for
            `read_ratings`; what is "auto" or None is guessed.

    >>> found = preview_ratings(b"who;what;points\\nann;x;4,5\\nann;y;0\\nbob;x;3\\n")
    >>> [(q.key, q.choice, q.sure) for q in found.questions]
    [('layout', 'long', True), ('user', 'who', True), ('item', 'what', True), ('rating', 'points', True), \
('decimal', ',', True), ('zeros', 'rating', False)]
    >>> found.ratings.n_ratings, found.sure
    (3, False)
    """
    shown_as = shown_name(name or "") or "The file"
    head = pd.DataFrame()
    questions: tuple[Question, ...] = ()
    asked: Asked | None = None
    try:
        asked = _asked(layout, columns, skip, zeros, decimal, totals, duplicates, scale, guess=True)
        _check_choice("format", format, ("auto", *FORMATS))
        table = _table(source, format, name, encoding)
        shown_as, questions = table.name, (*_which_sheet(table, sheet), *_which_encoding(table, encoding))
        chosen = {question.key: str(question.choice) for question in questions}
        table = _in_encoding(_on_sheet(table, chosen.get("sheet", sheet)), chosen.get("encoding", encoding))
        table = without_blank_columns(table.remembering())
        if table.exact is not None:
            return Preview(shown_as, _head(table), (), table.exact, None)
        head = _head(table)
        how = plan(table, asked.layout, asked.columns, asked.skip, guess=True)
        head, questions = _head(how.whole), (*questions, *how.questions)
        ratings, more = made(how, asked)
    except NmfError as error:
        return Preview(shown_as, head, (*questions, *_still_open(questions, asked, head)), None, error)
    return Preview(shown_as, head, (*questions, *more), with_metadata(ratings, table.items), None)


def _which_sheet(table: Table, asked: str | None) -> tuple[Question, ...]:
    """The question which sheet of a workbook is meant, if it has several; in doubt where another than the first would do."""
    names = tuple(table.sheets)
    if len(names) < 2 or asked not in (None, *names):
        return ()
    if asked is not None:
        return (Question("sheet", asked, names, CHOSEN, True),)
    first, others = table.sheet, [n for n in names if n != table.sheet and _holds_ratings(table.sheets[n])]
    if not others:
        return (Question("sheet", first, names, "ratings can be read from no other", True),)
    if _holds_ratings(lambda: table):
        reason = f"it is the first that looks like ratings, and there are others: {', '.join(map(shown, others))}"
        return (Question("sheet", first, names, reason, False),)
    return (
        Question("sheet", others[0], names, f"ratings cannot be read from {shown(first)}, which is before it", False),
    )


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


def _holds_ratings(read: Callable[[], Table]) -> bool:
    """Whether what is read so can be taken for ratings."""
    try:
        ratings_of_table(read(), Asked(guess=True))
    except NmfError:
        return False
    return True


def _still_open(questions: tuple[Question, ...], asked: Asked | None, head: pd.DataFrame) -> list[Question]:
    """Where a file cannot be read as it was asked: what else could be answered, so that each answer can be taken back."""
    if asked is None or head.empty:
        return []
    more = (
        []
        if any(question.key == "layout" for question in questions)
        else [
            Question(
                "layout",
                "long" if asked.layout == "auto" else asked.layout,
                tuple(LAYOUTS),
                "nothing else was found",
                False,
            )
        ]
    )
    answered = (("decimal", asked.decimal, DECIMALS), ("zeros", asked.zeros, ZEROS), ("totals", asked.totals, TOTALS))
    return more + [
        Question(key, choice, options, CHOSEN, True) for key, choice, options in answered if choice != "auto"
    ]


def _asked(
    layout: str,
    columns: Mapping[str, object] | None,
    skip: Sequence[object] | None,
    zeros: str,
    decimal: str,
    totals: str,
    duplicates: str,
    scale: Scale | None,
    *,
    guess: bool,
) -> Asked:
    """The wishes, checked."""
    _check_choice("layout", layout, ("auto", *LAYOUTS))
    _check_choice("zeros", zeros, ("auto", *ZEROS))
    _check_choice("decimal", decimal, ("auto", *DECIMALS))
    _check_choice("totals", totals, ("auto", *TOTALS))
    _check_choice("duplicates", duplicates, DUPLICATE_RULES)
    if columns is not None and not isinstance(columns, Mapping):
        raise RatingsError(
            f"columns is {shown(columns)}; it must say which column has which role. Give a mapping such as "
            "{'user': 'who', 'item': 'film', 'rating': 'points'}."
        )
    if skip is not None and (isinstance(skip, str) or not isinstance(skip, Sequence)):
        raise RatingsError(f"skip is {shown(skip)}; it must be a list of columns. Give one such as ['Age', 5].")
    left = None if skip is None else tuple(skip)
    return Asked(layout, dict(columns) if columns else None, left, zeros, decimal, totals, duplicates, scale, guess)


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


def shown_name(name: object) -> str:
    """A file name as errors show it: the base name, without control and direction characters, cut to 100 characters.

    >>> shown_name("../../etc/ratings.csv")
    'ratings.csv'
    """
    last = re.split(r"[/\\]", str(name))[-1]
    clean = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp")).strip()
    return clean if len(clean) <= _LONGEST_NAME else clean[: _LONGEST_NAME - 12] + "…" + clean[-11:]


def _check_choice(option: str, value: object, allowed: tuple[str, ...]) -> None:
    """Refuse a value that is not among those allowed."""
    if value not in allowed:
        raise RatingsError(
            f"{option} is {shown(value)}; it must be one of {', '.join(allowed)}.{closest(str(value), allowed)} Choose one."
        )


def _table(source: object, format: str, name: str | None, encoding: str | None) -> Table:
    """The table in a file or a DataFrame."""
    if encoding is not None:
        _check_choice("encoding", encoding, tuple(ENCODINGS))
    if isinstance(source, pd.DataFrame):
        return table_of_frame(source)
    data, file_name = data_of(source, name)
    found = format_of(data, file_name, format)
    # Text that cannot be read by a guess must not be an error where its encoding is given.
    return read_delimited(data, file_name, encoding) if found is DELIMITED else found.read(data, file_name)


def _on_sheet(table: Table, sheet: str | None) -> Table:
    """The table, or that on the sheet that was asked for."""
    if sheet is None or sheet == table.sheet != "":
        return table
    if sheet not in tuple(table.sheets):
        there = (
            f"its sheets are {', '.join(map(shown, table.sheets))}" if table.sheets else "only workbooks have sheets"
        )
        raise RatingsError(
            f"{table.name} has no sheet {shown(sheet)}; {there}.{closest(str(sheet), table.sheets)} Name one of them, or none."
        )
    return table.sheets[sheet]()


def _in_encoding(table: Table, encoding: str | None) -> Table:
    """The table, or what it is in the encoding that was asked for."""
    if encoding is None or encoding == table.encoding != "":
        return table
    if not table.encodings:
        raise RatingsError(
            f"{table.name} is UTF-8, or no delimited text, so its encoding is not open. Leave encoding out."
        )
    return table.encodings[encoding]()


def data_of(source: Any, name: str | None) -> tuple[Data, str]:
    """The path or the bytes of a source, and its name for errors."""
    if isinstance(source, str | os.PathLike):
        file_name = shown_name(name or os.fspath(source)) or "The file"
        return _checked_path(Path(source), file_name), file_name
    if isinstance(source, bytes | bytearray | memoryview):
        file_name = shown_name(name or "") or "The file"
        data = bytes(source)
    elif callable(getattr(source, "read", None)):
        file_name = shown_name(name or getattr(source, "name", "")) or "The file"
        data = _bytes_of_object(source, file_name)
    else:
        raise RatingsError(
            f"Ratings cannot be read from {shown(source)} of type {type(source).__name__}. Give a path, a file object, "
            "bytes, a DataFrame, a 2-D array or a sparse matrix."
        )
    _check_size(len(data), file_name)
    return data, file_name


def _checked_path(path: Path, name: str) -> Path:
    """The path, if there is a file that can be opened, or a folder."""
    try:
        if path.is_dir():
            return path
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
    except (OSError, ValueError) as e:
        reason = getattr(e, "strerror", None) or "no path has such characters"
        raise RatingsError(
            f"{name} cannot be opened ({reason}). Check the path; give text itself as bytes or in an io.StringIO."
        ) from e
    _check_size(size, name)
    return path


def _bytes_of_object(file: IO[Any], name: str) -> bytes:
    """The bytes that a binary or text file object still holds."""
    try:
        content = file.read(base.MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as e:
        raise RatingsError(f"{name} cannot be read ({str(e)[:100]}). Open it again, in binary mode.") from e
    if isinstance(content, str):
        return content.encode("utf-8", "surrogatepass")
    if not isinstance(content, bytes):
        raise RatingsError(f"{name} gives {type(content).__name__} when read; it must give bytes or text. Open a file.")
    return content


def _check_size(n_bytes: int, name: str) -> None:
    """Refuse what is empty or too large."""
    if n_bytes == 0:
        raise RatingsError(f"{name} is empty. Choose a file with ratings.")
    if n_bytes > base.MAX_FILE_BYTES:
        raise RatingsError(
            f"{name} is larger than {base.MAX_FILE_BYTES / 1e6:g} MB, the most that can be read. Keep fewer ratings or columns."
        )


def format_of(data: Data, name: str, asked: str) -> Format:
    """The format that content says, unless the caller or the extension says another."""
    if isinstance(data, Path) and data.is_dir():
        return FOLDER
    head = head_of(data)
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    fitting = [f for f in FORMATS.values() if f.sniff(head, name)]
    claimed = [FORMATS[asked]] if asked != "auto" else [f for f in FORMATS.values() if extension in f.extensions]
    for candidate in claimed or fitting:
        if candidate in fitting:
            return candidate
    looks = kind_of(head) or "plain text"
    readable = ", ".join(f"{f.title} ({', '.join('.' + e for e in f.extensions)})" for f in FORMATS.values())
    if claimed:
        article = "an" if claimed[0].title[0] in "AEIOU" else "a"
        raise RatingsError(
            f"{name} is not {article} {claimed[0].title} file; its content looks like {looks}. Unpack or save it as one of: "
            f"{readable}, with the extension that goes with it."
        )
    raise RatingsError(f"{name} is {looks}, which cannot be read. Unpack or save it as one of: {readable}.")


def head_of(data: Data) -> bytes:
    """The first bytes of a file; of a folder none."""
    if isinstance(data, bytes) or data.is_dir():
        return data[:_HEAD_BYTES] if isinstance(data, bytes) else b""
    with data.open("rb") as file:
        return file.read(_HEAD_BYTES)


def table_of_frame(frame: pd.DataFrame) -> Table:
    """A DataFrame as a Table; an index that holds ids becomes the first column."""
    header = [text_of(column) for column in frame.columns]
    plain = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    starts_with_users = len(header) > 0 and (has_role(header[:1], "user") or _is_text(frame.iloc[:, 0]))
    columns = [frame.iloc[:, k].reset_index(drop=True) for k in range(frame.shape[1])]
    if not (plain and starts_with_users):
        levels = [frame.index.get_level_values(k) for k in range(frame.index.nlevels)]
        columns = [pd.Series(level.array) for level in levels] + columns
        header = [text_of(name) if name is not None else "" for name in frame.index.names] + header
    if not columns:
        raise RatingsError("The DataFrame has no columns. Give one with user, item and rating, or with users as index.")
    return table_of_columns(
        header, [Column.of(column) for column in columns], range(1, len(frame) + 1), name="The DataFrame", place="row"
    )


def _is_text(cells: pd.Series) -> bool:
    """Whether a column holds text rather than numbers."""
    return not pd.api.types.is_numeric_dtype(cells) and pd.api.types.infer_dtype(cells) in ("string", "categorical")


def _of_array(source: Any, zeros: str, scale: Scale | None) -> Ratings:
    """Ratings from a 2-D array."""
    try:
        masked = isinstance(source, np.ma.MaskedArray)
        array = source.astype(float).filled(np.nan) if masked else np.asarray(source)
    except (ValueError, TypeError) as e:
        raise RatingsError("The rows of the array are not equally long, or not numbers. Give a 2-D array.") from e
    _check_array(array.dtype, array.shape)
    grid = pd.DataFrame(array.astype(float), index=_numbered(array.shape[0]), columns=_numbered(array.shape[1]))
    return Ratings.from_grid(grid, zeros=zeros, scale=scale)


def _of_sparse(source: Any, duplicates: str, scale: Scale | None) -> Ratings:
    """Ratings from a sparse array or matrix, whose stored cells are observed."""
    _check_array(source.dtype, source.shape)
    cells = source.tocoo()
    rows, columns = (_numbered(n) for n in cells.shape)
    n_zeros = int((cells.data == 0).sum())
    return Ratings.from_cells(
        rows[cells.row],
        columns[cells.col],
        cells.data,
        all_users=rows,
        all_items=columns,
        scale=scale,
        duplicates=duplicates,
        notes=[f"{n_zeros} stored zeros count as ratings."] if n_zeros else [],
    )


def _check_array(dtype: np.dtype, shape: tuple[int, ...]) -> None:
    """Refuse an array that is not a grid of real numbers."""
    if len(shape) != 2 or 0 in shape:
        raise RatingsError(
            f"The array has the shape {shape}; it must be users × items with at least one of each. Give a 2-D array."
        )
    if dtype.kind not in "fiu":
        raise RatingsError(
            f"The array is of type {dtype}; ratings are real numbers, with NaN for a blank. Convert it to float."
        )


def _numbered(n: int) -> NDArray[np.object_]:
    """Ids "0", "1", … as an array."""
    return np.arange(n).astype(str).astype(object)
