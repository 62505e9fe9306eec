"""Steering: the pull against a dense oracle, the objective that never rises, pinned features, and fits that nobody steers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmf_core import SOLVERS, Penalty, Settings, SettingsError, datasets, evaluate, factorize, fit_settings
from nmf_core.fit import kernels
from nmf_core.fit.compiled import CompiledSide, Kernels, padded
from nmf_core.fit.factorize import problem_of, settings_by_name
from nmf_core.fit.problem import kkt_residual, objective
from nmf_core.fit.steer import HELD, Steer, Wish
from nmf_core.interpret.match import cosine
from tests.conftest import random_ratings

MIDDLING = datasets.planted(300, 200, 4, 0.15, 0.4, 0, biased_blanks=0.5)  # 9,000 ratings: compiled from rank 7 on
BLANKS = ["unknown", "weak", "zero", (0.3, 2.5)]


def drawn(seed, n_items, n_wishes):
    """Random wishes; the first is free after its start, others are drawn, some by item."""
    rng = np.random.default_rng(seed)
    strengths = [0.0, *rng.choice([0.1, 0.5, 0.9, 1.0], n_wishes - 1)][:n_wishes]
    wishes = [Wish(rng.random(n_items) + 0.01, s) for s in strengths]
    by_item = Wish(rng.random(n_items), rng.choice([0.0, 0.5, 1.0], n_items))
    return Steer((*wishes[:-1], by_item))


def dense_pull(steer, problem, H):
    """½ Σ d (h − s t)², every s found by trying."""
    total, rank = 0.0, len(H)
    n_cells = problem.V.shape[0] * problem.V.shape[1]
    omega, b = problem.blanks.weight, problem.blanks.value
    dense, mask = problem.V.toarray(), problem.V.toarray() != 0
    cells = np.where(mask, 1.0, omega)
    seen = np.where(mask, dense, b)
    mean, square = (cells * seen).sum() / cells.sum(), (cells * seen**2).sum() / cells.sum()
    assert n_cells == cells.size
    both = all(
        x > 0 for x in (problem.penalty.l2_W + problem.penalty.l1_W, problem.penalty.l2_H + problem.penalty.l1_H)
    )
    for f, wish in steer.by_feature.items():
        counts = cells.sum(axis=0)
        t = wish.row * np.sqrt(mean / rank / ((counts * wish.row**2).sum() / counts.sum()))
        strength = np.broadcast_to(wish.strength, t.shape)
        kappa = np.array([min(HELD, s / (1 - s)) if s < 1 else HELD for s in strength])
        d = kappa * counts * square / mean / rank
        most = (H[f] / np.maximum(t, 1e-300))[(d > 0) & (t > 0)].max(initial=1.0)  # no size beyond is best
        low, high = (0.0, most) if both else (1.0, 1.0)
        for _ in range(4):  # ever finer around the best so far
            sizes = np.linspace(low, high, 2_001)
            values = (0.5 * d * (H[f] - sizes[:, None] * t) ** 2).sum(axis=1)
            best, step = sizes[values.argmin()], (high - low) / 2_000
            low, high = max(0.0, best - step), best + step
        total += values.min()
    return total


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(BLANKS), st.sampled_from([0.0, 0.1, Penalty(0.1, 0.0, 0.0, 0.1)]))
def test_the_pull_is_what_a_dense_oracle_says(seed, blanks, penalty):
    ratings = random_ratings(seed)
    asked = Settings(rank=3, blanks=blanks, penalty=penalty, steer=drawn(seed, ratings.n_items, 3))
    steered, plain = problem_of(ratings, asked), problem_of(ratings, Settings(rank=3, blanks=blanks, penalty=penalty))
    rng = np.random.default_rng(seed)
    W, H = rng.random((ratings.n_users, 3)), rng.random((3, ratings.n_items))
    expected = dense_pull(asked.steer, steered, H)
    ours = objective(steered, W, H) - objective(plain, W, H)
    assert ours == pytest.approx(expected, rel=1e-6, abs=1e-6)  # what sizes are tried to


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(BLANKS), st.sampled_from([0.0, 0.1]))
def test_the_gradient_of_the_pull_is_its_slope(seed, blanks, penalty):
    ratings = random_ratings(seed)
    asked = Settings(rank=3, blanks=blanks, penalty=penalty, steer=drawn(seed, ratings.n_items, 3))
    p = problem_of(ratings, asked)
    rng = np.random.default_rng(seed)
    H = rng.random((3, ratings.n_items)) + 0.1
    gradient = p.pull.weight * H.T - p.pull.toward(H.T)
    for _ in range(5):
        f, i = rng.integers(3), rng.integers(ratings.n_items)
        step = np.zeros_like(H)
        step[f, i] = 1e-6
        slope = (p.pull.by_feature((H + step).T).sum() - p.pull.by_feature((H - step).T).sum()) / 4e-6
        scale = float(p.pull.weight.max()) + 1
        assert gradient[i, f] == pytest.approx(slope, rel=1e-5, abs=1e-5 * scale)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10_000), st.sampled_from(BLANKS), st.sampled_from([None, 0.0, 0.1, Penalty(0.1, 0.05, 0.02, 0.1)])
)
def test_the_objective_of_a_steered_fit_never_rises(seed, blanks, penalty):
    ratings = random_ratings(seed, n=12, m=10)
    steer = drawn(seed, 10, 3)
    fit = factorize(ratings, rank=4, blanks=blanks, penalty=penalty, steer=steer, max_sweeps=40, tol=0.0)
    assert (np.diff(fit.history["objective"]) <= 0).all()
    ordered = ratings.by_name
    asked = settings_by_name(fit.settings, ratings)
    W, H = fit.W[ratings.user_order], fit.H[:, ratings.item_order]
    empty = ordered.user_counts.min() == 0 or ordered.item_counts.min() == 0  # these get mean weights after the fit
    if not empty:
        assert fit.objective == pytest.approx(objective(problem_of(ordered, asked), W, H), rel=1e-9)


@pytest.mark.parametrize("blanks", BLANKS)
@pytest.mark.parametrize("tol", [1e-4, 1e-7])  # float32 and float64
def test_compiled_sweeps_obey_as_numpys_do(blanks, tol):
    steer = drawn(0, MIDDLING.n_items, 4)
    penalty = 0.0 if blanks == "zero" else 0.1
    fit = factorize(MIDDLING, rank=8, blanks=blanks, penalty=penalty, steer=steer, tol=tol, max_sweeps=40)
    assert (np.diff(fit.history["objective"]) <= 0).all()
    asked = settings_by_name(fit.settings, MIDDLING)
    p = problem_of(MIDDLING.by_name, asked)
    W, H = fit.W[MIDDLING.user_order], fit.H[:, MIDDLING.item_order]
    assert fit.objective == pytest.approx(objective(p, W, H), rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 10_000), st.sampled_from(BLANKS), st.sampled_from([3, 8, 130])
)  # the last without normal matrices
def test_a_compiled_half_sweep_is_numpys(seed, blanks, rank):
    ratings = random_ratings(seed, n=11, m=9, density=0.35)
    asked = Settings(rank=rank, blanks=blanks, penalty=0.05, steer=drawn(seed, 9, 3))
    p = problem_of(ratings, asked)
    rng = np.random.default_rng(seed)
    W, Ht = rng.random((11, rank)), rng.random((9, rank))
    out = np.empty_like(padded(Ht, np.float64))
    with Kernels(rank, 2) as compiled:
        side = CompiledSide(p.items, np.float64)
        seen = compiled.half_sweep(side, padded(Ht, np.float64), padded(W, np.float64), out, passes=3, tol=0.0)
        again = compiled.gradients(side, padded(Ht, np.float64), padded(W, np.float64))
    oracle = kernels.hals_rows(p.items, Ht, W, passes=3)
    # A weight that is nearly free magnifies rounding; its effect on the objective does not.
    assert objective(p, W, out[:, :rank].T) == pytest.approx(objective(p, W, oracle.T), rel=1e-9)
    assert again.step_before == pytest.approx(seen.step_before, rel=1e-6)


@pytest.mark.parametrize("blanks", BLANKS)
@pytest.mark.parametrize("rank", [4, 8])  # NumPy's sweeps and compiled ones
def test_a_pinned_feature_stays(blanks, rank):
    other = factorize(MIDDLING, rank=rank, blanks=blanks, init="random", seed=5)
    fit = factorize(MIDDLING, rank=rank, blanks=blanks, steer=Steer((None, Wish(other.H[2], 1.0))))
    assert cosine(other.H[2:3], fit.H[1:2])[0, 0] > 0.9999
    assert fit.W[:, 1].any()


@pytest.mark.parametrize("blanks", ["unknown", "weak", "zero"])
def test_the_stronger_the_wish_the_nearer_the_feature(blanks):
    row = np.random.default_rng(0).random(MIDDLING.n_items)  # what no ratings support
    near, penalty = [], 0.0 if blanks == "zero" else 0.1
    for strength in (0.0, 0.5, 0.9, 1.0):
        fit = factorize(MIDDLING, rank=4, blanks=blanks, penalty=penalty, steer=Steer((Wish(row, strength),)))
        near.append(cosine(row[None], fit.H[:1])[0, 0])
    assert near[0] < near[1] < near[2] < near[3]


def test_an_item_drawn_to_nothing_has_nothing_of_the_feature_alone():
    free = factorize(MIDDLING, rank=4, blanks="weak")
    i = int(free.H[0].argmax())
    row, strength = free.H[0].copy(), np.zeros(MIDDLING.n_items)
    row[i], strength[i] = 0.0, 1.0
    fit = factorize(MIDDLING, rank=4, blanks="weak", penalty=free.penalty, steer=Steer((Wish(row, strength),)))
    assert fit.H[0, i] < 0.01 * fit.H[0].max()
    assert cosine(row[None], fit.H[:1])[0, 0] > 0.5


def test_wishes_that_draw_nothing_only_begin_the_fit():
    free = factorize(MIDDLING, rank=4, tol=1e-6, max_sweeps=400)
    asked = Settings(4, penalty=free.penalty, tol=1e-6, max_sweeps=400, steer=Steer([Wish(row) for row in free.H]))
    assert problem_of(MIDDLING, asked).pull is None
    fit = fit_settings(MIDDLING, asked)
    assert np.diag(cosine(free.H, fit.H)).min() > 0.999
    assert kkt_residual(problem_of(MIDDLING, asked), fit.W, fit.H) < 1e-4


def test_wishes_follow_the_items_in_whatever_order_they_stand():
    shuffled = np.random.default_rng(0).permutation(MIDDLING.n_items)
    other = MIDDLING.from_grid(MIDDLING.to_grid().iloc[:, shuffled], scale=MIDDLING.scale)
    row = np.random.default_rng(1).random(MIDDLING.n_items)
    settings_ = [Settings(3, steer=Steer((Wish(r, 0.7),))) for r in (row, row[shuffled])]
    fits = [fit_settings(r, s) for r, s in zip((MIDDLING, other), settings_, strict=True)]
    assert fits[0].H[:, shuffled].tobytes() == fits[1].H.tobytes()
    judged = [evaluate(r, s, folds=2, baselines=()) for r, s in zip((MIDDLING, other), settings_, strict=True)]
    assert judged[0]["rmse"].tolist() == judged[1]["rmse"].tolist()


def test_a_power_of_two_in_the_ratings_changes_no_digit():
    grid = random_ratings(3, n=12, m=10).to_grid()
    row = np.random.default_rng(0).random(10)
    for penalty in (0.0, 0.1):
        plain, large = (
            factorize(
                MIDDLING.from_grid(grid * times, scale=(0, 5 * times), zeros="rating"),
                rank=2,
                penalty=penalty * times,
                steer=Steer((Wish(row, 0.6),)),
                max_sweeps=10,
            )
            for times in (1.0, 8.0)
        )
        assert np.allclose(large.W @ large.H, 8 * (plain.W @ plain.H), rtol=1e-12)
        assert large.objective == pytest.approx(64 * plain.objective, rel=1e-12)


def test_settings_with_other_wishes_are_others():
    row = np.ones(4)
    plain, steered = Settings(2), Settings(2, steer=Steer((Wish(row, 0.5),)))
    assert plain != steered
    assert steered == Settings(2, steer=Steer((Wish(row.copy(), 0.5),)))
    assert hash(steered) == hash(Settings(2, steer=Steer((Wish(row.copy(), 0.5),))))
    assert steered != Settings(2, steer=Steer((Wish(row, 0.6),)))
    assert steered.steer.at(0.6) == Steer((Wish(row, 0.6),)) == Steer((Wish(row, np.full(4, 0.6)),))


@pytest.mark.parametrize("name", SOLVERS)
def test_a_solver_that_obeys_no_wishes_says_which_does(name):
    blanks = SOLVERS[name].blanks[-1]
    steer = Steer((Wish(np.ones(4), 1),))
    if SOLVERS[name].steers:
        assert factorize(datasets.notebook(), rank=2, solver=name, blanks=blanks, steer=steer).settings.steer == steer
    else:
        with pytest.raises(SettingsError, match=f"{name} obeys no wishes. Use solver='hals'"):
            Settings(2, name, blanks, steer=steer)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Wish([0.0, 0.0]), "not all 0"),
        (lambda: Wish([1.0, -1.0]), "0 or more"),
        (lambda: Wish([1.0, np.nan]), "0 or more"),
        (lambda: Wish([[1.0]]), "one weight for each item"),
        (lambda: Wish([1.0, 1.0], 1.5), "strength of a wish"),
        (lambda: Wish([1.0, 1.0], [0.5]), "has shape"),
        (lambda: Steer([None]), "at least one Wish"),
        (lambda: Settings(1, steer=Steer([None, Wish([1.0])])), "the rank is 1"),
        (lambda: Settings(1, steer="action"), "must be a Steer"),
        (lambda: factorize(datasets.notebook(), rank=1, steer=Steer([Wish([1.0])])), "the ratings have 4"),
    ],
)
def test_what_cannot_be_wished_is_said(make, said):
    with pytest.raises(SettingsError, match=said):
        make()


@pytest.mark.parametrize("blanks", ["unknown", "weak"])
def test_any_number_of_threads_gives_the_same_bits(blanks):
    steer = drawn(1, MIDDLING.n_items, 3)
    one, two = (
        factorize(MIDDLING, rank=9, blanks=blanks, steer=steer, max_sweeps=15, threads=threads) for threads in (1, 2)
    )
    assert one.W.tobytes() == two.W.tobytes()
    assert one.H.tobytes() == two.H.tobytes()
