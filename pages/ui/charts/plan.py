"""What the picture of the product draws: its part of W, H and the grid, how large, and what V shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmf_core import Factorization
from pages.ui.charts.style import Look

# What V can show, and what then stands under it.
TITLES = {
    "Reconstruction": "W × H ≈ V",
    "Parts": "W × H, each score in its parts",
    "Ratings": "V, the ratings",
    "Residual": "V − W × H, the residual",
}
MODES = tuple(TITLES)
TEXT_CELLS, TEXT_COLUMNS = 420, 20  # numbers are written into cells up to here
GAP_CELLS = 4_000  # cells are set apart by gaps up to here
TEXT_WIDTH = 22  # pixels that a number of W takes
NAME_WIDTH, CELL_WIDTH = 12, 34  # pixels of a column of V: for a leaning name, and for a number beneath a name
CHARACTER = 7.4  # pixels of one in a name
FLAT_NAMES, FLAT_WIDTH = 8, 300  # items and pixels of all their names up to which these lie flat
ROOM = 760  # pixels for W and V together that every screen but a narrow one has
BAR_CELLS = 900  # the parts of a score are drawn as bars up to here
SMALLER = 7  # pixels by which the tile of a blank is smaller than that of a rating

Trace = dict[str, Any]
# Where each factor stands: H on axes x/y, W on x2/y2, V on x3/y3, with V's columns tied to H's and its rows to W's.
ON_H, ON_W, ON_V = ({"xaxis": f"x{k}", "yaxis": f"y{k}"} for k in ("", "2", "3"))


@dataclass(frozen=True)
class Window:
    """The rows and columns of the grid that are drawn, in their order; `marked` are those of them that are brushed on the map."""

    u: NDArray[np.int64]
    i: NDArray[np.int64]
    marked: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())

    @property
    def small(self) -> bool:
        """Whether a cell has room for a number and for an outline."""
        return len(self.u) * len(self.i) <= TEXT_CELLS


@dataclass(frozen=True)
class Plan:
    """What is drawn and how large: the window's part of W, H and the grid, and the heights of rows in pixels."""

    fit: Factorization
    window: Window
    names: list[str]
    colours: list[str]
    W: NDArray[np.floating]
    H: NDArray[np.floating]
    rated: NDArray[np.floating]  # NaN where blank
    known: tuple[NDArray[np.bool_], NDArray[np.bool_]]  # which users, and items, have ratings at all
    look: Look

    @property
    def n(self) -> int:
        """Users drawn."""
        return len(self.window.u)

    @property
    def m(self) -> int:
        """Items drawn."""
        return len(self.window.i)

    @property
    def scores(self) -> NDArray[np.floating]:
        """(n, m) W × H."""
        return self.W @ self.H

    @property
    def row_height(self) -> int:
        """Pixels of a user's row."""
        return 46 if self.n <= 8 else 34 if self.n <= 16 else 22 if self.n <= 60 else 15

    @property
    def feature_height(self) -> int:
        """Pixels of a feature's row in H."""
        return 40 if self.fit.rank <= 4 else 30 if self.fit.rank <= 10 else 20

    @property
    def written(self) -> bool:
        """Whether numbers fit into the cells of V."""
        return self.window.small and self.m <= TEXT_COLUMNS

    @property
    def W_written(self) -> bool:
        """Whether numbers fit into the cells of W."""
        return self.row_height >= 20 and self.fit.rank <= 8

    @property
    def split(self) -> float:
        """The share of the width that W has, its columns about as wide as those of V, and wide enough for its numbers."""
        least = TEXT_WIDTH * self.fit.rank / ROOM if self.W_written else 0.10
        alike = self.fit.rank * 0.9 / (self.fit.rank * 0.9 + self.m)
        return float(np.clip(alike, max(least, 0.10), 0.36))

    @property
    def least_width(self) -> int:
        """Pixels of W and V together below which names or numbers would lie over each other."""
        W = TEXT_WIDTH * self.fit.rank if self.W_written else 0
        V = self.m * (CELL_WIDTH if self.m <= TEXT_COLUMNS else NAME_WIDTH)
        return min(ROOM, int(max(W / self.split, V / (1 - self.split))))

    @property
    def gap(self) -> int:
        """Pixels between cells."""
        return 2 if self.n * self.m <= GAP_CELLS else 0


def shares_of(weights: NDArray[np.floating], tops: Any) -> NDArray[np.floating]:
    """Weights as parts of the largest, 0…1."""
    shares: NDArray[np.floating] = np.clip(weights / np.where(tops > 0, tops, 1.0), 0.0, 1.0)
    return shares


def shown_in(plan: Plan, mode: str) -> tuple[NDArray[np.floating], float, float, list[tuple[float, str]]]:
    """What V shows, the ends of its scale, and the scale of colours."""
    shown = {"Ratings": plan.rated, "Residual": plan.rated - plan.scores}.get(mode, plan.scores)
    if mode == "Residual":
        high = max(float(np.nanmax(np.abs(shown), initial=0.0, where=np.isfinite(shown))), 1e-9)
        return shown, -high, high, plan.look.residuals
    return shown, min(0.0, plan.fit.scale[0]), plan.fit.scale[1], plan.look.ratings


def cells(plan: Plan) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of every cell of V, row by row."""
    y, x = np.meshgrid(np.arange(plan.n), np.arange(plan.m), indexing="ij")
    return y.ravel(), x.ravel()
