"""Tables whose ratings are known, written down as people write them: they are read as they were meant, or asked about.

What may not be is another reading without a question. A table is turned round, given titles, codes for no answer, further columns,
other headers and separators; hypothesis chooses, and shrinks what goes wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from nmf_core import preview_ratings
from nmf_core.data.ratings import Ratings

PEOPLE = ("Ann", "Bob", "Carla", "David", "Emma", "Frank", "Grace", "Henry", "Iris", "Jakob")
IDS = tuple(f"u{k:03}" for k in range(11, 21))
FILMS = ("Alien", "The Hunt", "Heat", "Up (2009)", "Amélie", "Das Boot", "Jaws", "Ran, the film", "007", "Se7en")
CODES = tuple(f"f{k}" for k in range(1, 11))
SCALES = ((1, 2, 3, 4, 5), (0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5), (1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
HEADERS = {
    "user": ("user", "userId", "User ID", "person", "Kunde", "reviewer", "participant", "Respondent"),
    "item": ("item", "movieId", "Movie Title", "film", "Artikel", "product", "book"),
    "rating": ("rating", "Score", "stars", "Bewertung", "points", "note"),
}
MISSING = ("", "NA", "-", "99", "n/a", "k.A.", "999", "-9")
SEPARATORS = (",", ";", "\t", "|")
TITLES = ("Our films", "# exported in May", "Ratings of the club, spring")
# What else people keep beside ratings: a header, and a cell by the number of a row.
FURTHER = {
    "No.": lambda k: str(k + 1),
    "Date": lambda k: f"2024-03-{k % 28 + 1:02}",
    "timestamp": lambda k: str(1_700_000_000 + 86_400 * k),
    "Comment": lambda k: ("very nice", "", "meh, too long", "would see it again")[k % 4],
    "Age": lambda k: str(23 + 7 * k % 41),
}

Rows = list[list[str]]
Known = dict[tuple[str, str], float]


@dataclass(frozen=True)
class Written:
    """How a table is written down."""

    shape: str = "list"  # or "grid", or "items down"
    headers: tuple[str, str, str] = ("user", "item", "rating")
    corner: str = ""
    order: tuple[int, int, int] = (0, 1, 2)
    missing: str = ""
    further: tuple[str, ...] = ()
    first: bool = False  # whether what is further stands before the others
    separator: str = ","
    title: str = ""
    comma: bool = False


@st.composite
def known(draw: st.DrawFn) -> Known:
    """Ratings of some people for some films, each person and film having several."""
    users = draw(st.sampled_from((PEOPLE, IDS)))[: draw(st.integers(5, 10))]
    items = draw(st.sampled_from((FILMS, CODES)))[: draw(st.integers(4, 9))]
    scale = draw(st.sampled_from(SCALES))
    blank = draw(st.integers(3, 6))
    picks = draw(st.lists(st.sampled_from(scale), min_size=len(users) * len(items), max_size=len(users) * len(items)))
    picks = [scale[(k * 7 + int(2 * value)) % len(scale)] for k, value in enumerate(picks)]  # no two columns alike
    cells = [(user, item) for user in users for item in items]
    return {
        cell: float(value) for k, (cell, value) in enumerate(zip(cells, picks, strict=True)) if (k * 5 + k // 7) % blank
    }


def ways() -> st.SearchStrategy[Written]:
    """Ways to write a table down."""
    return st.builds(
        Written,
        shape=st.sampled_from(("list", "grid", "items down")),
        headers=st.tuples(*(st.sampled_from(HEADERS[role]) for role in ("user", "item", "rating"))),
        corner=st.sampled_from(("", "name", "plain")),
        order=st.permutations((0, 1, 2)).map(tuple),
        missing=st.sampled_from(MISSING),
        further=st.lists(st.sampled_from(sorted(FURTHER)), max_size=2, unique=True).map(tuple),
        first=st.booleans(),
        separator=st.sampled_from(SEPARATORS),
        title=st.sampled_from(("", "", *TITLES)),
        comma=st.booleans(),
    )


def said(value: float, way: Written) -> str:
    """A rating as somebody writes it."""
    text = f"{value:g}"
    return text.replace(".", ",") if way.comma else text


def as_list(ratings: Known, way: Written) -> Rows:
    """One row a rating; where there is none, a row here and there says so."""
    rows = [[way.headers[k] for k in way.order]]
    rows += [[(user, item, said(value, way))[k] for k in way.order] for (user, item), value in ratings.items()]
    users, items = list(dict.fromkeys(u for u, _ in ratings)), list(dict.fromkeys(i for _, i in ratings))
    lacking = [(u, i) for u in users for i in items if (u, i) not in ratings]
    if way.missing:
        rows += [[(user, item, way.missing)[k] for k in way.order] for user, item in lacking]
    return rows


def as_grid(ratings: Known, way: Written) -> Rows:
    """People down and films across, or the other way round; then the corner must say so, or the names."""
    users, items = list(dict.fromkeys(u for u, _ in ratings)), list(dict.fromkeys(i for _, i in ratings))
    turned = way.shape == "items down"
    corner = {"": "", "name": "Name", "plain": way.headers[1 if turned else 0]}[way.corner]
    down, across = (items, users) if turned else (users, items)
    rows = [[corner, *across]]
    for one in down:
        cells = [ratings.get((other, one) if turned else (one, other)) for other in across]
        rows.append([one, *(way.missing if value is None else said(value, way) for value in cells)])
    return rows


def with_further(rows: Rows, way: Written) -> Rows:
    """The rows with the columns that are further."""
    made = []
    for k, row in enumerate(rows):
        more = [name if k == 0 else FURTHER[name](k - 1) for name in way.further]
        made.append([*more, *row] if way.first else [*row, *more])
    return made


def quoted(cell: str, separator: str) -> str:
    """A cell with quotes where it needs them."""
    return '"' + cell + '"' if separator in cell else cell


def text(ratings: Known, way: Written) -> str:
    """The table as a file."""
    rows = with_further(as_list(ratings, way) if way.shape == "list" else as_grid(ratings, way), way)
    lines = [way.separator.join(quoted(cell, way.separator) for cell in row) for row in rows]
    above = [quoted(way.title, way.separator)] if way.title else []
    return "\n".join([*above, *lines]) + "\n"


def cells(ratings: Ratings) -> Known:
    """What was read."""
    return {(row.user, row.item): float(row.rating) for row in ratings.to_table().itertuples()}


def judged(ratings: Known, way: Written) -> str:
    """What comes of a table: read, asked, refused; or another reading without a question, which is wrong."""
    found = preview_ratings(text(ratings, way).encode(), name="a.csv")
    if found.error is not None:
        return f"refused: {found.error}"
    assert found.ratings is not None
    if not found.sure:
        return "asked"
    return "read" if cells(found.ratings) == ratings else f"otherwise: {cells(found.ratings)}"


@settings(max_examples=70, deadline=timedelta(seconds=10), suppress_health_check=list(HealthCheck))
@given(known(), ways())
def test_a_known_table_is_read_as_it_is_meant_or_asked_about(ratings, way):
    what = judged(ratings, way)
    note(f"{way}\n{text(ratings, way)}\n{what}")
    assert not what.startswith("otherwise")


@settings(max_examples=30, deadline=timedelta(seconds=10), suppress_health_check=list(HealthCheck))
@given(known(), ways())
def test_a_list_by_its_usual_names_is_read_at_once_whatever_stands_beside(ratings, way):
    plain = replace(way, shape="list", headers=("user", "item", "rating"), missing="", comma=False)
    what = judged(ratings, plain)
    note(f"{text(ratings, plain)}\n{what}")
    assert what == "read"
