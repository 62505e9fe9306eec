"""The price of a name: what it costs errors and lists to draw features to where somebody wants them, stop by stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import SettingsError
from nmf_core.fit.factorize import fit_settings, problem_of
from nmf_core.fit.problem import objective
from nmf_core.fit.settings import Settings
from nmf_core.study.evaluate import evaluate

STOPS = (0.0, 0.25, 0.5, 0.8, 0.95, 1.0)
FREE = "free fit"


def price_of_a_name(
    ratings: Ratings,
    settings: Settings,
    *,
    stops: Sequence[float] = STOPS,
    folds: int = 3,
    top_n: int = 10,
    seed: int = 0,
    on_progress: Callable[[int, int], object] | None = None,
) -> pd.DataFrame:
    """What the wishes of a steered fit cost at each strength, beside the fit without them.

    Where a wish is the row of an earlier fit to these ratings, that fit has seen what is held out here; the fit at strength 0
    begins from the same rows, so its difference to the others is the price.

    Args:
        settings: with `steer`; what it draws is drawn at each stop in turn, what it leaves free stays so.
        stops: strengths, 0 to 1.
        folds, top_n, seed: as for `evaluate`.
        on_progress: called as on_progress(done, of) after every sweep; returning False ends it.

    Returns:
        A frame indexed by stop, "free fit" and then the strengths, with the columns objective (without the pull of the wishes,
        fitted to all ratings), rmse and ndcg on held-out ratings, and their standard errors over folds rmse_se and ndcg_se;
        rmse_more and ndcg_more are the differences to strength 0, fold by fold, with rmse_more_se and ndcg_more_se.

    Raises:
        SettingsError: settings without wishes, no stops, a strength out of range, or it was ended before it was done.

    >>> from nmf_core import datasets
    >>> from nmf_core.interpret.steering import keep
    >>> ratings = datasets.movie_night()
    >>> fit = fit_settings(ratings, Settings(rank=2)).canonical()
    >>> price_of_a_name(ratings, keep(fit, 0), stops=[0, 1], folds=2).index.tolist()
    ['free fit', '0', '1']
    """
    require_ratings(ratings)
    if settings.steer is None:
        raise SettingsError("There is nothing to price: these settings have no wishes. Give settings with steer.")
    if not len(stops):
        raise SettingsError("There are no stops. Give strengths from 0 to 1.")
    steered = {f"{float(stop):g}": replace(settings, steer=settings.steer.at(float(stop))) for stop in stops}
    fits = {FREE: replace(settings, steer=None), **steered}
    total = len(fits) * (folds + 1)

    def go_on(done: int) -> bool:
        return on_progress is None or on_progress(done, total) is not False

    values = {}
    problem = problem_of(ratings, fits[FREE])
    for number, (name, one) in enumerate(fits.items()):
        fit = fit_settings(ratings, one, on_sweep=lambda *_, number=number: go_on(number))
        if fit.stopped == "cancelled":
            raise SettingsError("The price was ended before it was known. Start it again.")
        values[name] = objective(problem, fit.W, fit.H)
    table = evaluate(
        ratings, fits, folds=folds, top_n=top_n, seed=seed, baselines=(), on_progress=lambda k, _: go_on(len(fits) + k)
    )
    return _beside(table, values, f"{float(min(stops)):g}")


def _beside(table: pd.DataFrame, values: dict[str, float], least: str) -> pd.DataFrame:
    """The figures of an evaluation, and their differences to the weakest stop fold by fold."""
    out = pd.DataFrame({"objective": pd.Series(values)})
    for metric in ("rmse", "ndcg"):
        out[metric], out[f"{metric}_se"] = table[metric], table[f"{metric}_se"]
        place = [column for column in table.columns if not column.endswith("_se")].index(metric)
        judged = {
            name: np.array([fold[place] for fold in folds], dtype=float)
            for name, folds in table.attrs["judged"].items()
        }
        more = {name: of_folds - judged[least] for name, of_folds in judged.items()}
        out[f"{metric}_more"] = pd.Series({name: float(np.mean(d)) for name, d in more.items()})
        out[f"{metric}_more_se"] = pd.Series(
            {name: float(np.std(d, ddof=1) / np.sqrt(len(d))) if len(d) > 1 else np.nan for name, d in more.items()}
        )
    out.index.name = "stop"
    out.attrs = {"notes": table.attrs["notes"]}
    return out
