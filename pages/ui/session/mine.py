"""What a visitor rates on the Recommend page: kept while other pages are looked at, and in the address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from nmf_core import Ratings
from nmf_core.interpret.newcomer import Choice
from nmf_core.interpret.recommend import scale_steps
from pages.ui.session import session, workspaces
from pages.ui.session.controls import MINE, MOST_MINE


def key(item: str) -> str:
    """The key of an item's slider."""
    return f"{MINE}-{item}"


def usual(steps: Sequence[float]) -> float:
    """What an item begins with: three quarters up the scale."""
    return float(steps[len(steps) * 3 // 4])


def begin(item: str, steps: Sequence[float]) -> str:
    """The key of an item's slider, which has a value from now on. Call it before the slider is drawn."""
    st.session_state.setdefault(key(item), usual(steps))
    return key(item)


def rated(ratings: Ratings) -> dict[str, float]:
    """What is rated now, in the order it was picked."""
    picked = st.session_state.get(MINE)
    if (
        not isinstance(picked, list) or not picked
    ):  # so of most runs: the steps of the scale are sought among all ratings
        return {}
    first = usual(scale_steps(ratings).tolist())
    return {str(item): st.session_state.get(key(item), first) for item in picked}


def is_asked(ratings: Ratings) -> bool:
    """Whether a visitor has rated something here, or the address says that they have."""
    try:
        asked = of_texts(st.query_params.get_all(MINE))
    except ValueError:
        asked = {}
    return bool(rated(ratings)) or (bool(asked) and are_ratings(asked, ratings))


def rate(own: dict[str, float]) -> None:
    """Let this be what is rated. Call it before the widgets are drawn."""
    st.session_state[MINE] = list(own)
    for item, rating in own.items():
        st.session_state[key(item)] = rating


def are_ratings(own: object, ratings: Ratings) -> bool:
    """Whether these can be somebody's ratings: of items that are there, on the scale's steps."""
    if not isinstance(own, dict) or len(own) > MOST_MINE:
        return False
    steps = scale_steps(ratings).tolist() if own else []
    return all(item in ratings.items and rating in steps for item, rating in own.items())


def of_texts(texts: list[str]) -> dict[str, float]:
    """Ratings from texts such as "Alien=4.5"; ValueError where one is none."""
    found = {}
    for text in texts:
        item, _, rating = text.rpartition("=")
        found[item] = float(rating)
    return found


def to_texts(own: dict[str, float]) -> list[str]:
    """The same as texts."""
    return [f"{item}={rating:.12g}" for item, rating in own.items()]


def add(item: str, rating: float) -> None:
    """Rate one more item. For a callback."""
    picked = st.session_state.get(MINE) or []
    st.session_state[MINE] = [*picked, item] if item not in picked else picked
    st.session_state[key(item)] = rating


def pass_over(item: str) -> None:
    """Somebody has not seen an item: it is not asked again. For a callback."""
    session.current().passed.setdefault(workspaces.current().key, []).append(item)


def passed(ratings: Ratings) -> list[str]:
    """The items that were passed over and are still there."""
    return [item for item in session.current().passed.get(workspaces.current().key, []) if item in ratings.items]


def choose(choice: Choice, answer: str) -> None:
    """One more choice between two shelves. For a callback."""
    session.current().choices.setdefault(workspaces.current().key, []).append((choice, answer))


def answers(ratings: Ratings) -> list[tuple[Choice, str]]:
    """The choices between shelves whose items are all still there."""
    made: list[tuple[Choice, str]] = session.current().choices.get(workspaces.current().key, [])
    return [one for one in made if all(item in ratings.items for item in (*one[0].this, *one[0].that))]


def forget_choices() -> None:
    """Begin the choices between shelves anew. For a callback."""
    session.current().choices.pop(workspaces.current().key, None)
