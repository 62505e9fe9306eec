"""A report of one fit as a single HTML file: no scripts, nothing loaded from elsewhere, fit for screen and print."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.health import check_health
from nmf_core.data.ratings import Ratings
from nmf_core.export.page_style import STYLE
from nmf_core.export.recipe import call, canonical, check_same, sentence, versions
from nmf_core.fit.factorization import STOP_REASONS, Factorization
from nmf_core.fit.problem import Blanks
from nmf_core.fit.solvers import SOLVERS
from nmf_core.interpret.features import Labels, distinctive_items, feature_names, top_items, top_users, warnings_for
from nmf_core.study.ranks import RankSurvey
from nmf_core.words import many

# Okabe and Ito's colours, told apart by colour-blind eyes; black is grey here, since a page may be dark.
FEATURE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#F0E442", "#8C8C8C")
WHOLE = 40  # users, and items, up to which the picture shows all; so many features too
PART = 20  # of larger grids: those with the most ratings
CARDS = 60
TOP = 6


def report(ratings: Ratings, fit: Factorization, labels: Labels = None, survey: RankSurvey | None = None) -> str:
    """The ratings, the fit and its features as one HTML page, in canonical form, so that W reads in rating points.

    Every name in it is text and nothing else. Grids over 40 users or items are shown in part.

    Raises:
        NmfError: ratings that are not the fit's, or a label of no feature.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> "&lt;b&gt;" in report(ratings, factorize(ratings, rank=2), {0: "<b>"})
    True
    """
    check_same(ratings, fit)
    fit, named = canonical(fit, labels)
    names = feature_names(fit.rank, named)
    sections = [
        _ratings(ratings),
        _section("What a blank counted", f"<p>{_text(_blanks(fit.blanks))}</p>"),
        _fit(fit),
        _warnings(ratings, fit),
        _features(ratings, fit, names),
        _picture(ratings, fit, names),
        _survey(survey),
        _reproduce(fit),
    ]
    return _page(_title(ratings, fit), "".join(sections))


def _text(value: object) -> str:
    """Any text for HTML, and the one way into it: markup escaped, lone surrogates replaced."""
    return html.escape(str(value).encode("utf-8", "replace").decode())


def _name(name: object) -> str:
    """A name: set apart from the direction of the text around it, cut by the page where long, whole on hover."""
    return f'<bdi class="name" title="{_text(name)}">{_text(name)}</bdi>'


def _colour(f: int) -> str:
    """A feature's colour as CSS takes it for --c."""
    red, green, blue = bytes.fromhex(FEATURE_COLOURS[f % len(FEATURE_COLOURS)][1:])
    return f"--c:{red} {green} {blue}"


def _section(title: str, body: str) -> str:
    """A section with a heading; `body` is HTML."""
    return f"<section><h2>{_text(title)}</h2>{body}</section>\n"


def _title(ratings: Ratings, fit: Factorization) -> str:
    """The heading."""
    return f"{many(fit.rank, 'latent feature')} of {many(ratings.n_ratings, 'rating')}"


