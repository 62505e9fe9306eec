"""How good a fit is beside what needs no features: rating error and ranking quality on held-out cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.ratings import Ratings, require_ratings
from nmf_core.errors import SettingsError, whole_number
from nmf_core.fit.factorize import fit_settings
from nmf_core.fit.fold_in import list_weights
from nmf_core.fit.problem import Array
from nmf_core.fit.settings import Settings
from nmf_core.metrics import METRICS, RELEVANT
from nmf_core.study.split import held_out_folds
from nmf_core.words import many, noun

# Scores for given cells, and a (n_users in the block, n_items) block of scores for ranking.
Scorer = tuple[Callable[[NDArray, NDArray], Array], Callable[[slice], Array]]
GoOn = Callable[[], bool]  # asked after every sweep of a fit
Model = Callable[[Ratings, GoOn], Scorer]
SHRINK = 5.0  # pseudo-ratings that pull a user's or item's mean to the grand mean
USERS_AT_ONCE = 512
JUDGED_PASSES, JUDGED_TOL = 100, 1e-5  # of folding in: a mean over lists needs no more digits


def biases(training: Ratings) -> tuple[float, Array, Array]:
    """Grand mean, user effects (n_users,) and item effects (n_items,), each shrunk towards 0 by `SHRINK` pseudo-ratings."""
    V = training.V.astype(np.float64)
    rows = np.repeat(np.arange(training.n_users), training.user_counts)
    mean = training.mean
    rest = V.data - mean
    item = np.bincount(V.indices, rest, training.n_items) / (training.item_counts + SHRINK)
    user = np.bincount(rows, rest - item[V.indices], training.n_users) / (training.user_counts + SHRINK)
    return mean, user, item


def _mean_scorer(training: Ratings, go_on: GoOn) -> Scorer:
    """Everything is the mean rating."""
    return (
        lambda u, i: np.full(len(u), training.mean),
        lambda block: np.zeros((block.stop - block.start, training.n_items)),
    )


def _bias_scorer(training: Ratings, go_on: GoOn) -> Scorer:
    """Mean plus user and item effects."""
    mean, user, item = biases(training)
    return (
        lambda u, i: np.clip(mean + user[u] + item[i], *training.scale),
        lambda block: np.repeat((mean + item)[None, :], block.stop - block.start, axis=0),
    )


def _popular_scorer(training: Ratings, go_on: GoOn) -> Scorer:
    """The items with most ratings first; as a rating, the item's mean."""
    mean, _, item = biases(training)
    counts = training.item_counts.astype(float)
    return (
        lambda u, i: np.clip(mean + item[i], *training.scale),
        lambda block: np.repeat(counts[None, :], block.stop - block.start, axis=0),
    )


def _fit_scorer(settings: Settings) -> Model:
    """The scores of a fit; of lists, those that `recommend` orders by."""

    def scorer(training: Ratings, go_on: GoOn) -> Scorer:
        fit = fit_settings(training, settings, on_sweep=lambda sweep, objective, kkt: go_on())
        return (
            lambda u, i: np.clip(np.einsum("kf,kf->k", fit.W[u], fit.H[:, i].T), *training.scale),
            lambda block: list_weights(fit, training, block, passes=JUDGED_PASSES, tol=JUDGED_TOL) @ fit.H,
        )

    return scorer


BASELINES: dict[str, Model] = {
    "mean": _mean_scorer,
    "biases": _bias_scorer,
    "most popular": _popular_scorer,
}


