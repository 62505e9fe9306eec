"""From a change to the redrawn picture, in a real browser: `python -m benchmarks.redraw [--changes 30]`.

Starts a server, opens the Factors page with the notebook's grid, and changes the rank, or a rating on the Ratings page,
again and again. Measured in the page: from the key that makes the change to the frame in which the heatmaps of the new fit
are drawn. Prints median and 95th percentile of each kind of change.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, Server, chromium, settled
from tests.browser.test_main_job import CELL_INPUT

REDRAWN = """before => new Promise(done => { const look = () => {
  const p = document.querySelector('.js-plotly-plot');
  const now = p && p.data ? JSON.stringify(p.data.filter(t => t.type === 'heatmap').map(t => t.text)) : before;
  if (now !== before && p._fullLayout && !p._replotting) requestAnimationFrame(() => done(performance.now()));
  else setTimeout(look, 5); }; look(); })"""
STATE = "() => JSON.stringify(document.querySelector('.js-plotly-plot').data.filter(t => t.type === 'heatmap').map(t => t.text))"


def changes(page: Page, count: int, act: Callable[[int], None], pressed: str) -> list[float]:
    """Seconds from each act to the redrawn picture; the last event called `pressed` starts the clock."""
    seconds = []
    for k in range(count):
        before = page.evaluate(STATE)
        page.evaluate(
            "name => addEventListener(name, () => { window.pressed = performance.now() }, {once: true, capture: true})",
            pressed,
        )
        act(k)
        drawn = page.evaluate(REDRAWN, before)
        seconds.append((drawn - page.evaluate("() => window.pressed")) / 1000)
        settled(page)
    return seconds


def rank(page: Page) -> Callable[[int], None]:
    """One rank up, twice, and down again, twice."""
    up, down = page.get_by_test_id("stNumberInputStepUp").first, page.get_by_test_id("stNumberInputStepDown").first
    return lambda k: (up, up, down, down)[k % 4].click()


def blanks(page: Page) -> Callable[[int], None]:
    """The dial for blanks, round and round."""
    return lambda k: page.get_by_role("radio", name=("weak", "zero", "unknown")[k % 3], exact=True).click()


def rating(page: Page) -> Callable[[int], None]:
    """User1's rating of Movie1, another each time."""
    box = page.locator('[data-testid="stDataFrame"] canvas').first.bounding_box()
    assert box is not None

    def act(k: int) -> None:
        page.mouse.click(box["x"] + 140, box["y"] + 35 + 14)
        page.keyboard.type(str(1 + k % 5))
        page.wait_for_selector(CELL_INPUT)
        page.keyboard.press("Enter")

    return act


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--only", choices=("rank", "blanks", "rating"))
    asked = parser.parse_args()
    count = asked.changes
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        server = Server(Path(home)).start()
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        for path, name, act, event in (
            ("factors", "rank", rank, "click"),
            ("factors", "blanks", blanks, "click"),
            ("", "rating", rating, "keydown"),
        ):
            if asked.only not in (None, name):
                continue
            page.goto(f"{server.url}/{path}")
            page.wait_for_selector(".js-plotly-plot .heatmaplayer")
            settled(page)
            do = act(page)
            changes(page, 3, do, event)  # the first ones warm up the browser and the server
            seconds = np.array(changes(page, count, do, event))
            print(
                f"{name:8} {count} changes: median {np.median(seconds):.3f} s, p95 {np.quantile(seconds, 0.95):.3f} s, "
                f"max {seconds.max():.3f} s"
            )
        browser.close()
        server.stop()


if __name__ == "__main__":
    main()
