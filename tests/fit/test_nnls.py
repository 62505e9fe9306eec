"""Non-negative least squares: beside SciPy's, beside every set of free features, and by the conditions of a minimum."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import nnls

from nmf_core.fit import exact_rows as rows
from nmf_core.fit import nnls as module
from nmf_core.fit.nnls import least
from nmf_core.fit.problem import Blanks, Side

DEGENERATE = ["", "no rows", "two equal", "one empty", "fewer rows than features", "all of them 0"]


def a_problem(seed, rank, degenerate="", ridge=0.0):
    """(left, right) of least squares: features that are not negative, some of them often 0, and ratings."""
    rng = np.random.default_rng(seed)
    n = {"no rows": 0, "fewer rows than features": max(1, rank // 2)}.get(degenerate, 2 * rank + 3)
    left = rng.random((n, rank)) * (rng.random((n, rank)) < rng.choice([0.3, 0.7, 1.0]))
    if degenerate == "two equal":
        left[:, rank - 1] = left[:, 0]
    if degenerate in ("one empty", "all of them 0"):
        left[:, : 1 if degenerate == "one empty" else rank] = 0
    right = rng.integers(1, 6, n).astype(float)
    return np.vstack([left, np.sqrt(ridge) * np.eye(rank)]), np.concatenate([right, np.zeros(rank)])


def by_every_set(left, right):
    """The least ‖left a − right‖ of any set of free features that gives no negative weight."""
    rank, found = left.shape[1], [np.linalg.norm(right)]
    for size in range(1, rank + 1):
        for free in combinations(range(rank), size):
            a, *_ = np.linalg.lstsq(left[:, free], right)
            if (a >= 0).all():
                found.append(np.linalg.norm(left[:, free] @ a - right))
    return min(found)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.sampled_from(DEGENERATE), st.sampled_from([0.0, 0.3]))
def test_no_set_of_free_features_does_better(seed, rank, degenerate, ridge):
    left, right = a_problem(seed, rank, degenerate, ridge)
    a = least(left.T @ left, left.T @ right)
    assert (a >= 0).all()
    # Of a singular problem the misfit is the least to about the root of what rounding leaves in G.
    assert np.linalg.norm(left @ a - right) == pytest.approx(by_every_set(left, right), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("rank", [1, 20, 160, 320])
@pytest.mark.parametrize("degenerate", DEGENERATE)
@pytest.mark.parametrize("ridge", [0.0, 2.0])
def test_the_conditions_of_a_minimum_hold_at_any_rank(rank, degenerate, ridge):
    left, right = a_problem(rank, rank, degenerate, ridge)
    G, r = left.T @ left, left.T @ right
    a = least(G, r)
    slope, largest = G @ a - r, np.abs(r).max()
    assert (a >= 0).all()
    assert (slope >= -1e-7 * largest).all()
    assert np.abs(slope[a > 0]).max(initial=0.0) <= 1e-7 * largest
    if ridge:  # one minimum: SciPy's, to rounding
        np.testing.assert_allclose(a, nnls(left, right)[0], rtol=0, atol=1e-8)


@pytest.mark.parametrize("ridge", [0.0, 2.0])
def test_the_first_guess_changes_no_bit(ridge):
    left, right = a_problem(7, 40, "", ridge)
    G, r = left.T @ left, left.T @ right
    rng = np.random.default_rng(0)
    for _ in range(5):
        np.testing.assert_array_equal(least(G, r, rng.random(40) < 0.5), least(G, r))


def test_features_of_any_size_are_solved_alike():
    left, right = a_problem(3, 8, "", 0.5)
    size = 10.0 ** np.arange(-4, 4)
    G, r = left.T @ left, left.T @ right
    np.testing.assert_allclose(least(G * size * size[:, None], r * size) * size, least(G, r), atol=1e-9)


def test_of_equal_features_each_has_its_share():
    left, right = a_problem(5, 6, "two equal")
    a = least(left.T @ left, left.T @ right)
    assert a[0] > 0
    assert a[0] == pytest.approx(a[5], rel=0.01)  # rounding moves weight between them as it likes, over the ridge


def test_where_pivoting_does_not_end_descent_is_as_good(monkeypatch):
    left, right = a_problem(11, 6, "", 0.5)
    G, r = left.T @ left, left.T @ right
    expected = least(G, r)
    monkeypatch.setattr(module, "_pivoted", lambda *_: None)
    np.testing.assert_allclose(least(G, r), expected, atol=1e-9)


def a_side(seed, rank, n=30, m=40, blanks=(0.2, 1.0), l2=0.05, l1=0.0):
    """A side of ratings, some rows empty, its columns' weights, and a weight of blanks of its own in each row."""
    rng = np.random.default_rng(seed)
    V = sparse.random_array(
        (n, m), density=0.3, format="csr", rng=rng, data_sampler=lambda size: rng.integers(1, 6, size)
    )
    V.data[V.indptr[3] : V.indptr[4]] = 0.0
    V.eliminate_zeros()
    B = rng.random((m, rank)) * (rng.random((m, rank)) < 0.6)
    weights = blanks[0] * rng.random(n) if 0 < blanks[0] < 1 else None
    return Side(V.astype(np.float64), Blanks(*blanks), l2, l1, weights), B


