"""The pages. Adding one: a file in pages/, and its line here; address, menu, tests, screenshots and docs follow by themselves."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    """A page as the registry knows it.

    Attributes:
        title, icon: what the menu shows.
        shows: what is on it, for the glossary.
        when: when to use it, for the glossary.
        needs_fit: it draws from the sidebar's settings or their fit, and where these do not go together it says what the solver
            needs (`show.ready()` does); else it takes the ratings alone, and is there whatever is set.
    """

    title: str
    icon: str
    shows: str
    when: str
    needs_fit: bool = True


# file name → page
PAGES = {
    "ratings": Page(
        "Ratings",
        ":material/grid_on:",
        "the grid, to edit or replace; a health check; for a small grid the fit beside it",
        "first",
        needs_fit=False,
    ),
    "factors": Page(
        "Factors",
        ":material/view_quilt:",
        "W, H and V as one picture; the sum behind a cell; how the fit converged; exports",
        "to see what the product is",
    ),
    "rank": Page(
        "Rank",
        ":material/stacked_line_chart:",
        "the rank survey and its verdict; a fit judged on hidden ratings, beside what needs no features",
        "to choose and defend a rank",
    ),
    "labels": Page(
        "Labels",
        ":material/sell:",
        "a card for each feature: items, suggested names, history",
        "to name features",
    ),
    "recommend": Page(
        "Recommend",
        ":material/recommend:",
        "a person in words, recommendations with their parts, the smallest flip; or rate a few items yourself",
        "to use the features",
    ),
}
FIRST_PAGE = next(iter(PAGES))  # Streamlit serves it at "/" only; http.py leads its own address there
