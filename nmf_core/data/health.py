"""The health check: what about the ratings themselves limits what any fit can say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from nmf_core.data.notes import DataNote
from nmf_core.data.ratings import Ratings
from nmf_core.data.spread import codes_among, counts_among
from nmf_core.words import listed, many, noun

Severity = Literal["limit", "note"]

# From these on a share is worth a word: a tenth of the items with most of the ratings; ratings at one end of the scale.
CROWDED, ONE_SIDED = 0.5, 0.8
# With fewer users or items a tenth is one or none; two ratings are often alike by chance.
FEWEST_FOR_CROWDS, FEWEST_FOR_CONSTANT = 20, 3
FEWEST_CODES = 2  # what stands once is somebody's rating, or a slip


@dataclass(frozen=True)
class Finding:
    """One thing to know.

    Attributes:
        title: what it is, in a few words; the same for the same kind of finding.
        names: the users and items it concerns, all of them; empty where it concerns the ratings as a whole.
        text: what was found, with numbers.
        advice: what to do.
        severity: "limit" if it bounds what a fit of this rank can say, "note" if it is good to know.
        offer: the function of `nmf_core.edit` that does what is advised, where one step can.
    """

    title: str
    names: tuple[str, ...]
    text: str
    advice: str
    severity: Severity = "limit"
    offer: str = ""


def check_health(ratings: Ratings, rank: int = 2) -> list[Finding]:
    """What in these ratings limits a fit of this rank, most serious first; empty where nothing does.

    >>> from nmf_core import datasets
    >>> [finding.title for finding in check_health(datasets.notebook(), rank=2)]
    ['Items with fewer ratings than features']
    """
    alike = _all_alike(ratings)
    sides = (("user", ratings.users, ratings.user_counts), ("item", ratings.items, ratings.item_counts))
    codes = [] if alike else _codes(ratings)
    return [
        *alike,
        *codes,
        *([] if alike or codes else _counts(ratings)),
        *_apart(ratings),
        *_outside(ratings),
        *(finding for what, ids, counts in sides for finding in _sparse(what, ids, counts, rank)),
        *([] if alike else _constant_users(ratings)),
        *_changed(ratings),
        *([] if alike else _one_sided(ratings)),
        *(finding for what, ids, counts in sides for finding in _crowded(what, ids, counts)),
    ]


def _all_alike(ratings: Ratings) -> list[Finding]:
    """Ratings that are all the same."""
    low, high = ratings.V.data.min(), ratings.V.data.max()
    if low < high:
        return []
    text = f"Every rating is {low:g}: only who rated what could tell users and items apart."
    if (low, *ratings.scale) == (1, 0, 1):
        advice = "Let blanks count as weak evidence or as zero, or add ratings that differ."
        return [_finding("All ratings are alike", (), text, advice)]
    advice = (
        "If they are likes, let each be 1 on a scale from 0 to 1, and blanks count as weak evidence or as zero; else add ratings "
        "that differ."
    )
    return [Finding("All ratings are alike", (), text, advice, offer="as_likes")]


def _codes(ratings: Ratings) -> list[Finding]:
    """Numbers apart from the scale that were kept as ratings."""
    codes = codes_among(ratings.V.data)
    if not codes:
        return []
    among = np.isin(ratings.V.data, np.array(codes, dtype=np.float32))
    count, others = int(among.sum()), ratings.V.data[~among]
    if count < FEWEST_CODES:
        return []
    said = listed([f"{code:g}" for code in codes])
    return [
        Finding(
            "What may be no answer",
            (),
            f"{said} {noun(len(codes), 'stands', 'stand')} in {many(count, 'cell')}, and the other ratings lie from "
            f"{others.min():g} to {others.max():g}: in many surveys such a number says that there is no answer.",
            "If it says so here, blank these cells.",
            offer="blank_codes",
        )
    ]


def _counts(ratings: Ratings) -> list[Finding]:
    """Ratings that run over orders of magnitude, as counts do."""
    found = counts_among(ratings.V.data)
    if found is None:
        return []
    return [
        Finding(
            "Counts rather than ratings",
            (),
            f"They run from {found.low:g} to {found.high:g}, and half of them are {found.median:g} or less. A fit makes squares "
            f"small, and {_share(round(100 * found.share), 100)} of all squares is that of the largest hundredth: it would follow "
            "these and hardly see the others.",
            "Take the logarithm, log(1 + x): the order stays, and small counts tell something too.",
            offer="take_logarithm",
        )
    ]


def _apart(ratings: Ratings) -> list[Finding]:
    """Parts that no rating joins."""
    n, m = ratings.V.shape
    # Users and items are the nodes; a rating joins two. Ones, since a rating of 0 joins them as well.
    indptr = np.append(ratings.V.indptr, np.full(m, ratings.n_ratings))
    graph = sparse.csr_array((np.ones(ratings.n_ratings), ratings.V.indices + n, indptr), shape=(n + m, n + m))
    parts, part = connected_components(graph, directed=True, connection="weak")
    n_users, n_items = (np.bincount(side, minlength=parts) for side in (part[:n], part[n:]))
    joined = np.flatnonzero((n_users > 0) & (n_items > 0))  # whoever has no rating is a finding of its own
    if len(joined) == 1:
        return []
    order = joined[np.argsort(-(n_users + n_items)[joined], kind="stable")]
    small = np.isin(part, order[1:])
    sizes = [f"{many(int(n_users[k]), 'user')} with {many(int(n_items[k]), 'item')}" for k in order[:3]]
    smaller = [many(len(order) - 3, "smaller part")] if len(order) > 3 else []
    return [
        _finding(
            "The grid falls apart",
            [*ratings.users[small[:n]], *ratings.items[small[n:]]],
            f"{len(order)} parts share no rating: {'; '.join(sizes + smaller)}. No feature can be compared across them, so a "
            "label that fits one says nothing about another.",
            "Add ratings that join them, or look at each part by itself.",
        )
    ]


def _outside(ratings: Ratings) -> list[Finding]:
    """Ratings beyond the scale."""
    low, high = ratings.scale
    # The ends in float32 too: 0.1 there is a little more than 0.1.
    cells = np.flatnonzero((ratings.V.data < np.float32(low)) | (ratings.V.data > np.float32(high)))
    if len(cells) == 0:
        return []
    rows = np.searchsorted(ratings.V.indptr, cells, side="right") - 1
    first = [
        f"{ratings.users[u]} × {ratings.items[ratings.V.indices[k]]} = {ratings.V.data[k]:g}"
        for u, k in zip(rows[:3], cells[:3], strict=True)
    ]
    more = f" and {len(cells) - 3:,} more" if len(cells) > 3 else ""
    return [
        _finding(
            "Ratings outside the scale",
            ratings.users[np.unique(rows)],
            f"{many(len(cells), 'rating lies', 'ratings lie')} outside the scale {low:g}–{high:g}: {', '.join(first)}{more}. "
            "Predictions are cut to the scale.",
            "Correct them, or give a scale that holds them.",
        )
    ]


def _sparse(what: str, ids: pd.Index, counts: NDArray[np.int64], rank: int) -> list[Finding]:
    """Users or items with no ratings or too few."""
    found = []
    none, few = ids[counts == 0], ids[(counts > 0) & (counts < rank)]
    if len(none):
        found.append(
            _finding(
                f"{what.capitalize()}s without ratings",
                none,
                f"{many(len(none), f'{what} has', f'{what}s have')} no ratings: a fit can say nothing there.",
                f"Add ratings, or remove {noun(len(none), 'that', 'those')} {noun(len(none), what)}.",
            )
        )
    if len(few):
        found.append(
            _finding(
                f"{what.capitalize()}s with fewer ratings than features",
                few,
                f"{many(len(few), f'{what} has', f'{what}s have')} fewer ratings than the {rank} features: such weights are a "
                "guess.",
                "Add ratings, or take a smaller rank.",
            )
        )
    return found


def _constant_users(ratings: Ratings) -> list[Finding]:
    """Users whose ratings are all the same."""
    rated = np.flatnonzero(ratings.user_counts)
    low, high = (extreme.reduceat(ratings.V.data, ratings.V.indptr[rated]) for extreme in (np.minimum, np.maximum))
    constant = rated[(low == high) & (ratings.user_counts[rated] >= FEWEST_FOR_CONSTANT)]
    if len(constant) == 0:
        return []
    return [
        _finding(
            "Users who rate everything alike",
            ratings.users[constant],
            f"{many(len(constant), 'user')} gave one and the same rating to all they rated: that sets no item before another.",
            "Keep them if they mean it; where blanks count, what they chose still tells something.",
            "note",
        )
    ]


def _changed(ratings: Ratings) -> list[Finding]:
    """What reading changed or left out."""
    changes = [note for note in ratings.notes if isinstance(note, DataNote)]
    if not changes:
        return []
    return [
        _finding(
            "Changed while reading", (), " ".join(changes), "Where that is not what you mean, correct the file.", "note"
        )
    ]


def _one_sided(ratings: Ratings) -> list[Finding]:
    """Ratings that are nearly all at one end of the scale."""
    low, high = ratings.scale
    tenth = (high - low) / 10
    ends = {
        "top": (int((ratings.V.data >= high - tenth).sum()), "good from better"),
        "bottom": (int((ratings.V.data <= low + tenth).sum()), "bad from worse"),
    }
    return [
        _finding(
            "Ratings at one end of the scale",
            (),
            f"{_share(count, ratings.n_ratings)} of the ratings lie in the {end} tenth of the scale {low:g}–{high:g}, and hardly "
            f"tell {apart}.",
            "Let blanks count as weak evidence: then what people chose tells something too.",
            "note",
        )
        for end, (count, apart) in ends.items()
        if count >= ONE_SIDED * ratings.n_ratings
    ]


def _crowded(what: str, ids: pd.Index, counts: NDArray[np.int64]) -> list[Finding]:
    """A tenth of the users or items that holds most of the ratings."""
    n_rated, total = int((counts > 0).sum()), int(counts.sum())
    top = np.argsort(-counts, kind="stable")[: n_rated // 10]
    if n_rated < FEWEST_FOR_CROWDS or counts[top].sum() <= CROWDED * total:
        return []
    share = _share(int(counts[top].sum()), total)
    advice = {
        "user": "See whether they are people or scripts; the fit follows them more than the others.",
        "item": "Compare recommendations with the most popular items, and trust the many others less.",
    }
    return [
        _finding(
            f"A few {what}s hold most ratings",
            ids[top],
            f"{len(top):,} of {n_rated:,} {what}s hold {share} of the ratings.",
            advice[what],
            "note",
        )
    ]


def _share(count: int, total: int) -> str:
    """A share in percent; 100% is said of all alone."""
    return "100%" if count == total else f"{min(count / total, 0.99):.0%}"


def _finding(title: str, names: Iterable[str], text: str, advice: str, severity: Severity = "limit") -> Finding:
    """A finding with its names."""
    return Finding(title, tuple(str(x) for x in names), text, advice, severity)