def _page(title: str, body: str) -> str:
    """The whole file; its policy forbids it to load or run anything, whatever it holds."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<header><p class="kicker">Latent Lens report</p><h1>{_text(title)}</h1></header>\n{body}</main>\n</body>\n</html>\n'
    )


def _facts(facts: Iterable[tuple[str, object]]) -> str:
    """Numbers with their names."""
    return f'<dl class="facts">{"".join(f"<div><dt>{_text(k)}</dt><dd>{_text(v)}</dd></div>" for k, v in facts)}</dl>'


def _ratings(ratings: Ratings) -> str:
    """What the ratings are."""
    low, high = ratings.scale
    facts = [
        ("users", f"{ratings.n_users:,}"),
        ("items", f"{ratings.n_items:,}"),
        ("ratings", f"{ratings.n_ratings:,}"),
        ("cells observed", f"{ratings.density:.{0 if ratings.density >= 0.1 else 2}%}"),
        ("scale", f"{low:g} to {high:g}"),
        ("mean rating", f"{ratings.mean:.2f}"),
    ]
    notes = "".join(f"<li>{_text(note)}</li>" for note in ratings.notes)
    return _section("The ratings", _facts(facts) + (f'<ul class="notes">{notes}</ul>' if notes else ""))


def _blanks(blanks: Blanks) -> str:
    """What a blank counted, and why it matters."""
    if blanks.name == "unknown":
        return (
            "A blank counted as unknown: the fit saw the observed ratings alone. So a prediction is an expected rating, and what "
            "people chose not to rate played no part."
        )
    if blanks.name == "zero":
        return (
            "A blank counted as a full rating of 0. So the fit learned that whatever is unrated is disliked: a score orders items "
            "and is not an expected rating."
        )
    return (
        f"A blank counted as {blanks.weight:g} of a rating of {blanks.value:g}: weak evidence that people leave blank what they "
        "would not choose. So a score orders items and is not an expected rating."
    )


def _fit(fit: Factorization) -> str:
    """How the fit went: facts and the curve."""
    facts = [
        ("solver", SOLVERS[fit.settings.solver].title),
        ("features", fit.rank),
        ("sweeps", f"{fit.n_sweeps:,}"),
        ("RMSE on observed cells", f"{fit.rmse:.3f}"),
        ("objective", _number(fit.objective)),
        ("seconds", f"{fit.history['seconds'].iloc[-1]:.3g}"),
    ]
    mark = "good" if fit.converged else "warn"
    stopped = f'<p class="{mark}">{_text(sentence(STOP_REASONS[fit.stopped]))}</p>'
    return _section("The fit", _facts(facts) + stopped + _curve(fit.history))


def _curve(history: pd.DataFrame) -> str:
    """The objective by sweep as an SVG line, logarithmic where it falls far, and the same numbers as a table."""
    shown = history.iloc[_spread(len(history), 400)]
    sweep, value = shown["sweep"].to_numpy(float), shown["objective"].to_numpy(float)
    if len(shown) < 2:
        return ""
    logarithmic = value.min() > 0 and value.max() > 10 * value.min()
    height = np.log10(value) if logarithmic else value
    end, span = math.log1p(sweep[-1]), float(np.ptp(height)) or 1.0
    x = 90 + 640 * np.log1p(sweep) / end  # the first sweeps do most, so they get most of the room
    y = 170 - 145 * (height - height.min()) / span
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    first, last = _number(value[0]), _number(value[-1])
    told = f"The objective falls from {first} to {last} in {many(int(sweep[-1]), 'sweep')}."
    axes = f"Axes are logarithmic{'' if logarithmic else ' in the sweeps'}."
    ticks = [t for t in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000) if math.log1p(t) < 0.93 * end]
    places = [(90 + 640 * math.log1p(t) / end, f"{t:,}") for t in ticks] + [(x[-1], f"{sweep[-1]:,.0f} sweeps")]
    tick_texts = "".join(f'<text x="{a:.1f}" y="200" text-anchor="middle">{text}</text>' for a, text in places)
    rows = history.iloc[_spread(len(history), 15)]
    return (
        f'<figure><svg viewBox="0 0 790 210" role="img" aria-label="{_text(told)}">'
        f'<path class="axis" d="M90 20V180H730"/><polygon class="area" points="90,180 {line} {x[-1]:.1f},180"/>'
        f'<polyline class="line" points="{line}"/><circle class="dot" cx="{x[-1]:.1f}" cy="{y[-1]:.1f}" r="3.5"/>'
        f'<text x="80" y="{y[0] + 4:.1f}" text-anchor="end">{first}</text>'
        f'<text x="80" y="{max(y[-1], y[0] + 18) + 4:.1f}" text-anchor="end">{last}</text>{tick_texts}</svg>'
        f"<figcaption>{_text(told)} {axes}</figcaption></figure>"
        f"<details><summary>The numbers behind the curve</summary>{_frame(rows)}</details>"
    )


def _number(value: float) -> str:
    """A number with about four digits, and no exponent where one can do without."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e12 else f"{value:.4g}"


