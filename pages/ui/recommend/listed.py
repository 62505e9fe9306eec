"""A list as every part of the page draws it: its bars, what is turned up or left out and what that costs, and its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from nmf_core import Ratings
from nmf_core.fit.problem import Array
from nmf_core.interpret.features import taste_of
from nmf_core.interpret.filters import given_up, largest_parts, left_out, turned
from nmf_core.interpret.recommend import recommend_weights
from nmf_core.interpret.shelves import FINER, shelves_of
from pages.ui import charts, seen, show, text
from pages.ui.session import address, brush, controls, wishes, workspaces
from pages.ui.session.wishes import Wishes
from pages.ui.work import view as views
from pages.ui.work.lists import Lists
from pages.ui.work.view import Ready

SLIDERS = 12  # features that have one; those that this person has most of, and those that are turned


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


def panel(view: Ready, lists: Lists, whose: Whose, below: Callable[[pd.DataFrame], None] | None = None) -> None:
    """The list with its controls, which draw it alone anew; `below` draws what belongs to it."""
    st.fragment(_panel)(view, lists, whose, below)


def _panel(view: Ready, lists: Lists, whose: Whose, below: Callable[[pd.DataFrame], None] | None) -> None:
    """As above."""
    wished = _wished(view, lists, whose)
    frame = _frame(view, lists, whose, wished)
    if len(frame) == 0:
        _nothing(view, whose, wished)
        return
    _draw(view, lists, whose, frame)
    if wished.filters:
        usual = _frame(view, lists, whose, Wishes(wished.factors))
        st.caption(
            f":material/filter_alt: What is left out costs {given_up(usual, frame):.0%} of the mean score of this list, "
            f"{text.number(float(usual['score'].mean()))} without it."
        )
    if wished.factors:
        st.caption("Scores are those of the features as they are turned; each bar is still the sum of its parts.")
    if below is not None:
        below(frame)


def usual_first(view: Ready, lists: Lists, whose: Whose) -> str | None:
    """The first item of the list as it is without anything turned or left out; None where there is none."""
    frame = _frame(view, lists, replace(whose, n=1), Wishes())
    return str(frame["item"].iloc[0]) if len(frame) else None


def _frame(view: Ready, lists: Lists, whose: Whose, wished: Wishes) -> pd.DataFrame:
    """The list that is wished for."""
    shelves = None if lists.under is None else shelves_of(lists.under)
    weights = turned(whose.weights, wished.factors, shelves)
    gone = left_out(view.ratings, kinds=wished.kinds, hide_popular=wished.hide)
    if wished.only:
        gone |= ~np.isin(largest_parts(lists.fit, weights, shelves), wished.only)
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


def _wished(view: Ready, lists: Lists, whose: Whose) -> Wishes:
    """The controls of a list: what is turned, what is left out."""
    ratings, rank = view.ratings, view.fit.rank
    with st.expander("Turn features up or down, filter, hide the popular", icon=":material/tune:"):
        factors = _turned(lists, whose, rank)
        left, right = st.columns(2)
        # A finer fit may be on its way to what an address asks for.
        features = sorted({*range(len(lists.names)), *wishes.only(rank)})
        only = left.multiselect(
            "Only items whose largest part is",
            features,
            wishes.only(rank),
            key=wishes.key(controls.ONLY, rank),
            format_func=partial(_name, lists),
            placeholder="any feature",
            select_all=False,
            on_change=_said,
            persist_state="session",
        )
        steps = wishes.steps(ratings)
        hide = 0
        if len(steps) > 1:
            hide = right.select_slider(
                "Hide the most popular",
                steps,
                wishes.hidden(),
                key=wishes.key(controls.HIDE),
                format_func=lambda k: f"{k:,} items" if k else "none",
                on_change=_said,
                persist_state="session",
            )
        wished = Wishes(factors, tuple(only), _kinds(ratings), int(hide))
        if factors or wished.filters:
            st.button("As it was", icon=":material/undo:", key=f"undo-{whose.key}", on_click=_undo)
    return wished


def _said() -> None:
    """Let the address say what is wished now: what draws a list alone anew does not come by the sidebar, which does. A callback."""
    address.write(seen.parameters(workspaces.current().ratings))


def _undo() -> None:
    """Wish for nothing any more. A callback."""
    wishes.turn({})
    wishes.keep_only([])
    wishes.keep_kinds({})
    wishes.hide(0)
    _said()


def _name(lists: Lists, f: int) -> str:
    """The name of a part of a score."""
    return lists.names[f] if f < len(lists.names) else FINER


def _turned(lists: Lists, whose: Whose, rank: int) -> dict[int, float]:
    """A slider for each of the features that matter most to this person, and for those that are turned; these are given back."""
    shares = taste_of(lists.fit, whose.weights[None, :])[0]
    if lists.under is not None:
        shares = np.bincount(shelves_of(lists.under).of, shares, minlength=len(lists.names))
    most = np.argsort(-shares, kind="stable")[:SLIDERS].tolist()
    columns, factors = st.columns(4), {}
    for place, f in enumerate(sorted({*most, *wishes.turned(rank)})):
        key = wishes.key_of_feature(f, rank)
        st.session_state.setdefault(key, 1.0)
        factor = columns[place % 4].slider(
            text.md(text.cut(_name(lists, f), 28)),
            wishes.FACTORS[0],
            wishes.FACTORS[-1],
            controls.held(key),
            step=wishes.FACTORS[1],
            format="%.2f ×",
            key=key,
            on_change=_said,
            persist_state="session",
        )
        if factor != 1.0:
            factors[f] = float(factor)
    return factors


def _kinds(ratings: Ratings) -> dict[str, list[str]]:
    """What is asked for of what is known of the items."""
    known = wishes.known(ratings)
    if not known:
        return {}
    columns = st.columns(min(len(known), 3))
    return {
        kind: columns[place % len(columns)].multiselect(
            f"Only {kind}",
            values,
            wishes.kinds().get(kind),
            key=wishes.key(controls.KIND, kind),
            placeholder="any",
            select_all=False,
            on_change=_said,
            persist_state="session",
        )
        for place, (kind, values) in enumerate(known.items())
    }


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


def _nothing(view: Ready, whose: Whose, wished: Wishes) -> None:
    """Why there is no list."""
    if wished.factors or wished.filters:
        st.info("Nothing is left of the list under these filters. Take one of them back.")
    elif len(whose.own) < view.ratings.n_items:
        st.info(
            f"What is left to recommend has fewer than {text.many(whose.least, 'rating')}: too few to tell. Lower *Fewest ratings* "
            "to see it."
        )
    else:
        st.info("Everything here is rated already. Pick someone else, or add items on the Ratings page.")
