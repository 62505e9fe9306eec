"""Names suggested for features from what is known of the items that set them apart, each feature's unlike the others'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from nmf_core.errors import whole_number
from nmf_core.labels.evidence import Catalogue, Leaning, catalogue_of, leanings
from nmf_core.labels.label import LONGEST_TEXT
from nmf_core.labels.metadata import Column
from nmf_core.words import listed, many

MOST_TOLD = 5  # features that nothing tells from one, by number
OF_TWO = 0.8  # what a name of two parts is worth, of the value that the feature leans to


@dataclass(frozen=True)
class Suggestion:
    """A name for a feature and why.

    Attributes:
        text: the name, fit for a `Label`.
        kind: its kind, one of `KINDS`.
        evidence: why, such as "12 of its top 15 items are Film-Noir, 4.1 times its share elsewhere."
        column: the header over the column of metadata that it comes from; of a name of two parts, both.
    """

    text: str
    kind: str
    evidence: str
    column: str = ""


@dataclass(frozen=True)
class _Found:
    """A value that a feature leans to beyond chance: how strongly, and what a name from it would be."""

    feature: int
    strength: float
    column: Column
    code: int
    suggestion: Suggestion

    @property
    def key(self) -> str:
        """What makes two names the same."""
        return self.suggestion.text.casefold()


def suggest_names(
    H: ArrayLike,
    feature: int,
    items: Sequence[str] | pd.Index,
    item_info: pd.DataFrame | None,
    *,
    n: int = 3,
    counts: ArrayLike | None = None,
) -> list[Suggestion]:
    """Up to n names for a feature, as `suggest_all_names` gives them; empty without metadata or without evidence.

    Args:
        H: (rank, n_items) feature–item matrix.
        feature: row of H.
        items: ids of the n_items items.
        item_info: a frame indexed by item id.
        n: how many suggestions at most.
        counts: (n_items,) the ratings of each item.

    Raises:
        NmfError: H, feature, items and counts do not go together.

    >>> items = [f"film {k}" for k in range(12)]
    >>> info = pd.DataFrame({"genres": ["Action|Thriller"] * 4 + ["Drama"] * 8}, index=items)
    >>> H = [[1.0] * 4 + [0.0] * 8, [0.0] * 4 + [1.0] * 8]
    >>> [s.text for s in suggest_names(H, 0, items, info)]
    ['Action', 'Thriller']
    >>> suggest_names(H, 1, items, info)[0].evidence
    '4 of its top 4 items are Drama, 2.0 times its share elsewhere.'
    """
    catalogue = catalogue_of(H, items, item_info, counts)
    f = whole_number("feature", feature, 0, len(catalogue.apart) - 1)
    return _all_names(catalogue, whole_number("n", n, 0, 100))[f]


def suggest_all_names(
    H: ArrayLike,
    items: Sequence[str] | pd.Index,
    item_info: pd.DataFrame | None,
    *,
    n: int = 3,
    counts: ArrayLike | None = None,
) -> list[list[Suggestion]]:
    """Up to n names for each feature, the best first; no two features have the same first one, unless nothing tells them apart.

    Weights are what sets an item apart for a feature: its weight less its mean weight in the other features (rows of H scaled to a
    maximum of 1), where positive. A value (a genre, say) is suggested where its items collect more of them than chance reaches
    (`nmf_core/labels/evidence.py`), and 3 of the top items have it. A name goes to the feature that leans to it most: by standard
    errors × the bits that its share of the top items tells. A feature whose best name is another's gets one of two parts, the
    second of which tells it apart from the other features that lean to the first ("Drama, 1940s"), or another value that it leans
    to as much; where nothing does, its evidence says so.

    Args:
        H: (rank, n_items) feature–item matrix.
        items: ids of the n_items items.
        item_info: a frame indexed by item id. Any column is read (`nmf_core/labels/metadata.py`): lists such as "A|B" or "A, B",
            categories, numbers as low and high, years as decades, texts as words; ids, addresses and what occurs once are not.
        n: how many suggestions at most, of each feature.
        counts: (n_items,) the ratings of each item: chance is then among items with about as many. If None, the sum of an item's
            weights stands for them, which lets some of what is popular pass for a taste.

    Raises:
        NmfError: H, items and counts do not go together.

    >>> items = [f"film {k}" for k in range(12)]
    >>> info = pd.DataFrame({"genres": ["Action"] * 4 + ["Drama"] * 8}, index=items)
    >>> found = suggest_all_names([[1.0] * 4 + [0.0] * 8, [0.0] * 4 + [1.0] * 8], items, info)
    >>> [[s.text for s in one] for one in found]
    [['Action'], ['Drama']]
    """
    return _all_names(catalogue_of(H, items, item_info, counts), whole_number("n", n, 0, 100))


def _all_names(catalogue: Catalogue, n: int) -> list[list[Suggestion]]:
    """Each feature's first name, chosen among all, and then what else it leans to."""
    plain: list[dict[str, _Found]] = [{} for _ in catalogue.apart]
    for one in sorted((one for leaning in leanings(catalogue) for one in _of(leaning)), key=_order):
        plain[one.feature].setdefault(one.key, one)
    firsts = _firsts(plain, catalogue)
    named = [{firsts[f].key: firsts[f], **own, firsts[f].key: firsts[f]} if own else {} for f, own in enumerate(plain)]
    return [[one.suggestion for one in own.values()][:n] for own in named]


