"""The map: people and items as points, in the colours of their features or by how well they are served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.ui.charts.style import Chart, Look
from pages.ui.text import cut, plain

PERSON, ITEM = "person", "item"
FEW = 400  # points that are drawn large
MOST_NAMED = 12  # features in the legend


@dataclass(frozen=True, eq=False)
class Points:
    """What is drawn of one side.

    Attributes:
        what: "person" or "item".
        ids: (n,) names.
        rows: (n,) their places among all of the ratings, which a brush is told by.
        at: (n, 2) where they lie.
        feature: (n,) the feature that is largest in each, −1 where nothing is known.
        served: (n,) how well each is served, where the map is coloured by that; NaN where that is not known.
        brushed: (n,) which are brushed.
    """

    what: str
    ids: pd.Index
    rows: NDArray[np.int64]
    at: NDArray[np.floating]
    feature: NDArray[np.int64]
    served: NDArray[np.floating] | None
    brushed: NDArray[np.bool_]


def map_of(
    sides: Sequence[Points],
    axes: tuple[str, str],
    names: list[str],
    colours: list[str],
    *,
    look: Look,
    you: NDArray[np.floating] | None = None,
    height: int = 560,
    brushes: bool = True,
) -> Chart:
    """People as circles and items as diamonds; `you` is a star where somebody new lies. Points can be brushed if `brushes`."""
    some = any(side.brushed.any() for side in sides)
    traces = [_side(side, names, colours, look, some) for side in sides]
    traces += _key(sides, names, colours, look)
    if you is not None:
        traces.append(_star(you, look))
    figure = look.figure(
        traces,
        height=height,
        showlegend=True,
        hovermode="closest",
        dragmode="select" if brushes else False,
        margin={"l": 10, "r": 10, "t": 30, "b": 40},
        xaxis=look.axis(cut(plain(axes[0]), 80), zeroline=False),
        yaxis=look.axis(cut(plain(axes[1]), 60), zeroline=False),
        legend={
            "orientation": "h",
            "yanchor": "bottom",
            "y": 1.0,
            "x": 0,
            "itemclick": False,
            "itemdoubleclick": False,
        },
        selectdirection="any",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": look.muted, "activecolor": look.ink},
    )
    counted = " and ".join(f"{len(side.ids):,} {'people' if side.what == PERSON else 'items'}" for side in sides)
    return Chart(figure, f"A map of {counted}: across {axes[0]}, up {axes[1]}.", _table(sides, axes, names))


def _side(side: Points, names: list[str], colours: list[str], look: Look, some: bool) -> dict[str, Any]:
    """The points of one side in one trace, which a browser draws in one go."""
    marker: dict[str, Any] = {
        "symbol": "circle" if side.what == PERSON else "diamond",
        "size": (9 if side.what == PERSON else 7) if len(side.ids) <= FEW else (6 if side.what == PERSON else 5),
        "opacity": 0.85 if side.what == PERSON else 0.6,
        # Numbers and a scale of steps: a browser and Plotly read an array of them far sooner than as many names of colours.
        "color": side.feature.astype(np.float32),
        "colorscale": _steps([look.muted, *colours]),
        "cmin": -1.5,
        "cmax": len(colours) - 0.5,
        "showscale": False,
    }
    told = [f"largest: {plain(names[f])}" if f >= 0 else "nothing is known" for f in side.feature]
    if side.served is not None:
        low, high = np.nanquantile(side.served, [0.02, 1.0]) if np.isfinite(side.served).any() else (0.0, 1.0)
        marker |= {
            "color": np.nan_to_num(side.served, nan=low).astype(np.float32),
            "showscale": True,
            "colorscale": look.ratings,
            "cmin": float(low),
            "cmax": float(max(high, low + 1e-6)),
            "colorbar": {"title": {"text": "served"}, "thickness": 12, "tickformat": ".0%", "outlinewidth": 0},
            "line": {"width": 0.5, "color": look.muted},
        }
        told = [
            f"{words}<br>{share:.0%} of their ratings reached" if np.isfinite(share) else words
            for words, share in zip(told, side.served, strict=True)
        ]
    return {
        "type": "scattergl",
        "mode": "markers",
        "x": side.at[:, 0].astype(np.float32),
        "y": side.at[:, 1].astype(np.float32),
        "name": "people" if side.what == PERSON else "items",
        "showlegend": False,
        "marker": marker,
        "text": [f"{plain(cut(name, 60))}<br>{words}" for name, words in zip(side.ids.tolist(), told, strict=True)],
        "customdata": [[side.what, row] for row in side.rows.tolist()],  # as a list: an array comes back as a mapping
        "hovertemplate": "%{text}<extra></extra>",
        "selectedpoints": np.flatnonzero(side.brushed).tolist() if some else None,
        "unselected": {"marker": {"opacity": 0.12}},
    }


def _steps(colours: list[str]) -> list[tuple[float, str]]:
    """A scale that has each colour for an equal part of its length, one after the other."""
    k = len(colours)
    return [(edge / k, colour) for f, colour in enumerate(colours) for edge in (f, f + 1)]


def _key(sides: Sequence[Points], names: list[str], colours: list[str], look: Look) -> list[dict[str, Any]]:
    """What shapes and colours mean."""
    shown = [
        ("circle" if side.what == PERSON else "diamond", look.muted, "people" if side.what == PERSON else "items")
        for side in sides
    ]
    if any(side.served is None for side in sides) and len(names) <= MOST_NAMED:
        shown += [("square", colour, plain(cut(name, 22))) for name, colour in zip(names, colours, strict=True)]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [None],
            "y": [None],
            "name": name,
            "marker": {"symbol": symbol, "color": colour, "size": 10},
            "hoverinfo": "skip",
        }
        for symbol, colour, name in shown
    ]


def _star(at: NDArray[np.floating], look: Look) -> dict[str, Any]:
    """Where somebody new lies."""
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [float(at[0])],
        "y": [float(at[1])],
        "name": "you",
        "text": ["you"],
        "textposition": "top center",
        "textfont": {"color": look.ink, "size": 15},
        "marker": {"symbol": "star", "size": 18, "color": look.ink, "line": {"color": look.paper, "width": 1.5}},
        "hovertemplate": "you<extra></extra>",
        "showlegend": False,
    }


def _table(sides: Sequence[Points], axes: tuple[str, str], names: list[str]) -> pd.DataFrame:
    """The points as a table."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "what": side.what,
                    "name": side.ids,
                    axes[0]: side.at[:, 0],
                    f"{axes[1]} ": side.at[:, 1],
                    "largest": [names[f] if f >= 0 else "" for f in side.feature],
                    **({} if side.served is None else {"served": side.served}),
                }
            )
            for side in sides
        ],
        ignore_index=True,
    )
