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

from nmf_core.data.assemble import (
    Scale,
    aligned_info,
    check_values,
    checked_scale,
    csr_of,
    numbers_of,
    settle_duplicates,
    times_of_cells,
)
from nmf_core.data.ids import codes_of, id_texts, positions
from nmf_core.errors import RatingsError, shown
from nmf_core.words import many, noun


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
        times: (n_ratings,) when each observed cell was rated, in the order of V, in seconds since 1970 (UTC); NaN where that is
            not known. None where no time is.

    Make one with `nmf_core.read_ratings`, `Ratings.from_cells` or `Ratings.from_grid`.
    """

    V: sparse.csr_array
    users: pd.Index
    items: pd.Index
    scale: Scale
    item_info: pd.DataFrame | None = None
    notes: tuple[str, ...] = field(default=())
    times: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        """Times belong to the observed cells."""
        if self.times is not None and len(self.times) != self.V.nnz:
            raise RatingsError(f"There are {len(self.times)} times for {self.V.nnz} ratings. Give one for each rating.")

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
        ratings = numbers_of(values)
        user_ids, item_ids = id_texts(users, "user", said), id_texts(items, "item", said)
        if not len(user_ids) == len(item_ids) == len(ratings):
            raise RatingsError(
                f"There are {len(user_ids)} users, {len(item_ids)} items and {len(ratings)} ratings; "
                "the three columns must be equally long. Give one user, one item and one rating a row."
            )
        u, user_index = codes_of(user_ids, all_users, "user", said)
        i, item_index = codes_of(item_ids, all_items, "item", said)
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
        times: NDArray[np.float64] | None = None,
    ) -> Ratings:
        """Ratings from cells whose ids are known by their place in `users` and `items`.

        Args:
            u, i: (n,) row and column of each cell.
            values: (n,) ratings, finite and not negative; NaN means blank.
            users, items: every id, distinct, as text.
            scale, item_info, duplicates, notes: as for `from_cells`.
            times: (n,) when each was rated, in seconds since 1970; of a cell given twice the last counts.

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
            said.append(f"{many(n_blank, 'cell')} without a number {noun(n_blank, 'was', 'were')} taken as blank.")
            u, i, values = u[keep], i[keep], values[keep]
            times = None if times is None else times[keep]
        if len(values) == 0:
            raise RatingsError("There are no ratings: every cell is blank. Give at least one rating.")
        check_values(values, u, i, users, items)
        V = csr_of(u, i, values, (len(users), len(items)))
        when = None if times is None else times_of_cells(u, i, times, V.shape)
        del u, i, values
        V = settle_duplicates(V, users, items, duplicates, said)
        checked = checked_scale(scale, V, users, items, said)
        return cls(V, users, items, checked, aligned_info(item_info, items), tuple(said), when)

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
            values[:, k] = numbers_of(grid.iloc[:, k].to_numpy())
        said = list(notes)
        if zeros == "unrated" and (values == 0).any():
            said.append(f"{int((values == 0).sum())} zeros were taken as unrated.")
            values[values == 0] = np.nan
        rows, columns = np.nonzero(~np.isnan(values))
        user_ids = id_texts(grid.index, "user", said)
        item_ids = id_texts(grid.columns, "item", said)
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
        times = None if self.times is None else self.times[mask]
        return Ratings(V, self.users, self.items, self.scale, self.item_info, times=times)


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