def _firsts(plain: list[dict[str, _Found]], catalogue: Catalogue) -> dict[int, _Found]:
    """A first name for each feature that leans to anything: the strongest are given first, and none twice."""
    leads = [next(iter(own.values())) for own in plain if own]
    rivals = {one.feature: [f for f, own in enumerate(plain) if one.key in own and f != one.feature] for one in leads}
    waiting = [one for own in plain for one in own.values()]
    for lead in leads:
        if any(plain[f][lead.key].strength >= lead.strength for f in rivals[lead.feature]):
            waiting += _of_two(lead, rivals[lead.feature], catalogue)
    firsts: dict[int, _Found] = {}
    taken: set[str] = set()
    for (_, key), same in groupby(sorted(waiting, key=_order), key=lambda one: _order(one)[:2]):
        free = [one for one in same if one.feature not in firsts]
        if free and key not in taken:
            taken.add(key)  # where two lean to it alike, neither has it
            if len(free) == 1:
                firsts[free[0].feature] = free[0]
    return {lead.feature: firsts.get(lead.feature) or _not_apart(lead, rivals[lead.feature]) for lead in leads}


def _of_two(lead: _Found, rivals: list[int], catalogue: Catalogue) -> list[_Found]:
    """Names of two parts: what a feature leans to, and what then tells it apart from others that lean to it, beyond chance."""
    among = np.zeros(catalogue.apart.shape[1], dtype=bool)
    among[lead.column.carriers[lead.column.codes == lead.code]] = True
    contrast = np.maximum(catalogue.apart[lead.feature] - catalogue.apart[rivals].mean(axis=0), 0.0)[None, :]
    of, name = lead.column.source, lead.suggestion.text
    which, found = f" that {of.phrase.format(name)}", []
    for leaning in leanings(catalogue, np.where(among, contrast, 0.0), among):
        for k in np.flatnonzero(leaning.beyond[:, 0]):
            second, source = leaning.column.names[leaning.codes[k]], leaning.column.source
            ordered = sorted([(of.after, name, of.kind), (source.after, second, source.kind)], key=lambda part: part[0])
            text = ", ".join(part[1] for part in ordered)
            if len(text) <= LONGEST_TEXT:
                apart = f"What tells it apart from the {many(len(rivals), 'other feature')} of which that is true"
                evidence = f"{lead.suggestion.evidence} {apart}: {_told(leaning, int(k), 0, which)}."
                column = f"{lead.suggestion.column}, {leaning.column.header}"
                suggestion = Suggestion(text, ordered[0][2], evidence, column)
                strength = float(leaning.strength[k, 0])
                found.append(replace(lead, strength=strength, suggestion=suggestion))
    highest = max((one.strength for one in found), default=1.0)
    return [replace(one, strength=round(OF_TWO * lead.strength * one.strength / highest, 6)) for one in found]


def _not_apart(lead: _Found, rivals: list[int]) -> _Found:
    """What a feature leans to, where that is another's name and nothing tells the two apart."""
    named = [f"Feature {f + 1}" for f in rivals[:MOST_TOLD]]
    others = listed(named if len(rivals) <= MOST_TOLD else [*named, many(len(rivals) - MOST_TOLD, "other")])
    evidence = (
        f"{lead.suggestion.evidence} Nothing that is known tells it apart from {others}, of which that is true as well."
    )
    return replace(lead, suggestion=replace(lead.suggestion, evidence=evidence))


def _order(one: _Found) -> tuple[float, str, str]:
    """Strongest first; of equals by text."""
    return -one.strength, one.key, one.column.header


def _of(leaning: Leaning) -> Iterator[_Found]:
    """What each feature leans to beyond chance, of one column."""
    strength, source = leaning.strength, leaning.column.source
    for k, f in zip(*np.nonzero(leaning.beyond), strict=True):
        name = leaning.column.names[leaning.codes[k]]
        suggestion = Suggestion(name, source.kind, f"{_told(leaning, k, f, '')}.", leaning.column.header)
        yield _Found(int(f), float(strength[k, f]), leaning.column, int(leaning.codes[k]), suggestion)


def _told(leaning: Leaning, k: int, f: int, of: str) -> str:
    """The evidence in words; `of` says of which items, where not of all."""
    n_top, in_top, name = int(leaning.n_top[f]), int(leaning.in_top[k, f]), leaning.column.names[leaning.codes[k]]
    others, rest = int(leaning.has[k]) - in_top, leaning.n_known - n_top
    share = f"{in_top * rest / (n_top * others):.1f} times its share elsewhere" if others else "and none elsewhere"
    known = "" if leaning.top_known[f] else " of which it is known"
    return f"{in_top} of its top {n_top} items{of}{known} {leaning.column.source.phrase.format(name)}, {share}"
