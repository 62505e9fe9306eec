"""Somebody new: asked about the items that tell most, or which of two shelves they would rather have; placed at once."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nmf_core import NmfError, edit, fold_in
from nmf_core.interpret.enough import least_ratings
from nmf_core.interpret.features import narrate_weights, taste_of
from nmf_core.interpret.newcomer import LIKED, Choice, as_ratings, items_to_ask, next_choice
from nmf_core.interpret.recommend import scale_steps
from nmf_core.interpret.titles import option
from pages.ui import show, text
from pages.ui.recommend import listed, pick, places, why
from pages.ui.session import controls, mine, session, workspaces
from pages.ui.work.lists import Lists
from pages.ui.work.view import Ready

SHELVES = 5  # choices between two
THIS, THAT, NEITHER = "this", "that", "neither"


def panel(view: Ready, lists: Lists) -> None:
    """Everything about somebody new."""
    ratings = view.ratings
    st.markdown("Rate a few items and be placed among the features at once, without a new fit.")
    own = _own(view)
    left, right = st.columns(2)
    with left, st.container(border=True):
        _ask(view, own)
    with right, st.container(border=True):
        _choose(view)
    counted = {**as_ratings(ratings, mine.answers(ratings)), **own}
    if not counted:
        st.info("Pick an item above to begin.")
        return
    weights = fold_in(view.fit, counted)
    shares = taste_of(view.fit, weights[None, :])[0]
    st.markdown(f"##### You: {text.md(narrate_weights(shares, view.names))}")
    st.caption(text.taste_key(), help=text.terms("taste", "fold-in"))
    if said := text.own_blanks(view.fit, len(counted)):
        st.caption(said)
    places.of_newcomer(view, weights)
    left, right = st.columns([4, 1])
    with left:
        n = pick.how_many()
    with right:
        asked = show.fewest_ratings(view)
    least = least_ratings(ratings.item_counts, view.fit.rank) if asked is None else asked
    used = weights if lists.fit is view.fit else fold_in(lists.fit, counted)
    whose = listed.Whose("mine-chart", own, used, weights, n, least, "list-for-me")
    why.list_with_receipts(view, lists, whose, None, counted)
    _add(view, own)


def _own(view: Ready) -> dict[str, float]:
    """What they rated, with a slider for each."""
    ratings = view.ratings
    picked = st.multiselect(
        "Items you know",
        ratings.items.tolist(),
        key=controls.MINE,
        max_selections=controls.MOST_MINE,
        format_func=option,
        placeholder="Type to search",
        select_all=False,  # else Enter takes all that are found
        persist_state="session",
    )
    steps = [float(x) for x in scale_steps(ratings)]
    columns = st.columns(2)
    own = {}
    for place, item in enumerate(picked):
        own[item] = columns[place % 2].select_slider(
            text.md(item), steps, key=mine.begin(item, steps), format_func=text.number, persist_state="session"
        )
    return own


def _ask(view: Ready, own: dict[str, float]) -> None:
    """The item that would tell most, to be rated or passed."""
    st.markdown("**What would tell most**")
    if len(own) >= controls.MOST_MINE:
        st.caption(f"That is {controls.MOST_MINE} items: enough.")
        return
    found = items_to_ask(view.fit, view.ratings, own, passed=mine.passed(view.ratings))
    if not found:
        st.caption("There is nothing left to ask about.")
        return
    item = found[0]
    st.markdown(f"How would you rate {text.md(item)}?")
    steps = scale_steps(view.ratings).tolist()
    offered = steps if len(steps) <= 11 else steps[:: len(steps) // 5]
    with st.container(horizontal=True, gap="small"):
        for rating in offered:
            st.button(text.number(rating), key=f"ask-{rating:g}", on_click=mine.add, args=(item, rating))
        st.button("Haven't seen it", key="ask-pass", on_click=mine.pass_over, args=(item,), type="tertiary")
    st.caption(
        "Of the best known items, the one whose rating lowers the uncertainty of your weights most, given the others."
    )


def _choose(view: Ready) -> None:
    """Two shelves to choose between, five times."""
    answers = mine.answers(view.ratings)
    st.markdown(f"**This shelf or that?** {min(len(answers) + 1, SHELVES)} of {SHELVES}")
    choice = None if len(answers) >= SHELVES else next_choice(view.fit, view.ratings, [one for one, _ in answers])
    if choice is not None:
        left, right = st.columns(2)
        _shelf(left, choice, choice.this, THIS)
        _shelf(right, choice, choice.that, THAT)
    else:
        st.caption("All choices are made." if answers else "There are too few well known items to fill shelves.")
    with st.container(horizontal=True, gap="small"):
        if choice is not None:
            st.button("Neither", key="choose-neither", on_click=mine.choose, args=(choice, NEITHER), type="tertiary")
        if answers:
            st.button(
                "Begin again", key="choose-again", on_click=mine.forget_choices, type="tertiary", icon=":material/undo:"
            )
    low, high = view.ratings.scale
    liked = text.number(low + LIKED * (high - low))
    st.caption(
        f"The items on a shelf that you choose count as rated {liked} each; the other shelf counts as left blank, and neither "
        "counts nothing. An item that you rate yourself counts as you rate it."
    )


def _shelf(column: DeltaGenerator, choice: Choice, items: tuple[str, ...], answer: str) -> None:
    """One shelf with its button."""
    with column:
        st.markdown("\n".join(f"- {text.md(item)}" for item in items))
        st.button(
            f"Rather {answer}", key=f"choose-{answer}", on_click=mine.choose, args=(choice, answer), width="stretch"
        )


def _add(view: Ready, own: dict[str, float]) -> None:
    """A name and a button by which they come into the grid."""
    if not own:
        st.caption("Choices of shelves are no ratings: rate an item yourself to be added to the grid.")
        return
    with st.form("add-me", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Your name", key="my_name", placeholder="as it is to stand in the grid")
        st.form_submit_button("Add me to the grid", icon=":material/person_add:", on_click=_added, args=(own,))
    st.caption(
        f"Adds {text.many(len(own), 'rating')} of yours as a new row of the ratings; Undo on the Ratings page takes it back."
    )


def _added(own: dict[str, float]) -> None:
    """Add them as the Ratings page's edits do."""
    name = str(session.widget("my_name") or "").strip()
    before = workspaces.current().ratings
    try:
        with_row = edit.add_users(before, [name])
        user = str(with_row.users[-1])
        workspaces.change(edit.set_cells(with_row, [user] * len(own), list(own), list(own.values())))
    except NmfError as error:
        session.notice("error", error.plain)
        return
    session.renew_editor()
    controls.set_widgets(**{controls.USER: user, controls.TAB: controls.PERSON_TAB, "my_name": ""})
    session.notice("success", f"{user} is in the grid. Undo on the Ratings page takes it back.")
