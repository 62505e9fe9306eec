"""Labels as files to keep or to pass on, and such files brought in: what would come is shown before any of it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import pandas as pd
import streamlit as st

from nmf_core import NmfError, export
from nmf_core.interpret.carry import labels_in
from nmf_core.labels import Label, Shape, StoredLabel
from nmf_core.labels.exchange import labels_from_csv, labels_from_json, labels_to_csv, labels_to_json
from pages.ui import text
from pages.ui.session import session, storage
from pages.ui.work.view import Ready

FILE = "labels-file"
WAYS = {
    "json": ("JSON", "application/json", labels_to_json, labels_from_json),
    "csv": ("CSV", "text/csv", labels_to_csv, labels_from_csv),
}


@dataclass(frozen=True)
class Coming:
    """A label of a file, and what it would do.

    Attributes:
        label, shape: as they stand in the file.
        replaces: the label of the same name whose place it takes; None if it is new.
        feature: of the fit that is shown, by which it is recognised; None if by none.
    """

    label: Label
    shape: Shape
    replaces: StoredLabel | None
    feature: int | None


def panel(view: Ready) -> None:
    """Both ways, folded away below everything else."""
    if view.project is None or view.known is None:
        return
    stored = view.known.stored
    with st.expander("Export and import labels", icon=":material/swap_vert:"):
        _downloads(view, stored)
        if not view.workspace.viewed:
            _upload(view, stored)


def _downloads(view: Ready, stored: Sequence[StoredLabel]) -> None:
    """A button for each kind of file."""
    labels = [(one.label, one.shape) for one in stored]
    with st.container(horizontal=True):
        for ending, (title, mime, write, _) in WAYS.items():
            st.download_button(
                f"Export {title}",
                data=partial(
                    write, labels
                ),  # of a project with many labels that is work; most are here for other things
                file_name=export.file_name(view.workspace.title, "labels", ending),
                mime=mime,
                key=f"download-labels-{ending}",
                help=f"{text.many(len(labels), 'label')} with the items by which each is recognised",
                on_click="ignore",
                disabled=not labels,
            )


def _upload(view: Ready, stored: Sequence[StoredLabel]) -> None:
    """A file of labels, what is in it, and the button that saves it."""
    file = st.file_uploader("Bring labels", ["json", "csv"], key=session.numbered(FILE), max_upload_size=50)
    if file is None:
        return
    try:
        read = WAYS[file.name.rpartition(".")[2].lower()][3]
        coming = _coming(view, read(file.getvalue()), stored)
    except NmfError as error:
        st.error(f"{text.md(text.cut(file.name, 60))}: {text.md(error.plain)}")
        return
    if not coming:
        st.info("All labels of this file are here already.")
        return
    st.dataframe(_table(view, coming), hide_index=True, key="labels-coming")
    st.button(
        f"Save {text.many(len(coming), 'label')}",
        icon=":material/save:",
        type="primary",
        key="save-labels",
        on_click=_save,
        args=(view.project, coming, [one.id for one in stored]),
    )


def _coming(view: Ready, labels: Sequence[tuple[Label, Shape]], stored: Sequence[StoredLabel]) -> list[Coming]:
    """What each label of a file would do; those that are here as they are do nothing.

    A label takes the place of one of the same name: of the same feature if there is one, else of any that no other takes.
    """
    same = [(label, shape) for label, shape in labels if any((s.label, s.shape) == (label, shape) for s in stored)]
    free = [one for one in stored if (one.label, one.shape) not in same]
    new = [one for one in labels if one not in same]
    now = datetime.now(UTC)
    as_stored = [StoredLabel(-k, 0, label, shape, now) for k, (label, shape) in enumerate(new, 1)]
    known = labels_in(view.fit, as_stored).by_feature
    at = {-one.stored.id - 1: f for f, one in known.items()}
    found = []
    for k, (label, shape) in enumerate(new):
        named = [one for one in free if one.label.text == label.text]
        replaces = next((one for one in named if one.shape == shape), named[0] if named else None)
        free = [one for one in free if one is not replaces]
        found.append(Coming(label, shape, replaces, at.get(k)))
    return found


def _table(view: Ready, coming: Sequence[Coming]) -> pd.DataFrame:
    """What would come, a row a label."""
    return pd.DataFrame(
        {
            "label": [one.label.text for one in coming],
            "kind": [one.label.kind for one in coming],
            "what it does": ["is new" if one.replaces is None else "replaces the one of this name" for one in coming],
            "its feature here": [_where(view, one) for one in coming],
            "made of": [", ".join(text.cut(item, 30) for item in one.shape.items[:3]) for one in coming],
        }
    )


def _where(view: Ready, one: Coming) -> str:
    """Where a label that comes would stand."""
    if one.feature is None:
        return "not recognised here: it will wait in the tray"
    there = view.known.by_feature.get(one.feature) if view.known else None
    if there is None or (one.replaces is not None and there.stored.id == one.replaces.id):
        return f"Feature {one.feature + 1}"
    return f"Feature {one.feature + 1} has a name, {text.cut(there.stored.label.text, 40)}: one of the two will wait in the tray"


def _save(project: str, coming: Sequence[Coming], seen: Sequence[int]) -> None:
    """Save them one by one, each as a change that can be undone. What somebody changed meanwhile is not replaced, and said."""
    saved, beside = 0, list(seen)
    try:
        for one in coming:
            label = replace(one.label, author=one.label.author or session.nickname())
            at = {} if one.replaces is None else {"label_id": one.replaces.id, "version": one.replaces.version}
            made = storage.store().save(project, label, one.shape, beside=beside, **at)
            beside.append(made.id)
            saved += 1
    except NmfError as error:
        session.notice("error", f"{saved} of {text.many(len(coming), 'label')} saved, then: {error.plain}")
        return  # the file stays, and with it those that are not here yet
    session.renumber(FILE)
    session.notice("success", f"{text.many(saved, 'label')} saved.")
