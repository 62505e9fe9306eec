"""A report of one fit as a single HTML file: no scripts, nothing loaded from elsewhere, fit for screen and print.

What it says is gathered here, its markup is `report.jinja.html` and its look `report.css`, both beside this file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.health import check_health
from nmf_core.data.ratings import Ratings
from nmf_core.export.recipe import call, canonical, check_same, sentence, versions
from nmf_core.fit.factorization import STOP_REASONS, Factorization, not_converged
from nmf_core.fit.solvers import SOLVERS
from nmf_core.interpret.colours import checked_colours, feature_colours
from nmf_core.interpret.features import Labels, distinctive_items, feature_names, top_items, top_users, warnings_for
from nmf_core.study.ranks import RankSurvey
from nmf_core.words import many, share

if TYPE_CHECKING:
    from jinja2 import Template

WHOLE = 40  # users, and items, up to which the picture shows all; so many features too
PART = 20  # of larger grids: those with the most ratings
CARDS = 60
TOP = 6

# What the template is given: names, sentences and numbers as they are to be read; none of it is markup.
Told = dict[str, Any]


def report(
    ratings: Ratings,
    fit: Factorization,
    labels: Labels = None,
    survey: RankSurvey | None = None,
    colours: Sequence[str] | None = None,
) -> str:
    """The ratings, the fit and its features as one HTML page, in canonical form, so that W reads in rating points.

    Every name in it is text and nothing else. Grids over 40 users or items are shown in part. `colours` are those of the fit's
    features, "#rrggbb" each; those that the pages give to features without labels if None.

    Raises:
        NmfError: ratings that are not the fit's, a label of no feature, or not a colour for each.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> "&lt;b&gt;" in report(ratings, factorize(ratings, rank=2), {0: "<b>"})
    True
    """
    check_same(ratings, fit)
    drawn = feature_colours(fit.rank)
    if colours is not None:
        checked = checked_colours(colours, fit.rank)
        drawn = [checked[f] for f in np.argsort(-fit.misfit_removed, kind="stable")]
    drawn = [_as_css(colour) for colour in drawn]
    fit, named = canonical(fit, labels)
    names = feature_names(fit.rank, named)
    warned = warnings_for(fit, ratings)
    return _template().render(
        title=f"{many(fit.rank, 'latent feature')} of {many(ratings.n_ratings, 'rating')}",
        ratings=_ratings(ratings),
        blanks={"name": fit.blanks.name, "weight": f"{fit.blanks.weight:g}", "value": f"{fit.blanks.value:g}"},
        fit=_fit(fit),
        curve=_curve(fit.history),
        notes=list(dict.fromkeys([*fit.notes, *filter(None, [not_converged(fit.stopped)])])),
        findings=_findings(ratings, fit),
        cards=[_card(ratings, fit, f, names[f], drawn[f], warned) for f in range(min(fit.rank, CARDS))],
        rest=many(fit.rank - CARDS, "more feature") if fit.rank > CARDS else "",
        warned=bool(warned),
        picture=_picture(ratings, fit, names, drawn),
        survey=None if survey is None else {"verdict": survey.verdict, "table": _frame(survey.table)},
        call=f"fit = {call(fit)}.canonical()",
        given_start=not isinstance(fit.settings.init, str),
        fingerprint=fit.fingerprint,
        versions=", ".join(f"{name} {version}" for name, version in versions().items()),
    )


@cache
def _template() -> Template:
    """The markup; jinja2 is imported for the first report."""
    import jinja2
    from markupsafe import Markup

    def text(value: object) -> str:
        """Any value as text that UTF-8 can hold; what a macro of the template made is markup already."""
        return value if isinstance(value, Markup) else str(value).encode("utf-8", "replace").decode()

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=text,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("report.jinja.html")


def _ratings(ratings: Ratings) -> Told:
    """What the ratings are."""
    low, high = ratings.scale
    facts = [
        ("users", f"{ratings.n_users:,}"),
        ("items", f"{ratings.n_items:,}"),
        ("ratings", f"{ratings.n_ratings:,}"),
        ("cells observed", share(ratings.density)),
        ("scale", f"{low:g} to {high:g}"),
        ("mean rating", f"{ratings.mean:.2f}"),
    ]
    return {"facts": facts, "notes": ratings.notes}


def _fit(fit: Factorization) -> Told:
    """How the fit went."""
    facts = [
        ("solver", SOLVERS[fit.settings.solver].title),
        ("features", fit.rank),
        ("sweeps", f"{fit.n_sweeps:,}"),
        ("RMSE on observed cells", f"{fit.rmse:.3f}"),
        ("objective", _number(fit.objective)),
        ("seconds", f"{fit.history['seconds'].iloc[-1]:.3g}"),
    ]
    return {"facts": facts, "converged": fit.converged, "stopped": sentence(STOP_REASONS[fit.stopped])}


def _curve(history: pd.DataFrame) -> Told | None:
    """The objective by sweep as a line, logarithmic where it falls far, and the same numbers as a table."""
    shown = history.iloc[_spread(len(history), 400)]
    sweep, value = shown["sweep"].to_numpy(float), shown["objective"].to_numpy(float)
    if len(shown) < 2:
        return None
    logarithmic = value.min() > 0 and value.max() > 10 * value.min()
    height = np.log10(value) if logarithmic else value
    end, span = math.log1p(sweep[-1]), float(np.ptp(height)) or 1.0
    x = 90 + 640 * np.log1p(sweep) / end  # the first sweeps do most, so they get most of the room
    y = 170 - 145 * (height - height.min()) / span
    first, last = _number(value[0]), _number(value[-1])
    ticks = [t for t in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000) if math.log1p(t) < 0.93 * end]
    places = [(90 + 640 * math.log1p(t) / end, f"{t:,}") for t in ticks] + [(x[-1], f"{sweep[-1]:,.0f} sweeps")]
    return {
        "told": f"The objective falls from {first} to {last} in {many(int(sweep[-1]), 'sweep')}.",
        "logarithmic": logarithmic,
        "line": " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)),
        "x": f"{x[-1]:.1f}",
        "y": f"{y[-1]:.1f}",
        "labels": [
            {"y": f"{y[0] + 4:.1f}", "text": first},
            {"y": f"{max(y[-1], y[0] + 18) + 4:.1f}", "text": last},
        ],
        "ticks": [{"x": f"{a:.1f}", "text": text} for a, text in places],
        "table": _frame(history.iloc[_spread(len(history), 15)]),
    }


def _number(value: float) -> str:
    """A number with about four digits, and no exponent where one can do without."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e12 else f"{value:.4g}"


