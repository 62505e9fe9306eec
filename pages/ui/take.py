"""What a person can take along: tables, a notebook that recomputes the fit, a report, a capsule."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from nmf_core import Factorization, export
from pages.ui.compute import View


def along(view: View, fit: Factorization) -> None:
    """A row of downloads, each made when it is asked for."""
    ratings, labels = view.ratings, view.labels
    offers: list[tuple[str, str, str, Callable[[], str | bytes], str]] = [
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
        ("Ratings (CSV)", "ratings.csv", "text/csv", lambda: export.tables.csv(ratings.to_table()), "As a list"),
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
            "Ratings, fit and labels, bit by bit, for nmf_core.export.open_capsule",
        ),
    ]
    with st.container(horizontal=True):
        for title, name, mime, made, what in offers:
            st.download_button(
                title, data=made, file_name=name, mime=mime, help=what, key=f"take-{name}", on_click="ignore"
            )
