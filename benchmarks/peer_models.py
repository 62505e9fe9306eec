"""The peers: what each needs its ratings as, how it fits, and the small grid that its best setting is looked for in.

A new peer is a function or three and a line in `RATERS` or `RANKERS`. Peers are imported when they are first used, so that one
that is not installed can be left out.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import itertools
import multiprocessing
import os
import sys
import tempfile
import time
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

import nmf_core as nc
from nmf_core.data.ratings import Ratings
from nmf_core.metrics import rmse
from nmf_core.study.baselines import biases

Array = NDArray[Any]
Setting = dict[str, Any]  # of a peer: names and values as shown in the table
BLOCK = 512  # users that are scored at a time


@dataclass(frozen=True)
class Split:
    """Training ratings, and held-out ones as three columns: user row, item column, rating."""

    training: Ratings
    u: Array
    i: Array
    values: Array

    @cached_property
    def rows(self) -> Array:
        """The user row of each training rating."""
        return np.repeat(np.arange(self.training.n_users, dtype=np.int32), self.training.user_counts)

    def rmse(self, W: Array, Ht: Array) -> float:
        """Held-out error of W·H, clipped to the scale as every peer may; infinite where a peer came apart."""
        predicted = np.empty(len(self.u))
        for start in range(0, len(self.u), 1 << 20):
            part = slice(start, start + (1 << 20))
            predicted[part] = np.einsum("kf,kf->k", W[self.u[part]], Ht[self.i[part]])
        if not np.isfinite(predicted).all():
            return float("inf")
        return rmse(self.values, np.clip(predicted, *self.training.scale))


@dataclass(frozen=True)
class How:
    """What all peers are given alike."""

    rank: int
    threads: int


@dataclass(frozen=True)
class Rater:
    """A peer that predicts ratings by two factors.

    Attributes:
        package: the distribution whose version is printed.
        grid: the settings that its best is looked for in.
        prepare: the training ratings as the peer takes them; not timed.
        fit: what is timed.
        factors: (W, H transposed) of what `fit` gave.
        slow: far slower than the others, and left out of large sets.
        hangs: now and then a fit never ends, so each is made in an interpreter that can be ended.
    """

    package: str
    grid: tuple[Setting, ...]
    prepare: Callable[[Split, How], Any]
    fit: Callable[[Any, Setting, How], Any]
    factors: Callable[[Any], tuple[Array, Array]]
    slow: bool = False
    hangs: bool = False


def grid(**values: tuple[Any, ...]) -> tuple[Setting, ...]:
    """All combinations of the values.

    >>> grid(λ=(0.1, 0.2), epochs=(5,))
    ({'λ': 0.1, 'epochs': 5}, {'λ': 0.2, 'epochs': 5})
    """
    return tuple(dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values()))


def said(setting: Setting) -> str:
    """A setting in a few words.

    >>> said({"λ": 0.1, "epochs": 5})
    'λ 0.1, epochs 5'
    """
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}" for name, value in setting.items()
    )


@contextlib.contextmanager
def quiet(*, errors: bool = False) -> Iterator[None]:
    """Nothing that is printed reaches the terminal, from C neither; with `errors`, not what goes to stderr either."""
    streams = (1, 2) if errors else (1,)
    sys.stdout.flush()
    kept, nowhere = [os.dup(stream) for stream in streams], os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in streams:
            os.dup2(nowhere, stream)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdout.flush()
        for stream, copy in zip(streams, kept, strict=True):
            os.dup2(copy, stream)
            os.close(copy)
        os.close(nowhere)


# Ours


def fresh(split: Split) -> Ratings:
    """The training ratings without what an earlier fit may have kept with them."""
    return dataclasses.replace(split.training, V=split.training.V.copy())


def _ours(ratings: Ratings, setting: Setting, how: How) -> nc.Factorization:
    """A whole call of `factorize`: λ None is the default; with sweeps given, no rule stops before."""
    sweeps = setting.get("sweeps")
    stop = {} if sweeps is None else {"max_sweeps": sweeps, "tol": 0.0}
    return nc.factorize(
        ratings,
        rank=how.rank,
        threads=how.threads,
        penalty=setting.get("λ"),
        blanks=setting.get("blanks", "unknown"),
        **stop,
    )


OURS = Rater(
    "latent-lens", ({},), lambda split, how: fresh(split), _ours, lambda fit: (fit.W, np.ascontiguousarray(fit.H.T))
)
OUR_PENALTIES = (0.03, 0.045, 0.06, 0.09, 0.12, 0.16, 0.2)  # beside the default
OUR_SWEEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 40, 50, 64, 80, 100, 128, 160, 200)

# LIBMF: parallel stochastic gradient, float32


def _libmf_prepare(split: Split, how: How) -> Array:
    V = split.training.V
    return np.column_stack([split.rows, V.indices, V.data]).astype(np.float32)


def _libmf(triples: Array, setting: Setting, how: How) -> Any:
    from libmf import mf

    model = mf.MF(
        do_nmf=True,
        quiet=True,
        k=how.rank,
        nr_threads=how.threads,
        nr_iters=setting["epochs"],
        lambda_p2=setting["λ"],
        lambda_q2=setting["λ"],
        eta=setting["step"],
    )
    model.fit(triples)
    return model


# cmfrec: alternating least squares, each row by coordinate descent


def _coo(split: Split, how: How) -> sparse.coo_matrix:
    V = split.training.V
    return sparse.coo_matrix((V.data, (split.rows, V.indices)), shape=V.shape)


def _cmfrec(X: sparse.coo_matrix, setting: Setting, how: How) -> Any:
    from cmfrec import CMF

    model = CMF(
        k=how.rank,
        lambda_=setting["λ"],
        niter=setting["epochs"],
        nonneg=True,
        center=False,
        user_bias=False,
        item_bias=False,
        scale_lam=True,
        # As its documentation advises for speed.
        use_float=True,
        precompute_for_predictions=False,
        produce_dicts=False,
        verbose=False,
        nthreads=how.threads,
    )
    return model.fit(X)


# Surprise: multiplicative updates, one thread


def _surprise_prepare(split: Split, how: How) -> Any:
    from surprise.trainset import Trainset

    r = split.training
    by_user: dict[int, list[tuple[int, float]]] = defaultdict(list)
    by_item: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for u, i, value in zip(split.rows.tolist(), r.V.indices.tolist(), r.V.data.tolist(), strict=True):
        by_user[u].append((i, value))
        by_item[i].append((u, value))
    names = [{k: k for k in range(n)} for n in (r.n_users, r.n_items)]
    return Trainset(by_user, by_item, r.n_users, r.n_items, r.n_ratings, r.scale, *names)


def _surprise(trainset: Any, setting: Setting, how: How) -> Any:
    from surprise import NMF

    λ = setting["λ"]
    return NMF(n_factors=how.rank, n_epochs=setting["epochs"], biased=False, reg_pu=λ, reg_qi=λ, random_state=0).fit(
        trainset
    )


# cornac: multiplicative updates


def _cornac_prepare(split: Split, how: How) -> Any:
    from cornac.data import Dataset

    r = split.training
    names = (OrderedDict((k, k) for k in range(n)) for n in (r.n_users, r.n_items))
    return Dataset(r.n_users, r.n_items, *names, (split.rows, r.V.indices.astype(np.int32), r.V.data))


def _cornac(dataset: Any, setting: Setting, how: How) -> Any:
    from cornac.models import NMF

    # Without a seed, with which it would use one thread.
    return NMF(k=how.rank, max_iter=setting["epochs"], lambda_reg=setting["λ"], num_threads=how.threads).fit(dataset)


# scikit-learn: coordinate descent, and every blank is a zero


def _sklearn(V: sparse.csr_array, setting: Setting, how: How) -> tuple[Array, Array]:
    from sklearn.decomposition import NMF

    model = NMF(how.rank, init="nndsvda", max_iter=setting["epochs"], random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged is what a small number of epochs means
        return model.fit_transform(V), model.components_.T


# Spark: alternating non-negative least squares


@cache
def spark_session(threads: int) -> Any:
    """One session for all fits, as one would have it."""
    from pyspark.sql import SparkSession

    builder = (
        SparkSession.builder.master(f"local[{threads}]")
        .config("spark.driver.memory", "4g")
        .config("spark.driver.extraJavaOptions", "-Xss64m")  # or a chain of many epochs overflows the stack
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", str(2 * threads))
    )
    with quiet(errors=True):  # Java keeps what it is given, and stays silent
        return builder.getOrCreate()


def _spark_prepare(split: Split, how: How) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    V = split.training.V
    session = spark_session(how.threads)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ratings.parquet"
        parquet.write_table(pa.table({"user": split.rows, "item": V.indices.astype(np.int32), "rating": V.data}), file)
        frame = session.read.parquet(str(file)).cache()
        frame.count()  # reads it, before the folder is gone
    return frame


def _spark(frame: Any, setting: Setting, how: How) -> Any:
    from pyspark.ml.recommendation import ALS

    als = ALS(
        rank=how.rank,
        maxIter=setting["epochs"],
        regParam=setting["λ"],
        numUserBlocks=how.threads,
        numItemBlocks=how.threads,
        nonnegative=True,
        userCol="user",
        itemCol="item",
        ratingCol="rating",
        seed=0,
    )
    model = als.fit(frame)
    # Spark is lazy: without these a fit would end before the last half step.
    model.userFactors.count(), model.itemFactors.count()
    return model


def _spark_factors(model: Any) -> tuple[Array, Array]:
    rows = ([tuple(row) for row in frame.collect()] for frame in (model.userFactors, model.itemFactors))
    user, item = (np.array([features for _, features in sorted(side)]) for side in rows)
    return user, item


RATERS: dict[str, Rater] = {
    "LIBMF": Rater(
        "libmf",
        grid(λ=(0.005, 0.02, 0.05, 0.1), step=(0.05, 0.1, 0.2), epochs=(5, 10, 20, 40, 80, 160)),
        _libmf_prepare,
        _libmf,
        lambda model: (model.p_factors(), model.q_factors()),
        hangs=True,  # its threads may wait for each other for ever: github.com/cjlin1/libmf/issues/12
    ),
    "cmfrec": Rater(
        "cmfrec",
        grid(λ=(0.02, 0.05, 0.08, 0.12, 0.18), epochs=(3, 6, 10, 20, 40)),
        _coo,
        _cmfrec,
        lambda model: (model.A_, model.B_),
    ),
    "Surprise NMF": Rater(
        "scikit-surprise",
        grid(λ=(0.02, 0.06, 0.12, 0.18), epochs=(25, 50, 100, 200)),
        _surprise_prepare,
        _surprise,
        lambda model: (model.pu, model.qi),
        slow=True,
    ),
    "cornac NMF": Rater(
        "cornac",
        grid(λ=(0.02, 0.06, 0.12), epochs=(25, 50, 100, 200, 400)),
        _cornac_prepare,
        _cornac,
        lambda model: (model.u_factors, model.i_factors),
    ),
    "scikit-learn NMF, blanks 0": Rater(
        "scikit-learn", grid(epochs=(20, 200)), lambda split, how: split.training.V, _sklearn, lambda model: model
    ),
    "Spark ALS": Rater(
        "pyspark", grid(λ=(0.02, 0.05, 0.08, 0.12, 0.18), epochs=(5, 10, 20)), _spark_prepare, _spark, _spark_factors
    ),
}
MODULES = {
    "libmf": "libmf.mf",
    "cmfrec": "cmfrec",
    "scikit-surprise": "surprise",
    "cornac": "cornac",
    "pyspark": "pyspark",
}
MODULES |= {"implicit": "implicit", "scikit-learn": "sklearn", "latent-lens": "nmf_core", "numpy": "numpy"}


def timed(rater: Rater, data: Any, setting: Setting, how: How) -> tuple[float, Array, Array]:
    """(seconds, W, H transposed) of one fit; only the fit is timed."""
    with quiet():
        gc.collect()
        start = time.perf_counter()
        model = rater.fit(data, setting, how)
        seconds = time.perf_counter() - start
        W, Ht = rater.factors(model)
    return seconds, np.asarray(W), np.asarray(Ht)


def patience(n_ratings: int, setting: Setting) -> float:
    """Seconds after which a fit of a peer that hangs at times is given up; several times what it needs."""
    return 30 + 1e-6 * n_ratings * setting["epochs"]


class Worker:
    """An interpreter apart, in which a peer that hangs at times makes one fit after the other; clocks run there."""

    def __init__(self) -> None:
        """Nothing is started before it is needed."""
        self.process: Any = None
        self.pipe: Any = None
        self.hung = 0

    def timed(self, rater: Rater, data: Any, setting: Setting, how: How, limit: float) -> tuple[float, Array, Array]:
        """As `timed`; a fit that takes longer than `limit` seconds is ended and made again, three times at most."""
        for _ in range(4):
            if self.process is None:
                context = multiprocessing.get_context("spawn")
                self.pipe, other = context.Pipe()
                self.process = context.Process(target=_serve, args=(other,), daemon=True)
                self.process.start()
            self.pipe.send((rater.package, data, setting, how))
            if self.pipe.poll(limit):
                return self.pipe.recv()
            self.hung += 1
            self.end()
        raise TimeoutError(f"no fit ended within {limit:.0f} s")

    def end(self) -> None:
        """End the interpreter."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None


