"""The receipt of one score: its parts by name and by own rating, what rating to expect, and how sure all that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from nmf_core import Factorization, Settings, how_sure, own_parts
from nmf_core.fit.problem import Array
from nmf_core.interpret.features import warnings_for
from nmf_core.interpret.receipts import fine_parts
from nmf_core.interpret.recommend import explain_weights, weights_of
from nmf_core.interpret.row_problem import row_problem
from nmf_core.interpret.sure import DRAWS, FEWEST, cautious_ratings
from pages.ui import charts, show, text
from pages.ui.work.fits import fit_of
from pages.ui.work.lists import Lists
from pages.ui.work.view import Ready, look

TOP = 10  # how long the list is that an item stays in or not


@dataclass(frozen=True, eq=False)
class Receipt:
    """Whose score of what: `user` is None for somebody new; `weights` (rank,) are those of the list."""

    view: Ready
    lists: Lists
    user: str | None
    own: Mapping[str, float]
    weights: Array
    item: str

    @property
    def column(self) -> int:
        """The item's."""
        return self.view.ratings.column(self.item)

    @property
    def squares(self) -> bool:
        """Whether the score divides among ratings."""
        return row_problem(self.lists.fit, {}).squares


def receipt(
    view: Ready,
    lists: Lists,
    user: str | None,
    own: Mapping[str, float],
    weights: Array,
    item: str,
    *,
    least: int | None = None,
) -> None:
    """Draw the receipt of one score in a list; `least` as for the list."""
    asked = Receipt(view, lists, user, own, weights, item)
    st.markdown(f"##### Why {text.md(item)}")
    _by_name(asked)
    if asked.squares and own:
        _by_rating(asked)
        _sure(asked, least)
    elif own:
        st.caption("Only under the Frobenius loss does a score divide among ratings; this fit has another.")
    warning = warnings_for(view.fit, view.ratings).get(item)
    if warning:
        st.caption(f":material/warning: {text.md(warning)}")


def _by_name(asked: Receipt) -> None:
    """The score as one bar of parts under names, and one of these opened."""
    view, lists = asked.view, asked.lists
    parts = explain_weights(lists.fit, asked.weights, asked.column, labels=view.labels, under=lists.under)
    shown = parts[parts["contribution"] > 0]
    if len(shown) == 0:
        st.caption("Nothing speaks for it: the score is 0.")
        return
    shown = shown.assign(feature=[lists.names[k] for k in shown.index])
    show.chart(
        charts.score_sum(shown, lists.colours, look=look(), high=float(shown["contribution"].sum())), "receipt-sum"
    )
    if lists.under is None:
        return
    names = {int(k): f"{name} {text.number(v)}" for k, name, v in shown[["feature", "contribution"]].itertuples()}
    opened = st.pills(
        "Open a part",
        list(names),
        format_func=lambda k: text.md(names[k]),
        default=next(iter(names)),
        key=f"receipt-part-{asked.item}",
        help="The finer features under a name, each by the items that it is known by.",
    )
    if opened is not None:
        _opened(asked, lists.under, int(opened))


def _opened(asked: Receipt, under: pd.DataFrame, part: int) -> None:
    """The fine features under one name."""
    fine = fine_parts(asked.lists.fit, asked.weights, asked.item, under, part, ratings=asked.view.ratings)
    lines = [
        f"- **{text.number(value)}** from what {text.listed([text.md(text.cut(i, 40)) for i in items])} "
        f"{'have in common' if len(items) > 1 else 'is'}"
        for items, value in zip(fine["items"], fine["contribution"], strict=True)
    ]
    if fine.attrs["n_left"]:
        lines.append(f"- **{text.number(fine.attrs['left'])}** from {fine.attrs['n_left']} smaller ones")
    st.markdown("\n".join(lines))


def _by_rating(asked: Receipt) -> None:
    """The ratings that carry the score, and what is left blank."""
    given = own_parts(asked.lists.fit, asked.own, asked.item, weights=asked.weights)
    who = "you" if asked.user is None else "they"
    show.chart(charts.own_parts(given, f"all {who} left blank", look=look()), "receipt-own")
    st.caption(
        "The same score by rating: each gives its points times what one point of it moves this score by, and the bars add up to it "
        "exactly. A hatched bar takes away. A bar is *not* what would change without that rating: which items are rated also "
        "decides how much each of the others counts."
    )


def _sure(asked: Receipt, least: int | None) -> None:
    """What rating to expect, and how much hangs on which ratings somebody happened to give."""
    user = asked.own if asked.user is None else asked.user
    found = how_sure(asked.lists.fit, asked.view.ratings, user, [asked.item], n=TOP, least=least).iloc[0]
    who = "your" if asked.user is None else "their"
    if len(asked.own) < FEWEST:
        said = f"{text.many(len(asked.own), 'rating')} are too few to tell how sure this is."
    else:
        said = (
            f"**How sure:** {found['said']} among the first {TOP}. So it was in {found['stays']:.0%} of {DRAWS} lists from "
            f"{who} ratings drawn anew, in which the score {text.number(found['score'])} went up and down by "
            f"{text.number(found['spread'])}."
        )
    st.markdown(f":material/casino: {said}")
    expected = expected_rating(asked)
    if expected is not None:
        st.markdown(
            f":material/star: **Expected rating:** {text.number(expected['expected'])}, give or take "
            f"{text.number(expected['spread'])}. It is of a fit with blanks unknown: where blanks count, scores only order."
        )


def expected_rating(asked: Receipt) -> pd.Series | None:
    """The item's expected rating and its spread; None while the fit that it comes from is not there."""
    companion = companion_of(asked.view)
    if companion is None:
        return None
    weights = None if asked.user is None else weights_of(companion, asked.view.ratings, asked.user)
    return cautious_ratings(companion, asked.own, [asked.item], weights=weights).iloc[0]


def companion_of(view: Ready) -> Factorization | None:
    """The fit with blanks unknown that expected ratings come from: the view's own, or one beside it once it is there."""
    if view.fit.blanks.weight == 0 and row_problem(view.fit, {}).squares:
        return view.fit
    # Of the default solver: the view's may take blanks for zeros only, and its start be for another rank.
    return fit_of(view.ratings, Settings(view.fit.rank, blanks="unknown", seed=view.settings.seed)).fit
