"""Files of every kind that can be read, and the ways in which files break: `bent`."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from nmf_core import datasets, factorize
from nmf_core.data.ratings import Ratings
from nmf_core.export import capsule
from nmf_core.formats import native_parquet
from nmf_core.formats.native_parquet import to_parquet
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


def written(write: Callable[[io.BytesIO], object]) -> bytes:
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
        "a.xlsx": written(lambda file: FRAME.to_excel(file, index=False)),
        "grid.xlsx": written(lambda file: FRAME.pivot(index="user", columns="item", values="rating").to_excel(file)),
        "club.xlsx": book(Old=(GRID_ROWS, (3, 2)), Sheet1=[["Our club"], *PIVOT, [], ["Source: us"]]),
        "a.parquet": written(lambda file: FRAME.to_parquet(file)),
        "own.parquet": written(lambda file: to_parquet(ratings, file)),
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
    return written(
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
    return written(lambda file: pyarrow.parquet.write_table(table.replace_schema_metadata(signed), file))


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
