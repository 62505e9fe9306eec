"""Charts of something against a count: the course of a fit, and error against rank."""

from __future__ import annotations

import plotly.graph_objects as go

from nmf_core import Factorization, RankSurvey
from pages.ui.charts.style import Chart, Look
from pages.ui.text import number

FITTED, HELD_OUT, CHANCE = "#8A8F99", "#0072B2", "#D55E00"


def convergence(fit: Factorization, *, look: Look, at_sweep: int | None = None) -> Chart:
    """Objective and KKT residual by sweep, each on its own axis."""
    history = fit.history
    top, bottom = float(history["objective"].max()), max(float(history["objective"].min()), 1e-300)
    ticks = sorted({top, (top * bottom) ** 0.5, bottom})  # Plotly's own ticks on a short log axis overlap
    figure = go.Figure()
    figure.add_scatter(
        x=history["sweep"],
        y=history["objective"],
        name="objective",
        line={"color": HELD_OUT, "width": 2},
        hovertemplate="sweep %{x}: objective %{y:.4g}<extra></extra>",
    )
    figure.add_scatter(
        x=history["sweep"],
        y=history["kkt"].clip(lower=1e-16),
        name="KKT residual",
        yaxis="y2",
        line={"color": CHANCE, "width": 2, "dash": "dot"},
        hovertemplate="sweep %{x}: KKT residual %{y:.2g}<extra></extra>",
    )
    if at_sweep is not None:
        figure.add_vline(x=at_sweep, line={"color": look.muted, "width": 1, "dash": "dash"})
    look.apply(
        figure,
        height=260,
        xaxis_title="sweep",
        yaxis={"title": "objective", "type": "log", "tickvals": ticks, "ticktext": [f"{t:.3g}" for t in ticks]},
        yaxis2={
            "title": "KKT residual",
            "type": "log",
            "overlaying": "y",
            "side": "right",
            "showgrid": False,
            "exponentformat": "power",
            "dtick": 1,
            "automargin": True,
        },
        hovermode="x",
    )
    first, last = history["objective"].iloc[0], history["objective"].iloc[-1]
    kkt = history["kkt"].iloc[-1]
    alt = f"The objective falls from {first:.4g} to {last:.4g} in {fit.n_sweeps} sweeps; KKT residual {kkt:.1e}."
    return Chart(figure, alt, history)


def rank_survey(survey: RankSurvey, rank: int, *, look: Look) -> Chart:
    """Error against rank on fitted and held-out cells, beside what needs no features."""
    table = survey.table
    figure = go.Figure()
    marker = {"size": 11}
    figure.add_scatter(
        x=table["rank"],
        y=table["shuffled"],
        name="held-out, ratings shuffled within items",
        mode="lines+markers",
        line={"color": CHANCE, "width": 1.5, "dash": "dot"},
        marker={"size": 6},
        hovertemplate="rank %{x}: %{y:.3f} on shuffled ratings<extra></extra>",
    )
    figure.add_scatter(
        x=table["rank"],
        y=table["fitted"],
        name="fitted cells",
        mode="lines+markers",
        line={"color": FITTED, "width": 2},
        marker=marker,
        hovertemplate="rank %{x}: %{y:.3f} on fitted cells<extra></extra>",
    )
    figure.add_scatter(
        x=table["rank"],
        y=table["held_out"],
        name="held-out cells",
        mode="lines+markers",
        line={"color": HELD_OUT if not look.dark else "#56B4E9", "width": 3},
        marker=marker,
        error_y={"type": "data", "array": table["held_out_se"].fillna(0), "thickness": 1.5, "width": 5},
        hovertemplate="rank %{x}: %{y:.3f} on held-out cells<extra></extra>",
    )
    for value, name in ((survey.mean, "the mean alone"), (survey.biases, "user and item effects alone")):
        figure.add_hline(
            y=value,
            line={"color": look.muted, "width": 1, "dash": "dash"},
            annotation={"text": f"{name} {number(value)}", "font": {"size": 12, "color": look.muted}},
            annotation_position="top right",
        )
    figure.add_vline(x=rank, line={"color": look.ink, "width": 1})
    figure.add_annotation(
        x=rank,
        y=1,
        yref="paper",
        text="rank now",
        showarrow=False,
        xanchor="left",
        xshift=5,
        font={"size": 12, "color": look.ink},
    )
    look.apply(
        figure,
        height=430,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        xaxis={"title": "rank", "dtick": 1, "range": [table["rank"].min() - 0.4, table["rank"].max() + 0.6]},
        yaxis={"title": "RMSE, rating points", "rangemode": "tozero"},
        clickmode="event+select",
    )
    return Chart(figure, survey.verdict, table)
