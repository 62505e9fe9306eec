"""Steering: what some features of a fit shall be, from "only begin there" to "stay so", and the pull that this is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nmf_core.errors import SettingsError, real_number, shown
from nmf_core.fit.init import Start, mean_of
from nmf_core.fit.problem import Array, Problem, Pull

HELD = 1e4  # times as strong as ratings are: what a strength of 1 stands for, since a row is then itself within 0.0001


@dataclass(frozen=True)
class Wish:
    """What one feature shall be: the row of H where it begins, and how strongly it is drawn there.

    Attributes:
        row: (n_items,) weights of the items, in the order of the ratings and of any size; only their shares count.
        strength: 0 is free after the start, ½ weighs about as much as the ratings do, 1 is pinned; a number, or one for each
            item (n_items,).
        items: those that the feature is to be made of, by name, where that was asked; for the verdict.
        key: what tells one wish from another.

    >>> Wish([1.0, 0.0, 2.0], 1) == Wish([1.0, 0.0, 2.0], 0.5)
    False
    """

    row: Array = field(compare=False, repr=False)
    strength: float | Array = field(default=0.0, compare=False)
    items: tuple[str, ...] = ()
    key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        row = np.array(self.row, dtype=np.float64)
        if row.ndim != 1 or not np.isfinite(row).all() or (row < 0).any() or not row.any():
            raise SettingsError(
                f"The row of a wish is {shown(self.row)}; it must be one weight for each item, 0 or more and not all 0. Correct it."
            )
        strengths = np.array(self.strength, dtype=np.float64)
        if strengths.shape not in ((), row.shape):
            raise SettingsError(
                f"The strength of a wish has shape {strengths.shape}; it must be a number or {row.shape}. Give one of these."
            )
        if strengths.ndim and (strengths == strengths[0]).all():
            strengths = strengths[0]
        for end in (strengths.min(), strengths.max()):
            real_number("the strength of a wish", float(end), 0, 1)
        object.__setattr__(self, "row", row)
        object.__setattr__(self, "strength", float(strengths) if strengths.ndim == 0 else strengths)
        object.__setattr__(self, "items", tuple(map(str, self.items)))
        object.__setattr__(self, "key", hashlib.sha256(row.tobytes() + strengths.tobytes()).hexdigest())

    @property
    def drawn(self) -> bool:
        """Whether anything draws the feature after its start."""
        return bool(np.any(self.strength))


@dataclass(frozen=True)
class Steer:
    """The wishes for the features of a fit: feature f of the solver's own W and H has the one at place f.

    None, as any place beyond the last, is a feature that begins as usual and is free. After `canonical`, where features stand in
    another order, `Factorization.solver_order` says which is which, and `steered` finds them.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> free = factorize(ratings, rank=2)
    >>> fit = factorize(ratings, rank=2, steer=Steer([Wish(free.H[1], 1)]))
    >>> bool(np.allclose(fit.H[0] / fit.H[0].max(), free.H[1] / free.H[1].max(), atol=1e-3))
    True
    """

    wishes: tuple[Wish | None, ...]

    def __post_init__(self) -> None:
        wishes = tuple(self.wishes)
        if not any(isinstance(wish, Wish) for wish in wishes) or not all(
            wish is None or isinstance(wish, Wish) for wish in wishes
        ):
            raise SettingsError(
                f"steer is {shown(self.wishes)}; it must hold at least one Wish, and None for features that are free. "
                "Give these, or no steer."
            )
        object.__setattr__(self, "wishes", wishes)

    @property
    def by_feature(self) -> dict[int, Wish]:
        """The wishes by their features' numbers."""
        return {f: wish for f, wish in enumerate(self.wishes) if wish is not None}

    def ordered(self, order: NDArray[np.integer]) -> Steer:
        """The same for items in another order."""
        return Steer(tuple(_placed(wish, order) for wish in self.wishes))

    def placed(self, places: NDArray[np.integer]) -> Steer | None:
        """The same for other items: in each place stands the one that was at `places`, or for −1 one that weighs nothing.

        None where nothing is left to wish.

        >>> steer = Steer([Wish([1, 2], 1), Wish([3, 0], 1)])
        >>> steer.placed(np.array([-1, 1])).by_feature[0].row.tolist(), steer.placed(np.array([-1, -1]))
        ([0.0, 2.0], None)
        """
        wishes = tuple(_placed(wish, places) for wish in self.wishes)
        return Steer(wishes) if any(wish is not None for wish in wishes) else None

    def check_items(self, n_items: int) -> None:
        """Refuse rows for another number of items."""
        for wish in self.by_feature.values():
            if len(wish.row) != n_items:
                raise SettingsError(
                    f"A wish has weights of {len(wish.row):,} items, and the ratings have {n_items:,}. "
                    "Give one for each item, in their order."
                )

    def at(self, strength: float) -> Steer:
        """The same where whatever is drawn is drawn so strongly; what is free stays free."""

        def drawn(wish: Wish | None) -> Wish | None:
            if wish is None or not wish.drawn:
                return wish
            return replace(wish, strength=np.where(np.asarray(wish.strength) > 0, strength, 0.0))

        return Steer(tuple(map(drawn, self.wishes)))


