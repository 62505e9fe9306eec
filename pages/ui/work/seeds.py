"""What another seed changes: nothing where the start draws nothing, else the fit beside the one of the seed before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from nmf_core import Factorization, match_features
from nmf_core.fit.init import is_drawn
from pages.ui import text
from pages.ui.session import controls, session
from pages.ui.work.view import Ready


def told(view: Ready) -> None:
    """Say what the seed does for this fit, and offer what makes it do something."""
    settings = view.fit.settings
    if is_drawn(settings.init, settings.rank, view.ratings.V.shape):
        st.caption(_drawn(_before(view), view.fit))
        st.button(
            "Another seed",
            icon=":material/casino:",
            key="another-seed",
            on_click=controls.set_widgets,
            kwargs={controls.SEED: (settings.seed + 1) % 2**32},
        )
    else:
        st.caption(
            f"This start draws nothing: seed {settings.seed} gives the same fit as every other, bit for bit. (The Rank page hides "
            "and shuffles by it.)"
        )
        st.button(
            "Start at random",
            icon=":material/casino:",
            key="random-start",
            on_click=controls.set_widgets,
            kwargs={controls.INIT: "random"},
            help="Then each seed begins elsewhere, and you see which features come again.",
        )


def _before(view: Ready) -> Factorization | None:
    """The fit before this one, if only its seed was another; and this one is kept for the next."""
    held, settings = session.current(), view.fit.settings
    what = (view.fit.fingerprint, replace(settings, seed=0), settings.init)
    pair = held.seeds if held.seeds and held.seeds[0] == what else (what, None, None)
    _, before, last = pair
    if last is None or last.settings.seed != settings.seed:
        before, last = last, view.fit
    held.seeds = (what, before, last)
    return before


def _drawn(before: Factorization | None, now: Factorization) -> str:
    """What the seed did."""
    seed = f"Seed {now.settings.seed}: the same seed gives the same fit, bit for bit; another begins elsewhere."
    if before is None:
        return seed
    if np.array_equal(before.W, now.W) and np.array_equal(before.H, now.H):
        return f"{seed} Seed {before.settings.seed} gave this very fit too."
    alike = match_features(before, now)["similarity"]
    return (
        f"{seed} After seed {before.settings.seed}: RMSE on observed {before.rmse:.3f} then, {now.rmse:.3f} now; of "
        f"{text.many(len(alike), 'feature')} {int((alike >= 0.95).sum())} came again (a similarity of 0.95 or more)."
    )
