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
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from nmf_core import datasets, factorize
from nmf_core.data.assemble import DUPLICATE_RULES, LARGEST_RATING
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.export import capsule, open_capsule
from nmf_core.formats import native_parquet
from nmf_core.formats.native_parquet import read_own, to_parquet
from nmf_core.formats.registry import FORMATS
from nmf_core.reading.items import looks_like_items, read_items
from nmf_core.reading.read import Preview, preview_ratings, read_ratings
from nmf_core.reading.readings import LAYOUTS
from nmf_core.reading.totals import TOTALS
from tests.formats.test_json import LAYOUTS as JSON_LAYOUTS
from tests.formats.test_movielens import (
    LATEST,
    ML_1M,
    ML_100K,
    MOVIES_CSV,
    MOVIES_DAT,
    RATINGS_DAT,
    U_DATA,
    U_ITEM,
    zipped,
)
from tests.formats.test_workbooks import GRID as GRID_ROWS
from tests.formats.test_workbooks import PIVOT, book

LARGEST_INPUT = 1_000_000  # bytes
SECONDS = 20  # of processors, for all doors together; a case takes milliseconds
STUCK = 60  # seconds by the clock, after which a child is given up
MEMORY = 700_000_000  # bytes above what the readers need at rest
BATCH = 2_000  # cases of one child, so that what one leaves behind does not pile up

CSV = "user,item,rating\nann,Alien,5\nann,Heat,3.5\nbob,007,4\nbob,NA,0\n"
GRID = "user,Alien,Heat,007\nann,5,,3.5\nbob,,4,0\n"
FRAME = pd.DataFrame({"user": ["ann", "ann", "bob"], "item": ["Alien", "Heat", "007"], "rating": [5.0, 3.5, 4.0]})
TOKENS = (
    *('"', '""', "'", ",", ";", "\t", "|", "::", "\n", "\r", "\r\n", "\0", "\ufeff", "\u202e", "\ud800", "\ufffe", "�"),
    *(
        "=1+1",
        "@x",
        "'=x",
        "nan",
        "NA",
        "null",
        "None",
        "inf",
        "-inf",
        "-0",
        "-1",
        "0x10",
        "1_000",
        "٤",
        "true",
        "1e400",
    ),
    *("1e308", "5e-324", "1e-16", "1.234,5", "1,234", "4,5", "9" * 400, "9" * 5000, "0." + "0" * 400 + "1", "1e", "."),
    *(
        "user",
        "item",
        "rating",
        "movieId",
        "title",
        "genres",
        "year",
        "timestamp",
        "sep=;\n",
        "{",
        "}",
        "[",
        "]",
        "[[" * 3000,
    ),
    *(
        '{"a":' * 3000,
        "<html>",
        "PK\x03\x04",
        "PAR1",
        "../../x",
        "é",
        "🎬",
        " ",
        "\u00a0",
        "\x1f",
        "\x85",
        "x" * 140_000,
    ),
)


def _written(write: Callable[[io.BytesIO], object]) -> bytes:
    """What is written into a file."""
    file = io.BytesIO()
    write(file)
    return file.getvalue()


