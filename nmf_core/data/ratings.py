"""`Ratings`: the observed cells, their user and item ids and the rating scale. Nothing changes it once it is made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from nmf_core.data.escape import clean
from nmf_core.errors import RatingsError, closest, shown

Scale = tuple[float, float]

# Scales in common use; the first that holds every rating is the guess when none is given.
COMMON_SCALES: tuple[Scale, ...] = ((1, 5), (0.5, 5), (0, 5), (1, 10), (0, 10), (0, 100))
# Within these bounds a float32 rating, its square and sums of squares stay finite and normal.
SMALLEST_RATING, LARGEST_RATING = 1e-15, 1e15
DUPLICATE_RULES = ("last", "mean", "refuse")


class DataNote(str):
    """A note that tells of data which reading changed or left out, rather than of how they were read."""

    __slots__ = ()


@dataclass(frozen=True, eq=False)
class Ratings:
    """Ratings of items by users.

    Attributes:
        V: users × items CSR array, float32; every stored cell is observed, stored zeros included.
        users, items: external ids, as text, unique.
        scale: lowest and highest rating that can be given, in rating points.
        item_info: one row an item (indexed by item id), such as genres; or None.
        notes: what was settled while reading, in words (duplicates, blanks, replaced characters); those that tell of data
            changed or left out are of the type `DataNote`, which is a str.

    Make one with `nmf_core.read_ratings`, `Ratings.from_cells` or `Ratings.from_grid`.
    """

    V: sparse.csr_array
    users: pd.Index
    items: pd.Index
    scale: Scale
    item_info: pd.DataFrame | None = None
    notes: tuple[str, ...] = field(default=())

    @classmethod
    def from_cells(
        cls,
        users: Sequence[object] | NDArray,
        items: Sequence[object] | NDArray,
        values: ArrayLike,
        *,
        all_users: Iterable[object] | None = None,
        all_items: Iterable[object] | None = None,
        scale: Scale | None = None,
        item_info: pd.DataFrame | None = None,
        duplicates: str = "last",
        notes: Iterable[str] = (),
    ) -> Ratings:
        """Ratings from three equally long columns: user id, item id, rating.

        Args:
            users, items: ids; they become text, in order of first appearance.
            values: ratings, finite and not negative; NaN means blank.
            all_users, all_items: every id in the wished order, those without ratings too.
            scale: (low, high) in rating points; guessed from the ratings if None.
            item_info: a frame indexed by item id.
            duplicates: what becomes of a user and item given twice: "last", "mean" or "refuse".

        Raises:
            RatingsError: no ratings, a negative or infinite one, or duplicates that are refused.

        >>> r = Ratings.from_cells(["ann", "ann", "bob"], ["x", "y", "y"], [5, 3, 1])
        >>> r.n_users, r.n_items, r.n_ratings, r.scale
        (2, 2, 3, (1.0, 5.0))
        """
        said = list(notes)
        ratings = _numbers(values)
        user_ids, item_ids = _texts(users, "user", said), _texts(items, "item", said)
        if not len(user_ids) == len(item_ids) == len(ratings):
            raise RatingsError(
                f"There are {len(user_ids)} users, {len(item_ids)} items and {len(ratings)} ratings; "
                "the three columns must be equally long. Give one user, one item and one rating a row."
            )
        u, user_index = _factorize(user_ids, all_users, "user", said)
        i, item_index = _factorize(item_ids, all_items, "item", said)
        if len(user_index) == 0 or len(item_index) == 0:
            raise RatingsError(
                f"There are {len(user_index)} users and {len(item_index)} items, so there are no ratings. "
                "Give at least one rating of one item by one user."
            )
        return cls.from_indices(
            u,
            i,
            ratings,
            users=user_index,
            items=item_index,
            scale=scale,
            item_info=item_info,
            duplicates=duplicates,
            notes=said,
        )

    @classmethod
    def from_indices(
        cls,
        u: NDArray[np.integer],
        i: NDArray[np.integer],
        values: NDArray[np.floating],
        *,
        users: pd.Index,
        items: pd.Index,
        scale: Scale | None = None,
        item_info: pd.DataFrame | None = None,
        duplicates: str = "last",
        notes: Iterable[str] = (),
    ) -> Ratings:
        """Ratings from cells whose ids are known by their place in `users` and `items`.

        Args:
            u, i: (n,) row and column of each cell.
            values: (n,) ratings, finite and not negative; NaN means blank.
            users, items: every id, distinct, as text.
            scale, item_info, duplicates, notes: as for `from_cells`.

        Raises:
            RatingsError: no ratings, a negative or infinite one, or duplicates that are refused.

        >>> import numpy as np, pandas as pd
        >>> r = Ratings.from_indices(np.array([0, 1]), np.array([0, 0]), np.array([5.0, 3.0]),
        ...                          users=pd.Index(["ann", "bob"]), items=pd.Index(["x"]))
        >>> r.n_users, r.n_items, r.of_user("bob")
        (2, 1, {'x': 3.0})
        """
        said = list(notes)
        keep = ~np.isnan(values)
        if not keep.all():
            n_blank = int((~keep).sum())
            said.append(
                f"{n_blank} cell{'s' * (n_blank != 1)} without a number {'was' if n_blank == 1 else 'were'} taken as blank."
            )
            u, i, values = u[keep], i[keep], values[keep]
        if len(values) == 0:
            raise RatingsError("There are no ratings: every cell is blank. Give at least one rating.")
        _check_values(values, u, i, users, items)
        V = _csr(u, i, values, (len(users), len(items)))
        del u, i, values
        V = _settle_duplicates(V, users, items, duplicates, said)
        return cls(V, users, items, _scale(scale, V, users, items, said), _aligned(item_info, items), tuple(said))

    @classmethod
    def from_grid(
        cls,
        grid: pd.DataFrame,
        *,
        zeros: str = "unrated",
        scale: Scale | None = None,
        item_info: pd.DataFrame | None = None,
        notes: Iterable[str] = (),
    ) -> Ratings:
        """Ratings from a frame with users as index and items as columns; NaN is blank.

        `zeros` says what a 0 is: "unrated" (blank) or "rating". Users and items without ratings are kept.

        >>> import pandas as pd
        >>> Ratings.from_grid(pd.DataFrame({"x": [5, 0]}, index=["ann", "bob"])).n_ratings
        1
        """
        if zeros not in ("unrated", "rating"):
            raise RatingsError(f"zeros is {shown(zeros)}; it must be 'unrated' or 'rating'. Say which a 0 is.")
        values = np.empty(grid.shape, dtype=float)
        for k in range(grid.shape[1]):
            values[:, k] = _numbers(grid.iloc[:, k].to_numpy())
        said = list(notes)
        if zeros == "unrated" and (values == 0).any():
            said.append(f"{int((values == 0).sum())} zeros were taken as unrated.")
            values[values == 0] = np.nan
        rows, columns = np.nonzero(~np.isnan(values))
        user_ids = _texts(grid.index, "user", said)
        item_ids = _texts(grid.columns, "item", said)
        return cls.from_cells(
            user_ids[rows],
            item_ids[columns],
            values[rows, columns],
            all_users=user_ids,
            all_items=item_ids,
            scale=scale,
            item_info=item_info,
            notes=said,
        )

    @property
    def n_users(self) -> int:
        """Number of users (rows of V)."""
        return self.V.shape[0]

    @property
    def n_items(self) -> int:
        """Number of items (columns of V)."""
        return self.V.shape[1]

    @property
    def n_ratings(self) -> int:
        """Number of observed cells."""
        return self.V.nnz

    @property
    def density(self) -> float:
        """Share of cells that are observed, 0…1."""
        return self.n_ratings / (self.n_users * self.n_items)

    @cached_property
    def Vt(self) -> sparse.csr_array:
        """The transpose of V as items × users CSR."""
        Vt = self.V.T.tocsr()
        Vt.sort_indices()
        return Vt

    @cached_property
    def user_counts(self) -> NDArray[np.int64]:
        """(n_users,) number of ratings of each user."""
        return np.diff(self.V.indptr).astype(np.int64)

    @cached_property
    def item_counts(self) -> NDArray[np.int64]:
        """(n_items,) number of ratings of each item."""
        return np.bincount(self.V.indices, minlength=self.n_items).astype(np.int64)

    @cached_property
    def mean(self) -> float:
        """Mean of the observed ratings, in rating points."""
        return float(self.V.data.mean(dtype=np.float64))

    @cached_property
    def fingerprint(self) -> str:
        """sha256 (hex) of ids, ratings and scale: the same for the same ratings in the same order."""
        digest = hashlib.sha256()
        for ids in (self.users, self.items):
            for text in ids:
                raw = str(text).encode()
                digest.update(len(raw).to_bytes(8, "little") + raw)
            digest.update(b"|")
        for array, kind in ((self.V.indptr, "<i8"), (self.V.indices, "<i8"), (self.V.data, "<f4")):
            digest.update(np.ascontiguousarray(array, dtype=kind).tobytes())
        digest.update(np.asarray(self.scale, dtype="<f8").tobytes())
        return digest.hexdigest()

    def row(self, user: object) -> int:
        """Row index of a user id; a RatingsError with the nearest id if there is none."""
        return int(positions(self.users, [user], "user")[0])

    def column(self, item: object) -> int:
        """Column index of an item id; a RatingsError with the nearest id if there is none."""
        return int(positions(self.items, [item], "item")[0])

    def of_user(self, user: object) -> dict[str, float]:
        """Item id → rating of one user's observed cells.

        >>> Ratings.from_cells(["ann", "ann"], ["x", "y"], [5, 3]).of_user("ann")
        {'x': 5.0, 'y': 3.0}
        """
        u = self.row(user)
        cells = slice(self.V.indptr[u], self.V.indptr[u + 1])
        return dict(
            zip(self.items[self.V.indices[cells]].tolist(), self.V.data[cells].astype(float).tolist(), strict=True)
        )

    def of_item(self, item: object) -> dict[str, float]:
        """User id → rating of one item's observed cells.

        >>> Ratings.from_cells(["ann", "bob"], ["x", "x"], [5, 3]).of_item("x")
        {'ann': 5.0, 'bob': 3.0}
        """
        cells = np.flatnonzero(self.V.indices == self.column(item))
        rows = np.searchsorted(self.V.indptr, cells, side="right") - 1
        return dict(zip(self.users[rows].tolist(), self.V.data[cells].astype(float).tolist(), strict=True))

    def to_grid(self) -> pd.DataFrame:
        """Users × items frame of float64; blanks are NaN. Needs n_users · n_items · 8 bytes."""
        grid = np.full(self.V.shape, np.nan)
        rows = np.repeat(np.arange(self.n_users), self.user_counts)
        grid[rows, self.V.indices] = self.V.data
        return pd.DataFrame(grid, index=self.users, columns=self.items)

    def to_table(self) -> pd.DataFrame:
        """Long frame with the columns user, item, rating; one row an observed cell."""
        return pd.DataFrame(
            {
                "user": np.repeat(self.users.to_numpy(), self.user_counts),
                "item": self.items.to_numpy()[self.V.indices],
                "rating": self.V.data.astype(float),
            }
        )

    def keep(self, mask: NDArray[np.bool_]) -> Ratings:
        """The same users and items with only the observed cells where `mask` (n_ratings,) is True."""
        rows = np.repeat(np.arange(self.n_users), self.user_counts)[mask]
        V = sparse.csr_array((self.V.data[mask], (rows, self.V.indices[mask])), shape=self.V.shape)
        V.sort_indices()
        return Ratings(V, self.users, self.items, self.scale, self.item_info)


def require_ratings(ratings: object) -> None:
    """Refuse what is no `Ratings`, the likeliest first mistake.

    >>> require_ratings([[5, 3]])
    Traceback (most recent call last):
        ...
    nmf_core.errors.RatingsError: The ratings are of type list; they must be Ratings. Read them with nmf_core.read_ratings first.
    """
    if not isinstance(ratings, Ratings):
        raise RatingsError(
            f"The ratings are of type {type(ratings).__name__}; they must be Ratings. Read them with nmf_core.read_ratings first."
        )


def positions(index: pd.Index, ids: Iterable[object], what: str) -> NDArray[np.int64]:
    """Positions of external ids in an index; the one place where ids become indices.

    Raises:
        RatingsError: an id that is not there, with the nearest one that is.
    """
    texts = [str(x) for x in ids]
    found = np.asarray(index.get_indexer(pd.Index(texts, dtype=index.dtype)), dtype=np.int64)
    if (found < 0).any():
        missing = texts[int(np.argmax(found < 0))]
        raise RatingsError(
            f"There is no {what} {shown(missing)} among the {len(index)} {what}s.{closest(missing, index)} "
            f"Pick one of these ratings' {what}s."
        )
    return found


def replaced(count: int, what: str) -> DataNote:
    """The note on names with characters that were replaced."""
    names = f"1 {what} name" if count == 1 else f"{count} {what} names"
    return DataNote(f"{names} had control or broken characters, which were replaced by �.")


def guess_scale(values: NDArray[np.floating]) -> Scale:
    """The first common rating scale that holds every value, else the values' own range."""
    # The shortest decimal that is the same number: 7.3 as a float32 is a little more than 7.3.
    low, high = (float(str(end)) for end in (values.min(), values.max()))
    if high <= 1 and low >= 0 and not (low == high == 1):
        return (0.0, 1.0)
    for scale in COMMON_SCALES:
        if scale[0] <= low and high <= scale[1]:
            return (float(scale[0]), float(scale[1]))
    return (min(low, 0.0), high)