def _spread(n: int, at_most: int) -> NDArray[np.int64]:
    """Up to so many of n positions, spread evenly, first and last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, at_most)).round().astype(np.int64))


def _frame(frame: pd.DataFrame) -> Told:
    """A frame of numbers as a head and rows; its index is left out."""
    return {
        "head": list(frame.columns),
        "rows": [[_short(x) for x in row] for row in frame.itertuples(index=False)],
    }


def _short(value: object) -> object:
    """A number for reading; anything else as it is, and a blank as a dash."""
    if isinstance(value, float | np.floating):
        return "–" if math.isnan(value) else _number(float(value))
    return value


def _findings(ratings: Ratings, fit: Factorization) -> list[Told]:
    """What in the ratings limits the fit."""
    return [
        {
            "title": found.title,
            "names": found.names[:TOP],
            "more": f"{len(found.names) - TOP:,}" if len(found.names) > TOP else "",
            "text": found.text,
            "advice": found.advice,
        }
        for found in check_health(ratings, fit.rank)
    ]


def _card(ratings: Ratings, fit: Factorization, f: int, name: str, colour: str, warned: dict[str, str]) -> Told:
    """One feature: top items, what sets it apart, top users."""
    top, apart = top_items(fit, f, n=TOP, ratings=ratings), distinctive_items(fit, f, n=3, ratings=ratings)
    users = top_users(fit, f, n=4, ratings=ratings)
    largest = max(float(users["weight"].max()), 1e-300) if len(users) else 1.0
    return {
        "colour": colour,
        "name": name,
        "removed": f"{fit.explained[f]:.0%}",
        "top_items": _bars(top["item"], top["weight"], 1.0, ".2f", warned),
        "apart": apart["item"].tolist(),
        "top_users": _bars(users["user"], users["weight"], largest, ".1f", {}),
    }


def _bars(
    names: Iterable[object], weights: Iterable[float], largest: float, form: str, warned: dict[str, str]
) -> list[Told]:
    """Names with a bar, a number and perhaps a warning each; those that weigh nothing are left out."""
    return [
        {
            "name": name,
            "warning": warned.get(str(name)),
            "width": f"{100 * weight / largest:.1f}",
            "weight": f"{weight:{form}}",
        }
        for name, weight in zip(names, weights, strict=True)
        if weight > 0
    ]


def _picture(ratings: Ratings, fit: Factorization, names: list[str], colours: list[str]) -> Told:
    """W at the lower left, H at the upper right, and their product where they meet: rows of cells."""
    users = _shown(ratings.user_counts, fit.user_places)
    items, features = _shown(ratings.item_counts, fit.item_places), range(min(fit.rank, WHOLE))
    W, H = fit.W[users], fit.H[:, items]
    scores = W @ H
    # Of who or what has no ratings no weight is known.
    W = np.where(ratings.user_counts[users][:, None] > 0, W, np.nan)
    H = np.where(ratings.item_counts[items] > 0, H, np.nan)
    seen = ratings.V[users][:, items].tocoo()
    rated = {(int(a), int(b)): f"{v:g}" for a, b, v in zip(*seen.coords, seen.data.astype(float), strict=True)}
    largest = max(float(np.nanmax(W)), 1e-300)
    low, high = ratings.scale
    part = len(users) < ratings.n_users or len(items) < ratings.n_items or len(features) < fit.rank
    return {
        "of_features": [
            {"name": names[f], "cells": [_weight(colours[f], H[f, k], H[f, k], ".2f") for k in range(len(items))]}
            for f in features
        ],
        "item_names": fit.items[items].tolist(),
        "of_users": [
            {
                "name": fit.users[u],
                "weights": [_weight(colours[f], W[k, f] / largest, W[k, f], ".1f") for f in features],
                "scores": [
                    {
                        "strength": _strength((scores[k, i] - low) / (high - low)),
                        "value": f"{scores[k, i]:.1f}",
                        "rating": rated.get((k, i)),
                    }
                    for i in range(len(items))
                ],
            }
            for k, u in enumerate(users)
        ],
        "dense": len(items) + len(features) > 12,
        "shown": f"Shown are {many(len(users), 'user')} and {many(len(items), 'item')}, those with the most ratings, and "
        f"{many(len(features), 'feature')}, of {ratings.n_users:,}, {ratings.n_items:,} and {fit.rank:,}."
        if part
        else "",
    }


def _shown(counts: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """All positions where they are few, else those with the largest counts, ties by name, in their own order."""
    if len(counts) <= WHOLE:
        return np.arange(len(counts))
    return np.sort(np.lexsort((places, -counts))[:PART])


def _weight(colour: str, strength: float, value: float, form: str) -> Told:
    """A weight on its feature's colour, a dash where none is known; `strength` is 0…1."""
    if np.isnan(value):
        return {"colour": colour, "strength": _strength(0.0), "value": "–"}
    return {"colour": colour, "strength": _strength(strength), "value": f"{value:{form}}"}


def _as_css(colour: str) -> str:
    """A colour as CSS takes it for --c."""
    red, green, blue = bytes.fromhex(colour[1:])
    return f"{red} {green} {blue}"


def _strength(share: float) -> str:
    """How strongly a cell is shaded, 0…1."""
    return f"{min(max(share, 0.0), 1.0):.2f}"
