"""What tests share: small ratings, and dense pictures of them."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from nmf_core import datasets, read_ratings
from nmf_core.data.ratings import Ratings

# A machine that is slow, or busy with something else, makes no test fail: neither in an example nor in drawing one.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


# Files whose tests share what takes long to set up: a server, a process beside, a copy of the project.
SHARE = ("tests/test_recipes.py", "tests/test_people.py", "tests/study/test_beside.py")
# Tests with a browser that a second one takes: about a third of the time that all take.
SECOND = tuple(f"tests/browser/test_{what}.py" for what in ("conflict", "hostile_names", "round", "uploads"))


def pytest_collection_modifyitems(items):
    """Fast tests first: those with a browser come last. In several processes two of them begin with these: they take longest.

    Pictures of every page come at the very end, for whichever process has nothing left to do.
    """
    side_by_side = "PYTEST_XDIST_WORKER" in os.environ

    def turn(item):
        pictures = item.path.name == "test_screenshots.py"
        return 2 if pictures else int(("browser" in item.path.parts) != side_by_side)

    items.sort(key=turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests with a browser go to two processes, one after the other in each: many browsers make each other wait. So do pictures.

    Tests that share what takes long to set up go to one. Each other test goes to whichever process is free.
    """
    from xdist.scheduler import LoadScopeScheduling

    class TwoBrowsers(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            if not nodeid.startswith("tests/browser/"):
                file = nodeid.partition("::")[0]
                return file if file in SHARE else nodeid
            if nodeid.startswith("tests/browser/test_screenshots"):
                return "pictures"
            return "browser 2" if nodeid.startswith(SECOND) else "browser 1"

    config.option.loadscopereorder = False  # else the pictures, being many, would come second
    return TwoBrowsers(config, log)


@pytest.fixture(scope="session")
def notebook() -> Ratings:
    return datasets.notebook()


@pytest.fixture(scope="session")
def movie_night() -> Ratings:
    return datasets.movie_night()


@pytest.fixture(scope="session")
def latest_small() -> Ratings:
    """MovieLens latest small, from the folder `shared/real` beside the project; where it is not, the test is skipped aloud."""
    folder = Path(__file__).parents[2] / "shared" / "real" / "ml-latest-small"
    if not (folder / "ratings.csv").is_file():
        warnings.warn(f"{folder} is not there: tests on real ratings are skipped", stacklevel=1)
        pytest.skip("MovieLens latest small is not beside the project")
    return read_ratings(folder / "ratings.csv")


def dense(ratings: Ratings) -> tuple[np.ndarray, np.ndarray]:
    """(values with 0 in blanks, mask of observed cells), both users × items."""
    grid = ratings.to_grid().to_numpy()
    return np.nan_to_num(grid), ~np.isnan(grid)


def random_ratings(seed: int, n: int = 7, m: int = 6, density: float = 0.6) -> Ratings:
    """A small random grid on 1…5 with at least one rating, explicit ids, some rows perhaps empty."""
    rng = np.random.default_rng(seed)
    mask = rng.random((n, m)) < density
    mask[0, 0] = True
    rows, columns = np.nonzero(mask)
    users, items = [f"u{k}" for k in range(n)], [f"i{k}" for k in range(m)]
    return Ratings.from_cells(
        np.array(users, dtype=object)[rows],
        np.array(items, dtype=object)[columns],
        rng.integers(1, 6, len(rows)),
        all_users=users,
        all_items=items,
        scale=(1, 5),
    )


def cells(ratings: Ratings) -> dict[tuple[str, str], float]:
    """(user, item) → rating."""
    return {(row.user, row.item): row.rating for row in ratings.to_table().itertuples()}
