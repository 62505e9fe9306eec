"""Hostile files for every reader: `python -m tests.fuzz [--minutes 10] [--seed N] [--case K]`.

Files that are right are bent as files break: bytes flipped, cut off, spliced, lengths that lie, cells and JSON values replaced,
members of zip files changed and packed again. Each goes through every door that takes a file. Nothing but an NmfError or a sound
result may come out, in little time and memory. What fails is written to a file that is named; `--case` repeats one case here.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import select
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nmf_core.data.assemble import DUPLICATE_RULES, LARGEST_RATING
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.export import open_capsule
from nmf_core.formats.native_parquet import read_own, to_parquet
from nmf_core.formats.registry import FORMATS
from nmf_core.reading.items import looks_like_items, read_items
from nmf_core.reading.layouts import LAYOUTS
from nmf_core.reading.read import Preview, preview_ratings, read_ratings
from nmf_core.reading.totals import TOTALS
from tests.bent_files import bent, seeds, written

SECONDS = 20  # of processors, for all doors together; a case takes milliseconds
STUCK = 300  # seconds by the clock, after which a child is given up: a slow and busy machine may take one to begin
MEMORY = 700_000_000  # bytes above what the readers need at rest
BATCH = 2_000  # cases of one child, so that what one leaves behind does not pile up


# --- what is done with them -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A file and how it is read; the same for the same seed and number."""

    data: bytes
    name: str
    options: dict[str, Any]
    as_path: bool

    @classmethod
    def of(cls, seed: int, number: int) -> Case:
        """The case with a number."""
        rng = random.Random(f"{seed} {number}")
        name = rng.choice(list(seeds()))
        data = bent(seeds()[name], rng)
        if rng.random() < 0.2:
            name = rng.choice((*seeds(), "a", "", "x.zip", "../\u202ex.csv", "<b>.parquet", "x" * 300 + ".json"))
        return cls(data, name, options(rng), rng.random() < 0.3)


def options(rng: random.Random) -> dict[str, Any]:
    """Keywords of `read_ratings`, mostly left alone."""
    headers = ("user", "item", "rating", "each row", "column 1", "x", "", 1, 2, 3, 0, True, None)
    every: dict[str, tuple[Any, ...]] = {
        "format": ("auto", *FORMATS),
        "zeros": ("auto", "unrated", "rating"),
        "duplicates": DUPLICATE_RULES,
        "scale": (None, (1, 5), (0, 10), (0.0, 1.0), (5, 1), (float("nan"), 1)),
        "layout": ("auto", *LAYOUTS),
        "columns": (None, {}, {role: rng.choice(headers) for role in ("user", "item", "rating")}, {"who": "user"}),
        "decimal": ("auto", ",", "."),
        "totals": ("auto", *TOTALS),
        "negative": ("auto", "shift", "blank"),
        "skip": (None, (), ["user"], [1, 2], ["x", 9]),
        "sheet": (None, "Sheet1", "Old"),
        "encoding": (None, "cp1251", "cp932", "klingon"),
    }
    return {key: rng.choice(values) for key, values in every.items() if rng.random() < 0.25}


def tried(case: Case) -> None:
    """Every door; an AssertionError, or what else came out of one, where it is neither an NmfError nor a sound result."""
    data, name, how = case.data, case.name, case.options
    ratings = _or_refused(lambda: read_ratings(data, name=name, **how))
    if ratings is not None:
        _check_ratings(ratings)
        if ratings.n_ratings < 500:
            again = io.BytesIO(written(lambda file: to_parquet(ratings, file)))
            assert read_own(again).fingerprint == ratings.fingerprint, "other ratings come back than were kept"
    if case.as_path and data and name and "/" not in name and len(name) < 100:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            same = _or_refused(lambda: read_ratings(path, **how))
            too_large = ratings is None and "unpacked" in str(preview_ratings(data, name=name, **how).error)
            assert too_large or (same is None) == (ratings is None), "a path is read otherwise than its bytes"
            assert same is None or ratings is None or same.fingerprint == ratings.fingerprint, "a path gives others"
    _check_preview(preview_ratings(data, name=name, **how))
    looked = looks_like_items(data, name)
    assert isinstance(looked, bool)
    items = _or_refused(lambda: read_items(data, name=name))
    if items is not None:
        assert items.index.is_unique and len(items), "items without an id of their own"
        _check_text([*items.index, *items.columns, *items.astype(str).to_numpy().ravel().tolist()])
    opened = _or_refused(lambda: open_capsule(data))
    if opened is not None:
        _check_ratings(opened[0])


def _or_refused(door: Callable[[], Any]) -> Any:
    """What a door gives; None where it says why not."""
    try:
        return door()
    except NmfError as error:
        _check_error(error)
        return None


def _check_error(error: NmfError) -> None:
    """A sentence that a page can show."""
    text = str(error)
    assert 20 < len(text) < 2_000, f"an error of {len(text)} characters: {text[:200]!r}"
    assert text.rstrip("'\")").endswith((".", "?")), f"no sentence: {text!r}"
    _check_text([text])


