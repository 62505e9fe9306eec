"""The pages. Adding one: a file in pages/, and its line here; address, menu, tests, screenshots and docs follow by themselves."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    """A page as the registry knows it.

    Attributes:
        title, icon: what the menu shows.
        shows: what is on it, for the glossary and the README.
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
        "open files, with a look first at how they are read; edit a grid in place (paste, undo, names) or a large one as lists; "
        "see what limits a fit; what you open and edit is kept as a project",
        "first",
        needs_fit=False,
    ),
    "factors": Page(
        "Factors",
        ":material/view_quilt:",
        "the picture of the product: a row of W and a column of H meet in the cell of V that they make; click a cell to open its "
        "sum; how the fit converged; exports",
        "to see what the product is",
    ),
    "rank": Page(
        "Rank",
        ":material/stacked_line_chart:",
        "which rank to read and which to make lists with: every rank judged on hidden ratings, beside chance, which of its "
        "features are found again in the other half of the people, and how features split; click a rank to take it",
        "to choose and defend a rank",
    ),
    "labels": Page(
        "Labels",
        ":material/sell:",
        "all features in one list, and a card for the one that is open: what sets it apart, whether it is found again, suggested "
        "names, a name that stays with it through refits, wishes that it obeys; names that lost their feature wait in a tray",
        "to name features",
    ),
    "round": Page(
        "Blind round",
        ":material/groups:",
        "a class names the features, each on a device of their own; then how far they agree, beside chance, the most disputed "
        "feature first, and one name to adopt",
        "in class",
    ),
    "recommend": Page(
        "Recommend",
        ":material/recommend:",
        "who someone is in words, what they might like and why, with features turned up or down; an item and who would like it; or "
        "be placed yourself by a few ratings or choices",
        "to use the features",
    ),
    "map": Page(
        "Map",
        ":material/bubble_chart:",
        "people and items in two features or where tastes differ most; brush some, and see what they have in common on every page",
        "to see who is like whom",
    ),
    "evaluate": Page(
        "Evaluate",
        ":material/balance:",
        "a fit judged on ratings hidden from it, at random and in time: errors, lists, dislikes, receipts, beside chance, "
        "popularity, EASE and iALS, with a verdict that is not kind; what turning the dial costs",
        "to know whether a fit is any good",
    ),
}
FIRST_PAGE = next(iter(PAGES))  # Streamlit serves it at "/" only; http.py leads its own address there
