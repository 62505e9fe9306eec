"""How a file is read: its first rows, what was guessed and why, and a control for each guess."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from nmf_core import preview_ratings
from nmf_core.formats.encodings import ENCODINGS
from nmf_core.formats.registry import shown_name
from nmf_core.reading.layouts import LAYOUTS
from nmf_core.reading.options import EACH_ROW, Question
from nmf_core.tables.headers import ROLES
from pages.ui import text
from pages.ui.ratings.uploads import Files, ReadAs, Upload, new_number, open_upload, read
from pages.ui.session import session, workspaces

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
    **{layout.name: layout.words for layout in LAYOUTS.values()},
    "unrated": "a blank",
    "rating": "a rating of 0",
    ".": "a point: 4.5",
    ",": "a comma: 4,5",
    "skip": "sums, to be left out",
    "keep": "ratings like the others",
}


def preview_panel() -> None:
    """Read the files that came; of a file that waits its first rows, what was guessed and why, and a control for each guess."""
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
    """What is guessed of a file, with controls, and a button to open it so."""
    preview = upload.preview
    with st.container(border=True):
        st.subheader(f"How is {text.md(upload.name)} to be read?", anchor=False)
        if len(preview.head.columns):
            st.caption("Its first rows, as they stand:")
            # Six rows in sight, the rest by scrolling: the questions and Open should not be far below.
            height: Any = "content" if len(preview.head) <= 6 else 38 + 35 * 6
            st.dataframe(preview.head, hide_index=True, height=height, key=f"head-{upload.number}")
        what = [q for q in preview.questions if q.key in ("sheet", "encoding", "layout")]
        roles = [q for q in preview.questions if q.key in ROLES]
        for group in (what, roles, [q for q in preview.questions if q not in (*what, *roles)]):
            for question, column in zip(group, st.columns(len(group) or 1), strict=False):
                with column:
                    _question(question, upload)
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
        if upload.again:
            st.caption("Opened anew from the file: what was edited since stays in the project that is open now.")
        with st.container(horizontal=True):
            st.button(
                "Open",
                type="primary",
                icon=":material/check:",
                key="open-upload",
                on_click=open_upload,
                args=(upload,),
                disabled=preview.ratings is None,
            )
            st.button("Leave it", icon=":material/close:", key="leave-upload", on_click=_leave)


def _question(question: Question, upload: Upload) -> None:
    """A control for one guess, with its reason."""
    key = f"answer-{question.key}-{upload.number}"
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
    upload: Upload | None = session.current().upload
    if upload is None:  # left meanwhile: an answer that was still on its way
        return
    answers = _with_answer(upload, question, session.widget(key))
    preview = preview_ratings(upload.source, **answers)
    # A new number: the other answers may be others now, and their controls begin from them.
    session.current().upload = replace(upload, answers=answers, preview=preview, number=new_number())


def _with_answer(upload: Upload, question: str, answer: Any) -> dict[str, Any]:
    """The answers so far and one more; those that it makes void are gone."""
    answers, choices = dict(upload.answers), {q.key: q.choice for q in upload.preview.questions}
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
    session.current().upload = None


def how_it_was_read() -> None:
    """What was understood and settled when what is open was read, and a way to read it in another way."""
    opened = workspaces.current()
    found: ReadAs | None = session.current().read_as.get(opened.key)
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
        upload: Upload | None = session.current().upload
        if found and found.upload and upload and upload.again and upload.source.data is found.upload.source.data:
            _look_at(upload)
        elif found and found.upload:
            st.button("Read it in another way", icon=":material/edit_note:", on_click=_again, args=(found.upload,))
        else:
            st.caption("To read it in another way, bring the file once more.")


def _again(upload: Upload) -> None:
    """Ask anew how a file is to be read."""
    session.current().upload = replace(upload, again=True, number=new_number())
