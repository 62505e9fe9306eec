"""The files of a project's ratings in its folder: written aside, synced and renamed, never changed.

Names tell contents, so a file that is there has what its name says.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from nmf_core.data.ratings import Ratings
from nmf_core.errors import RatingsError, StoreError, shown
from nmf_core.formats.native_parquet import digest_in, digest_of, read_own, to_parquet

LOG = logging.getLogger(__name__)

LEFT_ASIDE = 3600  # seconds after which a file aside is that of a process that died
NAME = re.compile(r"([0-9a-f]{64})-([0-9a-f]{16})")  # fingerprint, and the digest's beginning
_FILE = re.compile(NAME.pattern + r"\.parquet")
_ASIDE = re.compile(r"\.[0-9a-f]{16}\.part")
_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


def name_of(ratings: Ratings) -> str:
    """The name of the file of ratings, without its ending. Notes and item metadata count, which the fingerprint leaves out."""
    return f"{ratings.fingerprint}-{digest_of(ratings)[:16]}"


def is_whole(path: Path) -> bool:
    """Whether a file is sound, and has what its name says."""
    return path.is_file() and (digest_in(path) or "").startswith(path.stem[65:])


def read(path: Path) -> Ratings:
    """The ratings in a file of a project, which must be those that its name tells."""
    try:
        with path.open("rb") as file:
            ratings = read_own(file, name=path.name)
    except OSError as e:
        raise _lost(path, f"cannot be opened ({e.strerror})") from e
    except RatingsError as e:
        raise _lost(path, "is damaged") from e
    if ratings.fingerprint != path.stem[:64]:
        raise _lost(path, "holds other ratings")
    return ratings


def is_ours(path: Path) -> bool:
    """Whether a file in the folder of a project is of ratings, or one that a keep wrote aside."""
    return bool(_FILE.fullmatch(path.name) or _ASIDE.fullmatch(path.name))


def is_left_over(path: Path, names: Collection[str | None]) -> bool:
    """Whether a file of ratings is none of these names, or one aside is that of a process that died."""
    if _ASIDE.fullmatch(path.name):
        return time.time() - path.stat().st_mtime > LEFT_ASIDE
    return bool(_FILE.fullmatch(path.name)) and path.stem not in names


def make_folder(home: Path) -> None:
    """The folder of a project, there for good."""
    if not home.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        sync(home.parent.parent)
    sync(home.parent)


def write_aside(home: Path, ratings: Ratings) -> Path:
    """Ratings in a new file beside the others, on disk to its last byte."""
    aside = home / f".{secrets.token_hex(8)}.part"
    try:
        with aside.open("xb") as file:
            to_parquet(ratings, file)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with tidying():
            aside.unlink(missing_ok=True)
        raise
    return aside


def copy(source: Path, target: Path) -> None:
    """The same file under another name; as files never change, one with two names will do."""
    if not is_whole(source):
        raise _lost(source, "is damaged" if source.exists() else "is missing")
    try:
        target.hardlink_to(source)
    except OSError:  # a file system without hard links
        LOG.debug("the file system has no hard links; a file is copied")
        shutil.copyfile(source, target)
        with target.open("rb+") as file:
            os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """What was made or renamed in a folder is there after a power cut too."""
    if os.name == "nt":  # Windows opens no folders, and needs none of this
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """What the file system can fail at becomes a StoreError."""
    try:
        yield
    except OSError as e:
        if e.errno in _FULL:
            said = "disk full. Make room on the disk, then try again."
        else:
            said = f"{e.strerror or e}. See that the folder {shown(folder.name)} can be written to, then try again."
        LOG.warning("a project was not saved: %s", e.strerror or type(e).__name__)
        raise StoreError(f"The project was not saved: {said}") from e


@contextmanager
def tidying() -> Iterator[None]:
    """What cannot be removed stays, and the log is told why, without the names of files: they lead to projects."""
    try:
        yield
    except FileNotFoundError:  # someone else was first
        return
    except (StoreError, OSError) as e:
        LOG.warning(
            "files that no project refers to stay on disk: %s", getattr(e, "strerror", None) or type(e).__name__
        )


def _lost(path: Path, why: str) -> StoreError:
    """The error for a file of ratings that is not to be had; the log is told."""
    LOG.warning("a file of kept ratings %s", why)
    return StoreError(
        f"The project's file {path.name} {why}. Put back a backup of it, or open the ratings from where they came and save "
        "them here again; it was left as it is, and the labels are there."
    )
