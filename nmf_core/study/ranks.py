"""The rank survey: error against rank on the fitted cells and on held-out cells, and what to make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import SettingsError, shown, whole_number
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.factorize import fit_settings
from nmf_core.fit.problem import Array, Penalty
from nmf_core.fit.settings import Settings
from nmf_core.metrics import rmse
from nmf_core.study.baselines import biases
from nmf_core.study.chance import shuffled_within_items
from nmf_core.study.split import held_out_folds


@dataclass(frozen=True, eq=False)
class RankSurvey:
    """What a survey of ranks found.

    Attributes:
        table: one row a rank: rank, fitted (RMSE on the cells it was fitted to), held_out, held_out_se (RMSE on held-out
            cells and its standard error over folds), shuffled (held-out RMSE on ratings shuffled within items).
        mean, biases: held-out RMSE of the mean rating, and of user and item effects alone.
        suggested_rank: the smallest rank within one standard error of the best, by paired fold differences.
        verdict: one sentence for people.
    """

    table: pd.DataFrame
    mean: float
    biases: float
    suggested_rank: int
    verdict: str


def survey_ranks(
    ratings: Ratings,
    ranks: Iterable[int],
    *,
    folds: int = 5,
    restarts: int = 10,
    seed: int = 0,
    settings: Settings | None = None,
    on_progress: Callable[[int, int], object] | None = None,
    on_rank: Callable[[RankSurvey], object] | None = None,
) -> RankSurvey:
    """Error against rank, on fitted and on held-out cells, the same folds for every rank.

    Args:
        ratings: the observed cells.
        ranks: the ranks to try.
        folds: how many parts the observed cells are dealt into; each is held out once.
        restarts: reserved for the stability of features; not used yet.
        seed: of the folds and the fits.
        settings: everything else about the fits; the defaults if None.
        on_progress: called as on_progress(done, of) after every sweep and fit; returning False ends the survey with what there is.
        on_rank: called after every rank with the survey so far.

    Raises:
        SettingsError: no ranks, or one out of range.
        RatingsError: nothing can be held out.

    >>> from nmf_core import datasets
    >>> survey = survey_ranks(datasets.movie_night(), [1, 2], folds=3)
    >>> survey.table["rank"].tolist()
    [1, 2]
    """
    require_ratings(ratings)
    ratings = ratings.by_name  # what is shuffled for comparison is drawn in the order of names, too
    whole_number("restarts", restarts, 1, 10_000)
    base = settings or Settings()
    if not isinstance(ranks, Iterable):
        raise SettingsError(f"ranks is {shown(ranks)}; it must be several ranks. Give them, such as range(1, 9).")
    tried = sorted({replace(base, rank=rank, seed=seed).rank for rank in ranks})
    smallest = min(ratings.n_users, ratings.n_items)
    if tried and tried[-1] > smallest:
        raise SettingsError(
            f"rank {tried[-1]} is more than the smaller side of the grid, {smallest}: it could reproduce any ratings and would "
            f"tell nothing. Survey ranks up to {smallest}."
        )
    if not tried:
        raise SettingsError("There are no ranks to survey. Give at least one, such as range(1, 9).")
    fold = held_out_folds(ratings, folds=folds, seed=seed)
    used = [int(k) for k in np.unique(fold[fold >= 0])]
    parts = [(ratings.keep(fold != k), ratings.keep(fold == k)) for k in used]
    shuffled = shuffled_within_items(ratings, seed)
    shuffled_parts = [(shuffled.keep(fold != k), shuffled.keep(fold == k)) for k in used]
    total, done = len(tried) * (1 + 2 * len(used)), 0
    mean = float(np.mean([rmse(_data(test), np.full(test.n_ratings, train.mean)) for train, test in parts]))
    bias = float(np.mean([_bias_error(train, test) for train, test in parts]))

    rows: list[dict[str, float]] = []
    errors: list[Array] = []

    def go_on() -> bool:
        return on_progress is None or on_progress(done, total) is not False

    def found() -> RankSurvey:
        table = pd.DataFrame(rows).astype({"rank": int})
        suggested = _suggested(table, errors)
        return RankSurvey(table, mean, bias, suggested, _verdict(table, suggested, mean, bias))

    def fitted(training: Ratings, rank: int, penalty: Penalty | None = None) -> Factorization:
        nonlocal done
        asked = replace(base, rank=rank, seed=seed)
        asked = asked if penalty is None else replace(asked, penalty=penalty)
        fit = fit_settings(training, asked, on_sweep=lambda sweep, objective, kkt: go_on())
        done += 1
        if not go_on():
            raise _StoppedError
        return fit

    def held_out(halves: list[tuple[Ratings, Ratings]], rank: int) -> tuple[Array, Penalty]:
        """The error of each fold, all with the first one's penalty: asked for, or chosen on what that fold trains on."""
        first = fitted(halves[0][0], rank)
        fits = [first, *(fitted(training, rank, first.penalty) for training, _ in halves[1:])]
        return np.array([_error(fit, test) for fit, (_, test) in zip(fits, halves, strict=True)]), first.penalty

    try:
        for rank in tried:
            error, penalty = held_out(parts, rank)
            chance, _ = held_out(shuffled_parts, rank)
            rows.append(
                {
                    "rank": rank,
                    "fitted": _error(fitted(ratings, rank, penalty), ratings),
                    "held_out": float(error.mean()),
                    "held_out_se": _standard_error(error),
                    "shuffled": float(chance.mean()),
                }
            )
            errors.append(error)
            if on_rank is not None:
                on_rank(found())
    except _StoppedError:
        if not rows:
            raise SettingsError("The survey was stopped before the first rank was done. Start it again.") from None
    return found()


