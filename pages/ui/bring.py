"""Bringing ratings: a file with a look at how it is read, MovieLens, the server's folder, planted ratings, an empty grid."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from nmf_core import (
    NmfError,
    Ratings,
    datasets,
    join_items,
    movielens,
    named_by_title,
    preview_ratings,
    read_items,
    shelf,
)
from nmf_core.formats.base import Data
from nmf_core.formats.encodings import ENCODINGS
from nmf_core.formats.registry import shown_name
from nmf_core.reading.download import MOVIELENS, Remote
from nmf_core.reading.items import looks_like_items
from nmf_core.reading.join import ItemsJoin
from nmf_core.reading.read import Preview
from nmf_core.reading.readings import EACH_ROW, LAYOUTS, Question
from nmf_core.tables.headers import ROLES
from pages.ui import jobs, kept, state, text

REREAD_BYTES = 50_000_000  # a file up to here stays in memory, to be read once more in another way
_NUMBERS = itertools.count()

Files = list[tuple[str, Data]]  # names and contents

LABELS: Final = {
    "sheet": "Which sheet?",
    "encoding": "Which letters are these?",
    "layout": "What is a row?",
    "skip": "Which columns are no ratings?",
    "user": "Which column is the user?",
    "item": "Which column is the item?",
    "rating": "Which column is the rating?",
    "zeros": "What is a 0?",
    "decimal": "What is the decimal mark?",
    "totals": "Are these sums?",
}
WORDS: Final = {
    **LAYOUTS,
    "unrated": "a blank",
    "rating": "a rating of 0",
    ".": "a point: 4.5",
    ",": "a comma: 4,5",
    "skip": "sums, to be left out",
    "keep": "ratings like the others",
}


@dataclass(frozen=True, eq=False)
class Brought:
    """A file that somebody brought, and how it is to be read.

    Attributes:
        name, data: the file; a path where it lies in the server's folder.
        answers: keywords of `read_ratings` that the person chose.
        preview: what the file holds under these answers.
        items: metadata of the items that came beside it.
        again: whether it is open already, and looked at again.
        number: tells one file's widgets from another's.
    """

    name: str
    data: Data
    answers: dict[str, Any]
    preview: Preview
    items: tuple[pd.DataFrame, ...] = ()
    again: bool = False
    number: int = field(default_factory=lambda: next(_NUMBERS))


@dataclass(frozen=True)
class ReadAs:
    """How what is open was read: notes, what of the metadata matched, and the file itself if it is not too large."""

    notes: tuple[str, ...]
    join: ItemsJoin | None
    brought: Brought | None


# --- files ------------------------------------------------------------------------------------------------------------


def uploads() -> None:
    """The box for files."""
    st.file_uploader(
        f"Ratings as a list (user, item, rating) or a grid; a second file may tell of the items. "
        f"At most {st.get_option('server.maxUploadSize')} MB",
        accept_multiple_files=True,
        key=state.numbered("upload"),
        on_change=_uploaded,
    )
    st.caption(
        "CSV, TSV, Excel, Parquet, JSON, MovieLens as downloaded (zip files too). How a file is read is shown first where it is "
        "not plain. Ids stay text: 007 and 07 differ."
    )


def _uploaded() -> None:
    """Take what was uploaded out of the box; it is read where that can be seen."""
    files = state.widget(state.numbered("upload")) or []
    state.session().to_read = [(file.name, file.getvalue()) for file in files]
    state.renumber("upload")  # the box is empty again


def _read(files: Files) -> None:
    """Read files, then open them or ask how they are to be read; on an error what was open stays open."""
    try:
        about = [looks_like_items(data, name) for name, data in files]
        info = tuple(read_items(data, name=name) for (name, data), yes in zip(files, about, strict=True) if yes)
    except NmfError as error:
        state.notice("error", str(error))
        return
    ratings = [file for file, yes in zip(files, about, strict=True) if not yes]
    if len(ratings) > 1:
        names = ", ".join(shown_name(name) for name, _ in ratings)
        state.notice("error", f"{names}: one file with ratings can be open at a time. Upload one of them.")
    elif ratings:
        _look(*ratings[0], info)
    else:
        state.soon(lambda: _join(files[0][0], info))


def _look(name: str, data: Data, items: tuple[pd.DataFrame, ...]) -> None:
    """Look into a file with ratings: open it, or ask first how it is to be read."""
    name = shown_name(name)[:80] or "The file"
    brought = Brought(name, data, {}, preview_ratings(data, name=name), items)
    if brought.preview.error is not None and not brought.preview.questions:
        state.notice("error", str(brought.preview.error))
    elif brought.preview.sure:
        state.soon(lambda: _open(brought))
    else:
        state.session().bring = brought


def _open(brought: Brought) -> None:
    """Open a file as its preview read it."""
    ratings = brought.preview.ratings
    assert ratings is not None
    join = None
    try:
        for info in brought.items:
            ratings, join = join_items(ratings, info)
    except NmfError as error:
        state.notice("error", f"The ratings are open; what is known of the items could not be joined. {error}")
    notes = (*ratings.notes, *(join.notes if join else ()))
    state.session().bring = None
    state.open_own(named_by_title(ratings), brought.name)
    small = isinstance(brought.data, Path) or len(brought.data) <= REREAD_BYTES
    state.session().read_as[state.opened().key] = ReadAs(notes, join, brought if small else None)
    title = state.opened().title
    known_as = "" if title == brought.name else f" as {title}"
    state.notice("success", f"{brought.name} is open{known_as}: {text.fullness(ratings)}.")


def _join(name: str, infos: tuple[pd.DataFrame, ...]) -> None:
    """Join a file about items to the ratings that are open."""
    now = state.opened()
    try:
        ratings, join = now.ratings, None
        for info in infos:
            ratings, join = join_items(ratings, info)
        if not kept.has_labels(now.project):  # labels know their items by name
            ratings = named_by_title(ratings)
    except NmfError as error:
        state.notice("error", str(error))
        return
    assert join is not None
    state.change(ratings)
    state.renew_editor()
    before: ReadAs | None = state.session().read_as.get(now.key)
    notes = (*(before.notes if before else now.versions[0].notes), *join.notes)
    state.session().read_as[state.opened().key] = ReadAs(notes, join, None)
    state.notice("success", f"{shown_name(name)}: {text.many(join.n_matched, 'item')} matched by {join.by}.")


# --- how a file is read -----------------------------------------------------------------------------------------------


def look_first() -> None:
    """Read what was brought; of a file that waits its first rows, what was guessed and why, and a control for each guess."""
    files: Files = state.session().to_read
    if files:
        state.session().to_read = []
        size = sum(len(data) if isinstance(data, bytes) else 0 for _, data in files) / 1e6
        about = f" ({size:.0f} MB)" if size >= 1 else ""
        with st.spinner(f"Reading {text.md(', '.join(shown_name(name) for name, _ in files))}{about} …"):
            _read(files)
        st.rerun()
    brought: Brought | None = state.session().bring
    if brought is not None and not brought.again:
        _look_at(brought)


def _look_at(brought: Brought) -> None:
    """What is guessed of a file, with controls, and a button to open it so."""
    preview = brought.preview
    with st.container(border=True):
        st.subheader(f"How is {text.md(brought.name)} to be read?", anchor=False)
        if len(preview.head.columns):
            st.caption("Its first rows, as they stand:")
            # Six rows in sight, the rest by scrolling: the questions and Open should not be far below.
            height: Any = "content" if len(preview.head) <= 6 else 38 + 35 * 6
            st.dataframe(preview.head, hide_index=True, height=height, key=f"head-{brought.number}")
        what = [q for q in preview.questions if q.key in ("sheet", "encoding", "layout")]
        roles = [q for q in preview.questions if q.key in ROLES]
        for group in (what, roles, [q for q in preview.questions if q not in (*what, *roles)]):
            for question, column in zip(group, st.columns(len(group) or 1), strict=False):
                with column:
                    _question(question, brought)
        if preview.error is not None:
            st.error(text.md(preview.error), icon=":material/error:")
        elif preview.ratings is not None:
            r = preview.ratings
            first = int(np.flatnonzero(r.user_counts)[0])
            item, rating = next(iter(r.of_user(r.users[first]).items()))
            st.markdown(
                f"Read so: **{text.fullness(r)}**. The first says: {text.md(text.cut(r.users[first], 40))} rated "
                f"{text.md(text.cut(item, 40))} with {text.number(rating)}."
            )
        if brought.again:
            st.caption("Opened anew from the file: what was edited since stays in the project that is open now.")
        with st.container(horizontal=True):
            st.button(
                "Open",
                type="primary",
                icon=":material/check:",
                key="open-brought",
                on_click=_open,
                args=(brought,),
                disabled=preview.ratings is None,
            )
            st.button("Leave it", icon=":material/close:", key="leave-brought", on_click=_leave)


def _question(question: Question, brought: Brought) -> None:
    """A control for one guess, with its reason."""
    key = f"answer-{question.key}-{brought.number}"
    label = LABELS[question.key]  # plain: a screen reader would spell what stands for an icon
    change: dict[str, Any] = {"key": key, "on_change": _answered, "args": (question.key, key)}
    if isinstance(question.choice, tuple):
        st.multiselect(label, question.options, question.choice, placeholder="none", **change)
    else:
        named = question.key in ("sheet", *ROLES)  # shown as the file calls them, whatever these words mean to us
        words = ENCODINGS if question.key == "encoding" else {EACH_ROW: "each row is one"} if named else WORDS
        choose: Any = st.selectbox if named or question.key == "encoding" else st.radio
        at = question.options.index(question.choice)
        choose(label, question.options, at, format_func=lambda x: words.get(x, x), **change)
    because = "Since" if question.sure else ":orange[:material/help: A guess], since"
    st.caption(f"{because} {text.md(question.reason)}.")


def _answered(question: str, key: str) -> None:
    """Read the file again with another answer."""
    brought: Brought | None = state.session().bring
    if brought is None:  # left meanwhile: an answer that was still on its way
        return
    answers = _with_answer(brought, question, state.widget(key))
    preview = preview_ratings(brought.data, name=brought.name, **answers)
    # A new number: the other answers may be others now, and their controls begin from them.
    state.session().bring = replace(brought, answers=answers, preview=preview, number=next(_NUMBERS))


def _with_answer(brought: Brought, question: str, answer: Any) -> dict[str, Any]:
    """The answers so far and one more; those that it makes void are gone."""
    answers, choices = dict(brought.answers), {q.key: q.choice for q in brought.preview.questions}
    layout = choices.get("layout", "long")
    if question == "sheet":  # what was said of another is not said of this one
        return {"sheet": answer}
    if question == "skip":
        return {**answers, "skip": list(answer), "layout": layout}
    if question in ROLES and layout != "long":  # what named the rows before is no rating either
        before = dict.fromkeys([*answers.get("skip", choices.get("skip", ())), choices[question]])
        left = [column for column in before if column not in (answer, EACH_ROW)]
        return {**answers, "columns": {question: answer}, "skip": left, "layout": layout}
    if question in ROLES:
        chosen = {role: choices[role] for role in ROLES if role in choices}
        other = next((role for role, column in chosen.items() if column == answer and role != question), None)
        if other is not None:  # the two change places
            chosen[other] = chosen[question]
        return {**answers, "columns": {**chosen, question: answer}, "layout": "long"}
    if question == "layout":  # which columns are what is another question then
        answers.pop("skip", None)
        answers.pop("columns", None)
    return {**answers, question: answer}


def _leave() -> None:
    """Let go of the file that waits."""
    state.session().bring = None


def how_it_was_read() -> None:
    """What was understood and settled when what is open was read, and a way to read it in another way."""
    opened = state.opened()
    found: ReadAs | None = state.session().read_as.get(opened.key)
    notes = found.notes if found else opened.versions[0].notes
    if not notes:
        return
    with st.expander(
        f"How it was read: {text.md(text.cut(notes[0], 90))}", icon=":material/fact_check:", key=f"read-{opened.key}"
    ):
        st.markdown("\n".join(f"- {text.md(note)}" for note in notes))
        if found and found.join:
            for title, names in (
                ("Items without metadata", found.join.without),
                ("In the metadata, but not rated", found.join.unused),
            ):
                if names:
                    st.caption(f"{title}: {text.many(len(names), 'item')}")
                    st.dataframe(pd.DataFrame({title: names}), hide_index=True, height=min(38 + 35 * len(names), 240))
        brought: Brought | None = state.session().bring
        if found and found.brought and brought and brought.again and brought.data is found.brought.data:
            _look_at(brought)
        elif found and found.brought:
            st.button("Read it in another way", icon=":material/edit_note:", on_click=_again, args=(found.brought,))
        else:
            st.caption("To read it in another way, bring the file once more.")


def _again(brought: Brought) -> None:
    """Ask anew how a file is to be read."""
    state.session().bring = replace(brought, again=True, number=next(_NUMBERS))


# --- other ways -------------------------------------------------------------------------------------------------------


def from_movielens() -> None:
    """MovieLens' sets, fetched when they are asked for."""
    key = st.segmented_control(
        "Set",
        list(MOVIELENS),
        default="ml-latest-small",
        format_func=lambda k: MOVIELENS[k].title,
        required=True,
        key="ml",
    )
    remote = MOVIELENS[str(key)]
    job = jobs.find(state.person(), _download(remote))
    if job is not None and not job.finished:
        _wait(job)
        return
    if job is not None and job.result is not None:
        jobs.forget(state.person(), _download(remote))
        found = preview_ratings(job.result, name=job.result.name)
        if found.ratings is not None:
            ratings = named_by_title(found.ratings)
            state.soon(lambda: state.open_own(ratings, remote.title))
            st.rerun()
        st.error(text.md(found.error), icon=":material/error:")
    here = movielens.is_fetched(remote)
    low, high = remote.scale
    st.markdown(
        f"{remote.n_ratings:,} ratings from {low:g} to {high:g} of {remote.n_items:,} films by {remote.n_users:,} people, with "
        f"titles and genres. {remote.licence} [GroupLens' own words]({remote.licence_url})."
    )
    if not here:
        st.caption(
            f"Fetched from {remote.url} ({remote.n_bytes / 1e6:.1f} MB) and kept in this machine's cache; checked by "
            f"{remote.checksum[:18]}…"
        )
    if job is not None and job.error is not None and not job.cancelled:
        st.error(text.md(job.error), icon=":material/error:")
    st.button(
        "Open it" if here else "Fetch and open it",
        icon=":material/folder_open:" if here else ":material/download:",
        key="fetch",
        on_click=_fetch,
        args=(remote,),
    )


