"""Charts of amounts: ratings given, weights of items, and scores as stacks of their parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from nmf_core import Ratings
from pages.ui.charts.style import Chart, Look, readable_on
from pages.ui.text import cut, number, plain


def distribution(ratings: Ratings, *, look: Look) -> Chart:
    """How often each rating was given; in twenty bins where there are too many to tell apart."""
    values, times = np.unique(ratings.V.data.astype(float), return_counts=True)
    if len(values) > 21:
        times, edges = np.histogram(ratings.V.data, bins=20)
        values = (edges[:-1] + edges[1:]) / 2
    table = pd.DataFrame({"rating": values, "times": times})
    figure = go.Figure(
        go.Bar(
            x=values,
            y=times,
            marker={"color": look.muted},
            hovertemplate="%{y:,} ratings of %{x:.3g}<extra></extra>",
        )
    )
    look.apply(figure, height=210, xaxis_title="rating", yaxis_title="times given", bargap=0.15)
    common = number(float(values[times.argmax()]))
    return Chart(figure, f"How often each rating was given; the most common is about {common}.", table)


def counts(ratings: Ratings, what: str, *, look: Look) -> Chart:
    """Ratings per user or per item, most first."""
    ids, each = (ratings.users, ratings.user_counts) if what == "user" else (ratings.items, ratings.item_counts)
    order = np.argsort(-each, kind="stable")
    table = pd.DataFrame({what: ids[order], "ratings": each[order]})
    shown = order if len(order) <= 2_000 else order[np.linspace(0, len(order) - 1, 2_000).astype(int)]
    figure = go.Figure(
        go.Scatter(
            x=np.arange(1, len(shown) + 1) if len(shown) == len(order) else np.linspace(1, len(order), len(shown)),
            y=each[shown],
            mode="lines",
            line={"color": look.muted, "shape": "hvh", "width": 2},
            fill="tozeroy",
            text=[plain(cut(x)) for x in ids[shown]],
            hovertemplate="%{text}: %{y:,} ratings<extra></extra>",
        )
    )
    look.apply(figure, height=210, xaxis_title=f"{what}s, most ratings first", yaxis_title="ratings")
    figure.update_yaxes(rangemode="tozero")
    return Chart(figure, f"Ratings per {what}, from {int(each.max())} down to {int(each.min())}.", table)


def feature_items(items: pd.DataFrame, name: str, colour: str, *, look: Look) -> Chart:
    """A feature's items as bars of their weight, the part that sets them apart in full colour."""
    shown = items.iloc[::-1]
    apart = shown["apart"].clip(lower=0)
    figure = go.Figure()
    figure.add_bar(
        y=[plain(cut(x, 26)) for x in shown["item"]],
        x=shown["weight"],
        orientation="h",
        marker={"color": colour, "opacity": 0.35},
        customdata=[plain(x) for x in shown["item"]],
        hovertemplate="%{customdata}: weight %{x:.2f}<extra></extra>",
    )
    figure.add_bar(
        y=[plain(cut(x, 26)) for x in shown["item"]],
        x=apart,
        orientation="h",
        marker={"color": colour},
        customdata=[plain(x) for x in shown["item"]],
        hovertemplate="%{customdata}: %{x:.2f} more than any other feature<extra></extra>",
    )
    look.apply(
        figure,
        height=26 * len(shown) + 34,
        barmode="overlay",
        bargap=0.3,
        showlegend=False,
        margin={"l": 10, "r": 6, "t": 4, "b": 24},
        xaxis={"range": [0, 1.02], "nticks": 3, "title": None, "fixedrange": True},
        yaxis={"fixedrange": True, "showgrid": False},
    )
    figure.update_yaxes(tickfont={"color": look.ink})
    return Chart(figure, f"Items with the largest weights on {name}: {', '.join(map(str, items['item'][:5]))}.", items)


def recommendations(
    frame: pd.DataFrame, columns: list[str], names: list[str], colours: list[str], *, look: Look, limit: float
) -> Chart:
    """Each recommended item's score as a stack of its features' contributions."""
    shown = frame.iloc[::-1]
    labels = [plain(cut(x, 30)) + (" ⚠" if w else "") for x, w in zip(shown["item"], shown["warning"], strict=True)]
    figure = go.Figure()
    for column, name, colour in zip(columns, names, colours, strict=True):
        parts = shown[column]
        figure.add_bar(
            y=list(range(len(shown))),
            x=parts,
            name=plain(cut(name)),
            orientation="h",
            marker={"color": colour, "line": {"width": 0}},
            text=[number(v) if v >= 0.06 * limit else "" for v in parts],
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": readable_on(colour)},
            textangle=0,
            customdata=[plain(x) for x in shown["item"]],
            hovertemplate="%{customdata}<br>" + plain(name) + " gives %{x:.2f}<extra></extra>",
        )
    figure.add_scatter(
        y=list(range(len(shown))),
        x=shown["score"],
        mode="text",
        text=[f"<b> {number(s)}</b>" for s in shown["score"]],
        textposition="middle right",
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )
    look.apply(
        figure,
        height=34 * len(shown) + 90,
        barmode="stack",
        bargap=0.25,
        margin={"l": 10, "r": 46, "t": 36, "b": 10},
        xaxis={"title": "score, in rating points", "fixedrange": True, "rangemode": "tozero"},
        yaxis={
            "tickvals": list(range(len(shown))),
            "ticktext": labels,
            "fixedrange": True,
            "showgrid": False,
        },
    )
    figure.update_layout(legend_traceorder="normal")
    figure.update_yaxes(tickfont={"color": look.ink, "size": 14})
    best = ", ".join(str(x) for x in frame["item"][:3])
    return Chart(figure, f"Recommended, best first: {best}. Each bar is the sum of its features' contributions.", frame)


def score_sum(parts: pd.DataFrame, colours: list[str], *, look: Look, high: float) -> Chart:
    """One score as a single bar made of its parts; `parts` as `nmf_core.explain` gives them."""
    figure = go.Figure()
    total = float(parts["contribution"].sum())
    limit = max(high, total) or 1.0
    for f, row in parts.iterrows():
        value, colour = float(row["contribution"]), colours[int(f)]  # type: ignore[call-overload]
        fits = value >= 0.16 * limit
        figure.add_bar(
            x=[value],
            y=[0],
            orientation="h",
            marker={"color": colour, "line": {"width": 0}},
            text=[
                f"{number(value)} {plain(cut(row['feature'], 18))}"
                if fits
                else number(value)
                if value > 0.05 * limit
                else ""
            ],
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": readable_on(colour), "size": 14},
            textangle=0,
            hovertemplate=f"{plain(row['feature'])}: {number(row['user_weight'])} × {number(row['item_weight'])}"
            f" = {number(value)}<extra></extra>",
        )
    look.apply(
        figure,
        height=74,
        barmode="stack",
        showlegend=False,
        margin={"l": 4, "r": 8, "t": 2, "b": 24},
        xaxis={"range": [0, limit * 1.01], "fixedrange": True, "nticks": 6},
        yaxis={"visible": False, "fixedrange": True},
    )
    largest = parts.iloc[0]
    return Chart(figure, f"The score {number(total)} as a sum; its largest part is {largest['feature']}.", parts)
