"""Too few ratings to tell is acted on: in lists, in what sets a feature apart, in what is niche and who is alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmf_core import NmfError, Ratings, datasets, factorize, recommend, smallest_flip
from nmf_core.interpret.enough import least_ratings
from nmf_core.interpret.features import distinctive_items, niche_items, top_items, top_users
from nmf_core.interpret.recommend import neighbours


@pytest.fixture(scope="module")
def tailed() -> Ratings:
    """Planted tastes, and beside them films that one person rated, and people who rated one film: each at the top."""
    known = datasets.planted(60, 30, 3, 0.5, 0.3, 0).to_table()
    users = [*known["user"], *(f"once {k}" for k in range(10)), *known["user"].unique()[:20]]
    items = [*known["item"], *known["item"].unique()[:10], *(f"rare {k}" for k in range(20))]
    return Ratings.from_cells(users, items, [*known["rating"], *[5.0] * 30], all_items=[*dict.fromkeys(items), "never"])


@pytest.fixture(scope="module")
def fit(tailed):
    return factorize(tailed, rank=3, penalty=0.01).canonical()


def is_rare(name: str) -> bool:
    return name.startswith(("rare", "once", "never"))


def test_films_of_one_rating_come_after_all_others_and_the_unrated_last(fit, tailed):
    for user in tailed.users[:10]:
        items = recommend(fit, tailed, user, n=60)["item"].tolist()
        rare = [is_rare(item) for item in items]
        assert rare == sorted(rare) and items[-1] == "never"
        listed = recommend(fit, tailed, user, n=60, least=6)
        assert (listed["ratings"] >= 6).all() and listed["item"].tolist() == [x for x in items if not is_rare(x)]
        everything = recommend(fit, tailed, user, n=60, least=0)
        assert set(everything["item"]) == set(items) and everything["score"].iloc[:-1].is_monotonic_decreasing


def test_no_feature_is_set_apart_by_them_and_nobody_is_alike_by_one_rating(fit, tailed):
    assert any(is_rare(item) for f in range(3) for item in top_items(fit, f, n=20)["item"])  # what there is to act on
    for f in range(3):
        for frame in (top_items, distinctive_items):
            assert not any(map(is_rare, frame(fit, f, n=60, ratings=tailed)["item"]))
        assert not any(map(is_rare, top_users(fit, f, n=80, ratings=tailed)["user"]))
    assert not any(map(is_rare, niche_items(fit, below=2.0, ratings=tailed)))
    assert not any(map(is_rare, neighbours(fit, tailed.users[0], n=80, ratings=tailed)["user"]))
    assert len(neighbours(fit, "once 0", ratings=tailed)) == 0


def test_sets_apart_means_more_than_on_any_other_feature(fit):
    for f in range(3):
        apart = distinctive_items(fit, f, n=1000)
        others = np.delete(fit.H, f, axis=0).max(axis=0)
        assert set(apart["item"]) == set(fit.items[fit.H[f] > others])
        assert (top_items(fit, f, n=1000)["weight"] > 0).all() and (top_users(fit, f, n=1000)["weight"] > 0).all()


def test_a_flip_is_among_what_is_listed(fit, tailed):
    for user in tailed.users[:8]:
        flip = smallest_flip(fit, tailed, user)
        if flip is not None:
            assert flip.before == recommend(fit, tailed, user, n=1)["item"].iloc[0]
            assert not is_rare(flip.after)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=60), st.integers(1, 50))
def test_the_least_number_never_empties_a_grid(counts, rank):
    counts = np.array(counts)
    least = least_ratings(counts, rank)
    assert 1 <= least <= 2 * rank
    left, rated = counts >= least, counts > 0
    assert left.sum() >= min(10, rated.sum())
    assert 2 * counts[left].sum() >= counts.sum()


def test_a_least_number_that_is_none_is_refused(fit, tailed):
    with pytest.raises(NmfError, match="least is 2.5; it must be a whole number"):
        recommend(fit, tailed, tailed.users[0], least=2.5)
