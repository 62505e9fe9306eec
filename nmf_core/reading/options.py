"""How a table is wanted to be read (`ReadOptions`), what there was to find out (`Question`), and what came of it (`Plan`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nmf_core.data.assemble import DUPLICATE_RULES, Scale
from nmf_core.errors import RatingsError, closest, shown
from nmf_core.formats.delimited_text import DELIMITERS
from nmf_core.formats.encodings import ENCODINGS
from nmf_core.formats.registry import FORMATS
from nmf_core.tables.base import Table

ZEROS, DECIMALS, TOTALS, MARKS = ("unrated", "rating"), (".", ","), ("skip", "keep"), ("number", "text")
NEGATIVE = ("shift", "blank")
SEPARATORS = tuple(DELIMITERS)
FIND_OUT = "find out"  # an answer that leaves a question to the reader
EACH_ROW = "each row"  # in place of a column: the rows have no names, and are numbered
CHOSEN = "you chose it"
HINT = "For a long table, name its columns user, item and rating."


@dataclass(frozen=True)
class ReadOptions:
    """The keywords of `read_ratings`, which says what each means, checked once.

    `guess` says what becomes of doubt: taken the likelier way, and said; or an error where it could falsify a rating.

    >>> ReadOptions(layout="grid", skip=["Age"]).skip
    ('Age',)
    >>> ReadOptions(zeros="rated")
    Traceback (most recent call last):
        ...
    nmf_core.errors.RatingsError: zeros is 'rated'; it must be one of auto, unrated, rating. Did you mean 'unrated'? Choose one.
    """

    format: str = "auto"
    zeros: str = "unrated"
    duplicates: str = "last"
    scale: Scale | None = None
    layout: str = "auto"
    columns: Mapping[str, object] | None = None
    skip: Sequence[object] | None = None
    decimal: str = "auto"
    totals: str = "auto"
    sheet: str | None = None
    encoding: str | None = None
    name: str | None = None
    missing: Sequence[object] | None = None
    header: object = "auto"
    only: Mapping[str, object] | None = None
    marks: str = "auto"
    separator: str | None = None
    negative: str = "auto"
    guess: bool = False

    def __post_init__(self) -> None:
        """Check each option."""
        for option, allowed in (
            ("zeros", ("auto", *ZEROS)),
            ("decimal", ("auto", *DECIMALS)),
            ("totals", ("auto", *TOTALS)),
            ("duplicates", DUPLICATE_RULES),
            ("format", ("auto", *FORMATS)),
            ("encoding", (None, *ENCODINGS)),
            ("marks", ("auto", *MARKS)),
            ("negative", ("auto", *NEGATIVE)),
            ("separator", (None, *SEPARATORS)),
        ):
            value = getattr(self, option)
            if value not in allowed:
                words = [word for word in allowed if word is not None]
                named = ", ".join(word if word.strip() == word else repr(word) for word in words)
                raise RatingsError(
                    f"{option} is {shown(value)}; it must be one of {named}.{closest(str(value), words)} Choose one."
                )
        if self.columns is not None and not isinstance(self.columns, Mapping):
            raise RatingsError(
                f"columns is {shown(self.columns)}; it must say which column has which role. Give a mapping such as "
                "{'user': 'who', 'item': 'film', 'rating': 'points'}."
            )
        if self.skip is not None and (isinstance(self.skip, str) or not isinstance(self.skip, Sequence)):
            raise RatingsError(
                f"skip is {shown(self.skip)}; it must be a list of columns. Give one such as ['Age', 5]."
            )
        if self.missing is not None and (isinstance(self.missing, str) or not isinstance(self.missing, Sequence)):
            raise RatingsError(
                f"missing is {shown(self.missing)}; it must be a list of what stands for no answer. Give one such as [99, 'k.A.']."
            )
        if self.only is not None and not isinstance(self.only, Mapping):
            raise RatingsError(
                f"only is {shown(self.only)}; it must say which rows count. Give a mapping such as {{'event': 'play'}}."
            )
        object.__setattr__(self, "missing", None if self.missing is None else tuple(self.missing))
        object.__setattr__(self, "columns", dict(self.columns) if self.columns else None)
        object.__setattr__(self, "skip", None if self.skip is None else tuple(self.skip))


@dataclass(frozen=True)
class Question:
    """One thing to be known about a file before it is read.

    Attributes:
        key: the keyword of `read_ratings` that answers it: "sheet", "encoding", "separator", "header", "layout", "skip", "only",
            "missing", "marks", "negative", "zeros", "decimal", "totals"; or "user", "item", "rating", which `columns` answers.
        choice: the answer taken; of "skip", "only" and "missing" as many as there are.
        options: what could be answered.
        reason: why this one, in words.
        sure: whether the file leaves no doubt, or the answer was given.
        about: of "only": the column that says what kind each row is.
        words: what some options are, for people: of "header" what stands in a line.
    """

    key: str
    choice: str | tuple[str, ...]
    options: tuple[str, ...]
    reason: str
    sure: bool
    about: str = ""
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """How a table is to be read.

    Attributes:
        table: what is read of it: without columns that are left out, and in a grid after the column that names the rows.
        layout: how it is read, a name in `layouts.LAYOUTS`.
        roles: which column has which role in a long table, or by its name in a grid.
        questions: what had to be found out.
        whole: the table as it stands.
        lacking: of a grid that could as well be a list without one of its columns: the error, should the grid be none.
        when: the column of a list that says when each rating was given, if one does.
        since, notes: what made it a grid and what to beware of, for the notes of the ratings.
    """

    table: Table
    layout: str
    roles: dict[str, int]
    questions: tuple[Question, ...]
    whole: Table
    lacking: RatingsError | None = None
    since: str = ""
    notes: tuple[str, ...] = ()
    when: int | None = None
