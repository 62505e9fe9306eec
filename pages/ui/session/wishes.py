"""What somebody wishes of the lists on Recommend, by its widgets: features turned up or down, items left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from nmf_core import Ratings
from nmf_core.interpret.filters import known_kinds
from pages.ui.session import workspaces
from pages.ui.session.controls import HIDE, KIND, ONLY, RANK, TURNED

FACTORS = np.arange(0.0, 3.01, 0.25).tolist()  # times as much of a feature
HIDDEN = (10, 20, 50, 100, 200, 500, 1_000)  # most popular items that can be hidden


@dataclass(frozen=True)
class Wishes:
    """What is wished of a list.

    Attributes:
        factors: how many times as much of a feature, by its index, where that is not once; that after the last is what is finer
            than any name.
        only: features of which one must be an item's largest part.
        kinds: for a kind of what is known of items, the values of which an item must have one.
        hide: how many of the most popular items are left out.
    """

    factors: Mapping[int, float] = field(default_factory=dict)
    only: tuple[int, ...] = ()
    kinds: Mapping[str, list[str]] = field(default_factory=dict)
    hide: int = 0

    @property
    def filters(self) -> bool:
        """Whether items are left out."""
        return bool(self.hide or self.only or any(self.kinds.values()))


def key(name: str, of: object = "") -> str:
    """The key of a widget for the ratings that are open; `of` tells those of one name apart."""
    return f"{name}-{workspaces.current().key}-{of}"


def key_of_feature(f: int, rank: int) -> str:
    """The key of the slider of a feature: at another rank it is another feature."""
    return key(TURNED, f"{rank}-{f}")


def hidden() -> int:
    """How many of the most popular items are left out."""
    return int(st.session_state.get(key(HIDE)) or 0)


def only(rank: int | None = None) -> list[int]:
    """The features of which one must be an item's largest part; of the rank asked for where none is given."""
    return list(st.session_state.get(key(ONLY, rank or _rank())) or [])


def turned(rank: int | None = None) -> dict[int, float]:
    """How many times as much of a feature, where that is not once."""
    rank = rank or _rank()
    factors = {f: st.session_state.get(key_of_feature(f, rank), 1.0) for f in range(rank + 1)}
    return {f: float(factor) for f, factor in factors.items() if factor != 1.0}


def kinds() -> dict[str, list[str]]:
    """For a kind of what is known of items, the values of which an item must have one."""
    begins = key(KIND)
    held = {str(name).removeprefix(begins): name for name in st.session_state if str(name).startswith(begins)}
    return {kind: list(st.session_state[name]) for kind, name in held.items() if st.session_state[name]}


def hide(n: int) -> None:
    """Leave so many of the most popular out. This and the next three: call them before the widgets are drawn."""
    st.session_state[key(HIDE)] = n


def keep_only(features: list[int]) -> None:
    """Let one of these be an item's largest part."""
    st.session_state[key(ONLY, _rank())] = features


def turn(factors: Mapping[int, float]) -> None:
    """Let these be turned, and no others."""
    rank = _rank()
    for f in {*turned(rank), *factors}:
        st.session_state[key_of_feature(f, rank)] = factors.get(f, 1.0)


def keep_kinds(wanted: Mapping[str, list[str]]) -> None:
    """Let items have one of the values of each kind."""
    for kind in {*kinds(), *wanted}:
        st.session_state[key(KIND, kind)] = list(wanted.get(kind, []))


def steps(ratings: Ratings) -> list[int]:
    """How many popular items can be left out."""
    return [0, *(k for k in HIDDEN if k <= ratings.n_items // 2)]


def known(ratings: Ratings) -> dict[str, list[str]]:
    """`known_kinds`, read once."""
    return _known(ratings.fingerprint, 0 if ratings.item_info is None else id(ratings.item_info), ratings)


@st.cache_data(max_entries=8, scope="session", show_spinner=False)
def _known(fingerprint: str, told: int, _ratings: Ratings) -> dict[str, list[str]]:
    """As above; `told` tells one table about the items from another of the same ratings."""
    return known_kinds(_ratings)


def are_features(features: object) -> bool:
    """Whether these can be features of the rank asked for, or what is finer than any name."""
    return isinstance(features, list) and all(0 <= f <= _rank() for f in features)


def are_factors(factors: object) -> bool:
    """Whether these features can be turned so."""
    return isinstance(factors, dict) and are_features(list(factors)) and all(by in FACTORS for by in factors.values())


def are_kinds(wanted: object, ratings: Ratings) -> bool:
    """Whether this is known of the items."""
    if not isinstance(wanted, dict):
        return False
    there = known(ratings) if wanted else {}
    return all(kind in there and set(values) <= set(there[kind]) for kind, values in wanted.items())


def features_of_texts(texts: list[str]) -> list[int]:
    """Features from their numbers, which begin at 1; ValueError where one is none."""
    return [int(text) - 1 for text in texts]


def features_to_texts(features: list[int]) -> list[str]:
    """The same as texts."""
    return [str(f + 1) for f in features]


def factors_of_texts(texts: list[str]) -> dict[int, float]:
    """Factors from texts such as "2=0.5"; ValueError where one is none."""
    pairs = (text.split("=") for text in texts)
    return {int(number) - 1: float(factor) for number, factor in pairs}


def factors_to_texts(factors: Mapping[int, float]) -> list[str]:
    """The same as texts."""
    return [f"{f + 1}={factor:g}" for f, factor in factors.items()]


def kinds_of_texts(texts: list[str]) -> dict[str, list[str]]:
    """Kinds with their values from texts such as "genre=Crime"; ValueError where one is none."""
    found: dict[str, list[str]] = {}
    for text in texts:
        kind, value = text.split("=", 1)
        found.setdefault(kind, []).append(value)
    return found


def kinds_to_texts(wanted: Mapping[str, list[str]]) -> list[str]:
    """The same as texts. A kind with = in its name would not be read again, and is left out."""
    return [f"{kind}={value}" for kind, values in wanted.items() if "=" not in kind for value in values]


def _rank() -> int:
    """The rank that the sidebar asks for."""
    return int(st.session_state.get(RANK) or 1)
