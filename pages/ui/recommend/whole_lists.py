"""Everybody's list as a file: what is to be in it, the work in the long-work panel, and the download."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

import streamlit as st

from nmf_core import recommend_all
from nmf_core.export import file_name
from pages.ui import text
from pages.ui.session import controls, session
from pages.ui.work import jobs, progress
from pages.ui.work.fits import key_of
from pages.ui.work.jobs import Progress
from pages.ui.work.lists import Lists
from pages.ui.work.progress import Task
from pages.ui.work.view import Ready

TYPES = {"CSV": ("csv", "text/csv"), "Parquet": ("parquet", "application/vnd.apache.parquet")}
MOST, USUAL = 100, 10  # items of a list
LARGEST = 200_000_000  # bytes of a file, about: more is for a script
ROW, PART = 60, 18  # about as many bytes has a row of CSV less its parts, and a part


class ListsFile:
    """A file of lists in a folder of its own, which goes when nobody holds this any more."""

    def __init__(self, ending: str) -> None:
        """An empty folder."""
        self.folder = tempfile.mkdtemp(prefix="lists-")
        self.path = Path(self.folder) / f"lists.{ending}"
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    @property
    def nbytes(self) -> int:
        """Its size, which counts among what ended jobs may hold."""
        return self.path.stat().st_size

    def read(self) -> bytes:
        """The file."""
        return self.path.read_bytes()


def panel(view: Ready, lists: Lists) -> None:
    """The choices, then the work, then the download."""
    left, middle, right = st.columns([1, 1, 2], vertical_alignment="bottom")
    n = int(left.number_input("Items a list", 1, MOST, USUAL, key="whole-n"))
    kind = middle.segmented_control("File", list(TYPES), default="CSV", required=True, key="whole-kind")
    parts = right.toggle("With the parts of each score, a column a feature", value=True, key="whole-parts")
    size = view.ratings.n_users * n * (ROW + PART * len(lists.names) * parts)
    if size > LARGEST:
        st.info(
            f"That would be a file of about {size / 1e6:,.0f} MB; up to {LARGEST / 1e6:,.0f} MB are made here. Ask for fewer "
            "items, or leave out the parts; or use `nmf_core.recommend_all` in a script, which has no bound."
        )
        return
    ending, mime = TYPES[kind]
    made = progress.panel(_task(view, lists, n, ending, parts))
    if made is not None:
        st.download_button(
            f"Download ({made.nbytes / 1e6:,.1f} MB)",
            data=made.read,
            file_name=file_name(view.workspace.title, "lists", ending),
            mime=mime,
            icon=":material/download:",
            key="download-whole-lists",
            on_click="ignore",
        )


def _task(view: Ready, lists: Lists, n: int, ending: str, parts: bool) -> Task:
    """The file as its panel shows it."""
    fit, ratings, labels, least = lists.fit, view.ratings, view.labels, controls.least()
    named = view.settings if lists.under is not None else None
    what = key_of(
        ratings, fit.settings, "whole lists", fit.penalty, n, ending, parts, least, tuple(labels.items()), named
    )

    def work(told: Progress) -> ListsFile | None:
        file = ListsFile(ending)
        written = recommend_all(
            fit,
            ratings,
            file.path,
            n=n,
            labels=labels,
            least=least,
            contributions=parts,
            under=lists.under,
            on_progress=told,
        )
        return file if written is not None else None

    def begin() -> None:
        jobs.start(session.person(), what, work, lane="study")

    return Task(
        key="whole-lists",
        what=what,
        begin=begin,
        offer=f"The lists of {text.many(ratings.n_users, 'person', 'people')}, best first: those of this page, with *Fewest "
        "ratings* as it is set above.",
        button="Make the lists",
        doing=lambda job: f"Lists of {job.done:,} of {job.of:,} people",
    )
