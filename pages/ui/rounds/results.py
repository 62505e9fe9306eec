"""What a revealed round shows, to whoever opened it and to pupils: how far they agree, and each feature's names."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from nmf_core import NmfError
from nmf_core.labels.rounds import Card, Group, Named, Round, agreement, named_features
from pages.ui import text
from pages.ui.session import storage

FIRST = 5  # names of a feature that have a bar of their own


def draw(
    held: Round,
    *,
    called: Mapping[int, str],
    adopt: Callable[[Named, Group], None] | None = None,
    planted: Mapping[int, tuple[str, float]],
    key: pd.DataFrame | None = None,
) -> None:
    """The results of a round.

    `called` are the labels that features have now, `adopt` draws the button beside a name, `planted` says which feature of the
    answer key each one is.
    """
    try:
        answers = storage.rounds().answers(held.code)
    except NmfError as error:
        st.error(text.md(error.plain))
        return
    found = agreement(answers)
    if not found.why:
        with st.container(horizontal=True, gap="large"):
            st.metric("Krippendorff's α", f"{found.alpha:.3f}", help=text.terms("α"), width="content")
            st.metric(
                "By lot, 19 times of 20 below",
                f"{found.chance_top:.3f}",
                help="What α would be if everybody had put the names that they gave on features by lot.",
                width="content",
            )
            st.metric("People who named", found.n_people, width="content")
    st.markdown(text.md(found.verdict))
    cards = {card.feature: card for card in held.cards}
    for named in named_features(answers, list(cards)):
        with st.container(border=True):
            _feature(named, cards[named.feature], called.get(named.feature, ""), adopt)
            if planted and key is not None:
                _planted(planted.get(named.feature), key)


def _feature(named: Named, card: Card, called: str, adopt: Callable[[Named, Group], None] | None) -> None:
    """A feature with its names, those of most people first."""
    now = f" · now called {text.md(called)}" if called else ""
    st.markdown(f"##### Feature {card.feature + 1}{now}")
    st.caption(f"{disputed(named)} {text.listed([text.md(item) for item in text.cut_apart(items(card), 40)][:4])}.")
    for group in named.groups[:FIRST]:
        row = st.columns([4, 1], vertical_alignment="center") if adopt else [st.container()]
        row[0].progress(group.count / named.count, f"{text.md(group.text)} · **{group.count}**")
        if adopt:
            with row[1]:
                adopt(named, group)
    rest = named.groups[FIRST:]
    if rest:
        with st.expander(f"{text.many(len(rest), 'more name')}"):
            st.markdown("\n".join(f"- {text.md(group.text)} · {group.count}" for group in rest))


def _planted(found: tuple[str, float] | None, key: pd.DataFrame) -> None:
    """What the answer key says a feature is."""
    if found is None:
        st.info("No feature was planted here that another one does not show better.", icon=":material/key:")
        return
    name, cosine = found
    highest = key.T[name].sort_values(ascending=False, kind="stable").index[:4]
    st.info(
        f"**{text.md(name)}** was planted here ({cosine:.2f} alike): {text.listed([text.md(item) for item in highest])}.",
        icon=":material/key:",
    )


def disputed(named: Named) -> str:
    """How far people disagree on a feature, in words.

    >>> disputed(Named(0, (Group("War", 2), Group("Love", 1)), 2 / 3, 0.9))
    '67% of pairs disagree.'
    """
    if not named.groups:
        return "Nobody named it."
    if math.isnan(named.disagreement):
        return "One person named it."
    return "All agree." if named.disagreement == 0 else f"{named.disagreement:.0%} of pairs disagree."


def items(card: Card) -> list[str]:
    """What tells people which feature it is: the items that set it apart, else those highest on it."""
    return list(card.distinctive or card.top)
