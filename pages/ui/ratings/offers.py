"""What the health check advises and one click does: the whole of the ratings changed alike, with Undo as for any other change."""

from __future__ import annotations

from typing import Final

import streamlit as st

from nmf_core import NmfError, edit
from nmf_core.data.health import Finding
from pages.ui.session import controls, session, workspaces

# Of each function of `nmf_core.edit` that the health check offers: what the button says, and what was done.
OFFERS: Final = {
    "take_logarithm": ("Take the logarithm", "The ratings are log(1 + x) of what they were."),
    "blank_codes": ("Blank these cells", "These cells are blank now."),
    "as_likes": ("They are likes", "Each rating is 1 now, on a scale from 0 to 1."),
}


def button(finding: Finding) -> None:
    """A button for what a finding offers, if it offers something."""
    if finding.offer:
        st.button(
            OFFERS[finding.offer][0],
            icon=":material/auto_fix:",
            key=f"offer-{finding.offer}",
            on_click=_take,
            args=(finding.offer,),
        )


def _take(offer: str) -> None:
    """Change the ratings as offered; the settings follow, since their scale is another."""
    try:
        changed = getattr(edit, offer)(workspaces.current().ratings)
    except NmfError as error:
        session.notice("error", error.plain)
        return
    workspaces.change(changed)
    session.renew_editor()
    controls.use_defaults(workspaces.current().ratings, (controls.RANK,))
    session.notice("success", f"{OFFERS[offer][1]} Undo takes it back.")