def _download(remote: Remote) -> tuple[str, str]:
    """The name of a download's job."""
    return ("download", remote.key)


def _fetch(remote: Remote) -> None:
    """Begin a download; what is in the cache opens at once."""
    if movielens.is_fetched(remote):
        state.session().to_read = [(f"{remote.title}.zip", movielens.fetch(remote))]
        return
    jobs.forget(state.person(), _download(remote))
    jobs.start(state.person(), _download(remote), lambda progress: movielens.fetch(remote, on_progress=progress))


@st.fragment(run_every=0.4)
def _wait(job: jobs.Job) -> None:
    """Progress of a download, and Cancel."""
    if job.finished:
        st.rerun()
    st.progress(
        min(job.done / job.of, 1.0) if job.of else 0.0, f"Fetched {job.done / 1e6:.1f} of {job.of / 1e6:.1f} MB"
    )
    if st.button("Cancel", icon=":material/close:", key="cancel-fetch", disabled=job.cancelled):
        job.cancelled = True


def from_shelf() -> None:
    """Files in the folder that the server's owner named."""
    folder = kept.shelf()
    assert folder is not None
    try:
        names = shelf.listed(folder)
    except NmfError as error:
        st.error(text.md(error), icon=":material/error:")
        return
    name = st.selectbox("File or folder", names, index=None, key="shelf", placeholder="choose one")
    st.caption(
        "What whoever runs this server has put there: files of any size, and folders of Parquet files."
        if names
        else "There is nothing yet that can be opened."
    )
    st.button(
        "Open",
        icon=":material/folder_open:",
        key="open-shelf",
        disabled=name is None,
        on_click=_from_shelf,
        args=(folder,),
    )