def dense_minimum(side, B, i):
    """A row's weights by SciPy, over all cells; L1 as SciPy cannot have it, so 0."""
    mask = side.V[[i]].toarray()[0] != 0
    weight = np.sqrt(np.where(mask, 1.0, side.omega[i]))
    left = np.vstack([weight[:, None] * B, np.sqrt(side.l2 * side.counts[i]) * np.eye(B.shape[1])])
    wanted = np.where(mask, side.V[[i]].toarray()[0], side.blanks.value)
    return nnls(left, np.concatenate([weight * wanted, np.zeros(B.shape[1])]))[0]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("blanks", [(0.0, 0.0), (0.2, 1.0), (1.0, 0.0), (1.0, 2.0)])
@pytest.mark.parametrize("rank", [1, 4, 9, 30])
def test_rows_are_scipys_and_each_has_the_bits_that_it_has_alone(compiled, blanks, rank):
    side, B = a_side(rank, rank, blanks=blanks)
    found = rows.exact_rows(side, rows.Columns.all_of(side.V, B), compiled=compiled)
    for i in range(0, 30, 3):
        if side.counts[i] == 0:
            continue
        np.testing.assert_allclose(found[i], dense_minimum(side, B, i), atol=1e-8)
        alone = Side(side.V[[i]], side.blanks, side.l2, side.l1, side.omega[[i]])
        few = rows.Columns.of(alone.V, B.T, np.ones(rank), (rows.gram(B), B.sum(axis=0)))
        np.testing.assert_array_equal(rows.exact_rows(alone, few, compiled=compiled)[0], found[i])


@pytest.mark.parametrize("l1", [0.0, 0.2])
@pytest.mark.parametrize("l2", [0.0, 0.05])
@pytest.mark.parametrize("rank", [5, 70])
def test_compiled_rows_are_those_of_numpy(rank, l2, l1):
    """Also of singular problems, which the compiled code leaves to it: rank 70 of 40 columns, without a penalty."""
    side, B = a_side(1, rank, blanks=(0.0, 0.0), l2=l2, l1=l1)
    columns = rows.Columns.all_of(side.V, B)
    ours, oracle = (rows.exact_rows(side, columns, compiled=compiled) for compiled in (True, False))
    np.testing.assert_allclose(ours, oracle, atol=1e-11 if l2 else 1e-5)


def test_rows_are_the_same_whatever_the_threads(monkeypatch):
    side, B = a_side(2, 12, n=400)
    columns = rows.Columns.all_of(side.V, B)
    found = []
    for n in (1, 2, 5):
        monkeypatch.setattr(rows, "processors", lambda n=n: n)
        found.append(rows.exact_rows(side, columns, compiled=True))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
