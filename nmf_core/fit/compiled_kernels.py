"""The hot loops, compiled: HALS over ratings by row, for the whole dial, in float32 or float64. Arrays only.

What `kernels.hals_rows` does in NumPy, done here row by row, which never holds more than one row's normal matrix. A row is
read once: its gradient comes from its residuals, so that the objective falls out on the way and nothing cancels; its normal
matrix G = (1−ω) Σ_Ω b bᵀ + ω BᵀB + λ c is summed in tiles that stay in vector registers; then coordinate descent runs on G.
At high ranks, where G costs more than all steps on it, rows of middling length are done without it, on their residuals.

Each kernel takes blocks of rows by a counter that the threads share, until none is left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np

from nmf_core.fit.llvm import FAST, PAD, VECTOR_BYTES, row_gradient, take_block, tile_4_1, tile_4_2, tile_8_1

LOG = logging.getLogger(__name__)
FEW_CELLS = 4  # with no more, a row's normal matrix is not worth tiles
# From this rank on, rows with up to so many ratings for each feature go by their residuals rather than by a normal matrix.
RESIDUAL_RANK, MOST_ON_RESIDUALS = 128, 1

# What a half-sweep reports, a column each, before (0) and after (1) the update of a block's rows.
LOSS, EVERYWHERE, RIDGE_0, LASSO_0, STEP_0, SIZE_0, RIDGE_1, LASSO_1, STEP_1, SIZE_1, PASSES, N_SUMS = range(12)


def compiled(function: Callable[..., Any]) -> Any:
    """Compile on first use, without the interpreter lock, and keep the code on disk where there is a place for it."""
    options: dict[str, Any] = {"nogil": True, "fastmath": set(FAST), "boundscheck": False, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's can be written
        _say_not_kept()
        return numba.njit(**options)(function)


@cache
def _say_not_kept() -> None:
    """Tell the log once."""
    LOG.warning(
        "compiled code cannot be kept on disk: each start compiles it anew; NUMBA_CACHE_DIR may name a folder for it"
    )


@compiled
def _add_gram(B, indices, start, stop, rank, G):
    """G += Σ_p b bᵀ over the cells start … stop, rows and columns past `rank` left as they may come."""
    width, lanes = B.shape[1], VECTOR_BYTES // B.itemsize
    for f in range(0, rank, PAD):
        few, vectors = rank - f <= 4, (f + PAD) // lanes
        for k in range(0, vectors - 1, 2):
            tile_4_2(B, indices, start, stop, f, k * lanes, G)
            if not few:
                tile_4_2(B, indices, start, stop, f + 4, k * lanes, G)
        if vectors % 2:
            if few:
                tile_4_1(B, indices, start, stop, f, (vectors - 1) * lanes, G)
            else:
                tile_8_1(B, indices, start, stop, f, (vectors - 1) * lanes, G)
    for f in range(rank):
        for g in range(f + 1, width):
            G[f, g] = G[g, f] if g < rank else 0


@compiled
def normal_matrix(cells, B, omega, S, rank, G):
    """G = (1−ω) Σ_Ω b bᵀ + ω S of one row; without the ridge."""
    zero, one, width, n = B.dtype.type(0), B.dtype.type(1), B.shape[1], len(cells)
    left = one - omega
    if n > FEW_CELLS:
        G[:] = zero
        if omega < one:
            _add_gram(B, cells, 0, n, rank, G)
        if omega > zero:
            for f in range(rank):
                for h in range(width):
                    G[f, h] = left * G[f, h] + omega * S[f, h]
    else:  # row by row: nothing to set to zero, nothing to mirror
        for f in range(rank):
            own = G[f]
            if omega > zero:
                for h in range(width):
                    own[h] = omega * S[f, h]
            else:
                own[:] = zero
            for p in range(n):
                b = B[cells[p]]
                by = left * b[f]
                for h in range(width):
                    own[h] += by * b[h]


@compiled
def _passes_on_matrix(cells, B, omega, S, ridge, drawn, rank, passes, tol, a, g, inverse, G):
    """Coordinate descent on one row by its normal matrix, a and its gradient g in place; the passes that it took."""
    zero, width = a.dtype.type(0), B.shape[1]
    normal_matrix(cells, B, omega, S, rank, G)
    for f in range(rank):
        G[f, f] += ridge
    for f in range(len(drawn)):
        G[f, f] += drawn[f]
    done = 0
    while done < passes:
        moved, top = zero, zero
        for f in range(rank):
            new = max(zero, a[f] + g[f] * inverse[f])
            by = new - a[f]
            a[f] = new
            if by != zero:
                for h in range(width):
                    g[h] -= by * G[f, h]
            moved = max(moved, abs(by))
            top = max(top, new)
        done += 1
        if moved <= tol * top:
            break
    return done


@compiled
def _passes_on_residuals(cells, B, omega, S, ridge, drawn, rank, passes, tol, a, g, inverse, X, r, u):
    """The same without the normal matrix: the row's own residuals and what all cells say of a step are kept up instead.

    With d_f the whole step of feature f so far, the gradient is g_f − (1−ω) Σ_Ω (b·d) b_f − ω (S d)_f − λ c d_f. A step costs the
    row's ratings and the rank; the matrix costs the ratings times half the rank for each feature, before the first step.
    """
    n, width, zero = len(cells), B.shape[1], a.dtype.type(0)
    left = a.dtype.type(1) - omega
    for p in range(n):
        b = B[cells[p]]
        r[p] = zero
        for f in range(rank):
            X[f, p] = b[f]
    u[:] = zero
    done = 0
    while True:
        moved, top, last = zero, zero, done == passes
        for f in range(rank):
            x, slope = X[f], zero
            for p in range(n):
                slope += r[p] * x[p]
            slope = g[f] - slope - u[f]
            if last:
                g[f] = slope
                continue
            new = max(zero, a[f] + slope * inverse[f])
            by = new - a[f]
            if by != zero:
                a[f] = new
                g[f] -= ridge * by
                if len(drawn):
                    g[f] -= drawn[f] * by
                by_own, by_all = left * by, omega * by
                for p in range(n):
                    r[p] += by_own * x[p]
                if omega > zero:  # else there is no S
                    for h in range(width):
                        u[h] += by_all * S[f, h]
            moved = max(moved, abs(by))
            top = max(top, new)
        if last:
            return done
        done += 1
        if moved <= tol * top:
            passes = done  # once more over the features, for where the gradient ends


@compiled
def half_sweep(
    indptr,
    indices,
    data,
    A,
    B,
    out,
    counts,
    l2,
    l1,
    omega,
    value,
    S,
    s,
    rank,
    drawn,
    toward,
    passes,
    tol,
    blocks,
    counter,
    sums,
):
    """Every row of A in the blocks that this thread takes: its gradient, its new weights in `out`.

    `drawn` and `toward` are (rows, rank), the d and d s t of a `Pull`; without a row, nothing is drawn.
    """
    width, n_columns = A.shape[1], B.shape[0]
    zero, one = A.dtype.type(0), A.dtype.type(1)
    G = np.empty((width, width), A.dtype)
    few = MOST_ON_RESIDUALS * rank if rank >= RESIDUAL_RANK else 0
    X, r, u = np.empty((width, few), A.dtype), np.empty(few, A.dtype), np.empty(width, A.dtype)
    a, g, inverse = np.empty(width, A.dtype), np.empty(width, A.dtype), np.empty(width, A.dtype)
    nothing = np.empty(0, A.dtype)
    block = take_block(counter)
    while block < len(blocks) - 1:
        for k in range(N_SUMS):
            sums[block, k] = 0.0
        for i in range(blocks[block], blocks[block + 1]):
            start, stop = indptr[i], indptr[i + 1]
            ridge, lasso = l2 * counts[i], l1 * counts[i]
            a[:] = A[i]
            g[:] = zero
            inverse[:] = zero
            sums[block, LOSS] += row_gradient(a, B, indices, data, start, stop, omega, value, g, inverse)
            if omega > zero:
                left = one - omega
                everywhere, linear = 0.0, 0.0
                for f in range(rank):
                    seen = zero
                    for h in range(width):
                        seen += S[f, h] * a[h]
                    g[f] += omega * (value * s[f] - seen)
                    inverse[f] = left * inverse[f] + omega * S[f, f]
                    everywhere += np.float64(a[f]) * seen
                    linear += np.float64(a[f]) * s[f]
                sums[block, EVERYWHERE] += (n_columns * np.float64(value) - 2 * linear) * value + everywhere
            own = drawn[i] if len(drawn) else nothing
            for f in range(len(own)):
                g[f] += toward[i, f] - own[f] * a[f]
                inverse[f] += own[f]
            size, moves = 0.0, 0.0
            for f in range(rank):
                bend = inverse[f] + ridge
                g[f] -= ridge * a[f] + lasso
                inverse[f] = one / bend if bend > zero else zero
                move = a[f] - max(zero, a[f] + g[f] * inverse[f])
                moves += move * move
                size += a[f] * a[f]
                sums[block, LASSO_0] += counts[i] * a[f]
            sums[block, STEP_0] += moves
            sums[block, SIZE_0] += size
            sums[block, RIDGE_0] += counts[i] * size
            cells = indices[start:stop]
            if stop - start <= few:
                sums[block, PASSES] += _passes_on_residuals(
                    cells, B, omega, S, ridge, own, rank, passes, tol, a, g, inverse, X, r, u
                )
            else:
                sums[block, PASSES] += _passes_on_matrix(
                    cells, B, omega, S, ridge, own, rank, passes, tol, a, g, inverse, G
                )
            size, moves = 0.0, 0.0
            for f in range(rank):
                move = a[f] - max(zero, a[f] + g[f] * inverse[f])
                moves += move * move
                size += a[f] * a[f]
                sums[block, LASSO_1] += counts[i] * a[f]
            sums[block, STEP_1] += moves
            sums[block, SIZE_1] += size
            sums[block, RIDGE_1] += counts[i] * size
            out[i] = a
        block = take_block(counter)


@compiled
def gradients(
    indptr, indices, data, A, B, counts, l2, l1, omega, value, S, s, rank, drawn, toward, blocks, counter, sums
):
    """The same sums before an update, without one: what `half_sweep` sees of its rows."""
    width, n_columns = A.shape[1], B.shape[0]
    zero, one = A.dtype.type(0), A.dtype.type(1)
    a, g, curve = np.empty(width, A.dtype), np.empty(width, A.dtype), np.empty(width, A.dtype)
    block = take_block(counter)
    while block < len(blocks) - 1:
        for k in range(N_SUMS):
            sums[block, k] = 0.0
        for i in range(blocks[block], blocks[block + 1]):
            start, stop = indptr[i], indptr[i + 1]
            ridge, lasso = l2 * counts[i], l1 * counts[i]
            a[:] = A[i]
            g[:] = zero
            curve[:] = zero
            sums[block, LOSS] += row_gradient(a, B, indices, data, start, stop, omega, value, g, curve)
            if omega > zero:
                everywhere, linear = 0.0, 0.0
                for f in range(rank):
                    seen = zero
                    for h in range(width):
                        seen += S[f, h] * a[h]
                    g[f] += omega * (value * s[f] - seen)
                    curve[f] = (one - omega) * curve[f] + omega * S[f, f]
                    everywhere += np.float64(a[f]) * seen
                    linear += np.float64(a[f]) * s[f]
                sums[block, EVERYWHERE] += (n_columns * np.float64(value) - 2 * linear) * value + everywhere
            if len(drawn):
                for f in range(width):
                    g[f] += toward[i, f] - drawn[i, f] * a[f]
                    curve[f] += drawn[i, f]
            size, moves = 0.0, 0.0
            for f in range(rank):
                bend = curve[f] + ridge
                push = g[f] - ridge * a[f] - lasso
                move = a[f] - max(zero, a[f] + push / bend) if bend > zero else zero
                moves += move * move
                size += a[f] * a[f]
                sums[block, LASSO_0] += counts[i] * a[f]
            sums[block, STEP_0] += moves
            sums[block, SIZE_0] += size
            sums[block, RIDGE_0] += counts[i] * size
        block = take_block(counter)


@compiled
def products(indptr, indices, data, B, out, blocks, counter, unused):
    """out = V B."""
    nothing, unread = np.zeros(B.shape[1], B.dtype), np.zeros(B.shape[1], B.dtype)
    zero = B.dtype.type(0)
    block = take_block(counter)
    while block < len(blocks) - 1:
        for i in range(blocks[block], blocks[block + 1]):
            out[i] = zero
            row_gradient(nothing, B, indices, data, indptr[i], indptr[i + 1], zero, zero, out[i], unread)
        block = take_block(counter)


@compiled
def removed(indptr, indices, data, A, B, blocks, counter, sums):
    """By block: in column 0 Σ r², in column 1 + f by how much feature f lowers it."""
    width = A.shape[1]
    zero = A.dtype.type(0)
    g, curve = np.empty(width, A.dtype), np.empty(width, A.dtype)
    block = take_block(counter)
    while block < len(blocks) - 1:
        sums[block] = 0.0
        for i in range(blocks[block], blocks[block + 1]):
            g[:] = zero
            curve[:] = zero
            a = A[i]
            sums[block, 0] += row_gradient(a, B, indices, data, indptr[i], indptr[i + 1], zero, zero, g, curve)
            for f in range(width):
                sums[block, 1 + f] += a[f] * (2 * g[f] + a[f] * curve[f])
        block = take_block(counter)


@compiled
def gram_blocks(B, rows, rank, starts, counter, grams):
    """BᵀB by blocks of rows."""
    block = take_block(counter)
    while block < len(starts) - 1:
        grams[block] = 0
        _add_gram(B, rows, starts[block], starts[block + 1], rank, grams[block])
        block = take_block(counter)


@compiled
def small_products(A, M, out, starts, counter, unused):
    """out = A M, for a small square M."""
    block = take_block(counter)
    while block < len(starts) - 1:
        for i in range(starts[block], starts[block + 1]):
            out[i] = 0
            for k in range(A.shape[1]):
                for f in range(A.shape[1]):
                    out[i, f] += A[i, k] * M[k, f]
        block = take_block(counter)
