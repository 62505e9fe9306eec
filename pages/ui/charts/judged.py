"""Charts of an evaluation: models in rows beside chance, and figures along the dial."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from nmf_core.metrics import METRICS
from nmf_core.study.baselines import CHANCE
from pages.ui.charts.ranks import CHANCE as CHANCE_COLOUR
from pages.ui.charts.ranks import HELD_OUT
from pages.ui.charts.style import Chart, Look
from pages.ui.text import cut, plain

GAP = 0.035  # between panels, of the width
RANKED_BY = "ndcg"
SHOWN = ("ndcg", "rmse", "disliked", "coverage")  # of models
ALONG = ("rmse", "ndcg", "disliked")  # the dial


def models(table: pd.DataFrame, named: list[str], top_n: int, *, look: Look) -> Chart:
    """Each model's figures with their standard errors, the best lists on top; the dashed line is chance."""
    order = table[RANKED_BY].fillna(-1.0).to_numpy().argsort(kind="stable")
    ranked = table.iloc[order]
    names = [str(name) for name in ranked.index]
    colours = [_ours(look) if name in named else look.muted for name in names]
    metrics = [name for name in SHOWN if table[name].notna().any()]
    traces, axes, shapes = [], {}, []
    for k, (name, domain) in enumerate(zip(metrics, _panels(len(metrics)), strict=True)):
        axis = "" if k == 0 else str(k + 1)
        title = METRICS[name].title.format(top_n=top_n)
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": ranked[name],
                "y": list(range(len(names))),
                "xaxis": f"x{axis}",
                "marker": {"size": 11, "color": colours},
                "error_x": _bars(ranked[f"{name}_se"], look),
                "customdata": [plain(model) for model in names],
                "hovertemplate": f"%{{customdata}}: {title} %{{x:.3f}}<extra></extra>",
            }
        )
        better = "higher" if METRICS[name].higher_is_better else "lower"
        axes[f"xaxis{axis}"] = look.axis(
            f"{title} ({better} is better)", domain=domain, rangemode="tozero", nticks=4, anchor="y"
        )
        chance = table[name].get(CHANCE, np.nan)
        if np.isfinite(chance):
            shapes.append(_dashed(float(chance), f"x{axis}"))
    figure = look.figure(
        traces,
        height=60 + 30 * len(names),
        showlegend=False,
        shapes=shapes,
        yaxis=look.axis(
            tickvals=list(range(len(names))),
            ticktext=[plain(cut(name, 28)) for name in names],
            range=[-0.6, len(names) - 0.4],
        ),
        **axes,
    )
    return Chart(figure, _ranking(ranked[RANKED_BY], named[0], top_n), table.reset_index())


def _ranking(figures: pd.Series, ours: str, top_n: int) -> str:
    """Who makes the best lists, in words."""
    known = {str(name): float(value) for name, value in figures.dropna().items()}
    said = f"Figures of {len(figures)} models with their standard errors."
    if ours not in known:
        return f"{said} Lists could not be judged."
    title, best = METRICS[RANKED_BY].title.format(top_n=top_n), list(known)[-1]
    return f"{said} By {title} the first is {best} with {known[best]:.3f}; {ours} has {known[ours]:.3f}."


def dial(table: pd.DataFrame, weight: float, top_n: int, *, look: Look) -> Chart:
    """Rating error, ranking and dislikes against what a blank weighs, evenly spaced; the upright line is the weight now."""
    weights = table.index.to_numpy(dtype=float)
    places = np.arange(len(weights))
    metrics = [name for name in ALONG if table[name].notna().any()]
    traces, axes, shapes = [], {}, []
    for k, (name, domain) in enumerate(zip(metrics, _panels(len(metrics), 0.08), strict=True)):
        axis = "" if k == 0 else str(k + 1)
        title = METRICS[name].title.format(top_n=top_n)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": places,
                "y": table[name],
                "xaxis": f"x{axis}",
                "yaxis": f"y{axis}",
                "line": {"color": _ours(look), "width": 2},
                "marker": {"size": 9},
                "error_y": _bars(table[f"{name}_se"], look),
                "customdata": weights,
                "hovertemplate": f"weight %{{customdata:g}}: {title} %{{y:.3f}}<extra></extra>",
            }
        )
        axes[f"xaxis{axis}"] = look.axis(
            "a blank's weight",
            domain=domain,
            anchor=f"y{axis}",
            tickvals=places,
            ticktext=[f"{w:g}" for w in weights],
        )
        better = "higher" if METRICS[name].higher_is_better else "lower"
        axes[f"yaxis{axis}"] = look.axis(
            f"{title} ({better} is better)", rangemode="tozero", nticks=5, anchor=f"x{axis}"
        )
        now = float(np.interp(weight, weights, places))
        shapes.append(
            {**_dashed(now, f"x{axis}", look.ink), "yref": f"y{axis} domain", "line": {"color": look.ink, "width": 1}}
        )
    figure = look.figure(traces, height=300, showlegend=False, shapes=shapes, **axes)
    said = []
    for name in metrics:
        column = table[name].to_numpy(dtype=float)
        best = int(np.nanargmax(column if METRICS[name].higher_is_better else -column))
        said.append(
            f"{METRICS[name].title.format(top_n=top_n)} is best at weight {weights[best]:g} ({column[best]:.3f})"
        )
    return Chart(figure, "; ".join(said) + ".", table.reset_index())


def _panels(n: int, gap: float = GAP) -> list[list[float]]:
    """Where n panels lie side by side."""
    width = (1 - gap * (n - 1)) / max(n, 1)
    return [[k * (width + gap), min(1.0, k * (width + gap) + width)] for k in range(n)]


def _ours(look: Look) -> str:
    """The colour of what is judged."""
    return "#56B4E9" if look.dark else HELD_OUT


def _bars(errors: pd.Series, look: Look) -> dict[str, Any]:
    """Standard errors as bars."""
    return {"type": "data", "array": errors.fillna(0.0), "thickness": 1.5, "width": 5, "color": look.muted}


def _dashed(x: float, xref: str, colour: str = CHANCE_COLOUR) -> dict[str, Any]:
    """A line from bottom to top at x."""
    return {
        "type": "line",
        "xref": xref,
        "x0": x,
        "x1": x,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 1.5, "dash": "dash"},
    }