def _numbers(values: ArrayLike) -> NDArray[np.float64]:
    """Ratings as float64; text or complex numbers are an error that names the value."""
    array = np.asarray(values)
    if array.dtype.kind in "fiu" and array.ndim == 1:
        return array.astype(np.float64)
    if array.dtype.kind in "cb" or array.ndim != 1:
        raise RatingsError(
            f"The ratings are of type {array.dtype} with {array.ndim} dimensions; they must be real numbers in one column. "
            "Convert them to numbers."
        )
    numbers = np.empty(len(array))
    for k, value in enumerate(array.tolist()):
        if value is None or value is pd.NA or (isinstance(value, float) and value != value):
            numbers[k] = np.nan
            continue
        try:
            if isinstance(value, bool | bytes | complex):
                raise TypeError
            numbers[k] = float(value)
        except (TypeError, ValueError, OverflowError) as e:
            raise RatingsError(
                f"Rating number {k + 1} is {shown(value)}; it must be a number, or blank. Correct that cell."
            ) from e
    return numbers


def _texts(ids: Iterable[object], what: str, said: list[str]) -> NDArray[np.object_]:
    """Ids as clean text, each distinct one cleaned once; what had to be replaced is counted in `said`."""
    listed = list(ids)
    raw = np.empty(len(listed), dtype=object)
    raw[:] = listed
    codes, uniques = pd.factorize(raw, use_na_sentinel=False)
    texts = np.empty(len(uniques), dtype=object)
    changed = np.zeros(len(uniques), dtype=bool)
    for k, value in enumerate(uniques):
        texts[k] = _text(value, what, codes, k)
        changed[k] = isinstance(value, str) and texts[k] != value.strip()
    if changed.any():
        said.append(replaced(int(changed.sum()), what))
    return texts[codes]


