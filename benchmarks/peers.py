"""Our solver beside its peers: `python -m benchmarks.peers [--sizes 100k,1m,10m] [--ranking] [--spark] [--markdown FILE]`.

The same split, rank and threads for all, turn by turn in one run. docs/benchmarks.md says how it is measured, and holds the
tables that this prints. Peers come with `pip install -r requirements.txt -r requirements-bench.txt`, best in an environment of
their own; one that is not installed is left out, and named.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import gc
import importlib
import importlib.metadata
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from threadpoolctl import threadpool_limits

import nmf_core as nc
from benchmarks.lifelike import lifelike
from benchmarks.peer_models import (
    BLOCK,
    MODULES,
    OUR_PENALTIES,
    OUR_SWEEPS,
    OURS,
    RANKERS,
    RATERS,
    How,
    Ranker,
    Rater,
    Scores,
    Setting,
    Split,
    Worker,
    patience,
    quiet,
    said,
    timed,
)
from nmf_core.data.ratings import Ratings
from nmf_core.fit.compiled import warm_up
from nmf_core.metrics import RELEVANT, ndcg, rmse
from nmf_core.study.baselines import biases
from nmf_core.study.split import held_out_folds

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- peers: from here on written by `python -m benchmarks.peers` -->", "<!-- peers: up to here -->"
SIZES = {"k": 1_000, "m": 1_000_000}
LARGE, RANKS = 5_000_000, (10, 16)  # the rank of smaller sets, and from this many ratings on
RISES = 4  # looks in a row without a new best, after which longer fits are not looked at
LONGEST_ON_LARGE = 40  # epochs that are tried beyond --slow-limit: a fit takes minutes there
PULL = 1.0  # of the planted ratings that are ranked
TOP_N, RANKED_USERS = 10, 5_000  # users whose ranked lists are judged, at most
NEAR = 0.001  # rating points of RMSE that nobody would wait for
SHORT = f", within {NEAR:g}"
SPARK = "Spark ALS"
NAME = "Latent Lens"


def split_of(ratings: Ratings, seed: int = 0) -> Split:
    """80 % to train on and 20 % held out; every user and item keeps a training rating."""
    held = held_out_folds(ratings, folds=5, seed=seed) == 0
    training, testing = ratings.keep(~held), ratings.keep(held)
    u = np.repeat(np.arange(testing.n_users, dtype=np.int32), testing.user_counts)
    return Split(training, u, testing.V.indices.astype(np.int32), testing.V.data.astype(np.float64))


def log(text: str) -> None:
    """Progress, apart from the tables."""
    print(text, file=sys.stderr, flush=True)


# Time


@dataclass
class Runs:
    """What a method did in its timed runs."""

    rater: Rater
    setting: Setting
    seconds: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    memory: float = float("nan")  # MB

    @property
    def median(self) -> float:
        """The median time."""
        return statistics.median(self.seconds)


WORKER = Worker()


def fitted(rater: Rater, split: Split, setting: Setting, how: How) -> tuple[float, float]:
    """(seconds, held-out RMSE) of one fit; only the fit is timed."""
    with quiet():
        data = rater.prepare(split, how)
    if rater.hangs:
        limit = patience(split.training.n_ratings, setting)
        seconds, W, Ht = WORKER.timed(rater, data, setting, how, limit)
    else:
        seconds, W, Ht = timed(rater, data, setting, how)
    return seconds, split.rmse(W, Ht)


@dataclass
class Curve:
    """Our held-out error by sweeps, for one λ, looked up by whole fits of that many sweeps."""

    split: Split
    how: How
    λ: float | None = None
    known: dict[int, float] = field(default_factory=dict)

    def setting(self, sweeps: int) -> Setting:
        """That many sweeps, as a setting."""
        return {"λ": self.λ, "sweeps": sweeps}

    def error(self, sweeps: int) -> float:
        """Held-out RMSE after so many sweeps."""
        if sweeps not in self.known:
            self.known[sweeps] = fitted(OURS, self.split, self.setting(sweeps), self.how)[1]
        return self.known[sweeps]

    def looked_at(self) -> Iterable[int]:
        """Numbers of sweeps to look at, until the error has not fallen for a while."""
        best, missed = float("inf"), 0
        for sweeps in OUR_SWEEPS:
            yield sweeps
            missed = 0 if self.error(sweeps) < best else missed + 1
            best = min(best, self.error(sweeps))
            if missed >= RISES:
                return

    def best(self) -> int:
        """The sweeps with the lowest error of those looked at."""
        return min(self.looked_at(), key=self.error)

    def first(self, target: float) -> int | None:
        """The fewest sweeps with an error at or below the target: looked for in growing steps, then halving the last one."""
        below = 0
        for sweeps in self.looked_at():
            if self.error(sweeps) <= target:
                while sweeps - below > 1:
                    middle = (below + sweeps) // 2
                    below, sweeps = (below, middle) if self.error(middle) <= target else (middle, sweeps)
                return sweeps
            below = sweeps
        return None


def best_settings(rater: Rater, split: Split, how: How, thorough: bool = True) -> list[tuple[Setting, float]]:
    """The setting of the peer's grid with the lowest error, and the fastest within `NEAR` of that where it is another.

    Each with its error. The lowest of many is partly luck, and may have been long in coming; the second is fair to the fast.
    Longer fits are not looked at once the error has risen twice in a row. Unless thorough, all but the number of epochs is
    settled first, with a middle number of them: the best two go on.
    """
    epochs = sorted({setting["epochs"] for setting in rater.grid})
    rests = list(
        {said(rest): rest for s in rater.grid for rest in [{k: v for k, v in s.items() if k != "epochs"}]}.values()
    )
    if not thorough:
        epochs = [count for count in epochs if count <= LONGEST_ON_LARGE]
    if not thorough and len(rests) > 2:
        middle = epochs[len(epochs) // 2]
        rests = sorted(rests, key=lambda rest: fitted(rater, split, rest | {"epochs": middle}, how)[1])[:2]
    results: list[tuple[float, float, Setting]] = []
    for rest in rests:
        errors: list[float] = []
        for count in epochs:
            setting = rest | {"epochs": count}
            seconds, error = fitted(rater, split, setting, how)
            results.append((seconds, error, setting))
            errors.append(error)
            if len(errors) > 2 and errors[-3] < errors[-2] < errors[-1]:
                break
    best = min(results, key=lambda result: result[1])
    fast = min((result for result in results if result[1] <= best[1] + NEAR), key=lambda result: result[0])
    return [(setting, error) for _, error, setting in ([best] if fast is best else [best, fast])]


@dataclass
class Race:
    """Everything measured on one data set: runs by name, and for each peer our runs to its error."""

    title: str
    runs: dict[str, Runs]
    targets: dict[str, float]
    reached: dict[str, tuple[Runs | None, Runs | None]]  # with the default λ, and with our best
    plain: dict[str, float]  # errors of what needs no features
    notes: list[str]


def race(
    split: Split,
    title: str,
    how: How,
    raters: dict[str, Rater],
    repeats: int,
    thorough: bool = True,
) -> Race:
    """Find each peer's best setting and our sweeps to its error, then time all of them in turns."""
    notes: list[str] = []
    small = split_of(lifelike(3_000))
    runs: dict[str, Runs] = {}
    targets: dict[str, float] = {}
    warm_up()
    for name, rater in raters.items():
        try:
            fitted(rater, small, rater.grid[0], how)
            found = best_settings(rater, split, how, thorough)
        except Exception as why:  # noqa: BLE001 - whatever a peer fails with, the others go on
            notes.append(f"{name} is left out: {type(why).__name__}: {str(why).partition(chr(10))[0]}")
            continue
        for suffix, (setting, targets[name + suffix]) in zip(("", SHORT), found, strict=False):
            runs[name + suffix] = Runs(rater, setting)
            log(f"{title}: {name}{suffix} {targets[name + suffix]:.4f} at {said(setting)}")

    chosen = nc.factorize(split.training, rank=how.rank, threads=how.threads, max_sweeps=1).penalty.l2_W
    default = Curve(split, how, chosen)  # the same fits as by default, without choosing λ anew each time
    tried = [λ for λ in OUR_PENALTIES if thorough or chosen / 2 < λ < 2 * chosen]
    curves = [default, *(Curve(split, how, λ) for λ in tried)]
    tuned = min(curves, key=lambda curve: curve.error(curve.best()))
    log(f"{title}: {NAME} {tuned.error(tuned.best()):.4f} at {said(tuned.setting(tuned.best()))}")
    ours = {
        f"{NAME}, as it comes": Runs(OURS, {}),
        f"{NAME}, best λ and sweeps": Runs(OURS, tuned.setting(tuned.best())),
    }
    steps: dict[str, Runs] = {}
    reached: dict[str, tuple[Runs | None, Runs | None]] = {}
    for name, target in targets.items():
        pair: list[Runs | None] = []
        for curve, λ in ((default, None), (tuned, tuned.λ)):
            sweeps = curve.first(target)
            setting = None if sweeps is None else {"λ": λ, "sweeps": sweeps}
            pair.append(None if setting is None else steps.setdefault(said(setting), Runs(OURS, setting)))
        reached[name] = (pair[0], pair[1])

    jobs = [*ours.values(), *runs.values(), *steps.values()]
    for k in range(repeats):
        log(f"{title}: run {k + 1} of {repeats}")
        for job in jobs if k % 2 == 0 else reversed(jobs):  # so that nobody always follows the same one
            seconds, error = fitted(job.rater, split, job.setting, how)
            job.seconds.append(seconds)
            job.errors.append(error)
    if WORKER.hung:
        hung = " and ".join(name for name, rater in raters.items() if rater.hangs)
        notes.append(
            f"{hung} hung in {WORKER.hung} fits, which were ended and made again; they count for nothing here."
        )
    WORKER.end()
    WORKER.hung = 0
    runs = ours | runs
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "split.npz"
        save(split, file)
        for name, job in runs.items():
            job.memory = memory_apart(name, job.setting, file, how)
    mean, user, item = biases(split.training)
    plain = {
        "mean": rmse(split.values, np.full(len(split.u), mean)),
        "biases": rmse(split.values, np.clip(mean + user[split.u] + item[split.i], *split.training.scale)),
    }
    return Race(title, runs, targets, reached, plain, notes)


