"""Which rank to read, from what every rank does on the same hidden ratings and how well its features are found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nmf_core.study.found_again import FoundAgain
from nmf_core.study.rank_trials import Cases

# Of what features take off the error of the smallest rank: what one more must take to be worth its name. Ratings that are rounded
# and end where a scale ends hold traces of further features, which predict a little and mean nothing (`docs/decisions.md`).
WORTH = 0.02


@dataclass(frozen=True)
class Choice:
    """A rank by its errors.

    Attributes:
        best: the rank with the least error, each feature counted at what it must be worth.
        chosen: the smallest whose error lies within one standard error of that; both differences are paired.
        difference, se: rank → by how much its error lies above that of `best`, and the standard error of that.
    """

    best: int
    chosen: int
    difference: Mapping[int, float]
    se: Mapping[int, float]


def by_errors(errors: Mapping[int, Cases]) -> Choice:
    """The rank that errors on the same hidden ratings choose."""
    ranks = sorted(errors)
    means = np.array([errors[rank].mean for rank in ranks])
    cost = WORTH * (means[0] - means.min())
    best = ranks[int(np.argmin(means + cost * np.array(ranks)))]
    above = {rank: errors[rank].above(errors[best]) for rank in ranks}
    chosen = next(rank for rank in ranks if rank == best or above[rank][0] <= above[rank][1])
    return Choice(best, chosen, {k: one[0] for k, one in above.items()}, {k: one[1] for k, one in above.items()})


def net_found(again: FoundAgain) -> float:
    """How many features are found again, less how many are not: a name that holds is worth one, one that does not costs one."""
    return float(2 * again.found.sum(axis=1).mean() - again.found.shape[1])


def by_features(again: Mapping[int, FoundAgain]) -> int | None:
    """The rank whose features are most worth a name; of equal ones the smallest. None where at none more are found than are not."""
    net = {rank: net_found(one) for rank, one in again.items() if rank > 1}
    if not net or max(net.values()) <= 0:
        return None
    return min(net, key=lambda rank: (-net[rank], rank))
