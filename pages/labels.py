from __future__ import annotations

import streamlit as st

from nmf_core.interpret.enough import least_ratings
from nmf_core.interpret.features import alike_features, distinctive_items, niche_items, top_items, top_users
from nmf_core.labels import suggest_all_names
from pages.ui import charts, show, text
from pages.ui.labels import card, finer
from pages.ui.labels import niche as unexplained
from pages.ui.work import view as views

show.page(
    "Labels",
    "What is each feature? Look at the items that set it apart, then give it a name: it appears in every chart, table and "
    "sentence, and stays with the feature when the fit changes.",
)
view = show.ready()
fit, ratings, look = view.fit, view.ratings, views.look()
suggestions = suggest_all_names(fit.H, fit.items, ratings.item_info)
if view.project is None:
    st.stop()
undo, fewest = st.columns([3, 1], vertical_alignment="bottom")
viewed = bool(view.workspace.viewed)
with undo:
    if viewed:
        st.caption("To name features, make a copy of it first.")
    else:
        card.undo_button(view)
with fewest:
    least = show.fewest_ratings(view)
card.lost_choice(view)
for group in alike_features(fit):
    st.info(
        f"{text.md(text.listed([view.names[f] for f in group]))} are made of the same items: one feature in {len(group)} parts. A "
        "smaller rank would do as well; a smaller penalty (under More settings), or blanks that count less, may tell them apart.",
        icon=":material/join:",
    )

per_row = 1 if fit.rank == 1 else 2
for first in range(0, fit.rank, per_row):
    for f, column in zip(range(first, min(first + per_row, fit.rank)), st.columns(per_row, gap="medium"), strict=False):
        with column, st.container(border=True):
            card.head(view, f)
            if fit.H[f].max() == 0:
                st.caption("This feature is empty: nothing is made of it. A smaller rank would do as well.")
                continue
            if not viewed:
                card.name_fields(view, f, suggestions[f])
            items = top_items(fit, f, n=8, ratings=ratings, least=least)
            show.chart(
                charts.feature_items(items, view.names[f], view.colours[f], look=look), f"items-{f}", table=False
            )
            distinctive = distinctive_items(fit, f, n=4, ratings=ratings, least=least)
            users = top_users(fit, f, n=4, ratings=ratings, least=least)
            nothing = "nothing that has ratings enough and more of it than of any other feature"
            st.markdown(
                f"**Sets it apart:** {', '.join(map(text.md, text.cut_apart(distinctive['item'].tolist(), 60))) or nothing}  \n"
                f"**Strongest users:** {', '.join(map(text.md, text.cut_apart(users['user'].tolist(), 40))) or 'nobody'}"
            )
            finer.shelves(view, f, least)
fewest_now = least_ratings(ratings.item_counts, fit.rank) if least is None else least
few = int((ratings.item_counts < fewest_now).sum())
st.caption(
    "Bars: an item's weight on the feature; the full colour is what it has more than on any other feature."
    + (
        f" {text.many(few, 'item')} with fewer than {text.many(fewest_now, 'rating')} are left out: too few to tell."
        if few
        else ""
    )
)

niche = niche_items(fit, ratings=ratings, least=least)
if niche:
    with st.expander(f"{text.many(len(niche), 'item')} that no feature explains", icon=":material/interests:"):
        unexplained.listed(ratings, niche)
        st.caption("Low on every feature, with ratings enough to tell: a niche. A larger rank may find them a feature.")
card.unrecognised(view)
card.history(view)
