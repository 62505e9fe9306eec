"""What a person can take along: tables, a notebook that recomputes the fit, a report, a capsule."""

from __future__ import annotations

import io
from collections.abc import Callable

import streamlit as st

from nmf_core import Ratings, export
from nmf_core.formats.native_parquet import to_parquet
from pages.ui import text
from pages.ui.work.view import Ready

EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Title, file name, type, what makes it, and what it is for.
Offer = tuple[str, str, str, Callable[[], str | bytes], str]
LIST = "A list: user, item, rating, and what is known of the item"
GRID_CELLS = 200_000  # a grid of more is offered as a list only
EXCEL_RATINGS = 1_000_000  # what a sheet holds, less room for whoever has no rating


def of_fit(view: Ready) -> None:
    """A row of downloads, each made when it is asked for."""
    fit, ratings, labels = view.fit, view.ratings, view.labels
    offers: list[Offer] = [
        (
            "W (CSV)",
            "W.csv",
            "text/csv",
            lambda: export.tables.csv(export.tables.user_table(fit, ratings, labels)),
            "User–feature weights: a row a user",
        ),
        (
            "H (CSV)",
            "H.csv",
            "text/csv",
            lambda: export.tables.csv(export.tables.item_table(fit, ratings, labels)),
            "Feature–item weights: a row an item, with its id and what is known of it",
        ),
        ("Ratings (CSV)", "ratings.csv", "text/csv", lambda: export.ratings_csv(ratings), LIST),
        (
            "Notebook",
            "notebook.ipynb",
            "application/x-ipynb+json",
            lambda: export.notebook(
                ratings, fit, labels, ratings_file=export.file_name(view.workspace.title, "ratings", "csv")
            ),
            "Recomputes this fit and checks that it comes out the same",
        ),
        (
            "Report",
            "report.html",
            "text/html",
            lambda: export.report(ratings, fit, labels, colours=view.colours),
            "One page to send or print",
        ),
        (
            "Capsule",
            "capsule.zip",
            "application/zip",
            lambda: export.capsule(ratings, fit, labels),
            f"{text.terms('capsule')} Bring it to the Ratings page, or open it with nmf_core.export.open_capsule.",
        ),
    ]
    _row(offers, view.workspace.title)


def of_ratings(ratings: Ratings, title: str) -> None:
    """The ratings as files that are read again as they are."""
    offers: list[Offer] = [
        ("CSV", "ratings.csv", "text/csv", lambda: export.ratings_csv(ratings), LIST),
        ("Excel", "ratings.xlsx", EXCEL_TYPE, lambda: export.ratings_excel(ratings), LIST),
        (
            "Parquet",
            "ratings.parquet",
            "application/vnd.apache.parquet",
            lambda: _parquet(ratings),
            "A list for anyone; opened here it is these ratings exactly, with their scale and what is known of the items",
        ),
    ]
    if ratings.n_users * ratings.n_items <= GRID_CELLS:
        offers += [
            ("CSV, as a grid", "grid.csv", "text/csv", lambda: export.grid_csv(ratings), "Users down, items across"),
            (
                "Excel, as a grid",
                "grid.xlsx",
                EXCEL_TYPE,
                lambda: export.grid_excel(ratings),
                "Users down, items across",
            ),
        ]
    if ratings.n_ratings > EXCEL_RATINGS:
        offers = [offer for offer in offers if offer[0] != "Excel"]
    _row(offers, title)
    st.caption(
        "Parquet keeps everything, the rating scale too; from the other files it is guessed anew. Names that a spreadsheet would "
        "take for formulas get an apostrophe in CSV and Excel, which is taken off when the file is opened here."
        + (" Excel holds too few rows for these." if ratings.n_ratings > EXCEL_RATINGS else "")
    )


def _row(offers: list[Offer], project: str) -> None:
    """A row of downloads, their files called by the project, what they are and the day."""
    with st.container(horizontal=True):
        for title, name, mime, made, what in offers:
            stem, _, extension = name.rpartition(".")
            st.download_button(
                title,
                data=made,
                file_name=export.file_name(project, stem, extension),
                mime=mime,
                help=what,
                key=f"download-{name}",
                on_click="ignore",
            )


def _parquet(ratings: Ratings) -> bytes:
    """The ratings as a Parquet file."""
    file = io.BytesIO()
    to_parquet(ratings, file)
    return file.getvalue()
