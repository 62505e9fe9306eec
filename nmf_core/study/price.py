"""The price of a name: what it costs errors and lists to draw features to where somebody wants them, stop by stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import SettingsError
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.factorize import OnSweep, fit_settings, problem_of, settings_by_name
from nmf_core.fit.problem import Array, objective
from nmf_core.fit.settings import Settings
from nmf_core.fit.steer import Steer
from nmf_core.labels.apart import unit_rows
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

    A wish is mostly the row of an earlier fit to these ratings, which has seen what is held out here. So in each fold it is moved
    by as much as the fit at strength 0, which begins there and is free, moves where the held-out ratings are taken away.

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
    settings, ratings = settings_by_name(settings, ratings), ratings.by_name
    if settings.steer is None:
        raise SettingsError("There is nothing to price: these settings have no wishes. Give settings with steer.")
    if not len(stops):
        raise SettingsError("There are no stops. Give strengths from 0 to 1.")
    steered = {f"{float(stop):g}": replace(settings, steer=settings.steer.at(float(stop))) for stop in stops}
    fits = {FREE: replace(settings, steer=None), **steered}
    total = len(fits) * (folds + 1)

    def go_on(done: int) -> bool:
        return on_progress is None or on_progress(done, total) is not False

    loose = replace(settings, steer=settings.steer.at(0.0))
    found: dict[Settings, Factorization] = {}
    for number, one in enumerate(dict.fromkeys((*fits.values(), loose))):  # strength 0 is a stop of most prices, too
        found[one] = fit_settings(ratings, one, on_sweep=lambda *_, number=number: go_on(number))
        if found[one].stopped == "cancelled":
            raise SettingsError("The price was ended before it was known. Start it again.")
    problem = problem_of(ratings, fits[FREE])
    values = {name: objective(problem, found[one].W, found[one].H) for name, one in fits.items()}
    moved = _Moved(loose, found[loose].H)
    judged = {name: one if one.steer is None else _Unseen(one, moved) for name, one in fits.items()}
    table = evaluate(
        ratings,
        judged,
        folds=folds,
        top_n=top_n,
        seed=seed,
        baselines=(),
        on_progress=lambda k, _: go_on(len(fits) + k),
    )
    return _beside(table, values, f"{float(min(stops)):g}")


class _Moved:
    """How the rows of a fit that begins at the wishes and is free move from all ratings to some of them."""

    def __init__(self, loose: Settings, whole: Array) -> None:
        """Settings of that fit, and its H (rank, n_items) of all ratings."""
        self._loose, self.whole = loose, unit_rows(whole)
        self._last: tuple[Ratings, Factorization] | None = None

    def fit(self, training: Ratings) -> Factorization:
        """That fit to some of the ratings, made once for all stops."""
        if self._last is None or self._last[0] is not training:
            self._last = training, fit_settings(training, self._loose)
        return self._last[1]


@dataclass(frozen=True, eq=False)
class _Unseen:
    """A steered fit whose wishes have not seen what is held out; it stands where `Settings` could."""

    settings: Settings
    moved: _Moved
    read_at: int | None = None

    def fit(self, training: Ratings, on_sweep: OnSweep | None = None) -> Factorization:
        """The fit to some of the ratings."""
        assert self.settings.steer is not None
        loose, whole = self.moved.fit(training), self.moved.whole
        if not any(wish.drawn for wish in self.settings.steer.by_feature.values()):
            return loose
        change, wishes = unit_rows(loose.H) - whole, list(self.settings.steer.wishes)
        for f, wish in self.settings.steer.by_feature.items():
            row = wish.row / np.linalg.norm(wish.row)
            unseen = np.maximum(row + float(row @ whole[f]) * change[f], 0.0)
            if wish.drawn and unseen.any():
                wishes[f] = replace(wish, row=unseen)
        return fit_settings(training, replace(self.settings, steer=Steer(tuple(wishes))), on_sweep=on_sweep)


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
