"""What a model recommends to all: dislikes, how much of the catalogue, how well known, and whether receipts tell the truth."""

from __future__ import annotations

import numpy as np

from nmf_core.metrics.base import Metric
from nmf_core.metrics.everybody import Everybody

NAMED = 3  # parts of a score that a receipt names first


def disliked(everybody: Everybody) -> float:
    """Of the held-out ratings in the lists, the share in the lower 30 % of the scale; NaN where lists hold none.

    >>> one = Everybody(1, np.array([1, 1]), 2, np.array([1.0, 1.0]), np.array([0.0, 0.0]), rated=4.0, low=1.0)
    >>> disliked(one)
    0.25
    """
    return everybody.low / everybody.rated if everybody.rated > 0 else float("nan")


def coverage(everybody: Everybody) -> float:
    """The share of items that is in anybody's list, of those that could be.

    >>> never, always = 0.0, -np.inf
    >>> coverage(Everybody(1, np.array([1, 1]), 2, np.array([1.0, 0.0]), np.array([always, never]), 0.0, 0.0))
    0.5
    """
    candidates = everybody.rated_by > 0
    return float(-np.expm1(everybody.unlisted[candidates]).mean()) if candidates.any() else float("nan")


def novelty(everybody: Everybody) -> float:
    """Mean self-information of what is listed, in bits: −log₂ of the share of people who rated an item (Zhou et al. 2010).

    >>> novelty(Everybody(1, np.array([1, 2]), 4, np.array([1.0, 1.0]), np.array([0.0, 0.0]), 0.0, 0.0))
    1.5
    """
    total = everybody.listed.sum()
    if total == 0:
        return float("nan")
    bits = -np.log2(np.maximum(everybody.rated_by, 1) / max(everybody.raters, 1))
    return float((everybody.listed * bits).sum() / total)


def fidelity(everybody: Everybody) -> float:
    """How much of the lists stays where each score is only the `NAMED` parts that its receipt names first; NaN without parts.

    >>> one = Everybody(1, np.array([1]), 1, np.array([1.0]), np.array([0.0]), 0.0, 0.0, explained=10.0, kept=9.0)
    >>> fidelity(one)
    0.9
    """
    return everybody.kept / everybody.explained if everybody.explained > 0 else float("nan")


OF_EVERYBODY = (
    Metric(
        "disliked",
        "Disliked@{top_n}",
        "Of the held-out ratings in the lists, the share that is low: in the lower 30 % of the scale.",
        of_everybody=disliked,
    ),
    Metric(
        "coverage",
        "Coverage@{top_n}",
        "The share of items that is in anybody's list; lists in any order have most.",
        of_everybody=coverage,
        higher_is_better=True,
    ),
    Metric(
        "novelty",
        "Novelty@{top_n}",
        "How little known the listed items are: the mean of −log₂ of the share of people who rated each, in bits; lists in any "
        "order have most.",
        of_everybody=novelty,
        higher_is_better=True,
    ),
    Metric(
        "fidelity",
        "Fidelity@{top_n}",
        f"How much of the lists stays where each score is only the {NAMED} features that its receipt names first; of fits alone, "
        "and the less the more features a fit has.",
        of_everybody=fidelity,
        higher_is_better=True,
    ),
)
