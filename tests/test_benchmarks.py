"""The benchmark's own parts: what lifelike ratings look like, EASE and NDCG by slow oracles, and the protocol at a tiny size."""

from __future__ import annotations

import gc
import json
from functools import cache

import numpy as np
import pytest
from scipy import sparse

from benchmarks import few, flips, newcomers, peers, reading
from benchmarks.lifelike import SCALE, _rated, _Taste, lifelike
from benchmarks.peer_models import OURS, RANKERS, RATERS, How, Split, ease, grid
from nmf_core import Settings, fit_settings, smallest_flip
from nmf_core.interpret.contest import contest_of
from nmf_core.metrics import rmse
from nmf_core.study.baselines import biases

HOW = How(rank=4, threads=1)


@pytest.fixture(autouse=True)
def no_sweeping_up(monkeypatch):
    """Among all that the tests hold, collecting garbage before each fit takes longer than the fits."""
    monkeypatch.setattr(gc, "collect", lambda: 0)


@cache
def tiny(pull: float = 0.0) -> Split:
    return peers.split_of(lifelike(2_000, seed=1, pull=pull))


@cache
def small() -> Split:
    return peers.split_of(lifelike(100_000))


def test_lifelike_ratings_are_half_stars_in_the_shape_of_movielens():
    r = lifelike(100_000)
    assert (r.n_users, r.n_items, r.n_ratings, r.scale) == (943, 1682, 100_000, SCALE)
    assert set(np.unique(2 * r.V.data)) == set(range(1, 11))
    assert r.user_counts.min() >= 1
    assert r.item_counts.min() >= 1
    assert r.mean == pytest.approx(3.5, abs=0.1)
    assert r.V.data.std() == pytest.approx(1.13, abs=0.06)
    # Few rate much, and few are rated much: median below 0.8 and 0.6 of the mean (0.61 and 0.46 in MovieLens 100K).
    assert np.median(r.user_counts) < 0.8 * r.user_counts.mean()
    assert np.median(r.item_counts) < 0.6 * r.item_counts.mean()


def test_lifelike_errors_lie_as_far_apart_as_those_of_movielens():
    split = small()
    mean, user, item = biases(split.training)
    flat = rmse(split.values, np.full(len(split.u), mean))
    biased = rmse(split.values, np.clip(mean + user[split.u] + item[split.i], *SCALE))
    W, Ht = OURS.factors(OURS.fit(split.training, {"sweeps": 6}, How(10, 1)))
    assert flat == pytest.approx(1.13, abs=0.05)
    assert biased == pytest.approx(0.94, abs=0.04)
    assert split.rmse(W, Ht) < biased


def test_lifelike_ratings_are_the_same_for_the_same_seed():
    assert lifelike(1_000, seed=3).fingerprint == lifelike(1_000, seed=3).fingerprint
    assert lifelike(1_000, seed=3).fingerprint != lifelike(1_000, seed=4).fingerprint


