"""`Factorization`: the frozen result of a fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from nmf_core.data.assemble import Scale
from nmf_core.data.ids import positions
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.fit.problem import Array, Blanks, Penalty
from nmf_core.fit.settings import Settings

STOP_REASONS = {
    "kkt": "converged: no weight would move by more than the tolerance",
    "change": "converged: a sweep no longer lowers the objective by more than the tolerance",
    "solver": "converged by the solver's own rule",
    "max_sweeps": "not converged: it ran out of sweeps",
    "cancelled": "cancelled: this is the last sweep that was finished",
}


@dataclass(frozen=True, eq=False)
class Factorization:
    """W and H of a fit, how it went, and what it was asked.

    Attributes:
        W: (n_users, rank) user–feature weights, not negative.
        H: (rank, n_items) feature–item weights, not negative.
        users, items, scale: those of the ratings.
        settings: as asked; `blanks` and `penalty` as they were resolved for these ratings.
        history: one row a sweep: sweep, objective, kkt, seconds since the start; row 0 is the start itself.
        stopped: why the fit ended, a key of `STOP_REASONS`.
        misfit_removed: (rank,) by how much each feature lowers the squared misfit on observed cells, in squared rating points.
        column_scale: (rank,) what each column of W was multiplied by, and each row of H divided by, since the fit; ones before
            `canonical`.
        rmse: root mean squared error on the observed cells it was fitted to, in rating points.
        fingerprint: of the ratings.
        notes: what a reader should know, in words.
        solver_order: the number that each feature has in the solver's own W and H; () where it is its number here.
    """

    W: Array
    H: Array
    users: pd.Index
    items: pd.Index
    scale: Scale
    settings: Settings
    blanks: Blanks
    penalty: Penalty
    history: pd.DataFrame
    stopped: str
    misfit_removed: Array
    column_scale: Array
    rmse: float
    fingerprint: str
    notes: tuple[str, ...] = ()
    solver_order: tuple[int, ...] = ()

    @property
    def rank(self) -> int:
        """Number of features."""
        return self.H.shape[0]

    @property
    def converged(self) -> bool:
        """Whether a stopping rule was met, rather than the sweeps used up or the fit cancelled."""
        return self.stopped in ("kkt", "change", "solver")

    @property
    def objective(self) -> float:
        """Loss plus penalties at the end."""
        return float(self.history["objective"].iloc[-1])

    @property
    def n_sweeps(self) -> int:
        """Sweeps that were kept."""
        return int(self.history["sweep"].iloc[-1])

    def score(self, users: Iterable[object], items: Iterable[object]) -> Array:
        """Scores W[u] · H[:, i] of pairs of ids, (n,); not clipped.

        Raises:
            NmfError: an id that was not in the fit, or two lists of different length.
        """
        u, i = positions(self.users, _listed(users), "user"), positions(self.items, _listed(items), "item")
        if len(u) != len(i):
            raise NmfError(
                f"There are {len(u)} users and {len(i)} items; they go in pairs. Give two lists of one length."
            )
        return np.einsum("kf,kf->k", self.W[u], self.H[:, i].T)

    def predict(self, users: Iterable[object], items: Iterable[object]) -> Array:
        """Predictions of pairs of ids, (n,): scores clipped to the rating scale.

        With blanks unknown a prediction is an expected rating; where blanks count it orders items and is not one. A user
        or item without ratings gets, with blanks unknown, the mean weights of all others.

        >>> from nmf_core import datasets, factorize
        >>> fit = factorize(datasets.notebook(), rank=2)
        >>> bool(1 <= fit.predict(["User1"], ["Movie3"])[0] <= 5)
        True
        """
        return np.clip(self.score(users, items), *self.scale)

    def canonical(self) -> Factorization:
        """The same fit in canonical form.

        Features are ordered by how much observed misfit each removes, and each row of H is scaled to a maximum of 1, so
        that W reads in rating points: what a user gives the feature's strongest item for it.
        """
        order = np.argsort(-self.misfit_removed, kind="stable")
        top = self.H.max(axis=1)
        size = np.where(top > 0, top, 1.0)
        return replace(
            self,
            W=(self.W * size)[:, order],
            H=(self.H / size[:, None])[order],
            misfit_removed=self.misfit_removed[order],
            column_scale=(self.column_scale * size)[order],
            solver_order=tuple(np.array(self.solver_order or range(self.rank))[order].tolist()),
        )

    def as_solved(self) -> Factorization:
        """The same fit as the solver gave it: features in its order, W and H scaled as it left them. Undoes `canonical`.

        >>> from nmf_core import datasets, factorize
        >>> fit = factorize(datasets.notebook(), rank=2)
        >>> bool(np.allclose(fit.canonical().as_solved().W, fit.W))
        True
        """
        order = np.argsort(self.solver_order or range(self.rank))
        return replace(
            self,
            W=(self.W / self.column_scale)[:, order],
            H=(self.H * self.column_scale[:, None])[order],
            misfit_removed=self.misfit_removed[order],
            column_scale=np.ones(self.rank),
            solver_order=(),
        )

    def check_ratings(self, ratings: Ratings) -> None:
        """Refuse ratings of other users or items than the fit's."""
        if not (self.users.equals(ratings.users) and self.items.equals(ratings.items)):
            raise NmfError(
                f"The fit is of {len(self.users)} users × {len(self.items)} items and these ratings are of "
                f"{ratings.n_users} × {ratings.n_items} others. Pass the ratings that were fitted."
            )


def _listed(ids: Iterable[object]) -> list[object]:
    """Ids as a list; a single text is one id, not its letters."""
    return [ids] if isinstance(ids, str) else list(ids)
