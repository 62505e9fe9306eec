"""The samples are what their descriptions say, and planted ratings hold what was planted."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from nmf_core import datasets
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, SettingsError

DATA = Path(__file__).parent.parent.parent / "data"


def observed(ratings: Ratings) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the observed cells."""
    return np.repeat(np.arange(ratings.n_users), ratings.user_counts), ratings.V.indices


# The notebook


def test_notebook_grid():
    ratings = datasets.notebook()
    assert (ratings.n_users, ratings.n_items, ratings.n_ratings) == (5, 4, 13)
    assert ratings.scale == (1, 5)
    assert ratings.item_info is None
    expected = [[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [1, 0, 0, 4], [0, 1, 5, 4]]
    grid = ratings.to_grid()
    assert np.array_equal(grid.fillna(0), expected)
    assert int(grid.isna().sum().sum()) == 7
    assert list(grid.index) == ["User1", "User2", "User3", "User4", "User5"]
    assert list(grid.columns) == ["Movie1", "Movie2", "Movie3", "Movie4"]


def test_notebook_file_is_the_notebook_grid():
    lines = (DATA / "notebook.csv").read_text(encoding="utf-8").splitlines()
    grid = datasets.notebook().to_grid()
    assert lines[0].split(",") == ["user", *grid.columns]
    for line, (user, row) in zip(lines[1:], grid.iterrows(), strict=True):
        assert line.split(",") == [user, *("" if np.isnan(x) else f"{x:g}" for x in row)]


# The movie night


def test_movie_night_files_are_what_the_script_makes():
    made = runpy.run_path(str(DATA / "make_movie_night.py"))["make_files"]()
    assert sorted(made) == ["movie_night.csv", "movie_night_items.csv"]
    for name, text in made.items():
        assert (DATA / name).read_text(encoding="utf-8") == text


def test_movie_night_is_an_evening_as_described():
    ratings = datasets.movie_night()
    assert (ratings.n_users, ratings.n_items, ratings.scale) == (40, 30, (1, 5))
    assert 0.40 <= ratings.density <= 0.50
    assert set(np.unique(ratings.V.data)) == {1, 2, 3, 4, 5}
    assert ratings.user_counts.min() >= 4  # a person has as many ratings as there are tastes
    assert ratings.item_counts.min() >= 4
    assert list(ratings.item_info.columns) == ["year", "genres", "director"]
    assert list(ratings.item_info.index) == list(ratings.items)
    assert not ratings.item_info.isna().any(axis=None)
    assert ratings.item_info["year"].str.fullmatch(r"(19|20)\d\d").all()
    assert all(text.isprintable() for text in [*ratings.users, *ratings.items])
    assert ratings.notes == ()


def fitted_four_features(ratings: Ratings) -> tuple[np.ndarray, np.ndarray]:
    """Rank-4 NMF of the observed cells by the plainest HALS, with a little shrinkage."""
    V = ratings.V.toarray().astype(float)
    observed = V > 0
    rng = np.random.default_rng(0)
    W, H = rng.random((ratings.n_users, 4)), rng.random((4, ratings.n_items))
    for _ in range(200):
        for f in range(4):
            rest = observed * (V - W @ H + np.outer(W[:, f], H[f]))
            W[:, f] = np.maximum(1e-9, rest @ H[f] / (observed @ H[f] ** 2 + 0.3))
            H[f] = np.maximum(1e-9, W[:, f] @ rest / (W[:, f] ** 2 @ observed + 0.3))
    return W * H.max(axis=1), H / H.max(axis=1, keepdims=True)


def test_a_fit_finds_the_tastes_of_the_movie_night():
    ratings = datasets.movie_night()
    tastes = runpy.run_path(str(DATA / "make_movie_night.py"))["TASTES"].values()
    suits = np.array([[len(set(g.split("|")) & t) for t in tastes] for g in ratings.item_info["genres"]])
    film_taste, user_taste = suits.argmax(axis=1), np.arange(40) % 4
    W, H = fitted_four_features(ratings)
    film_feature, user_feature = (H / H.sum(axis=0)).argmax(axis=0), W.argmax(axis=1)
    agree = np.array([[np.sum((film_feature == f) & (film_taste == t)) for t in range(4)] for f in range(4)])
    _, taste_of = linear_sum_assignment(-agree)
    # By chance a quarter would agree. Films between two tastes (Titanic) may fall to either.
    assert np.mean(taste_of[film_feature] == film_taste) >= 0.85
    assert np.mean(taste_of[user_feature] == user_taste) >= 0.85


# Planted ratings


@pytest.mark.parametrize("rank", [1, 3, 6])
def test_exact_ratings_have_the_planted_rank(rank):
    settings = {"n_users": 40, "n_items": 30, "rank": rank, "noise": 0, "rounded": None, "seed": 3}
    ratings = datasets.planted(density=1, **settings)
    W, H = datasets.planted_factors(density=1, **settings)
    assert ratings.n_ratings == 40 * 30
    assert ratings.scale == (0, 5)
    grid = ratings.V.toarray()
    assert np.linalg.matrix_rank(grid) == rank  # to the precision of float32
    np.testing.assert_allclose(grid, W @ H, rtol=2**-23)  # float32 keeps 24 bits
    assert W.min() >= 0
    assert H.min() >= 0
    assert 0 < (W @ H).min() <= (W @ H).max() <= 5


def test_exact_ratings_do_not_depend_on_which_cells_are_rated():
    settings = {"n_users": 50, "n_items": 40, "noise": 0, "rounded": None, "biased_blanks": 2, "skew": 0.8}
    ratings = datasets.planted(**settings)
    W, H = datasets.planted_factors(50, 40)
    np.testing.assert_allclose(ratings.V.data, (W @ H)[observed(ratings)], rtol=2**-23)


@pytest.mark.parametrize("settings", [{}, {"biased_blanks": 1.5}, {"skew": None}])
def test_same_arguments_same_ratings(settings):
    first, again, other = (datasets.planted(60, 50, seed=seed, **settings) for seed in (5, 5, 6))
    assert first.fingerprint == again.fingerprint != other.fingerprint
    W, H = datasets.planted_factors(60, 50, seed=5)
    W2, H2 = datasets.planted_factors(60, 50, seed=5, **settings)
    assert np.array_equal(W, W2)
    assert np.array_equal(H, H2)


@pytest.mark.parametrize(
    ("n_users", "n_items", "density", "settings"),
    [
        (1, 1, 1, {"rank": 1}),
        (300, 7, 0.5, {}),
        (5, 400, 0.001, {}),  # fewer cells than items: the items come first
        (200, 100, 0.05, {"skew": 1, "biased_blanks": 3}),
        (100, 100, 1, {"biased_blanks": 1}),
        (700, 600, 0.1, {}),  # more than one block
    ],
)
def test_nobody_is_left_without_a_rating(n_users, n_items, density, settings):
    ratings = datasets.planted(n_users, n_items, density=density, **settings)
    n_wanted = round(density * n_users * n_items)
    assert ratings.user_counts.min() >= 1
    assert ratings.item_counts.min() >= 1
    assert n_wanted <= ratings.n_ratings <= min(n_wanted + n_users + n_items, n_users * n_items)
    assert ratings.V.has_canonical_format
    assert np.all((ratings.V.data >= 1) & (ratings.V.data <= 5))


def test_blocks_of_rows_choose_as_one_block_does(monkeypatch):
    whole = datasets.planted(300, 40, biased_blanks=1)
    monkeypatch.setattr(datasets, "BLOCK", 40 * 7)
    assert datasets.planted(300, 40, biased_blanks=1).fingerprint == whole.fingerprint


def test_cells_are_drawn_by_the_law_that_is_documented():
    """With few cells drawn, the chance of a cell is near its weight's share: activity × popularity × exp(γ · liking)."""
    W, H = datasets.planted_factors(6, 5, 2)
    activity, popularity = np.linspace(1, 3, 6), np.linspace(1, 4, 5)
    liking = (W @ H - (W @ H).mean()) / (W @ H).std()
    weights = np.outer(activity, popularity) * np.exp(0.8 * liking)
    rng = np.random.default_rng(0)
    drawn = np.zeros(30)
    n = 4000
    for _ in range(n):
        # The first cell of a race of one; those added for the lonely depend on no liking and are left out.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(datasets, "_with_lonely", lambda rng, cells, *_: cells)
            drawn[datasets._rated_cells(rng, 1, activity, popularity, W, H, 0.8)] += 1
    share = (weights / weights.sum()).ravel()
    chi_square = np.sum((drawn - n * share) ** 2 / (n * share))
    assert chi_square < 58.3  # the 0.1 % point of χ² with 29 degrees of freedom


def test_counts_are_skewed_as_in_life_or_even_on_request():
    def busiest_tenth(skew):
        counts = np.sort(datasets.planted(500, 300, density=0.1, skew=skew).user_counts)
        return counts[-50:].sum() / counts.sum()

    assert busiest_tenth(None) == busiest_tenth(0) < 0.14  # binomial counts of mean 30: 0.133
    assert 0.2 < busiest_tenth(0.5) < busiest_tenth(0.9)


def test_biased_blanks_raise_the_liking_of_what_is_rated():
    W, H = datasets.planted_factors()
    liking = W @ H
    means = [liking[observed(datasets.planted(biased_blanks=pull))].mean() for pull in (0, 0.5, 1, 2)]
    assert means == sorted(means)
    assert abs(means[0] - liking.mean()) < 0.1 * liking.std()
    assert means[2] > liking.mean() + 0.5 * liking.std()


@pytest.mark.parametrize(
    ("scale", "rounded"), [((1, 5), 0.5), ((0.5, 5), 0.5), ((1, 5), 1), ((0, 1), 0.1), ((1, 10), 4)]
)
def test_rounded_ratings_are_whole_steps_within_the_scale(scale, rounded):
    ratings = datasets.planted(scale=scale, rounded=rounded, noise=0.2 * scale[1])
    low, high = scale
    allowed = low + rounded * np.arange(int((high - low) / rounded + 1e-9) + 1)
    assert ratings.scale == scale
    np.testing.assert_allclose(np.unique(ratings.V.data), allowed, atol=1e-6)


def test_noise_has_the_size_asked_for():
    settings = {"scale": (0, 1000), "rounded": None, "density": 0.5}
    exact, noisy = (datasets.planted(noise=noise, **settings) for noise in (0, 20))
    inside = (noisy.V.data > 0) & (noisy.V.data < 1000)
    spread = np.std((noisy.V.data - exact.V.data)[inside & (exact.V.data > 100)])
    assert abs(spread - 20) < 1  # 10,000 draws: the standard error is 0.14


BAD = [
    ("n_users", 0, "1 to"),
    ("n_users", 2.5, "1 to"),
    ("n_users", "3", "1 to"),
    ("n_items", -1, "1 to"),
    ("n_items", 10**9, "1 to 10000000"),
    ("rank", 0, "1 to 100"),
    ("rank", True, "1 to 100"),
    ("rank", 101, "1 to 100"),
    ("density", 0, "1e-09 to 1"),
    ("density", 1.5, "1e-09 to 1"),
    ("density", float("nan"), "1e-09 to 1"),
    ("noise", -0.1, "0 to 4"),
    ("noise", None, "0 to 4"),
    ("seed", -1, "0 to 4294967295"),
    ("seed", 2**32, "0 to 4294967295"),
    ("seed", 1.5, "0 to 4294967295"),
    ("scale", (5, 1), "5 to"),
    ("scale", (-1, 5), "0 to"),
    ("scale", (3, 3), "below"),
    ("scale", (1, float("inf")), "1 to"),
    ("scale", 5, "pair"),
    ("rounded", 0, "4e-06 to 4"),
    ("rounded", 5, "4e-06 to 4"),
    ("biased_blanks", -1, "0 to 3"),
    ("biased_blanks", 4, "0 to 3"),
    ("skew", -0.5, "0 to 1"),
    ("skew", "much", "0 to 1"),
]


@pytest.mark.parametrize(("name", "value", "allowed"), BAD)
def test_a_bad_argument_is_named_with_its_range(name, value, allowed):
    with pytest.raises(SettingsError) as error:
        datasets.planted(**{name: value})
    assert name in str(error.value)
    assert allowed in str(error.value)


def test_too_many_ratings_are_refused_before_any_are_made():
    with pytest.raises(NmfError, match=r"density is 0\.5; .* to 0\.1"):
        datasets.planted(100_000, 10_000, density=0.5)


# The registry


@pytest.mark.parametrize("key", datasets.SAMPLES)
def test_samples(key):
    sample = datasets.SAMPLES[key]
    assert sample.key == key
    assert sample.title
    assert sample.description.endswith(".")
    assert sample.description.count(".") == 1
    assert sample.make().fingerprint == sample.make().fingerprint


def test_the_planted_sample_is_as_described():
    ratings = datasets.SAMPLES["planted"].make()
    assert (ratings.n_users, ratings.n_items) == (300, 120)
    assert set(np.unique(ratings.V.data * 2) % 1) == {0}
    assert ratings.V.data.mean() > (datasets.planted(300, 120, 5).V.data.mean()) + 0.3  # blanks are biased
