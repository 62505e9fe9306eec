"""Where a fit starts: W and H before the first sweep."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from nmf_core.errors import SettingsError
from nmf_core.fit.kernels import Products, worth_compiling
from nmf_core.fit.problem import Array, Problem, chunks, rows_of

DENSE_SIDE = 24  # up to here the grid's shorter side is so small that its SVD is at once exact and quick
OVERSAMPLING, TURNS = 6, 2  # of the sketched SVD
LIFT = 0.5
Start = tuple[Array, Array]


def random(problem: Problem, rank: int, seed: int, threads: int) -> Start:
    """Half-normal draws whose product has about the data's mean; the draw of scikit-learn's `init="random"`."""
    rng = np.random.RandomState(seed)
    scale = np.sqrt(mean_of(problem) / rank)
    H = np.abs(scale * rng.standard_normal(size=(rank, problem.V.shape[1])))
    W = np.abs(scale * rng.standard_normal(size=(problem.V.shape[0], rank)))
    return W, H


def nndsvd(problem: Problem, rank: int, seed: int, threads: int) -> Start:
    """Non-negative double SVD (Boutsidis & Gallopoulos 2008) of the completed grid; its zeros stay zero."""
    U, S, Vt = _svd(problem, rank, threads)
    W, H = np.zeros_like(U), np.zeros_like(Vt)
    for f in range(rank):
        if f == 0:
            u, v = np.abs(U[:, 0]), np.abs(Vt[0])
            W[:, 0], H[0] = np.sqrt(S[0]) * u, np.sqrt(S[0]) * v
            continue
        parts = [(np.maximum(sign * U[:, f], 0), np.maximum(sign * Vt[f], 0)) for sign in (1, -1)]
        sizes = [(np.linalg.norm(u), np.linalg.norm(v)) for u, v in parts]
        best = int(sizes[1][0] * sizes[1][1] > sizes[0][0] * sizes[0][1])
        (u, v), (u_size, v_size) = parts[best], sizes[best]
        if u_size > 0 and v_size > 0:
            amount = np.sqrt(S[f] * u_size * v_size)
            W[:, f], H[f] = amount * u / u_size, amount * v / v_size
    return W, H


def nndsvda(problem: Problem, rank: int, seed: int, threads: int) -> Start:
    """NNDSVD with its zeros at the data's mean, so that no weight starts stuck."""
    W, H = nndsvd(problem, rank, seed, threads)
    fill = mean_of(problem)
    return np.where(W > 0, W, fill), np.where(H > 0, H, fill)


def nndsvdar(problem: Problem, rank: int, seed: int, threads: int) -> Start:
    """NNDSVD with its zeros at small random numbers: nearly as sparse, and nothing starts stuck."""
    W, H = nndsvd(problem, rank, seed, threads)
    rng = np.random.RandomState(seed)
    fill = mean_of(problem) / 100
    return (
        np.where(W > 0, W, np.abs(fill * rng.standard_normal(W.shape))),
        np.where(H > 0, H, np.abs(fill * rng.standard_normal(H.shape))),
    )


def svd(problem: Problem, rank: int, seed: int, threads: int) -> Start:
    """NNDSVD with no weight below half of an even share of the data's mean: nothing starts stuck, nor far off.

    The data's mean, which "nndsvda" puts in place of zeros, is a rating; put into both W and H it makes scores of its square.
    """
    W, H = nndsvd(problem, rank, seed, threads)
    least = LIFT * np.sqrt(mean_of(problem) / rank)
    return np.maximum(W, least), np.maximum(H, least)


INITS: dict[str, Callable[[Problem, int, int, int], Start]] = {
    "svd": svd,
    "random": random,
    "nndsvd": nndsvd,
    "nndsvda": nndsvda,
    "nndsvdar": nndsvdar,
}


DRAWN = ("random", "nndsvdar")  # starts that differ by their seed


def is_drawn(init: object, rank: int, shape: tuple[int, int]) -> bool:
    """Whether a start, "auto" too, depends on the seed: with one that does not, every seed gives the same fit.

    >>> is_drawn("auto", 2, (5, 4)), is_drawn("auto", 5, (5, 4)), is_drawn("random", 2, (5, 4))
    (False, True, True)
    """
    return (usual(rank, shape) if init == "auto" else init) in DRAWN if isinstance(init, str) else False


def usual(rank: int, shape: tuple[int, int]) -> str:
    """The start that "auto" stands for: "svd" where there are as many singular vectors as features, else "random"."""
    return "svd" if rank <= min(shape) else "random"


def check_rank(name: str, rank: int, shape: tuple[int, int]) -> None:
    """An SVD start needs as many singular vectors as features."""
    if name != "random" and rank > min(shape):
        raise SettingsError(
            f"init is {name!r} with rank {rank}; a grid of {shape[0]} users × {shape[1]} items has only {min(shape)} singular "
            f"vectors to start from. Set init='random', or a rank of at most {min(shape)}."
        )


