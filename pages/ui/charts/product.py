"""The picture of the product: W at the lower left, H at the upper right, and V where a row of W meets a column of H."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from nmf_core import Factorization, Ratings
from pages.ui.charts.style import Chart, Look
from pages.ui.text import cut, number, plain, signed_sum

MODES = ("Reconstruction", "Parts", "Ratings", "Residual")
TEXT_CELLS, TEXT_COLUMNS = 420, 20  # numbers are written into cells up to here
GAP_CELLS = 4_000  # cells are set apart by gaps up to here
BAR_CELLS = 900  # the parts of a score are drawn as bars up to here


@dataclass(frozen=True)
class Window:
    """The rows and columns of the grid that are drawn, in their order."""

    u: NDArray[np.int64]
    i: NDArray[np.int64]


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
    W, H = fit.W[window.u], fit.H[:, window.i]
    n, m, rank = len(window.u), len(window.i), fit.rank
    observed = ratings.V[window.u][:, window.i]
    rated = np.full((n, m), np.nan)
    entries = observed.tocoo()
    rated[entries.row, entries.col] = entries.data
    scores = W @ H
    row_height = 46 if n <= 8 else 34 if n <= 16 else 22 if n <= 60 else 15
    feature_height = 40 if rank <= 4 else 30 if rank <= 10 else 20
    room = _label_room(rank, n, m)
    figure = make_subplots(
        rows=2,
        cols=2,
        shared_xaxes=False,
        column_widths=[room, 1 - room],
        row_heights=[feature_height * rank, row_height * n],
        horizontal_spacing=0.012,
        vertical_spacing=min(0.04, 12 / (feature_height * rank + row_height * n)),
    )
    written = n * m <= TEXT_CELLS and m <= TEXT_COLUMNS
    _draw_H(figure, H, colours, look, written=m <= TEXT_COLUMNS)
    _draw_W(figure, W, colours, look, written=row_height >= 20 and rank <= 8)
    _draw_V(figure, W, H, rated, scores, colours, mode, fit.scale, look, written=written)
    if mode != "Ratings" and n * m <= GAP_CELLS:
        _show_blanks(figure, np.isnan(rated), scores / (fit.scale[1] or 1.0), mode, look)
    if selected is not None:
        _mark(figure, window, selected, rank, look)
    _click_layer(figure, fit, ratings, names, window, rated, scores, row_height)
    _axes(figure, fit, names, window, look)
    left = 16 + 7.4 * min(18, max((len(str(x)) for x in fit.users[window.u]), default=0))
    top = 40 + (6.0 * min(18, max((len(str(x)) for x in fit.items[window.i]), default=0)) if m > 8 else 0)
    look.apply(
        figure,
        height=int(feature_height * rank + row_height * n + top + 40),
        margin={"l": left, "r": 30, "t": top, "b": 34},
        showlegend=False,
        hovermode="closest",
        hoverdistance=30,
        clickmode="event+select",
        barmode="overlay",
        bargap=0,
    )
    return Chart(figure, _in_words(fit, names, n, m, mode), _table(fit, window, scores))


def blanks_mark(window: Window) -> str:
    """How blanks are told from ratings in the picture."""
    return "Smaller tiles were blank." if len(window.u) * len(window.i) > TEXT_CELLS else "Dotted cells were blank."


def _label_room(rank: int, n: int, m: int) -> float:
    """The share of the width that W takes: enough for its columns, never more than a third."""
    return float(np.clip(rank * 0.9 / (rank * 0.9 + m), 0.10, 0.36))


def _draw_H(figure: go.Figure, H: NDArray, colours: list[str], look: Look, *, written: bool) -> None:
    """H, a row a feature, each row in its feature's colour."""
    for f, row in enumerate(H):
        figure.add_trace(_heat(row[None, :], [f], None, colours[f], look, written, places=2), row=1, col=2)


