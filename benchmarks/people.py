"""Many people at once, each with a browser of their own: `python -m benchmarks.people [--people 30] [--minutes 3] [--think 5]`.

Starts a server, lets one visitor see every page, then lets people come within some seconds (`--within`) who think for a while
(`--think`, on average) and do one thing, again and again: go to another page, change the rank, turn the dial for blanks, choose
other ratings, pick another user, name a feature, start a survey. They speak Streamlit's own protocol
(`benchmarks.streamlit_client`); nothing is drawn, so what a browser takes for a picture comes on top. Measured: from the act
until the script has run, with whatever it runs again of itself. Prints n, median, 95th percentile and maximum of each kind of
act. Apart from these, `wait` is how long a progress bar stood before those who stayed for its end, and `look at progress` the
runs by the clock that draw it.

An exception on the page, a lost connection or 60 s without an answer is an error. So is a word of somebody else's: everyone
brings ratings that are named by a random word, names features by it, and looks for the words of others in every message.
What is shown in red is listed, and is no error. `--big 1000000`: one more person opens so many ratings from the server's
folder, and fits them again and again meanwhile.

Memory is the server's resident set: as it started, after the one visitor, its largest from then on, and `--after` seconds
after everybody has gone; Streamlit keeps the session of a closed tab for `disconnectedSessionTTL`. Exits with 1 if there was
an error; slowness is none.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from websockets.exceptions import WebSocketException

from benchmarks.lifelike import lifelike
from benchmarks.sentinel import Sentinel
from benchmarks.streamlit_client import PATIENCE, Tab, loopback
from benchmarks.streamlit_widgets import Node
from benchmarks.watched import Watched, machine
from pages.ui.page_list import FIRST_PAGE, PAGES
from tests.browser.conftest import Server

MOST_PEOPLE, MOST_MINUTES, MOST_ACTS = 200, 30.0, 2_000  # of one person
TOP_RANK = 8  # people go up and down below it
BIG_PATIENCE = 600.0  # seconds: a large file is read in one run
ARRIVE, BRING, WAIT, LOOK = "arrive", "bring a file", "wait", "look at progress"
APART = (WAIT, LOOK, "big: ")  # not what people do: not in the sum
FILE = "big.parquet"
LEAST_BIG, MOST_BIG = 1_000, 50_000_000

Act = Callable[[], Awaitable[float]]


# --- what is noted --------------------------------------------------------------------------------------------------------


@dataclass
class Log:
    """Seconds of each kind of act, and what went wrong in it."""

    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)

    def table(self) -> str:
        """A row for each kind of act, and one for all that people did."""
        kinds = sorted({*self.seconds, *(kind for kind, _ in self.errors)}, key=lambda k: (k.startswith(APART), k))
        done = [kind for kind in kinds if not kind.startswith(APART)]
        lines = [f"{'seconds':<24}{'n':>7}{'p50':>9}{'p95':>9}{'max':>9}{'errors':>9}"]
        rows = [(kind, [kind]) for kind in kinds]
        rows.insert(len(done), ("all that people did", done))
        for name, parts in rows:
            found = np.array([second for part in parts for second in self.seconds.get(part, [])])
            marks = (*np.quantile(found, (0.5, 0.95)), found.max()) if len(found) else ()
            numbers = "".join(f"{mark:9.3f}" for mark in marks) or f"{'–':>9}" * 3
            wrong = sum(n for (kind, _), n in self.errors.items() if kind in parts)
            lines.append(f"{name:<24}{len(found):>7}{numbers}{wrong:>9}")
        return "\n".join(lines)

    def words(self) -> str:
        """What went wrong, and what was shown in red."""
        lines = [f"ERROR  {n} × {kind}: {words}" for (kind, words), n in self.errors.most_common(20)]
        return "\n".join([*lines, *(f"in red {n} × {words}" for words, n in self.alerts.most_common(10))])


# --- people ---------------------------------------------------------------------------------------------------------------


class Person:
    """Somebody with a browser: comes, brings a file, does one thing after the other, and leaves."""

    whose = ""  # before the names of what is noted

    def __init__(self, url: str, rng: random.Random, pages: list[str], log: Log, patience: float | None = None) -> None:
        """`pages` are those that the person goes to; everything is drawn from `rng`."""
        self.rng, self.pages, self.log, self.sentinel = rng, pages, log, Sentinel()
        self.tab = Tab(url, self.sentinel, **({"patience": patience} if patience else {}))
        self.page = FIRST_PAGE if FIRST_PAGE in pages else rng.choice(pages)
        self.brought = False

    async def live(self, until: float, think: float, acts: int = MOST_ACTS) -> None:
        """Come within the time of a thought, and stay until then."""
        await self._think(self.rng.uniform(0, think), until)
        try:
            await self.do(ARRIVE, self._open)
            await self.bring()
            for _ in range(acts):
                await self._think(min(self.rng.expovariate(1 / think), 6 * think) if think else 0.0, until)
                if time.monotonic() >= until:
                    break
                await self.do(*self._choice())
        finally:
            await self.leave()

    async def leave(self) -> None:
        """Close the browser, and note whose words were seen."""
        await self.tab.leave()
        self._note("leave")
        for word, n in self.sentinel.others.items():
            self.log.errors["saw another's sentinel", word] += n
        if self.brought and not self.sentinel.own:
            self.log.errors["never saw the own sentinel", "what would not see another's either"] += 1

    async def do(self, kind: str, act: Act) -> bool:
        """Do something and note how long it took, or what went wrong; whether it went well."""
        kind, wrong = self.whose + kind, ""
        try:
            self.log.seconds[kind].append(await act())
        except TimeoutError:
            wrong = f"no answer within {self.tab.patience:g} s"
        except (OSError, ValueError, WebSocketException) as error:
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            self.tab.trouble.append(wrong)
        well = not self.tab.trouble
        self._note(kind)
        if wrong:  # as a person reloads a page
            await self.tab.close()
            await asyncio.sleep(1)
            with suppress(OSError, ValueError, WebSocketException):
                await self._open()
        return well

    def _note(self, kind: str) -> None:
        """Note what the tab has to tell since it was asked last."""
        tab = self.tab
        self.log.errors.update((kind, words) for words in tab.trouble)
        self.log.alerts.update(tab.alerts)
        for name, held in ((WAIT, tab.waits), (LOOK, tab.looks)):
            if held:
                self.log.seconds[self.whose + name].extend(held)
        for told in (tab.trouble, tab.alerts, tab.waits, tab.looks):
            told.clear()

    async def _open(self) -> float:
        return await self.tab.open(_path(self.page), self.tab.query)

    async def _go(self, page: str) -> float:
        self.page = page
        return await self.tab.go(_path(page))

    async def _think(self, seconds: float, until: float) -> None:
        await asyncio.sleep(max(0.0, min(seconds, until - time.monotonic())))

    async def bring(self) -> None:
        """Upload ratings of an item and by a user that are named by the sentinel."""
        box = self.tab.find("file_uploader")
        if box is None:
            return
        names = [self.sentinel.word, *"ABCDEF"]
        rows = [f"{u},{i},{self.rng.randint(1, 5)}" for u in names for i in names if self.rng.random() < 0.8 or u == i]
        data = "\n".join(["user,item,rating", *rows]).encode()
        self.brought = await self.do(BRING, partial(self.tab.upload, box, f"{self.sentinel.word}.csv", data))
        if (button := self.tab.find("button", key="open-upload")) is not None:
            await self.do(BRING, partial(self.tab.press, button))

    def _choice(self) -> tuple[str, Act]:
        """One of the things that could be done here now."""
        found = list(self._possible())
        _, kind, act = self.rng.choices(found, [weight for weight, _, _ in found])[0]
        return kind, act

    def _possible(self) -> Iterator[tuple[int, str, Act]]:
        """Weight, kind and act."""
        tab, rng = self.tab, self.rng
        page = rng.choice([page for page in self.pages if page != self.page] or self.pages)
        yield 6, f"go to {page}", partial(self._go, page)
        if (node := tab.find("number_input", key="rank")) is not None:
            now = int(tab.value(node) or 2)
            ranks = [k for k in (now - 1, now + 1) if 1 <= k <= TOP_RANK] or [TOP_RANK]
            yield 3, "change the rank", partial(tab.set, node, rng.choice(ranks))
        if (node := tab.find("button_group", key="blanks")) is not None:
            others = [option.content for option in node.proto.options if [option.content] != tab.value(node)]
            yield 3, "turn the dial", partial(tab.set, node, [rng.choice(others)])
        for weight, key, kind in ((2, "data", "choose other ratings"), (6, "user", "pick another user")):
            if (node := tab.find("selectbox", key=key)) is not None and len(node.proto.options) > 1:
                option = rng.choice([option for option in node.proto.options if option != tab.value(node)])
                yield weight, kind, partial(tab.set, node, option)
        if names := tab.every("text_input", key="name-", label="Name"):
            name = f"{self.sentinel.word} {rng.randrange(1000)}"
            yield 6, "name a feature", partial(tab.set, rng.choice(names), name)
        if (node := tab.find("button", label="Survey the ranks")) is not None:
            yield 6, "start a survey", partial(tab.press, node)


class Big(Person):
    """Somebody with a large file in the server's folder."""

    whose = "big: "

    async def live(self, until: float, think: float, acts: int = MOST_ACTS) -> None:
        """Open the file, then fit it with one seed after the other."""
        try:
            if await self.do(ARRIVE, self._open) and await self._open_file():
                await self.do("go to factors", partial(self._go, "factors"))
                await self._set("rank", TOP_RANK)
                for seed in range(acts):
                    if time.monotonic() >= until or not await self._fit(until, seed):
                        break
        finally:
            await self.leave()

    async def _open_file(self) -> bool:
        """From the server's folder, as it is read if the page asks; whether it is open."""
        tab = self.tab
        steps: tuple[tuple[Callable[[], Node | None], bool], ...] = (
            (partial(tab.find, "expandable", key="sources"), True),
            (partial(tab.find, "selectbox", key="server_folder"), True),
            (partial(tab.find, "button", key="open-server-folder"), True),
            (partial(tab.find, "button", key="open-upload"), False),
        )
        for number, (find, must) in enumerate(steps, 1):
            node = find()
            if node is None:
                if must:
                    self.log.errors["big: open", f"what step {number} of opening a file needs is not on the page"] += 1
                    return False
                continue
            value = {"expandable": True, "selectbox": FILE}.get(node.kind)
            act = partial(tab.press, node) if value is None else partial(tab.set, node, value)
            if not await self.do("open", act):
                return False
        return True

    async def _set(self, key: str, value: int) -> bool:
        """Set a number in the sidebar."""
        node = self.tab.find("number_input", key=key)
        return node is not None and await self.do("change a setting", partial(self.tab.set, node, value))

    async def _fit(self, until: float, seed: int) -> bool:
        """Set the seed, press Fit where that is needed, and wait; whether there was an end before `until`."""
        began = time.perf_counter()
        if seed and not await self._set("seed", seed):
            return False
        if (button := self.tab.find("button", key="begin-fit")) is not None:
            await self.do("press Fit", partial(self.tab.press, button))
        while any(node.kind == "progress" for node in self.tab.nodes.values()):
            await asyncio.sleep(0.1)
            if time.monotonic() >= until or self.tab.lost:
                return False
        self.log.seconds["big: fit"].append(time.perf_counter() - began)
        return True


