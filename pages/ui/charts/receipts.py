"""Charts of one score: what own ratings, and all that is left blank, give to it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from nmf_core.interpret.receipts import BLANKS, PENALTY, RATING, REST
from pages.ui.charts.style import Chart, Look, blend
from pages.ui.text import cut, number, plain

MOST_RATINGS = 8  # of those that give or take most; the others are one bar, and all are in the table


def own_parts(frame: pd.DataFrame, blanks: str, *, look: Look) -> Chart:
    """Ratings that carry a score and ratings that speak against it as bars to both sides of 0, and last what is left blank.

    `frame` as `nmf_core.own_parts` gives it; `blanks` is what the bar of what is left blank is called.
    """
    words = {BLANKS: blanks, PENALTY: "penalty on weights", REST: "what no rating settles"}
    rated, others = frame[frame["kind"] == RATING], frame[frame["kind"] != RATING]
    large = np.sort(np.argsort(-rated["part"].abs().to_numpy(), kind="stable")[:MOST_RATINGS])
    small = rated.drop(index=rated.index[large])
    rows = [
        (f"{cut(item, 30)} · {number(rating)}", f"{item}, rated {number(rating)},", part)
        for item, rating, part in rated.iloc[large][["item", "rating", "part"]].itertuples(index=False)
    ]
    if len(small):
        rows.append((f"{len(small)} other ratings", f"{len(small)} other ratings together", math.fsum(small["part"])))
    first_other = len(rows)
    rows += [(words[kind], words[kind], part) for kind, part in zip(others["kind"], others["part"], strict=True)]
    names, whole, parts = (list(column) for column in zip(*rows, strict=True))
    against = [part < 0 for part in parts]
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(rows))),
        "x": parts,
        "text": [f"{'−' if part < 0 else '+'}{abs(part):.2f}" for part in parts],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {
            "color": [look.muted if k < first_other else blend(look.paper, look.muted, 0.5) for k in range(len(rows))],
            "pattern": {"shape": ["/" if less else "" for less in against], "fgcolor": look.paper, "size": 6},
        },
        "customdata": [
            f"{plain(name)} {'take' if less else 'give'}" for name, less in zip(whole, against, strict=True)
        ],
        "hovertemplate": "%{customdata} %{x:.3f}<extra></extra>",
    }
    low, high = min(0.0, *parts), max(0.0, *parts)
    room = 0.16 * (high - low)
    figure = look.figure(
        [bars],
        height=26 * len(rows) + 44,
        bargap=0.3,
        showlegend=False,
        margin={"l": 10, "r": 10, "t": 4, "b": 40},
        xaxis=look.axis(
            "part of the score, in rating points", range=[low - (room if low else 0), high + room], nticks=5
        ),
        yaxis=look.axis(
            tickvals=list(range(len(rows))),
            ticktext=[plain(name) for name in names],
            autorange="reversed",
            showgrid=False,
            zeroline=False,
            tickfont={"color": look.ink, "size": 14},
        ),
    )
    most = f"; most of it from {names[0]}" if first_other else ""
    return Chart(figure, f"The score {number(math.fsum(frame['part']))} by own ratings and blanks{most}.", frame)