@cache
def seeds() -> dict[str, bytes]:
    """File name → a file that can be read."""
    ratings = datasets.notebook()
    info = pd.DataFrame(
        {"title": ["Alien", "Heat", "Ran", "Emma"], "year": [1979, 1995, 1985, 2020]}, index=ratings.items
    )
    ratings = Ratings(ratings.V, ratings.users, ratings.items, ratings.scale, info, ("a note",))
    quoted = 'user,item,rating\n"ann, the ""first""","a\nb",5\n"bob",x,"4"\n'
    files: dict[str, Any] = {
        "a.csv": CSV,
        "grid.csv": GRID,
        "down.csv": "movie,ann,bob\nAlien,5,\nHeat,3,4\n",
        "quoted.csv": quoted,
        "semicolons.csv": CSV.replace(",", ";").replace("3.5", "3,5"),
        "a.tsv": CSV.replace(",", "\t"),
        "wide.txt": CSV.encode("utf-16"),
        "wider.txt": CSV.encode("utf-32"),
        "old.csv": CSV.replace("Alien", "Misérables").encode("latin-1"),
        "none.csv": CSV.partition("\n")[2],
        "a.xlsx": _written(lambda file: FRAME.to_excel(file, index=False)),
        "grid.xlsx": _written(lambda file: FRAME.pivot(index="user", columns="item", values="rating").to_excel(file)),
        "club.xlsx": book(Old=(GRID_ROWS, (3, 2)), Sheet1=[["Our club"], *PIVOT, [], ["Source: us"]]),
        "a.parquet": _written(lambda file: FRAME.to_parquet(file)),
        "own.parquet": _written(lambda file: to_parquet(ratings, file)),
        "ml-100k.zip": zipped(ML_100K),
        "ml-1m.zip": zipped(ML_1M),
        "ml-latest.zip": zipped(LATEST),
        "stored.zip": zipped({"x/a.csv": CSV}, zipfile.ZIP_STORED),
        "capsule.zip": capsule(ratings, factorize(ratings, rank=2), {0: "Action"}),
        "u.data": U_DATA,
        "ratings.dat": RATINGS_DAT,
        "u.item": U_ITEM.encode("latin-1"),
        "movies.dat": MOVIES_DAT.encode("latin-1"),
        "movies.csv": MOVIES_CSV,
        "films.csv": "id;name;Genre;released\n7;Alien;Horror, Sci-Fi;1979-05-25\n8;Heat;Crime;1995\n",
    }
    for k, text in enumerate(JSON_LAYOUTS.values()):
        files[f"{k}.{'jsonl' if text.count('{') > 1 and chr(10) in text and text[0] == '{' else 'json'}"] = text
    return {name: data.encode() if isinstance(data, str) else data for name, data in files.items()}


# --- how files are bent -----------------------------------------------------------------------------------------------


def _flip(data: bytes, rng: random.Random) -> bytes:
    """Some bytes replaced."""
    changed = bytearray(data or b"x")
    for _ in range(rng.choice((1, 1, 2, 8))):
        changed[rng.randrange(len(changed))] = rng.choice((rng.randrange(256), 0, 255))
    return bytes(changed)


def _cut(data: bytes, rng: random.Random) -> bytes:
    """A piece taken out, often the end."""
    start = rng.randint(0, len(data))
    return data[:start] + data[rng.choice((len(data), rng.randint(start, len(data)))) :]


def _splice(data: bytes, rng: random.Random) -> bytes:
    """The beginning of one file, and the end of another."""
    other = rng.choice(list(seeds().values()))
    return data[: rng.randint(0, len(data))] + other[rng.randint(0, len(other)) :]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    """A piece many times over."""
    start = rng.randrange(len(data) or 1)
    piece = data[start : start + rng.choice((1, 3, 30, 300))]
    times = min(rng.choice((2, 30, 3_000, LARGEST_INPUT)), LARGEST_INPUT // (len(piece) or 1))
    return (data[:start] + piece * times + data[start:])[:LARGEST_INPUT]


def _token(data: bytes, rng: random.Random) -> bytes:
    """A text that means something to some reader put in."""
    at = rng.randint(0, len(data))
    token = rng.choice(TOKENS).encode("utf-8", "surrogatepass")
    return data[:at] + token + data[at + rng.choice((0, 0, len(token))) :]


def _cell(data: bytes, rng: random.Random) -> bytes:
    """One cell, line or word replaced, doubled or dropped."""
    mark = rng.choice((b",", b"\n", b";", b"\t", b":", b"|", b" ", b"<", b'"'))
    cells = data.split(mark)
    k = rng.randrange(len(cells))
    cells[k : k + 1] = rng.choice(
        ([], [cells[k]] * 2, [rng.choice(TOKENS).encode("utf-8", "surrogatepass")], [rng.choice(cells)], cells)
    )
    return mark.join(cells)[:LARGEST_INPUT]


def _length(data: bytes, rng: random.Random) -> bytes:
    """A number of 1 to 8 bytes replaced by one that lies; near the ends, where headers are, more often than elsewhere."""
    if len(data) < 9:
        return data
    size = rng.choice((1, 2, 4, 4, 8))
    near = rng.choice((len(data), 60, 600))
    at = rng.randrange(min(near, len(data) - size))
    at = rng.choice((at, len(data) - size - at))
    number = rng.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1, len(data), rng.randrange(2**20)))
    return data[:at] + (number % 256**size).to_bytes(size, "little") + data[at + size :]