def _draw_W(figure: go.Figure, W: NDArray, colours: list[str], look: Look, *, written: bool) -> None:
    """W, a column a feature, each column in its feature's colour."""
    top = float(W.max(initial=0.0)) or 1.0
    for f in range(W.shape[1]):
        heat = _heat(W[:, f : f + 1], None, [f], colours[f], look, written, places=1)
        heat.update(zmax=top)
        figure.add_trace(heat, row=2, col=1)


def _heat(
    z: NDArray, y: list[int] | None, x: list[int] | None, colour: str, look: Look, written: bool, *, places: int
) -> go.Heatmap:
    """One feature's weights; text takes the contrast of its cell."""
    top = float(z.max(initial=0.0)) or 1.0
    heat = go.Heatmap(
        z=z.astype(np.float32),
        x=x,
        y=y,
        zmin=0,
        zmax=top,
        colorscale=look.weights(colour),
        showscale=False,
        hoverinfo="skip",
        xgap=2 if z.size <= GAP_CELLS else 0,
        ygap=2 if z.size <= GAP_CELLS else 0,
    )
    if written:
        heat.update(text=[[f"{v:.{places}f}" for v in row] for row in z], texttemplate="%{text}", textfont={"size": 13})
    return heat


def _draw_V(
    figure: go.Figure,
    W: NDArray,
    H: NDArray,
    rated: NDArray,
    scores: NDArray,
    colours: list[str],
    mode: str,
    scale: tuple[float, float],
    look: Look,
    *,
    written: bool,
) -> None:
    """V in one of its four readings."""
    low, high = min(0.0, scale[0]), scale[1]
    shown, colourscale = {
        "Reconstruction": (scores, look.ratings),
        "Parts": (scores, look.ratings),
        "Ratings": (rated, look.ratings),
        "Residual": (rated - scores, look.residuals),
    }[mode]
    if mode == "Residual":
        spread = float(np.nanmax(np.abs(shown))) if np.isfinite(shown).any() else 1.0
        low, high = -max(spread, 1e-9), max(spread, 1e-9)
    bars = mode == "Parts" and scores.size <= BAR_CELLS
    gap = 2 if scores.size <= GAP_CELLS else 0
    heat = go.Heatmap(
        z=np.full_like(shown, low, dtype=np.float32) if bars else shown.astype(np.float32),
        zmin=low,
        zmax=high,
        colorscale=colourscale,
        hoverinfo="skip",
        xgap=gap,
        ygap=gap,
        showscale=False,
    )
    if written and not bars:
        heat.update(
            text=[
                ["" if np.isnan(v) else f"{v:.1f}" if mode != "Ratings" else number(v) for v in row] for row in shown
            ],
            texttemplate="%{text}",
            textfont={"size": 14},
        )
    figure.add_trace(heat, row=2, col=2)
    if bars:
        _draw_parts(figure, W, H, scores, colours, max(high, float(scores.max(initial=0.0))), look, written=written)


def _draw_parts(
    figure: go.Figure,
    W: NDArray,
    H: NDArray,
    scores: NDArray,
    colours: list[str],
    high: float,
    look: Look,
    *,
    written: bool,
) -> None:
    """Each score as a bar inside its cell, made of its features' contributions; a full cell is the top of the scale."""
    n, m = scores.shape
    y, x = (a.ravel() for a in np.meshgrid(np.arange(n), np.arange(m), indexing="ij"))
    start = np.zeros(n * m)
    for f, colour in enumerate(colours):
        part = np.outer(W[:, f], H[f]).ravel() / high * 0.9
        figure.add_trace(
            go.Bar(
                x=part,
                y=y + (0.16 if written else 0.0),
                base=x - 0.45 + start,
                orientation="h",
                width=0.36 if written else 0.6,
                marker={"color": colour, "line": {"width": 0}},
                hoverinfo="skip",
            ),
            row=2,
            col=2,
        )
        start = start + part
    if written:
        figure.add_trace(
            go.Scatter(
                x=x - 0.43,
                y=y - 0.22,
                mode="text",
                text=[f"{v:.1f}" for v in scores.ravel()],
                textposition="middle right",
                textfont={"size": 13, "color": look.ink},
                hoverinfo="skip",
            ),
            row=2,
            col=2,
        )