def _from_shelf(folder: Path) -> None:
    """Open what was chosen."""
    name = str(state.widget("shelf"))
    try:
        paths = [shelf.path_of(folder, name), shelf.films_beside(folder, name)]
    except NmfError as error:
        state.notice("error", str(error))
        return
    state.session().to_read = [(path.name, path) for path in paths if path is not None]


def planted() -> None:
    """Ratings made from features that are known, to see whether a fit finds them."""
    left, middle, right = st.columns(3, gap="medium")
    n_users = left.slider("Users", 5, 2_000, 300, key="planted_users")
    n_items = left.slider("Items", 4, 1_000, 120, key="planted_items")
    rank = middle.slider("Features", 1, 12, 5, key="planted_rank")
    density = middle.slider("Share rated", 0.01, 1.0, 0.2, 0.01, key="planted_density")
    noise = right.slider("Noise, in points", 0.0, 2.0, 0.3, 0.05, key="planted_noise")
    liking = right.slider(
        "Blanks tell of dislike",
        0.0,
        3.0,
        1.0,
        0.1,
        key="planted_liking",
        help="At 0 people rate at random, above it what they like.",
    )
    st.button("Plant them", icon=":material/potted_plant:", key="plant", on_click=_plant)
    features = min(rank, n_users, n_items)
    least = max(round(density * n_users * n_items), n_users, n_items)  # everyone rates, and everything is rated
    st.caption(
        f"About {text.many(least, 'rating')} from 1 to 5 in half points, of {text.many(features, 'feature')}. "
        f"Made up: noise {noise:g}, pull {liking:g}, seed 0."
    )


