"""Likes, which are all 1, and counts, whose largest would decide all: what a fit makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from nmf_core import (
    Blanks,
    Ratings,
    Settings,
    check_health,
    edit,
    evaluate,
    factorize,
    fit_settings,
    fold_in,
    recommend,
    smallest_flip,
)
from nmf_core.fit.settings import resolve_blanks, suggested_blanks
from nmf_core.interpret.enough import enough_items
from nmf_core.interpret.recommend import scale_steps
from nmf_core.reading.read import read_ratings

GROUPS = 3


def grouped(seed: int = 0, n_users: int = 90, n_items: int = 60, own: float = 0.5, other: float = 0.05) -> np.ndarray:
    """(users, items) that are observed: those of one's own group mostly. A user's or item's group is its number modulo `GROUPS`."""
    same = np.arange(n_users)[:, None] % GROUPS == np.arange(n_items)[None, :] % GROUPS
    return np.argwhere(np.random.default_rng(seed).random(same.shape) < np.where(same, own, other))


def of(cells: np.ndarray, values: np.ndarray, **rest) -> Ratings:
    """Ratings of these cells."""
    return Ratings.from_cells([f"u{u}" for u, _ in cells], [f"i{i}" for _, i in cells], values, **rest)


def own_group(ratings: Ratings, **settings) -> float:
    """The share of all people's three first items that are of their own group; a third by chance."""
    fit = factorize(ratings, rank=GROUPS, **settings)
    of_user = {user: recommend(fit, ratings, user, n=3)["item"] for user in ratings.users}
    return float(
        np.mean([int(i[1:]) % GROUPS == int(user[1:]) % GROUPS for user, items in of_user.items() for i in items])
    )


def test_ones_alone_are_likes_on_a_scale_from_nothing():
    likes = read_ratings(b"user,item,rating\nann,x,1\nann,y,1\nbob,x,1\n")
    assert likes.scale == (0, 1) and scale_steps(likes).tolist() == [0, 1]
    assert resolve_blanks("weak", likes) == Blanks(0.2, 0.0) and suggested_blanks(likes)[0] == "weak"
    (finding,) = (one for one in check_health(likes) if one.title == "All ratings are alike")
    assert "likes" in finding.text and not finding.offer
    assert Ratings.from_cells(["ann", "bob"], ["x", "x"], [1, 2]).scale == (1, 5)


@pytest.mark.parametrize(("value", "scale"), [(1, (1, 5)), (3, (3, 10)), (0.5, (0.5, 5)), (2, (3, 5)), (5, (1, 5))])
def test_a_weak_blank_lies_below_ratings_that_are_all_alike(value, scale):
    blanks = resolve_blanks("weak", Ratings.from_cells(["ann", "bob"], ["x", "y"], [value, value], scale=scale))
    assert blanks.value < value
    graded = Ratings.from_cells(["ann", "bob"], ["x", "y"], [1, 5], scale=(1, 5))
    assert resolve_blanks("weak", graded).value == 1.0


def test_likes_are_told_apart_by_what_was_left_blank():
    cells = grouped()
    for scale in (None, (1, 5)):  # given another scale, a blank still lies below a like
        likes = of(cells, np.ones(len(cells)), scale=scale)
        fit = factorize(likes, rank=GROUPS, blanks="weak")
        assert np.ptp(fit.W @ fit.H) > 0.5 and fit.penalty.l2_W > 0
        assert own_group(likes, blanks="weak") > 0.9


def test_likes_are_ranked_better_than_by_popularity_with_the_default_penalty():
    likes = of(cells := grouped(1), np.ones(len(cells)))
    table = evaluate(likes, Settings(rank=GROUPS, blanks="weak"), folds=3)
    assert table.loc["fit", "ndcg"] > 1.5 * table.loc["most popular", "ndcg"]


def test_a_like_that_flips_is_taken_away_and_not_given_a_rating():
    likes = of(cells := grouped(2, n_users=24, n_items=15), np.ones(len(cells)))
    fit = fit_settings(likes, Settings(rank=GROUPS, blanks="weak"))
    flips = {user: flip for user in likes.users if (flip := smallest_flip(fit, likes, user))}
    assert len(flips) > 3
    listed = likes.items[enough_items(likes, GROUPS, likes.n_items)]
    for user, flip in flips.items():
        assert (flip.old, flip.new) == (1, 0)
        rest = {item: like for item, like in likes.of_user(user).items() if item != flip.item}
        candidates = [i for i in listed if i not in likes.of_user(user)]
        scores = fold_in(fit, rest) @ fit.H[:, likes.items.get_indexer(candidates)]
        assert candidates[int(np.argmax(scores))] == flip.after and scores.max() > 0


def test_large_counts_decide_all_until_the_logarithm_is_taken():
    cells = grouped(3)
    rng = np.random.default_rng(3)
    same = (cells[:, 0] - cells[:, 1]) % GROUPS == 0
    counts = np.ceil(np.exp(rng.normal(np.where(same, 2.5, 0.5), 1.0) + 2.5 * rng.standard_normal(60)[cells[:, 1]]))
    plays = of(cells, counts)
    (finding,) = (one for one in check_health(plays) if one.title == "Counts rather than ratings")
    taken = getattr(edit, finding.offer)(plays)
    assert own_group(taken, blanks="weak") > 0.9 > own_group(plays, blanks="weak") + 0.2
