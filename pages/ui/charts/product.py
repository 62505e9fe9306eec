"""The picture of the product: W at the lower left, H at the upper right, and V where a row of W meets a column of H."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core import Factorization, Ratings
from pages.ui.charts.plan import (
    BAR_CELLS,
    CHARACTER,
    FLAT_NAMES,
    FLAT_WIDTH,
    ON_H,
    ON_V,
    ON_W,
    SMALLER,
    TITLES,
    Plan,
    Trace,
    Window,
    cells,
    shares_of,
    shown_in,
)
from pages.ui.charts.style import UNIT, Chart, Look
from pages.ui.charts.written import hover, in_words, numbers, product_note
from pages.ui.text import MARK, cut_apart, plain


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
    opened: bool = False,
) -> Chart:
    """W, H and V on shared axes; `selected` is a (row, column) of V to follow by eye, its product written beside it if `opened`."""
    rated = np.full((len(window.u), len(window.i)), np.nan)
    entries = ratings.V[window.u][:, window.i].tocoo()
    rated[entries.row, entries.col] = entries.data
    known = ratings.user_counts[window.u] > 0, ratings.item_counts[window.i] > 0
    plan = Plan(fit, window, names, colours, fit.W[window.u], fit.H[:, window.i], rated, known, look)
    traces = [_H(plan), _W(plan), *_V(plan, mode)]
    if mode != "Ratings" and window.small:
        traces += _outlines(plan, mode)
    traces += numbers(plan, mode)
    traces.append(_click_layer(plan))
    layout = _layout(plan, mode)
    if selected is not None and opened:
        layout["annotations"] += product_note(plan, selected)
    figure = look.figure(
        traces,
        **layout,
        shapes=[] if selected is None else _marks(plan, selected),
        showlegend=False,
        hovermode="closest",
        hoverdistance=30,
        clickmode="event+select",
        barmode="overlay",
        bargap=0,
    )
    table = pd.DataFrame(plan.scores, index=fit.users[window.u], columns=fit.items[window.i])
    margin = layout["margin"]
    return Chart(figure, in_words(plan, mode), table, int(margin["l"] + plan.least_width + margin["r"]))


def blanks_mark(window: Window, mode: str) -> str:
    """How blanks are told from ratings in the picture."""
    if mode == "Ratings" or (mode == "Residual" and not window.small):
        return "Empty cells are blank."
    return "Dotted cells were blank." if window.small else "Smaller tiles were blank."


def _H(plan: Plan) -> Trace:
    """H, a row a feature, each row in its feature's colour and on its own scale."""
    tops = plan.H.max(axis=1, initial=0.0)[:, None]
    shown = np.where(plan.known[1], plan.H, np.nan)  # of an item that nobody rated no weight is known
    return {**_heat(plan, shown, tops, 0), **ON_H}


def _W(plan: Plan) -> Trace:
    """W, a column a feature, each column in its feature's colour, all on one scale: W reads in rating points."""
    shown = np.where(plan.known[0][:, None], plan.W, np.nan)
    return {**_heat(plan, shown, plan.W.max(initial=0.0), 1), **ON_W}


def _heat(plan: Plan, weights: NDArray[np.floating], tops: Any, axis: int) -> Trace:
    """Weights of all features along `axis`.

    One heatmap for all, since each costs the browser an image: feature f has the values from f to f + 1, and the scale of
    colours is made of the features' own, end to end.
    """
    rank = plan.fit.rank
    own = np.expand_dims(np.arange(rank), 1 - axis)
    return {
        "type": "heatmap",
        "z": (own + UNIT * shares_of(weights, tops)).astype(np.float32),
        "zmin": 0,
        "zmax": rank,
        "colorscale": plan.look.weights(plan.colours),
        "showscale": False,
        "hoverinfo": "skip",
        "xgap": plan.gap,
        "ygap": plan.gap,
    }


def _V(plan: Plan, mode: str) -> list[Trace]:
    """V in one of its four readings."""
    scores = plan.scores
    shown, low, high, scale = shown_in(plan, mode)
    bars = mode == "Parts" and scores.size <= BAR_CELLS
    heat: Trace = {
        "type": "heatmap",
        "z": np.full_like(shown, low, dtype=np.float32) if bars else shown.astype(np.float32),
        "zmin": low,
        "zmax": high,
        "colorscale": scale,
        "showscale": False,
        "hoverinfo": "skip",
        "xgap": plan.gap,
        "ygap": plan.gap,
        **ON_V,
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
    y, x = cells(plan)
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
    y, x = cells(plan)
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
        "text": hover(plan),
        "hovertemplate": "%{text}<extra></extra>",
        "selected": unchanged,
        "unselected": unchanged,
        **ON_V,
    }


def _names(plan: Plan) -> tuple[list[str], list[str]]:
    """The names of the rows and the columns of V, with a mark before those that are brushed."""
    window, fit = plan.window, plan.fit
    users, items = (
        [
            f"{MARK} {name}" if row in marked else name
            for name, row in zip(cut_apart(ids.tolist(), 18), rows, strict=True)
        ]
        for ids, rows, marked in (
            (fit.users[window.u], window.u.tolist(), window.marked[0]),
            (fit.items[window.i], window.i.tolist(), window.marked[1]),
        )
    )
    return users, items


def _layout(plan: Plan, mode: str) -> dict[str, Any]:
    """Shared axes: V's columns are H's, V's rows are W's; names stand once, at the outer edges."""
    n, m, rank, look = plan.n, plan.m, plan.fit.rank, plan.look
    height_H, height_V = plan.feature_height * rank, plan.row_height * n
    split = plan.split
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
    users, items = _names(plan)
    features = [plain(x) for x in cut_apart(plan.names, 16)]
    columns, rows = [-0.5, m - 0.5], [n - 0.5, -0.5]
    longest = max(map(len, users), default=0)
    lengths = [len(x) for x in items]
    lean = m > FLAT_NAMES or m * CHARACTER * max(lengths, default=0) > FLAT_WIDTH
    leaning = lengths if lean else []
    top = 30 + 6.0 * max(leaning, default=0)
    letter = {"showarrow": False, "xref": "paper", "yref": "paper", "font": {"size": 15, "color": look.muted}}
    names = {
        "tickfont": tick,
        "tickvals": list(range(m)),
        "ticktext": [plain(x) for x in items],
        "side": "top",
        "tickangle": -50 if lean else 0,
    }
    return {
        "height": int(height_H + height_V + 12 + top + 34),
        # The last names lean beyond the picture.
        "margin": {"l": 16 + CHARACTER * longest, "r": max(30, 4.5 * max(leaning[-2:], default=0)), "t": top, "b": 34},
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
            {**letter, "text": f"<b>{TITLES[mode]}</b>", "x": (split + 1) / 2, "y": 0, "yshift": -22},
        ],
    }
