"""Reading ratings, beside the ordinary way: `python -m benchmarks.reading [--ratings 10m,1m,100k] [--turns 3] [--beside DIR]`.

A long table of 70,000 users × 10,000 items with text ids is written as CSV: plainly, with quotes, with a further column, with
CRLF; and as Parquet. Each reading has a process of its own, in turns, after one of each that is not counted. Seconds are
those of the call, imports of `nmf_core`, pandas and SciPy left out (what a reader imports only when it is needed counts);
memory is the peak during it and what is held after it, beyond what was held before, beside the arrays of the result. The
ordinary way is `pandas.read_csv`, a `factorize` of each id and `csr_matrix`, as it comes and with `dtype=str` for ids. Linux
only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.random import PCG64, Generator
from scipy import sparse

from nmf_core import preview_ratings, read_ratings

USERS, ITEMS = 70_000, 10_000
SIZES = {"100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}
FILES = {
    "plain.csv": "CSV",
    "quoted.csv": "CSV, ids in quotes",
    "times.csv": "CSV with timestamps",
    "crlf.csv": "CSV with CRLF",
    "plain.parquet": "Parquet",
}
BARS = "bars: 10M from a path and from bytes: half the ordinary time, 2 × the arrays + 500 MB; 100k: 0.5 s"


def planted(n_ratings: int, seed: int = 0, *, n_users: int = USERS, n_items: int = ITEMS) -> pa.Table:
    """A long table of different cells in random order: few items have many ratings; half stars."""
    rng = Generator(PCG64(seed))
    cells = np.zeros(0, dtype=np.int64)
    while len(cells) < n_ratings:
        count = n_ratings - len(cells) + n_ratings // 10
        popular = (n_items * rng.random(count) ** 3).astype(np.int64)
        cells = np.unique(np.concatenate([cells, rng.integers(0, n_users, count) * n_items + popular]))
    cells = rng.permutation(cells)[:n_ratings]
    users = pa.array([f"user{k:06d}" for k in range(n_users)])
    items = pa.array([f"item{k:05d}" for k in range(n_items)])
    return pa.table(
        {
            "user": users.take(pa.array(cells // n_items)),
            "item": items.take(pa.array(cells % n_items)),
            "rating": rng.integers(1, 11, n_ratings) / 2,
        }
    )


def write(table: pa.Table, folder: Path) -> None:
    """The table as each of `FILES`."""
    plain = pa.csv.WriteOptions(quoting_style="none")
    times = pa.array(np.arange(table.num_rows) * 7 % 100_000_000 + 1_500_000_000)
    pa.csv.write_csv(table, folder / "plain.csv", plain)
    pa.csv.write_csv(table, folder / "quoted.csv", pa.csv.WriteOptions(quoting_style="needed"))
    pa.csv.write_csv(table.append_column("timestamp", times), folder / "times.csv", plain)
    with (folder / "plain.csv").open("rb") as lines, (folder / "crlf.csv").open("wb") as file:
        while piece := lines.read(1 << 24):
            file.write(piece.replace(b"\n", b"\r\n"))
    pa.parquet.write_table(table, folder / "plain.parquet")


# --- the ways ---------------------------------------------------------------------------------------------------------

Read = tuple[sparse.csr_array | sparse.csr_matrix, pd.Index, pd.Index]


def ours(source: object) -> Read:
    """By `read_ratings`, from a path or bytes."""
    ratings = read_ratings(source)
    return ratings.V, ratings.users, ratings.items


def ordinary(path: Path, dtype: dict[str, type] | None = None) -> Read:
    """As one writes it by hand."""
    frame = pd.read_csv(path, dtype=dtype)
    u, users = pd.factorize(frame["user"])
    i, items = pd.factorize(frame["item"])
    return sparse.csr_matrix((frame["rating"], (u, i)), shape=(len(users), len(items))), users, items


def whole(path: Path) -> bytes:
    """What our second way is given: its bytes are there before it begins."""
    return path.read_bytes()


# Each way: what is made of the path before the clock starts, and what is measured.
WAYS: dict[str, tuple[Callable[[Path], Any], Callable[[Any], Read]]] = {
    "path": (Path, ours),
    "bytes": (whole, ours),
    "pandas": (Path, ordinary),
    "pandas, ids as str": (Path, partial(ordinary, dtype={"user": str, "item": str})),
}


def digest(read: Read) -> str:
    """The same for the same ids and matrix, whatever its types."""
    V, users, items = read
    V = sparse.csr_array(V)
    V.sort_indices()
    found = hashlib.sha256("\n".join([*map(str, users), "", *map(str, items)]).encode())
    for array, kind in ((V.indptr, np.int64), (V.indices, np.int64), (V.data, np.float32)):
        found.update(np.ascontiguousarray(array, dtype=kind).tobytes())
    return found.hexdigest()


def arrays_megabytes(read: Read) -> float:
    """MB of the matrix and the ids."""
    V, users, items = read
    ids = sum(index.memory_usage(deep=True) for index in (users, items))
    return float(V.data.nbytes + V.indices.nbytes + V.indptr.nbytes + ids) / 1e6


# --- measuring --------------------------------------------------------------------------------------------------------


def held(field: str) -> int:
    """Bytes of memory that this process holds (VmRSS), or has held at most (VmHWM)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return 1024 * int(line.split()[1])