def _check_text(texts: list[Any]) -> None:
    """Text that can be sent to a browser."""
    for text in texts:
        str(text).encode()


def _check_ratings(ratings: Ratings) -> None:
    """What `Ratings` promises."""
    V = ratings.V
    assert V.shape == (len(ratings.users), len(ratings.items)) and V.nnz > 0 and V.dtype == np.float32
    assert V.has_canonical_format and ((V.data >= 0) & (V.data <= LARGEST_RATING)).all()
    assert ratings.users.is_unique and ratings.items.is_unique
    assert not {"", " "} & {*ratings.users, *ratings.items}
    assert len(ratings.fingerprint) == 64 and ratings.scale[0] < ratings.scale[1]
    assert ratings.item_info is None or len(ratings.item_info) == ratings.n_items
    _check_text([*ratings.users, *ratings.items, *ratings.notes])


def _check_preview(found: Preview) -> None:
    """A preview that can be shown: ratings, or an error."""
    assert (found.ratings is None) == (found.error is not None)
    if found.error is not None:
        _check_error(found.error)
    if found.ratings is not None:
        _check_ratings(found.ratings)
    _check_text([found.name, *found.head.columns, *found.head.to_numpy().ravel().tolist()])
    _check_text([text for q in found.questions for text in (*q.choice, q.reason, *q.options)])


# --- children that try them -------------------------------------------------------------------------------------------


def peak() -> int:
    """The most bytes of memory that this process has held since it was last asked; 0 where a system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    most = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    Path("/proc/self/clear_refs").write_text("5")
    return int(most.split()[1]) * 1024


def child(seed: int, first: int, count: int) -> Iterator[tuple[int, str]]:
    """Number of each case, and what was wrong with it, or ""."""
    peak()
    rest = peak()
    for number in range(first, first + count):
        case, wrong = Case.of(seed, number), ""
        peak()
        began = time.process_time()
        try:
            tried(case)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a panic of Rust's is no Exception
            wrong = "".join(traceback.format_exception(error))
        seconds, memory = time.process_time() - began, peak() - rest
        if not wrong and seconds > SECONDS:
            wrong = f"it took {seconds:.1f} seconds"
        if not wrong and memory > MEMORY:
            wrong = f"it took {memory // 1_000_000} MB"
        yield number, wrong


def run(seed: int, count: int, *, until: float = float("inf")) -> tuple[int, dict[str, int]]:
    """Try cases 0 to `count`, or as many as there is time for, in children.

    Returns:
        How many were tried, and what went wrong → the number of the first case in which it did.
    """
    number, found = 0, dict[str, int]()
    while number < count and time.monotonic() < until:
        command = [sys.executable, "-W", "error", "-m", "tests.fuzz", "--seed", str(seed), "--child"]
        process = subprocess.Popen(
            [*command, str(number), str(min(BATCH, count - number))],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        with process:
            assert process.stdout is not None
            while True:
                ready = select.select([process.stdout], [], [], STUCK)[0]
                line = process.stdout.readline() if ready else b""
                if not line:
                    break
                number, wrong = json.loads(line)
                number += 1
                if wrong:
                    found.setdefault(_signature(wrong), number - 1)
                if time.monotonic() > until:
                    break
            if ready and line:
                process.kill()
            elif not ready or process.wait() != 0:
                process.kill()
                found.setdefault(f"case {number} ended its process ({process.wait()}) or took {STUCK} seconds", number)
                number += 1
    return number, found


def _signature(wrong: str) -> str:
    """The end of what went wrong, by which two of a kind are known."""
    lines = wrong.strip().splitlines()
    frames = [line.strip() for line in lines if line.strip().startswith("File ")]
    return "\n  ".join([lines[-1][:300], *frames[-3:]])


def main() -> None:
    """The command."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--minutes", type=float, default=10)
    ask.add_argument("--seed", type=int, default=None, help="else one is drawn, and told")
    ask.add_argument("--case", type=int, help="try this one here, with its traceback")
    ask.add_argument("--child", type=int, nargs=2, help=argparse.SUPPRESS)
    told = ask.parse_args()
    seed = random.SystemRandom().randrange(10**6) if told.seed is None else told.seed
    if told.child:
        for answer in child(seed, *told.child):
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
        return
    if told.case is not None:
        case = Case.of(seed, told.case)
        sys.stdout.write(f"{case.name!r}, {case.options}, {len(case.data)} bytes: {case.data[:300]!r}\n")
        tried(case)
        return
    sys.stdout.write(f"seed {seed}\n")
    sys.stdout.flush()
    number, found = run(seed, 10**9, until=time.monotonic() + 60 * told.minutes)
    for wrong, first in found.items():
        handle, file = tempfile.mkstemp(prefix=f"fuzz-{seed}-{first}-", suffix=".bin")
        with os.fdopen(handle, "wb") as out:
            out.write(Case.of(seed, first).data)
        sys.stdout.write(f"\n{wrong}\n  {file}; again: python -m tests.fuzz --seed {seed} --case {first}\n")
    sys.stdout.write(f"\n{number} files tried with seed {seed}; {len(found)} kinds of failure\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
