"""Which item comes first for a person, and which comes first once some of their ratings are others: what counterfactuals try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nmf_core.data.ratings import Ratings
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.nnls import least as least_squares
from nmf_core.fit.problem import Array
from nmf_core.interpret.enough import enough_items
from nmf_core.interpret.pivots import Lessened, tableau_of
from nmf_core.interpret.row_problem import RowProblem, row_problem

EVEN = 9  # digits of a score over the best one: what differs by less is a tie, as in lists
NO_MORE = 1e-12  # of the best score as they are: a score that is no more comes of rounding
NOTHING = -1  # the place of what comes first where nothing speaks for any item


@dataclass(frozen=True, eq=False)
class Contest:
    """A person's problem, and the columns of the items that can come first, by name: of equal scores the first wins."""

    problem: RowProblem
    candidates: NDArray[np.int64]
    sizes: dict[int, tuple[Lessened, Array, Array] | None] = field(default_factory=dict)

    @cached_property
    def weights(self) -> Array:
        """(rank,) the weights of the person as they are."""
        return self.problem.weights()

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """(rank,) the features that they have any of."""
        return self.weights > 0

    @cached_property
    def H(self) -> Array:
        """(rank, n) the weights of the items that can come first."""
        return self.problem.items(self.candidates)

    @cached_property
    def lengths(self) -> Array:
        """(n,) how long these weights are."""
        return np.sqrt(np.einsum("fi,fi->i", self.H, self.H))

    @cached_property
    def scores(self) -> Array:
        """(n,) what the person scores."""
        return self.weights @ self.H

    @cached_property
    def first(self) -> int:
        """The place of the item that comes first; `NOTHING` where nothing speaks for any."""
        return int(_firsts(self.scores[None, :], 0.0)[0])

    def name(self, place: int) -> str:
        """The name of an item that can come first."""
        return str(self.problem.fit.items[self.candidates[place]])

    def own_name(self, place: int) -> str:
        """The name of a rated item."""
        return str(self.problem.fit.items[self.problem.columns[place]])

    def firsts(self, weights: Array) -> NDArray[np.int64]:
        """(n,) the place of what comes first for each row of weights (n, rank); `NOTHING` where nothing speaks for any item.

        Only items that can come first are scored: with weights that moved by d, no score moved by more than d times the item's
        length.
        """
        moved = float(np.sqrt(((weights - self.weights) ** 2).sum(axis=1)).max(initial=0.0))
        reach, best = moved * self.lengths, int(self.scores.argmax())
        places = np.flatnonzero(self.scores + reach >= (self.scores[best] - reach[best]) * (1 - 1e-6))
        found = _firsts(weights @ self.H[:, places], NO_MORE * self.scores[best])
        return np.where(found == NOTHING, NOTHING, places[found])

    def moved(self, which: NDArray[np.int64], change: Array) -> Array:
        """(n, rank) the weights with the rating at each place of `which` moved by `change`, all others as they are.

        That moves r and leaves G alone: one problem with many right-hand sides.
        """
        G, right = self.problem.system()
        own, near = self.problem.own, tableau_of(G, self.free)
        if near is None:
            return np.array(
                [least_squares(G, right + c * own[k], self.free) for k, c in zip(which, change, strict=True)]
            )
        images = near.image(right[None, :]) + change[:, None] * near.image(own)[which]
        weights = np.where(self.free, np.maximum(images, 0.0), 0.0)
        for k in np.flatnonzero((images < 0).any(axis=1)):  # features come or go
            found = near.solve(images[k])
            weights[k] = least_squares(G, right + change[k] * own[which[k]], self.free) if found is None else found
        return weights

    def without(self, sets: Sequence[Sequence[int]]) -> Array:
        """(n, rank) the weights without each of some sets of ratings, by their places."""
        found = [self._without(np.array(gone, dtype=np.int64)) for gone in sets]
        return np.array(found).reshape(len(sets), self.problem.fit.rank)

    def _without(self, gone: NDArray[np.int64]) -> Array:
        """(rank,) as above; with as many ratings left, G differs by what is gone alone."""
        near = self._of_size(len(gone)) if self.problem.squares else None
        if near is not None:
            lessened, image, images = near
            found = lessened.solve(image - images[gone].sum(axis=0), gone)
            if found is not None:
                return found
        return self.problem.weights(gone, self.free)

    def _of_size(self, size: int) -> tuple[Lessened, Array, Array] | None:
        """What is the same without any so many ratings: the tableau, the image of r, and what each rating adds to that."""
        if size not in self.sizes:
            problem, count = self.problem, len(self.problem.columns) - size
            omega = problem.omega(count)
            near = None
            if problem.cells(omega, count) > 0:
                G, right = problem.system(count=count)
                near = tableau_of(G, self.free)
            if near is None:
                self.sizes[size] = None
            else:
                images = near.image(problem.own)
                pulls = (problem.values - omega * problem.fit.blanks.value)[:, None] * images
                lessened = Lessened(near, problem.own, images, 1.0 - omega)
                self.sizes[size] = lessened, near.image(right[None, :])[0], pulls
        return self.sizes[size]


def contest_of(
    fit: Factorization,
    ratings: Ratings,
    user: object,
    *,
    half_at: float | None = None,
    least: int | None = None,
) -> Contest | None:
    """Who a person is and what can come first for them; None with no rating of theirs, or fewer than two such items.

    `user` is an id or, of somebody new, a mapping from item to rating.
    """
    fit.check_ratings(ratings)
    problem = row_problem(fit, user if isinstance(user, Mapping) else ratings.of_user(user), half_at)
    enough = enough_items(ratings, fit.rank, ratings.n_items, least) & (ratings.item_counts > 0)
    candidates = np.setdiff1d(np.flatnonzero(enough), problem.columns)
    if len(problem.columns) == 0 or len(candidates) < 2:
        return None
    return Contest(problem, candidates[np.argsort(fit.item_places[candidates])])


def _firsts(scores: Array, above: float) -> NDArray[np.int64]:
    """The place of the largest of each row, of those equal to so many digits the first; `NOTHING` where none is above that."""
    largest = scores.max(axis=1, keepdims=True)
    over = np.divide(scores, largest, out=np.zeros_like(scores), where=largest > 0)
    return np.where(largest[:, 0] > above, np.round(over, EVEN).argmax(axis=1), NOTHING)