# Memory


def save(split: Split, file: Path) -> None:
    """The split as plain arrays."""
    r = split.training
    columns = {"u": split.u, "i": split.i, "values": split.values}
    np.savez(file, data=r.V.data, indices=r.V.indices, indptr=r.V.indptr, shape=r.V.shape, scale=r.scale, **columns)


def load(file: Path) -> Split:
    """What `save` wrote; ids are numbers."""
    with np.load(file, allow_pickle=False) as z:
        V = sparse.csr_array((z["data"], z["indices"], z["indptr"]), shape=tuple(z["shape"]))
        users, items = (pd.Index([str(k) for k in range(n)], dtype="str") for n in V.shape)
        low, high = z["scale"].tolist()
        return Split(Ratings(V, users, items, (low, high)), z["u"], z["i"], z["values"])


def memory_apart(name: str, setting: Setting, file: Path, how: How) -> float:
    """MB that a fit takes beyond its prepared ratings, in an interpreter of its own; NaN where that cannot be told."""
    name = name.removesuffix(SHORT)
    asked = json.dumps({"name": name, "setting": setting, "rank": how.rank, "threads": how.threads})
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.peers", "--memory-of", asked, str(file)]
    limit = 3 * patience(10_000_000, {"epochs": 200})
    if name in RATERS and RATERS[name].hangs:
        limit = 60 + patience(len(np.load(file)["data"]), setting)
    for _ in range(3):
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=limit)
            words = done.stdout.split()
            return float(words[-1]) if done.returncode == 0 and words else float("nan")
    return float("nan")


