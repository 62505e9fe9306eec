"""`MaskedNMF`: the fit as a scikit-learn estimator, for data with blanks."""

from __future__ import annotations

import warnings
from dataclasses import replace
from numbers import Integral
from typing import Any, cast

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from nmf_core.errors import RatingsError, SettingsError, real_number, shown, whole_number
from nmf_core.estimator.cells import Cells, observed_cells
from nmf_core.fit.factorize import minimise
from nmf_core.fit.fold_in import solve_rows
from nmf_core.fit.init import INITS
from nmf_core.fit.losses import LOSSES
from nmf_core.fit.penalty import resolve_penalty
from nmf_core.fit.problem import Array, Blanks, Penalty, Problem, Side, objective
from nmf_core.fit.settings import MAX_RANK, MAX_SWEEPS, WEAK_WEIGHT, BlanksSetting, Settings
from nmf_core.fit.solvers import solver_named

# scikit-learn's names and numbers for the losses, beside ours.
LOSS_NAMES = {"kullback-leibler": "kl", "itakura-saito": "is", 2: "frobenius", 1: "kl", 0: "is"}
PLAIN = 1e10  # data whose largest value is within this of 1 are fitted as they are; others are scaled first
LARGEST_PENALTY = 1e12


class MaskedNMF(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Non-negative matrix factorisation of data with blanks, with scikit-learn's interface.

    Finds W (n_samples × n_components) and H (n_components × n_features), not negative, whose product fits the observed
    cells of X. In dense X, NaN is a blank and every other cell is observed. In sparse X, the stored cells are observed and
    the others are blanks; with `blanks="zero"` they count as 0, as they do in scikit-learn. On complete data, and on sparse
    data with `blanks="zero"`, the objective is that of `sklearn.decomposition.NMF`; parameters that are named as there mean
    what they mean there.

    Args:
        n_components: number of features, 1…500; "auto" or None for n_features, or with init="custom" what W and H have.
        blanks: what a blank counts: "unknown" (nothing), "weak" (a little of the smallest value), "zero" (a 0), or a pair of
            a weight in 0…1 and a value. Where nothing is blank it has no part.
        init: None or "auto" ("svd", or "random" if n_components is above the smaller side of X), "svd", "random", "nndsvd",
            "nndsvda", "nndsvdar", or "custom" to start from the W and H given to `fit` or `fit_transform`.
        solver: "hals", or another name in `nmf_core.SOLVERS`. Those of scikit-learn ("cd") want blanks="zero" or complete
            data, "mu" wants blanks="unknown" or complete data; "mu" holds every cell of sparse data with blanks="zero".
        beta_loss: "frobenius"; with solver="mu" also "kullback-leibler" ("kl", 1) and "itakura-saito" ("is", 0).
        tol: the fit ends when no weight would step further than this, relative to all weights; 0…1.
        max_iter: most sweeps of W and H.
        random_state: seed of the random starts: a number, a RandomState, or None for another each time.
        alpha_W: penalty of W, scaled by the (weighted) number of cells of each row: by n_features on complete data. "auto"
            is none on complete data, and chosen from the data where there are blanks.
        alpha_H: the same for H and columns; "same" is `alpha_W`.
        l1_ratio: share of the penalties that is L1; the rest is L2.
        threads: how many may work on a fit; None for one a processor. Results do not depend on it.

    Attributes:
        components_: H, (n_components, n_features). A feature without an observed cell has the mean weights of the others.
        reconstruction_err_: square root of twice the loss over observed cells (with blanks="zero", over all cells): for the
            Frobenius loss the norm of the residual.
        n_components_, n_iter_: features; sweeps until the fit ended.
        n_features_in_, feature_names_in_: what X had; names only if X had names that are all strings.

    Raises:
        SettingsError: a parameter outside its range, or two that do not go together. It is a ValueError.
        RatingsError: data that the loss cannot take. It is a ValueError.

    The solver: Cichocki & Phan (2009), "Fast local algorithms for large scale nonnegative matrix and tensor
    factorizations"; with weighted blanks, He et al. (SIGIR 2016), "Fast matrix factorization for online recommendation
    with implicit feedback".

    >>> X = np.array([[5, 4, 1], [4, np.nan, 1], [1, 1, 5], [np.nan, 1, 4]])
    >>> model = MaskedNMF(n_components=2).fit(X)
    >>> model.components_.shape, model.transform([[5, np.nan, np.nan]]).shape
    ((2, 3), (1, 2))
    >>> model.inverse_transform(model.transform(X)).round().tolist()
    [[5.0, 4.0, 1.0], [4.0, 3.0, 1.0], [1.0, 1.0, 5.0], [1.0, 1.0, 4.0]]
    """

    def __init__(  # noqa: D107 - documented by the class, where scikit-learn's readers look
        self,
        n_components: int | str | None = "auto",
        *,
        blanks: BlanksSetting = "unknown",
        init: str | None = None,
        solver: str = "hals",
        beta_loss: str | float = "frobenius",
        tol: float = 1e-4,
        max_iter: int = 200,
        random_state: int | np.random.RandomState | None = None,
        alpha_W: float | str = "auto",
        alpha_H: float | str = "same",
        l1_ratio: float = 0.0,
        threads: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.blanks = blanks
        self.init = init
        self.solver = solver
        self.beta_loss = beta_loss
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.alpha_W = alpha_W
        self.alpha_H = alpha_H
        self.l1_ratio = l1_ratio
        self.threads = threads

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        """What the names of the output are counted by; scikit-learn asks for it under this name."""
        return self.components_.shape[0]

    def fit(self, X: Cells, y: object = None, W: Array | None = None, H: Array | None = None) -> MaskedNMF:
        """Find H for X (n_samples, n_features); see `fit_transform`. Returns the estimator itself."""
        self.fit_transform(X, W=W, H=H)
        return self

    def fit_transform(self, X: Cells, y: object = None, W: Array | None = None, H: Array | None = None) -> Array:
        """Find H for X (n_samples, n_features), and return the W that `transform` gives for the same X.

        Args:
            X: not negative; an array or data frame with NaN for blanks, or a sparse matrix.
            y: not used.
            W, H: where to start with init="custom": (n_samples, n_components) and (n_components, n_features), of X's dtype.

        Returns:
            W (n_samples, n_components), of X's dtype.

        Raises:
            SettingsError: a parameter outside its range, or two that do not go together.
            RatingsError: data that the loss cannot take.
            TypeError: a W or H of another dtype than X.

        >>> X = np.array([[5.0, 4, 1], [4, np.nan, 1], [1, 1, 5]])
        >>> MaskedNMF(n_components=2).fit_transform(X).shape
        (3, 2)
        """
        X = self._validated(X, reset=True)
        stored = observed_cells(X)
        if stored.nnz == 0:
            raise RatingsError("X has no observed cell; a fit needs at least one. Give data that are not all blank.")
        self._loss = self._loss_name()
        self._blanks = self._resolved_blanks(stored)
        self._power = _power(stored.data)
        V, blanks = self._counted(stored, solver_named(self.solver).blanks)
        Vt = V.T.tocsr()
        rank, init = self._start(X, W, H)
        penalty = self._resolved_penalty(V, Vt, blanks, rank)
        settings = Settings(
            rank=rank,
            solver=self.solver,
            blanks=blanks,
            loss=self._loss,
            init=init,
            penalty=penalty,
            seed=self._seed(),
            max_sweeps=whole_number("max_iter", self.max_iter, 1, MAX_SWEEPS),
            tol=real_number("tol", self.tol, 0, 1),
            threads=self.threads,
        )
        problem = Problem(V, Vt, blanks, penalty, self._loss)
        if init == "nndsvd" and solver_named(self.solver).positive_start:
            warnings.warn(
                f"The solver {self.solver!r} cannot leave the zeros of init='nndsvd'. Set init='nndsvda' or 'nndsvdar'.",
                stacklevel=2,
            )
            settings = replace(settings, init=INITS[init](problem, rank, settings.seed, 1))
        least = minimise(problem, settings)
        if least.stopped == "max_sweeps" and settings.tol > 0:
            warnings.warn(
                f"Maximum number of iterations {settings.max_sweeps} reached. Increase it to improve convergence.",
                ConvergenceWarning,
                stacklevel=2,
            )
        found, empty = least.H, problem.items.counts == 0
        found[:, empty] = found[:, ~empty].mean(axis=1, keepdims=True)
        self._penalty = penalty
        self._top = float(V.data.max(initial=0.0)) or 1.0
        self._mean = least.W[problem.users.counts > 0].mean(axis=0)
        self.components_ = (found * 2.0**self._power).astype(X.dtype)
        self.n_components_ = rank
        self.n_iter_ = max(1, least.history[-1][0])
        W = self._weights(stored)
        self.reconstruction_err_ = self._error(V if sparse.issparse(X) else self._divided(stored), W)
        return W.astype(X.dtype)

    def transform(self, X: Cells) -> Array:
        """Weights of new rows with H as it is: the minimum of a convex problem for each row, whatever the other rows are.

        Passes end when no weight moves by more than 1e-10, or after 2,000. Where a row has fewer observed cells than there
        are components and no penalty decides, many weights are minima, and those near the mean weights of the fit are given.
        A row without an observed cell gets the mean weights of the fit, so it scores as an average row; with blanks that
        count, what its blanks say. A row of zeros gets zeros. Blanks count what they counted in the fit.

        Args:
            X: (n_rows, n_features), as in `fit_transform`.

        Returns:
            W (n_rows, n_components), of X's dtype.

        Raises:
            sklearn.exceptions.NotFittedError: there was no fit.
            RatingsError: data that the loss cannot take.

        >>> model = MaskedNMF(n_components=1).fit([[1.0, 2.0], [2.0, 4.0]])
        >>> bool(np.allclose(model.inverse_transform(model.transform([[3.0, np.nan]])), [[3, 6]]))
        True
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        return self._weights(observed_cells(X)).astype(X.dtype)

    def inverse_transform(self, X: Cells) -> Array:
        """The scores X @ components_, (n_rows, n_features), of weights X (n_rows, n_components).

        Raises:
            sklearn.exceptions.NotFittedError: there was no fit.
            ValueError: X has not one column a component.

        >>> MaskedNMF(n_components=1).fit([[1.0, 2.0]]).inverse_transform([[0.0]]).tolist()
        [[0.0, 0.0]]
        """
        check_is_fitted(self)
        X = check_array(X, accept_sparse="csr", dtype=[np.float64, np.float32])
        if X.shape[1] != self.n_components_:
            raise ValueError(
                f"X has {X.shape[1]} columns; it must have one for each of the {self.n_components_} components. "
                "Give weights, such as transform returns."
            )
        return X @ self.components_

    def _validated(self, X: Cells, *, reset: bool) -> Any:
        """X as float, dense or CSR; refused if it is not finite or is negative."""
        X = validate_data(
            self,
            X,
            reset=reset,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
        )
        values = X.data if sparse.issparse(X) else X
        if (values < 0).any():
            raise RatingsError(
                f"Negative values in data passed to {type(self).__name__} (input X); all must be 0 or more. "
                "Shift or clip them, or leave them blank."
            )
        return X

    def _loss_name(self) -> str:
        """Our name of `beta_loss`, which the solver must serve."""
        loss = self.beta_loss
        known = isinstance(loss, str | float | Integral) and not isinstance(loss, bool)
        name = cast(str, LOSS_NAMES.get(loss, loss) if known else None)
        if name not in LOSSES:
            raise SettingsError(
                f"beta_loss is {shown(loss)}; it must be 'frobenius', 'kullback-leibler' or 'itakura-saito'. Pick one of these."
            )
        if name not in solver_named(self.solver).losses:
            raise SettingsError(
                f"Invalid beta_loss parameter: solver {self.solver!r} does not handle beta_loss = {loss!r}. Set solver='mu'."
            )
        return name

    def _resolved_blanks(self, stored: sparse.csr_array) -> Blanks:
        """What a blank counts in this fit and its transforms; the low end of the scale is the smallest value observed."""
        blanks = Settings(blanks=self.blanks).blanks
        if isinstance(blanks, Blanks):
            return blanks
        if blanks == "weak":
            return Blanks(WEAK_WEIGHT, float(stored.data.min()))
        return Blanks(float(blanks == "zero"), 0.0)

    def _counted(self, stored: sparse.csr_array, served: tuple[str, ...]) -> tuple[sparse.csr_array, Blanks]:
        """The cells to compute with, over 4ᵖ, and what blanks count for them; complete data are put as `served` wants them.

        Complete data are one problem with two forms: zeros left out and blanks that are zeros, which is quick, or every
        cell stored, for solvers and losses that visit stored cells only.
        """
        loss = LOSSES[self._loss]
        n, m = stored.shape
        V, blanks = self._divided(stored), Blanks(self._blanks.weight, self._blanks.value / 4.0**self._power)
        if blanks.name == "zero" or V.nnz == n * m:
            if "zero" in served and loss.beta == 2:
                blanks = Blanks(1.0, 0.0)
                V.eliminate_zeros()
            else:
                cells = (V.toarray().ravel(), np.tile(np.arange(m), n), np.arange(n + 1) * m)
                V, blanks = sparse.csr_array(cells, shape=(n, m)), Blanks(0.0, 0.0)
        if not loss.takes_zeros and (V.data == 0).any():
            raise RatingsError(
                f"X has {int((V.data == 0).sum())} cells that are 0, and the Itakura–Saito loss of a 0 is infinite. "
                "Leave them blank (NaN), add a small value, or set beta_loss='kullback-leibler'."
            )
        return V, blanks

    def _divided(self, stored: sparse.csr_array) -> sparse.csr_array:
        """The cells over 4ᵖ, as a copy; by division, since the inverse of 4ᵖ may be infinite."""
        return sparse.csr_array(
            (stored.data / 4.0**self._power, stored.indices.copy(), stored.indptr.copy()), stored.shape
        )

    def _resolved_penalty(self, V: sparse.csr_array, Vt: sparse.csr_array, blanks: Blanks, rank: int) -> Penalty:
        """`alpha_W`, `alpha_H` and `l1_ratio` as ours, for data over 4ᵖ; "auto" chosen from the data where there are blanks.

        Over 4ᵖ the data's W and H are smaller by 2ᵖ and the loss by 4^(βp); an L2 penalty keeps its part by 4^((1−β)p) and
        an L1 penalty by 4^((½−β)p).
        """
        smaller = 4.0 ** min(500.0, self._power * (1 - LOSSES[self._loss].beta))
        alpha_W: float
        if isinstance(self.alpha_W, str) and self.alpha_W == "auto":
            complete = blanks.name == "zero" or V.nnz == V.shape[0] * V.shape[1]
            alpha_W = (
                0.0 if complete else resolve_penalty(None, V, Vt, blanks, self._loss, rank, self.threads or 1).l2_W
            )
        else:
            alpha_W = smaller * real_number("alpha_W", self.alpha_W, 0, LARGEST_PENALTY)
        same = isinstance(self.alpha_H, str) and self.alpha_H == "same"
        alpha_H = alpha_W if same else smaller * real_number("alpha_H", self.alpha_H, 0, LARGEST_PENALTY)
        share = real_number("l1_ratio", self.l1_ratio, 0, 1)
        if self._loss == "is" and share < 1 and (alpha_W or alpha_H):
            raise SettingsError(
                f"l1_ratio is {share:g} with a penalty of {max(alpha_W, alpha_H):g}; with beta_loss {self.beta_loss!r} only L1 "
                "penalties are solved exactly. Set l1_ratio=1, or alpha_W=0 and alpha_H=0."
            )
        l1 = share * 4.0 ** (-self._power / 2)
        weights = (alpha_W * (1 - share), alpha_H * (1 - share), alpha_W * l1, alpha_H * l1)
        return Penalty(*(min(LARGEST_PENALTY, weight) for weight in weights))

    def _start(self, X: Any, W: Array | None, H: Array | None) -> tuple[int, str | tuple[Array, Array]]:
        """The rank, and where the fit starts."""
        (n, m), rank, init = X.shape, self.n_components, self.init
        custom = isinstance(init, str) and init == "custom"
        if rank is None or (isinstance(rank, str) and rank == "auto"):
            rank = len(H) if custom and H is not None else m
            if rank > MAX_RANK:
                raise SettingsError(
                    f"n_components is {self.n_components!r}, which is {rank} for this X; it must be from 1 to {MAX_RANK}. "
                    "Set n_components to such a number."
                )
        rank = whole_number("n_components", rank, 1, MAX_RANK)
        if not custom:
            if W is not None or H is not None:
                warnings.warn(
                    "When init!='custom', provided W or H are ignored. Set init='custom' to start from them.",
                    RuntimeWarning,
                    stacklevel=3,
                )
            name = "auto" if init is None else init
            if name not in ("auto", *INITS):
                raise SettingsError(
                    f"init is {shown(init)}; it must be None, 'auto', 'custom', {', '.join(map(repr, INITS))}. Pick one of these."
                )
            if name not in ("auto", "random") and rank > min(n, m):
                raise SettingsError(
                    f"init = '{name}' can only be used when n_components <= min(n_samples, n_features); n_components is "
                    f"{rank} and X is {n} × {m}. Set init='random', or fewer components."
                )
            return rank, name
        unit = 2.0**self._power
        return rank, (_given("W", W, (n, rank), X.dtype) / unit, _given("H", H, (rank, m), X.dtype) / unit)

    def _seed(self) -> int:
        """A number from `random_state`; a number stays as it is, so that the draw is scikit-learn's."""
        if isinstance(self.random_state, Integral):
            return whole_number("random_state", self.random_state, 0, 2**32 - 1)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _weights(self, stored: sparse.csr_array) -> Array:
        """(n_rows, n_components) float64: each row of W at its minimum, H as it is."""
        V, blanks = self._counted(stored, ("zero",))
        B = np.ascontiguousarray(self.components_.T.astype(np.float64) / 2.0**self._power)
        alive = B.any(axis=0)  # of an empty feature there is nothing to have
        mean = np.where(alive, self._mean, 0.0)
        start = np.maximum(mean, 1e-12 * alive)
        # Rows of one magnitude at a time: a solver's tolerance is relative to the largest weight it sees.
        top = V.max(axis=1).toarray().ravel() if V.nnz else np.zeros(V.shape[0])
        magnitude = np.round(np.log10(np.where(top > 0, top / self._top, 1.0)) / 4.0)
        W = np.empty((V.shape[0], len(mean)))
        for group in np.unique(magnitude):
            rows = magnitude == group
            side = Side(V[rows], blanks, self._penalty.l2_W, self._penalty.l1_W)
            A = np.tile(start * 1e4**group, (int(rows.sum()), 1))
            W[rows] = np.where(side.counts[:, None] == 0, mean, solve_rows(LOSSES[self._loss], side, A, B))
        return W * 2.0**self._power

    def _error(self, V: sparse.csr_array, W: Array) -> float:
        """`reconstruction_err_`: over the cells of V, which are over 4ᵖ, and over its blanks where they are zeros."""
        zeros = Blanks(float(self._blanks.name == "zero"), 0.0)
        problem = Problem(V, V.T.tocsr(), zeros, Penalty(), self._loss)
        unit = 2.0**self._power
        loss = objective(problem, W / unit, self.components_.astype(np.float64) / unit)
        return float(np.sqrt(2.0 * max(0.0, loss)) * unit ** LOSSES[self._loss].beta)


def _power(values: Array) -> int:
    """p such that 4ᵖ is near the largest value, or 0 where squares and sums of the values are safe as they are."""
    top = float(values.max())
    return 0 if top == 0 or 1 / PLAIN <= top <= PLAIN else int(np.floor(np.log2(top) / 2))


def _given(name: str, array: Any, shape: tuple[int, int], dtype: np.dtype) -> Array:
    """W or H of a start as given, checked."""
    if array is None:
        raise SettingsError(f"init is 'custom' and {name} is not given. Give W and H to fit or fit_transform.")
    array = check_array(array, dtype=None, input_name=name)
    for axis, word in enumerate(("first", "second")):
        if array.shape[axis] != shape[axis]:
            raise SettingsError(
                f"Array with wrong {word} dimension passed as {name}: its shape is {array.shape}; for this X and n_components "
                f"it must be {shape}. Correct the array or n_components."
            )
    if array.dtype != dtype:
        raise TypeError(f"{name} should have the same dtype as X, {dtype}; it has {array.dtype}. Convert one of them.")
    if (array < 0).any():
        raise SettingsError(f"Negative values in data passed as {name}; weights are 0 or more. Correct them.")
    return array.astype(np.float64)
