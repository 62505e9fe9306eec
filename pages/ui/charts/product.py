"""The picture of the product: W at the lower left, H at the upper right, and V where a row of W meets a column of H."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core import Factorization, Ratings
from pages.ui.charts.style import UNIT, Chart, Look
from pages.ui.text import cut_apart, number, plain, signed_sum

MODES = ("Reconstruction", "Parts", "Ratings", "Residual")
TEXT_CELLS, TEXT_COLUMNS = 420, 20  # numbers are written into cells up to here
GAP_CELLS = 4_000  # cells are set apart by gaps up to here
BAR_CELLS = 900  # the parts of a score are drawn as bars up to here
SMALLER = 7  # pixels by which the tile of a blank is smaller than that of a rating

Trace = dict[str, Any]
# Where each factor stands: H on axes x/y, W on x2/y2, V on x3/y3, with V's columns tied to H's and its rows to W's.
ON_H, ON_W, ON_V = ({"xaxis": f"x{k}", "yaxis": f"y{k}"} for k in ("", "2", "3"))


@dataclass(frozen=True)
class Window:
    """The rows and columns of the grid that are drawn, in their order."""

    u: NDArray[np.int64]
    i: NDArray[np.int64]

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
    def gap(self) -> int:
        """Pixels between cells."""
        return 2 if self.n * self.m <= GAP_CELLS else 0


def product(
    fit: Factorization,
    ratings: Ratings,
    names: list[str],
    colours: list[str],
    window: Window,
    *,
    mode: str,
    selected: tuple[int, int] | None,
    look: Look,
) -> Chart:
    """W, H and V on shared axes; `selected` is a (row, column) of V to follow by eye."""
    rated = np.full((len(window.u), len(window.i)), np.nan)
    entries = ratings.V[window.u][:, window.i].tocoo()
    rated[entries.row, entries.col] = entries.data
    known = ratings.user_counts[window.u] > 0, ratings.item_counts[window.i] > 0
    plan = Plan(fit, window, names, colours, fit.W[window.u], fit.H[:, window.i], rated, known, look)
    traces = [_H(plan), _W(plan), *_V(plan, mode)]
    if mode != "Ratings" and window.small:
        traces += _outlines(plan, mode)
    traces.append(_click_layer(plan))
    figure = look.figure(
        traces,
        **_layout(plan),
        shapes=[] if selected is None else _marks(plan, selected),
        showlegend=False,
        hovermode="closest",
        hoverdistance=30,
        clickmode="event+select",
        barmode="overlay",
        bargap=0,
    )
    table = pd.DataFrame(plan.scores, index=fit.users[window.u], columns=fit.items[window.i])
    return Chart(figure, _in_words(plan, mode), table)


def blanks_mark(window: Window) -> str:
    """How blanks are told from ratings in the picture."""
    return "Dotted cells were blank." if window.small else "Smaller tiles were blank."


def _H(plan: Plan) -> Trace:
    """H, a row a feature, each row in its feature's colour and on its own scale."""
    tops = plan.H.max(axis=1, initial=0.0)[:, None]
    shown = np.where(plan.known[1], plan.H, np.nan)  # of an item that nobody rated no weight is known
    return {**_heat(plan, shown, tops, 0, plan.m <= TEXT_COLUMNS, 2), **ON_H}


def _W(plan: Plan) -> Trace:
    """W, a column a feature, each column in its feature's colour, all on one scale: W reads in rating points."""
    written = plan.row_height >= 20 and plan.fit.rank <= 8
    shown = np.where(plan.known[0][:, None], plan.W, np.nan)
    return {**_heat(plan, shown, plan.W.max(initial=0.0), 1, written, 1), **ON_W}


