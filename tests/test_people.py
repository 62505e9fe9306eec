"""People at a real server, in small: the protocol works, nothing goes wrong, and what must not be seen would be noticed."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest

from benchmarks.people import FILE, Big, Log, Person, Sentinel, _write, main, together
from benchmarks.streamlit_client import Lost, Tab, loopback
from benchmarks.watched import Watched, machine
from pages.ui.page_list import PAGES
from tests.browser.conftest import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("folder")
        _write(51_000, folder / FILE)  # so many that a fit waits for its button
        patch.setenv("LATENT_LENS_DATA_DIR", str(folder))
        running = Server(tmp_path_factory.mktemp("home")).start()
    yield running
    running.stop()
    assert not running.tracebacks()


def run(what):
    """A coroutine to its end: in a thread of its own, since Playwright keeps a loop in that of the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, what).result()


def texts(tab: Tab) -> str:
    return "\n".join(node.proto.body for node in tab.nodes.values() if node.kind in ("markdown", "alert"))


async def a_person(url: str) -> str:
    """Some acts, with what each does; the address at the end."""
    tab = Tab(url)
    try:
        await tab.open("factors")
        await tab.set(tab.find("number_input", key="rank"), 3)
        await tab.go("labels")
        fields = tab.every("text_input", key="name-")
        assert len(fields) == tab.value(tab.find("number_input", key="rank")) == 3  # what is set stays on another page
        await tab.set(fields[1], "heist")
        assert "#### Feature 1" in texts(tab)  # whose card is open
        assert [tab.value(field) for field in tab.every("text_input", key="name-")] == ["", "heist", ""]
        await tab.set(tab.find("button_group", key="blanks"), ["weak"])
        await tab.go("recommend")
        user = tab.find("selectbox", key="user")
        await tab.set(user, user.proto.options[2])
        assert tab.value(tab.find("selectbox", key="user")).startswith("User3 ·")
        await tab.set(tab.find("selectbox", key="data"), "Movie night")
        assert "540 ratings" in texts(tab)
        assert not tab.trouble
        assert not tab.alerts
        await tab.go("labels")  # where no user is chosen
        return tab.query
    finally:
        await tab.leave()


def test_what_people_do_is_done(server):
    seen = parse_qs(run(a_person(server.url)))
    assert seen["data"] == ["movie_night"] and {"rank", "blanks"} <= seen.keys()  # what is seen is in the address
    assert "user" not in seen


def test_people_at_once(server):
    log = Log()
    pages = list(PAGES)
    run(together(server.url, log, people=2, seconds=60, think=0, pages=pages, seed=4, acts=4))
    assert not log.errors, log.words()
    assert len(log.seconds["arrive"]) == len(log.seconds["bring a file"]) == 2
    did = {kind for kind in log.seconds if kind not in ("wait", "look at progress")}
    assert sum(len(log.seconds[kind]) for kind in did) == 2 * (2 + 4)
    assert len(did) > 4
    assert "all that people did" in log.table()


async def fits_once(url: str, log: Log) -> None:
    person = Big(url, random.Random(1), ["ratings", "factors"], log)
    await person.live(time.monotonic() + 60, 0, acts=1)


def test_somebody_with_a_large_file(server):
    log = Log()
    run(fits_once(server.url, log))
    assert not log.errors, log.words()
    assert len(log.seconds["big: fit"]) == 1
    assert len(log.seconds["big: press Fit"]) <= 1  # a fit that is quick on this machine follows without


async def a_link_is_shared(url: str, log: Log) -> tuple[Person, Person]:
    mine, yours = (Person(url, random.Random(seed), ["ratings"], log) for seed in (1, 2))
    try:
        await mine.tab.open()
        await mine.bring()
        await yours.tab.open("", mine.tab.query)
    finally:
        await mine.leave()
        await yours.leave()
    return mine, yours


def test_words_of_others_are_noticed(server):
    log = Log()
    mine, yours = run(a_link_is_shared(server.url, log))
    assert mine.sentinel.own > 0
    assert not mine.sentinel.others
    assert yours.sentinel.others
    assert all(
        mine.sentinel.word.startswith(word) for word in yours.sentinel.others
    )  # whole, and cut to a chart's room
    assert {kind for kind, _ in log.errors} == {"saw another's sentinel"}


def test_a_sentinel_tells_its_own_word_from_others():
    sentinel = Sentinel("sentinel0123456789ab")
    for message in (b"x sentinel0123456789ab y", b"cut: sentinel0123456\xe2\x80\xa6", b"a sentinel, and nothing else"):
        sentinel(message)
    assert (sentinel.own, sentinel.others) == (2, Counter())
    sentinel(b"sentinel0123456789ab, sentinelfedcba987654 and sentinelfedcba\xe2\x80\xa6")
    assert sentinel.others == {"sentinelfedcba987654": 1, "sentinelfedcba": 1}


def test_who_would_not_see_a_sentinel_says_so():
    log = Log()
    person = Person("http://127.0.0.1:1", random.Random(1), ["ratings"], log)
    person.brought = True
    run(person.leave())
    assert [kind for kind, _ in log.errors] == ["never saw the own sentinel"]


def test_nobody_there_is_an_error_and_not_the_end():
    log = Log()
    person = Person("http://127.0.0.1:1", random.Random(1), ["ratings"], log)
    assert not run(person.do("arrive", person._open))
    assert sum(log.errors.values()) == 1
    with pytest.raises(Lost):
        run(person.tab.run())
    assert "1" in log.table().splitlines()[1]
    assert log.words().startswith("ERROR  1 × arrive: ")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "http://10.0.0.1:8501",
        "http://0.0.0.0:8501",
        "http://127.0.0.1@example.org",
        "https://127.0.0.1:8501",
        "127.0.0.1:8501",
    ],
)
def test_people_are_sent_to_this_machine_alone(url, capsys):
    with pytest.raises(ValueError, match="loopback"):
        loopback(url)
    with pytest.raises(SystemExit, match="2"):
        main(["--url", url, "--people", "1", "--minutes", "0.01"])
    assert "loopback" in capsys.readouterr().err


def test_addresses_of_this_machine():
    assert loopback("http://localhost:8501/rank?rank=3") == "http://localhost:8501"
    assert loopback("http://[::1]:8501") == "http://[::1]:8501"


@pytest.mark.parametrize(
    "wrong", [["--people", "201"], ["--people", "0"], ["--minutes", "31"], ["--think", "-1"], ["--big", "5"]]
)
def test_people_and_minutes_are_bounded(wrong):
    with pytest.raises(SystemExit, match="2"):
        main(wrong)


def test_what_a_process_takes(server):
    watched = Watched(server.process.pid)
    assert watched.memory() > 10
    assert machine() > watched.processor() > 0
