"""A rank survey on one axis of ranks: what hidden ratings say, which features are found again, and how features split."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd

from nmf_core import RankSurvey
from nmf_core.interpret.colours import PALETTE
from pages.ui.charts.style import Chart, Look, blend
from pages.ui.text import cut, number, plain

FITTED, HELD_OUT, HELD_OUT_DARK, CHANCE = "#8A8F99", "#0072B2", "#56B4E9", "#D55E00"
# From the top: where each of the three stands on the axis of heights.
ERRORS, AGAIN, FLOWS = [0.62, 1.0], [0.33, 0.53], [0.0, 0.25]
BEND = np.linspace(0, 1, 12)
Named = Mapping[tuple[int, int], str]  # (rank, feature) → label
Coloured = Mapping[tuple[int, int], str]  # (rank, feature) → colour, of the features of one rank


def rank_survey(
    survey: RankSurvey, rank: int, *, look: Look, named: Named | None = None, coloured: Coloured | None = None
) -> Chart:
    """Three charts above each other; `named` and `coloured` are labels and colours that features have on other pages."""
    table = survey.table
    tint = _tints(survey, coloured or {})
    flows = _bands(survey, tint, look) + _nodes(survey, tint, named or {}, look)
    again = _found(survey, tint, named or {}, look)
    traces = _errors(survey, look) + again + flows
    low, high = int(table["rank"].min()), int(table["rank"].max())
    flow_room = FLOWS if again else [FLOWS[0], AGAIN[1]]  # what is not known takes no room
    span = high - low + 1  # and a fifth of it to the right, for what stands beside the lines
    ticks = list(range(low, high + 1, max(1, span // 25)))
    shared = {"range": [low - 0.5, high + 0.5 + 0.2 * span], "tickvals": ticks, "anchor": "y3"}
    marks = [_mark(rank, look.ink, "solid")]
    if survey.told and survey.suggested_rank != rank and low <= survey.suggested_rank <= high:
        marks.append(_mark(survey.suggested_rank, look.muted, "dash"))
    figure = look.figure(
        traces,
        height=820,
        margin={"l": 10, "r": 10, "t": 46, "b": 10},
        hovermode="closest",
        clickmode="event+select",
        xaxis=look.axis("rank", **shared),
        yaxis=look.axis(_measure(survey), domain=ERRORS),
        yaxis2=look.axis("found again" if again else None, domain=AGAIN, zeroline=True, visible=bool(again)),
        yaxis3=look.axis(domain=flow_room, showticklabels=False, showgrid=False, zeroline=False),
        shapes=[*_floors(survey, look), *marks],
        annotations=[*_floor_names(survey, look), *_mark_names(survey, rank, look), *_titles(bool(again), look)],
    )
    return Chart(figure, survey.verdict, table)


def _measure(survey: RankSurvey) -> str:
    """What hidden ratings are judged by."""
    return "NDCG@10 (higher is better)" if survey.goal == "lists" else "RMSE, rating points (lower is better)"


def _errors(survey: RankSurvey, look: Look) -> list[dict[str, Any]]:
    """Held-out figure with its paired bars, chance, and where errors are judged the fitted one."""
    table, unit = survey.table, "NDCG@10" if survey.goal == "lists" else "rating points"
    held_out = HELD_OUT_DARK if look.dark else HELD_OUT
    lines: list[tuple[str, str, dict[str, Any], int]] = [
        ("chance", _chance_name(survey), {"color": CHANCE, "dash": "dot"}, 6),
        ("held_out", "on hidden ratings", {"color": held_out, "width": 3}, 11),
    ]
    if survey.goal == "error":
        lines.insert(1, ("fitted", "on fitted ratings, penalty held", {"color": FITTED, "width": 2}, 9))
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": table["rank"],
            "y": table[column],
            "name": name,
            "mode": "lines+markers",
            "line": line,
            "marker": {"size": size},
            "hovertemplate": f"rank %{{x}}: %{{y:.3f}} {unit} {name}<extra></extra>",
        }
        for column, name, line, size in lines
    ]
    traces[-1]["error_y"] = {"type": "data", "array": table["difference_se"].fillna(0), "thickness": 1.5, "width": 5}
    traces[-1]["customdata"] = table[["difference", "difference_se"]].to_numpy().tolist()
    traces[-1]["hovertemplate"] = (
        f"rank %{{x}}: %{{y:.3f}} {unit} on hidden ratings<br>%{{customdata[0]:+.4f}} ± %{{customdata[1]:.4f}} worse than rank "
        f"{survey.compared}, paired<extra></extra>"
    )
    return traces


def _chance_name(survey: RankSurvey) -> str:
    """What stands for chance."""
    return "who rated what drawn anew" if survey.goal == "lists" else "ratings shuffled within items"


def _found(survey: RankSurvey, tint: Mapping[tuple[int, int], str], named: Named, look: Look) -> list[dict[str, Any]]:
    """Each feature's similarity in two halves of the people, with chance."""
    features = survey.features.dropna(subset=["similarity"])
    if not len(features):
        return []
    keys = list(zip(features["rank"].tolist(), features["feature"].tolist(), strict=True))
    places = features["rank"] + 0.5 * ((features["feature"] - 0.5) / features["rank"] - 0.5)
    line = features.groupby("rank")["chance"].first()
    return [
        {
            "type": "scatter",
            "x": line.index,
            "y": line,
            "yaxis": "y2",
            "mode": "lines",
            "line": {"color": CHANCE, "dash": "dot"},
            "showlegend": False,
            "hovertemplate": "rank %{x}: 99 of 100 features without tastes lie below %{y:.2f}<extra></extra>",
        },
        {
            "type": "scatter",
            "x": places,
            "y": features["similarity"],
            "yaxis": "y2",
            "mode": "markers",
            "showlegend": False,
            "error_y": {
                "type": "data",
                "symmetric": False,
                "array": features["high"] - features["similarity"],
                "arrayminus": features["similarity"] - features["low"],
                "thickness": 1,
                "width": 0,
                "color": look.muted,
            },
            "marker": {
                "size": 9,
                "color": [tint[key] for key in keys],
                "symbol": ["circle" if found else "circle-open" for found in features["found"]],
                "line": {"width": 1.5, "color": [tint[key] for key in keys]},
            },
            "text": [_told(key, items, named) for key, items in zip(keys, features["items"], strict=True)],
            "customdata": features["found_share"].to_numpy(),
            "hovertemplate": "%{text}<br>alike in two halves %{y:.2f}, found again in %{customdata:.0%} of "
            "halvings<extra></extra>",
        },
    ]


