"""The zip file of a capsule: its members packed, and unpacked and judged without trusting anything in it."""

from __future__ import annotations

import ast
import io
import math
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from nmf_core.errors import NmfError, shown
from nmf_core.fit.problem import Array
from nmf_core.formats.json_fields import loads

FORMAT, VERSION = "latent-lens capsule", 1
LIMIT = 1 << 30  # bytes, of the zip file and of all that is in it
MEMBERS = 64
# What Python's reader raises for bytes that are no zip file, or a damaged one.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(ValueError, OverflowError, NotImplementedError),
)
TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say: the same input gives the same bytes
# Text that unpacks to far more than was sent costs its reader, not its sender. What is written here has at most a hundred bytes of
# text for each packed one, but for a little that is all alike.
TEXT, TEXT_RATIO = 1 << 22, 100


def pack(members: dict[str, bytes]) -> bytes:
    """Members as a zip file; the same members give the same bytes.

    Raises:
        NmfError: more than `unpack` takes.
    """
    if (size := sum(map(len, members.values()))) > LIMIT:
        raise NmfError(
            f"The capsule would hold {size:,} bytes; the limit is {LIMIT:,}. Export the ratings and the tables one by one."
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, TIME)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(info, data)
    _check_text({name: len(data) for name, data in members.items()}, out.tell())
    return out.getvalue()


def is_capsule(source: bytes | Path) -> bool:
    """Whether a file's bytes, or the file at a path, look like a capsule; whether it is a good one `open_capsule` says.

    >>> from nmf_core import datasets, export, factorize
    >>> ratings = datasets.notebook()
    >>> is_capsule(export.capsule(ratings, factorize(ratings, rank=2))), is_capsule(b"PK"), is_capsule(b"user,item,rating")
    (True, False, False)
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            return {"manifest.json", "V_indptr.npy"} <= set(archive.namelist())
    except _DAMAGE:
        return False


@dataclass(frozen=True)
class Members:
    """The members of an opened zip file, each checked as it is asked for."""

    data: dict[str, bytes]

    def raw(self, name: str) -> bytes:
        """The bytes of a member."""
        if name not in self.data:
            raise refusal(name, "is missing", "A capsule has it")
        return self.data[name]

    def json(self, name: str) -> Any:
        """A member that is JSON."""
        data = self.raw(name)
        try:
            return loads(data)
        except (ValueError, RecursionError) as e:
            raise refusal(
                name, f"is no JSON that can be read ({shown(str(e))})", "It must be plain JSON in UTF-8"
            ) from e

    def array(self, name: str, kind: str, shape: tuple[int, ...]) -> NDArray:
        """A member that is an array of just this kind and shape; its header is judged before anything is allocated."""
        file = io.BytesIO(self.raw(name))
        allowed = f"It must be an array of {kind} with shape {shape}"
        try:
            if npy.read_magic(file) != (1, 0):
                raise ValueError("another version of .npy")
            length = int.from_bytes(file.getvalue()[8:10], "little")
            ast.literal_eval(
                file.getvalue()[10 : 10 + length].decode("latin-1")
            )  # NumPy would mend what Python 2 wrote
            claimed, fortran, dtype = npy.read_array_header_1_0(file)
        except (ValueError, SyntaxError, TypeError, TokenError, RecursionError, MemoryError) as e:
            raise refusal(name, f"is no .npy file that can be read ({shown(str(e))})", allowed) from e
        if dtype != np.dtype(kind) or fortran:
            raise refusal(name, f"holds {shown(str(dtype))}{' by column' if fortran else ''}", allowed)
        if claimed != shape:
            raise refusal(name, f"claims the shape {shown(claimed)}", allowed)
        wanted, there = math.prod(shape) * dtype.itemsize, len(file.getvalue()) - file.tell()
        if there != wanted:
            raise refusal(name, f"has {there:,} bytes of numbers", f"{allowed}, which takes {wanted:,}")
        return np.frombuffer(file.getvalue(), dtype=dtype, offset=file.tell()).reshape(shape).copy()

    def weights(self, name: str, shape: tuple[int, ...]) -> Array:
        """A member that is a matrix of weights."""
        array = self.array(name, "<f8", shape)
        if not np.isfinite(array).all() or (array < 0).any():
            raise refusal(
                name, "has negative or infinite weights, or some that are no number", "Weights are finite, 0 or more"
            )
        return array

    def manifest(self) -> dict[str, Any]:
        """The manifest of a version that this can read."""
        manifest = self.json("manifest.json")
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise refusal("manifest.json", "does not say that this is a capsule", f'Its "format" must be {FORMAT!r}')
        if manifest.get("version") != VERSION:
            raise refusal(
                "manifest.json",
                f"has the version {shown(manifest.get('version'))}",
                f"This library reads version {VERSION}; open it with the one that wrote it",
            )
        return manifest


def refusal(member: str, seen: str, allowed: str) -> NmfError:
    """The error for a member."""
    return NmfError(f"{member} in the capsule {seen}. {allowed}. Export the capsule again from where it was made.")


def unpack(data: bytes) -> Members:
    """The members of a zip file; sizes are bounded as declared and again as they come out."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise NmfError(
            f"The capsule is {shown(data)}; it must be the bytes of a zip file. Read the file in binary mode."
        )
    if len(data) > LIMIT:
        raise NmfError(f"The capsule has {len(data):,} bytes; the limit is {LIMIT:,}. Open a smaller one.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_directory(infos)
            _check_text({info.filename: info.file_size for info in infos}, len(data))
            left, members = LIMIT, {}
            for info in infos:
                with archive.open(info) as file:
                    members[info.filename] = file.read(left + 1)
                left -= len(members[info.filename])
                if left < 0:
                    raise _too_large(info.filename)
            return Members(members)
    except NmfError:
        raise
    except _DAMAGE as e:
        raise NmfError(
            f"The file is no capsule, or a damaged one ({shown(str(e))}); a capsule is a whole zip file. "
            "Export it again from where it was made."
        ) from e


def _check_directory(infos: list[zipfile.ZipInfo]) -> None:
    """Refuse what no capsule has before anything is unpacked."""
    names = [info.filename for info in infos]
    if len(names) > MEMBERS or len(set(names)) < len(names):
        raise NmfError(
            f"The zip file has {len(names):,} members, {len(names) - len(set(names)):,} of them under a name given twice; "
            f"a capsule has at most {MEMBERS}, each once. Open one that was exported here."
        )
    total = 0
    for info in infos:
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refusal(
                shown(info.filename), "is encrypted or packed in another way", "Members are deflated or stored"
            )
        total += info.file_size
        if total > LIMIT:
            raise _too_large(info.filename)


def _check_text(sizes: dict[str, int], packed: int) -> None:
    """Refuse more text than a capsule of so many packed bytes has, before any of it is unpacked or read."""
    limit = TEXT + TEXT_RATIO * packed
    texts = {name: size for name, size in sizes.items() if not name.endswith(".npy")}
    if sum(texts.values()) > limit:
        largest = max(texts, key=lambda name: texts[name])
        raise refusal(
            shown(largest),
            f"has {texts[largest]:,} bytes of text in a file of {packed:,}",
            f"All the text in it has at most {limit:,} bytes",
        )


def _too_large(name: str) -> NmfError:
    """The error for a capsule that would fill the memory."""
    return refusal(
        shown(name), f"makes the whole larger than {LIMIT:,} bytes", f"The members together have at most {LIMIT:,}"
    )