def measure(way: str, path: Path) -> dict[str, Any]:
    """One reading in this process: seconds, MB at the peak and afterwards, MB of its arrays, and what was read."""
    prepare, read = WAYS[way]
    source = prepare(path)
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before, start = held("VmRSS"), time.perf_counter()
    found = read(source)
    seconds = time.perf_counter() - start
    peak, after = (held("VmHWM") - before) / 1e6, (held("VmRSS") - before) / 1e6
    return {
        "seconds": seconds,
        "peak": peak,
        "after": after,
        "arrays": arrays_megabytes(found),
        "digest": digest(found),
    }


def apart(way: str, path: Path, checkout: Path | None = None) -> dict[str, Any]:
    """`measure` in a process of its own, by the code of another checkout where one is given."""
    code = "import gc, json, sys; from pathlib import Path; from benchmarks import reading"
    code += "; gc.collect()"  # what importing left behind is not to be collected in the middle of the first reading
    code += "; print(json.dumps(reading.measure(sys.argv[1], Path(sys.argv[2]))))"
    command = [sys.executable, "-c", code, way, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=checkout)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def report(name: str, folder: Path, turns: int) -> list[str]:
    """The lines on one size; the machine's own readings lie in `folder`."""
    cases = [("plain.csv", way) for way in WAYS] + [(file, "path") for file in FILES if file != "plain.csv"]
    taken: dict[tuple[str, str], list[dict[str, Any]]] = {case: [] for case in cases}
    for turn in range(turns + 1):
        for file, way in cases:
            found = apart(way, folder / file)
            if turn:
                taken[file, way].append(found)
    same = len({one["digest"] for all_turns in taken.values() for one in all_turns}) == 1
    base = statistics.median(one["seconds"] for one in taken["plain.csv", "pandas"])
    said = "all read the same" if same else "THEY DIFFER"
    lines = [f"{name} ratings, {(folder / 'plain.csv').stat().st_size / 1e6:.0f} MB as plain CSV: {said}"]
    for (file, way), found in taken.items():
        seconds = [one["seconds"] for one in found]
        middle, peak, after = (statistics.median(one[key] for one in found) for key in ("seconds", "peak", "after"))
        lines.append(
            f"  {FILES[file]:20} {way:19} {middle:6.2f} s ({min(seconds):.2f}–{max(seconds):.2f}), {middle / base:4.2f} of "
            f"pandas; peak {peak:4.0f} MB, afterwards {after:.0f}, arrays {found[0]['arrays']:.0f}"
        )
    return lines


def beside(name: str, folder: Path, turns: int, checkout: Path) -> list[str]:
    """The lines on one size, by another checkout and by this one in turn: the machine changes more than the code does."""
    lines = [f"{name} ratings, by {checkout} and by this"]
    for file in ("plain.csv", "times.csv", "plain.parquet"):
        both: list[list[dict[str, Any]]] = [[], []]
        for turn in range(turns + 1):
            for found, where in zip(both, (checkout, None), strict=True):
                one = apart("path", folder / file, where)
                if turn:
                    found.append(one)
        seconds, peaks = (
            [statistics.median(one[key] for one in found) for found in both] for key in ("seconds", "peak")
        )
        lines.append(
            f"  {FILES[file]:20} {seconds[0]:5.2f} and {seconds[1]:5.2f} s, ratio {seconds[1] / seconds[0]:.2f}; "
            f"peak {peaks[0]:.0f} and {peaks[1]:.0f} MB"
        )
    return lines


def many_columns(n: int) -> list[bytes]:
    """Texts of so many columns that are no ratings, in three shapes."""
    shapes = ("user" + "," * n + "\nann" + "," * n, "::".join("ab" * (n // 2)) + "\n", "id," + "x," * n + "\n")
    return [shape.encode() for shape in shapes]


def columns() -> None:
    """What a refusal of thousands of columns takes, and how that grows with them: 4 times for 4 times as many is linear."""
    taken = {}
    for n in (4_000, 16_000):
        began = time.process_time()
        for text in many_columns(n):
            preview_ratings(text)
        taken[n] = time.process_time() - began
    few, many = taken.values()
    print(f"4,000 columns {few:.2f} s, 16,000 columns {many:.2f} s: {many / few:.1f} times as long")


def main() -> None:
    """Write the files, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ratings", default="10m,1m,100k", help=f"sizes, of {', '.join(SIZES)}")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--columns", action="store_true", help="what thousands of columns take, and nothing else")
    parser.add_argument("--beside", type=Path, help="another checkout, which reads in turn with this one; nothing else")
    asked = parser.parse_args()
    if asked.columns:
        columns()
        return
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "pyarrow"))
    print(f"{platform.system()}, Python {platform.python_version()}; {packages}; medians of {asked.turns} turns")
    print(BARS)
    for name in asked.ratings.split(","):
        with tempfile.TemporaryDirectory() as folder:
            write(planted(SIZES[name]), Path(folder))
            args = (name, Path(folder), asked.turns)
            lines = report(*args) if asked.beside is None else beside(*args, asked.beside.resolve())
            print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