def _told(key: tuple[int, int], items: str, named: Named) -> str:
    """A feature in words: its label or number, and what sets it apart."""
    rank, feature = key
    own = [plain(cut(item, 40)) for item in items.split("; ")][:5]
    return "<br>".join([f"rank {rank}, {plain(named.get(key, f'feature {feature}'))}", *own])


def _heights(rank: int) -> tuple[np.ndarray, float]:
    """Where the features of a rank stand, from the top, and how high each is."""
    size = 1.0 / (rank + 0.6 * (rank - 1))
    return 1 - (np.arange(rank) * 1.6 * size + size / 2), size


def _bands(survey: RankSurvey, tint: Mapping[tuple[int, int], str], look: Look) -> list[dict[str, Any]]:
    """A band from each feature to those of the next rank that it goes on in."""
    traces = []
    steps = survey.flows[["rank", "next_rank"]].drop_duplicates().to_numpy().tolist()
    for rank, more in steps:
        flows = survey.flows[survey.flows["rank"] == rank]
        (at, size), (to, next_size) = _heights(rank), _heights(more)
        weights = flows["similarity"].clip(lower=0.05)
        out = weights / weights.groupby(flows["feature"]).transform("sum")
        into = weights / weights.groupby(flows["next_feature"]).transform("sum")
        left, right = [np.zeros(rank), np.zeros(more)]
        for f, g, share_out, share_in in zip(flows["feature"] - 1, flows["next_feature"] - 1, out, into, strict=True):
            top, under = at[f] + size * (0.5 - left[f]), to[g] + next_size * (0.5 - right[g])
            left[f], right[g] = left[f] + share_out, right[g] + share_in
            ease = BEND * BEND * (3 - 2 * BEND)
            x = rank + 0.08 + (more - rank - 0.16) * BEND
            upper = top + (under - top) * ease
            low, end = top - size * share_out, under - next_size * share_in
            lower = low + (end - low) * ease
            traces.append(
                {
                    "type": "scatter",
                    "x": [*x, *x[::-1]],
                    "y": [*upper, *lower[::-1]],
                    "yaxis": "y3",
                    "mode": "lines",
                    "fill": "toself",
                    "fillcolor": blend(look.paper, tint[more, int(g) + 1], 0.45),
                    "line": {"width": 0},
                    "hoverinfo": "skip",
                    "showlegend": False,
                }
            )
    return traces


