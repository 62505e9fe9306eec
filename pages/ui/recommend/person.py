"""Someone in the ratings: who they are in words, what they rated, what they might like, and who is like them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from nmf_core.interpret.enough import least_ratings
from nmf_core.interpret.features import narrate_user, user_warning
from nmf_core.interpret.recommend import neighbours, weights_of
from pages.ui import show, text
from pages.ui.recommend import listed, pick, why
from pages.ui.session import brush
from pages.ui.work.lists import Lists
from pages.ui.work.view import Ready


def panel(view: Ready, lists: Lists) -> None:
    """Everything about one person."""
    fit, ratings = view.fit, view.ratings
    left, right, fewest = st.columns([3, 2, 1])
    with left:
        user = pick.person(ratings)
    with right:
        n = pick.how_many()
    with fewest:
        asked = show.fewest_ratings(view)
    least = least_ratings(ratings.item_counts, fit.rank) if asked is None else asked
    used = weights_of(fit, ratings, user)
    mark = f"{text.MARK} " if user in brush.brushed(ratings)[0] else ""
    st.markdown(f"##### {mark}{text.md(narrate_user(fit, user, labels=view.labels, weights=used))}")
    st.caption(text.taste_key(), help=text.terms("taste", "feature"))
    if warning := user_warning(fit, ratings, user):
        st.warning(text.md(warning))
    own = ratings.of_user(user)
    _rated(view, own)
    if said := text.own_blanks(fit, len(own)):
        st.caption(said)
    weights = used if lists.fit is fit else weights_of(lists.fit, ratings, user)
    whose = listed.Whose("recommendations", own, weights, used, n, least, f"list-{user}")
    why.list_with_receipts(view, lists, whose, user)
    _alike(view, user, asked)


def _rated(view: Ready, own: dict[str, float]) -> None:
    """What somebody rated: the best in a line, all of it in a table."""
    if not own:
        return
    best = sorted(own.items(), key=lambda x: (-x[1], x[0]))  # of equal ratings the first by name
    told = ", ".join(f"{text.md(i)} {text.number(r)}" for i, r in best[:6])
    st.caption(f"Rated {text.many(len(own), 'item')}, best: {told}")
    with st.expander("All that they rated", icon=":material/list:"):
        counts = dict(zip(view.ratings.items, view.ratings.item_counts.tolist(), strict=True))
        frame = pd.DataFrame(
            {
                "item": [i for i, _ in best],
                "rating": [r for _, r in best],
                "ratings it has": [counts[i] for i, _ in best],
            }
        )
        st.dataframe(frame, hide_index=True, key="rated", height="content" if len(frame) <= 12 else 420)


def _alike(view: Ready, user: str, asked: int | None) -> None:
    """The people most alike in taste, those who share an item if there are any."""
    near = neighbours(view.fit, user, n=50, ratings=view.ratings, least=asked)
    # Without an item that both have rated, only the features say that two are alike.
    both = near[near["shared"] > 0]
    near = (both if len(both) else near)[:5]
    if len(near):
        more = [
            f"{s:.0%}, {shared or 'none'} shared" for s, shared in zip(near["similarity"], near["shared"], strict=True)
        ]
        st.markdown(f":material/group: **Most alike in taste:** {pick.told(near['user'], more)}")
        st.caption("Shared are items that both have rated.")
