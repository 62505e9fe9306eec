"""Other ways to ratings than a file: MovieLens, the server's folder, planted features, an empty grid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from nmf_core import NmfError, Ratings, datasets, movielens, server_folder
from nmf_core.reading.download import MOVIELENS, Remote
from pages.ui import text
from pages.ui.session import session, storage, workspaces
from pages.ui.work import jobs, progress
from pages.ui.work.progress import Task


def from_movielens() -> None:
    """MovieLens' sets, fetched when they are asked for."""
    key = st.segmented_control(
        "Set",
        list(MOVIELENS),
        default="ml-latest-small",
        format_func=lambda k: MOVIELENS[k].title,
        required=True,
        key="ml",
    )
    remote = MOVIELENS[str(key)]
    low, high = remote.scale
    st.markdown(
        f"{remote.n_ratings:,} ratings from {low:g} to {high:g} of {remote.n_items:,} films by {remote.n_users:,} people, with "
        f"titles and genres. {remote.licence} [GroupLens' own words]({remote.licence_url})."
    )
    task = _fetch_task(remote)
    if jobs.find(session.person(), task.what) is None and movielens.is_fetched(remote):
        st.button(
            "Open it",
            icon=":material/folder_open:",
            key="open-fetched",
            on_click=lambda: _have_read(remote, movielens.fetch(remote)),
        )
    elif (file := progress.panel(task)) is not None:
        jobs.forget(session.person(), task.what)
        _have_read(remote, file)
        st.rerun()


def _fetch_task(remote: Remote) -> Task:
    """A download as its panel shows it."""
    what = ("download", remote.key)

    def begin() -> None:
        jobs.forget(session.person(), what)
        jobs.start(session.person(), what, lambda told: movielens.fetch(remote, on_progress=told), lane="fetch")

    return Task(
        key="fetch",
        what=what,
        begin=begin,
        offer=f"It is fetched from {remote.url} ({remote.n_bytes / 1e6:.1f} MB), kept in this machine's cache, and checked by "
        f"{remote.checksum[:18]}…",
        button="Fetch and open it",
        doing=lambda job: f"Fetched {job.done / 1e6:.1f} of {job.of / 1e6:.1f} MB",
    )


def _have_read(remote: Remote, file: Path) -> None:
    """Have what is in the cache read, where that can be seen."""
    session.current().to_read = [(remote.title, file)]


def from_server_folder() -> None:
    """Files in the folder that the server's owner named."""
    folder = storage.server_folder()
    assert folder is not None
    try:
        names = server_folder.listed(folder)
    except NmfError as error:
        st.error(text.md(error.plain), icon=":material/error:")
        return
    name = st.selectbox("File or folder", names, index=None, key="server_folder", placeholder="choose one")
    st.caption(
        "What whoever runs this server has put there: files of any size, and folders of Parquet files."
        if names
        else "There is nothing yet that can be opened."
    )
    st.button(
        "Open",
        icon=":material/folder_open:",
        key="open-server-folder",
        disabled=name is None,
        on_click=_from_server_folder,
        args=(folder,),
    )


def _from_server_folder(folder: Path) -> None:
    """Open what was chosen."""
    name = str(session.widget("server_folder"))
    try:
        paths = [server_folder.path_of(folder, name), server_folder.films_beside(folder, name)]
    except NmfError as error:
        session.notice("error", error.plain)
        return
    session.current().to_read = [(path.name, path) for path in paths if path is not None]


def planted() -> None:
    """Ratings made from features that are known, to see whether a fit finds them."""
    left, middle, right = st.columns(3, gap="medium")
    n_users = left.slider("Users", 5, 2_000, 300, key="planted_users")
    n_items = left.slider("Items", 4, 1_000, 120, key="planted_items")
    rank = middle.slider("Features", 1, 12, 5, key="planted_rank")
    density = middle.slider("Share rated", 0.01, 1.0, 0.2, 0.01, key="planted_density")
    noise = right.slider("Noise, in points", 0.0, 2.0, 0.3, 0.05, key="planted_noise")
    liking = right.slider(
        "Blanks tell of dislike",
        0.0,
        3.0,
        1.0,
        0.1,
        key="planted_liking",
        help="At 0 people rate at random, above it what they like.",
    )
    st.button("Plant them", icon=":material/potted_plant:", key="plant", on_click=_plant)
    features = min(rank, n_users, n_items)
    least = max(round(density * n_users * n_items), n_users, n_items)  # everyone rates, and everything is rated
    st.caption(
        f"About {text.many(least, 'rating')} from 1 to 5 in half points, of {text.many(features, 'feature')}. "
        f"Made up: noise {noise:g}, pull {liking:g}, seed 0."
    )


def _plant() -> None:
    """Make the ratings that the sliders say."""
    users, items, rank, density, noise, liking = (
        session.widget(f"planted_{name}") for name in ("users", "items", "rank", "density", "noise", "liking")
    )
    rank = min(rank, users, items)
    _opened_or_said(
        lambda: datasets.planted(users, items, rank, density, noise, biased_blanks=liking),
        f"Planted: {text.many(rank, 'feature')}, {users} × {items}",
    )


def empty_grid() -> None:
    """A small grid to fill in."""
    left, middle, right = st.columns(3, gap="medium")
    left.number_input("Users", 1, 200, 5, key="empty_users")
    middle.number_input("Items", 1, 100, 4, key="empty_items")
    right.number_input("Highest rating", 1, 100, 5, key="empty_high")
    st.button("Start from an empty grid", icon=":material/grid_off:", on_click=_empty, key="empty")
    st.caption("It begins with one rating, since a grid without any cannot be fitted. Names are changed in the grid.")


def _empty() -> None:
    """A grid with one rating."""
    users = [f"User{k}" for k in range(1, session.widget("empty_users") + 1)]
    items = [f"Item{k}" for k in range(1, session.widget("empty_items") + 1)]
    high = session.widget("empty_high")
    middle = float((high + 1) // 2)
    scale = (1, high) if high > 1 else (0, 1)
    _opened_or_said(
        lambda: Ratings.from_cells(users[:1], items[:1], [middle], all_users=users, all_items=items, scale=scale),
        "Your own grid",
    )


def _opened_or_said(make: Callable[[], Ratings], title: str) -> None:
    """Open ratings that are made, or say why they cannot be."""
    try:
        ratings = make()
    except NmfError as error:
        session.notice("error", error.plain)
        return
    workspaces.open_own(ratings, title)
