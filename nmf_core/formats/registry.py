"""`FORMATS` lists the files that can be read: a file here for each, and its line in `_FILES`. A source is opened here."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pandas as pd

from nmf_core.errors import RatingsError, closest, shown
from nmf_core.formats import base
from nmf_core.formats.archive import zip_of
from nmf_core.formats.base import Data, Format
from nmf_core.formats.folder import FORMAT as FOLDER
from nmf_core.formats.kinds import kind_at
from nmf_core.registry import registered
from nmf_core.tables.base import Table
from nmf_core.tables.frame import table_of_frame

_FILES = (
    "delimited",
    "excel",
    "ods",
    "parquet",
    "json",
    "matrix_market",
    "arff",
    "libsvm",
    "recbole",
    "netflix",
)
_TABLES: list[Format] = registered("nmf_core.formats", _FILES, "FORMAT")
FORMATS: dict[str, Format] = {f.name: f for f in (*_TABLES, zip_of(_TABLES))}

_HEAD_BYTES = 4096
_LONGEST_NAME = 100


@dataclass(frozen=True, eq=False)
class Source:
    """A file or a DataFrame that was opened: whatever is asked about it, its bytes are decoded once.

    Attributes:
        name: as errors show it.
        data: its bytes or its path; None where there is no file.
        format: as it was asked for, a name in `FORMATS` or "auto".
    """

    name: str
    data: Data | None
    format: str = "auto"
    _tables: dict[tuple[str | None, str | None, str | None], Table] = field(default_factory=dict)

    def table(self, sheet: str | None = None, encoding: str | None = None, separator: str | None = None) -> Table:
        """The table in it: on a sheet, of text in an older encoding or so separated, or the one that a reader finds by itself.

        Raises:
            RatingsError: it cannot be read, or has no such sheet or encoding, or nothing separates its cells.
        """
        key = (None if sheet is None else str(sheet), encoding, separator)
        if key not in self._tables:
            found = self._read(encoding, separator) if sheet is None else self._on_sheet(sheet, encoding)
            self._tables[key] = found if found in self._tables.values() else found.remembering()
        return self._tables[key]

    def forgetful(self) -> Source:
        """The same without what was decoded, which may be large; a DataFrame stays."""
        return self if self.data is None else Source(self.name, self.data, self.format)

    def _read(self, encoding: str | None, separator: str | None) -> Table:
        """The table that a reader finds by itself."""
        table: Table
        asked = {key: one for key, one in (("encoding", encoding), ("separator", separator)) if one is not None}
        found = None if self.data is None else format_of(self.data, self.name, self.format)
        # Text that cannot be read by a guess must not be an error where its encoding is given.
        told = found is not None and set(asked) <= set(found.takes)
        table = found.read(self.data, self.name, **asked) if found is not None and told else self.table()
        if encoding not in (None, table.encoding):
            if not table.encodings:
                raise RatingsError(
                    f"{table.name} is UTF-8, or no delimited text, so its encoding is not open. Leave encoding out."
                )
            table = table.encodings[str(encoding)]()
        if separator not in (None, table.separator):
            if not table.separators:
                raise RatingsError(f"{table.name} is no delimited text, so nothing separates its cells. Leave it out.")
            table = table.separators[str(separator)]()
        return table

    def _on_sheet(self, sheet: str, encoding: str | None) -> Table:
        """The table on a sheet."""
        table = self.table(None, encoding)
        if sheet == table.sheet != "":
            return table
        if sheet not in tuple(table.sheets):
            there = (
                f"its sheets are {', '.join(map(shown, table.sheets))}"
                if table.sheets
                else "only workbooks have sheets"
            )
            raise RatingsError(
                f"{table.name} has no sheet {shown(sheet)}; {there}.{closest(str(sheet), table.sheets)} Name one of them, or none."
            )
        return table.sheets[sheet]()


def open_source(source: object, *, format: str = "auto", name: str | None = None) -> Source:
    r"""Whatever holds a table, opened so that several questions can be asked of it; a `Source` stays as it is.

    Args:
        source: a path, file object, bytes or DataFrame.
        format: a name in `FORMATS`, or "auto".
        name: file name to show for bytes and file objects.

    Raises:
        RatingsError: nothing that can be opened, an empty file, or one that is too large.

    >>> opened = open_source(b"user,item,rating\nann,x,5\n", name="films.csv")
    >>> opened.table().header, opened.table() is opened.table()
    (('user', 'item', 'rating'), True)
    """
    if isinstance(source, Source):
        return source
    if isinstance(source, pd.DataFrame):
        table = table_of_frame(source)
        return Source(table.name, None, format, {(None, None, None): table.remembering()})
    data, file_name = data_of(source, name)
    return Source(file_name, data, format)


def extensions() -> tuple[str, ...]:
    """Extensions of all files that can be read, without the dot.

    >>> extensions()[:2]
    ('csv', 'tsv')
    """
    return tuple(dict.fromkeys(extension for f in FORMATS.values() for extension in f.extensions))


def shown_name(name: object) -> str:
    """A file name as errors show it: the base name, without control and direction characters, cut to 100 characters.

    >>> shown_name("../../etc/ratings.csv")
    'ratings.csv'
    """
    last = re.split(r"[/\\]", str(name))[-1]
    clean = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp")).strip()
    return clean if len(clean) <= _LONGEST_NAME else clean[: _LONGEST_NAME - 12] + "…" + clean[-11:]


def data_of(source: Any, name: str | None) -> tuple[Data, str]:
    """The path or the bytes of a source, and its name for errors."""
    if isinstance(source, str | os.PathLike):
        file_name = shown_name(name or os.fspath(source)) or "The file"
        return _checked_path(Path(source), file_name), file_name
    if isinstance(source, bytes | bytearray | memoryview):
        file_name = shown_name(name or "") or "The file"
        data = bytes(source)
    elif callable(getattr(source, "read", None)):
        file_name = shown_name(name or getattr(source, "name", "")) or "The file"
        data = _bytes_of_object(source, file_name)
    else:
        raise RatingsError(
            f"Ratings cannot be read from {shown(source)} of type {type(source).__name__}. Give a path, a file object, "
            "bytes, a DataFrame, a 2-D array or a sparse matrix."
        )
    _check_size(len(data), file_name)
    return data, file_name


def _checked_path(path: Path, name: str) -> Path:
    """The path, if there is a file that can be opened, or a folder."""
    try:
        if path.is_dir():
            return path
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
    except (OSError, ValueError) as e:
        reason = getattr(e, "strerror", None) or "no path has such characters"
        raise RatingsError(
            f"{name} cannot be opened ({reason}). Check the path; give text itself as bytes or in an io.StringIO."
        ) from e
    _check_size(size, name)
    return path


def _bytes_of_object(file: IO[Any], name: str) -> bytes:
    """The bytes that a binary or text file object still holds."""
    try:
        content = file.read(base.MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as e:
        raise RatingsError(f"{name} cannot be read ({str(e)[:100]}). Open it again, in binary mode.") from e
    if isinstance(content, str):
        return content.encode("utf-8", "surrogatepass")
    if not isinstance(content, bytes):
        raise RatingsError(f"{name} gives {type(content).__name__} when read; it must give bytes or text. Open a file.")
    return content


def _check_size(n_bytes: int, name: str) -> None:
    """Refuse what is empty or too large."""
    if n_bytes == 0:
        raise RatingsError(f"{name} is empty. Choose a file with ratings.")
    if n_bytes > base.MAX_FILE_BYTES:
        raise RatingsError(
            f"{name} is larger than {base.MAX_FILE_BYTES / 1e6:g} MB, the most that can be read. Keep fewer ratings or columns."
        )


def format_of(data: Data, name: str, asked: str) -> Format:
    """The format that content says, unless the caller or the extension says another."""
    if isinstance(data, Path) and data.is_dir():
        return FOLDER
    head = head_of(data)
    extension = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    fitting = [f for f in FORMATS.values() if f.sniff(head, name)]
    claimed = [FORMATS[asked]] if asked != "auto" else [f for f in FORMATS.values() if extension in f.extensions]
    for candidate in claimed or fitting:
        if candidate in fitting:
            return candidate
    kind = kind_at(head)
    step = kind.step if kind is not None else ""
    if fitting:
        wrong = "Give it the extension ." if asked == "auto" else "Choose no format, or "
        step = f"{wrong}{fitting[0].extensions[0] if asked == 'auto' else fitting[0].name}."
    if not step:
        readable = ", ".join(f"{f.title} (.{f.extensions[0]})" for f in FORMATS.values())
        step = f"Unpack or save it as one of: {readable}."
    looks = "plain text" if kind is None else kind.what
    if claimed:
        article = "an" if claimed[0].title[0] in "AEIOU" else "a"
        raise RatingsError(f"{name} is not {article} {claimed[0].title} file; its content looks like {looks}. {step}")
    raise RatingsError(f"{name} is {looks}, which cannot be read. {step}")


def head_of(data: Data) -> bytes:
    """The first bytes of a file; of a folder none."""
    if isinstance(data, bytes) or data.is_dir():
        return data[:_HEAD_BYTES] if isinstance(data, bytes) else b""
    with data.open("rb") as file:
        return file.read(_HEAD_BYTES)
