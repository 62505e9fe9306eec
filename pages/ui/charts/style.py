"""How charts look, in light and in dark: colours, fonts, margins."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

UNIT = 0.999  # how far a feature's scale of colours reaches: its top is not yet the next one's bottom


@dataclass(frozen=True)
class Chart:
    """A figure, what it says in words, and its numbers as a table; in less than `least_width` pixels it cannot be read."""

    figure: go.Figure
    alt: str
    table: pd.DataFrame
    least_width: int = 0


@dataclass(frozen=True)
class Look:
    """The colours of a theme."""

    dark: bool

    @property
    def paper(self) -> str:
        """What charts are drawn on: the page's background."""
        return "#14171E" if self.dark else "#FCFBF8"

    @property
    def ink(self) -> str:
        """Text."""
        return "#ECE9E2" if self.dark else "#1E2430"

    @property
    def muted(self) -> str:
        """Text that stands back."""
        return "#A5A9B4" if self.dark else "#636873"

    @property
    def line(self) -> str:
        """Grid lines and frames."""
        return "#343B4A" if self.dark else "#E2DED3"

    @property
    def ratings(self) -> list[tuple[float, str]]:
        """Sequential scale for ratings and scores: neutral, so that colours are left to the features; prints in grey."""
        low, middle, high = ("#242A36", "#7F8794", "#F2EEE4") if self.dark else ("#F1EEE6", "#93A0AC", "#22303F")
        return [(0.0, low), (0.5, middle), (1.0, high)]

    @property
    def residuals(self) -> list[tuple[float, str]]:
        """Diverging scale for residuals only."""
        middle = self.paper
        return [(0.0, "#B35806"), (0.25, "#F1A340"), (0.5, middle), (0.75, "#998EC3"), (1.0, "#542788")]

    def weights(self, colours: list[str]) -> list[tuple[float, str]]:
        """Sequential scales for features' weights, each from paper to its colour, end to end: the f-th from f/k to (f + 1)/k."""
        k = len(colours)
        ends = [((f + end) / k, c) for f, c in enumerate(colours) for end, c in ((0, self.weight(c, 0)), (UNIT, c))]
        return [*ends, (1.0, colours[-1])]

    def weight(self, colour: str, share: float) -> str:
        """The colour of a feature's weight that is this part of the largest."""
        return blend(blend(self.paper, colour, 0.06), colour, share)

    def axis(self, title: str | None = None, **more: Any) -> dict[str, Any]:
        """An axis in this look."""
        return {
            "automargin": True,
            "gridcolor": self.line,
            "zerolinecolor": self.line,
            "linecolor": self.line,
            "fixedrange": True,
            "tickfont": {"size": 13, "color": self.muted},
            **({"title": {"text": title, "font": {"size": 13, "color": self.muted}}} if title else {}),
            **more,
        }

    def figure(self, traces: list[dict[str, Any]], *, height: int, **layout: Any) -> go.Figure:
        """Traces and a layout in this look.

        Charts are put together from plain dicts and become a figure once, here: Plotly's update methods check every
        property of every call, which took most of the time from a change to its picture.
        """
        base = {
            "template": "none",
            "height": height,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "'Source Sans', 'Source Sans Pro', sans-serif", "size": 14, "color": self.ink},
            "hoverlabel": {"font": {"family": "sans-serif", "size": 13}, "align": "left"},
            "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "traceorder": "normal"},
            "dragmode": False,
            "xaxis": self.axis(),
            "yaxis": self.axis(),
        }
        return go.Figure({"data": traces, "layout": {**base, **layout}})


def rgb(colour: str) -> tuple[int, int, int]:
    """#rrggbb as numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def blend(a: str, b: str, share: float) -> str:
    """The colour that lies `share` of the way from a to b."""
    parts = (round(x + (y - x) * share) for x, y in zip(rgb(a), rgb(b), strict=True))
    return "#" + "".join(f"{p:02x}" for p in parts)


def colour_at(scale: list[tuple[float, str]], share: float) -> str:
    """The colour that a scale has at a share of its length, as a browser draws it: straight from stop to stop."""
    for (low, start), (high, end) in itertools.pairwise(scale):
        if share <= high:
            return blend(start, end, (max(share, low) - low) / (high - low))
    return scale[-1][1]


def luminance(colour: str) -> float:
    """Relative luminance, 0…1 (WCAG 2.2)."""
    channels = [c / 255 for c in rgb(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two colours, 1…21 (WCAG 2.2); text needs 4.5."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def readable_on(colour: str) -> str:
    """Black or white, whichever has more contrast on a colour: 4.58 at least. Anything softer than black falls below 4.5."""
    return max("#000000", "#FFFFFF", key=lambda text: contrast(text, colour))