@pytest.mark.parametrize(("pull", "low", "high"), [(0.0, -0.15, 0.15), (1.5, 0.5, 2.0)])
def test_pull_makes_people_rate_what_they_like(pull, low, high):
    rng = np.random.default_rng(0)
    taste = _Taste(rng, 60, 80)
    cells = _rated(rng, 1_000, np.ones(60), np.ones(80), taste, pull)
    assert len(np.unique(cells)) == len(cells) == 1_000
    assert low < taste.liking(cells // 80, cells % 80).mean() < high


def test_cells_are_drawn_by_their_weights():
    rng = np.random.default_rng(0)
    activity = np.r_[np.full(100, 1.0), np.full(100, 3.0)]
    cells = _rated(rng, 2_000, activity, np.ones(400), _Taste(rng, 200, 400), 0.0)
    assert np.mean(cells // 400 >= 100) == pytest.approx(0.69, abs=0.04)  # 3 of 4, but for the one that each has


def test_every_user_and_item_keeps_a_training_rating():
    split = tiny()
    assert split.training.user_counts.min() >= 1
    assert split.training.item_counts.min() >= 1
    assert len(split.u) == pytest.approx(0.2 * 2_000, rel=0.25)
    assert not split.training.V.toarray()[split.u, split.i].any()


def test_ease_is_the_least_squares_without_the_diagonal():
    rng = np.random.default_rng(0)
    X = rng.random((30, 6)) * (rng.random((30, 6)) < 0.5)
    B = ease(sparse.csr_array(X), 2.0)
    assert np.diag(B) == pytest.approx(0)
    for j in range(6):
        others = [k for k in range(6) if k != j]
        A = X[:, others]
        expected = np.linalg.solve(A.T @ A + 2.0 * np.eye(5), A.T @ X[:, j])
        assert B[others, j] == pytest.approx(expected)


def test_ranking_quality_is_the_mean_of_each_users_ndcg():
    split = tiny()
    scores = np.random.default_rng(2).random(split.training.V.shape)
    gains = []
    for user in range(split.training.n_users):
        held = {int(i): v for i, v in zip(split.i[split.u == user], split.values[split.u == user], strict=True)}
        liked = {i for i, value in held.items() if value >= 4}
        if not liked:
            continue
        seen = set(split.training.V[[user]].indices.tolist())
        order = [i for i in np.argsort(-scores[user]).tolist() if i not in seen][:10]
        gain = sum(1 / np.log2(place + 2) for place, i in enumerate(order) if i in liked)
        gains.append(gain / sum(1 / np.log2(place + 2) for place in range(min(10, len(liked)))))
    assert peers.ranking_quality(lambda block: scores[block], split) == pytest.approx(np.mean(gains))


def test_the_fewest_sweeps_are_the_fewest(monkeypatch):
    monkeypatch.setattr(peers, "OUR_SWEEPS", (1, 2, 4, 8))
    curve = peers.Curve(tiny(), HOW)
    errors = [curve.error(k) for k in range(1, 9)]
    target = min(errors) + 1e-9
    assert curve.first(target) == 1 + next(k for k, error in enumerate(errors) if error <= target)
    assert curve.first(0.0) is None


def test_the_protocol_with_ours_and_scikit_learn(monkeypatch):
    monkeypatch.setattr(peers, "lifelike", lambda n: lifelike(1_000))  # of which the first, uncounted fits are
    monkeypatch.setattr(peers, "OUR_SWEEPS", (1, 2, 4))
    monkeypatch.setattr(peers, "OUR_PENALTIES", (0.2,))
    monkeypatch.setattr(peers, "memory_apart", lambda *_: 12.0)
    name = "scikit-learn NMF, blanks 0"
    result = peers.race(tiny(), "tiny", HOW, {name: RATERS[name]}, repeats=2)
    assert [len(job.seconds) for job in result.runs.values()] == [2] * len(result.runs)
    ours, _ = result.reached[name]
    assert ours is not None
    assert max(ours.errors) <= result.targets[name]
    text = peers.race_tables(result)
    assert text.startswith("### tiny\n\n| method |")
    assert f"| {name} |" in text


@pytest.mark.parametrize("thorough", [True, False])
def test_the_best_setting_is_looked_for_where_it_can_be(monkeypatch, thorough):
    errors = {"a": [3.0, 2.0, 1.0, 1.5], "b": [2.0, 2.5, 2.7, 0.1], "c": [9.0, 9.1, 9.2, 9.3]}
    asked = []

    def pretended(rater, split, setting, how):
        asked.append(setting)
        return 1.0, errors[setting["kind"]][setting["epochs"] - 1]

    monkeypatch.setattr(peers, "fitted", pretended)
    rater = peers.Rater("nothing", grid(kind=("a", "b", "c"), epochs=(1, 2, 3, 4)), None, None, None)
    assert peers.best_settings(rater, tiny(), HOW, thorough) == [({"kind": "a", "epochs": 3}, 1.0)]
    assert {"kind": "b", "epochs": 4} not in asked  # its error had risen twice
    assert {"kind": "c", "epochs": 3} in asked
    assert len(asked) == (4 + 3 + 3 if thorough else 3 + 4 + 3)


def test_a_fast_setting_near_the_best_has_a_row_of_its_own(monkeypatch):
    took = {1: (1.0, 0.9004), 2: (2.0, 0.9002), 4: (4.0, 0.9)}
    monkeypatch.setattr(peers, "fitted", lambda rater, split, setting, how: took[setting["epochs"]])
    rater = peers.Rater("nothing", grid(epochs=(1, 2, 4)), None, None, None)
    assert peers.best_settings(rater, tiny(), HOW) == [({"epochs": 4}, 0.9), ({"epochs": 1}, 0.9004)]


def test_a_peer_that_fails_is_left_out_aloud(monkeypatch):
    def broken(*_):
        raise RuntimeError("no luck")

    monkeypatch.setattr(peers, "OUR_SWEEPS", (1,))
    monkeypatch.setattr(peers, "OUR_PENALTIES", ())
    monkeypatch.setattr(peers, "memory_apart", lambda *_: float("nan"))
    rater = peers.Rater("nothing", grid(epochs=(1,)), lambda split, how: None, broken, lambda model: model)
    result = peers.race(tiny(), "tiny", HOW, {"Broken": rater}, repeats=1)
    assert result.notes == ["Broken is left out: RuntimeError: no luck"]


@pytest.mark.parametrize("name", [name for name in RATERS if name != peers.SPARK])
def test_each_peer_that_is_installed_predicts(name):
    rater = RATERS[name]
    if rater.package not in peers.installed([rater.package]):
        pytest.skip(f"{rater.package} is not installed")
    _, error = peers.fitted(rater, tiny(), rater.grid[0], HOW)
    peers.WORKER.end()
    assert error < 4


def test_rankers_without_a_peer_rank():
    rankers = {name: RANKERS[name] for name in ("most popular", "Latent Lens, blanks weak", "EASE")}
    rows, notes = peers.ranked(tiny(1.0), HOW, rankers, "tiny")
    assert [row[0] for row in rows] == list(rankers)
    assert notes == []
    assert rows[2][3] == "–"  # scores of EASE are no ratings


def test_a_split_can_be_kept(tmp_path):
    peers.save(tiny(), tmp_path / "split.npz")
    again = peers.load(tmp_path / "split.npz")
    assert (again.training.V != tiny().training.V).nnz == 0
    assert again.training.scale == tiny().training.scale
    assert np.array_equal(again.values, tiny().values)


def test_the_section_is_written_between_the_markers(tmp_path):
    file = tmp_path / "page.md"
    file.write_text(f"before\n{peers.BEGIN}\nold\n{peers.END}\nafter\n", encoding="utf-8")
    peers.write_section(file, "new")
    peers.write_section(file, "newer")
    assert file.read_text(encoding="utf-8") == f"before\n{peers.BEGIN}\n\nnewer\n\n{peers.END}\nafter\n"


def test_settings_can_be_handed_to_another_interpreter():
    settings = [s for rater in RATERS.values() for s in rater.grid]
    assert json.loads(json.dumps(settings)) == settings
    assert grid(a=(1, 2), b=("x",)) == ({"a": 1, "b": "x"}, {"a": 2, "b": "x"})


def test_reading_plants_different_cells_and_all_ways_read_the_same(tmp_path):
    table = reading.planted(2_000, seed=1, n_users=300, n_items=40)
    assert table.equals(reading.planted(2_000, seed=1, n_users=300, n_items=40))
    assert len(table.to_pandas()[["user", "item"]].drop_duplicates()) == 2_000
    reading.write(table, tmp_path)
    assert (tmp_path / "quoted.csv").read_bytes().count(b'"') == 4 * 2_000 + 6
    assert (tmp_path / "crlf.csv").read_bytes().count(b"\r\n") == 2_001
    read = {way: what(prepare(tmp_path / "plain.csv")) for way, (prepare, what) in reading.WAYS.items()}
    read |= {file: reading.ours(tmp_path / file) for file in reading.FILES}
    assert len({reading.digest(one) for one in read.values()}) == 1
    V, users, items = read["path"]
    V.data[0] += 1
    assert reading.digest((V, users, items)) != reading.digest(read["pandas"])


def test_ease_of_new_people_is_that_of_the_formula():
    V = lifelike(2_000, seed=1).V.astype(np.float64)
    np.testing.assert_allclose(few.ease(V[:15], 50.0)(V[15:]), V[15:] @ ease(V[:15], 50.0), atol=1e-8)


def test_item_knn_weighs_the_nearest_items_by_their_cosine():
    V = lifelike(1_000, seed=2).V.astype(np.float64)
    dense = V.toarray()
    lengths = np.linalg.norm(dense, axis=0)
    cosine = dense.T @ dense / np.outer(lengths, lengths)
    np.fill_diagonal(cosine, 0.0)
    scores = few.item_knn(V, 3)(V[:2])
    for item in range(V.shape[1]):
        nearest = cosine[item] >= np.sort(cosine[item])[-3]
        np.testing.assert_allclose(scores[:, item], dense[:2, nearest] @ cosine[item, nearest], atol=1e-9)


def test_people_who_are_told_few_ratings_are_judged_by_the_others():
    ratings = lifelike(2_000, seed=1)
    people = np.arange(ratings.n_users)
    told, relevant = few.told_and_relevant(ratings, people, 5, 0)
    judged = people[ratings.user_counts >= 15]
    assert 0 < told.shape[0] <= len(judged)
    assert (np.diff(told.indptr) == 5).all()
    assert not relevant[told.nonzero()].any()
    assert relevant.any(axis=1).all()


def test_the_benchmark_of_few_ratings_names_every_model(capsys):
    ratings = lifelike(12_000, seed=1, pull=1.0)
    few.new_people(ratings, [2], 1)
    few.people_in_the_fit(ratings, [2], 1)
    said = capsys.readouterr().out
    for name in ("chance", "popular", "item-kNN", "EASE", "rank 2, c 0", "rank 2, default", "2, folded in again"):
        assert name in said


def test_newcomers_are_asked_five_times_and_judged_alike():
    ratings = lifelike(4_000, seed=1, pull=1.0)
    found = newcomers.measured(ratings, rank=3, n_people=40, seed=0, blanks="weak")
    rows = {name: np.array(people) for name, people in found.items()}
    assert len({len(people) for people in rows.values()}) == 1 and len(rows["random"]) > 5
    assert (rows["nothing asked"][:, 2:] == 0).all()
    for name in ("most popular", "random", "tells most"):
        assert (rows[name][:, 3] <= newcomers.ANSWERS).all() and (rows[name][:, 2] >= rows[name][:, 3]).all()
    assert (rows["five shelves"][:, 2] == newcomers.ANSWERS).all()
    assert np.nanmean(rows["tells most"][:, 0]) != np.nanmean(rows["nothing asked"][:, 0])


def test_counterfactuals_are_held_against_brute_force(capsys):
    tally = flips.run("planted", lifelike(3_000, seed=1, pull=1.0), 12, 12, 30)
    assert tally.false == tally.smaller == 0
    assert tally.flips + tally.removals + tally.neither == 12 and tally.flips > 0 and tally.removals > 0
    assert "0 false, 0 with a smaller one" in capsys.readouterr().out


def test_brute_force_sees_a_change_that_is_smaller():
    ratings = lifelike(3_000, seed=1, pull=1.0)
    fit = fit_settings(ratings, Settings(rank=12, blanks="weak", penalty=0.02, max_sweeps=6)).canonical()
    for user in ratings.users:
        flip = smallest_flip(fit, ratings, user)
        if flip is not None and abs(flip.new - flip.old) < 2:
            break
    contest = contest_of(fit, ratings, user)
    size = abs(flip.new - flip.old)
    assert flips.any_flips(contest, flips.smaller_changes(contest, ratings, size + 0.5))
    assert not flips.any_flips(contest, flips.smaller_changes(contest, ratings, size))
