"""Fetching MovieLens, against a server on this machine that fails in every way a server can."""

from __future__ import annotations

import errno
import hashlib
import io
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from nmf_core import movielens
from nmf_core.errors import DownloadError, NmfError, SettingsError
from nmf_core.reading.download import CHUNK, MOVIELENS, fetch, is_fetched, open_movielens


def archive() -> bytes:
    """A zip of a few chunks."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("ml-latest-small/ratings.csv", "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n")
        file.writestr("ml-latest-small/noise.bin", np.random.default_rng(0).bytes(5 * CHUNK))
    return data.getvalue()


WHOLE = archive()
HALF = WHOLE[: len(WHOLE) // 2]


class Server(ThreadingHTTPServer):
    """Answers each path in its own way; `released` ends what stalls."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.released, self.both_asked, self.asked = threading.Event(), threading.Barrier(2), []

    def remote(self, path: str) -> movielens.Remote:
        url, checksum = f"http://127.0.0.1:{self.server_port}/{path}", "sha256:" + hashlib.sha256(WHOLE).hexdigest()
        return replace(MOVIELENS["ml-latest-small"], url=url, checksum=checksum, n_bytes=len(WHOLE))


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_):
        """Say nothing."""

    def answer(self, body: bytes = b"", length: object = None, code: int = 200, to: str = "") -> None:
        self.send_response(code)
        if length is not None:
            self.send_header("Content-Length", str(length))
        if to:
            self.send_header("Location", to)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.server.asked.append(self.path)
        match self.path.strip("/"):
            case "whole":
                self.answer(WHOLE, len(WHOLE))
            case "cut":
                self.answer(HALF, len(WHOLE))
            case "cut-unannounced":
                self.answer(HALF)
            case "stalls":
                self.server.released.wait(20)
            case "stalls-midway":
                self.answer(HALF, len(WHOLE))
                self.server.released.wait(20)
            case "wrong":
                self.answer(bytes(len(WHOLE)), len(WHOLE))
            case "announces-less":
                self.answer(WHOLE, len(HALF))
            case "announces-more":
                self.answer(WHOLE, 2 * len(WHOLE))
            case "announces-nonsense":
                self.answer(WHOLE, "much")
            case "endless":
                self.answer(WHOLE)
                try:
                    while not self.server.released.is_set():
                        self.wfile.write(WHOLE)
                except ConnectionError:  # the client has had enough
                    self.server.asked.append("left")
            case "both":
                self.server.both_asked.wait(20)
                self.answer(WHOLE, len(WHOLE))
            case "redirects":
                self.answer(code=302, to="/whole", length=0)
            case "loops":
                self.answer(code=302, to="/loops", length=0)
            case code:
                self.answer(code=int(code), length=0)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


def test_a_file_is_fetched_once_and_kept(server, folder):
    remote, seen = server.remote("whole"), []
    assert not is_fetched(remote, folder)
    path = fetch(remote, folder, on_progress=lambda done, total: seen.append((done, total)))
    assert path == folder / "ml-latest-small.zip"
    assert path.read_bytes() == WHOLE
    assert [file.name for file in folder.iterdir()] == [path.name]
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == (len(WHOLE), len(WHOLE))
    assert is_fetched(remote, folder)
    assert fetch(remote, folder) == path
    assert server.asked == ["/whole"]


@pytest.mark.parametrize("path", ["redirects", "announces-more", "announces-nonsense"])
def test_what_comes_whole_is_taken(server, folder, path):
    assert fetch(server.remote(path), folder).read_bytes() == WHOLE


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("cut", f"ended after {len(HALF):,} of {len(WHOLE):,} bytes"),
        ("cut-unannounced", f"ended after {len(HALF):,} of {len(WHOLE):,} bytes"),
        ("announces-less", f"ended after {len(HALF):,} of {len(WHOLE):,} bytes"),
        ("wrong", "another checksum"),
        ("endless", f"more than the {len(WHOLE):,} bytes"),
        ("404", "answered 404"),
        ("500", "answered 500"),
        ("loops", "the connection to 127.0.0.1:[0-9]+ failed"),
    ],
)
def test_a_failed_download_says_why_and_leaves_nothing(server, folder, path, said):
    remote = server.remote(path)
    with pytest.raises(DownloadError, match=said) as error:
        fetch(remote, folder)
    assert isinstance(error.value, NmfError)
    assert str(error.value).startswith("MovieLens latest small was not downloaded: ")
    assert list(folder.iterdir()) == []
    assert not is_fetched(remote, folder)
    assert fetch(server.remote("whole"), folder).read_bytes() == WHOLE


