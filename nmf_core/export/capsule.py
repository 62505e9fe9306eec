"""A capsule keeps ratings, fit and labels in one zip file, to be opened again with the same bits. No pickle in it.

Members: manifest.json, users.json, items.json, the observed cells as the three arrays of a CSR matrix, item_info.json, W, H
removes and size, the start if it was given as arrays, history.csv, labels.json. Arrays are .npy: that keeps every bit and leaves
hostile bytes no parser to attack. A capsule may come from anyone, so opening one trusts nothing in it.
"""

from __future__ import annotations

import ast
import io
import json
import math
import struct
import zipfile
import zlib
from dataclasses import dataclass, fields
from tokenize import TokenError
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib import format as npy
from numpy.typing import NDArray
from scipy import sparse

from nmf_core.data.assemble import LARGEST_RATING, Scale
from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError, shown
from nmf_core.export.recipe import check_same, checked_labels, penalty_numbers, versions
from nmf_core.fit.factorization import STOP_REASONS, Factorization
from nmf_core.fit.problem import Array, Blanks, Penalty
from nmf_core.fit.settings import MAX_SWEEPS, Settings
from nmf_core.formats.json_fields import ids_of, info_columns, info_of, is_finite_number, loads, notes_of, scale_of
from nmf_core.interpret.features import Labels

FORMAT, VERSION = "latent-lens capsule", 1
LIMIT = 1 << 30  # bytes, of the zip file and of all that is in it
MEMBERS = 64
# Text that unpacks to far more than was sent costs its reader, not its sender. What is written here has at most a hundred bytes of
# text for each packed one, but for a little that is all alike.
TEXT, TEXT_RATIO = 1 << 22, 100
INFO_COLUMNS, NOTES = 1_000, 1_000
TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say: the same input gives the same bytes
HISTORY = ["sweep", "objective", "kkt", "seconds"]


def capsule(ratings: Ratings, fit: Factorization, labels: Labels = None) -> bytes:
    """Ratings, fit and labels as a zip file that `open_capsule` opens; the same input gives the same bytes.

    Item metadata keep their text and number columns; of any other column the text is kept.

    Raises:
        NmfError: ratings that are not the fit's, a label of no feature, more than 1 GiB or 1,000 columns of item metadata, or
            text so much alike that whoever opens the capsule would refuse it.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> capsule(ratings, factorize(ratings, rank=2))[:2]
    b'PK'
    """
    check_same(ratings, fit)
    if ratings.item_info is not None and (n := ratings.item_info.shape[1]) > INFO_COLUMNS:
        raise NmfError(
            f"The item metadata have {n:,} columns; a capsule has at most {INFO_COLUMNS:,}. Leave out those that nobody needs."
        )
    named = None if labels is None else {str(f): name for f, name in checked_labels(labels, fit.rank).items()}
    members = {
        "manifest.json": _json(_manifest(ratings, fit)),
        "users.json": _json(ratings.users.tolist()),
        "items.json": _json(ratings.items.tolist()),
        "V_indptr.npy": _npy(ratings.V.indptr, "<i8"),
        "V_indices.npy": _npy(ratings.V.indices, "<i8"),
        "V_data.npy": _npy(ratings.V.data, "<f4"),
        "item_info.json": _json(info_columns(ratings.item_info)),
        "W.npy": _npy(fit.W, "<f8"),
        "H.npy": _npy(fit.H, "<f8"),
        "removes.npy": _npy(fit.misfit_removed, "<f8"),
        "size.npy": _npy(fit.column_scale, "<f8"),
        "history.csv": fit.history[HISTORY].to_csv(index=False, na_rep="nan", lineterminator="\n").encode(),
        "labels.json": _json(named),
    }
    if not isinstance(fit.settings.init, str):
        members |= {f"init_{name}.npy": _npy(x, "<f8") for name, x in zip("WH", fit.settings.init, strict=True)}
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


def open_capsule(data: bytes) -> tuple[Ratings, Factorization, dict[int, str] | None]:
    """Ratings, fit and labels from the bytes of a capsule, as they were, bit by bit.

    Raises:
        NmfError: no capsule, one of another version, or one that is damaged, too large or does not fit together; it names
            the member.

    >>> from nmf_core import datasets, factorize
    >>> ratings = datasets.notebook()
    >>> again, fit, labels = open_capsule(capsule(ratings, factorize(ratings, rank=2), {0: "Action"}))
    >>> again.fingerprint == ratings.fingerprint == fit.fingerprint, labels
    (True, {0: 'Action'})
    """
    members = _Members(_read(data))
    manifest = members.manifest()
    ratings = _ratings_in(members, manifest)
    fit = _fit_in(members, manifest, ratings)
    return ratings, fit, _labels_in(members, fit.rank)


