"""MovieLens from GroupLens' own server: fetched when asked for, checked, and kept in the person's cache."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from nmf_core.data.assemble import Scale
from nmf_core.data.ratings import Ratings
from nmf_core.errors import DownloadError, NmfError, SettingsError, closest, real_number, shown
from nmf_core.reading.read import read_ratings

LOG = logging.getLogger(__name__)

CHUNK = 1 << 14  # bytes between two looks at size, progress and cancel

Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Remote:
    """A file of ratings that can be fetched, and what a person should know before.

    Attributes:
        key, title: its name in `MOVIELENS`, and for people.
        url: where it is.
        checksum: "sha256:…" of the whole file; bytes with another one are never kept.
        n_bytes: its size.
        n_users, n_items, n_ratings: what is in it; items are those that anyone rated.
        scale: (lowest, highest) rating that could be given.
        licence, licence_url: what GroupLens allows, in short, and the text that counts.
    """

    key: str
    title: str
    url: str
    checksum: str
    n_bytes: int
    n_users: int
    n_items: int
    n_ratings: int
    scale: Scale
    licence: str
    licence_url: str


_HOME = "https://files.grouplens.org/datasets/movielens"
_RESEARCH = (
    "For research, with GroupLens named as the source in what is published and no endorsement by them claimed. "
    "Commercial use needs their permission"
)
_NOT_PASSED_ON = f"{_RESEARCH}, and so does passing the data on."
_PASSED_ON_ALIKE = f"{_RESEARCH}; the data may be passed on under the same conditions."

# Sizes and SHA-256 as several projects pinned them independently; for 100K and 1M they go with the MD5 that GroupLens
# publishes. "Latest small" is made anew now and then: this is that of September 2018, still there in October 2026. A
# newer one will be refused until its checksum stands here.
MOVIELENS: dict[str, Remote] = {
    remote.key: remote
    for remote in (
        Remote(
            key="ml-latest-small",
            title="MovieLens latest small",
            url=f"{_HOME}/ml-latest-small.zip",
            checksum="sha256:696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
            n_bytes=978_202,
            n_users=610,
            n_items=9_724,
            n_ratings=100_836,
            scale=(0.5, 5),
            licence=_PASSED_ON_ALIKE,
            licence_url=f"{_HOME}/ml-latest-small-README.html",
        ),
        Remote(
            key="ml-100k",
            title="MovieLens 100K",
            url=f"{_HOME}/ml-100k.zip",
            checksum="sha256:50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
            n_bytes=4_924_029,
            n_users=943,
            n_items=1_682,
            n_ratings=100_000,
            scale=(1, 5),
            licence=_NOT_PASSED_ON,
            licence_url=f"{_HOME}/ml-100k-README.txt",
        ),
        Remote(
            key="ml-1m",
            title="MovieLens 1M",
            url=f"{_HOME}/ml-1m.zip",
            checksum="sha256:a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
            n_bytes=5_917_549,
            n_users=6_040,
            n_items=3_706,
            n_ratings=1_000_209,
            scale=(1, 5),
            licence=_NOT_PASSED_ON,
            licence_url=f"{_HOME}/ml-1m-README.txt",
        ),
    )
}


def open_movielens(key: str, folder: str | Path | None = None, on_progress: Progress | None = None) -> Ratings:
    """The ratings of a MovieLens file, fetched first if it is not kept yet.

    Args:
        key: a name in `MOVIELENS`.
        folder, on_progress: as in `fetch`.

    Raises:
        SettingsError: a key that is not in `MOVIELENS`.
        DownloadError: as in `fetch`.

    >>> open_movielens("ml-100")
    Traceback (most recent call last):
        ...
    nmf_core.errors.SettingsError: There is no MovieLens file 'ml-100'; there are ml-latest-small, ml-100k, ml-1m. Did you \
