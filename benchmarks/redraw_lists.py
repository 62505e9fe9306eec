"""From a choice to the redrawn list or map, in a real browser: `python -m benchmarks.redraw_lists [--changes 20] [--ratings FILE]`.

Starts a server, opens ratings (MovieLens latest small where it is there, else 100,000 lifelike ones), waits for the finer
lists, and measures in the page: from another person's name to their list, from a step of a feature's slider to the list
sorted anew, and from the Map's place in the menu to its points. Prints median, 95th percentile and largest.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.few import REAL
from benchmarks.lifelike import lifelike
from benchmarks.redraw import told
from nmf_core.formats import to_parquet
from tests.browser.conftest import FLAGS, Server, chromium, settled

LONGEST = 180  # seconds that finer lists may take
# Looks once a frame whether the first chart of a kind shows other numbers than when it was asked.
WATCH = """([kind, pressed]) => {
  const shown = () => [...document.querySelectorAll('.js-plotly-plot')]
    .map(p => (p.data || []).filter(t => t.type === kind)).filter(t => t.length)
    .slice(0, 1).map(t => JSON.stringify(t.map(x => [JSON.stringify(x.x || 0).slice(0, 999), x.customdata])))[0];
  const before = shown();
  window.drawn = null;
  addEventListener(pressed, () => { window.pressed = performance.now() }, {capture: true});
  const look = () => { const now = shown();
    if (now !== undefined && now !== before) requestAnimationFrame(t => { window.drawn = t });
    else requestAnimationFrame(look); };
  look(); }"""


def changes(page: Page, count: int, kind: str, pressed: str, act: Callable[[int], None]) -> list[float]:
    """Seconds from each act to other numbers in the first chart of a kind; the last event called `pressed` starts the clock."""
    seconds = []
    for k in range(count):
        page.evaluate(WATCH, [kind, pressed])
        act(k)
        page.wait_for_function("() => window.drawn", polling=50)
        seconds.append(page.evaluate("() => window.drawn - window.pressed") / 1000)
        settled(page)
        page.wait_for_timeout(300)
    return seconds


def go(page: Page, name: str) -> None:
    """To a page, by the menu."""
    page.locator("[data-testid='stSidebarNavLink']").filter(has_text=name).first.click()


def people(page: Page, count: int) -> list[float]:
    """Seconds from another person's name to their list."""

    def act(k: int) -> None:
        box = page.locator("[data-testid='stMain'] [data-testid='stSelectbox'] input").first
        box.click()
        for _ in range(1 + k % 3):
            box.press("ArrowDown")
        box.press("Enter")

    return changes(page, count + 2, "bar", "keydown", act)[2:]


def sliders(page: Page, count: int) -> list[float]:
    """Seconds from a step of a slider to the list sorted anew."""
    page.get_by_text("Turn features up or down").first.click()
    settled(page)
    thumb = page.locator("[data-testid='stExpander'] [data-testid='stSlider'] input").first

    def act(k: int) -> None:
        thumb.focus()
        thumb.press("ArrowRight" if k % 6 < 3 else "ArrowLeft")

    return changes(page, count + 2, "bar", "keydown", act)[2:]


def maps(page: Page, count: int) -> list[float]:
    """Seconds from the menu to the points of the map."""
    seconds = []
    for _ in range(count + 1):
        go(page, "Factors")
        page.wait_for_selector("h1:has-text('Factors')")
        settled(page)
        page.wait_for_timeout(500)
        seconds += changes(page, 1, "scattergl", "click", lambda _: go(page, "Map"))
    return seconds[1:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--ratings", type=Path, help="a file to open")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright, ExitStack() as last:
        file = asked.ratings or (REAL if REAL.exists() else Path(home) / "lifelike.parquet")
        if not file.exists():
            with file.open("wb") as to:
                to_parquet(lifelike(100_000, pull=1.0), to)
        server = Server(Path(home)).start()
        last.callback(server.stop)
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(server.url)
        settled(page)
        page.locator('input[type="file"]').set_input_files(str(file))
        page.get_by_text(f"{file.name} is open").wait_for()
        settled(page)
        go(page, "Recommend")
        page.wait_for_selector("h1:has-text('Recommend')")
        for _ in range(LONGEST):
            page.wait_for_timeout(1_000)
            if "Making finer lists" not in page.locator("[data-testid='stMain']").inner_text():
                break
        settled(page)
        told("person", people(page, asked.changes))
        told("slider", sliders(page, asked.changes))
        told("map", maps(page, asked.changes))
        browser.close()


if __name__ == "__main__":
    main()
