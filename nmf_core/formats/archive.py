"""Zip files: MovieLens' sets with their films, or whatever else holds exactly one table that can be read.

Members' names are shown and compared, never used as paths, and no archive inside an archive is opened.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from nmf_core.errors import NmfError, RatingsError, shown
from nmf_core.formats import base
from nmf_core.formats.base import Data, Format, kind_of, whole
from nmf_core.formats.kinds import ZIP, kind_at, kind_in_zip
from nmf_core.formats.movielens import FILE_SETS, FileSet, read_file_ratings, table_of_set
from nmf_core.tables.base import Table

MAX_MEMBERS = 10_000
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Workbooks by a part that each kind has.
_WORKBOOKS = {
    "xl/workbook.xml": ("an Excel workbook", ".xlsx"),
    "xl/workbook.bin": ("an Excel workbook", ".xlsb"),
    "content.xml": ("an OpenDocument file", ".ods if it is a spreadsheet"),
}
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(ValueError, OverflowError, NotImplementedError, RuntimeError, IndexError),
)
_HEAD_BYTES = 4096
# What people put beside data, in files that would else pass for a table of text.
_PAPERS = ("readme", "license", "licence", "copying", "changelog", "notice")
# Ratings of a set whose films are not there are a table like any other.
_ALONE = Format("movielens", "MovieLens", ("data", "dat"), lambda head, name: not kind_of(head), read_file_ratings)


@dataclass(frozen=True)
class _Member:
    """A file in an archive: the name that is shown, the folder it lies in, and its entry."""

    name: str
    folder: str
    info: zipfile.ZipInfo


def zip_of(readers: Sequence[Format]) -> Format:
    """The format of zip files around files that `readers` read."""
    return Format(
        "zip",
        "zip archive",
        ("zip",),
        lambda head, name: kind_at(head) is ZIP,
        lambda data, name: _read(data, name, readers),
        summary="MovieLens' files as they are published (100K, 1M, latest), or one table of the kinds above",
        when="for ratings with titles and genres",
        example=lambda: _example(readers),
    )


def _example(readers: Sequence[Format]) -> bytes:
    """A small archive with the example of the first format in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        assert readers[0].example is not None
        archive.writestr(f"ratings.{readers[0].extensions[0]}", readers[0].example())
    return file.getvalue()


