"""A real server and a real Chromium. Without a Chromium these tests skip aloud; under CI they fail."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ARTIFACTS = ROOT / "artifacts" / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Streamlit's own: a browser went away just while it was being answered.
GONE = re.compile(
    r'Exception in ASGI application\n.*?Cannot call "send" once a close message has been sent\.\n', re.DOTALL
)
WAIT = 120_000  # ms: a bound on a slow machine, not a speed


# Keeps what every notice said: one goes with the next run of the script, which may be before anybody looks.
NOTICES = """window.notices = new Set();
const said = '[data-testid="stAlert"]';
new MutationObserver(changes => { for (const change of changes)
    for (const node of [change.target, ...change.addedNodes]) {
        const element = node.nodeType === 1 ? node : node.parentElement;
        const around = element?.closest(said);
        for (const notice of around ? [around] : node === change.target ? [] : element?.querySelectorAll(said) ?? [])
            window.notices.add(notice.textContent);
    } }).observe(document, {subtree: true, childList: true, characterData: true})"""


def chromium() -> str | None:
    """The Chromium of this machine."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


def pytest_itemcollected(item):
    item.add_marker(pytest.mark.browser)


class Server:
    """`streamlit run app.py` on a free port of the loopback, with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Server:
        self.log = (self.home / "server.log").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app.py",
                "--server.port",
                str(self.port),
                "--server.headless",
                "true",
            ],
            cwd=ROOT,
            env={**os.environ, "LATENT_LENS_HOME": str(self.home)},
            stdout=self.log,
            stderr=self.log,
        )
        for _ in range(1800):  # after an installation kernels are compiled first
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).read()
                return self
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the server did not start: {(self.home / 'server.log').read_text()}")

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(60)
        self.log.close()

    def tracebacks(self) -> str:
        text = GONE.sub("", (self.home / "server.log").read_text(errors="replace"))
        return text if "Traceback" in text else ""


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    path = chromium()
    if path is None:
        message = "NO CHROMIUM: browser tests did not run. Install chromium, or name it in CHROMIUM."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """A server that nobody has opened yet."""
    server = Server(tmp_path).start()
    yield server
    server.stop()
    assert not server.tracebacks()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that tests share, each with a browser of its own, as people do."""
    running = Server(tmp_path_factory.mktemp("home")).start()
    yield running
    running.stop()
    assert not running.tracebacks()


@pytest.fixture
def open_page(browser, request) -> Iterator[Callable]:
    """Open an address in a browser of its own: open_page(url, width=…, height=…, dark=…)."""
    contexts = []

    def opened(url: str, *, width: int = 1366, height: int = 768, dark: bool = False, context=None):
        if context is None:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
            )
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.add_init_script(NOTICES)
        page.goto(url)
        page.wait_for_selector("h1")
        return page

    yield opened
    for context in contexts:
        context.close()


def frames(page, n: int) -> None:
    """Wait for so many frames of the browser: time for what a page does by itself, more of it where a machine is slow."""
    page.evaluate(
        "n => new Promise(done => { const next = () => n-- > 0 ? requestAnimationFrame(next) : done(); next(); })", n
    )


def settled(page) -> None:
    """Wait until the script has run, and neither it nor the page has anything left to do for a while of frames."""
    page.wait_for_function(
        """() => { const app = document.querySelector('[data-testid="stApp"]');
        const quiet = app && app.dataset.testScriptState === 'notRunning'
          && !document.querySelector('[data-stale="true"], .stSpinner, [data-testid="stSkeleton"]');
        window.quietFrames = quiet ? (window.quietFrames || 0) + 1 : 0;
        if (window.quietFrames < 24) return false;
        window.quietFrames = 0;
        return true; }""",
        polling="raf",
    )


def has_said(page, words: str) -> None:
    """Wait until a notice on the page has said something, whether it still stands there."""
    page.wait_for_function("words => [...window.notices].some(text => text.includes(words))", arg=words)


def has_opened(page, name: str) -> None:
    """Wait until the page has said that a file is open."""
    has_said(page, f"{name} is open")


def type_into_cell(page, x: float, y: float, value: str) -> None:
    """Type a value into the grid editor's cell at a point of the page, and enter it."""
    page.mouse.click(x, y)
    # A frame after a click the grid takes the focus, even from a field that has opened since.
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    # The first character opens a field in place of the cell; nobody types the second before it is there.
    page.keyboard.type(value[0])
    page.wait_for_function("() => document.activeElement.matches('#portal :is(input, textarea)')")
    page.keyboard.type(value[1:])
    page.wait_for_function("value => document.activeElement.value === value", arg=value)
    frames(page, 4)  # what stands in the field is known to the grid a moment later
    page.keyboard.press("Enter")


def no_trouble(page) -> None:
    """No exception, and no dialog, stands on the page."""
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.get_by_text("Page not found").count() == 0
    assert page.get_by_text("Traceback").count() == 0


def screenshot(page, name: str) -> None:
    """Keep a picture of the whole page among the artefacts."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    size = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height + 20)})
    frames(page, 30)  # charts follow the size of the window
    page.screenshot(path=str(ARTIFACTS / f"{name}.png"))
    page.set_viewport_size(size)
