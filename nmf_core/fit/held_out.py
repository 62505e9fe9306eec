"""Short fits to ratings of which some are hidden, and how well they do on these: by what default penalties and the rank of lists
are chosen."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.fit.fold_in import solve_rows, usual_half_at, weights_by_ratings
from nmf_core.fit.init import INITS, usual
from nmf_core.fit.kernels import worth_compiling
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.problem import Array, Blanks, Penalty, Problem, Side, chunks, observed_scores, rows_of
from nmf_core.fit.solvers import SOLVERS
from nmf_core.metrics import RELEVANT, ndcg

GoOn = Callable[[], bool]
Judge = Callable[[Array, Array, float], Array]  # of W, H and the penalty λ: the errors, of which the mean counts
HIDDEN, HIDDEN_RANKED = 0.1, 0.2  # share of the ratings; the latter where lists are judged, which takes more
TOP = 10
# Scores that lists are judged by, in a study and in a trial: a λ or a rank that is chosen by a few hundred people is partly luck.
RANKED_CELLS, TRIAL_CELLS, LEAST_USERS = 2_000_000, 6_000_000, 20
TOL = 1e-4


@dataclass(frozen=True, eq=False)
class Trial:
    """Ratings without those that are hidden, and the error of a fit to them on these.

    Attributes:
        seen: the problem of the ratings that are left, without a penalty.
        judge: the errors of W (n_users × rank), H (rank × n_items) and their penalty on what is hidden: one a person
            where lists are judged, else one a rating.
        whose: (errors,) the row of V that each is of.
        threads: how many may work on a fit.
        solver: a name in `SOLVERS`.
    """

    seen: Problem
    judge: Judge
    whose: NDArray[np.int64]
    threads: int
    solver: str = "hals"

    def start(self, rank: int) -> tuple[Array, Array]:
        """W and H before the first sweep."""
        return INITS[usual(rank, self.seen.V.shape)](self.seen, rank, 0, self.threads)

    def sweeps(
        self, start: tuple[Array, Array], penalty: float | Penalty, go_on: GoOn
    ) -> Iterator[tuple[Array, Array]]:
        """W and H after each sweep from a start, for as long as `go_on` says."""
        problem = replace(self.seen, penalty=Penalty.of(penalty))
        for one in islice(SOLVERS[self.solver].run(problem, *start, TOL, self.threads), 1, None):
            yield one.W, one.H
            if not go_on():
                return

    def swept(self, start: tuple[Array, Array], penalty: float | Penalty, n: int, go_on: GoOn) -> tuple[Array, Array]:
        """W and H after up to n sweeps from a start."""
        last = start
        for now in islice(self.sweeps(start, penalty, go_on), n):
            last = now
        W, H = last
        return W.copy(), H.copy()


def trial(problem: Problem, rank: int, threads: int, salt: int = 0) -> Trial | None:
    """Hide some of the ratings, for fits of up to this rank; None where what is hidden can tell nothing.

    Judged is how hidden ratings are predicted, or where blanks count, how they rank: of as many people as keep the scores to
    `TRIAL_CELLS`.
    """
    V, Vt = problem.V, problem.Vt
    share = HIDDEN_RANKED if problem.blanks.weight else HIDDEN
    of_users = hidden_cells(V, salt, share)
    seen_V, seen_t = without(V, of_users), without(Vt, hidden_cells(Vt, salt, share, transposed=True))
    if not worth_compiling(seen_V.nnz, rank):
        seen_V, seen_t = seen_V.astype(np.float64), seen_t.astype(np.float64)
    seen, hidden = Problem(seen_V, seen_t, problem.blanks), without(V, ~of_users)
    judged = ranking_error(seen, hidden, TRIAL_CELLS) if problem.blanks.weight else prediction_error(seen, hidden)
    return None if judged is None else Trial(seen, *judged, threads)


Judged = tuple[Judge, NDArray[np.int64]]  # and the row of V that each error is of


def prediction_error(seen: Problem, hidden: sparse.csr_array) -> Judged | None:
    """Squared errors on hidden ratings of users and items that are seen elsewhere, and whose each is; None if there are none."""
    low, high = float(seen.V.data.min(initial=np.inf)), float(seen.V.data.max(initial=0.0))
    side = Problem(hidden, hidden, Blanks(0.0, 0.0)).users
    known = (seen.users.counts > 0)[side.rows] & (seen.items.counts > 0)[hidden.indices]
    if not known.any():
        return None

    def judge(W: Array, H: Array, penalty: float) -> Array:
        scores = np.clip(observed_scores(side, W, H.T), low, high)
        return (hidden.data - scores)[known] ** 2

    return judge, side.rows[known]


def ranking_error(seen: Problem, hidden: sparse.csr_array, cells: int = RANKED_CELLS) -> Judged | None:
    """1 − NDCG@`TOP` among the items that a user has not rated, relevant being hidden high ratings, and whose each is; None if
    there are too few.

    Of some users, evenly spread, as many as keep the scores to `cells`; their lists are made as everybody's are, by folding in
    where blanks are weak evidence.
    """
    low, high = float(seen.V.data.min(initial=np.inf)), float(seen.V.data.max(initial=0.0))
    rows = np.repeat(np.arange(hidden.shape[0]), np.diff(hidden.indptr))
    liked = hidden.data >= low + RELEVANT * (high - low)
    users = np.unique(rows[liked])
    users = users[:: -(-len(users) * hidden.shape[1] // cells) or 1]
    if len(users) < LEAST_USERS:
        return None
    relevant = np.zeros((len(users), hidden.shape[1]), dtype=bool)
    place = np.full(hidden.shape[0], -1)
    place[users] = np.arange(len(users))
    here = liked & (place[rows] >= 0)
    relevant[place[rows[here]], hidden.indices[here]] = True
    rated = seen.V[users].astype(np.float64)
    n = np.diff(rated.indptr)
    rated_rows = np.repeat(np.arange(len(users)), n)
    of_rows = weights_by_ratings(seen.blanks, n, usual_half_at(seen.blanks, hidden.shape[1]))
    folded = bool((of_rows != seen.blanks.weight).any())

    def judge(W: Array, H: Array, penalty: float) -> Array:
        weights, Ht = W[users].astype(np.float64), np.ascontiguousarray(H.T, dtype=np.float64)
        if folded:
            side = Side(rated, seen.blanks, penalty, 0.0, of_rows)
            weights = solve_rows(LOSSES["frobenius"], side, weights, Ht)
        scores = np.einsum("uf,if->ui", weights, Ht)
        scores[rated_rows, rated.indices] = -np.inf
        return 1 - ndcg(scores, relevant, TOP)

    return judge, users


def hidden_cells(V: sparse.csr_array, salt: int, share: float, *, transposed: bool = False) -> NDArray[np.bool_]:
    """Which observed cells to hide, by a hash of user and item: the same from either side, and no random draw to transpose."""
    out = np.empty(V.nnz, dtype=np.bool_)
    for cells in chunks(V.nnz):
        rows, columns = rows_of(V, cells).astype(np.uint32), V.indices[cells].astype(np.uint32)
        u, i = (columns, rows) if transposed else (rows, columns)
        mixed = u * np.uint32(0x9E3779B1) + i * np.uint32(0x85EBCA77) + np.uint32((salt * 0xC2B2AE3D) & 0xFFFFFFFF)
        for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39)):
            mixed ^= mixed >> np.uint32(shift)
            mixed *= np.uint32(factor)
        mixed ^= mixed >> np.uint32(15)
        out[cells] = mixed < np.uint32(share * 2**32)
    return out


def without(V: sparse.csr_array, dropped: NDArray[np.bool_]) -> sparse.csr_array:
    """V less some of its observed cells."""
    kept = ~dropped
    out = copy.copy(V)
    out.data, out.indices = V.data[kept], V.indices[kept]
    before = np.concatenate([[0], np.cumsum(kept, dtype=V.indptr.dtype)])
    out.indptr = before[V.indptr].astype(V.indptr.dtype)
    return out