def _spread(n: int, at_most: int) -> NDArray[np.int64]:
    """Up to so many of n positions, spread evenly, first and last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, at_most)).round().astype(np.int64))


def _frame(frame: pd.DataFrame) -> str:
    """A frame of numbers as a plain table; its index is left out."""
    head = "".join(f'<th scope="col">{_text(column)}</th>' for column in frame.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_text(_short(x))}</td>' for x in row)}</tr>" for row in frame.itertuples(index=False)
    )
    return f'<div class="wide"><table class="plain"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _short(value: object) -> object:
    """A number for reading; anything else as it is, and a blank as a dash."""
    if isinstance(value, float | np.floating):
        return "–" if math.isnan(value) else _number(float(value))
    return value


def _warnings(ratings: Ratings, fit: Factorization) -> str:
    """What to be careful about."""
    found = [(note, "") for note in fit.notes]
    if not fit.converged:
        found.append((sentence(STOP_REASONS[fit.stopped]), "Give it more sweeps, or a larger tolerance."))
    items = "".join(f"<li>{_text(text)} {_text(advice)}</li>" for text, advice in found)
    for finding in check_health(ratings, fit.rank):
        some = ", ".join(_name(name) for name in finding.names[:TOP])
        more = f" and {len(finding.names) - TOP:,} more" if len(finding.names) > TOP else ""
        items += (
            f"<li><strong>{_text(finding.title)}</strong>{': ' if some else ''}{some}{more}. "
            f'{_text(finding.text)} <span class="quiet">{_text(finding.advice)}</span></li>'
        )
    return _section("With care", f'<ul class="care">{items}</ul>') if items else ""


def _features(ratings: Ratings, fit: Factorization, names: list[str]) -> str:
    """A card a feature."""
    warned = warnings_for(fit, ratings)
    cards = "".join(_card(fit, f, names[f], warned) for f in range(min(fit.rank, CARDS)))
    rest = (
        f"<p>{many(fit.rank - CARDS, 'more feature')} removed less misfit than these.</p>" if fit.rank > CARDS else ""
    )
    mark = (
        ' <span class="mark">*</span> marks an item with fewer ratings than features: its weights are a guess.'
        if warned
        else ""
    )
    words = (
        "<p>Ordered by how much misfit each removes. An item’s bar is its weight, 0 to 1; a user’s is what the feature gives them, "
        f"in rating points.{mark}</p>"
    )
    return _section("The features", f'{words}<div class="cards">{cards}</div>{rest}')


def _card(fit: Factorization, f: int, name: str, warned: dict[str, str]) -> str:
    """One feature: top items, what sets it apart, top users."""
    top, apart, users = top_items(fit, f, n=TOP), distinctive_items(fit, f, n=3), top_users(fit, f, n=4)
    removed = fit.misfit_removed[f] / np.maximum(fit.misfit_removed, 0).sum() if fit.misfit_removed[f] > 0 else 0.0
    apart = apart[apart["apart"] > 0]
    apart_names = ", ".join(_name(x) for x in apart["item"]) or "nothing: what it has, another feature has as much of"
    largest = max(float(users["weight"].max()), 1e-300)
    return (
        f'<article class="card" style="{_colour(f)}"><h3><span class="swatch"></span>{_name(name)}</h3>'
        f'<p class="quiet">feature {f + 1}, {removed:.0%} of the misfit that the features remove</p>'
        f"<h4>Top items</h4>{_bars(top['item'], top['weight'], 1.0, '.2f', warned)}"
        f"<h4>Set apart by</h4><p>{apart_names}</p>"
        f"<h4>Top users</h4>{_bars(users['user'], users['weight'], largest, '.1f', {})}</article>"
    )


def _bars(names: Iterable[object], values: Iterable[float], largest: float, form: str, warned: dict[str, str]) -> str:
    """Names with a bar and a number each; those that weigh nothing are left out."""
    rows = "".join(
        f'<li>{_name(name)}{_mark(warned, name)}<span class="bar"><i style="width:{100 * value / largest:.1f}%"></i></span>'
        f"<b>{value:{form}}</b></li>"
        for name, value in zip(names, values, strict=True)
        if value > 0
    )
    return f'<ul class="bars">{rows}</ul>' if rows else "<p>none</p>"


def _mark(warned: dict[str, str], name: object) -> str:
    """A star that says why an item is to be taken with care."""
    warning = warned.get(str(name))
    return f'<span class="mark" title="{_text(warning)}">*</span>' if warning else '<span class="mark"></span>'


def _picture(ratings: Ratings, fit: Factorization, names: list[str]) -> str:
    """W at the lower left, H at the upper right, and their product where they meet, as one table."""
    users, items, features = _shown(ratings.user_counts), _shown(ratings.item_counts), range(min(fit.rank, WHOLE))
    W, H = fit.W[users], fit.H[:, items]
    scores = W @ H
    seen = ratings.V[users][:, items].tocoo()
    rated = {(int(a), int(b)): float(v) for a, b, v in zip(*seen.coords, seen.data, strict=True)}
    largest = max(float(W.max()), 1e-300)
    key = (
        f'<td class="key" colspan="{len(features) + 1}" rowspan="{len(features)}">'
        "<b>W</b> below: what each user gives a feature, in rating points<br>"
        "<b>H</b> to the right: what each item has of it, 0 to 1</td>"
    )
    rows = [
        f'<tr>{key if f == 0 else ""}<th scope="row">{_name(names[f])}</th>'
        + "".join(_shade(f, H[f, k], H[f, k], ".2f") for k in range(len(items)))
        + "</tr>"
        for f in features
    ]
    rows.append(
        f'<tr class="heads"><td></td>{"".join(_head(names[f]) for f in features)}<td></td>'
        f"{''.join(_head(fit.items[i]) for i in items)}</tr>"
    )
    low, high = ratings.scale
    for k, u in enumerate(users):
        cells = "".join(_shade(f, W[k, f] / largest, W[k, f], ".1f") for f in features)
        product = "".join(_product(scores[k, i], rated.get((k, i)), low, high) for i in range(len(items)))
        rows.append(f'<tr><th scope="row">{_name(fit.users[u])}</th>{cells}<td></td>{product}</tr>')
    dense = " dense" if len(items) + len(features) > 12 else ""
    table = f'<div class="wide{dense}"><table class="picture"><tbody>{"".join(rows)}</tbody></table></div>'
    parts = [
        "Each cell of the grid is a sum: along the user’s row of W and down the item’s column of H, weight times weight, one "
        "part for each feature.",
        "Dashed cells are blanks, filled by the fit; in the others the small number is the rating that was given.",
    ]
    if len(users) < ratings.n_users or len(items) < ratings.n_items or len(features) < fit.rank:
        parts.append(
            f"Shown are {many(len(users), 'user')} and {many(len(items), 'item')}, those with the most ratings, and "
            f"{many(len(features), 'feature')}, of {ratings.n_users:,}, {ratings.n_items:,} and {fit.rank:,}."
        )
    return _section("V ≈ W × H", f"<p>{_text(' '.join(parts))}</p>{table}")


def _shown(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """All positions where they are few, else those with the largest counts, in their own order."""
    if len(counts) <= WHOLE:
        return np.arange(len(counts))
    return np.sort(np.argsort(-counts, kind="stable")[:PART])


def _head(name: object) -> str:
    """A column's head."""
    return f'<th scope="col">{_name(name)}</th>'


