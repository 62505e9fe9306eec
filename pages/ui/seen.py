"""What is seen and so stands in the address: its parameters for the open ratings, each with its values and its default."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import partial
from typing import Any

import pandas as pd

from nmf_core import SOLVERS, Ratings, suggested_blanks
from nmf_core.fit.init import INITS
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.settings import MAX_SWEEPS, default_rank
from nmf_core.interpret.arrange import ORDERS
from nmf_core.study.split import SPLITS
from pages.ui import window
from pages.ui.charts import MODES
from pages.ui.session import controls, mine, wishes, workspaces
from pages.ui.session.address import Parameter, Parameters

AUTOMATIC = "automatic"  # the penalty that the ratings decide


def parameters(ratings: Ratings) -> Parameters:
    """What can be seen of these ratings, by its name in the address, which is the key of its widget."""
    suggested, _ = suggested_blanks(ratings)
    top = value_top(ratings)
    ranks = controls.top_surveyed(ratings)
    return {
        controls.RANK: _whole(1, controls.TOP_RANK, min(controls.TOP_RANK, default_rank(ratings))),
        controls.BLANKS: _one_of(controls.DIAL, suggested),
        controls.WEIGHT: _number(0.0, 1.0, 0.2, shown=controls.is_custom),
        controls.VALUE: _number(0.0, top, min(1.0, top), shown=controls.is_custom),
        controls.SOLVER: _one_of(SOLVERS, next(iter(SOLVERS))),
        controls.PENALTY: _penalty(),
        controls.INIT: _one_of(("auto", *INITS), "auto"),
        controls.SEED: _whole(0, 2**32 - 1, 0),
        controls.LOSS: _one_of(LOSSES, next(iter(LOSSES))),
        controls.SWEEPS: _whole(1, MAX_SWEEPS, 200),
        controls.MODE: _one_of(MODES, MODES[0], page="factors"),
        controls.WEIGHTS: _one_of((controls.CANONICAL, controls.SOLVED), controls.CANONICAL, page="factors"),
        controls.ORDER: _one_of(ORDERS, ORDERS[1] if window.is_large(ratings) else ORDERS[0], page="factors"),
        controls.ONLY_USERS: _some_of(ratings.users, "users", page="factors"),
        controls.ONLY_ITEMS: _some_of(ratings.items, "items", page="factors"),
        controls.CELL: Parameter(
            lambda cell: len(cell) == 2 and cell[0] in ratings.users and cell[1] in ratings.items,
            "a user and an item of these ratings",
            None,
            page="factors",
            read=tuple,
            write=lambda cell: list(cell or ()),
            get=workspaces.selected_cell,
            put=workspaces.select_cell,
        ),
        controls.SURVEY_TOP: _whole(1, ranks, controls.usual_top(ratings), page="rank"),
        controls.FOLDS: _whole(2, 20, 5, page="rank"),
        controls.SURVEY_SPLIT: _one_of(SPLITS if ratings.times is not None else SPLITS[:1], SPLITS[0], page="rank"),
        controls.JUDGED_FOLDS: _whole(2, 20, 5, page="evaluate"),
        controls.HIDDEN: _one_of(SPLITS, SPLITS[0], page="evaluate"),
        controls.USER: Parameter(
            lambda user: user in ratings.users, "a user of these ratings", str(ratings.users[0]), page="recommend"
        ),
        controls.TAB: Parameter(
            lambda tab: tab in controls.TABS.values(),
            f"one of {', '.join(controls.TABS)}",
            # Known before the page is drawn: an address that changed once more would be a step back that leads nowhere.
            controls.MINE_TAB if mine.is_asked(ratings) else controls.PERSON_TAB,
            page="recommend",
            read=_tab,
            write=lambda tab: [word for word, title in controls.TABS.items() if title == tab],
        ),
        controls.ITEM: Parameter(
            lambda item: item in ratings.items, "an item of these ratings", _most_rated(ratings), page="recommend"
        ),
        controls.HOW_MANY: _whole(3, controls.MOST_LISTED, 8, page="recommend"),
        controls.FEATURE: _whole(1, controls.TOP_RANK, 1, page="labels"),
        controls.BALANCE: Parameter(
            lambda value: value in controls.BALANCES,
            f"one of {', '.join(f'{value:g}' for value in controls.BALANCES)}",
            0.5,
            page="labels",
            read=_float,
        ),
        controls.TURNED: Parameter(
            wishes.are_factors,
            f"numbers of features, each with = and a factor behind it, from 0 to {wishes.FACTORS[-1]:g} by quarters",
            {},
            page="recommend",
            read=wishes.factors_of_texts,
            write=wishes.factors_to_texts,
            get=wishes.turned,
            put=wishes.turn,
        ),
        controls.ONLY: Parameter(
            wishes.are_features,
            "numbers of features",
            [],
            page="recommend",
            read=wishes.features_of_texts,
            write=wishes.features_to_texts,
            get=wishes.only,
            put=wishes.keep_only,
        ),
        controls.KIND: Parameter(
            partial(wishes.are_kinds, ratings=ratings),
            "what is known of these items, a kind with = and a value behind it",
            {},
            page="recommend",
            read=wishes.kinds_of_texts,
            write=wishes.kinds_to_texts,
            get=wishes.kinds,
            put=wishes.keep_kinds,
        ),
        controls.HIDE: Parameter(
            lambda n: n in wishes.steps(ratings),
            f"one of {', '.join(map(str, wishes.steps(ratings)))}",
            0,
            page="recommend",
            read=_int,
            write=lambda n: [str(n)] if n else [],
            get=wishes.hidden,
            put=wishes.hide,
        ),
        controls.PLANE: _one_of(controls.PLANES, controls.PLANES[0], page="map"),
        controls.ACROSS: _whole(1, controls.TOP_RANK, 1, page="map"),
        controls.UP: _whole(1, controls.TOP_RANK, 2, page="map"),
        controls.COLOURED: _one_of(controls.COLOURINGS, controls.COLOURINGS[0], page="map"),
        controls.MINE: Parameter(
            lambda own: mine.are_ratings(own, ratings),
            f"items of these ratings, each with = and a rating behind it, {controls.MOST_MINE} at most",
            {},
            page="recommend",
            read=mine.of_texts,
            write=mine.to_texts,
            get=lambda: mine.rated(ratings),
            put=mine.rate,
        ),
        controls.LEAST: Parameter(
            lambda value: value is None or (isinstance(value, int) and _within(1, controls.MOST_LEAST, value)),
            f"a whole number from 1 to {controls.MOST_LEAST}",
            None,
            read=_int,
            write=lambda value: [] if value is None else [str(value)],
        ),
    }


def value_top(ratings: Ratings) -> float:
    """The most that a blank may count, in rating points."""
    return max(float(ratings.scale[1]), 1.0)


def _tab(texts: list[str]) -> str:
    """The tab that a word means."""
    if texts[-1] not in controls.TABS:
        raise ValueError(texts[-1])
    return controls.TABS[texts[-1]]


def _most_rated(ratings: Ratings) -> str:
    """The item with most ratings, of several the first by name: it tells most of itself."""
    by_name = ratings.item_order
    return str(ratings.items[by_name[ratings.item_counts[by_name].argmax()]])


def _one_of(options: Collection[str], default: str, page: str = "") -> Parameter:
    """A word of several."""
    return Parameter(partial(_among, options), f"one of {', '.join(options)}", default, page)


def _among(options: Collection[str], value: object) -> bool:
    """Whether a value is one of the words."""
    return isinstance(value, str) and value in options


def _number(low: float, high: float, default: float, **more: Any) -> Parameter:
    """A number of a range."""
    return Parameter(partial(_within, low, high), f"a number from {low:g} to {high:g}", default, read=_float, **more)


def _whole(low: int, high: int, default: int, page: str = "") -> Parameter:
    """A whole number of a range."""
    return Parameter(
        lambda value: isinstance(value, int) and _within(low, high, value),
        f"a whole number from {low} to {high}",
        default,
        page,
        read=_int,
    )


def _penalty() -> Parameter:
    """λ, or the word for one that the ratings decide."""
    return Parameter(
        lambda value: value is None or _within(0.0, 100.0, value),
        f"a number from 0 to 100, or {AUTOMATIC}",
        None,
        read=lambda texts: None if texts[-1] == AUTOMATIC else _float(texts),
        write=lambda value: [AUTOMATIC if value is None else f"{value:.12g}"],
    )


def _some_of(ids: pd.Index, what: str, page: str) -> Parameter:
    """A few ids."""
    return Parameter(
        lambda value: isinstance(value, list) and all(one in ids for one in value),
        f"{what} of these ratings",
        [],
        page,
        read=list,
        write=list,
    )


def _within(low: float, high: float, value: object) -> bool:
    """Whether a value is a number of the range; NaN is in none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _float(texts: list[str]) -> float:
    """A finite number."""
    number = float(texts[-1])
    if not math.isfinite(number):
        raise ValueError(texts[-1])
    return number


def _int(texts: list[str]) -> int:
    """A whole number, also as 3.0; what is too long for one is none."""
    number = _float(texts)
    if not number.is_integer():
        raise ValueError(texts[-1])
    return int(number)