mean 'ml-100k'? Choose one.
    """
    if key not in MOVIELENS:
        raise SettingsError(
            f"There is no MovieLens file {shown(key)}; there are {', '.join(MOVIELENS)}.{closest(key, MOVIELENS)} Choose one."
        )
    remote = MOVIELENS[key]
    return read_ratings(fetch(remote, folder, on_progress=on_progress), scale=remote.scale)


def is_fetched(remote: Remote, folder: str | Path | None = None) -> bool:
    """Whether the file is kept in the folder (the person's cache if None), whole and undamaged.

    >>> is_fetched(MOVIELENS["ml-1m"], "a folder that is not there")
    False
    """
    algorithm, _, checksum = remote.checksum.partition(":")
    try:
        with _path(remote, folder).open("rb") as file:
            return hashlib.file_digest(file, algorithm).hexdigest() == checksum
    except FileNotFoundError:
        return False
    except OSError as e:
        LOG.warning("a kept download cannot be read: %s", e.strerror or type(e).__name__)
        return False


def fetch(
    remote: Remote,
    folder: str | Path | None = None,
    *,
    on_progress: Progress | None = None,
    timeout: float = 20.0,
) -> Path:
    """The path of the whole, checked file; downloaded unless it is kept already, and anew if it was damaged.

    Args:
        remote: what to fetch, such as `MOVIELENS["ml-100k"]`.
        folder: where to keep it; LATENT_LENS_CACHE, else the platform's place for a person's cache, if None.
        on_progress: called as on_progress(bytes done, bytes in all) while downloading; returning False cancels.
        timeout: seconds to wait for the server when it says nothing.

    Raises:
        DownloadError: the server cannot be reached, fails, stalls, ends early, or sends another file; the folder cannot
            be written to; or it was cancelled. Nothing half stays behind, and several may fetch the same file at once.
        SettingsError: a timeout that is none.

    >>> import hashlib, tempfile
    >>> from dataclasses import replace
    >>> remote = replace(MOVIELENS["ml-1m"], n_bytes=4, checksum="sha256:" + hashlib.sha256(b"kept").hexdigest())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "ml-1m.zip").write_bytes(b"kept")
    ...     fetch(remote, folder).name
    'ml-1m.zip'
    """
    import pooch
    import requests

    timeout = real_number("timeout", timeout, 0.01, 3600)
    path, done, total = _path(remote, folder), 0, remote.n_bytes
    if is_fetched(remote, folder):
        return path

    def download(url: str, target: str, _: object) -> None:
        """As pooch's own, with an eye on size and cancel, and the connection closed."""
        nonlocal done
        with requests.get(url, stream=True, timeout=timeout) as answer, Path(target).open("wb") as file:
            answer.raise_for_status()
            answer.raw.enforce_content_length = False  # what came last before a cut would be lost, and not counted
            for chunk in answer.iter_content(CHUNK):
                if done + len(chunk) > total:
                    raise _failed(remote, f"{host} sends more than the {total:,} bytes of the file", replaced)
                file.write(chunk)
                done += len(chunk)
                if on_progress is not None and on_progress(done, total) is False:
                    raise _failed(remote, f"cancelled after {done:,} of {total:,} bytes", "Start it again if wanted.")
                if done == total:
                    break  # whatever else was announced; the checksum decides

    host = urlsplit(remote.url).netloc
    ended = "the connection ended after {:,} of {:,} bytes"
    by_hand = f"Try again later, or download {remote.url} with a browser and open that file."
    replaced = f"It was damaged on the way, or GroupLens replaced it. {by_hand}"
    pooch.get_logger().setLevel("WARNING")  # it would write a line to the terminal
    try:
        pooch.retrieve(remote.url, remote.checksum, path.name, path.parent, downloader=download)
    except NmfError:
        raise
    except requests.HTTPError as e:
        code = "an error" if e.response is None else e.response.status_code
        raise _failed(remote, f"{host} answered {code}", by_hand) from e
    except requests.exceptions.SSLError as e:
        raise _failed(remote, f"no secure connection to {host} (its certificate may have run out)", by_hand) from e
    except requests.RequestException as e:
        if _is_timeout(e):
            what = f"{host} was silent for {timeout:g} seconds, after {done:,} of {total:,} bytes"
        else:
            what = ended.format(done, total) if done else f"the connection to {host} failed"
        raise _failed(remote, what, by_hand) from e
    except OSError as e:
        raise _failed(
            remote,
            f"it cannot be kept in {path.parent} ({e.strerror or e})",
            "Make room there and see that it can be written to, or set LATENT_LENS_CACHE to another folder.",
        ) from e
    except ValueError as e:  # pooch's word for another checksum
        if done < total:
            raise _failed(remote, ended.format(done, total), by_hand) from e
        raise _failed(remote, f"{host} sent a file with another checksum than {remote.checksum}", replaced) from e
    return path


def _path(remote: Remote, folder: str | Path | None) -> Path:
    """Where the file is kept."""
    cache = folder or os.environ.get("LATENT_LENS_CACHE") or platformdirs.user_cache_dir("latent-lens", appauthor=False)
    return Path(cache).resolve() / f"{remote.key}.zip"


def _is_timeout(error: Exception) -> bool:
    """Whether the server was waited for in vain; while a body is read, requests wraps that in a plain ConnectionError."""
    import requests
    import urllib3

    return any(isinstance(e, requests.Timeout | urllib3.exceptions.ReadTimeoutError) for e in (error, *error.args))


def _failed(remote: Remote, what: str, then: str) -> DownloadError:
    """The sentence about a download that left nothing behind."""
    return DownloadError(f"{remote.title} was not downloaded: {what}. {then}")
