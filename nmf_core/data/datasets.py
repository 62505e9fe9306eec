"""Sample ratings: the notebook's grid, a made-up movie night, and planted ratings whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.assemble import LARGEST_RATING, Scale
from nmf_core.data.ratings import Ratings
from nmf_core.errors import SettingsError, real_number, shown, whole_number

DATA = Path(__file__).parent.parent.parent / "data"
MAX_USERS, MAX_RANK = 10_000_000, 1000  # of what can be planted
MAX_CELLS = 10_000_000_000  # some minutes of work
MAX_RATINGS = 100_000_000  # some GB of memory
BLOCK = 1 << 18  # cells that are drawn at a time: few enough for a processor's cache

Floats = NDArray[np.float64]
Cells = NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """Ratings that can be opened by name: key, title, one sentence about them, how they are made, and what is planted.

    `answer_key` gives the planted features as rows over the items, called by their names; None where nothing is planted.
    """

    key: str
    title: str
    description: str
    make: Callable[[], Ratings]
    answer_key: Callable[[], pd.DataFrame] | None = None


def notebook() -> Ratings:
    """The 5 users × 4 items grid of the notebook, in rating points 1…5; its seven zeros are blanks.

    >>> r = notebook()
    >>> r.n_users, r.n_items, r.n_ratings
    (5, 4, 13)
    >>> r.of_user("User2")
    {'Movie1': 4.0, 'Movie4': 1.0}
    """
    grid = pd.DataFrame(
        [[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [1, 0, 0, 4], [0, 1, 5, 4]],
        index=[f"User{k}" for k in range(1, 6)],
        columns=[f"Movie{k}" for k in range(1, 5)],
    )
    return Ratings.from_grid(grid, zeros="unrated", scale=(1, 5))


def movie_night() -> Ratings:
    """Whole stars 1…5 of 40 made-up people for 30 real films, with the films' year, genres and director (all text).

    Four tastes are planted (spectacle, romance, story, family), and people rate more of what they like:
    `data/make_movie_night.py` says how.

    >>> r = movie_night()
    >>> r.n_users, r.n_items, r.density
    (40, 30, 0.45)
    >>> r.item_info.loc["Inception", "genres"]
    'Action|Sci-Fi|Thriller'
    """
    table, info = (
        pd.read_csv(DATA / name, dtype=str, keep_default_na=False, encoding="utf-8")
        for name in ("movie_night.csv", "movie_night_items.csv")
    )
    info = info.set_index("item")
    return Ratings.from_cells(
        table["user"].to_numpy(),
        table["item"].to_numpy(),
        table["rating"].astype(float).to_numpy(),
        all_items=info.index,
        scale=(1, 5),
        item_info=info,
    )


def planted(
    n_users: int = 200,
    n_items: int = 100,
    rank: int = 4,
    density: float = 0.2,
    noise: float = 0.3,
    seed: int = 0,
    *,
    scale: Scale = (1, 5),
    rounded: float | None = 0.5,
    biased_blanks: float = 0.0,
    skew: float | None = 0.5,
) -> Ratings:
    """Ratings made from non-negative W and H of a known rank, which `planted_factors` gives for the same arguments.

    The chance that a cell is rated grows with activity × popularity × exp(biased_blanks · liking), liking being
    W·H in its own standard deviations. Every user and item gets at least one rating, whatever the density.

    Args:
        n_users, n_items: 1…10,000,000 each, and at most 10¹⁰ cells.
        rank: 1…min(n_users, n_items, 1000).
        density: share of cells that are observed, above 0, up to 1.
        noise: its standard deviation, in rating points.
        seed: 0…2³²−1; the same arguments give the same ratings.
        scale: (low, high) in rating points, which ratings are clipped to.
        rounded: ratings are whole multiples of this above the scale's low end; None leaves them as they are.
        biased_blanks: γ, 0…3; 0 means that blanks say nothing about liking.
        skew: 0…1; activity and popularity follow a Pareto law with exponent 1/skew. 0 or None: all alike.

    Returns:
        Ratings. With noise=0 and rounded=None they are W·H exactly (as float32), on the scale (0, high).

    Raises:
        SettingsError: an argument outside its range.

    >>> r = planted(30, 20, rank=3, density=0.5)
    >>> r.n_users, r.n_items, r.n_ratings, r.scale
    (30, 20, 300, (1.0, 5.0))
    >>> exact = planted(30, 20, rank=3, density=1, noise=0, rounded=None)
    >>> W, H = planted_factors(30, 20, rank=3)
    >>> bool(np.allclose(exact.to_grid(), W @ H))
    True
    """
    W, H = planted_factors(n_users, n_items, rank, seed=seed, scale=scale)
    n_users, n_items = len(W), H.shape[1]
    low, high = _checked_scale(scale)
    density = real_number("density", density, 1e-9, min(1.0, MAX_RATINGS / (n_users * n_items)))
    noise = real_number("noise", noise, 0, high - low)
    step = 0.0 if rounded is None else real_number("rounded", rounded, (high - low) / 1e6, high - low)
    pull = real_number("biased_blanks", biased_blanks, 0, 3)
    skew = real_number("skew", 0 if skew is None else skew, 0, 1)

    rng = _stream(seed, 1)
    activity, popularity = _pareto(rng, n_users, skew), _pareto(rng, n_items, skew)
    n_ratings = max(1, round(density * n_users * n_items))
    cells = _rated_cells(rng, n_ratings, activity, popularity, W, H, pull)
    u, i = cells // n_items, cells % n_items
    values = _scores(W, H, u, i)
    if noise == 0 and rounded is None:
        low = 0.0  # as they are, W·H may fall below the scale's low end
    else:
        values = np.clip(values + noise * rng.standard_normal(len(values)), low, high)
    if step:
        # The small extra keeps the top multiple where the division falls just short of a whole number.
        top = np.floor((high - low) / step + 1e-9)
        values = low + step * np.minimum(np.rint((values - low) / step), top)
    V = sparse.csr_array((values.astype(np.float32), (u, i)), shape=(n_users, n_items))
    return Ratings(V, _ids("User", n_users), _ids("Item", n_items), (low, high))


def planted_factors(
    n_users: int = 200,
    n_items: int = 100,
    rank: int = 4,
    density: float = 0.2,
    noise: float = 0.3,
    seed: int = 0,
    *,
    scale: Scale = (1, 5),
    rounded: float | None = 0.5,
    biased_blanks: float = 0.0,
    skew: float | None = 0.5,
) -> tuple[Floats, Floats]:
    """The truth behind `planted` for the same arguments.

    It depends on n_users, n_items, rank, seed and the scale's high end alone.

    Returns:
        W (n_users × rank) with row sums up to 1, and H (rank × n_items) in rating points, both non-negative
        float64; so W·H lies within 0…the scale's high end without clipping.

    Raises:
        SettingsError: n_users, n_items, rank, seed or scale outside its range.

    >>> W, H = planted_factors(30, 20, rank=3)
    >>> W.shape, H.shape, bool((W @ H).max() <= 5)
    ((30, 3), (3, 20), True)
    """
    n_users = whole_number("n_users", n_users, 1, MAX_USERS)
    n_items = whole_number("n_items", n_items, 1, min(MAX_USERS, MAX_CELLS // n_users))
    rank = whole_number("rank", rank, 1, min(n_users, n_items, MAX_RANK))
    _, high = _checked_scale(scale)
    rng = _stream(whole_number("seed", seed, 0, 2**32 - 1), 0)
    # Most people hold mainly one taste. The floor keeps W·H above 0, which not every loss and file format can take.
    W = np.maximum(rng.dirichlet(np.full(rank, 0.4), size=n_users), 1e-3)
    W *= rng.uniform(0.8, 1.0, size=(n_users, 1)) / W.sum(axis=1, keepdims=True)
    # Zeros in H are what makes a factorisation unique: every feature leaves some items out.
    H = rng.uniform(0.3, 0.9, size=(rank, n_items)) * (rng.random((rank, n_items)) < 0.85)
    main = rng.permutation(n_items) % rank  # each feature is the main one of equally many items
    H[main, np.arange(n_items)] = rng.uniform(0.8, 1.0, size=n_items)
    return W, H * high


def _checked_scale(scale: Scale) -> Scale:
    """(low, high) as floats with 0 ≤ low < high, or a SettingsError."""
    if not isinstance(scale, tuple | list) or len(scale) != 2:
        raise SettingsError(f"scale is {shown(scale)}; it must be a pair (low, high). Give one, such as (1, 5).")
    low = real_number("the low end of scale", scale[0], 0, LARGEST_RATING)
    high = real_number("the high end of scale", scale[1], low, LARGEST_RATING)
    if low == high:
        raise SettingsError(f"scale is {shown(scale)}; its low end must lie below its high end. Give (low, high).")
    return low, high


def _stream(seed: int, number: int) -> Generator:
    """An independent stream of random numbers for each part of the work."""
    return Generator(PCG64(SeedSequence((seed, number))))


def _pareto(rng: Generator, n: int, skew: float) -> Floats:
    """(n,) weights from 1 up, by a Pareto law with exponent 1/skew."""
    return (1 - rng.random(n)) ** -skew


def _ids(what: str, n: int) -> pd.Index:
    """What1, What2, …"""
    return pd.Index([f"{what}{k}" for k in range(1, n + 1)], dtype="str")


def _scores(W: Floats, H: Floats, u: Cells, i: Cells) -> Floats:
    """W·H at the cells (u, i), a slice at a time, so that memory stays small."""
    Ht, scores, size = np.ascontiguousarray(H.T), np.empty(len(u)), 1 << 16
    for start in range(0, len(u), size):
        part = slice(start, start + size)
        scores[part] = np.einsum("kf,kf->k", W[u[part]], Ht[i[part]])
    return scores


def _rated_cells(
    rng: Generator, n: int, activity: Floats, popularity: Floats, W: Floats, H: Floats, pull: float
) -> Cells:
    """Distinct cells (as u · n_items + i) in order: n of them, and one more for whoever would have none.

    All cells race: each takes an exponential time whose rate is its weight, and the first n are rated. The grid is
    visited a block of rows at a time and only the leaders are kept, so memory grows with n and not with the grid.
    """
    mean = W.mean(axis=0) @ H.mean(axis=1)
    spread = np.sqrt(max(np.sum((W.T @ W) * (H @ H.T)) / (len(W) * H.shape[1]) - mean**2, 0.0))
    slope = pull / spread if spread > 1e-3 * mean else 0.0  # where all is liked alike, liking cannot tell
    # Single precision halves the time, and is ample for chances.
    W32, H32, middle = (W * slope).astype(np.float32), H.astype(np.float32), np.float32(slope * mean)
    per_user, per_item = (1 / activity).astype(np.float32)[:, None], (1 / popularity).astype(np.float32)
    leaders = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))]  # cells and their times
    latest, n_ahead, n_rows = np.float32(np.inf), 0, max(1, BLOCK // len(popularity))
    for start in range(0, len(activity), n_rows):
        rows = slice(start, start + n_rows)
        times = rng.standard_exponential((len(per_user[rows]), len(popularity)), dtype=np.float32)
        times *= per_user[rows] * per_item
        if slope:
            # einsum and not @, whose threads would fight over blocks as small as these.
            times *= np.exp(middle - np.einsum("uf,fi->ui", W32[rows], H32))
        ahead = np.flatnonzero(times < latest)
        leaders.append((ahead + start * len(popularity), times.ravel()[ahead]))
        n_ahead += len(ahead)
        if n_ahead > 2 * n:
            leaders = [_first(n, leaders)]
            latest, n_ahead = leaders[0][1].max(), n
    return np.sort(_with_lonely(rng, _first(n, leaders)[0], activity, popularity))


def _first(n: int, leaders: list[tuple[Cells, NDArray[np.float32]]]) -> tuple[Cells, NDArray[np.float32]]:
    """The n cells with the lowest times, and those times."""
    cells, times = (np.concatenate(parts) for parts in zip(*leaders, strict=True))
    order = np.argpartition(times, n - 1)[:n]
    return cells[order], times[order]


def _with_lonely(rng: Generator, cells: Cells, activity: Floats, popularity: Floats) -> Cells:
    """The cells, and one for each user without any (a popular item), then one for each item (an active user)."""
    n_items = len(popularity)
    users = np.setdiff1d(np.arange(len(activity)), cells // n_items)
    popular = rng.choice(n_items, len(users), p=popularity / popularity.sum())
    cells = np.concatenate([cells, users * n_items + popular])
    items = np.setdiff1d(np.arange(n_items), cells % n_items)
    active = rng.choice(len(activity), len(items), p=activity / activity.sum())
    return np.concatenate([cells, active * n_items + items])


# What each taste of the movie night looks for, as `data/make_movie_night.py` has it.
TASTES = {
    "spectacle": {"Action", "Adventure", "Sci-Fi"},
    "romance": {"Comedy", "Romance"},
    "story": {"Crime", "Drama", "Thriller"},
    "family": {"Animation", "Family", "Fantasy"},
}
_PLANTED = (300, 120, 5)  # users, items, rank


def _tastes() -> pd.DataFrame:
    """(4 tastes × 30 films) how far each film suits each taste: the share of its genres that the taste looks for."""
    info = movie_night().item_info
    assert info is not None
    genres = [set(listed.split("|")) for listed in info["genres"]]
    shares = [[len(own & wanted) / len(own) for own in genres] for wanted in TASTES.values()]
    return pd.DataFrame(shares, list(TASTES), info.index)


def _planted_features() -> pd.DataFrame:
    """(5 × 120) H as it was planted."""
    _, H = planted_factors(*_PLANTED)
    return pd.DataFrame(H, [f"Planted feature {f}" for f in range(1, len(H) + 1)], _ids("Item", H.shape[1]))


SAMPLES: dict[str, Sample] = {
    sample.key: sample
    for sample in (
        Sample(
            "notebook",
            "The notebook's grid",
            "Five users, four films and thirteen ratings, small enough to follow every number.",
            notebook,
        ),
        Sample(
            "movie_night",
            "Movie night",
            "Forty made-up people rate thirty well-known films, with genres, years and directors to name features by.",
            movie_night,
            _tastes,
        ),
        Sample(
            "planted",
            "Planted features",
            "Made-up ratings of 120 items by 300 users with five known features, for seeing whether a fit finds them.",
            lambda: planted(*_PLANTED, biased_blanks=1.0),
            _planted_features,
        ),
    )
}
