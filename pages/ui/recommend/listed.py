"""A list as every part of the page draws it: its bars, what is turned up or left out and what that costs, and its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st

from nmf_core import Ratings
from nmf_core.fit.problem import Array
from nmf_core.interpret.features import taste_of
from nmf_core.interpret.filters import given_up, known_kinds, largest_parts, left_out, turned
from nmf_core.interpret.recommend import recommend_weights
from nmf_core.interpret.shelves import shelves_of
from pages.ui import charts, show, text
from pages.ui.session import brush, session, workspaces
from pages.ui.work import view as views
from pages.ui.work.lists import Lists
from pages.ui.work.view import Ready

MOST_TURNED, STEP = 3.0, 0.25  # times as much of a feature, by its slider
SLIDERS = 12  # features that have one; those that this person has most of
HIDDEN = (10, 20, 50, 100, 200, 500, 1_000)  # most popular items that can be hidden


@dataclass(frozen=True, eq=False)
class Whose:
    """Whose list it is, and how much of it is shown.

    Attributes:
        key: what tells this list's widgets from those of another on the page.
        own: their ratings, item → rating; not listed.
        weights: (rank,) of the fit that makes lists.
        taste: (rank,) of the named fit.
        n, least: how many items, and the fewest ratings of one.
        file: the name of the file that the list leaves in.
    """

    key: str
    own: Mapping[str, float]
    weights: Array
    taste: Array
    n: int
    least: int
    file: str


@dataclass(frozen=True)
class Wishes:
    """What the widgets ask of a list."""

    factors: Mapping[int, float]
    only: tuple[int, ...]
    kinds: Mapping[str, list[str]]
    hide: int

    @property
    def any(self) -> bool:
        """Whether the list is not the usual one."""
        return bool(self.hide or self.only or any(self.kinds.values()) or self.factors)


USUAL = Wishes({}, (), {}, 0)


def panel(view: Ready, lists: Lists, whose: Whose, below: Callable[[pd.DataFrame], None] | None = None) -> None:
    """The list with its controls, which draw it alone anew; `below` draws what belongs to it."""
    st.fragment(_panel)(view, lists, whose, below)


def _panel(view: Ready, lists: Lists, whose: Whose, below: Callable[[pd.DataFrame], None] | None) -> None:
    """As above."""
    wishes = _wishes(view, lists, whose)
    frame = _frame(view, lists, whose, wishes)
    if len(frame) == 0:
        _nothing(view, whose, wishes)
        return
    _draw(view, lists, whose, frame)
    if wishes.hide or wishes.only or any(wishes.kinds.values()):
        usual = _frame(view, lists, whose, Wishes(wishes.factors, (), {}, 0))
        st.caption(
            f":material/filter_alt: What is left out costs {given_up(usual, frame):.0%} of the mean score of this list, "
            f"{text.number(float(usual['score'].mean()))} without it."
        )
    if wishes.factors:
        st.caption("Scores are those of the features as they are turned; each bar is still the sum of its parts.")
    if below is not None:
        below(frame)


def usual_first(view: Ready, lists: Lists, whose: Whose) -> str | None:
    """The first item of the list as it is without anything turned or left out; None where there is none."""
    frame = _frame(view, lists, replace(whose, n=1), USUAL)
    return str(frame["item"].iloc[0]) if len(frame) else None


def _frame(view: Ready, lists: Lists, whose: Whose, wishes: Wishes) -> pd.DataFrame:
    """The list that is wished for."""
    shelves = None if lists.under is None else shelves_of(lists.under)
    weights = turned(whose.weights, wishes.factors, shelves)
    gone = left_out(view.ratings, kinds=wishes.kinds, hide_popular=wishes.hide)
    if wishes.only:
        gone |= ~np.isin(largest_parts(lists.fit, weights, shelves), wishes.only)
    hidden = dict.fromkeys(view.ratings.items[gone].tolist(), 0.0)
    return recommend_weights(
        lists.fit,
        view.ratings,
        weights,
        rated={**hidden, **whose.own},
        n=whose.n,
        labels=view.labels,
        least=whose.least,
        under=lists.under,
    )


def _wishes(view: Ready, lists: Lists, whose: Whose) -> Wishes:
    """The controls of a list: what is turned, what is left out."""
    ratings = view.ratings
    part = f"{whose.key}-{workspaces.current().key}-{view.fit.rank}"
    with st.expander("Turn features up or down, filter, hide the popular", icon=":material/tune:"):
        factors = _turned(lists, whose, part)
        left, right = st.columns(2)
        only = left.multiselect(
            "Only items whose largest part is",
            range(len(lists.names)),
            key=session.numbered(f"only-{part}"),
            format_func=lists.names.__getitem__,
            placeholder="any feature",
            select_all=False,
        )
        steps = [0, *(k for k in HIDDEN if k <= ratings.n_items // 2)]
        hide = 0
        if len(steps) > 1:
            hide = right.select_slider(
                "Hide the most popular",
                steps,
                key=session.numbered(f"hide-{part}"),
                format_func=lambda k: f"{k:,} items" if k else "none",
            )
        kinds = _kinds(ratings, part)
        if factors or only or hide or any(kinds.values()):
            st.button("As it was", icon=":material/undo:", key=f"undo-{part}", on_click=_undo, args=(part,))
    return Wishes(factors, tuple(only), kinds, int(hide))


def _undo(part: str) -> None:
    """Begin all controls of a list anew."""
    for name in ("only", "hide", "turn", "kind"):
        session.renumber(f"{name}-{part}")


def _turned(lists: Lists, whose: Whose, part: str) -> dict[int, float]:
    """A slider for each of the features that matter most to this person; those that were turned."""
    shares = taste_of(lists.fit, whose.weights[None, :])[0]
    if lists.under is not None:
        shares = np.bincount(shelves_of(lists.under).of, shares, minlength=len(lists.names))
    shown = sorted(np.argsort(-shares, kind="stable")[:SLIDERS].tolist())
    columns, factors = st.columns(4), {}
    for place, f in enumerate(shown):
        factor = columns[place % 4].slider(
            text.md(text.cut(lists.names[f], 28)),
            0.0,
            MOST_TURNED,
            1.0,
            STEP,
            format="%.2f ×",
            key=f"{session.numbered(f'turn-{part}')}-{f}",
        )
        if factor != 1.0:
            factors[int(f)] = float(factor)
    return factors


def _kinds(ratings: Ratings, part: str) -> dict[str, list[str]]:
    """What is asked for of what is known of the items."""
    known = _known(ratings.fingerprint, _told(ratings), ratings)
    if not known:
        return {}
    columns = st.columns(min(len(known), 3))
    return {
        kind: columns[place % len(columns)].multiselect(
            f"Only {kind}",
            values,
            key=f"{session.numbered(f'kind-{part}')}-{kind}",
            placeholder="any",
            select_all=False,
        )
        for place, (kind, values) in enumerate(known.items())
    }


def _told(ratings: Ratings) -> int:
    """What tells one table about the items from another of the same ratings."""
    return 0 if ratings.item_info is None else id(ratings.item_info)


@st.cache_data(max_entries=8, scope="session", show_spinner=False)
def _known(fingerprint: str, told: int, _ratings: Ratings) -> dict[str, list[str]]:
    """`known_kinds`, read once."""
    return known_kinds(_ratings)


def _draw(view: Ready, lists: Lists, whose: Whose, frame: pd.DataFrame) -> None:
    """The bars, and what to beware of."""
    from nmf_core.export import file_name, tables

    _, items = brush.brushed(view.ratings)
    marked = dict.fromkeys(set(items) & set(frame["item"]), text.MARK)
    drawn = charts.recommendations(
        frame,
        lists.columns,
        lists.names,
        lists.colours,
        look=views.look(),
        limit=view.ratings.scale[1],
        marked=marked,
    )
    show.chart(drawn, whose.key)
    st.download_button(
        f"Download these {text.many(len(frame), 'item')} (CSV)",
        data=lambda: tables.csv(frame),
        file_name=file_name(workspaces.current().title, whose.file, "csv"),
        mime="text/csv",
        key=f"{whose.key}-list-download",
        on_click="ignore",
        icon=":material/download:",
    )
    few = int((view.ratings.item_counts < whose.least).sum())
    not_listed = (
        f" Not listed, being too few to tell: {text.many(few, 'item')} with fewer than {text.many(whose.least, 'rating')}."
        if few
        else ""
    )
    st.caption(
        f"Each bar is a sum: one part a feature, in its colour. {text.score_meaning(view.fit)}{not_listed}"
        + (f" {text.MARK} is brushed on the map." if marked else "")
    )
    for warning in [w for w in frame["warning"] if w][:3]:
        st.caption(f":material/warning: {text.md(warning)}")


def _nothing(view: Ready, whose: Whose, wishes: Wishes) -> None:
    """Why there is no list."""
    if wishes.any:
        st.info("Nothing is left of the list under these filters. Take one of them back.")
    elif len(whose.own) < view.ratings.n_items:
        st.info(
            f"What is left to recommend has fewer than {text.many(whose.least, 'rating')}: too few to tell. Lower *Fewest ratings* "
            "to see it."
        )
    else:
        st.info("Everything here is rated already. Pick someone else, or add items on the Ratings page.")
