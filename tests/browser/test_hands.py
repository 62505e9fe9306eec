"""What free hands do: type and press Enter, and choose a page on a phone."""

from __future__ import annotations

from tests.browser.conftest import frames, no_trouble, settled

# Whether the side panel is in sight.
OPEN = """() => { const panel = document.querySelector('[data-testid="stSidebar"]');
return panel && panel.getBoundingClientRect().right > 100 && !!panel.querySelector('[data-testid="stSidebarNavLink"]'); }"""


def test_a_title_typed_and_entered_is_taken_and_no_other(server, open_page):
    page = open_page(f"{server.url}/recommend?data=movie_night")
    settled(page)
    page.get_by_role("tab", name="Me: rate a few").click()
    box = page.get_by_label("Items you know")
    for typed, taken in (("Aliens", 1), ("al", 2)):
        box.click()
        box.press_sequentially(typed)
        page.wait_for_selector('[role="option"]')
        frames(page, 10)
        box.press("Enter")
        page.wait_for_function("() => document.activeElement.value === ''")  # what was typed is taken
        settled(page)
        assert chosen(page)[0] == "Aliens" and len(chosen(page)) == taken
    no_trouble(page)


def chosen(page) -> list[str]:
    tags = page.locator('[data-testid="stMultiSelectTagsContainer"]:has(input) [data-tag]')
    return [tag.get_attribute("aria-label") for tag in tags.all()]


def test_on_a_phone_the_side_panel_makes_way_for_the_page_that_was_chosen(server, open_page):
    page = open_page(server.url, width=390, height=844)
    settled(page)
    for title in ("Factors", "Labels"):
        page.get_by_test_id("stExpandSidebarButton").click()
        page.wait_for_function(OPEN)
        page.get_by_test_id("stSidebar").get_by_role("link", name=title).click()
        page.wait_for_selector(f"h1:has-text('{title}')")
        page.wait_for_function(f"() => !({OPEN})()")
    no_trouble(page)


def test_on_a_large_screen_it_stays(server, open_page):
    page = open_page(server.url)
    settled(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Factors").click()
    page.wait_for_selector("h1:has-text('Factors')")
    settled(page)
    assert page.evaluate(OPEN)


def test_on_a_phone_a_wide_picture_scrolls_aside_and_the_page_does_not(server, open_page):
    page = open_page(f"{server.url}/factors?data=movie_night&rank=4", width=390, height=844)
    settled(page)
    room = page.locator(".st-key-product-room")
    plot = room.locator(".js-plotly-plot")
    plot.wait_for()
    page.wait_for_function("() => document.querySelector('.st-key-product-room .js-plotly-plot').clientWidth > 760")
    assert room.evaluate("one => one.clientWidth") < 390
    room.evaluate("one => one.scrollTo(10_000, 0)")
    assert room.evaluate("one => one.scrollLeft") > 300
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    no_trouble(page)
