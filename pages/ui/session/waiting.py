"""A file that waits for answers, kept on disk until it is opened or left: a reload of the page finds it again.

Each person has one place, which nobody else is led to: its name is made from who somebody is.
"""

from __future__ import annotations

import json
import logging
import secrets
import shutil
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from pages.ui.session import session, storage

LOG = logging.getLogger(__name__)
MOST_BYTES = 50_000_000  # of one file; a larger one is brought once more
MOST_IN_ALL = 1_000_000_000
KEPT_FOR = 86_400  # seconds
_ABOUT = "about.json"

Files = list[tuple[str, bytes | Path]]  # names and contents


def keep(files: Files, answers: dict[str, Any]) -> None:
    """Keep what waits, in place of what waited before."""
    place = _place()
    shutil.rmtree(place, ignore_errors=True)
    if sum(len(data) for _, data in files if isinstance(data, bytes)) > MOST_BYTES:
        return
    _make_room(place.parent)
    session.current().waiting = secrets.token_hex(8)
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for k, (_, data) in enumerate(files):
            if isinstance(data, bytes):
                (place / str(k)).write_bytes(data)
    except OSError as error:  # it is looked at all the same
        LOG.info("a file that waits was not kept: %s", type(error).__name__)
        return
    _write(place, files, answers)


def keep_answers(files: Files, answers: dict[str, Any]) -> None:
    """Keep what was answered since, if it is this tab's file that waits there."""
    if _is_ours(_place()):
        _write(_place(), files, answers)


def forget() -> None:
    """Let go of this tab's file: it was opened, or left."""
    if _is_ours(_place()):
        shutil.rmtree(_place(), ignore_errors=True)
    session.current().waiting = ""


def find() -> tuple[Files, dict[str, Any]] | None:
    """What waits for whoever is here, with the answers so far; asked once in a tab."""
    held = session.current()
    if held.waiting is not None:
        return None
    held.waiting = ""
    about = _about(_place())
    if about is None:
        return None
    files: Files = []
    for k, (name, path) in enumerate(about["files"]):
        try:
            files.append((name, Path(path) if path else (_place() / str(k)).read_bytes()))
        except OSError:
            return None
    held.waiting = about["token"]
    return files, about["answers"]


def _place() -> Path:
    """Where the file of whoever is here waits."""
    return storage.home() / "waiting" / sha256(session.person().encode()).hexdigest()


def _about(place: Path) -> dict[str, Any] | None:
    """What is said of the file that waits at a place, if one does."""
    try:
        if time.time() - (place / _ABOUT).stat().st_mtime > KEPT_FOR:
            return None
        found: dict[str, Any] = json.loads((place / _ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _is_ours(place: Path) -> bool:
    """Whether this tab put there what waits; another one of the same person may have."""
    about = _about(place)
    return about is not None and about["token"] == session.current().waiting


def _write(place: Path, files: Files, answers: dict[str, Any]) -> None:
    """Say what waits; whole or not at all."""
    named = [(name, None if isinstance(data, bytes) else str(data)) for name, data in files]
    about = {"token": session.current().waiting, "files": named, "answers": answers}
    try:
        (place / "new").write_text(json.dumps(about), encoding="utf-8")
        (place / "new").replace(place / _ABOUT)
    except (OSError, TypeError) as error:
        LOG.info("a file that waits was not kept: %s", type(error).__name__)


def _make_room(folder: Path) -> None:
    """Let go of what has waited too long, and of what has waited longest where all together is too much."""
    try:
        places = sorted(folder.iterdir(), key=lambda place: -place.stat().st_mtime)
        sizes = [sum(file.stat().st_size for file in place.iterdir()) for place in places]
        ages = [time.time() - place.stat().st_mtime for place in places]
    except OSError:  # there is none, or another tab lets go of one just now
        return
    total = 0
    for place, size, age in zip(places, sizes, ages, strict=True):
        total += size
        if age > KEPT_FOR or total > MOST_IN_ALL - MOST_BYTES:
            shutil.rmtree(place, ignore_errors=True)
