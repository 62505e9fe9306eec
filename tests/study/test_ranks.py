"""The rank survey: the rank it tells, what it says beside it, and that it can be ended, taken up and repeated."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from benchmarks import rank_grids
from nmf_core import Ratings, Settings, SettingsError, datasets, survey_ranks
from nmf_core.interpret.match import alike
from nmf_core.labels.apart import shapes
from nmf_core.study.chance import rewired, shuffled_within_items
from nmf_core.study.found_again import found_again, halvings, silhouettes
from nmf_core.study.rank_choice import by_errors
from nmf_core.study.rank_trials import Cases
from tests.conftest import dense

WEAK = Settings(blanks="weak")


@pytest.mark.parametrize("k", [0, 1, 2, 4, 5])
def test_a_planted_rank_is_suggested(k):
    ratings, rank = rank_grids.easy(k)
    survey = survey_ranks(ratings, range(1, 11), restarts=0)
    assert survey.suggested_rank == rank
    assert survey.verdict.startswith(f"Read rank {rank}: ")
    row = survey.table.set_index("rank").loc[rank]
    assert row["held_out"] < survey.biases and row["held_out"] < row["chance"]


@pytest.mark.parametrize("k", range(4))
def test_without_tastes_there_is_no_rank_above_one(k):
    ratings, _ = rank_grids.without_tastes(k)
    survey = survey_ranks(ratings, range(1, 5), restarts=4)
    assert survey.suggested_rank == 1
    assert survey.verdict.startswith("No rank above 1")


def test_where_blanks_count_a_planted_rank_is_the_one_whose_features_are_found_again():
    ratings = datasets.planted(300, 120, 5, 0.3, 0.5, 1, biased_blanks=1.0)
    survey = survey_ranks(ratings, range(2, 9), settings=WEAK)
    assert (survey.goal, survey.suggested_rank) == ("lists", 5)
    table = survey.table.set_index("rank")
    assert table.loc[5, "held_out"] > max(survey.popular, table.loc[5, "chance"])
    assert table.loc[5, "found"] > 4.5
    assert survey.list_rank in (40, 80, 120)


def test_two_ranks_of_real_ratings_beside_popularity_and_chance(latest_small: Ratings):
    survey = survey_ranks(latest_small, (2, 5, 8), restarts=3, folds=3, settings=WEAK)
    assert survey.list_rank > 3 * survey.suggested_rank > 3
    assert re.match(rf"Read rank {survey.suggested_rank}: NDCG@10 0\.2\d\d; popularity alone has 0\.1", survey.verdict)
    assert f"Make lists with rank {survey.list_rank}" in survey.verdict
    table = survey.table.set_index("rank")
    assert (table["held_out"] > table["chance"] + 0.02).all()
    assert (table.loc[[5, 8], "found"] > 3).all() and (table["similarity_chance"].dropna() < 0.3).all()


@pytest.mark.parametrize(("without", "settings"), [(shuffled_within_items, Settings()), (rewired, WEAK)])
def test_of_ratings_without_tastes_hardly_a_feature_is_found_again(without, settings):
    called = 0
    for seed in range(3):
        ratings = without(datasets.planted(120, 80, 4, 0.25, 0.5, seed, biased_blanks=1.0), seed)
        called += survey_ranks(ratings, (2, 4, 6), settings=settings, seed=seed).features["found"].sum()
    assert called <= 2  # of 36; `python -m benchmarks.ranks --null` has 100 seeds of each


def planted_or_not(k: int) -> tuple[Ratings, Settings]:
    """Twenty sets of all kinds: easy, noisy, small, without tastes, of likes nobody shares; under both kinds of blanks."""
    settings = WEAK if k % 2 else Settings()
    if k < 4:
        return rank_grids.without_tastes(k)[0], settings
    if k < 8:
        return rank_grids.easy(k)[0], settings
    if k < 10:
        return (datasets.movie_night(), datasets.notebook())[k - 8], Settings()
    noise, density = (0.2, 0.6, 1.5)[k % 3], (0.1, 0.25)[k % 2]
    return datasets.planted(90, 50, 2 + k % 3, density, noise, k, biased_blanks=0.5), settings


@pytest.mark.parametrize("k", range(20))
def test_what_the_verdict_says_is_true_of_the_table(k):
    ratings, settings = planted_or_not(k)
    survey = survey_ranks(ratings, range(1, 6 if k != 9 else 5), restarts=3, folds=3, settings=settings)
    table, said, rank = survey.table.set_index("rank"), survey.verdict, survey.suggested_rank
    places = 3 if survey.goal == "lists" else 2
    net = 2 * table["found"] - table.index
    assert said[0].isupper() or said[0].isdigit()
    if said.startswith("Read rank"):
        assert said.startswith(f"Read rank {rank}: ") and f"{table.loc[rank, 'held_out']:.{places}f}" in said
        assert f"{table.loc[rank, 'chance']:.{places}f}" in said
    if "no other rank is better" in said:
        assert survey.compared == rank
    if "is within one standard error" in said:
        assert table.loc[rank, "difference"] <= table.loc[rank, "difference_se"]
    if "no smaller rank is as good" in said:
        smaller = table.loc[: rank - 1]
        assert (smaller["difference"] > smaller["difference_se"]).all()
    if "found again in the other half" in said and rank > 1:
        assert re.search(rf"Of its {rank} features {table.loc[rank, 'found']:.1f}".removesuffix(".0"), said)
    if "more than at any other rank tried" in said:
        assert net.idxmax() == rank
    if said.startswith("No rank above 1"):
        assert rank == 1
    if "may be chance" in said and survey.goal == "error" and said.startswith("No rank"):
        assert (table["chance"] <= table["held_out"]).any()
    if "cannot tell" in said:
        assert (table["difference"].abs() <= 2 * table["difference_se"]).all()
    if "are too few to tell a rank" in said:
        assert table["held_out"].min() >= min(survey.mean, survey.biases)
    if survey.goal == "error":
        assert f"{survey.mean:.2f}" in said or "may be chance" in said


def test_what_is_popular_makes_no_two_features_alike():
    counts = np.repeat([300, 120, 60, 30, 10], 20)
    popular = np.stack([counts, 301 - counts]) / 300
    assert np.abs(alike(popular, popular, counts)).max() < 1e-6  # by a plain cosine of centred rows it is 1
    tastes = np.random.default_rng(0).random((2, 100))
    np.testing.assert_allclose(np.diag(alike(popular + tastes, 2 * (popular + tastes), counts)), 1)
    np.testing.assert_allclose(np.linalg.norm(shapes(popular + tastes, counts), axis=1), 1)


def test_halves_have_other_people_and_the_same_items():
    ratings = datasets.planted(60, 30, 3, 0.3, 0.3, 0).by_name
    halves = halvings(ratings, survey_blanks(0.0), 3, 0)
    assert (len(halves.real), len(halves.chance)) == (3, 2)
    for (first, first_t), (second, _) in halves.real:
        assert first.shape[0] + second.shape[0] == 60 and first.shape[1] == second.shape[1] == halves.items.sum()
        assert first.nnz + second.nnz == ratings.V[:, np.flatnonzero(halves.items)].nnz
        assert (first_t.toarray() == first.toarray().T).all()


def test_features_that_both_halves_have_are_found_and_others_are_not():
    rng = np.random.default_rng(1)
    H = rng.random((3, 90))
    ratings = datasets.planted(60, 90, 3, 0.9, 0.3, 0).by_name
    halves = halvings(ratings, survey_blanks(0.0), 2, 0)
    n = int(halves.items.sum())
    noise = iter(rng.random((6, 3, n)))

    def fitted(some, rank):
        for k in range(len(some)):
            own = next(noise)
            own[:2] = H[[1, 0]][:, halves.items] if k < 4 else own[:2]  # the third one and chance are other each time
            yield own

    told = found_again(H, halves, fitted)
    assert told.found[:, :2].all() and told.share[:2].tolist() == [1, 1]
    assert (
        told.similar[:, :2] > 0.7
    ).all()  # not 1: the third row, which differs, is part of the mean that is taken off
    assert (told.similar[:, 2] < 0.6).all() and told.chance < 0.6


def survey_blanks(weight: float):
    from nmf_core import Blanks

    return Blanks(weight, 1.0 if weight else 0.0)


def test_errors_are_compared_person_by_person():
    rng = np.random.default_rng(0)
    person = rng.random(50) * 5  # some are hard to predict, at every rank
    count = np.full(50, 4.0)
    errors = {k: Cases((person + gain) * count, count) for k, gain in ((1, 1.0), (2, 0.01), (3, 0.0))}
    choice = by_errors(errors)
    assert (choice.best, choice.chosen) == (2, 2)  # rank 3 is better by a hundredth of what rank 2 brought
    assert choice.difference[1] == pytest.approx(0.99) and choice.se[1] == pytest.approx(0, abs=1e-12)
    assert errors[1].se > 0.1  # the errors themselves are that uncertain


def test_fitted_error_falls_with_rank_and_the_notebooks_figures_stand_beside_it(notebook):
    survey = survey_ranks(datasets.planted(80, 50, 4, 0.4, 0.3, 2), range(1, 8), restarts=0)
    assert survey.table["fitted"].is_monotonic_decreasing
    complete = survey_ranks(notebook, [1, 2, 3], settings=Settings(blanks="zero", penalty=0.0))
    V, mask = dense(notebook)
    table = complete.table
    assert (table["mean_squared_error"].diff().dropna() < 0).all()
    np.testing.assert_allclose(table["reconstruction_err"] ** 2 / V.size, table["mean_squared_error"])
    least = np.linalg.svd(np.where(mask, V, 0))[1]
    assert table["reconstruction_err"][0] == pytest.approx(
        np.sqrt((least[1:] ** 2).sum()), rel=1e-3
    )  # rank 1: the SVD's own


def test_the_notebooks_own_figure_stands_at_its_rank(notebook):
    settings = Settings(solver="cd", blanks="zero", init="random")
    table = survey_ranks(notebook, [1, 2, 3], settings=settings, seed=42).table.set_index("rank")
    assert table.loc[2, "mean_squared_error"] == pytest.approx(0.9144353703891, abs=1e-10)
    assert table.loc[2, "reconstruction_err"] == pytest.approx((20 * 0.9144353703891) ** 0.5)


def test_a_silhouette_is_high_where_halves_agree_and_none_where_they_do_not():
    rng = np.random.default_rng(0)
    whole = shapes(rng.random((3, 80)), np.ones(80))
    again = silhouettes(whole, [whole[[2, 0, 1]], whole, whole[[1, 2, 0]]])
    np.testing.assert_allclose(again, 1)
    other = [shapes(rng.random((3, 80)), np.ones(80)) for _ in range(6)]
    assert np.abs(silhouettes(whole, other)).max() < 0.2
    assert np.isnan(silhouettes(whole[:1], [whole[:1]])).all()


def test_few_ratings_tell_little_and_say_the_same_under_every_seed(notebook):
    surveys = [survey_ranks(notebook, range(1, 5), seed=seed) for seed in range(3)]
    assert {s.folds for s in surveys} == {13}  # each is hidden by itself
    assert len({s.verdict for s in surveys}) == 1
    assert surveys[0].verdict.startswith("13 ratings are too few to tell a rank: none predicts hidden ones better")


@pytest.mark.parametrize("settings", [Settings(), WEAK])
def test_the_same_bits_whole_or_taken_up_again_with_any_number_of_threads(movie_night, settings):
    from dataclasses import replace

    whole = survey_ranks(movie_night, [1, 2, 3, 4], restarts=2, settings=settings)
    ended = survey_ranks(
        movie_night, [1, 2, 3, 4], restarts=2, settings=settings, on_progress=lambda done, of: done < 0.3 * of
    )
    assert 0 < len(ended.table) < 4
    again = survey_ranks(movie_night, [1, 2, 3, 4], restarts=2, settings=replace(settings, threads=1), known=ended)
    for name in ("table", "features", "flows"):
        pd.testing.assert_frame_equal(getattr(whole, name), getattr(again, name), check_exact=True)
    assert (whole.verdict, whole.list_rank) == (again.verdict, again.list_rank)


def test_a_further_rank_costs_that_rank_alone(movie_night):
    first = survey_ranks(movie_night, [1, 2, 3], restarts=2)
    told: list[int] = []
    more = survey_ranks(movie_night, [1, 2, 3, 4], restarts=2, known=first, on_rank=lambda s: told.append(len(s.table)))
    assert told == [4, 4] and more.found[2] is first.found[2]
    other = survey_ranks(movie_night, [1, 2], restarts=2, seed=1, known=first)
    assert other.found[2] is not first.found[2]


def test_a_survey_tells_each_rank_and_ends_within_a_fit():
    told: list[int] = []
    survey_ranks(datasets.movie_night(), [1, 2], folds=2, restarts=0, on_rank=lambda s: told.append(len(s.table)))
    assert told == [1, 2]
    sweeps = []

    def stop(done: int, of: int) -> bool:
        sweeps.append(done / of)
        return len(sweeps) < 5

    with pytest.raises(SettingsError, match="stopped before the first rank"):
        survey_ranks(datasets.movie_night(), [3], folds=2, on_progress=stop)
    assert len(sweeps) == 5


def test_progress_never_falls_and_never_passes_the_end(movie_night):
    told: list[tuple[int, int]] = []
    survey_ranks(movie_night, [1, 2, 3], settings=WEAK, on_progress=lambda done, of: told.append((done, of)))
    done = [d for d, _ in told]
    assert done == sorted(done) and len({of for _, of in told}) == 1 and done[-1] <= told[0][1]


@pytest.mark.parametrize(("solver", "loss"), [("mu", "kl"), ("mu", "frobenius"), ("cd", "frobenius")])
def test_any_solver_and_loss_can_be_surveyed(notebook, solver, loss):
    blanks = "zero" if solver == "cd" else "unknown"
    survey = survey_ranks(notebook, [1, 2], settings=Settings(solver=solver, loss=loss, blanks=blanks))
    assert survey.table["held_out"].notna().all()


def test_ranks_are_checked(movie_night):
    with pytest.raises(SettingsError, match="rank is 0"):
        survey_ranks(movie_night, [0, 1])
    with pytest.raises(SettingsError, match="no ranks"):
        survey_ranks(movie_night, [])
    with pytest.raises(SettingsError, match="ranks is 5; it must be several"):
        survey_ranks(movie_night, 5)
    with pytest.raises(SettingsError, match="more than the smaller side of the grid, 30"):
        survey_ranks(movie_night, [1, 31])
    with pytest.raises(SettingsError, match="restarts is -1"):
        survey_ranks(movie_night, [1], restarts=-1)
