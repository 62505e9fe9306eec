"""What is measured of a model on held-out cells, gathered block by block of people, and the figures that it adds up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.ratings import Ratings
from nmf_core.fit.problem import Array
from nmf_core.metrics import LOW, METRICS, RELEVANT, Everybody, Lists
from nmf_core.metrics.everybody import of_block, together
from nmf_core.metrics.of_everybody import NAMED
from nmf_core.study.baselines.base import People, Scorer

PEOPLE_AT_ONCE = 512
EXPLAINED = 2e8  # products of weights that are looked at for the metric of receipts; of more people an even sample
FEWEST_EXPLAINED = 20  # people


@dataclass(frozen=True, eq=False)
class Part:
    """Ratings as a model and its judge see them, all of the same users and items.

    Attributes:
        training: what models are fitted to.
        known: what is known of people when their lists are made; training, and what newcomers tell.
        testing: held-out cells.
    """

    training: Ratings
    known: Ratings
    testing: Ratings

    def people(self, rows: NDArray[np.int64]) -> People:
        """Some people, by their rows."""
        return People(rows, self.known.V[rows].astype(np.float64), self.training.user_counts[rows] == 0)


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of some people.

    Attributes:
        actual, predicted: (cells,) held-out ratings, and what the model makes of them.
        of_lists: metric → (people,) its values.
        everybody: their lists together; None where there were none.
    """

    actual: Array
    predicted: Array
    of_lists: dict[str, Array]
    everybody: Everybody | None


def measure(scorer: Scorer, part: Part, top_n: int, groups: int = 1) -> list[Measured]:
    """What a model does for all people of whom something is known, dealt into groups in turn."""
    rows = np.flatnonzero(part.known.user_counts > 0)
    explained = _explained(scorer, part, rows)
    found: list[list[Measured]] = [[] for _ in range(groups)]
    for group in range(groups):
        of_group = rows[group::groups]
        for start in range(0, len(of_group), PEOPLE_AT_ONCE):
            found[group].append(_block(scorer, part, of_group[start : start + PEOPLE_AT_ONCE], top_n, explained))
    return [_joined(blocks) for blocks in found if blocks]


def figures(measured: Iterable[Measured]) -> list[float]:
    """Each of `METRICS` of what was measured, in their order; NaN where it cannot be told."""
    every = _joined(list(measured))
    out = []
    for name, metric in METRICS.items():
        if metric.of_ratings is not None:
            known = len(every.actual) and not np.isnan(every.predicted).any()
            out.append(metric.of_ratings(every.actual, every.predicted) if known else float("nan"))
        elif metric.of_lists is not None:
            values = every.of_lists[name]
            values = values[~np.isnan(values)]
            out.append(float(values.mean()) if len(values) else float("nan"))
        else:
            assert metric.of_everybody is not None
            out.append(metric.of_everybody(every.everybody) if every.everybody is not None else float("nan"))
    return out


def jackknifed(groups: list[Measured]) -> Array:
    """(groups, metrics) the figures without each group; their spread, times √(groups − 1), is a standard error over people."""
    return np.array([figures(groups[:k] + groups[k + 1 :]) for k in range(len(groups))])


def _joined(parts: list[Measured]) -> Measured:
    """What was measured of several people and several more."""
    lists = [part.everybody for part in parts if part.everybody is not None]
    return Measured(
        np.concatenate([part.actual for part in parts]),
        np.concatenate([part.predicted for part in parts]),
        {name: np.concatenate([part.of_lists[name] for part in parts]) for name in parts[0].of_lists},
        together(lists) if lists else None,
    )


def _block(scorer: Scorer, part: Part, rows: NDArray[np.int64], top_n: int, explained: NDArray[np.bool_]) -> Measured:
    """What a model does for some people."""
    people, held = part.people(rows), part.testing.V[rows]
    r = np.repeat(np.arange(len(rows)), np.diff(held.indptr))
    actual = held.data.astype(float)
    predicted = np.full(len(r), np.nan) if scorer.predicted is None else scorer.predicted(people, r, held.indices)
    no_candidates = _no_candidates(part, people.V)
    scores = _ordered(scorer, np.array(scorer.scores(people), dtype=float), no_candidates)
    low, high = part.testing.scale
    relevant = _mask(held, held.data >= low + RELEVANT * (high - low))
    lists = Lists(scores, relevant, top_n)
    rated = _mask(held, np.ones(held.nnz, dtype=bool))
    disliked = _mask(held, held.data <= low + LOW * (high - low))
    training = part.training
    everybody = of_block(lists, rated, disliked, training.item_counts, int((training.user_counts > 0).sum()))
    if scorer.parts is not None and explained[rows].any():
        everybody = _receipts(scorer, people, lists, no_candidates, explained[rows], everybody)
    values = {name: metric.of_lists(lists) for name, metric in METRICS.items() if metric.of_lists is not None}
    return Measured(actual, predicted, values, everybody)


def _ordered(scorer: Scorer, scores: Array, no_candidates: NDArray[np.bool_]) -> Array:
    """Scores as lists are ordered by, in place: what comes last below all others, what is no candidate at −∞."""
    if scorer.last is not None and scorer.last.any():
        scores[:, scorer.last] -= scores.max() - scores.min() + 1.0
    scores[no_candidates] = -np.inf
    return scores


def _no_candidates(part: Part, known: sparse.csr_array) -> NDArray[np.bool_]:
    """(n, n_items) what is not listed: what people are known to have rated, and what nobody rated."""
    mask = _mask(known, np.ones(known.nnz, dtype=bool))
    mask[:, part.training.item_counts == 0] = True
    return mask


def _mask(V: sparse.csr_array, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n, n_items) where the wanted ones of the stored cells are."""
    mask = np.zeros(V.shape, dtype=bool)
    mask[np.repeat(np.arange(V.shape[0]), np.diff(V.indptr))[wanted], V.indices[wanted]] = True
    return mask


def _explained(scorer: Scorer, part: Part, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(n_users,) of whom the parts of scores are looked at: an even sample, since it takes a product a feature and item."""
    mask = np.zeros(part.known.n_users, dtype=bool)
    if scorer.parts is not None and len(rows):
        _, H = scorer.parts(part.people(rows[:1]))
        most = int(max(FEWEST_EXPLAINED, EXPLAINED / H.size))
        mask[rows[:: max(1, -(-len(rows) // most))]] = True
    return mask


def _receipts(
    scorer: Scorer,
    people: People,
    lists: Lists,
    no_candidates: NDArray[np.bool_],
    explained: NDArray[np.bool_],
    everybody: Everybody,
) -> Everybody:
    """How much of the lists of those who are explained stays where a score is but its `NAMED` largest parts."""
    from dataclasses import replace

    assert scorer.parts is not None
    some = np.flatnonzero(explained)
    chosen = People(people.rows[some], people.V[some], people.new[some])
    weights, H = scorer.parts(chosen)
    short = np.array([_largest(row[:, None] * H) for row in weights])
    short = _ordered(scorer, short, no_candidates[some])
    cut = Lists(short, lists.relevant[some], lists.top_n).listed
    whole = lists.listed[some]
    return replace(everybody, explained=float(whole.sum()), kept=float(np.minimum(whole, cut).sum()))


def _largest(parts: Array) -> Array:
    """(n_items,) the sum of each column's `NAMED` largest parts (rank, n_items)."""
    if len(parts) <= NAMED:
        return parts.sum(axis=0)
    return np.partition(parts, len(parts) - NAMED, axis=0)[-NAMED:].sum(axis=0)