@pytest.mark.parametrize(("path", "done"), [("stalls", 0), ("stalls-midway", len(HALF) // CHUNK * CHUNK)])
def test_a_server_that_says_nothing_is_waited_for_so_long(server, folder, path, done):
    # Long enough for a busy machine to send the half that does come.
    with pytest.raises(DownloadError, match=f"silent for 2 seconds, after {done:,} of"):
        fetch(server.remote(path), folder, timeout=2)
    assert list(folder.iterdir()) == []


def test_no_server_and_no_secure_server(server, folder):
    remote = server.remote("whole")
    with pytest.raises(DownloadError, match="no secure connection to 127.0.0.1"):
        fetch(replace(remote, url=remote.url.replace("http:", "https:")), folder)
    server.server_close()
    with pytest.raises(DownloadError, match=r"the connection to .* failed\. Try again later, or download http"):
        fetch(remote, folder)
    assert list(folder.iterdir()) == []


def test_a_full_disk(server, folder, monkeypatch):
    class FullDisk(io.BytesIO):
        def write(self, chunk):
            raise OSError(errno.ENOSPC, "No space left on device")

    really_open = Path.open
    monkeypatch.setattr(Path, "open", lambda self, mode: FullDisk() if mode == "wb" else really_open(self, mode))
    with pytest.raises(DownloadError, match=r"cannot be kept in .*cache \(No space left on device\)"):
        fetch(server.remote("whole"), folder)
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_none(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match="set LATENT_LENS_CACHE to another folder"):
        fetch(server.remote("whole"), tmp_path / "file")


def test_cancel_leaves_nothing(server, folder):
    with pytest.raises(DownloadError, match=f"cancelled after {2 * CHUNK:,} of"):
        fetch(server.remote("whole"), folder, on_progress=lambda done, _: done < 2 * CHUNK)
    assert list(folder.iterdir()) == []


def test_an_error_in_on_progress_is_the_callers(server, folder):
    with pytest.raises(ZeroDivisionError):
        fetch(server.remote("whole"), folder, on_progress=lambda *_: 1 / 0)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("damage", [HALF, b"", WHOLE[:-1] + b"?"])
def test_a_damaged_file_is_noticed_and_fetched_anew(server, folder, damage):
    remote = server.remote("whole")
    path = fetch(remote, folder)
    path.write_bytes(damage)
    assert not is_fetched(remote, folder)
    assert fetch(remote, folder).read_bytes() == WHOLE
    assert is_fetched(remote, folder)


def test_two_may_fetch_the_same_file_at_once(server, folder):
    remote, got = server.remote("both"), []
    threads = [threading.Thread(target=lambda: got.append(fetch(remote, folder).read_bytes())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [WHOLE, WHOLE]
    assert server.asked == ["/both", "/both"]
    assert [file.name for file in folder.iterdir()] == ["ml-latest-small.zip"]


def test_the_cache_is_where_the_environment_says(server, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_LENS_CACHE", str(tmp_path / "mine"))
    assert fetch(server.remote("whole")) == tmp_path / "mine" / "ml-latest-small.zip"
    assert is_fetched(server.remote("whole"))
    monkeypatch.delenv("LATENT_LENS_CACHE")
    monkeypatch.setattr(movielens.platformdirs, "user_cache_dir", lambda name, appauthor: str(tmp_path / name))
    assert fetch(server.remote("whole")) == tmp_path / "latent-lens" / "ml-latest-small.zip"


@pytest.mark.parametrize("timeout", [0, -1, "5", float("nan"), float("inf")])
def test_a_timeout_is_a_number_of_seconds(folder, timeout):
    with pytest.raises(SettingsError, match="timeout is"):
        fetch(MOVIELENS["ml-100k"], folder, timeout=timeout)


def test_open_movielens_fetches_and_reads_with_the_scale(server, folder, monkeypatch, notebook):
    remote, read = server.remote("whole"), []

    def reader(path, *, scale):
        read.append((path, scale))
        return notebook

    monkeypatch.setitem(MOVIELENS, remote.key, remote)
    monkeypatch.setattr(movielens, "read_ratings", reader)
    seen = []
    assert open_movielens(remote.key, folder, lambda *progress: seen.append(progress)) is notebook
    assert read == [(folder / "ml-latest-small.zip", (0.5, 5))]
    assert seen


@pytest.mark.parametrize("remote", MOVIELENS.values(), ids=MOVIELENS)
def test_what_can_be_fetched_is_described(remote):
    assert MOVIELENS[remote.key] is remote
    assert remote.url == f"https://files.grouplens.org/datasets/movielens/{remote.key}.zip"
    assert remote.licence_url.startswith("https://files.grouplens.org/datasets/movielens/" + remote.key)
    algorithm, _, checksum = remote.checksum.partition(":")
    assert len(checksum) == 2 * hashlib.new(algorithm).digest_size
    assert int(checksum, 16)
    assert remote.n_bytes < 10_000_000
    assert remote.n_ratings < remote.n_users * remote.n_items
