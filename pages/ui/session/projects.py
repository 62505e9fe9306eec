"""The project of what is open, and the labels that are kept with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from nmf_core import Factorization, NmfError
from pages.ui.session import session, storage, workspaces

if TYPE_CHECKING:
    from nmf_core.labels import MatchedLabels, StoredLabel


def labels_of(fit: Factorization) -> tuple[str | None, MatchedLabels | None]:
    """The project and the labels that this fit's features are recognised by; a store that fails is said, not fatal."""
    try:
        project = _found()
        return project, _recognised(project, storage.store().labels(project), fit)
    except NmfError as error:
        session.notice("error", f"Labels are not to be had: {error.plain}")
        return None, None


def _recognised(project: str, saved: list[StoredLabel], fit: Factorization) -> MatchedLabels:
    """Labels laid on a fit, once for both; what a label of an earlier version hangs on is kept as it is kept now."""
    from nmf_core.labels import matched_labels, outdated

    held = session.current()
    if held.recognised is not None and held.recognised[0] is fit and held.recognised[1] == saved:
        before: MatchedLabels = held.recognised[2]
        return before
    counted = fit.blanks.weight > 0
    known = matched_labels(saved, fit.items, fit.H, counted=counted)
    newer = {} if workspaces.current().viewed else outdated(known, fit.items, fit.H, counted=counted)
    if newer:
        storage.store().renew_shapes(project, newer)
    held.recognised = (fit, saved, known)
    return known


def open_project() -> str | None:
    """The project of what is open; None where the store cannot be read, which others say."""
    try:
        return _named()
    except NmfError:
        return None


def _found() -> str:
    """The project of what is open; a linked one that does not exist gives way to the person's own."""
    try:
        project = _named()
        storage.store().labels(project)
    except NmfError:
        if not _forget_linked():
            raise
        session.notice(
            "warning",
            "The project in the address does not exist here, or was deleted. What is open, with its labels, is your own.",
        )
        project = _named()
    return project


def _named() -> str:
    """The project of what is open: the one that the address names, else this person's own of these ratings."""
    held, origin = session.current(), workspaces.current().origin
    kept_in = workspaces.current().kept_in
    if kept_in is not None:
        return kept_in
    if origin not in held.projects:
        linked = held.linked_project if not held.projects else None
        held.projects[origin] = linked or storage.project_of(session.person(), workspaces.current())
    return held.projects[origin]


def _forget_linked() -> bool:
    """Let go of a project that the address names; whether there was one."""
    held = session.current()
    linked, held.linked_project = held.linked_project, None
    held.projects.clear()
    return linked is not None


def label_history(project: str) -> pd.DataFrame:
    """Every change of every label of a project, oldest first; empty where the store cannot be read."""
    try:
        return storage.store().history(project)
    except NmfError as error:
        session.notice("error", error.plain)
        return pd.DataFrame()


def has_label_history(project: str) -> bool:
    """Whether there is a change that could be taken back."""
    history = label_history(project)
    return len(history) > 0 and bool((history["action"] != "copy").any())


def saving(action: Callable[[], object]) -> bool:
    """Do something with the store in a callback, and whether it was done; an error is shown above the page."""
    try:
        action()
    except NmfError as error:
        session.notice("error", error.plain)
        return False
    return True
