"""A colour for each feature, the same on every page and in every export, and none twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nmf_core.errors import NmfError, shown

# Okabe and Ito's eight less black and yellow, then Tol's muted ones: told apart with any colour vision.
PALETTE = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#D55E00",
    "#56B4E9",
    "#882255",
    "#999933",
    "#6A5ACD",
    "#44AA99",
    "#CC6677",
    "#A6761D",
)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def feature_colours(rank: int, chosen: Mapping[int, str] | None = None) -> list[str]:
    """A colour for each feature, as "#rrggbb", none twice.

    It is the one its label was given, unless a feature before it has that; else the first of `PALETTE` that no other has; where
    these are used up, the one that is farthest from all that are taken.

    >>> feature_colours(3, {1: "#0072B2", 2: "#0072b2"})
    ['#E69F00', '#0072B2', '#009E73']
    >>> len(set(feature_colours(500)))
    500
    """
    kept: dict[int, str] = {}
    for f, colour in sorted((chosen or {}).items()):
        if colour and 0 <= f < rank and colour.lower() not in {one.lower() for one in kept.values()}:
            kept[f] = colour
    taken = {one.lower() for one in kept.values()}
    free = [colour for colour in PALETTE if colour.lower() not in taken]
    if len(kept) + len(free) < rank:
        free += _farthest([*kept.values(), *free], rank - len(kept) - len(free))
    others = iter(free)
    return [kept[f] if f in kept else next(others) for f in range(rank)]


def checked_colours(colours: Sequence[str], rank: int) -> list[str]:
    """Colours as they are, if there is one for each feature.

    >>> checked_colours(["#0072B2"], 1)
    ['#0072B2']
    """
    bad = [one for one in colours if not (isinstance(one, str) and _COLOUR.fullmatch(one))]
    if bad or len(colours) != rank:
        seen = f"{shown(bad[0])} among them" if bad else f"{len(colours)} of them"
        raise NmfError(
            f"The colours have {seen}; they must be {rank}, one for each feature, such as '#0072B2'. Give such a list."
        )
    return list(colours)


def _farthest(taken: list[str], n: int) -> list[str]:
    """n more colours, each as far as can be from those taken and those before it."""
    names, places = _candidates()
    nearest = np.full(len(names), np.inf)
    for colour in taken:
        nearest = np.minimum(nearest, np.linalg.norm(places - _oklab(np.array([_rgb(colour)])), axis=1))
    found = []
    for _ in range(n):
        best = int(np.round(nearest, 6).argmax())  # rounded: the last bits of two processors choose alike
        found.append(names[best])
        nearest = np.minimum(nearest, np.linalg.norm(places - places[best], axis=1))
    return found


@cache
def _candidates() -> tuple[list[str], NDArray[np.float64]]:
    """Colours of middling lightness, on which black or white can be read and which show on light and dark pages."""
    steps = np.arange(0, 256, 17)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    places = _oklab(grid)
    chroma = np.hypot(places[:, 1], places[:, 2])
    fit = (places[:, 0] > 0.42) & (places[:, 0] < 0.82) & (chroma > 0.05)
    return [f"#{r:02X}{g:02X}{b:02X}" for r, g, b in grid[fit].tolist()], places[fit]


def _rgb(colour: str) -> tuple[int, int, int]:
    """#rrggbb as numbers."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _oklab(rgb: NDArray[np.integer]) -> NDArray[np.float64]:
    """(n, 3) colours where distance is what the eye sees (Ottosson 2020), from red, green and blue in 0…255."""
    c = rgb / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.einsum("ij,nj->ni", lab, np.cbrt(np.einsum("ij,nj->ni", cones, linear)))
