"""Fine features under named ones: lists are made at a rank that nobody can read, and read in features that have names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nmf_core.errors import NmfError
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.problem import Array
from nmf_core.interpret.best import added_up
from nmf_core.labels.apart import apart, shuffled_within, strata, unit_rows

FINER = "finer than any name"
STRATUM = 50  # items of about the same weight, which are compared with each other only
DRAWS, SURE = 3, 0.99  # shuffled copies of the fine features, and the share of them that must be less alike
LEAST_ALIKE = 0.2  # below, another feature explains less than a twenty-fifth of what sets a fine one apart


@dataclass(frozen=True, eq=False)
class Shelves:
    """Which fine feature goes under which named one.

    Attributes:
        of: (fine rank,) the index of the named feature, or `named` for those that are finer than any name.
        named: number of named features.
    """

    of: NDArray[np.int64]
    named: int

    @property
    def some_finer(self) -> bool:
        """Whether any fine feature is under no name."""
        return bool((self.of == self.named).any())

    def names(self, names: list[str]) -> list[str]:
        """The names of the parts that a score has: those of the named features, and one for the rest where there is any."""
        return [*names, FINER] if self.some_finer else list(names)

    def added(self, parts: Array) -> Array:
        """(parts, n) sums of the rows of `parts` (fine rank, n) under each name."""
        return np.array([added_up(parts[self.of == f]) for f in range(self.named + self.some_finer)])


def shelves_of(folded: pd.DataFrame) -> Shelves:
    """`fold_features`' frame as the index that scores are added up by."""
    named = folded["named"].to_numpy(float, na_value=np.nan)
    most = int(folded.attrs.get("named_rank", np.nanmax(named, initial=-1.0) + 1))
    of = np.full(len(folded), most, dtype=np.int64)
    of[folded["fine"].to_numpy()] = np.where(np.isnan(named), most, named).astype(np.int64)
    return Shelves(of, most)


def fold_features(fine_fit: Factorization, named_fit: Factorization) -> pd.DataFrame:
    """Under which named feature each fine one goes: the one that it is most alike, if that is more than chance.

    Alike is the cosine of what sets features apart: each row of H at length 1, less the mean of its fit's rows and, since every
    feature of real ratings is mostly what everybody rates, less its own mean over the items of about the same weight. Chance is
    what a fine row reaches that is shuffled among these.

    Returns:
        A frame with a row a fine feature: fine, named (its feature in `named_fit`, or NaN), similarity (−1…1, to the most alike),
        chance (what 99 of 100 shuffled rows stay below); a similarity below 0.2 is under no name either.
        `.attrs["named_rank"]` is the number of named features.

    Raises:
        NmfError: the fits share no item.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.movie_night()
    >>> fine, named = factorize(ratings, rank=6, blanks="weak"), factorize(ratings, rank=3, blanks="weak")
    >>> fold_features(fine, named).columns.tolist()
    ['fine', 'named', 'similarity', 'chance']
    """
    shared = fine_fit.items.intersection(named_fit.items, sort=False)
    if len(shared) == 0:
        raise NmfError("The two fits share no item, so no feature can go under another. Fit ratings of the same items.")
    fine, named = (fit.H[:, fit.items.get_indexer(shared)] for fit in (fine_fit, named_fit))
    stratum = strata(np.vstack([unit_rows(fine), unit_rows(named)]).mean(axis=0), STRATUM)
    rows, anchors = apart(fine, stratum), unit_rows(apart(named, stratum))
    alike = unit_rows(rows) @ anchors.T
    best = alike.argmax(axis=1)
    similarity = alike[np.arange(len(fine)), best]
    chance = _by_chance(rows, stratum, anchors)
    under = similarity > max(chance, LEAST_ALIKE)
    frame = pd.DataFrame(
        {
            "fine": np.arange(len(fine)),
            "named": np.where(under, best.astype(float), np.nan),
            "similarity": similarity,
            "chance": chance,
        }
    )
    frame.attrs["named_rank"] = named_fit.rank
    return frame


def _by_chance(rows: Array, stratum: NDArray[np.int64], anchors: Array) -> float:
    """The similarity to the most alike anchor that `SURE` of rows stay below which are shuffled within strata."""
    rng = np.random.default_rng(0)
    drawn = (unit_rows(shuffled_within(rows, stratum, rng)) @ anchors.T for _ in range(DRAWS))
    found = [between.max(axis=1) for between in drawn]
    return float(np.quantile(np.concatenate(found), SURE))