def _path(page: str) -> str:
    """A page's name in the address."""
    return "" if page == FIRST_PAGE else page


async def visit(url: str, pages: list[str], log: Log, seed: int) -> None:
    """One person goes to every page once, and leaves."""
    person = Person(url, random.Random(f"{seed} first"), pages, log)
    await person.do(ARRIVE, person._open)
    for page in pages:
        await person.do(f"go to {page}", partial(person._go, page))
    await person.leave()


async def together(
    url: str,
    log: Log,
    *,
    people: int,
    seconds: float,
    think: float,
    pages: list[str],
    seed: int = 0,
    acts: int = MOST_ACTS,
    big: bool = False,
    within: float = 0.0,
) -> None:
    """People come within so many seconds, use the dashboard, and leave in the end, each by a random generator of their own."""
    until = time.monotonic() + seconds
    here = [Person(url, random.Random(f"{seed} {k}"), pages, log) for k in range(people)]
    if big:
        here.append(Big(url, random.Random(f"{seed} big"), list(PAGES), log, BIG_PATIENCE))

    coming = random.Random(f"{seed} coming")

    async def bounded(person: Person) -> None:
        await asyncio.sleep(coming.uniform(0, within))
        try:
            async with asyncio.timeout(seconds + 2 * PATIENCE):
                await person.live(until, think, acts)
        except TimeoutError:
            log.errors["leave", "somebody did not come to an end"] += 1

    await asyncio.gather(*map(bounded, here))