def memory_here(asked: dict[str, Any], file: Path) -> float:
    """What `memory_apart` asks for: the peak during the fit less what was held before it."""
    how = How(asked["rank"], asked["threads"])
    rater = RATERS.get(asked["name"], OURS)
    timed(rater, rater.prepare(split_of(lifelike(3_000)), how), rater.grid[0], how)
    warm_up()
    split = load(file)
    with quiet(), threadpool_limits(how.threads):
        data = rater.prepare(split, how)
        gc.collect()
        process = "self"
        if asked["name"] == SPARK:  # it works in Java
            from pyspark import SparkContext

            process = str(SparkContext._gateway.proc.pid)
        Path(f"/proc/{process}/clear_refs").write_text("5")  # the peak begins anew
        before = resident(process, "VmRSS")
        rater.fit(data, asked["setting"], how)
        return (resident(process, "VmHWM") - before) / 1024


def resident(process: str, what: str) -> int:
    """Kilobytes of memory that a process holds (VmRSS), or has held at most (VmHWM); Linux alone tells."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


# Ranking


def ranking_quality(scores: Scores, split: Split, top_n: int = TOP_N, seed: int = 0) -> float:
    """Mean NDCG of the best `top_n` of all items that a user has no training rating of.

    Relevant are held-out ratings in the upper 30 % of the scale, as in `nmf_core.evaluate`: 4 and 5 of 1 to 5. Of many users, a
    seeded sample is judged.
    """
    low, high = split.training.scale
    good = split.values >= low + RELEVANT * (high - low)
    n_users, n_items = split.training.V.shape
    liked = sparse.csr_array(
        (np.ones(good.sum(), dtype=bool), (split.u[good], split.i[good])), shape=(n_users, n_items)
    )
    judged = np.flatnonzero(np.diff(liked.indptr))
    if len(judged) > RANKED_USERS:
        judged = np.sort(np.random.default_rng(seed).choice(judged, RANKED_USERS, replace=False))
    gains = []
    for start in range(0, n_users, BLOCK):
        block = slice(start, min(start + BLOCK, n_users))
        rows = judged[(judged >= start) & (judged < block.stop)]
        if not len(rows):
            continue
        wanted = np.array(scores(block), dtype=float)[rows - start]
        wanted[split.training.V[rows].nonzero()] = -np.inf
        gains.append(ndcg(wanted, liked[rows].toarray(), top_n))
    return float(np.concatenate(gains).mean())


def ranked(split: Split, how: How, rankers: dict[str, Ranker], title: str) -> tuple[list[list[str]], list[str]]:
    """A table row for each model at the best setting of its grid, and notes."""
    rows, notes = [], []
    for name, ranker in rankers.items():
        results = []
        try:
            for setting in ranker.grid:
                with quiet():
                    start = time.perf_counter()
                    scores, error = ranker.fit(split, setting, how)
                    seconds = time.perf_counter() - start
                results.append((ranking_quality(scores, split), error, seconds, setting))
        except Exception as why:  # noqa: BLE001 - as in `race`
            notes.append(f"{name} is left out: {type(why).__name__}: {str(why).partition(chr(10))[0]}")
            continue
        quality, error, _, setting = max(results, key=lambda r: r[0])
        log(f"{title}: {name} {quality:.4f} at {said(setting)}")
        shown = {k: v for k, v in setting.items() if k != "blanks"}
        rows.append([name, said(shown) or "defaults", f"{quality:.4f}", "–" if np.isnan(error) else f"{error:.4f}"])
    return rows, notes


# Tables


def table(head: list[str], rows: list[list[str]], left: int) -> str:
    """A Markdown table whose first `left` columns hold words."""
    rule = ["---" if k < left else "---:" for k in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))


def short(seconds: float) -> str:
    """Seconds in three figures."""
    return f"{seconds:.3g}" if seconds < 100 else f"{seconds:.0f}"


def spread(values: list[float]) -> str:
    """Median (lowest–highest)."""
    return f"{short(statistics.median(values))} ({short(min(values))}–{short(max(values))})"


def race_tables(result: Race) -> str:
    """The two tables of one data set: each method at its best, and our time to each peer's best."""
    rows = []
    for name, job in result.runs.items():
        low, high = min(job.errors), max(job.errors)
        error = f"{statistics.median(job.errors):.4f}" + (f" ({low:.4f}–{high:.4f})" if high - low >= 5e-5 else "")
        memory = "–" if np.isnan(job.memory) else f"{job.memory:.0f}" if job.memory >= 10 else f"{job.memory:.1f}"
        rows.append(
            [name, said(job.setting).replace("λ None", "λ default") or "defaults", error, spread(job.seconds), memory]
        )
    methods = table(["method", "setting", "held-out RMSE", "fit, s", "peak memory, MB"], rows, 2)
    rows = []
    for name, target in result.targets.items():
        peer = result.runs[name].median
        row = [name, f"{target:.4f}", short(peer)]
        for our in result.reached[name]:
            if our is None:
                row += ["not reached", "–"]
            else:
                over = max(our.errors) > target
                row += [
                    f"{spread(our.seconds)}, {our.setting['sweeps']}" + (" †" if over else ""),
                    f"{peer / our.median:.3g}×",
                ]
        rows.append(row)
    head = [
        "to the RMSE of",
        "which is",
        "it takes, s",
        "ours, choosing λ too: s, sweeps",
        "faster",
        "ours, λ given: s, sweeps",
        "faster",
    ]
    parts = [f"### {result.title}", methods, table(head, rows, 1)] if rows else [f"### {result.title}", methods]
    if any("†" in cell for row in rows for cell in row):
        parts.append("† In one of the runs the error lay above.")
    parts.append("Without features: " + ", ".join(f"{name} {error:.4f}" for name, error in result.plain.items()) + ".")
    return "\n\n".join(parts + [f"{note}" for note in result.notes])