def _heat(plan: Plan, weights: NDArray[np.floating], tops: Any, axis: int, written: bool, places: int) -> Trace:
    """Weights of all features along `axis`; Plotly gives the text the contrast of its cell.

    One heatmap for all, since each costs the browser an image: feature f has the values from f to f + 1, and the scale of
    colours is made of the features' own, end to end.
    """
    rank = plan.fit.rank
    share = np.clip(weights / np.where(tops > 0, tops, 1.0), 0.0, 1.0)
    own = np.expand_dims(np.arange(rank), 1 - axis)
    heat: Trace = {
        "type": "heatmap",
        "z": (own + UNIT * share).astype(np.float32),
        "zmin": 0,
        "zmax": rank,
        "colorscale": plan.look.weights(plan.colours),
        "showscale": False,
        "hoverinfo": "skip",
        "xgap": plan.gap,
        "ygap": plan.gap,
    }
    if written:
        heat |= {
            "text": [["" if np.isnan(v) else f"{v:.{places}f}" for v in row] for row in weights],
            "texttemplate": "%{text}",
            "textfont": {"size": 13},
        }
    return heat


def _V(plan: Plan, mode: str) -> list[Trace]:
    """V in one of its four readings."""
    scale, scores, look = plan.fit.scale, plan.scores, plan.look
    low, high = min(0.0, scale[0]), scale[1]
    shown = {"Ratings": plan.rated, "Residual": plan.rated - scores}.get(mode, scores)
    if mode == "Residual":
        high = max(float(np.nanmax(np.abs(shown), initial=0.0, where=np.isfinite(shown))), 1e-9)
        low = -high
    bars = mode == "Parts" and scores.size <= BAR_CELLS
    heat: Trace = {
        "type": "heatmap",
        "z": np.full_like(shown, low, dtype=np.float32) if bars else shown.astype(np.float32),
        "zmin": low,
        "zmax": high,
        "colorscale": look.residuals if mode == "Residual" else look.ratings,
        "showscale": False,
        "hoverinfo": "skip",
        "xgap": plan.gap,
        "ygap": plan.gap,
        **ON_V,
    }
    if plan.written and not bars:
        write = number if mode == "Ratings" else "{:.1f}".format
        heat |= {
            "text": [["" if np.isnan(v) else write(v) for v in row] for row in shown],
            "texttemplate": "%{text}",
            "textfont": {"size": 14},
        }
    set_off = mode in ("Reconstruction", "Parts") and plan.gap and not plan.window.small
    heats = _smaller_blanks(plan, heat) if set_off else [heat]
    return [*heats, *_parts(plan, max(high, float(scores.max(initial=0.0))))] if bars else heats


def _smaller_blanks(plan: Plan, heat: Trace) -> list[Trace]:
    """The heatmap of ratings, and one of blanks in smaller tiles: outlines would be noise, and a path a cell is slow to draw."""
    blank, apart = np.isnan(plan.rated), plan.gap + SMALLER
    return [
        {**heat, "z": np.where(blank, np.nan, heat["z"])},
        {**heat, "z": np.where(blank, heat["z"], np.nan), "xgap": apart, "ygap": apart},
    ]


def _parts(plan: Plan, high: float) -> list[Trace]:
    """Each score as a bar inside its cell, made of its features' contributions; a full cell is the top of the scale."""
    y, x = _cells(plan)
    traces: list[Trace] = []
    start = x - 0.45
    known = np.logical_and.outer(*plan.known)
    for f, colour in enumerate(plan.colours):
        part = np.where(known, np.outer(plan.W[:, f], plan.H[f]), 0.0).ravel() / high * 0.9
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": part,
                "base": start,
                "y": y + (0.16 if plan.written else 0.0),
                "width": 0.36 if plan.written else 0.6,
                "marker": {"color": colour},
                "hoverinfo": "skip",
                **ON_V,
            }
        )
        start = start + part
    if plan.written:
        traces.append(
            {
                "type": "scatter",
                "mode": "text",
                "x": x - 0.43,
                "y": y - 0.22,
                "text": [f"{v:.1f}" for v in plan.scores.ravel()],
                "textposition": "middle right",
                "textfont": {"size": 13, "color": plan.look.ink},
                "hoverinfo": "skip",
                **ON_V,
            }
        )
    return traces


