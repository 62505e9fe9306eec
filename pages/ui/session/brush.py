"""The people and items that were brushed on the map: kept for these ratings while other pages are looked at."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from nmf_core import Ratings
from pages.ui.session import session, workspaces


def brushed(ratings: Ratings) -> tuple[list[str], list[str]]:
    """The people and the items that are brushed and still there."""
    users, items = session.current().brushed.get(workspaces.current().key, ((), ()))
    return _still(users, ratings.users), _still(items, ratings.items)


def brush(users: Iterable[str], items: Iterable[str]) -> None:
    """Let these be brushed; none at all takes the brush away."""
    held, key = session.current().brushed, workspaces.current().key
    held[key] = (tuple(users), tuple(items))
    if not any(held[key]):
        del held[key]


def _still(ids: Iterable[str], index: pd.Index) -> list[str]:
    """Those that are there, in the order of the ratings."""
    wanted = pd.Index(list(ids), dtype="str")
    return index[index.isin(wanted)].tolist() if len(wanted) else []
