"""Charts of amounts: ratings given, weights of items, and scores as stacks of their parts."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from nmf_core import Ratings
from pages.ui.charts.style import Chart, Look, readable_on
from pages.ui.text import cut, cut_apart, many, number, plain

LEGEND = 22  # characters of a feature's name in a legend
MOST_PARTS = 12  # parts of a score that are told apart by their colour; the table has all of them


def distribution(ratings: Ratings, *, look: Look) -> Chart:
    """How often each rating was given; in twenty bins where there are too many to tell apart."""
    values, times = np.unique(ratings.V.data.astype(float), return_counts=True)
    if len(values) > 21:
        times, edges = np.histogram(ratings.V.data, bins=20)
        values = (edges[:-1] + edges[1:]) / 2
    bars = {
        "type": "bar",
        "x": values,
        "y": times,
        "marker": {"color": look.muted},
        "hovertemplate": "%{y:,} ratings of %{x:.3g}<extra></extra>",
    }
    figure = look.figure([bars], height=210, xaxis=look.axis("rating"), yaxis=look.axis("times given"), bargap=0.15)
    common = number(float(values[times.argmax()]))
    table = pd.DataFrame({"rating": values, "times": times})
    return Chart(figure, f"How often each rating was given; the most common is about {common}.", table)


def counts(ratings: Ratings, what: str, *, look: Look) -> Chart:
    """Ratings per user or per item, most first."""
    ids, each = (ratings.users, ratings.user_counts) if what == "user" else (ratings.items, ratings.item_counts)
    order = np.argsort(-each, kind="stable")
    places = np.linspace(0, len(order) - 1, min(len(order), 2_000)).astype(int)
    shown = order[places]
    line = {
        "type": "scatter",
        "x": places + 1,
        "y": each[shown],
        "mode": "lines+markers" if len(shown) < 30 else "lines",
        "line": {"color": look.muted, "width": 2},
        "fill": "tozeroy",
        "text": [plain(cut(x)) for x in ids[shown]],
        "hovertemplate": "%{text}: %{y:,} ratings<extra></extra>",
    }
    figure = look.figure(
        [line],
        height=210,
        xaxis=look.axis(f"{what}s, most ratings first"),
        yaxis=look.axis("ratings", rangemode="tozero"),
    )
    table = pd.DataFrame({what: ids[order], "ratings": each[order]})
    return Chart(figure, f"Ratings per {what}, from {int(each.max())} down to {int(each.min())}.", table)


def feature_items(items: pd.DataFrame, name: str, colour: str, *, look: Look) -> Chart:
    """A feature's items as bars of their weight, the part that sets them apart in full colour."""
    shown = items.iloc[::-1]
    places = list(range(len(shown)))
    common = {
        "type": "bar",
        "orientation": "h",
        "y": places,
        "customdata": [plain(x) for x in shown["item"]],
    }
    traces = [
        {
            **common,
            "x": shown["weight"],
            "marker": {"color": colour, "opacity": 0.35},
            "hovertemplate": "%{customdata}: weight %{x:.2f}<extra></extra>",
        },
        {
            **common,
            "x": shown["apart"].clip(lower=0),
            "marker": {"color": colour},
            "hovertemplate": "%{customdata}: %{x:.2f} more than any other feature<extra></extra>",
        },
    ]
    figure = look.figure(
        traces,
        height=26 * len(shown) + 34,
        barmode="overlay",
        bargap=0.3,
        showlegend=False,
        margin={"l": 10, "r": 6, "t": 4, "b": 24},
        xaxis=look.axis(range=[0, 1.02], nticks=3),
        yaxis=_names_axis(shown["item"], look, 26),
    )
    return Chart(figure, f"Items with the largest weights on {name}: {', '.join(map(str, items['item'][:5]))}.", items)


def _names_axis(
    names: pd.Series, look: Look, length: int, marks: list[str] | None = None, *, lines: int = 1
) -> dict[str, Any]:
    """An axis with a name at each whole number, in one line or several; names stay names even where they look like numbers."""
    shown = [_in_lines(x, length, lines) for x in cut_apart(names.tolist(), lines * length - 2 * (lines - 1))]
    if marks is not None:
        shown = [name + mark for name, mark in zip(shown, marks, strict=True)]
    return look.axis(
        tickvals=list(range(len(shown))),
        ticktext=shown,
        showgrid=False,
        zeroline=False,
        tickfont={"color": look.ink, "size": 14},
    )


def _in_lines(name: str, length: int, lines: int) -> str:
    """A name in so many lines, as short as they can be but for `length` characters."""
    wrapped = (textwrap.wrap(name, width) for width in range(length, len(name) + length))
    return "<br>".join(map(plain, next(found for found in wrapped if len(found) <= lines)))