def _outlines(plan: Plan, mode: str) -> list[Trace]:
    """Blanks of a small grid set off from ratings by dotted outlines."""
    blank = np.isnan(plan.rated)
    # On a cell of the scale's dark end an outline in ink would vanish.
    strong = (plan.scores > 0.55 * plan.fit.scale[1]) & (mode == "Reconstruction")
    inset = 0.38 if mode == "Reconstruction" else 0.45
    return [
        _frames(cells, colour, inset)
        for cells, colour in ((blank & ~strong, plan.look.ink), (blank & strong, plan.look.paper))
    ]


def _frames(cells: NDArray[np.bool_], colour: str, inset: float) -> Trace:
    """Dotted frames around cells of V, all in one trace."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1], [np.nan, np.nan]]) * inset
    path = (np.argwhere(cells)[:, None, ::-1] + corners[None]).reshape(-1, 2)
    line = {"color": colour, "width": 1.4, "dash": "dot"}
    return {
        "type": "scatter",
        "x": path[:, 0],
        "y": path[:, 1],
        "mode": "lines",
        "line": line,
        "hoverinfo": "skip",
        **ON_V,
    }


def _marks(plan: Plan, selected: tuple[int, int]) -> list[dict[str, Any]]:
    """The selected cell, its row of W and its column of H, framed."""
    rows, columns = np.nonzero(plan.window.u == selected[0])[0], np.nonzero(plan.window.i == selected[1])[0]
    marks: list[dict[str, Any]] = []

    def frame(x0: float, x1: float, y0: float, y1: float, xref: str, yref: str) -> None:
        line = {"color": plan.look.ink, "width": 2.5}
        box = {"x0": x0 - 0.5, "x1": x1 + 0.5, "y0": y0 - 0.5, "y1": y1 + 0.5, "xref": xref, "yref": yref}
        marks.append({"type": "rect", "line": line, "fillcolor": "rgba(0,0,0,0)", **box})

    last = plan.fit.rank - 1
    if len(rows):
        frame(0, last, rows[0], rows[0], "x2", "y2")
    if len(columns):
        frame(columns[0], columns[0], 0, last, "x", "y")
    if len(rows) and len(columns):
        frame(columns[0], columns[0], rows[0], rows[0], "x3", "y3")
    return marks


def _click_layer(plan: Plan) -> Trace:
    """Nearly transparent squares over the cells: heatmaps report no clicks, markers do."""
    y, x = _cells(plan)
    invisible = 0.011  # to the eye; an opacity of 0 would not be hit in WebGL
    unchanged = {"marker": {"opacity": invisible}}
    return {
        "type": "scatter" if x.size <= 1_000 else "scattergl",
        "mode": "markers",
        "x": x,
        "y": y,
        "marker": {"symbol": "square", "size": plan.row_height * 0.9, "opacity": invisible, "color": plan.look.muted},
        # As lists: an array would come back from the browser as a mapping.
        "customdata": np.stack([plan.window.u[y], plan.window.i[x]], axis=1).tolist(),
        "text": _hover(plan),
        "hovertemplate": "%{text}<extra></extra>",
        "selected": unchanged,
        "unselected": unchanged,
        **ON_V,
    }


def _cells(plan: Plan) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of every cell of V, row by row."""
    y, x = np.meshgrid(np.arange(plan.n), np.arange(plan.m), indexing="ij")
    return y.ravel(), x.ravel()


def _hover(plan: Plan) -> list[str]:
    """What a cell says when pointed at: who, what, the rating and, on small pictures, the sum."""
    shown = [plain(name) for name in plan.names]
    users = [plain(x) for x in plan.fit.users[plan.window.u]]
    items = [plain(x) for x in plan.fit.items[plan.window.i]]
    scores, texts = plan.scores, []
    for r in range(plan.n):
        for c in range(plan.m):
            known = "blank" if np.isnan(plan.rated[r, c]) else f"rated {number(plan.rated[r, c])}"
            score = f"score {number(scores[r, c])}"
            if not (plan.known[0][r] and plan.known[1][c]):
                score = "without ratings: nothing is known"
            elif plan.gap:
                parts = plan.W[r] * plan.H[:, c]
                order = np.argsort(-parts, kind="stable").tolist()
                score = signed_sum([shown[f] for f in order], parts[order].tolist(), float(scores[r, c]), at_most=4)
            texts.append(f"<b>{users[r]} × {items[c]}</b><br>{known}<br>{score}")
    return texts