def _text(raw: object, what: str, codes: NDArray, k: int) -> str:
    """One id as text: trimmed, whole floats without .0, control characters and surrogates replaced."""
    if isinstance(raw, float | np.floating) and raw == raw and float(raw).is_integer():
        raw = int(raw)
    missing = raw is None or raw is pd.NA or (isinstance(raw, float) and raw != raw)
    text = "" if missing else str(raw).strip()
    if not text:
        place = int(np.argmax(codes == k)) + 1
        raise RatingsError(
            f"The {what} id number {place} is blank; every rating needs one. Fill it in or drop that row."
        )
    return clean(text)


def _factorize(
    ids: NDArray[np.object_], given: Iterable[object] | None, what: str, said: list[str]
) -> tuple[NDArray[np.int64], pd.Index]:
    """Codes and index of ids, in the given order or that of first appearance."""
    if given is None:
        codes, uniques = pd.factorize(ids)
        return codes.astype(np.int64), pd.Index(uniques, dtype="str")
    index = pd.Index(_texts(given, what, said), dtype="str")
    if index.has_duplicates:
        twice = index[index.duplicated()][0]
        raise RatingsError(f"The {what} {shown(twice)} is there twice; {what} ids must differ. Rename one of the two.")
    return positions(index, ids, what), index


