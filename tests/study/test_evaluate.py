"""Held-out error and ranking quality against brute force, and the rank survey."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from benchmarks.lifelike import lifelike
from nmf_core import Ratings, Settings, SettingsError, datasets, evaluate, factorize
from nmf_core.fit.list_fit import ListSettings
from nmf_core.metrics import ndcg
from nmf_core.study.baselines import BASELINES
from nmf_core.study.split import held_out_folds

CHEAP = ["mean", "biases", "most popular"]


def test_ndcg_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    scores, relevant = rng.random((20, 15)), rng.random((20, 15)) < 0.3
    relevant[:, 0] = True
    ours = ndcg(scores, relevant, 10)
    theirs = [ndcg_score([relevant[k].astype(float)], [scores[k]], k=10) for k in range(20)]
    np.testing.assert_allclose(ours, theirs)


@pytest.mark.parametrize("top_n", [1, 3, 10, 20])
def test_tied_scores_share_their_expected_gain_as_in_scikit_learn(top_n):
    rng = np.random.default_rng(1)
    scores, relevant = rng.integers(0, 4, (40, 15)).astype(float), rng.random((40, 15)) < 0.3
    relevant[:, 0] = True
    theirs = [ndcg_score([relevant[k].astype(float)], [scores[k]], k=top_n) for k in range(40)]
    np.testing.assert_allclose(ndcg(scores, relevant, top_n), theirs)


def test_the_mean_ranks_as_chance_does_in_any_order_of_the_items():
    ratings = datasets.planted(60, 40, 3, 0.3, 0.3, 0)
    grid = ratings.to_grid()
    best_first = grid[grid.mean().sort_values(ascending=False).index]
    asked = Settings(rank=1, max_sweeps=1, penalty=0.1)
    tables = [
        evaluate(Ratings.from_grid(one, scale=ratings.scale, zeros="rating"), asked, folds=2)
        for one in (best_first, best_first.iloc[:, ::-1])
    ]
    # Folds are drawn anew, so figures differ by chance; in the order of columns they differed by a half.
    a, b = (table.loc["mean"] for table in tables)
    assert abs(a["ndcg"] - b["ndcg"]) < 0.1 < tables[0].loc["biases", "ndcg"]


def test_folds_without_anything_relevant_are_left_out_and_said(notebook):
    table = evaluate(notebook, Settings(rank=2), folds=5)
    assert table[["ndcg", "recall"]].notna().all(axis=None)
    note, *_ = table.attrs["notes"]
    fold = held_out_folds(notebook, folds=5)
    blank = sum(not (notebook.V.data[fold == k] >= 1 + 0.7 * 4).any() for k in range(5))
    assert blank and note.startswith(f"{blank} of 5 folds")
    assert evaluate(datasets.movie_night(), Settings(rank=2), folds=2).attrs["notes"] == []


def test_where_nothing_is_relevant_lists_are_not_judged():
    low = Ratings.from_grid(datasets.movie_night().to_grid().clip(upper=3), scale=(1, 5))
    table = evaluate(low, Settings(rank=1), folds=2)
    assert table["ndcg"].isna().all() and table.loc[["fit", *CHEAP], "rmse"].notna().all()
    assert table.attrs["verdict"].startswith("Lists cannot be judged here.")
    assert table.attrs["notes"][0].startswith("No held-out rating")


def test_rows_with_nothing_relevant_count_for_nothing():
    assert np.isnan(ndcg(np.ones((1, 3)), np.zeros((1, 3), dtype=bool), 2)[0])


def test_held_out_rmse_agrees_with_a_loop(movie_night):
    table = evaluate(movie_night, Settings(rank=2), folds=4, seed=3)
    fold = held_out_folds(movie_night, folds=4, seed=3)
    errors = []
    for k in range(4):
        fit = factorize(movie_night.keep(fold != k), rank=2)
        test = movie_night.keep(fold == k).to_table()
        errors.append(np.sqrt(np.mean((fit.predict(test["user"], test["item"]) - test["rating"]) ** 2)))
    assert table.loc["fit", "rmse"] == pytest.approx(np.mean(errors))
    assert table.loc["fit", "rmse_se"] == pytest.approx(np.std(errors, ddof=1) / 2)


def test_baselines_stand_beside_the_fit_and_features_beat_them_on_planted_tastes():
    ratings = datasets.planted(150, 80, 3, 0.3, 0.3, 0)
    table = evaluate(ratings, {"unknown": Settings(rank=3), "zero": Settings(rank=3, blanks="zero")}, folds=3)
    assert table.index.tolist() == ["unknown", "zero", *BASELINES]
    assert table.loc["unknown", "rmse"] < table.loc["biases", "rmse"] < table.loc["mean", "rmse"]
    assert table.loc["unknown", "rmse"] < table.loc["zero", "rmse"]


def test_the_dial_trades_rating_error_for_ranking_where_blanks_are_not_at_random():
    """The idea of the project in one measurement: what is best to predict ratings is not best to recommend."""
    ratings = datasets.planted(300, 200, 4, 0.06, 0.4, 0, biased_blanks=1.5)
    table = evaluate(ratings, {b: Settings(rank=4, blanks=b) for b in ("unknown", "weak")}, folds=3)
    assert table.loc["unknown", "rmse"] < table.loc["weak", "rmse"]
    assert table.loc["weak", "ndcg"] > table.loc["unknown", "ndcg"]


def test_progress_is_told(movie_night):
    seen = []
    evaluate(movie_night, Settings(rank=1, max_sweeps=3), folds=2, on_progress=lambda done, of: seen.append((done, of)))
    n = 2 * (1 + len(BASELINES))
    assert seen[-1] == (n, n)


@pytest.mark.parametrize("ends_at", ["during the first fold", "later"])
def test_evaluation_obeys_the_answer_of_on_progress(ends_at):
    told: list[tuple[int, int]] = []

    def go_on(done: int, of: int) -> bool:
        told.append((done, of))
        return done < (1 if ends_at == "during the first fold" else 6)

    settings = {"a": Settings(rank=2, max_sweeps=5, penalty=0.1)}
    if ends_at == "later":
        table = evaluate(datasets.movie_night(), settings, folds=3, baselines=CHEAP, on_progress=go_on)
        assert table["rmse"].notna().all()
        assert table["rmse_se"].isna().all()  # one fold
    else:
        with pytest.raises(SettingsError, match="ended before its first fold"):
            evaluate(datasets.movie_night(), settings, folds=3, baselines=CHEAP, on_progress=go_on)
    assert {of for _, of in told} == {3 * (1 + len(CHEAP))}
    assert told[-1][0] <= 6


def test_the_fit_that_lists_are_made_from_is_judged_as_any():
    ratings = lifelike(4_000, seed=3, pull=1.0)
    table = evaluate(ratings, {"lists": ListSettings(read_at=5), "read": Settings(5, blanks="weak")}, folds=2)
    assert table.index.tolist()[:2] == ["lists", "read"]
    assert 0 < table.loc["lists", "ndcg"] < 1 and table.loc["lists", "ndcg"] != table.loc["read", "ndcg"]