def _shade(f: int, strength: float, value: float, form: str) -> str:
    """A weight on its feature's colour; `strength` is 0…1."""
    return f'<td class="shade" style="{_colour(f)};--s:{min(max(strength, 0.0), 1.0):.2f}">{value:{form}}</td>'


def _product(score: float, rating: float | None, low: float, high: float) -> str:
    """A cell of the product, shaded by where it stands on the scale, with the rating if there is one."""
    strength = min(max((score - low) / (high - low), 0.0), 1.0)
    style = f'style="--c:90 98 112;--s:{strength:.2f}"'
    if rating is None:
        return f'<td class="shade blank" {style} title="blank, filled by the fit">{score:.1f}</td>'
    return f'<td class="shade" {style}>{score:.1f}<small>{rating:g}</small></td>'


def _survey(survey: RankSurvey | None) -> str:
    """The rank survey: verdict and table."""
    if survey is None:
        return ""
    return _section("The rank", f"<p>{_text(survey.verdict)}</p>{_frame(survey.table)}")


def _reproduce(fit: Factorization) -> str:
    """The call, the fingerprint and the versions."""
    start = (
        ""
        if isinstance(fit.settings.init, str)
        else "<p>W0 and H0 are arrays that were given; a capsule keeps them.</p>"
    )
    made: Sequence[str] = [f"{name} {version}" for name, version in versions().items()]
    return _section(
        "How to reproduce this",
        "<p>The same ratings and this call give the same fit; the tables above show it in canonical form.</p>"
        f"<pre>{_text('fit = ' + call(fit) + '.canonical()')}</pre>{start}"
        f'<p class="quiet">Ratings with the fingerprint <code>{_text(fit.fingerprint)}</code>, '
        f"made with {_text(', '.join(made))}.</p>",
    )
