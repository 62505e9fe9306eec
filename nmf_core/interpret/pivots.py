"""Many non-negative least-squares problems that lie near one another, each solved from the pivots of one.

With the features A free and all others (N) at 0, ½ w·G w − r·w has w_A = M r_A, M = G_AA⁻¹, and the slopes G_NA M r_A − r_N of the
others: `image` of r. Letting what is not free or at 0 there move by x changes these by T x, where

    T = [M, −M G_AN; G_NA M, G_NN − G_NA M G_AN]

is the principal pivot transform of G (Tucker 1960). So that k features change sides costs a system of k × k, whatever the rank, and
so does G less the outer products of a few rated items (Woodbury).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmf_core.fit.problem import Array

Mask = NDArray[np.bool_]
Columns = Callable[[NDArray[np.int64]], Array]

NEAR = 1e-12  # of the largest value: one below 0 by less is rounding
TOLD_APART = 1e-8  # how far G_AA M may be from ones on the diagonal: by more, features cannot be told apart
CHANCES, ROUNDS = 3, 60  # times that changing all at once may get no nearer, and changes in all


@dataclass(frozen=True, eq=False)
class Tableau:
    """T of one G with some features free.

    Attributes:
        free: (rank,) which are.
        T: (rank, rank).
        inverse: (free, free) M.
        slopes: (others, free) G_NA M.
    """

    free: Mask
    T: Array
    inverse: Array
    slopes: Array

    def image(self, rights: Array) -> Array:
        """(n, rank) of right-hand sides (n, rank): what is free, and the slopes of the others."""
        found = np.empty_like(rights)
        found[:, self.free] = rights[:, self.free] @ self.inverse
        found[:, ~self.free] = rights[:, self.free] @ self.slopes.T - rights[:, ~self.free]
        return found

    def solve(self, image: Array, columns: Columns | None = None) -> Array | None:
        """(rank,) the weights that are least, by block principal pivoting; None where that does not end.

        `image` (rank,) of r; `columns` gives some columns of T, where these are not this tableau's.
        """
        columns = columns or (lambda some: self.T[:, some])
        tol = NEAR * max(float(np.abs(image).max(initial=0.0)), 1e-300)
        flipped, values = np.zeros(len(image), dtype=bool), image
        fewest, chances = len(image) + 1, CHANCES
        for _ in range(ROUNDS):
            wrong = values < -tol
            n_wrong = int(np.count_nonzero(wrong))
            if n_wrong == 0:
                return np.where(self.free != flipped, np.maximum(values, 0.0), 0.0)
            if n_wrong < fewest:
                fewest, chances = n_wrong, CHANCES
            elif chances > 0:
                chances -= 1
            else:
                wrong[: np.flatnonzero(wrong)[-1]] = False  # Murty's rule: it cannot go round in circles
            flipped = flipped ^ wrong
            some = np.flatnonzero(flipped)
            T = columns(some)
            try:
                x = np.linalg.solve(T[some], -image[some])
            except np.linalg.LinAlgError:
                return None
            values = image + T @ x
            values[some] = x
        return None


def tableau_of(G: Array, free: Mask) -> Tableau | None:
    """The tableau of G (rank, rank) with some features free; None where these cannot be told apart."""
    inside = G[np.ix_(free, free)]
    try:
        inverse = np.linalg.inv(inside)
    except np.linalg.LinAlgError:
        return None
    if not np.abs(inside @ inverse - np.eye(len(inside))).max(initial=0.0) < TOLD_APART:
        return None
    slopes = G[np.ix_(~free, free)] @ inverse
    T = np.empty_like(G)
    T[np.ix_(free, free)], T[np.ix_(free, ~free)] = inverse, -slopes.T
    T[np.ix_(~free, free)], T[np.ix_(~free, ~free)] = slopes, G[np.ix_(~free, ~free)] - slopes @ G[np.ix_(free, ~free)]
    return Tableau(free, T, inverse, slopes)


@dataclass(frozen=True, eq=False)
class Lessened:
    """A tableau whose G is to lose α h hᵀ for a few of some rows h (n, rank): `images` (n, rank) are those of the rows."""

    tableau: Tableau
    rows: Array
    images: Array
    alpha: float

    def solve(self, image: Array, gone: NDArray[np.int64]) -> Array | None:
        """(rank,) the weights that are least with the rows `gone` taken from G; `image` (rank,) of r in the tableau."""
        free, Q = self.tableau.free, self.images[gone]
        inner = np.eye(len(gone)) - self.alpha * (self.rows[gone][:, free] @ Q[:, free].T)
        try:
            lift = self.alpha * np.linalg.solve(inner, np.eye(len(gone)))
        except np.linalg.LinAlgError:
            return None
        raised = Q.T @ lift  # (rank, gone)
        across = np.where(free, Q, -Q)

        def columns(some: NDArray[np.int64]) -> Array:
            return np.asarray(self.tableau.T[:, some] + raised @ across[:, some])

        return self.tableau.solve(image + raised @ (self.rows[gone][:, free] @ image[free]), columns)
