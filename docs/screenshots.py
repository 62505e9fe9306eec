"""The README's pictures, made anew: `python -m docs.screenshots`. Needs a Chromium; writes docs/images/*.png."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from nmf_core import datasets, factorize
from tests.browser.conftest import FLAGS, Server, chromium, settled

IMAGES = Path(__file__).parent / "images"
NAMED = {
    "Goodfellas": "Crime",
    "Notting Hill": "Romance",
    "Aliens": "Action",
    "Toy Story": "Family",
}  # by an item that shows it


def names() -> list[str]:
    """What the features are called, in their order: each after the item that it has most of."""
    movies = datasets.movie_night()
    fit = factorize(movies, rank=len(NAMED)).canonical()
    weights = fit.H[:, movies.items.get_indexer(list(NAMED))]
    return [list(NAMED.values())[k] for k in (weights / weights.sum(axis=0)).argmax(axis=1)]


def name_features(page: Page, url: str) -> None:
    """Give the movie night's four features names, as a visitor would."""
    page.goto(f"{url}/labels?data=movie_night")
    page.wait_for_selector("h1")
    settled(page)
    for f, name in enumerate(names()):
        page.get_by_label(f"Name of feature {f + 1}").fill(name)
        page.keyboard.press("Enter")
        settled(page)


def main() -> None:
    """Start a server, walk its pages, keep the pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        server = Server(Path(home)).start()
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for dark in (False, True):
            context = browser.new_context(
                viewport={"width": 1366, "height": 768}, color_scheme="dark" if dark else "light"
            )
            page = context.new_page()
            name_features(page, server.url)
            shots = (
                (("factors", "factors?data=movie_night"),)
                if dark
                else (
                    ("ratings", ""),
                    ("labels", "labels?data=movie_night"),
                    ("rank", "rank?data=movie_night"),
                    ("recommend", "recommend?data=movie_night&user=Keiko"),
                )
            )
            for name, path in shots:
                page.goto(f"{server.url}/{path}")
                page.wait_for_selector("h1")
                page.wait_for_selector("h4, .js-plotly-plot", timeout=90_000)
                settled(page)
                page.wait_for_timeout(800)
                page.screenshot(path=str(IMAGES / f"{name}{'-dark' if dark else ''}.png"))
            context.close()
        browser.close()
        server.stop()


if __name__ == "__main__":
    main()
