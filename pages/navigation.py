"""The main script: the page list and the sidebar, then the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import browser, sidebar
from pages.ui.page_list import FIRST_PAGE, PAGES
from pages.ui.rounds import pupil
from pages.ui.session import changes, editor, outside, rounds, session, workspaces

HERE = Path(__file__).parent
outside.guard()

A_DAY = 86_400  # seconds
SIDEBAR = 312  # pixels: the dial in one row

# An icon of ours: one by name would be fetched from another server.
st.set_page_config(
    page_title="Latent Lens", page_icon=str(HERE / "ui" / "icon.svg"), layout="wide", initial_sidebar_state=SIDEBAR
)
st.logo(str(HERE / "ui" / "logo.svg"), size="large")
# Streamlit spares 6 rem above a page for a toolbar that this one does not have, and 5 rem beside it.
st.html("<style>[data-testid='stMainBlockContainer'] { padding: 2.6rem clamp(1rem, 3vw, 3.5rem) 3rem; }</style>")
st.html(browser.SCRIPT, unsafe_allow_javascript=True)
code = rounds.asked()
page = st.navigation(
    [
        st.Page(HERE / f"{name}.py", title=page.title, icon=page.icon, url_path=name, default=name == FIRST_PAGE)
        for name, page in PAGES.items()
    ],
    position="hidden" if code else "sidebar",
)
if code:  # a pupil in a blind round sees the round alone: nothing is opened or fitted, and there is nothing to set
    pupil.page(code)
    st.stop()


def _stay_in_step() -> None:
    """Nothing to see. A browser that has anything to run by the clock asks for the page anew when a server that was restarted
    is there again; else it would send the next edit to a server that never drew the editor, and the edit would be lost."""


editor.on_page_enter(page.url_path)
session.run_deferred()
changes.look()
workspaces.catch_up()
below_seed = sidebar.choose()
changes.follow()
st.fragment(_stay_in_step, run_every=A_DAY)()
sidebar.fit_state(below_seed)
page.run()
