"""The pages. Adding one: a file in pages/, and its line here; tests and screenshots follow by themselves."""

from __future__ import annotations

# file name → title, icon
PAGES = {
    "ratings": ("Ratings", ":material/grid_on:"),
    "factors": ("Factors", ":material/view_quilt:"),
    "rank": ("Rank", ":material/stacked_line_chart:"),
    "labels": ("Labels", ":material/sell:"),
    "recommend": ("Recommend", ":material/recommend:"),
}
FIRST_PAGE = next(iter(PAGES))  # Streamlit serves it at "/" only; http.py leads its own address there
