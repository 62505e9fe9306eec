"""What leaves the pages: files called by the project and the day, tables with what is known beside."""

from __future__ import annotations

import io
from datetime import date

import pandas as pd

from pages.ui import downloads
from tests.pages.conftest import opened, with_state


def test_files_bear_the_projects_name_and_the_day_and_h_has_items_down(monkeypatch):
    offered = {}
    monkeypatch.setattr(
        downloads.st,
        "download_button",
        lambda title, **more: offered.__setitem__(title, (more["file_name"], more["data"])),
    )
    with_state(opened("factors", data="movie_night", rank="3"), along=True)
    with_state(opened("ratings", data="movie_night", rank="3"), out=True)
    today = date.today().isoformat()
    assert {"W (CSV)", "H (CSV)", "Notebook", "Report", "Capsule", "Excel", "Parquet"} <= set(offered)
    assert all(name.startswith("Movie-night ") and today in name for name, _ in offered.values())
    H = pd.read_csv(io.BytesIO(offered["H (CSV)"][1]()))
    assert len(H) == 30
    assert H.columns.tolist() == [
        "item",
        "year",
        "genres",
        "director",
        "ratings",
        "Feature 1",
        "Feature 2",
        "Feature 3",
    ]
