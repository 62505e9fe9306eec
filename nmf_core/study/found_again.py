"""Which features are found again where other people are looked at, and how much of that chance gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linear_sum_assignment

from nmf_core.data.ratings import Ratings
from nmf_core.fit.problem import Array, Blanks
from nmf_core.interpret.match import assigned
from nmf_core.labels.apart import shapes, unit_rows
from nmf_core.study.chance import rewired, shuffled_beside_effects

MOST = 250_000  # ratings of a half; of more, people are drawn
LEAST, ENOUGH = 4, 0.9  # ratings of an item that both halves may know; of all ratings, that such items must have
CHANCES = 2  # halvings for each one of ratings without tastes
BEYOND = 0.99  # of chance

Half = tuple[sparse.csr_array, sparse.csr_array]  # V of some of the people, and its transpose
Fitted = Callable[
    [list[Half], int], Iterator[Array]
]  # halves and a rank → H (rank, n_items) of a fit of each, in their order


def setting_apart(H: Array, counts: NDArray, n: int = 5) -> NDArray[np.int64]:
    """(rank, n) the items that set each feature apart most, of those with about as many ratings as a usual one or more."""
    rows = unit_rows(np.asarray(H, dtype=float))
    over = rows - rows.mean(axis=0) if len(rows) > 1 else rows
    enough = max(min(n, len(counts)), len(counts) // 2)
    over[:, counts < np.sort(counts)[-enough]] = -np.inf
    found: NDArray[np.int64] = np.argsort(-over, axis=1, kind="stable")[:, : min(n, len(counts))]
    return found


@dataclass(frozen=True, eq=False)
class Halvings:
    """The people dealt into two halves, several times over; of the ratings and of the same without tastes.

    Attributes:
        real, chance: pairs of halves; each pair of `chance` is of a draw of its own.
        items: (n_items,) which items are looked at: those of which both halves may know something, if most ratings are theirs.
        counts: ratings of each of these, of all people.
    """

    real: list[tuple[Half, Half]]
    chance: list[tuple[Half, Half]]
    items: NDArray[np.bool_]
    counts: NDArray

    @property
    def people(self) -> int:
        """How many the smallest half has."""
        return min(V.shape[0] for pair in self.real for V, _ in pair)


def halvings(ratings: Ratings, blanks: Blanks, times: int, seed: int) -> Halvings:
    """Deal the people of ratings (in the order of names) into halves.

    Chance is who rated what drawn anew where blanks count; else what effects of users and items leave of ratings dealt anew.
    """
    without = rewired if blanks.weight else shuffled_beside_effects
    counts = ratings.item_counts
    items = counts >= LEAST
    if counts[items].sum() < ENOUGH * ratings.n_ratings:
        items = counts > 0
    return Halvings(
        [_dealt(ratings, items, (seed, k)) for k in range(times)],
        [_dealt(without(ratings, seed + k), items, (seed, times + k)) for k in range(-(-times // CHANCES))],
        items,
        counts[items],
    )


@dataclass(frozen=True, eq=False)
class FoundAgain:
    """How well the features of one rank are found again.

    Attributes:
        similar: (halvings, rank) of each feature, how alike the two features are that the halves have of it.
        found: (halvings, rank) whether it was found again: these two are each other's nearest, and alike beyond chance.
        chance: the similarity that 99 of 100 features without tastes do not reach.
        silhouette: (rank,) of each feature's cluster in all halves, and the largest of one without tastes.
    """

    similar: Array
    found: NDArray[np.bool_]
    chance: float
    silhouette: Array
    silhouette_chance: float

    @property
    def share(self) -> Array:
        """(rank,) the share of halvings in which each was."""
        share: Array = self.found.mean(axis=0)
        return share


def found_again(H: Array, halves: Halvings, fitted: Fitted) -> FoundAgain:
    """How well the features of a fit (rank, n_items) are found again in halves of the people; `fitted` takes halves one by one."""
    rank, counts, times = len(H), halves.counts, len(halves.real)
    whole = shapes(H[:, halves.items], counts)
    fits = fitted([half for pair in (*halves.real, *halves.chance) for half in pair], rank)
    drawn = [shapes(fit, counts).astype(np.float32) for fit in fits]
    real, without = drawn[: 2 * times], drawn[2 * times :]
    largest = []
    for A, B in zip(without[::2], without[1::2], strict=True):
        between = A @ B.T
        largest.append(between[np.arange(rank), assigned(between)])
    chance = float(np.quantile(np.concatenate(largest), BEYOND))
    similar, found = np.zeros((times, rank)), np.zeros((times, rank), dtype=bool)
    for k, (A, B) in enumerate(zip(real[::2], real[1::2], strict=True)):
        between, to_A, to_B = A @ B.T, whole @ A.T, whole @ B.T
        similar[k] = between[assigned(to_A), assigned(to_B)]
        a, b = _mutual(between)
        # Each feature that both halves have goes to the one of the whole that it is nearest to.
        f, pair = linear_sum_assignment(-(to_A[:, a] + to_B[:, b]))
        similar[k, f] = between[a, b][pair]
        found[k, f] = similar[k, f] > chance
    of_chance = float(silhouettes(without[0], without).max()) if rank > 1 else float("nan")
    return FoundAgain(similar, found, chance, silhouettes(whole, real), of_chance)


def silhouettes(whole: Array, fits: list[Array]) -> Array:
    """(rank,) how much nearer to each other than to any other feature's the halves' features are that belong to one of the whole.

    The silhouette (Rousseeuw 1987) of each, by 1 − cosine, averaged over all halves: 1 is apart from all others, 0 or less no
    cluster. NaN where there is one feature.
    """
    if len(whole) < 2:
        return np.full(len(whole), np.nan)
    ordered = [fit[assigned(whole @ fit.T)] for fit in fits]
    totals, n = np.sum(ordered, axis=0, dtype=np.float64), len(ordered)
    found = np.zeros(len(whole))
    for fit in ordered:
        to = fit @ totals.T  # (rank, rank): to all members of each cluster
        own = 1 - (np.diag(to) - (fit * fit).sum(axis=1)) / max(n - 1, 1)
        np.fill_diagonal(to, -np.inf)
        nearest = 1 - to.max(axis=1) / n
        found += (nearest - own) / np.maximum(np.maximum(nearest, own), 1e-12)
    return found / n


def _mutual(similarity: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns that are each other's nearest."""
    columns = similarity.argmax(axis=1)
    rows = np.flatnonzero(similarity.argmax(axis=0)[columns] == np.arange(len(similarity)))
    return rows, columns[rows]


def _dealt(ratings: Ratings, items: NDArray[np.bool_], seed: tuple[int, ...]) -> tuple[Half, Half]:
    """Two halves of the people who rated some of these items; smaller ones, where a half would have too many ratings."""
    V = ratings.V[:, np.flatnonzero(items)]
    people = np.flatnonzero(np.diff(V.indptr))
    side = np.random.default_rng(seed).permutation(len(people)) % max(2, -(-V.nnz // MOST))
    first, second = (V[people[side == k]] for k in (0, 1))
    return (first, first.T.tocsr()), (second, second.T.tocsr())
