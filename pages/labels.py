from __future__ import annotations

import streamlit as st

from nmf_core.interpret.enough import least_ratings
from nmf_core.interpret.features import alike_features, niche_items
from pages.ui import show, text
from pages.ui.labels import (
    audit,
    card,
    conflict,
    exchange,
    find,
    history,
    naming,
    overview,
    real,
    steering,
    suggested,
    tray,
)
from pages.ui.labels import niche as unexplained
from pages.ui.session import controls

show.page(
    "Labels",
    "What is each feature? Look at the items that set it apart, then give it a name: it appears in every chart, table and "
    "sentence, and stays with the feature when the fit changes.",
)
view = show.ready()
fit, ratings = view.fit, view.ratings
if view.project is None:
    st.stop()
suggestions, leanings = suggested.suggested(view)
controls.at_most(controls.FEATURE, fit.rank)
opened = int(st.session_state[controls.FEATURE]) - 1
with st.container(horizontal=True, vertical_alignment="bottom"):
    if view.workspace.viewed:
        st.caption("To name features, make a copy of it first.", width="stretch")
    else:
        naming.undo_button(view)
    with st.container(width=180):
        least = show.fewest_ratings(view)
    with st.container(width=320):
        found_item = find.search(view)
if found_item is not None:
    find.features_of(view, found_item)
conflict.elsewhere(view)
tray.tray(view)
overview.repeats(alike_features(fit), view.names)

left, right = st.columns([2, 3], gap="large")
with left:
    rows, panel = st.container(), st.container()
    with panel:
        found = real.looked_for(view)
    with rows:
        overview.features(view, suggestions, found, opened, least)
with right:
    card.card(view, opened, suggestions[opened], found.get(opened), suggested.leaning(leanings, opened), least)
    steering.panel(view, opened)
real.warning(view, found)

fewest_now = least_ratings(ratings.item_counts, fit.rank) if least is None else least
few = int((ratings.item_counts < fewest_now).sum())
if few:
    st.caption(
        f"{text.many(few, 'item')} with fewer than {text.many(fewest_now, 'rating')} are left out: too few to tell."
    )
niche = niche_items(fit, ratings=ratings, least=least)
if niche:
    with st.expander(f"{text.many(len(niche), 'item')} that no feature explains", icon=":material/interests:"):
        unexplained.listed(ratings, niche)
        st.caption("Low on every feature, with ratings enough to tell: a niche. A larger rank may find them a feature.")
audit.table(view, least)
exchange.panel(view)
history.history(view)
