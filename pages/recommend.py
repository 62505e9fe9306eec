from __future__ import annotations

import pandas as pd
import streamlit as st

from nmf_core import fold_in, recommend, smallest_flip
from nmf_core.interpret.features import narrate_user, narrate_weights, user_warning
from nmf_core.interpret.recommend import contribution_columns, neighbours, recommend_weights, scale_steps
from pages.ui import charts, show, text
from pages.ui.session import controls
from pages.ui.work import view as views

FLIP_RATINGS = 200_000  # trials: own ratings × steps of the scale × features

show.page("Recommend", "Who someone is in these features, what they have not rated and might like, and why.")
view = show.ready()
fit, ratings, look = view.fit, view.ratings, views.look()
columns = contribution_columns(fit.rank, view.labels)


def recommendations(frame: pd.DataFrame, key: str) -> None:
    """Recommendations as stacks of their parts, with what to beware of."""
    drawn = charts.recommendations(frame, columns, view.names, view.colours, look=look, limit=ratings.scale[1])
    show.chart(drawn, key)
    st.caption(f"Each bar is a sum: one part a feature, in its colour. {text.score_meaning(fit)}")
    for warning in [w for w in frame["warning"] if w][:3]:
        st.caption(f":material/warning: {text.md(warning)}")


one, me = st.tabs(["Someone in the ratings", "Me: rate a few"])
with one:
    left, right = st.columns([2, 1])
    user = left.selectbox(
        "Find a person", ratings.users.tolist(), key=controls.USER, bind="query-params", help="Type to search."
    )
    n = right.slider("How many", 3, 30, 8, key="how_many", persist_state="session")
    st.markdown(f"##### {text.md(narrate_user(fit, user, labels=view.labels))}")
    if warning := user_warning(fit, ratings, user):
        st.warning(text.md(warning))
    own = ratings.of_user(user)
    best = sorted(own.items(), key=lambda x: -x[1])[:6]
    if best:
        st.caption(
            f"Rated {text.many(len(own), 'item')}, best: "
            + ", ".join(f"{text.md(i)} {text.number(r)}" for i, r in best)
        )
    frame = recommend(fit, ratings, user, n=int(n), labels=view.labels)
    if len(frame) == 0:
        st.info("Everything here is rated already. Pick someone else, or add items on the Ratings page.")
    else:
        recommendations(frame, "recommendations")
        flip = (
            smallest_flip(fit, ratings, user)
            if len(own) * len(scale_steps(ratings)) * fit.rank**2 <= FLIP_RATINGS
            else None
        )
        if flip is not None:
            st.markdown(
                f":material/swap_vert: **What would change it:** rating {text.md(flip.item)} {text.number(flip.new)} instead of "
                f"{text.number(flip.old)} would put {text.md(flip.after)} first, before {text.md(flip.before)}."
            )
        near = neighbours(fit, user, n=5)
        if len(near):
            alike = ", ".join(
                f"{text.md(text.cut(u, 40))} ({s:.0%})" for u, s in zip(near["user"], near["similarity"], strict=True)
            )
            st.markdown(f":material/group: **Most alike in taste:** {alike}")

with me:
    st.markdown("Rate a few items and be placed among the features at once, without a new fit.")
    picked = st.multiselect(
        "Items you know",
        ratings.items.tolist(),
        key="mine",
        max_selections=20,
        placeholder="Type to search",
        select_all=False,  # else Enter takes all that are found
    )
    steps = [float(x) for x in scale_steps(ratings)]
    mine = {
        item: st.select_slider(
            text.md(item), steps, steps[len(steps) * 3 // 4], key=f"mine-{item}", format_func=text.number
        )
        for item in picked
    }
    if mine:
        weights = fold_in(fit, mine)
        points = weights * fit.H.max(axis=1)
        shares = points / points.sum() if points.sum() > 0 else points
        st.markdown(f"##### You: {text.md(narrate_weights(shares, view.names))}")
        recommendations(
            recommend_weights(fit, ratings, weights, rated=mine, n=int(n), labels=view.labels), "mine-chart"
        )
    else:
        st.info("Pick an item above to begin.")
