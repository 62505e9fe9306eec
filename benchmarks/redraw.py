"""From a change to the redrawn picture, in a real browser: `python -m benchmarks.redraw [--changes 30]`.

Starts a server, opens the Factors page with the notebook's grid, and changes the rank, or a rating on the Ratings page,
again and again; and the rank of 100,000 lifelike ratings, each time with another seed, so that no fit is there already.
Measured in the page: from the key that makes the change to the frame in which the heatmaps of the new fit are drawn. Prints
median and 95th percentile of each kind of change.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.lifelike import lifelike
from nmf_core.formats import to_parquet
from tests.browser.conftest import FLAGS, Server, chromium, settled, type_into_cell

SHOWN = "p => JSON.stringify(p.data.filter(t => t.type === 'heatmap').map(t => [t.text, t.z]))"
# Looks once a frame, and compares numbers only when the picture's data are others: asking more often would slow the page.
WATCH = f"""pressed => {{
  const find = () => document.querySelector('.js-plotly-plot'), shown = {SHOWN};
  const old = find().data, before = shown(find());
  window.drawn = null;
  addEventListener(pressed, () => {{ window.pressed = performance.now() }}, {{capture: true}});
  const look = () => {{ const p = find();
    if (p && p.data && p.data !== old && shown(p) !== before) requestAnimationFrame(t => {{ window.drawn = t }});
    else requestAnimationFrame(look); }};
  look(); }}"""


def changes(page: Page, count: int, act: Callable[[int], None], pressed: str) -> list[float]:
    """Seconds from each act to the redrawn picture; the last event called `pressed` starts the clock."""
    seconds = []
    for k in range(count):
        page.evaluate(WATCH, pressed)
        act(k)
        page.wait_for_function("() => window.drawn", polling=100)
        seconds.append(page.evaluate("() => window.drawn - window.pressed") / 1000)
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

    def act(k: int) -> None:
        box = page.locator('[data-testid="stDataFrame"] canvas').first.bounding_box()
        assert box is not None
        type_into_cell(page, box["x"] + 140, box["y"] + 35 + 14, str(1 + k % 5))

    return act


def large(page: Page, url: str, count: int) -> list[float]:
    """Seconds from a change of rank, from 10 to 11, to the redrawn picture, with 100,000 ratings."""
    page.goto(url)
    page.get_by_text("Bring your own ratings").click()
    page.get_by_role("tab", name="The server's folder").click()
    page.get_by_label("File or folder").click()
    page.get_by_role("option", name="large.parquet").click()
    page.locator(".st-key-open-server-folder button").click()
    page.get_by_text("large.parquet is open").wait_for()
    address = page.url.replace("/?", "/factors?")
    seconds = []
    for k in range(count + 2):
        page.goto(f"{address}&rank=10&seed={k}&blanks={('unknown', 'weak')[k % 2]}")
        page.wait_for_selector(".js-plotly-plot .heatmaplayer")
        settled(page)
        seconds += changes(page, 1, lambda _: page.get_by_test_id("stNumberInputStepUp").first.click(), "click")
    return seconds[2:]  # the first ones warm up the browser and the server


def told(name: str, seconds: list[float]) -> None:
    """Print one kind of change."""
    taken = np.array(seconds)
    print(
        f"{name:8} {len(taken)} changes: median {np.median(taken):.3f} s, p95 {np.quantile(taken, 0.95):.3f} s, "
        f"max {taken.max():.3f} s",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--only", choices=("rank", "blanks", "rating", "large"))
    asked = parser.parse_args()
    count = asked.changes
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright, ExitStack() as last:
        folder = Path(home) / "folder"
        folder.mkdir()
        with (folder / "large.parquet").open("wb") as file:
            to_parquet(lifelike(100_000), file)
        os.environ["LATENT_LENS_DATA_DIR"] = str(folder)
        server = Server(Path(home)).start()
        last.callback(server.stop)  # also when a change was never drawn
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
            page.wait_for_timeout(1_000)
            do = act(page)
            changes(page, 3, do, event)  # the first ones warm up the browser and the server
            told(name, changes(page, count, do, event))
        if asked.only in (None, "large"):
            told("large", large(page, server.url, min(count, 20)))
        browser.close()


if __name__ == "__main__":
    main()
