"""`Factorization`: the frozen result of a fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.assemble import Scale
from nmf_core.data.ids import found_at, name_order, places_of
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, RatingsError, closest, shown
from nmf_core.fit.problem import Array, Blanks, Penalty, gram
from nmf_core.fit.settings import Settings
from nmf_core.words import listed, many

STOP_REASONS = {
    "kkt": "converged: no weight would move by more than the tolerance",
    "change": "converged: a sweep no longer lowers the objective by more than the tolerance",
    "solver": "converged by the solver's own rule",
    "lists": "stopped when lists no longer changed; its weights would still move",
    "max_sweeps": "not converged: it ran out of sweeps",
    "cancelled": "cancelled: this is the last sweep that was finished",
}
CONVERGED = ("kkt", "change", "solver", "lists")


def not_converged(stopped: str) -> str:
    """What to say and do where a fit ended for this reason before it converged; "" where it converged.

    >>> not_converged("max_sweeps"), not_converged("kkt")
    ('Not converged: it ran out of sweeps. Give it more sweeps, or a larger tolerance.', '')
    """
    if stopped in CONVERGED:
        return ""
    reason = STOP_REASONS[stopped]
    return f"{reason[0].upper()}{reason[1:]}. Give it more sweeps, or a larger tolerance."


UNKNOWN = ("refuse", "mean", "nan")  # what an id can be that was not in the fit


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
    def explained(self) -> Array:
        """(rank,) the share that each feature has of what all explain; 0 of one that explains nothing, or less."""
        removed: Array = np.maximum(self.misfit_removed, 0.0)
        return removed / (float(removed.sum()) or 1.0)

    @property
    def rank(self) -> int:
        """Number of features."""
        return self.H.shape[0]

    @cached_property
    def user_places(self) -> NDArray[np.int64]:
        """(n_users,) the place of each user in the order of names: of equals in a list, the first by name comes first."""
        return places_of(name_order(self.users))

    @cached_property
    def item_places(self) -> NDArray[np.int64]:
        """(n_items,) the place of each item in the order of names."""
        return places_of(name_order(self.items))

    @cached_property
    def mean_weights(self) -> Array:
        """(rank,) the mean row of W."""
        return np.asarray(self.W.mean(axis=0))

    @cached_property
    def blank_sums(self) -> tuple[Array, Array]:
        """(rank, rank) H Hᵀ and (rank,) the sums of H's rows, of H as the solver left it: what blanks say of anybody."""
        solved = self.H.T * self.column_scale
        return gram(solved), solved.sum(axis=0)

    @cached_property
    def largest_weights(self) -> tuple[Array, NDArray[np.int64], Array, Array]:
        """(rank,) the largest weight of each feature; (n_items,) which feature an item has most of beside that, how much, and how
        much of the one that it has second most of."""
        top = self.H.max(axis=1)
        leader, first, second = (
            np.zeros(self.H.shape[1], np.int64),
            np.zeros(self.H.shape[1]),
            np.zeros(self.H.shape[1]),
        )
        for f, row in enumerate(self.H):
            share = row / top[f] if top[f] > 0 else row
            ahead = share > first
            second = np.where(ahead, first, np.maximum(second, share))
            leader[ahead], first = f, np.where(ahead, share, first)
        return top, leader, first, second

    @property
    def converged(self) -> bool:
        """Whether a stopping rule was met, rather than the sweeps used up or the fit cancelled."""
        return self.stopped in CONVERGED

    @property
    def objective(self) -> float:
        """Loss plus penalties at the end."""
        return float(self.history["objective"].iloc[-1])

    @property
    def n_sweeps(self) -> int:
        """Sweeps that were kept."""
        return int(self.history["sweep"].iloc[-1])

    def score(self, users: Iterable[object], items: Iterable[object], *, unknown: str = "refuse") -> Array:
        """Scores W[u] · H[:, i] of pairs of ids, (n,); not clipped.

        Args:
            users, items: ids, as many of one as of the other.
            unknown: what an id that was not in the fit is: "refuse", an error that counts them; "mean", a user or item of mean
                weights; "nan", a score that is NaN.

        Raises:
            NmfError: ids that were not in the fit, two lists of different length, or another word.
        """
        if unknown not in UNKNOWN:
            raise NmfError(f"unknown is {shown(unknown)}; it must be one of {', '.join(UNKNOWN)}. Pick one of these.")
        user_ids, item_ids = _listed(users), _listed(items)
        if len(user_ids) != len(item_ids):
            raise NmfError(
                f"There are {len(user_ids)} users and {len(item_ids)} items; they go in pairs. Give two lists of one length."
            )
        u, i = found_at(self.users, user_ids), found_at(self.items, item_ids)
        if unknown == "refuse":
            _refuse_unknown(self, (user_ids, u), (item_ids, i))
        W, H = self.W[u], self.H.T[i]
        for weights, missing, mean in ((W, u < 0, self.W.mean(axis=0)), (H, i < 0, self.H.mean(axis=1))):
            weights[missing] = mean if unknown == "mean" else np.nan
        return np.einsum("kf,kf->k", W, H)

    def predict(self, users: Iterable[object], items: Iterable[object], *, unknown: str = "refuse") -> Array:
        """Predictions of pairs of ids, (n,): scores clipped to the rating scale.

        With blanks unknown a prediction is an expected rating; where blanks count it orders items and is not one. A user
        or item without ratings gets, with blanks unknown, the mean weights of all others. Ids that were not in the fit are an
        error; for batches that hold some, `unknown` is "mean" or "nan", as for `score`.

        >>> from nmf_core import datasets, factorize
        >>> fit = factorize(datasets.notebook(), rank=2)
        >>> bool(1 <= fit.predict(["User1"], ["Movie3"])[0] <= 5)
        True
        >>> fit.predict(["User1", "Zoe"], ["Movie1", "Movie1"], unknown="nan").round(-1).tolist()
        [0.0, nan]
        """
        return np.clip(self.score(users, items, unknown=unknown), *self.scale)

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


def _refuse_unknown(fit: Factorization, *sides: tuple[list[object], NDArray[np.int64]]) -> None:
    """An error that counts the ids that were not in the fit, and names the first of each kind."""
    said, hint = [], ""
    for what, index, (ids, places) in zip(("user", "item"), (fit.users, fit.items), sides, strict=True):
        missing = list(dict.fromkeys(str(ids[k]) for k in np.flatnonzero(places < 0)))
        if missing:
            given = len(set(map(str, ids)))
            of = f"{len(missing):,} of the {given:,} {what}s given" if given > 1 else f"the {what}"
            said.append(f"{of} ({_few(missing)})")
            hint += closest(missing[0], index)
    if said:
        raise RatingsError(
            f"The fit of {many(len(fit.users), 'user')} and {many(len(fit.items), 'item')} does not have {listed(said)}.{hint} "
            "Leave such pairs out.",
            script="Or give unknown='mean', which takes mean weights for them, or unknown='nan'.",
        )


def _few(ids: list[str]) -> str:
    """The first three of some ids."""
    return ", ".join(shown(one) for one in ids[:3]) + (", …" if len(ids) > 3 else "")


def _listed(ids: Iterable[object]) -> list[object]:
    """Ids as a list; a single text is one id, not its letters."""
    return [ids] if isinstance(ids, str) else list(ids)