# --- measuring ---------------------------------------------------------------------------------------------------------


async def measure(url: str, asked: argparse.Namespace, pages: list[str], server: Watched | None) -> Log:
    """Measure and print; the server is not watched where it is not ours."""
    log, first = Log(), Log()
    if server is not None:
        await server.quiet()
        started = server.memory()
    await visit(url, pages, first, asked.seed)
    log.errors.update(first.errors)
    if server is not None:
        await server.quiet(10)
        warm, used = server.memory(), server.processor()
        looking = asyncio.create_task(server.largest_from_now())
    own, all_told, began = time.process_time(), machine(), time.perf_counter()
    await together(
        url,
        log,
        people=asked.people,
        seconds=60 * asked.minutes,
        think=asked.think,
        pages=pages,
        seed=asked.seed,
        big=bool(asked.big),
        within=asked.within,
    )
    took = time.perf_counter() - began
    busy = {"these people": (time.process_time() - own) / took}
    if server is not None:
        busy["the server"] = (server.processor() - used) / took
    busy["all else"] = (machine() - all_told) / took - sum(busy.values())
    print(log.table())
    print(f"{took:.0f} s; processors busy: " + ", ".join(f"{name} {share:.2f}" for name, share in busy.items()))
    if server is None:
        print("the server is not ours: its memory is not known, and its processors are among all else")
    else:
        if asked.minutes >= 1:
            await asyncio.sleep(asked.after)
        looking.cancel()
        after = server.memory()
        if not after:
            log.errors["the server", "has ended"] += 1
        waited = f"{asked.after:g} s after" if asked.minutes >= 1 else "right after"
        print(
            f"memory, MB: started {started:.0f}, after one visitor {warm:.0f}, largest {server.largest:.0f}, {waited} "
            f"{after:.0f}: {after / started:.2f} × started, {after / warm:.2f} × after one visitor"
        )
    return log


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=30, help=f"1 to {MOST_PEOPLE}")
    parser.add_argument("--minutes", type=float, default=3.0, help=f"up to {MOST_MINUTES:g}")
    parser.add_argument("--think", type=float, default=5.0, help="seconds between a person's acts, on average")
    parser.add_argument("--within", type=float, default=30.0, help="seconds in which they come; 0: all at once")
    parser.add_argument("--big", type=int, default=0, metavar="RATINGS", help="one more person, with so many ratings")
    parser.add_argument("--pages", nargs="+", choices=list(PAGES), default=list(PAGES))
    parser.add_argument("--without", nargs="+", choices=list(PAGES), default=[], help="pages that nobody goes to")
    parser.add_argument("--after", type=float, default=60.0, help="seconds until memory is looked at again")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--url", help="a server that runs on this machine already")
    asked = parser.parse_args(arguments)
    pages = [page for page in asked.pages if page not in asked.without]
    if not (1 <= asked.people <= MOST_PEOPLE and 0 < asked.minutes <= MOST_MINUTES and asked.think >= 0 and pages):
        parser.error(f"1 to {MOST_PEOPLE} people, up to {MOST_MINUTES:g} minutes, and a page to go to")
    if asked.big and not LEAST_BIG <= asked.big <= MOST_BIG:
        parser.error(f"--big is from {LEAST_BIG:,} to {MOST_BIG:,} ratings")
    if asked.url and asked.big:
        parser.error("--big puts a file into the folder of a server of its own: leave --url out")
    if asked.url:
        try:
            url = loopback(asked.url)
        except ValueError as error:
            parser.error(str(error))
        log = asyncio.run(measure(url, asked, pages, None))
    else:
        log = _with_own_server(asked, pages)
    print(log.words())
    return 1 if log.errors else 0


def _with_own_server(asked: argparse.Namespace, pages: list[str]) -> Log:
    """Measure at a server that lives as long as that takes, with a home and a folder of files of its own."""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
        if asked.big:
            _write(asked.big, Path(folder) / FILE)
            os.environ["LATENT_LENS_DATA_DIR"] = folder  # the server inherits it
        server = Server(Path(home)).start()
        try:
            assert server.process is not None
            log = asyncio.run(measure(server.url, asked, pages, Watched(server.process.pid)))
        finally:
            server.stop()
        if told := server.tracebacks():
            log.errors["the server's log", told.strip().splitlines()[-1]] += 1
            print(told, file=sys.stderr)
        return log


def _write(n_ratings: int, path: Path) -> None:
    """Ratings as a file."""
    ratings = lifelike(n_ratings)
    cells = ratings.V.tocoo()
    pd.DataFrame({"user": ratings.users[cells.row], "item": ratings.items[cells.col], "rating": cells.data}).to_parquet(
        path
    )


if __name__ == "__main__":
    sys.exit(main())
