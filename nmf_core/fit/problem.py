"""What a fit minimises: the problem, its objective, and how far a point is from optimal.

With Ω the observed cells, ω and b the weight and value of a blank, and cᵢ = nᵢ + ω·(m − nᵢ) the weighted count of a row
(cⱼ likewise for columns):

    F(W, H) = Σ_Ω d(v, ŷ) + ½ ω Σ_blank (b − ŷ)² + ½ λ (Σ cᵢ‖wᵢ‖² + Σ cⱼ‖hⱼ‖²) + μ (Σ cᵢ|wᵢ| + Σ cⱼ|hⱼ|)

and, where features are steered, a `Pull` on H.

Blanks are never visited: a sum over blanks is a sum over all cells, which factors into Gram matrices, less the sum over Ω
(He et al., eALS, SIGIR 2016). Functions here look at one side at a time: `A` holds a row of weights for each row of `V`,
`B` one for each column; for the other side they are called with `Vt` and the two swapped.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.errors import SettingsError, real_number, shown
from nmf_core.fit.losses import LOSSES, Loss

Array = NDArray[np.floating]  # float64, but float32 inside compiled sweeps
LARGEST_PENALTY = 1e12
CHUNK = 1 << 20  # observed cells looked at together: bounds the memory of a pass over them


@dataclass(frozen=True)
class Blanks:
    """What a blank counts: `weight` ω in 0…1 of a rating, and `value` b in rating points.

    >>> Blanks(0.0, 0.0).name, Blanks(1.0, 0.0).name, Blanks(0.2, 1.0).name
    ('unknown', 'zero', 'weak')
    """

    weight: float
    value: float

    @property
    def name(self) -> str:
        """The stop of the dial that this is: "unknown", "zero" or, anywhere between, "weak"."""
        if self.weight == 0:
            return "unknown"
        return "zero" if self.weight == 1 and self.value == 0 else "weak"


@dataclass(frozen=True)
class Penalty:
    """Penalty weights for W and H, in rating points: L2 (λ) and L1 (μ), both weighted by counts."""

    l2_W: float = 0.0
    l2_H: float = 0.0
    l1_W: float = 0.0
    l1_H: float = 0.0

    def __post_init__(self) -> None:
        for name in ("l2_W", "l2_H", "l1_W", "l1_H"):
            object.__setattr__(self, name, real_number(f"penalty {name}", getattr(self, name), 0, LARGEST_PENALTY))

    @property
    def one_sided(self) -> str:
        """The factor, "W" or "H", that alone is penalised; "" where both or none are.

        Such a penalty only moves scale: W shrinks and H grows by as much, the product stays, and the penalty goes to 0.

        >>> Penalty(l1_W=1).one_sided, Penalty(l1_W=1, l2_H=0.1).one_sided
        ('W', '')
        """
        on_W, on_H = self.l2_W + self.l1_W > 0, self.l2_H + self.l1_H > 0
        return "" if on_W == on_H else "W" if on_W else "H"

    @classmethod
    def of(cls, penalty: float | Penalty) -> Penalty:
        """A number is the L2 penalty of both sides.

        >>> Penalty.of(0.1)
        Penalty(l2_W=0.1, l2_H=0.1, l1_W=0.0, l1_H=0.0)
        """
        if isinstance(penalty, Penalty):
            return penalty
        number = real_number("penalty", penalty, 0, LARGEST_PENALTY)
        return cls(l2_W=number, l2_H=number)


@dataclass(frozen=True, eq=False)
class Pull:
    """What draws weights of H to where they are wanted: ½ Σ d (h − s t)², by feature the s that makes it least.

    Attributes:
        weight: (n_items, rank) d, in rating points; 0 is free.
        target: (n_items, rank) t.
        to_scale: whether s is 1: where not both factors are penalised, a feature's size in H costs nothing, and a pull on its
            direction alone would be made small together with H.
    """

    weight: Array
    target: Array
    to_scale: bool

    @cached_property
    def wanted(self) -> Array:
        """(rank,) Σ d t²."""
        return np.asarray((self.weight * self.target**2).sum(axis=0))

    def toward(self, Ht: Array) -> Array:
        """(n_items, rank) d s t: what the pull adds to the right side of the rows of Hᵀ."""
        drawn = self.weight * self.target
        if self.to_scale:
            return drawn
        along = np.maximum(0.0, (drawn * Ht).sum(axis=0))
        return drawn * np.divide(along, self.wanted, out=np.zeros_like(along), where=self.wanted > 0)

    def by_feature(self, Ht: Array) -> Array:
        """(rank,) Σ d (h − s t)²."""
        size = np.divide(self.toward(Ht), self.weight, out=np.zeros_like(self.weight), where=self.weight > 0)
        return np.asarray((self.weight * (Ht - size) ** 2).sum(axis=0))

    def divided(self, unit: float) -> Pull:
        """The same for ratings in units of `unit`."""
        return Pull(self.weight / unit, self.target / math.sqrt(unit), self.to_scale)


@dataclass(frozen=True)
class Side:
    """One side of a problem: the ratings by row, the penalties and counts of those rows, and what draws their weights.

    `row_weights` (n,) is the weight of a blank in each row, where that is not `blanks.weight` in all of them; folding
    in knows it, and no fit has it.
    """

    V: sparse.csr_array
    blanks: Blanks
    l2: float
    l1: float
    row_weights: Array | None = None
    pull: Pull | None = None

    @cached_property
    def counts(self) -> Array:
        """(n,) weighted number of cells of each row, cᵢ."""
        observed = np.diff(self.V.indptr).astype(float)
        return observed + self.omega * (self.V.shape[1] - observed)

    @cached_property
    def omega(self) -> Array:
        """(n,) weight of a blank in each row."""
        return np.full(self.V.shape[0], self.blanks.weight) if self.row_weights is None else self.row_weights

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """(nnz,) row of each observed cell."""
        return np.repeat(np.arange(self.V.shape[0]), np.diff(self.V.indptr))

    @cached_property
    def pattern(self) -> sparse.csr_array:
        """Ones at the observed cells."""
        return self.with_data(np.ones(self.V.nnz))

    def with_data(self, data: Array) -> sparse.csr_array:
        """The observed cells with other numbers in them."""
        other = copy.copy(self.V)  # shares indices; the constructor would check them anew, every sweep
        other.data = data
        return other


@dataclass(frozen=True)
class Problem:
    """Ratings by user and by item, what blanks count, the penalty, the loss, and what draws H where features are steered.

    Float64, or the float32 of the ratings where compiled kernels will read them.
    """

    V: sparse.csr_array
    Vt: sparse.csr_array
    blanks: Blanks
    penalty: Penalty = Penalty()
    loss: str = "frobenius"
    pull: Pull | None = None

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise SettingsError(
                f"loss is {shown(self.loss)}; it must be one of {', '.join(LOSSES)}. Pick one of these."
            )

    @property
    def exponent(self) -> int:
        """The power of two that, divided by, takes the largest rating to 4 … 8, where a scale of 1 to 5 lies already."""
        largest = max(float(self.V.data.max(initial=0.0)), self.blanks.value if self.blanks.weight else 0.0)
        return math.frexp(largest)[1] - 3 if largest > 0 else 0

    def divided(self, unit: float) -> Problem:
        """The same problem with ratings in units of `unit`: its W and H are those of this one over √unit.

        A power of two is divided by exactly.
        """
        if unit == 1:
            return self
        V, Vt = (copy.copy(matrix) for matrix in (self.V, self.Vt))
        V.data, Vt.data = V.data / V.dtype.type(unit), Vt.data / Vt.dtype.type(unit)
        pull, beta = self.penalty, self.divergence.beta  # the loss is smaller by unit^β, weights by √unit

        def rescaled(weight: float, power: float) -> float:
            with np.errstate(over="ignore"):
                return float(min(LARGEST_PENALTY, weight * np.float64(unit) ** power)) if weight else 0.0

        ridges = (rescaled(weight, 1.0 - beta) for weight in (pull.l2_W, pull.l2_H))
        lassos = (rescaled(weight, 0.5 - beta) for weight in (pull.l1_W, pull.l1_H))
        penalty = Penalty(*ridges, *lassos)
        drawn = self.pull.divided(unit) if self.pull is not None else None
        return Problem(V, Vt, Blanks(self.blanks.weight, self.blanks.value / unit), penalty, self.loss, drawn)

    @property
    def divergence(self) -> Loss:
        """The loss on one observed cell."""
        return LOSSES[self.loss]

    @cached_property
    def users(self) -> Side:
        """The side of W: rows are users."""
        return Side(self.V, self.blanks, self.penalty.l2_W, self.penalty.l1_W)

    @cached_property
    def items(self) -> Side:
        """The side of H: rows are items."""
        return Side(self.Vt, self.blanks, self.penalty.l2_H, self.penalty.l1_H, pull=self.pull)


def gram(B: Array) -> Array:
    """BᵀB, (rank, rank). By einsum, not BLAS: the same bits whatever number of threads BLAS has."""
    return np.einsum("jf,jg->fg", B, B)


def rows_of(V: sparse.csr_array, cells: slice) -> NDArray[np.int64]:
    """The rows of the observed cells start … stop: what `Side.rows` holds of all, without holding it."""
    first = int(np.searchsorted(V.indptr, cells.start, side="right")) - 1
    last = int(np.searchsorted(V.indptr, cells.stop, side="left"))
    ends = np.clip(V.indptr[first : last + 1], cells.start, cells.stop)
    return np.repeat(np.arange(first, last), np.diff(ends))


def chunks(n: int) -> Iterator[slice]:
    """Slices of at most `CHUNK` that make up 0 … n."""
    for start in range(0, n, CHUNK):
        yield slice(start, min(n, start + CHUNK))


def observed_scores(side: Side, A: Array, B: Array) -> Array:
    """(nnz,) a·b at the observed cells, in the order of V's data."""
    scores = np.empty(side.V.nnz)
    for cells in chunks(side.V.nnz):
        scores[cells] = np.einsum("kf,kf->k", A[rows_of(side.V, cells)], B[side.V.indices[cells]])
    return scores


