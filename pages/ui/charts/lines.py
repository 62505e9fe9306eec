"""Charts of something against a count: the course of a fit, and error against rank."""

from __future__ import annotations

import math
from typing import Any

from nmf_core import Factorization, RankSurvey
from pages.ui.charts.style import Chart, Look
from pages.ui.text import number

FITTED, HELD_OUT, CHANCE = "#8A8F99", "#0072B2", "#D55E00"


def convergence(fit: Factorization, *, look: Look, at_sweep: int | None = None) -> Chart:
    """Objective and KKT residual by sweep, each on its own axis."""
    history = fit.history
    top, bottom = float(history["objective"].max()), max(float(history["objective"].min()), 1e-300)
    drawn = "lines+markers" if len(history) <= 12 else "lines"  # a single sweep has no line
    ticks = sorted({top, (top * bottom) ** 0.5, bottom})  # Plotly's own ticks on a short log axis overlap
    kkt = history["kkt"].clip(lower=1e-16)
    decades = math.log10(max(kkt.max() / kkt.min(), 1.0)) if len(kkt) else 1.0
    traces = [
        {
            "type": "scatter",
            "x": history["sweep"],
            "y": history["objective"],
            "name": "objective",
            "mode": drawn,
            "line": {"color": HELD_OUT, "width": 2},
            "hovertemplate": "sweep %{x}: objective %{y:.4g}<extra></extra>",
        },
        {
            "type": "scatter",
            "x": history["sweep"],
            "y": kkt,
            "name": "KKT residual",
            "mode": drawn,
            "yaxis": "y2",
            "line": {"color": CHANCE, "width": 2, "dash": "dot"},
            "hovertemplate": "sweep %{x}: KKT residual %{y:.2g}<extra></extra>",
        },
    ]
    figure = look.figure(
        traces,
        height=260,
        xaxis=look.axis("sweep"),
        yaxis=look.axis("objective (log scale)", type="log", tickvals=ticks, ticktext=[f"{t:.3g}" for t in ticks]),
        yaxis2=look.axis(
            "KKT residual",
            type="log",
            overlaying="y",
            side="right",
            showgrid=False,
            exponentformat="power",
            dtick=max(1, math.ceil(decades / 5)),  # powers of ten; more of them than five overlap
        ),
        hovermode="x",
        shapes=[] if at_sweep is None else [_upright(at_sweep, look.muted, "dash")],
    )
    first, last, residual = history["objective"].iloc[0], history["objective"].iloc[-1], history["kkt"].iloc[-1]
    alt = f"The objective falls from {first:.4g} to {last:.4g} in {fit.n_sweeps} sweeps; KKT residual {residual:.1e}."
    return Chart(figure, alt, history)


def rank_survey(survey: RankSurvey, rank: int, *, look: Look) -> Chart:
    """Error against rank on fitted and held-out cells, beside what needs no features."""
    table = survey.table
    held_out = "#56B4E9" if look.dark else HELD_OUT
    lines: list[tuple[str, str, str, dict[str, Any], int]] = [
        (
            "shuffled",
            "held-out, ratings shuffled within items",
            "on shuffled ratings",
            {"color": CHANCE, "dash": "dot"},
            6,
        ),
        ("fitted", "fitted cells", "on fitted cells", {"color": FITTED, "width": 2}, 11),
        ("held_out", "held-out cells", "on held-out cells", {"color": held_out, "width": 3}, 11),
    ]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": table["rank"],
            "y": table[column],
            "name": name,
            "mode": "lines+markers",
            "line": line,
            "marker": {"size": size},
            "hovertemplate": "rank %{x}: %{y:.3f} " + where + "<extra></extra>",
        }
        for column, name, where, line, size in lines
    ]
    traces[-1]["error_y"] = {"type": "data", "array": table["held_out_se"].fillna(0), "thickness": 1.5, "width": 5}
    # The higher line's words above it, the lower's below: the two are often close.
    references = sorted(((survey.mean, "the mean alone"), (survey.biases, "user and item effects alone")))
    flat = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "line": {"color": look.muted, "width": 1, "dash": "dash"},
    }
    note = {"showarrow": False, "font": {"size": 12, "color": look.muted}}
    figure = look.figure(
        traces,
        height=430,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        xaxis=look.axis("rank", dtick=1, range=[table["rank"].min() - 0.4, table["rank"].max() + 0.6]),
        yaxis=look.axis("RMSE, rating points", rangemode="tozero"),
        clickmode="event+select",
        shapes=[{**flat, "y0": value, "y1": value} for value, _ in references] + [_upright(rank, look.ink, "solid")],
        annotations=[
            {
                **note,
                "text": f"{name} {number(value)}",
                "xref": "paper",
                "x": 1,
                "xanchor": "right",
                "y": value,
                "yanchor": anchor,
            }
            for (value, name), anchor in zip(references, ("top", "bottom"), strict=True)
        ]
        + [
            {
                **note,
                "text": "rank now",
                "x": rank,
                "xanchor": "left",
                "xshift": 5,
                "yref": "paper",
                "y": 1,
                "yanchor": "top",
            }
        ],
    )
    return Chart(figure, survey.verdict, table)


def _upright(x: float, colour: str, dash: str) -> dict[str, Any]:
    """A line across the whole height."""
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 1, "dash": dash},
    }
