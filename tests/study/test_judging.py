"""Metrics by loops over every order, the split in time, the verdict and the dial."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from nmf_core import Ratings, RatingsError, Settings, SettingsError, datasets, evaluate
from nmf_core.metrics import METRICS, Lists
from nmf_core.metrics.everybody import of_block
from nmf_core.study.dial import turn_dial
from nmf_core.study.split import FITTED, HELD_OUT, LEFT_OUT, TOLD, split_in_time
from nmf_core.study.verdict import verdict

PLAIN = Settings(rank=2, max_sweeps=5, penalty=0.1)


def of_an_order(order: list[int], relevant: np.ndarray, top_n: int) -> dict[str, float]:
    """Each metric of one list, as it is defined."""
    hits = [bool(relevant[i]) for i in order[:top_n]]
    most = min(int(relevant.sum()), top_n, len(relevant))
    ideal = sum(1 / np.log2(p + 2) for p in range(most))
    return {
        "ndcg": sum(1 / np.log2(p + 2) for p, hit in enumerate(hits) if hit) / ideal,
        "recall": sum(hits) / most,
        "precision": sum(hits) / top_n,
        "map": sum(sum(hits[: p + 1]) / (p + 1) for p, hit in enumerate(hits) if hit) / most,
    }


@pytest.mark.parametrize("top_n", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("kinds", [1, 2, 3, 100])
def test_lists_are_judged_as_the_mean_over_all_orders_of_equal_scores(top_n, kinds):
    rng = np.random.default_rng(top_n)
    for _ in range(6):
        scores = rng.integers(0, kinds, 6).astype(float) if kinds < 100 else rng.permutation(6).astype(float)
        relevant = rng.random(6) < 0.5
        relevant[rng.integers(6)] = True
        orders = [
            o for o in permutations(range(6)) if all(scores[a] >= scores[b] for a, b in zip(o, o[1:], strict=False))
        ]
        slow = pd.DataFrame([of_an_order(list(order), relevant, top_n) for order in orders]).mean()
        for name, value in slow.items():
            judge = METRICS[str(name)].of_lists
            assert judge is not None
            assert judge(Lists(scores[None], relevant[None], top_n))[0] == pytest.approx(value, abs=1e-12), name


def test_all_lists_are_judged_as_the_mean_over_all_orders_of_equal_scores():
    scores = np.array([[2.0, 1.0, 1.0, 1.0], [3.0, 2.0, 1.0, -np.inf]])
    rated = np.array([[True, True, False, False], [False, True, False, True]])
    low = np.array([[False, True, False, False], [False, True, False, True]])
    lists = Lists(scores, rated, 2)
    assert lists.listed.tolist() == [[1.0, 1 / 3, 1 / 3, 1 / 3], [1.0, 1.0, 0.0, 0.0]]
    rated_by = np.array([4, 2, 1, 0])
    every = of_block(lists, rated, low, rated_by, 4)
    found = {name: metric.of_everybody(every) for name, metric in METRICS.items() if metric.of_everybody}
    assert found["disliked"] == pytest.approx((1 / 3 + 1) / (1 + 1 / 3 + 1))
    assert found["coverage"] == pytest.approx((1 + 1 + 1 / 3) / 3)  # the fourth is no candidate
    assert found["novelty"] == pytest.approx((0 * 2 + 1 * (4 / 3) + 2 * (1 / 3) + 2 * (1 / 3)) / 4)
    assert np.isnan(found["fidelity"])


def test_receipts_of_three_features_tell_all_and_of_more_less():
    ratings = datasets.planted(80, 60, 6, 0.4, 0.2, 0)
    three, eight = (
        evaluate(ratings, Settings(rank=rank, blanks="zero", penalty=0.01), folds=2, baselines=["EASE"])
        for rank in (3, 8)
    )
    assert three.loc["fit", "fidelity"] == pytest.approx(1.0)
    assert 0 < eight.loc["fit", "fidelity"] < 1
    assert np.isnan(three.loc["EASE", "fidelity"])


def timed(seed: int = 0) -> Ratings:
    """Tastes in time; a tenth of the people come at the end."""
    ratings = datasets.planted(150, 60, 3, 0.2, 0.3, seed, biased_blanks=1.5)
    rng = np.random.default_rng(seed)
    u = np.repeat(np.arange(ratings.n_users), ratings.user_counts)
    times = rng.random(ratings.n_ratings) + np.where(u < 15, 0.9, 0.0)
    return replace(ratings, times=times)


def test_a_split_in_time_has_one_cut_and_newcomers_tell_their_first_half():
    ratings = timed()
    cells, u = split_in_time(ratings), np.repeat(np.arange(ratings.n_users), ratings.user_counts)
    assert ratings.times[cells == FITTED].max() < ratings.times[cells != FITTED].min()
    assert abs((cells != FITTED).mean() - 0.2) < 0.01
    for new in np.setdiff1d(u, u[cells == FITTED]):
        told, held = (np.sort(ratings.times[(u == new) & (cells == kind)]) for kind in (TOLD, HELD_OUT))
        assert len(told) == (len(told) + len(held)) // 2
        assert len(told) == 0 or told[-1] <= held[0]
    rated_before = np.bincount(ratings.V.indices[cells == FITTED], minlength=ratings.n_items) > 0
    assert (cells[~rated_before[ratings.V.indices]] == LEFT_OUT).all()


def test_in_time_newcomers_are_folded_in_and_everything_is_judged_and_said():
    table = evaluate(timed(), {"weak": replace(PLAIN, blanks="weak"), "unknown": PLAIN}, split="time")
    assert table.drop(columns=["fidelity", "fidelity_se"]).loc["weak"].notna().all()
    assert (table.filter(like="ndcg_se") > 0).all(axis=None)
    (note,) = table.attrs["notes"]
    assert note.startswith("Judged are ") and "of them folded in" in note
    assert table.loc["weak", "ndcg"] > table.loc["mean", "ndcg"]


def test_a_person_who_is_new_is_judged_by_what_they_told():
    """Were newcomers not folded in, they would have the fit's row of somebody of whom nothing is known."""
    from nmf_core.study.evaluate import _fit_model, _split

    (part,) = _split(timed().by_name, "time", 5, 0).parts
    rows = np.flatnonzero((part.training.user_counts == 0) & (part.known.user_counts > 3))
    scorer = _fit_model(replace(PLAIN, blanks="weak"))(part.training, lambda: True)
    scores = scorer.scores(part.people(rows))
    assert part.people(rows).new.all() and len(np.unique(scores.round(6), axis=0)) == len(rows) > 1


