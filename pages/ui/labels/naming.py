"""Naming a feature: the field for its name and what belongs to a name, each saved as soon as it changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import streamlit as st

from nmf_core import NmfError
from nmf_core.interpret.carry import feature_shapes
from nmf_core.labels import KINDS, Label, MatchedLabel, StoredLabel, Suggestion
from pages.ui import text
from pages.ui.labels import conflict
from pages.ui.session import projects, session, storage
from pages.ui.work.view import Ready

SURE = 0.9  # from this similarity on, a feature is plainly the one that was named


def named(view: Ready, f: int) -> MatchedLabel | None:
    """The label that the feature is recognised by."""
    return view.known.by_feature.get(f) if view.known else None


def swatch(colour: str, width: int, height: int) -> str:
    """A band in a feature's colour, as a data address."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" rx="3" fill="{colour}"/></svg>'
    )


def mark(view: Ready, f: int) -> str:
    """What the keys of a feature's fields end with: another version of its label has other fields, which show it."""
    known = named(view, f)
    return f"{view.project}-{f}-{known.stored.id if known else 'new'}-{known.stored.version if known else view.workspace.at}"


def name_field(view: Ready, f: int, suggestions: Sequence[Suggestion]) -> None:
    """The field for a feature's name; what is suggested for one without stands in it as a hint."""
    known = named(view, f)
    if view.workspace.viewed:  # a field's key would tell the project
        st.markdown(f"**{text.md(view.names[f])}**", width="stretch")
        return
    key = f"name-{mark(view, f)}"
    hint = f"Feature {f + 1}" + (f": {suggestions[0].text}?" if suggestions else "")
    st.text_input(
        f"Name of feature {f + 1}",
        known.stored.label.text if known else "",
        max_chars=80,
        key=key,
        placeholder=hint,
        label_visibility="collapsed",
        on_change=_save,
        args=(view, f, key, "text", tuple(one.evidence for one in suggestions)),
    )


def details(view: Ready, f: int) -> None:
    """Kind, note and colour of a feature's label, and taking it away."""
    known, at = named(view, f), mark(view, f)
    label = known.stored.label if known else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Kind",
            KINDS,
            index=KINDS.index(label.kind) if label else len(KINDS) - 1,
            key=f"kind-{at}",
            disabled=label is None,
            on_change=_save,
            args=(view, f, f"kind-{at}", "kind"),
            help="What the feature is about. Name it first." if label is None else "What the feature is about.",
            width=220,
        )
        if label is None:
            return
        st.color_picker(
            "Colour", view.colours[f], key=f"colour-{at}", on_change=_save, args=(view, f, f"colour-{at}", "colour")
        )
        st.button(
            "Remove this name",
            icon=":material/delete:",
            key=f"remove-{at}",
            type="tertiary",
            on_click=_remove,
            args=(view, f),
        )
    st.text_area(
        "Note",
        label.note,
        max_chars=2_000,
        key=f"note-{at}",
        height=68,
        placeholder="Why it is called that",
        on_change=_save,
        args=(view, f, f"note-{at}", "note"),
    )
    assert known is not None
    st.caption(_saved(known.stored))


def _saved(stored: StoredLabel) -> str:
    """When and by whom a label was saved."""
    by = f" by {text.md(stored.label.author)}" if stored.label.author else ""
    return f":material/check: Saved{by}, {stored.updated:%d %b %Y, %H:%M} UTC, version {stored.version}."


def suggested(view: Ready, f: int, suggestions: Sequence[Suggestion]) -> None:
    """A button for each name that is suggested and not the one that it has; its evidence on hover, and as its note."""
    known = named(view, f)
    label = known.stored.label if known else None
    others = [one for one in suggestions if label is None or one.text != label.text]
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Suggested:" if label is None else "Or:")
        for one in others:
            made = Label(one.text, one.kind, note=one.evidence) if label is None else replace(label, text=one.text)
            st.button(
                text.md(one.text),
                key=f"suggest-{mark(view, f)}-{one.text}",
                icon=":material/lightbulb:",
                help=text.md(one.evidence),
                on_click=save,
                args=(view, f, made),
            )


def _save(view: Ready, f: int, key: str, part: str, suggested_by: Collection[str] = ()) -> None:
    """Save one changed field; an emptied name removes the label, and a new one drops the evidence for a name that was suggested."""
    known = named(view, f)
    value = session.widget(key) or ""
    if part == "text" and not value.strip():
        if known is not None:
            _remove(view, f)
        return
    try:
        label = replace(known.stored.label, **{part: value}) if known else Label(**{part: value})
        if known and part == "text" and label != known.stored.label and label.note in suggested_by:
            label = replace(label, note="")
    except NmfError as error:
        session.notice("error", error.plain)
        return
    save(view, f, label)


def save(view: Ready, f: int, label: Label) -> None:
    """Save a label; the colour it is seen in stays with it. One whose name is another hangs on the feature as it is now."""
    assert view.known is not None  # the page ends where the store cannot be read
    known = named(view, f)
    stored = known.stored if known else None
    # A browser that leaves the page tells of fields that nobody changed, too.
    if stored is not None and label == stored.label:
        return
    label = replace(label, colour=label.colour or view.colours[f], author=label.author or session.nickname())
    seen = [one.id for one in view.known.stored]
    keep(view, f, label, stored, seen, anew=stored is None or label.text != stored.label.text)


def keep(
    view: Ready, f: int, label: Label, stored: StoredLabel | None, beside: Sequence[int] = (), *, anew: bool = True
) -> None:
    """Save a label with a feature: a new one, or in the place of one that is stored.

    It hangs on the feature as it is in this fit, or if not `anew` on what it hung on: a note that is written in another fit must
    not move a name from feature to feature.
    """
    assert view.project is not None
    shape = stored.shape if stored and not anew else feature_shapes(view.fit)[f]
    conflict.save(view.project, label, shape, stored, beside)


def _remove(view: Ready, f: int) -> None:
    """Take the feature's label away."""
    known = named(view, f)
    if known is not None:
        forget(view, known.stored)


def forget(view: Ready, stored: StoredLabel) -> None:
    """Take a label away; history keeps it."""
    project = view.project
    if project is not None:
        conflict.saving(project, None, lambda: storage.store().remove(project, stored.id, stored.version))


def _undo(project: str) -> None:
    """Take back the last change, and say what that was. A callback."""

    def undo() -> None:
        label = storage.store().undo(project)
        if label is not None:
            became = "is without its name again" if label.removed else f"is as it was: {label.label.text}"
            session.notice("info", f"Taken back: label {label.id} {became}.")

    projects.saving(undo)


def undo_button(view: Ready) -> None:
    """Take back the last change of a label."""
    project = view.project
    assert project is not None
    st.button(
        "Undo",
        icon=":material/undo:",
        key="undo-label",
        help="Take back the last change of a label.",
        on_click=_undo,
        args=(project,),
        disabled=not projects.has_label_history(project),
    )