def _layout(plan: Plan) -> dict[str, Any]:
    """Shared axes: V's columns are H's, V's rows are W's; names stand once, at the outer edges."""
    fit, n, m, rank, look = plan.fit, plan.n, plan.m, plan.fit.rank, plan.look
    height_H, height_V = plan.feature_height * rank, plan.row_height * n
    split = float(np.clip(rank * 0.9 / (rank * 0.9 + m), 0.10, 0.36))  # W's share of the width
    floor = (height_V + 6) / (height_H + height_V + 12)
    across, aside = [split + 0.006, 1.0], [0.0, split - 0.006]
    above, below = [floor, 1.0], [0.0, height_V / (height_H + height_V + 12)]
    bare = {
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "fixedrange": True,
        "showline": False,
        "ticklabeloverflow": "allow",  # else every name is measured again, to hide what the margins have room for
    }
    unnamed = {**bare, "showticklabels": False}
    tick = {"size": 13, "color": look.muted}
    items, users = (cut_apart(ids.tolist(), 18) for ids in (fit.items[plan.window.i], fit.users[plan.window.u]))
    features = [plain(x) for x in cut_apart(plan.names, 16)]
    columns, rows = [-0.5, m - 0.5], [n - 0.5, -0.5]
    longest = max(map(len, users), default=0)
    leaning = [len(x) for x in items] if m > 8 else []
    top = 30 + 6.0 * max(leaning, default=0)
    letter = {"showarrow": False, "xref": "paper", "yref": "paper", "font": {"size": 15, "color": look.muted}}
    names = {
        "tickfont": tick,
        "tickvals": list(range(m)),
        "ticktext": [plain(x) for x in items],
        "side": "top",
        "tickangle": -50 if m > 8 else 0,
    }
    return {
        "height": int(height_H + height_V + 12 + top + 34),
        # The last names lean beyond the picture.
        "margin": {"l": 16 + 7.4 * longest, "r": max(30, 4.5 * max(leaning[-2:], default=0)), "t": top, "b": 34},
        "xaxis": {**bare, **names, "domain": across, "range": columns, "anchor": "y"},
        "yaxis": {
            **bare,
            "tickfont": tick,
            "tickvals": list(range(rank)),
            "ticktext": features,
            "domain": above,
            "range": [rank - 0.5, -0.5],
            "anchor": "x",
        },
        "xaxis2": {**unnamed, "domain": aside, "range": [-0.5, rank - 0.5], "anchor": "y2"},
        "yaxis2": {
            **bare,
            "tickfont": tick,
            "tickvals": list(range(n)),
            "ticktext": [plain(x) for x in users],
            "domain": below,
            "range": rows,
            "anchor": "x2",
        },
        "xaxis3": {**unnamed, "domain": across, "range": columns, "matches": "x", "anchor": "y3"},
        "yaxis3": {**unnamed, "domain": below, "range": rows, "matches": "y2", "anchor": "x3"},
        "annotations": [
            {**letter, "text": "<b>W</b>", "x": split / 2, "y": 0, "yshift": -22},
            {**letter, "text": "<b>H</b>", "x": 1, "xshift": 18, "y": (floor + 1) / 2},
            {**letter, "text": "<b>V ≈ W × H</b>", "x": (split + 1) / 2, "y": 0, "yshift": -22},
        ],
    }


def _in_words(plan: Plan, mode: str) -> str:
    """What the picture shows, for those who cannot see it."""
    return (
        f"Three heatmaps on shared axes: W with {plan.n} users by {plan.fit.rank} features at the lower left, H with "
        f"{plan.fit.rank} features by {plan.m} items at the upper right, and between them the grid V of {plan.n} users by "
        f"{plan.m} items, shown as {mode.lower()}. Features: {', '.join(plan.names)}."
    )
