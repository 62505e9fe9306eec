"""Baselines that score an item by the ratings of other items: item-kNN and EASE."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from nmf_core.data.ratings import Ratings
from nmf_core.fit.problem import Array
from nmf_core.metrics import RELEVANT, ndcg
from nmf_core.study.baselines.base import Baseline, GoOn, Scorer
from nmf_core.study.split import held_out_folds

NEAREST = 50  # items
BLOCK = 1_000  # items whose cosines are in memory at a time
EASE_PENALTY = 2_000.0
EASE_PENALTIES = (500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0)  # tried where that is cheap
SEARCHED = 1_500  # users or items, whichever are fewer, up to which it is
JUDGED_BY = 500  # people
Product = Callable[[sparse.csr_array], Array]


def _item_knn(training: Ratings, go_on: GoOn) -> Scorer:
    """Each item by the ratings of its nearest items, weighted by the cosine (Sarwar et al. 2001)."""
    V = training.V.astype(np.float64)
    length = np.sqrt(np.bincount(V.indices, V.data**2, training.n_items))
    unit = (V @ sparse.diags_array(1.0 / np.maximum(length, 1e-12))).tocsc()
    nearest = []
    for start in range(0, training.n_items, BLOCK):
        if not go_on():
            break
        nearest.append(_nearest((unit[:, start : start + BLOCK].T @ unit).toarray(), start))
    done = sum(part.shape[0] for part in nearest)
    rest = sparse.csr_array((training.n_items - done, training.n_items))  # where it was told to end
    weights = sparse.vstack([*nearest, rest]).T.tocsr()
    return Scorer(lambda people: (people.V @ weights).toarray())


def _nearest(cosine: Array, start: int) -> sparse.csr_array:
    """The largest `NEAREST` cosines of each row, without an item's own; `start` is the first row's item."""
    cosine[np.arange(len(cosine)), np.arange(start, start + len(cosine))] = 0.0
    k = min(NEAREST, cosine.shape[1])
    columns = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
    values = np.take_along_axis(cosine, columns, axis=1)
    found = sparse.csr_array(
        (values.ravel(), columns.ravel(), np.arange(len(cosine) + 1) * k), shape=(len(cosine), cosine.shape[1])
    )
    found.eliminate_zeros()
    return found


def _ease(training: Ratings, go_on: GoOn) -> Scorer:
    """The linear model of items by all others, in closed form (Steck 2019), of what ratings have above the scale's low end."""
    X = above_low(training)
    product = ease_scores(X, _penalty(training, go_on))
    return Scorer(lambda people: product(above_low(training, people.V)))


def above_low(training: Ratings, V: sparse.csr_array | None = None) -> sparse.csr_array:
    """Ratings less the low end of the scale; where none lies above it, each counts 1."""
    X: sparse.csr_array = (training.V if V is None else V).astype(np.float64)
    low = min(training.scale[0], float(training.V.data.min()))
    X.data = X.data - low if training.V.data.max() > low else np.ones_like(X.data)
    return X


def ease_scores(X: sparse.csr_array, penalty: float) -> Product:
    """Scores of rows by EASE fitted to X; in memory is a square of users or of items, whichever are fewer.

    With P = (XᵀX + λ)⁻¹ a row x scores x − x P / diag P. Over users, P = (1 − Xᵀ K X) / λ with K = (X Xᵀ + λ)⁻¹ (Woodbury).
    """
    n_users, n_items = X.shape
    if n_items <= n_users:
        P = np.linalg.inv((X.T @ X).toarray() + penalty * np.eye(n_items))
        diagonal = np.diag(P).copy()
        return lambda rows: rows.toarray() - (rows @ P) / diagonal
    Xt = X.T.tocsr()
    K = np.linalg.inv((X @ Xt).toarray() + penalty * np.eye(n_users))
    explained = np.zeros(n_items)
    for start in range(0, n_items, BLOCK):
        part = Xt[start : start + BLOCK]
        explained[start : start + BLOCK] = part.multiply(part @ K).sum(axis=1)
    diagonal = (1.0 - explained) / penalty

    def scores(rows: sparse.csr_array) -> Array:
        dense = rows.toarray()
        through = (Xt @ ((rows @ Xt) @ K).T).T
        return dense - (dense - through) / penalty / diagonal

    return scores


def _penalty(training: Ratings, go_on: GoOn) -> float:
    """λ by the lists of some people from whom a tenth of the ratings is hidden; where that takes long, `EASE_PENALTY`."""
    if min(training.n_users, training.n_items) > SEARCHED or training.n_ratings < 10 * max(1, training.n_users):
        return EASE_PENALTY
    fold = held_out_folds(training, folds=10, seed=0)
    seen, hidden = training.keep(fold != 0), training.keep(fold == 0)
    low, high = training.scale
    good = hidden.V.copy()
    good.data = (good.data >= low + RELEVANT * (high - low)).astype(np.float32)
    good.eliminate_zeros()
    people = np.flatnonzero(np.diff(good.indptr))
    people = people[:: max(1, len(people) // JUDGED_BY)]
    if not len(people):
        return EASE_PENALTY
    X, relevant = above_low(seen), good[people].toarray() > 0
    known = X[people]
    rows = np.repeat(np.arange(len(people)), np.diff(known.indptr))
    found: dict[float, float] = {}
    for penalty in EASE_PENALTIES:
        if not go_on():
            return EASE_PENALTY
        scores = ease_scores(X, penalty)(known)
        scores[rows, known.indices] = -np.inf
        found[penalty] = float(np.nanmean(ndcg(scores, relevant, 10)))
    return max(found, key=lambda penalty: found[penalty])


def _side(ratings: Ratings) -> int:
    """Users or items, whichever are fewer."""
    return min(ratings.n_users, ratings.n_items)


def _ease_seconds(ratings: Ratings) -> float:
    """An inverse, a product a rating, and the scores; several times where λ is looked for."""
    side = _side(ratings)
    once = 1e-10 * side**3 + 2e-9 * side * ratings.n_ratings + 5e-8 * ratings.n_users * ratings.n_items
    return once * (1 + len(EASE_PENALTIES) if side <= SEARCHED else 1)


BASELINES = (
    Baseline(
        "item-kNN",
        f"each item by its {NEAREST} nearest by cosine, weighted by it",
        _item_knn,
        seconds=lambda ratings: (
            2e-8 * float((ratings.user_counts.astype(float) ** 2).sum()) + 2e-8 * ratings.n_items**2
        ),
        gigabytes=lambda ratings: 8e-9 * BLOCK * ratings.n_items * 3,
    ),
    Baseline(
        "EASE",
        f"the linear model of items by all others, of ratings above the low end; λ chosen among {len(EASE_PENALTIES)}, or "
        f"{EASE_PENALTY:g} where that takes long",
        _ease,
        seconds=_ease_seconds,
        gigabytes=lambda ratings: 8e-9 * _side(ratings) ** 2 * 3,
    ),
)
