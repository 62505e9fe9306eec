"""What is written into the picture of the product: numbers in cells, a cell's product beside it, and the words on hover."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.ui.charts.plan import ON_H, ON_V, ON_W, TEXT_COLUMNS, Plan, Trace, shares_of, shown_in
from pages.ui.charts.style import colour_at, readable_on
from pages.ui.text import cut, number, plain, signed_sum

SHORT = 8  # users up to which a picture is seen whole


def numbers(plan: Plan, mode: str) -> list[Trace]:
    """The numbers in the cells of H, W and V, where they fit, each in black or white, whichever reads better on its cell.

    Written by themselves: a heatmap chooses by lightness alone, and on a middle tone falls below a contrast of 4.5.
    """
    traces = []
    if plan.m <= TEXT_COLUMNS:
        tops = plan.H.max(axis=1, initial=0.0)[:, None]
        backs = [
            [plan.look.weight(c, share) for share in row]
            for c, row in zip(plan.colours, shares_of(plan.H, tops), strict=True)
        ]
        known = np.where(plan.known[1], plan.H, np.nan)
        traces.append({**_text(known, backs, "{:.2f}".format, 13), **ON_H})
    if plan.W_written:
        shares = shares_of(plan.W, plan.W.max(initial=0.0))
        backs = [[plan.look.weight(c, share) for c, share in zip(plan.colours, row, strict=True)] for row in shares]
        known = np.where(plan.known[0][:, None], plan.W, np.nan)
        traces.append({**_text(known, backs, "{:.1f}".format, 13), **ON_W})
    if plan.written and mode != "Parts":
        shown, low, high, scale = shown_in(plan, mode)
        shares = np.clip((np.nan_to_num(shown) - low) / (high - low or 1.0), 0.0, 1.0)
        backs = [[colour_at(scale, share) for share in row] for row in shares]
        traces.append({**_text(shown, backs, number if mode == "Ratings" else "{:.1f}".format, 14), **ON_V})
    return traces


def _text(values: NDArray[np.floating], backs: list[list[str]], write: Callable[[float], str], size: int) -> Trace:
    """Numbers in cells of these colours; blanks have none."""
    y, x = np.nonzero(np.isfinite(values))
    return {
        "type": "scatter",
        "mode": "text",
        "x": x,
        "y": y,
        "text": [write(v) for v in values[y, x].tolist()],
        "textfont": {
            "size": size,
            "color": [readable_on(backs[r][c]) for r, c in zip(y.tolist(), x.tolist(), strict=True)],
        },
        "hoverinfo": "skip",
    }


def product_note(plan: Plan, selected: tuple[int, int], at_most: int = 5) -> list[dict[str, Any]]:
    """The selected cell's product beside the cell: a line a feature, largest first. Empty where the cell is not in sight."""
    rows, columns = np.nonzero(plan.window.u == selected[0])[0], np.nonzero(plan.window.i == selected[1])[0]
    if not (len(rows) and len(columns)):
        return []
    r, c = int(rows[0]), int(columns[0])
    if not (plan.known[0][r] and plan.known[1][c]):  # nothing is known, so there is no product
        return []
    parts = plan.W[r] * plan.H[:, c]
    order = np.argsort(-parts, kind="stable").tolist()
    lines = [
        f'<span style="color:{plan.colours[f]}">■</span> {number(plan.W[r, f])} × {number(plan.H[f, c])} = '
        f"{number(parts[f])} {plain(cut(plan.names[f], 24))}"
        for f in order[:at_most]
    ]
    if len(order) > at_most:
        lines.append(f"+ {number(float(parts[order[at_most:]].sum()))} of {len(order) - at_most} more")
    user, item = (plain(cut(x, 24)) for x in (plan.fit.users[selected[0]], plan.fit.items[selected[1]]))
    known = "blank" if np.isnan(plan.rated[r, c]) else f"rated {number(plan.rated[r, c])}"
    lines = [f"<b>{user} × {item}</b>, {known}", *lines, f"<b>= {number(float(parts.sum()))}</b>"]
    return [
        {
            "text": "<br>".join(lines),
            "x": c,
            "y": r,
            "xref": "x3",
            "yref": "y3",
            **_beside(plan, r, c),
            "arrowhead": 0,
            "standoff": plan.row_height / 2,  # the line ends at the cell's edge, not on its number
            "arrowcolor": plan.look.ink,
            "align": "left",
            "bgcolor": plan.look.paper,
            "bordercolor": plan.look.ink,
            "borderpad": 7,
            "font": {"size": 14, "color": plan.look.ink},
        }
    ]


def _beside(plan: Plan, r: int, c: int) -> dict[str, Any]:
    """Where a note stands beside a cell: towards the middle, and where the picture is taller than a screen not below its cell."""
    if plan.n <= SHORT:
        below = r < plan.n / 2
        across = "left" if c < plan.m / 3 else "right" if c >= plan.m * 2 / 3 else "center"
        away = plan.row_height / 2 + 10
        return {"ax": 0, "ay": away if below else -away, "xanchor": across, "yanchor": "top" if below else "bottom"}
    right = c < plan.m / 2
    upright = "bottom" if r > 1 else "middle"  # the first rows have H above them, which belongs to the product
    return {"ax": 30 if right else -30, "ay": 0, "xanchor": "left" if right else "right", "yanchor": upright}


def hover(plan: Plan) -> list[str]:
    """What a cell says when pointed at: who, what, the rating and, on small pictures, the sum."""
    shown = [plain(name) for name in plan.names]
    users = [plain(x) for x in plan.fit.users[plan.window.u]]
    items = [plain(x) for x in plan.fit.items[plan.window.i]]
    scores, texts = plan.scores, []
    for r in range(plan.n):
        for c in range(plan.m):
            known = "blank" if np.isnan(plan.rated[r, c]) else f"rated {number(plan.rated[r, c])}"
            score = f"score {number(scores[r, c])}"
            if not (plan.known[0][r] and plan.known[1][c]):
                score = "without ratings: nothing is known"
            elif plan.gap:
                parts = plan.W[r] * plan.H[:, c]
                order = np.argsort(-parts, kind="stable").tolist()
                score = signed_sum([shown[f] for f in order], parts[order].tolist(), float(scores[r, c]), at_most=4)
            texts.append(f"<b>{users[r]} × {items[c]}</b><br>{known}<br>{score}")
    return texts


def in_words(plan: Plan, mode: str) -> str:
    """What the picture shows, for those who cannot see it."""
    return (
        f"Three heatmaps on shared axes: W with {plan.n} users by {plan.fit.rank} features at the lower left, H with "
        f"{plan.fit.rank} features by {plan.m} items at the upper right, and between them the grid V of {plan.n} users by "
        f"{plan.m} items, shown as {mode.lower()}. Features: {', '.join(plan.names)}."
    )
