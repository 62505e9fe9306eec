from __future__ import annotations

import pandas as pd
import streamlit as st

from nmf_core import fold_in
from nmf_core.interpret.enough import least_ratings
from nmf_core.interpret.features import narrate_user, narrate_weights, user_warning
from nmf_core.interpret.recommend import neighbours, recommend_weights, scale_steps, weights_of
from pages.ui import charts, show, text
from pages.ui.recommend.change import what_would_change
from pages.ui.recommend.expected import by_expected
from pages.ui.recommend.receipts import receipt
from pages.ui.session import controls, mine
from pages.ui.work import progress
from pages.ui.work import view as views
from pages.ui.work.lists import lists_of

show.page("Recommend", "Who someone is in these features, what they have not rated and might like, and why.")
view = show.ready()
fit, ratings, look = view.fit, view.ratings, views.look()
lists = lists_of(view)  # what orders the items; who someone is, is read in the named fit


def recommendations(frame: pd.DataFrame, key: str) -> None:
    """Recommendations as stacks of their parts, with what to beware of."""
    drawn = charts.recommendations(frame, lists.columns, lists.names, lists.colours, look=look, limit=ratings.scale[1])
    show.chart(drawn, key)
    st.caption(f"Each bar is a sum: one part a feature, in its colour. {text.score_meaning(fit)}{not_listed}")
    for warning in [w for w in frame["warning"] if w][:3]:
        st.caption(f":material/warning: {text.md(warning)}")


if lists.task is not None:
    progress.panel(lists.task)

SOMEONE, ME = "Someone in the ratings", "Me: rate a few"
one, me = st.tabs([SOMEONE, ME], default=ME if mine.rated(ratings) else SOMEONE)
with one:
    left, right, fewest = st.columns([3, 2, 1])
    user = left.selectbox(
        "Find a person", ratings.users.tolist(), key=controls.USER, persist_state="session", help="Type to search."
    )
    n = right.slider("How many", 3, 30, key=controls.HOW_MANY, persist_state="session")
    with fewest:
        asked = show.fewest_ratings(view)
    least = least_ratings(ratings.item_counts, fit.rank) if asked is None else asked
    few = int((ratings.item_counts < least).sum())
    not_listed = (
        f" Not listed, being too few to tell: {text.many(few, 'item')} with fewer than {text.many(least, 'rating')}."
        if few
        else ""
    )
    used = weights_of(fit, ratings, user)
    st.markdown(f"##### {text.md(narrate_user(fit, user, labels=view.labels, weights=used))}")
    st.caption(text.taste_key(), help=text.terms("taste", "feature"))
    if warning := user_warning(fit, ratings, user):
        st.warning(text.md(warning))
    own = ratings.of_user(user)
    best = sorted(own.items(), key=lambda x: (-x[1], x[0]))[:6]  # of equal ratings the first by name
    if best:
        st.caption(
            f"Rated {text.many(len(own), 'item')}, best: "
            + ", ".join(f"{text.md(i)} {text.number(r)}" for i, r in best)
        )
    if said := text.own_blanks(fit, len(own)):
        st.caption(said)
    weights = used if lists.fit is fit else weights_of(lists.fit, ratings, user)
    frame = recommend_weights(
        lists.fit,
        ratings,
        weights,
        rated=own,
        n=int(n),
        labels=view.labels,
        least=least,
        under=lists.under,
    )
    if len(frame) == 0 and len(own) < ratings.n_items:
        st.info(
            f"What is left to recommend has fewer than {text.many(least, 'rating')}: too few to tell. Lower *Fewest ratings* "
            "to see it."
        )
    elif len(frame) == 0:
        st.info("Everything here is rated already. Pick someone else, or add items on the Ratings page.")
    else:
        recommendations(frame, "recommendations")
        what_would_change(view, lists, user, own, frame["item"][0], least=least)
        item = st.selectbox("Why this item", frame["item"].tolist(), key="why")
        receipt(view, lists, user, own, weights, item, least=least)
        by_rating = st.expander("By expected rating", icon=":material/star:", on_change="rerun")
        if by_rating.open:
            with by_rating:
                by_expected(view, user, own, int(n), least=least)
        near = neighbours(fit, user, n=50, ratings=ratings, least=asked)
        both = near[
            near["shared"] > 0
        ]  # without an item that both have rated, only the features say that two are alike
        near = (both if len(both) else near)[:5]
        if len(near):
            alike = ", ".join(
                f"{text.md(u)} ({s:.0%}, {shared or 'none'} shared)"
                for u, s, shared in zip(
                    text.cut_apart(near["user"].tolist(), 40), near["similarity"], near["shared"], strict=True
                )
            )
            st.markdown(f":material/group: **Most alike in taste:** {alike}")
            st.caption("Shared are items that both have rated.")

with me:
    st.markdown("Rate a few items and be placed among the features at once, without a new fit.")
    picked = st.multiselect(
        "Items you know",
        ratings.items.tolist(),
        key=controls.MINE,
        max_selections=controls.MOST_MINE,
        placeholder="Type to search",
        select_all=False,  # else Enter takes all that are found
        persist_state="session",
    )
    steps = [float(x) for x in scale_steps(ratings)]
    own = {
        item: st.select_slider(
            text.md(item), steps, key=mine.begin(item, steps), format_func=text.number, persist_state="session"
        )
        for item in picked
    }
    if own:
        weights = fold_in(fit, own)
        points = weights * fit.H.max(axis=1)
        shares = points / points.sum() if points.sum() > 0 else points
        st.markdown(f"##### You: {text.md(narrate_weights(shares, view.names))}")
        st.caption(text.taste_key(), help=text.terms("taste", "fold-in"))
        if said := text.own_blanks(fit, len(own)):
            st.caption(said)
        found = recommend_weights(
            lists.fit,
            ratings,
            weights if lists.fit is fit else fold_in(lists.fit, own),
            rated=own,
            n=int(n),
            labels=view.labels,
            least=least,
            under=lists.under,
        )
        if len(found):
            recommendations(found, "mine-chart")
        else:
            st.info(
                f"What is left has fewer than {text.many(least, 'rating')}: too few to tell. Lower *Fewest ratings* to see it."
            )
    else:
        st.info("Pick an item above to begin.")
