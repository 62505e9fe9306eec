"""A folder from which files are opened by name, and nothing outside it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

from nmf_core.errors import RatingsError, closest, shown
from nmf_core.formats.movielens import FILE_SETS
from nmf_core.formats.parquet import parquet_files
from nmf_core.formats.registry import extensions

LOG = logging.getLogger(__name__)

MAX_LISTED, MAX_DEPTH = 1_000, 4


def listed(folder: Path) -> list[str]:
    """Names of what can be opened in a folder, by their path within it: files that are read, and folders of Parquet files.

    Hidden ones are left out, and links that lead outside.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     _ = (Path(name) / "films.csv").write_text("user,item,rating\\n")
    ...     _ = (Path(name) / "notes.pdf").write_text("")
    ...     listed(Path(name))
    ['films.csv']
    """
    root = _root(folder)
    found: list[str] = []
    for path in _walk(root, MAX_DEPTH):
        if len(found) == MAX_LISTED:
            break
        if _inside(path, root) and (_is_readable(path) or _is_parquet_folder(path)):
            found.append(path.relative_to(root).as_posix())
    return sorted(found)


def path_of(folder: Path, name: str) -> Path:
    """Where a listed name lies.

    Raises:
        RatingsError: the name is not among those listed.
    """
    names = listed(folder)
    if name not in names:
        raise RatingsError(
            f"There is no {shown(name)} among the {len(names)} files that can be opened here.{closest(name, names)} "
            "Choose one from the list, or ask whoever runs this server to put it there."
        )
    return _root(folder) / name


def films_beside(folder: Path, name: str) -> Path | None:
    """Where the films of a listed file of MovieLens' ratings lie: movies.csv beside ratings.csv, and alike; None if nowhere."""
    path, root = path_of(folder, name), _root(folder)
    for files in FILE_SETS:
        films = path.with_name(files.items)
        if path.name == files.ratings and films.is_file() and _inside(films, root):
            return films
    return None


def _root(folder: Path) -> Path:
    """The folder itself."""
    root = Path(folder).resolve()
    if not root.is_dir():
        raise RatingsError(
            "The folder with files to be opened is not there. Ask whoever runs this server to check LATENT_LENS_DATA_DIR."
        )
    return root


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    """Everything in a folder and those in it, in order of name."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as e:  # not ours to look into
        LOG.warning("a folder below LATENT_LENS_DATA_DIR is left out: %s", e.strerror or type(e).__name__)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        yield path
        if depth > 1 and entry.is_dir(follow_symlinks=False) and not _is_parquet_folder(path):
            yield from _walk(path, depth - 1)


def _inside(path: Path, root: Path) -> bool:
    """Whether a path, links followed, lies in the folder."""
    try:
        return path.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _is_readable(path: Path) -> bool:
    """Whether a path is a file of a kind that is read."""
    return path.is_file() and path.name.rpartition(".")[2].lower() in extensions()


def _is_parquet_folder(path: Path) -> bool:
    """Whether a path is a folder with Parquet files right in it, all of them its own."""
    files = parquet_files(path) if path.is_dir() else []
    return bool(files) and all(_inside(file, path.resolve()) for file in files)
