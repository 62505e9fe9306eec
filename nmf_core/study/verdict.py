"""What an evaluation comes to, in a sentence that is not kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nmf_core.metrics import METRICS
from nmf_core.study.baselines import BASELINES, CHANCE
from nmf_core.words import listed

SURE = 2.0  # standard errors of a difference, above which it is called one
POPULAR = "most popular"
RANKING, ERROR = "ndcg", "rmse"  # what lists and ratings are judged by


def verdict(table: pd.DataFrame, named: Sequence[str]) -> str:
    """Whether the first of the named models is better than the baselines: for lists, then for ratings.

    Args:
        table: what `evaluate` returns, its `attrs["judged"]` and `attrs["split"]` too.
        named: the models that are no baselines.
    """
    said = [_of_lists(table, named), _of_ratings(table, named)]
    return " ".join(sentence for sentence in said if sentence)


def flattered(at_random: pd.DataFrame, in_time: pd.DataFrame, named: Sequence[str]) -> str:
    """What random folds make of lists beside the latest ratings: of the most popular items, and of the first named model."""
    metric, title = METRICS[RANKING], METRICS[RANKING].title.partition("@")[0]
    folds, time = _known(at_random, metric.name), _known(in_time, metric.name)
    said = [
        f"{_spoken(name)} {folds[name]:.3f} and {time[name]:.3f}"
        for name in (POPULAR, named[0])
        if name in folds and name in time
    ]
    if not said:
        return ""
    return (
        f"{title} in random folds, where a model has seen what was rated later, and in the last fifth in time: {'; '.join(said)}. "
        "Who reports random folds alone reports the first figures; the second are of those who rated last."
    )


def difference(table: pd.DataFrame, metric: str, one: str, other: str) -> tuple[float, float]:
    """By how much one model's figure is above another's, and the standard error of that, in pairs of folds or groups of people."""
    place = list(METRICS).index(metric)
    judged: Mapping[str, list[list[float | None]]] = table.attrs["judged"]
    pairs = np.array([[row[place] for row in judged[model]] for model in (one, other)], dtype=float)
    apart = pairs[0] - pairs[1]
    apart = apart[~np.isnan(apart)]
    n = len(apart)
    column = _known(table, metric)
    over = column.get(one, np.nan) - column.get(other, np.nan)
    if n < 2:
        return over, float("nan")
    spread = float(((apart - apart.mean()) ** 2).sum())
    return over, float(np.sqrt(spread * (n - 1) / n if table.attrs["split"] == "time" else spread / (n - 1) / n))


def _known(table: pd.DataFrame, metric: str) -> dict[str, float]:
    """Model → its figure, where it has one."""
    return {str(model): float(value) for model, value in table[metric].dropna().items()}


def _of_lists(table: pd.DataFrame, named: Sequence[str]) -> str:
    """The sentence on lists."""
    known, ours, title = _known(table, RANKING), named[0], METRICS[RANKING].title.partition("@")[0]
    if ours not in known:
        return "Lists cannot be judged here."
    value, rivals = known[ours], {name: known[name] for name in known if name not in named}
    if not rivals:
        return ""
    if CHANCE in rivals:
        over, error = difference(table, RANKING, ours, CHANCE)
        if over <= 0 or over < SURE * error:
            return f"Its lists are no better than chance: {title} {value:.3f}, and {rivals[CHANCE]:.3f} in any order."
    best = max(rivals, key=lambda name: rivals[name])
    over, error = difference(table, RANKING, ours, best)
    figures = f"{title} {value:.3f} against {rivals[best]:.3f}{_apart(over, error)}"
    if over < 0 and -over >= SURE * error:
        better = [_spoken(name) for name in rivals if rivals[name] > value and name != best]
        also = f"; above it too: {listed(better)}" if better else ""
        return f"{_first(_spoken(best))} makes better lists than this fit: {figures}{also}."
    if over > 0 and over >= SURE * error:
        return f"Nothing here makes better lists than this fit; next: {_spoken(best)}, {figures}."
    return f"This fit and {_spoken(best)} make lists that cannot be told apart: {figures}."


def _of_ratings(table: pd.DataFrame, named: Sequence[str]) -> str:
    """The sentence on predicted ratings: of that of the named models which predicts best."""
    known = _known(table, ERROR)
    own, rivals = ([name for name in known if (name in named) == ours] for ours in (True, False))
    if not rivals or not own:
        return ""
    ours, best = (min(names, key=lambda name: known[name]) for names in (own, rivals))
    over, spread = difference(table, ERROR, ours, best)
    who = "this fit" if ours == named[0] else f"“{ours}”"
    figures = f"RMSE {known[ours]:.3f} against {known[best]:.3f}{_apart(over, spread)}"
    if over > 0 and over >= SURE * spread:
        return f"Ratings are better predicted by {_spoken(best)} than by {who}: {figures}."
    if over < 0 and -over >= SURE * spread:
        return f"Ratings are best predicted by {who}; next: {_spoken(best)}, {figures}."
    return f"Ratings are predicted no better by {who} than by {_spoken(best)}: {figures}."


def _apart(over: float, error: float) -> str:
    """How far two figures are apart, in standard errors of their difference; nothing where these are not known."""
    if not np.isfinite(error) or error == 0:
        return ""
    return f", {abs(over) / error:.1f} standard errors apart"


def _spoken(model: str) -> str:
    """What sentences call a model."""
    return (BASELINES[model].spoken if model in BASELINES else "") or model


def _first(words: str) -> str:
    """Words at the beginning of a sentence; iALS stays as it is."""
    return words if words[1:2].isupper() else words[0].upper() + words[1:]