def objective(problem: Problem, W: Array, H: Array) -> float:
    """F(W, H): loss and penalties, in squared rating points for the Frobenius loss."""
    side, blanks = problem.users, problem.blanks
    n_cells = side.V.shape[0] * side.V.shape[1]
    scores = observed_scores(side, W, H.T)
    total = float(problem.divergence.value(side.V.data, scores).sum())
    if blanks.weight and side.V.nnz < n_cells:
        b = blanks.value
        everywhere = n_cells * b * b - 2 * b * (W.sum(axis=0) @ H.sum(axis=1)) + (gram(W) * gram(H.T)).sum()
        total += 0.5 * blanks.weight * max(0.0, float(everywhere) - float(((b - scores) ** 2).sum()))
    for one_side, A in ((side, W), (problem.items, H.T)):
        if one_side.l2:
            total += 0.5 * one_side.l2 * float(one_side.counts @ (A * A).sum(axis=1))
        if one_side.l1:
            total += one_side.l1 * float(one_side.counts @ A.sum(axis=1))
    if problem.pull is not None:
        total += 0.5 * float(problem.pull.by_feature(H.T).sum())
    return total


def kkt_residual(problem: Problem, W: Array, H: Array) -> float:
    """How far the weights are from their own optima: the step that each would still take, relative to all weights.

    A weight's step is what one exact coordinate update would change it by (its projected gradient over its curvature), so
    the residual has no unit and means the same for every solver and scale. 0 exactly at a KKT point.
    """
    return max(
        _side_residual(problem.divergence, problem.users, W, H.T),
        _side_residual(problem.divergence, problem.items, H.T, W),
    )


def _side_residual(loss: Loss, side: Side, A: Array, B: Array) -> float:
    """The residual of one side."""
    omega, b, v = side.blanks.weight, side.blanks.value, side.V.data
    scores = observed_scores(side, A, B)
    slope, curve = loss.slope(v, scores), loss.curve(v, scores)
    if omega:
        slope, curve = slope + omega * (b - scores), curve - omega
    gradient = side.with_data(slope) @ B
    curvature = side.with_data(curve) @ (B * B)
    if omega:
        S = gram(B)
        gradient += omega * (np.einsum("if,fg->ig", A, S) - b * B.sum(axis=0))
        curvature += omega * np.diag(S)
    weight = side.counts[:, None]
    gradient += side.l2 * weight * A + side.l1 * weight
    curvature += side.l2 * weight
    if side.pull is not None:
        gradient += side.pull.weight * A - side.pull.toward(A)
        curvature += side.pull.weight
    step = np.divide(gradient, curvature, out=np.zeros_like(A), where=curvature > 0)
    step = A - np.maximum(A - step, 0.0)
    size = float(np.sqrt((A * A).sum()))
    return float(np.sqrt((step * step).sum())) / size if size > 0 else 0.0
