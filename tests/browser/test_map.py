"""The map under the mouse: a box around points, and what was brushed on other pages; an item found as people say its title."""

from __future__ import annotations

from pages.ui import text
from tests.browser.conftest import frames, no_trouble, screenshot, settled


def test_a_box_around_points_is_seen_on_the_map_and_on_factors(server, open_page):
    page = open_page(f"{server.url}/map?data=movie_night")
    page.wait_for_selector(".js-plotly-plot .nsewdrag")
    settled(page)
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.55 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    for share in (0.7, 0.85, 0.98):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 0.9 * box["height"])
        frames(page, 3)
    page.mouse.up()
    page.wait_for_selector("h4:has-text('Brushed')")
    settled(page)
    screenshot(page, "map-brushed")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Factors").click()
    page.wait_for_selector(".js-plotly-plot .heatmaplayer")
    settled(page)
    assert page.locator(".js-plotly-plot text", has_text=text.MARK).count() > 2
    page.get_by_test_id("stSidebar").get_by_role("link", name="Map").click()
    page.wait_for_selector("h4:has-text('Brushed')")
    settled(page)
    page.get_by_role("button", name="Take the brush away").click()
    page.wait_for_selector("text=Nothing is brushed")
    no_trouble(page)


def test_a_shelf_is_chosen_and_somebody_new_is_on_the_map(server, open_page):
    page = open_page(f"{server.url}/recommend?data=movie_night&tab=me")
    settled(page)
    page.get_by_role("button", name="Rather this").click()
    page.wait_for_selector("h5:has-text('You:')")
    page.wait_for_selector(".js-plotly-plot text:has-text('you')")
    settled(page)
    no_trouble(page)
