"""How a file is read: its first rows, what was guessed and why, and a control for each answer that can be given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from nmf_core import NmfError
from nmf_core.formats.delimited_text import DELIMITERS
from nmf_core.formats.encodings import ENCODINGS
from nmf_core.formats.registry import shown_name
from nmf_core.reading.layouts import LAYOUTS
from nmf_core.reading.options import CHOSEN, EACH_ROW, FIND_OUT, Question
from nmf_core.reading.readings import NO_HEADER
from nmf_core.tables.headers import ROLES
from pages.ui import text
from pages.ui.ratings.answers import with_answer
from pages.ui.ratings.uploads import Files, ReadAs, Upload, answer, leave, new_number, open_upload, read, waiting
from pages.ui.session import controls, session, workspaces

# In the order in which they are asked.
LABELS: Final = {
    "sheet": "Which sheet?",
    "encoding": "Which letters are these?",
    "separator": "What stands between the cells?",
    "header": "Where do the names of the columns stand?",
    "layout": "What is a row?",
    "user": "Which column is the user?",
    "item": "Which column is the item?",
    "rating": "Which column is the rating?",
    "skip": "Which columns are left out?",
    "only": "Which rows count?",
    "missing": "What stands for no answer?",
    "marks": "What are cells such as 4/5, ★★★★ or x?",
    "negative": "What is a number below zero?",
    "zeros": "What is a 0?",
    "decimal": "What is the decimal mark?",
    "totals": "Are these sums?",
}
WORDS: Final = {
    **{layout.name: layout.words for layout in LAYOUTS.values()},
    "unrated": "a blank",
    "rating": "a rating of 0",
    ".": "a point: 4.5",
    ",": "a comma: 4,5",
    "skip": "sums, to be left out",
    "keep": "ratings like the others",
    "number": "the number that they say",
    "text": "words",
    "shift": "a rating: the scale is shifted to begin at 0",
    "blank": "no answer",
    FIND_OUT: "as it is found",
}
_NAMED: Final = ("sheet", *ROLES)  # shown as the file calls them, whatever these words mean to us
_FROM_A_LIST: Final = (*_NAMED, "encoding", "separator", "header")
_IN_A_ROW = 3  # controls side by side


def preview_panel() -> None:
    """Read the files that came; of a file that waits its first rows, what was guessed and why, and a control for each guess."""
    waiting()
    files: Files = session.current().to_read
    if files:
        session.current().to_read = []
        size = sum(len(data) if isinstance(data, bytes) else 0 for _, data in files) / 1e6
        about = f" ({size:.0f} MB)" if size >= 1 else ""
        with st.spinner(f"Reading {text.md(', '.join(shown_name(name) for name, _ in files))}{about} …"):
            read(files)
        st.rerun()
    upload: Upload | None = session.current().upload
    if upload is not None and not upload.again:
        _look_at(upload)


def _look_at(upload: Upload) -> None:
    """What is guessed of a file, with a control for each doubt, a button to open it so, and all other ways to read it."""
    preview = upload.preview
    ordered = sorted(preview.questions, key=lambda question: list(LABELS).index(question.key))
    first = [question for question in ordered if question.key in upload.asked]
    others = [question for question in ordered if question.key not in upload.asked]
    with st.container(border=True):
        st.subheader(f"How is {text.md(upload.name)} to be read?", anchor=False)
        if len(preview.head.columns):
            st.caption("Its first rows, as they stand:")
            # Six rows in sight, the rest by scrolling: the questions and Open should not be far below.
            height: Any = "content" if len(preview.head) <= 6 else 38 + 35 * 6
            st.dataframe(preview.head, hide_index=True, height=height, key=f"head-{upload.number}")
        _controls(first, upload)
        more = st.container()  # where whoever clicks is looking: what opened below the buttons could be out of sight
        _outcome(upload, [*first, *others])
        if _buttons(upload):
            with more:
                _controls(others, upload)


def _all_ways(upload: Upload) -> str:
    """The key of the switch that shows all other ways to read a file."""
    return f"all-ways-{upload.first}"


def _outcome(upload: Upload, questions: Sequence[Question]) -> None:
    """What is read so, or why nothing is."""
    preview = upload.preview
    if preview.error is not None:
        st.error(_said(preview.error, questions), icon=":material/error:")
    elif preview.ratings is not None:
        r = preview.ratings
        first = int(np.flatnonzero(r.user_counts)[0])
        item, rating = next(iter(r.of_user(r.users[first]).items()))
        st.markdown(
            f"Read so: **{text.fullness(r)}**. The first says: {text.md(text.cut(r.users[first], 40))} rated "
            f"{text.md(text.cut(item, 40))} with {text.number(rating)}."
        )
    if upload.again:
        st.caption("Opened anew from the file: what was edited since stays in the project that is open now.")


def _said(error: NmfError, questions: Sequence[Question]) -> str:
    """An error for Markdown, with the controls here that could help."""
    there = {question.key for question in questions}
    named = [f"“{LABELS[key]}”" for key in error.asks if key in there]
    hint = f" Or answer {' or '.join(named)} on this page." if named else ""
    return text.md(error.plain) + hint


def _buttons(upload: Upload) -> bool:
    """Open it so, or not at all, or begin again; and whether all other ways to read it are to be in sight."""
    if session.widget(_all_ways(upload)) is None:  # every answer begins the controls anew; the switch stays as it is
        controls.set_widgets(**{_all_ways(upload): upload.again or upload.preview.error is not None})
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Open",
            type="primary",
            icon=":material/check:",
            key="open-upload",
            on_click=open_upload,
            args=(upload,),
            disabled=upload.preview.ratings is None,
        )
        st.button("Leave it", icon=":material/close:", key="leave-upload", on_click=leave)
        if upload.answers:
            st.button(
                "Take all answers back", icon=":material/undo:", key="no-answers", on_click=answer, args=(upload, {})
            )
        return st.toggle("Read it in another way", key=_all_ways(upload))


def _controls(questions: Sequence[Question], upload: Upload) -> None:
    """A control for each question, some side by side."""
    for k in range(0, len(questions), _IN_A_ROW):
        group = questions[k : k + _IN_A_ROW]
        for question, column in zip(group, st.columns(_IN_A_ROW if k else len(group), gap="medium"), strict=False):
            with column:
                _question(question, upload)


def _question(question: Question, upload: Upload) -> None:
    """A control for one answer, with its reason."""
    key = f"answer-{question.key}-{upload.number}"
    label = LABELS[question.key]  # plain: a screen reader would spell what stands for an icon
    change: dict[str, Any] = {"key": key, "on_change": _answered, "args": (question.key, key)}
    if question.key == "missing":
        st.multiselect(
            label, question.options, question.choice, placeholder="99 or k.A.", accept_new_options=True, **change
        )
    elif isinstance(question.choice, tuple):
        st.multiselect(label, question.options, question.choice, placeholder="none", **change)
    else:
        choose: Any = st.selectbox if question.key in _FROM_A_LIST else st.radio
        at = question.options.index(question.choice)
        choose(label, question.options, at, format_func=lambda option: _worded(question, option), **change)
    st.caption(_because(question))


def _worded(question: Question, option: str) -> str:
    """An answer in words."""
    if question.key in _NAMED:
        return {EACH_ROW: "each row is one", FIND_OUT: WORDS[FIND_OUT]}.get(option, option)
    if question.key == "header":
        return "nowhere" if option == NO_HEADER else question.words.get(option, option)
    words = {"encoding": ENCODINGS, "separator": DELIMITERS}.get(question.key, WORDS)
    return words.get(option, WORDS.get(option, option))


def _because(question: Question) -> str:
    """Why an answer is taken, for Markdown."""
    if question.reason == CHOSEN:
        kinds = f" {text.md(text.cut(question.about, 40))} says what kind each row is." if question.about else ""
        return f"You chose it.{kinds}"
    because = "Since" if question.sure else ":orange[:material/help: A guess], since"
    return f"{because} {text.md(question.reason)}."


def _answered(question: str, key: str) -> None:
    """Read the file again with another answer."""
    upload: Upload | None = session.current().upload
    if upload is None:  # left meanwhile: an answer that was still on its way
        return
    answer(upload, with_answer(upload.answers, upload.preview.questions, question, session.widget(key)))
    if session.current().upload.preview.error is not None:  # what could help must be in sight
        controls.set_widgets(**{_all_ways(upload): True})


def how_it_was_read() -> None:
    """What was understood and settled when what is open was read, and a way to read it in another way."""
    opened = workspaces.current()
    found: ReadAs | None = session.current().read_as.get(opened.key)
    notes = found.notes if found else opened.versions[0].notes
    if not notes:
        return
    upload: Upload | None = session.current().upload
    if upload and not upload.again:  # what is open now is not what is looked at
        return
    if found and found.upload and upload and upload.again and upload.source.data is found.upload.source.data:
        _look_at(upload)  # in place of what was clicked, so that it is in sight
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
        if found and found.upload:
            st.button("Read it in another way", icon=":material/edit_note:", on_click=_again, args=(found.upload,))
        else:
            st.caption("To read it in another way, bring the file once more.")


def _again(upload: Upload) -> None:
    """Ask anew how a file is to be read."""
    session.current().upload = Upload(
        upload.name,
        upload.source,
        upload.answers,
        upload.preview,
        upload.items,
        again=True,
        number=new_number(),
        asked=upload.asked,
    )