def recommendations(
    frame: pd.DataFrame,
    columns: list[str],
    names: list[str],
    colours: list[str],
    *,
    look: Look,
    limit: float,
    marked: Mapping[str, str] | None = None,
) -> Chart:
    """Each recommended item's score as a stack of its features' contributions; of very many features the small ones in one.

    `marked` has a sign for some items, which stands behind their names.
    """
    signs = [
        f" {(marked or {}).get(x, '')}".rstrip() + (" ⚠" if w else "")
        for x, w in zip(frame["item"], frame["warning"], strict=True)
    ]
    shown = frame.iloc[::-1]
    parts = [shown[column].to_numpy() for column in columns]
    if len(parts) > MOST_PARTS:
        large = sorted(sorted(range(len(parts)), key=lambda k: -parts[k].sum())[: MOST_PARTS - 1])
        rest = np.sum([part for k, part in enumerate(parts) if k not in large], axis=0)
        names = [*(names[k] for k in large), f"{len(parts) - len(large)} others"]
        colours = [*(colours[k] for k in large), look.muted]
        parts = [*(parts[k] for k in large), rest]
    places, whole = list(range(len(shown))), [plain(x) for x in shown["item"]]
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "y": places,
            "x": part,
            "name": plain(legend),
            "marker": {"color": colour},
            "text": [f"{v:.2f}" if v >= 0.06 * limit else "" for v in part],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "insidetextfont": {"color": readable_on(colour)},
            "textangle": 0,
            "customdata": whole,
            "hovertemplate": "%{customdata}<br>" + plain(name) + " gives %{x:.2f}<extra></extra>",
        }
        for part, name, legend, colour in zip(parts, names, cut_apart(names, LEGEND), colours, strict=True)
    ]
    traces.append(
        {
            "type": "scatter",
            "y": places,
            "x": shown["score"],
            "mode": "text",
            "text": [f"<b> {s:.2f}</b>" for s in shown["score"]],
            "textposition": "middle right",
            "hoverinfo": "skip",
            "showlegend": False,
            "cliponaxis": False,
        }
    )
    figure = look.figure(
        traces,
        height=36 * len(shown) + 100,
        barmode="stack",
        bargap=0.25,
        showlegend=True,
        margin={"l": 10, "r": 46, "t": 36, "b": 48},
        xaxis=look.axis("score, in rating points", rangemode="tozero"),
        yaxis=_names_axis(shown["item"], look, 28, signs[::-1], lines=2),
    )
    best = ", ".join(str(x) for x in frame["item"][:3])
    return Chart(figure, f"Recommended, best first: {best}. Each bar is the sum of its features' contributions.", frame)


def score_sum(parts: pd.DataFrame, colours: list[str], *, look: Look, high: float) -> Chart:
    """One score as a single bar made of its parts; `parts` as `nmf_core.explain` gives them, of features or under names."""
    total = float(parts["contribution"].sum())
    limit = max(high, total) or 1.0
    traces = []
    short = cut_apart(parts["feature"].tolist(), 18)
    for f, name, feature, value, of in zip(
        parts.index, short, parts["feature"], parts["contribution"], _made_of(parts), strict=True
    ):
        room = value / limit
        words = f"{number(value)} {plain(name)}" if room >= 0.16 else number(value) if room > 0.05 else ""
        traces.append(
            {
                "type": "bar",
                "x": [value],
                "y": [0],
                "orientation": "h",
                "marker": {"color": colours[f]},
                "text": [words],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "insidetextfont": {"color": readable_on(colours[f]), "size": 14},
                "textangle": 0,
                "hovertemplate": f"{plain(feature)}: {of} {number(value)}<extra></extra>",
            }
        )
    figure = look.figure(
        traces,
        height=74,
        barmode="stack",
        showlegend=False,
        margin={"l": 4, "r": 8, "t": 2, "b": 24},
        xaxis=look.axis(range=[0, limit * 1.01], nticks=6),
        yaxis={"visible": False, "fixedrange": True},
    )
    largest = parts["feature"].iloc[0]
    return Chart(figure, f"The score {number(total)} as a sum; its largest part is {largest}.", parts)


def shares(parts: pd.DataFrame, colours: list[str], *, look: Look) -> Chart:
    """Shares of features as bars in their colours, largest above; `parts` has a row a feature, with its name and share."""
    order = np.argsort(-parts["share"].to_numpy(), kind="stable")[:MOST_PARTS]
    order = order[parts["share"].to_numpy()[order] > 0][::-1]
    shown = parts.iloc[order]
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(shown))),
        "x": shown["share"],
        "marker": {"color": [colours[f] for f in order]},
        "text": [f"{share:.0%}" for share in shown["share"]],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": [plain(x) for x in shown["feature"]],
        "hovertemplate": "%{customdata}: %{x:.1%}<extra></extra>",
    }
    figure = look.figure(
        [bars],
        height=26 * len(shown) + 40,
        bargap=0.3,
        showlegend=False,
        margin={"l": 10, "r": 40, "t": 4, "b": 24},
        xaxis=look.axis(rangemode="tozero", tickformat=".0%", nticks=4),
        yaxis=_names_axis(shown["feature"], look, 26),
    )
    most = ", ".join(
        f"{name} {share:.0%}" for name, share in zip(shown["feature"][::-1], shown["share"][::-1], strict=True)
    )
    return Chart(figure, f"Shares of features: {most}.", parts)


def _made_of(parts: pd.DataFrame) -> list[str]:
    """How each part came about, to stand before it: the product that it is, or how many fine features it adds up."""
    if "fine" in parts:
        return [f"{many(n, 'fine feature')} =" for n in parts["fine"]]
    weights = zip(parts["user_weight"], parts["item_weight"], strict=True)
    return [f"{number(user)} × {number(item)} =" for user, item in weights]
