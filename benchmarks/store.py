"""What the store keeps, and what it costs: `python -m benchmarks.store [--kills 50] [--writers 30] [--saves 20] [--pages 30]`.

On SQLite, and on a PostgreSQL that is started for it where one is installed:

* kill -9: somebody saves one version of a label after the other and is killed at any moment, again and again. Lost is a save that
  was acknowledged and is not there as it was; half-written, whatever is not one of the versions in full.
* writers: each a process of its own, on one project. In turn they save a label of their own and add 1 to a count that they share;
  whoever is too late reads it again. A lost update is what the count lacks at the end.

Then pages that stand open, each asking once a second whether something is newer: what they cost the server, and how long it
takes from a save in one browser until another one shows it (Chromium).

`--kills 0` leaves out the first two. Exits with 1 if anything was lost, half-written, or an error.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import requests

from benchmarks.watched import Watched
from nmf_core.labels import Label, StoredLabel, shape_of
from nmf_core.store.labels import LabelConflict, LabelStore
from tests.browser.conftest import FLAGS, WAIT, Server, chromium, settled
from tests.postgresql import Throwaway, ended, programs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PATIENCE = 120.0  # seconds that a writer waits for the others
NAME = 'input[aria-label^="Name of feature"]'
COUNT = shape_of(["count"], [1])
ITEMS = [f"item {k}" for k in range(200)]
# Each run is forked from a process that has imported everything: it is at its first save within some milliseconds.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["nmf_core.store.labels", "requests", "tests.browser.conftest"])


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """The address of an empty database of each kind that is to be had, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        found = {"SQLite": f"sqlite:///{folder}/labels.db"}
        if programs() is None:
            print("No PostgreSQL is installed: SQLite alone.")
            yield found
            return
        with Throwaway() as server:
            yield found | {"PostgreSQL": server.url}


# --- kill -9 --------------------------------------------------------------------------------------------------------------