@pytest.mark.parametrize("times", [None, np.full(13, np.nan), np.zeros(13)], ids=["none", "unknown", "alike"])
def test_without_times_a_split_in_time_is_refused(notebook, times):
    with pytest.raises(RatingsError, match="there is no last fifth of them.*Use split='random'"):
        evaluate(replace(notebook, times=times), PLAIN, split="time")


def test_a_split_that_is_none_is_refused(notebook):
    with pytest.raises(SettingsError, match="split is 'times'; it must be one of random, time"):
        evaluate(notebook, PLAIN, split="times")


def judged(**models: list[float]) -> pd.DataFrame:
    """A table in which models have these NDCG in three folds, and RMSE of 1."""
    place = list(METRICS).index("ndcg")
    rows = {
        name.replace("_", " "): [
            [1.0 if k == 0 else value if k == place else np.nan for k in range(len(METRICS))] for value in values
        ]
        for name, values in models.items()
    }
    table = pd.DataFrame({name: np.mean(values, axis=0) for name, values in rows.items()}, index=list(METRICS)).T
    table.attrs |= {"judged": rows, "split": "random"}
    return table


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        ([0.10, 0.11, 0.12], "EASE makes better lists than this fit: NDCG 0.110 against 0.310"),
        ([0.30, 0.32, 0.31], "This fit and EASE make lists that cannot be told apart"),
        ([0.40, 0.41, 0.42], "Nothing here makes better lists than this fit; next: EASE, NDCG 0.410 against 0.310"),
        ([0.01, 0.01, 0.01], "Its lists are no better than chance: NDCG 0.010, and 0.010 in any order."),
    ],
)
def test_the_verdict_is_not_kind(fit, says):
    table = judged(fit=fit, mean=[0.01, 0.01, 0.01], most_popular=[0.2, 0.2, 0.2], EASE=[0.30, 0.31, 0.32])
    said = verdict(table, ["fit"])
    assert said.startswith(says)
    assert ("above it too: popularity" in said) == (fit[0] == 0.10)
    assert "Ratings are predicted no better by this fit than by the mean" in said


def test_the_dial_is_turned_at_the_value_of_a_blank(movie_night):
    table = turn_dial(movie_night, PLAIN, weights=[0, 0.2, 1], folds=2)
    assert table.index.tolist() == [0.0, 0.2, 1.0] and table.attrs["value"] == 1.0
    low = turn_dial(movie_night, replace(PLAIN, blanks=(0.3, 0.5)), weights=[0.2], folds=2)
    assert low.attrs["value"] == 0.5
    alone = evaluate(movie_night, replace(PLAIN, blanks=(0.2, 0.5)), folds=2, baselines=())
    assert low.loc[0.2, "rmse"] == alone.loc["fit", "rmse"]


def test_lists_are_judged_as_recommend_makes_them():
    """With blanks unknown an item of one rating often scores most; `recommend` lists it after all others."""
    from nmf_core import factorize, recommend
    from nmf_core.study.evaluate import _fit_model, _split
    from nmf_core.study.measure import _no_candidates, _ordered

    ratings = datasets.planted(80, 90, 3, 0.06, 0.3, 0, biased_blanks=1.5).by_name
    (part, *_) = _split(ratings, "random", 5, 0).parts
    scorer = _fit_model(Settings(rank=4))(part.training, lambda: True)
    people = part.people(np.arange(80))
    scores = _ordered(scorer, scorer.scores(people), _no_candidates(part, people.V))
    fit = factorize(part.training, rank=4)
    for u in range(0, 80, 9):
        best = part.training.items[np.argsort(-scores[u])[:5]]
        assert best.tolist() == recommend(fit, part.training, part.training.users[u], n=5)["item"].tolist()
    assert scorer.last is not None and scorer.last.any()