def _check_values(ratings: NDArray, u: NDArray, i: NDArray, users: pd.Index, items: pd.Index) -> None:
    """Refuse infinite, negative and unrepresentable ratings, naming the first cells."""
    low, high = float(ratings.min()), float(ratings.max())
    if low >= 0 and high <= LARGEST_RATING and not ((ratings < SMALLEST_RATING) & (ratings > 0)).any():
        return
    magnitude = np.abs(ratings)
    wrong = {
        "infinite": ~np.isfinite(ratings),
        "negative": ratings < 0,
        f"larger than {LARGEST_RATING:g}": magnitude > LARGEST_RATING,
        f"not zero but smaller than {SMALLEST_RATING:g}": (ratings != 0) & (magnitude < SMALLEST_RATING),
    }
    for what, bad in wrong.items():
        if bad.any():
            cells = ", ".join(f"{users[u[k]]} × {items[i[k]]} = {ratings[k]:g}" for k in np.nonzero(bad)[0][:3])
            more = f" and {int(bad.sum()) - 3} more" if bad.sum() > 3 else ""
            raise RatingsError(
                f"A rating is {what}: {cells}{more}. Ratings must be finite numbers from 0 up "
                f"(to {LARGEST_RATING:g}). Correct, shift or rescale them."
            )