def label_of(mark: str) -> Label:
    """A version of the label that is killed over: of any part of it one can say which version it is of."""
    return Label(mark, note=f"{mark} " * (1900 // (len(mark) + 1)))


def save_on_and_on(url: str, project: str, run: int, acknowledged: Connection) -> None:
    """Save version after version, and tell of each as soon as it is saved."""
    with LabelStore(url, timeout=PATIENCE) as store:
        before = store.labels(project)
        saved = before[0] if before else store.save(project, label_of(f"{run}.first"), shape_of(ITEMS, range(200)))
        for k in range(100_000):
            saved = store.save(project, label_of(f"{run}.{k}"), saved.shape, label_id=saved.id, version=saved.version)
            acknowledged.send((saved.version, saved.label.text))


@dataclass(frozen=True)
class Kills:
    """What came of killing whoever saves.

    Attributes:
        kills: how often.
        acknowledged: saves that returned.
        lost: of these, those that are not there as they were.
        half_written: versions that are not one in full, gaps in the history, and a label that is not its last version.
    """

    kills: int
    acknowledged: int
    lost: int
    half_written: int


def killed(url: str, kills: int, seed: int) -> Kills:
    """Kill whoever saves, each time after some saves and some moment of the next."""
    rng = random.Random(seed)
    told: dict[int, str] = {}
    with LabelStore(url, timeout=PATIENCE) as store:
        project = store.project_for("ann", f"kills {seed}")
        for run in range(kills):
            ours, theirs = PROCESSES.Pipe(duplex=False)
            process = PROCESSES.Process(target=save_on_and_on, args=(url, project, run, theirs))
            process.start()
            theirs.close()
            for _ in range(rng.randint(1, 5)):
                told.update([ours.recv()])
            time.sleep(rng.uniform(0, 0.02))
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            try:
                while True:
                    told.update([ours.recv()])
            except (EOFError, ConnectionResetError):  # all that it told before
                ours.close()
        history, (now,) = store.history(project), store.labels(project)
    whole = {version: text for version, text, note in zip(history["version"], history["text"], history["note"], strict=True)
             if label_of(text).note == note}  # fmt: skip
    lost = sum(whole.get(version) != text for version, text in told.items())
    gaps = history["version"].tolist() != list(range(1, len(history) + 1))
    last = (now.version, now.label) != (len(history), label_of(history["text"].iloc[-1]))
    return Kills(kills, len(told), lost, len(history) - len(whole) + gaps + last)


# --- many at once ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Writers:
    """What came of many who save at once.

    Attributes:
        writers, saves: how many of them, and how often all of them saved.
        conflicts: saves that came too late, were refused, and made again.
        errors: whatever else was refused.
        lost: updates that are in no version.
        seconds: of all of them together, from the first save to the last.
    """

    writers: int
    saves: int
    conflicts: int
    errors: int
    lost: int
    seconds: float


def write(url: str, project: str, number: int, saves: int, ready: Connection) -> None:
    """In turn a version of one's own label, and one more to the count; then tell (conflicts, errors)."""
    with LabelStore(url, timeout=PATIENCE) as store:
        ready.send(None)
        ready.recv()  # all of them begin at once
        mine: StoredLabel | None = None
        conflicts = errors = 0
        for k in range(saves):
            try:
                if k % 2:
                    conflicts += count_one(store, project)
                else:
                    at = {} if mine is None else {"label_id": mine.id, "version": mine.version}
                    mine = store.save(project, label_of(f"{number}.{k}"), shape_of([f"of {number}"], [1]), **at)
            except Exception as error:  # whatever it is, it is counted and said
                errors += 1
                print(f"writer {number}: {type(error).__name__}: {error}", file=sys.stderr)
        ready.send((conflicts, errors))


def count_one(store: LabelStore, project: str) -> int:
    """Add 1 to the count that all share; how often somebody else was faster."""
    for conflicts in range(10_000):
        now = next(label for label in store.labels(project) if label.shape == COUNT)
        try:
            store.save(project, Label(f"{int(now.label.text) + 1}"), COUNT, label_id=now.id, version=now.version)
            return conflicts
        except LabelConflict:
            time.sleep(
                random.uniform(0, 0.05 * min(10, conflicts + 1))
            )  # else thirty of them come too late over and over
    raise AssertionError("never first")


def written(url: str, writers: int, saves: int) -> Writers:
    """Let so many processes save so often each."""
    with LabelStore(url, timeout=PATIENCE) as store:
        project = store.project_for("ann", "writers")
        store.save(project, Label("0"), COUNT)
        pipes = []
        for number in range(writers):
            ours, theirs = PROCESSES.Pipe()
            PROCESSES.Process(target=write, args=(url, project, number, saves, theirs)).start()
            theirs.close()
            ours.recv()
            pipes.append(ours)
        began = time.perf_counter()
        for pipe in pipes:
            pipe.send(None)
        told = [pipe.recv() for pipe in pipes]
        seconds = time.perf_counter() - began
        count = next(int(label.label.text) for label in store.labels(project) if label.shape == COUNT)
        history = store.history(project)
    counted, own = saves // 2, saves - saves // 2
    expected = {f"{number}.{2 * k}" for number in range(writers) for k in range(own)}
    lost = writers * counted - count + len(expected - set(history["text"]))
    conflicts, errors = (sum(column) for column in zip(*told, strict=True))
    return Writers(writers, writers * saves, conflicts, errors, lost, seconds)


# --- pages that stand open ------------------------------------------------------------------------------------------------


async def standing(server: Server, address: str, pages: int, seconds: float) -> tuple[float, list[float]]:
    """Processor seconds a second that the server takes for so many pages, and how long its answers take."""
    assert server.process is not None
    watched, took = Watched(server.process.pid), []
    await watched.quiet()

    async def page() -> None:
        await asyncio.sleep(random.uniform(0, 1))
        with requests.Session() as http:
            until = time.perf_counter() + seconds
            while (began := time.perf_counter()) < until:
                (await asyncio.to_thread(http.get, address, timeout=60)).raise_for_status()
                took.append(time.perf_counter() - began)
                await asyncio.sleep(max(0.0, 1 - took[-1]))

    before, began = watched.processor(), time.perf_counter()
    await asyncio.gather(*(page() for _ in range(pages)))
    return (watched.processor() - before) / (time.perf_counter() - began), took


def seen(browser: Browser, server: Server, times: int) -> tuple[str, list[float], list[float]]:
    """Where a page looks for what is newer, and seconds from a save until its own page shows it, and until another does."""
    link, pages = f"{server.url}/labels?data=movie_night&rank=4", []
    for _ in range(2):
        page = browser.new_context().new_page()
        page.set_default_timeout(WAIT)
        page.goto(link)
        page.wait_for_selector("h1")
        settled(page)
        if not pages:
            page.get_by_role("button", name="Share").click()
            page.get_by_text("Change it").click()
            link = page.locator("code", has_text="project=").inner_text()
            page.keyboard.press("Escape")
        pages.append(page)
    own, took = [], []
    for k in range(times):
        field = pages[k % 2].locator(NAME).first
        field.fill(f"name {k}")
        began = time.perf_counter()
        field.press("Enter")
        pages[k % 2].wait_for_selector(f"h4:has-text('name {k}')")  # on the card of the first feature, which is open
        own.append(time.perf_counter() - began)
        pages[1 - k % 2].wait_for_function(
            "([field, text]) => document.querySelector(field)?.value === text", arg=[NAME, f"name {k}"]
        )
        took.append(time.perf_counter() - began)
        for page in pages:
            settled(page)
        time.sleep(random.uniform(0, 1))  # a page looks once a second; nobody saves in step with it
    key = pages[0].locator("[data-of]").get_attribute("data-of")
    for page in pages:
        page.context.close()
    return f"{server.url}/changes/{key}", own, took


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("kills", 50), ("writers", 30), ("saves", 20), ("pages", 30), ("seconds", 20), ("seed", 0)):
        asked.add_argument(f"--{name}", type=int, default=value)
    options = asked.parse_args()
    wrong = 0
    signal.signal(signal.SIGTERM, ended)
    with databases() as urls:
        for name, url in urls.items() if options.kills else ():
            k = killed(url, options.kills, options.seed)
            print(
                f"{name}: {k.kills} kills, {k.acknowledged} acknowledged, {k.lost} lost, {k.half_written} half-written"
            )
            w = written(url, options.writers, options.saves)
            print(
                f"{name}: {w.writers} writers, {w.saves} saves, {w.conflicts} made again, {w.errors} errors, {w.lost} lost "
                f"updates, {w.seconds:.1f} s ({w.seconds / w.saves * 1000:.1f} ms a save)",
                flush=True,
            )
            wrong += k.lost + k.half_written + w.errors + w.lost
        path = chromium()
        for name, url in urls.items() if path else ():
            os.environ["LATENT_LENS_DATABASE_URL"] = url
            with tempfile.TemporaryDirectory() as home:
                watch(name, path, Path(home), options.pages, options.seconds)
    sys.exit(wrong > 0)


def watch(name: str, path: str | None, home: Path, pages: int, seconds: float) -> None:
    """Print what pages that stand open cost a server on this database, and when they show what was saved."""
    from playwright.sync_api import sync_playwright

    server = Server(home).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            address, own, took = seen(browser, server, 20)
            browser.close()
        load, answers = asyncio.run(standing(server, address, pages, seconds))
    finally:
        server.stop()
    print(
        f"{name}: saved in one browser, shown there after {np.median(own):.2f} s, in another after {np.median(took):.2f} s "
        f"(medians), {max(took):.2f} s at most"
    )
    low, high = np.quantile(answers, (0.5, 0.95)) * 1000
    print(
        f"{name}: {pages} pages take {load:.1%} of a processor; answers in {low:.0f} ms (median), {high:.0f} ms (95 %)"
    )


if __name__ == "__main__":
    main()
