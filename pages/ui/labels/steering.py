"""Steering one feature on the Labels page: what it shall be, a refit that obeys, and the price of that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st

from nmf_core import NmfError, Settings, price_of_a_name
from nmf_core.interpret import steering
from nmf_core.interpret.features import top_items
from nmf_core.study.price import STOPS
from pages.ui import text
from pages.ui.session import session, steered
from pages.ui.work import fits, progress, studies
from pages.ui.work.jobs import Progress
from pages.ui.work.view import Ready

KEEP, START, MERGE, SPLIT, LESS = (
    "Keep this one as it is",
    "Start from these items",
    "Merge with another",
    "Split in two",
    "Less of an item",
)
OFFERED = 1_000  # items in a list to choose from, most rated first


def panel(view: Ready, f: int) -> None:
    """An expander that steers feature f, drawn once somebody opens it."""
    box = st.expander("Steer this feature", icon=":material/tune:", key=f"steer-{f}", on_change="rerun")
    if not box.open:
        return
    with box:
        if view.newer is not None:
            st.caption("Another fit is on its way; steer it once it is there.")
            return
        _result(view, f)
        what = st.segmented_control("What shall it be?", [KEEP, START, MERGE, SPLIT, LESS], key=f"steer-what-{f}")
        if what is None:
            st.caption("All other features are fitted freely, beside what you ask for.")
            return
        ask = _asked(view, f, what)
        st.button(
            "Refit that obeys",
            type="primary",
            icon=":material/play_arrow:",
            key=f"steer-go-{f}",
            disabled=ask is None,
            on_click=_wish,
            args=(view, ask),
        )


def _asked(view: Ready, f: int, what: str) -> Callable[[], Settings] | None:
    """What makes the settings of the refit; None while something is still to be chosen."""
    fit, ratings = view.fit, view.ratings
    if what in (KEEP, START, LESS):
        strength = st.slider(
            "How strongly",
            0.0,
            1.0,
            steering.STARTED if what == START else 1.0,
            0.05,
            key=f"steer-strength-{what}-{f}",
            help="0 only begins there and is free, ½ weighs about as much as the ratings, 1 is pinned.",
        )
    if what == KEEP:
        return lambda: steering.keep(fit, f, strength=strength)
    if what == SPLIT:
        st.caption(f"By what people who have it disagree about; the rank becomes {fit.rank + 1}.")
        return lambda: steering.split(fit, ratings, f)
    if what == MERGE:
        others = [g for g in range(fit.rank) if g != f]
        other = st.selectbox(
            "With", others, None, format_func=lambda g: text.cut(view.names[g], 60), key=f"steer-other-{f}"
        )
        return None if other is None else lambda: steering.merge(fit, f, other)
    if what == LESS:
        top = top_items(fit, f, n=50, ratings=ratings)["item"].tolist()
        item = st.selectbox("Of", top, None, format_func=lambda name: text.cut(name, 80), key=f"steer-item-{f}")
        return None if item is None else lambda: steering.less_of(fit, f, item, strength=strength)
    order = (-ratings.item_counts).argsort(kind="stable")[:OFFERED]
    items = st.multiselect(
        "Items",
        ratings.items[order].tolist(),
        format_func=lambda name: text.cut(name, 80),
        max_selections=steering.MOST_ITEMS,
        key=f"steer-items-{f}",
        help="The feature begins from these and from what goes with them.",
    )
    return (lambda: steering.start_from(fit, ratings, f, items, strength=strength)) if items else None


def _wish(view: Ready, ask: Callable[[], Settings]) -> None:
    """Fit anew with what was asked for. A callback."""
    try:
        steered.wish(view.ratings, ask())
    except NmfError as error:
        session.notice("error", error.plain)


def _result(view: Ready, f: int) -> None:
    """What became of a feature that is steered: beside the free fit, whether the ratings support it, and its price."""
    fit, ratings = view.fit, view.ratings
    if f not in steering.steered_features(fit):
        return
    found = next((one for one in steering.started(fit, ratings) if one.feature == f), None)
    st.markdown("**It is steered.** " + (text.md(found.sentence) if found is not None else ""))
    loose = fits.fit_of(ratings, replace(fit.settings, steer=None)).fit
    if loose is not None:
        st.caption(f"RMSE on observed: {fit.rmse:.4f}; of the free fit {loose.rmse:.4f}.")
    st.button(
        "Let it go free again",
        icon=":material/lock_open:",
        key=f"steer-free-{f}",
        on_click=_wish,
        args=(view, lambda: steering.free(fit, f)),
    )
    table = progress.panel(_price(view, f))
    if table is not None:
        _table(table)


def _price(view: Ready, f: int) -> progress.Task:
    """The price as its panel shows it."""
    ratings, settings = view.ratings, view.fit.settings
    takes = fits.seconds(ratings, settings) * (len(STOPS) + 1) * 4

    def work(told: Progress) -> pd.DataFrame:
        return price_of_a_name(ratings, settings, on_progress=lambda done, of: told(done, of))

    return studies.task(
        f"price-{f}",
        fits.key_of(ratings, settings, "price"),
        work,
        f"The fit at each strength, on all ratings and with a third of them hidden in turn: about {text.duration(takes)} here.",
        "Find the price",
        "",
        None,
    )


def _table(table: pd.DataFrame) -> None:
    """The price at each stop, with RMSE and NDCG beside strength 0."""
    shown = {"Strength": table.index.tolist(), "Objective": table["objective"].map("{:,.1f}".format).tolist()}
    for metric, title in (("rmse", "RMSE, more"), ("ndcg", "NDCG@10, more")):
        columns = (table[name] for name in (metric, f"{metric}_more", f"{metric}_more_se"))
        shown[title] = [f"{a:.4f}, {more:+.4f} ± {se:.4f}" for a, more, se in zip(*columns, strict=True)]
    st.markdown("**The price of the name**")
    st.dataframe(pd.DataFrame(shown), hide_index=True)
    st.caption(
        "On held-out ratings, with standard errors over three folds; *more* is beside strength 0, which begins from the same "
        "place. Wishes are moved by what the hidden ratings had told, so they have not seen them."
    )