def mean_of(problem: Problem) -> float:
    """Mean of the data as the fit sees it: observed cells, and blanks at their value by their weight."""
    n_cells, observed = problem.V.shape[0] * problem.V.shape[1], problem.V.nnz
    weight = problem.blanks.weight * (n_cells - observed)
    mean = (float(problem.V.data.sum()) + weight * problem.blanks.value) / (observed + weight)
    return mean if mean > 0 else 1.0  # all ratings are 0: any start will do


def _svd(problem: Problem, rank: int, threads: int) -> tuple[Array, Array, Array]:
    """The leading singular triplets of the completed grid, largest first."""
    rows, columns, level = _completion(problem)
    if min(problem.V.shape) <= max(DENSE_SIDE, rank + OVERSAMPLING):
        excess = _excess(problem.V, rows, columns, level)
        dense = excess.toarray() + level + rows[:, None] + columns[None, :]
        U, S, Vt = np.linalg.svd(dense, full_matrices=False)
        return U[:, :rank], S[:rank], Vt[:rank]
    if worth_compiling(problem.V.nnz, rank):
        from nmf_core.fit.compiled import CompiledProducts

        with CompiledProducts(threads) as products:
            return _sketched_svd(problem, rank, rows, columns, level, products)
    return _sketched_svd(problem, rank, rows, columns, level, Products())


def _excess(V: sparse.csr_array, rows: Array, columns: Array, level: float) -> sparse.csr_array:
    """What the observed cells have over the completion, in V's own precision."""
    excess, dtype = copy.copy(V), V.dtype
    by_row, by_column = (level + rows).astype(dtype), columns.astype(dtype)
    excess.data = np.empty_like(V.data)
    for cells in chunks(V.nnz):
        excess.data[cells] = V.data[cells] - by_row[rows_of(V, cells)] - by_column[V.indices[cells]]
    return excess


def _sketched_svd(
    problem: Problem, rank: int, rows: Array, columns: Array, level: float, products: Products
) -> tuple[Array, Array, Array]:
    """The same from a random sketch: close to the leading triplets, and the grid is never formed.

    A few random directions more than asked for, turned towards the leading ones by products with the completed grid, which
    is sparse + level + rows 1ᵀ + 1 columnsᵀ, and its transpose (Halko, Martinsson & Tropp 2011, §4.5).
    """
    dtype = problem.V.dtype
    by_row = products.prepared(_excess(problem.V, rows, columns, level))
    by_column = products.prepared(_excess(problem.Vt, columns, rows, level))
    rows, columns, level = rows.astype(dtype), columns.astype(dtype), dtype.type(level)

    def times(V: Any, X: Array, own: Array, other: Array) -> Array:
        """The completed grid, or its transpose, times X."""
        out = products.sparse(V, X)
        out += (level + own)[:, None] * X.sum(axis=0)
        out += np.einsum("j,jw->w", other, X)
        return out

    def orthonormal(Y: Array) -> Array:
        """An orthonormal basis of Y's columns; directions that are not there become zeros."""
        values, vectors = np.linalg.eigh(products.gram(Y))
        there = values > 1e-10 * values[-1]
        return products.small(Y, vectors * np.where(there, 1 / np.sqrt(np.where(there, values, 1)), 0))

    draw = np.random.RandomState(0).standard_normal((problem.V.shape[1], -(-(rank + OVERSAMPLING) // 8) * 8))
    X = draw.astype(dtype)
    for _ in range(TURNS):
        Q = orthonormal(times(by_row, X, rows, columns))
        last = times(by_column, Q, columns, rows)
        X = orthonormal(last)
    values, vectors = np.linalg.eigh(products.gram(last))
    lead = np.argsort(-values)[:rank]
    S = np.sqrt(np.maximum(values[lead], 0))
    U, V = products.small(Q, vectors)[:, lead], products.small(last, vectors)[:, lead]
    return U.astype(np.float64), S, (V / np.where(S > 0, S, 1)).T.astype(np.float64)


def _completion(problem: Problem) -> tuple[Array, Array, float]:
    """What stands in a blank at the start: row and column effects and a level.

    Unknown blanks stand at what their user and item suggest, never at zero; the more a blank counts, the nearer to its value.
    """
    V, Vt, blanks = problem.V, problem.Vt, problem.blanks
    mean = float(V.data.mean(dtype=np.float64))
    n_user, n_item = np.diff(V.indptr), np.diff(Vt.indptr)
    # Means shrunk by a few pseudo-ratings, so that a single rating moves them little.
    rows = (V.sum(axis=1, dtype=np.float64) - mean * n_user) / (n_user + 3.0)
    row_sums = np.zeros(V.shape[1])
    for cells in chunks(V.nnz):
        row_sums += np.bincount(V.indices[cells], rows[rows_of(V, cells)], minlength=V.shape[1])
    columns = (V.sum(axis=0, dtype=np.float64) - mean * n_item - row_sums) / (n_item + 3.0)
    known = 1.0 - blanks.weight
    return known * rows, known * columns, known * mean + blanks.weight * blanks.value
