"""The course of a fit."""

from __future__ import annotations

import math
from typing import Any

from nmf_core import Factorization
from pages.ui.charts.style import Chart, Look

OBJECTIVE, RESIDUAL = "#0072B2", "#D55E00"


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
            "line": {"color": OBJECTIVE, "width": 2},
            "hovertemplate": "sweep %{x}: objective %{y:.4g}<extra></extra>",
        },
        {
            "type": "scatter",
            "x": history["sweep"],
            "y": kkt,
            "name": "KKT residual",
            "mode": drawn,
            "yaxis": "y2",
            "line": {"color": RESIDUAL, "width": 2, "dash": "dot"},
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
