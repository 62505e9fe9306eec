"""Should a person's blanks weigh by how much is known of them in the fit too? `python -m benchmarks.few_fit [--seeds 2]`.

NDCG@10 of people in the fit, a fifth of the ratings held out: fits in which a blank of somebody with n ratings weighs
ω n / (n + c), in plain NumPy, beside the usual fit whose people are folded in again so (`fit/fold_in.py`).
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy import sparse

from benchmarks.few import GROUPS, PASSES, REAL, TOL, Array, judged
from benchmarks.lifelike import lifelike
from nmf_core import Ratings, factorize, read_ratings
from nmf_core.fit.fold_in import list_weights
from nmf_core.fit.kernels import _coordinate_passes
from nmf_core.metrics import RELEVANT
from nmf_core.study.split import held_out_folds

SWEEPS, INNER = 12, 4
WEIGHTS, HALF_AT = (0.2, 0.4), (0.0, 50.0, 100.0)


def normal_equations(V: sparse.csr_array, B: Array, cells: Array, everywhere: Array, blank: Array, b: float) -> tuple:
    """(rank, rank, n) and (rank, n) of every row: `cells` is 1 − ω at each observed cell, the rest is what all blanks give."""
    rank = B.shape[1]
    pattern = sparse.csr_array((cells, V.indices, V.indptr), V.shape)
    pairs = (B[:, :, None] * B[:, None, :]).reshape(len(B), -1)
    G = (pattern @ pairs).T.reshape(rank, rank, -1) + everywhere
    rest = sparse.csr_array((V.data - (1.0 - cells) * b, V.indices, V.indptr), V.shape)
    return G, (rest @ B).T + b * blank


def fitted(training: Ratings, W: Array, H: Array, omega: Array, b: float, l2: float) -> tuple[Array, Array]:
    """W and H after some sweeps of plain HALS in which the blanks of user u weigh omega[u]."""
    V, Vt = training.V.astype(np.float64), training.Vt.astype(np.float64)
    n, m = V.shape
    of_users, of_items = np.repeat(omega, np.diff(V.indptr)), omega[Vt.indices]
    count_u = training.user_counts + omega * (m - training.user_counts)
    given = np.bincount(V.indices, of_users, m)
    count_i = training.item_counts + omega.sum() - given
    diagonal = np.arange(len(H))
    W, Ht = W.copy(), H.T.copy()
    for _ in range(SWEEPS):
        everywhere = omega * (Ht.T @ Ht)[:, :, None]
        G, right = normal_equations(V, Ht, 1.0 - of_users, everywhere, np.outer(Ht.sum(axis=0), omega), b)
        G[diagonal, diagonal] += l2 * count_u
        W = _coordinate_passes(G, right, W.T.copy(), INNER, 0.0).T
        everywhere = (W.T @ (omega[:, None] * W))[:, :, None]
        G, right = normal_equations(Vt, W, 1.0 - of_items, everywhere, (omega @ W)[:, None], b)
        G[diagonal, diagonal] += l2 * count_i
        Ht = _coordinate_passes(G, right, Ht.T.copy(), INNER, 0.0).T
    return W, Ht.T


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rank", type=int, default=20)
    asked.add_argument("--seeds", type=int, default=2)
    given = asked.parse_args()
    ratings = read_ratings(REAL) if REAL.exists() else lifelike(100_000, pull=1.0)
    low, high = ratings.scale
    found: dict[str, list[list[float]]] = {}
    for seed in range(given.seeds):
        fold = held_out_folds(ratings, folds=5, seed=seed)
        seen, held = ratings.keep(fold != 0), ratings.keep(fold == 0)
        grid = held.V.toarray()
        relevant = (grid >= low + RELEVANT * (high - low)) & (grid != 0)
        fit = factorize(seen, rank=given.rank, blanks="weak")
        rows = {"usual fit, W": (fit.W, fit.H)}
        for weight in WEIGHTS:
            other = fit if weight == fit.blanks.weight else factorize(seen, rank=given.rank, blanks=(weight, low))
            again = list_weights(other, seen, slice(0, seen.n_users), passes=PASSES, tol=TOL)
            rows[f"ω {weight:g}, folded in again"] = (again, other.H)
            for half_at in HALF_AT:
                omega = weight * seen.user_counts / (seen.user_counts + half_at)
                made = fitted(seen, fit.W, fit.H, omega, float(low), fit.penalty.l2_W)
                rows[f"ω {weight:g}, c {half_at:g} in the fit"] = made
        for name, (W, H) in rows.items():
            row = []
            for a, b in (*GROUPS, (0, 10**9)):
                some = np.flatnonzero((seen.user_counts >= a) & (seen.user_counts <= b))
                row.append(judged(W[some] @ H, seen.V[some], relevant[some])[0])
            found.setdefault(name, []).append(row)
    print(
        f"{'':26}"
        + "".join(f"{f'{a} to {b}' if b < 10**9 else f'{a} and more':>14}" for a, b in GROUPS)
        + f"{'all':>14}"
    )
    for name, results in found.items():
        print(f"{name:26}" + "".join(f"{x:14.4f}" for x in np.mean(results, axis=0)))


if __name__ == "__main__":
    main()