def _csr(u: NDArray, i: NDArray, values: NDArray, shape: tuple[int, int]) -> sparse.csr_array:
    """Cells as CSR with rising columns; a cell given twice is there twice, in the order given.

    Two conversions, each a counting sort that keeps the order of equals: by item, then by user.
    """
    cells = sparse.coo_array((values.astype(np.float32, copy=False), (u, i)), shape=shape)
    cells.has_canonical_format = True  # else SciPy would add up the ratings of a cell given twice
    by_item = cells.tocsc()
    del cells
    V = by_item.tocsr()
    V.has_sorted_indices = True
    return V


def _settle_duplicates(
    V: sparse.csr_array, users: pd.Index, items: pd.Index, rule: str, said: list[str]
) -> sparse.csr_array:
    """One rating a cell, by the rule; what was settled is counted in `said`."""
    if rule not in DUPLICATE_RULES:
        raise RatingsError(f"duplicates is {shown(rule)}; it must be one of {', '.join(DUPLICATE_RULES)}.")
    again = np.zeros(V.nnz, dtype=bool)
    np.equal(V.indices[1:], V.indices[:-1], out=again[1:])
    starts = V.indptr[:-1]
    again[starts[starts < V.nnz]] = False  # the first of a row repeats nothing
    n_twice = int(again.sum())
    if not n_twice:
        return V
    k = int(np.argmax(again))
    where = f"{users[int(np.searchsorted(V.indptr, k, side='right')) - 1]} × {items[V.indices[k]]}"
    if rule == "refuse":
        raise RatingsError(
            f"{n_twice} cells are rated more than once, the first of them {where}. "
            "Keep one rating a user and item, or read with duplicates='last' or 'mean'."
        )
    word = "the last rating counts" if rule == "last" else "their mean counts"
    repeat = "1 rating repeats" if n_twice == 1 else f"{n_twice} ratings repeat"
    said.append(DataNote(f"{repeat} a user and item (such as {where}); {word}."))
    first = np.flatnonzero(~again)
    if rule == "mean":
        values = np.add.reduceat(V.data.astype(np.float64), first) / np.diff(np.append(first, V.nnz))
    else:
        values = V.data[np.append(first[1:], V.nnz) - 1]
    rows = np.repeat(np.arange(V.shape[0]), np.diff(V.indptr))[first]
    return _csr(rows.astype(V.indices.dtype), V.indices[first], values, V.shape)


def _scale(scale: Scale | None, V: sparse.csr_array, users: pd.Index, items: pd.Index, said: list[str]) -> Scale:
    """The given scale, checked, or a guess."""
    if scale is None:
        return guess_scale(V.data)
    try:
        low, high = (float(x) for x in scale if not isinstance(x, str))
    except (TypeError, ValueError, OverflowError):  # no pair, or not of numbers
        low = high = np.nan
    if not (np.isfinite([low, high]).all() and low < high):
        raise RatingsError(
            f"The scale is {shown(scale)}; it must be two finite numbers, the low end below the high end. Give (low, high)."
        )
    outside = (V.data < low) | (V.data > high)
    if outside.any():
        k = int(np.argmax(outside))
        user = users[int(np.searchsorted(V.indptr, k, side="right")) - 1]
        lie = "1 rating lies" if outside.sum() == 1 else f"{int(outside.sum())} ratings lie"
        said.append(
            f"{lie} outside the scale {low:g}–{high:g} (such as {user} × {items[V.indices[k]]} = {V.data[k]:g})."
        )
    return (low, high)


def _aligned(info: pd.DataFrame | None, items: pd.Index) -> pd.DataFrame | None:
    """Item metadata with one row an item, in the items' order."""
    if info is None:
        return None
    info = info.copy()
    info.index = pd.Index([str(x) for x in info.index], dtype="str")
    return info[~info.index.duplicated()].reindex(items)
