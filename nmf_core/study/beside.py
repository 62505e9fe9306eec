"""Studies and small fits in a process beside: a server's interpreter, which one thread at a time can use, is left to people.

A survey of a small grid is hundreds of short fits, all of it Python; computed among the pages, thirty people wait for it. `Beside`
is the side that asks, `main` the process that computes; both speak through a local connection that nobody else has the key of.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

from nmf_core.data.ratings import Ratings
from nmf_core.errors import NmfError
from nmf_core.fit import kernels
from nmf_core.fit.factorization import Factorization
from nmf_core.fit.factorize import fit_settings
from nmf_core.fit.settings import Settings
from nmf_core.study.dial import turn_dial
from nmf_core.study.evaluate import evaluate
from nmf_core.study.ranks import survey_ranks


def fit(ratings: Ratings, settings: Settings, on_progress: Callable[..., object]) -> Factorization | None:
    """A fit in canonical form; None where it was told to end. Progress comes with the sweep and its objective."""

    def swept(sweep: int, objective: float, kkt: float) -> object:
        return on_progress(sweep, settings.max_sweeps, (sweep, objective))

    found = fit_settings(ratings, settings, on_sweep=swept)
    return None if found.stopped == "cancelled" else found.canonical()


STUDIES: dict[str, Callable[..., Any]] = {"survey": survey_ranks, "evaluate": evaluate, "dial": turn_dial, "fit": fit}
# In whose place nobody reads a digit: for these compiled code, which is loaded once, is worth it for any grid. A fit is computed
# as a script computes it, to the last bit.
COMPILED = ("evaluate", "dial")
TELL = 0.1  # seconds between two words of progress
STARTS = 60.0  # seconds in which the process must be there


class Beside:
    """A process that computes studies, one after the other; it ends with this one."""

    def __init__(self, nice: int = 0) -> None:
        """Start the process, with so much less right to the processors than others have.

        Raises:
            OSError: it does not start.
        """
        key = secrets.token_bytes(32)
        with Listener(authkey=key) as listener:
            # One thread for BLAS: what is multiplied here is small, and the other processors are the server's.
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nmf_core.study.beside", str(listener.address), str(nice)],
                stdin=subprocess.PIPE,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
            assert self.process.stdin is not None
            self.process.stdin.write(key)
            self.process.stdin.close()
            try:
                self.connection = _accepted(listener)
            except OSError:
                self._kill()
                raise
        self.lock, self.number = threading.Lock(), 0

    def run(
        self, study: str, told: Callable[..., bool], partial: Callable[[Any], object] | None = None, **asked: Any
    ) -> Any:
        """The result of a study.

        Args:
            study: a name in `STUDIES`.
            told: called as told(done, of) now and then, by a fit with what there is so far; False ends the study there.
            partial: called with what there is so far.
            asked: the keywords of the study.

        Raises:
            NmfError: the study's own.
            RuntimeError: a bug in the study, or the process is gone.
        """
        with self.lock:
            return self._run(study, told, partial, asked)

    def run_if_free(self, study: str, told: Callable[..., bool], wait: float, **asked: Any) -> tuple[bool, Any]:
        """Whether the process was free within so many seconds, and the result then; for work that anybody can do as well."""
        if not self.lock.acquire(timeout=wait):
            return False, None
        try:
            return True, self._run(study, told, None, asked)
        finally:
            self.lock.release()

    def _run(
        self,
        study: str,
        told: Callable[..., bool],
        partial: Callable[[Any], object] | None,
        asked: dict[str, Any],
    ) -> Any:
        """`run`, by whoever has the process for themselves."""
        try:
            self.number += 1
            self.connection.send(("do", self.number, study, asked, partial is not None))
            while True:
                kind, said = self.connection.recv()
                if kind == "progress":
                    if not told(*said):
                        self.connection.send(("end", self.number))
                elif kind == "partial" and partial is not None:
                    partial(said)
                elif kind == "result":
                    return said
                elif kind == "error":
                    raise said
        except (EOFError, OSError) as gone:
            self._kill()
            raise RuntimeError("the process that computes studies has ended") from gone

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None

    def close(self) -> None:
        """End the process."""
        self.connection.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self._kill()

    def _kill(self) -> None:
        """End the process whatever it does, and wait until it is gone."""
        self.process.kill()
        self.process.wait()


def _accepted(listener: Listener) -> Connection:
    """The process's connection, waited for no longer than it may take to start."""
    found: list[Connection] = []
    waiting = threading.Thread(target=lambda: found.append(listener.accept()), daemon=True)
    waiting.start()
    waiting.join(STARTS)
    if not found:
        raise OSError(f"the process that computes studies did not start within {STARTS:g} s")
    return found[0]


def main(address: str, nice: int) -> None:
    """Compute what is asked for until nobody asks any more."""
    with suppress(OSError, AttributeError):
        os.nice(nice)
    key = sys.stdin.buffer.read()
    try:
        connection = Client(address, authkey=key)
    except (EOFError, OSError):  # whoever asked has ended meanwhile
        return
    with connection:
        from nmf_core.fit import compiled

        compiled.warm_up()
        with suppress(EOFError, OSError):
            while True:
                what, *rest = connection.recv()
                if what == "do":  # else an end that came after the study's own
                    _answer(connection, *rest)


def _answer(connection: Connection, number: int, study: str, asked: dict[str, Any], wants_partial: bool) -> None:
    """Compute a study and send its progress, what there is so far, and the result."""
    last, on = time.monotonic(), True

    def told(done: int, of: int, *so_far: object) -> bool:
        nonlocal last, on
        now = time.monotonic()
        if now - last >= TELL:
            last = now
            connection.send(("progress", (done, of, *so_far)))
        if connection.poll():
            on = connection.recv() != ("end", number) and on
        return on

    more = {"on_rank": lambda found: connection.send(("partial", found))} if wants_partial else {}
    try:
        with kernels.compiled_from(0 if study in COMPILED else None):
            result = STUDIES[study](on_progress=told, **asked, **more)
        connection.send(("result", result))
    except NmfError as error:
        connection.send(("error", error))
    except (EOFError, OSError):
        raise
    except Exception as bug:
        connection.send(("error", RuntimeError(f"{type(bug).__name__} in a study: {bug}")))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