def _nodes(survey: RankSurvey, tint: Mapping[tuple[int, int], str], named: Named, look: Look) -> list[dict[str, Any]]:
    """A feature of each rank."""
    features = survey.features
    keys = list(zip(features["rank"].tolist(), features["feature"].tolist(), strict=True))
    return [
        {
            "type": "scatter",
            "x": [rank for rank, _ in keys],
            "y": [_heights(rank)[0][feature - 1] for rank, feature in keys],
            "yaxis": "y3",
            "mode": "markers",
            "showlegend": False,
            "marker": {"size": 11, "symbol": "square", "color": [tint[key] for key in keys], "line": {"width": 0}},
            "text": [_told(key, items, named) for key, items in zip(keys, features["items"], strict=True)],
            "hovertemplate": "%{text}<extra></extra>",
        }
    ]


def _tints(survey: RankSurvey, given: Coloured) -> dict[tuple[int, int], str]:
    """A colour for each feature: that of the one it goes on from, or goes on in; else one of its own.

    It begins at the rank whose features have colours elsewhere, and goes both ways from there; else at the smallest.
    """
    tint = dict(given)
    ranks = sorted(survey.table["rank"].tolist())
    middle = ranks.index(next(iter(given))[0]) if given else 0
    fresh = cycle(PALETTE)

    def paint(rank: int, flows: pd.DataFrame, mine: str, theirs: str, other: int) -> None:
        """Colours for a rank from its neighbour, the most alike first."""
        for g, f in flows.sort_values("similarity", ascending=False)[[mine, theirs]].to_numpy().tolist():
            if (rank, g) not in tint and (other, f) in tint and tint[other, f] not in _of_rank(tint, rank):
                tint[rank, g] = tint[other, f]
        for g in range(1, rank + 1):
            if (rank, g) not in tint:
                taken = _of_rank(tint, rank)
                tint[rank, g] = next(colour for colour in fresh if colour not in taken or len(taken) >= len(PALETTE))

    paint(ranks[middle], survey.flows.head(0), "feature", "next_feature", 0)
    for before, rank in itertools.pairwise(ranks[middle:]):
        paint(rank, survey.flows[survey.flows["next_rank"] == rank], "next_feature", "feature", before)
    for after, rank in itertools.pairwise(reversed(ranks[: middle + 1])):
        paint(rank, survey.flows[survey.flows["rank"] == rank], "feature", "next_feature", after)
    return tint


def _of_rank(tint: Mapping[tuple[int, int], str], rank: int) -> set[str]:
    """The colours that features of a rank have."""
    return {colour for (of, _), colour in tint.items() if of == rank}


def _floors(survey: RankSurvey, look: Look) -> list[dict[str, Any]]:
    """Lines of what needs no features."""
    flat = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "line": {"color": look.muted, "width": 1, "dash": "dash"},
    }
    return [{**flat, "y0": value, "y1": value} for _, value in _needs_none(survey)]


def _needs_none(survey: RankSurvey) -> list[tuple[str, float]]:
    """What needs no features, from the top of the chart."""
    if survey.goal == "lists":
        return [("most popular", survey.popular)]
    both = [("the mean alone", survey.mean), ("user and item effects alone", survey.biases)]
    return sorted(both, key=lambda one: -one[1])


