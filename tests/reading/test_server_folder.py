"""Files opened by name from one folder: what lies outside it is out of reach."""

from __future__ import annotations

import pandas as pd
import pytest

from nmf_core import NmfError, read_ratings, shelf


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "shelf"
    (inside / "films" / "old").mkdir(parents=True)
    (inside / "films" / "a.csv").write_text("user,item,rating\nann,x,5\n")
    (inside / "notes.pdf").write_text("no ratings")
    (inside / ".hidden.csv").write_text("user,item,rating\n")
    (tmp_path / "secret.csv").write_text("user,item,rating\nann,x,5\n")
    parts = inside / "parts.parquet"
    parts.mkdir()
    for k in range(2):
        pd.DataFrame({"user": [f"u{k}"], "item": ["x"], "rating": [k + 3.0]}).to_parquet(parts / f"{k}.parquet")
    return inside


def test_files_and_folders_of_parquet_files_are_listed_by_name(folder):
    assert shelf.listed(folder) == ["films/a.csv", "parts.parquet"]


def test_what_is_listed_is_opened(folder):
    assert read_ratings(shelf.path_of(folder, "films/a.csv")).n_ratings == 1
    both = read_ratings(shelf.path_of(folder, "parts.parquet"))
    assert both.of_user("u1") == {"x": 4.0}
    assert both.n_users == 2


@pytest.mark.parametrize(
    "name",
    ["../secret.csv", "/etc/passwd", "films/../../secret.csv", ".hidden.csv", "notes.pdf", "", ".", "films", "a\0.csv"],
)
def test_nothing_else_is(folder, name):
    with pytest.raises(NmfError, match="Choose one from the list"):
        shelf.path_of(folder, name)


def test_links_that_lead_outside_are_not_followed(folder, tmp_path):
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "films" / "up").symlink_to(tmp_path)
    (folder / "parts.parquet" / "out.parquet").symlink_to(tmp_path / "secret.csv")
    (folder / "loop").symlink_to(folder)
    (folder / "broken.csv").symlink_to(tmp_path / "nothing.csv")
    (folder / "near.csv").symlink_to(folder / "films" / "a.csv")
    assert shelf.listed(folder) == ["films/a.csv", "near.csv", "parts.parquet/0.parquet", "parts.parquet/1.parquet"]


def test_films_are_found_beside_the_ratings_of_a_movielens_set(folder, tmp_path):
    for name in ("films/ratings.csv", "films/movies.csv", "u.data", "ratings.dat"):
        (folder / name).write_text("user,item,rating\n")
    (folder / "movies.dat").symlink_to(tmp_path / "secret.csv")
    assert shelf.films_beside(folder, "films/ratings.csv") == folder / "films" / "movies.csv"
    for alone in ("films/a.csv", "u.data", "ratings.dat", "films/movies.csv"):
        assert shelf.films_beside(folder, alone) is None
    with pytest.raises(NmfError, match="Choose one from the list"):
        shelf.films_beside(folder, "../secret.csv")


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(NmfError, match="LATENT_LENS_DATA_DIR"):
        shelf.listed(tmp_path / "nowhere")