def _serve(pipe: Any) -> None:
    """Make the fits that come through the pipe."""
    by_package = {rater.package: rater for rater in RATERS.values()}
    while True:
        package, data, setting, how = pipe.recv()
        pipe.send(timed(by_package[package], data, setting, how))


# Ranking: a model gives a block of scores for a slice of users, and held-out RMSE where its scores are ratings.

Scores = Callable[[slice], Array]


@dataclass(frozen=True)
class Ranker:
    """A model that ranks: `fit` gives scores and the held-out RMSE, NaN where its scores are no ratings."""

    package: str
    grid: tuple[Setting, ...]
    fit: Callable[[Split, Setting, How], tuple[Scores, float]]


def _by_factors(split: Split, W: Array, Ht: Array) -> tuple[Scores, float]:
    return lambda block: W[block] @ Ht.T, split.rmse(W, Ht)


def _popular(split: Split, setting: Setting, how: How) -> tuple[Scores, float]:
    """The items with most ratings; as a rating, the item's mean."""
    mean, _, item = biases(split.training)
    counts = split.training.item_counts.astype(float)
    error = rmse(split.values, np.clip(mean + item[split.i], *split.training.scale))
    return lambda block: np.tile(counts, (block.stop - block.start, 1)), error


def _ials(split: Split, setting: Setting, how: How) -> tuple[Scores, float]:
    """implicit's ALS, a rated cell weighing 1 + α or 1 + α · rating, and a blank 1."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    V = split.training.V
    counted = np.ones_like(V.data) if setting["weights"] == "binary" else V.data
    weights = sparse.csr_matrix((1 + setting["α"] * counted, V.indices, V.indptr), shape=V.shape)
    model = AlternatingLeastSquares(
        factors=how.rank,
        alpha=1.0,  # the weights say it already
        regularization=setting["λ"],
        iterations=setting["epochs"],
        num_threads=how.threads,
        random_state=0,
    )
    with threadpool_limits(1, "blas"):  # as it asks for: its own threads call BLAS
        model.fit(weights, show_progress=False)
    return lambda block: model.user_factors[block] @ model.item_factors.T, float("nan")


def ease(X: sparse.csr_array, penalty: float) -> Array:
    """B (n_items × n_items) of EASE (Steck 2019): least squares of X·B to X with a zero diagonal, in closed form."""
    gram = (X.T @ X).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += penalty
    inverse = np.linalg.inv(gram)
    B = -inverse / np.diag(inverse)
    np.fill_diagonal(B, 0.0)
    return B


def _ease(split: Split, setting: Setting, how: How) -> tuple[Scores, float]:
    X = split.training.V.astype(np.float64)
    X.data -= setting["minus"]
    B = ease(X, setting["λ"])
    return lambda block: X[block] @ B, float("nan")


RANKERS: dict[str, Ranker] = {
    "most popular": Ranker("latent-lens", ({},), _popular),
    **{
        f"Latent Lens, blanks {blanks}": Ranker(
            "latent-lens",
            ({"blanks": blanks},),
            lambda split, setting, how: _by_factors(split, *OURS.factors(_ours(fresh(split), setting, how))),
        )
        for blanks in ("unknown", "weak", "zero")
    },
    "scikit-learn NMF, blanks 0": Ranker(
        "scikit-learn",
        grid(epochs=(200,)),
        lambda split, setting, how: _by_factors(split, *_sklearn(split.training.V, setting, how)),
    ),
    "implicit iALS": Ranker(
        "implicit",
        grid(weights=("binary", "ratings"), α=(0.25, 1.0, 4.0, 16.0), λ=(1.0, 10.0, 50.0, 200.0), epochs=(5, 15)),
        _ials,
    ),
    "EASE": Ranker("numpy", grid(minus=(0.0,), λ=(30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)), _ease),
    "EASE, ratings less 2": Ranker(
        "numpy", grid(minus=(2.0,), λ=(30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)), _ease
    ),
}