def _plant() -> None:
    """Make the ratings that the sliders say."""
    users, items, rank, density, noise, liking = (
        state.widget(f"planted_{name}") for name in ("users", "items", "rank", "density", "noise", "liking")
    )
    rank = min(rank, users, items)
    _opened_or_said(
        lambda: datasets.planted(users, items, rank, density, noise, biased_blanks=liking),
        f"Planted: {text.many(rank, 'feature')}, {users} × {items}",
    )


def empty_grid() -> None:
    """A small grid to fill in."""
    left, middle, right = st.columns(3, gap="medium")
    left.number_input("Users", 1, 200, 5, key="empty_users")
    middle.number_input("Items", 1, 100, 4, key="empty_items")
    right.number_input("Highest rating", 1, 100, 5, key="empty_high")
    st.button("Start from an empty grid", icon=":material/grid_off:", on_click=_empty, key="empty")
    st.caption("It begins with one rating, since a grid without any cannot be fitted. Names are changed in the grid.")


def _empty() -> None:
    """A grid with one rating."""
    users = [f"User{k}" for k in range(1, state.widget("empty_users") + 1)]
    items = [f"Item{k}" for k in range(1, state.widget("empty_items") + 1)]
    high = state.widget("empty_high")
    middle = float((high + 1) // 2)
    scale = (1, high) if high > 1 else (0, 1)
    _opened_or_said(
        lambda: Ratings.from_cells(users[:1], items[:1], [middle], all_users=users, all_items=items, scale=scale),
        "Your own grid",
    )


def _opened_or_said(make: Callable[[], Ratings], title: str) -> None:
    """Open ratings that are made, or say why they cannot be."""
    try:
        ratings = make()
    except NmfError as error:
        state.notice("error", str(error))
        return
    state.open_own(ratings, title)
