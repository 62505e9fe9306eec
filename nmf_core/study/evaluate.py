"""How good a fit is beside what needs no features: rating error and ranking quality on held-out cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.data.ratings import Ratings
from nmf_core.errors import whole_number
from nmf_core.fit.factorize import fit_settings
from nmf_core.fit.problem import Array
from nmf_core.fit.settings import Settings
from nmf_core.metrics import RELEVANT, mae, ndcg, rmse
from nmf_core.study.split import held_out_folds

# Scores for given cells, and a (n_users in the block, n_items) block of scores for ranking.
Scorer = tuple[Callable[[NDArray, NDArray], Array], Callable[[slice], Array]]
SHRINK = 5.0  # pseudo-ratings that pull a user's or item's mean to the grand mean
USERS_AT_ONCE = 512


def biases(training: Ratings) -> tuple[float, Array, Array]:
    """Grand mean, user effects (n_users,) and item effects (n_items,), each shrunk towards 0 by `SHRINK` pseudo-ratings."""
    V = training.V.astype(np.float64)
    rows = np.repeat(np.arange(training.n_users), training.user_counts)
    mean = training.mean
    rest = V.data - mean
    item = np.bincount(V.indices, rest, training.n_items) / (training.item_counts + SHRINK)
    user = np.bincount(rows, rest - item[V.indices], training.n_users) / (training.user_counts + SHRINK)
    return mean, user, item


def _mean_scorer(training: Ratings) -> Scorer:
    """Everything is the mean rating."""
    return (
        lambda u, i: np.full(len(u), training.mean),
        lambda block: np.zeros((block.stop - block.start, training.n_items)),
    )


def _bias_scorer(training: Ratings) -> Scorer:
    """Mean plus user and item effects."""
    mean, user, item = biases(training)
    return (
        lambda u, i: np.clip(mean + user[u] + item[i], *training.scale),
        lambda block: np.repeat((mean + item)[None, :], block.stop - block.start, axis=0),
    )


def _popular_scorer(training: Ratings) -> Scorer:
    """The items with most ratings first; as a rating, the item's mean."""
    mean, _, item = biases(training)
    counts = training.item_counts.astype(float)
    return (
        lambda u, i: np.clip(mean + item[i], *training.scale),
        lambda block: np.repeat(counts[None, :], block.stop - block.start, axis=0),
    )


def _fit_scorer(settings: Settings) -> Callable[[Ratings], Scorer]:
    """The scores of a fit."""

    def scorer(training: Ratings) -> Scorer:
        fit = fit_settings(training, settings)
        return (
            lambda u, i: np.clip(np.einsum("kf,kf->k", fit.W[u], fit.H[:, i].T), *training.scale),
            lambda block: fit.W[block] @ fit.H,
        )

    return scorer


BASELINES: dict[str, Callable[[Ratings], Scorer]] = {
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
    relevant are held-out ratings in the upper 30 % of the scale. Standard errors are over folds.

    Args:
        settings: one `Settings`, or several by name; the default settings if None.
        folds, seed: the folds.
        top_n: length of the ranked list that is judged.
        on_progress: called as on_progress(done, of).

    Returns:
        A frame indexed by model (the settings, then the baselines) with the columns rmse, rmse_se, mae, mae_se (rating
        points), ndcg, ndcg_se (0…1; NaN where nothing held out is relevant).

    >>> from nmf_core import datasets
    >>> evaluate(datasets.movie_night(), Settings(rank=2), folds=3).index.tolist()
    ['fit', 'mean', 'biases', 'most popular']
    """
    top_n = whole_number("top_n", top_n, 1, 10_000)
    named = settings if isinstance(settings, dict) else {"fit": settings or Settings()}
    models = {name: _fit_scorer(s) for name, s in named.items()} | BASELINES
    fold = held_out_folds(ratings, folds=folds, seed=seed)
    used = np.unique(fold[fold >= 0])
    results: dict[str, list[tuple[float, float, float]]] = {name: [] for name in models}
    for done, k in enumerate(used):
        training, testing = ratings.keep(fold != k), ratings.keep(fold == k)
        for name, model in models.items():
            results[name].append(_measure(model(training), training, testing, top_n))
            if on_progress is not None:
                on_progress(done * len(models) + list(models).index(name) + 1, len(used) * len(models))
    columns = ("rmse", "mae", "ndcg")
    rows = {}
    for name, values in results.items():
        table = np.array(values)
        mean, error = (
            table.mean(axis=0),
            table.std(axis=0, ddof=1) / np.sqrt(len(table)) if len(table) > 1 else table[0] * np.nan,
        )
        rows[name] = {c: mean[j] for j, c in enumerate(columns)} | {f"{c}_se": error[j] for j, c in enumerate(columns)}
    frame = pd.DataFrame(rows).T[[x for c in columns for x in (c, f"{c}_se")]]
    return frame.rename_axis("model")


def _measure(scorer: Scorer, training: Ratings, testing: Ratings, top_n: int) -> tuple[float, float, float]:
    """RMSE, MAE and mean NDCG of one model on one fold."""
    score, block_scores = scorer
    u = np.repeat(np.arange(testing.n_users), testing.user_counts)
    actual = testing.V.data.astype(float)
    predicted = score(u, testing.V.indices)
    low, high = testing.scale
    gains = []
    for start in range(0, testing.n_users, USERS_AT_ONCE):
        block = slice(start, min(start + USERS_AT_ONCE, testing.n_users))
        scores = np.array(block_scores(block), dtype=float)
        seen = training.V[block]
        scores[np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr)), seen.indices] = -np.inf
        held = testing.V[block]
        good = held.data >= low + RELEVANT * (high - low)
        relevant = np.zeros(scores.shape, dtype=bool)
        relevant[np.repeat(np.arange(held.shape[0]), np.diff(held.indptr))[good], held.indices[good]] = True
        gains.append(ndcg(scores, relevant, top_n))
    gained = np.concatenate(gains)
    gained = gained[~np.isnan(gained)]
    return rmse(actual, predicted), mae(actual, predicted), float(gained.mean()) if len(gained) else float("nan")