def _varint(data: bytes, rng: random.Random) -> bytes:
    """A number as Parquet's headers have it, replaced by a large one."""
    large, at = rng.choice((2**20, 2**31 - 1, 2**35, 2**63)), rng.randrange(len(data) or 1)
    written = bytearray()
    while large > 127:
        written.append(large % 128 + 128)
        large //= 128
    return data[:at] + bytes([*written, large]) + data[at + rng.choice((1, 1, 2, len(written) + 1)) :]


def _encoding(data: bytes, rng: random.Random) -> bytes:
    """The text in another encoding, or with a mark that is not its own."""
    text = data.decode("latin-1")
    return rng.choice(
        (
            text.encode("utf-16"),
            text.encode("utf-16-be"),
            text.encode("utf-32"),
            b"\xef\xbb\xbf" + data,
            b"\xff\xfe" + data,
            b"\xfe\xff" + data,
            b"\xff\xfe\x00\x00" + data,
        )
    )


def _noise(data: bytes, rng: random.Random) -> bytes:
    """Bytes that mean nothing, perhaps behind a beginning that does."""
    return rng.choice((b"", data[:8], data[:64], b"PK\x03\x04", b"PAR1", b"user,item,rating\n")) + rng.randbytes(
        rng.choice((0, 3, 50, 3_000))
    )


