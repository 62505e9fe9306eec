"""The sidebar's values: their keys, which are parameters of the address too, the `Settings` they make, and their defaults."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

import streamlit as st

from nmf_core import SOLVERS, Ratings, Settings, suggested_blanks
from nmf_core.fit.factorize import check_settings
from nmf_core.fit.init import INITS
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.settings import BLANK_PRESETS, MAX_SWEEPS, default_rank
from pages.ui.session.allowed import Allowed, Number, Words

# Widgets with these keys live in the sidebar; each is a query parameter of the same name.
DATA, BLANKS, WEIGHT, VALUE, RANK, SOLVER = "data", "blanks", "weight", "value", "rank", "solver"
PENALTY, INIT, SEED, LOSS, SWEEPS = "penalty", "init", "seed", "loss", "sweeps"
# What pages show, likewise: what V shows, the form of W and H, rows and columns, the open cell, the survey, the person.
MODE, WEIGHTS, ORDER, CELL = "mode", "weights", "order", "cell"
ONLY_USERS, ONLY_ITEMS = "only_users", "only_items"
SURVEY_TOP, FOLDS, SURVEY_SPLIT, USER, HOW_MANY = "survey_top", "survey_folds", "survey_split", "user", "how_many"
JUDGED_FOLDS, HIDDEN = "judged_folds", "hidden"  # on Evaluate: of random folds, and which split is shown
MINE, MOST_MINE = "mine", 20  # what a visitor rates, and as many items as can be
TAB, ITEM = "tab", "item"  # who or what is looked at on the Recommend page
PERSON_TAB, ITEM_TAB, MINE_TAB = "Someone in the ratings", "An item", "Me: rate a few"
TABS = {"person": PERSON_TAB, "item": ITEM_TAB, "me": MINE_TAB}  # its word in the address → what it says
MOST_LISTED = 100  # recommendations
TURNED, ONLY, KIND, HIDE = "turned", "only", "kind", "hide"  # what is wished of a list
PLANE, ACROSS, UP, COLOURED = "plane", "across", "up", "coloured"  # the map
PLANES, COLOURINGS = ("tastes", "features"), ("feature", "served")
LEAST, MOST_LEAST = "least", 1_000_000  # the fewest ratings of an item that is listed
FEATURE, BALANCE = "feature", "balance"  # the Labels page: whose card is open, from 1; how its items are chosen
BALANCES = (0.0, 0.25, 0.5, 0.75, 1.0)  # from those that score highest to those that set it apart
SHARED = (DATA, BLANKS, WEIGHT, VALUE, RANK, SOLVER, PENALTY, INIT, SEED, LOSS, SWEEPS)
CANONICAL, SOLVED = "canonical", "solver"  # the values of WEIGHTS
OWN = "own"  # the value of DATA for ratings of one's own that could not be kept
CUSTOM = "own"  # the value of BLANKS for a weight and value of one's own
DIAL = (*BLANK_PRESETS, CUSTOM)
PROJECT, VIEW, COPY = "project", "view", "copy"
TOP_RANK = 50
# What each may be, from wherever it comes.
ALLOWED: dict[str, Allowed] = {
    BLANKS: Words(DIAL),
    WEIGHT: Number(0, 1),
    VALUE: Number(0, 1e15),
    RANK: Number(1, TOP_RANK, whole=True),
    SOLVER: Words(tuple(SOLVERS)),
    PENALTY: Number(0, 100),
    INIT: Words(("auto", *INITS)),
    SEED: Number(0, 2**32 - 1, whole=True),
    LOSS: Words(tuple(LOSSES)),
    SWEEPS: Number(1, MAX_SWEEPS, whole=True),
}


def settings(ratings: Ratings) -> Settings:
    """The sidebar's settings; a rank that is not set is what the ratings suggest.

    Raises:
        SettingsError: they do not go together; the sidebar shows it.
    """
    return settings_of(widgets(), ratings)


def settings_of(held: Mapping[str, Any], ratings: Ratings) -> Settings:
    """The settings that widgets with these values make, once it is sure that these ratings can be fitted under them.

    Raises:
        SettingsError: they do not go together.
    """
    plain = Settings()
    dial = held.get(BLANKS) or plain.blanks
    made = Settings(
        rank=held.get(RANK) or default_rank(ratings),
        solver=held.get(SOLVER) or plain.solver,
        blanks=(held[WEIGHT], held[VALUE]) if dial == CUSTOM else dial,
        loss=held.get(LOSS) or plain.loss,
        init=held.get(INIT) or plain.init,
        penalty=held.get(PENALTY),
        seed=held.get(SEED) or 0,
        max_sweeps=held.get(SWEEPS) or plain.max_sweeps,
    )
    check_settings(ratings, made)
    return made


def is_custom() -> bool:
    """Whether a blank counts what somebody set for themselves."""
    return bool(st.session_state.get(BLANKS) == CUSTOM)


def set_widgets(**values: object) -> None:
    """Set sidebar widgets from a button elsewhere. Call it from a callback."""
    st.session_state.update(values)


def held(name: str, usual: Any = None) -> Any:
    """What a widget holds, to be given as its default too.

    What is set by its key the browser is told once, by the run that sets it. Where another run follows before the widget has
    been drawn, on a slow machine or line, it is never told: it would show the default, and send that back as if it were chosen.
    """
    return st.session_state.get(name, usual)


def held_number(name: str, usual: float | None = None) -> float | None:
    """The same of a number that need not be whole: of an address or what was kept it may be one that is."""
    value = held(name, usual)
    return None if value is None else float(value)


def at_most(name: str, most: int) -> None:
    """Let a number be no more than what there is now. Call it before its widget is drawn."""
    if isinstance(st.session_state.get(name), int):
        st.session_state[name] = min(st.session_state[name], most)


def use_defaults(ratings: Ratings, spared: Collection[str] = ()) -> None:
    """Set rank, the dial and the survey's ranks as ratings suggest, but for those `spared`. Call it from a callback."""
    usual = (
        (RANK, default_rank(ratings)),
        (BLANKS, suggested_blanks(ratings)[0]),
        (SURVEY_TOP, usual_top(ratings)),
    )
    for name, value in usual:
        if name not in spared:
            st.session_state[name] = value


