"""Item metadata meets ratings: joined by id or by title, and items shown by their titles."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pandas as pd

from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import RatingsError, shown
from nmf_core.tables.base import text_of
from nmf_core.tables.headers import plain


@dataclass(frozen=True)
class ItemsJoin:
    """How metadata and ratings went together.

    Attributes:
        by: "id" or "title", what of the metadata the items' ids were looked for in.
        n_matched: items that have metadata now.
        n_rows: rows of the metadata.
        without: ids of all items that have none, in the ratings' order.
        unused: ids of all metadata rows that no item of the ratings has, in the metadata's order.
    """

    by: str
    n_matched: int
    n_rows: int
    without: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not plain, in words: a join by title, and whatever did not match."""
        notes = []
        if self.by == "title":
            notes.append("No item's id is in the metadata, so they were matched by title.")
        if self.without:
            n_items = self.n_matched + len(self.without)
            notes.append(f"{len(self.without)} of {n_items} items have no metadata (such as {_few(self.without)}).")
        if self.unused:
            notes.append(
                f"{len(self.unused)} of the {self.n_rows} items in the metadata have no ratings and were left out."
            )
        return tuple(notes)


def join_items(ratings: Ratings, info: pd.DataFrame) -> tuple[Ratings, ItemsJoin]:
    """Ratings with the metadata of their items, and what matched.

    Ids are compared first. If none is there, titles are (column "title"), whatever their case; a title of several
    rows matches nothing. Columns that the ratings' metadata had before stay, unless `info` has them too.

    Args:
        ratings: what the metadata is for; its items and their order stay.
        info: a frame indexed by item id, each id once, such as `read_items` gives.

    Raises:
        RatingsError: neither ids nor titles match, or an id is there twice.

    >>> ratings = Ratings.from_cells(["ann", "ann"], ["1", "2"], [5, 3])
    >>> films = pd.DataFrame({"title": ["Alien", "Heat"]}, index=["1", "3"])
    >>> joined, join = join_items(ratings, films)
    >>> joined.item_info.loc["1", "title"], join.by, join.without, join.unused
    ('Alien', 'id', ('2',), ('3',))
    """
    require_ratings(ratings)
    info = _by_text(info)
    by, keys = "id", info.index
    if not keys.isin(ratings.items).any():
        by, keys = "title", _titles_as_keys(info)
    place = pd.Series(range(len(info)), index=keys, dtype="int64")
    place = place[place.index != ""]
    wanted = ratings.items if by == "id" else pd.Index([_folded(item) for item in ratings.items], dtype="str")
    found = place.reindex(wanted).fillna(-1).to_numpy(dtype=int)
    matched = found >= 0
    if not matched.any():
        raise RatingsError(
            f"None of the {ratings.n_items} items has metadata: the ratings' items are such as {_few(ratings.items)}, those of "
            f"the metadata such as {_few(info.index)}{_titles_too(info)}. Give metadata with the same ids or titles."
        )
    if by == "title":
        info = info.assign(id=info.index)
    labels = info.index.to_numpy(dtype=object)
    rows = info.reindex([labels[k] if k >= 0 else None for k in found])
    rows.index = ratings.items.rename("item")
    if ratings.item_info is not None:
        before = [column for column in ratings.item_info.columns if column not in rows.columns]
        rows = pd.concat([rows, ratings.item_info[before].set_axis(rows.index)], axis=1)
    unused = info.index[~pd.Series(range(len(info))).isin(found[matched]).to_numpy()]
    join = ItemsJoin(by, int(matched.sum()), len(info), tuple(ratings.items[~matched]), tuple(unused))
    return replace(ratings, item_info=rows), join


def with_metadata(ratings: Ratings, info: pd.DataFrame | None) -> Ratings:
    """Ratings with the metadata that came in the same file, if any; what did not match is a note.

    >>> ratings = Ratings.from_cells(["ann"], ["1"], [5])
    >>> with_metadata(ratings, pd.DataFrame({"title": ["Alien", "Heat"]}, index=["1", "3"])).notes
    ('1 of the 2 items in the metadata have no ratings and were left out.',)
    """
    if info is None:
        return ratings
    try:
        joined, join = join_items(ratings, info)
    except RatingsError as e:  # the ratings are good without
        return replace(ratings, notes=(*ratings.notes, str(e)))
    return replace(joined, notes=(*joined.notes, *join.notes))


def named_by_title(ratings: Ratings) -> Ratings:
    """The ratings with items called by their titles; the ids stay in the metadata's column "id".

    An item without a title keeps its id; titles that several items have get the id behind them. Without a title
    column nothing changes.

    >>> films = pd.DataFrame({"title": ["Emma", "Emma", ""]}, index=["1", "2", "3"])
    >>> ratings = Ratings.from_cells(["ann"] * 3, ["1", "2", "3"], [5, 3, 4], item_info=films)
    >>> named_by_title(ratings).items.tolist()
    ['Emma [1]', 'Emma [2]', '3']
    """
    require_ratings(ratings)
    column = None if ratings.item_info is None else _title_column(ratings.item_info)
    if ratings.item_info is None or column is None:
        return ratings
    ids = ratings.items.tolist()
    titles = ["" if pd.isna(title) else text_of(title) for title in ratings.item_info[column].tolist()]
    names = [title or item for title, item in zip(titles, ids, strict=True)]
    for _ in range(3):  # a name made so may be another item's; ids differ, so this ends but for names made to collide
        count = Counter(names)
        names = [f"{name} [{item}]" if count[name] > 1 else name for name, item in zip(names, ids, strict=True)]
    if names == ids or len(set(names)) < len(names):
        return ratings
    items = pd.Index(names, dtype="str")
    return replace(ratings, items=items, item_info=ratings.item_info.assign(id=ids).set_axis(items.rename("item")))


def _by_text(info: pd.DataFrame) -> pd.DataFrame:
    """The metadata with ids as text, each once."""
    if not isinstance(info, pd.DataFrame):
        raise RatingsError(
            f"The metadata is of type {type(info).__name__}; it must be a DataFrame indexed by item id. Read it with read_items."
        )
    index = pd.Index([text_of(item) for item in info.index], dtype="str", name="item")
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        raise RatingsError(f"The metadata has the item {shown(twice)} twice. Keep one row for each item.")
    return info.set_axis(index)


def _title_column(info: pd.DataFrame) -> object | None:
    """The column that holds titles."""
    return next((column for column in info.columns if plain(column) == "title"), None)


def _titles_as_keys(info: pd.DataFrame) -> pd.Index:
    """Each row's title, or id if there are no titles, to compare by; "" where it is blank or not the only one."""
    column = _title_column(info)
    titles = ["" if pd.isna(title) else _folded(title) for title in (info.index if column is None else info[column])]
    count = Counter(titles)
    return pd.Index([title if count[title] == 1 else "" for title in titles], dtype="str")


def _folded(title: object) -> str:
    """A title without regard to case and white space."""
    return " ".join(str(title).casefold().split())


def _titles_too(info: pd.DataFrame) -> str:
    """The metadata's first titles, for the error."""
    column = _title_column(info)
    return "" if column is None or info.empty else f" with titles such as {_few(info[column])}"


def _few(ids: object) -> str:
    """The first three of some ids."""
    return ", ".join(shown(str(x)) for x in list(ids)[:3])  # type: ignore[call-overload]
