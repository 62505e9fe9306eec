from __future__ import annotations

import streamlit as st

from pages.ui import show
from pages.ui.recommend import item, newcomer, person, whole_lists
from pages.ui.session import controls
from pages.ui.work import progress
from pages.ui.work.lists import lists_of

show.page("Recommend", "Who someone is in these features, what they have not rated and might like, and why.")
view = show.ready()
lists = lists_of(view)  # what orders the items; who someone is, is read in the named fit
if lists.task is not None:
    progress.panel(lists.task)

tabs = st.tabs(list(controls.TABS.values()), key=controls.TAB, on_change="rerun")
for tab, panel in zip(tabs, (person.panel, item.panel, newcomer.panel), strict=True):
    if tab.open:  # what nobody looks at costs nothing
        with tab:
            panel(view, lists)
with st.expander("Everybody's list, as a file", icon=":material/download:"):
    whole_lists.panel(view, lists)