def _placed(wish: Wish | None, places: NDArray[np.integer]) -> Wish | None:
    """One wish, as `Steer.placed` moves it; None where it has no weight left."""
    if wish is None:
        return None
    there = places >= 0
    row = np.where(there, wish.row[places], 0.0)
    strength = wish.strength if isinstance(wish.strength, float) else np.where(there, wish.strength[places], 0.0)
    return replace(wish, row=row, strength=strength) if row.any() else None


def check_steer(steer: Steer | None, rank: int) -> None:
    """Refuse what is no steer, or wishes for more features than there are."""
    if steer is not None and not isinstance(steer, Steer):
        raise SettingsError(f"steer is {shown(steer)}; it must be a Steer, or None. Give one of these.")
    if steer is not None and len(steer.wishes) > rank:
        raise SettingsError(
            f"steer has wishes for {len(steer.wishes)} features, and the rank is {rank}. "
            f"Set a rank of {len(steer.wishes)} or more, or leave out wishes."
        )


def pull_of(steer: Steer, problem: Problem, rank: int) -> Pull | None:
    """The pull that wishes are for these ratings; None where nothing is drawn.

    d = κ c m with κ = strength / (1 − strength), c the item's weighted count and m an even share of what a rating is in the mean,
    which is about the mean square of a weight of W: so κ is about how many times as much as the ratings the wish counts, whatever
    an item's popularity.

    Raises:
        SettingsError: rows for another number of items.
    """
    steer.check_items(problem.V.shape[1])
    weight, target = np.zeros((problem.V.shape[1], rank)), np.zeros((problem.V.shape[1], rank))
    for f, wish in steer.by_feature.items():
        target[:, f] = _sized(wish.row, problem, rank)
        strength = np.asarray(wish.strength)
        times = np.divide(strength, 1 - strength, out=np.full(strength.shape, HELD), where=strength < 1)
        weight[:, f] = np.minimum(times, HELD) * problem.items.counts * _mean_square(problem) / mean_of(problem) / rank
    users, items = problem.users, problem.items
    both = bool((users.l2 or users.l1) and (items.l2 or items.l1))
    return Pull(weight, target, to_scale=not both) if weight.any() else None


def _mean_square(problem: Problem) -> float:
    """The mean square of the data as the fit sees it."""
    observed, blanks = problem.V.nnz, problem.blanks
    weight = blanks.weight * (problem.V.shape[0] * problem.V.shape[1] - observed)
    squares = float(np.square(problem.V.data, dtype=np.float64).sum()) + weight * blanks.value**2
    return squares / (observed + weight)


def begun(steer: Steer, problem: Problem, start: Start) -> Start:
    """A start whose features with a wish begin there; who has how much of them follows in the first sweep."""
    W, H = start[0].copy(), start[1].copy()
    even = np.sqrt(mean_of(problem) / len(H))
    for f, wish in steer.by_feature.items():
        H[f], W[:, f] = _sized(wish.row, problem, len(H)), even
    return W, H


def _sized(row: Array, problem: Problem, rank: int) -> Array:
    """A row at the size of an even share of the mean rating, weighted by counts."""
    counts = problem.items.counts
    size = float(counts @ row**2) / float(counts.sum())
    return row * np.sqrt(mean_of(problem) / rank / size) if size > 0 else row