class _StoppedError(Exception):
    """The caller asked the survey to end."""


def _error(fit: Factorization, testing: Ratings) -> float:
    """RMSE of clipped predictions on the observed cells of `testing`."""
    W, H = fit.W, fit.H
    u = np.repeat(np.arange(testing.n_users), testing.user_counts)
    return rmse(_data(testing), np.clip(np.einsum("kf,kf->k", W[u], H[:, testing.V.indices].T), *testing.scale))


def _data(ratings: Ratings) -> Array:
    """The observed ratings as float64."""
    return ratings.V.data.astype(np.float64)


def _bias_error(training: Ratings, testing: Ratings) -> float:
    """RMSE of user and item effects alone."""
    mean, user, item = biases(training)
    u = np.repeat(np.arange(testing.n_users), testing.user_counts)
    return rmse(_data(testing), np.clip(mean + user[u] + item[testing.V.indices], *testing.scale))


def _standard_error(values: Array) -> float:
    """Standard error of a mean; NaN for a single value."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def _suggested(table: pd.DataFrame, errors: list[Array]) -> int:
    """The smallest rank whose error is within one standard error of the best, by paired fold differences."""
    best = int(table["held_out"].to_numpy().argmin())
    for k, rank in enumerate(table["rank"]):
        difference = errors[k] - errors[best]
        spread = _standard_error(difference)
        if k == best or difference.mean() <= (spread if np.isfinite(spread) else 0.0):
            return int(rank)
    return int(table["rank"].iloc[best])


def _verdict(table: pd.DataFrame, suggested: int, mean: float, bias: float) -> str:
    """One sentence on what the survey says, and whether features earn their keep."""
    row = table[table["rank"] == suggested].iloc[0]
    error, shuffled = row["held_out"], row["shuffled"]
    if error >= min(mean, bias):
        rival, value = ("the mean rating", mean) if mean <= bias else ("user and item effects alone", bias)
        return (
            f"No rank here predicts better than {rival} ({value:.2f} rating points held out; rank {suggested} has {error:.2f}): "
            "these ratings do not show features that predict."
        )
    if error >= shuffled:
        return (
            f"It may be chance: at rank {suggested} ratings shuffled within items predict as well "
            f"({shuffled:.2f} against {error:.2f} rating points held out)."
        )
    best = int(table["rank"].iloc[int(table["held_out"].to_numpy().argmin())])
    more = "" if best == suggested else f", and the best, rank {best}, is within one standard error of it"
    return (
        f"Rank {suggested} is enough: its held-out error is {error:.2f} rating points{more}; the mean alone has {mean:.2f}, "
        f"user and item effects {bias:.2f}, shuffled ratings {shuffled:.2f}."
    )
