"""The blind round of this tab: the code that the address names, and the token by which a pupil is known in it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from nmf_core import NmfError
from nmf_core.data.datasets import SAMPLES
from pages.ui.session import controls, projects, session, storage, workspaces

CODE, PUPIL = "round", "pupil"  # parameters of the address


def asked() -> str | None:
    """The code of the round that the address asks for; whoever follows it is a pupil, and sees nothing but the round."""
    return st.query_params.get(CODE) or None


def link(code: str) -> str:
    """The address that pupils follow."""
    base = (st.context.url or "").split("?")[0]
    return f"{base}?{CODE}={code}"


def is_this_machine_alone() -> bool:
    """Whether the address that this browser has leads nobody else here."""
    return urlsplit(st.context.url or "").hostname in ("localhost", "127.0.0.1", "::1")


def go_to(key: str) -> None:
    """Go to the round whose code was typed into a widget. A callback."""
    typed = str(session.widget(key) or "").strip()
    if typed:
        st.query_params.from_dict({CODE: typed})


def token(code: str) -> str:
    """By what the pupil in this tab is known; "" for somebody who has not joined."""
    return st.query_params.get(PUPIL) or session.current().pupils.get(code, "")


def join(code: str, key: str) -> None:
    """Join under the nickname that was typed into a widget; one that is refused stays there. A callback."""
    try:
        made = storage.rounds().join(code, str(session.widget(key) or ""))
    except NmfError as error:
        session.notice("error", error.plain)
        return
    session.current().pupils[code] = st.query_params[PUPIL] = made


def answer(code: str, feature: int, key: str) -> None:
    """Save the name that was typed into a widget; one that is refused stays there, and why is kept. A callback."""
    unsaved = session.current().unsaved_names
    try:
        storage.rounds().answer(code, token(code), feature, str(session.widget(key) or ""))
        unsaved.pop(key, None)
    except NmfError as error:
        unsaved[key] = error.plain


def unsaved(key: str) -> str:
    """Why what stands in a widget is not saved; "" where it is."""
    return session.current().unsaved_names.get(key, "")


def move(code: str, state: str) -> None:
    """Close, open again or reveal a round. A callback."""
    projects.saving(lambda: storage.rounds().move(code, state))


def reword(code: str, chosen: str, to: str) -> None:
    """Let the names chosen in a widget be one, as another has it, or be left out where `to` is "". A callback."""
    names, text = list(session.widget(chosen) or []), str(session.widget(to) or "") if to else ""
    if projects.saving(lambda: storage.rounds().reword(code, names, text)):
        controls.set_widgets(**{chosen: []})


def delete(code: str) -> None:
    """Remove a round. A callback."""
    projects.saving(lambda: storage.rounds().delete(code))


def answer_key() -> pd.DataFrame | None:
    """The features that were planted in what is open; None where nothing was."""
    sample = SAMPLES.get(workspaces.sample_opened() or "")
    return sample.answer_key() if sample is not None and sample.answer_key is not None else None
