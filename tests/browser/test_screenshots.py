"""Every page, light and dark, wide and narrow: kept as artefacts to be looked at, and nothing may stick out."""

from __future__ import annotations

import pytest

from pages.ui.page_list import FIRST_PAGE, PAGES
from tests.browser.conftest import no_trouble, screenshot, settled
from tests.browser.test_hands import OPEN

SIZES = {"laptop": (1366, 768), "desk": (1920, 1080), "phone": (390, 844)}


@pytest.mark.parametrize("size", SIZES)
def test_every_page_at_every_size(server, open_page, size):
    width, height = SIZES[size]
    sample = "notebook" if size == "phone" else "movie_night"
    page = open_page(f"{server.url}?data={sample}", width=width, height=height, dark=size == "desk")
    for name, (title, *_) in PAGES.items():
        if name == "rank":  # a survey of the larger sample takes a while; test_main_job has one
            page.goto(f"{server.url}/rank?data=notebook")
        elif name != FIRST_PAGE:
            if size == "phone":
                page.get_by_test_id("stExpandSidebarButton").click()
                page.wait_for_function(OPEN)
            page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=False).click()
        page.wait_for_selector(f"h1:has-text('{title}')")
        settled(page)
        if name == "rank":
            page.wait_for_selector("h4", timeout=180_000)
            settled(page)
        no_trouble(page)
        sticking_out = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert sticking_out <= 0
        screenshot(page, f"{name}-{size}-{'dark' if size == 'desk' else 'light'}")