def _show_blanks(figure: go.Figure, blank: NDArray, fullness: NDArray, mode: str, look: Look) -> None:
    """Blanks set off from ratings: dotted outlines in a small grid; in a larger one, where those would be noise, smaller tiles."""
    if blank.size > TEXT_CELLS:
        _frames(figure, blank, look.paper, inset=0.41, width=4.5, dash="solid")
        return
    # On a cell of the scale's dark end an outline in ink would vanish.
    strong = (fullness > 0.55) & (mode == "Reconstruction")
    for cells, colour in ((blank & ~strong, look.ink), (blank & strong, look.paper)):
        _frames(figure, cells, colour, inset=0.38 if mode == "Reconstruction" else 0.45, width=1.4, dash="dot")


def _frames(figure: go.Figure, cells: NDArray, colour: str, *, inset: float, width: float, dash: str) -> None:
    """Frames around cells of V, all in one trace."""
    at = np.argwhere(cells)
    if len(at) == 0:
        return
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1], [np.nan, np.nan]]) * inset
    path = (at[:, None, ::-1] + corners[None]).reshape(-1, 2)
    line = {"color": colour, "width": width, "dash": dash}
    figure.add_trace(go.Scatter(x=path[:, 0], y=path[:, 1], mode="lines", line=line, hoverinfo="skip"), row=2, col=2)


def _mark(figure: go.Figure, window: Window, selected: tuple[int, int], rank: int, look: Look) -> None:
    """The selected cell, its row of W and its column of H, framed."""
    rows, columns = np.nonzero(window.u == selected[0])[0], np.nonzero(window.i == selected[1])[0]
    frame = {"type": "rect", "line": {"color": look.ink, "width": 2.5}, "fillcolor": "rgba(0,0,0,0)"}
    if len(rows):
        figure.add_shape(**frame, x0=-0.5, x1=rank - 0.5, y0=rows[0] - 0.5, y1=rows[0] + 0.5, row=2, col=1)
    if len(columns):
        figure.add_shape(**frame, x0=columns[0] - 0.5, x1=columns[0] + 0.5, y0=-0.5, y1=rank - 0.5, row=1, col=2)
    if len(rows) and len(columns):
        x, y = columns[0], rows[0]
        figure.add_shape(**frame, x0=x - 0.5, x1=x + 0.5, y0=y - 0.5, y1=y + 0.5, row=2, col=2)


def _click_layer(
    figure: go.Figure,
    fit: Factorization,
    ratings: Ratings,
    names: list[str],
    window: Window,
    rated: NDArray,
    scores: NDArray,
    row_height: int,
) -> None:
    """Nearly transparent squares over the cells: heatmaps report no clicks, markers do."""
    n, m = scores.shape
    y, x = (a.ravel() for a in np.meshgrid(np.arange(n), np.arange(m), indexing="ij"))
    kind = go.Scatter if n * m <= 1_000 else go.Scattergl
    opacity = 0.011  # nothing to the eye; 0 would not be hit in WebGL
    figure.add_trace(
        kind(
            x=x,
            y=y,
            mode="markers",
            marker={"symbol": "square", "size": row_height * 0.9, "opacity": opacity},
            customdata=np.stack([window.u[y], window.i[x]], axis=1).tolist(),  # an array would come back as a mapping
            text=_hover(fit, names, window, rated, scores),
            hovertemplate="%{text}<extra></extra>",
            selected={"marker": {"opacity": opacity}},
            unselected={"marker": {"opacity": opacity}},
        ),
        row=2,
        col=2,
    )


