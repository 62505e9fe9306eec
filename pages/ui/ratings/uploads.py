"""Files that people bring: opened once, read at once where that is plain, else after questions; and joined to what is open."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from nmf_core import NmfError, join_items, named_by_title, open_source, preview_ratings, read_items
from nmf_core.formats.base import Data
from nmf_core.formats.registry import Source, shown_name
from nmf_core.reading.items import looks_like_items
from nmf_core.reading.join import ItemsJoin
from nmf_core.reading.read import Preview
from pages.ui import text
from pages.ui.session import session, storage, workspaces
from pages.ui.session import waiting as kept

REREAD_BYTES = 50_000_000  # a file up to here stays in memory, to be read once more in another way
_NUMBERS = itertools.count()

Files = list[tuple[str, Data]]  # names and contents


def new_number() -> int:
    """One that no upload of this server has yet: controls that bear it begin anew."""
    return next(_NUMBERS)


@dataclass(frozen=True, eq=False)
class Upload:
    """A file that somebody brought, and how it is to be read.

    Attributes:
        name, source: the file, opened.
        answers: keywords of `read_ratings` that the person chose.
        preview: what the file holds under these answers.
        items: metadata of the items that came beside it.
        again: whether it is open already, and looked at again.
        number: tells one file's widgets from another's; a new one with each answer.
        files: what came, by name: the file, and what tells of the items.
        first: the number that it began with.
        asked: keys of the questions that were in doubt, which stay in front once they are answered.
    """

    name: str
    source: Source
    answers: dict[str, Any]
    preview: Preview
    items: tuple[pd.DataFrame, ...] = ()
    again: bool = False
    number: int = field(default_factory=new_number)
    files: Files = field(default_factory=list)
    first: int = field(default_factory=new_number)
    asked: frozenset[str] = frozenset()

    def answered(self, answers: dict[str, Any]) -> Upload:
        """The same file under other answers."""
        preview = preview_ratings(self.source, **answers)
        # A new number: the other answers may be others now, and their controls begin from them.
        return replace(
            self, answers=answers, preview=preview, number=new_number(), asked=self.asked | in_doubt(preview)
        )


def in_doubt(preview: Preview) -> frozenset[str]:
    """The questions that a file leaves open."""
    return frozenset(question.key for question in preview.questions if not question.sure)


@dataclass(frozen=True)
class ReadAs:
    """How what is open was read: notes, what of the metadata matched, and the file itself if it is not too large."""

    notes: tuple[str, ...]
    join: ItemsJoin | None
    upload: Upload | None


def file_box() -> None:
    """The box for files."""
    st.file_uploader(
        f"Ratings as a list (user, item, rating) or a grid; a second file may tell of the items. "
        f"At most {st.get_option('server.maxUploadSize')} MB",
        accept_multiple_files=True,
        key=session.numbered("upload"),
        on_change=_uploaded,
    )
    st.caption(
        "CSV, TSV, Excel, OpenDocument, Parquet, JSON, Matrix Market, ARFF and others; MovieLens as downloaded (zip files too). "
        "How a file is read is shown first where it is not plain. Ids stay text: 007 and 07 differ."
    )


def _uploaded() -> None:
    """Take what came out of the box; it is read where that can be seen."""
    files = session.widget(session.numbered("upload")) or []
    session.current().to_read = [(file.name, file.getvalue()) for file in files]
    session.renumber("upload")  # the box is empty again


def waiting() -> None:
    """Have what waited for answers when the page was reloaded read once more."""
    held = session.current()
    found = None if held.upload is not None or held.to_read else kept.find()
    if found is not None:
        held.to_read, held.answers_before = found


def read(files: Files) -> None:
    """Read files, then open them or ask how they are to be read; on an error what was open stays open."""
    held = session.current()
    answers, held.answers_before = held.answers_before, None
    try:
        sources = [open_source(data, name=name) for name, data in files]
        about = [looks_like_items(source) for source in sources]
        info = tuple(read_items(source) for source, yes in zip(sources, about, strict=True) if yes)
    except NmfError as error:
        session.notice("error", error.plain)
        return
    ratings = [source for source, yes in zip(sources, about, strict=True) if not yes]
    if len(ratings) > 1:
        names = ", ".join(source.name for source in ratings)
        session.notice("error", f"{names}: one file with ratings can be open at a time. Upload one of them.")
    elif ratings:
        _preview(ratings[0], info, files, answers)
    else:
        session.defer(lambda: _join(files[0][0], info))


def _preview(
    source: Source, items: tuple[pd.DataFrame, ...], files: Files, answers: dict[str, Any] | None = None
) -> None:
    """Look into a file with ratings: open it, or ask how it is to be read; with answers, it had been asked about before."""
    preview = preview_ratings(source, **(answers or {}))
    upload = Upload(source.name[:80], source, answers or {}, preview, items, files=files, asked=in_doubt(preview))
    if preview.error is not None and not preview.questions:
        session.notice("error", preview.error.plain)
        kept.forget()
    elif preview.sure and answers is None:
        session.defer(lambda: open_upload(upload))
    else:
        session.current().upload = upload
        if answers is None:
            kept.keep(files, {})


def answer(upload: Upload, answers: dict[str, Any]) -> None:
    """Read a file again under other answers."""
    session.current().upload = upload.answered(answers)
    if not upload.again:
        kept.keep_answers(upload.files, answers)


def leave() -> None:
    """Let go of the file that waits."""
    session.current().upload = None
    kept.forget()


def open_upload(upload: Upload) -> None:
    """Open a file as its preview read it."""
    ratings = upload.preview.ratings
    assert ratings is not None
    join = None
    try:
        for info in upload.items:
            ratings, join = join_items(ratings, info)
    except NmfError as error:
        session.notice("error", f"The ratings are open; what is known of the items could not be joined. {error.plain}")
    notes = (*ratings.notes, *(join.notes if join else ()))
    leave()
    workspaces.open_own(named_by_title(ratings), upload.name)
    data = upload.source.data
    small = isinstance(data, Path) or (data is not None and len(data) <= REREAD_BYTES)
    again = replace(upload, source=upload.source.forgetful(), files=[]) if small else None
    session.current().read_as[workspaces.current().key] = ReadAs(notes, join, again)
    title = workspaces.current().title
    known_as = "" if title == upload.name else f" as {title}"
    session.notice("success", f"{upload.name} is open{known_as}: {text.fullness(ratings)}.")


def _join(name: str, infos: tuple[pd.DataFrame, ...]) -> None:
    """Join a file about items to the ratings that are open."""
    now = workspaces.current()
    try:
        ratings, join = now.ratings, None
        for info in infos:
            ratings, join = join_items(ratings, info)
        if not storage.has_labels(now.project):  # labels know their items by name
            ratings = named_by_title(ratings)
    except NmfError as error:
        session.notice("error", error.plain)
        return
    assert join is not None
    workspaces.change(ratings)
    session.renew_editor()
    before: ReadAs | None = session.current().read_as.get(now.key)
    notes = (*(before.notes if before else now.versions[0].notes), *join.notes)
    session.current().read_as[workspaces.current().key] = ReadAs(notes, join, None)
    session.notice("success", f"{shown_name(name)}: {text.many(join.n_matched, 'item')} matched by {join.by}.")
