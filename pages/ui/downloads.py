"""What a person can take along: tables, a notebook that recomputes the fit, a report, a capsule."""

from __future__ import annotations

import io
from collections.abc import Callable

import streamlit as st

from nmf_core import Ratings, export
from nmf_core.formats.native_parquet import to_parquet
from pages.ui.work.view import Ready

EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Title, file name, type, what makes it, and what it is for.
Offer = tuple[str, str, str, Callable[[], str | bytes], str]
GRID_CELLS = 200_000  # a grid of more is offered as a list only
EXCEL_RATINGS = 200_000  # more take a minute to write and longer to open


def of_fit(view: Ready) -> None:
    """A row of downloads, each made when it is asked for."""
    fit, ratings, labels = view.fit, view.ratings, view.labels
    offers: list[Offer] = [
        (
            "W (CSV)",
            "W.csv",
            "text/csv",
            lambda: export.tables.csv(export.tables.w_table(fit, labels)),
            "User–feature weights",
        ),
        (
            "H (CSV)",
            "H.csv",
            "text/csv",
            lambda: export.tables.csv(export.tables.h_table(fit, labels)),
            "Feature–item weights",
        ),
        ("Ratings (CSV)", "ratings.csv", "text/csv", lambda: export.ratings_csv(ratings), "As a list"),
        (
            "Notebook",
            "latent-lens.ipynb",
            "application/x-ipynb+json",
            lambda: export.notebook(ratings, fit, labels),
            "Recomputes this fit and checks that it comes out the same",
        ),
        (
            "Report",
            "latent-lens.html",
            "text/html",
            lambda: export.report(ratings, fit, labels),
            "One page to send or print",
        ),
        (
            "Capsule",
            "latent-lens.zip",
            "application/zip",
            lambda: export.capsule(ratings, fit, labels),
            "Ratings, fit and labels in one file: bring it to the Ratings page, or open it with nmf_core.export.open_capsule",
        ),
    ]
    _row(offers)


def of_ratings(ratings: Ratings) -> None:
    """The ratings as files that are read again as they are."""
    offers: list[Offer] = [
        ("CSV", "ratings.csv", "text/csv", lambda: export.ratings_csv(ratings), "A list: user, item, rating"),
        ("Excel", "ratings.xlsx", EXCEL_TYPE, lambda: export.ratings_excel(ratings), "A list: user, item, rating"),
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
    _row(offers)
    st.caption(
        "Parquet keeps everything, the rating scale too; from the other files it is guessed anew. Names that a spreadsheet would "
        "take for formulas get an apostrophe in CSV and Excel, which is taken off when the file is opened here."
        + (" Excel holds too few rows for these." if ratings.n_ratings > EXCEL_RATINGS else "")
    )


def _row(offers: list[Offer]) -> None:
    """A row of downloads."""
    with st.container(horizontal=True):
        for title, name, mime, made, what in offers:
            st.download_button(
                title, data=made, file_name=name, mime=mime, help=what, key=f"download-{name}", on_click="ignore"
            )


def _parquet(ratings: Ratings) -> bytes:
    """The ratings as a Parquet file."""
    file = io.BytesIO()
    to_parquet(ratings, file)
    return file.getvalue()
