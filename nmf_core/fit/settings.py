"""`Settings`: everything that decides a fit, checked once, frozen, and the same in pages, exports and addresses."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nmf_core.data.ratings import Ratings
from nmf_core.data.spread import all_alike
from nmf_core.errors import SettingsError, real_number, shown, whole_number
from nmf_core.fit.init import INITS
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.problem import Array, Blanks, Penalty
from nmf_core.fit.solvers import Solver, solver_named, that_can
from nmf_core.fit.steer import Steer, check_steer
from nmf_core.words import share

MAX_RANK = 500
MAX_SWEEPS = 100_000
BLANK_PRESETS = ("unknown", "weak", "zero")  # the named stops of the dial
WEAK_WEIGHT = 0.2  # of a rating at the low end of the scale; see docs/decisions.md
SMALL_GRID, WELL_FILLED = 5_000, 0.2  # ratings, density: up to here blanks are few or explainable

BlanksSetting = str | tuple[float, float] | Blanks
PenaltySetting = float | Penalty | None
InitSetting = str | tuple[Array, Array]


@dataclass(frozen=True)
class Settings:
    """How ratings are factorised; see `factorize` for what each setting means.

    >>> Settings(rank=3, blanks="weak").rank
    3
    >>> Settings(rank=0)
    Traceback (most recent call last):
        ...
    nmf_core.errors.SettingsError: rank is 0; it must be a whole number from 1 to 500. Set rank to such a number.
    """

    rank: int = 10
    solver: str = "hals"
    blanks: BlanksSetting = "unknown"
    loss: str = "frobenius"
    init: InitSetting = field(default="auto", compare=False)
    penalty: PenaltySetting = None
    seed: int = 0
    max_sweeps: int = 200
    tol: float = 1e-4
    threads: int | None = None
    steer: Steer | None = None

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "rank", whole_number("rank", self.rank, 1, MAX_RANK))
        set_(self, "seed", whole_number("seed", self.seed, 0, 2**32 - 1))
        set_(self, "max_sweeps", whole_number("max_sweeps", self.max_sweeps, 1, MAX_SWEEPS))
        set_(self, "tol", real_number("tol", self.tol, 0, 1))
        if self.threads is not None:
            set_(self, "threads", whole_number("threads", self.threads, 1, 1024))
        solver = solver_named(self.solver)
        set_(self, "solver", solver.name)
        if self.loss not in LOSSES:
            raise SettingsError(
                f"loss is {shown(self.loss)}; it must be one of {', '.join(LOSSES)}. Pick one of these."
            )
        if self.loss not in solver.losses:
            able = that_can(lambda other: self.loss in other.losses)
            raise SettingsError(
                f"loss is {self.loss!r}; the solver {solver.name} minimises {', '.join(solver.losses)} only. Use {able}."
            )
        set_(self, "blanks", _checked_blanks(self.blanks))
        stop = self.blanks.name if isinstance(self.blanks, Blanks) else self.blanks
        if stop not in solver.blanks:
            allowed = " or ".join(repr(b) for b in solver.blanks)
            raise SettingsError(
                f"blanks is {shown(self.blanks)}; the solver {solver.name} needs blanks={allowed}. "
                f"Set that, or use {that_can(lambda other: set(BLANK_PRESETS) <= set(other.blanks))}, which serves the whole dial."
            )
        if self.penalty is not None:
            set_(self, "penalty", Penalty.of(self.penalty))
            _check_penalty(self.penalty, self.loss, solver)
        check_steer(self.steer, self.rank)
        if self.steer is not None and not solver.steers:
            raise SettingsError(
                f"steer is given, and the solver {solver.name} obeys no wishes. Use {that_can(lambda other: other.steers)}, "
                "or leave steer out."
            )
        if isinstance(self.init, str) and self.init != "auto" and self.init not in INITS:
            raise SettingsError(
                f"init is {shown(self.init)}; it must be 'auto', {', '.join(INITS)}, or a pair (W, H) of arrays. Pick one."
            )


def _checked_blanks(blanks: object) -> str | Blanks:
    """A named stop as it is; a pair as `Blanks`."""
    if isinstance(blanks, Blanks):
        blanks = (blanks.weight, blanks.value)
    if isinstance(blanks, str) and blanks in BLANK_PRESETS:
        return blanks
    if isinstance(blanks, tuple | list) and len(blanks) == 2:
        weight = real_number("the weight of a blank", blanks[0], 0, 1)
        return Blanks(weight, real_number("the value of a blank", blanks[1], 0, 1e15) if weight else 0.0)
    raise SettingsError(
        f"blanks is {shown(blanks)}; it must be 'unknown', 'weak', 'zero', or a pair (weight from 0 to 1, value in rating "
        "points). Pick one of these."
    )


def _check_penalty(penalty: Penalty | float | None, loss: str, solver: Solver) -> None:
    """Refuse the penalties that a solver cannot minimise exactly."""
    assert isinstance(penalty, Penalty)
    if loss == "is" and (penalty.l2_W or penalty.l2_H):
        raise SettingsError(
            f"The L2 penalty is {max(penalty.l2_W, penalty.l2_H):g}; with loss 'is' only L1 penalties are solved exactly. "
            "Set penalty=0 or Penalty(l1_W=…, l1_H=…)."
        )
    if solver.one_l1_share:
        shares = {l1 / (l1 + l2) for l1, l2 in ((penalty.l1_W, penalty.l2_W), (penalty.l1_H, penalty.l2_H)) if l1 + l2}
        if len(shares) > 1:
            raise SettingsError(
                "scikit-learn has one L1 share for both W and H, and the penalties given differ in theirs. "
                f"Use the same share, or {that_can(lambda other: not other.one_l1_share)}."
            )


def resolve_blanks(blanks: BlanksSetting, ratings: Ratings) -> Blanks:
    """What a blank counts for these ratings: a named stop becomes a weight and a value in rating points.

    Weak evidence counts a blank as `WEAK_WEIGHT` of a rating at the low end of the scale; where no rating lies above that end,
    as with likes of 1 on a scale from 1, of a 0, since a blank that is worth a rating tells nobody apart.
    """
    blanks = _checked_blanks(blanks)
    if isinstance(blanks, Blanks):
        return blanks
    if blanks == "weak":
        low, lowest, highest = ratings.scale[0], float(ratings.V.data.min()), float(ratings.V.data.max())
        return Blanks(WEAK_WEIGHT, float(min(low, lowest)) if highest > low else 0.0)
    return Blanks(1.0 if blanks == "zero" else 0.0, 0.0)


def default_rank(ratings: Ratings) -> int:
    """A rank to open these ratings with: it grows with the ratings that each user and item has; the rank survey knows better.

    >>> from nmf_core import datasets
    >>> default_rank(datasets.notebook()), default_rank(datasets.movie_night())
    (2, 4)
    """
    per_row = ratings.n_ratings / (ratings.n_users + ratings.n_items)
    most = max(1, min(12, ratings.n_users, ratings.n_items))
    return int(np.clip(round(np.sqrt(2.0 * per_row)), min(2, most), most))


def suggested_blanks(ratings: Ratings) -> tuple[str, str]:
    """The stop of the dial to open these ratings with, and the reason in words.

    >>> from nmf_core import datasets
    >>> suggested_blanks(datasets.notebook())[0]
    'unknown'
    """
    if all_alike(ratings.V.data):
        return "weak", "all ratings are alike, so only what people leave blank tells them apart"
    if ratings.n_ratings <= SMALL_GRID:
        return "unknown", f"the grid is small ({ratings.n_ratings:,} ratings), so each blank can be looked at"
    if ratings.density >= WELL_FILLED:
        return "unknown", f"the grid is well filled ({share(ratings.density)}), so the ratings speak for themselves"
    return (
        "weak",
        f"the grid is large and sparse ({share(ratings.density)} filled): what people leave blank says what they would not choose",
    )
