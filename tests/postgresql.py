"""A PostgreSQL that is thrown away: `python -m tests.postgresql pytest -n 3` runs a command that finds one.

Its address stands in LATENT_LENS_TEST_DATABASE_URL. It lies in a folder of its own, is reached by a socket in it, and writes as
safely as any: what it acknowledged is on disk. It ends with the command, however that ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

NAMED = "LATENT_LENS_TEST_DATABASE_URL"
PATIENCE = 60.0  # seconds: a bound on a slow machine


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None where it is not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    found = debian[-1] if debian else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Throwaway:
    """A server in a folder of its own, running while it is entered.

    Attributes:
        url: its address.
    """

    def __init__(self) -> None:
        """Nothing is made yet."""
        self._programs = programs()
        assert self._programs is not None, "PostgreSQL is not installed"
        # It refuses to be run by root: whoever installed it made an account for it.
        self._account = None
        if os.getuid() == 0:
            import pwd

            accounts = {entry.pw_name for entry in pwd.getpwall()}
            self._account = next(name for name in ("postgres", "nobody") if name in accounts)

    def __enter__(self) -> Throwaway:
        """Make it and start it."""
        self._home = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self.url = f"postgresql://postgres@/postgres?host={self._home}"
        try:
            if self._account is not None:
                shutil.chown(self._home, self._account)
            self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8").wait()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        """Stop it, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self._home)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._server: subprocess.Popen[bytes] | None = self._run(
            "postgres", "-D", "data", "-k", str(self._home), "-c", "listen_addresses=", "-c", "fsync=on"
        )
        until = time.monotonic() + PATIENCE
        while self._run("pg_isready", "-h", str(self._home)).wait():
            assert time.monotonic() < until, (self._home / "log").read_text()
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT lets go of whoever is connected, SIGQUIT drops everything as a crash does."""
        server, self._server = getattr(self, "_server", None), None
        if server is not None:
            server.send_signal(how)
            server.wait(PATIENCE)

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """One of its programs, in its folder and as its account."""
        assert self._programs is not None
        with (self._home / "log").open("ab") as log:
            return subprocess.Popen(
                [self._programs / program, *arguments], cwd=self._home, user=self._account, stdout=log, stderr=log
            )


def ended(number: int, frame: FrameType | None) -> NoReturn:
    """A signal to end goes through `with`, so that the server ends too."""
    raise SystemExit(128 + number)


def main() -> int:
    """Run a command beside a server; its exit code."""
    signal.signal(signal.SIGTERM, ended)
    with Throwaway() as server:
        return subprocess.run(sys.argv[1:], env={**os.environ, NAMED: server.url}).returncode


if __name__ == "__main__":
    sys.exit(main())