def top_surveyed(ratings: Ratings) -> int:
    """The largest rank that a survey of these ratings reaches."""
    return max(1, min(ratings.n_users, ratings.n_items, TOP_RANK))


def usual_top(ratings: Ratings) -> int:
    """The largest rank that a survey tries where nobody said another: some more than the ratings open with."""
    return min(top_surveyed(ratings), max(8, default_rank(ratings) + 4))


def widgets() -> dict[str, Any]:
    """The sidebar's widgets, but for the ratings."""
    return {name: st.session_state.get(name) for name in SHARED if name != DATA}


def set_back(held: dict[str, Any]) -> None:
    """Set the sidebar as `widgets` gave it. Call it from a callback."""
    st.session_state.update({name: value for name, value in held.items() if value is not None})
    st.session_state[PENALTY] = held[PENALTY]


def to_text() -> str:
    """The sidebar's settings as they are kept with a project."""
    return json.dumps({name: value for name, value in widgets().items() if isinstance(value, str | int | float)})


def from_text(text: str, spared: Collection[str] = ()) -> None:
    """Set the sidebar as a project keeps it, but for the widgets `spared`."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return
    for name, allowed in ALLOWED.items():
        if isinstance(found, dict) and name in found and name not in spared:
            with suppress(ValueError):  # what is none of its values is as good as not kept
                st.session_state[name] = allowed.checked(found[name])


def least() -> int | None:
    """The fewest ratings of an item that is listed, as somebody set it; None for the usual number."""
    asked = st.session_state.get(LEAST)
    return None if asked is None else int(asked)
