"""What folding one person in solves, as a value: receipts take it apart, flips solve it again with some of it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.ids import positions
from nmf_core.errors import RatingsError, SettingsError, real_number, shown
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.fold_in import blank_weights, fold_in_rows
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.nnls import least
from nmf_core.fit.problem import Array

Mask = NDArray[np.bool_]
LARGEST_RATING = 1e15


@dataclass(frozen=True, eq=False)
class RowProblem:
    """½ w·G w − r·w at its least, w ≥ 0, with H as the solver left it (`column_scale`): one row of a fit.

    G = (1−ω) Σ_own h hᵀ + ω Σ_all h hᵀ + λ c and r = Σ_own v h + ω b Σ_blank h − μ c, as in docs/mathematics.md;
    under another loss than "frobenius" there is no such form, and weights come from `fold_in_rows`.

    Attributes:
        fit: the features.
        columns, values: (n,) the columns of the items that are rated, ascending, and their ratings.
        half_at: as for `fold_in`.
    """

    fit: Factorization
    columns: NDArray[np.int64]
    values: Array
    half_at: float | None = None

    @property
    def squares(self) -> bool:
        """Whether weights are linear in ratings, given the features above 0."""
        return LOSSES[self.fit.settings.loss].beta == 2

    @cached_property
    def own(self) -> Array:
        """(n, rank) the weights of the rated items."""
        return np.ascontiguousarray(self.fit.H.T[self.columns] * self.fit.column_scale)

    @cached_property
    def own_gram(self) -> Array:
        """(rank, rank) Σ_own h hᵀ."""
        return np.asarray(self.own.T @ self.own)

    def items(self, columns: NDArray[np.int64]) -> Array:
        """(rank, m) the weights of some items."""
        return self.fit.H[:, columns] * self.fit.column_scale[:, None]

    def omega(self, count: int) -> float:
        """What a blank weighs of somebody with so many ratings."""
        return float(blank_weights(self.fit, np.array([count]), self.half_at)[0])

    def cells(self, omega: float, count: int) -> float:
        """The weighted number of cells, c, with so many ratings."""
        return count + omega * (len(self.fit.items) - count)

    def system(self, without: NDArray[np.int64] | None = None, *, count: int | None = None) -> tuple[Array, Array]:
        """G (rank, rank) and r (rank,), without the ratings at some places: these are blanks then.

        With `count`, as of somebody with so many ratings, all of these being there: what is to be taken from it is not gone yet.
        """
        gone = np.zeros(0, dtype=np.int64) if without is None else without
        count, own = len(self.columns) - len(gone) if count is None else count, self.own
        omega = self.omega(count)
        cells, value = self.cells(omega, count), omega * self.fit.blanks.value
        pull = np.asarray(self.values - value)
        G = (1.0 - omega) * (self.own_gram - own[gone].T @ own[gone])
        right = pull @ own - pull[gone] @ own[gone] - self.fit.penalty.l1_W * cells
        if omega:
            everywhere, sums = self.fit.blank_sums
            G = G + omega * everywhere
            right = right + value * sums
        G[np.diag_indices_from(G)] += self.fit.penalty.l2_W * cells
        return G, right

    def weights(self, without: NDArray[np.int64] | None = None, start: Mask | None = None) -> Array:
        """(rank,) the weights without the ratings at some places; where nothing is left and blanks count nothing, the mean ones."""
        if not self.squares:
            kept = np.ones(len(self.columns), dtype=bool)
            kept[[] if without is None else without] = False
            return self.folded(np.where(kept, self.values, np.nan)[None, :])[0]
        count = len(self.columns) - (0 if without is None else len(without))
        if self.cells(self.omega(count), count) == 0:
            return self.fit.mean_weights / self.fit.column_scale
        return least(*self.system(without), start)

    def folded(self, values: Array) -> Array:
        """(n, rank) the weights with each row of `values` (n, ratings) for the ratings, by `fold_in_rows`; NaN is a blank."""
        there = ~np.isnan(values)
        ends = np.append(0, np.cumsum(there.sum(axis=1)))
        cells = (values[there], np.broadcast_to(self.columns, values.shape)[there], ends)
        V = sparse.csr_array(cells, shape=(len(values), len(self.fit.items)))
        return fold_in_rows(self.fit, V, half_at=self.half_at) / self.fit.column_scale


def row_problem(fit: Factorization, ratings: Mapping[str, float], half_at: float | None = None) -> RowProblem:
    """The problem that `fold_in` solves of the same ratings.

    Raises:
        NmfError: an unknown item, or a rating that is none.
    """
    if not isinstance(ratings, Mapping):
        raise RatingsError(
            f"The ratings are {shown(ratings)}; they must be a mapping from item to rating. Give {{item: rating}}."
        )
    columns = positions(fit.items, list(ratings), "item")
    values = np.array(
        [real_number(f"the rating of {item}", v, 0, LARGEST_RATING) for item, v in ratings.items()], dtype=float
    )
    order = np.argsort(columns)
    return RowProblem(fit, columns[order].astype(np.int64), values[order], half_at)


def require_squares(fit: Factorization) -> None:
    """Refuse a loss under which weights are not linear in ratings."""
    if LOSSES[fit.settings.loss].beta != 2:
        raise SettingsError(
            f"The fit's loss is {shown(fit.settings.loss)}; only under 'frobenius' does a score divide among ratings, since only "
            "there are weights linear in them. Fit with loss='frobenius'."
        )