def _members(data: bytes, rng: random.Random) -> bytes:
    """A zip file with one member bent, renamed, doubled or dropped, and packed again."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except Exception:  # damaged before, by another change
        return _flip(data, rng)
    k = rng.randrange(len(members) or 1)
    if not members:
        return data
    name, content = members[k]
    what = rng.random()
    if what < 0.7:
        members[k] = (name, bent(content, rng, most=2))
    elif what < 0.8:
        members[k] = (rng.choice((name.upper(), "../" + name, "a.csv", name + "\u202e", "x/" + name)), content)
    elif what < 0.9:
        members.append((rng.choice(("a.csv", "b.json", "xl/workbook.xml", "x/" + name)), content))
    else:
        del members[k]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in dict(members).items():
            archive.writestr(name, content)
    return packed.getvalue()


def _json(data: bytes, rng: random.Random) -> bytes:
    """JSON with one value replaced, at any depth."""
    try:
        root = [json.loads(data.decode("utf-8-sig"))]
    except (ValueError, RecursionError):
        return _token(data, rng)
    place: Any = root
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = rng.choice(keys)
        if isinstance(place[key], dict | list) and rng.random() < 0.7:
            place = place[key]
            continue
        place[key] = _value(rng)
        break
    return json.dumps(root[0], ensure_ascii=rng.random() < 0.7).encode("utf-8", "surrogatepass")


def _value(rng: random.Random) -> object:
    """Any JSON value, or nearly."""
    return rng.choice(
        (
            *(
                None,
                True,
                False,
                0,
                -1,
                5,
                10**30,
                1e308,
                float("nan"),
                float("inf"),
                [],
                {},
                "",
                "x",
                [1],
                [[]],
                ["a", "b"],
            ),
            *(
                {"user": "a", "item": "b", "rating": 3},
                {"a": 1},
                [{}],
                {"": {"": 1}},
                [None],
                "9" * 500,
                "\ud800",
                "4,5",
            ),
            *([{"user": 1}] * 50, {str(k): k for k in range(500)}, [[5] * 5] * 5, rng.choice(TOKENS)),
        )
    )


def _parquet(data: bytes, rng: random.Random) -> bytes:
    """A Parquet file of odd types, or what our own says of its ratings bent and signed again."""
    if rng.random() < 0.3:
        return _own(rng)
    n = rng.choice((0, 1, 3, 3, 50))
    columns = {name: _odd_column(n, rng) for name in rng.sample(("user", "item", "rating", "title", "x", ""), 3)}
    if rng.random() < 0.5:
        columns["rating"] = rng.choice((pa.array([5.0] * n), pa.array([4] * n), _odd_column(n, rng)))
    table = pa.table(columns)
    if rng.random() < 0.3:
        told = rng.choice(
            (b"{}", b"[]", b"null", b'{"index_columns": [1]}', b'{"index_columns": ["user"]}', b"\xff", b"x" * 9)
        )
        table = table.replace_schema_metadata({"pandas": told})
    return _written(
        lambda file: pyarrow.parquet.write_table(
            table, file, store_schema=rng.random() < 0.7, compression=rng.choice(("zstd", "none", "snappy"))
        )
    )


def _odd_column(n: int, rng: random.Random) -> pa.Array:
    """A column of any type that Parquet knows."""
    plain: tuple[tuple[list[object], Any], ...] = (
        (["a", "b"], pa.string()),
        ([None, "b"], pa.large_string()),
        ([b"a", b"\xff"], pa.binary()),
        ([1, 2**62], pa.int64()),
        ([1, 2**64 - 1], pa.uint64()),
        ([1, None], pa.int8()),
        ([1.5, float("nan")], pa.float64()),
        ([1.5, float("inf")], pa.float32()),
        ([-1.5, 1e300], pa.float64()),
        ([True, None], pa.bool_()),
        ([0, 10**9], pa.timestamp("ns")),
        ([0, 2**60], pa.timestamp("us", tz="UTC")),
        ([0, 2**40], pa.timestamp("s")),
        ([0, 2**31 - 1], pa.date32()),
        ([0, 86_399], pa.time32("s")),
        ([0, 2**62], pa.duration("ms")),
        ([1, None], pa.decimal128(38, 2)),
        ([None, None], pa.null()),
        ([[1], None], pa.list_(pa.int64())),
        ([{"a": 1}, None], pa.struct([("a", pa.int64())])),
        ([[("k", 1)], None], pa.map_(pa.string(), pa.int64())),
    )
    cells, kind = rng.choice(plain)
    column = pa.array([rng.choice(cells) for _ in range(n)], kind)
    if rng.random() < 0.3 and not pa.types.is_nested(kind) and not pa.types.is_null(kind):
        return column.dictionary_encode()
    return column


def _own(rng: random.Random) -> bytes:
    """Our own Parquet file with what it says of its ratings, or the ratings, bent and signed again."""

    table = pyarrow.parquet.read_table(io.BytesIO(seeds()["own.parquet"]))
    said = _json(table.schema.metadata[native_parquet.OWN], rng)
    if rng.random() < 0.3:
        rows = [rng.randrange(len(table)) for _ in range(rng.choice((0, 1, 5, 40)))]
        table = table.take(pa.array(rows, pa.int64()))
    signed = {native_parquet.OWN: said, native_parquet.DIGEST: native_parquet.hashlib.sha256(said).hexdigest().encode()}
    return _written(lambda file: pyarrow.parquet.write_table(table.replace_schema_metadata(signed), file))


CHANGES = (_flip, _cut, _splice, _repeat, _token, _cell, _length, _varint, _encoding, _noise)
OF_TEXT = (_cell, _cell, _token, _cut, _flip, _repeat, _encoding)


def bent(data: bytes, rng: random.Random, most: int = 4) -> bytes:
    """The file after one to `most` changes, among them those that its kind calls for."""
    for _ in range(rng.randint(1, most)):
        kinds: tuple[Callable[[bytes, random.Random], bytes], ...] = CHANGES
        if data[:2] == b"PK":
            kinds = (*CHANGES, *[_members] * 20)
        elif data[:4] == b"PAR1":
            kinds = (*CHANGES, *[_parquet] * 5, *[_varint] * 5, *[_length] * 5)
        elif data[:1] in (b"{", b"["):
            kinds = (*CHANGES, *[_json] * 15)
        elif b"\0" not in data[:100]:
            kinds = (*CHANGES, *OF_TEXT)
        data = rng.choice(kinds)(data, rng)[:LARGEST_INPUT]
    return data


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
            again = io.BytesIO(_written(lambda file: to_parquet(ratings, file)))
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
