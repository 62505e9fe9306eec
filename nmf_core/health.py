"""The health check: what about the ratings themselves limits what any fit can say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from nmf_core.ratings import Ratings


@dataclass(frozen=True)
class Finding:
    """One thing to know: what it is, whom it concerns (all of them), and what to do."""

    title: str
    names: tuple[str, ...]
    text: str
    advice: str


def check_health(ratings: Ratings, rank: int = 2) -> list[Finding]:
    """What in these ratings limits a fit of this rank, most serious first; empty where nothing does.

    >>> from nmf_core import datasets
    >>> [finding.title for finding in check_health(datasets.notebook(), rank=2)]
    ['Items with fewer ratings than features']
    """
    found: list[Finding] = []
    # Users and items are the nodes; a rating joins two. Ones, since a rating of 0 joins them as well.
    ones = sparse.csr_array((np.ones(ratings.n_ratings), ratings.V.indices, ratings.V.indptr), shape=ratings.V.shape)
    parts, part = connected_components(sparse.block_array([[None, ones], [ones.T, None]]), directed=False)
    rated = np.concatenate([ratings.user_counts, ratings.item_counts]) > 0
    sizes = np.bincount(part[rated], minlength=parts)
    if (sizes > 0).sum() > 1:
        small = np.nonzero((part != sizes.argmax()) & rated)[0]
        names = [*ratings.users, *ratings.items]
        found.append(
            _finding(
                "The grid falls apart",
                [names[k] for k in small],
                f"{int((sizes > 0).sum())} groups of users and items share no rating; no feature can be compared across them.",
                "Add ratings that join them, or look at each group by itself.",
            )
        )
    for what, ids, counts in (
        ("Users", ratings.users, ratings.user_counts),
        ("Items", ratings.items, ratings.item_counts),
    ):
        none, few = ids[counts == 0], ids[(counts > 0) & (counts < rank)]
        if len(none):
            found.append(
                _finding(
                    f"{what} without ratings",
                    none,
                    f"{_many(len(none), what)} no ratings: nothing is known of them.",
                    "Rate them, or take them out.",
                )
            )
        if len(few):
            found.append(
                _finding(
                    f"{what} with fewer ratings than features",
                    few,
                    f"{_many(len(few), what)} fewer ratings than the {rank} features: their weights are a guess.",
                    "Add ratings, or take a smaller rank.",
                )
            )
    constant = ratings.users[_constant_rows(ratings)]
    if len(constant):
        found.append(
            _finding(
                "Users who rate everything alike",
                constant,
                f"{len(constant)} users gave one and the same rating to all they rated (two or more): they tell nothing of taste.",
                "Keep them if they mean it; they cannot set features apart.",
            )
        )
    return found


def _many(count: int, what: str) -> str:
    """ "1 item has", "3 items have"."""
    return f"1 {what.lower()[:-1]} has" if count == 1 else f"{count} {what.lower()} have"


def _constant_rows(ratings: Ratings) -> NDArray[np.bool_]:
    """(n_users,) whether a user with two or more ratings gave them all the same."""
    rows = np.repeat(np.arange(ratings.n_users), ratings.user_counts)
    low, high = np.full(ratings.n_users, np.inf), np.full(ratings.n_users, -np.inf)
    np.minimum.at(low, rows, ratings.V.data)
    np.maximum.at(high, rows, ratings.V.data)
    return (low == high) & (ratings.user_counts >= 2)


def _finding(title: str, names: Iterable[str], text: str, advice: str) -> Finding:
    """A finding with its names."""
    return Finding(title, tuple(str(x) for x in names), text, advice)
