"""`list_fit`: the rank and the penalty that lists want, and where it ends."""

import numpy as np
import pytest

from benchmarks.lifelike import lifelike
from nmf_core import NmfError, datasets, factorize, list_fit
from nmf_core.fit.fold_in import list_weights
from nmf_core.metrics import RELEVANT, ndcg
from nmf_core.study.split import held_out_folds

RATINGS = lifelike(8_000, seed=2, pull=1.5)


def test_small_grids_are_listed_at_the_rank_that_is_read():
    ratings = datasets.movie_night()
    fit = list_fit(ratings)
    assert fit.rank == 4 and fit.converged and fit.blanks.name == "weak"


def test_larger_ones_at_a_higher_rank_than_is_read_and_not_until_the_last_weight_is_still():
    fit = list_fit(RATINGS)
    assert fit.rank in (40, 80, 160, 240) and fit.stopped in ("lists", "kkt", "change") and fit.converged
    assert fit.penalty.l2_W > 0 and not fit.notes
    assert fit.H.max(axis=1).max() == 1  # canonical form
    again = list_fit(RATINGS)
    assert (fit.W == again.W).all() and (fit.H == again.H).all()


def test_lists_are_better_than_those_of_popular_items_and_of_a_poor_penalty():
    fold = held_out_folds(RATINGS, folds=5, seed=0)
    seen, held = RATINGS.keep(fold != 0), RATINGS.keep(fold == 0)
    low, high = RATINGS.scale
    relevant = (held.V.toarray() >= low + RELEVANT * (high - low)) & (held.V.toarray() != 0)
    rated = seen.V.toarray() != 0

    def judged(scores):
        return np.nanmean(ndcg(np.where(rated, -np.inf, scores), relevant, 10))

    fit = list_fit(seen)
    ours = judged(list_weights(fit, seen, slice(0, seen.n_users)) @ fit.H)
    weak = factorize(seen, rank=fit.rank, blanks="weak", penalty=fit.penalty.l2_W / 30, max_sweeps=9)
    assert ours > judged(np.tile(seen.item_counts.astype(float), (seen.n_users, 1)))
    assert ours > judged(list_weights(weak, seen, slice(0, seen.n_users)) @ weak.H)


def test_the_order_of_rows_says_nothing():
    order = np.random.default_rng(1).permutation(RATINGS.n_users)
    turned = type(RATINGS)(RATINGS.V[order], RATINGS.users[order], RATINGS.items, RATINGS.scale)
    fit, other = list_fit(RATINGS, rank=24), list_fit(turned, rank=24)
    assert fit.penalty == other.penalty
    assert (fit.W[order] == other.W).all()


def test_a_rank_may_be_given_and_is_checked():
    assert list_fit(RATINGS, rank=7).rank == 7
    with pytest.raises(NmfError, match="rank is 0"):
        list_fit(RATINGS, rank=0)


def test_it_ends_when_it_is_told_to():
    asked = []

    def stop(sweep, objective, kkt):
        asked.append(sweep)
        return len(asked) < 4

    fit = list_fit(RATINGS, on_sweep=stop)
    assert fit.stopped == "cancelled" and len(asked) < 60


def test_blanks_may_be_unknown():
    assert list_fit(RATINGS, blanks="unknown").blanks.weight == 0
