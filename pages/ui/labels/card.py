"""A feature's card on the Labels page: its name and where it came from, the fields that change it, what is suggested."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from nmf_core import NmfError
from nmf_core.labels import KINDS, Label, MatchedLabel, Suggestion, shapes_of
from pages.ui import text
from pages.ui.labels import conflict
from pages.ui.session import projects, session, storage
from pages.ui.work.view import Ready

SURE = 0.95  # from this similarity on, a feature is plainly the one that was named


def _named(view: Ready, f: int) -> MatchedLabel | None:
    """The label that the feature is recognised by."""
    return view.known.by_feature.get(f) if view.known else None


def head(view: Ready, f: int) -> None:
    """The feature's name in its colour, how much it explains, and where the name came from."""
    named, colour = _named(view, f), view.colours[f]
    total = float(view.fit.misfit_removed.sum()) or 1.0
    st.markdown(f"#### {text.md(view.names[f])}")
    st.image(_swatch(colour), width="stretch")
    share = f"Feature {f + 1}: {max(0.0, float(view.fit.misfit_removed[f])) / total:.0%} of what the features explain"
    if named is not None and named.similarity < SURE:
        share += f". Its name is carried over: {named.similarity:.0%} alike to the feature that was named"
    st.caption(share + ".")


def _swatch(colour: str) -> str:
    """A thin band in the feature's colour, as a data address."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="8" viewBox="0 0 800 8">'
        f'<rect width="800" height="8" rx="3" fill="{colour}"/></svg>'
    )


def name_fields(view: Ready, f: int, suggestions: list[Suggestion]) -> None:
    """Name, kind, note and colour; each is saved as soon as it changes."""
    named = _named(view, f)
    waits = conflict.pending(view)
    if named is not None and waits is not None and waits.found.theirs.id == named.stored.id:
        conflict.choice(waits)
        return
    label = named.stored.label if named else None
    mark = f"{view.project}-{f}-{named.stored.id if named else 'new'}-{named.stored.version if named else view.workspace.at}"
    left, right = st.columns([3, 2])
    left.text_input(
        "Name",
        label.text if label else "",
        max_chars=80,
        key=f"name-{mark}",
        placeholder=f"Feature {f + 1}",
        on_change=_save,
        args=(view, f, f"name-{mark}", "text"),
    )
    right.selectbox(
        "Kind",
        KINDS,
        index=KINDS.index(label.kind) if label else len(KINDS) - 1,
        key=f"kind-{mark}",
        disabled=label is None,
        on_change=_save,
        args=(view, f, f"kind-{mark}", "kind"),
        help="What the feature is about. Name it first." if label is None else "What the feature is about.",
    )
    if suggestions and label is None:
        with st.container(horizontal=True):
            for suggestion in suggestions:
                st.button(
                    text.md(suggestion.text),
                    key=f"suggest-{mark}-{suggestion.text}",
                    icon=":material/lightbulb:",
                    help=text.md(suggestion.evidence),
                    on_click=_save_label,
                    args=(view, f, Label(suggestion.text, suggestion.kind, note=suggestion.evidence)),
                )
    if label is not None:
        with st.popover("Note, colour, remove", icon=":material/edit_note:", type="tertiary"):
            st.text_area(
                "Note",
                label.note,
                max_chars=2_000,
                key=f"note-{mark}",
                on_change=_save,
                args=(view, f, f"note-{mark}", "note"),
            )
            st.color_picker(
                "Colour",
                view.colours[f],
                key=f"colour-{mark}",
                on_change=_save,
                args=(view, f, f"colour-{mark}", "colour"),
            )
            st.button(
                "Remove this name", icon=":material/delete:", key=f"remove-{mark}", on_click=_remove, args=(view, f)
            )


def _save(view: Ready, f: int, key: str, part: str) -> None:
    """Save one changed field; an emptied name removes the label."""
    named = _named(view, f)
    value = session.widget(key) or ""
    if part == "text" and not value.strip():
        if named is not None:
            _remove(view, f)
        return

    def changed() -> Label:
        return replace(named.stored.label, **{part: value}) if named else Label(**{part: value})

    try:
        label = changed()
    except NmfError as error:
        session.notice("error", error.plain)
        return
    _save_label(view, f, label)


def _save_label(view: Ready, f: int, label: Label) -> None:
    """Save a label of the feature as it is now; the colour it is seen in stays with it."""
    assert view.project is not None and view.known is not None  # the page ends where the store cannot be read
    named, fit, project = _named(view, f), view.fit, view.project
    label = replace(label, colour=label.colour or view.colours[f], author=label.author or session.nickname())
    seen = [n.stored.id for n in view.known.by_feature.values()] + [s.id for s in view.known.unrecognised]
    shape = shapes_of(fit.items, fit.H, counted=fit.blanks.weight > 0)[f]
    conflict.saving(
        project,
        shape,
        lambda: storage.store().save(
            project,
            label,
            shape,
            label_id=named.stored.id if named else None,
            version=named.stored.version if named else None,
            beside=() if named else seen,
        ),
    )


def _remove(view: Ready, f: int) -> None:
    """Take the feature's label away."""
    named, project = _named(view, f), view.project
    if named is not None and project is not None:
        stored = named.stored
        conflict.saving(project, None, lambda: storage.store().remove(project, stored.id, stored.version))


def undo_button(view: Ready) -> None:
    """Take back the last change of a label."""
    project = view.project
    assert project is not None
    st.button(
        "Undo the last change of a label",
        icon=":material/undo:",
        key="undo-label",
        on_click=projects.saving,
        args=(lambda: storage.store().undo(project),),
        disabled=not projects.has_label_history(project),
    )


def lost_choice(view: Ready) -> None:
    """A choice between two versions of a label that no card shows: the other one was removed, or names no feature here."""
    waits = conflict.pending(view)
    shown = {named.stored.id for named in view.known.by_feature.values()} if view.known else set()
    if waits is not None and waits.found.theirs.id not in shown:
        conflict.choice(waits)


def unrecognised(view: Ready) -> None:
    """Labels whose feature is not in this fit: kept, and back when it is."""
    if view.known and view.known.unrecognised:
        with st.expander(
            f"{text.many(len(view.known.unrecognised), 'label')} not recognised in this fit", icon=":material/help:"
        ):
            st.caption("Their features are not in this fit. They are kept, and come back with a fit that has them.")
            for saved in view.known.unrecognised:
                st.markdown(
                    f"- **{text.md(saved.label.text)}** ({saved.label.kind}): {text.md(', '.join(saved.shape.items[:4]))}, …"
                )


def history(view: Ready) -> None:
    """Every change of every label, newest first."""
    assert view.project is not None
    frame = projects.label_history(view.project)
    if len(frame):
        with st.expander("History", icon=":material/history:"):
            st.dataframe(frame.iloc[::-1], hide_index=True, key="label-history")