def _hover(fit: Factorization, names: list[str], window: Window, rated: NDArray, scores: NDArray) -> list[str]:
    """What a cell says when pointed at: who, what, the rating and, on small pictures, the sum."""
    n, m = scores.shape
    with_sum = n * m <= GAP_CELLS
    shown = [plain(name) for name in names]
    users, items = [plain(x) for x in fit.users[window.u]], [plain(x) for x in fit.items[window.i]]
    texts = []
    for r in range(n):
        for c in range(m):
            known = "blank" if np.isnan(rated[r, c]) else f"rated {number(rated[r, c])}"
            score = f"score {number(scores[r, c])}"
            if with_sum:
                parts = fit.W[window.u[r]] * fit.H[:, window.i[c]]
                order = np.argsort(-parts, kind="stable")
                score = signed_sum(
                    [shown[f] for f in order], [float(parts[f]) for f in order], float(scores[r, c]), at_most=4
                )
            texts.append(f"<b>{users[r]} × {items[c]}</b><br>{known}<br>{score}")
    return texts


def _axes(figure: go.Figure, fit: Factorization, names: list[str], window: Window, look: Look) -> None:
    """Shared axes: V's columns are H's, V's rows are W's; names stand once, at the outer edges."""
    n, m, rank = len(window.u), len(window.i), fit.rank
    bare = {"showgrid": False, "zeroline": False, "ticks": "", "fixedrange": True, "showline": False}
    unnamed = {**bare, "showticklabels": False}
    items = {**bare, "tickvals": list(range(m)), "ticktext": [plain(cut(x, 18)) for x in fit.items[window.i]]}
    users = {**bare, "tickvals": list(range(n)), "ticktext": [plain(cut(x, 18)) for x in fit.users[window.u]]}
    features = [plain(cut(x, 16)) for x in names]
    columns, rows, ranks = [-0.5, m - 0.5], [n - 0.5, -0.5], [-0.5, rank - 0.5]
    figure.update_xaxes(**items, range=columns, side="top", tickangle=-50 if m > 8 else 0, row=1, col=2)
    figure.update_yaxes(**bare, tickvals=list(range(rank)), ticktext=features, range=[rank - 0.5, -0.5], row=1, col=2)
    figure.update_xaxes(**unnamed, range=ranks, row=2, col=1)
    figure.update_yaxes(**users, range=rows, row=2, col=1)
    figure.update_xaxes(**unnamed, range=columns, matches="x2", row=2, col=2)
    figure.update_yaxes(**unnamed, range=rows, matches="y3", row=2, col=2)
    figure.update_xaxes(visible=False, range=[0, 1], fixedrange=True, row=1, col=1)
    figure.update_yaxes(visible=False, range=[0, 1], fixedrange=True, row=1, col=1)
    letter = {"showarrow": False, "xref": "paper", "yref": "paper", "font": {"size": 15, "color": look.muted}}
    W, H = figure.layout.xaxis3.domain, figure.layout.yaxis2.domain
    figure.add_annotation(**letter, text="<b>W</b>", x=sum(W) / 2, y=0, yshift=-22)
    figure.add_annotation(**letter, text="<b>H</b>", x=1, y=sum(H) / 2, xshift=18)
    figure.add_annotation(**letter, text="<b>V ≈ W × H</b>", x=(W[1] + 1) / 2, y=0, yshift=-22)


def _in_words(fit: Factorization, names: list[str], n: int, m: int, mode: str) -> str:
    """What the picture shows, for those who cannot see it."""
    return (
        f"Three heatmaps on shared axes: W with {n} users by {fit.rank} features at the lower left, H with {fit.rank} features "
        f"by {m} items at the upper right, and between them the grid V of {n} users by {m} items, shown as {mode.lower()}. "
        f"Features: {', '.join(names)}."
    )


def _table(fit: Factorization, window: Window, scores: NDArray) -> pd.DataFrame:
    """The scores of the window, users by items."""
    return pd.DataFrame(scores, index=fit.users[window.u], columns=fit.items[window.i])