def _read(data: Data, name: str, readers: Sequence[Format]) -> Table:
    """A Table from a zip file, with metadata of the items if there is some."""
    data = whole(data)
    if data.count(b"PK\x01\x02") > MAX_MEMBERS:
        raise RatingsError(
            f"{name} has more than {MAX_MEMBERS} files in it, the most that are looked at. Give the ratings' file alone."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _members(archive, name)
            return _file_set(archive, members, name) or _only_table(archive, members, name, readers)
    except NmfError:
        raise
    except _DAMAGE as e:
        raise RatingsError(
            f"{name} is no zip archive that can be read, or a damaged one ({str(e)[:100]!r}). Download or pack it again, or "
            "give the ratings' file alone."
        ) from e


def _members(archive: zipfile.ZipFile, name: str) -> list[_Member]:
    """The files of an archive without what systems leave there; sizes and kinds checked as declared."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    there = {info.filename.lower().lstrip("/") for info in infos}
    for part, what in _WORKBOOKS.items():
        if part in there:
            raise RatingsError(f"{name} is {what[0]}. Give it the extension {what[1]}.")
    if (kind := kind_in_zip(info.filename for info in infos)) is not None:
        raise RatingsError(f"{name} is {kind.what}, which cannot be read. {kind.step}")
    if sum(info.file_size for info in infos) > base.MAX_UNPACKED_BYTES:
        raise RatingsError(
            f"{name} unpacks to more than {base.MAX_UNPACKED_BYTES // 1_000_000} MB. Give the ratings' file alone."
        )
    members = []
    for info in infos:
        folder, _, last = info.filename.replace("\\", "/").rpartition("/")
        if last.startswith(".") or "__MACOSX" in folder.split("/"):
            continue
        members.append(_Member("".join(c if c.isprintable() else "�" for c in last)[-100:], folder, info))
    return members


def _content(archive: zipfile.ZipFile, member: _Member, name: str) -> bytes:
    """The bytes of a member; a size that lies ends in a checksum that fails."""
    if member.info.flag_bits & 1 or member.info.compress_type not in _PACKED:
        raise RatingsError(
            f"{name}: {member.name} in it has a password or is packed in a rare way. Pack it again as a plain zip file, or "
            "give that file alone."
        )
    with archive.open(member.info) as file:
        data = file.read(base.MAX_UNPACKED_BYTES + 1)
    if not data:
        raise RatingsError(f"{name}: {member.name} in it is empty. Pack it again, or give the ratings' file alone.")
    return data


def _file_set(archive: zipfile.ZipFile, members: list[_Member], name: str) -> Table | None:
    """The ratings and films of the one MovieLens set whose files lie together in a folder; None if there is none."""
    found: list[tuple[FileSet, dict[str, _Member]]] = []
    for folder in dict.fromkeys(member.folder for member in members):
        files = {member.name.lower(): member for member in members if member.folder == folder}
        found += [(s, files) for s in FILE_SETS if s.ratings in files and s.items in files]
    if len(found) > 1:
        raise RatingsError(
            f"{name} holds {len(found)} sets of ratings with their films: "
            f"{', '.join(shown(files[s.ratings].info.filename) for s, files in found[:5])}. Keep one of them."
        )
    if not found:
        return None
    files_of, files = found[0]
    there = {key: member for key, member in files.items() if member.info.file_size or key != files_of.genres}
    return table_of_set(
        files_of, {key: partial(_content, archive, member, name) for key, member in there.items()}, name
    )


def _only_table(archive: zipfile.ZipFile, members: list[_Member], name: str, readers: Sequence[Format]) -> Table:
    """The Table of the only member that can be one."""
    every = (*readers, _ALONE)
    known = dict.fromkeys(extension for reader in every for extension in reader.extensions)
    named = [m for m in members if _extension(m) in known and not m.name.lower().startswith(_PAPERS)]
    # A name that files of several kinds have, such as u.item, is a table's only where the content is.
    fitting = [m for m in named if len(named) > 1 and _reader(m, _head(archive, m), every)] or named
    if len(fitting) != 1:
        names = [member.name for member in (fitting or members)]
        listed = ", ".join(shown(one) for one in names[:10]) + (
            f" and {len(names) - 10} more" if len(names) > 10 else ""
        )
        what = f"{len(fitting)} tables: {listed}" if fitting else f"no table, only {listed or 'nothing'}"
        pairs = " or ".join(f"{s.ratings} with {s.items}" for s in FILE_SETS)
        raise RatingsError(
            f"{name} holds {what}. Give the file with the ratings alone; a zip file may hold one table ({', '.join(known)}), "
            f"or {pairs} in one folder."
        )
    member = fitting[0]
    data = _content(archive, member, name)
    reader = _reader(member, data[:_HEAD_BYTES], every)
    if reader is None:
        kind = kind_at(data[:_HEAD_BYTES])
        looks = "plain text" if kind is None else kind.what
        step = kind.step if kind is not None and kind.step else "Save it again with the extension that goes with it."
        title = next(reader.title for reader in every if _extension(member) in reader.extensions)
        raise RatingsError(f"{name}: {member.name} in it is no {title} file; its content looks like {looks}. {step}")
    table = reader.read(data, f"{name}, {member.name}")
    return replace(table, notes=(f"The table is {shown(member.name)} in the zip file.", *table.notes))


def _extension(member: _Member) -> str:
    """The extension of a member's name."""
    return member.name.rpartition(".")[2].lower()


def _head(archive: zipfile.ZipFile, member: _Member) -> bytes:
    """The first bytes of a member; none of one with a password, whose own error comes when it is read."""
    if member.info.flag_bits & 1 or member.info.compress_type not in _PACKED:
        return b""
    with archive.open(member.info) as file:
        return file.read(_HEAD_BYTES)


def _reader(member: _Member, head: bytes, readers: Sequence[Format]) -> Format | None:
    """What reads a member, by its extension and its first bytes; of several the last, which is the most particular."""
    fitting = [f for f in readers if _extension(member) in f.extensions and f.sniff(head, member.name)]
    return fitting[-1] if fitting else None
