"""Where long studies and quick fits are computed: in processes beside the server, where there are some."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from typing import Any

from nmf_core import Factorization, Ratings, Settings
from nmf_core.study.beside import STUDIES, Beside
from nmf_core.study.beside import fit as beside_fit

LOG = logging.getLogger(__name__)
# What each process is for, and how far it stands back: a survey takes long, and nobody who turns a dial should wait for it.
FOR = {"studies": 15, "fits": 0}
CROWD = 3  # people: fewer do not keep each other waiting, and need no further processes
BUSY = 0.3  # seconds after which a quick fit is computed here rather than waited for
_LOCK = threading.Lock()
_BESIDE: dict[str, Beside] = {}  # those of this server, once they have begun
serving = threading.Event()  # set once this is a server that people come to, rather than a page in a test
_PEOPLE: set[str] = set()  # who had something computed; no more of them are kept than make a crowd


def came(person: str) -> None:
    """Note who has something computed; where they become a crowd, the processes are started, and nobody waits for that."""
    if serving.is_set() and len(_PEOPLE) < CROWD and person not in _PEOPLE:
        _PEOPLE.add(person)
        if len(_PEOPLE) == CROWD:
            threading.Thread(target=begin, daemon=True).start()


def begin() -> None:
    """Start the processes; without them, everything is computed among the pages."""
    try:
        made = {what: Beside(nice) for what, nice in FOR.items()}
    except OSError as error:
        LOG.warning("everything is computed by the server itself, which is slower for everybody: %s", error)
        return
    with _LOCK:
        _BESIDE.update(made)
    atexit.register(end)


def end() -> None:
    """End the processes."""
    with _LOCK:
        while _BESIDE:
            _BESIDE.popitem()[1].close()


def run(study: str, told: Callable[..., bool], partial: Callable[[Any], object] | None = None, **asked: Any) -> Any:
    """The result of a study, wherever it is computed; the arguments are those of `Beside.run`."""
    beside = _beside("studies")
    if beside is not None:
        return beside.run(study, told, partial, **asked)
    more = {} if partial is None else {"on_rank": partial}
    return STUDIES[study](on_progress=told, **asked, **more)


def fit(ratings: Ratings, settings: Settings, told: Callable[..., bool]) -> Factorization | None:
    """A quick fit in canonical form, wherever it is computed first; None where it was told to end."""
    beside = _beside("fits")
    if beside is not None:
        was_free, found = beside.run_if_free("fit", told, BUSY, ratings=ratings, settings=settings)
        if was_free:
            return found
    return beside_fit(ratings, settings, told)


def _beside(what: str) -> Beside | None:
    """The process for something; another one where it has ended."""
    with _LOCK:
        if what in _BESIDE and not _BESIDE[what].alive:  # it was ended from outside, or by a bug
            LOG.error("the process beside for %s has ended; another one is started", what)
            _BESIDE[what] = Beside(FOR[what])
        return _BESIDE.get(what)