def _floor_names(survey: RankSurvey, look: Look) -> list[dict[str, Any]]:
    """Their names, on the paper's own colour, so that no line or bar runs through them."""
    return [
        {
            "showarrow": False,
            "font": {"size": 12, "color": look.muted},
            "bgcolor": look.paper,
            "text": f"{name} {number(value) if survey.goal == 'error' else f'{value:.3f}'}",
            "xref": "paper",
            "x": 1,
            "xanchor": "right",
            "y": value,
            "yanchor": "bottom" if place == 0 else "top",
        }
        for place, (name, value) in enumerate(_needs_none(survey))
    ]


def _mark(x: float, colour: str, dash: str) -> dict[str, Any]:
    """A line through all three."""
    line = {"color": colour, "width": 1, "dash": dash}
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line, "layer": "below"}


def _mark_names(survey: RankSurvey, rank: int, look: Look) -> list[dict[str, Any]]:
    """What the upright lines are."""
    said = {rank: "now"}
    if survey.told:
        said[survey.suggested_rank] = "now, and to read" if rank == survey.suggested_rank else "to read"
    low, high = survey.table["rank"].min(), survey.table["rank"].max()
    return [
        {
            "showarrow": False,
            "font": {"size": 12, "color": look.ink},
            "text": words,
            "x": x,
            "xanchor": "left",
            "xshift": 4,
            "yref": "paper",
            "y": ERRORS[0] - 0.01,
            "yanchor": "top",
        }
        for x, words in said.items()
        if low <= x <= high
    ]


def _titles(again: bool, look: Look) -> list[dict[str, Any]]:
    """What the lower charts show."""
    said = [(FLOWS[1] if again else AGAIN[1], "How features split from rank to rank")]
    if again:
        said.append((AGAIN[1], "How alike each feature is in two halves of the people; filled: found again"))
    note = {"showarrow": False, "xref": "paper", "yref": "paper", "x": 0, "xanchor": "left", "yanchor": "bottom"}
    return [{**note, "y": y, "text": text, "font": {"size": 13, "color": look.muted}} for y, text in said]


def is_classical(survey: RankSurvey, blanks: object) -> bool:
    """Whether the curve that notebooks draw means something here: where blanks are zeros, or there are none."""
    return blanks == "zero" or survey.complete


def classical(survey: RankSurvey, rank: int, *, look: Look) -> Chart:
    """Reconstruction error and mean squared error over all cells, blanks as zeros, against rank; each on its own axis."""
    table = survey.table[["rank", "reconstruction_err", "mean_squared_error"]]
    lines = (
        ("reconstruction_err", "reconstruction_err_", "y", HELD_OUT),
        ("mean_squared_error", "mean squared error", "y2", CHANCE),
    )
    traces = [
        {
            "type": "scatter",
            "x": table["rank"],
            "y": table[column],
            "name": name,
            "yaxis": axis,
            "mode": "lines+markers",
            "line": {"color": colour, "width": 2, "dash": "solid" if axis == "y" else "dot"},
            "hovertemplate": f"rank %{{x}}: {name} %{{y:.6g}}<extra></extra>",
        }
        for column, name, axis, colour in lines
    ]
    figure = look.figure(
        traces,
        height=300,
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
        xaxis=look.axis("rank", dtick=max(1, len(table) // 25)),
        yaxis=look.axis("reconstruction_err_", rangemode="tozero"),
        yaxis2=look.axis("mean squared error", rangemode="tozero", overlaying="y", side="right", showgrid=False),
        shapes=[_mark(rank, look.ink, "solid")],
    )
    first, last = table.iloc[0], table.iloc[-1]
    said = f"From rank {first['rank']:.0f} to {last['rank']:.0f} the mean squared error goes from "
    return Chart(figure, f"{said}{first['mean_squared_error']:.4g} to {last['mean_squared_error']:.4g}.", table)


def table_of_features(survey: RankSurvey, named: Named) -> pd.DataFrame:
    """Each feature of each rank with what sets it apart and how it is found again."""
    table = survey.features.copy()
    keys = zip(table["rank"], table["feature"], strict=True)
    table.insert(2, "label", [named.get(key, "") for key in keys])
    return table
