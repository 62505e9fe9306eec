"""`nnls.least` of many rows, compiled: normal matrix, pivoting and Cholesky of a row in one go. Arrays only.

No BLAS: its threads and ours, or those of several sessions, wait for each other a thousand times longer than a row takes.
"""

from __future__ import annotations

import numpy as np

from nmf_core.fit.compiled_kernels import compiled, normal_matrix
from nmf_core.fit.llvm import take_block
from nmf_core.fit.nnls import CHANCES, LEAST_PIVOT, NEAR, ROUNDS

GUESSES = 8  # passes of coordinate descent that guess the free features: cheaper than a round of pivoting


@compiled
def least_rows(
    indptr, cells, data, B, counts, omegas, l2, l1, value, S, s, rank, blocks, out, settled, counter, unused
):
    """Every row of the blocks that this thread takes, into `out`; `settled` is False where `nnls.least` must be asked."""
    width = B.shape[1]
    G, U = np.empty((width, width)), np.empty((width, width))
    right, shrink, a, slope, x = np.empty(width), np.empty(width), np.empty(width), np.empty(width), np.empty(width)
    free, places = np.empty(width, np.bool_), np.empty(width, np.int64)
    block = take_block(counter)
    while block < len(blocks) - 1:
        for i in range(blocks[block], blocks[block + 1]):
            _normal(indptr[i], indptr[i + 1], cells, data, B, counts[i], omegas[i], l2, l1, value, S, s, rank, G, right)
            tol = _to_length_one(G, right, shrink, rank)
            _guess(G, right, shrink, rank, a, slope, free)
            settled[i] = _pivot(G, right, rank, tol, free, places, U, a, slope, x)
            for f in range(rank):
                out[i, f] = a[f] * shrink[f]
        block = take_block(counter)


@compiled
def _normal(start, stop, cells, data, B, count, omega, l2, l1, value, S, s, rank, G, right):
    """The normal matrix and right side of a row."""
    width = B.shape[1]
    right[:] = 0.0
    for p in range(start, stop):
        v, b = data[p] - omega * value, B[cells[p]]
        for f in range(width):
            right[f] += v * b[f]
    normal_matrix(cells[start:stop], B, omega, S, rank, G)
    for f in range(rank):
        if omega > 0.0:
            right[f] += omega * value * s[f]
        right[f] -= l1 * count
        G[f, f] += l2 * count


@compiled
def _to_length_one(G, right, shrink, rank):
    """Features scaled to length 1, those without any left out; the slope that is rounding."""
    for f in range(rank):
        shrink[f] = 1.0 / np.sqrt(G[f, f]) if G[f, f] > 0.0 else 0.0
    largest = 1e-300
    for f in range(rank):
        right[f] *= shrink[f]
        largest = max(largest, abs(right[f]))
        for g in range(rank):
            G[f, g] *= shrink[f] * shrink[g]
    return NEAR * largest


@compiled
def _guess(G, right, shrink, rank, a, slope, free):
    """The features that are above 0 after a few passes of coordinate descent; `slope` falls by what each takes."""
    a[:] = 0.0
    slope[:] = right
    for _ in range(GUESSES):
        for f in range(rank):
            if shrink[f] > 0.0:
                by = max(0.0, a[f] + slope[f]) - a[f]
                if by != 0.0:
                    a[f] += by
                    for g in range(rank):
                        slope[g] -= by * G[f, g]
    for f in range(rank):
        free[f] = a[f] > 0.0


@compiled
def _pivot(G, right, rank, tol, free, places, U, a, slope, x):
    """`nnls._pivoted`, into a; whether it ended."""
    fewest, chances = rank + 1, CHANCES
    for _ in range(ROUNDS * rank + 50):
        n_free = 0
        for f in range(rank):
            if free[f]:
                places[n_free] = f
                n_free += 1
        a[:] = 0.0
        if not _solve(G, right, places, n_free, U, x):
            return False
        for f in range(rank):
            slope[f] = -right[f]
        for k in range(n_free):
            f = places[k]
            a[f] = x[k]
            for g in range(rank):
                slope[g] += x[k] * G[f, g]
        n_wrong, last = 0, -1
        for f in range(rank):
            if (free[f] and a[f] < 0.0) or (not free[f] and slope[f] < -tol):
                n_wrong += 1
                last = f
        if n_wrong == 0:
            return True
        if n_wrong < fewest:
            fewest, chances, alone = n_wrong, CHANCES, False
        else:
            alone = chances == 0
            chances = max(0, chances - 1)
        for f in range(last if alone else 0, last + 1):
            if (free[f] and a[f] < 0.0) or (not free[f] and slope[f] < -tol):
                free[f] = not free[f]
    return False


@compiled
def _solve(G, right, places, n, U, x):
    """x where G x = right among the first n `places`, by Cholesky, four rows at a time; False where they are not told apart."""
    for i in range(n):
        u, own = U[i], G[places[i]]
        for j in range(i, n):
            u[j] = own[places[j]]
        fours = i - i % 4
        for k in range(0, fours, 4):
            c_0, c_1, c_2, c_3 = U[k, i], U[k + 1, i], U[k + 2, i], U[k + 3, i]
            u_0, u_1, u_2, u_3 = U[k], U[k + 1], U[k + 2], U[k + 3]
            for j in range(i, n):
                u[j] -= c_0 * u_0[j] + c_1 * u_1[j] + c_2 * u_2[j] + c_3 * u_3[j]
        for k in range(fours, i):
            c, above = U[k, i], U[k]
            for j in range(i, n):
                u[j] -= c * above[j]
        if not u[i] > LEAST_PIVOT * LEAST_PIVOT:
            return False
        root = 1.0 / np.sqrt(u[i])
        for j in range(i, n):
            u[j] *= root
    for i in range(n):
        x[i] = right[places[i]]
    for i in range(n):
        x[i] /= U[i, i]
        for j in range(i + 1, n):
            x[j] -= x[i] * U[i, j]
    for i in range(n - 1, -1, -1):
        total = x[i]
        for j in range(i + 1, n):
            total -= U[i, j] * x[j]
        x[i] = total / U[i, i]
    return True