def evaluate(
    ratings: Ratings,
    settings: Settings | dict[str, Settings] | None = None,
    *,
    folds: int = 5,
    top_n: int = 10,
    seed: int = 0,
    on_progress: Callable[[int, int], object] | None = None,
) -> pd.DataFrame:
    """Held-out error and ranking quality of settings beside baselines that have no features.

    Every model sees the same folds (`split.held_out_folds`). Ranked are all items that a user has no training rating of;
    relevant are held-out ratings in the upper 30 % of the scale. Standard errors are over folds. A fold that hides nothing
    relevant says nothing of lists: it counts for errors alone, and `.attrs["notes"]` says so.

    Args:
        settings: one `Settings`, or several by name; the default settings if None.
        folds, seed: the folds.
        top_n: length of the ranked list that is judged.
        on_progress: called as on_progress(done, of) after every sweep and model; returning False ends the evaluation with
            the folds that are done.

    Returns:
        A frame indexed by model (the settings, then the baselines) with two columns for each of `metrics.METRICS`: rmse, rmse_se,
        mae, mae_se (rating points), ndcg, ndcg_se, recall, recall_se (0…1; NaN where no fold holds out anything relevant).
        Its `.attrs["notes"]` are sentences on what could not be judged.

    Raises:
        SettingsError: it was ended before the first fold was done.

    >>> from nmf_core import datasets
    >>> evaluate(datasets.movie_night(), Settings(rank=2), folds=3).index.tolist()
    ['fit', 'mean', 'biases', 'most popular']
    """
    top_n = whole_number("top_n", top_n, 1, 10_000)
    named = settings if isinstance(settings, dict) else {"fit": settings or Settings()}
    models = {name: _fit_scorer(s) for name, s in named.items()} | BASELINES
    require_ratings(ratings)
    ratings = ratings.by_name  # so that ties and sums are the same in whatever order they came
    fold = held_out_folds(ratings, folds=folds, seed=seed)
    used = np.unique(fold[fold >= 0])
    results: dict[str, list[list[float]]] = {name: [] for name in models}
    total = len(used) * len(models)
    for number, k in enumerate(used):
        training, testing = ratings.keep(fold != k), ratings.keep(fold == k)
        measured = {}
        for place, (name, model) in enumerate(models.items()):
            done = number * len(models) + place

            def go_on(done: int = done) -> bool:
                return on_progress is None or on_progress(done, total) is not False

            measured[name] = _measure(model(training, go_on), training, testing, top_n)
            if not go_on(done + 1):
                if number == 0:
                    raise SettingsError("The evaluation was ended before its first fold was done. Start it again.")
                return _table(results)
        for name, values in measured.items():
            results[name].append(values)
    return _table(results)


def _table(results: dict[str, list[list[float]]]) -> pd.DataFrame:
    """Means and standard errors over the folds that could be judged, a row a model; what could not be is a note."""
    rows: dict[str, dict[str, float]] = {}
    for name, values in results.items():
        rows[name] = {}
        for metric, folds in zip(METRICS, np.array(values).T, strict=True):
            known = folds[~np.isnan(folds)]
            rows[name][metric] = known.mean() if len(known) else np.nan
            rows[name][f"{metric}_se"] = known.std(ddof=1) / np.sqrt(len(known)) if len(known) > 1 else np.nan
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
    table.attrs["notes"] = _notes(np.array(next(iter(results.values()))))
    return table


def _notes(values: Array) -> list[str]:
    """What was left out of the figures of lists; `values` (folds, metrics) of any model, since it is the same for all."""
    blank = np.isnan(values.sum(axis=1))
    if not blank.any():
        return []
    if blank.all():
        return [
            "No held-out rating is in the upper 30 % of the scale, so lists cannot be judged. Add such ratings, or take fewer "
            "folds."
        ]
    return [
        f"{blank.sum()} of {many(len(blank), 'fold')} {noun(int(blank.sum()), 'hides', 'hide')} no rating in the upper 30 % of the "
        "scale and could not judge lists: their figures are of the others. With fewer folds, each hides more."
    ]


def _measure(scorer: Scorer, training: Ratings, testing: Ratings, top_n: int) -> list[float]:
    """Each of `METRICS` of one model on one fold; of lists the mean over users who have something relevant."""
    score, block_scores = scorer
    u = np.repeat(np.arange(testing.n_users), testing.user_counts)
    actual = testing.V.data.astype(float)
    predicted = score(u, testing.V.indices)
    low, high = testing.scale
    of_users: dict[str, list[Array]] = {name: [] for name, metric in METRICS.items() if metric.of_lists}
    for start in range(0, testing.n_users, USERS_AT_ONCE):
        block = slice(start, min(start + USERS_AT_ONCE, testing.n_users))
        scores = np.array(block_scores(block), dtype=float)
        seen = training.V[block]
        scores[np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr)), seen.indices] = -np.inf
        held = testing.V[block]
        good = held.data >= low + RELEVANT * (high - low)
        relevant = np.zeros(scores.shape, dtype=bool)
        relevant[np.repeat(np.arange(held.shape[0]), np.diff(held.indptr))[good], held.indices[good]] = True
        for name, values in of_users.items():
            judge = METRICS[name].of_lists
            assert judge is not None
            values.append(judge(scores, relevant, top_n))
    return [
        metric.of_ratings(actual, predicted) if metric.of_ratings else _mean_of_known(of_users[name])
        for name, metric in METRICS.items()
    ]


def _mean_of_known(values: list[Array]) -> float:
    """The mean without NaN; NaN where there is nothing else."""
    every = np.concatenate(values)
    known = every[~np.isnan(every)]
    return float(known.mean()) if len(known) else float("nan")