def machine() -> str:
    """Processor, cores and Python; nothing that names the machine."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def versions(packages: Iterable[str]) -> str:
    """Names and versions of the packages that are installed."""
    found = []
    for package in dict.fromkeys(packages):
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def write_section(file: Path, text: str) -> None:
    """Put the text between the markers of a Markdown file."""
    before, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{file} lacks the lines {BEGIN} and {END}. Put them where the tables shall stand.")
    file.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


# Command line


def size(text: str) -> int:
    """A number of ratings such as 100k, 1m or 50000.

    >>> size("100k"), size("1m"), size("2500")
    (100000, 1000000, 2500)
    """
    unit = SIZES.get(text[-1].lower())
    return int(float(text[:-1]) * unit) if unit else int(text)


def command_line() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--ratings", type=Path, action="append", default=[], help="a ratings file, beside the planted sets"
    )
    parser.add_argument("--sizes", default="100k", help="planted sets, such as 100k,1m,10m; empty for none")
    parser.add_argument("--repeats", type=int, default=5, help="timed runs of each")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the planted sets and the split")
    parser.add_argument("--only", default="", help="peers with one of these in their names, such as libmf,cmfrec")
    parser.add_argument("--spark", action="store_true", help="Spark ALS too; needs Java")
    parser.add_argument("--no-rating", action="store_true", help="leave out rating prediction")
    parser.add_argument("--ranking", action="store_true", help="ranking too")
    parser.add_argument(
        "--slow-limit",
        type=size,
        default=2_000_000,
        help="ratings beyond which slow peers are left out and grids are searched in two steps",
    )
    parser.add_argument("--markdown", type=Path, help="write the tables between the markers of this file")
    parser.add_argument("--memory-of", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def installed(packages: Iterable[str]) -> set[str]:
    """Those of the packages that can be imported; they are, so that limits on threads reach them."""
    found = set()
    for package in packages:
        try:
            with quiet():
                importlib.import_module(MODULES[package])
        except ImportError:
            continue
        found.add(package)
    return found


def chosen(all_: dict[str, Any], only: str, there: set[str], notes: list[str]) -> dict[str, Any]:
    """The models that were asked for and whose package is installed; notes on the others."""
    words = [word.strip().lower() for word in only.split(",") if word.strip()]
    wanted = {name: model for name, model in all_.items() if not words or any(word in name.lower() for word in words)}
    notes += [
        f"{name} is left out: {m.package} is not installed." for name, m in wanted.items() if m.package not in there
    ]
    return {name: model for name, model in wanted.items() if model.package in there}


def main() -> None:
    """Measure and print."""
    asked = command_line()
    if asked.memory_of:
        print(memory_here(json.loads(asked.memory_of[0]), Path(asked.memory_of[1])))
        return
    there = installed({model.package for model in (*RATERS.values(), *RANKERS.values())})
    notes: list[str] = []
    raters = {name: rater for name, rater in RATERS.items() if name != SPARK or asked.spark}
    raters = {} if asked.no_rating else chosen(raters, asked.only, there, notes)
    rankers = chosen(RANKERS, asked.only, there, notes) if asked.ranking else {}
    sizes = [size(text) for text in asked.sizes.split(",") if text]
    parts = []
    with threadpool_limits(asked.threads):
        sets = [(n, f"{n:,} planted ratings", None) for n in sizes] + [(0, path.name, path) for path in asked.ratings]
        for n, title, path in sets:
            if not asked.no_rating:
                parts.append(_rating_part(_ratings(n, path, asked.seed, 0.0), title, raters, asked))
            if rankers:
                parts.append(_ranking_part(_ratings(n, path, asked.seed, PULL), title, rankers, asked))
    arguments = [Path(a).name if Path(a) in asked.ratings else a for a in sys.argv[1:]]
    head = [
        f"Measured on {datetime.date.today().isoformat()} with `python -m benchmarks.peers {shlex.join(arguments)}`".rstrip(
            "` "
        )
        + "`:",
        f"{machine()}; {asked.threads} threads; {asked.repeats} runs, medians (lowest–highest).",
        versions(
            ["numpy", "scipy", "scikit-learn", "numba", *(m.package for m in (*raters.values(), *rankers.values()))]
        )
        + ".",
        *notes,
    ]
    text = "\n".join(head) + "\n\n" + "\n\n".join(parts)
    print(text)
    if asked.markdown:
        write_section(asked.markdown, text)


def _ratings(n: int, path: Path | None, seed: int, pull: float) -> Ratings:
    """The ratings of a file, or planted ones."""
    return nc.read_ratings(path) if path else lifelike(n, seed, pull=pull)


def _how(split: Split, asked: argparse.Namespace) -> How:
    """The rank for so many ratings, and the threads asked for."""
    return How(RANKS[split.training.n_ratings + len(split.u) >= LARGE], asked.threads)


def _described(split: Split, title: str, how: How) -> str:
    """The title with users, items and rank."""
    n_users, n_items = split.training.V.shape
    return f"{title}, {n_users:,} users × {n_items:,} items, rank {how.rank}"


def _rating_part(ratings: Ratings, title: str, raters: dict[str, Rater], asked: argparse.Namespace) -> str:
    """Rating prediction on one data set."""
    slow = [name for name, rater in raters.items() if rater.slow and ratings.n_ratings > asked.slow_limit]
    split = split_of(ratings, asked.seed)
    how = _how(split, asked)
    result = race(
        split,
        _described(split, title, how),
        how,
        {name: rater for name, rater in raters.items() if name not in slow},
        asked.repeats,
        thorough=ratings.n_ratings <= asked.slow_limit,
    )
    result.notes += [f"{name} is left out: too slow for more than {asked.slow_limit:,} ratings." for name in slow]
    return race_tables(result)


def _ranking_part(ratings: Ratings, title: str, rankers: dict[str, Ranker], asked: argparse.Namespace) -> str:
    """Ranking on one data set."""
    split = split_of(ratings, asked.seed)
    how = _how(split, asked)
    rows, notes = ranked(split, how, rankers, f"{title}, ranking")
    head = ["method", "setting", f"NDCG@{TOP_N}", "held-out RMSE"]
    return "\n\n".join([f"### Ranking: {_described(split, title, how)}", table(head, rows, 2), *notes])


if __name__ == "__main__":
    main()
