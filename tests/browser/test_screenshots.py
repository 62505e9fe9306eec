"""Every page, light and dark, wide and narrow: kept as artefacts to be looked at, and nothing may stick out."""

from __future__ import annotations

import pytest

from pages.ui.page_list import PAGES
from tests.browser.conftest import no_trouble, screenshot, settled

SIZES = {"laptop": (1366, 768), "desk": (1920, 1080), "phone": (390, 844)}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("size", SIZES)
def test_every_page_at_every_size(server, open_page, name, size):
    width, height = SIZES[size]
    # A survey of the larger sample takes a while; test_main_job has one.
    sample = "notebook" if size == "phone" or name == "rank" else "movie_night"
    page = open_page(f"{server.url}/{name}?data={sample}", width=width, height=height, dark=size == "desk")
    settled(page)
    if name == "rank":
        page.wait_for_selector("h4", timeout=180_000)
        settled(page)
    no_trouble(page)
    sticking_out = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert sticking_out <= 0
    screenshot(page, f"{name}-{size}-{'dark' if size == 'desk' else 'light'}")
