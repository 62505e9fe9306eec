"""The numeric tests as other processors would run them: `python -m tests.kernels`, or `--only Nehalem:1,Haswell:4` of it.

The last digits of a fit are the machine's: OpenBLAS, NumPy and numba each pick instructions by the processor, and each picks other
digits. Here each run is a process of its own in which all three are told which processor to take this one for, with one thread of
BLAS or several, and with nothing compiled before. "Shaken" is a processor that nobody has: what BLAS and LAPACK return is off by
its last digits and singular vectors have the other sign, as an instruction set that this machine lacks may have it.

A line for each run says which kernels really ran; tests that failed are named below it. Without arguments all runs are made.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
# What computes. Readers, pages and stores do not, and what Excel takes its time for is tested elsewhere.
NUMERIC = [
    "nmf_core",
    *(f"tests/{room}" for room in ("contracts", "data", "estimator", "fit", "interpret", "labels", "study")),
    *(f"tests/export/test_{what}.py" for what in ("capsule", "notebook", "report")),
    *(f"tests/test_{what}.py" for what in ("bad_inputs", "properties")),
]
BAD_MATRICES = range(41, 53)  # the lines of the list of bad inputs that are about the matrix and the settings
# What `--few` leaves out: tests that take long and hardly ask what a number is, or ask of numbers what shorter ones ask too; so do
# those of the estimator, which are about interfaces. Without `--few` all are run.
LONG = (
    "sklearn-minibatch",
    "tests/contracts/test_formats",
    "tests/contracts/test_layouts",
    "tests/data",
    "tests/labels",
    "tests/estimator",
    "tests/fit/test_order",
    "any_number_of_threads",
    "tests/study/test_beside",
    "tests/study/test_evaluate",
    "tests/study/test_ranks",
    "tests/interpret/test_counterfactual",
    "test_parts_by_rating_add_up_to_the_score_within_4_ulp",
    "tests/fit/test_compiled",
    "test_compiled_rows_are_those_of_numpy",
    "tests/test_bad_inputs",
    "agrees_with_brute_force",
)
OURS = ("OPENBLAS_", "GOTO_", "OMP_", "MKL_", "BLIS_", "NVPL_", "NUMBA_", "NPY_", "PYTEST_", "KERNELS_")
FEW, SAID, SHAKE = "KERNELS_FEW", "KERNELS_SAID", "KERNELS_SHAKE"  # what a run's process is told


@dataclass(frozen=True)
class Processor:
    """A processor to take this one for.

    Attributes:
        numba: its name in LLVM, which knows what it can; "" for this machine's own.
        needs: the flags of /proc/cpuinfo without which its instructions end the process.
        wide: whether NumPy may use what this machine has beyond its baseline: "all", "avx2", or "" for nothing.
        shaken: whether the results of BLAS and LAPACK are bent.
    """

    numba: str
    needs: tuple[str, ...] = ()
    wide: str = ""
    shaken: bool = False


AVX2 = ("avx2", "fma", "bmi1", "bmi2", "f16c", "movbe", "abm")
AVX512 = (*AVX2, "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")
PROCESSORS = {
    "Haswell": Processor("haswell", AVX2, "avx2"),
    "SkylakeX": Processor("skylake-avx512", AVX512, "all"),
    "Zen": Processor("znver1", (*AVX2, "adx", "clzero", "sse4a", "sha_ni"), "avx2"),
    "Sandybridge": Processor("sandybridge", ("avx",)),
    "Nehalem": Processor("nehalem", ("sse4_2", "popcnt")),
    "Prescott": Processor("x86-64", ("pni",)),
    "Shaken": Processor("", wide="all", shaken=True),
}
THREADS = (1, 4)


@dataclass(frozen=True)
class Run:
    """A processor and how many threads BLAS has; written Nehalem:1."""

    processor: str
    threads: int

    def __str__(self) -> str:
        return f"{self.processor}:{self.threads}"

    @classmethod
    def of(cls, text: str) -> Run:
        """The run of that name.

        >>> Run.of("nehalem:4")
        Run(processor='Nehalem', threads=4)
        """
        name, _, threads = text.strip().partition(":")
        known = next((processor for processor in PROCESSORS if processor.lower() == name.lower()), None)
        if known is None or not re.fullmatch("[1-9][0-9]?", threads or "1"):
            raise ValueError(
                f"{text!r} is no run; a run is one of {', '.join(PROCESSORS)}, a colon and the threads: Nehalem:4."
            )
        return cls(known, int(threads or 1))


@dataclass
class Outcome:
    """What came of a run; `skipped` says why it was not made, `failed` names tests, and `says` is what a broken run printed."""

    run: Run
    skipped: str = ""
    kernels: str = ""
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    says: str = ""
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.failed and not self.says

    def __str__(self) -> str:
        if self.skipped:
            return f"{self.run!s:14} skipped: {self.skipped}"
        broken = "did not end well, " if self.says else ""
        return f"{self.run!s:14} {self.kernels}: {broken}{self.passed} passed, {len(self.failed)} failed, {self.seconds:.0f} s"


def flags_here(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """What this processor can do, in Linux' words; nothing where there is no telling."""
    try:
        found = re.search(r"^flags\s*:(.*)$", cpuinfo.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return frozenset()
    return frozenset(found[1].split() if found else ())


def lacking(run: Run, flags: frozenset[str]) -> str:
    """Why a run cannot be made here, or ""."""
    if PROCESSORS[run.processor].needs and not flags:
        return "there is no telling what this processor can do"
    missing = [flag for flag in PROCESSORS[run.processor].needs if flag not in flags]
    return f"no {' '.join(missing)} here" if missing else ""


def environment(run: Run, dispatched: Iterable[str], folder: str, few: bool = False) -> dict[str, str]:
    """The environment of a run's process: nothing of this one's own about processors and threads, and a place for what it says.

    Args:
        run: the run.
        dispatched: the names of what NumPy may use beyond its baseline, here.
        folder: an empty one.
        few: whether tests that take long are left out.
    """
    processor = PROCESSORS[run.processor]
    without = {
        "all": [],
        "avx2": [name for name in dispatched if re.search("AVX512|V4", name)],
        "": list(dispatched),
    }[processor.wide]
    own = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    own |= {"OPENBLAS_NUM_THREADS": str(run.threads), "NUMBA_CACHE_DIR": f"{folder}/numba"}
    own |= {SAID: f"{folder}/said.json"} | ({FEW: "1"} if few else {})
    if processor.shaken:
        return own | {SHAKE: str(run.threads)}
    own |= {"OPENBLAS_CORETYPE": run.processor, "NUMBA_CPU_NAME": processor.numba, "NUMBA_CPU_FEATURES": ""}
    return own | ({"NPY_DISABLE_CPU_FEATURES": " ".join(without)} if without else {})


def dispatched_here() -> list[str]:
    """What NumPy uses beyond its baseline on this machine."""
    code = (
        "from numpy._core import _multiarray_umath as m\n"
        "print(*[name for name in m.__cpu_dispatch__ if m.__cpu_features__.get(name)])"
    )
    own = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return subprocess.run(
        [sys.executable, "-c", code], env=own, capture_output=True, text=True, check=True
    ).stdout.split()


def made(
    run: Run, paths: Sequence[str], flags: frozenset[str], dispatched: Iterable[str], few: bool, keep: str | None
) -> Outcome:
    """The run, made; all that it printed goes into a file in `keep`."""
    if why := lacking(run, flags):
        return Outcome(run, skipped=why)
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.kernels", "-p", "no:cacheprovider", "-p", "no:xdist"]
    own = partial(environment, run, dispatched, few=few)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*command, *paths], cwd=ROOT, env=own(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said = Path(folder) / "said.json"
        found = json.loads(said.read_text(encoding="utf-8")) if said.exists() else {}
    text = done.stdout.decode(errors="replace")
    outcome = Outcome(run, seconds=time.monotonic() - began, **found)
    if keep:
        (Path(keep) / f"{run.processor}-{run.threads}.txt").write_text(text, encoding="utf-8")
    if done.returncode < 0:
        outcome.says = f"{signal.Signals(-done.returncode).name}\n{text[-2000:]}"
    elif done.returncode != (1 if outcome.failed else 0) or not found:
        outcome.says = text[-2000:]
    return outcome


# --- in the process of a run ------------------------------------------------------------------------------------------


def shake(seed: int, replace: Callable[[Any, str, Any], None] = setattr) -> None:
    """Bend what comes from BLAS and LAPACK by up to two of its last digits, the same for the same shape, and turn signs over.

    By shape alone: what is multiplied by a power of two, or asked for again, comes out as before, as it does on any machine.
    """
    import numpy as np
    from scipy.sparse import _base

    def noise(shape: tuple[int, ...]) -> Any:
        rng = np.random.default_rng([seed, *shape])
        return 1 + np.finfo(float).eps * rng.integers(-2, 3, shape)

    def signs(n: int) -> Any:
        return np.random.default_rng([seed, n]).choice([-1.0, 1.0], n)

    def bent(value: Any) -> Any:
        known = isinstance(value, np.ndarray) and value.dtype == np.float64 and value.ndim == 2
        return value * noise(value.shape) if known else value

    svd, eigh, dot, times = np.linalg.svd, np.linalg.eigh, np.dot, _base._spbase.__matmul__

    def shaken_svd(a: Any, *args: Any, **options: Any) -> Any:
        U, S, Vt = svd(a, *args, **options)
        turn = signs(len(S))
        if U.shape[1] == Vt.shape[0] == len(S):
            U, Vt = U * turn, Vt * turn[:, None]
        return bent(U), S * noise(S.shape), bent(Vt)

    def shaken_eigh(a: Any, *args: Any, **options: Any) -> Any:
        values, vectors = eigh(a, *args, **options)
        return values * noise(values.shape), bent(vectors * signs(len(values)))

    def shaken_product(self: Any, other: Any) -> Any:
        value = times(self, other)  # rows by themselves, so the noise is the column's
        known = isinstance(value, np.ndarray) and value.dtype == np.float64 and value.ndim == 2
        return value * noise(value.shape[1:]) if known else value

    replace(np.linalg, "svd", shaken_svd)
    replace(np.linalg, "eigh", shaken_eigh)
    replace(np, "dot", lambda *args, **options: bent(dot(*args, **options)))
    replace(_base._spbase, "__matmul__", shaken_product)


def pytest_configure(config: Any) -> None:
    """Have as many threads as were asked for, where the machine has fewer processors too; shake, if so told; and listen."""
    import scipy.linalg  # noqa: F401 - brings SciPy's BLAS beside NumPy's
    from threadpoolctl import threadpool_limits

    threadpool_limits(int(os.environ["OPENBLAS_NUM_THREADS"]), "blas")
    if seed := os.environ.get(SHAKE):
        shake(int(seed))
    config.pluginmanager.register(Listener(), "listener")


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Leave out the bad inputs that are files and tables, and with `--few` what takes long."""

    def wanted(item: Any) -> bool:
        line = re.search(r"test_bad_inputs\.py::test_line\[line (\d+)", item.nodeid)
        long = FEW in os.environ and any(part in item.nodeid for part in LONG)
        return not long and (line is None or int(line[1]) in BAD_MATRICES)

    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])
    items[:] = [item for item in items if wanted(item)]


class Listener:
    """What a run's process tells of itself."""

    def __init__(self) -> None:
        self.passed, self.failed = 0, list[str]()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A test is over, or a part of it."""
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed += 1

    def pytest_sessionfinish(self) -> None:
        """All are over."""
        said = {"passed": self.passed, "failed": sorted(set(self.failed)), "kernels": kernels_here()}
        Path(os.environ[SAID]).write_text(json.dumps(said), encoding="utf-8")


def kernels_here() -> str:
    """What this process computed with."""
    import numpy as np
    from numpy._core import _multiarray_umath as umath
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    whose = {pool["filepath"]: "SciPy" if "scipy.libs" in pool["filepath"] else "NumPy" for pool in pools}
    told = [f"{whose[p['filepath']]} {p.get('architecture', p['internal_api'])}×{p['num_threads']}" for p in pools]
    wide = [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__.get(name)]
    own = os.environ.get("NUMBA_CPU_NAME", "this machine's")
    bent = ", shaken" if SHAKE in os.environ else ""
    return f"{', '.join(sorted(told))}{bent}; NumPy {np.__version__} {'+'.join(wide) or 'baseline'}; numba {own}"


# --- the command ------------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("tests", nargs="*", help="these instead of all numeric ones")
    ask.add_argument("--only", help="these runs, such as Haswell:1,Nehalem:4")
    ask.add_argument("--few", action="store_true", help="without the tests that take longest")
    ask.add_argument("--together", type=int, default=1, help="how many runs at a time")
    ask.add_argument("--keep", help="a folder for all that the runs print")
    told = ask.parse_args(arguments)
    try:
        runs = [Run.of(text) for text in told.only.split(",")] if told.only else every_run()
    except ValueError as error:
        ask.error(str(error))
    flags, dispatched, good = flags_here(), dispatched_here(), True
    with ThreadPoolExecutor(max(1, told.together)) as pool:
        for outcome in pool.map(
            lambda run: made(run, told.tests or NUMERIC, flags, dispatched, told.few, told.keep), runs
        ):
            good &= outcome.good
            lines = [str(outcome), *(f"    {name}" for name in outcome.failed), outcome.says]
            sys.stdout.write("\n".join(line for line in lines if line) + "\n")
            sys.stdout.flush()
    return 0 if good else 1


def every_run() -> list[Run]:
    """Every processor, with one thread and with several."""
    return [Run(name, threads) for name in PROCESSORS for threads in THREADS]


if __name__ == "__main__":
    sys.exit(main())
