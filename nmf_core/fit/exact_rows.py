"""Rows of weights at their exact minimum, the other side fixed: each a non-negative least-squares problem in Gram form.

Row i minimises ½ a·G a − r·a with G = (1−ω) Σ_Ω b bᵀ + ω BᵀB + λ c, r = Σ_Ω (v − ω b₀) b + ω b₀ Σ b − μ c, as in
`kernels.hals_rows`. What blanks say, BᵀB and Σ b, is the same for all rows; a row adds its own few columns. Rows do not touch each
other: each has the bits that it has alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.fit.nnls import least
from nmf_core.fit.problem import Array, Blanks, Side, gram

COMPILED_WEIGHTS, COMPILED_RANK = 100_000, 64  # weights of a fit, or a rank, from which rows are worth compiled code
ROWS_A_THREAD = 64  # with fewer, a thread is not worth its start


def worth_compiling_rows(n_weights: int, rank: int) -> bool:
    """Whether rows of a fit with so many weights in W and H are solved by compiled code, be it one row or all.

    Smaller ones must not wait for a compiler; and above that rank NumPy's BLAS begins to use threads, which wait for each other.
    """
    return n_weights >= COMPILED_WEIGHTS or rank > COMPILED_RANK


@dataclass(frozen=True)
class Columns:
    """The columns as all rows see them.

    Attributes:
        B: (m, rank) their weights.
        cells: (nnz,) which of them each observed cell is in.
        gram, sums: BᵀB and Σ b of all columns, where B may be of those alone that are rated.
    """

    B: Array
    cells: NDArray[np.integer]
    gram: Array
    sums: Array

    @classmethod
    def of(cls, V: sparse.csr_array, H: Array, scale: Array, blank_sums: tuple[Array, Array] | None) -> Columns:
        """Those of H (rank, m), times `scale`, that V rates: of one person they are few. No sums where blanks count nothing."""
        rated, rank = np.unique(V.indices), len(H)
        of_all, sums = blank_sums or (np.zeros((rank, rank)), np.zeros(rank))
        return cls(np.ascontiguousarray(H.T[rated] * scale), np.searchsorted(rated, V.indices), of_all, sums)

    @classmethod
    def all_of(cls, V: sparse.csr_array, B: Array) -> Columns:
        """All of B (m, rank), in the order of V's columns."""
        return cls(B, V.indices, gram(B), B.sum(axis=0))


def processors() -> int:
    """How many processors this process may use: fewer than there are where a container or a user gives fewer."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def exact_rows(side: Side, columns: Columns, *, compiled: bool) -> Array:
    """(n, rank) float64 the weights of each row of `side` that are least, by compiled code or by NumPy and LAPACK."""
    if compiled:
        weights, settled = _by_compiled_code(side, columns)
    else:
        n = side.V.shape[0]
        weights, settled = np.empty((n, columns.B.shape[1])), np.zeros(n, dtype=bool)
    for i in np.flatnonzero(~settled).tolist():
        weights[i] = _row(side, columns, i)
    return weights


def _row(side: Side, columns: Columns, i: int) -> Array:
    """(rank,) the weights of one row."""
    own = slice(side.V.indptr[i], side.V.indptr[i + 1])
    b, rank = columns.B[columns.cells[own]], columns.B.shape[1]
    omega, count, value = float(side.omega[i]), float(side.counts[i]), side.blanks.value
    right = np.einsum("n,nf->f", side.V.data[own] - omega * value, b) - side.l1 * count
    G: Array = gram(b) if omega < 1 else np.zeros((rank, rank))
    if omega:
        G = (1.0 - omega) * G + omega * columns.gram
        right += omega * value * columns.sums
    np.einsum("ff->f", G)[:] += side.l2 * count
    return least(G, right)


def _by_compiled_code(side: Side, columns: Columns) -> tuple[Array, NDArray[np.bool_]]:
    """The weights of all rows, and which are settled: of the others features cannot be told apart."""
    from nmf_core.fit.compiled import BLOCKS, Kernels, padded
    from nmf_core.fit.compiled_rows import least_rows

    (n, _), rank = side.V.shape, columns.B.shape[1]
    B = padded(columns.B, np.float64)
    S, s = padded(columns.gram, np.float64), np.pad(columns.sums, (0, B.shape[1] - rank))
    cost = side.V.indptr + rank * np.arange(n + 1)  # about, in ratings: G takes one a rating, pivoting the rank
    blocks = np.unique(np.append(np.searchsorted(cost, np.linspace(0, cost[-1], BLOCKS + 1)), [0, n]))
    weights, settled = np.zeros((n, rank)), np.zeros(n, np.bool_)
    with Kernels(rank, min(processors(), 1 + n // ROWS_A_THREAD)) as kernels:
        kernels._run(
            least_rows,
            side.V.indptr.astype(np.int64),
            columns.cells.astype(np.int32),
            side.V.data.astype(np.float64),
            B,
            side.counts,
            side.omega,
            float(side.l2),
            float(side.l1),
            float(side.blanks.value),
            S,
            s,
            rank,
            blocks,
            weights,
            settled,
            last=None,
        )
    return weights, settled


def warm_up() -> None:
    """Compile the code for rows, or fetch it from disk, so that the first large fold-in need not wait for it."""
    V = sparse.csr_array(np.ones((1, 2)))
    exact_rows(Side(V, Blanks(0.5, 1.0), 0.1, 0.0), Columns.all_of(V, np.ones((2, 1))), compiled=True)