def _manifest(ratings: Ratings, fit: Factorization) -> dict[str, Any]:
    """All that is neither array nor table."""
    asked = fit.settings
    blanks = asked.blanks
    return {
        "format": FORMAT,
        "version": VERSION,
        "fingerprint": fit.fingerprint,
        "scale": [float(end) for end in ratings.scale],
        "ratings_notes": list(ratings.notes),
        "settings": {
            **{field.name: getattr(asked, field.name) for field in fields(asked)},
            "blanks": [blanks.weight, blanks.value] if isinstance(blanks, Blanks) else blanks,
            "penalty": penalty_numbers(asked.penalty) if isinstance(asked.penalty, Penalty) else None,
            "init": asked.init if isinstance(asked.init, str) else None,
        },
        "blanks": [float(fit.blanks.weight), float(fit.blanks.value)],
        "penalty": penalty_numbers(fit.penalty),
        "stopped": fit.stopped,
        "rmse": float(fit.rmse),
        "notes": list(fit.notes),
        "versions": versions(),
    }


def _json(value: object) -> bytes:
    """JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1).encode()


def _npy(array: object, kind: str) -> bytes:
    """An array as .npy."""
    out = io.BytesIO()
    np.save(out, np.ascontiguousarray(array, dtype=kind), allow_pickle=False)
    return out.getvalue()


@dataclass(frozen=True)
class _Members:
    """The members of an opened zip file, each checked as it is asked for."""

    data: dict[str, bytes]

    def raw(self, name: str) -> bytes:
        """The bytes of a member."""
        if name not in self.data:
            raise _bad(name, "is missing", "A capsule has it")
        return self.data[name]

    def json(self, name: str) -> Any:
        """A member that is JSON."""
        data = self.raw(name)
        try:
            return loads(data)
        except (ValueError, RecursionError) as e:
            raise _bad(name, f"is no JSON that can be read ({shown(str(e))})", "It must be plain JSON in UTF-8") from e

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
            raise _bad(name, f"is no .npy file that can be read ({shown(str(e))})", allowed) from e
        if dtype != np.dtype(kind) or fortran:
            raise _bad(name, f"holds {shown(str(dtype))}{' by column' if fortran else ''}", allowed)
        if claimed != shape:
            raise _bad(name, f"claims the shape {shown(claimed)}", allowed)
        wanted, there = math.prod(shape) * dtype.itemsize, len(file.getvalue()) - file.tell()
        if there != wanted:
            raise _bad(name, f"has {there:,} bytes of numbers", f"{allowed}, which takes {wanted:,}")
        return np.frombuffer(file.getvalue(), dtype=dtype, offset=file.tell()).reshape(shape).copy()

    def weights(self, name: str, shape: tuple[int, ...]) -> Array:
        """A member that is a matrix of weights."""
        array = self.array(name, "<f8", shape)
        if not np.isfinite(array).all() or (array < 0).any():
            raise _bad(
                name, "has negative or infinite weights, or some that are no number", "Weights are finite, 0 or more"
            )
        return array

    def manifest(self) -> dict[str, Any]:
        """The manifest of a version that this can read."""
        manifest = self.json("manifest.json")
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise _bad("manifest.json", "does not say that this is a capsule", f'Its "format" must be {FORMAT!r}')
        if manifest.get("version") != VERSION:
            raise _bad(
                "manifest.json",
                f"has the version {shown(manifest.get('version'))}",
                f"This library reads version {VERSION}; open it with the one that wrote it",
            )
        return manifest


def _bad(member: str, seen: str, allowed: str) -> NmfError:
    """The error for a member."""
    return NmfError(f"{member} in the capsule {seen}. {allowed}. Export the capsule again from where it was made.")


def _read(data: bytes) -> dict[str, bytes]:
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
            return members
    except NmfError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        OSError,
        ValueError,
        OverflowError,
        NotImplementedError,
    ) as e:
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
            raise _bad(shown(info.filename), "is encrypted or packed in another way", "Members are deflated or stored")
        total += info.file_size
        if total > LIMIT:
            raise _too_large(info.filename)


def _check_text(sizes: dict[str, int], packed: int) -> None:
    """Refuse more text than a capsule of so many packed bytes has, before any of it is unpacked or read."""
    limit = TEXT + TEXT_RATIO * packed
    texts = {name: size for name, size in sizes.items() if not name.endswith(".npy")}
    if sum(texts.values()) > limit:
        largest = max(texts, key=lambda name: texts[name])
        raise _bad(
            shown(largest),
            f"has {texts[largest]:,} bytes of text in a file of {packed:,}",
            f"All the text in it has at most {limit:,} bytes",
        )


def _too_large(name: str) -> NmfError:
    """The error for a capsule that would fill the memory."""
    return _bad(
        shown(name), f"makes the whole larger than {LIMIT:,} bytes", f"The members together have at most {LIMIT:,}"
    )


def _ratings_in(members: _Members, manifest: dict[str, Any]) -> Ratings:
    """The ratings, checked to be such and to have the fingerprint that the manifest gives."""
    users, items = _ids(members, "users.json"), _ids(members, "items.json")
    indptr = members.array("V_indptr.npy", "<i8", (len(users) + 1,))
    if indptr[0] != 0 or (np.diff(indptr) < 0).any() or indptr[-1] < 1:
        raise _bad("V_indptr.npy", "does not count up from 0", "It says where each user's ratings begin")
    n = int(indptr[-1])
    indices, data = members.array("V_indices.npy", "<i8", (n,)), members.array("V_data.npy", "<f4", (n,))
    rises = np.diff(indices, prepend=-1) > 0
    rises[indptr[:-1][np.diff(indptr) > 0]] = True
    if not rises.all() or indices.min() < 0 or indices.max() >= len(items):
        raise _bad("V_indices.npy", "has items that are not there or out of order", "Each user's items rise")
    if not (np.isfinite(data).all() and data.min() >= 0 and data.max() <= LARGEST_RATING):
        raise _bad("V_data.npy", "has a rating that is none", f"Ratings are numbers from 0 to {LARGEST_RATING:g}")
    V = sparse.csr_array((data, indices, indptr), shape=(len(users), len(items)))
    V.has_sorted_indices = True
    scale, notes = _scale(manifest), _notes(manifest, "ratings_notes")
    ratings = Ratings(V, users, items, scale, _info_in(members, items), notes)
    if ratings.fingerprint != manifest.get("fingerprint"):
        raise _bad(
            "manifest.json",
            f"gives the fingerprint {shown(manifest.get('fingerprint'))}",
            f"These ratings have {ratings.fingerprint!r}",
        )
    return ratings


def _ids(members: _Members, name: str) -> pd.Index:
    """Ids as an index: text, not blank, each once."""
    ids = members.json(name)
    try:
        return ids_of(ids)
    except ValueError as e:
        allowed = "Ids differ, and are text of at least one character, none of them control characters"
        raise _bad(name, str(e), allowed) from e


def _info_in(members: _Members, items: pd.Index) -> pd.DataFrame | None:
    """Item metadata."""
    columns = members.json("item_info.json")
    if isinstance(columns, list) and len(columns) > INFO_COLUMNS:
        raise _bad("item_info.json", f"has {len(columns):,} columns", f"A capsule has at most {INFO_COLUMNS:,}")
    try:
        return info_of(columns, items)
    except ValueError as e:
        raise _bad("item_info.json", str(e), "A column has name, kind and a value an item") from e


def _scale(manifest: dict[str, Any]) -> Scale:
    """The rating scale."""
    try:
        return scale_of(manifest.get("scale"))
    except ValueError as e:
        raise _bad("manifest.json", str(e), "A scale is two numbers, low and high") from e


def _notes(manifest: dict[str, Any], key: str) -> tuple[str, ...]:
    """A list of sentences."""
    said = manifest.get(key)
    if isinstance(said, list) and len(said) > NOTES:
        raise _bad("manifest.json", f"has {len(said):,} notes under {key}", f"A capsule has at most {NOTES:,}")
    try:
        return notes_of(said)
    except ValueError as e:
        raise _bad("manifest.json", f"under {key} {e}", "Notes are a list of sentences") from e


def _fit_in(members: _Members, manifest: dict[str, Any], ratings: Ratings) -> Factorization:
    """The fit, checked against the ratings."""
    settings, blanks, penalty = _settings_in(members, manifest, ratings)
    rank, stopped, rmse = settings.rank, manifest.get("stopped"), manifest.get("rmse")
    if stopped not in list(STOP_REASONS):
        raise _bad(
            "manifest.json", f"says that the fit stopped by {shown(stopped)}", f"It is one of {', '.join(STOP_REASONS)}"
        )
    if not is_finite_number(rmse) or rmse < 0:
        raise _bad("manifest.json", f"has the rmse {shown(rmse)}", "It is a number from 0 up")
    misfit_removed = members.array("removes.npy", "<f8", (rank,))
    if not np.isfinite(misfit_removed).all():
        raise _bad("removes.npy", "has infinite numbers, or some that are none", "They are finite")
    size = members.weights("size.npy", (rank,))
    if not (size > 0).all():
        raise _bad("size.npy", "has a size of 0", "Sizes are above 0")
    return Factorization(
        W=members.weights("W.npy", (ratings.n_users, rank)),
        H=members.weights("H.npy", (rank, ratings.n_items)),
        users=ratings.users,
        items=ratings.items,
        scale=ratings.scale,
        settings=settings,
        blanks=blanks,
        penalty=penalty,
        history=_history_in(members),
        stopped=str(stopped),
        misfit_removed=misfit_removed,
        column_scale=size,
        rmse=float(rmse),
        fingerprint=ratings.fingerprint,
        notes=_notes(manifest, "notes"),
    )


def _settings_in(members: _Members, manifest: dict[str, Any], ratings: Ratings) -> tuple[Settings, Blanks, Penalty]:
    """The settings as asked, and blanks and penalty as resolved; `Settings` itself refuses what is out of range."""
    try:
        asked = dict(manifest["settings"])
        if isinstance(asked["penalty"], dict):
            asked["penalty"] = Penalty(**asked["penalty"])
        given = asked["init"] is None
        if not (given or isinstance(asked["init"], str)):
            raise TypeError(f"init is {shown(asked['init'])}")
        asked["init"] = "auto" if given else asked["init"]
        settings = Settings(**asked)
        blanks = Settings(blanks=tuple(manifest["blanks"])).blanks
        penalty = Penalty(**manifest["penalty"])
    except (NmfError, KeyError, TypeError, ValueError) as e:
        raise _bad(
            "manifest.json", f"has settings that are none ({shown(str(e), 200)})", "They are the settings of a fit"
        ) from e
    if given:
        shapes = {"W": (ratings.n_users, settings.rank), "H": (settings.rank, ratings.n_items)}
        asked["init"] = tuple(members.weights(f"init_{side}.npy", shape) for side, shape in shapes.items())
        settings = Settings(**asked)
    assert isinstance(blanks, Blanks)
    return settings, blanks, penalty


def _history_in(members: _Members) -> pd.DataFrame:
    """The history, at least the start."""
    head, _, text = members.raw("history.csv").partition(b"\n")
    allowed = f"It has the columns {', '.join(HISTORY)}, and numbers in them"
    if head != ",".join(HISTORY).encode() or not text.strip():
        raise _bad("history.csv", f"begins with {shown(head[:40])}, or has no sweep", allowed)
    if text.count(b"\n") > MAX_SWEEPS + 1:  # the start, and one row a sweep
        raise _bad("history.csv", f"has {text.count(bytes([10])):,} rows", f"A fit has at most {MAX_SWEEPS:,} sweeps")
    try:
        numbers = np.loadtxt(io.BytesIO(text), delimiter=",", comments=None, ndmin=2)
        if numbers.shape[1] != len(HISTORY) or not np.isfinite(numbers[:, :2]).all():
            raise ValueError(f"{numbers.shape[1]} columns, or a sweep or objective that is no number")
    except ValueError as e:
        raise _bad("history.csv", f"is no table that can be read ({shown(str(e))})", allowed) from e
    return pd.DataFrame(numbers, columns=HISTORY).astype({"sweep": "int64"})


def _labels_in(members: _Members, rank: int) -> dict[int, str] | None:
    """Labels by feature."""
    labels = members.json("labels.json")
    if labels is None:
        return None
    try:
        return checked_labels({int(feature): name for feature, name in labels.items()}, rank)
    except (NmfError, AttributeError, ValueError) as e:
        raise _bad("labels.json", f"has a label of no feature ({shown(str(e))})", "It names features by number") from e
