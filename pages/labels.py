from __future__ import annotations

import streamlit as st

from nmf_core.interpret.features import alike_features, distinctive_items, niche_items, top_items, top_users
from nmf_core.labels import suggest_all_names
from pages.ui import charts, show, text
from pages.ui.labels import card
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
card.undo_button(view)
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
            card.name_fields(view, f, suggestions[f])
            items = top_items(fit, f, n=8)
            show.chart(
                charts.feature_items(items, view.names[f], view.colours[f], look=look), f"items-{f}", table=False
            )
            distinctive = distinctive_items(fit, f, n=4)
            users = top_users(fit, f, n=4)
            st.markdown(
                f"**Sets it apart:** {', '.join(text.md(text.cut(x)) for x in distinctive['item'])}  \n"
                f"**Strongest users:** {', '.join(text.md(text.cut(x)) for x in users['user'])}"
            )
st.caption("Bars: an item's weight on the feature; the full colour is what it has more than on any other feature.")

niche = niche_items(fit)
if niche:
    with st.expander(f"{text.many(len(niche), 'item')} that no feature explains", icon=":material/interests:"):
        unexplained.listed(ratings, niche)
card.unrecognised(view)
card.history(view)
